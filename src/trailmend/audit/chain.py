"""The lines of an audit log, and whether each follows the one before it; nothing here is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

What = Literal[
    "asked", "approved", "rejected", "refused", "begun", "sending", "undoing", "answered",
    "declined", "lost", "settled", "verified", "torn", "rollback asked", "rollback approved",
    "restarted",
    "muted", "unmuted",
]  # fmt: skip
"""What happened; `sending` and `undoing` stand before a call is sent, `torn` tells of a crash.

`restarted` is the first entry of a log that was begun anew (see `restart`).
"""


class Line(Struct, frozen=True, kw_only=True):
    """An entry: `user` is who ran the command, `arn` whom AWS took them for, if it was asked."""

    number: int
    at: datetime
    user: str
    arn: str | None
    what: What
    plan_id: str | None
    plan_hash: str | None
    details: dict[str, Any]
    previous: str

    @property
    def hash(self) -> str:
        """The SHA-256 of the line without its hash: fields in this order, other keys sorted."""
        return hashlib.sha256(_encoded(self)).hexdigest()


class Head(Struct, frozen=True):
    """The last entry: its number, its hash, and at which byte its line starts."""

    number: int
    hash: str
    start: int

    @property
    def text(self) -> str:
        """Its number and hash, to be noted elsewhere."""
        return f"{self.number}:{self.hash}"


NOTHING = Head(0, "0" * 64, 0)
"""What stands before the first entry."""


class Fault(Struct, frozen=True):
    """Why the log is not whole; `line` counts the lines of the file from 1."""

    line: int | None
    reason: str


class Found(Struct, frozen=True):
    """An entry, the line of the file that it is in, and the byte at which that starts."""

    line: Line
    place: int
    start: int

    @property
    def head(self) -> Head:
        """The head of the log, when this was its last entry."""
        return Head(self.line.number, self.line.hash, self.start)


class Scan(Struct, frozen=True):
    """What a file holds: entries, faults, torn lines, and the bytes after the last whole line."""

    found: list[Found]
    faults: list[Fault]
    torn: list[int]
    rest: bytes


def _encoded(line: Line) -> bytes:
    return msgspec.json.encode(line, order="deterministic")


def written(line: Line) -> bytes:
    """Give the line of the file for an entry."""
    return _encoded(line)[:-1] + f',"hash":"{line.hash}"}}\n'.encode()


def _parse(raw: bytes) -> Line | None:
    """Read a line; None unless it is, byte for byte, what would be written for its entry."""
    try:
        line = msgspec.json.decode(raw, type=Line)
        return line if written(line) == raw else None
    except (ValueError, RecursionError):
        return None


def scan(raws: Iterable[bytes], after: Head | None = NOTHING, start: int = 0) -> Scan:
    """Read lines from the byte `start` on, and check that each follows the one before it.

    Of the first that is not checked if `after`, what stands before it, is not known.
    """
    read = Scan([], [], [], b"")
    broken: list[tuple[int, bytes]] = []
    for place, raw in enumerate(raws, 1):
        line = _parse(raw)
        if line is None:
            broken.append((place, raw))
        else:
            last = read.found[-1].head if read.found else after
            _judge(read, Found(line, place, start), last, broken)
            broken = []
        start += len(raw)
    if broken and not broken[-1][1].endswith(b"\n"):
        return replace(read, rest=b"".join(raw for _, raw in broken))
    read.faults.extend(_altered(broken))
    return read


def _judge(read: Scan, one: Found, last: Head | None, broken: Sequence[tuple[int, bytes]]) -> None:
    """Keep an entry, with what is wrong about it and the broken lines before it."""
    debris = b"".join(raw for _, raw in broken)
    if one.line.what == "torn" and one.line.details == evidence(debris[:-1]):
        read.torn.append(one.place)
    elif one.line.what == "torn":
        read.faults.append(Fault(one.place, "the torn line before it is not what it was"))
    else:
        read.faults.extend(_altered(broken))
    if last and (not broken or one.place in read.torn) and not _follows(one.line, last):
        reason = "it does not follow the line before it: lines were moved, added or taken out"
        read.faults.append(Fault(one.place, reason))
    read.found.append(one)


def _follows(line: Line, last: Head) -> bool:
    return (line.number, line.previous) == (last.number + 1, last.hash)


def _altered(broken: Iterable[tuple[int, bytes]]) -> Iterator[Fault]:
    for place, _ in broken:
        yield Fault(place, "it was altered, or Trailmend did not write it")


def evidence(debris: bytes) -> dict[str, Any]:
    """Describe the bytes that a write left when it was cut off."""
    return {"bytes": len(debris), "sha256": hashlib.sha256(debris).hexdigest()}
