"""What the log shows of permission sets, of the directory's groups and of guardrails."""

import json
from typing import Any

import pytest

from tests.reading import Fields, row_after
from trailmend.evidence import call, directory_id, user
from trailmend.evidence.center import (
    ADMINISTRATOR,
    PERMISSION_SET,
    READ_ONLY,
    STAFF,
    assignment,
    on_directory,
    on_set,
    set_given,
    set_made,
)

BOB = user("bob")
ASSIGNED = assignment("CreateAccountAssignment")
JOINS = on_directory("CreateGroupMembership", groupId=STAFF, memberId={"userId": directory_id("b")})


def detached(arn: str) -> Fields:
    return on_set("DetachManagedPolicyFromPermissionSet", managedPolicyArn=arn, at="08:30:00")


@pytest.mark.parametrize(
    ("before", "verdict"),
    [
        ((), None),
        ((set_made(),), False),
        ((set_given(ADMINISTRATOR),), True),
        ((set_made(), set_given(READ_ONLY)), False),
        ((set_made(), set_given(ADMINISTRATOR), detached(ADMINISTRATOR)), False),
        ((set_given(ADMINISTRATOR), on_set("DeletePermissionSet", at="08:30:00")), None),
    ],
)
def test_assignment_gives_what_the_set_is_known_to_hold(
    before: tuple[Fields, ...], verdict: bool | None
) -> None:
    assert row_after(*before, ASSIGNED).grants_admin is verdict


def test_group_gives_what_it_was_assigned_and_never_surely_nothing() -> None:
    early = ASSIGNED | {"eventTime": "2026-03-02T08:40:00Z"}
    gone = assignment("DeleteAccountAssignment", at="08:50:00")
    raised = row_after(set_given(ADMINISTRATOR), early, JOINS)

    assert (raised.grants_admin, raised.grants) == (True, PERMISSION_SET)
    assert row_after(set_given(ADMINISTRATOR), early, gone, JOINS).grants_admin is None
    assert row_after(early, JOINS).grants_admin is None


def test_assigning_a_person_makes_nobody_the_maker_of_that_person() -> None:
    early = assignment("CreateAccountAssignment", user="alice", by=BOB, at="08:00:00")
    later = assignment("DeleteAccountAssignment", user="alice", by=BOB)

    assert row_after(early, later).target_made_by_actor is None


def policy(event_name: str, at: str, *statements: dict[str, Any], **more: Any) -> Fields:
    content = {"content": json.dumps({"Version": "2012-10-17", "Statement": [*statements]})}
    request = {"policyId": "p-guard", **(content if statements else {}), **more}
    answer = {"policy": {"policySummary": {"id": "p-guard"}}}
    return call(event_name, by=BOB, source="organizations", request=request, response=answer, at=at)


LEAVE = {"Effect": "Deny", "Action": "organizations:LeaveOrganization", "Resource": "*"}
TRAIL = {"Effect": "Deny", "Action": "cloudtrail:StopLogging", "Resource": "*"}
MADE = policy("CreatePolicy", "08:00:00", LEAVE)


@pytest.mark.parametrize(
    ("statements", "verdict"),
    [
        ((LEAVE,), (False, False)),
        ((TRAIL,), (True, True)),
        ((LEAVE, TRAIL), (False, True)),
        ((LEAVE | {"Condition": {"Bool": {"aws:ViaAWSService": "false"}}},), (True, False)),
    ],
)
def test_guardrail_is_wider_where_it_denies_less(
    statements: tuple[dict[str, Any], ...], verdict: tuple[bool, bool]
) -> None:
    row = row_after(MADE, policy("UpdatePolicy", "09:00:00", *statements))

    assert (row.widens, row.narrows) == verdict


def test_guardrails_new_name_leaves_its_content_known() -> None:
    renamed = policy("UpdatePolicy", "08:30:00", name="other")
    row = row_after(MADE, renamed, policy("DeletePolicy", "09:00:00"))

    assert (row.denies, json.loads(row.before or "{}")) == (
        True,
        {"content": MADE["requestParameters"]["content"]},
    )
    assert row_after(MADE, renamed).widens is False
    assert row_after(policy("DeletePolicy", "09:00:00")).denies is None


ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
BUT_ONE = {"Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/responder"}}}


@pytest.mark.parametrize(
    ("statements", "verdict"),
    [
        ((TRAIL,), (True, True)),
        ((ALL | {"Effect": "Deny"},), (True, False)),
        ((ALL, ALL | {"Effect": "Deny"}), (True, False)),
        ((ALL | {"Effect": "Deny"} | BUT_ONE,), (True, None)),
        ((ALL,), (False, True)),
        ((ALL | {"Action": "s3:*"},), (False, False)),
    ],
)
def test_attached_guardrail_tells_whether_it_leaves_anybody_who_administers(
    statements: tuple[dict[str, Any], ...], verdict: tuple[bool | None, bool | None]
) -> None:
    attached = policy("AttachPolicy", "09:00:00", targetId="ou-1-a")
    row = row_after(policy("CreatePolicy", "08:00:00", *statements), attached)

    assert (row.denies, row.grants_admin) == verdict


def test_attached_policy_that_the_log_does_not_show_is_not_judged_but_that_of_aws_is() -> None:
    attached = policy("AttachPolicy", "09:00:00", targetId="ou-1-a")
    of_aws = policy("AttachPolicy", "09:00:00", targetId="ou-1-a", policyId="p-FullAWSAccess")
    tags = policy("CreatePolicy", "08:00:00", content='{"tags":{}}')

    rows = [row_after(attached), row_after(of_aws), row_after(tags, attached)]

    assert [(row.denies, row.grants_admin) for row in rows] == [
        (None, None),
        (False, True),
        (False, None),
    ]
