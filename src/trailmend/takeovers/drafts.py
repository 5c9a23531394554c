"""From the findings of one account to its stories: members, what supports them, what may belong."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from trailmend.catalog import LEVELS, Level
from trailmend.findings import Finding, ResolvedBy, short_id
from trailmend.takeovers.acts import (
    Act,
    acts_of,
    caller_name,
    grave,
    has_own_id,
    routine,
    serious,
    worse,
)
from trailmend.takeovers.joins import (
    DAY,
    HOUR,
    Tie,
    buckets,
    by_session,
    by_thing,
    grouped,
    key_made,
)
from trailmend.takeovers.shape import SCHEMA, Link, Loose, Story
from trailmend.takeovers.telling import callers, chapters, hits, still_open, title

_MOST_MAYBE = 20
_MAYBE = "{} in another session within an hour; it may be somebody else"


@dataclass(slots=True)
class _Draft:
    """A story in the making."""

    acts: list[Act]
    ties: list[Tie]
    supporting: list[Act] = field(default_factory=list)


def stories_of_account(findings: Iterable[Finding]) -> Iterator[Story]:
    """Tell the stories of one account; each finding must be there once."""
    found = list(findings)
    usual = routine(one for one in found if serious(one))
    members = acts_of(one for one in found if serious(one) and one.id not in usual)
    drafts = [_Draft(acts, ties) for acts, ties in grouped(members) if _several_events(acts)]
    others = acts_of(one for one in found if not serious(one) or one.id in usual)
    _add_supporting(drafts, others)
    roles = buckets(members, _by_shared_id)
    return (_story(draft, roles) for draft in drafts)


def _several_events(acts: Sequence[Act]) -> bool:
    return len({act.finding.event.event_id for act in acts}) > 1


def _add_supporting(drafts: Sequence[_Draft], others: Iterable[Act]) -> None:
    """Give each other finding to the story whose act is nearest in time, if any is near enough."""
    owner = {act.finding.id: draft for draft in drafts for act in draft.acts}
    acts = sorted((act for draft in drafts for act in draft.acts), key=lambda act: act.number)
    touched = buckets(acts, _by_known_thing)
    signed = buckets(acts, _by_signing_key)
    did = buckets([act for act in acts if act.strong], by_session)
    made = {key_made(act) for act in acts}
    for other in others:
        near = [*_near(other, touched, _by_known_thing, DAY), *_near(other, signed, _by_made, DAY)]
        if serious(other.finding):
            near += _near(other, did, by_session, HOUR)
        if other.finding.target.object_id not in made:
            near = [*_near(other, signed, _by_changed_key, DAY)] or near
        if near:
            nearest = min(near, key=lambda act: (abs(act.time - other.time), act.number))
            owner[nearest.finding.id].supporting.append(other)


def _by_known_thing(act: Act) -> Iterable[Hashable]:
    return by_thing(act) if act.finding.actor.id is not None else ()


def _by_signing_key(act: Act) -> Iterable[Hashable]:
    key = act.finding.actor.access_key_id
    return [] if key is None else [key]


def _by_made(act: Act) -> Iterable[Hashable]:
    """Give the key that was made, which signs what was done in the session that was taken."""
    key = key_made(act)
    return [] if key is None else [key]


def _by_changed_key(act: Act) -> Iterable[Hashable]:
    """Give the key that was switched or deleted; of one that a story made its making tells."""
    event, key = act.finding.event, act.finding.target.object_id
    changed = event.event_name in ("UpdateAccessKey", "DeleteAccessKey") and key is not None
    return [key] if changed and event.outcome == "success" else []


def _time(act: Act) -> float:
    return act.time


def _near(
    other: Act,
    known: dict[Hashable, list[Act]],
    keys: Callable[[Act], Iterable[Hashable]],
    reach: float,
) -> Iterator[Act]:
    """Give the acts just before and after another, of those with a key of it."""
    for key in keys(other):
        bucket = known.get(key, [])
        place = bisect_left(bucket, other.time, key=_time)
        for act in bucket[max(place - 1, 0) : place + 1]:
            if abs(act.time - other.time) <= reach:
                yield act


def _by_shared_id(act: Act) -> Iterable[Hashable]:
    known = act.finding.actor.id is not None and not has_own_id(act.finding)
    return [act.finding.actor.id] if known else []


def _maybe(draft: _Draft, roles: dict[Hashable, list[Act]]) -> Iterator[Link]:
    """Find what sessions of the same role did within an hour of an act, and is not in the story."""
    own = {act.number for act in draft.acts}
    for role, acts in buckets(draft.acts, _by_shared_id).items():
        everybody, place = roles[role], 0
        for act in acts:
            place = max(place, bisect_left(everybody, act.time - HOUR, key=_time))
            while place < len(everybody) and everybody[place].time <= act.time + HOUR:
                other = everybody[place]
                place += 1
                if other.number not in own:
                    why = _MAYBE.format(caller_name(other.finding))
                    yield Link(other.finding.id, act.finding.id, why)


def _story(draft: _Draft, roles: dict[Hashable, list[Act]]) -> Story:
    found = [act.finding for act in draft.acts]
    supporting = [act.finding for act in sorted(draft.supporting, key=lambda act: act.number)]
    actors, hit, told = callers(found), hits(found, supporting), chapters(found, supporting)
    first, left = found[0], still_open(found)
    status = _status(found, left)
    return Story(
        id=short_id("S-", first.event.account_id, first.id, SCHEMA),
        account_id=first.event.account_id,
        level=_level(found),
        status=status,
        resolved_by=_resolved_by(found) if status == "resolved" else None,
        title=title(actors, hit),
        first=first.event.event_time,
        last=found[-1].event.event_time,
        actors=actors,
        hit=hit,
        findings=[one.id for one in found],
        supporting=[one.id for one in supporting],
        chapters=told,
        open=left,
        links=[Link(tie.later.finding.id, tie.earlier.finding.id, tie.why) for tie in draft.ties],
        maybe=list(islice(_maybe(draft, roles), _MOST_MAYBE)),
    )


def _level(findings: Sequence[Finding]) -> Level:
    """Give critical for a completed and used takeover, or several highs; else the worst level."""
    worst = [one for one in findings if grave(one)]
    used = any(map(worse, worst))
    if used or len({one.event.event_id for one in worst}) > 1:
        return "critical"
    return max(
        (level for level in LEVELS for one in findings if one.level == level), key=LEVELS.index
    )


def _status(findings: Iterable[Finding], left: Sequence[Loose]) -> str | None:
    """Give the worst status; what is all put right is open as long as a key of it works."""
    statuses = {one.status for one in findings}
    worst = next((each for each in ("worsened", "open", "resolved") if each in statuses), None)
    return "open" if worst == "resolved" and left else worst


def _resolved_by(findings: Iterable[Finding]) -> ResolvedBy | None:
    repairs = [one.resolved_by for one in findings if one.status is not None]
    return repairs[0] if len(set(repairs)) == 1 else None
