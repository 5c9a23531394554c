"""A record that lost a field: it is still read, and it never becomes somebody's own act."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from tests.reading import Fields, events_of
from trailmend.analysis import analyse
from trailmend.catalog import Case, detections, runbooks
from trailmend.context import fold
from trailmend.events import BadRecord, resolve
from trailmend.events.target import NAME_MAY_BE_LEFT_OUT
from trailmend.records import Record

NEEDED = {("eventTime",), ("eventName",), ("eventSource",)}
"""What the parser of records demands; see the tests of records."""


def cases(key: str) -> Iterator[Case]:
    for one in runbooks()[key].detections.values():
        yield from (*one.fires, *one.quiet)


def paths(fields: Any, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Name every field of a record, at every depth."""
    if isinstance(fields, dict):
        for name, value in fields.items():
            yield (*before, name)
            yield from paths(value, (*before, name))


def without(fields: Fields, path: tuple[str, ...]) -> Fields:
    poorer = copy.deepcopy(fields)
    place = poorer
    for name in path[:-1]:
        place = place[name]
    del place[path[-1]]
    return poorer


def distinct_records(key: str) -> list[Fields]:
    return list({repr(r): r for case in cases(key) for r in case}.values())


WITH_RECORDS = [key for key in runbooks() if distinct_records(key)]
"""The pages of housekeeping have no situation, so no record."""


@pytest.mark.parametrize("key", WITH_RECORDS)
def test_no_record_of_the_evidence_needs_any_field_but_its_name_and_time(key: str) -> None:
    for fields in distinct_records(key):
        for path in paths(fields):
            if path not in NEEDED:
                fold(events_of([without(fields, path), fields]))


@pytest.mark.parametrize("key", WITH_RECORDS)
def test_record_without_a_time_is_refused_by_name(key: str) -> None:
    timeless = without(distinct_records(key)[0], ("eventTime",))

    with pytest.raises(BadRecord, match="eventTime"):
        resolve(Record(timeless, "case", 0, 0, "file"))


@pytest.mark.parametrize("key", WITH_RECORDS)
def test_lost_field_of_any_depth_never_makes_a_call_ones_own(key: str) -> None:
    # Subtlety 20: only where AWS lets the name be left out does a missing name mean the caller.
    wrong = []
    for fields in distinct_records(key):
        [whole] = events_of([fields])
        for path in paths(fields):
            if path in NEEDED or whole.actor_account != whole.account_id:
                continue  # without one of the two accounts nobody can tell that they differ
            [poorer] = events_of([without(fields, path)])
            left_out = path[0] == "requestParameters" and whole.event_name in NAME_MAY_BE_LEFT_OUT
            not_an_error = path == ("errorCode",)
            if poorer.relation == "self" != whole.relation and not (left_out or not_an_error):
                wrong.append((whole.event_name, path))

    assert wrong == []


@pytest.mark.parametrize("key", WITH_RECORDS)
def test_poorer_copies_of_all_records_are_analysed_to_the_end(key: str) -> None:
    records = []
    for fields in distinct_records(key):
        for number, path in enumerate(paths(fields)):
            if path not in NEEDED:
                poorer = without(fields, path)
                records.append(poorer | {"eventID": f"{poorer.get('eventID')}-{number}"})
    events = {event.event_id: event for event in events_of(records)}
    accounts = {event.account_id for event in events.values()}

    findings = [
        finding
        for account in accounts
        for finding in analyse([one for one in events.values() if one.account_id == account])
    ]

    assert {one.detection for one in findings} <= set(detections())
    assert findings
