"""Identity Center in the lab: each correction of moto is proved by the test named like it."""

from __future__ import annotations

import re

from tests.test_lab_organizations import refusal
from tests.worlds_center import join, make_center
from tests.worlds_permissions import FENCE
from trailmend.lab import Lab


def test_a_permission_set_has_an_arn_of_its_own_kind(lab: Lab) -> None:
    center = make_center(lab)

    arn = center.on["PermissionSetArn"]
    listed = center.sso.list_permission_sets(InstanceArn=center.on["InstanceArn"])
    assert re.fullmatch(r"arn:aws:sso:::permissionSet/ssoins-[0-9a-z]{16}/ps-[0-9a-z]{16}", arn)
    assert listed["PermissionSets"] == [arn]


def test_a_permission_set_has_a_boundary_or_none(lab: Lab) -> None:
    center, boundary = make_center(lab), {"ManagedPolicyArn": FENCE}
    sso, on = center.sso, center.on

    gone = refusal(sso.get_permissions_boundary_for_permission_set, **on)
    sso.put_permissions_boundary_to_permission_set(**on, PermissionsBoundary=boundary)
    shown = sso.get_permissions_boundary_for_permission_set(**on)["PermissionsBoundary"]
    sso.delete_permissions_boundary_from_permission_set(**on)

    assert shown == boundary
    again = refusal(sso.delete_permissions_boundary_from_permission_set, **on)
    assert gone == again == "ResourceNotFoundException"


def test_somebody_joins_a_group_of_the_directory_once_and_leaves_it_once(lab: Lab) -> None:
    center = make_center(lab)
    membership = join(center, "alice")
    leave = {"IdentityStoreId": center.store, "MembershipId": membership}
    whom = {"GroupId": center.group, "MemberId": {"UserId": center.people["alice"]}}

    twice = refusal(center.directory.create_group_membership, IdentityStoreId=center.store, **whom)
    center.directory.delete_group_membership(**leave)

    assert twice == "ConflictException"
    gone = refusal(center.directory.delete_group_membership, **leave)
    assert gone == "ResourceNotFoundException"
