"""What happened next to applications of Identity Center."""

from typing import Any

import pytest

from tests.reading import Fields
from tests.telling import ALICE, BOB, CAROL, status, story
from trailmend.evidence import Principal, call, directory_id
from trailmend.evidence.center import APPLICATION, on_center

OTHER = APPLICATION.replace("apl-1", "apl-2")


def made(by: Principal) -> Fields:
    answer = {"applicationArn": APPLICATION}
    return on_center("CreateApplication", by=by, name="reports", response=answer)


def on_application(event_name: str, by: Principal, arn: str = APPLICATION, **sent: Any) -> Fields:
    return on_center(event_name, by=by, applicationArn=arn, **sent)


def switched(state: str, by: Principal, arn: str = APPLICATION) -> Fields:
    return on_application("UpdateApplication", by, arn, status=state)


def scope(by: Principal) -> Fields:
    return on_application("PutApplicationAccessScope", by, scope="sso:account:access")


def opened(by: Principal, required: bool = False) -> Fields:
    name = "PutApplicationAssignmentConfiguration"
    return on_application(name, by, assignmentRequired=required)


def led(by: Principal, address: str) -> Fields:
    way = {"origin": "APPLICATION", "applicationUrl": address}
    return on_application("UpdateApplication", by, portalOptions={"signInOptions": way})


def token(by: Principal, arn: str = APPLICATION) -> Fields:
    request = {"clientId": arn, "grantType": "authorization_code"}
    return call("CreateTokenWithIAM", by=by, source="sso-oauth", request=request)


def assigned(verb: str, by: Principal, arn: str = APPLICATION) -> Fields:
    whom = {"principalType": "USER", "principalId": directory_id("sam")}
    return on_application(f"{verb}ApplicationAssignment", by, arn, **whom)


@pytest.mark.parametrize("found", [scope(BOB), opened(BOB)], ids=["scope", "open to all"])
def test_what_an_application_got_ends_when_it_is_disabled_or_deleted(found: Fields) -> None:
    off, on = switched("DISABLED", CAROL), switched("ENABLED", BOB)

    assert story([], found, off) == (
        "resolved",
        [("UpdateApplication", "carol, a third principal, disabled the application.")],
    )
    assert status([], found, on_application("DeleteApplication", CAROL)) == "resolved"
    assert status([], found, off, on) == "worsened"
    assert status([], found, switched("DISABLED", CAROL, OTHER)) == "open"
    assert status([], found, on) == "open"


def test_application_is_worse_once_who_changed_it_gets_a_token_of_a_person() -> None:
    assert story([], scope(BOB), token(BOB), token(BOB)) == (
        "worsened",
        [("CreateTokenWithIAM", "bob got a token of a person as the application.")],
    )
    assert status([], scope(BOB), token(CAROL)) == "open"
    assert status([], scope(BOB), token(BOB, OTHER)) == "open"


def test_application_that_was_opened_to_all_is_resolved_when_it_asks_again() -> None:
    asks = opened(CAROL, required=True)

    assert story([], opened(BOB), asks) == (
        "resolved",
        [
            (
                "PutApplicationAssignmentConfiguration",
                "carol, a third principal, let the application ask for assignments again.",
            )
        ],
    )
    assert status([], opened(BOB), asks, opened(BOB)) == "worsened"


def test_address_of_an_application_is_resolved_by_the_former_one() -> None:
    former, other = "https://reports.example.com", "https://reports.example.net"
    earlier = [led(ALICE, former)]

    assert status(earlier, led(BOB, other), led(CAROL, former)) == "resolved"
    assert status([], led(BOB, other), led(CAROL, former)) == "open"
    assert status(earlier, led(BOB, other), led(CAROL, former), led(BOB, other)) == "worsened"


def test_assignments_that_were_taken_at_once_are_told_when_one_comes_back() -> None:
    taken = [
        assigned("Delete", BOB)
        | {
            "requestParameters": assigned("Delete", BOB)["requestParameters"]
            | {"principalId": directory_id(f"u{number}")}
        }
        for number in range(4)
    ]

    assert story(taken, assigned("Delete", BOB), assigned("Create", CAROL)) == (
        "open",
        [("CreateApplicationAssignment", "carol let them into the application again.")],
    )
    assert status(taken, assigned("Delete", BOB), assigned("Create", CAROL, OTHER)) == "open"
