"""What happened next to Identity Center: assignments, memberships, policies of permission sets."""

from typing import Any

import pytest

from tests.center_calls import (
    SAM,
    assigned,
    by_console,
    detached,
    given,
    issuer,
    joined,
    left,
    provisioned,
    unassigned,
)
from tests.reading import Fields
from tests.telling import (
    ALICE,
    BOB,
    CAROL,
    START,
    at,
    found_in,
    placed,
    status,
    story,
    told,
)
from trailmend.evidence import Principal, call, directory_id
from trailmend.evidence.center import (
    ADMINISTRATOR,
    STAFF,
    assignment,
    on_center,
    on_directory,
    on_set,
    set_given,
    set_made,
)

FAILED = {"errorCode": "ResourceNotFoundException", "errorMessage": "gone"}
ELSEWHERE = on_set(
    "ProvisionPermissionSet", by=CAROL, targetType="AWS_ACCOUNT", targetId="444455556666"
)
ADMINS = (
    set_given(ADMINISTRATOR, by=ALICE),
    assignment("CreateAccountAssignment", by=ALICE),
)


def test_assignment_is_resolved_by_its_end_in_the_same_account_alone() -> None:
    found = assigned(BOB)

    assert story([set_made(), ADMINS[0]], found, unassigned(CAROL)) == (
        "resolved",
        [("DeleteAccountAssignment", "carol, a third principal, took the assignment back.")],
    )
    assert status([], found, unassigned(CAROL, "777788889999")) == "open"
    assert status([], found, assignment("DeleteAccountAssignment", by=CAROL)) == "open"
    assert status([], found, unassigned(CAROL) | FAILED) == "open"
    assert status([], found, unassigned(CAROL), assigned(BOB)) == "worsened"
    assert status([], found, unassigned(BOB)) == "resolved"


@pytest.mark.parametrize(
    ("found", "right", "near_miss"),
    [
        (joined(BOB), left(CAROL), left(CAROL, "m-2")),
        (joined(BOB), by_console("RemoveMemberFromGroup", CAROL), left(CAROL) | FAILED),
        (
            by_console("AddMemberToGroup", BOB),
            by_console("RemoveMemberFromGroup", CAROL),
            by_console("RemoveMemberFromGroup", CAROL, directory_id("bob")),
        ),
    ],
)
def test_membership_is_resolved_by_its_end(found: Fields, right: Fields, near_miss: Fields) -> None:
    told = [(right["eventName"], "carol, a third principal, took the person out of the group.")]

    assert story(ADMINS, found, right) == ("resolved", told)
    assert story(ADMINS, found, near_miss) == ("open", [])


def test_issuer_and_instance_are_resolved_by_their_end() -> None:
    made = on_center(
        "CreateTrustedTokenIssuer",
        by=BOB,
        name="x",
        response={
            "trustedTokenIssuerArn": issuer("X", BOB)["requestParameters"]["trustedTokenIssuerArn"]
        },
    )
    assert status([], made, issuer("DeleteTrustedTokenIssuer", CAROL)) == "resolved"
    changed = issuer("UpdateTrustedTokenIssuer", BOB)
    assert status([], changed, issuer("DeleteTrustedTokenIssuer", CAROL)) == "resolved"
    assert story([], changed, issuer("UpdateTrustedTokenIssuer", CAROL)) == (
        "open",
        [
            (
                "UpdateTrustedTokenIssuer",
                "carol changed the issuer; it is not known to be as before.",
            )
        ],
    )


def test_assignment_ends_with_the_person_or_with_the_power_of_the_set() -> None:
    earlier, found = [set_made(ALICE), given(ALICE)], assigned(BOB)
    gone = on_directory("DeleteUser", by=CAROL, userId=SAM)

    assert status(earlier, found, gone) == "resolved"
    assert status(earlier, found, gone, assigned(BOB)) == "resolved"
    other = on_directory("DeleteUser", by=CAROL, userId=directory_id("tim"))
    assert status(earlier, found, other) == "open"
    assert status(earlier, found, detached(CAROL)) == "open"
    assert status(earlier, found, detached(CAROL), provisioned(CAROL)) == "resolved"
    assert status(earlier, found, detached(CAROL), ELSEWHERE) == "resolved"
    elsewhere = assigned(BOB, "777788889999")
    assert status(earlier, elsewhere, detached(CAROL), ELSEWHERE) == "open"
    again = [detached(CAROL), provisioned(CAROL), given(BOB), provisioned(BOB)]
    assert status(earlier, found, *again) == "worsened"
    assert status(earlier, provisioned(BOB), detached(CAROL), provisioned(CAROL)) == "resolved"
    assert status(earlier, provisioned(BOB), detached(CAROL), ELSEWHERE) == "open"


def test_membership_ends_with_the_person_or_the_group() -> None:
    group = on_directory("DeleteGroup", by=CAROL, groupId=STAFF)
    withdrawn = assignment("DeleteAccountAssignment", by=CAROL)

    assert status(ADMINS, joined(BOB), group) == "resolved"
    assert status(ADMINS, joined(BOB), on_directory("DeleteUser", by=CAROL, userId=SAM)) == (
        "resolved"
    )
    other = on_directory("DeleteGroup", by=CAROL, groupId=directory_id("guests"))
    assert status(ADMINS, joined(BOB), other) == "open"
    assert story(ADMINS, joined(BOB), withdrawn) == (
        "open",
        [("DeleteAccountAssignment", "carol took a permission set from the group.")],
    )


def test_one_assignment_that_comes_back_does_not_undo_that_many_went() -> None:
    def gone(person: str) -> Fields:
        return assignment("DeleteAccountAssignment", user=person, by=BOB)

    many = [gone(f"u{number}") for number in range(4)]
    back = assignment("CreateAccountAssignment", user="u4", by=CAROL)
    records = placed([], gone("u4"), [back])
    records += [at(START, f"many-{number}", fields) for number, fields in enumerate(many)]

    assert told(found_in(records)) == (
        "open",
        [("CreateAccountAssignment", "carol assigned the set again.")],
    )


def token_issuer(event_name: str, by: Principal, **matching: str) -> Fields:
    configuration = {"oidcJwtConfiguration": matching}
    fields = issuer(event_name, by, trustedTokenIssuerConfiguration=configuration)
    arn = fields["requestParameters"]["trustedTokenIssuerArn"]
    return fields | {"responseElements": {"trustedTokenIssuerArn": arn}}


def test_issuer_is_worse_once_an_application_believes_it() -> None:
    made = token_issuer("CreateTrustedTokenIssuer", BOB)

    def granted(arn: str) -> Fields:
        grant = {"jwtBearer": {"authorizedTokenIssuers": [{"trustedTokenIssuerArn": arn}]}}
        return on_center("PutApplicationGrant", by=BOB, applicationArn="a", grant=grant)

    arn = made["requestParameters"]["trustedTokenIssuerArn"]
    assert story([], made, granted(arn)) == (
        "worsened",
        [("PutApplicationGrant", "bob let an application believe the issuer's tokens.")],
    )
    assert status([], made, granted(arn + "2")) == "open"


def test_issuer_matches_people_as_before() -> None:
    made = token_issuer("CreateTrustedTokenIssuer", ALICE, issuerUrl="x", claimAttributePath="sub")
    found = token_issuer("UpdateTrustedTokenIssuer", BOB, claimAttributePath="email")

    def back(claim: str) -> Fields:
        return token_issuer("UpdateTrustedTokenIssuer", CAROL, claimAttributePath=claim)

    assert status([made], found, back("sub")) == "resolved"
    assert status([made], found, back("name")) == "open"
    assert status([], found, back("sub")) == "open"
    assert status([made, back("name")], found, back("sub")) == "open"
    again = token_issuer("UpdateTrustedTokenIssuer", BOB, claimAttributePath="email")
    assert status([made], found, back("sub"), again) == "worsened"


def test_settings_of_the_instance_come_back_where_the_log_tells_them() -> None:
    def network(by: Principal, *sources: str) -> Fields:
        return on_center("UpdateInstance", by=by, networkConfiguration={"ips": list(sources)})

    assert status([network(ALICE, "a")], network(BOB), network(CAROL, "a")) == "resolved"
    assert status([network(ALICE, "a")], network(BOB), network(CAROL, "b")) == "open"
    assert status([], network(BOB), network(CAROL, "a")) == "open"


@pytest.mark.parametrize(
    ("part", "field"),
    [
        ("Grant", "grantType"),
        ("AuthenticationMethod", "authenticationMethodType"),
        ("AccessScope", "scope"),
    ],
)
def test_part_of_an_application_is_taken_from_it(part: str, field: str) -> None:
    def call_on(verb: str, by: Principal, which: str) -> Fields:
        sent: dict[str, Any] = {"applicationArn": "a", field: which}
        return on_center(f"{verb}Application{part}", by=by, **sent)

    found = call_on("Put", BOB, "x")
    assert status([], found, call_on("Delete", CAROL, "x")) == "resolved"
    assert status([], found, call_on("Delete", CAROL, "y")) == "open"
    assert status([], found, call_on("Delete", CAROL, "x"), found) == "worsened"


@pytest.mark.parametrize("name", ["EnableUser", "UpdatePassword"])
def test_way_in_of_a_person_is_shut_by_disabling_the_person(name: str) -> None:
    def on_person(event_name: str, by: Principal, person: str = "p-1") -> Fields:
        return call(event_name, by=by, source="sso-directory", request={"userId": person})

    found = on_person(name, BOB)
    assert status([], found, on_person("DisableUser", CAROL)) == "resolved"
    assert status([], found, on_person("DisableUser", CAROL, "p-2")) == "open"
    assert status([], found, on_person("DisableUser", CAROL), found) == "worsened"
    assert status([], found, on_person("DeleteUser", CAROL)) == "resolved"


def test_another_password_from_a_third_resolves_and_from_the_same_does_not() -> None:
    def password(by: Principal) -> Fields:
        return call("UpdatePassword", by=by, source="sso-directory", request={"userId": "p-1"})

    assert status([], password(BOB), password(CAROL)) == "resolved"
    assert status([], password(BOB), password(BOB)) == "open"
