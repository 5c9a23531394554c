"""Whether the temporary key of a session called from another address before."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.reading import Fields, rows_of
from trailmend.evidence import call, role

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOME, ABROAD, INSIDE = "198.51.100.7", "203.0.113.9", "10.0.0.5"


def step(address: str, hours: float = 0, key: str = "ASIAEXAMPLE000000001", **who: Any) -> Fields:
    fields = call("GetUser", by=role("web"), sourceIPAddress=address)
    identity = fields["userIdentity"] | {"accessKeyId": key} | who
    time = f"{START + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}"
    return fields | {"userIdentity": identity, "eventTime": time}


def changed(*records: Fields) -> list[bool | None]:
    rows = rows_of([fields | {"eventID": f"e{n}"} for n, fields in enumerate(records)])
    return [row.session_address_changed for row in rows]


def test_session_that_calls_from_another_address_is_told_from_then_on() -> None:
    steps = [step(HOME), step(HOME, 1), step(ABROAD, 2), step(HOME, 3)]

    assert changed(*steps) == [False, False, True, True]


def test_calls_of_one_second_do_not_know_of_each_other() -> None:
    assert changed(step(HOME), step(ABROAD), step(HOME, 1)) == [False, False, True]


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (step(ABROAD, 1, key="ASIAEXAMPLE000000002"), False),
        (step(ABROAD, 1, key="AKIAEXAMPLE000000001"), None),
        (step(INSIDE, 1), None),
        (step("cloudformation.amazonaws.com", 1), None),
        (step(ABROAD, 1, invokedBy="cloudformation.amazonaws.com"), None),
        (step("2001:db8::1", 1), False),
        (step(ABROAD, 37), False),
    ],
)
def test_other_keys_services_and_private_addresses_are_no_change(
    other: Fields, told: bool | None
) -> None:
    assert changed(step(HOME), other) == [False, told]
