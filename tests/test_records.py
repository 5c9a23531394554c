"""Every form of CloudTrail is understood, and what is not is named with its place and reason."""

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.forms import FORMS, Fields, envelope, event, lines, text
from trailmend.records import (
    EVERY_NAME,
    MAXIMUM_RECORD,
    Reading,
    Record,
    Reject,
    Wanted,
    read_records,
)


def read(data: bytes, **options: Any) -> Reading:
    return read_records(data, "log", **options)


def fields_of(reading: Reading) -> list[Fields]:
    return [record.fields for record in reading.records]


def reasons(reading: Reading) -> list[str]:
    return [reject.reason for reject in reading.rejects]


EVENTS = [event(0), event(1, eventSource="s3.amazonaws.com"), event(2, userAgent="naïve 🙂 \x01")]


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_every_form_gives_the_same_records(
    form: Callable[[list[Fields]], bytes], pack: Callable[[bytes], bytes]
) -> None:
    reading = read(pack(form(EVENTS)))
    assert (fields_of(reading), reading.rejects) == (EVENTS, [])
    assert [record.source_index for record in reading.records] == [0, 1, 2]


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_filter_changes_nothing_but_the_records_returned(
    form: Callable[[list[Fields]], bytes],
) -> None:
    data = form(EVENTS)
    everything, some = read(data), read(data, wanted={"s3.amazonaws.com": EVERY_NAME})
    assert some.records == [everything.records[1]]
    summary = ("rejects", "seen", "accounts", "regions", "first", "last", "set_aside")
    assert [getattr(some, name) for name in summary] == [
        getattr(everything, name) for name in summary
    ]


@pytest.mark.parametrize("name", [name for name in FORMS if "trail" in name or "lines" in name])
def test_an_offset_is_where_the_record_begins(name: str) -> None:
    data = FORMS[name](EVENTS)
    for record in read(data).records:
        assert data[record.offset : record.offset + 1] in (b"{", b"[")
        assert b'"id-%d"' % record.source_index in data[record.offset :]
        assert b'"id-%d"' % (record.source_index - 1) not in data[record.offset :]


def test_a_reading_sums_up_all_records() -> None:
    other = event(
        7, awsRegion="eu-west-1", recipientAccountId=..., userIdentity={"accountId": "444455556666"}
    )
    assert read(text({"Records": [event(3), other]}), wanted={}, provenance="digest") == Reading(
        records=[],
        rejects=[],
        seen=2,
        accounts=frozenset({"111122223333", "444455556666"}),
        regions=frozenset({"us-east-1", "eu-west-1"}),
        first="2026-03-01T10:00:03Z",
        last="2026-03-01T10:00:07Z",
        hours=frozenset(
            {
                ("111122223333", "us-east-1", "2026-03-01T10"),
                ("444455556666", "eu-west-1", "2026-03-01T10"),
            }
        ),
    )


def test_a_record_says_where_it_stood() -> None:
    reading = read_records(text({"Records": [event()]}), "bucket/key.json.gz", provenance="digest")
    assert reading.records == [
        Record(
            fields=event(),
            source_name="bucket/key.json.gz",
            source_index=0,
            offset=12,
            provenance="digest",
        )
    ]


@pytest.mark.parametrize(
    "time", ["...", "yesterday", "2026-02-30T10:00:00Z", "2026-02-28T25:00:00Z", "9999-01-01T00:00"]
)
def test_a_time_that_no_cloudtrail_wrote_tells_nothing_of_the_period(time: str) -> None:
    other = event(eventTime=time, awsRegion="eu-west-1", recipientAccountId="444455556666")
    found, alone = read(lines(other, event(1))), read(lines(event(1)))
    summary = ("first", "last", "hours", "accounts", "regions")
    assert found.seen == 2
    assert [getattr(found, name) for name in summary] == [getattr(alone, name) for name in summary]


INSIGHT = {
    "eventVersion": "1.07",
    "eventTime": "2026-03-01T10:00:00Z",
    "eventType": "AwsCloudTrailInsight",
    "insightDetails": {"eventSource": "iam.amazonaws.com", "eventName": "CreateUser"},
    "eventCategory": "Insight",
}
DIGEST = {
    "awsAccountId": "111122223333",
    "digestS3Bucket": "trail",
    "digestS3Object": "AWSLogs/111122223333/CloudTrail-Digest/us-east-1/x.json.gz",
    "logFiles": [{"s3Object": "x", "hashValue": "00"}],
}


@pytest.mark.parametrize(
    "data",
    [
        text(DIGEST),
        text(DIGEST, indent=2, separators=None),
        text(DIGEST | {"logFiles": [{"s3Object": "x" * 2000}] * 1000}),
        text({"Records": [INSIGHT]}),
        text(INSIGHT),
        text(envelope(INSIGHT)),
    ],
    ids=["digest", "printed digest", "long digest", "insight file", "insight", "insight envelope"],
)
def test_digests_and_insights_are_set_aside(data: bytes) -> None:
    reading = read(data)
    assert (reading.set_aside, reading.seen, reading.records, reading.rejects) == (1, 0, [], [])


def test_an_empty_file_of_a_trail_is_read() -> None:
    assert read(b'{"Records":[]}').rejects == []


GOOD = {
    "no user": event(userIdentity=...),
    "null user": event(userIdentity=None),
    "text for a tree": event(requestParameters="truncated", responseElements="x"),
    "unknown fields": event(nextYear={"a": [1, 2.5, True, None]}, Records=[event(1)]),
    "unknown values": event(eventSource="aws:s3", eventTime="now", awsRegion=7, eventVersion=[]),
    "huge integers": event(additionalEventData={"n": 2**64, "m": -(2**63) - 1, "k": 10**40}),
    "an odd account": event(recipientAccountId=5, userIdentity={"accountId": {}}),
    "empty names": event(requestParameters={"": {"": ""}}),
    "64 levels": event(requestParameters=json.loads('{"a":' * 62 + "{}" + "}" * 62)),
    "many brackets": event(requestParameters={"a": [[{}]] * 100}),
}


@pytest.mark.parametrize("fields", GOOD.values(), ids=GOOD)
@pytest.mark.parametrize(
    "wanted",
    [None, dict.fromkeys(["iam.amazonaws.com", "aws:s3"], EVERY_NAME)],
    ids=["all", "wanted"],
)
def test_what_is_unknown_is_kept(fields: Fields, wanted: Wanted | None) -> None:
    reading = read(text({"Records": [fields]}), wanted=wanted)
    assert (fields_of(reading), reading.rejects) == ([fields], [])


def test_a_missing_time_is_taken_from_the_timestamp() -> None:
    sent = event(eventTime=...) | {"@timestamp": "2020-09-14T00:44:20.000Z"}
    reading = read(text(sent))
    assert fields_of(reading) == [sent | {"eventTime": "2020-09-14T00:44:20.000Z"}]
    assert reading.first == "2020-09-14T00:44:20.000Z"


BAD: dict[str, tuple[bytes, str]] = {
    "no time": (text(event(eventTime=...)), "eventTime is missing"),
    "null time": (text(event(eventTime=None)), "eventTime is null"),
    "number for a time": (text(event(eventTime=1)), "eventTime is a number"),
    "odd timestamp": (text(event(eventTime=...) | {"@timestamp": 5}), "eventTime is missing"),
    "no name": (text(event(eventName=...)), "eventName is missing"),
    "empty name": (text(event(eventName="")), "eventName is empty"),
    "no source": (text(event(eventSource=...)), "eventSource is missing"),
    "list for a source": (text(event(eventSource=[])), "eventSource is a list"),
    "empty source": (text(event(eventSource="")), "eventSource is empty"),
    "text for a user": (text(event(userIdentity="a")), "userIdentity is a string, not an object"),
    "number": (text(event(requestParameters=7)), "requestParameters is a number, not an object"),
    "truth": (
        text(event(responseElements=True)),
        "responseElements is true or false, not an object",
    ),
    "list": (text(event(additionalEventData=[])), "additionalEventData is a list, not an object"),
    "other JSON": (
        b'{"Message":"hello","level":5}',
        "is not a CloudTrail record: it has no eventSource and no eventName",
    ),
    "wrapped too often": (
        text(envelope(envelope(envelope(envelope(envelope(envelope(event()))))))),
        "is wrapped more than 5 times",
    ),
    "bad wrapping": (text({"Message": '{"a":NaN}'}), "is not JSON: invalid character (byte 5"),
    "not a number": (b'{"eventName":NaN}', "is not JSON: invalid character (byte 13"),
    "infinity": (b'{"eventName":-Infinity}', "is not JSON: invalid character (byte 14"),
    "trailing comma": (b'{"eventName":"a",}', "is not JSON: trailing comma in object"),
    "single quotes": (b"{'eventName':'a'}", "is not JSON: object keys must be strings"),
    "a comment": (b'{"eventName":"a"/**/}', "the JSON breaks after byte "),
    "raw control": (b'{"eventName":"a\x01"}', "is not JSON: invalid character"),
    "bad escape": (b'{"eventName":"\\q"}', "is not JSON: invalid escape"),
    "leading zero": (b'{"eventName":"a","b":01}', "is not JSON: invalid number"),
    "half a pair": (b'{"eventName":"a\\ud83d"}', "holds half of a surrogate pair"),
    "other half": (b'{"eventName":"\\ude42 a"}', "holds half of a surrogate pair"),
    "half a pair before text": (b'{"eventName":"\\ud83d and so on"}', "holds half of a surr"),
    "not UTF-8": (b'{"eventName":"\xff"}', "is not UTF-8"),
    "overlong UTF-8": (b'{"eventName":"\xc0\xaf"}', "is not UTF-8"),
    "surrogate in UTF-8": (b'{"eventName":"\xed\xa0\x80"}', "is not UTF-8"),
    "5,000 digits": (b'{"eventName":%b}' % (b"9" * 5000), "holds a number that is out of range"),
    "too large": (b'{"eventName":1e999}', "holds a number that is out of range"),
    "name twice": (b'{"eventName":"a","eventName":"b"}', "gives 'eventName' twice in one object"),
    "name twice inside": (b'{"eventName":{"b":1,"b":1}}', "gives 'b' twice in one object"),
    "name twice by escape": (b'{"eventName":"a","event\\u004eame":1}', "gives 'eventName' twice"),
    "65 levels": (b'{"eventName":%b}' % (b"[" * 64 + b"]" * 64), "is nested deeper than 64 levels"),
    "over 1 MiB": (text(event(userAgent="x" * MAXIMUM_RECORD)), "bytes long; no record is over"),
}


@pytest.mark.parametrize(("bad", "reason"), BAD.values(), ids=BAD)
def test_a_bad_record_is_named_and_costs_nothing_else(bad: bytes, reason: str) -> None:
    before, after = text(event(1)), text(event(2))
    shapes = [b'{"Records":[%b,%b,%b]}', b"%b\n%b\n%b", b"[%b, %b, %b]"]
    for shape in shapes:
        data = shape % (before, bad, after)
        reading = read(data)
        assert fields_of(reading) == [event(1), event(2)]
        assert [record.source_index for record in reading.records] == [0, 2]
        (reject,) = reading.rejects
        assert reason in reject.reason
        assert (reject.source_index, reject.offset) == (1, data.index(bad, len(before)))


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("5", "a number"),
        ("-1e3", "a number"),
        ("null", "null"),
        ("true", "true or false"),
        ('"a,]"', "a string"),
        ("[]", "a list"),
        ("[[{}]]", "a list"),
    ],
)
@pytest.mark.parametrize("shape", ['{"Records":[%s,%s]}', "[%s, %s\n]", "[%s,%s] junk"])
def test_an_item_that_is_no_object_is_named(value: str, kind: str, shape: str) -> None:
    reading = read((shape % (text(event()).decode(), value)).encode())
    assert fields_of(reading) == [event()]
    assert reasons(reading)[0] == f"is {kind}: JSON, but no CloudTrail record"


def test_a_second_event_source_cannot_hide_a_record() -> None:
    for name in (b"eventSource", b"event\\u0053ource"):
        hidden = text(event())[:-1] + b',"%b":"s3.amazonaws.com"}' % name
        reading = read(b'{"Records":[%b]}' % hidden, wanted={"iam.amazonaws.com": EVERY_NAME})
        assert reasons(reading) == ["gives 'eventSource' twice in one object"]


def test_a_second_list_cannot_hide_records() -> None:
    data = b'{"Records":[%b],"Records":[%b]}' % (text(event(1)), text(event(2)))
    reading = read(data)
    assert fields_of(reading) == [event(1)]
    assert reasons(reading) == ["a second list of records in one object"]


def test_a_nested_record_is_never_read() -> None:
    lookalike = event(9, eventName="CreateUser")
    trap = event(1, requestParameters={"tags": [lookalike, lookalike], "Records": [lookalike]})
    for form in ("a file of a trail", "keys in order", "lines", "documents without space"):
        assert fields_of(read(FORMS[form]([event(0), trap, event(2)]))) == [
            event(0),
            trap,
            event(2),
        ]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty: nothing was read"),
        (gzip.compress(b""), "is empty: nothing was read"),
        (b" \r\n\t\n", "holds only blanks: nothing was read"),
        (b"\xef\xbb\xbf", "holds only blanks: nothing was read"),
    ],
    ids=["nothing", "gzip of nothing", "blanks", "byte order mark"],
)
def test_a_source_that_says_nothing_is_named(data: bytes, reason: str) -> None:
    reading = read(data)
    assert (reading.seen, reasons(reading)) == (0, [reason])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"eventName,eventSource\na,b\nc,d\n", "is not JSON"),
        (b"true", "is true or false: JSON, but no CloudTrail record"),
        (b"null\n", "is null: JSON, but no CloudTrail record"),
        (b"42", "is a number: JSON, but no CloudTrail record"),
        (b'"text"', "is a string: JSON, but no CloudTrail record"),
        (text(event()).decode().encode("utf-16"), "is UTF-16 or UTF-32; convert it to UTF-8"),
        (text(event()).decode().encode("utf-16-le"), "is UTF-16 or UTF-32; convert it to UTF-8"),
        (text(event()).decode().encode("utf-16-be"), "is UTF-16 or UTF-32; convert it to UTF-8"),
        (
            gzip.compress(gzip.compress(b"{}", mtime=0), mtime=0),
            "is gzip data inside gzip data; unpack it once",
        ),
        (b"PK\x03\x04" + b"\n\0" * 99, "is a zip archive inside another file"),
        (b"PAR1\n\n\n", "is Parquet, not JSON"),
        (b"BZh91AY", "is packed, but not by gzip"),
        (b"\0" * 257 + b"ustar", "is UTF-16"),
    ],
)
def test_what_is_not_json_is_one_reject(data: bytes, reason: str) -> None:
    reading = read(data)
    assert reading.records == []
    (reject,) = reading.rejects
    assert reject.reason.startswith(reason)
    assert (reject.source_name, reject.source_index, reject.offset) == ("log", 0, 0)


JUNK = [b"junk", b"# a comment", b'"text"', b"\x00\x01\xff", b"}{", b"]", b"7", b"eventName: x"]


@given(
    st.lists(
        st.one_of(
            st.lists(st.integers(0, 9), max_size=3).map(lambda n: ("events", n)),
            st.sampled_from(JUNK).map(lambda junk: ("junk", junk)),
            st.sampled_from([bad for bad, _ in BAD.values() if len(bad) < 9999]).map(
                lambda bad: ("junk", bad)
            ),
        ),
        max_size=6,
    ),
    st.lists(st.sampled_from(list(FORMS)), min_size=6, max_size=6),
    st.booleans(),
)
def test_junk_between_good_documents_costs_only_itself(
    parts: list[tuple[str, Any]], forms: list[str], packed: bool
) -> None:
    documents, expected, junk = [], [], 0
    for (kind, value), form in zip(parts, forms, strict=False):
        events = [event(number) for number in value] if kind == "events" else []
        documents.append(FORMS[form](events) if kind == "events" else value)
        expected += events
        junk += kind == "junk"
    data = b"\n".join(documents)
    reading = read(gzip.compress(data) if packed else data)
    assert fields_of(reading) == expected
    assert bool(reading.rejects) == bool(junk or not data.strip(b" \t\r\n\xef\xbb\xbf"))


@given(st.binary(max_size=200))
def test_no_bytes_are_read_without_a_word(data: bytes) -> None:
    for each in (data, gzip.compress(data), b'{"Records":[{"a":' + data, b'[{"a":' + data + b"}]"):
        reading = read(each)
        assert reading.rejects
        assert reading == read(each)


def test_rejects_are_plain_values() -> None:
    assert read(b"{}").rejects == [
        Reject("log", 0, 0, "is not a CloudTrail record: it has no eventSource and no eventName")
    ]


def test_message_of_another_log_is_no_record() -> None:
    written = {"timestamp": 1772359200000, "level": "info", "message": text(event()).decode()}

    reading = read(text(written))

    assert (reading.records, [one.reason for one in reading.rejects]) == (
        [],
        ["is not a CloudTrail record: it has no eventSource and no eventName"],
    )


def test_times_of_an_export_leave_each_record_at_its_byte() -> None:
    line = b"2026-03-01T10:00:00.000Z " + text(event())

    reading = read(line + b"\n" + line + b"\n{")

    assert [one.offset for one in reading.records] == [25, len(line) + 26]
    assert [one.offset for one in reading.rejects] == [2 * len(line) + 2]
