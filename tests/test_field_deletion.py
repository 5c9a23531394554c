"""A record that lost a field: it is still read, and it never becomes somebody's own act."""

import copy
import csv
import io
import json
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from itertools import cycle
from typing import Any

import pytest

from tests.reading import Fields, events_of, findings_of
from tests.slow import some
from trailmend.analysis import analyse
from trailmend.by_account import without_duplicates
from trailmend.catalog import Case, chains, detections, runbooks
from trailmend.context import fold
from trailmend.events import BadRecord, Event, resolve
from trailmend.events.target import NAME_MAY_BE_LEFT_OUT
from trailmend.records import Record
from trailmend.report.asff import security_finding
from trailmend.report.csv_table import findings_csv
from trailmend.report.markdown import findings_markdown
from trailmend.report.ocsf import detection_finding
from trailmend.report.terminal import console, whole_finding

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
        (_name_and_kind(record), record.get("errorCode"), path): (record, path)
        for record, path in reversed(all_deletions(key))
    }
    return list(found.values())


def _name_and_kind(record: Fields) -> tuple[str, str | None]:
    return record["eventName"], record["userIdentity"].get("type")


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


OTHERS: tuple[Any, ...] = (None, True, 7, -1.5, "text", "", ["a", {"b": 1}], {"a": ["b"]}, {})
"""What may stand in a field instead of what AWS writes there."""


def with_another(fields: Fields, path: tuple[str, ...], value: Any) -> Fields:
    stranger = copy.deepcopy(fields)
    place = stranger
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    return stranger


@pytest.mark.parametrize("key", some(WITH_RECORDS, every=30))
def test_field_of_another_type_is_refused_by_its_name_or_told_to_the_end(key: str) -> None:
    others, read = cycle(OTHERS), list[Event]()
    for number, (fields, path) in enumerate(telling_deletions(key)):
        strange = with_another(fields | {"eventID": f"{number}"}, path, next(others))
        with suppress(BadRecord) if path == ("eventTime",) else nullcontext():
            read += events_of([strange])

    found = [one for account in without_duplicates(read).values() for one in analyse(account)]

    assert {one.detection for one in found} <= {*detections(), *chains()}
    assert findings_markdown(found).count("\n## ") == len(found)
    assert len(list(csv.reader(io.StringIO(findings_csv(found))))) == 1 + len(found)
    for one in found:
        json.dumps([detection_finding(one), security_finding(one)])
        shown = console()
        with shown.capture() as text:
            shown.print(whole_finding(one))
        assert one.id in text.get()
