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
from pathlib import Path
from typing import Any

import duckdb
import msgspec
from sqlalchemy import Boolean, Column, Engine, String, Table, Text, select, update
from sqlalchemy.dialects.sqlite import insert

from trailmend.columns import Row, table_columns
from trailmend.context import Context
from trailmend.database import METADATA
from trailmend.events import Event
from trailmend.findings import Finding

_FINDINGS = Table(
    "findings",
    METADATA,
    Column("id", String, primary_key=True),
    Column("account_id", String, nullable=False, index=True),
    Column("event_time", String, nullable=False, index=True),
    Column("lapsed", Boolean, nullable=False),
    Column("body", Text, nullable=False),
)


class Store:
    """The events of a workspace, one folder of Parquet files for each account."""

    def __init__(self, workspace: Path) -> None:
        self._events = workspace / "events"
        self._events.mkdir(mode=0o700, exist_ok=True)

    def events(self, account_id: str) -> list[Event]:
        """Read every event of an account; none where the account was never seen."""
        folder = self._folder(account_id)
        files = sorted(file.name for file in folder.glob("*.parquet"))
        if not files:
            return []
        names = ", ".join(Event.__struct_fields__)
        with _opened(folder) as place, duckdb.connect() as engine:
            rows = engine.execute(
                f"SELECT {names} FROM read_parquet(?)",  # noqa: S608 (names of our own columns)
                [[f"{place}/{name}" for name in files]],
            ).fetchall()
        return [Event(**_fields(row)) for row in rows]

    def accounts(self) -> list[str]:
        """Name the accounts of which there are events."""
        found = set()
        with duckdb.connect() as engine:
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
        """Keep events of an account; a file is whole or not there."""
        if not events:
            return
        folder = self._folder(account_id)
        folder.mkdir(mode=0o700, exist_ok=True)
        keys = "\n".join(sorted(f"{one.event_id} {one.source_name}" for one in events))
        name = hashlib.sha256(keys.encode(errors="backslashreplace")).hexdigest()[:32]
        with _opened(folder) as place, duckdb.connect() as engine:
            _load(engine, "events", Event, events)
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
        _load(engine, "events", Event, events)
        _load(engine, "context", Context, rows)
        engine.execute("SET enable_external_access = false")
        engine.execute("SET lock_configuration = true")
        yield engine


def run_statements(
    statements: Iterable[str], events: Sequence[Event], rows: Sequence[Context]
) -> dict[tuple[str, str], frozenset[str]]:
    """Run compiled statements over events and their context; give the hits of each event."""
    with loaded(events, rows) as engine:
        return hits_of(engine, statements)


def hits_of(
    engine: duckdb.DuckDBPyConnection, statements: Iterable[str]
) -> dict[tuple[str, str], frozenset[str]]:
    """Run compiled statements over the tables that are loaded."""
    hits: dict[tuple[str, str], list[str]] = {}
    for statement in statements:
        for account_id, event_id, keys in engine.execute(statement).fetchall():
            hits.setdefault((account_id, event_id), []).extend(keys.split())
    return {key: frozenset(names) for key, names in hits.items()}


def _load(
    engine: duckdb.DuckDBPyConnection,
    name: str,
    row: Row,
    rows: Sequence[Event] | Sequence[Context],
) -> None:
    """Load rows as a table, by way of JSON lines in a file without a name.

    DuckDB takes every path for a glob, even a bound one, so it is given only `/dev/fd/N`.
    """
    with tempfile.TemporaryFile() as lines:
        lines.write(msgspec.json.Encoder().encode_lines(rows))
        lines.flush()
        engine.execute(
            f"CREATE TABLE {name} AS SELECT * FROM read_json(?, columns = ?, "  # noqa: S608
            "format = 'newline_delimited', maximum_object_size = 16777216)",
            [f"/dev/fd/{lines.fileno()}", table_columns(row)],
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
    rows = [_finding_row(account_id, one) for one in found]
    with database.begin() as connection:
        connection.execute(
            update(_FINDINGS).where(_FINDINGS.c.account_id == account_id).values(lapsed=True)
        )
        for row in rows:
            connection.execute(
                insert(_FINDINGS).values(row).on_conflict_do_update(index_elements=["id"], set_=row)
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
    wanted = (
        select(_FINDINGS.c.body, _FINDINGS.c.lapsed)
        .where(_FINDINGS.c.id.startswith(prefix.upper(), autoescape=True))
        .order_by(_FINDINGS.c.event_time, _FINDINGS.c.id)
    )
    with database.connect() as connection:
        return [
            msgspec.structs.replace(msgspec.json.decode(body, type=Finding), lapsed=lapsed)
            for body, lapsed in connection.execute(wanted)
        ]
