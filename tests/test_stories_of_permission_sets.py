"""What happened next to permission sets: accounts get and lose what they hold by provisioning."""

from itertools import permutations
from typing import Any

import pytest

from tests.center_calls import ALL, bound, detached, given, inline, provisioned, unbound
from tests.reading import Fields
from tests.telling import ALICE, BOB, CAROL, DAVE, DAY, MINUTE, status, story
from trailmend.evidence.center import (
    ADMINISTRATOR,
    READ_ONLY,
    assignment,
    on_set,
    set_given,
    set_made,
)

DENY_ALL = "arn:aws:iam::aws:policy/AWSDenyAll"
FAILED = {"errorCode": "ResourceNotFoundException", "errorMessage": "gone"}
READS = ALL.replace('"Action":"*"', '"Action":"s3:GetObject"')
ERASED = on_set("DeleteInlinePolicyFromPermissionSet", by=CAROL)
ELSEWHERE = on_set(
    "ProvisionPermissionSet", by=CAROL, targetType="AWS_ACCOUNT", targetId="444455556666"
)


def test_policy_of_a_set_counts_in_the_accounts_when_it_is_provisioned() -> None:
    found = set_given(ADMINISTRATOR, by=BOB)

    assert story([], found, detached(CAROL)) == (
        "resolved",
        [
            (
                "DetachManagedPolicyFromPermissionSet",
                "carol, a third principal, took the policy off the set, before an account got the "
                "change.",
            )
        ],
    )
    assert status([], found, detached(CAROL, READ_ONLY)) == "open"
    assert story([], found, provisioned(BOB)) == (
        "worsened",
        [
            (
                "ProvisionPermissionSet",
                "bob provisioned the set: what was done to it holds in accounts now.",
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
                "carol gave the set a boundary; it is not known to be as before.",
            )
        ],
    )
    assert status([former], unbound(BOB), bound(CAROL, READ_ONLY), unbound(BOB)) == "worsened"


def test_denial_that_comes_back_to_a_set_is_resolved() -> None:
    earlier = [set_given(DENY_ALL, by=ALICE)]

    assert status(earlier, detached(BOB, DENY_ALL), set_given(DENY_ALL, by=CAROL)) == "resolved"
    assert status(earlier, detached(BOB, DENY_ALL), set_given(READ_ONLY, by=CAROL)) == "open"


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        ([detached(CAROL), given(BOB), provisioned(BOB)], "worsened"),
        ([detached(CAROL), given(CAROL), provisioned(CAROL)], "worsened"),
        ([detached(CAROL), given(CAROL), detached(CAROL)], "resolved"),
        ([detached(CAROL), provisioned(BOB)], "resolved"),
        ([detached(BOB), provisioned(BOB)], "resolved"),
        ([provisioned(BOB), detached(BOB), provisioned(BOB)], "worsened"),
        ([provisioned(BOB), detached(CAROL), ELSEWHERE], "worsened"),
        ([provisioned(BOB), detached(CAROL, READ_ONLY), provisioned(CAROL)], "worsened"),
        ([assignment("CreateAccountAssignment", by=BOB), detached(CAROL)], "worsened"),
        (
            [assignment("CreateAccountAssignment", by=BOB), detached(CAROL), provisioned(CAROL)],
            "resolved",
        ),
        ([detached(CAROL), assignment("CreateAccountAssignment", by=BOB)], "resolved"),
        ([(MINUTE, provisioned(BOB)), (MINUTE, detached(CAROL))], "open"),
        ([(MINUTE * 0, provisioned(BOB)), detached(CAROL)], "open"),
        ([(MINUTE * 0, provisioned(BOB)), detached(CAROL), provisioned(CAROL)], "resolved"),
    ],
)
def test_policy_of_a_set_ends_where_no_account_has_it(later: list[Any], expected: str) -> None:
    assert status([], given(BOB), *later) == expected


POWER = "arn:aws:iam::aws:policy/PowerUserAccess"


def test_new_set_that_its_maker_assigns_is_not_worse_and_one_that_makes_administrators_is() -> None:
    mine, hers = [set_made(BOB)], [set_made(ALICE)]
    assigned = assignment("CreateAccountAssignment", by=BOB)
    power = set_given(POWER, by=BOB)

    assert story(mine, power, assigned) == (
        "open",
        [
            (
                "CreateAccountAssignment",
                "bob, who had made the set, assigned it in an account, which has the policy now.",
            )
        ],
    )
    assert status(mine, power, (2 * DAY, assigned)) == "worsened"
    assert status(mine, power, assignment("CreateAccountAssignment", by=CAROL)) == "worsened"
    assert status(hers, power, assigned) == "worsened"
    assert status(mine, given(BOB), assigned) == "worsened"


def test_provisioning_of_one_account_is_told() -> None:
    told = story([], given(BOB), provisioned(BOB), detached(CAROL), ELSEWHERE)[1]

    assert [why for _, why in told[1:]] == [
        "carol took the policy off the set; accounts stay as they are until the set is "
        "provisioned.",
        "carol provisioned the set, after that had been taken back, in one account only.",
    ]


@pytest.mark.parametrize(
    ("earlier", "found", "later", "expected"),
    [
        ([], inline(BOB), [inline(CAROL, READS)], "resolved"),
        ([], inline(BOB), [inline(CAROL)], "open"),
        ([], inline(BOB), [ERASED, inline(BOB, READS)], "resolved"),
        ([], inline(BOB), [ERASED, inline(BOB)], "worsened"),
        ([], inline(BOB), [inline(CAROL, "{"), provisioned(BOB)], "open"),
        ([inline(ALICE, "{")], inline(BOB), [inline(CAROL, "{")], "resolved"),
        ([inline(ALICE)], inline(BOB), [inline(CAROL)], "open"),
        ([bound(ALICE, READ_ONLY)], unbound(BOB), [provisioned(BOB)], "worsened"),
        (
            [bound(ALICE, READ_ONLY)],
            unbound(BOB),
            [provisioned(BOB), bound(CAROL, READ_ONLY)],
            "worsened",
        ),
        (
            [bound(ALICE, READ_ONLY)],
            unbound(BOB),
            [provisioned(BOB), bound(CAROL, READ_ONLY), provisioned(CAROL)],
            "resolved",
        ),
        ([], bound(BOB, ADMINISTRATOR), [bound(CAROL, READ_ONLY)], "resolved"),
        ([unbound(ALICE)], bound(BOB, ADMINISTRATOR), [unbound(CAROL)], "resolved"),
        ([], bound(BOB, ADMINISTRATOR), [unbound(CAROL)], "open"),
        (
            [set_given(DENY_ALL, by=ALICE)],
            detached(BOB, DENY_ALL),
            [provisioned(BOB), set_given(DENY_ALL, by=CAROL)],
            "worsened",
        ),
    ],
)
def test_text_or_boundary_of_a_set_is_as_before_where_accounts_have_it_so(
    earlier: list[Fields], found: Fields, later: list[Fields], expected: str
) -> None:
    assert status(earlier, found, *later) == expected


def test_order_inside_one_second_does_not_count() -> None:
    together = [detached(CAROL), provisioned(BOB), given(DAVE), ELSEWHERE]
    for last in ([], [detached(CAROL)], [detached(CAROL), provisioned(CAROL)]):
        told = {
            status([], given(BOB), *[(MINUTE, one) for one in order], *[(DAY, one) for one in last])
            for order in permutations(together)
        }
        assert len(told) == 1
