"""What must be so for a follow-up on a key to count: whose secret it is."""

from __future__ import annotations

from trailmend.context import RECENT
from trailmend.ledger import parsed
from trailmend.stories.facts import Scene, different
from trailmend.stories.steps import Step
from trailmend.stories.timeline import last_until


def was_not_on(scene: Scene) -> bool:
    """Say whether the key that was switched on is not known to have been on before."""
    return parsed(scene.found.row.before).get("status") != "Active"


def where_its_user_worked(scene: Scene) -> bool:
    """Say whether the key is used from where its user had called before, and its maker had not.

    Keys are changed at intervals, and the new one belongs where the former did its work.
    """
    return _where_its_user_worked(scene, scene.later)


def goes_elsewhere(scene: Scene) -> bool:
    """Say whether a key that was first used where its user worked is used from somewhere else."""
    used = ("use", scene.later.event.access_key_id)
    first = scene.line.steps[scene.line.index.numbers(used)[0]]
    return (
        first.second < scene.later.second
        and _where_its_user_worked(scene, first)
        and not _where_its_user_worked(scene, scene.later)
    )


def _where_its_user_worked(scene: Scene, use: Step) -> bool:
    found, user = scene.found, use.event.actor_id
    callers = scene.line.callers.get(use.event.source_ip or "", {})
    maker = found.event.actor_id
    return (
        different(found, use)
        and callers.get(user, use.time) < found.time
        and callers.get(maker, use.time + RECENT) > use.time
    )


def of_the_actor(scene: Scene) -> bool:
    """Say whether the finding's actor made the key, since the finding."""
    found = scene.found
    makers = last_until(scene.line, ("CreateAccessKey", scene.later.event.object_id), scene.later)
    return any(maker.time >= found.time and not different(found, maker) for maker in makers)


def switches_off_the_actors(scene: Scene) -> bool:
    """Say whether a key that the actor made is switched off."""
    return of_the_actor(scene) and _switched(scene) == "Inactive"


def switches_on_the_actors(scene: Scene) -> bool:
    """Say whether a key that the actor made is switched on after somebody had stopped it."""
    standing = scene.later.event.object_id in scene.harms
    return of_the_actor(scene) and _switched(scene) == "Active" and not standing


def _switched(scene: Scene) -> object:
    return parsed(scene.later.event.request).get("status")
