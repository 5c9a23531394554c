"""An account in memory, of whose trails and buckets any state can be made in no time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.worlds_trails import MINE, OTHERS
from trailmend.calls import Call
from trailmend.errors import NotFound

ACCOUNT = "123456789012"
ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/audit"
OLD, ASKED_AT = "2026-01-01T00:00:00+00:00", "2026-03-02T09:30:00Z"
FLAGS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
ALL = {
    "ReadWriteType": "All",
    "IncludeManagementEvents": True,
    "DataResources": [],
    "ExcludeManagementEventSources": [],
}


class Account:
    """An account in memory that answers reads as AWS does and takes the writes of the fix."""

    def __init__(self, partition: str = "aws") -> None:
        self.partition = partition
        self.trails: dict[str, dict[str, Any]] = {}
        self.buckets: dict[str, dict[str, Any]] = {}

    def with_trail(self, arn: str = ARN, **more: Any) -> Account:
        """Add a trail that lacks nothing, unless `more` says else."""
        region, name = arn.split(":")[3], arn.rpartition("/")[2]
        self.trails[arn] = {
            "TrailARN": arn,
            "Name": name,
            "HomeRegion": region,
            "S3BucketName": "audit-logs",
            "IsMultiRegionTrail": True,
            "LogFileValidationEnabled": True,
            "IncludeGlobalServiceEvents": True,
            "IsOrganizationTrail": False,
            "HasCustomEventSelectors": False,
            "status": {"IsLogging": True, "StartLoggingTime": OLD, "LatestDeliveryTime": OLD},
            "selectors": {"EventSelectors": [ALL]},
        } | more
        return self

    def with_bucket(self, name: str = "audit-logs", *statements: Any, **more: Any) -> Account:
        """Add a closed bucket that is open to CloudTrail, unless told else."""
        policy = {"Version": "2012-10-17", "Statement": list(statements or (OTHERS, *MINE))}
        self.buckets[name] = {
            "region": None,
            "policy": json.dumps(policy),
            "block": dict.fromkeys(FLAGS, True),
        } | more
        return self

    def __call__(self, call: Call) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = getattr(self, call.name.partition(".")[2])(**call.params)
        return answer

    def get_caller_identity(self) -> Any:
        return {"Arn": f"arn:{self.partition}:iam::{ACCOUNT}:user/kim"}

    def describe_trails(
        self, trailNameList: list[str] | None = None, includeShadowTrails: bool = True
    ) -> Any:
        here = {"us-east-1", "cn-north-1"}
        shown = [
            trail
            for trail in self.trails.values()
            if trail["IsMultiRegionTrail"] or trail["HomeRegion"] in here
        ]
        return {
            "trailList": [self.trails[arn] for arn in trailNameList] if trailNameList else shown
        }

    def list_trails(self) -> Any:
        return {"Trails": list(self.trails.values())}

    def get_trail_status(self, Name: str) -> Any:
        return self.trails[Name]["status"]

    def get_event_selectors(self, TrailName: str) -> Any:
        return self.trails[TrailName]["selectors"]

    def list_buckets(self) -> Any:
        return {"Buckets": [{"Name": name} for name in self.buckets]}

    def _bucket(self, name: str, owner: str) -> dict[str, Any]:
        assert owner == ACCOUNT
        if name not in self.buckets:
            raise NotFound("NoSuchBucket")
        return self.buckets[name]

    def get_bucket_location(self, Bucket: str, ExpectedBucketOwner: str) -> Any:
        return {"LocationConstraint": self._bucket(Bucket, ExpectedBucketOwner)["region"]}

    def get_bucket_policy(self, Bucket: str, ExpectedBucketOwner: str) -> Any:
        policy = self._bucket(Bucket, ExpectedBucketOwner)["policy"]
        if policy is None:
            raise NotFound("NoSuchBucketPolicy")
        return {"Policy": policy}

    def get_public_access_block(self, Bucket: str, ExpectedBucketOwner: str) -> Any:
        block = self._bucket(Bucket, ExpectedBucketOwner)["block"]
        if block is None:
            raise NotFound("NoSuchPublicAccessBlockConfiguration")
        return {"PublicAccessBlockConfiguration": block}

    def create_bucket(self, Bucket: str, CreateBucketConfiguration: Any = None) -> Any:
        region = (CreateBucketConfiguration or {}).get("LocationConstraint")
        return self.with_bucket(Bucket, policy=None, region=region) and {}

    def delete_bucket(self, Bucket: str, ExpectedBucketOwner: str) -> Any:
        self._bucket(Bucket, ExpectedBucketOwner)
        return self.buckets.pop(Bucket) and {}

    def put_bucket_policy(self, Bucket: str, ExpectedBucketOwner: str, Policy: str) -> Any:
        self._bucket(Bucket, ExpectedBucketOwner)["policy"] = Policy
        return {}

    def delete_bucket_policy(self, Bucket: str, ExpectedBucketOwner: str) -> Any:
        self._bucket(Bucket, ExpectedBucketOwner)["policy"] = None
        return {}

    def put_public_access_block(
        self, Bucket: str, ExpectedBucketOwner: str, PublicAccessBlockConfiguration: Any
    ) -> Any:
        self._bucket(Bucket, ExpectedBucketOwner)["block"] = PublicAccessBlockConfiguration
        return {}

    def delete_public_access_block(self, Bucket: str, ExpectedBucketOwner: str) -> Any:
        self._bucket(Bucket, ExpectedBucketOwner)["block"] = None
        return {}

    def create_trail(self, Name: str, **settings: Any) -> Any:
        arn = f"arn:{self.partition}:cloudtrail:{'us-east-1'}:{ACCOUNT}:trail/{Name}"
        self.with_trail(arn, S3BucketName=settings["S3BucketName"], status={"IsLogging": False})
        self.update_trail(arn, **settings)
        return {}

    def delete_trail(self, Name: str) -> Any:
        return self.trails.pop(Name) and {}

    def update_trail(self, Name: str, **settings: Any) -> Any:
        validated = settings.pop("EnableLogFileValidation", None)
        if validated is not None:
            settings["LogFileValidationEnabled"] = validated
        self.trails[Name].update(settings)
        return {}

    def put_event_selectors(self, TrailName: str, **selectors: Any) -> Any:
        self.trails[TrailName]["selectors"] = selectors
        return {}

    def start_logging(self, Name: str) -> Any:
        self.trails[Name]["status"] |= {"IsLogging": True, "StartLoggingTime": ASKED_AT}
        return {}

    def stop_logging(self, Name: str) -> Any:
        self.trails[Name]["status"] |= {"IsLogging": False}
        return {}
