"""Gzip or plain bytes -> the bytes inside, with caps that a bomb cannot pass.

A whole and honest file is unpacked at once by libdeflate. All others are unpacked again piece by
piece by zlib, which says what is wrong and keeps the bytes before the damage.
"""

import re
import zlib

import deflate
import msgspec

MAXIMUM_UNPACKED = 2 << 30
MAXIMUM_RATIO = 200
RATIO_APPLIES_FROM = 16 << 20
_CHUNK = 16 << 10
_PIECE = 1 << 20
_MEMBER = re.compile(rb"\x1f\x8b\x08[\x00-\x1f]")
_TRAILER = 8
_TOO_BIG = f"holds more than {MAXIMUM_UNPACKED >> 30} GiB; split it and scan the parts"
_DOUBT = "any record of it may be altered"
_BOMB = (
    f"unpacks to more than {MAXIMUM_RATIO} times its size or {MAXIMUM_UNPACKED >> 30} GiB, so none "
    "of it was read; if you trust it, unpack it and scan the result"
)


class Unpacked(msgspec.Struct, frozen=True):
    """The bytes inside, and what is wrong with their packing.

    `ends_early` says that bytes are missing at the end.
    """

    data: bytes
    problem: str | None = None
    ends_early: bool = False


def unpack(data: bytes) -> Unpacked:
    """Return the bytes inside `data`, gzip or not."""
    if not data.startswith(b"\x1f\x8b"):
        return Unpacked(data) if len(data) <= MAXIMUM_UNPACKED else Unpacked(b"", _TOO_BIG)
    at_once = _unpack_at_once(data)
    return Unpacked(at_once) if at_once else _unpack_in_pieces(data)


def is_bomb(unpacked: int, packed: int) -> bool:
    """Tell whether so many bytes from so few are more than honest logs give (about 10 to 1)."""
    return unpacked > MAXIMUM_UNPACKED or (
        unpacked > RATIO_APPLIES_FROM and unpacked > MAXIMUM_RATIO * packed
    )


def _unpack_at_once(data: bytes) -> bytes:
    """Unpack one whole gzip member, or return nothing where that is not certain.

    libdeflate stops after the first member without a word, takes the size from the last four bytes,
    and returns nothing when they are zero. So the last eight bytes must be the checksum and size of
    what came out, and no second member may begin anywhere.
    """
    size = int.from_bytes(data[-4:], "little")
    if is_bomb(size, len(data)) or _MEMBER.search(data, 3):
        return b""
    try:
        unpacked = deflate.gzip_decompress(data)
    except (deflate.DeflateError, ValueError):
        return b""
    whole = _trailer_problem(data[-_TRAILER:], deflate.crc32(unpacked), len(unpacked)) is None
    return bytes(unpacked) if whole else b""


def _unpack_in_pieces(data: bytes) -> Unpacked:
    position = _end_of_header(data)
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    output = bytearray()
    while not engine.eof:
        chunk = data[position : position + _CHUNK]
        if not chunk:
            problem = f"the gzip data is cut off after {len(output)} bytes"
            return Unpacked(bytes(output), problem, ends_early=True)
        before, kept = engine.copy(), len(output)
        try:
            if not _inflate(engine, chunk, position, output):
                return Unpacked(b"", _BOMB)
        except zlib.error:
            del output[kept:]
            _salvage(before, chunk, output)
            problem = f"the gzip data is damaged at byte {len(output)} or before: {_DOUBT}"
            return Unpacked(bytes(output), problem, ends_early=True)
        position += len(chunk)
    end = position - len(engine.unused_data)
    return Unpacked(bytes(output), _problem_after(data, end, output))


def _inflate(engine: "zlib._Decompress", chunk: bytes, position: int, output: bytearray) -> bool:
    """Add what is in the chunk to the output, and say whether the caps were kept."""
    rest, piece = chunk, b""
    while rest or len(piece) == _PIECE:
        piece = engine.decompress(rest, _PIECE)
        rest = engine.unconsumed_tail
        output += piece
        if is_bomb(len(output), position + len(chunk) - len(rest)):
            return False
    return True


def _salvage(engine: "zlib._Decompress", chunk: bytes, output: bytearray) -> None:
    """Add what comes before the damage in the chunk, byte by byte."""
    for index in range(len(chunk)):
        try:
            output += engine.decompress(chunk[index : index + 1])
        except zlib.error:
            return


def _end_of_header(data: bytes) -> int:
    """Return where the packed data of a gzip member begins (RFC 1952, section 2.3)."""
    flags, position = data[3] if len(data) > 3 else 0, 10
    if flags & 4:
        position += 2 + int.from_bytes(data[position : position + 2], "little")
    for flag in (8, 16):  # a file name, a comment: each ends with a zero byte
        if flags & flag:
            position = data.find(b"\0", position) + 1 or len(data)
    return position + (2 if flags & 2 else 0)


def _problem_after(data: bytes, end: int, output: bytearray) -> str | None:
    """Say what is wrong with what follows the packed data of the first member.

    Zero bytes after a member are padding, as in gzip(1).
    """
    problem = _trailer_problem(data[end : end + _TRAILER], zlib.crc32(output), len(output))
    after = end + _TRAILER
    if problem is None and data[after:].strip(b"\0"):
        what = "a second gzip member" if _MEMBER.match(data, after) else "something else"
        problem = (
            f"{what} follows the gzip data at byte {after} of the file and was refused, because it "
            "may have been added to the log; if you trust it, unpack it and scan the result"
        )
    return problem


def _trailer_problem(trailer: bytes, checksum: int, size: int) -> str | None:
    if len(trailer) < _TRAILER:
        return f"the gzip data is cut off after {size} bytes, so its checksum is missing"
    if int.from_bytes(trailer[:4], "little") != checksum:
        return f"the checksum of the gzip data is wrong: {_DOUBT}"
    if int.from_bytes(trailer[4:], "little") != size & 0xFFFFFFFF:
        return f"the size of the gzip data is wrong: {_DOUBT}"
    return None
