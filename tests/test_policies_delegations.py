"""Whom the policy of an organization lets act for it, and what the log shows of it before."""

import json
from typing import Any

import pytest

from tests.reading import Fields, row_after
from trailmend.evidence import ACCOUNT, OTHER_ACCOUNT
from trailmend.evidence.center import on_organization
from trailmend.policies import delegates, read_document

MEMBER = {"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:root"}


def statement(*actions: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": MEMBER, "Action": [*actions], "Resource": "*", **more}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [*statements]})


ALL_BUT_ONE = {
    "Effect": "Allow",
    "Principal": MEMBER,
    "NotAction": "organizations:CloseAccount",
    "Resource": "*",
}


@pytest.mark.parametrize(
    ("one", "writes"),
    [
        (statement("organizations:List*", "organizations:DescribePolicy"), ()),
        (
            statement("organizations:ListRoots", "organizations:AttachPolicy"),
            ("statement 1: organizations:attachpolicy",),
        ),
        (statement("organizations:*"), ("statement 1: organizations:*",)),
        (ALL_BUT_ONE, ("statement 1: all calls but some",)),
        (statement("*") | {"Effect": "Deny"}, ()),
    ],
)
def test_statement_that_allows_more_than_reading_is_told(
    one: dict[str, Any], writes: tuple[str, ...]
) -> None:
    told = delegates(read_document(document(one)), ACCOUNT)

    assert told.writes == writes


@pytest.mark.parametrize(
    ("principal", "conditions", "verdict"),
    [
        (MEMBER, {}, (True, False)),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, {}, (False, False)),
        ("*", {}, (True, True)),
        ("*", {"StringEquals": {"aws:PrincipalAccount": OTHER_ACCOUNT}}, (True, False)),
        ("*", {"StringEquals": {"aws:PrincipalOrgID": "o-example"}}, (None, False)),
    ],
)
def test_whom_the_policy_lets_in_is_judged_from_the_management_account(
    principal: Any, conditions: dict[str, Any], verdict: tuple[bool | None, bool | None]
) -> None:
    more = {"Condition": conditions} if conditions else {}
    one = statement("organizations:*", Principal=principal, **more)
    told = delegates(read_document(document(one)), ACCOUNT)

    assert (told.outsider, told.anyone) == verdict


def put(*statements: dict[str, Any], at: str = "09:00:00") -> Fields:
    return on_organization("PutResourcePolicy", content=document(*statements), at=at)


READS, ALL = statement("organizations:List*"), statement("organizations:*")
GONE = on_organization("DeleteResourcePolicy", at="08:30:00")


@pytest.mark.parametrize(
    ("before", "after", "widens", "known"),
    [
        ((), put(ALL), None, None),
        ((put(ALL, at="08:00:00"),), put(READS), False, ALL),
        ((put(READS, at="08:00:00"),), put(ALL), True, READS),
        ((put(READS, at="08:00:00"), GONE), put(ALL), None, None),
    ],
)
def test_policy_is_compared_with_the_one_before(
    before: tuple[Fields, ...], after: Fields, widens: bool | None, known: dict[str, Any] | None
) -> None:
    row = row_after(*before, after)

    assert (row.widens, row.before and json.loads(json.loads(row.before)["content"])) == (
        widens,
        known and {"Version": "2012-10-17", "Statement": [known]},
    )


def test_policy_that_was_left_out_or_cannot_be_read_is_not_judged() -> None:
    left_out = on_organization("PutResourcePolicy", tags=[])
    broken = on_organization("PutResourcePolicy", content="{")

    assert [
        (row.trusted, row.grants, bool(row.policy_problems))
        for row in map(row_after, (left_out, broken))
    ] == [(None, None, True), (None, None, True)]
