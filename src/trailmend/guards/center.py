"""What is never changed of Identity Center: see `guards`, which asks here.

Whoever works by a permission set signs as a role AWSReservedSSO_NAME_..., in a session that has
their own name in the directory (IAM Identity Center User Guide, "Referencing permission sets").
Whether others administer another account cannot be seen from here, and is not weighed.
"""

from __future__ import annotations

import re
from typing import Any

from trailmend.calls import Call, Client
from trailmend.errors import Refused

PERMISSIONS = (
    "iam:ListRoles",
    "identitystore:DescribeGroupMembership",
    "identitystore:DescribeUser",
    "identitystore:ListGroupMemberships",
    "sso:DescribePermissionSet",
)
_SIGNED = re.compile(r".*:assumed-role/AWSReservedSSO_(.+)_[0-9a-f]{16}/(.+)")
_PATH = "/aws-reserved/sso.amazonaws.com/"


def check_center(call: Call, client: Client) -> None:
    """Refuse to change the permission set by which we work, our own membership, and the last."""
    if call.name == "identitystore.delete_group_membership":
        _check_membership(call, client)
    elif call.name.startswith("sso-admin.") and _set_of(call, client) == _own(client)[0]:
        raise Refused(
            "The permission set is the one by which you are signed in: use other credentials for "
            "this change."
        )


def roles_of(call: Call, client: Client) -> list[str]:
    """Name the roles of this account that the permission set of a call made."""
    if not call.name.startswith("sso-admin."):
        return []
    name = re.escape(_set_of(call, client))
    listed = client(Call("iam.list_roles", {"PathPrefix": _PATH}))["Roles"]
    return [
        str(one["RoleName"])
        for one in listed
        if re.fullmatch(rf"AWSReservedSSO_{name}_[0-9a-f]{{16}}", one["RoleName"])
    ]


def _own(client: Client) -> tuple[str, str]:
    """Give the permission set and the person by which we are signed in; empty where by none."""
    signed = _SIGNED.fullmatch(str(client(Call("sts.get_caller_identity"))["Arn"]))
    return (signed[1], signed[2]) if signed else ("", "")


def _set_of(call: Call, client: Client) -> str:
    asked = {name: call.params[name] for name in ("InstanceArn", "PermissionSetArn")}
    answer = client(Call("sso-admin.describe_permission_set", asked, call.region))
    return str(answer["PermissionSet"]["Name"])


def _check_membership(call: Call, client: Client) -> None:
    store: dict[str, Any] = {"IdentityStoreId": call.params["IdentityStoreId"]}

    def ask(verb: str, **params: Any) -> Any:
        return client(Call(f"identitystore.{verb}", store | params, call.region))

    found = ask("describe_group_membership", MembershipId=call.params["MembershipId"])
    person = ask("describe_user", UserId=found["MemberId"]["UserId"])["UserName"]
    if str(person).casefold() == _own(client)[1].casefold():
        raise Refused(f"{person} is the caller: let somebody else make this change.")
    members = ask("list_group_memberships", GroupId=found["GroupId"])["GroupMemberships"]
    if len(members) < 2:
        raise Refused(
            f"{person} is the last in the group: if it is the group of those who administer, "
            "nobody would be left. Add somebody else first."
        )
