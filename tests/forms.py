"""Records to test with, and every form in which CloudTrail records arrive."""

import json
from collections.abc import Callable
from typing import Any

Fields = dict[str, Any]


def event(number: int = 0, **changes: Any) -> Fields:
    """Make one record; a change to `...` takes the field away."""
    fields = {
        "eventVersion": "1.08",
        "userIdentity": {"type": "IAMUser", "userName": "alice", "accountId": "111122223333"},
        "eventTime": f"2026-03-01T10:{number // 60 % 60:02}:{number % 60:02}Z",
        "eventSource": "iam.amazonaws.com",
        "eventName": "DeleteLoginProfile",
        "awsRegion": "us-east-1",
        "requestParameters": {"userName": f"user-{number}"},
        "responseElements": None,
        "eventID": f"id-{number}",
        "recipientAccountId": "111122223333",
    } | changes
    return {name: value for name, value in fields.items() if value is not ...}


def text(value: Any, **options: Any) -> bytes:
    """Write JSON as CloudTrail does: compact, and in UTF-8."""
    options.setdefault("separators", (",", ":"))
    return json.dumps(value, ensure_ascii=False, **options).encode()


def lookup_entry(fields: Fields) -> Fields:
    return {
        "EventId": fields["eventID"],
        "EventName": fields["eventName"],
        "EventSource": fields["eventSource"],
        "CloudTrailEvent": text(fields).decode(),
    }


def envelope(fields: Fields) -> Fields:
    return {"version": "0", "detail-type": "AWS API Call via CloudTrail", "detail": fields}


def logged(fields: Fields) -> Fields:
    """Write an event of CloudWatch Logs (botocore: logs, FilteredLogEvent)."""
    return {
        "logStreamName": "111122223333_CloudTrail_us-east-1",
        "timestamp": 1772359200000,
        "message": text(fields).decode(),
        "ingestionTime": 1772359201000,
        "eventId": "39451",
    }


def subscribed(events: list[Fields]) -> Fields:
    """Write what a subscription of CloudWatch Logs sends (AWS: SubscriptionFilters)."""
    return {
        "messageType": "DATA_MESSAGE",
        "owner": "111122223333",
        "logGroup": "trail",
        "logStream": "111122223333_CloudTrail_us-east-1",
        "subscriptionFilters": ["all"],
        "logEvents": [
            {"id": "39451", "timestamp": 1772359200000, "message": text(fields).decode()}
            for fields in events
        ],
    }


def lines(*values: Any) -> bytes:
    return b"\n".join(map(text, values))


FORMS: dict[str, Callable[[list[Fields]], bytes]] = {
    "a file of a trail": lambda e: text({"Records": e}),
    "a file of a trail, printed": lambda e: text({"Records": e}, indent=2, separators=None),
    "a file of a trail, spaced": lambda e: text({"Records": e}, separators=(", ", ": ")),
    "a file of a trail, a record to a line": lambda e: (
        b'{"Records":[\n' + b",\n".join(map(text, e)) + b"\n]}\n"
    ),
    "a list": text,
    "a list, printed": lambda e: text(e, indent=4, separators=None),
    "lines": lambda e: lines(*e),
    "lines of Windows": lambda e: lines(*e).replace(b"\n", b"\r\n") + b"\r\n",
    "lines with blank ones": lambda e: b"\n\n" + lines(*e).replace(b"\n", b"\n \t\n\n"),
    "lines of files": lambda e: lines(*({"Records": [fields]} for fields in e)),
    "lines of lists": lambda e: lines(*([fields] for fields in e)),
    "documents without space": lambda e: b"".join(map(text, e)),
    "printed documents": lambda e: b"\n".join(text(f, indent=1, separators=None) for f in e),
    "keys in order": lambda e: text({"Records": e}, sort_keys=True),
    "a byte order mark": lambda e: b"\xef\xbb\xbf" + text({"Records": e}),
    "a byte order mark before lines": lambda e: b"\xef\xbb\xbf" + lines(*e),
    "envelopes of EventBridge": lambda e: lines(*map(envelope, e)),
    "a list of envelopes": lambda e: text([envelope(fields) for fields in e]),
    "lookup-events": lambda e: text({"Events": [lookup_entry(f) for f in e]}, indent=4),
    "a page of lookup-events": lambda e: text(
        {"NextToken": "abc", "Events": [lookup_entry(f) for f in e]}
    ),
    "an answer of boto3": lambda e: text(
        {"Events": [lookup_entry(f) for f in e], "ResponseMetadata": {"RetryAttempts": 0}}
    ),
    "an answer of boto3, turned round": lambda e: text(
        {"ResponseMetadata": {"RetryAttempts": 0}, "Events": [lookup_entry(f) for f in e]}
    ),
    "entries of lookup-events": lambda e: lines(*map(lookup_entry, e)),
    "messages of SNS": lambda e: lines(
        *({"Type": "Notification", "Message": text(f).decode()} for f in e)
    ),
    "a message of SNS with a list": lambda e: text({"Message": text(e).decode()}),
    "SNS for Lambda": lambda e: text(
        {"Records": [{"Sns": {"Message": text(f).decode()}} for f in e]}
    ),
    "SQS for Lambda": lambda e: text(
        {"Records": [{"eventSource": "aws:sqs", "body": text(envelope(f)).decode()} for f in e]}
    ),
    "an answer of SQS": lambda e: text(
        {"Messages": [{"Body": text(envelope(f)).decode()} for f in e]}
    ),
    "SNS inside SQS": lambda e: lines(
        *({"body": text({"Message": text({"Records": [f]}).decode()}).decode()} for f in e)
    ),
    "filter-log-events": lambda e: text(
        {"events": [*map(logged, e)], "searchedLogStreams": []}, indent=4, separators=None
    ),
    "a subscription of CloudWatch Logs": lambda e: text(subscribed(e)),
    "subscriptions of CloudWatch Logs": lambda e: b"".join(text(subscribed([f])) for f in e),
    "an export of CloudWatch Logs": lambda e: b"".join(
        b"%b.000Z %b\n" % (f["eventTime"].removesuffix("Z").encode(), text(f)) for f in e
    ),
    "an export of Splunk": lambda e: lines(
        *({"preview": False, "offset": 0, "result": {"_raw": text(f).decode()}} for f in e)
    ),
}
