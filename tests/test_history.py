"""What is known of a subject at a time, and how surely."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.histories import ADMIN, ALL_DAY, EVENTS, MAKER, PHONE, START, done, past_of, told
from tests.reading import Fields, in_order
from trailmend.context import fold
from trailmend.errors import WrongUse
from trailmend.events import Event
from trailmend.evidence import ACCOUNT, Principal, call, user
from trailmend.history import Fact, history, subject_of

BOB_KEY = user("bob").identity["accessKeyId"]


def test_everything_that_the_log_shows_of_a_user_is_known() -> None:
    assert told(6) == [
        Fact("made", "by maker", "known", "2026-03-02T09:00:00Z"),
        Fact("id", user("bob").identity["principalId"], "known"),
        Fact("password", "set by desk, not changed since", "known", "2026-03-02T09:05:00Z"),
        Fact(
            "calls",
            "1 since 2026-03-02T09:06:00Z from 1 address, the last ListUsers",
            "known",
            "2026-03-02T09:06:00Z",
        ),
        Fact("MFA device", f"{PHONE}, by maker", "known", "2026-03-02T09:02:00Z"),
        Fact(
            "access key",
            f"{BOB_KEY} signs calls, last seen 2026-03-02T09:06:00Z for ListUsers",
            "inferred",
        ),
        Fact("access key", "AKIA1 Active, by maker", "known", "2026-03-02T09:03:00Z"),
        Fact("attached policy", f"{ADMIN}, by maker", "known", "2026-03-02T09:04:00Z"),
        Fact("administrator", "yes", "known"),
    ]


def test_earlier_time_shows_the_account_as_it_was_then() -> None:
    assert told(0) == [
        Fact("made", "by maker", "known", "2026-03-02T09:00:00Z"),
        Fact("password", "none", "known"),
        Fact("MFA devices", "none", "known"),
        Fact("policies", "none", "known"),
        Fact("administrator", "no", "known"),
    ]


def test_whom_no_record_names_is_refused_with_a_name_that_is_near() -> None:
    with pytest.raises(WrongUse, match=r"names user/bobby\. Did you mean user/bob\?"):
        told(6, "user/bobby")
    with pytest.raises(WrongUse, match=rf"no record of account {ACCOUNT} names role/zebra\.$"):
        told(6, "role/zebra")


def test_user_whose_making_no_record_shows_is_unknown() -> None:
    found = past_of("user/alice", *in_order(call("ListUsers", by=user("alice"), request={})))
    own = ("access key", "id", "calls")

    assert {fact.sureness for fact in found.facts if fact.name not in own} == {"unknown"}
    assert found.facts[0] == Fact("made", "before the log", "unknown")


@pytest.mark.parametrize("by", [MAKER, user("bob")], ids=["another", "the user"])
def test_key_that_was_used_and_deleted_signs_no_calls(by: Principal) -> None:
    deleting = call("DeleteAccessKey", by=by, request={"userName": "bob", "accessKeyId": BOB_KEY})
    refused = deleting | {"errorCode": "AccessDenied"}
    used, tried, ended = in_order(call("GetUser", by=user("bob"), request={}), refused, deleting)

    before, after = (
        [fact for fact in past_of("user/bob", *records).facts if fact.name == "access key"]
        for records in ((used, tried), (used, tried, ended))
    )

    own = (one for one in (used, tried, ended) if one["userIdentity"] == used["userIdentity"])
    last = max(one["eventTime"] for one in own)
    assert [fact.sureness for fact in before] == ["inferred"]
    assert [(fact.sureness, fact.since) for fact in after] == [("known", ended["eventTime"])]
    assert after[0].value.startswith(f"{BOB_KEY} deleted by {by.name}, last seen {last}")


ENDER = user("ender")
POLICY = f"arn:aws:iam::{ACCOUNT}:policy/p"
SET = "arn:aws:sso:::permissionSet/ssoins-1/ps-1"


def on_set(event_name: str, by: Principal = MAKER, **more: Any) -> Fields:
    answer = {"permissionSet": {"permissionSetArn": SET}} if event_name[:6] == "Create" else None
    sent = more if answer else {"permissionSetArn": SET, **more}
    return call(event_name, by=by, source="sso", request=sent, response=answer)


LIFE = {
    "user/bob": (
        call("CreateUser", by=MAKER, request={"userName": "bob"}),
        call("DeleteUser", by=ENDER, request={"userName": "bob"}),
    ),
    "group/staff": (
        call("CreateGroup", by=MAKER, request={"groupName": "staff"}),
        call("DeleteGroup", by=ENDER, request={"groupName": "staff"}),
    ),
    "role/deploy": (
        call("CreateRole", by=MAKER, request={"roleName": "deploy"}),
        call("DeleteRole", by=ENDER, request={"roleName": "deploy"}),
    ),
    POLICY: (
        call(
            "CreatePolicy",
            by=MAKER,
            request={"policyName": "p", "policyDocument": "{}"},
            response={"policy": {"arn": POLICY}},
        ),
        call("DeletePolicy", by=ENDER, request={"policyArn": POLICY}),
    ),
    SET: (
        on_set("CreatePermissionSet", name="admins"),
        on_set("DeletePermissionSet", ENDER),
    ),
}
BORN, DIED = (
    Fact("made", "by maker", "known", "2026-03-02T09:00:00Z"),
    Fact("deleted", "by ender", "known", "2026-03-02T09:01:00Z"),
)


@pytest.mark.parametrize("subject", LIFE)
def test_deleted_one_has_its_making_and_its_end_in_history(subject: str) -> None:
    records = in_order(*LIFE[subject])

    assert past_of(subject, *records).facts == [BORN, DIED]
    alive = past_of(subject, *records, at=START).facts
    assert (alive[0], DIED in alive, len(alive) > 1) == (BORN, False, True)


@pytest.mark.parametrize("subject", LIFE)
def test_before_its_making_one_is_not_yet_there(subject: str) -> None:
    found = past_of(subject, *in_order(*LIFE[subject]), at=START - timedelta(hours=1))

    told_later = "not yet at this time; later, by maker"
    assert found.facts == [Fact("made", told_later, "known", "2026-03-02T09:00:00Z")]
    assert found.events == []


def test_namesake_is_told_apart_from_the_one_before() -> None:
    made, ended = LIFE["user/bob"]
    refused = call("GetUser", by=ENDER, request={"userName": "bob"}) | {
        "errorCode": "NoSuchEntityException"
    }
    records = in_order(made, ended, refused, done("CreateUser", by=ENDER))

    assert past_of("user/bob", *records[:3]).facts == [BORN, DIED]
    assert past_of("user/bob", *records).facts[:2] == [
        Fact(
            "an earlier user of this name",
            "made 2026-03-02T09:00:00Z by maker, deleted 2026-03-02T09:01:00Z by ender",
            "known",
        ),
        Fact("made", "by ender", "known", "2026-03-02T09:03:00Z"),
    ]


def test_call_that_failed_shows_nobody() -> None:
    refused = call("GetUser", by=ENDER, request={"userName": "bob"}) | {
        "errorCode": "NoSuchEntityException"
    }
    records = in_order(refused, done("CreateUser"))

    assert past_of("user/bob", records[0]).facts[0] == Fact(
        "made", "before the log, or never", "unknown"
    )
    later = Fact("made", "not yet at this time; later, by maker", "known", "2026-03-02T09:01:00Z")
    assert past_of("user/bob", *records, at=START).facts == [later]
    assert past_of("user/bob", *records).facts[0] == Fact(
        "made", "by maker", "known", "2026-03-02T09:01:00Z"
    )


def test_end_that_the_log_does_not_show_is_said() -> None:
    records = in_order(done("CreateUser"), done("CreateUser", by=ENDER))

    assert past_of("user/bob", *records).facts[:2] == [
        Fact(
            "an earlier user of this name",
            "made 2026-03-02T09:00:00Z by maker, deleted, which the log does not show",
            "known",
        ),
        Fact("made", "by ender", "known", "2026-03-02T09:01:00Z"),
    ]


@pytest.mark.parametrize("subject", ["user/bob", "user/Robert"])
def test_renamed_user_is_told_under_every_name(subject: str) -> None:
    attached = call(
        "AttachUserPolicy", by=MAKER, request={"userName": "robert", "policyArn": ADMIN}
    )
    records = in_order(done("CreateUser"), done("UpdateUser", newUserName="robert"), attached)

    found = past_of(subject, *records)

    assert found.facts == [
        BORN,
        Fact("renamed", "from bob to robert, by maker", "known", "2026-03-02T09:01:00Z"),
        Fact("password", "none", "known"),
        Fact("MFA devices", "none", "known"),
        Fact("attached policy", f"{ADMIN}, by maker", "known", "2026-03-02T09:02:00Z"),
        Fact("administrator", "yes", "known"),
    ]
    assert [one.event_name for one in found.events] == [
        "CreateUser",
        "UpdateUser",
        "AttachUserPolicy",
    ]
    assert past_of(subject, *records, at=START).facts[0] == BORN


def test_new_user_under_a_name_that_was_given_up_is_another() -> None:
    records = in_order(
        done("CreateUser"), done("UpdateUser", newUserName="robert"), done("CreateUser", by=ENDER)
    )

    assert past_of("user/bob", *records).facts[:2] == [
        Fact(
            "an earlier user of this name",
            "made 2026-03-02T09:00:00Z by maker, called robert since",
            "known",
        ),
        Fact("made", "by ender", "known", "2026-03-02T09:02:00Z"),
    ]
    assert past_of("user/robert", *records).facts[0] == BORN


def test_group_shows_who_was_put_in_and_a_policy_to_whom_it_was_attached() -> None:
    records = in_order(
        done("AddUserToGroup", groupName="staff"),
        done("AttachUserPolicy", policyArn=POLICY),
    )

    of_group, of_policy = (past_of(one, *records).events for one in ("group/staff", POLICY))

    assert [(one.event_name, one.role, one.target) for one in (*of_group, *of_policy)] == [
        ("AddUserToGroup", "object", "bob"),
        ("AttachUserPolicy", "object", "bob"),
    ]


def test_permission_set_shows_what_it_holds_and_who_has_it() -> None:
    person = {"principalId": "u-1", "principalType": "USER", "targetId": ACCOUNT}
    given = call(
        "CreateAccountAssignment",
        by=ENDER,
        source="sso",
        request={"permissionSetArn": SET, **person},
    )
    records = in_order(
        on_set("CreatePermissionSet", name="admins"),
        on_set("AttachManagedPolicyToPermissionSet", managedPolicyArn=ADMIN),
        on_set("PutInlinePolicyToPermissionSet", inlinePolicy="{}"),
        given,
    )

    found = past_of(SET, *records)

    assert found.facts == [
        BORN,
        Fact("attached policy", f"{ADMIN}, by maker", "known", "2026-03-02T09:01:00Z"),
        Fact(
            "inline policy",
            "it cannot be read, by maker",
            "known",
            "2026-03-02T09:02:00Z",
            document={},
            meaning=["cannot be read: it has no Statement"],
        ),
        Fact("given to", f"user u-1 in {ACCOUNT}", "inferred"),
        Fact("administrator", "yes", "known"),
    ]
    assert [(one.event_name, one.role) for one in found.events[-2:]] == [
        ("PutInlinePolicyToPermissionSet", "target"),
        ("CreateAccountAssignment", "object"),
    ]


def test_deletion_of_a_role_of_a_service_is_only_asked_for() -> None:
    name = "AWSServiceRoleForX"
    made = call(
        "CreateServiceLinkedRole",
        by=MAKER,
        request={"aWSServiceName": "x.amazonaws.com"},
        response={"role": {"roleName": name}},
    )
    end = call("DeleteServiceLinkedRole", by=ENDER, request={"roleName": name})

    found = past_of(f"role/{name}", *in_order(made, end))

    told = "asked for by ender; whether AWS did it the log does not tell"
    assert found.facts[:2] == [BORN, Fact("deletion", told, "known", "2026-03-02T09:01:00Z")]


def test_user_of_another_account_is_not_its_namesake_here() -> None:
    stranger = user("bob", account="999999999999")
    records = in_order(done("CreateUser"), call("ListUsers", by=stranger, request={}))

    assert [one.event_name for one in past_of("user/bob", *records).events] == ["CreateUser"]


@given(st.permutations(EVENTS))
@settings(max_examples=20)
def test_order_of_the_records_does_not_change_history(events: list[Event]) -> None:
    for subject in ("user/bob", "role/desk", ADMIN):
        asked = subject_of(subject)
        expected = history(asked, EVENTS, fold(EVENTS), ALL_DAY)

        assert history(asked, events, fold(events), ALL_DAY) == expected


@pytest.mark.parametrize("ids", tuple(permutations("1234")))
def test_events_of_one_second_follow_the_life_and_say_where_no_order_is_known(
    ids: Sequence[str],
) -> None:
    names = ("DeleteUser", "PutUserPolicy", "CreateUser", "AttachUserPolicy")
    records = [done(name, policyName="p", policyArn=ADMIN) for name in names]
    second = [
        fields | {"eventTime": "2026-03-02T09:00:00Z", "eventID": number}
        for fields, number in zip(records, ids, strict=True)
    ]

    found = [(one.event_name, one.order) for one in past_of("user/bob", *second).events]

    assert found == [
        ("CreateUser", "known"),
        *sorted(found[1:3], key=lambda one: ids[names.index(one[0])]),
        ("DeleteUser", "known"),
    ]
    assert {order for _, order in found[1:3]} == {"unknown"}


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


def test_what_a_user_takes_from_others_is_not_told_as_the_users_own() -> None:
    of_other = {"userName": "eve"}
    records = in_order(
        done("CreateLoginProfile"), call("DeleteLoginProfile", by=user("bob"), request=of_other)
    )

    password = next(f for f in past_of("user/bob", *records).facts if f.name == "password")

    assert password.value == "set by maker, not changed since"


def test_call_with_mfa_tells_that_there_is_a_device() -> None:
    records = in_order(call("ListUsers", by=user("alice", mfa=True), request={}))

    told = "one or more that the log does not name: used for ListUsers"
    assert (
        Fact("MFA devices", told, "inferred", "2026-03-02T09:00:00Z")
        in past_of("user/alice", *records).facts
    )


def test_group_tells_who_put_in_each_member_and_policy_who_made_each_version() -> None:
    version = call(
        "CreatePolicyVersion",
        by=ENDER,
        request={"policyArn": POLICY, "policyDocument": "{}", "setAsDefault": True},
        response={"policyVersion": {"versionId": "v2"}},
    )
    records = in_order(done("AddUserToGroup", groupName="staff"), LIFE[POLICY][0], version)

    of_group, of_policy = (past_of(one, *records).facts for one in ("group/staff", POLICY))

    assert Fact("member", "bob, by maker", "known", "2026-03-02T09:00:00Z") in of_group
    assert [(one.name, one.value, one.since) for one in of_policy[1:]] == [
        ("version in force", "v2, by ender", "2026-03-02T09:02:00Z"),
        ("version", "v1, by maker", "2026-03-02T09:01:00Z"),
        ("version", "v2, by ender", "2026-03-02T09:02:00Z"),
    ]
