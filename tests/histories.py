"""A log whose subjects have a history, and how that is told."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.reading import Fields, events_of, in_order
from trailmend.context import fold
from trailmend.evidence import ACCOUNT, call, role, user
from trailmend.history import Fact, History, history, subject_of
from trailmend.snapshots import Snapshot

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


ALL_DAY = START + timedelta(days=1)


def past_of(
    subject: str, *records: Fields, at: datetime = ALL_DAY, seen: Snapshot | None = None
) -> History:
    events = events_of(records)
    return history(subject_of(subject), events, fold(events, seen), at, seen)
