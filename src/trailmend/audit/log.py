"""The file of the audit log, to which lines are added; its head is kept in the database."""

from __future__ import annotations

import fcntl
import io
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Column, Engine, Integer, String, Table, delete, insert, select
from sqlalchemy.exc import DBAPIError

from trailmend.audit.chain import NOTHING, Head, Line, What, evidence, scan, written
from trailmend.database import METADATA
from trailmend.disk import sync_folder
from trailmend.errors import CannotRead, Refused

FILE = "audit.jsonl"
_HEAD = Table(
    "audit_head",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("hash", String, nullable=False),
    Column("start", Integer, nullable=False),
)


@contextmanager
def _opened(path: Path, flags: int, lock: int) -> Iterator[int]:
    """Open a regular file, no link, and hold its lock; raises OSError."""
    flags |= os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    handle = os.open(path, flags, 0o600)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(0, "it is no regular file")
        fcntl.flock(handle, lock)
        yield handle
    finally:
        os.close(handle)


@contextmanager
def reading(folder: Path) -> Iterator[io.BufferedIOBase]:
    """Open the log of a workspace while nobody writes; no log is an empty one.

    Raises CannotRead if it cannot be read.
    """
    path = folder / FILE
    try:
        if not os.path.lexists(path):
            yield io.BytesIO()
            return
        with (
            _opened(path, os.O_RDONLY, fcntl.LOCK_SH) as handle,
            open(handle, "rb", closefd=False) as file,
        ):
            yield file
    except OSError as error:
        raise CannotRead(
            f"The audit log {path} cannot be read ({error.strerror}): put the file back, or give "
            "yourself the right to read it."
        ) from error


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Keep everybody from the log meanwhile; raises CannotRead for what the disk does not allow."""
    try:
        with ExitStack() as stack:
            if os.path.lexists(path):
                stack.enter_context(_opened(path, os.O_RDONLY, fcntl.LOCK_EX))
            yield
    except OSError as error:
        raise CannotRead(
            f"The audit log {path} cannot be begun anew ({error.strerror}): mend the disk, or move "
            "away what stands in its place."
        ) from error


def read_head(engine: Engine) -> Head:
    """Give the last entry that the database knows; number 0 if there is none."""
    latest = select(_HEAD).order_by(_HEAD.c.number.desc()).limit(1)
    with engine.connect() as connection:
        row = connection.execute(latest).one_or_none()
    return NOTHING if row is None else Head(row.number, row.hash, row.start)


@dataclass(frozen=True)
class AuditLog:
    """The log of a workspace; any number of processes may add to it."""

    folder: Path
    engine: Engine
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    def add(
        self,
        what: What,
        *,
        user: str,
        arn: str | None = None,
        plan_id: str | None = None,
        plan_hash: str | None = None,
        details: dict[str, Any] | None = None,
    ) -> None:
        """Add an entry; it is on disk when this returns.  `details` hold no secrets.

        Must not be called inside a transaction of the database, which it writes.
        Raises CannotRead if it cannot be written, and Refused if the end of the log is not what
        was written there; then what the entry tells of must not be done.
        """
        path = self.folder / FILE
        said = Line(
            number=0,
            at=self.now().astimezone(UTC),
            user=user,
            arn=arn,
            what=what,
            plan_id=plan_id,
            plan_hash=plan_hash,
            details=details or {},
            previous="",
        )
        try:
            with _opened(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, fcntl.LOCK_EX) as handle:
                last, rest = self._find_end(handle)
                if rest:
                    last = self._append(handle, last, _torn(said, rest), before=b"\n")
                self._append(handle, last, said)
        except OSError as error:
            raise _cannot_write(path, error.strerror) from error
        except DBAPIError as error:
            raise _cannot_write(path, f"its head in the database: {error.orig}") from error

    def _find_end(self, handle: int) -> tuple[Head, bytes]:
        """Give the last entry, and the bytes after it of a write that was cut off.

        A line may be whole and the database not know of it, if a process died between: it counts.
        Raises Refused if anything else is there than what the database says.
        """
        kept = read_head(self.engine)
        length = max(os.fstat(handle).st_size - kept.start, 0)
        tail = io.BytesIO(os.pread(handle, length, kept.start))
        read = scan(tail, None if kept.number else NOTHING, kept.start)
        heads = [one.head for one in read.found]
        known = heads if kept.number else [NOTHING, *heads]
        if read.faults or known[:1] != [kept] or len(known) > 2:
            raise Refused(
                f"The end of the audit log {self.folder / FILE} is not what was written there, "
                "and no change is made until it is: look at it with `trailmend audit-log verify`, "
                "and put the file back from a copy, or begin it anew (`audit-log restart`)."
            )
        if known[-1] != kept:
            os.fsync(handle)  # the database must never be ahead of the file
            self.keep_head(known[-1])
        return known[-1], read.rest

    def _append(self, handle: int, last: Head, said: Line, before: bytes = b"") -> Head:
        line = replace(said, number=last.number + 1, previous=last.hash)
        size = os.fstat(handle).st_size
        _write(handle, before + written(line), size)
        if size == 0:
            sync_folder(self.folder)
        head = Head(line.number, line.hash, size + len(before))
        self.keep_head(head)
        return head

    def keep_head(self, head: Head) -> None:
        """Have the database know the last entry."""
        with self.engine.begin() as connection:
            connection.execute(delete(_HEAD))
            connection.execute(insert(_HEAD), msgspec.structs.asdict(head))


def _torn(said: Line, rest: bytes) -> Line:
    """Make the entry that tells of a write that was cut off; its bytes stay before it."""
    return replace(
        said, arn=None, what="torn", plan_id=None, plan_hash=None, details=evidence(rest)
    )


def _write(handle: int, data: bytes, size: int) -> None:
    """Write all of it to the disk, or leave the file at its size; raises OSError."""
    try:
        while data:
            data = data[os.write(handle, data) :]
        os.fsync(handle)
    except OSError:
        with suppress(OSError):  # the part that stays is told of as torn, by the next entry
            os.ftruncate(handle, size)
        raise


def _cannot_write(path: Path, reason: str | None) -> CannotRead:
    return CannotRead(
        f"The audit log {path} cannot be written ({reason}), and without it no change is made: "
        "mend the disk or the file, then `trailmend status` tells where the plans stand."
    )
