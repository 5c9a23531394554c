"""What happened next to roles: closed again, taken from outside, given to machines, lengthened."""

import json
from datetime import timedelta

import pytest

from tests.reading import Fields
from tests.telling import BOB, CAROL, MINUTE, status, story
from trailmend.evidence import Principal, call, outsider, role, service, web_identity
from trailmend.evidence.policies import ADMINISTRATOR, on
from trailmend.runbooks.assume_role import assume
from trailmend.runbooks.create_role import ANYONE, EC2, KNOWN_BY_ID, OUTSIDER, OWN, trust

OPENED_TO, OTHER = "444455556666", "777788889999"
AUDIT = role("audit")
STRANGER, OTHER_STRANGER = outsider(OPENED_TO), outsider(OTHER)
BOTH = trust('{"AWS": ["arn:aws:iam::444455556666:root", "arn:aws:iam::777788889999:root"]}')
PARTNER = trust('{"AWS": "arn:aws:iam::777788889999:root"}')
GOOGLE = trust('{"Federated": "accounts.google.com"}')


def born(document: str, by: Principal = BOB, name: str = "audit") -> Fields:
    request = {"roleName": name, "assumeRolePolicyDocument": document}
    return call("CreateRole", by=by, request=request)


def trusting(document: str, by: Principal = BOB, name: str = "audit") -> Fields:
    request = {"roleName": name, "policyDocument": document}
    return call("UpdateAssumeRolePolicy", by=by, request=request)


def taken(by: Principal, name: str = "audit") -> Fields:
    record: Fields = assume(by, name)
    return record


def gone(by: Principal, name: str = "audit") -> Fields:
    return on("Delete{}", f"role {name}", by=by)


def failed(fields: Fields) -> Fields:
    return fields | {"errorCode": "NoSuchEntityException", "errorMessage": "gone"}


@pytest.mark.parametrize(
    ("earlier", "found"),
    [
        ([], born(OUTSIDER)),
        ([], born(ANYONE)),
        ([], trusting(OUTSIDER)),
        ([born(EC2, CAROL)], trusting(OUTSIDER)),
        ([born(EC2, CAROL)], trusting(ANYONE)),
    ],
)
def test_role_that_was_opened_is_worse_when_an_outsider_takes_it(
    earlier: list[Fields], found: Fields
) -> None:
    told = story(earlier, found, taken(STRANGER))

    assert told[0] == "worsened"
    ((event, why),) = told[1]
    assert (event, why.partition(", ")[2]) == (
        "AssumeRole",
        "of another account that was let in, took a session of the role.",
    )
    for near_miss in (
        taken(STRANGER, "ops"),
        failed(taken(STRANGER)),
        taken(CAROL),
        taken(service("ec2.amazonaws.com")),
        (timedelta(0), taken(STRANGER)),
    ):
        assert story(earlier, found, near_miss) == ("open", [])


def test_outsider_whom_another_trust_let_in_does_not_make_it_worse() -> None:
    assert status([], trusting(OUTSIDER), taken(OTHER_STRANGER)) == "open"
    before = [born(PARTNER, CAROL)]
    assert story(before, trusting(BOTH), taken(OTHER_STRANGER))[1] == [
        (
            "AssumeRole",
            f"{OTHER_STRANGER.identity['principalId']}, of another account that was let in before "
            "already, took a session of the role.",
        )
    ]
    assert status(before, trusting(BOTH), taken(OTHER_STRANGER)) == "open"
    assert status(before, trusting(BOTH), taken(STRANGER)) == "worsened"


def test_outsider_who_came_before_is_known_where_the_former_trust_is_not() -> None:
    assert status([taken(STRANGER)], trusting(OUTSIDER), taken(STRANGER)) == "open"
    assert status([taken(STRANGER, "ops")], trusting(OUTSIDER), taken(STRANGER)) == "worsened"


def test_outsider_is_found_behind_many_sessions_of_the_account() -> None:
    many = [(MINUTE * n, taken(CAROL)) for n in range(1, 40)]

    assert status([], born(OUTSIDER), *many, (MINUTE * 40, taken(STRANGER))) == "worsened"


def test_session_by_an_open_federation_is_told_only() -> None:
    visitor = web_identity("sam", provider="accounts.google.com")
    by_google = taken(visitor) | {"eventName": "AssumeRoleWithWebIdentity"}

    assert story([], born(GOOGLE), by_google) == (
        "open",
        [
            (
                "AssumeRoleWithWebIdentity",
                "sam took a session of the role by a federation; whether as an outsider is not "
                "known.",
            )
        ],
    )
    assert story([], born(OUTSIDER), by_google) == ("open", [])


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (EC2, "resolved"),
        (EC2.replace(": ", " :  "), "resolved"),
        (OWN, "resolved"),
        (PARTNER, "open"),
        (OUTSIDER, "open"),
        ("{", "open"),
    ],
)
def test_role_is_closed_by_the_former_trust_and_by_one_without_outsiders(
    now: str, expected: str
) -> None:
    before, found = [born(EC2, CAROL)], trusting(OUTSIDER)

    assert status(before, found, trusting(now, CAROL)) == expected
    assert status(before, found, trusting(now)) == expected
    assert status([], born(OUTSIDER), trusting(now)) == expected
    assert status(before, found, trusting(now, CAROL, "ops")) == "open"
    assert status(before, found, failed(trusting(now, CAROL))) == "open"


def test_former_trust_resolves_though_it_lets_an_outsider_in() -> None:
    before, found = [born(PARTNER, CAROL)], trusting(BOTH)

    assert story(before, found, trusting(PARTNER, CAROL)) == (
        "resolved",
        [
            (
                "UpdateAssumeRolePolicy",
                "carol, a third principal, set the former trust policy again, or one that lets in "
                "nobody more.",
            )
        ],
    )
    assert status([], found, trusting(PARTNER, CAROL)) == "open"
    assert status([born(KNOWN_BY_ID, CAROL)], trusting(OUTSIDER), trusting(KNOWN_BY_ID)) == (
        "resolved"
    )


def test_role_that_changed_its_own_trust_is_resolved_by_the_former_alone() -> None:
    found = trusting(OWN, AUDIT)

    assert status([born(EC2, CAROL)], found, trusting(EC2, CAROL)) == "resolved"
    assert status([], found, trusting(EC2, CAROL)) == "open"
    assert status([], found, gone(CAROL)) == "resolved"


def test_role_that_is_opened_again_is_open_and_against_a_third_worse() -> None:
    found = trusting(OUTSIDER)

    assert status([], found, trusting(EC2, CAROL), found) == "worsened"
    assert status([], found, trusting(EC2, CAROL), trusting(BOTH)) == "worsened"
    assert status([], found, trusting(EC2, CAROL), trusting(PARTNER)) == "resolved"
    assert status([], found, trusting(EC2), found) == "open"
    assert status([], found, trusting(EC2, CAROL), trusting(OUTSIDER, CAROL)) == "open"
    assert status([], found, trusting(EC2, CAROL), found, trusting(EC2, CAROL)) == "resolved"


def test_role_that_was_taken_is_put_right_by_a_third_alone() -> None:
    for mend in (trusting(EC2), gone(BOB)):
        assert status([], born(OUTSIDER), taken(STRANGER), mend) == "worsened"
    for mend in (trusting(EC2, CAROL), gone(CAROL)):
        assert status([], born(OUTSIDER), taken(STRANGER), mend) == "resolved"
    assert status([], born(OUTSIDER), gone(BOB), born(OUTSIDER), taken(STRANGER)) == "resolved"


def test_outsider_is_new_each_time_the_trust_is_set() -> None:
    found = trusting(OUTSIDER)
    before = [born(EC2, CAROL), found, taken(STRANGER), trusting(EC2, CAROL)]

    assert status(before, found, taken(STRANGER)) == "worsened"


def in_profile(verb: str, by: Principal, profile: str = "web", name: str = "web") -> Fields:
    noun = "AddRoleTo" if verb == "Add" else "RemoveRoleFrom"
    request = {"roleName": name, "instanceProfileName": profile}
    return call(f"{noun}InstanceProfile", by=by, request=request)


STRONG = [
    call("CreateRole", by=CAROL, request={"roleName": "web"}),
    on("Attach{}Policy", "role web", by=CAROL, policyArn=ADMINISTRATOR),
]


def test_role_that_was_given_to_machines_is_resolved_when_it_is_taken_out_of_the_profile() -> None:
    found, out = in_profile("Add", BOB), in_profile("Remove", CAROL)

    assert status(STRONG, found, out) == "resolved"
    assert status(STRONG, found, in_profile("Remove", BOB)) == "resolved"
    assert status(STRONG, found, in_profile("Remove", CAROL, "other")) == "open"
    assert status(STRONG, found, in_profile("Remove", CAROL, name="other")) == "open"
    assert status(STRONG, found, out, found) == "worsened"
    assert status(STRONG, found, in_profile("Remove", BOB), found) == "open"
    assert story(STRONG, found, taken(service("ec2.amazonaws.com"), "web")) == (
        "open",
        [
            (
                "AssumeRole",
                "ec2.amazonaws.com took a session of the role and handed it to a machine.",
            )
        ],
    )
    assert story(STRONG, found, taken(service("lambda.amazonaws.com"), "web")) == ("open", [])


def lasting(by: Principal, seconds: int | None, name: str = "audit") -> Fields:
    more = {"description": "x"} if seconds is None else {"maxSessionDuration": seconds}
    return on("Update{}", f"role {name}", by=by, **more)


@pytest.mark.parametrize(
    ("earlier", "later", "expected"),
    [
        ([], [lasting(CAROL, 3600)], "resolved"),
        ([], [lasting(AUDIT, 3600)], "resolved"),
        ([], [lasting(CAROL, 7200)], "open"),
        ([], [lasting(CAROL, None)], "open"),
        ([], [lasting(CAROL, 3600, "ops")], "open"),
        ([lasting(CAROL, 7200)], [lasting(CAROL, 7200)], "resolved"),
        ([lasting(CAROL, 7200), lasting(CAROL, 3600)], [lasting(CAROL, 7200)], "open"),
        ([lasting(CAROL, 7200), born(OWN, CAROL)], [lasting(CAROL, 7200)], "open"),
        ([lasting(CAROL, 7200), lasting(CAROL, None)], [lasting(CAROL, 7200)], "open"),
        ([], [lasting(CAROL, 3600), lasting(AUDIT, 43200)], "worsened"),
        ([], [lasting(AUDIT, 3600), lasting(AUDIT, 43200)], "open"),
        ([], [gone(CAROL)], "resolved"),
    ],
)
def test_sessions_that_a_role_let_last_longer_are_put_back_to_what_they_were(
    earlier: list[Fields], later: list[Fields], expected: str
) -> None:
    assert status(earlier, lasting(AUDIT, 43200), *later) == expected


def in_session(address: str, key: str = "ASIAASSUMED", name: str = "CreateUser") -> Fields:
    by = role("audit")
    session = Principal({**by.identity, "accessKeyId": key})
    return call(name, by=session, request={"userName": "mallory"}, sourceIPAddress=address)


def test_session_of_an_outsider_that_goes_on_after_the_repair_makes_it_worse_again() -> None:
    visit, closed = taken(STRANGER), trusting(EC2, CAROL)
    act = in_session("203.0.113.99")
    came = (
        "AssumeRole",
        f"{STRANGER.identity['principalId']}, of another account that was let in, took a session "
        "of the role.",
    )
    shut = (
        "UpdateAssumeRolePolicy",
        "carol, a third principal, set a trust policy that lets in no outsider; sessions begun "
        "before go on until they are ended.",
    )
    went_on = (
        "CreateUser",
        "A session of an outsider, begun before the repair, went on: CreateUser from 203.0.113.99.",
    )
    used = (
        "CreateUser",
        "A session of an outsider was used, first for CreateUser from 203.0.113.99.",
    )

    assert story([], trusting(OUTSIDER), visit, closed, act) == ("worsened", [came, shut, went_on])
    assert story([], trusting(OUTSIDER), visit, act, closed) == ("resolved", [came, used, shut])
    assert status([], trusting(OUTSIDER), visit, act, closed, act) == "worsened"
    assert status([], born(OUTSIDER), visit, closed, act) == "worsened"
    for harmless in (in_session("203.0.113.99", "ASIAOTHER"), denied_act()):
        assert story([], trusting(OUTSIDER), visit, closed, harmless) == ("resolved", [came, shut])
    by_known = [trusting(PARTNER, CAROL)]
    assert status(by_known, trusting(BOTH), taken(OTHER_STRANGER), closed, act) != "worsened"


def onward(name: str = "ops", key: str = "ASIAONWARD", by: str = "ASIAASSUMED") -> Fields:
    """Take another role by the session of an outsider, or by one that was taken from it."""
    session = Principal({**AUDIT.identity, "accessKeyId": by})
    return taken(session, name) | {"responseElements": {"credentials": {"accessKeyId": key}}}


def test_role_that_an_outsiders_session_takes_is_followed() -> None:
    visit, closed = taken(STRANGER), trusting(EC2, CAROL)
    act = in_session("203.0.113.99", "ASIAONWARD")
    used = (
        "CreateUser",
        "An outsider's session took one of another role, used first for CreateUser from "
        "203.0.113.99.",
    )
    went_on = (
        "CreateUser",
        "A session of another role, taken from an outsider's, went on after the repair: CreateUser "
        "from 203.0.113.99.",
    )

    told = story([], trusting(OUTSIDER), visit, onward(), act)
    assert (told[0], told[1][-1]) == ("worsened", used)
    told = story([], trusting(OUTSIDER), visit, onward(), closed, act)
    assert (told[0], told[1][-1]) == ("worsened", went_on)
    third = onward("night", "ASIATHIRD", by="ASIAONWARD")
    last = in_session("203.0.113.99", "ASIATHIRD")
    assert status([], trusting(OUTSIDER), visit, onward(), third, closed, last) == "worsened"
    own = [visit, onward(by="ASIAOWN"), closed, act]
    assert status([], trusting(OUTSIDER), *own) == "resolved"


def test_sessions_of_a_chain_are_ended_when_those_of_each_role_are() -> None:
    found, visit, closed = trusting(OUTSIDER), taken(STRANGER), trusting(EC2, CAROL)
    later = [visit, onward(), closed, in_session("203.0.113.99", "ASIAONWARD")]
    first, second = revoked("2026-03-02T11:00:00Z"), revoked("2026-03-02T11:00:00Z", name="ops")

    assert status([], found, *later, first) == "worsened"
    assert status([], found, *later, second) == "worsened"
    assert status([], found, *later, revoked("2026-03-02T10:01:30Z", name="ops"), first) == (
        "worsened"
    )
    assert status([], found, *later, first, second) == "resolved"
    assert status([], found, *later, second, first) == "resolved"


def denied_act() -> Fields:
    return in_session("203.0.113.99") | {"errorCode": "AccessDenied", "errorMessage": "no"}


def revoked(until: str, by: Principal = CAROL, name: str = "audit") -> Fields:
    denial = {
        "Effect": "Deny",
        "Action": ["*"],
        "Resource": ["*"],
        "Condition": {"DateLessThan": {"aws:TokenIssueTime": until}},
    }
    text = json.dumps({"Version": "2012-10-17", "Statement": [denial]})
    return on("Put{}Policy", f"role {name}", by=by, policyName="revoked", policyDocument=text)


def test_sessions_of_outsiders_that_are_ended_after_the_repair_resolve_it_again() -> None:
    visit, closed = taken(STRANGER), trusting(EC2, CAROL)
    act = in_session("203.0.113.99")
    later = [visit, closed, act]

    assert status([], trusting(OUTSIDER), *later, revoked("2026-03-02T10:04:00Z")) == "resolved"
    assert status([], trusting(OUTSIDER), *later, revoked("2026-03-02T10:01:00Z")) == "worsened"
    assert status([], trusting(OUTSIDER), visit, revoked("2026-03-02T10:02:00Z")) == "worsened"
    assert told_of(trusting(OUTSIDER), closed, revoked("2026-03-02T10:02:00Z")) == 1


def told_of(found: Fields, *later: Fields) -> int:
    return len(story([], found, *later)[1])
