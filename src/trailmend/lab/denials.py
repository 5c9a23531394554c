"""Denied calls, said as AWS says them.

Of policies the lab enforces the explicit denials of users, their groups and roles, inline and
managed, with the conditions that `trailmend.lab.evaluation` knows. The policies of a user hold for
its keys, its console sessions, and what GetSessionToken and GetFederationToken gave it; those of a
role for the sessions of the role. Grants are not evaluated: `Lab.deny` says what else a user may
not do. Permissions boundaries, resource policies and policies of organizations deny nothing.
"""

from collections.abc import Iterator
from typing import Any

from moto.iam.models import IAMBackend

from trailmend.lab.account import Account
from trailmend.lab.evaluation import Context, applies, statements_of
from trailmend.lab.identity import Caller
from trailmend.lab.resources import arn_of_resource
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
    elif call.action not in _ALWAYS_ALLOWED and _is_denied(call, account):
        reason = "with an explicit deny in an identity-based policy"
    else:
        return None
    denied = f"User: {call.caller.arn} is not authorized to perform: {call.action} on resource: "
    tail = "" if call.service == "sts" else f" {reason}"
    sentence = denied + _resource(call, account) + tail
    if call.protocol.endswith("json"):
        return Refusal("AccessDeniedException", sentence, 400)
    return Refusal("AccessDenied", sentence, 403)


def _is_denied(call: Call, account: Account) -> bool:
    resource, context = arn_of_resource(call, account), _context(call.caller)
    return any(
        statement["Effect"] == "Deny" and applies(statement, call.action, resource, context)
        for document in _documents(call.caller, account.iam)
        for statement in statements_of(document)
    )


def _context(caller: Caller) -> Context:
    """Give the condition keys that the lab knows; those of sessions are absent for other keys.

    AWS global condition context keys: MultiFactorAuthPresent and TokenIssueTime are there only for
    temporary credentials, PrincipalArn is the role's for its sessions.
    """
    session = caller.identity.get("sessionContext", {})
    attributes, role = session.get("attributes", {}), _role_of(caller)
    return {
        "aws:multifactorauthpresent": attributes.get("mfaAuthenticated"),
        "aws:tokenissuetime": attributes.get("creationDate"),
        "aws:principalaccount": caller.account_id,
        "aws:principalarn": session["sessionIssuer"]["arn"] if role else caller.arn,
        "aws:viaawsservice": "false",
        "aws:userid": caller.identity["principalId"],
        "aws:username": caller.user_name,
    }


def _role_of(caller: Caller) -> str | None:
    issuer = caller.identity.get("sessionContext", {}).get("sessionIssuer", {})
    return issuer["userName"] if issuer.get("type") == "Role" else None


def _documents(caller: Caller, iam: IAMBackend) -> Iterator[str]:
    """Give the identity-based policies of the caller: its own, and those of its groups."""
    for holder in _holders(caller, iam):
        yield from holder.policies.values()
        for policy in holder.managed_policies.values():
            yield from (one.document for one in policy.versions if one.is_default_version)


def _holders(caller: Caller, iam: IAMBackend) -> list[Any]:
    """Find whose policies hold for the caller."""
    role = _role_of(caller)
    if role is not None:
        return [one for one in iam.roles.values() if one.name == role]
    issuer = caller.identity.get("sessionContext", {}).get("sessionIssuer", {})
    user = iam.users.get(caller.user_name or issuer.get("userName", ""))
    if user is None:
        return []
    return [user, *(group for group in iam.groups.values() if user in group.users)]


def _resource(call: Call, account: Account) -> str:
    """Name the resource of a denied call as published records do."""
    parameters = call.parameters
    if call.service != "iam":
        return arn_of_resource(call, account)
    if call.name in _ARNS:
        path = _ARNS[call.name].format_map(parameters)
        return f"arn:aws:iam::{call.caller.account_id}:{path}"
    for parameter, noun in _NOUNS.items():
        if parameter in parameters:
            version = f" version {parameters['VersionId']}" if "VersionId" in parameters else ""
            return f"{noun} {parameters[parameter]}{version}"
    shape = call.operation.input_shape
    of_caller = shape is not None and ("UserName" in shape.members or call.name == "ChangePassword")
    return f"user {call.caller.user_name}" if of_caller else arn_of_resource(call, account)
