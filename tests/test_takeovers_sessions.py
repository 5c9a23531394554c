"""Stories over chains of sessions: who took them, and what was done in other accounts."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.identity_calls import delete_policy
from tests.reading import Fields
from tests.takeovers import events, found_on, gone, plain, told
from tests.telling import ALICE, BOB, DAY, MINUTE
from trailmend.evidence import (
    ACCOUNT,
    OTHER_ACCOUNT,
    Principal,
    call,
    outsider,
    role,
    service,
    user,
)
from trailmend.findings import Finding, NextEvent, Origin, TargetPart
from trailmend.runbooks.create_role import OUTSIDER, trust
from trailmend.takeovers import Elsewhere, stories_of

OPS, DEPLOY = role("ops"), role("deploy")


def takes(by: Principal, taken: Principal) -> Fields:
    """Take a session of a role."""
    name = taken.identity["sessionContext"]["sessionIssuer"]["userName"]
    account = taken.identity["accountId"]
    request = {"roleArn": f"arn:aws:iam::{account}:role/{name}", "roleSessionName": "session"}
    response = {"credentials": {"accessKeyId": taken.identity["accessKeyId"]}}
    return call("AssumeRole", by=by, source="sts", request=request, response=response)


def opened(by: Principal, document: str = OUTSIDER, name: str = "ops") -> Fields:
    request = {"roleName": name, "policyDocument": document}
    return call("UpdateAssumeRolePolicy", by=by, request=request)


def visits(visitor: Principal, taken: Principal = OPS) -> Fields:
    """Take a session of a role of this account from outside."""
    return in_account(ACCOUNT, takes(visitor, taken))


def in_account(account: str, fields: Fields) -> Fields:
    return fields | {"recipientAccountId": account}


def test_session_of_a_role_is_the_users_who_took_it() -> None:
    steps = [gone(BOB, "carol"), takes(BOB, OPS), takes(OPS, DEPLOY), delete_policy(DEPLOY)]

    (story,) = told(*((n * MINUTE, step) for n, step in enumerate(steps)))

    key = BOB.identity["accessKeyId"]
    origin = Origin(
        type="IAMUser",
        name="bob",
        id=BOB.identity["principalId"],
        account_id=ACCOUNT,
        access_key_id=key,
        event_time="2026-03-02T10:01:00Z",
        hops=2,
        roles=["ops"],
    )
    assert [(one.name, one.origin) for one in story.actors] == [
        ("bob", None),
        ("role/deploy", origin),
    ]
    assert [one.why for one in story.links] == [
        f"the same user, bob (id {origin.id}), in sessions of roles too"
    ]
    assert story.title == "bob touched carol and the account"
    assert [one.text for one in story.open if str(key) in one.text] == [
        f"access key {key} of bob signed calls, "
        "and nothing in the log says that it was switched off"
    ]


def test_key_that_took_a_session_is_open_until_it_is_switched_off() -> None:
    steps = [takes(BOB, OPS), delete_policy(OPS), gone(OPS, "carol")]
    off = call(
        "UpdateAccessKey",
        by=ALICE,
        request={
            "userName": "bob",
            "accessKeyId": BOB.identity["accessKeyId"],
            "status": "Inactive",
        },
    )

    (story,) = told(*((n * MINUTE, step) for n, step in enumerate(steps)))
    (closed,) = told(*((n * MINUTE, step) for n, step in enumerate([*steps, off])))

    text = (
        f"access key {BOB.identity['accessKeyId']} of bob took the session of role/ops, "
        "and nothing in the log says that it was switched off"
    )
    assert (text in [one.text for one in story.open], story.title) == (
        True,
        "bob touched carol and the account",
    )
    assert text not in [one.text for one in closed.open]


def test_sessions_of_one_role_taken_by_two_users_are_two_callers() -> None:
    hers = role("ops", session="other")
    steps = [takes(BOB, OPS), takes(ALICE, hers), delete_policy(OPS), gone(hers, "carol")]

    assert told(*((n * MINUTE, step) for n, step in enumerate(steps))) == []


def test_way_that_no_key_opened_is_told_as_open() -> None:
    console = Principal({**BOB.identity, "accessKeyId": "ASIABOBCONSOLE"})
    stranger = outsider()
    began = [takes(OPS, DEPLOY), delete_policy(DEPLOY), gone(DEPLOY, "carol")]

    (own,) = told(*((n * MINUTE, step) for n, step in enumerate([takes(console, OPS), *began])))
    (foreign,) = told(
        *((n * MINUTE, step) for n, step in enumerate([takes(stranger, OPS), *began]))
    )
    (unknown,) = told(*((n * MINUTE, step) for n, step in enumerate(began)))

    assert own.open[-1].text == (
        "bob took the session of role/deploy in a session of their own, which has no key to switch "
        "off: whoever knows the password or holds that session can take another"
    )
    assert foreign.open[-1].text == (
        f"{stranger.identity['principalId']} of account {OTHER_ACCOUNT} took a session of role/ops "
        "from outside, and can take another as long as its trust policy lets them in"
    )
    assert unknown.open[-1].text == (
        "role/ops took the session of role/deploy, and who had taken that one the log does not show"
    )


def test_service_that_takes_a_session_is_not_named_as_who_did_it() -> None:
    steps = [takes(service("ec2.amazonaws.com"), OPS), delete_policy(OPS), gone(OPS, "carol")]

    (story,) = told(*((n * MINUTE, step) for n, step in enumerate(steps)))

    assert story.title == "role/ops touched carol and the account"


def test_what_a_user_did_across_accounts_is_told_and_does_not_count() -> None:
    foreign = outsider()
    mallory = Principal(
        {
            **user("mallory", account=OTHER_ACCOUNT).identity,
            "principalId": foreign.identity["principalId"],
        }
    )
    steps = [
        in_account(OTHER_ACCOUNT, gone(mallory, "dave")),
        in_account(OTHER_ACCOUNT, gone(mallory, "erin")),
        takes(foreign, OPS),
        delete_policy(OPS),
        gone(OPS, "carol"),
    ]
    found = found_on(*((n * MINUTE, step) for n, step in enumerate(steps)))

    there, here = stories_of(found)

    name = foreign.identity["principalId"]
    assert there.elsewhere == [
        Elsewhere(ACCOUNT, here.id, here.title, f"the same user, mallory (id {name})")
    ]
    assert here.elsewhere == [
        Elsewhere(
            OTHER_ACCOUNT,
            there.id,
            "mallory touched dave and erin",
            f"the same user, {name} of account {OTHER_ACCOUNT}",
        )
    ]
    assert {there.account_id, here.account_id} == {OTHER_ACCOUNT, ACCOUNT}
    alone = stories_of(one for one in found if one.event.account_id == ACCOUNT)
    assert [one.elsewhere for one in alone] == [[]]
    assert (here.findings, here.level) == (alone[0].findings, alone[0].level)


LET_IN = "444455556666"
VISITOR = outsider(LET_IN)
_BOTH = trust(f'{{"AWS": ["{LET_IN}", "777788889999"]}}')
_OTHERS = trust('{"AWS": "777788889999"}')


@pytest.mark.parametrize("days", [0, 3])
def test_what_an_outsider_does_by_a_role_that_was_opened_belongs_to_the_opening(days: int) -> None:
    came = days * DAY + MINUTE
    steps = [opened(BOB), visits(VISITOR), gone(OPS, "carol"), takes(OPS, DEPLOY)]
    times = [0 * MINUTE, came, came + MINUTE, came + 2 * MINUTE]

    (story,) = told(*zip(times, steps, strict=True), (came + 3 * MINUTE, gone(DEPLOY, "dave")))

    assert events(story) == [
        ("UpdateAssumeRolePolicy", "role/ops"),
        ("DeleteLoginProfile", "carol"),
        ("DeleteLoginProfile", "dave"),
    ]
    visitor = VISITOR.identity["principalId"]
    who = f"{visitor} of account {LET_IN}"
    assert story.links[0].why == f"{who} came in by role/ops, which bob had opened to them"
    assert ("AssumeRole", "role/ops") in events(story, kinds=("supporting",))


@pytest.mark.parametrize(
    "steps",
    [
        [opened(BOB, _OTHERS), visits(VISITOR), gone(OPS, "carol")],
        [opened(BOB, _BOTH), visits(VISITOR, DEPLOY), gone(DEPLOY, "carol")],
        [opened(BOB), takes(ALICE, OPS), gone(OPS, "carol")],
    ],
    ids=["another account was let in", "by another role", "somebody of the account"],
)
def test_session_that_did_not_come_by_the_opening_is_another_story(steps: list[Fields]) -> None:
    assert told(*((n * MINUTE, step) for n, step in enumerate(steps))) == []


def test_outsider_belongs_to_who_let_them_in_first() -> None:
    before = call(
        "CreateRole",
        by=ALICE,
        request={"roleName": "ops", "assumeRolePolicyDocument": OUTSIDER},
    )
    steps = [opened(BOB, _BOTH), visits(VISITOR), gone(OPS, "carol")]

    times = [0 * DAY, *(3 * DAY + n * MINUTE for n in range(3))]
    (story,) = told(*zip(times, [before, *steps], strict=True))

    assert events(story) == [("CreateRole", "role/ops"), ("DeleteLoginProfile", "carol")]


def test_taking_of_the_session_that_acts_is_told_with_its_acts() -> None:
    taking = visits(VISITOR)
    steps = [taking, delete_policy(OPS), gone(OPS, "carol")]

    (story,) = told(*((n * MINUTE, step) for n, step in enumerate(steps)))

    assert events(story, kinds=("supporting",)) == [("AssumeRole", "role/ops")]


def _token() -> Finding:
    """Give a token to a person of the directory, with which a role's credentials were fetched."""
    base = plain(0, status="worsened")
    fetch = NextEvent("fetch", "GetRoleCredentials", "2026-03-02T10:05:00Z", "They were fetched.")
    person = replace(base.actor, type="IdentityCenterUser", name="9448", id="9448")
    nobody = TargetPart(None, None, None, None)
    return replace(base, actor=replace(person, access_key_id=None), target=nobody, next=[fetch])


def _by_session(taken: str, name: str = "AWSReservedSSO_Admin_0123", **event: str) -> Finding:
    """Act in a session of Identity Center that was taken then."""
    base = plain(9)
    sam = Origin("SAMLUser", "sam@example.org", None, ACCOUNT, None, taken, 1)
    session = replace(base.actor, type="AssumedRole", name=name, id="AROA", origin=sam)
    return replace(
        base,
        event=replace(base.event, **event),
        actor=replace(session, access_key_id="ASIA"),
        target=TargetPart("user", "carol", None, None),
    )


@pytest.mark.parametrize("second", [0, 1, 2])
def test_token_of_a_person_belongs_to_what_the_session_did_that_it_fetched(second: int) -> None:
    (story,) = stories_of([_token(), _by_session(f"2026-03-02T10:05:0{second}Z")])

    assert story.title == "sam@example.org touched carol"
    assert [(one.event_name, one.kind, one.who) for one in story.chapters[:2]] == [
        ("Any", "finding", "9448"),
        ("GetRoleCredentials", "next", "somebody unknown"),
    ]
    assert [one.why for one in story.links] == [
        "the session of role/AWSReservedSSO_Admin_0123 began when 9448's token fetched credentials "
        "of a role"
    ]


@pytest.mark.parametrize(
    "acts",
    [
        _by_session("2026-03-02T10:04:59Z"),
        _by_session("2026-03-02T10:05:03Z"),
        _by_session("2026-03-02T10:05:01Z", name="deploy"),
        _by_session("2026-03-02T10:05:01Z", account_id=OTHER_ACCOUNT),
    ],
    ids=["before", "later", "another role", "another account"],
)
def test_session_that_the_token_did_not_fetch_is_no_part_of_its_story(acts: Finding) -> None:
    assert stories_of([_token(), acts]) == []
