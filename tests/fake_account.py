"""An account of IAM as data: it answers the calls of the fixes and guards, and counts writes.

For proofs over thousands of accounts; the lab is slower and stricter.  What it answers has the
members that are read, in the shapes of botocore's model.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from trailmend.calls import Call, Client
from trailmend.changing.reads import is_read
from trailmend.errors import NotFound

ACCOUNT = "123456789012"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
DENY_ALL = "arn:aws:iam::aws:policy/AWSDenyAll"
LONG_AGO = datetime(2025, 1, 7, 8, tzinfo=UTC)
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
Document = dict[str, Any]
Kept = TypeVar("Kept")


def document(*statements: Mapping[str, Any]) -> Document:
    """Make a policy."""
    return {"Version": "2012-10-17", "Statement": [dict(one) for one in statements]}


def allow(action: Any = "*", resource: Any = "*", **more: Any) -> Document:
    """Make a statement that allows."""
    return {"Effect": "Allow", "Action": action, "Resource": resource} | more


def deny(action: Any = "*", resource: Any = "*", **more: Any) -> Document:
    """Make a statement that denies."""
    return {"Effect": "Deny", "Action": action, "Resource": resource} | more


OF_AWS: dict[str, Document] = {
    ADMINISTRATOR: document(allow()),
    DENY_ALL: document(deny(["*"])),
    "arn:aws:iam::aws:policy/ReadOnlyAccess": document(allow(["iam:Get*", "s3:Get*"])),
    "arn:aws:iam::aws:policy/AWSCloudTrail_ReadOnlyAccess": document(allow("cloudtrail:Get*")),
    "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3": document(
        deny(["iam:CreateUser", "iam:AttachUserPolicy", "ec2:RunInstances"])
    ),
}
"""Policies of AWS, cut short."""


@dataclass
class Bearer:
    """A user, a role or a group, as a bearer of policies."""

    name: str
    kind: str
    path: str = "/"
    tags: set[str] = field(default_factory=set)
    inline: dict[str, Document] = field(default_factory=dict)
    attached: list[str] = field(default_factory=list)
    boundary: bool = False
    trust: Document = field(default_factory=document)
    groups: list[str] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)
    password: datetime | None = None
    reset: bool = False
    devices: dict[str, datetime] = field(default_factory=dict)
    ssh: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        """The ARN of a user, a role or a group."""
        return f"arn:aws:iam::{ACCOUNT}:{self.kind}{self.path}{self.name}"

    @property
    def details(self) -> dict[str, Any]:
        """The bearer in the answer of GetAccountAuthorizationDetails."""
        noun = self.kind.title()
        listed = [{"PolicyName": k, "PolicyDocument": v} for k, v in self.inline.items()]
        found: dict[str, Any] = {
            f"{noun}Name": self.name,
            f"{noun}PolicyList": listed,
            "AttachedManagedPolicies": [{"PolicyArn": one} for one in self.attached],
        }
        if self.boundary:
            found["PermissionsBoundary"] = {"PermissionsBoundaryArn": DENY_ALL}
        if self.kind == "role":
            found["AssumeRolePolicyDocument"] = self.trust
        return found | ({"GroupList": self.groups} if self.kind == "user" else {})


_GENERAL = (
    (re.compile(r"(put|get|delete|list)_(?:user|role|group)_polic(?:y|ies)"), r"\1_inline"),
    (re.compile(r"(attach|detach)_(?:user|role|group)_policy"), r"\1"),
    (re.compile(r"list_attached_(?:user|role|group)_policies"), "list_attached"),
    (re.compile(r"list_(?:user|role)_tags"), "list_tags"),
)


@dataclass
class FakeAccount:
    """The account; `sent` are the writes that reached it."""

    caller: str = f"arn:aws:iam::{ACCOUNT}:user/responder"
    access_key_id: str = "AKIAEXAMPLERESPONDER"
    users: dict[str, Bearer] = field(default_factory=dict)
    roles: dict[str, Bearer] = field(default_factory=dict)
    groups: dict[str, Bearer] = field(default_factory=dict)
    policies: dict[str, Document] = field(default_factory=dict)
    passwords: dict[str, Any] | None = None
    free_devices: set[str] = field(default_factory=set)
    sent: list[Call] = field(default_factory=list, compare=False)

    def add(self, bearer: Bearer) -> Bearer:
        """Put a user, a role or a group into the account."""
        kept = {"user": self.users, "role": self.roles, "group": self.groups}[bearer.kind]
        kept[bearer.name] = bearer
        return bearer

    def writing(self, plan_id: str) -> Client:
        """Give a client that can write: this fake has no other."""
        return self

    def __call__(self, call: Call) -> dict[str, Any]:
        """Answer a call; raises NotFound."""
        if not is_read(call):
            self.sent.append(call)
        method = call.name.partition(".")[2]
        for pattern, general in _GENERAL:
            method = pattern.sub(general, method) if pattern.fullmatch(method) else method
        answer: Callable[..., dict[str, Any] | None] = getattr(self, f"_{method}")
        return answer(**call.params) or {}

    def _bearer(self, params: Mapping[str, Any]) -> Bearer:
        for kind, kept in (("User", self.users), ("Role", self.roles), ("Group", self.groups)):
            if f"{kind}Name" in params:
                return _of(kept, str(params[f"{kind}Name"]))
        raise AssertionError(f"no bearer in {params}")

    # Reads

    def _get_caller_identity(self) -> dict[str, Any]:
        return {"Account": ACCOUNT, "Arn": self.caller}

    def _get_user(self, UserName: str) -> dict[str, Any]:
        user = _of(self.users, UserName)
        return {"User": {"UserId": f"AIDA{UserName}", "Arn": user.arn, "CreateDate": LONG_AGO}}

    def _get_role(self, RoleName: str) -> dict[str, Any]:
        role = _of(self.roles, RoleName)
        known = {"RoleId": f"AROA{RoleName}", "Arn": role.arn, "CreateDate": LONG_AGO}
        return {"Role": known | {"Path": role.path, "AssumeRolePolicyDocument": role.trust}}

    def _list_users(self) -> dict[str, Any]:
        return {"Users": [{"UserName": name} for name in self.users]}

    def _list_tags(self, **params: str) -> dict[str, Any]:
        return {"Tags": [{"Key": key, "Value": "x"} for key in self._bearer(params).tags]}

    def _list_groups_for_user(self, UserName: str) -> dict[str, Any]:
        return {"Groups": [{"GroupName": one} for one in _of(self.users, UserName).groups]}

    def _list_inline(self, **params: str) -> dict[str, Any]:
        return {"PolicyNames": list(self._bearer(params).inline)}

    def _get_inline(self, PolicyName: str, **params: str) -> dict[str, Any]:
        return {"PolicyDocument": _of(self._bearer(params).inline, PolicyName)}

    def _list_attached(self, **params: str) -> dict[str, Any]:
        arns = self._bearer(params).attached
        named = [{"PolicyArn": one, "PolicyName": one.rpartition("/")[2]} for one in arns]
        return {"AttachedPolicies": named}

    def _get_policy(self, PolicyArn: str) -> dict[str, Any]:
        _of(OF_AWS | self.policies, PolicyArn)
        return {"Policy": {"DefaultVersionId": "v1"}}

    def _get_policy_version(self, PolicyArn: str, VersionId: str) -> dict[str, Any]:
        return {"PolicyVersion": {"Document": (OF_AWS | self.policies)[PolicyArn]}}

    def _get_account_authorization_details(self, Filter: list[str]) -> dict[str, Any]:
        return {
            "UserDetailList": [one.details for one in self.users.values()],
            "RoleDetailList": [one.details for one in self.roles.values()],
            "GroupDetailList": [one.details for one in self.groups.values()],
            "Policies": [
                {"Arn": arn, "PolicyVersionList": [{"Document": one, "IsDefaultVersion": True}]}
                for arn, one in self.policies.items()
            ],
        }

    def _get_account_summary(self) -> dict[str, Any]:
        sizes = {"UserPolicySizeQuota": 2048, "RolePolicySizeQuota": 10240}
        counts = {"AttachedPoliciesPerUserQuota": 10, "AttachedPoliciesPerRoleQuota": 10}
        return {"SummaryMap": sizes | counts}

    def _list_access_keys(self, UserName: str) -> dict[str, Any]:
        keys = _of(self.users, UserName).keys.items()
        listed = [{"AccessKeyId": k, "Status": v, "CreateDate": LONG_AGO} for k, v in keys]
        return {"AccessKeyMetadata": listed}

    def _get_access_key_last_used(self, AccessKeyId: str) -> dict[str, Any]:
        owner = next((one.name for one in self.users.values() if AccessKeyId in one.keys), None)
        used = {"LastUsedDate": LONG_AGO, "ServiceName": "s3", "Region": "us-east-1"}
        return {"UserName": owner, "AccessKeyLastUsed": used}

    def _get_login_profile(self, UserName: str) -> dict[str, Any]:
        user = _of(self.users, UserName)
        if user.password is None:
            raise NotFound("no login profile", "NoSuchEntity")
        return {"LoginProfile": {"CreateDate": user.password, "PasswordResetRequired": user.reset}}

    def _get_account_password_policy(self) -> dict[str, Any]:
        if self.passwords is None:
            raise NotFound("no password policy", "NoSuchEntity")
        return {"PasswordPolicy": self.passwords}

    def _list_mfa_devices(self, UserName: str) -> dict[str, Any]:
        devices = _of(self.users, UserName).devices.items()
        return {"MFADevices": [{"SerialNumber": k, "EnableDate": v} for k, v in devices]}

    def _list_virtual_mfa_devices(self) -> dict[str, Any]:
        listed: list[dict[str, Any]] = [{"SerialNumber": one} for one in self.free_devices]
        for user in self.users.values():
            owner = {"Arn": user.arn}
            for serial, since in user.devices.items():
                listed.append({"SerialNumber": serial, "User": owner, "EnableDate": since})
        return {"VirtualMFADevices": listed}

    def _list_ssh_public_keys(self, UserName: str) -> dict[str, Any]:
        keys = _of(self.users, UserName).ssh.items()
        return {"SSHPublicKeys": [{"SSHPublicKeyId": k, "Status": s} for k, (_, s) in keys]}

    def _get_ssh_public_key(self, UserName: str, SSHPublicKeyId: str, Encoding: str) -> Any:
        body, status = _of(_of(self.users, UserName).ssh, SSHPublicKeyId)
        return {"SSHPublicKey": {"SSHPublicKeyBody": body, "Status": status}}

    # Writes

    def _update_access_key(self, UserName: str, AccessKeyId: str, Status: str) -> None:
        _of(self.users, UserName).keys[AccessKeyId] = Status

    def _delete_access_key(self, UserName: str, AccessKeyId: str) -> None:
        _of(_of(self.users, UserName).keys, AccessKeyId)
        del self.users[UserName].keys[AccessKeyId]

    def _create_login_profile(self, UserName: str, PasswordResetRequired: bool, **_: str) -> None:
        user = _of(self.users, UserName)
        user.password, user.reset = NOW, PasswordResetRequired

    def _update_login_profile(self, UserName: str, PasswordResetRequired: bool) -> None:
        _of(self.users, UserName).reset = PasswordResetRequired

    def _delete_login_profile(self, UserName: str) -> None:
        _of(self.users, UserName).password = None

    def _put_inline(self, PolicyName: str, PolicyDocument: str, **params: str) -> None:
        self._bearer(params).inline[PolicyName] = json.loads(PolicyDocument)

    def _delete_inline(self, PolicyName: str, **params: str) -> None:
        _of(self._bearer(params).inline, PolicyName)
        del self._bearer(params).inline[PolicyName]

    def _attach(self, PolicyArn: str, **params: str) -> None:
        attached = self._bearer(params).attached
        attached += [PolicyArn] if PolicyArn not in attached else []

    def _detach(self, PolicyArn: str, **params: str) -> None:
        if PolicyArn not in self._bearer(params).attached:
            raise NotFound("not attached", "NoSuchEntity")
        self._bearer(params).attached.remove(PolicyArn)

    def _update_account_password_policy(self, **params: Any) -> None:
        self.passwords = params

    def _update_ssh_public_key(self, UserName: str, SSHPublicKeyId: str, Status: str) -> None:
        body, _ = _of(_of(self.users, UserName).ssh, SSHPublicKeyId)
        self.users[UserName].ssh[SSHPublicKeyId] = (body, Status)

    def _upload_ssh_public_key(self, UserName: str, SSHPublicKeyBody: str) -> dict[str, Any]:
        _of(self.users, UserName).ssh["APKANEW"] = (SSHPublicKeyBody, "Active")
        return {"SSHPublicKey": {"SSHPublicKeyId": "APKANEW"}}

    def _delete_ssh_public_key(self, UserName: str, SSHPublicKeyId: str) -> None:
        _of(_of(self.users, UserName).ssh, SSHPublicKeyId)
        del self.users[UserName].ssh[SSHPublicKeyId]

    def _create_virtual_mfa_device(self, VirtualMFADeviceName: str) -> dict[str, Any]:
        serial = f"arn:aws:iam::{ACCOUNT}:mfa/{VirtualMFADeviceName}"
        self.free_devices.add(serial)
        seed, image = b"JBSWY3DPEHPK3PXP" * 4, b"png"
        made = {"SerialNumber": serial, "Base32StringSeed": seed, "QRCodePNG": image}
        return {"VirtualMFADevice": made}

    def _delete_virtual_mfa_device(self, SerialNumber: str) -> None:
        self.free_devices.remove(SerialNumber)

    def _enable_mfa_device(self, UserName: str, SerialNumber: str, **_: str) -> None:
        self.free_devices.discard(SerialNumber)
        _of(self.users, UserName).devices[SerialNumber] = NOW

    def _deactivate_mfa_device(self, UserName: str, SerialNumber: str) -> None:
        del _of(self.users, UserName).devices[SerialNumber]
        self.free_devices.add(SerialNumber)


def _of(kept: Mapping[str, Kept], name: str) -> Kept:
    """Give what is kept under a name; raises NotFound."""
    if name not in kept:
        raise NotFound(f"no {name}", "NoSuchEntity")
    return kept[name]
