"""What happened next to Identity Center: assignments, memberships, policies of permission sets."""

from typing import Any

import pytest

from tests.reading import Fields
from tests.telling import ALICE, BOB, CAROL, status, story
from trailmend.center_evidence import (
    ADMINISTRATOR,
    READ_ONLY,
    STAFF,
    assignment,
    on_center,
    on_directory,
    on_set,
    set_given,
    set_made,
)
from trailmend.evidence import Principal, directory_id

DENY_ALL = "arn:aws:iam::aws:policy/AWSDenyAll"
SAM = directory_id("sam")
FAILED = {"errorCode": "ResourceNotFoundException", "errorMessage": "gone"}
ALL = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
ADMINS = (
    set_given(ADMINISTRATOR, by=ALICE),
    assignment("CreateAccountAssignment", by=ALICE),
)


def assigned(by: Principal, account: str = "444455556666") -> Fields:
    made = assignment("CreateAccountAssignment", user="sam", by=by)
    return made | {"requestParameters": made["requestParameters"] | {"targetId": account}}


def unassigned(by: Principal, account: str = "444455556666") -> Fields:
    return assigned(by, account) | {"eventName": "DeleteAccountAssignment"}


def joined(by: Principal, membership: str = "m-1") -> Fields:
    return on_directory(
        "CreateGroupMembership",
        by=by,
        groupId=STAFF,
        memberId={"userId": SAM},
        response={"membershipId": membership},
    )


def left(by: Principal, membership: str = "m-1") -> Fields:
    return on_directory("DeleteGroupMembership", by=by, membershipId=membership)


def by_console(event_name: str, by: Principal, member: str = SAM) -> Fields:
    whom = {"groupId": STAFF, "member": {"memberId": member}}
    return on_directory(event_name, by=by, source="sso-directory", **whom)


def detached(by: Principal, policy: str = ADMINISTRATOR) -> Fields:
    return on_set("DetachManagedPolicyFromPermissionSet", by=by, managedPolicyArn=policy)


def provisioned(by: Principal) -> Fields:
    return on_set("ProvisionPermissionSet", by=by, targetType="ALL_PROVISIONED_ACCOUNTS")


def inline(by: Principal, document: str = ALL) -> Fields:
    return on_set("PutInlinePolicyToPermissionSet", by=by, inlinePolicy=document)


def bound(by: Principal, policy: str) -> Fields:
    boundary = {"managedPolicyArn": policy}
    return on_set("PutPermissionsBoundaryToPermissionSet", by=by, permissionsBoundary=boundary)


def unbound(by: Principal) -> Fields:
    return on_set("DeletePermissionsBoundaryFromPermissionSet", by=by)


def issuer(event_name: str, by: Principal, **more: Any) -> Fields:
    arn = "arn:aws:sso::111122223333:trustedTokenIssuer/ssoins-1/tti-1"
    return on_center(event_name, by=by, trustedTokenIssuerArn=arn, **more)


def test_assignment_is_resolved_by_its_end_in_the_same_account_alone() -> None:
    found = assigned(BOB)

    assert story([set_made(), ADMINS[0]], found, unassigned(CAROL)) == (
        "resolved",
        [("DeleteAccountAssignment", "carol, a third principal, took the assignment back.")],
    )
    assert status([], found, unassigned(CAROL, "777788889999")) == "open"
    assert status([], found, assignment("DeleteAccountAssignment", by=CAROL)) == "open"
    assert status([], found, unassigned(CAROL) | FAILED) == "open"
    assert status([], found, unassigned(CAROL), assigned(BOB)) == "worsened"
    assert status([], found, unassigned(BOB)) == "resolved"


@pytest.mark.parametrize(
    ("found", "right", "near_miss"),
    [
        (joined(BOB), left(CAROL), left(CAROL, "m-2")),
        (joined(BOB), by_console("RemoveMemberFromGroup", CAROL), left(CAROL) | FAILED),
        (
            by_console("AddMemberToGroup", BOB),
            by_console("RemoveMemberFromGroup", CAROL),
            by_console("RemoveMemberFromGroup", CAROL, directory_id("bob")),
        ),
    ],
)
def test_membership_is_resolved_by_its_end(found: Fields, right: Fields, near_miss: Fields) -> None:
    told = [(right["eventName"], "carol, a third principal, took the person out of the group.")]

    assert story(ADMINS, found, right) == ("resolved", told)
    assert story(ADMINS, found, near_miss) == ("open", [])


def test_policy_of_a_set_counts_in_the_accounts_when_it_is_provisioned() -> None:
    found = set_given(ADMINISTRATOR, by=BOB)

    assert story([], found, detached(CAROL)) == (
        "resolved",
        [
            (
                "DetachManagedPolicyFromPermissionSet",
                "carol, a third principal, took the policy off the set before it was provisioned.",
            )
        ],
    )
    assert status([], found, detached(CAROL, READ_ONLY)) == "open"
    assert story([], found, provisioned(BOB)) == (
        "worsened",
        [
            (
                "ProvisionPermissionSet",
                "bob provisioned the set: the accounts have the policy now.",
            )
        ],
    )
    assert status([], found, provisioned(BOB), detached(CAROL)) == "worsened"
    assert status([], found, provisioned(BOB), detached(CAROL), provisioned(CAROL)) == "resolved"
    assert status([], found, detached(CAROL), set_given(ADMINISTRATOR, by=BOB)) == "worsened"


def test_inline_policy_of_a_set_is_resolved_by_its_end() -> None:
    erased = on_set("DeleteInlinePolicyFromPermissionSet", by=CAROL)

    assert status([], inline(BOB), erased) == "resolved"
    assert status([], inline(BOB), provisioned(BOB), erased) == "worsened"
    assert status([], inline(BOB), provisioned(BOB), erased, provisioned(CAROL)) == "resolved"
    assert status([], inline(BOB), erased | FAILED) == "open"


def test_boundary_of_a_set_is_resolved_by_the_former_one() -> None:
    former = bound(ALICE, READ_ONLY)

    assert status([former], unbound(BOB), bound(CAROL, READ_ONLY)) == "resolved"
    assert status([former], bound(BOB, ADMINISTRATOR), bound(CAROL, READ_ONLY)) == "resolved"
    assert story([], unbound(BOB), bound(CAROL, READ_ONLY)) == (
        "open",
        [
            (
                "PutPermissionsBoundaryToPermissionSet",
                "carol gave the set a boundary; that it is the former is not known.",
            )
        ],
    )
    assert status([former], unbound(BOB), bound(CAROL, READ_ONLY), unbound(BOB)) == "worsened"


def test_denial_that_comes_back_to_a_set_is_resolved() -> None:
    earlier = [set_given(DENY_ALL, by=ALICE)]

    assert status(earlier, detached(BOB, DENY_ALL), set_given(DENY_ALL, by=CAROL)) == "resolved"
    assert status(earlier, detached(BOB, DENY_ALL), set_given(READ_ONLY, by=CAROL)) == "open"


def test_issuer_and_instance_are_resolved_by_their_end() -> None:
    made = on_center(
        "CreateTrustedTokenIssuer",
        by=BOB,
        name="x",
        response={
            "trustedTokenIssuerArn": issuer("X", BOB)["requestParameters"]["trustedTokenIssuerArn"]
        },
    )
    assert status([], made, issuer("DeleteTrustedTokenIssuer", CAROL)) == "resolved"
    changed = issuer("UpdateTrustedTokenIssuer", BOB)
    assert status([], changed, issuer("DeleteTrustedTokenIssuer", CAROL)) == "resolved"
    assert story([], changed, issuer("UpdateTrustedTokenIssuer", CAROL)) == (
        "open",
        [
            (
                "UpdateTrustedTokenIssuer",
                "carol changed the issuer again; that it is as before is not known.",
            )
        ],
    )
