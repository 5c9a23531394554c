"""Which trail of an account is meant: found in all regions, the most complete first."""

from __future__ import annotations

import json
from collections.abc import Collection, Generator, Iterable
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from trailmend.calls import Read, read
from trailmend.errors import CannotFix
from trailmend.event_selectors import logs_all
from trailmend.remediations.trail_selectors import read_selectors

NAME = "trailmend-trail"
"""The name of the trail that is made where there is none."""
_HOMES = {
    "aws": "us-east-1",
    "aws-cn": "cn-north-1",
    "aws-us-gov": "us-gov-west-1",
    "aws-iso": "us-iso-east-1",
    "aws-iso-b": "us-isob-east-1",
    "aws-iso-f": "us-isof-south-1",
    "aws-eusc": "eusc-de-east-1",
}
"""The region that leads each partition, where IAM's events are (botocore, endpoints.json)."""
_TRAILS = (
    "sort_by(trailList, &TrailARN)[].{arn: TrailARN, name: Name, home: HomeRegion, "
    "bucket: S3BucketName, prefix: S3KeyPrefix || '', key: KmsKeyId || '', "
    "everywhere: IsMultiRegionTrail, validated: LogFileValidationEnabled, "
    "worldwide: IncludeGlobalServiceEvents, custom: HasCustomEventSelectors || `false`, "
    "organization: IsOrganizationTrail || `false`}"
)


class Trail(Struct, frozen=True):
    """A trail as DescribeTrails shows it, and whether it logs; `made` is whether it is there."""

    arn: str
    name: str
    home: str
    bucket: str
    prefix: str = ""
    key: str = ""
    everywhere: bool = True
    validated: bool = True
    worldwide: bool = True
    custom: bool = False
    organization: bool = False
    logging: bool = False
    made: bool = True

    @property
    def account_id(self) -> str:
        """The account that owns it."""
        return self.arn.split(":")[4]

    @property
    def text(self) -> str:
        """The trail at the head of a sentence."""
        return f"Trail {self.name} in {self.home}"

    def is_called(self, name: str | None) -> bool:
        """Tell whether that is its name or ARN, as a finding has it."""
        return name in (self.name, self.arn)


def read_home() -> Generator[Read, Any, tuple[str, str]]:
    """Give the partition of the account and the region that leads it."""
    arn = yield read("sts.get_caller_identity", pick="Arn", watch=False)
    partition = str(arn).split(":")[1]
    if partition not in _HOMES:
        raise CannotFix(f"Partition {partition} is not known here: repair the trail by hand.")
    return partition, _HOMES[partition]


def new_trail(account_id: str, partition: str, region: str) -> Trail:
    """Give the trail that is to be made; its ARN is known before."""
    arn = f"arn:{partition}:cloudtrail:{region}:{account_id}:trail/{NAME}"
    return Trail(arn, NAME, region, f"trailmend-trail-{account_id}-{region}", made=False)


def read_trails(
    account_id: str, home: str
) -> Generator[Read, Any, tuple[list[Trail], list[Trail]]]:
    """Read the trails of the account, and those of its organization.

    DescribeTrails shows those of all regions and of the organization from anywhere, but those of
    one region only there (botocore, includeShadowTrails): those are asked for by their ARNs.
    """
    found = yield _describe(home, includeShadowTrails=True)
    trails = msgspec.convert(found or [], list[Trail])
    own = [one for one in trails if one.account_id == account_id]
    others = [one for one in trails if one.account_id != account_id]
    arns = yield read("cloudtrail.list_trails", region=home, pick="sort(Trails[].TrailARN)")
    known = {one.arn for one in trails}
    more = [arn for arn in arns or () if arn not in known and arn.split(":")[4] == account_id]
    if more:
        found = yield _describe(home, trailNameList=more)
        own += msgspec.convert(found or [], list[Trail])
    for place, one in enumerate(own):
        own[place] = yield from _with_status(one, one.home)
    return own, others


def _describe(home: str, **params: Any) -> Read:
    return read("cloudtrail.describe_trails", region=home, pick=_TRAILS, **params)


def _with_status(trail: Trail, region: str) -> Generator[Read, Any, Trail]:
    logging = yield read(
        "cloudtrail.get_trail_status", Name=trail.arn, region=region, pick="IsLogging"
    )
    return replace(trail, logging=bool(logging))


def choose(own: Iterable[Trail], owned: Collection[str], name: str | None) -> Trail | None:
    """Take the trail that lacks least; what a repair adds to it keeps it the first."""

    def rank(trail: Trail) -> tuple[bool, ...]:
        return (
            trail.everywhere,
            trail.is_called(name),
            trail.logging,
            trail.bucket in owned,
            not trail.custom,
            trail.validated,
            trail.worldwide,
        )

    return max(sorted(own, key=lambda trail: trail.arn), key=rank, default=None)


def is_covered(others: Iterable[Trail], home: str) -> Generator[Read, Any, bool]:
    """Tell whether a trail of the organization logs what one of the account should."""
    for one in others:
        if one.everywhere and one.validated and (yield from _with_status(one, home)).logging:
            selectors = yield read_selectors(one.arn, home)
            if selectors and logs_all(selectors):
                return True
    return False


def read_owned(names: Collection[str]) -> Read:
    """Ask which of the buckets of those names are the account's own."""
    literal = json.dumps(sorted(names)).replace("`", "\\`")
    return read("s3.list_buckets", pick=f"sort(Buckets[?contains(`{literal}`, Name)].Name)")
