"""Two who had one name one after another are told apart, and can be asked for one by one."""

from typing import Any

import pytest

from tests.histories import ADMIN, done, past_of
from tests.reading import Fields, in_order
from trailmend.evidence import call, user
from trailmend.history import Fact, NameBearer

FIRST, SECOND = "AIDAFIRST0000000000A", "AIDASECOND000000000A"


def made(number: str) -> Fields:
    return done("CreateUser", response={"user": {"userName": "bob", "userId": number}})


def bob(number: str) -> Any:
    who = user("bob")
    return type(who)({**who.identity, "principalId": number})


TWO = in_order(
    made(FIRST),
    done("AttachUserPolicy", policyArn=ADMIN),
    call("ListUsers", by=bob(FIRST), request={}),
    done("DeleteUser"),
    made(SECOND),
    call("ListRoles", by=bob(SECOND), request={}),
)


def test_events_of_namesakes_are_told_apart_by_who_bore_the_name() -> None:
    found = past_of("user/bob", *TWO)

    assert [(one.event_name, one.bearer) for one in found.events] == [
        ("CreateUser", 1),
        ("AttachUserPolicy", 1),
        ("ListUsers", 1),
        ("DeleteUser", 1),
        ("CreateUser", 2),
        ("ListRoles", 2),
    ]
    assert found.bearers == [
        NameBearer(
            number=1,
            id=FIRST,
            name="bob",
            made="2026-03-02T09:00:00Z",
            made_by="maker",
            ended="2026-03-02T09:03:00Z",
            ended_by="maker",
        ),
        NameBearer(number=2, id=SECOND, name="bob", made="2026-03-02T09:04:00Z", made_by="maker"),
    ]
    assert found.facts[0] == Fact(
        "an earlier user of this name",
        f"{FIRST}, made 2026-03-02T09:00:00Z by maker, deleted 2026-03-02T09:03:00Z by maker",
        "known",
    )


@pytest.mark.parametrize(
    ("number", "names", "ended"),
    [
        (FIRST, ["CreateUser", "AttachUserPolicy", "ListUsers", "DeleteUser"], True),
        (SECOND, ["CreateUser", "ListRoles"], False),
    ],
)
def test_id_asks_for_one_of_two_namesakes(number: str, names: list[str], ended: bool) -> None:
    found = past_of(number, *TWO)

    assert [one.event_name for one in found.events] == names
    assert [one.id for one in found.bearers] == [number]
    assert any(fact.name == "deleted" for fact in found.facts) is ended


def test_another_id_under_one_name_shows_that_there_are_two() -> None:
    records = in_order(
        call("ListUsers", by=bob(FIRST), request={}), call("ListRoles", by=bob(SECOND), request={})
    )

    found = past_of("user/bob", *records)

    assert [(one.event_name, one.bearer) for one in found.events] == [
        ("ListUsers", 1),
        ("ListRoles", 2),
    ]
    assert [one.id for one in found.bearers] == [FIRST, SECOND]


def test_what_the_namesake_has_is_not_told_of_a_former_one_whose_end_is_not_shown() -> None:
    records = in_order(made(FIRST), made(SECOND), done("AttachUserPolicy", policyArn=ADMIN))

    found = past_of(FIRST, *records)

    assert found.facts == [
        Fact("made", "by maker", "known", "2026-03-02T09:00:00Z"),
        Fact("id", FIRST, "known"),
        Fact("deleted", "which the log does not show: another has the name", "inferred"),
    ]


def test_call_by_a_former_user_after_the_new_one_was_made_stays_with_the_former() -> None:
    late = call("ListUsers", by=bob(FIRST), request={})
    found = past_of("user/bob", *in_order(made(FIRST), done("DeleteUser"), made(SECOND), late))

    assert [one.bearer for one in found.events] == [1, 1, 2, 1]


def test_deleted_user_is_told_with_what_the_log_shows_to_have_been_given() -> None:
    key = {"accessKey": {"accessKeyId": "AKIA1", "status": "Active"}}
    calls = call("ListUsers", by=bob(FIRST), request={})
    calls = calls | {"userIdentity": calls["userIdentity"] | {"accessKeyId": "AKIA1"}}
    records = in_order(
        made(FIRST),
        done("CreateAccessKey", response=key),
        done("PutUserPolicy", policyName="p", policyDocument='{"Statement": []}'),
        calls,
        done("DeleteUserPolicy", policyName="p"),
        done("DeleteUser"),
    )

    assert past_of("user/bob", *records).facts[3:] == [
        Fact(
            "had access key",
            "AKIA1, by maker, last used 2026-03-02T09:03:00Z for ListUsers",
            "known",
            "2026-03-02T09:01:00Z",
        ),
        Fact(
            "had inline policy", "p, by maker", "known", "2026-03-02T09:02:00Z", {"Statement": []}
        ),
    ]
