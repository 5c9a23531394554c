"""What calls set, and what stood before a finding: the newest calls on the same thing tell it."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from trailmend.ledger import parsed
from trailmend.stories.facts import Scene
from trailmend.stories.steps import Step
from trailmend.stories.timeline import Key, called, object_of, target_of

MOST = 20
"""So many calls of a name are read: a thing that is set without end must not take for ever."""
UNKNOWN = object()
_FORM = ("Host", "bucketName", "clientToken", "keyId", "policyName", "xmlns", "tags")
"""What a request says of itself, or of which thing it sets; not what it sets."""
_NAMES = (
    *("name", "sAMLProviderArn", "openIDConnectProviderArn", "trustAnchorId", "profileId"),
    *("applicationArn", "instanceArn", "identityStoreId"),
)


def content(step: Step) -> dict[str, Any] | None:
    """Give what a call sets, {} for one that deletes; None where the record does not tell."""
    if step.event.event_name.startswith("Delete"):
        return {}
    if step.event.truncated:
        return None
    return _filled(step.event.request)


@lru_cache(maxsize=1024)
def _filled(request: str | None) -> dict[str, Any] | None:
    """Read what a request sets; nobody may change the answer, which is kept."""
    return _plain(parsed(request)) or None


def settings(step: Step) -> dict[str, Any]:
    """Give what a request sets, without the names of things; None for what it empties."""
    sent = parsed(step.event.request)
    return {field: _plain(value) or None for field, value in sent.items() if field not in _NAMES}


def _plain(value: Any) -> Any:
    """Leave out the form and what is empty; a document in text is read, names have no order."""
    if isinstance(value, dict):
        parts = {name: _plain(part) for name, part in value.items() if name not in _FORM}
        return {name: part for name, part in parts.items() if part not in (None, "", {}, [])}
    if isinstance(value, list):
        parts_of_list = [_plain(part) for part in value]
        names = all(isinstance(part, str) for part in parts_of_list)
        return sorted(parts_of_list) if names else parts_of_list
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            return json.loads(value)
        except json.JSONDecodeError:
            return value
    return value


def former_content(
    scene: Scene, calls: Sequence[str], anew: Sequence[str], *, part: bool
) -> dict[str, Any] | None:
    """Give what the last of some calls had set when the finding came; None where not known.

    Calls of `anew` make or end the thing: what was set before them says nothing.  Of a `part` the
    object is the same too.
    """
    target = target_of(scene.found)
    if target is None:
        return None
    whose = (target, object_of(scene.found)) if part else target
    keys = [(call, whose) for call in calls] + [(call, target) for call in anew]
    last = next(_seconds_before(scene, keys), [])
    said = [None if called(step.event) in anew else content(step) for step in last]
    return said[0] if said and all(one == said[0] for one in said) else None


def said_before(scene: Scene, field: str, by: Sequence[str]) -> Any:
    """Give what was said of a field before the finding; `UNKNOWN` where the log does not tell.

    The first of the calls `by` makes the thing: what that leaves out was None.
    """
    target = target_of(scene.found)
    keys = [(call, target) for call in by if target is not None]
    for second in _seconds_before(scene, keys):
        if any(step.event.truncated or step.event.request is None for step in second):
            return UNKNOWN
        told = [settings(step)[field] for step in second if field in settings(step)]
        makes = any(called(step.event) == by[0] for step in second)
        if told and (len(second) == 1 or all(value == told[0] for value in told)):
            return told[0]
        if told or makes:
            return UNKNOWN if told else None
    return UNKNOWN


def _seconds_before(scene: Scene, keys: Sequence[Key]) -> Iterator[list[Step]]:
    """Give the calls before the finding's second, the newest second first.

    Where a name has more calls than are read, what lies before those is left out of every name.
    """
    floor, steps = 0, []
    for key in keys:
        numbers = scene.line.index.numbers(key)
        place = bisect_left(numbers, scene.found.second)
        taken = numbers[max(0, place - MOST) : place]
        if place > MOST:
            floor = max(floor, scene.line.steps[numbers[place - MOST - 1]].after)
        steps += [scene.line.steps[number] for number in taken]
    seconds: dict[int, list[Step]] = {}
    for step in sorted(steps, key=lambda each: -each.number):
        if step.number >= floor:
            seconds.setdefault(step.second, []).append(step)
    yield from seconds.values()
