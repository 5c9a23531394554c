"""A story: the findings of one takeover told as one account."""

from __future__ import annotations

from typing import Literal

import msgspec

from trailmend.catalog import Level
from trailmend.findings import Origin, ResolvedBy

SCHEMA = "trailmend/story/1"
Kind = Literal["finding", "supporting", "next"]
Fate = Literal["taken over", "aimed at", "made", "touched", "tried"]


class Caller(msgspec.Struct, frozen=True):
    """Who acted in a story, with what and from where; `origin` is who took the sessions.

    `keys_now` tells what became of a long-lived key by the end of the log, where that shows it.
    """

    type: str
    name: str
    id: str | None
    access_key_ids: list[str]
    addresses: list[str]
    origin: Origin | None = None
    keys_now: dict[str, str] = {}


class Hit(msgspec.Struct, frozen=True):
    """Whom a story concerns, and the worst that was done.

    `taken over`: a takeover that was completed and used; `aimed at`: a step of one, as far as the
    log shows; `made`: made in the story, and given what somebody signs in with; `touched`: changed;
    `tried`: only calls that were denied or failed, and did not go through later.
    """

    type: str
    name: str
    fate: Fate


class Chapter(msgspec.Struct, frozen=True):
    """One event of a story.

    `finding` is what was found on it or, of the kind `next`, the finding that it followed.  `whom`,
    `level` and `outcome` are null there.  `about` is what one acts on: the key or policy, whom it
    lets in, what was set.
    """

    time: str
    event_name: str
    who: str
    whom: str | None
    sentence: str
    kind: Kind
    finding: str
    level: str | None
    outcome: str | None
    about: str | None = None


class Loose(msgspec.Struct, frozen=True):
    """What is still open, in words, and the finding that left it so."""

    text: str
    finding: str


class Elsewhere(msgspec.Struct, frozen=True):
    """What the same hands did in another account: a story there, or a finding in none."""

    account_id: str
    id: str
    text: str
    why: str


class Link(msgspec.Struct, frozen=True):
    """Why a finding belongs with an earlier one."""

    finding: str
    to: str
    why: str


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """The findings of one takeover; every key is always there, and what is not known is null.

    `findings` are the ids of those of medium level and above, in the order of time; `supporting`
    those of lower or routine ones that belong to the telling.  `links` join all findings, with
    one link fewer than there are findings.  `maybe` names findings that may belong and do not
    count.  `resolved_by` says whose the repairs were, where one kind of principal made all.
    `elsewhere` is what the same hands did in other accounts within a day.
    """

    schema: str = SCHEMA
    id: str
    account_id: str
    level: Level
    status: str | None
    resolved_by: ResolvedBy | None = None
    title: str
    first: str
    last: str
    actors: list[Caller]
    hit: list[Hit]
    findings: list[str]
    supporting: list[str]
    chapters: list[Chapter]
    open: list[Loose]
    links: list[Link]
    maybe: list[Link]
    elsewhere: list[Elsewhere] = []
