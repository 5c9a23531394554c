"""Trails in the lab: their buckets, their home, what they tell of themselves, what they leave."""

import gzip
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from trailmend.lab import Lab

ARN = "arn:aws:cloudtrail:us-east-1:123456789012:trail/main"
SERVICE = {"Service": "cloudtrail.amazonaws.com"}


def refused(call: Any, /, **parameters: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def statements(prefix: str = "", arn: str = ARN, bucket: str = "logs") -> list[dict[str, Any]]:
    """Write what the CloudTrail User Guide asks for."""
    source = {"StringEquals": {"aws:SourceArn": arn}}
    full = {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control", "aws:SourceArn": arn}}
    return [
        {
            "Sid": "AWSCloudTrailAclCheck20150319",
            "Effect": "Allow",
            "Principal": SERVICE,
            "Action": "s3:GetBucketAcl",
            "Resource": f"arn:aws:s3:::{bucket}",
            "Condition": source,
        },
        {
            "Sid": "AWSCloudTrailWrite20150319",
            "Effect": "Allow",
            "Principal": SERVICE,
            "Action": "s3:PutObject",
            "Resource": f"arn:aws:s3:::{bucket}/{prefix}AWSLogs/123456789012/*",
            "Condition": full,
        },
    ]


def put_policy(lab: Lab, *parts: dict[str, Any], bucket: str = "logs") -> None:
    policy = json.dumps({"Version": "2012-10-17", "Statement": list(parts)})
    lab.client("s3").put_bucket_policy(Bucket=bucket, Policy=policy)


def open_bucket(lab: Lab, bucket: str = "logs", prefix: str = "") -> None:
    lab.client("s3").create_bucket(Bucket=bucket)
    put_policy(lab, *statements(prefix, bucket=bucket), bucket=bucket)


@pytest.fixture
def trail(lab: Lab) -> Any:
    """Give a client, in an account with the trail `main` that does not log yet."""
    open_bucket(lab)
    client = lab.client("cloudtrail")
    client.create_trail(Name="main", S3BucketName="logs", IsMultiRegionTrail=True)
    return client


def last(lab: Lab, name: str) -> dict[str, Any]:
    return [record for record in lab.records() if record["eventName"] == name][-1]


def test_a_trail_is_made_once_and_on_a_bucket_that_lets_it_write(lab: Lab) -> None:
    client, new = lab.client("cloudtrail"), {"Name": "main", "S3BucketName": "logs"}
    insufficient = (
        "InsufficientS3BucketPolicyException",
        "Incorrect S3 bucket policy is detected for bucket: logs",
    )

    assert refused(client.create_trail, **new)[0] == "S3BucketDoesNotExistException"
    lab.client("s3").create_bucket(Bucket="logs")
    assert refused(client.create_trail, **new) == insufficient
    put_policy(lab, *statements())
    assert refused(client.create_trail, **new, S3KeyPrefix="audit") == insufficient
    made = client.create_trail(**new)

    del made["ResponseMetadata"]
    assert made == {
        "Name": "main",
        "S3BucketName": "logs",
        "IncludeGlobalServiceEvents": True,
        "IsMultiRegionTrail": False,
        "TrailARN": ARN,
        "LogFileValidationEnabled": False,
        "IsOrganizationTrail": False,
    }
    assert refused(client.create_trail, **new) == (
        "TrailAlreadyExistsException",
        "Trail main already exists for customer: 123456789012",
    )
    record = last(lab, "CreateTrail")
    assert record["errorCode"] == "TrailAlreadyExistsException"
    assert record["requestParameters"] == {"name": "main", "s3BucketName": "logs"}


LOOK, WRITE = statements()
SHARED = {"AWS": "arn:aws:iam::123456789012:root"}


@pytest.mark.parametrize(
    ("parts", "prefix", "is_enough"),
    [
        ([LOOK, WRITE], None, True),
        ([LOOK], None, False),
        ([WRITE], None, False),
        ([LOOK, WRITE], "audit", False),
        (statements("audit/"), "audit", True),
        (statements(arn=ARN.replace("main", "other")), None, False),
        (statements(arn=ARN.replace("us-east-1", "eu-west-1")), None, False),
        ([LOOK, WRITE | {"Resource": "arn:aws:s3:::logs/*"}], None, True),
        ([LOOK, WRITE | {"Resource": "arn:aws:s3:::logs/AWSLogs/210987654321/*"}], None, False),
        ([LOOK, WRITE | {"Principal": SHARED}], None, False),
        ([LOOK, WRITE | {"Principal": {"Service": ["s3.amazonaws.com", *SERVICE.values()]}}], None,
         True),
        ([LOOK, WRITE | {"Action": ["s3:Get*", "s3:put*"]}], None, True),
        ([LOOK, WRITE, WRITE | {"Effect": "Deny", "Sid": "no"}], None, False),
        ([LOOK, WRITE, WRITE | {"Effect": "Deny", "Sid": "no", "Principal": "*"}], None, False),
        ([LOOK, WRITE | {"Condition": {"StringLike": {"aws:SourceArn": ARN[:-4] + "*"}}}], None,
         True),
        ([LOOK, WRITE | {"Condition": {"StringEquals": {"aws:SourceAccount": "210987654321"}}}],
         None, False),
    ],
)  # fmt: skip
def test_a_bucket_lets_cloudtrail_write_if_its_policy_says_so(
    lab: Lab, parts: list[dict[str, Any]], prefix: str | None, is_enough: bool
) -> None:
    lab.client("s3").create_bucket(Bucket="logs")
    put_policy(lab, *parts)
    new = {"Name": "main", "S3BucketName": "logs"} | ({"S3KeyPrefix": prefix} if prefix else {})

    if is_enough:
        assert lab.client("cloudtrail").create_trail(**new)["TrailARN"] == ARN
    else:
        code, _ = refused(lab.client("cloudtrail").create_trail, **new)
        assert code == "InsufficientS3BucketPolicyException"


def test_a_region_has_five_trails_at_most_and_they_have_names(lab: Lab) -> None:
    client = lab.client("cloudtrail")
    open_bucket(lab)
    put_policy(lab, *(part | {"Condition": {}} for part in statements()))

    for wrong in ("ma", "-main", "my trail"):
        code, _ = refused(client.create_trail, Name=wrong, S3BucketName="logs")
        assert code == "InvalidTrailNameException"
    for number in range(5):
        client.create_trail(Name=f"main-{number}", S3BucketName="logs")

    code, _ = refused(client.create_trail, Name="sixth", S3BucketName="logs")
    assert code == "MaximumNumberOfTrailsExceededException"


def test_an_update_leaves_what_it_does_not_name_and_needs_the_bucket(lab: Lab, trail: Any) -> None:
    before = trail.get_trail(Name="main")["Trail"]

    trail.update_trail(Name=ARN, EnableLogFileValidation=True)

    after = before | {"LogFileValidationEnabled": True}
    assert trail.get_trail(Name="main")["Trail"] == after
    record = last(lab, "UpdateTrail")
    assert record["requestParameters"] == {"name": ARN, "enableLogFileValidation": True}
    assert record["responseElements"]["logFileValidationEnabled"] is True
    for wrong, code in (
        ({"S3BucketName": "none"}, "S3BucketDoesNotExistException"),
        ({"S3KeyPrefix": "audit"}, "InsufficientS3BucketPolicyException"),
        ({"IncludeGlobalServiceEvents": False}, "InvalidParameterCombinationException"),
        ({"Name": "other"}, "TrailNotFoundException"),
    ):
        assert refused(trail.update_trail, **{"Name": "main", **wrong})[0] == code
    assert trail.get_trail(Name="main")["Trail"] == after
    open_bucket(lab, "vault", "audit/")
    trail.update_trail(Name="main", S3BucketName="vault", S3KeyPrefix="audit")
    moved = {"S3BucketName": "vault", "S3KeyPrefix": "audit"}
    assert trail.get_trail(Name="main")["Trail"] == after | moved


def test_a_trail_is_changed_from_its_home_region_only(lab: Lab, trail: Any) -> None:
    away = lab.client("cloudtrail", region="eu-west-1")
    unknown = (
        "TrailNotFoundException",
        f"Unknown trail: {ARN.replace('us-east-1', 'eu-west-1')} for the user: 123456789012",
    )

    for call in (away.start_logging, away.stop_logging, away.delete_trail, away.update_trail):
        assert refused(call, Name=ARN)[0] == "InvalidHomeRegionException"
        assert refused(call, Name="main") == unknown
    selectors = {"TrailName": ARN, "EventSelectors": [{"ReadWriteType": "All"}]}
    assert refused(away.put_event_selectors, **selectors)[0] == "InvalidHomeRegionException"

    assert away.get_trail_status(Name=ARN)["IsLogging"] is False
    trail.start_logging(Name=ARN)
    assert away.get_trail_status(Name=ARN)["IsLogging"] is True
    trail.delete_trail(Name=ARN)
    assert trail.describe_trails()["trailList"] == []
    assert refused(trail.delete_trail, Name=ARN)[0] == "TrailNotFoundException"


def test_trails_are_described_by_name_in_their_region_and_by_arn_anywhere(
    lab: Lab, trail: Any
) -> None:
    away = lab.client("cloudtrail", region="eu-west-1")
    shown = {
        "Name": "main",
        "S3BucketName": "logs",
        "IncludeGlobalServiceEvents": True,
        "IsMultiRegionTrail": True,
        "HomeRegion": "us-east-1",
        "TrailARN": ARN,
        "LogFileValidationEnabled": False,
        "HasCustomEventSelectors": False,
        "HasInsightSelectors": False,
        "IsOrganizationTrail": False,
    }

    def listed(client: Any, **parameters: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = client.describe_trails(**parameters)["trailList"]
        return found

    assert listed(trail) == listed(away) == [shown]
    assert trail.get_trail(Name="main")["Trail"] == away.get_trail(Name=ARN)["Trail"] == shown
    assert listed(trail, trailNameList=["main"]) == listed(away, trailNameList=[ARN]) == [shown]
    assert listed(away, trailNameList=["main"]) == listed(trail, trailNameList=["none"]) == []
    assert listed(away, includeShadowTrails=False) == []
    trail.update_trail(Name="main", IsMultiRegionTrail=False)
    assert (listed(away), len(listed(trail))) == ([], 1)


def test_a_trail_tells_when_it_delivered_and_what_kept_it_from_that(lab: Lab, trail: Any) -> None:
    def status() -> dict[str, Any]:
        answer: dict[str, Any] = trail.get_trail_status(Name="main")
        del answer["ResponseMetadata"]
        return answer

    assert status() == {"IsLogging": False}
    lab.advance(600)
    assert status() == {"IsLogging": False}

    started = lab.now().replace(microsecond=0)
    trail.start_logging(Name="main")
    logging = status()
    assert set(logging) == {"IsLogging", "StartLoggingTime"}
    assert logging["IsLogging"] is True
    assert timedelta(0) <= logging["StartLoggingTime"] - started <= timedelta(seconds=5)

    lab.advance(290)
    assert "LatestDeliveryTime" not in status()
    lab.advance(15)
    delivered = status()["LatestDeliveryTime"]
    assert timedelta(seconds=300) <= delivered - started <= timedelta(seconds=310)

    put_policy(lab, LOOK)
    lab.advance(301)
    broken = status()
    assert broken["LatestDeliveryError"] == "AccessDenied"
    lab.client("s3").delete_bucket(Bucket="logs")
    lab.advance(301)
    assert status()["LatestDeliveryError"] == "NoSuchBucket"
    open_bucket(lab)
    assert status()["LatestDeliveryError"] == "NoSuchBucket"
    lab.advance(301)
    mended = status()
    assert "LatestDeliveryError" not in mended
    assert mended["LatestDeliveryTime"] > broken["LatestDeliveryTime"]

    trail.stop_logging(Name="main")
    stopped = status()
    assert (stopped["IsLogging"], "StopLoggingTime" in stopped) == (False, True)


def test_a_closed_bucket_gets_no_files_and_the_trail_says_so(lab: Lab, trail: Any) -> None:
    trail.start_logging(Name="main")
    lab.deliver()
    assert "LatestDeliveryTime" in trail.get_trail_status(Name="main")
    files = lab.client("s3").list_objects_v2(Bucket="logs")["KeyCount"]
    lab.client("s3").delete_bucket_policy(Bucket="logs")

    lab.deliver()

    assert trail.get_trail_status(Name="main")["LatestDeliveryError"] == "AccessDenied"
    assert lab.client("s3").list_objects_v2(Bucket="logs")["KeyCount"] == files > 0


def delivered(lab: Lab) -> Iterator[str]:
    s3 = lab.client("s3")
    for found in s3.list_objects_v2(Bucket="logs").get("Contents", []):
        body = s3.get_object(Bucket="logs", Key=found["Key"])["Body"].read()
        yield from (record["eventName"] for record in json.loads(gzip.decompress(body))["Records"])


def test_a_trail_selects_all_management_events_until_it_is_told_otherwise(
    lab: Lab, trail: Any
) -> None:
    every = {
        "ReadWriteType": "All",
        "IncludeManagementEvents": True,
        "DataResources": [],
        "ExcludeManagementEventSources": [],
    }

    def selected() -> dict[str, Any]:
        answer: dict[str, Any] = trail.get_event_selectors(TrailName="main")
        del answer["ResponseMetadata"]
        return answer

    assert selected() == {"TrailARN": ARN, "EventSelectors": [every]}
    reads = every | {"ReadWriteType": "ReadOnly"}
    put = trail.put_event_selectors(
        TrailName="main", EventSelectors=[{"ReadWriteType": "ReadOnly"}]
    )
    assert put["EventSelectors"] == selected()["EventSelectors"] == [reads]
    assert trail.get_trail(Name="main")["Trail"]["HasCustomEventSelectors"] is True
    sent = {"trailName": "main", "eventSelectors": [{"readWriteType": "ReadOnly"}]}
    assert last(lab, "PutEventSelectors")["requestParameters"] == sent

    management = {"Field": "eventCategory", "Equals": ["Management"]}
    writes = [
        {"Name": "w", "FieldSelectors": [management, {"Field": "readOnly", "Equals": ["false"]}]}
    ]
    trail.put_event_selectors(TrailName="main", AdvancedEventSelectors=writes)
    assert selected() == {"TrailARN": ARN, "AdvancedEventSelectors": writes}
    for wrong in (
        {},
        {"EventSelectors": [every] * 6},
        {"EventSelectors": [every], "AdvancedEventSelectors": writes},
    ):
        code, _ = refused(trail.put_event_selectors, TrailName="main", **wrong)
        assert code == "InvalidEventSelectorsException"


@pytest.mark.parametrize(
    ("selectors", "names"),
    [
        ({"EventSelectors": [{"ReadWriteType": "All"}]}, {"CreateUser", "ListUsers"}),
        ({"EventSelectors": [{"ReadWriteType": "WriteOnly"}]}, {"CreateUser"}),
        ({"EventSelectors": [{"IncludeManagementEvents": False}]}, set()),
        ({"EventSelectors": [{"ExcludeManagementEventSources": ["kms.amazonaws.com"]}]},
         {"CreateUser", "ListUsers"}),
        ({"AdvancedEventSelectors": [{"FieldSelectors": [
            {"Field": "eventCategory", "Equals": ["Management"]},
            {"Field": "eventName", "NotStartsWith": ["Create"]}]}]}, {"ListUsers"}),
        ({"AdvancedEventSelectors": [{"FieldSelectors": [
            {"Field": "eventCategory", "Equals": ["Data"]}]}]}, set()),
    ],
)  # fmt: skip
def test_a_trail_has_only_what_its_selectors_choose(
    lab: Lab, trail: Any, selectors: dict[str, Any], names: set[str]
) -> None:
    trail.put_event_selectors(TrailName="main", **selectors)
    trail.start_logging(Name="main")
    lab.client("iam").create_user(UserName="alice")
    lab.client("iam").list_users()

    lab.deliver()

    assert set(delivered(lab)) - {"StartLogging"} == names
