"""Accounts that need the fixes of trails."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.worlds import Case, make_administrators, trust
from tests.worlds_principals import time_of
from trailmend.lab import Lab
from trailmend.plan import Target
from trailmend.remediations.trail_lifecycles import restore_lifecycle
from trailmend.remediations.trails import attach_trail_reader, repair_trail

OTHERS: dict[str, Any] = {
    "Sid": "Readers",
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::audit-logs/*",
}
OPEN = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}}
MINE: tuple[dict[str, Any], ...] = (
    {**OPEN, "Action": "s3:GetBucketAcl", "Resource": "arn:aws:s3:::audit-logs"},
    {
        **OPEN,
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::audit-logs/AWSLogs/123456789012/*",
        "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}},
    },
)
"""What a bucket policy by the User Guide of before 2022 says: no aws:SourceArn."""
DATA: dict[str, Any] = {
    "Name": "Objects",
    "FieldSelectors": [
        {"Field": "eventCategory", "Equals": ["Data"]},
        {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
    ],
}


Build = Callable[[Lab], dict[str, Any]]
ASKED: dict[str, Any] = {"asked_at": "2026-03-02T09:30:00Z"}
"""When a case is planned: the same each time, as it is in the Sids of statements."""


def asked_now(lab: Lab) -> dict[str, Any]:
    """Give the facts of a plan that is asked for now."""
    return {"asked_at": f"{lab.now():%Y-%m-%dT%H:%M:%SZ}"}


def put_policy(lab: Lab, *statements: dict[str, Any]) -> None:
    """Write the policy of the bucket of the trail."""
    text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    lab.client("s3").put_bucket_policy(Bucket="audit-logs", Policy=text)


def make_trail(lab: Lab, region: str = "us-east-1", **settings: Any) -> None:
    """Make a trail that logs to a bucket of its region, all well unless `settings` say else."""
    where = {"LocationConstraint": region}
    elsewhere = {"CreateBucketConfiguration": where} if region != "us-east-1" else {}
    lab.client("s3").create_bucket(Bucket="audit-logs", **elsewhere)
    put_policy(lab, OTHERS, *MINE)
    cloudtrail = lab.client("cloudtrail", region=region)
    whole = {"IsMultiRegionTrail": True, "EnableLogFileValidation": True}
    cloudtrail.create_trail(Name="audit", S3BucketName="audit-logs", **(whole | settings))
    cloudtrail.start_logging(Name="audit")


def _no_trail(lab: Lab) -> dict[str, Any]:
    return dict(ASKED)


def _ruined_trail(lab: Lab) -> dict[str, Any]:
    """Make a trail of which everything was switched off or taken away."""
    make_trail(lab, EnableLogFileValidation=False)
    cloudtrail = lab.client("cloudtrail")
    selector = {"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True}
    cloudtrail.put_event_selectors(TrailName="audit", EventSelectors=[selector])
    cloudtrail.stop_logging(Name="audit")
    put_policy(lab, OTHERS)
    half = {"BlockPublicAcls": True, "IgnorePublicAcls": True}
    lab.client("s3").put_public_access_block(
        Bucket="audit-logs", PublicAccessBlockConfiguration=half
    )
    return dict(ASKED)


def _stopped_trail(lab: Lab) -> dict[str, Any]:
    make_trail(lab)
    lab.client("cloudtrail").stop_logging(Name="audit")
    return ASKED | {"event_name": "StopLogging", "object_id": "audit"}


def _trail_of_one_region(lab: Lab) -> dict[str, Any]:
    make_trail(lab, IsMultiRegionTrail=False)
    lab.client("cloudtrail").put_event_selectors(TrailName="audit", AdvancedEventSelectors=[DATA])
    return dict(ASKED)


def _trail_at_another_home(lab: Lab) -> dict[str, Any]:
    make_trail(lab, "eu-west-1", EnableLogFileValidation=False)
    lab.client("cloudtrail", region="eu-west-1").stop_logging(Name="audit")
    return dict(ASKED)


def _lost_bucket(lab: Lab) -> dict[str, Any]:
    make_trail(lab)
    lab.client("s3").delete_bucket(Bucket="audit-logs")
    lab.client("iam").create_user(UserName="anybody")
    lab.advance(3600)
    return dict(ASKED)


def _analyst(kind: str) -> Callable[[Lab], dict[str, Any]]:
    def build(lab: Lab) -> dict[str, Any]:
        make_administrators(lab)
        iam = lab.client("iam")
        if kind == "user":
            iam.create_user(UserName="bob")
            return ASKED | {"user_name": "bob", "event_time": ""}
        document = trust({"AWS": "arn:aws:iam::123456789012:root"})
        iam.create_role(RoleName="analysts", AssumeRolePolicyDocument=document)
        return ASKED | {"role_name": "analysts", "event_time": ""}

    return build


TIDY: dict[str, Any] = {
    "ID": "tidy",
    "Status": "Enabled",
    "Filter": {"Prefix": "*"},
    "Expiration": {"Days": 1},
}
OLD: dict[str, Any] = {"ID": "old", "Status": "Enabled", "Filter": ""} | {
    "Expiration": {"Days": 730},
    "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
}
COLD: dict[str, Any] = {
    "ID": "cold",
    "Status": "Enabled",
    "Filter": {"And": {"Prefix": "AWSLogs/", "ObjectSizeGreaterThan": 500}},
    "Transition": [{"Days": 90, "StorageClass": "GLACIER"}],
}
"""Lifecycle rules as CloudTrail writes them."""


def by_api(rule: dict[str, Any]) -> dict[str, Any]:
    """Write a rule of the log as the API takes it."""
    plain = {name: part for name, part in rule.items() if name != "Transition"}
    moved = {"Transitions": rule["Transition"]} if "Transition" in rule else {}
    return {**plain, **moved, "Filter": rule["Filter"] or {}}


def put_lifecycle(lab: Lab, *rules: dict[str, Any]) -> None:
    """Write the lifecycle of the bucket of the trail."""
    sent: Any = {"Rules": [by_api(one) for one in rules]}
    lab.client("s3").put_bucket_lifecycle_configuration(
        Bucket="audit-logs", LifecycleConfiguration=sent
    )


def deleting(*rules: dict[str, Any], told: dict[str, Any] | None = None) -> Build:
    """Make a trail whose bucket got these rules; the log may tell one that it had before."""

    def build(lab: Lab) -> dict[str, Any]:
        make_trail(lab)
        put_lifecycle(lab, OLD)
        lab.advance(60)
        put_lifecycle(lab, *rules)
        return {
            "event_name": "PutBucketLifecycle",
            "event_time": time_of(lab),
            "target": Target("bucket", "audit-logs", lab.region),
            "before": told and {"LifecycleConfiguration": {"Rule": told}},
            "after": {"LifecycleConfiguration": {"Rule": [*rules]}},
        }

    return build


CASES = {
    case.name: case
    for case in (
        Case("ruined trail", repair_trail, _ruined_trail),
        Case("stopped trail", repair_trail, _stopped_trail),
        Case("trail of one region for data events", repair_trail, _trail_of_one_region),
        Case("trail at another home", repair_trail, _trail_at_another_home),
        Case("bucket whose rules the log knows", restore_lifecycle, deleting(TIDY, told=OLD)),
        Case("bucket of unknown rules", restore_lifecycle, deleting(TIDY, COLD)),
        Case("bucket with one rule", restore_lifecycle, deleting(TIDY)),
        Case("analyst who is a user", attach_trail_reader, _analyst("user")),
    )
}
MORE = {
    case.name: case
    for case in (
        Case("no trail", repair_trail, _no_trail),
        Case("trail without its bucket", repair_trail, _lost_bucket),
        Case("analyst role", attach_trail_reader, _analyst("role")),
    )
}
"""Cases that take a consent, or permissions that the example of the fix does not show."""
