"""What the hands of a story did in other accounts: by a user's id, or a session taken across."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from trailmend.findings import Finding
from trailmend.takeovers.acts import (
    caller_name,
    has_own_id,
    serious,
    taken_by,
    taker_with_id,
    target_name,
)
from trailmend.takeovers.joins import DAY
from trailmend.takeovers.shape import Elsewhere, Story

_MOST = 20


@dataclass(frozen=True, slots=True)
class _Told:
    """A story, or a finding that is in none: when it was, and whose hands it shows."""

    account_id: str
    id: str
    text: str
    first: float
    last: float
    hands: Mapping[Hashable, str]


def with_elsewhere(stories: Sequence[Story], findings: Mapping[str, Finding]) -> list[Story]:
    """Give the stories with what the same hands did in another account within a day.

    `findings` are all findings of these accounts, by id.
    """
    if len({one.event.account_id for one in findings.values()}) < 2:
        return list(stories)
    told = [_of_story(story, findings) for story in stories]
    in_stories = {name for story in stories for name in story.findings}
    alone = [_of_finding(one) for one in findings.values() if one.id not in in_stories]
    by_hand: dict[Hashable, list[_Told]] = {}
    for one in (*told, *alone):
        for hand in one.hands:
            by_hand.setdefault(hand, []).append(one)
    return [
        replace(story, elsewhere=[*_elsewhere(one, by_hand)][:_MOST])
        for story, one in zip(stories, told, strict=True)
    ]


def _elsewhere(one: _Told, by_hand: Mapping[Hashable, Sequence[_Told]]) -> Iterator[Elsewhere]:
    """Give each thing of another account once, in the order of time."""
    found: dict[str, tuple[float, Elsewhere]] = {}
    for hand, why in one.hands.items():
        for other in by_hand[hand]:
            near = other.first - one.last <= DAY and one.first - other.last <= DAY
            if other.account_id != one.account_id and near and other.id not in found:
                entry = Elsewhere(other.account_id, other.id, other.text, why)
                found[other.id] = other.first, entry
    return (entry for _, entry in sorted(found.values(), key=lambda pair: (pair[0], pair[1].id)))


def _of_story(story: Story, findings: Mapping[str, Finding]) -> _Told:
    members = [findings[name] for name in story.findings]
    return _Told(
        story.account_id,
        story.id,
        story.title,
        _seconds(story.first),
        _seconds(story.last),
        {hand: why for one in members for hand, why in _hands(one)},
    )


def _of_finding(finding: Finding) -> _Told:
    """Tell a finding in no story; a lesser one only where it is the taking of a session."""
    when = _seconds(finding.event.event_time)
    hands = dict(_hands(finding)) if serious(finding) else dict(_session_taken(finding))
    text = f"{finding.title}: {caller_name(finding)} → {target_name(finding)}"
    return _Told(finding.event.account_id, finding.id, text, when, when, hands)


def _hands(finding: Finding) -> Iterator[tuple[Hashable, str]]:
    """Give what tells whose hands did it in every account, and why in words."""
    actor, user = finding.actor, taken_by(finding)
    if actor.type == "IAMUser" and has_own_id(finding):
        yield actor.id, f"the same user, {caller_name(finding)} (id {actor.id})"
    if user is not None and user.type != "Root":
        yield user.id, f"the same user, {taker_with_id(user)}"
    key = actor.access_key_id or ""
    if key.startswith("ASIA"):
        yield key, f"session {key}"
    yield from _session_taken(finding)


def _session_taken(finding: Finding) -> Iterator[tuple[Hashable, str]]:
    key = finding.target.object_id
    if finding.target.object_type == "session" and key and finding.event.outcome == "success":
        yield key, f"session {key}"


def _seconds(time: str) -> float:
    return datetime.fromisoformat(time).timestamp()
