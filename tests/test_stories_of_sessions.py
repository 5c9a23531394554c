"""What happened next to sessions: used, used from elsewhere, denied, ended, taken again."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from tests.identity_calls import on_user, set_key
from tests.reading import Fields
from tests.telling import ALICE, BOB, CAROL, HIDEOUT, Later, found_in, placed, told
from trailmend.evidence import (
    ACCOUNT,
    OTHER_ACCOUNT,
    Principal,
    call,
    federated,
    outsider,
    role,
    root,
    saml,
    sign_in,
    user,
    web_identity,
)
from trailmend.evidence.policies import DENY_ALL, GUARDED, READ_ONLY, on
from trailmend.runbooks.assume_role import ADMIN, assume, week
from trailmend.runbooks.assume_root import take_root
from trailmend.runbooks.get_federation_token import federate

SESSION, GUEST, TASK = "ASIAASSUMED", "ASIAFEDERATED", "ASIAROOTTASK"
STRANGER = outsider()
HOUR = timedelta(hours=1)
EVERYTHING = {"Effect": "Deny", "Action": "*", "Resource": "*"}
Told = tuple[str | None, list[tuple[str, str]]]


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def revocation(time: str = "2026-03-02T10:00:30Z", **more: Any) -> str:
    when = {"DateLessThan": {"aws:TokenIssueTime": time}, **more}
    return policy({**EVERYTHING, "Action": ["*"], "Resource": ["*"], "Condition": when})


QUARANTINE = policy(EVERYTHING)
ENDED = revocation()
HABIT = (
    *week(call("GetUser", by=ALICE), call("GetUser", by=BOB)),
    on("Attach{}Policy", "role ops", by=CAROL, at="08:00:00", policyArn=ADMIN),
)


def put(by: Principal, text: str, whom: str = "role ops", name: str = "hold") -> Fields:
    return on("Put{}Policy", whom, by=by, policyName=name, policyDocument=text)


def erase(by: Principal, whom: str = "role ops", name: str = "hold") -> Fields:
    return on("Delete{}Policy", whom, by=by, policyName=name)


def use(key: str, by: Principal, address: str = "198.51.100.7", **more: Any) -> Fields:
    return call(
        "ListUsers",
        by=Principal({**by.identity, "accessKeyId": key}),
        sourceIPAddress=address,
        **more,
    )


def tell(found: Fields, *later: Later, earlier: Sequence[Fields] = HABIT) -> Told:
    return told(found_in([*earlier, *placed([], found, later)]))


def status(found: Fields, *later: Later, earlier: Sequence[Fields] = HABIT) -> str | None:
    return tell(found, *later, earlier=earlier)[0]


TOOK, OPS = assume(ALICE), role("ops")
FEDERATED, BOBS = federate(BOB), federated("guest", issuer="bob")


def test_first_use_of_a_session_is_told() -> None:
    assert tell(TOOK, use(SESSION, OPS), use(SESSION, OPS)) == (
        "open",
        [("ListUsers", "The session was used, first for ListUsers from 198.51.100.7.")],
    )
    assert tell(TOOK, use("ASIAOTHER", OPS)) == ("open", [])
    by_service = use(SESSION, OPS, "cloudformation.amazonaws.com")
    assert status(TOOK, by_service, use(SESSION, OPS, "AWS Internal")) == "open"


def test_use_from_where_the_taker_had_not_called_is_worse() -> None:
    abroad = use(SESSION, OPS, HIDEOUT)
    why = f"The session was used for ListUsers from {HIDEOUT}, from where its taker had not called."

    assert tell(TOOK, abroad) == ("worsened", [("ListUsers", why)])
    assert status(TOOK, use(SESSION, OPS), abroad) == "worsened"
    assert status(TOOK, (timedelta(0), abroad)) == "worsened"


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ([call("GetUser", by=ALICE, sourceIPAddress=HIDEOUT, at="09:00:00")], HIDEOUT),
        ([use("ASIAOLD", OPS, HIDEOUT, at="09:00:00")], HIDEOUT),
        (
            [
                call("GetUser", by=user(name), sourceIPAddress=HIDEOUT, at="09:00:00")
                for name in ("d", "e", "f")
            ],
            HIDEOUT,
        ),
        ([], "10.0.0.9"),
        ([], "2001:db8::1"),
        ([], "not.an.address.1"),
    ],
    ids=["the taker's", "the role's", "many people's", "inside", "IPv6", "no address"],
)
def test_use_from_a_place_that_may_be_the_takers_is_no_worse(
    earlier: list[Fields], later: str
) -> None:
    assert status(TOOK, use(SESSION, OPS, later), earlier=[*HABIT, *earlier]) == "open"


@pytest.mark.parametrize(
    ("denial", "why"),
    [
        (
            put(CAROL, QUARANTINE),
            "carol, a third principal, denied everything, to this session too.",
        ),
        (
            on("Attach{}Policy", "role ops", by=CAROL, policyArn=DENY_ALL),
            "carol, a third principal, denied everything, to this session too.",
        ),
        (
            put(CAROL, ENDED),
            "carol, a third principal, ended the sessions begun before, this one among them.",
        ),
        (
            on("Delete{}", "role ops", by=CAROL),
            "carol, a third principal, deleted the role, and so all that its sessions may do.",
        ),
    ],
    ids=["quarantine", "AWSDenyAll", "revocation", "end of the role"],
)
def test_denial_by_a_third_resolves_what_was_taken(denial: Fields, why: str) -> None:
    abroad = use(SESSION, OPS, HIDEOUT)

    assert tell(TOOK, denial) == ("resolved", [(denial["eventName"], why)])
    assert status(TOOK, abroad, denial) == "resolved"
    assert status(TOOK, denial | {"errorCode": "AccessDenied"}) == "open"
    by_taker = denial | {"userIdentity": dict(ALICE.identity)}
    assert status(TOOK, by_taker) == "resolved"
    assert status(TOOK, abroad, by_taker) == "worsened"
    by_itself = denial | {"userIdentity": {**OPS.identity, "accessKeyId": SESSION}}
    assert status(TOOK, abroad, by_itself) == "worsened"


@pytest.mark.parametrize(
    "denial",
    [
        put(CAROL, QUARANTINE, "role other"),
        put(CAROL, GUARDED),
        put(CAROL, revocation("2026-03-02T10:00:00Z")),
        put(CAROL, revocation("2026-03-02T11:00:00")),
        put(CAROL, revocation("soon")),
        put(CAROL, revocation(Bool={"aws:SecureTransport": "false"})),
        put(CAROL, policy({**EVERYTHING, "Resource": "arn:aws:s3:::logs"})),
        put(CAROL, policy({**EVERYTHING, "Effect": "Allow"})),
        put(CAROL, "{"),
        on("Attach{}Policy", "role ops", by=CAROL, policyArn=READ_ONLY),
        on("Put{}PermissionsBoundary", "role ops", by=CAROL, permissionsBoundary=DENY_ALL),
    ],
    ids=[
        *("other role", "denies IAM", "of before", "no zone", "no time", "two conditions"),
        *("one resource", "allows", "no policy", "reads", "boundary"),
    ],
)
def test_denial_of_less_leaves_a_session_open(denial: Fields) -> None:
    assert status(TOOK, denial) == "open"


def test_denial_that_is_taken_away_opens_again_while_the_session_may_last() -> None:
    held, freed = put(CAROL, QUARANTINE), erase(BOB)

    assert status(TOOK, held, freed) == "open"
    assert status(TOOK, held, put(BOB, GUARDED)) == "open"
    assert status(TOOK, held, erase(ALICE)) == "worsened"
    assert status(TOOK, held, erase(ALICE, name="other")) == "resolved"
    assert status(TOOK, held, put(BOB, ENDED)) == "resolved"
    assert status(TOOK, held, (13 * HOUR, freed)) == "resolved"
    attached = on("Attach{}Policy", "role ops", by=CAROL, policyArn=DENY_ALL)
    detached = on("Detach{}Policy", "role ops", by=BOB, policyArn=DENY_ALL)
    assert status(TOOK, attached, detached) == "open"


def test_role_that_is_taken_again_after_its_sessions_ended_is_open_again() -> None:
    again = assume(ALICE)

    assert tell(TOOK, put(CAROL, ENDED), again)[1][-1] == (
        "AssumeRole",
        "alice took the role again, after its sessions had been ended.",
    )
    assert status(TOOK, put(CAROL, ENDED), again) == "open"
    assert status(TOOK, put(CAROL, ENDED), assume(BOB)) == "resolved"
    assert status(TOOK, put(CAROL, QUARANTINE), again) == "resolved"
    assert tell(TOOK, again) == ("open", [])


def test_other_trust_does_not_end_a_session() -> None:
    trust = policy({"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"})
    closed = on("UpdateAssumeRolePolicy", "role ops", by=CAROL, policyDocument=trust)

    assert tell(TOOK, closed) == (
        "open",
        [
            (
                "UpdateAssumeRolePolicy",
                "carol set another trust policy; a session that was taken goes on all the same.",
            )
        ],
    )


@pytest.mark.parametrize(
    ("by", "name"),
    [
        (STRANGER, "AssumeRole"),
        (saml(), "AssumeRoleWithSAML"),
        (web_identity(), "AssumeRoleWithWebIdentity"),
    ],
)
def test_who_comes_from_outside_is_followed_too(by: Principal, name: str) -> None:
    found = assume(by, recipientAccountId=ACCOUNT) | {"eventName": name}

    assert status(found, use(SESSION, OPS)) == "open"
    assert status(found, use(SESSION, OPS, HIDEOUT)) == "worsened"
    assert status(found, put(CAROL, ENDED)) == "resolved"


def test_federated_session_is_followed_by_its_user() -> None:
    by_time, denied_all = put(CAROL, ENDED, "user bob"), put(CAROL, QUARANTINE, "user bob")

    assert status(FEDERATED, use(GUEST, BOBS)) == "open"
    assert status(FEDERATED, use(GUEST, BOBS, HIDEOUT)) == "worsened"
    assert status(FEDERATED, by_time) == "resolved"
    assert status(FEDERATED, denied_all) == "resolved"
    assert status(FEDERATED, denied_all, (13 * HOUR, erase(BOB, "user bob"))) == "worsened"
    assert status(FEDERATED, denied_all, (37 * HOUR, erase(BOB, "user bob"))) == "resolved"
    assert status(FEDERATED, put(CAROL, ENDED, "user alice")) == "open"
    assert status(FEDERATED, on_user("DeleteUser", CAROL, "bob")) == "resolved"


def test_key_that_is_off_does_not_end_what_was_made_with_it() -> None:
    assert tell(FEDERATED, set_key(CAROL, "bob", "Inactive")) == (
        "open",
        [
            (
                "UpdateAccessKey",
                "carol changed or deleted a key of bob; a session that was made goes on all the "
                "same.",
            )
        ],
    )


def test_federated_session_that_becomes_a_console_is_worse() -> None:
    link = sign_in(Principal({**BOBS.identity, "accessKeyId": GUEST}), event_name="GetSigninToken")
    other = sign_in(BOBS, event_name="GetSigninToken")

    answered = link | {"responseElements": {"credentials": {"accessKeyId": GUEST}}}
    assert status(FEDERATED, link) == "worsened"
    assert status(FEDERATED, answered) == "worsened"
    assert status(FEDERATED, other) == "open"


def test_session_of_root_is_told_when_it_is_used() -> None:
    taken = call(
        "GetSessionToken",
        by=root(),
        source="sts",
        response={"credentials": {"accessKeyId": "ASIASESSION"}},
    )

    assert status(taken, use("ASIASESSION", root())) == "open"
    assert status(taken, use("ASIASESSION", root(), HIDEOUT)) == "worsened"
    assert status(federate(root()), use(GUEST, root(), HIDEOUT)) == "worsened"


def test_root_session_that_makes_a_password_is_worse() -> None:
    found = take_root(BOB, "IAMCreateRootUserPassword")
    member = root(assumed=True)
    by_task = Principal({**member.identity, "accessKeyId": TASK})
    made, gone = (call(f"{verb}LoginProfile", by=by_task) for verb in ("Create", "Delete"))
    recovered = sign_in(root(), event_name="PasswordRecoveryCompleted")

    assert status(found, made) == "worsened"
    assert status(found, made, gone) == "open"
    assert status(found, call("CreateLoginProfile", by=member)) == "open"
    assert status(found, recovered) == "worsened"
    assert status(take_root(BOB, "S3UnlockBucketPolicy"), recovered) == "open"
    elsewhere = {"targetPrincipal": OTHER_ACCOUNT, "taskPolicyArn": {"arn": "x/S3Unlock"}}
    assert status(
        take_root(BOB, "", request=elsewhere), on_user("DeleteLoginProfile", CAROL, "bob")
    )


def test_delegated_credentials_are_stopped_by_a_denial_of_everything_alone() -> None:
    answer = {
        "credentials": {"accessKeyId": "ASIADELEGATED"},
        "assumedPrincipal": f"arn:aws:iam::{ACCOUNT}:role/ops",
    }
    found = call("GetDelegatedAccessToken", by=STRANGER, source="sts", response=answer)

    assert tell(found, use("ASIADELEGATED", OPS, HIDEOUT)) == (
        "open",
        [("ListUsers", f"The credentials were used, first for ListUsers from {HIDEOUT}.")],
    )
    assert status(found, put(CAROL, QUARANTINE)) == "resolved"
    assert status(found, put(CAROL, ENDED)) == "open"
