"""Trails: an account has one that logs every region, can be checked, and reaches its bucket.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-concepts.html
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from trailmend.calls import Call, Change, Read, call, change, read
from trailmend.errors import CannotFix
from trailmend.plan import Example, Facts, Steps, remediation
from trailmend.remediations import trail_buckets as buckets
from trailmend.remediations.holders import attached_and_quota, the_principal
from trailmend.remediations.trail_buckets import Bucket
from trailmend.remediations.trail_search import (
    Trail,
    choose,
    is_covered,
    new_trail,
    read_home,
    read_owned,
    read_trails,
)
from trailmend.remediations.trail_selectors import select_all
from trailmend.remediations.trail_stores import check_is_of_the_trail

_FRESH = timedelta(minutes=15)
"""How long an error of a delivery is not held against a repair: AWS delivers about every 5."""


class _Delivery(Struct, frozen=True):
    """How the deliveries of a trail fare; times are ISO 8601, empty if there is none."""

    error: str = ""
    last: str = ""
    started: str = ""


_ASKED_AT = "2026-03-02T09:30:00Z"
_FACTS = Facts(
    account_id="111122223333",
    finding_id="7b1e4c9d2f6a8035",
    event_id="4d2f1a52-6a3e-4a44-8f0e-2f6a7c1b9d06",
    event_name="StopLogging",
    event_time="2026-03-02T09:00:00Z",
    asked_at=_ASKED_AT,
)
_ME = (call("sts.get_caller_identity"), "arn:aws:iam::111122223333:user/kim")
_DESCRIBE = call("cloudtrail.describe_trails", includeShadowTrails=True, region="us-east-1")
_BUCKETS = call("s3.list_buckets")
_ARN = "arn:aws:cloudtrail:us-east-1:111122223333:trail/audit"
_SHOWN = {
    "arn": _ARN,
    "name": "audit",
    "home": "us-east-1",
    "bucket": "example-audit-logs",
    "prefix": "",
    "key": "",
    "everywhere": True,
    "validated": False,
    "worldwide": True,
    "custom": False,
    "organization": False,
}
_OWNED = {
    "Bucket": "example-audit-logs",
    "ExpectedBucketOwner": "111122223333",
    "region": "us-east-1",
}
_STATUS = call("cloudtrail.get_trail_status", Name=_ARN, region="us-east-1")
_MERGED = next(
    buckets.open_to_trail(
        Bucket("example-audit-logs", "us-east-1", "111122223333", _ARN), None, "20260302093000"
    )
)
_EXAMPLE = Example(
    facts=_FACTS,
    reads=(
        _ME,
        (_DESCRIBE, [_SHOWN]),
        (call("cloudtrail.list_trails", region="us-east-1"), [_ARN]),
        (_STATUS, False),
        (_BUCKETS, ["example-audit-logs"]),
        (_STATUS, {"error": "AccessDenied", "last": "", "started": "2025-01-01T00:00:00Z"}),
        (
            call(
                "s3.get_bucket_location",
                Bucket="example-audit-logs",
                ExpectedBucketOwner="111122223333",
            ),
            None,
        ),
        (call("s3.get_bucket_policy", **_OWNED), None),
        (call("s3.get_public_access_block", **_OWNED), None),
        (
            call("cloudtrail.get_event_selectors", TrailName=_ARN, region="us-east-1"),
            {"basic": [{"ReadWriteType": "WriteOnly"}], "advanced": []},
        ),
    ),
    changes=(
        _MERGED.call,
        call(
            "s3.put_public_access_block",
            **_OWNED,
            PublicAccessBlockConfiguration=dict.fromkeys(buckets.FLAGS, True),
        ),
        call(
            "cloudtrail.update_trail", Name=_ARN, region="us-east-1", EnableLogFileValidation=True
        ),
        call(
            "cloudtrail.put_event_selectors",
            TrailName=_ARN,
            region="us-east-1",
            EventSelectors=[
                {"ReadWriteType": "WriteOnly"},
                {
                    "ReadWriteType": "All",
                    "IncludeManagementEvents": True,
                    "DataResources": [],
                    "ExcludeManagementEventSources": [],
                },
            ],
        ),
        call("cloudtrail.start_logging", Name=_ARN, region="us-east-1"),
    ),
)


@remediation(
    title="Let a trail log the whole account again",
    breaks=(
        "AWS bills S3 storage, and each copy of management events after the first. Where the "
        "bucket of the log files is public, that ends."
    ),
    example=_EXAMPLE,
    about="account",
    may="object",
)
def repair_trail(facts: Facts) -> Steps:
    """Repair the trail that logs all regions, or make one; never lower a setting of it.

    In the end a trail logs all management events of all regions with log file validation, to a
    bucket that is not public and whose policy lets CloudTrail write.  The trail that the finding
    names is taken, else the most complete one.  KMS keys, data events and what is left out of
    management events (KMS, RDS Data API) stay as they are; a trail that is made has no KMS key.

    A trail of the organization that logs all this counts; it is repaired in its own account.  A
    bucket of another account is neither read nor changed: make sure that it is yours.

    By hand, do only what is missing: to start logging is one call, and a bucket's policy is
    written whole, so keep the statements that are there.

    Logging that was off leaves a gap: LookupEvents has the management events of 90 days.
    CloudTrail delivers about every five minutes.  Plan this fix again after a quarter of an hour:
    nothing is left to do only if log files arrive without an error.
    """
    check_is_of_the_trail(facts)
    home = yield from read_home()
    own, others = yield from read_trails(facts.account_id, home[1])
    fresh = new_trail(facts.account_id, *home)
    owned = (yield read_owned({fresh.bucket, *(one.bucket for one in own)})) or ()
    trail = choose(own, owned, facts.object_id)
    meant = trail is not None and trail.everywhere and trail.is_called(facts.object_id)
    if not meant and (yield from is_covered(others, home[1])):
        return
    trail = trail or fresh
    yield from _repair_delivery(trail, facts, owned=trail.bucket in owned)
    yield from _repair(trail, others, owned=not trail.made or trail.bucket in owned)


# Its bucket --------------------------------------------------------------------------------


def _repair_delivery(trail: Trail, facts: Facts, *, owned: bool) -> Steps:
    """Let the log files reach a closed bucket; raises CannotFix if AWS says that they do not."""
    delivery = (yield from _delivery(trail)) if trail.made else _Delivery()
    if not owned and trail.made and delivery.error != "NoSuchBucket":
        return _check_delivery(trail, delivery, facts, None)
    if not owned and trail.organization:
        raise CannotFix(
            f"Bucket {trail.bucket} of the organization's trail {trail.name} is gone, and the "
            "policy that it needs names the organization: make both again by hand (CloudTrail "
            'User Guide, "Creating a trail for an organization with the AWS CLI").'
        )
    if owned:
        region = yield from buckets.read_region(trail.bucket, facts.account_id)
    else:
        region = trail.key.split(":")[3] if trail.key.startswith("arn:") else trail.home
    bucket = Bucket(trail.bucket, region, facts.account_id, trail.arn, trail.prefix)
    if not owned:
        yield buckets.create(bucket, again=trail.made)
    text = (yield buckets.read_policy(bucket)) if owned else None
    opening = list(buckets.open_to_trail(bucket, text, _digits(facts.asked_at)))
    yield from opening
    if owned:
        yield from buckets.close(bucket)
    if not opening:
        _check_delivery(trail, delivery, facts, text)
    return None


def _delivery(trail: Trail) -> Generator[Read, Any, _Delivery]:
    found = yield read(
        "cloudtrail.get_trail_status",
        Name=trail.arn,
        region=trail.home,
        pick="{error: LatestDeliveryError || '', last: LatestDeliveryTime || '', "
        "started: StartLoggingTime || ''}",
        watch=False,
    )
    return msgspec.convert(found or {}, _Delivery)


def _check_delivery(trail: Trail, delivery: _Delivery, facts: Facts, policy: str | None) -> None:
    """Raise CannotFix if a trail that logs does not deliver, and that is not being mended.

    What was started or opened since a while before the plan was asked for has had no time yet:
    so an old error does not stand in the way of the plan that mends it.
    """
    if not (trail.logging and facts.asked_at):
        return
    since = datetime.fromisoformat(facts.asked_at) - _FRESH
    if delivery.started and datetime.fromisoformat(delivery.started) >= since:
        return
    if buckets.was_opened(policy, _digits(since.isoformat()), _digits(facts.asked_at)):
        return
    where = f"{trail.text} logs, and its files do not reach bucket {trail.bucket}"
    if delivery.error:
        raise CannotFix(
            f"{where}. S3 says {delivery.error}: look at the policy and the KMS key of the bucket, "
            "at service control policies, and whose bucket it is; then plan again."
        )
    if not delivery.last:
        raise CannotFix(
            f"{where}: none has since {delivery.started or 'it was made'}. Look with "
            f"`aws cloudtrail get-trail-status --name {trail.arn} --region {trail.home}`."
        )


def _digits(time: str) -> str:
    """Write a time of UTC in ISO 8601 as 14 digits; nothing for nothing."""
    return re.sub("[^0-9]", "", time)[:14]


# The trail itself --------------------------------------------------------------------------


def _repair(trail: Trail, others: Iterable[Trail], *, owned: bool) -> Steps:
    if trail.made:
        yield from _raise(trail)
        yield from select_all(trail.arn, trail.home, trail.text)
    else:
        yield _create(trail, others)
    where = "" if owned else " (not of this account: make sure that it is yours)"
    if not trail.logging:
        yield _change(
            "start_logging",
            trail,
            undo=_call("stop_logging", trail),
            note=f"{trail.text}, to bucket {trail.bucket}{where}: logging off → on",
        )


def _call(verb: str, trail: Trail, **params: Any) -> Call:
    return call(f"cloudtrail.{verb}", Name=trail.arn, region=trail.home, **params)


def _change(verb: str, trail: Trail, *, undo: Call, note: str, **params: Any) -> Change:
    return change(
        f"cloudtrail.{verb}",
        undo=undo,
        note=note,
        Name=trail.arn,
        region=trail.home,
        **params,
    )


def _raise(trail: Trail) -> Steps:
    """Turn on what is off; what UpdateTrail is not sent stays as it is."""
    wanted = {
        "IsMultiRegionTrail": trail.everywhere,
        "EnableLogFileValidation": trail.validated,
        "IncludeGlobalServiceEvents": trail.worldwide,
    }
    lacking = [name for name, on in wanted.items() if not on]
    if lacking:
        yield _change(
            "update_trail",
            trail,
            **dict.fromkeys(lacking, True),
            undo=_call("update_trail", trail, **dict.fromkeys(lacking, False)),
            note=f"{trail.text}: {', '.join(lacking)} off → on",
        )


def _create(trail: Trail, others: Iterable[Trail]) -> Change:
    told = "".join(
        f" Trail {one.name} of account {one.account_id} does not do: tell its owner."
        for one in others
    )
    return change(
        "cloudtrail.create_trail",
        Name=trail.name,
        S3BucketName=trail.bucket,
        IsMultiRegionTrail=True,
        EnableLogFileValidation=True,
        IncludeGlobalServiceEvents=True,
        region=trail.home,
        undo=_call("delete_trail", trail),
        note=f"{trail.text}: none → made for all regions, with log file validation.{told}",
    )


# Who may look at it ------------------------------------------------------------------------

_BOB = Facts(
    account_id="111122223333",
    finding_id="",
    event_id="",
    event_name="",
    event_time="",
    asked_at=_ASKED_AT,
    user_name="bob",
)
_READER = "policy/AWSCloudTrail_ReadOnlyAccess"


@remediation(
    title="Let an analyst look at CloudTrail",
    breaks="The user or role can read the events of the whole account with LookupEvents.",
    example=Example(
        facts=_BOB,
        reads=(
            (
                call("iam.get_user", UserName="bob"),
                {
                    "id": "AIDAEXAMPLE0000000001",
                    "created": "2025-01-01T00:00:00Z",
                    "arn": "arn:aws:iam::111122223333:user/bob",
                },
            ),
            (call("iam.list_attached_user_policies", UserName="bob"), []),
            (call("iam.get_account_summary"), 10),
            (call("iam.list_attached_user_policies", UserName="bob"), 0),
        ),
        changes=(
            call(
                "iam.attach_user_policy",
                UserName="bob",
                PolicyArn=f"arn:aws:iam::aws:{_READER}",
            ),
        ),
    ),
    about="account",
    needs="user/role",
)
def attach_trail_reader(facts: Facts) -> Steps:
    """Attach AWS's policy AWSCloudTrail_ReadOnlyAccess to the user or role that is named.

    It allows to describe trails and to look up events, and changes nothing.  It does not open the
    log files in the bucket: that takes s3:GetObject there.  A denial elsewhere still holds.
    """
    who = yield from the_principal(facts)
    arn = f"arn:{who.arn.split(':')[1]}:iam::aws:{_READER}"
    attached = yield who.ask(
        "list_attached_{}_policies", pick=f"AttachedPolicies[?PolicyArn=='{arn}'].PolicyArn"
    )
    if attached:
        return
    count, quota = yield from attached_and_quota(who)
    if count >= quota:
        raise CannotFix(
            f"{who.title} has {count} managed policies attached, as many as may be: detach one of "
            "them, or put the policy on a group of the user, then plan again."
        )
    yield change(
        f"iam.attach_{who.kind}_policy",
        **who.named,
        PolicyArn=arn,
        undo=who.call("detach_{}_policy", PolicyArn=arn),
        note=f"{who.title}: AWSCloudTrail_ReadOnlyAccess not attached → attached",
    )
