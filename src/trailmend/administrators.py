"""Who can administer the account: the ways that must remain when a change takes access away.

A way is a user or a role that may do everything (`*` on `*`, unconditionally) and can be used: a
user by a password or an active key, a role by someone who is not an AWS service.  What is in
doubt is not counted: a permissions boundary, an unconditional Deny that may reach IAM, a narrower
set of rights that adds up to the same.  A conditional Deny ("unless MFA") is taken not to apply.
Not seen from here: service control policies, and whether whom a role trusts still exists.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Any

from msgspec import Struct

from trailmend.calls import Call, Client
from trailmend.errors import NotFound

Document = Mapping[str, Any]
_FILTER = ["User", "Role", "Group", "LocalManagedPolicy"]
_ADMINISTRATOR_ACCESS = ":iam::aws:policy/AdministratorAccess"
_EVERYTHING: Document = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}


class Loss(Struct, frozen=True):
    """What a change takes away: all access of a user or role, or the use of every password."""

    user: str = ""
    role: str = ""
    passwords: bool = False


def ways_to_administer(client: Client, loss: Loss, enough: int) -> list[str]:
    """Name the ways that remain after the loss; stops looking at `enough`.

    Reads the account once (GetAccountAuthorizationDetails), then the credentials of the users
    who may do everything.
    """
    details = client(Call("iam.get_account_authorization_details", {"Filter": _FILTER}))
    return list(islice(chain(_roles(details, loss), _users(client, details, loss)), enough))


def _roles(details: Mapping[str, Any], loss: Loss) -> Iterator[str]:
    managed = _managed(details)
    for role in details["RoleDetailList"]:
        powers = _powers(role, "RolePolicyList", managed)
        trusted = _trusted(role["AssumeRolePolicyDocument"])
        if loss.user:
            trusted = [one for one in trusted if not one.endswith(f"/{loss.user}")]
        if role["RoleName"] != loss.role and trusted and _may_do_everything(role, powers):
            yield f"role {role['RoleName']}"


def _users(client: Client, details: Mapping[str, Any], loss: Loss) -> Iterator[str]:
    managed = _managed(details)
    groups = {
        one["GroupName"]: _powers(one, "GroupPolicyList", managed)
        for one in details["GroupDetailList"]
    }
    for user in details["UserDetailList"]:
        powers = _powers(user, "UserPolicyList", managed)
        powers += [power for name in user.get("GroupList", ()) for power in groups[name]]
        name = user["UserName"]
        if name == loss.user or not _may_do_everything(user, powers):
            continue
        if _has_active_key(client, name) or _has_password(client, name, loss):
            yield f"user {name}"


def _managed(details: Mapping[str, Any]) -> dict[str, Document]:
    """Give the account's own managed policies as they are in force, by ARN."""
    return {
        policy["Arn"]: version["Document"]
        for policy in details["Policies"]
        for version in policy["PolicyVersionList"]
        if version["IsDefaultVersion"]
    }


def _powers(
    principal: Mapping[str, Any], inline: str, managed: Mapping[str, Document]
) -> list[Document]:
    """Give the policies of a principal; of AWS's own only AdministratorAccess allows everything."""
    powers = [policy["PolicyDocument"] for policy in principal.get(inline, ())]
    for attached in principal.get("AttachedManagedPolicies", ()):
        arn = attached["PolicyArn"]
        if arn.endswith(_ADMINISTRATOR_ACCESS):
            powers.append(_EVERYTHING)
        elif arn in managed:
            powers.append(managed[arn])
    return powers


def _may_do_everything(principal: Mapping[str, Any], powers: Iterable[Document]) -> bool:
    statements = [
        one
        for power in powers
        for one in _list(power["Statement"])
        if not one.get("Condition") and "*" in _list(one.get("Resource"))
    ]
    allowed = any(one["Effect"] == "Allow" and _names_everything(one) for one in statements)
    denied = any(one["Effect"] == "Deny" and _touches_iam(one) for one in statements)
    return allowed and not denied and not principal.get("PermissionsBoundary")


def _names_everything(statement: Document) -> bool:
    return any(one in ("*", "*:*") for one in _list(statement.get("Action")))


def _touches_iam(statement: Document) -> bool:
    """Tell whether a denial may reach IAM; one of all but some actions is taken to."""
    actions = _list(statement.get("Action"))
    return "NotAction" in statement or any(
        one.startswith("*") or one.lower().startswith("iam:") for one in actions
    )


def _trusted(trust: Document) -> list[str]:
    """Name whom a trust policy lets in, AWS services left out; a deleted principal is a bare id."""
    allowed = (one for one in _list(trust["Statement"]) if one["Effect"] == "Allow")
    named = [_list(_principals(one)) for one in allowed]
    return [
        who
        for names in named
        for who in names
        if who == "*" or who.startswith("arn:") or who.isdecimal()
    ]


def _principals(statement: Document) -> list[str]:
    principal = statement.get("Principal", {})
    if isinstance(principal, str):
        return [principal]
    return [*_list(principal.get("AWS")), *_list(principal.get("Federated"))]


def _list(value: Any) -> list[Any]:
    """Give a list where a policy may say one thing or a list of them."""
    return [] if value is None else value if isinstance(value, list) else [value]


def _has_active_key(client: Client, name: str) -> bool:
    keys = client(Call("iam.list_access_keys", {"UserName": name}))["AccessKeyMetadata"]
    return any(key["Status"] == "Active" for key in keys)


def _has_password(client: Client, name: str, loss: Loss) -> bool:
    if loss.passwords:
        return False
    try:
        client(Call("iam.get_login_profile", {"UserName": name}))
    except NotFound:
        return False
    return True
