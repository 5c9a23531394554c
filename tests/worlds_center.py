"""Identity Centers that need the fixes of permission sets, assignments and the directory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.worlds import ADMINISTRATOR, Case
from tests.worlds_permissions import ALL, FENCE, READING
from tests.worlds_principals import time_of
from trailmend.lab import Lab
from trailmend.plan import Target
from trailmend.remediations.account_assignments import delete_assignment
from trailmend.remediations.directory_groups import remove_from_directory_group
from trailmend.remediations.permission_sets import (
    detach_from_set,
    restore_boundary_of_set,
    take_back_inline_of_set,
)

OTHER = "210987654321"
Build = Callable[[Lab], dict[str, Any]]


@dataclass(frozen=True)
class Center:
    """An Identity Center with a permission set, and a group of two people."""

    sso: Any
    directory: Any
    on: dict[str, str]
    store: str
    group: str
    people: dict[str, str]


def make_center(lab: Lab) -> Center:
    """Make a permission set `Platform`, a group `staff`, and alice and kim, who is in it."""
    sso, directory = lab.client("sso-admin"), lab.client("identitystore")
    instance = sso.list_instances()["Instances"][0]
    arn, store = instance["InstanceArn"], instance["IdentityStoreId"]
    made = sso.create_permission_set(Name="Platform", InstanceArn=arn)["PermissionSet"]
    on = {"InstanceArn": arn, "PermissionSetArn": made["PermissionSetArn"]}
    group = directory.create_group(IdentityStoreId=store, DisplayName="staff")["GroupId"]
    people = {name: _person(directory, store, name) for name in ("alice", "kim")}
    center = Center(sso, directory, on, store, group, people)
    join(center, "kim")
    return center


def _person(directory: Any, store: str, name: str) -> str:
    made = directory.create_user(
        IdentityStoreId=store,
        UserName=name,
        DisplayName=name,
        Name={"GivenName": name, "FamilyName": "Example"},
    )
    return str(made["UserId"])


def join(center: Center, name: str) -> str:
    """Put somebody into the group; gives the id of the membership."""
    made = center.directory.create_group_membership(
        IdentityStoreId=center.store,
        GroupId=center.group,
        MemberId={"UserId": center.people[name]},
    )
    return str(made["MembershipId"])


def of_set(lab: Lab, center: Center, event_name: str, **more: Any) -> dict[str, Any]:
    """Give what a finding on the set knows."""
    target = Target("permission_set", center.on["PermissionSetArn"], lab.region)
    return {
        "event_name": event_name,
        "event_time": time_of(lab),
        "object_id": None,
        "target": target,
        **more,
    }


def _given(lab: Lab) -> dict[str, Any]:
    center = make_center(lab)
    for arn in (FENCE, ADMINISTRATOR):
        center.sso.attach_managed_policy_to_permission_set(**center.on, ManagedPolicyArn=arn)
    return of_set(
        lab, center, "AttachManagedPolicyToPermissionSet",
        object_type="policy", object_id=ADMINISTRATOR,
    )  # fmt: skip


def written(*, former: str | None = None, since: str = ALL) -> Build:
    """Make a set whose inline policy makes administrators."""

    def build(lab: Lab) -> dict[str, Any]:
        center = make_center(lab)
        center.sso.put_inline_policy_to_permission_set(**center.on, InlinePolicy=since)
        return of_set(
            lab,
            center,
            "PutInlinePolicyToPermissionSet",
            object_type="inline_policy",
            before=former and {"policy_document": former},
            after={"policy_document": ALL},
        )

    return build


def freed(*, now: str | None = None, former: str | None = FENCE) -> Build:
    """Make a set that lost its boundary, or has another."""

    def build(lab: Lab) -> dict[str, Any]:
        center = make_center(lab)
        if now:
            center.sso.put_permissions_boundary_to_permission_set(
                **center.on, PermissionsBoundary={"ManagedPolicyArn": now}
            )
        return of_set(
            lab,
            center,
            "DeletePermissionsBoundaryFromPermissionSet",
            object_type="permissions_boundary",
            object_id=now if now == ADMINISTRATOR else None,
            before=former and {"permissions_boundary": former},
        )

    return build


def _joined(lab: Lab) -> dict[str, Any]:
    center = make_center(lab)
    join(center, "alice")
    return of_set(lab, center, "CreateGroupMembership") | {
        "object_type": "directory_group",
        "object_id": center.group,
        "target": Target("directory_user", center.people["alice"], lab.region),
        "after": {"identityStoreId": center.store},
    }


def assigned(account: str = OTHER) -> Build:
    """Assign the set to alice in an account."""

    def build(lab: Lab) -> dict[str, Any]:
        center = make_center(lab)
        center.sso.create_account_assignment(
            **center.on,
            TargetId=account,
            TargetType="AWS_ACCOUNT",
            PrincipalType="USER",
            PrincipalId=center.people["alice"],
        )
        return of_set(lab, center, "CreateAccountAssignment") | {
            "object_type": "permission_set",
            "object_id": center.on["PermissionSetArn"],
            "target": Target("directory_user", center.people["alice"], lab.region),
            "after": {"targetId": account},
        }

    return build


CASES: dict[str, Case] = {
    case.name: case
    for case in (
        Case("set that makes administrators", detach_from_set, _given),
        Case("set with a new inline policy", take_back_inline_of_set, written()),
        Case("set with a wider inline policy", take_back_inline_of_set, written(former=READING)),
        Case("set without its boundary", restore_boundary_of_set, freed()),
        Case("set with a wide boundary", restore_boundary_of_set, freed(now=ADMINISTRATOR)),
        Case("somebody in a group of the directory", remove_from_directory_group, _joined),
        Case("somebody who was assigned an account", delete_assignment, assigned()),
    )
}
