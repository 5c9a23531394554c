"""CloudTrail LookupEvents over the records of the lab."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from trailmend.lab.account import Account, Record
from trailmend.lab.recorder import shown_identity
from trailmend.lab.strict.correction import Correction, Result
from trailmend.lab.wire import Call, Refusal

_PAGE = 50
_DAYS_KEPT = 90


def _user_name(record: Record) -> str:
    return shown_identity(record.get("userIdentity", {}))


def _resources(record: Record) -> list[dict[str, str]]:
    """Name the resources of a record as LookupEvents does; of IAM the user, role and key."""
    kinds = {
        "userName": "AWS::IAM::User",
        "roleName": "AWS::IAM::Role",
        "groupName": "AWS::IAM::Group",
        "policyArn": "AWS::IAM::Policy",
        "accessKeyId": "AWS::IAM::AccessKey",
        "serialNumber": "AWS::IAM::MfaDevice",
    }
    sent = record.get("requestParameters") or {}
    return [
        {"ResourceType": kind, "ResourceName": str(sent[name])}
        for name, kind in kinds.items()
        if name in sent
    ]


_ATTRIBUTES: dict[str, Callable[[Record], Any]] = {
    "EventId": lambda record: [record.get("eventID")],
    "EventName": lambda record: [record.get("eventName")],
    "EventSource": lambda record: [record.get("eventSource")],
    "ReadOnly": lambda record: [str(record.get("readOnly", False)).lower()],
    "AccessKeyId": lambda record: [record.get("userIdentity", {}).get("accessKeyId")],
    "Username": lambda record: [_user_name(record)],
    "ResourceType": lambda record: [one["ResourceType"] for one in _resources(record)],
    "ResourceName": lambda record: [one["ResourceName"] for one in _resources(record)],
}


def _time(value: Any) -> datetime:
    return (
        value.replace(tzinfo=UTC)
        if isinstance(value, datetime)
        else datetime.fromtimestamp(value, UTC)
    )


def _event_time(record: Record) -> datetime:
    return datetime.fromisoformat(record["eventTime"])


def _shown(record: Record) -> dict[str, Any]:
    key = record.get("userIdentity", {}).get("accessKeyId")
    event = {
        "EventId": record["eventID"],
        "EventName": record["eventName"],
        "ReadOnly": str(record.get("readOnly", False)).lower(),
        "EventTime": _event_time(record),
        "EventSource": record["eventSource"],
        "Username": _user_name(record),
        "Resources": _resources(record),
        "CloudTrailEvent": json.dumps(record, separators=(",", ":")),
    }
    return event | ({"AccessKeyId": key} if key else {})


def _lookup(call: Call, account: Account) -> Result:
    """Answer with the events of the region, newest first."""
    asked = call.parameters
    now = account.now()
    start, end = _time(asked.get("StartTime", 0)), _time(asked.get("EndTime", now.timestamp()))
    if start > end:
        raise Refusal("InvalidTimeRangeException", "Start time must not be after end time.")
    wanted = asked.get("LookupAttributes") or []
    if len(wanted) > 1:
        raise Refusal("InvalidLookupAttributesException", "You can only use one lookup attribute.")
    found = [
        record
        for record in account.records
        if record["awsRegion"] == call.region
        and start <= _event_time(record) <= end
        and (now - _event_time(record)).days < _DAYS_KEPT
        and all(one["AttributeValue"] in _ATTRIBUTES[one["AttributeKey"]](record) for one in wanted)
    ]
    found.sort(key=_event_time)
    return _page(found[::-1], asked)


def _page(found: list[Record], asked: Any) -> Result:
    token, size = asked.get("NextToken", "0"), asked.get("MaxResults", _PAGE)
    if not token.isdigit():
        raise Refusal("InvalidNextTokenException", "Invalid token.")
    if not 1 <= size <= _PAGE:
        raise Refusal("InvalidMaxResultsException", "MaxResults must be between 1 and 50.")
    first = int(token)
    events = [_shown(record) for record in found[first : first + size]]
    more = first + size < len(found)
    return {"Events": events} | ({"NextToken": str(first + size)} if more else {})


CORRECTIONS = (
    Correction(
        "cloudtrail:LookupEvents",
        "events_are_looked_up_newest_first_in_pages_of_fifty",
        'botocore LookupEvents: "The default number of results returned is 50, with a maximum of '
        '50 possible."',
        _lookup,
    ),
)
