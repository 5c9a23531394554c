"""A finding: what was found on one event, whole, as it is stored and printed."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, Literal

import msgspec

from trailmend.life_cycle import stage_of

SCHEMA = "trailmend/finding/1"
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O, U to misread


class EventPart(msgspec.Struct, frozen=True):
    """The event that was found."""

    event_id: str
    event_time: str
    event_source: str
    event_name: str
    account_id: str
    region: str | None
    outcome: str
    error_code: str | None


class Origin(msgspec.Struct, frozen=True):
    """Who took the session that called: the start of its chain, as the log shows.

    `hops` counts the sessions on the way, and `roles` are those of the account that were taken
    before the caller's own; `event_time` is when the first was taken, and
    `access_key_id` the key by which, of which `access_key_now` tells as of the caller's own.
    """

    type: str
    name: str | None
    id: str | None
    account_id: str | None
    access_key_id: str | None
    event_time: str
    hops: int
    access_key_now: str | None = None
    roles: list[str] = []


class ActorPart(msgspec.Struct, frozen=True):
    """Who called.

    `access_key_now` is what became of a long-lived key by the end of the log: `Inactive`,
    `Deleted`, `Active` where it was switched on since, null where the log does not tell.
    `origin` is null where nobody took a session, or the log does not show who did.
    """

    type: str
    name: str | None
    arn: str | None
    id: str | None
    session_name: str | None
    access_key_id: str | None
    mfa: str
    source_ip: str | None
    user_agent: str | None
    access_key_now: str | None = None
    origin: Origin | None = None


class TargetPart(msgspec.Struct, frozen=True):
    """Whom and what it concerned; the name comes from the ledger where the event has none."""

    type: str | None
    name: str | None
    object_type: str | None
    object_id: str | None


class Why(msgspec.Struct, frozen=True):
    """The condition that was met, and the values that met it."""

    condition: str
    values: dict[str, Any]


class Explained(msgspec.Struct, frozen=True, rename={"supports": "for"}):
    """One explanation, with the facts of this event that speak for it and against it."""

    hypothesis: str
    text: str
    supports: list[str]
    against: list[str]


ResolvedBy = Literal["caller", "owner", "other", "unknown"]
"""Who put right what was found: its caller, the owner of what it is about, or somebody else."""


class NextEvent(msgspec.Struct, frozen=True):
    """A later event that resolves a finding, worsens it, or should be known with it."""

    event_id: str
    event_name: str
    event_time: str
    why: str
    actor: str | None = None


class MutedBy(msgspec.Struct, frozen=True):
    """A mute that keeps a finding out of the lists: whose it is, why, and until which day."""

    id: str
    owner: str
    reason: str
    until: str

    @property
    def text(self) -> str:
        """Say it in words."""
        return f"by {self.id} until {self.until} ({self.owner}: {self.reason})"


class SourcePart(msgspec.Struct, frozen=True):
    """Where the record was read, and how far it can be trusted."""

    name: str
    index: int
    provenance: str


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One finding; every key is always there, and what is not known is null.

    `status` is `open`, `resolved`, `worsened` or null, and `next` says why (see `stories`);
    `became_worse` stays true where that was put right since, for a repair does not change what
    happened; `resolved_by` says whose the last repair was where the finding is resolved, for what
    its caller took back may be the clean-up of an intruder; `before` is how the object was, as far
    as the log shows, `after` how it is as far as the event says, by the same names; `lapsed` is
    set where later events withdrew the finding.
    `plan` is the plan of ours that made what was found ("P-4XQ7"): then the level is info, and
    there is no status and no fix (see `responder`).  `muted_by` names the mutes that hide it on
    the day it is printed (see `mutes`); nothing of that is stored.
    """

    schema: str = SCHEMA
    id: str
    detection: str
    title: str
    level: str
    event: EventPart
    actor: ActorPart
    target: TargetPart
    relation: str
    status: str | None = None
    became_worse: bool = False
    resolved_by: ResolvedBy | None = None
    next: list[NextEvent] = []
    why: Why
    explanations: list[Explained] = []
    fixes: list[str] = []
    techniques: list[str] = []
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    lapsed: bool = False
    superseded_by: str | None = None
    plan: str | None = None
    muted_by: list[MutedBy] = []
    source: SourcePart


def in_order(finding: Finding) -> tuple[str, int, str]:
    """Give what findings are sorted by: the time, then the life cycle, then the id."""
    event = finding.event
    return event.event_time, stage_of(event.event_name), finding.id


def told_time(moment: datetime) -> str:
    """Write a time as CloudTrail does; several times as fast as strftime."""
    return f"{moment.isoformat()[:19]}Z"


def finding_id(account_id: str, event_id: str, detection: str) -> str:
    """Make the short id of a finding: the same in every run, order, batching and file name."""
    return short_id("F-", account_id, event_id, detection)


def short_id(prefix: str, *parts: str) -> str:
    """Make a short id of what it stands for: ten letters after the prefix."""
    digest = hashlib.sha256(msgspec.json.encode(parts)).digest()
    number = int.from_bytes(digest[:7], "big") >> 6  # 50 bits: ten letters
    letters = [_ALPHABET[(number >> shift) & 31] for shift in range(45, -5, -5)]
    return prefix + "".join(letters)


def is_imported(detection: str) -> bool:
    """Say whether a rule of others, which was imported, has this key."""
    return detection.startswith("sigma.")
