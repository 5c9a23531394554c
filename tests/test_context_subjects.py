"""How many subjects of providers had taken a role before, once the role is taken by habit."""

from typing import Any

import pytest

from tests.reading import Fields, rows_of
from tests.test_context_first_seen import at, days
from trailmend.evidence import ACCOUNT, Principal, call, saml, user, web_identity

MAIN, FORK = web_identity(), web_identity("repo:stranger/shop:ref:refs/heads/main")


def take(by: Principal = MAIN, role: str = "dev", **more: Any) -> Fields:
    web = by.identity["type"] == "WebIdentityUser"
    return call(
        "AssumeRoleWithWebIdentity" if web else "AssumeRoleWithSAML",
        by=by,
        source="sts",
        request={"roleArn": f"arn:aws:iam::{ACCOUNT}:role/{role}", "roleSessionName": "s"},
        response={"credentials": {"accessKeyId": "ASIATOKEN"}},
        recipientAccountId=ACCOUNT,
        **more,
    )


WEEK = days(range(7), take())


def counted(*records: Fields) -> int | None:
    return rows_of(one | {"eventID": f"e{n}"} for n, one in enumerate(records))[-1].subjects_known


@pytest.mark.parametrize(
    ("records", "count"),
    [
        ([*WEEK, at(take(FORK), days=7)], 1),
        ([*WEEK, at(take(saml()), days=7)], 1),
        ([*WEEK, *days([3], take(saml())), at(take(FORK), days=7)], 2),
        ([*WEEK, at(take(FORK), days=7), at(take(saml()), days=7, hours=1)], 1),
        ([*WEEK, *days([3], take(saml(), error="AccessDenied")), at(take(FORK), days=7)], 1),
        ([*WEEK[1:], at(take(FORK), days=7)], None),
        ([*WEEK, at(take(FORK, "ops"), days=7)], None),
        ([*WEEK, at(call("GetUser", by=user("alice")), days=7)], None),
    ],
    ids=[
        *("another", "by SAML", "two before", "one of just now", "in vain"),
        *("too few days", "another role", "another call"),
    ],
)
def test_subjects_of_a_day_before_are_counted_once_a_role_is_taken_by_habit(
    records: list[Fields], count: int | None
) -> None:
    assert counted(*records) == count
