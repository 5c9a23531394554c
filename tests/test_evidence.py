"""The catalog proves itself: every case of every detection, and the lints of its pages."""

from functools import cache

import pytest

from tests.engines import Side, evidence, is_as_claimed, moments_of_evidence
from trailmend.analysis import catalog_hits
from trailmend.catalog import Detection, detections
from trailmend.detect import Hits
from trailmend.detect.conditions import parse_condition


@cache
def hits_of_all_cases() -> Hits:
    """Try the catalog on all cases at once: an engine of its own for each would take minutes."""
    return catalog_hits(moments_of_evidence())


def wrong(key: str, side: Side) -> list[int]:
    """Give the numbers of the cases of a detection that are not as they claim."""
    return [
        case.number
        for case in evidence()
        if (case.detection, case.side) == (key, side)
        and not is_as_claimed(case, hits_of_all_cases())
    ]


@pytest.mark.parametrize("key", detections())
def test_detection_fires_on_the_last_event_of_each_case(key: str) -> None:
    assert wrong(key, "fires") == []


@pytest.mark.parametrize("key", detections())
def test_detection_stays_quiet_in_each_case(key: str) -> None:
    assert wrong(key, "quiet") == []


@pytest.mark.parametrize("key", detections())
def test_detection_is_well_made(key: str) -> None:
    _, detection = detections()[key]

    assert isinstance(detection, Detection)
    assert detection.fires, "give at least one case that fires"
    assert detection.quiet, "give at least one case that stays quiet"
    parse_condition(detection.when)
