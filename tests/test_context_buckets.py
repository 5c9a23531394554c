"""Which policies of a trail's bucket keep CloudTrail from writing there."""

from typing import Any

import pytest

from tests.telling import BOB, found_in, placed
from trailmend.evidence import call

TRAIL = call(
    "CreateTrail", by=BOB, source="cloudtrail", request={"name": "main", "s3BucketName": "logs"}
)
CLOUDTRAIL = {"Service": "cloudtrail.amazonaws.com"}
LOG = "arn:aws:s3:::logs/AWSLogs/111122223333/*"


LETS_IN = {
    "Effect": "Allow",
    "Principal": CLOUDTRAIL,
    "Action": "s3:PutObject",
    "Resource": LOG,
    "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}},
}


def level(**changes: Any) -> str:
    """Give the level of a denial of all for CloudTrail, changed in these parts."""
    denial = {"Effect": "Deny", "Principal": CLOUDTRAIL, "Action": "s3:*", "Resource": "*"}
    return level_of(LETS_IN, denial | changes)


def level_of(*statements: dict[str, Any]) -> str:
    policy = {"Version": "2012-10-17", "Statement": [*statements]}
    request = {"bucketName": "logs", "bucketPolicy": policy}
    return found_in(
        placed([TRAIL], call("PutBucketPolicy", by=BOB, source="s3", request=request), [])
    ).level


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"Principal": "*", "Resource": "arn:aws:s3:::logs/*"},
        {"Principal": {"AWS": "*"}, "Action": ["s3:GetObject", "s3:Put*"]},
        {"Resource": LOG},
    ],
    ids=["service", "everybody", "any account", "folder of the log"],
)
def test_policy_that_denies_the_log_its_bucket_is_high(changes: dict[str, Any]) -> None:
    assert level(**changes) == "high"


@pytest.mark.parametrize(
    "changes",
    [
        {"Effect": "Allow"},
        {"Principal": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        {"Principal": "*", "Action": "s3:DeleteObject"},
        {"Principal": {"AWS": "arn:aws:iam::111122223333:root"}},
        {"Resource": "arn:aws:s3:::logs/other/*"},
        {"Resource": "arn:aws:s3:::logs"},
    ],
    ids=["allowed", "without TLS", "deletion", "the account", "another folder", "no object"],
)
def test_policy_that_leaves_the_log_its_bucket_is_medium(changes: dict[str, Any]) -> None:
    assert level(**changes) == "medium"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject"}, "high"),
        ({"Action": ["s3:GetBucketAcl", "s3:GetObject"]}, "high"),
        ({"Principal": {"Service": "config.amazonaws.com"}}, "high"),
        ({}, "medium"),
        ({"Principal": "*"}, "medium"),
        ({"Principal": {"AWS": "arn:aws:iam::903692715234:root"}}, "medium"),
        ({"NotAction": "s3:DeleteObject", "Action": None}, "medium"),
    ],
)
def test_policy_that_lets_the_log_no_more_into_its_bucket_is_high(
    changes: dict[str, Any], expected: str
) -> None:
    left = {name: part for name, part in (LETS_IN | changes).items() if part is not None}

    assert level_of(left) == expected
