"""Who can administer the account: the ways that must remain when a change takes access away.

A way is a user or a role that may do everything (`*` on `*`, unconditionally) and can be used: a
user by a password or an active key, a role by someone who is not an AWS service.  What is in
doubt is not counted: a permissions boundary, an unconditional Deny that may reach IAM, a narrower
set of rights that adds up to the same, a role whose trust policy denies unconditionally.  A
conditional Deny ("unless MFA") is taken not to apply.
Not seen from here: service control policies, and whether whom a role trusts still exists or may
do anything, but for those whom the change itself hits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from itertools import chain, islice
from typing import Any, NamedTuple

from msgspec import Struct

from trailmend.calls import Call, Client
from trailmend.errors import NotFound

Document = Mapping[str, Any]
_FILTER = ["User", "Role", "Group", "LocalManagedPolicy"]
_ADMINISTRATOR_ACCESS = ":iam::aws:policy/AdministratorAccess"
_EVERYTHING: Document = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
_OF_A_SERVICE = re.compile(r"arn:[^:*?$]*:([^:*?$]*):.*", re.DOTALL)
"""A resource that is surely of one service: nothing before its name is a wildcard or variable."""
_WAYS_IN = ("sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity")


class Loss(Struct, frozen=True):
    """What a change takes away: all access of a user or role, or the use of every password.

    `group` and `policy` (an ARN) stand for all who are in it, or bear it; `provider` (an ARN) for
    all who come by it.
    """

    user: str = ""
    role: str = ""
    group: str = ""
    policy: str = ""
    provider: str = ""
    passwords: bool = False


class _Powers(NamedTuple):
    """The policies of a principal: those that are known, and AWS's own that are not read yet.

    `attached` are the ARNs of all managed ones.
    """

    known: list[Document]
    of_aws: list[str]
    attached: list[str]


def ways_to_administer(client: Client, *losses: Loss, enough: int) -> list[str]:
    """Name the ways that remain after all of the losses; stops looking at `enough`.

    Reads the account once (GetAccountAuthorizationDetails), then the credentials of the users
    who may do everything, and what else AWS's own policies say of those who may.
    """
    details = client(Call("iam.get_account_authorization_details", {"Filter": _FILTER}))
    ways = chain(_roles(client, details, losses), _users(client, details, losses))
    return list(islice(ways, enough))


def document_of(client: Client, arn: str) -> Document:
    """Read a managed policy as it is in force; raises NotFound if there is none."""
    version = client(Call("iam.get_policy", {"PolicyArn": arn}))["Policy"]["DefaultVersionId"]
    asked = Call("iam.get_policy_version", {"PolicyArn": arn, "VersionId": version})
    document: Document = client(asked)["PolicyVersion"]["Document"]
    return document


def allows_everything(document: Document) -> bool:
    """Tell whether a policy allows everything, unconditionally."""
    return any(
        one["Effect"] == "Allow"
        and not one.get("Condition")
        and "*" in _list(one.get("Resource"))
        and any(action in ("*", "*:*") for action in _list(one.get("Action")))
        for one in _list(document["Statement"])
    )


def _roles(client: Client, details: Mapping[str, Any], losses: Iterable[Loss]) -> Iterator[str]:
    managed = _managed(details)
    roles, changed = {one.role for one in losses}, {one.policy for one in losses}
    gone, closed = roles | {one.user for one in losses}, {one.provider for one in losses}
    for role in details["RoleDetailList"]:
        powers = _powers(role, "RolePolicyList", managed)
        trusted = _trusted(role["AssumeRolePolicyDocument"])
        usable = any(one not in closed and gone.isdisjoint(one.split("/")[1:]) for one in trusted)
        lost = role["RoleName"] in roles or not changed.isdisjoint(powers.attached)
        if not lost and usable and _may_do_everything(client, role, powers):
            yield f"role {role['RoleName']}"


def _users(client: Client, details: Mapping[str, Any], losses: Iterable[Loss]) -> Iterator[str]:
    managed = _managed(details)
    groups = {
        one["GroupName"]: _powers(one, "GroupPolicyList", managed)
        for one in details["GroupDetailList"]
    }
    lost, changed = {one.user for one in losses}, {one.policy for one in losses}
    lost_groups = {one.group for one in losses}
    passwords = not any(one.passwords for one in losses)
    for user in details["UserDetailList"]:
        name = user["UserName"]
        held = [
            _powers(user, "UserPolicyList", managed),
            *(groups[group] for group in user.get("GroupList", ())),
        ]
        powers = _Powers(
            [d for one in held for d in one.known],
            [a for one in held for a in one.of_aws],
            [a for one in held for a in one.attached],
        )
        if name in lost or not lost_groups.isdisjoint(user.get("GroupList", ())):
            continue
        if not changed.isdisjoint(powers.attached) or not _may_do_everything(client, user, powers):
            continue
        if _has_active_key(client, name) or (passwords and _has_password(client, name)):
            yield f"user {name}"


def _managed(details: Mapping[str, Any]) -> dict[str, Document]:
    """Give the account's own managed policies as they are in force, by ARN."""
    return {
        policy["Arn"]: version["Document"]
        for policy in details["Policies"]
        for version in policy["PolicyVersionList"]
        if version["IsDefaultVersion"]
    }


def _powers(principal: Mapping[str, Any], inline: str, managed: Mapping[str, Document]) -> _Powers:
    """Give the policies of a principal; of AWS's own only AdministratorAccess allows everything."""
    known = [policy["PolicyDocument"] for policy in principal.get(inline, ())]
    attached = [one["PolicyArn"] for one in principal.get("AttachedManagedPolicies", ())]
    known += [_EVERYTHING for arn in attached if arn.endswith(_ADMINISTRATOR_ACCESS)]
    known += [managed[arn] for arn in attached if arn in managed]
    rest = (arn for arn in attached if arn not in managed)
    of_aws = [arn for arn in rest if not arn.endswith(_ADMINISTRATOR_ACCESS)]
    return _Powers(known, of_aws, attached)


def _may_do_everything(client: Client, principal: Mapping[str, Any], powers: _Powers) -> bool:
    if principal.get("PermissionsBoundary") or not any(map(allows_everything, powers.known)):
        return False
    others = (document_of(client, arn) for arn in powers.of_aws)
    return not any(map(_may_deny_iam, chain(powers.known, others)))


def _may_deny_iam(document: Document) -> bool:
    """Tell whether an unconditional denial may reach IAM; one of all but some is taken to."""
    return any(
        one["Effect"] == "Deny"
        and not one.get("Condition")
        and ("NotAction" in one or any(map(_is_action_of_iam, _list(one.get("Action")))))
        and ("NotResource" in one or any(map(_may_be_of_iam, _list(one.get("Resource")))))
        for one in _list(document["Statement"])
    )


def _is_action_of_iam(action: str) -> bool:
    return fnmatchcase("iam", action.lower().partition(":")[0])


def _may_be_of_iam(resource: str) -> bool:
    found = _OF_A_SERVICE.fullmatch(resource)
    return found is None or found[1] == "iam"


def _trusted(trust: Document) -> list[str]:
    """Name whom a trust policy lets in, AWS services left out; a deleted principal is a bare id."""
    statements = _list(trust["Statement"])
    if any(one["Effect"] == "Deny" and not one.get("Condition") for one in statements):
        return []
    named = (_principals(one) for one in statements if one["Effect"] == "Allow" and _lets_in(one))
    return [
        who
        for names in named
        for who in names
        if who == "*" or who.startswith("arn:") or who.isdecimal()
    ]


def _lets_in(statement: Document) -> bool:
    patterns = [one.lower() for one in _list(statement.get("Action"))]
    return any(fnmatchcase(way, pattern) for way in _WAYS_IN for pattern in patterns)


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


def _has_password(client: Client, name: str) -> bool:
    try:
        client(Call("iam.get_login_profile", {"UserName": name}))
    except NotFound:
        return False
    return True
