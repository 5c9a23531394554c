"""What is told of the account itself and of its root user."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import structs

from tests.histories import MAKER, START, past_of
from tests.reading import Fields, events_of, in_order
from tests.state import without_unused_policies_of_aws
from tests.worlds import account_of
from trailmend.calls import Call
from trailmend.context import fold
from trailmend.errors import Denied
from trailmend.evidence import ACCOUNT, call, root
from trailmend.history import Fact, subject_of
from trailmend.lab import Lab
from trailmend.snapshots import Snapshot, join, read_snapshot
from trailmend.snapshots.live import read_live

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


TAKEN = datetime(2026, 3, 3, tzinfo=UTC)
ANSWERS = (
    {
        "SummaryMap": {
            "Users": 5,
            "Groups": 1,
            "AccountMFAEnabled": 0,
            "AccountAccessKeysPresent": 1,
        }
    },
    {"AccountAliases": ["acme"]},
    {"PasswordPolicy": {"MinimumPasswordLength": 14, "RequireNumbers": True}},
)


def answered() -> Snapshot:
    texts = [json.dumps(one).encode() for one in ANSWERS]
    return join([read_snapshot(text, "answer", TAKEN, ACCOUNT) for text in texts])


def test_what_aws_answers_of_the_account_fills_what_the_log_leaves_open() -> None:
    silent = in_order(call("ListUsers", by=MAKER, request={}))

    assert past_of("account", *silent, at=TAKEN, seen=answered()).facts == [
        Fact("alias", "acme", "inferred"),
        Fact(
            "password policy",
            "at least 14 characters; with numbers; for ever; a former one may be used again; "
            "users may not change their own",
            "inferred",
        ),
        Fact("AWS counts", "users 5, groups 1", "known", "2026-03-03T00:00:00Z"),
    ]
    assert past_of("root", *silent, at=TAKEN, seen=answered()).facts[-1] == Fact(
        "AWS counts", "root's MFA no, root's access keys yes", "known", "2026-03-03T00:00:00Z"
    )


def test_password_policy_of_a_seed_is_what_a_later_change_is_held_against() -> None:
    seen = structs.replace(answered(), taken_at=START - timedelta(hours=1))
    weaker = call("UpdateAccountPasswordPolicy", by=MAKER, request={"minimumPasswordLength": 8})

    [row] = fold(events_of([weaker]), seen)

    assert row.weakens is True
    assert fold(events_of([weaker]))[0].weakens is None


def test_live_read_asks_for_the_account_and_goes_on_where_it_may_not(lab: Lab) -> None:
    lab.client("iam").create_account_alias(AccountAlias="acme")
    without_unused_policies_of_aws(lab)
    account = account_of(lab)

    def refusing(call: Call) -> Any:
        if call.name == "iam.list_account_aliases":
            raise Denied("no", "AccessDenied")
        return account(call)

    allowed, less = read_live(account, TAKEN).account, read_live(refusing, TAKEN).account

    assert allowed is not None
    assert less is not None
    assert (allowed.aliases, allowed.no_policy, less.aliases) == (["acme"], True, None)
    assert "Users" in less.summary
