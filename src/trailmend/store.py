"""The workspace on disk: events and context as Parquet, findings in the database.

DuckDB reads only files that were written here, never a CloudTrail file: its makers promise safety
for files of a trusted writer alone (duckdb.org/security).
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache, partial
from itertools import islice
from operator import attrgetter
from pathlib import Path
from typing import Any

import duckdb
import msgspec
from sqlalchemy import Boolean, Column, Engine, String, Table, Text, select, update
from sqlalchemy.dialects.sqlite import insert

from trailmend.context import Context, Moment
from trailmend.database import METADATA
from trailmend.detect import Hits
from trailmend.detect.columns import COLUMNS, table_columns
from trailmend.events import Event, thrifty
from trailmend.findings import Finding, in_order

_FINDINGS = Table(
    "findings",
    METADATA,
    Column("id", String, primary_key=True),
    Column("account_id", String, nullable=False, index=True),
    Column("event_time", String, nullable=False, index=True),
    Column("lapsed", Boolean, nullable=False),
    Column("body", Text, nullable=False),
)

MOMENTS, STRUCK = "moments", "struck"
_ROWS_AT_ONCE = 10_000
_SHORT = 1 << 20
"""Each of DuckDB's threads takes twice as much room as the longest line, at least this long."""
_ROWS_IN_A_FILE = 10_000
"""What DuckDB holds while it writes a file grows with the file."""


class Store:
    """The events of a workspace, one folder of Parquet files for each account."""

    def __init__(self, workspace: Path, folder: str = "events") -> None:
        self._events = workspace / folder
        self._events.mkdir(mode=0o700, exist_ok=True)

    def events(self, account_id: str) -> list[Event]:
        """Read every event of an account; none where the account was never seen."""
        return list(self.stream(account_id))

    def stream(self, account_id: str) -> Iterator[Event]:
        """Give every event of an account, in any order, some more than once."""
        folder = self._folder(account_id)
        files = sorted(file.name for file in folder.glob("*.parquet"))
        if not files:
            return
        names = ", ".join(Event.__struct_fields__)
        with _opened(folder) as place, _engine_of_files() as engine:
            engine.execute(
                f"SELECT {names} FROM read_parquet(?)",  # noqa: S608 (names of our own columns)
                [[f"{place}/{name}" for name in files]],
            )
            for rows in iter(partial(engine.fetchmany, _ROWS_AT_ONCE), []):
                for row in rows:
                    yield thrifty(Event(**_fields(row)))

    def accounts(self) -> list[str]:
        """Name the accounts of which there are events."""
        found = set()
        with _engine_of_files() as engine:
            for folder in self._events.iterdir():
                files = sorted(file.name for file in folder.glob("*.parquet"))[:1]
                if not files:
                    continue
                with _opened(folder) as place:
                    row = engine.execute(
                        "SELECT account_id FROM read_parquet(?) LIMIT 1", [f"{place}/{files[0]}"]
                    ).fetchone()
                found.add(str(row[0]) if row else "")
        return sorted(found - {""})

    def add(self, account_id: str, events: Sequence[Event]) -> None:
        """Keep events of an account, so many in a file; a file is whole or not there."""
        for first in range(0, len(events), _ROWS_IN_A_FILE):
            self._add(account_id, events[first : first + _ROWS_IN_A_FILE])

    def _add(self, account_id: str, events: Sequence[Event]) -> None:
        folder = self._folder(account_id)
        folder.mkdir(mode=0o700, exist_ok=True)
        keys = "\n".join(sorted(f"{one.event_id} {one.source_name}" for one in events))
        name = hashlib.sha256(keys.encode(errors="backslashreplace")).hexdigest()[:32]
        with _opened(folder) as place, _engine_of_files() as engine:
            _load(engine, "events", table_columns(Event), events)
            engine.execute(f"COPY events TO '{place}/{name}.unfinished' (FORMAT parquet)")
        (folder / f"{name}.unfinished").chmod(0o600)
        os.replace(folder / f"{name}.unfinished", folder / f"{name}.parquet")

    def _folder(self, account_id: str) -> Path:
        """Name an account's folder by its hash: the id is text from a log, and may be a path."""
        return self._events / hashlib.sha256(account_id.encode()).hexdigest()[:32]


@contextmanager
def loaded(events: Sequence[Event], rows: Sequence[Context]) -> Iterator[duckdb.DuckDBPyConnection]:
    """Load the tables `events` and `context` into an engine that can reach no file."""
    with duckdb.connect() as engine:
        _load(engine, "events", table_columns(Event), events)
        _load(engine, "context", table_columns(Context), rows)
        _shut_in(engine)
        yield engine


@contextmanager
def loaded_moments(
    moments: Sequence[Moment], columns: Sequence[str]
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Load these columns of events and context, joined, as the table `moments`.

    They are put in the order of source and name: a statement asks each batch of rows what only some
    events are asked, so batches of one event make it several times faster.
    """
    told = [name for name in table_columns(Context) if name in columns]
    sent = [name for name in table_columns(Event) if name in columns and name not in told]
    of_event, of_row = attrgetter(*sent), attrgetter(*told)
    rows = (
        dict(zip((*told, *sent), (*of_row(row), *of_event(event)), strict=True))
        for event, row in sorted(moments, key=_pair)
    )
    kinds = {name: COLUMNS[name] for name in (*told, *sent)}
    with duckdb.connect() as engine:
        _load(engine, MOMENTS, kinds, rows)
        _shut_in(engine)
        yield engine


def _engine_of_files() -> duckdb.DuckDBPyConnection:
    """Give an engine that reads and writes files, each time from the disk."""
    return _engine_at_hand(os.getpid()).cursor()


@cache
def _engine_at_hand(_process: int) -> duckdb.DuckDBPyConnection:
    """Start an engine once: that takes longer than most of what it is asked.

    Each cursor of it has tables of its own.
    """
    return duckdb.connect(config={"enable_external_file_cache": "false"})


def _pair(moment: Moment) -> tuple[str, str, str]:
    return moment[0].event_source, moment[0].event_name, moment[0].outcome


def _shut_in(engine: duckdb.DuckDBPyConnection) -> None:
    """Let statements, which come from the catalog alone, all the same reach no file."""
    engine.execute("SET enable_external_access = false")
    engine.execute("SET lock_configuration = true")


def first_hits(engine: duckdb.DuckDBPyConnection, statements: Sequence[str]) -> Hits:
    """Run statements over `moments`, and put what they hit into the table `struck`."""
    # Values are not bound: for each of them DuckDB looks anew for libraries that are not there.
    engine.execute(f"CREATE TEMP TABLE found AS {' UNION ALL '.join(statements)}")
    engine.execute(
        f"CREATE TEMP TABLE {STRUCK} AS SELECT {MOMENTS}.* FROM {MOMENTS} "  # noqa: S608 (our own names)
        "SEMI JOIN (FROM found WHERE hits <> '') USING (account_id, event_id)"
    )
    return hits_of(engine, ["FROM found"])


def hits_of(engine: duckdb.DuckDBPyConnection, statements: Iterable[str]) -> Hits:
    """Run compiled statements over what is loaded; give the hits of each event."""
    hits: dict[tuple[str, str], list[str]] = {}
    for statement in statements:
        for account_id, event_id, keys in engine.execute(statement).fetchall():
            if keys:
                hits.setdefault((account_id, event_id), []).extend(keys.split())
    return {key: frozenset(names) for key, names in hits.items()}


def _load(
    engine: duckdb.DuckDBPyConnection,
    name: str,
    columns: Mapping[str, str],
    rows: Iterable[Event] | Iterable[Context] | Iterable[dict[str, Any]],
) -> None:
    """Load rows as a table, by way of JSON lines in a file without a name.

    DuckDB takes every path for a glob, even a bound one, so it is given only `/dev/fd/N`.
    """
    encode, waiting = msgspec.json.Encoder().encode, iter(rows)
    longest = _SHORT
    with tempfile.TemporaryFile() as lines:
        while part := list(map(encode, islice(waiting, _ROWS_AT_ONCE))):
            longest = max(longest, *map(len, part))
            lines.write(b"\n".join((*part, b"")))
        lines.flush()
        named = ", ".join(f"{column}: '{kind}'" for column, kind in columns.items())
        engine.execute(
            f"CREATE TEMP TABLE {name} AS FROM read_json('/dev/fd/{lines.fileno()}', columns = "
            f"{{{named}}}, format = 'newline_delimited', maximum_object_size = {longest + 1})"
        )


@contextmanager
def _opened(folder: Path) -> Iterator[str]:
    """Give a path to a folder that holds nothing of its name, which may be any text."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/dev/fd/{descriptor}"
    finally:
        os.close(descriptor)


def _fields(row: tuple[Any, ...]) -> dict[str, Any]:
    """Name the values of a row; DuckDB's timestamps are UTC without saying so."""
    return {
        name: value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
        for name, value in zip(Event.__struct_fields__, row, strict=True)
    }


def save_findings(database: Engine, account_id: str, found: Iterable[Finding]) -> None:
    """Keep an account's findings; those that are no longer found stay, marked as lapsed."""
    rows, added = [_finding_row(account_id, one) for one in found], insert(_FINDINGS)
    with database.begin() as connection:
        connection.execute(
            update(_FINDINGS).where(_FINDINGS.c.account_id == account_id).values(lapsed=True)
        )
        if rows:
            connection.execute(
                added.on_conflict_do_update(index_elements=["id"], set_=dict(added.excluded)), rows
            )


def _finding_row(account_id: str, finding: Finding) -> Mapping[str, Any]:
    return {
        "id": finding.id,
        "account_id": account_id,
        "event_time": finding.event.event_time,
        "lapsed": finding.lapsed,
        "body": msgspec.json.encode(finding).decode(),
    }


def load_findings(database: Engine, prefix: str = "") -> list[Finding]:
    """Give the findings whose id starts so, in the order of time."""
    wanted = select(_FINDINGS.c.body, _FINDINGS.c.lapsed).where(
        _FINDINGS.c.id.startswith(prefix.upper(), autoescape=True)
    )
    with database.connect() as connection:
        found = [
            msgspec.structs.replace(msgspec.json.decode(body, type=Finding), lapsed=lapsed)
            for body, lapsed in connection.execute(wanted)
        ]
    return sorted(found, key=in_order)
