"""Denied calls, said as AWS says them.

Of policies the lab enforces explicit denials for all resources without a condition, as a
quarantine has them. It evaluates nothing else: `Lab.deny` says what else a user may not do.
"""

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from moto.iam.models import IAMBackend, Role, User

from trailmend.lab.account import Account
from trailmend.lab.wire import Call, Refusal

# The noun and the parameter that AWS names as the resource of a denied IAM call, as published
# records show it: "on resource: user alice".
_NOUNS = {
    "InstanceProfileName": "instance profile",
    "GroupName": "group",
    "RoleName": "role",
    "UserName": "user",
    "PolicyArn": "policy",
    "PolicyName": "policy",
}
# Denied creations and listings name the ARN, as published records show it.
_ARNS = {
    "CreateUser": "user/{UserName}",
    "CreateGroup": "group/{GroupName}",
    "CreateRole": "role/{RoleName}",
    "CreateVirtualMFADevice": "mfa/{VirtualMFADeviceName}",
    "ListUsers": "user/",
    "ListGroups": "group/",
    "ListRoles": "role/",
    "ListInstanceProfiles": "instance-profile/",
    "ListVirtualMFADevices": "mfa/",
    "ListSAMLProviders": "saml-provider/*",
    "ListOpenIDConnectProviders": "oidc-provider/*",
}
# botocore GetCallerIdentity: "No permissions are required to perform this operation."
_ALWAYS_ALLOWED = frozenset({"sts:GetCallerIdentity"})


def denial_of(call: Call, account: Account) -> Refusal | None:
    """Refuse what `Lab.deny` or a policy of the caller forbids."""
    name = call.caller.user_name or call.caller.arn
    if call.action in account.denials.get(name, set()):
        reason = f"because no identity-based policy allows the {call.action} action"
    elif call.action not in _ALWAYS_ALLOWED and _is_denied(call, account.iam):
        reason = "with an explicit deny in an identity-based policy"
    else:
        return None
    denied = f"User: {call.caller.arn} is not authorized to perform: {call.action} on resource: "
    tail = "" if call.service == "sts" else f" {reason}"
    return Refusal("AccessDenied", denied + _resource(call) + tail, 403)


def _is_denied(call: Call, iam: IAMBackend) -> bool:
    return any(
        statement["Effect"] == "Deny" and _covers(statement, call.action)
        for document in _documents(call, iam)
        for statement in _listed(json.loads(document)["Statement"])
    )


def _documents(call: Call, iam: IAMBackend) -> Iterator[str]:
    """Give the identity-based policies of the caller: its own, and those of its groups."""
    issuer = call.caller.identity.get("sessionContext", {}).get("sessionIssuer", {})
    user = iam.users.get(call.caller.user_name or issuer.get("userName", ""))
    role = iam.roles.get(issuer.get("userName", "")) if issuer.get("type") == "Role" else None
    holders: list[Any] = [group for group in iam.groups.values() if user and user in group.users]
    holder: User | Role | None = role or user
    for each in [*holders, *([holder] if holder else [])]:
        yield from each.policies.values()
        for policy in each.managed_policies.values():
            yield from (one.document for one in policy.versions if one.is_default_version)


def _covers(statement: dict[str, Any], action: str) -> bool:
    if "Condition" in statement or "*" not in _listed(statement.get("Resource", [])):
        return False
    if "NotAction" in statement:
        return not _is_among(action, statement["NotAction"])
    return _is_among(action, statement.get("Action", []))


def _is_among(action: str, patterns: str | list[str]) -> bool:
    return any(fnmatchcase(action.lower(), pattern.lower()) for pattern in _listed(patterns))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _resource(call: Call) -> str:
    """Name the resource of a denied call as published records do."""
    parameters = call.parameters
    if call.service == "iam" and call.name in _ARNS:
        path = _ARNS[call.name].format_map(parameters)
        return f"arn:aws:iam::{call.caller.account_id}:{path}"
    for parameter, noun in _NOUNS.items():
        if call.service == "iam" and parameter in parameters:
            version = f" version {parameters['VersionId']}" if "VersionId" in parameters else ""
            return f"{noun} {parameters[parameter]}{version}"
    shape = call.operation.input_shape
    of_caller = shape is not None and ("UserName" in shape.members or call.name == "ChangePassword")
    if call.service == "iam" and of_caller:
        return f"user {call.caller.user_name}"
    return next((str(value) for value in parameters.values() if str(value)[:4] == "arn:"), "*")
