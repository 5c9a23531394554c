"""Identity Center and its directory: ARNs and boundaries of sets, memberships that are there once.

Moto's modules are loaded at the first call: they take longer than a lab to start.
"""

from __future__ import annotations

from typing import Any

from trailmend.lab.account import ACCOUNT_ID, Account
from trailmend.lab.strict.correction import Correction, Result
from trailmend.lab.wire import Call, Refusal


def _center(call: Call) -> Any:
    from moto.ssoadmin.models import ssoadmin_backends

    return ssoadmin_backends[ACCOUNT_ID][call.region]


def _set(call: Call) -> Any:
    sent = call.parameters
    return _center(call)._find_permission_set(sent["InstanceArn"], sent["PermissionSetArn"])


def _make_set(call: Call, account: Account) -> Result:
    sent = call.parameters
    center = _center(call)
    center.create_permission_set(
        sent["Name"],
        sent.get("Description", ""),
        sent["InstanceArn"],
        sent.get("SessionDuration", "PT1H"),
        sent.get("RelayState", ""),
        sent.get("Tags", []),
    )
    made = center.permission_sets[-1]
    made.permission_set_arn = made.permission_set_arn.replace(":instance/", ":permissionSet/")
    return {"PermissionSet": made.to_json(True)}


def _boundary(call: Call, account: Account) -> Result:
    found = vars(_set(call)).get("boundary")
    if found is None:
        raise Refusal("ResourceNotFoundException", "The permission set has no boundary.")
    return {"PermissionsBoundary": found}


def _bind(call: Call, account: Account) -> Result:
    vars(_set(call))["boundary"] = call.parameters["PermissionsBoundary"]
    return {}


def _free(call: Call, account: Account) -> Result:
    _boundary(call, account)
    del vars(_set(call))["boundary"]
    return {}


def _memberships(call: Call) -> list[dict[str, Any]]:
    from moto.identitystore.models import identitystore_backends

    stores = identitystore_backends[ACCOUNT_ID][call.region].identity_stores
    store = stores.get(call.parameters["IdentityStoreId"])
    return [] if store is None else list(store.group_memberships.values())


def _join(call: Call, account: Account) -> None:
    sent = call.parameters
    for one in _memberships(call):
        if (one["GroupId"], one["MemberId"]) == (sent["GroupId"], sent["MemberId"]):
            raise Refusal("ConflictException", "Member and group are in a membership already.")


def _leave(call: Call, account: Account) -> None:
    if call.parameters["MembershipId"] not in {one["MembershipId"] for one in _memberships(call)}:
        raise Refusal("ResourceNotFoundException", "GROUP_MEMBERSHIP not found.")


_BOUND = "a_permission_set_has_a_boundary_or_none"

CORRECTIONS = (
    Correction(
        "sso-admin:CreatePermissionSet",
        "a_permission_set_has_an_arn_of_its_own_kind",
        "botocore PermissionSetArn (its pattern)",
        _make_set,
    ),
    Correction(
        "sso-admin:GetPermissionsBoundaryForPermissionSet",
        _BOUND,
        'botocore ResourceNotFoundException: "Indicates that a requested resource is not found."',
        _boundary,
    ),
    Correction(
        "sso-admin:PutPermissionsBoundaryToPermissionSet",
        _BOUND,
        "botocore PutPermissionsBoundaryToPermissionSet",
        _bind,
    ),
    Correction(
        "sso-admin:DeletePermissionsBoundaryFromPermissionSet",
        _BOUND,
        "botocore DeletePermissionsBoundaryFromPermissionSet",
        _free,
    ),
    Correction(
        "identitystore:CreateGroupMembership",
        "somebody_joins_a_group_of_the_directory_once_and_leaves_it_once",
        "botocore CreateGroupMembership (ConflictException)",
        _join,
    ),
    Correction(
        "identitystore:DeleteGroupMembership",
        "somebody_joins_a_group_of_the_directory_once_and_leaves_it_once",
        "botocore DeleteGroupMembership (ResourceNotFoundException)",
        _leave,
    ),
)
