"""A mute: which findings are kept out of the lists, whose decision that is, why and how long."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import date, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from trailmend.catalog import LEVELS, Level
from trailmend.near import nearest

LONGEST = timedelta(days=366)
"""How far ahead of its making a mute may end: a year."""
_ACTOR = re.compile(
    r"AIDA[A-Z0-9]+|AROA[A-Z0-9]+(:[\w+=,.@-]+)?|[0-9]{12}"
    r"|([0-9a-f]{10}-)?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
)
"""What AWS alone gives: the id of a user, of a role, of an account (root), of an Identity Center
user; and of who signed in by a permission set the id of its role with the name that AWS gives the
session (IAM User Guide, "Understanding unique ID prefixes"; botocore identitystore ResourceId)."""
_OBJECT_ID = re.compile(r"(AKIA|ASIA|APKA|ASCA|ACCA)[A-Z0-9]{12,}|arn:.*")
_TARGET = re.compile(r"[a-z][a-z0-9_-]*(/.+)?", re.DOTALL)

Text = Annotated[str, Meta(min_length=1, max_length=400)]
Id = Annotated[str, Meta(pattern=r"\AM-[A-Z0-9-]{1,40}\Z")]


class Mute(msgspec.Struct, frozen=True, kw_only=True):
    """One mute, as it stands in the file; every condition that it has must hold.

    `actor_id` is the caller, `target` whom it concerns (`user/alice`, `account`), `object_id` the
    object; a finding above `level_at_most` is never hidden.  `until` is the last day, UTC.
    """

    id: Id
    detections: Annotated[tuple[Text, ...], Meta(min_length=1, max_length=50)]
    account: Annotated[str, Meta(pattern=r"\A[0-9]{12}\Z")]
    actor_id: Text | None = None
    target: Text | None = None
    object_id: Text | None = None
    level_at_most: Level
    owner: Text
    reason: Text
    until: date
    made_from: Annotated[str, Meta(pattern=r"\AF-[0-9A-Z]{10}\Z")] | None = None
    made_at: date

    @property
    def what(self) -> str:
        """Say in words what it hides."""
        told = [
            ", ".join(self.detections),
            f"in {self.account}",
            f"by {self.actor_id or 'anybody'}",
            f"to {self.target}" if self.target else "",
            f"on {self.object_id}" if self.object_id else "",
            f"up to {self.level_at_most}",
        ]
        return " ".join(filter(None, told))


class Fault(msgspec.Struct, frozen=True):
    """Why a mute of a file is not applied, and where that stands; `mute` is its id, if it has one.

    Lines and columns count from 1.
    """

    file: str
    line: int
    column: int
    mute: str | None
    reason: str

    @property
    def text(self) -> str:
        """Say it in one line, with its place as compilers write it."""
        return f"{self.file}:{self.line}:{self.column}: {self.mute or 'a mute'}: {self.reason}"


def stable_actor_id(text: str | None) -> bool:
    """Say whether a caller's id is one that AWS gave, and not a name that somebody chose."""
    return text is not None and _ACTOR.fullmatch(text) is not None


def covers(one: Mute, other: Mute) -> bool:
    """Say whether a mute hides all that another does, as long as both run."""
    return (
        set(other.detections) <= set(one.detections)
        and one.account == other.account
        and one.actor_id in (None, other.actor_id)
        and one.target in (None, other.target)
        and one.object_id in (None, other.object_id)
        and LEVELS.index(one.level_at_most) >= LEVELS.index(other.level_at_most)
    )


def problems(mute: Mute, known: Collection[str], today: date) -> Iterator[tuple[str, str]]:
    """Say what a mute must not be: the key that is wrong, and why.

    `known` are the keys of the detections that there are.
    """
    yield from _texts(mute)
    yield from _detections(mute, known)
    yield from _whom(mute)
    yield from _level(mute)
    yield from _days(mute, today)


def _texts(mute: Mute) -> Iterator[tuple[str, str]]:
    for name, value in msgspec.structs.asdict(mute).items():
        for text in value if isinstance(value, tuple) else (value,):
            if not isinstance(text, str):
                continue
            if not (text.isprintable() and text.strip()):
                yield name, "it is blank, or holds characters that do not print"
            elif name not in ("owner", "reason") and set(text) & set("*?"):
                yield name, "there are no wildcards: write it whole"


def _detections(mute: Mute, known: Collection[str]) -> Iterator[tuple[str, str]]:
    for key in mute.detections:
        if key not in known:
            meant = nearest(key, known)
            hint = f": did you mean {meant}?" if meant else "; see: trailmend rules list"
            yield "detections", f"no detection is called {key}{hint}"


def _whom(mute: Mute) -> Iterator[tuple[str, str]]:
    if not (mute.actor_id or mute.target or mute.object_id):
        yield "id", "it hides whatever anybody does: add actor_id, target or object_id"
    if mute.actor_id is not None and not stable_actor_id(mute.actor_id):
        yield (
            "actor_id",
            "it is no stable id, and a name can be chosen: write the actor.id of a finding "
            f"(AIDA…, AROA…, the account for root), not {mute.actor_id}",
        )
    elif mute.actor_id and mute.actor_id.isdecimal() and mute.actor_id != mute.account:
        yield "actor_id", "it is the root of another account: no such caller is in this one"
    yield from _target(mute.target)


def _target(target: str | None) -> Iterator[tuple[str, str]]:
    if target is None:
        return
    kind, _, name = target.partition("/")
    if _OBJECT_ID.fullmatch(target):
        yield "target", "it is the id of an object: write it as object_id"
    elif not _TARGET.fullmatch(target) or bool(name) == (kind == "account"):
        yield "target", f"write its kind and its name, as user/alice, or account; not {target}"


def _level(mute: Mute) -> Iterator[tuple[str, str]]:
    if mute.level_at_most == "critical":
        yield "level_at_most", "what is critical is never hidden; high is the most"
    elif mute.actor_id is None and LEVELS.index(mute.level_at_most) > LEVELS.index("low"):
        yield (
            "level_at_most",
            "without actor_id it would hide what an intruder does, so low is the most",
        )
    elif mute.level_at_most == "high" and mute.made_from is None:
        yield "level_at_most", "high takes made_from, the id of the high finding that it is for"


def _days(mute: Mute, today: date) -> Iterator[tuple[str, str]]:
    if mute.made_at > today:
        yield "made_at", "it is in the future"
    if mute.until < mute.made_at:
        yield "until", "it ended before it was made"
    elif mute.until > mute.made_at + LONGEST:
        yield "until", f"it is more than a year after made_at: {mute.made_at + LONGEST} is the most"
