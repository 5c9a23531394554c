"""What must be so for a follow-up on a trail to count: what it records, and where to."""

from __future__ import annotations

from bisect import bisect_right
from typing import Any

import msgspec

from trailmend.context import STORE_SWITCHES, TRAIL_PLACES, TRAIL_SWITCHES
from trailmend.ledger import parsed
from trailmend.stories.facts import Scene
from trailmend.stories.facts_settings import requested
from trailmend.stories.steps import Step
from trailmend.stories.timeline import Timeline, happened, same_second, target_of

_LIFE = ("CreateTrail", "StartLogging", "UpdateTrail", "PutEventSelectors")
_ENDS = ("StopLogging", "DeleteTrail")
WEAKENED_BY = ("UpdateTrail", "UpdateEventDataStore")
_ON_WHEN_NOT_SAID = "includeGlobalServiceEvents"
_MOST = 20
"""So many calls of a name are read: a trail that is changed without end must not take for ever."""


class _Trail(msgspec.Struct):
    """How a trail stands after the calls since its making."""

    settings: dict[str, Any]
    selectors: dict[str, Any]
    logging: bool = False


def deleted_since(scene: Scene) -> bool:
    """Say whether the trail was deleted since the finding."""
    key = "cloudtrail:DeleteTrail", target_of(scene.found)
    return happened(scene.line, key, scene.found, scene.later)


def another_trail(scene: Scene) -> bool:
    """Say whether the later call is on another trail than the finding's."""
    return target_of(scene.later) not in (None, target_of(scene.found))


def made_as_before(scene: Scene) -> bool:
    """Say whether a trail that was made again records, and sees all that the former one did."""
    before, now = _trail(scene.line, scene.found), _trail(scene.line, scene.later)
    if before is None or now is None or not now.logging or now.selectors != before.selectors:
        return False
    switches = all(_on(now, name) or not _on(before, name) for name in TRAIL_SWITCHES)
    places = (now.settings.get(name) or "" for name in TRAIL_PLACES)
    return switches and list(places) == [before.settings.get(name) or "" for name in TRAIL_PLACES]


def settings_restored(scene: Scene) -> bool:
    """Say whether each setting of a trail that was weakened is again as it was, or on."""
    return not unlike_before(scene)


def store_restored(scene: Scene) -> bool:
    """Say whether each setting of a store that was weakened is again as it was, on, or longer."""
    return not unlike_before(scene)


def unlike_before(scene: Scene) -> list[str]:
    """Name the weakened settings of a trail or a store that are not known to be as they were.

    A switch counts as weakened where it was on, or where the log does not tell; what the log does
    not tell of places is never known to be as it was.
    """
    before = parsed(scene.found.row.before)
    now = None if deleted_since(scene) else _changed_since(scene)
    return [
        name for name in _weakened(scene) if now is None or not _is_as_before(name, now, before)
    ]


def _is_as_before(name: str, now: dict[str, Any], before: dict[str, Any]) -> bool:
    if name in (*TRAIL_SWITCHES, *STORE_SWITCHES):
        return now.get(name) is True
    return name in before and (now.get(name) == before[name] or _longer(now, before, name))


def _longer(now: dict[str, Any], before: dict[str, Any], name: str) -> bool:
    days = now.get(name), before[name]
    return all(isinstance(one, int) for one in days) and days[0] > days[1]


def _weakened(scene: Scene) -> list[str]:
    return (scene.found.row.weakened or "").split(", ")


def records_all_again(scene: Scene) -> bool:
    """Say whether all management events are recorded, where some were not."""
    return scene.later.row.strengthens is True


def weakens(scene: Scene) -> bool:
    """Say whether the later call lets the trail see less."""
    return scene.later.row.weakens is True


def lets_outsiders_in(scene: Scene) -> bool:
    """Say whether the later policy lets outsiders in, or may."""
    return scene.later.row.trusts_outsider is not False


def insights_restored(scene: Scene) -> bool:
    """Say whether every kind of insight that was on before the finding is on again."""
    before = parsed(scene.found.row.before).get("insightSelectors") or []
    now = requested(scene.later, "insightSelectors") or []
    return bool(before) and all(one in now for one in before)


def _trail(line: Timeline, step: Step) -> _Trail | None:
    """Tell how a trail stands; None where the log does not show its making."""
    steps = [one for name in (*_LIFE, *_ENDS) for one in _last(line, name, step) if one != step]
    if step.event.event_name not in _ENDS:
        steps.append(step)
    trail: _Trail | None = None
    for one in sorted(steps, key=lambda each: each.number):
        trail = _after(trail, one)
    return trail


def _after(trail: _Trail | None, step: Step) -> _Trail | None:
    name, sent = step.event.event_name, parsed(step.event.request)
    if name == "CreateTrail":
        return _Trail(sent, {})
    if trail is None or name == "DeleteTrail":
        return None
    if name == "UpdateTrail":
        trail.settings = {**trail.settings, **sent}
    elif name == "PutEventSelectors":
        trail.selectors = {key: part for key, part in sent.items() if key != "trailName"}
    else:
        trail.logging = name == "StartLogging"
    return trail


def _last(line: Timeline, name: str, step: Step) -> list[Step]:
    """Give the last calls of a name on a step's trail, up to its second."""
    numbers = line.index.numbers((f"cloudtrail:{name}", target_of(step)))
    place = bisect_right(numbers, step.after - 1)
    return [line.steps[number] for number in numbers[max(0, place - _MOST) : place]]


def _on(trail: _Trail, name: str) -> bool:
    return bool(trail.settings.get(name, name == _ON_WHEN_NOT_SAID))


def _changed_since(scene: Scene) -> dict[str, Any] | None:
    """Gather what calls like the finding's set from it on; None where their order is not known."""
    name = scene.found.event.event_name
    key = f"cloudtrail:{name}", target_of(scene.found)
    together = {step.event.request for step in same_second(scene.line, key, scene.later)}
    if len(together) > 1:
        return None
    now: dict[str, Any] = {}
    for step in _last(scene.line, name, scene.later):
        if step.number >= scene.found.number:
            now |= parsed(step.event.request)
    return now
