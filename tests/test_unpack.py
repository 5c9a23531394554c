"""Gzip is never trusted: cuts, damage, appended members and bombs are named, the rest is read."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.forms import Fields, event, text
from tests.measure import measure
from trailmend.records import Reading, read_records


def read(data: bytes) -> Reading:
    return read_records(data, "log")


def fields_of(reading: Reading) -> list[Fields]:
    return [record.fields for record in reading.records]


def reasons(reading: Reading) -> list[str]:
    return [reject.reason for reject in reading.rejects]


PACKED = text({"Records": [event(number) for number in range(200)]})


def test_the_records_before_a_cut_are_read_and_the_rest_is_named_once() -> None:
    packed = gzip.compress(PACKED)
    for end in (*range(0, len(packed), 97), len(packed) - 8, len(packed) - 1):
        reading = read(packed[:end])
        assert fields_of(reading) == [event(number) for number in range(reading.seen)]
        (reject,) = reading.rejects
        assert "cut off" in reject.reason if end > 1 else reject.reason
        if reading.seen:
            assert reject.offset is not None
            assert len(zlib.decompressobj(31).decompress(packed[:end])) >= reject.offset
    assert reading.seen == 200


def test_the_records_before_damaged_gzip_data_are_read_and_the_rest_is_named_once() -> None:
    packed = bytearray(gzip.compress(PACKED, 0))
    length = int.from_bytes(packed[11:13], "little")
    packed[15 + length + 1] ^= 0xFF  # the length of the second block and its complement differ now
    reading = read(bytes(packed))
    assert 100 < reading.seen < 200
    assert fields_of(reading) == [event(number) for number in range(reading.seen)]
    (reject,) = reading.rejects
    assert reject.reason == (
        f"the gzip data is damaged at byte {length} or before: any record of it may be altered"
    )
    assert reject.offset == PACKED.rindex(b'{"eventVersion"', 0, length)
    assert reject.source_index == reading.seen


def test_a_flipped_byte_in_gzip_data_is_never_read_without_a_word() -> None:
    packed = gzip.compress(PACKED)
    for place in range(10, len(packed), 31):
        reading = read(packed[:place] + bytes([packed[place] ^ 0x55]) + packed[place + 1 :])
        assert any("the gzip data is" in r or "gzip data is wrong" in r for r in reasons(reading))


def test_a_wrong_checksum_or_size_is_named_and_the_records_are_read() -> None:
    packed = gzip.compress(PACKED)
    for end, what in (
        (packed[-8:-4][::-1] + packed[-4:], "checksum"),
        (packed[-8:-4] + b"abcd", "size"),
    ):
        reading = read(packed[:-8] + end)
        assert reading.seen == 200
        (reason,) = reasons(reading)
        assert reason == f"the {what} of the gzip data is wrong: any record of it may be altered"


@pytest.mark.parametrize(
    "added",
    [
        gzip.compress(text({"Records": [event(9)]})),
        gzip.compress(PACKED),
        gzip.compress(PACKED + b" "),
        b"junk",
        b"junk" + gzip.compress(PACKED)[-8:],
    ],
    ids=["a member", "the same member", "a longer member", "junk", "junk and the same trailer"],
)
def test_what_is_appended_to_gzip_data_is_refused_by_name(added: bytes) -> None:
    packed = gzip.compress(PACKED)
    reading = read(packed + added)
    assert reading.seen == 200
    if added == b"junk" + packed[-8:]:
        return  # libdeflate cannot tell, and no reader of gzip would read it
    (reason,) = reasons(reading)
    assert f"follows the gzip data at byte {len(packed)} of the file" in reason
    assert reason.startswith("something else" if added == b"junk" else "a second gzip member")


def test_zeros_after_gzip_data_are_padding() -> None:
    reading = read(gzip.compress(PACKED) + b"\0" * 512)
    assert (reading.seen, reading.rejects) == (200, [])


def test_every_header_of_gzip_is_understood() -> None:
    packed = gzip.compress(PACKED)
    header = packed[:3] + b"\x1e" + packed[4:10] + b"\x03\0abcname\0a comment\0\x12\x34"
    for data in (header + packed[10:], header + packed[10:] + b"\0\0"):
        assert (read(data).seen, read(data).rejects) == (200, [])


@given(st.binary(max_size=40))
def test_no_gzip_header_breaks_the_reader(data: bytes) -> None:
    assert read(b"\x1f\x8b\x08" + data).rejects


def bomb(block: bytes, times: int) -> bytes:
    """Make gzip data of a block many times over; its checksum is wrong, but nobody gets there."""
    engine = zlib.compressobj(9, zlib.DEFLATED, 31)
    header = engine.flush(zlib.Z_FULL_FLUSH)
    packed = engine.compress(block) + engine.flush(zlib.Z_FULL_FLUSH)
    size = (len(block) * (times + 1) & 0xFFFFFFFF).to_bytes(4, "little")
    return header + packed * (times + 1) + engine.flush()[:-4] + size


@pytest.mark.parametrize(
    "block",
    [bytes(1 << 20), b" " * (1 << 20), b"[" * (1 << 20), text(event(1)) * 3000],
    ids=["zeros", "blanks", "brackets", "records"],
)
def test_a_gzip_bomb_is_refused_in_little_time_and_memory(
    block: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    packed = bomb(block, (1 << 30) // len(block))
    for data in (packed, packed[:-4] + b"\0\1\0\0"):
        seconds, mebibytes, words = measure(data, str(tmp_path_factory.mktemp("bomb")))
        assert (seconds < 2, mebibytes < 64) == (True, True)
        assert words.startswith("0 unpacks to more than 200 times its size or 2 GiB")
