"""What must be so for a follow-up on an application of Identity Center to count."""

from __future__ import annotations

from trailmend.ledger import parsed
from trailmend.stories.facts import Scene
from trailmend.stories.facts_federation import as_it_was
from trailmend.stories.facts_settings import requested

_TILE = as_it_was("portalOptions", by=("sso:CreateApplication", "sso:UpdateApplication"))


def is_off(scene: Scene) -> bool:
    """Say whether the application is disabled."""
    return bool(requested(scene.later, "status") == "DISABLED")


def is_on(scene: Scene) -> bool:
    """Say whether the application is enabled."""
    return bool(requested(scene.later, "status") == "ENABLED")


def tile_as_before(scene: Scene) -> bool:
    """Say whether the portal leads people to where it led them before the finding."""
    return _TILE(scene)


def asks_for_assignments(scene: Scene) -> bool:
    """Say whether nobody gets into the application without an assignment."""
    return _required(scene) is True


def opened_to_all(scene: Scene) -> bool:
    """Say whether everybody of the directory gets into the application."""
    return _required(scene) is False


def _required(scene: Scene) -> object:
    return parsed(scene.later.event.request).get("assignmentRequired")
