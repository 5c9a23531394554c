"""What a rollback brings back to life, and what of the log it takes away; told before it is done.

It is read off the calls themselves.  A call that is not known here counts as giving access back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import msgspec
from msgspec import Struct

from trailmend.calls import Call, Change, answers_in
from trailmend.changing.journal import Progress
from trailmend.errors import Refused, WrongUse
from trailmend.plan import Plan

Kind = Literal["access", "log"]
CONSENTS: Mapping[Kind, str] = {
    "access": "--accept-revived-access",
    "log": "--accept-lost-logging",
}
"""The consent that each kind needs, as the command spells it."""

_TELLS_TIME = "aws:TokenIssueTime"
_HARMLESS = (
    "iam.deactivate_mfa_device",
    "iam.delete_account_password_policy",
    "iam.delete_login_profile",
    "iam.delete_open_id_connect_provider",
    "iam.delete_policy",
    "iam.delete_policy_version",
    "iam.delete_saml_provider",
    "iam.delete_ssh_public_key",
    "iam.delete_virtual_mfa_device",
    "iam.remove_role_from_instance_profile",
    "iam.remove_client_id_from_open_id_connect_provider",
    "iam.update_account_password_policy",
    "organizations.deregister_delegated_administrator",
)
"""Undos that take away what the plan made, or put a rule of passwords back."""


class Effect(Struct, frozen=True):
    """What the undo of a change brings back; the number of the change is from 0."""

    kind: Kind
    number: int
    text: str


def choose(plan: Plan, progress: Progress, only: Iterable[int] | None) -> frozenset[int]:
    """Choose the changes to undo; raises Refused for a choice that cannot be carried out."""
    if not progress.in_force and not progress.began_to_undo:
        raise Refused(f"Nothing of plan {plan.id} is in force: there is nothing to roll back.")
    asked = progress.in_force if only is None else frozenset(only)
    if not asked <= frozenset(range(len(plan.changes))):
        total = len(plan.changes)
        known = "one change alone, 1" if total == 1 else f"the changes 1 to {total}"
        raise WrongUse(f"Plan {plan.id} has {known}.")
    chosen = frozenset(n for n in asked & progress.in_force if plan.changes[n].undo)
    for_ever = [n for n in sorted(asked & progress.in_force) if plan.changes[n].undo is None]
    if for_ever and (only is not None or not chosen):
        raise Refused(f"Change {for_ever[0] + 1}: {plan.changes[for_ever[0]].irreversible}")
    for kept in sorted(progress.in_force - chosen):
        change = plan.changes[kept]
        needed = {answer.of for answer in answers_in(change.call, change.undo)}
        if any(n < kept and plan.changes[n].call.name in needed for n in chosen):
            raise Refused(f"Change {kept + 1} builds on what would be undone: undo it as well.")
    return chosen


def effects_of_undoing(plan: Plan, chosen: Iterable[int]) -> tuple[Effect, ...]:
    """Say what comes back to life, or is logged no more, if these changes are undone."""
    numbers = frozenset(chosen)
    found = (_effect(plan, number, numbers) for number in sorted(numbers))
    return tuple(one for one in found if one)


def _effect(plan: Plan, number: int, chosen: frozenset[int]) -> Effect | None:
    change = plan.changes[number]
    if change.undo is None or change.undo.name in _HARMLESS:
        return None
    if change.undo.name.startswith(("cloudtrail.", "s3.")):
        return Effect("log", number, _logged_less(change.undo))
    tell = _TOLD.get(change.undo.name, _of_unknown)
    text = "" if _goes_with_its_maker(plan, number, chosen) else tell(change, change.undo)
    return Effect("access", number, text) if text else None


def _goes_with_its_maker(plan: Plan, number: int, chosen: frozenset[int]) -> bool:
    """Tell whether what the change is about was made by the plan, and is undone with it."""
    needed = {answer.of for answer in answers_in(plan.changes[number].undo) if answer.of}
    makers = {plan.changes[one].call.name for one in chosen if one < number}
    return bool(needed) and needed <= makers


# Access ------------------------------------------------------------------------------------


_CREDENTIALS = {
    "AccessKeyId": "access key",
    "SSHPublicKeyId": "SSH key",
    "ServiceSpecificCredentialId": "service's password",
    "CertificateId": "signing certificate",
}


def _key_works(change: Change, undo: Call) -> str:
    if undo.params.get("Status") == "Inactive":
        return ""
    params, user = undo.params, undo.params.get("UserName")
    found = (one for one in _CREDENTIALS.items() if one[0] in params)
    name, what = next(found, ("", "credential"))
    key = params.get(name)
    if isinstance(key, str):
        return f"{_capital(what)} {key} of user {user} works again."
    return f"The {what} of user {user} that the plan put back works again."


def _signs_in(change: Change, undo: Call) -> str:
    return (
        f"User {undo.params['UserName']} can sign in to the console again, by a new password that "
        "the sink holds."
    )


def _keeps_password(change: Change, undo: Call) -> str:
    if undo.params.get("PasswordResetRequired") is True:
        return ""
    return (
        f"The password of user {undo.params['UserName']} need not be changed at the next sign-in: "
        "whoever knows it can go on with it."
    )


def _no_longer_denied(change: Change, undo: Call) -> str:
    """Tell what the change denied and the undo does not; nothing if it denied nothing."""
    left = _denials(undo.params.get("PolicyDocument", "{}"))
    lifted = [
        one for one in _denials(change.call.params.get("PolicyDocument", "{}")) if one not in left
    ]
    if not lifted:
        return ""
    who, policy = _holder(undo), str(undo.params.get("PolicyName", ""))
    if not all(one.get("Condition") for one in lifted):
        return _free(who, policy)
    times = [time for one in lifted for time in _times(one)]
    if not times:
        return f"{_capital(who)} may do again what {policy} denies under conditions."
    since = max((time for one in left for time in _times(one)), default="")
    began = f"between {since} and {max(times)}" if since else f"before {max(times)}"
    return f"Sessions of {who} that began {began} work again until they end."


def _written_back(change: Change, undo: Call) -> str:
    """Tell what the undo denies no longer, or allows again, by an inline policy."""
    kept = _statements(change.call.params.get("PolicyDocument", "{}"), "Allow")
    back = [
        one
        for one in _statements(undo.params.get("PolicyDocument", "{}"), "Allow")
        if one not in kept
    ]
    told = [_no_longer_denied(change, undo)]
    if back:
        told.append(
            f"{_capital(_holder(undo))} may do again what {undo.params['PolicyName']} allows."
        )
    return " ".join(filter(None, told))


def _attached(change: Change, undo: Call) -> str:
    policy = str(undo.params.get("PolicyArn", ""))
    return f"{_capital(_holder(undo))} has the policy {policy} again, and all that it allows."


def _in_force(change: Change, undo: Call) -> str:
    version, policy = undo.params.get("VersionId"), undo.params.get("PolicyArn")
    return f"Version {version} of {policy} is in force again, for all who bear the policy."


def _bounded(change: Change, undo: Call) -> str:
    boundary = undo.params.get("PermissionsBoundary")
    if boundary is None:
        return f"{_capital(_holder(undo))} is bounded by nothing again: all its policies hold."
    return f"{_capital(_holder(undo))} has the boundary {boundary} again, however wide it is."


def _member(change: Change, undo: Call) -> str:
    joins = undo.name == "iam.add_user_to_group"
    group = undo.params.get("GroupName")
    told = f"is in group {group} again" if joins else f"is no longer held by group {group}"
    return f"User {undo.params.get('UserName')} {told}."


def _trusted(change: Change, undo: Call) -> str:
    return f"{_capital(_holder(undo))} can be taken again by whom its former trust policy lets in."


def _comes_in(change: Change, undo: Call) -> str:
    params = undo.params
    names = (params.get(name) for name in ("OpenIDConnectProviderArn", "SAMLProviderArn", "Url"))
    which = next((name for name in names if name), params.get("Name"))
    audience = f" by a token for {params['ClientID']}" if "ClientID" in params else ""
    return f"Who comes by the identity provider {which}{audience} can take roles as before."


def _for_machines(change: Change, undo: Call) -> str:
    role, profile = undo.params.get("RoleName"), undo.params.get("InstanceProfileName")
    return f"Machines with the instance profile {profile} act as role {role} again."


def _detached(change: Change, undo: Call) -> str:
    policy = str(undo.params.get("PolicyArn", "")).rpartition("/")[2]
    if policy == "AWSCloudTrail_ReadOnlyAccess":
        return ""
    return _free(_holder(undo), policy)


def _guardrail_off(change: Change, undo: Call) -> str:
    policy, place = undo.params.get("PolicyId"), undo.params.get("TargetId")
    return f"Policy {policy} does not hold at {place} any more: what it denies can be done there."


def _guardrail_on(change: Change, undo: Call) -> str:
    policy, place = undo.params.get("PolicyId"), undo.params.get("TargetId")
    return (
        f"Policy {policy} holds at {place} again: what it denies is refused there, and what it "
        "allows is allowed."
    )


def _guardrail_rewritten(change: Change, undo: Call) -> str:
    policy = undo.params.get("PolicyId")
    return f"Policy {policy} says again what the event wrote, wherever it is attached."


def _moved(change: Change, undo: Call) -> str:
    account, place = undo.params.get("AccountId"), undo.params.get("DestinationParentId")
    return f"Account {account} is in {place} again, bound by the policies of that place alone."


def _type_off(change: Change, undo: Call) -> str:
    kind, root = undo.params.get("PolicyType"), undo.params.get("RootId")
    return (
        f"All policies of the type {kind} are taken off everything in root {root}, those too that "
        "were attached since: what they deny can be done."
    )


def _registered(change: Change, undo: Call) -> str:
    account, service = undo.params.get("AccountId"), undo.params.get("ServicePrincipal")
    return f"Account {account} administers {service} for the organization again."


def _machines_come(change: Change, undo: Call) -> str:
    params = undo.params
    if "crlId" in params:
        return f"Certificates that the list {params['crlId']} revokes get credentials again."
    if "profileId" in params:
        return f"Machines take the roles of profile {params['profileId']} by certificates again."
    anchor = params.get("trustAnchorId")
    return f"Machines with a certificate of trust anchor {anchor} come in again."


def _application_works(change: Change, undo: Call) -> str:
    application = undo.params.get("ApplicationArn")
    return (
        f"Application {application} works again: people get in, and its callers get their tokens."
    )


def _set_as_it_was(change: Change, undo: Call) -> str:
    return (
        f"Permission set {undo.params.get('PermissionSetArn')} allows again what it allowed, for "
        "all who have it."
    )


def _assigned(change: Change, undo: Call) -> str:
    who, account = undo.params.get("PrincipalId"), undo.params.get("TargetId")
    return f"{who} of the directory has the permission set in account {account} again."


def _of_unknown(change: Change, undo: Call) -> str:
    return f"It is not known what {undo.action} gives back: {undo.text}."


_OF_BEARERS: Mapping[str, Callable[[Change, Call], str]] = {
    "iam.attach_{}_policy": _attached,
    "iam.delete_{}_permissions_boundary": _bounded,
    "iam.delete_{}_policy": _no_longer_denied,
    "iam.detach_{}_policy": _detached,
    "iam.put_{}_permissions_boundary": _bounded,
    "iam.put_{}_policy": _written_back,
}
_BEARERS = ("user", "role", "group")
_OF_PROVIDERS = (
    "iam.add_client_id_to_open_id_connect_provider",
    "iam.create_open_id_connect_provider",
    "iam.create_saml_provider",
    "iam.update_open_id_connect_provider_thumbprint",
    "iam.update_saml_provider",
)
_TOLD: Mapping[str, Callable[[Change, Call], str]] = {
    **{name.format(kind): tell for name, tell in _OF_BEARERS.items() for kind in _BEARERS},
    **dict.fromkeys(_OF_PROVIDERS, _comes_in),
    "iam.add_role_to_instance_profile": _for_machines,
    "iam.add_user_to_group": _member,
    "iam.create_login_profile": _signs_in,
    "iam.remove_user_from_group": _member,
    "iam.set_default_policy_version": _in_force,
    "iam.update_access_key": _key_works,
    "iam.update_assume_role_policy": _trusted,
    "iam.update_login_profile": _keeps_password,
    "iam.update_service_specific_credential": _key_works,
    "iam.update_signing_certificate": _key_works,
    "iam.update_ssh_public_key": _key_works,
    "organizations.attach_policy": _guardrail_on,
    "organizations.detach_policy": _guardrail_off,
    "organizations.disable_policy_type": _type_off,
    "organizations.move_account": _moved,
    "organizations.register_delegated_administrator": _registered,
    **dict.fromkeys(
        (
            "sso-admin.attach_managed_policy_to_permission_set",
            "sso-admin.delete_permissions_boundary_from_permission_set",
            "sso-admin.put_inline_policy_to_permission_set",
            "sso-admin.put_permissions_boundary_to_permission_set",
        ),
        _set_as_it_was,
    ),
    "sso-admin.create_account_assignment": _assigned,
    "sso-admin.update_application": _application_works,
    "organizations.update_policy": _guardrail_rewritten,
    "rolesanywhere.disable_crl": _machines_come,
    "rolesanywhere.enable_profile": _machines_come,
    "rolesanywhere.enable_trust_anchor": _machines_come,
}


def _free(who: str, policy: str) -> str:
    return (
        f"{_capital(who)} is no longer held by {policy}: whoever has its credentials can act again."
    )


def _holder(call: Call) -> str:
    named = ((kind, call.params.get(f"{kind.title()}Name")) for kind in _BEARERS)
    return next((f"{kind} {name}" for kind, name in named if name), "somebody")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _denials(text: str) -> list[dict[str, Any]]:
    return _statements(text, "Deny")


def _statements(text: str, effect: str) -> list[dict[str, Any]]:
    """Give the statements of a policy that allow, or deny; a plan wrote it, or read it as JSON."""
    statements = msgspec.json.decode(text, type=dict[str, Any]).get("Statement", [])
    listed = statements if isinstance(statements, list) else [statements]
    return [one for one in listed if one.get("Effect") == effect]


def _times(statement: Mapping[str, Any]) -> list[str]:
    before = statement.get("Condition", {}).get("DateLessThan", {}).get(_TELLS_TIME, [])
    return [before] if isinstance(before, str) else list(before)


# The log -----------------------------------------------------------------------------------


def _logged_less(undo: Call) -> str:
    trail = str(undo.params.get("Name") or undo.params.get("TrailName") or "").rpartition("/")[2]
    bucket = undo.params.get("Bucket", "")
    lowered = ", ".join(name for name, value in undo.params.items() if value is False)
    told = {
        "cloudtrail.stop_logging": f"Trail {trail} stops logging.",
        "cloudtrail.delete_trail": f"Trail {trail} is deleted.",
        "cloudtrail.update_trail": f"Trail {trail} is lowered: {lowered} off.",
        "cloudtrail.put_event_selectors": f"Trail {trail} logs only what it logged before.",
        "s3.delete_bucket": f"Bucket {bucket} is deleted if it is empty; log files are kept.",
        "s3.delete_bucket_policy": f"CloudTrail can no longer write to bucket {bucket}.",
        "s3.put_bucket_lifecycle_configuration": (
            f"Bucket {bucket} deletes files again by the rules that the plan took away."
        ),
        "s3.put_bucket_policy": f"CloudTrail can no longer write to bucket {bucket}.",
        "s3.delete_public_access_block": f"Bucket {bucket} is as open to the public as it was.",
        "s3.put_public_access_block": f"Bucket {bucket} is as open to the public as it was.",
    }
    return told.get(undo.name, f"It is not known what {undo.text} does to the log.")
