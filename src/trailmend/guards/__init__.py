"""What is never changed, whatever a plan says.

A guard is asked when a plan is made and again right before each write.  It reads the account
itself.  What it cannot read or does not know is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from typing import Any

import msgspec
from msgspec import Struct

from trailmend.calls import Call, Client
from trailmend.errors import AwsError, NotFound, Refused
from trailmend.guards.administrators import (
    Loss,
    allows_everything,
    document_of,
    ways_to_administer,
)
from trailmend.guards.center import PERMISSIONS as OF_CENTER
from trailmend.guards.center import check_center, roles_of
from trailmend.guards.organizations import PERMISSIONS as OF_ORGANIZATIONS
from trailmend.guards.organizations import check_organization
from trailmend.guards.reach import bearers_of, members_of
from trailmend.guards.writes import WRITES, Kind
from trailmend.settings import Protected

Guard = Callable[[Call], None]
PERMISSIONS = (
    "iam:GetAccountAuthorizationDetails",
    "iam:GetGroup",
    "iam:GetGroupPolicy",
    "iam:GetLoginProfile",
    "iam:GetPolicy",
    "iam:GetPolicyVersion",
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:GetUserPolicy",
    "iam:ListAccessKeys",
    "iam:ListEntitiesForPolicy",
    "iam:ListRoleTags",
    "iam:ListUserTags",
    "sts:GetCallerIdentity",
)
"""What the guards need to read; without it they refuse."""
PERMISSIONS_ELSEWHERE: dict[Kind, tuple[str, ...]] = {
    "center": OF_CENTER,
    "organization": OF_ORGANIZATIONS,
}
"""What they read more, for changes of that kind alone."""

_NAMES = {
    "user": "UserName",
    "role": "RoleName",
    "group": "GroupName",
    "policy": "PolicyArn",
}
_TAGS = {"user": "iam.list_user_tags", "role": "iam.list_role_tags"}
_AWS_ROLES = {
    "/aws-service-role/": "change it in the service that made it",
    "/aws-reserved/": (
        "nobody can change it here. Take the assignment away in IAM Identity Center, and deny the "
        "person (identitystore:UserId) by a service control policy or in the permission set: what "
        "was given lasts up to 12 hours"
    ),
}
"""Paths of roles that AWS keeps, of its services and of Identity Center, and what to do instead.

Sources: AWS IAM User Guide; AWS IAM Identity Center User Guide, Use a Deny policy to revoke active
user permissions, read 2026-11-28.
"""
_PROVIDER_OF_AWS = "AWSSSO_"
"""How the name of the SAML provider of IAM Identity Center begins."""
_ROLES_ANYWHERE = "rolesanywhere.amazonaws.com"
_MUST_REMAIN = 2
_ALL = 1000


class Caller(Struct, frozen=True):
    """Who we are, as AWS sees it; root and federated sessions are neither user nor role."""

    arn: str
    kind: str
    name: str


def permissions_of(calls: Iterable[Call]) -> tuple[str, ...]:
    """Give what the guards need to read for these changes."""
    kinds = sorted({WRITES[one.name] for one in calls if one.name in WRITES})
    return (
        *PERMISSIONS,
        *(more for kind in kinds for more in PERMISSIONS_ELSEWHERE.get(kind, ())),
    )


def identify(client: Client) -> Caller:
    """Ask AWS who we are (ARN forms: IAM User Guide, "IAM identifiers")."""
    arn = str(client(Call("sts.get_caller_identity"))["Arn"])
    kind, *names = arn.split(":", 5)[5].split("/")
    if kind == "assumed-role":
        return Caller(arn, "role", names[0])
    return Caller(arn, kind, names[-1] if names else "")


def make_guard(
    client: Client, protected: Protected, access_key_id: str, not_as: Iterable[str] = ()
) -> Guard:
    """Make a guard that reads by `client`, which signs with the key `access_key_id`.

    `not_as` names whom a plan stops: an administrator that one of them makes would be stopped too.

    The guard raises Refused where a promise forbids the call, or where it cannot find out.  What
    it lets through counts as lost from then on, whether the account shows it yet or not: the
    changes of one plan are judged together.  So each plan and each run needs a guard of its own.
    """
    lost: list[Loss] = []

    def guard(call: Call) -> None:
        try:
            _check(call, client, protected, access_key_id)
            losses = _losses(call, client)
            if losses:
                _check_administrators(client, (*lost, *losses), not_as)
                lost.extend(losses)
        except AwsError as error:
            raise Refused(
                f"{call.action} is not sent, because it cannot be told whom it would hit: {error}"
            ) from error

    return guard


def _check(call: Call, client: Client, protected: Protected, access_key_id: str) -> None:
    kind = WRITES.get(call.name)
    if kind is None:
        raise Refused(f"{call.action} is not among the changes that are allowed: do it by hand.")
    if call.params.get("AccessKeyId") == access_key_id:
        raise Refused(f"{access_key_id} is the key in use: use other credentials for this change.")
    if kind == "organization":
        check_organization(call, client)
    elif kind == "provider":
        _check_provider(call)
    elif kind == "center":
        check_center(call, client)
    elif kind == "anywhere":
        _check_anywhere(client)
    elif kind != "account":
        name = str(call.params.get(_NAMES[kind], ""))
        _check_named(kind, name, client, protected)


def _check_provider(call: Call) -> None:
    """Refuse the provider by which all who come by Identity Center come."""
    name = str(call.params.get("SAMLProviderArn", call.params.get("Name", "")))
    if name.rpartition("/")[2].startswith(_PROVIDER_OF_AWS):
        raise Refused(f"{name} belongs to IAM Identity Center: change it where it was made.")


def _check_anywhere(client: Client) -> None:
    """Refuse to change by what machines come, for whom one of its roles is signed in."""
    caller = identify(client)
    if caller.kind != "role":
        return
    role = client(Call("iam.get_role", {"RoleName": caller.name}))["Role"]
    if _ROLES_ANYWHERE in str(role["AssumeRolePolicyDocument"]):
        raise Refused(
            f"You are signed in as role {caller.name}, which machines take by their certificates "
            "and may not take after this change: use other credentials for it."
        )


def _check_named(kind: Kind, name: str, client: Client, protected: Protected) -> None:
    """Refuse whom a change names, or whom it reaches by a group or a policy."""
    if kind in _TAGS:
        _check_name(kind, name, client, protected)
        _check_bearer(kind, name, client, protected)
        return
    reached = members_of(name, client) if kind == "group" else bearers_of(name, client)
    for noun, bearer in dict.fromkeys(reached):
        try:
            _check_named(noun, bearer, client, protected)
        except Refused as error:
            raise Refused(f"It reaches all of {kind} {name}. {error}") from error


def _check_name(kind: Kind, name: str, client: Client, protected: Protected) -> None:
    """Refuse a missing name (AWS would take the caller's own), root, the caller and the listed."""
    if not name:
        raise Refused(f"The change names no {kind}: AWS would apply it to the caller.")
    if name.casefold() == "root":
        raise Refused("Root is never changed: sign in as root and do it in the console.")
    caller = identify(client)
    if (kind, name.casefold()) == (caller.kind, caller.name.casefold()):
        raise Refused(
            f"{kind.title()} {name} is the caller: use other credentials for this change."
        )
    for pattern in protected.principals:
        if _means(pattern.casefold(), kind, name.casefold()):
            raise Refused(f"{kind.title()} {name} is protected by {pattern!r} in the settings.")


def _means(pattern: str, kind: Kind, name: str) -> bool:
    """Tell whether a pattern of the settings means a user or role: by its name, or by its ARN."""
    if not pattern.startswith("arn:"):
        return fnmatchcase(name, pattern)
    noun, _, path = pattern.rpartition(":")[2].partition("/")
    if not path:
        return fnmatchcase(f"{kind}/{name}", noun)
    if noun == "assumed-role":
        return kind == "role" and fnmatchcase(name, path.partition("/")[0])
    return fnmatchcase(kind, noun) and fnmatchcase(name, path.rpartition("/")[2])


def _check_bearer(kind: Kind, name: str, client: Client, protected: Protected) -> None:
    """Refuse who bears the protecting tag, and AWS's own roles."""
    params = {_NAMES[kind]: name}
    if kind == "role":
        path = str(client(Call("iam.get_role", params))["Role"]["Path"])
        for kept, instead in _AWS_ROLES.items():
            if path.startswith(kept):
                raise Refused(f"Role {name} belongs to AWS ({path}): {instead}.")
    tags = client(Call(_TAGS[kind], params))["Tags"]
    if any(tag["Key"] == protected.tag for tag in tags):
        raise Refused(f"{kind.title()} {name} is protected by its tag {protected.tag!r}.")


_SHUTS_OUT = (
    *("iam.delete_access_key", "iam.delete_login_profile", "iam.detach_user_policy"),
    *("iam.add_user_to_group", "iam.remove_user_from_group"),
)
"""A group may allow everything or deny it; either way its member counts for no way in here."""
_LEAVES_DOUBT = (
    *("iam.detach_group_policy", "iam.detach_role_policy", "iam.update_assume_role_policy"),
    *("iam.put_role_permissions_boundary", "iam.put_user_permissions_boundary"),
)
_SHUTS_PROVIDER = (
    *("iam.delete_open_id_connect_provider", "iam.delete_saml_provider"),
    *("iam.remove_client_id_from_open_id_connect_provider", "iam.update_saml_provider"),
    "iam.update_open_id_connect_provider_thumbprint",
)
"""Who comes by the provider may not come any more: that the issuer still fits is not known."""
_ATTACHES = ("iam.attach_group_policy", "iam.attach_role_policy", "iam.attach_user_policy")
_INLINE = (
    "iam.delete_group_policy",
    "iam.delete_role_policy",
    "iam.delete_user_policy",
    "iam.put_group_policy",
    "iam.put_role_policy",
    "iam.put_user_policy",
)


def _losses(call: Call, client: Client) -> list[Loss]:
    """List whose access the call can take away: of a permission set, that of its roles here."""
    if WRITES[call.name] == "center":
        return [Loss(role=one) for one in roles_of(call, client)]
    loss = _loss(call, client)
    return [] if loss is None else [loss]


def _loss(call: Call, client: Client) -> Loss | None:
    """Tell whose access the call can take away; None if it takes none from an administrator.

    A denial under a condition is none: it holds for old sessions, or until MFA is used.
    """
    params: dict[str, Any] = call.params
    bearer = Loss(
        user=str(params.get("UserName", "")),
        role=str(params.get("RoleName", "")),
        group=str(params.get("GroupName", "")),
    )
    if call.name == "iam.update_access_key" and params.get("Status") != "Active":
        return bearer
    if call.name in _SHUTS_OUT:
        return Loss(user=bearer.user)
    if call.name in _LEAVES_DOUBT:
        return bearer
    if call.name in _SHUTS_PROVIDER:
        found = params.get("SAMLProviderArn", params.get("OpenIDConnectProviderArn", ""))
        return Loss(provider=str(found))
    if call.name in _INLINE:
        denies = "PolicyDocument" in params and _denies(params["PolicyDocument"])
        return bearer if denies or _takes_all(call, client) else None
    if call.name in _ATTACHES and _denies(document_of(client, str(params.get("PolicyArn")))):
        return bearer
    if call.name == "iam.set_default_policy_version" or params.get("SetAsDefault") is True:
        return Loss(policy=str(params.get("PolicyArn", "")))
    if call.name == "iam.update_account_password_policy" and params.get("HardExpiry"):
        return Loss(passwords=True)
    return None


def _takes_all(call: Call, client: Client) -> bool:
    """Tell whether the inline policy that is deleted or replaced allows everything."""
    named = {name: call.params[name] for name in call.params if name != "PolicyDocument"}
    try:
        found = client(Call(f"iam.get_{WRITES[call.name]}_policy", named))
    except NotFound:
        return False
    return allows_everything(found["PolicyDocument"])


def _denies(policy: object) -> bool:
    """Tell whether a policy denies anything without a condition; one that is not read may."""
    try:
        document: Any = msgspec.json.decode(policy) if isinstance(policy, str) else policy
        statements = document["Statement"]
        listed = statements if isinstance(statements, list) else [statements]
        return any(one["Effect"] == "Deny" and not one.get("Condition") for one in listed)
    except (msgspec.DecodeError, LookupError, TypeError, AttributeError):
        return True


def administrators_after(calls: Iterable[Call], client: Client) -> tuple[list[str], list[str]]:
    """Name the ways to administer the account that some calls take away, and those that remain."""
    losses = [loss for call in calls for loss in _losses(call, client)]
    if not losses:
        return [], []
    ways = ways_to_administer(client, enough=_ALL)
    remaining = ways_to_administer(client, *losses, enough=_ALL)
    return [one for one in ways if one not in remaining], remaining


def _check_administrators(client: Client, losses: Iterable[Loss], not_as: Iterable[str]) -> None:
    ways = ways_to_administer(client, *losses, enough=_MUST_REMAIN)
    if len(ways) < _MUST_REMAIN:
        found = ", ".join(ways) or "none"
        others = f", not as {' or '.join(not_as)}" if not_as else ""
        raise Refused(
            f"Fewer than {_MUST_REMAIN} other ways to administer the account would remain "
            f"(found: {found}): make another administrator "
            f"first, as somebody whom the plan leaves alone{others}."
        )
