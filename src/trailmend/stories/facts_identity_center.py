"""What must be so for a follow-up on Identity Center to count: what sets hold, and where."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

from trailmend.context import RECENT
from trailmend.ledger import parsed
from trailmend.stories.facts import Scene
from trailmend.stories.facts_permissions import former_boundary
from trailmend.stories.facts_settings import as_before, requested, same_setting
from trailmend.stories.former import content
from trailmend.stories.steps import Step
from trailmend.stories.timeline import called, later, target_of

State = Literal["found", "taken back", "another", "unknown"]

_MOST = 20
"""So many calls of a name are read: a set that is changed without end must not take for ever."""
_MADE = ("sso:CreatePermissionSet",)
ATTACHED = ("sso:AttachManagedPolicyToPermissionSet",)
DETACHED = ("sso:DetachManagedPolicyFromPermissionSet",)
OWN_ATTACHED = ("sso:AttachCustomerManagedPolicyReferenceToPermissionSet",)
OWN_DETACHED = ("sso:DetachCustomerManagedPolicyReferenceFromPermissionSet",)
WRITTEN = ("sso:PutInlinePolicyToPermissionSet",)
ERASED = ("sso:DeleteInlinePolicyFromPermissionSet",)
BOUND = ("sso:PutPermissionsBoundaryToPermissionSet",)
UNBOUND = ("sso:DeletePermissionsBoundaryFromPermissionSet",)
PROVISIONED, ASSIGNED = ("sso:ProvisionPermissionSet",), ("sso:CreateAccountAssignment",)

_PARTS = (
    (*ATTACHED, *DETACHED),
    (*OWN_ATTACHED, *OWN_DETACHED),
    (*WRITTEN, *ERASED),
    (*BOUND, *UNBOUND),
)
_CHANGES = {call: calls for calls in _PARTS for call in calls}
_FORMER_INLINE = as_before(*WRITTEN, *ERASED, anew=_MADE)
_FORMER_BOUNDARY = as_before(*BOUND, *UNBOUND, anew=_MADE)


def takes_back(scene: Scene) -> bool:
    """Say whether the later call takes back what the finding's call did to the set."""
    found, now = called(scene.found.event), called(scene.later.event)
    if same_setting(scene):
        return False
    if found in (*_PARTS[0], *_PARTS[1]):
        return now != found and _same_policy(scene)
    if found in (*WRITTEN, *ERASED):
        erased = found in WRITTEN and now in ERASED
        return erased or _FORMER_INLINE(scene) or _harmless(scene)
    by_arn = now in BOUND and str(scene.later.event.object_id).startswith("arn:")
    return _FORMER_BOUNDARY(scene) or (by_arn and former_boundary(scene)) or _harmless(scene)


def _harmless(scene: Scene) -> bool:
    """Say whether what made administrators at the finding is one that is known to make none now."""
    found, now = scene.found.row, scene.later.row
    puts = scene.later.event.event_name.startswith("Put")
    return puts and found.grants_admin is True and now.grants_admin is False


def _same_policy(scene: Scene) -> bool:
    said = content(scene.found)
    return said is not None and said == content(scene.later)


def taken_back_before_it_counted(scene: Scene) -> bool:
    """Say whether it is taken back before any account got it."""
    return takes_back(scene) and not _in_accounts(scene)


def replaced(scene: Scene) -> bool:
    """Say whether another text or boundary is put, of which nothing better is known."""
    return not takes_back(scene) and not same_setting(scene)


def reaches_accounts(scene: Scene) -> bool:
    """Say whether accounts get what the finding's call did to the set."""
    return _state(scene) == "found"


def of_own_new_set(scene: Scene) -> bool:
    """Say whether the finding's caller had made the set within a day, and no administrator by it.

    What is not known to make one is told as it was found; an administrator's set that is assigned
    is worse, whoever made it.
    """
    row = scene.found.row
    new = row.target_age is not None and row.target_age <= RECENT.total_seconds()
    return new and row.target_made_by_actor is True and row.grants_admin is not True


def leaves_accounts(scene: Scene) -> bool:
    """Say whether all accounts get the set as it is since what was done to it was taken back."""
    return _state(scene) == "taken back" and _everywhere(scene.later) and _in_accounts(scene)


def leaves_some_accounts(scene: Scene) -> bool:
    """Say whether the set as it is since that was taken back is provisioned, not everywhere."""
    return _state(scene) == "taken back" and not _everywhere(scene.later) and _in_accounts(scene)


def carries_another(scene: Scene) -> bool:
    """Say whether accounts get another text or boundary than the finding's or the former."""
    return _state(scene) == "another"


def _everywhere(step: Step) -> bool:
    return bool(requested(step, "targetType") == "ALL_PROVISIONED_ACCOUNTS")


def _in_accounts(scene: Scene) -> bool:
    """Say whether accounts may hold what the finding's call did; the order of a second is open."""
    found, until, changes = scene.found, scene.later, _changes(scene)
    keys = [(call, target_of(found)) for call in PROVISIONED]
    keys += [(call, found.event.target_name) for call in ASSIGNED]
    steps = [step for key in keys for step in later(scene.line, key, found.second, _MOST)]
    hold = False
    for step in sorted(steps, key=lambda each: each.number):
        if step == until or step.number >= until.after:
            continue
        if _state_at(step, changes) != "taken back":
            hold = True
        elif _everywhere(step):
            hold = False
    return hold


def _state(scene: Scene) -> State:
    """Tell what the set holds of the finding's call at the later one."""
    return _state_at(scene.later, _changes(scene))


def _changes(scene: Scene) -> list[tuple[Step, State]]:
    """Give the changes of the same part of the set since the finding, with what each left."""
    found, until = scene.found, scene.later
    scenes = [
        replace(scene, later=step)
        for call in _CHANGES[called(found.event)]
        for step in later(scene.line, (call, target_of(found)), found.after, _MOST)
        if step.number < until.after
    ]
    return [(one.later, _left(one)) for one in scenes if _on_the_same(one)]


def _state_at(step: Step, changes: list[tuple[Step, State]]) -> State:
    """Tell what the set held at a step; what changed in its own second is not known."""
    until = [(change, left) for change, left in changes if change.second <= step.second]
    if not until:
        return "found"
    last = max(change.second for change, _ in until)
    states = {left for change, left in until if change.second == last}
    return states.pop() if len(states) == 1 and last < step.second else "unknown"


def _on_the_same(scene: Scene) -> bool:
    """Say whether a change is of the same policy; a set has one inline policy, and one boundary."""
    of_many = called(scene.found.event) in (*_PARTS[0], *_PARTS[1])
    return not of_many or _same_policy(scene)


def _left(scene: Scene) -> State:
    return "taken back" if takes_back(scene) else "found" if same_setting(scene) else "another"


def provisioned_harmless(scene: Scene) -> bool:
    """Say whether the set, which makes no administrator now, is provisioned where it did."""
    found = scene.found.row
    admin = found.grants_admin is True or found.target_is_admin is True
    return admin and scene.later.row.target_is_admin is False and _in_the_same_accounts(scene)


def provisioned_as_administrator(scene: Scene) -> bool:
    """Say whether the set, which makes administrators, is provisioned where it did."""
    return scene.later.row.target_is_admin is True and _in_the_same_accounts(scene)


def _in_the_same_accounts(scene: Scene) -> bool:
    account = requested(scene.found, "targetId")
    same = account is not None and account == requested(scene.later, "targetId")
    return same or _everywhere(scene.later)


def names_the_issuer(scene: Scene) -> bool:
    """Say whether an application's grant names the issuer of tokens."""
    grant, name = requested(scene.later, "grant"), scene.found.event.target_name
    bearer = grant.get("jwtBearer") if isinstance(grant, dict) else None
    issuers = bearer.get("authorizedTokenIssuers") if isinstance(bearer, dict) else None
    told = [one.get("trustedTokenIssuerArn") for one in issuers or [] if isinstance(one, dict)]
    return name is not None and name in told


def attributes_as_before(scene: Scene) -> bool:
    """Say whether an issuer's tokens are matched to people by the former attributes again."""
    changed, now = _matching(scene.found.event.request), _matching(scene.later.event.request)
    former = _former_matching(scene)
    return bool(changed) and all(
        name in former and now.get(name) == former[name] for name in changed
    )


def _former_matching(scene: Scene) -> dict[str, Any]:
    """Gather the attributes before the finding, from the issuer's making on; {} if not seen."""
    line, target = scene.line, target_of(scene.found)
    first = later(line, ("sso:CreateTrustedTokenIssuer", target), 0, 1)
    changes = later(line, ("sso:UpdateTrustedTokenIssuer", target), 0, _MOST)
    before = [step for step in changes if step.number < scene.found.second]
    # Of two changes in one second none is known to have stayed; too many are not read.
    if not first or len(changes) == _MOST or len({s.second for s in before}) < len(before):
        return {}
    former: dict[str, Any] = {}
    for step in (*first, *before):
        former |= _matching(step.event.request)
    return former


def _matching(request: str | None) -> dict[str, Any]:
    sent = parsed(request).get("trustedTokenIssuerConfiguration")
    told = sent.get("oidcJwtConfiguration") if isinstance(sent, dict) else None
    return {name: part for name, part in told.items() if name != "issuerUrl"} if told else {}
