"""What happened next to sign-ins: the way in is closed or kept, root is entered, limits return."""

from datetime import timedelta
from typing import Any

import pytest

from tests.identity_calls import KEY, PHONE, deactivate, enable, make_key, on_user
from tests.reading import Fields
from tests.telling import (
    ALICE,
    ALICE_WITH_MFA,
    BOB,
    CAROL,
    DAY,
    HIDEOUT,
    MINUTE,
    Later,
    change_password,
    found_in,
    placed,
    status,
    story,
    told,
)
from tests.test_stories_of_sessions import ENDED, QUARANTINE, erase, put
from trailmend.evidence import (
    OTHER_ACCOUNT,
    Principal,
    call,
    directory_id,
    directory_sign_in,
    federated,
    identity_center_user,
    role,
    root,
    sign_in,
    user,
)
from trailmend.evidence.center import on_directory
from trailmend.evidence.policies import on
from trailmend.runbooks.assume_role import week
from trailmend.runbooks.get_federation_token import federate

ENTERED, DEVICE = sign_in(ALICE), enable(ALICE, "alice")
"""Alice's device is known, and she signs in without it."""
ROOT_IN = sign_in(root())
ASKED, RECOVERED, PASSWORD, MAIL = (
    sign_in(root(), event_name=name)
    for name in (
        *("PasswordRecoveryRequested", "PasswordRecoveryCompleted"),
        *("PasswordUpdated", "EmailUpdated"),
    )
)


def begun(by: Principal, time: str) -> Principal:
    """Give a session that began at a time of the day."""
    moment = {"creationDate": f"2026-03-02T{time}Z", "mfaAuthenticated": "false"}
    key = {"accessKeyId": "ASIACONSOLE", "sessionContext": {"attributes": moment}}
    return Principal({**by.identity, **key})


IN_CONSOLE, OF_BEFORE = begun(ALICE, "10:00:01"), begun(ALICE, "08:00:00")


def entered(*later: Later) -> str | None:
    return status([DEVICE], ENTERED, *later)


LONG_AGO = DEVICE | {"eventTime": "2026-02-20T10:00:00Z", "eventID": "long-ago"}


def entered_long_after(*later: Later, found: Fields = ENTERED) -> str | None:
    """Sign in weeks after the device was enabled."""
    return told(found_in([LONG_AGO, *placed([], found, later)]))[0]


@pytest.mark.parametrize(
    ("verb", "what"),
    [
        ("Update", "set another password for alice"),
        ("Delete", "deleted the login profile of alice"),
    ],
)
def test_sign_in_is_resolved_when_a_third_closes_the_way(verb: str, what: str) -> None:
    by_carol = on_user(f"{verb}LoginProfile", CAROL, "alice")

    assert story([DEVICE], ENTERED, by_carol) == (
        "resolved",
        [
            (
                f"{verb}LoginProfile",
                f"carol, a third principal, {what}; sessions begun before are ended by a denial "
                "only.",
            )
        ],
    )
    assert entered(on_user(f"{verb}LoginProfile", CAROL, "dave")) == "open"
    assert entered(on_user(f"{verb}LoginProfile", ALICE, "alice")) == "open"
    assert entered(by_carol | {"errorCode": "NoSuchEntityException"}) == "open"


def test_owner_who_is_proved_resolves_and_another_owner_does_not() -> None:
    proof, another = change_password(ALICE_WITH_MFA), enable(IN_CONSOLE, "alice", PHONE + "-2")

    assert entered_long_after(proof) == "resolved"
    assert entered_long_after(enable(ALICE, "alice", PHONE + "-2"), proof) == "open"
    assert entered_long_after(another, proof) == "worsened"
    assert entered(proof) == "open"
    assert story([DEVICE], ENTERED, change_password(ALICE)) == (
        "open",
        [
            (
                "ChangePassword",
                "alice changed the password; whoever had signed in could do so too.",
            )
        ],
    )


def test_denial_of_everything_resolves_a_sign_in_and_ended_sessions_are_noted() -> None:
    assert entered(put(CAROL, QUARANTINE, "user alice")) == "resolved"
    assert entered(put(CAROL, QUARANTINE, "user alice"), erase(BOB, "user alice")) == "open"
    assert entered(put(CAROL, QUARANTINE, "user dave")) == "open"
    assert entered(on_user("DeleteUser", CAROL, "alice")) == "resolved"
    assert story([DEVICE], ENTERED, put(CAROL, ENDED, "user alice")) == (
        "open",
        [("PutUserPolicy", "carol gave a policy that denies; what it leaves is to be looked at.")],
    )


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (make_key(IN_CONSOLE, "alice"), "alice made an access key within a day."),
        (
            on_user("CreateLoginProfile", IN_CONSOLE, "eve"),
            "alice made a login profile within a day.",
        ),
        (enable(IN_CONSOLE, "alice", PHONE + "-2"), "alice enabled an MFA device within a day."),
        (deactivate(IN_CONSOLE, "alice"), "alice took an MFA device away within a day."),
    ],
)
def test_way_to_stay_that_is_made_in_the_session_is_worse(made: Fields, why: str) -> None:
    third = on_user("UpdateLoginProfile", CAROL, "alice")

    assert story([DEVICE], ENTERED, made) == ("worsened", [(made["eventName"], why)])
    assert entered(made, third) == "resolved"
    assert entered((DAY + MINUTE, made)) == "open"
    for other in (OF_BEFORE, ALICE, begun(BOB, "10:00:01")):
        assert entered(made | {"userIdentity": dict(other.identity)}) == "open"


def test_sign_in_of_root_is_worse_when_root_makes_itself_a_way_to_stay() -> None:
    by_root = begun(root(), "10:00:01")
    own_key = call(
        "CreateAccessKey",
        by=by_root,
        response={"accessKey": {"userName": "", "accessKeyId": KEY, "status": "Active"}},
    )
    device = call("EnableMFADevice", by=by_root, request={"serialNumber": PHONE})
    gone = call("DeactivateMFADevice", by=by_root, request={"serialNumber": PHONE})

    assert story([], ROOT_IN, own_key) == (
        "worsened",
        [("CreateAccessKey", "root made an access key within a day.")],
    )
    assert status([], ROOT_IN, device) == "worsened"
    assert status([], ROOT_IN, gone) == "worsened"
    assert status([], RECOVERED, device) == "worsened"
    for_a_user = [make_key(by_root, "alice"), on_user("CreateLoginProfile", by_root, "eve")]
    assert status([], ROOT_IN, *for_a_user) == "open"
    by_task = root(assumed=True)
    assert status([], ROOT_IN, gone | {"userIdentity": dict(by_task.identity)}) == "open"


@pytest.mark.parametrize("found", [ROOT_IN, ASKED, RECOVERED, PASSWORD, MAIL])
def test_password_of_root_that_the_organization_takes_away_resolves(found: Fields) -> None:
    by_task = call("DeleteLoginProfile", by=root(assumed=True))

    assert story([], found, by_task) == (
        "resolved",
        [
            (
                "DeleteLoginProfile",
                "The organization took root's password away, by a session for that task.",
            )
        ],
    )
    assert status([], found, call("DeleteLoginProfile", by=root())) == "open"


@pytest.mark.parametrize(
    ("found", "later", "expected"),
    [
        (ASKED, RECOVERED, "worsened"),
        (ASKED, ROOT_IN, "open"),
        (RECOVERED, ROOT_IN, "worsened"),
        (RECOVERED, MAIL, "worsened"),
        (RECOVERED, RECOVERED, "open"),
        (RECOVERED, sign_in(root(), failure="Failed authentication"), "open"),
        (RECOVERED, sign_in(user("root")), "open"),
        (PASSWORD, ROOT_IN, "worsened"),
        (PASSWORD, PASSWORD, "open"),
        (MAIL, RECOVERED, "worsened"),
        (MAIL, ROOT_IN, "worsened"),
        (MAIL, MAIL, "open"),
    ],
)
def test_root_that_is_entered_after_a_change_is_worse(
    found: Fields, later: Fields, expected: str
) -> None:
    assert status([], found, later) == expected
    assert status([], found, (timedelta(0), later)) == "open"


def test_sign_in_after_a_recovery_is_told_with_its_address() -> None:
    assert story([], RECOVERED, sign_in(root(), sourceIPAddress=HIDEOUT)) == (
        "worsened",
        [("ConsoleLogin", f"Root signed in to the console since, from {HIDEOUT}.")],
    )


def token(by: Principal, **more: Any) -> Fields:
    told = {"additionalEventData": {"success": "true"}} | more
    return call("CreateOAuth2Token", by=by, source="signin", **told)


def strange(by: Principal, *later: Later) -> str | None:
    """Get a token at an unusual hour from a new address; then what comes later."""
    habit = week(token(by, sourceIPAddress="192.0.2.1"))
    early = [one | {"eventTime": one["eventTime"].replace("T09", "T21")} for one in habit]
    return told(found_in([*early, *placed([], token(by), later)]))[0]


def test_tokens_of_a_user_and_of_a_role_are_stopped_by_a_denial_of_everything() -> None:
    deploy = role("deploy")

    assert strange(ALICE, put(CAROL, QUARANTINE, "user alice")) == "resolved"
    assert strange(ALICE, put(CAROL, ENDED, "user alice")) == "open"
    assert strange(ALICE, put(CAROL, QUARANTINE, "user bob")) == "open"
    assert strange(ALICE, on_user("DeleteUser", CAROL, "alice")) == "resolved"
    assert strange(ALICE, make_key(IN_CONSOLE, "alice")) == "worsened"
    assert strange(ALICE, make_key(ALICE, "alice")) == "open"
    assert strange(deploy, put(CAROL, QUARANTINE, "role deploy")) == "resolved"
    assert strange(deploy, put(CAROL, QUARANTINE, "user deploy")) == "open"
    assert strange(deploy, on("Delete{}", "role deploy", by=CAROL)) == "resolved"


GUEST = federated("guest", issuer="bob")
LINK = sign_in(
    Principal({**GUEST.identity, "accessKeyId": "ASIAFEDERATED"}), event_name="GetSigninToken"
)


def test_link_to_the_console_that_is_opened_elsewhere_is_worse() -> None:
    made = federate(BOB)
    here, there = sign_in(GUEST), sign_in(GUEST, sourceIPAddress=HIDEOUT)

    assert story([made], LINK, here) == (
        "open",
        [("ConsoleLogin", "The console was entered from 198.51.100.7.")],
    )
    assert status([made], LINK, there) == "worsened"
    assert status([made], LINK, (DAY, there)) == "open"
    assert status([made], LINK, sign_in(BOB, sourceIPAddress=HIDEOUT)) == "open"


def test_link_to_the_console_is_stopped_by_a_denial_for_the_user_behind_it() -> None:
    denial = put(CAROL, QUARANTINE, "user bob")

    assert status([federate(BOB)], LINK, denial) == "resolved"
    assert status([federate(ALICE)], LINK, denial) == "open"
    # Who is behind it stands in no record.
    assert status([], LINK, denial) == "open"


def of_sam(name: str, source: str = "sso-directory", **more: Any) -> Fields:
    person = {"userId": directory_id("sam")} | more
    return on_directory(name, source=source, by=CAROL, **person)


def person(*later: Later) -> str | None:
    wrong = [
        directory_sign_in("sam", event_name="CredentialVerification", failed=True) for _ in range(5)
    ]
    return status(wrong, directory_sign_in("sam"), *later)


@pytest.mark.parametrize(
    "later",
    [of_sam("UpdatePassword"), of_sam("DisableUser"), of_sam("DeleteUser", "identitystore")],
)
def test_person_of_the_directory_is_stopped_by_a_third(later: Fields) -> None:
    assert person(later) == "resolved"
    other = later["requestParameters"] | {"userId": directory_id("dora")}
    assert person(later | {"requestParameters": other}) == "open"


def test_person_who_is_enabled_again_is_open_again() -> None:
    assert person(of_sam("DisableUser"), of_sam("EnableUser")) == "open"


def limit(name: str, by: Principal = BOB, **more: Any) -> Fields:
    return call(f"{name}ResourcePermissionStatement", by=by, source="signin", **more)


OFFICES = {"sourceIp": "198.51.100.0/24"}
SPARED = OFFICES | {"excludedPrincipal": "arn:aws:iam::111122223333:user/eve"}


def set_limit(by: Principal, request: dict[str, str], made: str) -> Fields:
    asked = request | {"clientToken": made}
    return limit("Put", by, request=asked, response={"statementId": made})


def unset(by: Principal, statement: str) -> Fields:
    return limit("Delete", by, request={"statementId": statement})


def test_limit_that_is_put_back_as_it_was_is_resolved() -> None:
    earlier, found = [set_limit(CAROL, OFFICES, "s-1")], unset(BOB, "s-1")
    back = set_limit(CAROL, OFFICES, "s-2")

    assert status(earlier, found, back) == "resolved"
    assert status(earlier, found, set_limit(CAROL, SPARED, "s-2")) == "open"
    assert status([], found, back) == "open"
    assert status(earlier, found, back, unset(BOB, "s-2")) == "worsened"
    assert status(earlier, found, back, unset(BOB, "s-9")) == "resolved"


def test_limit_that_spares_somebody_is_resolved_when_that_statement_goes() -> None:
    found = set_limit(BOB, SPARED, "s-1")

    assert status([], found, unset(CAROL, "s-1")) == "resolved"
    assert status([], found, unset(CAROL, "s-2")) == "open"
    assert status([], found, unset(CAROL, "s-1"), set_limit(BOB, SPARED, "s-2")) == "worsened"
    assert status([], found, unset(CAROL, "s-1"), set_limit(BOB, OFFICES, "s-2")) == "resolved"


@pytest.mark.parametrize("account", [None, OTHER_ACCOUNT])
def test_console_authorization_is_resolved_by_the_switch_of_the_same_account(
    account: str | None,
) -> None:
    def switch(verb: str, by: Principal, whose: str | None = account) -> Fields:
        name = f"{verb}ConsoleAuthorizationConfiguration"
        request = {"targetId": whose} if whose else None
        return call(name, by=by, source="signin", request=request)

    off = switch("Delete", BOB)
    assert status([], off, switch("Put", CAROL)) == "resolved"
    assert status([], off, switch("Put", CAROL), off) == "worsened"
    assert status([], off, switch("Put", CAROL, "444455556666")) == "open"
    assert status([], switch("Put", root()), switch("Delete", CAROL)) == "resolved"


def token_of_sam(address: str = HIDEOUT) -> Fields:
    request = {"grantType": "urn:ietf:params:oauth:grant-type:device_code"}
    by = identity_center_user("sam")
    return call("CreateToken", by=by, source="sso", request=request, sourceIPAddress=address)


def role_of_sam(address: str = HIDEOUT, name: str = "sam") -> Fields:
    by = identity_center_user(name)
    return call("GetRoleCredentials", by=by, source="sso", sourceIPAddress=address)


def after_token(*later: Later) -> tuple[str | None, list[tuple[str, str]]]:
    habit = week(directory_sign_in("sam"))
    records = [*habit, *placed([], token_of_sam(), later)]
    return told(found_in(records))


def test_token_that_was_phished_is_worse_once_a_role_is_taken_from_its_address() -> None:
    assert after_token(role_of_sam(), role_of_sam()) == (
        "worsened",
        [
            (
                "GetRoleCredentials",
                "Credentials of one of the person's roles were fetched from 203.0.113.50, where "
                "the token had gone.",
            )
        ],
    )
    assert after_token(role_of_sam("198.51.100.7")) == ("open", [])
    assert after_token(role_of_sam(name="tim")) == ("open", [])
    assert after_token((DAY + MINUTE, role_of_sam())) == ("open", [])


def test_token_that_was_phished_ends_with_the_person_and_not_with_the_password() -> None:
    assert after_token(of_sam("DisableUser"))[0] == "resolved"
    assert after_token(of_sam("UpdatePassword")) == ("open", [])
