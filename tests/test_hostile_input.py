"""Damaged, giant and hostile input costs what is damaged and nothing else, in linear time."""

import gzip
import random
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.forms import FORMS, Fields, event, text
from tests.measure import measure
from tests.slow import soak
from trailmend.records import EVERY_NAME, Reading, Wanted, read_records
from trailmend.records.reader import MAXIMUM_REJECTS

LINE_FORMS = {
    "a file of a trail": (b'{"Records":[', b",", b"]}"),
    "a record to a line": (b'{"Records":[\n', b",\n", b"\n]}\n"),
    "a list": (b"[", b",", b"]"),
    "lines": (b"", b"\n", b"\n"),
    "an export of CloudWatch Logs": (
        b"2026-03-01T10:00:00.000Z ",
        b"\n2026-03-01T10:00:00.000Z ",
        b"\n",
    ),
}


def read(data: bytes) -> Reading:
    return read_records(data, "log")


def fields_of(reading: Reading) -> list[Fields]:
    return [record.fields for record in reading.records]


def reasons(reading: Reading) -> list[str]:
    return [reject.reason for reject in reading.rejects]


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


BREAKS: dict[str, Callable[[bytes], bytes]] = {
    "a brace lost at the end": lambda r: r[:-1],
    "a brace lost inside": lambda r: r.replace(b'"},"eventTime"', b'","eventTime"', 1),
    "a brace too many inside": lambda r: r.replace(b'"},', b'"}},', 1),
    "a bracket": lambda r: r.replace(b'{"userName"', b'["userName"', 1),
    "the list closed too early": lambda r: r.replace(b'"awsRegion"', b'],"awsRegion"', 1),
    "a quote lost": lambda r: r.replace(b'"eventTime"', b'"eventTime', 1),
    "a quote lost at the start of text": lambda r: r.replace(b':"us-', b":us-", 1),
    "a quote too many": lambda r: r.replace(b"us-east", b'us"east', 1),
    "a comma lost": lambda r: r.replace(b',"eventTime"', b'"eventTime"', 1),
    "a comma too many": lambda r: r.replace(b',"eventTime"', b',,"eventTime"', 1),
    "a colon lost": lambda r: r.replace(b'"eventTime":', b'"eventTime"', 1),
    "cut in the middle": lambda r: r[: len(r) // 2],
    "cut in its first field": lambda r: r[:9],
    "cut in its last field": lambda r: r[:-20],
    "the first half lost": lambda r: r[len(r) // 2 :],
    "NaN": lambda r: r.replace(b"null", b"NaN", 1),
    "a comma before the end": lambda r: r[:-1] + b",}",
    "not UTF-8": lambda r: r.replace(b"alice", b"al\xffce", 1),
    "half a surrogate pair": lambda r: r.replace(b"alice", b"\\ud800", 1),
    "a raw newline in text": lambda r: r.replace(b"alice", b"al\nice", 1),
    "zeros": lambda r: r.replace(b"alice", b"\0" * 40, 1),
    "single quotes": lambda r: r.replace(b'"', b"'"),
    "a name twice": lambda r: r[:-1] + b',"eventName":"CreateUser"}',
    "a number for an object": lambda r: r.replace(b"null", b"17", 1),
    "no event source": lambda r: r.replace(b"eventSource", b"eventSauce", 1),
    "nested too deep": lambda r: r[:-1] + b',"a":%b}' % nested(70),
    "nested far too deep": lambda r: r[:-1] + b',"a":%b}' % nested(5_000),
    "5,000 digits": lambda r: r[:-1] + b',"a":%b}' % (b"9" * 5_000),
    "two torn records joined": lambda r: r[:150] + r[100:],
    "other JSON": lambda _: b'{"level":"info","text":"hello"}',
    "no object": lambda _: b"17",
}


FIRST_MIDDLE_LAST = (0, 2, 4)


@pytest.mark.parametrize("form", LINE_FORMS.values(), ids=LINE_FORMS)
@pytest.mark.parametrize("break_it", BREAKS.values(), ids=BREAKS)
def test_one_broken_record_costs_one_record(
    form: tuple[bytes, bytes, bytes], break_it: Callable[[bytes], bytes]
) -> None:
    before, between, after = form
    for place in FIRST_MIDDLE_LAST:
        pieces = [text(event(number)) for number in range(5)]
        pieces[place] = break_it(pieces[place])
        data = before + between.join(pieces) + after
        reading = read(data)
        assert fields_of(reading) == [event(number) for number in range(5) if number != place]
        assert (place, len(before) + len(between.join([*pieces[:place], b""]))) in [
            (reject.source_index, reject.offset) for reject in reading.rejects
        ]


@pytest.mark.parametrize("form", LINE_FORMS.values(), ids=LINE_FORMS)
@pytest.mark.parametrize("excess", [b"}", b"]", b"]}", b",", b",,", b" 5"])
def test_a_sign_too_many_after_a_record_costs_at_most_that_record(
    form: tuple[bytes, bytes, bytes], excess: bytes
) -> None:
    before, between, after = form
    for place in FIRST_MIDDLE_LAST:
        pieces = [text(event(number)) for number in range(5)]
        pieces[place] += excess
        reading = read(before + between.join(pieces) + after)
        rest = [record for record in fields_of(reading) if record != event(place)]
        assert rest == [event(number) for number in range(5) if number != place]
        assert len(reading.rejects) in (1, 2)


def test_a_break_among_documents_on_one_line_names_all_that_was_left_out() -> None:
    pieces = [text(event(number)) for number in range(4)]
    pieces[1] = pieces[1].replace(b",", b"", 1)
    data = b"".join(pieces) + b"\n" + text(event(4))
    reading = read(data)
    assert fields_of(reading) == [event(0), event(4)]
    (reject,) = reading.rejects
    assert (reject.source_index, reject.offset) == (1, len(pieces[0]))
    left_out = f"; nothing was read from there to byte {data.index(text(event(4)))}"
    assert reject.reason.endswith(left_out)


# A brace too many inside a record makes two pieces of it, and each is named.
KINDS = sorted(set(BREAKS) - {"a brace too many inside"})


@pytest.mark.parametrize("form", ["a file of a trail", "lines"])
@pytest.mark.parametrize("count", [10_000, soak(100_000, "100000")])
def test_a_hundredth_of_many_records_is_broken_and_each_is_named(form: str, count: int) -> None:
    before, between, after = LINE_FORMS[form]
    chosen = random.Random(7)
    broken = dict.fromkeys(sorted(chosen.sample(range(count), count // 100)))
    pieces = [text(event(number)) for number in range(count)]
    for place in broken:
        pieces[place] = BREAKS[chosen.choice(KINDS)](pieces[place])
    data = before + between.join(pieces) + after
    offsets, position = [], len(before)
    for piece in pieces:
        offsets.append(position)
        position += len(piece) + len(between)

    reading = read(gzip.compress(data, 1))

    assert [r.fields["eventID"] for r in reading.records] == [
        f"id-{number}" for number in range(count) if number not in broken
    ]
    good = iter(number for number in range(count) if number not in broken)
    for record, number in zip(reading.records, good, strict=True):
        assert (record.offset, record.fields) == (offsets[number], event(number))
    named = {reject.offset: reject for reject in reading.rejects if reject.offset is not None}
    for place in broken:
        reject = named[offsets[place]]
        assert data[reject.offset or 0 :].startswith(pieces[place])
        assert (reject.source_name, bool(reject.reason)) == ("log", True)
    assert len(reading.rejects) == len(broken)
    assert [r.source_index for r in reading.rejects] == list(broken)


@given(
    form=st.sampled_from(list(LINE_FORMS.values())),
    place=st.integers(0, 3),
    at=st.integers(1, 340),
    removed=st.integers(0, 60),
    added=st.binary(max_size=3)
    | st.sampled_from([b"{", b"}", b"[", b"]", b'"', b"\\", b",", b":"]),
)
def test_any_damage_inside_one_record_leaves_the_others(
    form: tuple[bytes, bytes, bytes], place: int, at: int, removed: int, added: bytes
) -> None:
    before, between, after = form
    pieces = [text(event(number)) for number in range(4)]
    piece = pieces[place]
    pieces[place] = piece[:at] + added + piece[min(at + removed, len(piece) - 1) :]
    data = before + between.join(pieces) + after
    reading = read(data)
    others = [event(number) for number in range(4) if number != place]
    assert [fields for fields in fields_of(reading) if fields in others] == others
    wanted = [r for r in reading.records if r.fields["eventSource"] == "iam.amazonaws.com"]
    assert read_records(data, "log", wanted={"iam.amazonaws.com": EVERY_NAME}).records == wanted


LOOKALIKES = [event(number, eventName="CreateUser") for number in (90, 91, 92)]
TRAPS = {
    "a list": {"tags": LOOKALIKES},
    "a list at the end": {"a": {"b": [LOOKALIKES]}},
    "files": {"Records": LOOKALIKES, "detail": LOOKALIKES[0]},
    "text": {"text": text({"Records": LOOKALIKES}).decode()},
    "text that ends the record": {"text": "}}," + text(LOOKALIKES[0]).decode() + ",{"},
    "names that look like records": {text(LOOKALIKES[0]).decode(): {text(LOOKALIKES).decode(): 1}},
}


@pytest.mark.parametrize(
    "form",
    [soak(form) if n else form for n, form in enumerate(LINE_FORMS.values())],
    ids=LINE_FORMS,
)
@pytest.mark.parametrize("trap", TRAPS.values(), ids=TRAPS)
@pytest.mark.parametrize("field", ["requestParameters", soak("zoo", "zoo")])
@pytest.mark.parametrize("place", [soak(0, "first"), 1, soak(2, "last")])
def test_damage_never_makes_a_nested_record_a_real_one(
    form: tuple[bytes, bytes, bytes], trap: Fields, field: str, place: int
) -> None:
    """Each sign of JSON in the record that holds the trap is lost or doubled in turn."""
    before, between, after = form
    pieces = [text(event(number)) for number in range(3)]
    whole = text(event(place) | {field: trap})
    others = [event(number) for number in range(3) if number != place]
    for at in (index for index in range(1, len(whole) - 1) if whole[index] in b'{}[]",:\\'):
        for broken in (whole[:at] + whole[at + 1 :], whole[:at] + whole[at : at + 1] + whole[at:]):
            pieces[place] = broken
            found = fields_of(read(before + between.join(pieces) + after))
            assert not [fields for fields in found if fields["eventName"] == "CreateUser"]
            assert [fields for fields in found if fields in others] == others


@pytest.mark.parametrize("wanted", [None, {"aws:s3": EVERY_NAME}], ids=["all", "none of them"])
def test_whole_and_walked_sources_are_read_alike(
    wanted: Wanted | None,
) -> None:
    """A blank tail is too long for the fast path, so the same records go both ways."""
    for name in (
        "a file of a trail",
        "keys in order",
        "a list of envelopes",
        "lookup-events",
        "filter-log-events",
    ):
        data = FORMS[name]([event(number) for number in range(9)])
        fast = read_records(data, "log", wanted=wanted)
        assert fast == read_records(data + b" " * 99, "log", wanted=wanted)
        assert (fast.seen, fast.rejects) == (9, [])


def timed(data: bytes, seconds: float = 2.0) -> Reading:
    start = time.process_time()
    reading = read(data)
    assert time.process_time() - start < seconds
    return reading


GIANTS: dict[str, Callable[[int], bytes]] = {
    "text": lambda size: b'{"eventName":"%b"}' % (b"x" * size),
    "escapes": lambda size: b'{"eventName":"%b"}' % (b"\\\\" * (size // 4)),
    "name": lambda size: b'{"%b":1}' % (b"x" * size),
    "text of brackets": lambda size: b'{"a":{"a":"%b"}}' % (b"}},{" * (size // 4)),
    "number": lambda size: b'{"a":%b}' % (b"7" * size),
    "names": lambda size: b'{%b"a":1}' % (b'"eventName":1,' * (size // 64)),
    "lists in an object": lambda size: b'{"a":%b}' % nested(size // 640),
    "lists": lambda size: nested(size // 640),
    "objects": lambda size: b'{"a":' * (size // 640) + b"1" + b"}" * (size // 640),
    "items": lambda size: b'{"a":[%b1]}' % (b"1," * (size // 4)),
}


@pytest.mark.parametrize(
    ("size", "seconds"), [(4 << 20, 1), pytest.param(64 << 20, 3, marks=pytest.mark.soak)]
)
@pytest.mark.parametrize("giant", GIANTS.values(), ids=GIANTS)
def test_a_giant_costs_one_record_and_little_time(
    giant: Callable[[int], bytes], size: int, seconds: float
) -> None:
    for broken in (False, True):
        last = b'{"a" 1}' if broken else text(event(1))
        pieces = [text(event(0)), giant(size), last, text(event(2))]
        reading = timed(b'{"Records":[%b]}' % b",".join(pieces), seconds)
        assert fields_of(reading) == [event(0), *([] if broken else [event(1)]), event(2)]
        assert [reject.source_index for reject in reading.rejects] == ([1, 2] if broken else [1])


@pytest.mark.parametrize(
    ("many", "seconds"), [(1 << 14, 2), pytest.param(1 << 17, 3, marks=pytest.mark.soak)]
)
@pytest.mark.parametrize(
    ("before", "piece", "times", "after"),
    [
        (b"", b"[", 8, b""),
        (b"", b'{"a":', 1, b""),
        (b"", b'{"a":[\n', 1, b""),
        (b"", b'[{"a":[\n', 1, b""),
        (b"", b'{"Records":[\n', 1, b""),
        (b'{"Records":[', b'{"eventVersion":[{},', 1, b""),
        (b'{"Records":[', b'{"eventVersion":"1"]},', 1, b""),
        (b'{"Records":[', b'{"eventVersion":1},]', 1, b""),
        (b"", b'{"a":"b}\n', 1, b""),
        (b"", b'{"a" "b"}\n', 1, b""),
        (b"", b'{"a":"b",\n', 1, b""),
        (b"", b'"', 8, b""),
        (b"", b"{}", 1, b""),
        (b"", b"\\", 8, b""),
        (b"", b" ", 64, b""),
        (b"", b", ", 4, b""),
        (b"", b"\xef\xbb\xbf", 1, b"{"),
    ],
)
def test_no_shape_takes_more_than_linear_time(
    before: bytes, piece: bytes, times: int, after: bytes, many: int, seconds: float
) -> None:
    data = before + piece * (many * times) + after
    assert timed(data, seconds).rejects
    assert timed(b"{" + data, seconds).rejects


def test_a_flood_of_rejects_is_counted_and_the_records_after_it_are_read() -> None:
    data = b"[" + b"1," * (MAXIMUM_REJECTS + 5) + text(event()) + b"]"
    reading = read(data)
    assert fields_of(reading) == [event()]
    assert len(reading.rejects) == MAXIMUM_REJECTS + 1
    assert reading.rejects[-1].reason == "5 more pieces not read; the first are named"


@pytest.mark.parametrize(
    "scrap", [soak(b"1,", "numbers"), pytest.param(b"{},", id="objects"), soak(b'"",', "texts")]
)
@pytest.mark.parametrize("size", [512 << 10, soak(2 << 20, "2 MiB")])
def test_a_source_of_scraps_does_not_fill_the_memory(
    scrap: bytes, size: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = b"[" + scrap * (size // len(scrap)) + b"1]"
    _, mebibytes, words = measure(data, str(tmp_path_factory.mktemp("scraps")))
    assert mebibytes < 24, "the same for four times the scraps: only the first are kept"
    assert "more pieces not read" in words
