"""What must be so for a follow-up on permissions to count: policies, versions, boundaries."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from trailmend.ledger import parsed
from trailmend.stories.facts import Scene, different
from trailmend.stories.former import MOST
from trailmend.stories.steps import Step
from trailmend.stories.timeline import call_of, last_until, later, object_of


def was_refused_before(scene: Scene) -> bool:
    """Say whether the call that goes through now was refused to its caller before the finding."""
    refusals = last_until(scene.line, call_of(scene.later.event), scene.found)
    return any(refusal.time < scene.found.time for refusal in refusals)


def denies(scene: Scene) -> bool:
    """Say whether the later event puts a policy in place that denies."""
    return scene.later.row.denies is True


def former_document(scene: Scene) -> bool:
    """Say whether the inline policy says again what it said before the finding."""
    former = parsed(scene.found.row.before).get("policy_document")
    now = parsed(scene.later.event.request).get("policyDocument")
    return former is not None and _same(former, now)


def makes_no_administrator(scene: Scene) -> bool:
    """Say whether what made an administrator at the finding is known not to make one now."""
    return scene.found.row.grants_admin is True and scene.later.row.grants_admin is False


def former_version(scene: Scene) -> bool:
    """Say whether what was in force before the finding is so again: the version or its document."""
    before = parsed(scene.found.row.before)
    if scene.later.event.event_name == "SetDefaultPolicyVersion":
        former = before.get("default_version_id")
        return former is not None and former == _version_set(scene.later)
    now = parsed(scene.later.event.request).get("policyDocument")
    former = before.get("policy_document")
    return in_force(scene) and former is not None and _same(former, now)


def same_version(scene: Scene) -> bool:
    """Say whether the version of the finding is set, or deleted, now."""
    version = _version_set(scene.found) or _version_made(scene.found)
    return version is not None and version == _version_set(scene.later)


def same_version_after_a_mend(scene: Scene) -> bool:
    """Say whether the version of the finding is in force again after it had been taken back."""
    return same_version(scene) and scene.mended is not None


def same_version_against_another(scene: Scene) -> bool:
    """Say whether the finding's actor sets its version again, which another had put out of force.

    So it is too where nobody knows whether the version of then was the former one.
    """
    found, now = scene.found, scene.later
    actor = found.event.actor_id
    return (
        same_version(scene)
        and actor is not None
        and actor == now.event.actor_id
        and any(
            different(found, setter) and setter.time < now.time
            for setter in _setters(scene, found.after)
        )
    )


def own_administrator_again(scene: Scene) -> bool:
    """Say whether who made an administrator does so again, against what the finding's actor did.

    Then the finding is the repair, and its undoing none.
    """
    before = [setter for setter in _setters(scene, 0) if setter.time < scene.found.time]
    return (
        former_version(scene)
        and scene.later.row.grants_admin is True
        and different(scene.found, scene.later)
        and bool(before)
        and before[-1].event.actor_id == scene.later.event.actor_id
    )


def _setters(scene: Scene, start: int) -> list[Step]:
    """Give the first calls from a number on that put a version of the policy in force."""
    thing = object_of(scene.found)
    calls = ("CreatePolicyVersion", "SetDefaultPolicyVersion")
    steps = [step for call in calls for step in later(scene.line, (call, thing), start, MOST)]
    return sorted(filter(_puts_in_force, steps), key=lambda step: step.number)


def lay_ready(scene: Scene) -> bool:
    """Say whether the finding's version was made and not put in force, and is set now."""
    made = scene.found.event.event_name == "CreatePolicyVersion"
    return made and not _puts_in_force(scene.found) and same_version(scene)


def ready_version_deleted(scene: Scene) -> bool:
    """Say whether the finding's version was not in force, and is deleted now."""
    return not _puts_in_force(scene.found) and same_version(scene)


def in_force(scene: Scene) -> bool:
    """Say whether the later event changes what is in force."""
    return _puts_in_force(scene.later)


def harmless_version(scene: Scene) -> bool:
    """Say whether a version is put in force that makes no administrator, where one did."""
    return in_force(scene) and makes_no_administrator(scene)


def former_boundary(scene: Scene) -> bool:
    """Say whether the boundary of before the finding is set."""
    former = parsed(scene.found.row.before).get("permissions_boundary")
    return former is not None and former == scene.later.event.object_id


def was_a_lock_out(scene: Scene) -> bool:
    """Say whether the finding's boundary bounded an administrator."""
    row = scene.found.row
    return row.target_is_admin is True and row.grants_admin is not True


def _puts_in_force(step: Step) -> bool:
    if step.event.event_name == "SetDefaultPolicyVersion":
        return True
    return parsed(step.event.request).get("setAsDefault") is True


def _version_set(step: Step) -> Any:
    return parsed(step.event.request).get("versionId")


def _version_made(step: Step) -> Any:
    answer = parsed(step.event.response).get("policyVersion")
    return answer.get("versionId") if isinstance(answer, dict) else None


def _same(one: object, other: object) -> bool:
    """Compare two documents by what they say; white space and the order of keys do not count."""
    return bool(_read(str(one)) == _read(other if isinstance(other, str) else json.dumps(other)))


@lru_cache(maxsize=1024)
def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
