"""Whose an event is, by the journal alone: what counts as ours, and what is an alarm."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from tests.reading import Fields, event_of, events_of
from trailmend.analysis import analyse
from trailmend.calls import Call, Secret, call
from trailmend.changing.journal import Declined, Done, Entry, Intent, Left, Lost, Settled
from trailmend.errors import WrongUse
from trailmend.evidence import ACCOUNT, Principal, role, user
from trailmend.evidence import call as record
from trailmend.evidence import denied as refusal
from trailmend.findings import Finding
from trailmend.responder import NOT_IN_THE_JOURNAL, Own, Sent, find_responders, sent_calls

NAME = "trailmend-apply"


# Whose an event is -------------------------------------------------------------------------

ROLE = role(NAME)
RESPONDERS = find_responders([f"arn:aws:iam::{ACCOUNT}:role/ops/{NAME}"])
START = datetime(2026, 3, 2, 9, 0, 0, 400000, tzinfo=UTC)
KEY = "AKIA0000000000000001"
OFF = call("iam.update_access_key", UserName="bob", AccessKeyId=KEY, Status="Inactive")
REQUEST = {"userName": "bob", "accessKeyId": KEY, "status": "Inactive"}
SENT = Sent(plan_id="P-4XQ7", account_id=ACCOUNT, call=OFF, at=START, request_id="ours")
LOST = msgspec.structs.replace(SENT, request_id="", until=START + timedelta(seconds=60))


def off(by: Principal = ROLE, **fields: Any) -> Fields:
    return record("UpdateAccessKey", by=by, request=REQUEST, **fields)


def levels(records: Sequence[Fields], *sent: Sent) -> list[tuple[str, str | None]]:
    """Give what only a principal of ours tells; what the catalog knows of the event is left out."""
    found = analyse(events_of(records), Own(sent, RESPONDERS))
    return [(one.level, one.plan) for one in found if one.detection == NOT_IN_THE_JOURNAL]


ALARM = ("critical", None)


def test_event_with_our_request_is_no_alarm() -> None:
    assert levels([off(requestID="ours")], SENT) == []

    found = analyse(events_of([off(requestID="ours")]), Own((SENT,), RESPONDERS))
    assert [(one.level, one.plan) for one in found] == [("info", "P-4XQ7")]


@pytest.mark.parametrize("agent", ["trailmend/0.1 plan/P-4XQ7", "evil", "", None])
def test_user_agent_decides_nothing(agent: str | None) -> None:
    assert levels([off(requestID="ours", userAgent=agent)], SENT) == []
    assert levels([off(requestID="theirs", userAgent=agent)], SENT) == [ALARM]


OTHER_THINGS: dict[str, Fields] = {
    "name": {"eventName": "DeleteAccessKey"},
    "source": {"eventSource": "sts.amazonaws.com"},
    "account": {"recipientAccountId": "999999999999"},
    "user": {"requestParameters": REQUEST | {"userName": "alice"}},
    "key": {"requestParameters": REQUEST | {"accessKeyId": "AKIA0000000000000002"}},
    "state": {"requestParameters": REQUEST | {"status": "Active"}},
}


@pytest.mark.parametrize("other", OTHER_THINGS.values(), ids=OTHER_THINGS)
def test_our_request_id_on_something_else_is_not_ours(other: Fields) -> None:
    assert levels([off(requestID="ours") | other], SENT) == [ALARM]


def test_log_that_says_less_of_our_call_is_ours() -> None:
    refused = refusal("UpdateAccessKey", by=ROLE, resource="user bob", requestID="ours")

    assert levels([refused], SENT) == []
    assert levels([off(requestID="ours", error="Throttling")], SENT) == []


def test_document_that_is_logged_in_another_form_is_ours() -> None:
    made = call("iam.put_user_policy", UserName="bob", PolicyName="p", PolicyDocument='{"a": 1}')
    told = {"userName": "bob", "policyName": "p", "policyDocument": '{"a":1}'}
    sent = msgspec.structs.replace(SENT, call=made)

    assert levels([record("PutUserPolicy", by=ROLE, request=told, requestID="ours")], sent) == []


def test_bucket_call_goes_by_its_name_in_the_log() -> None:
    made = call("s3.put_public_access_block", Bucket="logs")
    told = record(
        "PutBucketPublicAccessBlock",
        by=ROLE,
        request={"bucketName": "logs"},
        eventSource="s3.amazonaws.com",
        requestID="ours",
    )

    assert levels([told], msgspec.structs.replace(SENT, call=made)) == []
    assert levels([told], SENT) == [ALARM]


WRITES: dict[str, Fields] = {
    "denied": refusal("DeleteUser", by=ROLE, resource="user bob"),
    "failed": record("DeleteUser", by=ROLE, error="NoSuchEntityException"),
    "no runbook": record("CreateRole", by=ROLE, request={"roleName": "x"}),
    "trail": record("StopLogging", by=ROLE, eventSource="cloudtrail.amazonaws.com"),
    "another role": record(
        "AssumeRole",
        by=ROLE,
        request={"roleArn": f"arn:aws:iam::{ACCOUNT}:role/admin"},
        eventSource="sts.amazonaws.com",
    ),
    "credentials for others": record(
        "GetFederationToken", by=ROLE, eventSource="sts.amazonaws.com"
    ),
    "console": record(
        "ConsoleLogin",
        by=ROLE,
        response={"ConsoleLogin": "Success"},
        eventSource="signin.amazonaws.com",
    ),
}
QUIET: dict[str, Fields] = {
    "read": record("ListUsers", by=ROLE),
    "denied read": refusal("GetUser", by=ROLE, resource="user bob"),
    "report": record("GenerateCredentialReport", by=ROLE),
    "its own role": record(
        "AssumeRole",
        by=ROLE,
        request={"roleArn": f"arn:aws:iam::{ACCOUNT}:role/ops/{NAME}"},
        eventSource="sts.amazonaws.com",
    ),
    "somebody else": record("CreateRole", by=role("other"), request={"roleName": "x"}),
    "session of its name": record("CreateRole", by=role("other", session=NAME)),
    "user of its name": record("CreateRole", by=user(NAME)),
    "role of another account": record(
        "CreateRole", by=Principal({**ROLE.identity, "accountId": "999999999999"})
    ),
}


@pytest.mark.parametrize("fields", WRITES.values(), ids=WRITES)
def test_every_write_that_the_journal_does_not_tell_of_is_critical(fields: Fields) -> None:
    alarms = analyse(events_of([fields]), Own((SENT,), RESPONDERS))

    assert [one.level for one in alarms if one.detection == NOT_IN_THE_JOURNAL] == ["critical"]
    assert not any(one.detection == NOT_IN_THE_JOURNAL for one in analyse(events_of([fields])))


@pytest.mark.parametrize("fields", QUIET.values(), ids=QUIET)
def test_what_is_no_write_of_ours_raises_no_alarm(fields: Fields) -> None:
    assert levels([fields], SENT) == []


def test_user_and_sessions_that_it_made_are_told_by_name_in_any_case() -> None:
    own = Own((), find_responders([f"arn:aws:iam::{ACCOUNT}:user/Ops-Bot"]))
    federated = Principal(
        {
            "type": "FederatedUser",
            "principalId": f"{ACCOUNT}:x",
            "arn": f"arn:aws:sts::{ACCOUNT}:federated-user/x",
            "accountId": ACCOUNT,
            "sessionContext": {"sessionIssuer": {"type": "IAMUser", "userName": "ops-bot"}},
        }
    )

    for who in (user("ops-bot"), user("ops-bot", mfa=True), federated):
        found = analyse(events_of([record("CreateRole", by=who)]), own)
        assert NOT_IN_THE_JOURNAL in {one.detection for one in found}


def test_findings_of_runbooks_stay_beside_the_alarm() -> None:
    taken = record("DeleteLoginProfile", by=ROLE, request={"userName": "alice"})

    found = analyse(events_of([taken]), Own((), RESPONDERS))

    assert [one.detection for one in found] == [
        "delete_login_profile.by_someone_else",
        NOT_IN_THE_JOURNAL,
    ]
    assert found[1].target == found[0].target
    assert found[1].fixes == ["principals.revoke_callers_sessions", "principals.quarantine_caller"]
    assert found[1].status == "open"


def test_long_lived_key_of_our_user_is_turned_off_first() -> None:
    own = Own((), find_responders([f"arn:aws:iam::{ACCOUNT}:user/ops-bot"]))

    found = analyse(events_of([record("CreateRole", by=user("ops-bot"))]), own)
    (alarm,) = (one for one in found if one.detection == NOT_IN_THE_JOURNAL)

    assert alarm.fixes == [
        "access_keys.deactivate_callers_key",
        "principals.revoke_callers_sessions",
        "principals.quarantine_caller",
    ]


def test_our_mend_resolves_even_what_a_stranger_did_with_our_own_role() -> None:
    taken = record("DeleteLoginProfile", by=ROLE, request={"userName": "alice"})
    given = record(
        "CreateLoginProfile",
        by=ROLE,
        request={"userName": "alice"},
        at="09:05:00",
        requestID="ours",
    )
    made = call("iam.create_login_profile", UserName="alice", Password=Secret("password", "p"))
    own = Own((msgspec.structs.replace(SENT, call=made),), RESPONDERS)

    def status(own: Own) -> dict[str, str | None]:
        return {one.detection: one.status for one in analyse(events_of([taken, given]), own)}

    key = "delete_login_profile.by_someone_else"
    assert status(own)[key] == "resolved"
    assert status(Own((), RESPONDERS))[key] == "worsened"


def test_every_finding_has_the_key_and_old_ones_are_read() -> None:
    taken = record("DeleteLoginProfile", by=user("eve"), request={"userName": "alice"})
    (found,) = analyse([event_of(taken)])
    body = json.loads(msgspec.json.encode(found))

    assert body.pop("plan", "absent") is None
    assert msgspec.convert(body, Finding) == found


@pytest.mark.parametrize(
    "arn",
    [
        "trailmend-apply",
        "arn:aws:iam::123456789012:role/*",
        "arn:aws:sts::123456789012:assumed-role/trailmend-apply/kim",
        "arn:aws:iam::123456789012:group/ops",
        "arn:aws:iam::123456789012:root",
    ],
)
def test_principal_that_is_no_arn_of_a_user_or_role_is_wrong_use(arn: str) -> None:
    with pytest.raises(WrongUse, match="role/NAME"):
        find_responders([arn])


# Lost answers ------------------------------------------------------------------------------


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def intent(step: int = 0, seconds: float = 0) -> Intent:
    return Intent(at=at(seconds), step=step, undo=False, call=OFF, takes_back=None)


def settled(happened: bool, seconds: float = 40) -> Settled:
    return Settled(at=at(seconds), step=0, undo=False, happened=happened, answers={})


def lost(request_id: str = "") -> Lost:
    return Lost(at=at(30), step=0, undo=False, message="", request_id=request_id)


def declined(request_id: str) -> Declined:
    return Declined(at=at(1), step=0, undo=False, code="", message="", request_id=request_id)


ENDS: dict[str, tuple[list[Entry], str, float | None]] = {
    "done": ([Done(at=at(1), step=0, undo=False, request_id="r", answers={})], "r", None),
    "done without a request id": (
        [Done(at=at(1), step=0, undo=False, request_id="", answers={})],
        "",
        60,
    ),
    "declined": ([declined("r")], "r", None),
    "never sent": ([declined("")], "", None),
    "cut off": ([], "", 60),
    "lost, with a request id": ([lost("r")], "r", None),
    "lost": ([lost()], "", 60),
    "lost, and it happened": ([lost(), settled(True)], "", 40),
    "lost, and settled a day later": ([lost(), settled(True, 86400)], "", 60),
    "lost, and it did not happen": ([lost(), settled(False)], "", None),
    "verified": ([lost(), settled(True), Left(at=at(50), reads=())], "", 40),
}


@pytest.mark.parametrize("case", ENDS.values(), ids=ENDS)
def test_journal_tells_the_request_or_how_long_it_was_under_way(
    case: tuple[list[Entry], str, float | None],
) -> None:
    entries, request_id, until = case
    expected = Sent(
        plan_id="P-4XQ7",
        account_id=ACCOUNT,
        call=OFF,
        at=START,
        request_id=request_id,
        until=None if until is None else at(until),
    )
    second = msgspec.structs.replace(expected, at=at(100), request_id="", until=at(160))

    assert sent_calls("P-4XQ7", ACCOUNT, [intent(), *entries]) == [expected]
    assert sent_calls("P-4XQ7", ACCOUNT, [intent(), *entries, intent(1, 100)]) == [expected, second]


@pytest.mark.parametrize("time", ["09:00:00", "09:00:59", "09:01:00"])
def test_event_of_a_lost_call_in_its_minute_is_ours(time: str) -> None:
    assert levels([off(at=time)], LOST) == []


NOT_THE_LOST: dict[str, Fields] = {
    "before": off(at="08:59:59"),
    "after": off(at="09:01:01"),
    "failed": off(error="NoSuchEntityException"),
    "says less": off() | {"requestParameters": {"userName": "bob", "accessKeyId": KEY}},
    "another user": off() | {"requestParameters": REQUEST | {"userName": "alice"}},
}


@pytest.mark.parametrize("fields", NOT_THE_LOST.values(), ids=NOT_THE_LOST)
def test_event_that_need_not_be_the_lost_call_is_not_ours(fields: Fields) -> None:
    assert levels([fields], LOST) == [ALARM]


def test_of_two_events_that_fit_a_lost_call_neither_is_ours() -> None:
    assert levels([off(at="09:00:01"), off(at="09:00:02")], LOST) == [ALARM, ALARM]


def test_lost_call_of_a_principal_that_is_not_ours_alone_is_not_claimed() -> None:
    made = call("iam.delete_login_profile", UserName="alice")
    lost = msgspec.structs.replace(LOST, call=made)
    gone = record("DeleteLoginProfile", by=role("shared"), request={"userName": "alice"})

    found = analyse(events_of([gone]), Own((lost,), RESPONDERS))

    assert [(one.level, one.plan) for one in found] == [("medium", None)]


def test_lost_call_with_a_secret_is_told_by_the_rest() -> None:
    params = {"UserName": "alice", "Password": msgspec.to_builtins(Secret("password", "p"))}
    lost = msgspec.structs.replace(LOST, call=Call("iam.create_login_profile", params))
    made = record("CreateLoginProfile", by=ROLE, request={"userName": "alice"})

    found = analyse(events_of([made]), Own((lost,), RESPONDERS))

    assert {one.plan for one in found} == {"P-4XQ7"}
