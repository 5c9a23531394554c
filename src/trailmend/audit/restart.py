"""Beginning a damaged audit log anew: the damaged file stays, and the new log tells of it for ever.

The first entry of the new log names the file that was kept aside by its hash, the last entry of it
that followed from its beginning, what was wrong, and who says why.  It holds a digest of the plans'
journals and decisions as they were: what came before is vouched for by the old file, what is
altered afterwards is found.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from trailmend.audit.chain import NOTHING, Fault, Head, Line, Scan, scan, written
from trailmend.audit.log import FILE, AuditLog, held, read_head
from trailmend.disk import sync_folder, write_whole

_MOST_FAULTS = 20


Rows = Mapping[str, tuple[int, str]]
"""Of each plan, how many rows a table held when the log was begun anew, and their digest."""


class _Told(Struct, frozen=True):
    """What the first entry of a log that was begun anew holds."""

    reason: str
    file: str | None
    sha256: str | None
    journal: Rows
    decisions: Rows


class Restart(Struct, frozen=True):
    """A restart of the log, as its first entry tells it."""

    user: str
    at: datetime
    told: _Told

    @property
    def text(self) -> str:
        """Say who began the log anew, when, and why."""
        kept = f"the damaged one is kept as {self.told.file}" if self.told.file else "it was gone"
        return (
            f"it was begun anew by {self.user}, {self.at:%F %T} UTC; {kept}. "
            f"The reason given: {self.told.reason}"
        )


def digest_of(bodies: Iterable[str]) -> str:
    """Name rows by the hash of their bodies in their order."""
    whole = hashlib.sha256()
    for body in bodies:
        whole.update(hashlib.sha256(body.encode()).digest())
    return whole.hexdigest()


def restart_of(read: Scan) -> Restart | None:
    """Give the restart that a log begins with; None if it is the first log of its workspace."""
    first = read.found[0].line if read.found else None
    if first is None or first.what != "restarted" or first.number != 1:
        return None
    try:
        return Restart(first.user, first.at, msgspec.convert(first.details, _Told))
    except msgspec.ValidationError:
        return None


def damaged_logs(folder: Path, restart: Restart | None) -> Iterator[tuple[str, Scan | None]]:
    """Walk back through the logs that were kept aside; None for one that is not as it was."""
    seen = set[str]()
    while restart is not None and restart.told.file is not None and restart.told.file not in seen:
        name = restart.told.file
        seen.add(name)
        path = folder / Path(name).name
        read = None
        if path.is_file() and not path.is_symlink() and _hash(path) == restart.told.sha256:
            with path.open("rb") as file:
                read = scan(file)
        yield name, read
        restart = None if read is None else restart_of(read)


def restart_log(
    log: AuditLog,
    *,
    user: str,
    reason: str,
    faults: Sequence[Fault],
    tables: Mapping[str, Mapping[str, Sequence[str]]],
) -> Line:
    """Keep the damaged log aside and begin a new one; give its first entry.

    `tables` holds the bodies of the journals and the decisions, by table and plan.
    Nobody may apply anything meanwhile.  Raises CannotRead if the disk does not allow it; then
    everything stays refused.
    """
    path, at = log.folder / FILE, log.now().astimezone(UTC)
    with held(path):
        there = os.path.lexists(path)
        aside = f"audit-until-{at:%Y%m%dT%H%M%S.%f}Z.jsonl" if there else None
        line = Line(
            number=1,
            at=at,
            user=user,
            arn=None,
            what="restarted",
            plan_id=None,
            plan_hash=None,
            details={
                "reason": reason,
                "file": aside,
                "sha256": _hash(path) if there else None,
                "last_good": _last_good(path) if there else None,
                "last_known": read_head(log.engine).text,
                "faults": [one.reason for one in faults[:_MOST_FAULTS]],
                **{
                    name: {plan: (len(rows), digest_of(rows)) for plan, rows in plans.items()}
                    for name, plans in tables.items()
                },
            },
            previous=NOTHING.hash,
        )
        _replace(path, aside, written(line))
        log.keep_head(Head(1, line.hash, 0))
    return line


def _last_good(path: Path) -> str | None:
    """Name the last entry before the first that is wrong."""
    with path.open("rb") as file:
        read = scan(file)
    wrong = min((one.line for one in read.faults if one.line is not None), default=None)
    good = [one for one in read.found if wrong is None or one.place < wrong]
    return good[-1].head.text if good else None


def _replace(path: Path, aside: str | None, data: bytes) -> None:
    """Put the new log in the place of the old, in one step; the old one has two names before."""
    if aside is not None:
        os.link(path, path.with_name(aside), follow_symlinks=False)
        sync_folder(path.parent)
    write_whole(path, data)


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
