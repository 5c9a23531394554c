"""What the tests of reading share: records made into events, rows and findings."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from trailmend.analysis import analyse
from trailmend.by_account import without_duplicates
from trailmend.context import Context, fold
from trailmend.events import Event, resolve
from trailmend.findings import Finding
from trailmend.records import Record

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
"""Real logs; they lie beside the checkout and are not part of it."""

Fields = dict[str, Any]


def event_of(fields: Fields, place: int = 0, source: str = "case") -> Event:
    return resolve(Record(fields, source, place, 0, "file"))


def events_of(records: Iterable[Fields]) -> list[Event]:
    return [event_of(fields, place) for place, fields in enumerate(records)]


def in_order(*records: Fields) -> list[Fields]:
    """Set the records one minute apart, each with an id of its own."""
    return [
        fields | {"eventTime": f"2026-03-02T{9 + n // 60:02}:{n % 60:02}:00Z", "eventID": f"{n}"}
        for n, fields in enumerate(records)
    ]


def rows_of(records: Iterable[Fields]) -> list[Context]:
    """Give the row of each record, in the order of the records."""
    events = events_of(records)
    rows = {row.event_id: row for row in fold(events)}
    return [rows[event.event_id] for event in events]


def row_after(*records: Fields) -> Context:
    """Give the row of the last record, each of them a minute after the one before."""
    return rows_of(in_order(*records))[-1]


def findings_of(records: Iterable[Fields]) -> list[Finding]:
    """Give the findings of every account, in the order of the accounts and of time."""
    accounts = without_duplicates(events_of(records))
    return [one for account in sorted(accounts) for one in analyse(accounts[account])]


def levels(records: Iterable[Fields]) -> list[tuple[str, str]]:
    return [(one.detection, one.level) for one in findings_of(records)]


def real(folder: str) -> Iterator[Fields]:
    """Give the real records of a folder of the shared data; skip the test where it is absent."""
    path = DATA / folder / "events.jsonl"
    if not path.exists():
        pytest.skip(f"the real records are not here: {path}")
    with path.open() as lines:
        yield from map(json.loads, lines)
