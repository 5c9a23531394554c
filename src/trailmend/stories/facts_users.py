"""What must be so for a follow-up on a user to count: the name or path of before."""

from __future__ import annotations

from trailmend.ledger import parsed
from trailmend.stories.facts import Scene
from trailmend.stories.steps import Step


def named_as_before(scene: Scene) -> bool:
    """Say whether name and path are again what they were, as far as the finding changed them."""
    changed, now = _sent(scene.found), _sent(scene.later)
    former = {"newUserName": scene.found.event.target_name, "newPath": _path(scene.found)}
    return bool(changed) and all(
        former[part] is not None and former[part] == now.get(part) for part in changed
    )


def named_as_by_the_finding(scene: Scene) -> bool:
    """Say whether the user gets the finding's name or path."""
    changed, now = _sent(scene.found), _sent(scene.later)
    return any(now.get(part) == value for part, value in changed.items())


def makes_an_administrator(scene: Scene) -> bool:
    """Say whether what the user is given makes it an administrator."""
    return scene.later.row.grants_admin is True


def _sent(step: Step) -> dict[str, object]:
    sent = parsed(step.event.request)
    return {part: sent[part] for part in ("newUserName", "newPath") if part in sent}


def _path(found: Step) -> str | None:
    """Read the former path out of the ARN of the user who renamed itself."""
    if found.row.known_relation != "self" or found.event.actor_arn is None:
        return None
    resource = found.event.actor_arn.partition(":user")[2]
    return resource.rpartition("/")[0] + "/" if resource else None
