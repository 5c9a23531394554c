"""What mutes hide, what shows in spite of them, and which mutes should be looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Literal

import msgspec

from trailmend.catalog import LEVELS
from trailmend.events import role_id
from trailmend.findings import Finding, MutedBy
from trailmend.mutes.shape import Fault, Mute
from trailmend.takeovers import Story

SOON = timedelta(days=7)
"""How long before its end a mute says that it ends."""
UNUSED = timedelta(days=90)
"""After so much log in which it hid nothing a mute says that it is not needed."""

State = Literal["in force", "ends soon", "expired"]


class Through(msgspec.Struct, frozen=True):
    """A finding that a mute is about and does not hide, and why."""

    finding: str
    why: str


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """What one mute does to some findings.

    `hides` are their ids, of an expired mute those that it hid; `through` those that show in spite
    of it.  `unused` is one that hid nothing in 90 days of log.
    """

    mute: Mute
    state: State
    hides: tuple[str, ...]
    through: tuple[Through, ...]
    unused: bool


@dataclass(frozen=True)
class Muting:
    """What the mutes of a workspace do, by their ids, and which of them could not be applied."""

    uses: tuple[Use, ...] = ()
    faults: tuple[Fault, ...] = ()
    day: date = field(default=date.min)

    @cached_property
    def hidden(self) -> Mapping[str, list[MutedBy]]:
        """Give by whom each hidden finding is muted, all of them."""
        found: dict[str, list[MutedBy]] = {}
        for use in self.uses:
            for name in use.hides if use.state != "expired" else ():
                mute = use.mute
                by = MutedBy(mute.id, mute.owner, mute.reason, mute.until.isoformat())
                found.setdefault(name, []).append(by)
        return found

    def mark(self, findings: Iterable[Finding]) -> list[Finding]:
        """Give all the findings, in their order; those that are hidden say by whom."""
        return [
            msgspec.structs.replace(one, muted_by=self.hidden[one.id])
            if one.id in self.hidden
            else one
            for one in findings
        ]

    def on(self, findings: Iterable[Finding]) -> Muting:
        """Tell of some of the findings alone."""
        ids = {one.id for one in findings}
        uses = (
            msgspec.structs.replace(
                use,
                hides=tuple(name for name in use.hides if name in ids),
                through=tuple(one for one in use.through if one.finding in ids),
            )
            for use in self.uses
        )
        return Muting(tuple(uses), self.faults, self.day)


NO_MUTES = Muting()
"""What a workspace without mutes has."""


def judge(
    mutes: Iterable[Mute],
    findings: Iterable[Finding],
    stories: Iterable[Story],
    day: date,
    faults: Iterable[Fault] = (),
) -> Muting:
    """Say what each mute does to the findings of a workspace on a day.

    The findings and the stories that they make must be given whole; no order matters.  Of what
    later events withdrew nothing is told.  `faults` are of mutes that could not be read.
    """
    live = sorted(
        (one for one in findings if not one.lapsed),
        key=lambda one: (one.event.event_time, one.id),
    )
    worst = worst_stories(stories)
    places: dict[tuple[str, str], list[Finding]] = {}
    last: dict[str, date] = {}
    for one in live:
        places.setdefault((one.event.account_id, one.detection), []).append(one)
        last[one.event.account_id] = date.fromisoformat(one.event.event_time[:10])
    ordered = sorted(mutes, key=lambda mute: mute.id)
    uses = tuple(_use(one, places, worst, last, day) for one in ordered)
    return Muting(uses, tuple(faults), day)


def worst_stories(stories: Iterable[Story]) -> dict[str, Story]:
    """Give of each finding that a story tells the worst of its stories."""
    worst: dict[str, Story] = {}
    for story in sorted(stories, key=lambda one: (LEVELS.index(one.level), one.id)):
        worst.update(dict.fromkeys((*story.findings, *story.supporting), story))
    return worst


def _use(
    mute: Mute,
    places: Mapping[tuple[str, str], Sequence[Finding]],
    worst: Mapping[str, Story],
    last: Mapping[str, date],
    day: date,
) -> Use:
    about = [one for one in _candidates(mute, places) if matches(mute, one)]
    why = {one.id: why_not(mute, one, worst.get(one.id)) for one in about}
    hides = [one for one in about if not why[one.id]]
    dates = [date.fromisoformat(one.event.event_time[:10]) for one in hides]
    seen = last.get(mute.account, mute.made_at)
    return Use(
        mute=mute,
        state=_state(mute, day),
        hides=tuple(one.id for one in hides),
        through=tuple(Through(name, reason) for name, reason in why.items() if reason),
        unused=seen - max([mute.made_at, *dates]) >= UNUSED,
    )


def _candidates(
    mute: Mute, places: Mapping[tuple[str, str], Sequence[Finding]]
) -> Iterator[Finding]:
    for key in dict.fromkeys(mute.detections):
        yield from places.get((mute.account, key), ())


def _state(mute: Mute, day: date) -> State:
    if day > mute.until:
        return "expired"
    return "ends soon" if mute.until - day <= SOON else "in force"


def matches(mute: Mute, finding: Finding) -> bool:
    """Say whether a mute is about a finding, by what the caller cannot choose.

    The number of an account stands for its root; others of whom only the account is known do not
    have its id.  The id of a permission set's role stands for everybody whom it gives a session.
    """
    actor, target = finding.actor, finding.target
    by = mute.actor_id in (None, actor.id, role_id(actor.id)) and (
        mute.actor_id is None or not mute.actor_id.isdecimal() or actor.type == "Root"
    )
    return (
        by
        and finding.detection in mute.detections
        and finding.event.account_id == mute.account
        and mute.target in (None, target_of(finding))
        and mute.object_id in (None, target.object_id)
    )


def target_of(finding: Finding) -> str | None:
    """Name whom a finding concerns as a mute does: `user/alice`, `account`; None if unknown."""
    target = finding.target
    if target.type == "account":
        return "account"
    return f"{target.type}/{target.name}" if target.type and target.name else None


def why_not(mute: Mute, finding: Finding, story: Story | None) -> str:
    """Say why a finding shows in spite of a mute that is about it; nothing if it is hidden."""
    most = LEVELS.index(mute.level_at_most)
    if LEVELS.index(finding.level) > most:
        return f"it is {finding.level}"
    if finding.status == "worsened":
        return "it became worse"
    if story is not None and LEVELS.index(story.level) > most:
        return f"story {story.id}, which tells it, is {story.level}"
    return ""
