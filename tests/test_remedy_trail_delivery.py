"""A trail that logs and does not deliver is told, and an error that is being mended is not."""

from typing import Any

import pytest

from tests.test_remedy_trails import NOTHING, calls, proposed
from tests.trail_accounts import OLD, Account
from tests.worlds_trails import MINE, OTHERS
from trailmend.errors import CannotFix


def failing(started: str = OLD, **more: Any) -> Account:
    status = {"IsLogging": True, "StartLoggingTime": started, "LatestDeliveryError": "AccessDenied"}
    return Account().with_trail(status=status | more).with_bucket()


def test_trail_that_does_not_deliver_is_left_to_people() -> None:
    with pytest.raises(CannotFix, match=r"do not reach bucket audit-logs\. S3 says AccessDenied"):
        proposed(failing())


def test_trail_that_never_delivered_is_left_to_people() -> None:
    with pytest.raises(CannotFix, match="none has since 2026-01-01"):
        proposed(failing(LatestDeliveryError=None))


@pytest.mark.parametrize("started", ["2026-03-02T09:16:00+00:00", "2026-03-02T10:31:00+01:00"])
def test_trail_that_was_just_started_has_time_to_deliver(started: str) -> None:
    assert calls(failing(started)) == NOTHING


def test_error_of_a_delivery_does_not_stand_in_the_way_of_what_mends_it() -> None:
    account = failing().with_bucket("audit-logs", OTHERS)

    (put,) = calls(account)
    account(put)

    assert calls(account) == NOTHING
    with pytest.raises(CannotFix, match="AccessDenied"):
        proposed(account, asked_at="2026-03-02T10:00:00Z")


@pytest.mark.parametrize("digits", ["99991231235959", "20260302093001", "00000000000000"])
def test_statement_of_another_time_does_not_hide_an_error(digits: str) -> None:
    forged = [one | {"Sid": f"trailmendLook{digits}"} for one in MINE]
    account = failing().with_bucket("audit-logs", *forged)

    with pytest.raises(CannotFix, match="AccessDenied"):
        proposed(account)
