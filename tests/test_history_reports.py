"""What a credential report tells in a history: keys without ids, passwords, devices, root."""

import json
from datetime import UTC, datetime

from tests.histories import START, done, past_of
from tests.reading import in_order
from trailmend.evidence import ACCOUNT
from trailmend.history import Fact
from trailmend.snapshots import Snapshot, join, read_snapshot

TAKEN = datetime(2026, 3, 3, tzinfo=UTC)
AT = "2026-03-03T00:00:00Z"
_OF_KEY = ("active", "last_rotated", "last_used_date", "last_used_region", "last_used_service")
HEAD = ",".join(
    [
        "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed",
        "password_next_rotation,mfa_active",
        *(f"access_key_{place}_{name}" for place in (1, 2) for name in _OF_KEY),
        "cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated",
    ]
)
BOB = (
    f"bob,arn:aws:iam::{ACCOUNT}:user/bob,2026-03-02T09:00:00+00:00,true,no_information,"
    "2026-03-02T09:01:00+00:00,2026-05-31T09:01:00+00:00,true,"
    "true,2026-03-02T09:02:00+00:00,2026-03-02T20:00:00+00:00,us-east-1,iam,"
    "true,2026-02-01T00:00:00+00:00,N/A,N/A,N/A,"
    "false,N/A,true,2026-02-02T00:00:00+00:00"
)
ROOT = (
    f"<root_account>,arn:aws:iam::{ACCOUNT}:root,2020-01-01T00:00:00+00:00,not_supported,"
    "2026-03-01T10:00:00+00:00,not_supported,not_supported,false,"
    "false,2021-01-01T00:00:00+00:00,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A"
)
ANSWER = {"accessKey": {"accessKeyId": "AKIA1", "status": "Active"}}
MADE = in_order(
    done("CreateUser"), done("CreateLoginProfile"), done("CreateAccessKey", response=ANSWER)
)


def report(*rows: str) -> Snapshot:
    return read_snapshot("\n".join([HEAD, *rows]).encode(), "report.csv", TAKEN)


def reported(subject: str, *, at: datetime = TAKEN, seen: Snapshot | None = None) -> list[Fact]:
    found = past_of(subject, *MADE, at=at, seen=seen or report(ROOT, BOB)).facts
    return [fact for fact in found if "report" in fact.name or "there" in fact.name]


def test_report_tells_keys_without_ids_and_joins_what_was_made_in_the_same_second() -> None:
    assert reported("user/bob") == [
        Fact(
            "password in the report",
            "there is one, last changed 2026-03-02T09:01:00Z, no use known, "
            "a new one is due 2026-05-31T09:01:00Z",
            "known",
            AT,
        ),
        Fact("MFA in the report", "enabled; the report names no device", "known", AT),
        Fact("access keys in the report", "2 active; it gives no ids", "known", AT),
        Fact(
            "access key 1 there",
            "active, made or last changed 2026-03-02T09:02:00Z, last used 2026-03-02T20:00:00Z "
            "by service iam in us-east-1; it is AKIA1, made or changed in the same second",
            "known",
            AT,
        ),
        Fact(
            "access key 2 there",
            "active, made or last changed 2026-02-01T00:00:00Z, no use known; "
            "which key it is nothing here tells",
            "known",
            AT,
        ),
        Fact(
            "certificate 2 there",
            "active, made or last changed 2026-02-02T00:00:00Z",
            "known",
            AT,
        ),
    ]


def test_report_of_later_tells_before_it_only_what_it_says_to_be_unchanged_since() -> None:
    assert reported("user/bob", at=START) == [
        Fact(
            "access key 2 of a later report",
            f"there was one: made or last changed 2026-02-01T00:00:00Z, says the report of {AT}",
            "inferred",
        )
    ]


def test_report_tells_of_root() -> None:
    assert reported("root") == [
        Fact("password in the report", "last used 2026-03-01T10:00:00Z", "known", AT),
        Fact("MFA in the report", "none", "known", AT),
        Fact("access keys in the report", "0 active, 1 not active; it gives no ids", "known", AT),
        Fact(
            "access key 1 there",
            "not active, made or last changed 2021-01-01T00:00:00Z, no use known; "
            "which key it is nothing here tells",
            "known",
            AT,
        ),
    ]


def test_row_of_a_namesake_says_nothing_of_the_user() -> None:
    other = BOB.replace("2026-03-02T09:00:00", "2025-03-02T09:00:00")

    assert reported("user/bob", seen=report(other)) == []


def test_row_of_whoever_was_renamed_before_the_report_is_found() -> None:
    renamed = in_order(*MADE, done("UpdateUser", newUserName="svc"))
    row = report(BOB.replace("bob,", "svc,", 1))

    found = past_of("user/bob", *renamed, at=TAKEN, seen=row).facts

    assert Fact("MFA in the report", "enabled; the report names no device", "known", AT) in found


def test_key_that_another_answer_names_is_joined_to_the_report() -> None:
    key = {"UserName": "bob", "AccessKeyId": "AKIA2", "CreateDate": "2026-02-01T00:00:00+00:00"}
    keys = read_snapshot(json.dumps({"AccessKeyMetadata": [key]}).encode(), "k", TAKEN, ACCOUNT)

    second = reported("user/bob", seen=join([report(BOB), keys]))[4]

    assert second.value.endswith("; it is AKIA2, made or changed in the same second")
