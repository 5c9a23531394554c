"""Whom a call concerned, and the thing it touched, as far as the record itself says so."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from trailmend.events.actor import Actor
from trailmend.events.fields import as_mapping, as_text

ROOT_USER = "AWS ROOT USER"
"""What CloudTrail writes as user name where root is the target (CloudTrail User Guide)."""

NAME_MAY_BE_LEFT_OUT = frozenset(
    """
    ChangePassword CreateAccessKey CreateLoginProfile DeactivateMFADevice DeleteAccessKey
    DeleteLoginProfile DeleteServiceSpecificCredential DeleteSigningCertificate GetLoginProfile
    GetUser
    ListAccessKeys ListMFADevices ListSSHPublicKeys ListServiceSpecificCredentials
    ListSigningCertificates ResetServiceSpecificCredential UpdateAccessKey
    UpdateServiceSpecificCredential UpdateSigningCertificate UploadSigningCertificate
    """.split()
)
"""IAM calls on a user that may leave the name out and then mean the caller (botocore iam)."""

_ACCOUNT_WIDE = frozenset(
    {"DeleteAccountPasswordPolicy", "UpdateAccountPasswordPolicy", "GetAccountPasswordPolicy"}
)
_NAME_NOBODY = frozenset(
    """
    GenerateCredentialReport GetAccountAuthorizationDetails GetAccountSummary GetCredentialReport
    ListAccountAliases ListGroups ListInstanceProfiles ListOpenIDConnectProviders ListPolicies
    ListRoles ListSAMLProviders ListServerCertificates ListUsers ListVirtualMFADevices
    """.split()
)
_NAMED = (("userName", "user"), ("roleName", "role"), ("groupName", "group"))
_OBJECTS = (
    ("accessKeyId", "accessKey", "access_key"),
    ("serialNumber", "virtualMFADevice", "mfa_device"),
    ("sSHPublicKeyId", "sSHPublicKey", "ssh_key"),
    ("policyArn", "policy", "policy"),
)
_DENIED_RESOURCE = re.compile(
    r"is not authorized to perform: \S+ on resource: (?P<resource>.+?)"
    r"(?: because .*| with an explicit deny.*)?$",
    re.DOTALL,
)
_ARN_RESOURCE = re.compile(r"arn:[^:]*:iam:[^:]*:[^:]*:(?P<type>[a-z-]+)/(?:.*/)?(?P<name>[^/]+)$")
_POLICY_ARN = re.compile(r"arn:[^:]*:iam::[^:]*:policy/[^\s*]+(?!\S)")
_DEVICE_ARN = re.compile(r"arn:[^:]*:iam::\d*:mfa/\S+")
_TYPES = {"user": "user", "role": "role", "group": "group", "policy": "policy"}


class Target(msgspec.Struct, frozen=True):
    """Whom and what a call concerned; None where the record does not say."""

    type: str | None = None
    name: str | None = None
    object_type: str | None = None
    object_id: str | None = None
    relation: str = "none"


def resolve_target(record: Mapping[str, Any], actor: Actor, outcome: str, account: str) -> Target:
    """Say whom the call concerned, never by guessing from a serial or a session name.

    IAM alone is read; for other services the target is not told yet and the relation `unknown`.
    """
    if record.get("eventSource") != "iam.amazonaws.com":
        return Target(relation="unknown")
    name = str(record.get("eventName"))
    if name in _ACCOUNT_WIDE:
        return Target(type="account")
    if name in _NAME_NOBODY:
        return Target()
    request = as_mapping(record.get("requestParameters"))
    response = as_mapping(record.get("responseElements"))
    object_type, object_id = _object(name, request, response)
    kind, target = _named_target(request, response)
    if target is None and outcome == "denied":
        resource = _denied_resource(as_text(record.get("errorMessage")))
        kind, target = _denied_target(resource)
        if object_id is None and _DEVICE_ARN.fullmatch(resource):
            object_type, object_id = "mfa_device", resource
    if target is None and outcome == "success" and _leaves_name_out(record, name):
        kind, target = _caller_as_target(actor)
    if target is None and "VirtualMFADevice" in name:
        made = name == "CreateVirtualMFADevice" and outcome == "success"
        relation = "none" if made else "unknown"
        return Target("mfa_device", None, object_type, object_id, relation)
    relation = _relation(actor, kind, target, account)
    return Target(kind, target, object_type, object_id, relation)


def _leaves_name_out(record: Mapping[str, Any], name: str) -> bool:
    """Say whether the request names nobody; one that cannot be read may name somebody."""
    request = record.get("requestParameters")
    if name not in NAME_MAY_BE_LEFT_OUT:
        return False
    readable = isinstance(request, dict) and request.get("omitted") is not True
    return request is None or (readable and request.get("userName") in (None, ""))


def _object(
    name: str, request: Mapping[str, Any], response: Mapping[str, Any]
) -> tuple[str | None, str | None]:
    """Find the thing that the call touched: a request names it, or the answer of its making does.

    GetAccessKeyLastUsed and others name several; the first in the order of `_OBJECTS` counts.
    """
    for key, shape, kind in _OBJECTS:
        made = as_mapping(response.get(shape))
        found = as_text(request.get(key)) or as_text(made.get("arn" if kind == "policy" else key))
        if found:
            return kind, found
    return ("login_profile", None) if name.endswith("LoginProfile") else (None, None)


def _named_target(
    request: Mapping[str, Any], response: Mapping[str, Any]
) -> tuple[str | None, str | None]:
    for key, kind in _NAMED:
        name = as_text(request.get(key))
        if name == ROOT_USER:
            return "root", "root"
        if name:
            return kind, name
    answered = as_text(as_mapping(response.get("accessKey")).get("userName"))
    if answered:
        return "user", answered
    policy = as_text(request.get("policyArn"))
    return ("policy", policy) if policy else (None, None)


def _denied_resource(message: str | None) -> str:
    """Read out of the message what a denied call was about: its parameters are not logged."""
    found = _DENIED_RESOURCE.search(message or "")
    return found["resource"].strip() if found else ""


def _denied_target(resource: str) -> tuple[str | None, str | None]:
    """Read the victim of a denied call.

    Both forms occur: `user NAME`, `policy NAME`, and a full ARN (samples: traildiscover, panther).
    """
    policy = _POLICY_ARN.search(resource)
    if policy:
        return "policy", policy[0]
    arn = _ARN_RESOURCE.match(resource)
    kind, name = (arn["type"], arn["name"]) if arn else resource.rpartition(" ")[::2]
    if kind not in _TYPES or name in ("", "*"):
        return None, None
    return _TYPES[kind], name


def _caller_as_target(actor: Actor) -> tuple[str | None, str | None]:
    if actor.type == "IAMUser":
        return "user", actor.name
    return ("root", "root") if actor.type == "Root" else (None, None)


def _relation(actor: Actor, kind: str | None, name: str | None, account: str) -> str:
    """Compare actor and target; only an IAM user or root can be `self`.

    A role session is never its namesake: the caller chose the session's name.
    """
    if name is None or actor.type == "Unknown":
        return "unknown"
    if actor.account is not None and actor.account != account:
        return "other"
    same_kind = (actor.type, kind) in (("IAMUser", "user"), ("Root", "root"))
    if actor.type == "IAMUser" and actor.name is None:
        return "unknown"
    return "self" if same_kind and same_name(actor.name, name) else "other"


def same_name(one: str | None, other: str | None) -> bool:
    """Compare names as IAM does: letters in upper and lower case are the same (IAM CreateUser)."""
    return one is not None and other is not None and one.lower() == other.lower()
