"""What a fix is told of a finding: its target, or its caller."""

from __future__ import annotations

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from trailmend.desk import Desk
from trailmend.findings import Finding
from trailmend.plan import Actor, Facts, Part, Target, find_remediation

_NAMED_AS_TARGETS = (
    *("organization", "organization_account", "organization_policy"),
    *("permission_set", "directory_user", "directory_group", "application"),
    *("saml_provider", "oidc_provider", "policy"),
    *("bucket", "key"),
    *("crl", "rolesanywhere_profile", "trust_anchor"),
)
CALLERS_KEY = "access_keys.deactivate_callers_key"
_USER_SESSIONS, _ROLE_SESSIONS = (f"principals.revoke_{kind}_sessions" for kind in ("user", "role"))
_KINDS = {"IAMUser": "user", "AssumedRole": "role", "Root": "root"}


def part_of(desk: Desk, finding: Finding, fix: str, asked_at: str) -> Part:
    """Give a fix all that it is told of a finding: of its target, or of its caller.

    `asked_at` is one time for all fixes of a plan.
    """
    about_actor = find_remediation(fix).about == "actor"
    of_taker = fix == CALLERS_KEY and has_taker_with_key(finding)
    who, target = _taker(finding) if of_taker else _actor(finding), finding.target
    kind, name = (who.kind, who.name) if about_actor else (target.type, target.name)
    facts = Facts(
        account_id=finding.event.account_id,
        finding_id=finding.id,
        event_id=finding.event.event_id,
        event_name=finding.event.event_name,
        event_time=finding.event.event_time,
        level=finding.level,
        asked_at=asked_at,
        actor=who,
        user_name=name if kind == "user" else None,
        role_name=name if kind == "role" else None,
        group_name=name if kind == "group" and name else UNSET,
        object_type="access_key" if about_actor else target.object_type,
        object_id=who.access_key_id or None if about_actor else target.object_id,
        before=None if about_actor else finding.before,
        baseline=desk.settings.baseline,
    )
    return Part(fix, facts if about_actor else _with_target(facts, finding))


def parts_on_the_way(desk: Desk, finding: Finding, asked_at: str) -> list[Part]:
    """Give the fixes that end the sessions from which the caller's was taken, the first first.

    Of a user who took it by a key, that key is turned off instead (`has_taker_with_key`).  Whoever
    is of another account has no sessions here but those of the roles.
    """
    origin = finding.actor.origin
    if origin is None:
        return []
    here, roles = origin.account_id == finding.event.account_id, list(origin.roles)
    if here and origin.type == "AssumedRole" and origin.name:
        roles.insert(0, origin.name)
    by_session = here and origin.type == "IAMUser" and not has_taker_with_key(finding)
    users = [origin.name] if by_session and origin.name else []
    asked = part_of(desk, finding, CALLERS_KEY, asked_at).facts
    known = replace(asked, user_name=None, role_name=None, object_type=None, object_id=None)
    return [
        *(Part(_USER_SESSIONS, replace(known, user_name=one)) for one in users),
        *(Part(_ROLE_SESSIONS, replace(known, role_name=one)) for one in dict.fromkeys(roles)),
    ]


def has_taker_with_key(finding: Finding) -> bool:
    """Say whether a user of the account took the caller's session by a key that can be off."""
    origin = finding.actor.origin
    if origin is None or (finding.actor.access_key_id or "").startswith("AKIA"):
        return False
    here = (origin.type, origin.account_id) == ("IAMUser", finding.event.account_id)
    return here and (origin.access_key_id or "").startswith("AKIA")


def _with_target(facts: Facts, finding: Finding) -> Facts:
    """Add what the finding is about and what the event set, if that is named as a target."""
    target = _target(finding)
    if target is UNSET:
        return facts
    return replace(facts, target=target, after=finding.after or UNSET)


def _target(finding: Finding) -> Target | UnsetType:
    """Name what is no user, role or group; of others nothing is written."""
    kind, name = finding.target.type, finding.target.name
    if kind not in _NAMED_AS_TARGETS or name is None:
        return UNSET
    return Target(kind, name, finding.event.region or "")


def _actor(finding: Finding) -> Actor:
    actor = finding.actor
    return Actor(
        kind=_KINDS.get(actor.type, actor.type),
        name=actor.name or "",
        arn=actor.arn or "",
        id=actor.id or "",
        access_key_id=actor.access_key_id or "",
    )


def _taker(finding: Finding) -> Actor:
    origin = finding.actor.origin
    if origin is None:
        return _actor(finding)
    return Actor(
        kind=_KINDS.get(origin.type, origin.type),
        name=origin.name or "",
        id=origin.id or "",
        access_key_id=origin.access_key_id or "",
    )


def time_of_asking(desk: Desk) -> str:
    """Tell the time as a fix is told when its plan was asked for."""
    return f"{desk.clock.now():%Y-%m-%dT%H:%M:%SZ}"
