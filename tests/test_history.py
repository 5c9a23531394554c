"""What is known of a subject at a time, and how surely."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.reading import Fields, events_of, in_order
from trailmend.context import fold
from trailmend.errors import WrongUse
from trailmend.evidence import ACCOUNT, call, role, user
from trailmend.history import Fact, history, subject_of
from trailmend.snapshots import SeenBearer, SeenUser, Snapshot

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
PHONE = f"arn:aws:iam::{ACCOUNT}:mfa/phone"
MAKER = user("maker")


def done(event_name: str, /, by: Any = MAKER, response: Any = None, **request: Any) -> Fields:
    return call(event_name, by=by, request={"userName": "bob", **request}, response=response)


RECORDS = in_order(
    done("CreateUser"),
    done("CreateLoginProfile"),
    done("EnableMFADevice", serialNumber=PHONE),
    done("CreateAccessKey", response={"accessKey": {"accessKeyId": "AKIA1", "status": "Active"}}),
    done("AttachUserPolicy", policyArn=ADMIN),
    done("UpdateLoginProfile", by=role("desk", session="bob")),
    call("ListUsers", by=user("bob"), request={}),
)
EVENTS = events_of(RECORDS)


def told(minute: int, subject: str = "user/bob", snapshot: Snapshot | None = None) -> list[Fact]:
    at = START + timedelta(minutes=minute)
    return history(subject_of(subject), EVENTS, fold(EVENTS, snapshot), at, snapshot).facts


def test_everything_that_the_log_shows_of_a_user_is_known() -> None:
    assert told(6) == [
        Fact("made", "by maker", "known", "2026-03-02T09:00:00Z"),
        Fact("password", "set by desk, not changed since", "known", "2026-03-02T09:05:00Z"),
        Fact("MFA device", f"{PHONE}, by maker", "known", "2026-03-02T09:02:00Z"),
        Fact("access key", "AKIA1 Active, by maker", "known", "2026-03-02T09:03:00Z"),
        Fact("attached policy", ADMIN, "known"),
        Fact("administrator", "yes", "known"),
    ]


def test_earlier_time_shows_the_account_as_it_was_then() -> None:
    assert told(0) == [
        Fact("made", "by maker", "known", "2026-03-02T09:00:00Z"),
        Fact("password", "not shown", "unknown"),
        Fact("MFA devices", "none", "known"),
        Fact("policies", "none", "known"),
        Fact("administrator", "no", "known"),
    ]


def test_whom_the_log_never_shows_is_unknown() -> None:
    assert {fact.sureness for fact in told(6, "user/alice")} == {"unknown"}


def test_snapshot_is_told_as_inferred() -> None:
    born = datetime(2025, 1, 1, tzinfo=UTC)
    seen = Snapshot(
        account_id=ACCOUNT,
        taken_at=START,
        users={"alice": SeenUser(created=born, devices={})},
        bearers={"user/alice": SeenBearer(created=born, attached=[ADMIN])},
    )

    assert told(6, "user/Alice", seen) == [
        Fact("made", "by whom is not known", "inferred", "2025-01-01T00:00:00Z"),
        Fact("password", "not shown", "unknown"),
        Fact("MFA devices", "none", "inferred"),
        Fact("attached policy", ADMIN, "inferred"),
        Fact("administrator", "yes", "inferred"),
    ]


def test_events_are_those_on_the_subject_and_by_it_up_to_the_time() -> None:
    at = START + timedelta(minutes=6)

    past = history(("user", "BOB"), EVENTS, fold(EVENTS), at).events

    assert [(one.event_name, one.role) for one in past] == [
        ("CreateUser", "target"),
        ("CreateLoginProfile", "target"),
        ("EnableMFADevice", "target"),
        ("CreateAccessKey", "target"),
        ("AttachUserPolicy", "target"),
        ("UpdateLoginProfile", "target"),
        ("ListUsers", "actor"),
    ]


def test_session_called_like_a_user_is_not_the_user() -> None:
    at = START + timedelta(minutes=6)

    past = history(("role", "desk"), EVENTS, fold(EVENTS), at).events

    assert [(one.event_name, one.role) for one in past] == [("UpdateLoginProfile", "actor")]


@pytest.mark.parametrize("text", ["bob", "user/", "thing/bob", "", "arn:aws:iam::1:user/bob"])
def test_subject_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(WrongUse, match="ask for user/NAME"):
        subject_of(text)
