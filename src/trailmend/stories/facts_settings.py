"""What must be so for a follow-up on settings to count: what was set before, what is set now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trailmend.ledger import parsed
from trailmend.stories.facts import Fact, Scene
from trailmend.stories.former import content, former_content
from trailmend.stories.steps import Step
from trailmend.stories.timeline import called


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

    One that deletes sets nothing; for the rest see `former_content`.
    """

    def same(scene: Scene) -> bool:
        former = former_content(scene, calls, anew, part=part)
        return former is not None and former == content(scene.later)

    return same


def shows_again(scene: Scene) -> bool:
    """Say whether all findings of an analyzer that were archived are made active again."""
    said = requested(scene.later, "status")
    return said == "ACTIVE" and _findings(scene.found) <= _findings(scene.later)


def archives(scene: Scene) -> bool:
    """Say whether some of the same findings of an analyzer are archived."""
    said = requested(scene.later, "status")
    return said == "ARCHIVED" and bool(_findings(scene.found) & _findings(scene.later))


def _findings(step: Step) -> set[str]:
    """Give the ids that a request names; what it names by a resource alone is not told."""
    ids = requested(step, "ids")
    named = {one for one in ids if isinstance(one, str)} if isinstance(ids, list) else set()
    return named or {step.event.event_id}


def same_setting(scene: Scene) -> bool:
    """Say whether the later call sets again what the finding's had set."""
    now = content(scene.later)
    same_call = called(scene.later.event) == called(scene.found.event)
    return same_call and now is not None and now == content(scene.found)
