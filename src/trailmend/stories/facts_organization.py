"""What must be so for a follow-up on the organization to count: places, policies, who accepted."""

from __future__ import annotations

import json
from typing import Any

from trailmend.ledger import parsed
from trailmend.stories.facts import Scene
from trailmend.stories.facts_settings import requested
from trailmend.stories.steps import Step
from trailmend.stories.timeline import Timeline, last_until, later

_MOST = 20
"""So many changes of a policy are read: one that is written without end must not take for ever."""


def new_account(line: Timeline, found: Step) -> str | None:
    """Give the number of an account that a call made, as AWS told it when it was done."""
    key = "organizations:CreateAccountResult", found.event.object_id
    results = [] if found.event.object_id is None else later(line, key, found.second, _MOST)
    return next((one.event.target_name for one in results if one.event.target_name), None)


def of_the_new_account(scene: Scene) -> bool:
    """Say whether the later call is about the account that the finding's call made."""
    made = new_account(scene.line, scene.found)
    return made is not None and made == requested(scene.later, "accountId")


def of_who_joined(scene: Scene) -> bool:
    """Say whether the later call is about the account that accepted the invitation."""
    parties = _handshake(scene.found).get("parties")
    ids = [one.get("id") for one in parties or () if isinstance(one, dict)]
    return joined_by_invitation(scene) and requested(scene.later, "accountId") in ids


def moved_back(scene: Scene) -> bool:
    """Say whether the account is moved to where it had been."""
    former = requested(scene.found, "sourceParentId")
    return former is not None and former == requested(scene.later, "destinationParentId")


def moved_there_again(scene: Scene) -> bool:
    """Say whether the account is moved to where the finding had brought it."""
    there = requested(scene.found, "destinationParentId")
    return there is not None and there == requested(scene.later, "destinationParentId")


def moved_to_a_unit(scene: Scene) -> bool:
    """Say whether an account is moved to a unit; directly below the root few policies hold."""
    return str(requested(scene.later, "destinationParentId")).startswith("ou-")


def of_another_account(scene: Scene) -> bool:
    """Say whether the later call is about another account than the finding's."""
    accounts = [requested(step, "accountId") for step in (scene.found, scene.later)]
    return None not in accounts and accounts[0] != accounts[1]


def rewritten_since(scene: Scene) -> bool:
    """Say whether the policy that is attached was written over since the finding."""
    policy = scene.found.event.object_id
    target = None if policy is None else ("organization_policy", policy.lower(), None)
    updates = later(scene.line, ("organizations:UpdatePolicy", target), scene.found.second, _MOST)
    return any(
        requested(update, "content") is not None or update.event.truncated
        for update in updates
        if update.time <= scene.later.time
    )


def former_content(scene: Scene) -> bool:
    """Say whether a policy is written that says what the finding's said before."""
    former = parsed(scene.found.row.before).get("content")
    return former is not None and _read(former) == _read(requested(scene.later, "content"))


def found_content(scene: Scene) -> bool:
    """Say whether the policy is written again as the finding's call had written it."""
    said = requested(scene.found, "content")
    return said is not None and _read(said) == _read(requested(scene.later, "content"))


def writes_content(scene: Scene) -> bool:
    """Say whether the policy's text is written, and not its name alone."""
    return requested(scene.later, "content") is not None or scene.later.event.truncated


def is_invitation(scene: Scene) -> bool:
    """Say whether it is an invitation to an organization that is accepted."""
    return _handshake(scene.later).get("action") == "INVITE"


def joined_by_invitation(scene: Scene) -> bool:
    """Say whether it was an invitation to an organization that the finding's call accepted."""
    return _handshake(scene.found).get("action") == "INVITE"


def of_the_handshake(scene: Scene) -> bool:
    """Say whether the later call is about the handshake that the finding's call made."""
    made = _handshake(scene.found).get("id")
    return made is not None and made == scene.later.event.object_id


def accepts_the_started(scene: Scene) -> bool:
    """Say whether the change of address that is accepted is the one that the finding started.

    CloudTrail need not tell addresses; then it is the last that was started.
    """
    started = requested(scene.found, "primaryEmail")
    accepted = requested(scene.later, "primaryEmail")
    if None not in (started, accepted) and "HIDDEN" not in f"{started}{accepted}":
        return bool(started == accepted)
    name = scene.found.event.target_name
    target = None if name is None else ("organization_account", name.lower(), None)
    starts = last_until(scene.line, ("account:StartPrimaryEmailUpdate", target), scene.later)
    return starts == [scene.found]


def _handshake(step: Step) -> dict[str, Any]:
    answer = parsed(step.event.response).get("handshake")
    return answer if isinstance(answer, dict) else {}


def _read(content: object) -> object:
    """Read a policy, so that white space and the order of keys do not count."""
    if not isinstance(content, str):
        return content
    try:
        return json.loads(content)
    except json.JSONDecodeError:
        return content
