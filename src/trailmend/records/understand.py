"""The JSON of one value -> records, strictly: one text, one meaning.

Refused are what parsers read differently: bytes that are not UTF-8, NaN and Infinity, numbers that
no double or integer of 4,300 digits holds, half surrogate pairs, names given twice in one object,
nesting deeper than 64. A name given twice is refused rather than read as its last value, because
engines disagree on which one counts, and because two records torn in the middle and joined make one
object that looks whole.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from itertools import accumulate
from types import UnionType
from typing import Annotated, Any, TypeVar

import msgspec

MAXIMUM_DEPTH = 64
MAXIMUM_WRAPPERS = 5
_TREES_INSIDE = ("Records", "Events", "Messages", "events", "logEvents", "detail", "Sns", "result")
_TEXTS_INSIDE = ("CloudTrailEvent", "Message", "body", "Body", "_raw")
_LOGGED = {"id", "eventId", "extractedFields", "ingestionTime", "logStreamName", "timestamp"}
"""What stands beside `message` in an event of CloudWatch Logs (botocore: FilteredLogEvent,
OutputLogEvent; AWS: SubscriptionFilters): anybody may write a `message` into another log."""
_NAMES = ("eventSource", "eventName", "eventTime")
_OBJECT = (dict, type(None))
_OBJECT_OR_TEXT = (dict, str, type(None))
_TREES = ("requestParameters", "responseElements", "additionalEventData")
_INSIGHT = "AwsCloudTrailInsight"
_DIGEST_NAMES = {"digestS3Object", "logFiles"}
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_EVENT_SOURCE = b'"eventSource"'
_ESCAPED_LETTER = re.compile(rb"\\u00[4-7]")
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_KINDS = {
    dict: "an object",
    list: "a list",
    str: "a string",
    int: "a number",
    float: "a number",
    bool: "true or false",
    type(None): "null",
}


class NotUnderstood(ValueError):
    """The text is not strict JSON; the message says why."""


class _Identity(msgspec.Struct, gc=False):
    accountId: str | None = None


_NotEmpty = Annotated[str, msgspec.Meta(min_length=1)]


class Glance(msgspec.Struct, gc=False):
    """The few fields that decide whether a record is wanted."""

    eventSource: _NotEmpty
    eventName: _NotEmpty
    eventTime: _NotEmpty
    awsRegion: str | None = None
    recipientAccountId: str | None = None
    userIdentity: _Identity | None = None


class _Caller(_Identity, gc=False):
    type: str | None = None
    arn: str | None = None


class WideGlance(Glance, gc=False):
    """What a glance shows to who asks for more than the event's source and name."""

    eventType: str | None = None
    userAgent: str | None = None
    sourceIPAddress: str | None = None
    errorCode: str | None = None
    errorMessage: str | None = None
    userIdentity: _Caller | None = None


class _Digest(msgspec.Struct, gc=False):
    digestS3Object: str
    logFiles: msgspec.Raw


_JSON = msgspec.json.Decoder()
_DIGEST = msgspec.json.Decoder(_Digest)
_Kind = TypeVar("_Kind", bound=Glance)


@cache
def _decoder(kind: type[_Kind]) -> msgspec.json.Decoder[_Kind]:
    return msgspec.json.Decoder(kind)


@cache
def _list_decoder(kind: type[_Kind]) -> msgspec.json.Decoder[list[_Kind]]:
    return msgspec.json.Decoder(list[kind])  # type: ignore[valid-type]


def glance(text: bytes, kind: type[_Kind]) -> _Kind | None:
    """Return what decides whether a record is wanted, or None where a closer look must tell.

    All but the fields of the glance is checked for its structure only.  A second `eventSource`,
    which an escape could hide, would make the answer depend on the parser.
    """
    if text.count(_EVENT_SOURCE) != 1 or _ESCAPED_LETTER.search(text):
        return None
    try:
        found: _Kind = _decoder(kind).decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return found


def glance_at_fields(fields: dict[str, Any]) -> WideGlance | None:
    """Return what a wide glance at a record that is read shows, or None where it shows nothing."""
    try:
        return msgspec.convert(fields, WideGlance)
    except msgspec.ValidationError:
        return None


def glance_at_list(data: bytes, start: int, end: int, kind: type[_Kind]) -> list[_Kind] | None:
    """Glance at all the records of a list, whose brackets stand around `start` and `end`."""
    if _ESCAPED_LETTER.search(data, start, end):
        return None
    try:
        found = _list_decoder(kind).decode(memoryview(data)[start - 1 : end + 1])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return found if data.count(_EVENT_SOURCE, start, end) == len(found) else None


def is_digest(text: bytes | memoryview) -> bool:
    """Tell whether this is a CloudTrail digest file, which may be longer than any record."""
    try:
        _DIGEST.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def understand(
    text: bytes, wrappers: int = MAXIMUM_WRAPPERS
) -> Iterator[dict[str, Any] | str | None]:
    """Yield for each record in the text its fields, else why it is none, or None to set aside."""
    try:
        value = parse(text)
    except NotUnderstood as error:
        yield str(error)
        return
    yield from _unwrap(value, wrappers)


def parse(text: bytes) -> Any:
    """Return the value of a JSON text, or raise NotUnderstood.

    A text that msgspec writes back byte for byte holds no name twice. The others are read once more
    by the slower parser that shows each pair.
    """
    if text.count(b"{") + text.count(b"[") > MAXIMUM_DEPTH and _depth(text) > MAXIMUM_DEPTH:
        raise NotUnderstood(f"is nested deeper than {MAXIMUM_DEPTH} levels")
    try:
        value = _JSON.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotUnderstood(_reason(error)) from error
    if msgspec.json.encode(value) != text.strip():
        json.loads(text, object_pairs_hook=_refuse_doubles)
    return value


def _depth(text: bytes) -> int:
    brackets = _STRING.sub(b"", text).translate(None, _NOT_BRACKETS)
    return max(accumulate(1 if bracket in b"[{" else -1 for bracket in brackets), default=0)


def _refuse_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        double = next(name for name in names if names.count(name) > 1)
        raise NotUnderstood(f"gives {double[:80]!r} twice in one object")
    return fields


def _reason(error: msgspec.DecodeError | UnicodeDecodeError) -> str:
    """Say what is wrong with a text whose brackets and quotes are all closed."""
    message = str(error)
    if isinstance(error, UnicodeDecodeError):
        return "is not UTF-8"
    if "surrogate" in message or "truncated" in message:
        return "holds half of a surrogate pair"
    if isinstance(error, msgspec.ValidationError):
        return "holds a number that is out of range"
    return f"is not JSON: {message.removeprefix('JSON is malformed: ').rstrip(')')} of the record)"


def _unwrap(value: Any, wrappers: int) -> Iterator[dict[str, Any] | str | None]:
    if isinstance(value, list) and wrappers < MAXIMUM_WRAPPERS:
        for item in value:
            yield from _unwrap(item, wrappers)
    elif not isinstance(value, dict):
        yield f"is {_KINDS[type(value)]}: JSON, but no CloudTrail record"
    elif "eventName" in value:
        yield _complete(value)
    elif wrappers == 0:
        yield f"is wrapped more than {MAXIMUM_WRAPPERS} times"
    elif (inner := _first(value, _TREES_INSIDE, dict | list)) is not None:
        yield from _unwrap(inner, wrappers - 1)
    elif (inner := _text_in(value)) and inner.lstrip().startswith(("{", "[")):
        yield from understand(inner.encode(), wrappers - 1)
    elif _is_insight(value) or value.keys() >= _DIGEST_NAMES:
        yield None
    elif "eventSource" in value:
        yield "eventName is missing"
    else:
        yield "is not a CloudTrail record: it has no eventSource and no eventName"


def _text_in(fields: dict[str, Any]) -> str | None:
    logged = "timestamp" in fields and fields.keys() - _LOGGED == {"message"}
    text: str | None = _first(fields, (*_TEXTS_INSIDE, *(["message"] if logged else ())), str)
    return text


def _first(fields: dict[str, Any], names: tuple[str, ...], kind: type | UnionType) -> Any:
    return next((fields[name] for name in names if isinstance(fields.get(name), kind)), None)


def _is_insight(fields: dict[str, Any]) -> bool:
    """Tell whether this is an Insight record, which names its API call in `insightDetails`."""
    return fields.get("eventCategory") == "Insight" or fields.get("eventType") == _INSIGHT


def _complete(fields: dict[str, Any]) -> dict[str, Any] | str:
    """Return the fields with an eventTime, or what makes them no record.

    Logstash leaves the time in `@timestamp` only. A string in place of a tree is what some services
    and exports send.
    """
    if fields.get("eventTime") is None and isinstance(fields.get("@timestamp"), str):
        fields["eventTime"] = fields["@timestamp"]
    for name in _NAMES:
        if not isinstance(fields.get(name), str):
            return f"{name} is {_kind(fields, name)}"
        if not fields[name]:
            return f"{name} is empty"
    if not isinstance(fields.get("userIdentity"), _OBJECT):
        return f"userIdentity is {_kind(fields, 'userIdentity')}, not an object"
    for name in _TREES:
        if not isinstance(fields.get(name), _OBJECT_OR_TEXT):
            return f"{name} is {_kind(fields, name)}, not an object"
    return fields


def _kind(fields: dict[str, Any], name: str) -> str:
    return _KINDS[type(fields[name])] if name in fields else "missing"
