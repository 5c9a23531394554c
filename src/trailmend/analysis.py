"""From events to findings: fold, run the catalog, say what happened next; by account."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from trailmend.context import Context, fold
from trailmend.detect import catalog_statements, findings_of
from trailmend.events import Event
from trailmend.findings import Finding
from trailmend.store import run_statements
from trailmend.stories import follow

_STRENGTH = {"digest": 3, "api": 2, "queue": 1, "file": 0}


def without_duplicates(
    events: Iterable[Event], differs: Callable[[Event], None] = lambda _: None
) -> dict[str, list[Event]]:
    """Group events by account, each once: of copies, the one of the strongest provenance.

    Equal provenance is settled by content, then by the source's name and place, so that the order
    of reading does not matter.  `differs` is told of each copy that says something else.
    """
    best: dict[tuple[str, str], Event] = {}
    for event in events:
        key = event.account_id, event.event_id
        known = best.get(key)
        if known is not None and _content(known) != _content(event):
            differs(event)
        if known is None or _claim(event) < _claim(known):
            best[key] = event
    accounts: dict[str, list[Event]] = {}
    for event in best.values():
        accounts.setdefault(event.account_id, []).append(event)
    return accounts


def _claim(event: Event) -> tuple[int, bytes, str, int]:
    strength = -_STRENGTH.get(event.provenance, 0)
    return strength, _content(event), event.source_name, event.source_index


def _content(event: Event) -> bytes:
    """Give what an event says, without where it was read."""
    return msgspec.json.encode(
        msgspec.structs.replace(event, source_name="", source_index=0, provenance="")
    )


def analyse(events: Sequence[Event]) -> list[Finding]:
    """Find everything on the events of one account, in the order of time.

    The events may come in any order; each must be there once.
    """
    rows = fold(events)
    pairs = frozenset(f"{event.event_source}:{event.event_name}" for event in events)
    hits = run_statements(catalog_statements(pairs), events, rows)
    by_id = {event.event_id: event for event in events}
    found = [
        finding
        for row in rows
        for finding in _found(by_id[row.event_id], row, hits.get(_key(row), frozenset()))
    ]
    return follow(found, events, rows)


def _key(row: Context) -> tuple[str, str]:
    return row.account_id, row.event_id


def _found(event: Event, row: Context, hits: frozenset[str]) -> list[Finding]:
    return findings_of(event, row, hits) if hits else []
