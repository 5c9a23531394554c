"""What must be so for a follow-up on the limits of the console to count: the same statement."""

from __future__ import annotations

from typing import Any

from trailmend.ledger import parsed
from trailmend.stories.facts import Scene
from trailmend.stories.facts_settings import requested
from trailmend.stories.former import content
from trailmend.stories.steps import Step
from trailmend.stories.timeline import ACCOUNT, last_until, later

_PUT = "signin:PutResourcePermissionStatement"
_MOST = 50
"""So many statements are read: an account has a few, and a log without end takes no longer."""


def same_configuration(scene: Scene) -> bool:
    """Say whether both calls are about the same account; none named is the account itself."""
    own = scene.found.event.account_id
    found, now = (requested(step, "targetId") or own for step in (scene.found, scene.later))
    return bool(found == now)


def puts_it_back(scene: Scene) -> bool:
    """Say whether a statement is put that says what the one that was taken away had said."""
    former, now = _statement_of(scene, scene.found), content(scene.later)
    return former is not None and former == now


def puts_it_again(scene: Scene) -> bool:
    """Say whether the statement that the finding's call put is put once more."""
    said = content(scene.found)
    return said is not None and said == content(scene.later)


def takes_it_away(scene: Scene) -> bool:
    """Say whether the very statement is deleted that the finding's call put."""
    made = _id_made(scene.found)
    return made is not None and made == requested(scene.later, "statementId")


def takes_the_same_away(scene: Scene) -> bool:
    """Say whether a statement is deleted that says what the finding's had said."""
    former, now = _statement_of(scene, scene.found), _statement_of(scene, scene.later)
    return former is not None and former == now


def _statement_of(scene: Scene, deletion: Step) -> dict[str, Any] | None:
    """Read what a deleted statement said out of the call that had put it."""
    gone = requested(deletion, "statementId")
    puts = later(scene.line, (_PUT, ACCOUNT), 0, _MOST) + last_until(
        scene.line, (_PUT, ACCOUNT), deletion
    )
    said = (content(put) for put in puts if gone is not None and _id_made(put) == gone)
    return next(said, None)


def _id_made(put: Step) -> object:
    return parsed(put.event.response).get("statementId")
