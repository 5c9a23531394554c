"""The evidence of the catalog as rows that an engine can try conditions on, all at once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Literal, NamedTuple

import msgspec

from tests.reading import events_of
from trailmend.catalog import Case, detections
from trailmend.context import Moment, fold
from trailmend.detect import Hits
from trailmend.detect.statements import Test, statements
from trailmend.store import hits_of, loaded

Test.__test__ = False  # type: ignore[attr-defined]  # pytest would collect it for its name
Side = Literal["fires", "quiet"]


class CaseOfDetection(NamedTuple):
    """One case of a detection, its events in the order of time."""

    detection: str
    side: Side
    number: int
    moments: list[Moment]


@cache
def evidence() -> tuple[CaseOfDetection, ...]:
    """Fold every case of every detection apart; an event's id then tells its case too."""
    sides: tuple[Side, ...] = ("fires", "quiet")
    return tuple(
        CaseOfDetection(key, side, number, list(_moments(case, f"{key}-{side}-{number}")))
        for key, (_, detection) in detections().items()
        for side in sides
        for number, case in enumerate(getattr(detection, side))
    )


def _moments(case: Case, name: str) -> Iterator[Moment]:
    for account in sorted({event.account_id for event in events_of(case)}):
        events = {e.event_id: e for e in events_of(case) if e.account_id == account}
        for row in fold(events.values()):
            own = {"event_id": f"{name}/{row.event_id}"}
            event = events[row.event_id]
            yield msgspec.structs.replace(event, **own), msgspec.structs.replace(row, **own)


def moments_of_evidence() -> list[Moment]:
    return [moment for case in evidence() for moment in case.moments]


def on_two_tables(tests: list[Test], moments: list[Moment]) -> Hits:
    """Try tests on `events` joined with `context` in DuckDB."""
    events, rows = map(list, zip(*moments, strict=True))
    with loaded(events, rows) as engine:
        return hits_of(engine, statements(tests))


def is_as_claimed(case: CaseOfDetection, hits: Hits) -> bool:
    """Say whether an event of the last second is hit, or in a quiet case none is."""
    last = case.moments[-1][0].event_time
    hit = {
        event.event_time
        for event, row in case.moments
        if case.detection in hits.get((row.account_id, row.event_id), ())
    }
    return last in hit if case.side == "fires" else not hit
