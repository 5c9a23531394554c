"""Permission sets of Identity Center: what was given to one taken off, its boundary put back.

A set is a template.  In accounts to which it is assigned already a change of it holds only after
ProvisionPermissionSet (botocore sso-admin AttachManagedPolicyToPermissionSet).
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator
from typing import Any

from msgspec import UNSET, Struct
from msgspec.structs import replace

from trailmend.calls import Call, Read, call, change, read
from trailmend.errors import CannotFix, NothingThere
from trailmend.plan import Example, Facts, Steps, Target, remediation

_SET = re.compile(
    r"arn:(aws[a-z-]*):sso:::permissionSet/((?:sso)?ins-[\w.-]{1,16})/ps-[\w./-]{1,16}", re.ASCII
)
_POLICY = re.compile(r"arn:aws[a-z-]*:iam::aws:policy/[\w+=,.@/-]+", re.ASCII)
_ARN = "arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef"
_ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
_READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
_ALL = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
)
_FACTS = Facts(
    account_id="111122223333",
    finding_id="c5a7e9f1b3d50248",
    event_id="4d2f1a52-6a3e-4a44-8f0e-2f6a7c1b9d03",
    event_name="AttachManagedPolicyToPermissionSet",
    event_time="2026-03-02T09:00:00Z",
    object_type="policy",
    object_id=_ADMINISTRATOR,
    target=Target("permission_set", _ARN, "us-east-1"),
)
_ON: dict[str, Any] = {
    "InstanceArn": "arn:aws:sso:::instance/ssoins-1234567890abcdef",
    "PermissionSetArn": _ARN,
    "region": "us-east-1",
}
_NAMED = (call("sso-admin.describe_permission_set", **_ON), "Platform")
_PROVISION = (
    "In accounts that have the set it holds once the set is provisioned there again: "
    "aws sso-admin provision-permission-set --target-type ALL_PROVISIONED_ACCOUNTS."
)
_BREAKS = (
    "Whoever has the set loses what it allowed, once it is provisioned again; sessions that were "
    "begun are held by the role as it is then."
)


class PermissionSet(Struct, frozen=True):
    """A permission set that is there: its name, and how calls name it and where they are sent."""

    name: str
    arn: str
    instance: str
    region: str

    @property
    def text(self) -> str:
        """Name it to people."""
        return f"permission set {self.name}"

    @property
    def named(self) -> dict[str, Any]:
        """Give the parameters that name it, and the region."""
        return {
            "InstanceArn": self.instance,
            "PermissionSetArn": self.arn,
            "region": self.region,
        }

    def call(self, verb: str, **params: Any) -> Call:
        """Make a call on it."""
        return call(f"sso-admin.{verb}", **self.named, **params)


@remediation(
    title="Take the policy off the permission set",
    breaks=_BREAKS,
    example=Example(
        facts=_FACTS,
        reads=(
            _NAMED,
            (call("sso-admin.list_managed_policies_in_permission_set", **_ON), [_ADMINISTRATOR]),
        ),
        changes=(
            call(
                "sso-admin.detach_managed_policy_from_permission_set",
                **_ON,
                ManagedPolicyArn=_ADMINISTRATOR,
            ),
        ),
    ),
    stage="remove",
    needs="finding",
    events=("AttachManagedPolicyToPermissionSet",),
)
def detach_from_set(facts: Facts) -> Steps:
    """Take this one policy of AWS off this one permission set; its other policies stay.

    Provisioning is left to people, for it writes all else of the set into the accounts as well.
    Until then the accounts that have the set keep what it allowed.
    """
    policy = facts.object_id or ""
    if not _POLICY.fullmatch(policy):
        raise CannotFix(
            "The finding names no policy of AWS: one that each account keeps for itself is taken "
            "off by hand (aws sso-admin detach-customer-managed-policy-reference-from-permission-"
            "set)."
        )
    chosen = yield from the_set(facts)
    attached = yield read(
        "sso-admin.list_managed_policies_in_permission_set",
        **chosen.named,
        pick=f"AttachedManagedPolicies[?Arn=='{policy}'].Arn",
    )
    if attached:
        yield change(
            "sso-admin.detach_managed_policy_from_permission_set",
            **chosen.named,
            ManagedPolicyArn=policy,
            undo=chosen.call("attach_managed_policy_to_permission_set", ManagedPolicyArn=policy),
            note=f"{chosen.text}: {policy} attached → not attached. {_PROVISION}",
        )


@remediation(
    title="Take back the inline policy of the permission set",
    breaks=_BREAKS,
    example=Example(
        facts=replace(
            _FACTS,
            event_name="PutInlinePolicyToPermissionSet",
            object_type="inline_policy",
            object_id=None,
            after={"policy_document": _ALL},
        ),
        reads=(
            _NAMED,
            (call("sso-admin.get_inline_policy_for_permission_set", **_ON), _ALL),
        ),
        changes=(call("sso-admin.delete_inline_policy_from_permission_set", **_ON),),
    ),
    stage="remove",
    needs="finding",
    events=("PutInlinePolicyToPermissionSet",),
)
def take_back_inline_of_set(facts: Facts) -> Steps:
    """Put the former inline policy back where the log knows it; else delete the one of the event.

    A set has one inline policy, and the service keeps no copy of what it replaced.  A document
    that somebody has written since is left.  Provisioning is left to people.
    """
    former = _text((facts.before or {}).get("policy_document"))
    written = _text(None if facts.after is UNSET else facts.after.get("policy_document"))
    if written is None:
        raise CannotFix(
            "The log does not show which policy the event wrote, so that it cannot be told whether "
            "the set still has it: look at it (aws sso-admin get-inline-policy-for-permission-set)."
        )
    chosen = yield from the_set(facts)
    now = yield read(
        "sso-admin.get_inline_policy_for_permission_set", **chosen.named, pick="InlinePolicy"
    )
    if not now or (former is not None and _same(now, former)):
        return
    if not _same(now, written):
        raise CannotFix(
            f"The inline policy of {chosen.text} is another by now than the event wrote: see who "
            "wrote it, and compare it with `before` of the finding."
        )
    undo = chosen.call("put_inline_policy_to_permission_set", InlinePolicy=now)
    told = "none; the log knows of none before" if former is None else "as it was, by the log"
    note = f"{chosen.text}: inline policy as the event wrote it → {told}. {_PROVISION}"
    verb = "delete_inline_policy_from" if former is None else "put_inline_policy_to"
    params: dict[str, Any] = {} if former is None else {"InlinePolicy": former}
    yield change(f"sso-admin.{verb}_permission_set", **chosen.named, **params, undo=undo, note=note)


@remediation(
    title="Put the boundary of the permission set back",
    breaks="What the set's policies grant beyond the boundary is refused once it is provisioned.",
    example=Example(
        facts=replace(
            _FACTS,
            event_name="DeletePermissionsBoundaryFromPermissionSet",
            object_type="permissions_boundary",
            object_id=None,
            before={"permissions_boundary": _READ_ONLY},
        ),
        reads=(
            _NAMED,
            (call("sso-admin.get_permissions_boundary_for_permission_set", **_ON), None),
        ),
        changes=(
            call(
                "sso-admin.put_permissions_boundary_to_permission_set",
                **_ON,
                PermissionsBoundary={"ManagedPolicyArn": _READ_ONLY},
            ),
        ),
    ),
    needs="finding",
    shuts=True,
)
def restore_boundary_of_set(facts: Facts) -> Steps:
    """Set the boundary that the log knows of before the event, if it is a policy of AWS.

    Of one that each account keeps for itself the log's name alone is not enough.  A boundary that
    somebody has set since is left: it may be the right one.  Provisioning is left to people.
    """
    former = (facts.before or {}).get("permissions_boundary")
    if not isinstance(former, str) or not _POLICY.fullmatch(former):
        raise CannotFix(
            "The log does not tell of a policy of AWS that was the boundary before: ask those who "
            "keep the guardrails, and set it by hand "
            "(aws sso-admin put-permissions-boundary-to-permission-set)."
        )
    chosen = yield from the_set(facts)
    now = yield read(
        "sso-admin.get_permissions_boundary_for_permission_set",
        **chosen.named,
        pick="PermissionsBoundary",
    )
    wanted = {"ManagedPolicyArn": former}
    if now == wanted:
        return
    if now and now != {"ManagedPolicyArn": facts.object_id}:
        raise CannotFix(
            f"{chosen.text} has another boundary by now, which neither the event nor the time "
            "before it knows: see who set it. If it is not right, set the former by hand."
        )
    undo = (
        chosen.call("put_permissions_boundary_to_permission_set", PermissionsBoundary=now)
        if now
        else chosen.call("delete_permissions_boundary_from_permission_set")
    )
    yield change(
        "sso-admin.put_permissions_boundary_to_permission_set",
        **chosen.named,
        PermissionsBoundary=wanted,
        undo=undo,
        note=(
            f"{chosen.text}: boundary {facts.object_id if now else 'none'} → {former}. {_PROVISION}"
        ),
    )


def the_set(facts: Facts) -> Generator[Read, Any, PermissionSet]:
    """Give the permission set that the facts name; raises CannotFix if it is not there."""
    target = facts.target
    if target is UNSET:
        raise CannotFix("The finding names no permission set: look at its event.")
    return (yield from find_set(target.name, target.region))


def find_set(arn: str, region: str) -> Generator[Read, Any, PermissionSet]:
    """Give a permission set by its ARN, which holds the id of its instance."""
    told = _SET.fullmatch(arn)
    if told is None:
        raise CannotFix("The finding names no permission set by its ARN: look at its event.")
    instance = f"arn:{told[1]}:sso:::instance/{told[2]}"
    name = yield read(
        "sso-admin.describe_permission_set",
        InstanceArn=instance,
        PermissionSetArn=arn,
        region=region,
        pick="PermissionSet.Name",
    )
    if name is None:
        raise NothingThere(f"Permission set {arn} is not there: nobody has anything by it.")
    return PermissionSet(name, arn, instance, region)


def _text(document: object) -> str | None:
    """Give a document of the log if it is JSON as a policy is; else None."""
    try:
        read_back = json.loads(document) if isinstance(document, str) else None
    except json.JSONDecodeError:
        return None
    return str(document) if isinstance(read_back, dict) else None


def _same(one: str, other: str) -> bool:
    try:
        return bool(json.loads(one) == json.loads(other))
    except json.JSONDecodeError:
        return one == other
