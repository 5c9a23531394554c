"""What CloudTrail shows of a call to S3: names of its own, the bucket, what kind of settings.

The form follows published records: the kind is an empty member (`"policy": ""`), the settings have
a member of their own. `additionalEventData` and `resources` are not recorded.
"""

import json
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from botocore.model import ListShape, Shape, StructureShape

from trailmend.lab.account import REGION
from trailmend.lab.wire import Call

_NAMESPACE = {"xmlns": "http://s3.amazonaws.com/doc/2006-03-01/"}
# Operations that the log names otherwise than the API: CloudTrail User Guide and published records.
_EVENT_NAMES = {
    "GetBucketLifecycleConfiguration": "GetBucketLifecycle",
    "PutBucketLifecycleConfiguration": "PutBucketLifecycle",
    "DeletePublicAccessBlock": "DeleteBucketPublicAccessBlock",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
}
_SETTINGS = (
    "CreateBucketConfiguration",
    "LifecycleConfiguration",
    "PublicAccessBlockConfiguration",
)


def event_name(call: Call) -> str:
    """Name a call as the log does."""
    return _EVENT_NAMES.get(call.name, call.name) if call.service == "s3" else call.name


def request_of_s3(call: Call) -> dict[str, Any] | None:
    """Write the requestParameters of a call to S3; None for a call that names no bucket."""
    sent = call.parameters
    if "Bucket" not in sent:
        return None
    place = "" if call.region == REGION else f".{call.region}"
    query = urlsplit(call.operation.http["requestUri"]).query
    shown = {"bucketName": sent["Bucket"], "Host": f"s3{place}.amazonaws.com"}
    shown |= dict(parse_qsl(query, keep_blank_values=True))
    if "Key" in sent:
        shown["key"] = sent["Key"]
    if "Policy" in sent:
        shown["bucketPolicy"] = _policy(sent["Policy"])
    shape = call.operation.input_shape
    return shown | {
        name: _NAMESPACE | dict(_as_element(shape.members[name], sent[name]) or {})
        for name in _SETTINGS
        if shape is not None and name in sent
    }


def _as_element(shape: Shape, value: Any) -> Any:
    """Write a value with the names of its XML; of several elements of a name a list is made."""
    if isinstance(shape, ListShape):
        each = [_as_element(shape.member, one) for one in value]
        return each[0] if len(each) == 1 else each
    if isinstance(shape, StructureShape):
        members = ((shape.members[name], name, part) for name, part in value.items())
        return {
            member.serialization.get("name", name): _as_element(member, part)
            for member, name, part in members
        } or ""
    return f"{value:%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, datetime) else value


def _policy(document: str) -> Any:
    try:
        return json.loads(document)
    except ValueError:
        return {}  # as in a published record of a policy that was refused
