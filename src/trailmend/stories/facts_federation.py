"""What must be so for a follow-up on federation and Identity Center to count."""

from __future__ import annotations

from typing import Any

from trailmend.stories.facts import Fact, Scene
from trailmend.stories.facts_settings import requested, steps_before
from trailmend.stories.timeline import happened, target_of


def former(field: str, *calls: str) -> Fact:
    """Ask that the later call says in a field what the last of `calls` before the finding said."""

    def same(scene: Scene) -> bool:
        now = requested(scene.later, field)
        return now is not None and now == _said_before(scene, field, calls)

    return same


def _said_before(scene: Scene, field: str, calls: tuple[str, ...]) -> Any:
    target = target_of(scene.found)
    if target is None:
        return None
    steps = sorted(
        steps_before(scene, [(call, target) for call in calls]), key=lambda step: step.number
    )
    told = [step for step in steps if requested(step, field) is not None]
    last = [requested(step, field) for step in told if step.second == told[-1].second]
    return last[0] if last and all(one == last[0] for one in last) else None


def first_entrance(scene: Scene) -> bool:
    """Say whether nobody is known to have entered since the finding."""
    return not scene.harms


def not_in_the_accounts(scene: Scene) -> bool:
    """Say whether the permission set was not provisioned since the finding."""
    target = target_of(scene.found)
    return not happened(
        scene.line, ("sso:ProvisionPermissionSet", target), scene.found, scene.later
    )


def in_the_accounts(scene: Scene) -> bool:
    """Say whether the permission set was provisioned since the finding."""
    return not not_in_the_accounts(scene)


def taken_off_by(*calls: str) -> Fact:
    """Ask that one of `calls` took off, since the finding, what it had given to the set."""

    def taken(scene: Scene) -> bool:
        target, given = target_of(scene.found), scene.found.event.object_id
        whose = target if given is None else (target, given)
        return any(happened(scene.line, (call, whose), scene.found, scene.later) for call in calls)

    return taken
