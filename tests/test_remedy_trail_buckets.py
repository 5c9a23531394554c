"""What is proposed of the policy of a trail's bucket."""

import json
from typing import Any

import pytest

from tests.test_remedy_trails import NOTHING, calls, proposed
from tests.trail_accounts import ACCOUNT, ARN, Account
from tests.worlds_trails import MINE, OPEN, OTHERS
from trailmend.errors import CannotFix

WRITE = MINE[1]


@pytest.mark.parametrize(
    "statement",
    [
        WRITE | {"Condition": {"ArnLike": {"aws:sourcearn": f"arn:aws:cloudtrail:*:{ACCOUNT}:*"}}},
        WRITE | {"Condition": {"StringLike": {"AWS:SourceAccount": [ACCOUNT, "1*"]}}},
        WRITE | {"Action": ["s3:Get*", "S3:put*"], "Resource": "*", "Condition": {}},
        WRITE | {"Principal": {"Service": ["config.amazonaws.com", "cloudtrail.amazonaws.com"]}},
    ],
)
def test_statement_that_lets_cloudtrail_write_is_enough(statement: dict[str, Any]) -> None:
    assert calls(Account().with_trail().with_bucket("audit-logs", MINE[0], statement)) == NOTHING


@pytest.mark.parametrize(
    "statement",
    [
        WRITE | {"Resource": "arn:aws:s3:::audit-logs"},
        WRITE | {"Resource": "arn:aws:s3:::audit-logs/AWSLogs/111111111111/*"},
        WRITE | {"Principal": {"Service": "config.amazonaws.com"}},
        WRITE | {"Condition": {"StringEquals": {"aws:SourceArn": f"{ARN}-of-another"}}},
        WRITE | {"Condition": {"StringNotEquals": {"aws:SourceAccount": ACCOUNT}}},
        WRITE | {"Condition": {"StringEquals": {"aws:SourceOrgID": "o-1"}}},
        WRITE | {"Condition": {"DateLessThan": {"aws:CurrentTime": "2020-01-01"}}},
    ],
)
def test_statement_that_may_not_let_cloudtrail_write_gets_one_beside(
    statement: dict[str, Any],
) -> None:
    (put,) = calls(Account().with_trail().with_bucket("audit-logs", MINE[0], statement))

    kept, same, added = json.loads(put.params["Policy"])["Statement"]
    assert (kept, same) == (MINE[0], statement)
    assert added == {
        "Sid": "trailmendWrite20260302093000",
        **OPEN,
        "Action": "s3:PutObject",
        "Resource": WRITE["Resource"],
        "Condition": {
            "StringEquals": {
                "s3:x-amz-acl": "bucket-owner-full-control",
                "aws:SourceArn": ARN,
            }
        },
    }


DENIAL: dict[str, Any] = {
    "Sid": "Quiet",
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:PutObject",
    "Resource": "arn:aws:s3:::audit-logs/*",
}


@pytest.mark.parametrize(
    "denial",
    [
        DENIAL,
        DENIAL | {"Principal": {"AWS": "*"}, "Action": "s3:*"},
        DENIAL | {"Principal": {"Service": "cloudtrail.amazonaws.com"}},
        DENIAL | {"Resource": f"arn:aws:s3:::audit-logs/AWSLogs/{ACCOUNT}/CloudTrail/*"},
        DENIAL | {"Action": "s3:GetBucketAcl", "Resource": "arn:aws:s3:::audit-logs"},
        DENIAL | {"Condition": {"StringNotEquals": {"aws:SourceArn": "arn:aws:another"}}},
    ],
)
def test_denial_is_left_to_people(denial: dict[str, Any]) -> None:
    with pytest.raises(CannotFix, match='denies CloudTrail what it needs, in statement "Quiet"'):
        proposed(Account().with_trail().with_bucket("audit-logs", denial, *MINE))


def test_denial_to_all_but_some_is_one_of_cloudtrail() -> None:
    denial = {key: value for key, value in DENIAL.items() if key != "Principal"}
    others = {"NotPrincipal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/audit"}}

    with pytest.raises(CannotFix, match="denies CloudTrail"):
        proposed(Account().with_trail().with_bucket("audit-logs", denial | others, *MINE))


@pytest.mark.parametrize(
    "denial",
    [
        DENIAL | {"Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        DENIAL | {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/eve"}},
        DENIAL | {"Action": "s3:DeleteObject"},
        DENIAL | {"Condition": {"Null": {"s3:x-amz-server-side-encryption": "true"}}},
    ],
)
def test_denial_that_does_not_surely_hit_cloudtrail_stays(denial: dict[str, Any]) -> None:
    assert calls(Account().with_trail().with_bucket("audit-logs", denial, *MINE)) == NOTHING


def test_policy_that_would_be_too_long_is_left_to_people() -> None:
    long = OTHERS | {"Resource": [f"arn:aws:s3:::audit-logs/{n:0100}" for n in range(170)]}

    with pytest.raises(CannotFix, match="no room"):
        proposed(Account().with_trail().with_bucket("audit-logs", long))


@pytest.mark.parametrize("text", ["", "{", "[]", '"Statement"'])
def test_policy_that_cannot_be_read_is_left_to_people(text: str) -> None:
    account = Account().with_trail().with_bucket(policy=f"{text}x")

    with pytest.raises(CannotFix, match="cannot be read"):
        proposed(account)
