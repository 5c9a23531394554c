"""A record that lost a field: it is still read, and it never becomes somebody's own act."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.reading import Fields, events_of, findings_of
from trailmend.catalog import Case, chains, detections, runbooks
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


Deletion = tuple[Fields, tuple[str, ...]]
"""A record, and the path of a field that it loses."""


def all_deletions(key: str) -> list[Deletion]:
    return [
        (record, path)
        for record in distinct_records(key)
        for path in paths(record)
        if path not in NEEDED
    ]


def telling_deletions(key: str) -> list[Deletion]:
    """Take each field once: of another call, of another kind of caller or of an error anew."""
    found = {
        (record["eventName"], record["userIdentity"].get("type"), "errorCode" in record, path): (
            record,
            path,
        )
        for record, path in reversed(all_deletions(key))
    }
    return list(found.values())


DeletionsOf = Callable[[str], list[Deletion]]
each_page = pytest.mark.parametrize(
    ("key", "deletions"),
    [
        *(
            pytest.param(
                key, telling_deletions, id=key, marks=pytest.mark.soak if place % 6 else ()
            )
            for place, key in enumerate(WITH_RECORDS)
        ),
        *(
            pytest.param(key, all_deletions, id=f"{key}, all", marks=pytest.mark.soak)
            for key in WITH_RECORDS
        ),
    ],
)


@each_page
def test_no_record_of_the_evidence_needs_any_field_but_its_name_and_time(
    key: str, deletions: DeletionsOf
) -> None:
    for fields, path in deletions(key):
        fold(events_of([without(fields, path), fields]))


@pytest.mark.parametrize("key", WITH_RECORDS)
def test_record_without_a_time_is_refused_by_name(key: str) -> None:
    timeless = without(distinct_records(key)[0], ("eventTime",))

    with pytest.raises(BadRecord, match="eventTime"):
        resolve(Record(timeless, "case", 0, 0, "file"))


@each_page
def test_lost_field_of_any_depth_never_makes_a_call_ones_own(
    key: str, deletions: DeletionsOf
) -> None:
    # Subtlety 20: only where AWS lets the name be left out does a missing name mean the caller.
    wrong = []
    for fields, path in deletions(key):
        [whole, poorer] = events_of([fields, without(fields, path)])
        if whole.actor_account != whole.account_id:
            continue  # without one of the two accounts nobody can tell that they differ
        left_out = path[0] == "requestParameters" and whole.event_name in NAME_MAY_BE_LEFT_OUT
        not_an_error = path == ("errorCode",)
        if poorer.relation == "self" != whole.relation and not (left_out or not_an_error):
            wrong.append((whole.event_name, path))

    assert wrong == []


@each_page
def test_poorer_copies_of_all_records_are_analysed_to_the_end(
    key: str, deletions: DeletionsOf
) -> None:
    poorer = [without(fields, path) for fields, path in deletions(key)]

    found = findings_of(
        fields | {"eventID": f"{fields.get('eventID')}-{number}"}
        for number, fields in enumerate(poorer)
    )

    assert {one.detection for one in found} <= {*detections(), *chains()}
    assert found
