"""What is told of the account itself and of its root user."""

from typing import Any

from tests.histories import MAKER, past_of
from tests.reading import Fields, in_order
from trailmend.evidence import ACCOUNT, call, root
from trailmend.history import Fact, subject_of

ENTERED, MADE = "2026-03-02T09:00:00Z", "2026-03-02T09:01:00Z"
ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/main"


def trail(event_name: str, **sent: Any) -> Fields:
    return call(event_name, by=MAKER, source="cloudtrail", request=sent)


def test_account_is_told_by_what_was_last_set_for_all_of_it() -> None:
    policy = {"minimumPasswordLength": 14, "requireSymbols": True}
    found = past_of(
        "account",
        *in_order(
            call("CreateAccountAlias", by=MAKER, request={"accountAlias": "acme"}),
            call("UpdateAccountPasswordPolicy", by=MAKER, request=policy),
            trail("CreateTrail", name="main", s3BucketName="logs"),
            trail("StartLogging", name=ARN),
            trail("StopLogging", name="main"),
            call("ListUsers", by=MAKER, request={}),
        ),
    )

    assert found.subject == "account"
    assert found.facts == [
        Fact("alias", "acme, set by maker", "known", "2026-03-02T09:00:00Z"),
        Fact(
            "password policy",
            "at least 14 characters; with symbols; for ever; a former one may be used again; "
            "users may not change their own; set by maker",
            "known",
            "2026-03-02T09:01:00Z",
        ),
        Fact(
            "trail",
            "main (us-east-1): made by maker 2026-03-02T09:02:00Z, "
            "logging was stopped by maker 2026-03-02T09:04:00Z",
            "known",
            "2026-03-02T09:04:00Z",
        ),
    ]
    assert [(one.event_name, one.role) for one in found.events] == [
        ("CreateAccountAlias", "target"),
        ("UpdateAccountPasswordPolicy", "target"),
        ("CreateTrail", "object"),
        ("StartLogging", "object"),
        ("StopLogging", "object"),
    ]


def test_account_of_which_the_log_sets_nothing_is_not_shown() -> None:
    found = past_of("account", *in_order(call("ListUsers", by=MAKER, request={})))

    assert found.facts[:2] == [
        Fact("alias", "not shown", "unknown"),
        Fact("password policy", "not shown", "unknown"),
    ]


def test_root_is_told_by_its_calls_its_keys_and_its_sign_ins() -> None:
    key = {"accessKey": {"accessKeyId": "AKIAROOT", "status": "Active"}}
    entered = call(
        "ConsoleLogin",
        by=root(),
        source="signin",
        response={"ConsoleLogin": "Success"},
        additionalEventData={"MFAUsed": "No"},
    )
    found = past_of(
        "root",
        *in_order(
            entered,
            call("CreateAccessKey", by=root(), request=None, response=key),
            call("ListUsers", by=root(assumed=True), request={}),
            call("ListUsers", by=MAKER, request={}),
        ),
    )

    assert found.facts == [
        Fact(
            "calls",
            "2 since 2026-03-02T09:00:00Z from 1 address, the last CreateAccessKey",
            "known",
            "2026-03-02T09:01:00Z",
        ),
        Fact(
            "calls in sessions of AssumeRoot",
            "1 since 2026-03-02T09:02:00Z from 1 address, the last ListUsers",
            "known",
            "2026-03-02T09:02:00Z",
        ),
        Fact(
            "signed in",
            "1 time, last from 198.51.100.7 without MFA",
            "known",
            "2026-03-02T09:00:00Z",
        ),
        Fact(
            "MFA devices",
            "one or more that the log does not name: used for CreateAccessKey",
            "inferred",
            MADE,
        ),
        Fact("access key", "AKIAROOT Active, by root", "known", MADE),
    ]
    assert [one.event_name for one in found.events] == [
        "ConsoleLogin",
        "CreateAccessKey",
        "ListUsers",
    ]


def test_arn_and_id_ask_for_the_same_as_the_name() -> None:
    start = f"arn:aws:iam::{ACCOUNT}:"

    asked = {
        f"{start}root": ("root", ""),
        "root": ("root", ""),
        f"{start}user/team/bob": ("user", "bob"),
        f"{start}role/deploy": ("role", "deploy"),
        "AIDAEXAMPLE1": ("user", "AIDAEXAMPLE1"),
    }
    assert {text: subject_of(text) for text in asked} == asked
