"""What must be so for a follow-up on settings to count: what was set before, what is set now."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from trailmend.ledger import parsed
from trailmend.stories.facts import Fact, Scene
from trailmend.stories.timeline import Key, Step, called, last_until, object_of, target_of

_FORM = ("Host", "bucketName", "clientToken", "keyId", "policyName", "xmlns", "tags")
"""What a request says of itself, or of which thing it sets; not what it sets."""


def all_of(*facts: Fact) -> Fact:
    """Ask that all facts hold."""
    return lambda scene: all(fact(scene) for fact in facts)


def standing(scene: Scene) -> bool:
    """Say whether what was found stands: nobody put it right, or it was made worse since."""
    return scene.mended is None or bool(scene.harms)


def requested(step: Step, field: str) -> Any:
    """Give a field of a request; None where it has none, or an empty one."""
    return parsed(step.event.request).get(field) or None


def same_field(field: str) -> Fact:
    """Ask that the two requests say the same in a field, and say something."""

    def same(scene: Scene) -> bool:
        said = requested(scene.found, field)
        return said is not None and said == requested(scene.later, field)

    return same


def as_before(*calls: str, anew: Sequence[str] = (), part: bool = False) -> Fact:
    """Ask that the later call sets what the last of `calls` before the finding had set.

    One that deletes sets nothing.  Calls of `anew` make or end the thing that has the setting:
    what was set before them says nothing.  Of a `part` the object must be the same too.
    """

    def same(scene: Scene) -> bool:
        former = _former(scene, calls, anew, part=part)
        return former is not None and former == content(scene.later)

    return same


def same_setting(scene: Scene) -> bool:
    """Say whether the later call sets again what the finding's had set."""
    now = content(scene.later)
    same_call = called(scene.later.event) == called(scene.found.event)
    return same_call and now is not None and now == content(scene.found)


def content(step: Step) -> dict[str, Any] | None:
    """Give what a call sets, {} for one that deletes; None where the record does not tell."""
    if step.event.event_name.startswith("Delete"):
        return {}
    if step.event.truncated:
        return None
    return _sent(step.event.request)


@lru_cache(maxsize=1024)
def _sent(request: str | None) -> dict[str, Any] | None:
    """Read what a request sets; nobody may change the answer, which is kept."""
    return _plain(parsed(request)) or None


def _plain(value: Any) -> Any:
    """Leave out the form and what is empty; a document in text is read."""
    if isinstance(value, dict):
        parts = {name: _plain(part) for name, part in value.items() if name not in _FORM}
        return {name: part for name, part in parts.items() if part not in (None, "", {}, [])}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            return json.loads(value)
        except json.JSONDecodeError:
            return value
    return value


def _former(
    scene: Scene, calls: Sequence[str], anew: Sequence[str], *, part: bool
) -> dict[str, Any] | None:
    """Give what was set when the finding came; None where the log does not tell."""
    found, target = scene.found, target_of(scene.found)
    if target is None:
        return None
    whose = (target, object_of(found)) if part else target
    keys = [(call, whose) for call in calls] + [(call, target) for call in anew]
    steps = sorted(_before(scene, keys), key=lambda step: step.number)
    if not steps:
        return None
    last = [step for step in steps if step.second == steps[-1].second]
    said = [None if called(step.event) in anew else content(step) for step in last]
    return said[0] if all(one == said[0] for one in said) else None


def _before(scene: Scene, keys: Sequence[Key]) -> list[Step]:
    """Give the last steps of each key in a second before the finding's."""
    line, found = scene.line, scene.found
    if found.second == 0:
        return []
    until = line.steps[found.second - 1]
    return [step for key in keys for step in last_until(line, key, until)]
