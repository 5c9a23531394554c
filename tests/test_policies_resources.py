"""Whom the policy of a store of events, a channel or a dashboard lets in."""

import json
from typing import Any

import pytest

from tests.reading import Fields, row_after
from trailmend.evidence import call, user
from trailmend.policies import Trusts, lets_in, read_document

OWN, OTHER = "111122223333", "444455556666"
QUERY, ALL = "cloudtrail:StartQuery", "cloudtrail:*"
STORE = f"arn:aws:cloudtrail:us-east-1:{OWN}:eventdatastore/1"
SERVICE = {"Service": "cloudtrail.amazonaws.com"}


def statement(
    principal: Any, action: Any = ALL, condition: Any = None, effect: str = "Allow"
) -> dict[str, Any]:
    found = {"Effect": effect, "Principal": principal, "Action": action, "Resource": STORE}
    return found | ({"Condition": condition} if condition else {})


def judged(*statements: dict[str, Any]) -> Trusts:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    return lets_in(read_document(document), OWN)


def denied(principal: Any, action: Any = ALL) -> dict[str, Any]:
    return statement(principal, action, effect="Deny")


@pytest.mark.parametrize(
    ("statements", "outsider", "anyone"),
    [
        ([], False, False),
        ([statement({"AWS": OWN})], False, False),
        ([statement({"AWS": OTHER})], True, False),
        ([statement({"AWS": OTHER}, "cloudtrail-data:PutAuditEvents")], True, False),
        ([statement({"AWS": f"arn:aws:iam::{OTHER}:role/x"}, QUERY)], True, False),
        ([statement("*")], True, True),
        ([statement("*", QUERY, {"StringEquals": {"aws:PrincipalAccount": OWN}})], False, False),
        ([statement("*", QUERY, {"StringEquals": {"aws:PrincipalOrgID": "o-1"}})], None, False),
        ([statement(SERVICE, QUERY, {"StringLike": {"aws:SourceArn": "x"}})], False, False),
        ([statement({"AWS": "AROAEXAMPLEEXAMPLE12"})], None, False),
        ([statement({"AWS": OTHER}), denied({"AWS": OTHER})], False, False),
        ([statement({"AWS": OTHER}, QUERY), denied("*")], False, False),
        ([statement({"AWS": OTHER}), denied("*", QUERY)], True, False),
        (
            [statement({"AWS": OTHER}, QUERY), statement({"AWS": OTHER}), denied("*", QUERY)],
            True,
            False,
        ),
        ([denied("*")], False, False),
    ],
)
def test_policy_of_a_resource_lets_in_whom_it_allows_anything(
    statements: list[dict[str, Any]], outsider: bool | None, anyone: bool | None
) -> None:
    found = judged(*statements)

    assert (found.outsider, found.anyone) == (outsider, anyone)


def put(policy: object) -> Fields:
    request = {"resourceArn": STORE, "resourcePolicy": policy}
    return call("PutResourcePolicy", by=user("bob"), source="cloudtrail", request=request)


def test_event_tells_whom_the_policy_of_a_store_lets_in() -> None:
    row = row_after(put(json.dumps({"Statement": [statement({"AWS": OTHER}, QUERY)]})))

    assert (row.trusts_outsider, row.trusts_anyone, row.trusted, row.policy_problems) == (
        True,
        False,
        f"statement 1, limited by nothing: account arn:aws:iam::{OTHER}:root",
        None,
    )


def test_policy_that_is_not_in_the_record_or_cannot_be_read_leaves_it_open() -> None:
    missing, broken = row_after(put(None)), row_after(put("{"))

    assert (missing.trusts_outsider, missing.policy_problems) == (
        None,
        "resourcePolicy: it is not there",
    )
    assert broken.trusts_outsider is None
    assert (broken.policy_problems or "").startswith("line 1, 2: it is no JSON")
