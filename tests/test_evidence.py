"""The catalog proves itself: every case of every detection, and the lints of its pages."""

from typing import Any

import pytest

from trailmend.analysis import analyse
from trailmend.catalog import Case, Detection, detections
from trailmend.conditions import parse_condition
from trailmend.events import Event, resolve
from trailmend.findings import Finding
from trailmend.records import Record


def events_of(case: Case) -> list[Event]:
    return [resolve(Record(fields, "case", place, 0, "file")) for place, fields in enumerate(case)]


def hits(case: Case, key: str) -> list[Finding]:
    return [finding for finding in analyse(events_of(case)) if finding.detection == key]


def cases(side: str) -> list[Any]:
    return [
        pytest.param(key, case, id=f"{key}-{number}")
        for key, (_, detection) in detections().items()
        for number, case in enumerate(getattr(detection, side))
    ]


@pytest.mark.parametrize(("key", "case"), cases("fires"))
def test_detection_fires_on_the_last_event(key: str, case: Case) -> None:
    last = max(events_of(case), key=lambda event: event.event_time)

    found = hits(case, key)

    assert last.event_id in [finding.event.event_id for finding in found]


@pytest.mark.parametrize(("key", "case"), cases("quiet"))
def test_detection_stays_quiet(key: str, case: Case) -> None:
    assert hits(case, key) == []


@pytest.mark.parametrize("key", detections())
def test_detection_is_well_made(key: str) -> None:
    _, detection = detections()[key]

    assert isinstance(detection, Detection)
    assert detection.fires, "give at least one case that fires"
    assert detection.quiet, "give at least one case that stays quiet"
    parse_condition(detection.when)
