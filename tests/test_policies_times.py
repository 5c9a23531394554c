"""Conditions on the time of the call, decided for the time of the event."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.test_policies_grants import allow, deny
from trailmend.policies import decided_at, grants, read_document, speaks_of_time, trusts

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
PAST, FUTURE = "2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z"
EPOCH = str(int(NOW.timestamp()))


def when(operator: str, *values: Any, key: str = "aws:CurrentTime") -> dict[str, Any]:
    return {operator: {key: list(values)}}


def admin(*statements: dict[str, Any]) -> bool | None:
    read = read_document({"Version": "2012-10-17", "Statement": list(statements)})
    return grants(decided_at(read, NOW)).admin


@pytest.mark.parametrize(
    ("condition", "granted", "denied"),
    [
        (when("DateGreaterThan", PAST), True, False),
        (when("DateGreaterThan", FUTURE), None, True),
        (when("DateLessThan", FUTURE), True, None),
        (when("DateLessThan", PAST), False, True),
        (when("DateLessThanEquals", "2026-11-01T12:00:00Z"), True, None),
        (when("DateLessThan", "2026-11-01T12:00:00Z"), False, True),
        (when("DateGreaterThanEquals", "2026-11-01T13:00:00+01:00"), True, False),
        (when("DateGreaterThan", "2026-11-01"), True, False),
        (when("DateLessThanIfExists", PAST, FUTURE), True, None),
        (when("DateEquals", PAST), False, True),
        (when("DateNotEquals", PAST), True, False),
        (when("NumericLessThan", EPOCH, key="aws:EpochTime"), False, True),
        (when("DateGreaterThanEquals", EPOCH, key="aws:EpochTime"), True, False),
        (when("DateLessThan", FUTURE, "soon"), None, None),
        (when("DateLessThan", "9999-12-31T23:59:59Z"), True, None),
        (when("DateLessThanEquals", "9999-12-31T23:59:59.999999Z"), True, False),
        (when("DateLessThan", "0001-01-01T00:00:00+14:00"), None, None),
        (when("DateLessThan", "9" * 11), True, None),
        (when("DateLessThan", "9" * 40), None, None),
        (when("DateLessThan"), None, None),
        (when("DateLessThan", True), None, None),
        (when("DateLessThan", *range(3_000_000_000, 3_000_000_200)), None, None),
        (when("DateLessThan", FUTURE, key="aws:TokenIssueTime"), None, None),
        (when("StringLike", "2026-*"), None, None),
        (when("DateLessThan", FUTURE) | {"Bool": {"aws:MultiFactorAuthPresent": True}}, None, None),
        (when("DateLessThan", FUTURE) | when("DateGreaterThan", PAST), True, None),
        (when("DateLessThan", PAST) | {"Bool": {"aws:MultiFactorAuthPresent": True}}, False, True),
    ],
)
def test_time_of_the_event_decides(
    condition: dict[str, Any], granted: bool | None, denied: bool | None
) -> None:
    assert admin(allow("*", Condition=condition)) is granted
    assert admin(allow("*"), deny("*", Condition=condition)) is denied


@settings(max_examples=200, deadline=None)
@given(
    st.datetimes().map(datetime.isoformat) | st.integers().map(str) | st.text(max_size=30),
    st.sampled_from(["DateLessThan", "DateGreaterThanEquals", "DateNotEquals", "NumericEquals"]),
    st.sampled_from(["aws:CurrentTime", "aws:EpochTime"]),
)
def test_no_text_of_a_time_stops_the_reading(text: str, operator: str, key: str) -> None:
    assert admin(allow("*", Condition=when(operator, text, key=key))) in (True, False, None)


def test_what_a_time_will_end_is_told_and_what_is_open_too() -> None:
    statements = [
        allow("*", Condition=when("DateLessThan", FUTURE)),
        allow("*", Condition=when("DateGreaterThan", FUTURE)),
    ]

    told = [
        [
            one.sentence
            for one in grants(decided_at(read_document({"Statement": one}), NOW)).findings
        ]
        for one in statements
    ]

    assert told == [
        ["statement 1: everything on *, until 2099-01-01T00:00:00Z"],
        ["statement 1: everything on *: if aws:currenttime is after 2099-01-01T00:00:00Z"],
    ]


@pytest.mark.parametrize(
    ("condition", "anyone"),
    [
        (when("DateLessThan", FUTURE), True),
        (when("DateGreaterThan", FUTURE), None),
        (when("DateLessThan", PAST), False),
    ],
)
def test_trust_that_holds_only_for_a_time(condition: dict[str, Any], anyone: bool | None) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "sts:AssumeRole",
        "Condition": condition,
    }

    found = trusts(decided_at(read_document({"Statement": statement}), NOW), "111122223333")

    assert found.anyone is anyone


def test_what_cannot_be_read_stays_so_and_only_a_word_of_time_asks_for_one() -> None:
    broken = read_document("{")

    assert decided_at(broken, NOW) == broken
    assert speaks_of_time('{"aws:CURRENTTIME": 1}')
    assert speaks_of_time('{"aws:\\u0043urrentTime": 1}')
    assert not speaks_of_time('{"Action": "*"}')
