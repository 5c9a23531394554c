"""Records of Identity Center, Roles Anywhere and Organizations for the evidence of the catalog."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trailmend.evidence import (
    ACCOUNT,
    IDENTITY_STORE,
    OTHER_ACCOUNT,
    Principal,
    call,
    directory_id,
    in_set,
    role,
)

Record = dict[str, Any]

INSTANCE = "arn:aws:sso:::instance/ssoins-1234567890abcdef"
PERMISSION_SET = "arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef"
APPLICATION = "arn:aws:sso::111122223333:application/ssoins-1234567890abcdef/apl-1234567890abcdef"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
ANNA, PIPELINE = in_set("anna"), role("pipeline")
STAFF = directory_id("staff")


def on_center(
    event_name: str,
    *,
    by: Principal = ANNA,
    source: str = "sso",
    response: Mapping[str, Any] | None = None,
    at: str = "09:00:00",
    error: str | None = None,
    **request: Any,
) -> Record:
    """Make a call to Identity Center; `error` is one that AWS's model of the service names."""
    sent = {"instanceArn": INSTANCE, **request}
    return call(
        event_name, by=by, source=source, request=sent, response=response, at=at, error=error
    )


def on_set(event_name: str, **more: Any) -> Record:
    """Make a call on the permission set."""
    return on_center(event_name, permissionSetArn=PERMISSION_SET, **more)


def set_made(by: Principal = ANNA, at: str = "08:00:00") -> Record:
    """Make the record of the making of the permission set."""
    made = {"permissionSet": {"permissionSetArn": PERMISSION_SET, "name": "Platform"}}
    return on_center("CreatePermissionSet", by=by, name="Platform", response=made, at=at)


def set_given(policy: str, by: Principal = ANNA, at: str = "08:10:00") -> Record:
    """Make the record of a policy of AWS's own that the permission set gets."""
    return on_set("AttachManagedPolicyToPermissionSet", by=by, managedPolicyArn=policy, at=at)


def assignment(event_name: str, *, user: str | None = None, **more: Any) -> Record:
    """Make a call on the assignment of the set to a group, or to a user, in another account."""
    whom = {
        "principalType": "USER" if user else "GROUP",
        "principalId": directory_id(user) if user else STAFF,
        "targetType": "AWS_ACCOUNT",
        "targetId": OTHER_ACCOUNT,
    }
    return on_set(event_name, **whom, **more)


def on_directory(event_name: str, *, source: str = "identitystore", **more: Any) -> Record:
    """Make a call on the directory of people."""
    by: Principal = more.pop("by", PIPELINE)
    fields = {name: more.pop(name) for name in ("response", "at", "error") if name in more}
    sent = {"identityStoreId": IDENTITY_STORE, **more}
    return call(event_name, by=by, source=source, request=sent, **fields)


def by_provider(
    event_name: str, whom: str | None = None, response: Record | None = None, **body: Any
) -> Record:
    """Make a call by which an external provider keeps the directory: it names no principal.

    The shape is that of the AWS IAM Identity Center User Guide, Logging IAM Identity Center SCIM
    API calls with AWS CloudTrail.
    """
    sent = {"httpBody": body, "tenantId": "c1b2", **({"id": whom} if whom else {})}
    identity = {"type": "WebIdentityUser", "accountId": ACCOUNT, "accessKeyId": "scim"}
    source = "identitystore-scim"
    return call(event_name, by=Principal(identity), source=source, request=sent, response=response)


def on_anywhere(event_name: str, *, by: Principal = ANNA, **more: Any) -> Record:
    """Make a call to Roles Anywhere."""
    fields = {name: more.pop(name) for name in ("response", "at", "error") if name in more}
    return call(event_name, by=by, source="rolesanywhere", request=more, **fields)


def on_organization(event_name: str, *, by: Principal = ANNA, **more: Any) -> Record:
    """Make a call to Organizations, as the management account records it."""
    fields = {name: more.pop(name) for name in ("response", "at", "error") if name in more}
    return call(event_name, by=by, source="organizations", request=more or None, **fields)
