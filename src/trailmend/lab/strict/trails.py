"""Trails: the bucket has to be open to them, home has to call them, and they start silent."""

from collections.abc import Callable
from datetime import UTC
from typing import Any

from moto.cloudtrail.models import Trail, cloudtrail_backends

from trailmend.lab.account import ACCOUNT_ID, Account
from trailmend.lab.buckets import delivery_error
from trailmend.lab.resources import trail_arn
from trailmend.lab.strict.correction import Correction, Result
from trailmend.lab.wire import Call, Refusal

_LIMIT = 5
_SELECTORS = 5
_BY_DEFAULT = {
    "ReadWriteType": "All",
    "IncludeManagementEvents": True,
    "DataResources": [],
    "ExcludeManagementEventSources": [],
}


def _all_trails() -> list[Trail]:
    backends = cloudtrail_backends[ACCOUNT_ID].values()
    return [trail for backend in backends for trail in backend.trails.values()]


def _trail(call: Call) -> Trail:
    """Find a trail by its ARN, or by its name in the region of the call."""
    arn = trail_arn(call.region, call.parameters.get("Name") or call.parameters["TrailName"])
    for trail in _all_trails():
        if trail.arn == arn:
            return trail
    raise Refusal("TrailNotFoundException", f"Unknown trail: {arn} for the user: {ACCOUNT_ID}")


def _trail_at_home(call: Call) -> Trail:
    """Find a trail for a call that must come from its region; the sentence is not AWS's."""
    trail = _trail(call)
    if trail.region_name != call.region:
        sentence = f"The home region of {trail.arn} is {trail.region_name}."
        raise Refusal("InvalidHomeRegionException", sentence)
    return trail


def _refuse_elsewhere(call: Call, account: Account) -> None:
    _trail_at_home(call)


def _refuse_bucket(bucket: str, prefix: str | None, arn: str) -> None:
    error = delivery_error(bucket, prefix, arn)
    if error == "NoSuchBucket":
        raise Refusal("S3BucketDoesNotExistException", f"S3 bucket {bucket} does not exist!")
    if error:
        sentence = f"Incorrect S3 bucket policy is detected for bucket: {bucket}"
        raise Refusal("InsufficientS3BucketPolicyException", sentence)


def _refuse_one_region_of_the_world(is_global: bool, is_multi_region: bool) -> None:
    if is_multi_region and not is_global:
        sentence = "Multi-Region trail must include global service events."
        raise Refusal("InvalidParameterCombinationException", sentence)


def _refuse_to_create(call: Call, account: Account) -> None:
    """Refuse what AWS refuses; moto creates, checks the name, and the trail does not log yet."""
    sent, here = call.parameters, _seen_from(call.region)
    name, arn = sent["Name"], trail_arn(call.region, sent["Name"])
    if name in {trail.trail_name for trail in here}:
        sentence = f"Trail {name} already exists for customer: {ACCOUNT_ID}"
        raise Refusal("TrailAlreadyExistsException", sentence)
    if len(here) >= _LIMIT:
        sentence = f"User: {ACCOUNT_ID} already has {_LIMIT} trails in {call.region}."
        raise Refusal("MaximumNumberOfTrailsExceededException", sentence)
    is_global = sent.get("IncludeGlobalServiceEvents", True)
    _refuse_one_region_of_the_world(is_global, sent.get("IsMultiRegionTrail", False))
    _refuse_bucket(sent["S3BucketName"], sent.get("S3KeyPrefix"), arn)


def _refuse_to_update(call: Call, account: Account) -> None:
    """Refuse what AWS refuses; that every update checks the bucket could not be checked."""
    trail, sent = _trail_at_home(call), call.parameters
    _refuse_one_region_of_the_world(
        sent.get("IncludeGlobalServiceEvents", trail.include_global_service_events),
        sent.get("IsMultiRegionTrail", trail.is_multi_region),
    )
    bucket = sent.get("S3BucketName", trail.bucket_name)
    _refuse_bucket(bucket, sent.get("S3KeyPrefix", trail.s3_key_prefix), trail.arn)


def _delete(call: Call, account: Account) -> Result:
    trail = _trail_at_home(call)
    del cloudtrail_backends[ACCOUNT_ID][call.region].trails[trail.trail_name]
    return {}


def _seen_from(region: str) -> list[Trail]:
    """Give the trails of a region, and the shadows there of those of other regions."""
    return [
        trail for trail in _all_trails() if trail.is_multi_region or trail.region_name == region
    ]


def _describe(call: Call, account: Account) -> Result:
    asked = call.parameters.get("trailNameList") or []
    if asked:
        arns = {trail_arn(call.region, name) for name in asked}
        found = [trail for trail in _all_trails() if trail.arn in arns]
    else:
        found = _seen_from(call.region)
        if call.parameters.get("includeShadowTrails") is False:
            found = [trail for trail in found if trail.region_name == call.region]
    return {"trailList": [_shown(trail) for trail in found]}


def _get(call: Call, account: Account) -> Result:
    return {"Trail": _shown(_trail(call))}


def _shown(trail: Trail) -> dict[str, Any]:
    shown: dict[str, Any] = trail.description(include_region=True)
    custom = bool(trail.event_selectors or trail.advanced_event_selectors)
    shown |= {
        "HasCustomEventSelectors": custom,
        "HasInsightSelectors": bool(trail.insight_selectors),
    }
    return {name: value for name, value in shown.items() if value is not None}


def _status(call: Call, account: Account) -> Result:
    trail = _trail(call)
    status, delivery = trail.status, account.delivery_of(trail)
    times = {
        "LatestDeliveryTime": delivery.last,
        "StartLoggingTime": status.started and status.started.replace(tzinfo=UTC),
        "StopLoggingTime": status.stopped and status.stopped.replace(tzinfo=UTC),
    }
    error = {"LatestDeliveryError": delivery.error} if delivery.error else {}
    known = {name: when for name, when in times.items() if when is not None}
    return {"IsLogging": status.is_logging, **known, **error}


def _get_selectors(call: Call, account: Account) -> Result:
    trail = _trail(call)
    if trail.advanced_event_selectors:
        return {"TrailARN": trail.arn, "AdvancedEventSelectors": trail.advanced_event_selectors}
    return {"TrailARN": trail.arn, "EventSelectors": trail.event_selectors or [_BY_DEFAULT]}


def _put_selectors(call: Call, account: Account) -> Result:
    trail, sent = _trail_at_home(call), call.parameters
    basic, advanced = sent.get("EventSelectors") or [], sent.get("AdvancedEventSelectors") or []
    if bool(basic) == bool(advanced) or len(basic) > _SELECTORS:
        sentence = "Give one to five event selectors, or advanced event selectors, not both."
        raise Refusal("InvalidEventSelectorsException", sentence)
    trail.event_selectors = [_BY_DEFAULT | selector for selector in basic]
    trail.advanced_event_selectors = list(advanced)
    return _get_selectors(call, account)


def _at_home(
    action: str, act: Callable[[Call, Account], Result | None] = _refuse_elsewhere
) -> Correction:
    return Correction(
        f"cloudtrail:{action}",
        "a_trail_is_changed_from_its_home_region_only",
        'botocore InvalidHomeRegionException: "This exception is thrown when an operation is '
        'called on a trail from a Region other than the Region in which the trail was created."',
        act,
    )


CORRECTIONS = (
    Correction(
        "cloudtrail:CreateTrail",
        "a_trail_is_made_once_and_on_a_bucket_that_lets_it_write",
        'botocore InsufficientS3BucketPolicyException: "This exception is thrown when the policy '
        'on the S3 bucket is not sufficient."',
        _refuse_to_create,
    ),
    Correction(
        "cloudtrail:UpdateTrail",
        "an_update_leaves_what_it_does_not_name_and_needs_the_bucket",
        'botocore UpdateTrail: "If the existing bucket has previously been a target for '
        'CloudTrail log files, an IAM policy exists for the bucket."',
        _refuse_to_update,
    ),
    _at_home("StartLogging"),
    _at_home("StopLogging"),
    _at_home("DeleteTrail", _delete),
    Correction(
        "cloudtrail:DescribeTrails",
        "trails_are_described_by_name_in_their_region_and_by_arn_anywhere",
        'botocore DescribeTrailsRequest.trailNameList: "To return information about a trail in '
        'another Region, you must specify its trail ARN."',
        _describe,
    ),
    Correction(
        "cloudtrail:GetTrail",
        "trails_are_described_by_name_in_their_region_and_by_arn_anywhere",
        "botocore Trail: HomeRegion, HasCustomEventSelectors",
        _get,
    ),
    Correction(
        "cloudtrail:GetTrailStatus",
        "a_trail_tells_when_it_delivered_and_what_kept_it_from_that",
        'botocore GetTrailStatusResponse.LatestDeliveryError: "Displays any Amazon S3 error that '
        'CloudTrail encountered when attempting to deliver log files to the designated bucket."',
        _status,
    ),
    Correction(
        "cloudtrail:GetEventSelectors",
        "a_trail_selects_all_management_events_until_it_is_told_otherwise",
        'botocore PutEventSelectors: "By default, trails created without specific event selectors '
        'are configured to log all read and write management events"',
        _get_selectors,
    ),
    Correction(
        "cloudtrail:PutEventSelectors",
        "a_trail_selects_all_management_events_until_it_is_told_otherwise",
        'botocore PutEventSelectorsRequest.EventSelectors: "If you apply EventSelectors to a '
        'trail, any existing AdvancedEventSelectors are overwritten."',
        _put_selectors,
    ),
)
