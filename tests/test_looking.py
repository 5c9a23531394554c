"""Conditions looked at without an engine: they are so where DuckDB says that they are."""

from __future__ import annotations

from itertools import product

import msgspec
import pytest

from tests.engines import moments_of_evidence, on_two_tables
from trailmend.context import Moment
from trailmend.detect import detection_tests, fact_tests
from trailmend.detect.looking import NotRead, look_for
from trailmend.detect.statements import Test

TELLING = (
    *("console", "NOT console", "console AND NOT narrows", "console OR narrows", "NOT NOT narrows"),
    *("console OR narrows AND mfa = 'no'", "(console OR narrows) AND mfa = 'no'"),
    *("NOT narrows = console", "narrows IS NULL", "narrows IS NOT NULL AND console"),
    *("narrows IS DISTINCT FROM console", "NOT narrows IS NOT DISTINCT FROM console"),
    *("narrows IS DISTINCT FROM TRUE", "narrows = COALESCE(console, FALSE)"),
    *("COALESCE(narrows, FALSE)", "COALESCE(NOT narrows, FALSE)", "COALESCE(narrows, console)"),
    *("COALESCE(request, object_id, '') = ''", "COALESCE(narrows AND console, TRUE)"),
    *("devices_left = 1", "devices_left <> 1", "devices_left < 2", "devices_left <= 1"),
    *("devices_left > 1", "devices_left >= 1", "COALESCE(devices_left, 0) IN (0, 2)"),
    *("devices_left IN (1)", "devices_left NOT IN (1, 2)", "request IN ('it''s', 'a%b')"),
    *("request NOT IN ('')", "request = 'it''s'", "request <> object_id", "request < 'b'"),
    *("request LIKE 'a%'", "request LIKE '%B'", "request LIKE '%B%'", "request LIKE 'a%B'"),
    *("request LIKE 'a_b'", "request LIKE '_'", "request LIKE '%'", "request LIKE ''"),
    *("request LIKE '%a%b%a%'", "request LIKE '%.%'", "request LIKE 'a%%b'", "request LIKE 'a'"),
    *("request LIKE '%it''s'", "request NOT LIKE '%a%'", "NOT request LIKE 'a%'"),
    *("LOWER(request) LIKE '%ab%'", "LOWER(COALESCE(request, 'A')) = 'a'", "TRUE", "NOT FALSE"),
)
TEXTS = (None, "", "a", "a%b", "a_b", "axb", "aB\nAB", "it's", "a.*b", "abab\n", "é", "aba", "ab")


def moments() -> list[Moment]:
    """Give an event for each way in which what the conditions read can be known or not."""
    event, row = moments_of_evidence()[0]
    known = product(TEXTS, (None, "a"), (None, 0, 1, 2), (None, True, False), (True, False))
    return [
        (
            msgspec.structs.replace(
                event, event_id=f"{n}", request=text, object_id=other, console=console, mfa="no"
            ),
            msgspec.structs.replace(row, event_id=f"{n}", devices_left=left, narrows=narrows),
        )
        for n, (text, other, left, narrows, console) in enumerate(known)
    ]


def test_condition_is_true_of_the_events_of_which_an_engine_says_so() -> None:
    events = moments()
    pair = f"{events[0][0].event_source}:{events[0][0].event_name}"
    tests = [Test(f"t{number}", (pair,), text) for number, text in enumerate(TELLING)]

    looked = {
        (row.account_id, row.event_id): frozenset(
            test.key for test in tests if look_for(test.condition)(event, row) is True
        )
        for event, row in events
    }

    assert looked == on_two_tables(tests, events)
    assert frozenset.union(*looked.values()) == {test.key for test in tests}


def test_every_condition_of_the_catalog_is_read() -> None:
    for test in (*detection_tests(), *fact_tests()):
        look_for(test.condition)


@pytest.mark.parametrize(
    "text",
    [
        *("", "nowhere", "mfa", "mfa =", "mfa = 1", "devices_left = '1'", "console = 1", "1"),
        *("mfa = 'no' OR", "(console", "console)", "console narrows", "NOT mfa", "mfa NOT 'no'"),
        *("mfa = 'no' = TRUE", "console AND devices_left", "mfa LIKE actor_name", "mfa IN ()"),
        *("mfa IN ('no', 1)", "mfa IN ('no'", "devices_left LIKE '1'", "devices_left + 1 = 2"),
        *("mfa = 'no", 'mfa = "no"', "console -- so", "mfa IS 'no'", "console IS TRUE"),
        *("COALESCE(mfa, 1) = 'no'", "COALESCE()", "LOWER(devices_left) = ''", "mfa; console"),
    ],
)
def test_what_is_no_condition_is_not_read(text: str) -> None:
    with pytest.raises(NotRead):
        look_for(text)
