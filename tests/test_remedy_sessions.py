"""What ends the sessions begun so far: what is proposed and refused."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.worlds_principals import (
    changes,
    delete,
    denial_before,
    facts_of,
    full_user,
    make_calling_role,
    make_calling_user,
    make_role,
    proposed,
    put,
    text,
    the_change,
)
from trailmend.calls import Call
from trailmend.errors import CannotFix
from trailmend.lab import Lab
from trailmend.remediations.principals import (
    REVOCATION,
    revoke_callers_sessions,
    revoke_role_sessions,
    revoke_user_sessions,
)


def test_sessions_of_a_role_are_revoked_as_the_console_does(lab: Lab) -> None:
    facts = facts_of(lab, make_calling_role, asked_at="2026-03-02T09:30:00Z")
    wanted = denial_before("2026-03-02T09:30:00Z")

    for fix in (revoke_role_sessions, revoke_callers_sessions):
        change = the_change(lab, fix, facts)

        assert change.call == put("role", "deploy", REVOCATION, wanted)
        assert change.undo == delete("role", "deploy", REVOCATION)
        assert change.note == (
            "Role deploy: sessions refused by inline policy AWSRevokeOlderSessions: none → those "
            "from before 2026-03-02T09:30:00Z; sessions begun since then go on"
        )
        assert "arn:aws:iam::123456789012:root, ec2.amazonaws.com" in change.breaks


def test_sessions_of_a_user_are_revoked_and_keys_are_said_to_go_on(lab: Lab) -> None:
    facts = facts_of(lab, make_calling_user, asked_at="2026-03-02T09:30:00Z")
    wanted = denial_before("2026-03-02T09:30:00Z")

    for fix in (revoke_user_sessions, revoke_callers_sessions):
        change = the_change(lab, fix, facts)

        assert change.call == put("user", "bob", REVOCATION, wanted)
        assert change.undo == delete("user", "bob", REVOCATION)
        assert change.breaks.endswith("Access keys go on.")


ASKED = "2026-03-02T09:30:00Z"
NARROW = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}


def with_policy(lab: Lab, document: Mapping[str, Any]) -> list[tuple[Call, Call | None]]:
    """Plan to revoke the sessions of a role that has a policy of that name."""
    facts = facts_of(lab, make_role, asked_at=ASKED)
    lab.client("iam").put_role_policy(
        RoleName="deploy", PolicyName=REVOCATION, PolicyDocument=text(document)
    )
    return changes(lab, revoke_role_sessions, facts)


@pytest.mark.parametrize(
    "time",
    [
        ASKED,
        "2026-03-02T09:30:00.000Z",
        "2026-03-02T09:30:00.131Z",
        "2026-03-02T10:30:00+01:00",
        "2026-03-03",
        "2099-01-01T00:00:00Z",
    ],
)
def test_time_in_force_is_never_made_older(time: str, lab: Lab) -> None:
    assert with_policy(lab, denial_before(time)) == []


@pytest.mark.parametrize(
    "time", ["2026-03-02T09:29:59.999Z", "2026-03-02T11:29:59+02:00", "2026-03-02", "2020-01-01"]
)
def test_older_time_is_replaced_and_the_undo_puts_it_back(time: str, lab: Lab) -> None:
    former = denial_before(time)

    assert with_policy(lab, former) == [
        (
            put("role", "deploy", REVOCATION, denial_before(ASKED)),
            put("role", "deploy", REVOCATION, former),
        )
    ]


@pytest.mark.parametrize(
    "statement",
    [
        NARROW,
        NARROW | {"Condition": {"DateLessThan": {"aws:TokenIssueTime": "2099-01-01T00:00:00Z"}}},
        denial_before("2099-01-01T00:00:00Z")["Statement"][0] | {"Effect": "Allow"},
        denial_before("1772443800")["Statement"][0],
        {"Effect": "Deny", "NotAction": "sts:*", "Resource": "*"},
        {
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": {
                "DateLessThan": {"aws:TokenIssueTime": "2099-01-01T00:00:00Z"},
                "StringEquals": {"aws:userid": "AROA:someone"},
            },
        },
    ],
)
def test_statement_that_does_something_else_stays(statement: dict[str, Any], lab: Lab) -> None:
    former = {"Version": "2012-10-17", "Statement": statement}
    merged = {"Version": "2012-10-17", "Statement": [statement, *denial_before(ASKED)["Statement"]]}

    assert with_policy(lab, former) == [
        (put("role", "deploy", REVOCATION, merged), put("role", "deploy", REVOCATION, former))
    ]


def test_older_time_among_other_statements_is_replaced_alone(lab: Lab) -> None:
    former = denial_before("2025-01-01T00:00:00.131Z", NARROW)
    former["Statement"].append(
        denial_before("2025-06-01T00:00:00Z")["Statement"][0]
        | {"Sid": "Mine", "Action": "*", "Resource": "*"}
    )

    ((sent, undo),) = with_policy(lab, former)

    assert sent == put("role", "deploy", REVOCATION, denial_before(ASKED, NARROW))
    assert undo == put("role", "deploy", REVOCATION, former)


def test_revocation_without_room_says_what_to_do(lab: Lab) -> None:
    facts = facts_of(lab, full_user)

    with pytest.raises(CannotFix, match=r"no room for AWSRevokeOlderSessions: quarantine it"):
        proposed(lab, revoke_user_sessions, facts)
