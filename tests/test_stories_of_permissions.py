"""What happened next to permissions: taken back, put back, used, done again."""

from typing import Any

import pytest

from tests.reading import Fields
from tests.telling import ALICE, BOB, CAROL, NOBODY, status, story
from trailmend.evidence import Principal, denied, role
from trailmend.evidence.policies import (
    ADMINISTRATOR,
    ALL,
    DENIAL,
    DENY_ALL,
    GUARDED,
    OWN,
    READ_ONLY,
    READING,
    WRITING,
    on,
    on_policy,
    policy_made,
    version_made,
)

CI = role("ci")


def attach(by: Principal, whom: str = "user alice", arn: str = ADMINISTRATOR) -> Fields:
    return on("Attach{}Policy", whom, by=by, policyArn=arn)


def detach(by: Principal, whom: str = "user alice", arn: str = ADMINISTRATOR) -> Fields:
    return on("Detach{}Policy", whom, by=by, policyArn=arn)


def put(by: Principal, text: str = ALL, name: str = "work", whom: str = "user alice") -> Fields:
    return on("Put{}Policy", whom, by=by, policyName=name, policyDocument=text)


def erase(by: Principal, name: str = "work", whom: str = "user alice") -> Fields:
    return on("Delete{}Policy", whom, by=by, policyName=name)


def bound(by: Principal, arn: str = READ_ONLY, whom: str = "user alice") -> Fields:
    return on("Put{}PermissionsBoundary", whom, by=by, permissionsBoundary=arn)


def unbound(by: Principal, whom: str = "user alice") -> Fields:
    return on("Delete{}PermissionsBoundary", whom, by=by)


def set_version(by: Principal, version: str) -> Fields:
    return on_policy("SetDefaultPolicyVersion", by=by, versionId=version)


@pytest.mark.parametrize("whom", ["user alice", "group staff", "role web"])
def test_policy_that_is_detached_again_is_resolved(whom: str) -> None:
    name = whom.split()[1]
    found = attach(BOB, whom)

    assert story([], found, detach(CAROL, whom)) == (
        "resolved",
        [
            (
                f"Detach{whom.split()[0].title()}Policy",
                f"carol, a third principal, detached the policy from {name}.",
            )
        ],
    )
    assert status([], found, detach(BOB, whom)) == "resolved"
    assert status([], found, detach(CAROL, whom, READ_ONLY)) == "open"
    assert status([], found, detach(CAROL, "user dave")) == "open"
    assert status([], found, detach(CAROL, whom) | {"errorCode": "NoSuchEntityException"}) == "open"


@pytest.mark.parametrize("whom", ["user alice", "group staff", "role web"])
def test_whoever_is_deleted_bears_no_policy_any_more(whom: str) -> None:
    kind, name = whom.split()
    gone = on(f"Delete{kind.title()}", whom, by=CAROL)

    assert story([], attach(BOB, whom), gone) == (
        "resolved",
        [
            (
                f"Delete{kind.title()}",
                f"carol, a third principal, deleted {name}, and so what it may do.",
            )
        ],
    )
    assert status([], put(BOB, whom=whom), gone) == "resolved"
    assert status([], attach(BOB, whom), gone | {"errorCode": "DeleteConflictException"}) == "open"


def test_policy_that_is_attached_again_against_a_third_is_worse() -> None:
    found, off, again = attach(BOB), detach(CAROL), attach(BOB)

    assert status([], found, off, again) == "worsened"
    assert status([], found, off, attach(CAROL)) == "open"
    assert status([], found, detach(BOB), again) == "open"
    assert status([], found, off, again, detach(CAROL)) == "resolved"
    assert status([], attach(ALICE), off, attach(ALICE)) == "worsened"


def test_right_that_came_with_the_policy_is_told_by_what_was_refused_before() -> None:
    refused = denied("CreateUser", by=ALICE, resource="user eve")
    made = on("Create{}", "user eve", by=ALICE)

    assert story([refused], attach(BOB), made) == (
        "worsened",
        [("CreateUser", "alice had been refused CreateUser before, and it goes through now.")],
    )
    assert status([refused], attach(BOB), made, detach(BOB)) == "worsened"
    assert status([refused], attach(BOB), made, detach(CAROL)) == "resolved"
    # Not refused before, refused to somebody else, allowed already, or refused only since.
    assert status([], attach(BOB), made) == "open"
    assert status([denied("CreateUser", by=CAROL, resource="*")], attach(BOB), made) == "open"
    assert status([refused, made], attach(BOB), made) == "open"
    assert status([], attach(BOB), refused, made) == "open"


def test_right_of_a_role_and_of_ones_own_policy_is_told_too() -> None:
    refused = denied("CreateUser", by=CI, resource="user eve")
    made = on("Create{}", "user eve", by=CI)
    bears = attach(CAROL, "role ci", OWN)

    assert status([refused], attach(BOB, "role ci"), made) == "worsened"
    assert status([refused, bears], version_made(ALL, by=CI), made) == "worsened"
    namesake = role("support", session="ci")
    assert (
        status([refused], attach(BOB, "role ci"), on("Create{}", "user e", by=namesake)) == "open"
    )


def test_denial_that_is_lifted_is_resolved_by_the_same_again() -> None:
    found = detach(BOB, arn=DENY_ALL)

    assert status([], found, attach(CAROL, arn=DENY_ALL)) == "resolved"
    assert status([], found, attach(CAROL, arn=READ_ONLY)) == "open"
    assert status([], found, attach(CAROL, arn=DENY_ALL), detach(BOB, arn=DENY_ALL)) == "worsened"


def test_containment_by_another_policy_is_noted() -> None:
    held = put(CAROL, DENIAL, name="hold")

    assert story([], attach(BOB), held) == (
        "open",
        [("PutUserPolicy", "carol, a third principal, gave alice a policy that denies.")],
    )
    assert story([], attach(BOB), put(BOB, DENIAL, name="hold")) == ("open", [])


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        (erase(CAROL), "resolved"),
        (erase(CAROL, name="other"), "open"),
        (put(CAROL, READING), "resolved"),
        (put(CAROL, WRITING), "resolved"),
        (put(CAROL, WRITING, name="other"), "open"),
        (put(CAROL, ALL), "open"),
    ],
)
def test_inline_policy_is_resolved_by_its_end_and_by_a_harmless_one(
    later: Fields, expected: str
) -> None:
    assert status([put(ALICE, READING)], put(BOB), later) == expected


def test_deleted_inline_denial_is_resolved_by_the_same_document_alone() -> None:
    earlier, found = [put(ALICE, GUARDED)], erase(BOB)
    spaced = GUARDED.replace(": ", " :  ")

    assert status(earlier, found, put(CAROL, spaced)) == "resolved"
    assert story(earlier, found, put(CAROL, READING)) == (
        "open",
        [
            (
                "PutUserPolicy",
                "carol wrote an inline policy of that name; it is not known to be the former one.",
            )
        ],
    )


def test_version_is_resolved_by_the_former_one() -> None:
    earlier = [policy_made(READING, by=ALICE)]
    found = version_made(ALL, by=BOB)

    assert status(earlier, found, set_version(CAROL, "v1")) == "resolved"
    assert status(earlier, found, set_version(CAROL, "v1"), set_version(BOB, "v2")) == "worsened"
    assert status(earlier, found, set_version(BOB, "v1"), set_version(BOB, "v2")) == "open"
    assert status(earlier, found, version_made(READING, by=CAROL, number=3)) == "resolved"
    assert status(earlier, found, version_made(WRITING, by=CAROL, number=3)) == "resolved"
    assert status(earlier, found, version_made(ALL, by=CAROL, number=3)) == "open"
    unused = version_made(READING, by=CAROL, number=3, default=False)
    assert status(earlier, found, unused) == "open"


def test_version_that_its_maker_sets_against_another_is_worse_though_the_former_is_unknown() -> (
    None
):
    found = version_made(ALL, by=BOB, number=3)
    back, again = set_version(CAROL, "v2"), set_version(BOB, "v3")

    assert story([], found, back, again) == (
        "worsened",
        [
            (
                "SetDefaultPolicyVersion",
                "carol put another version in force; what it means beside the former is not known.",
            ),
            (
                "SetDefaultPolicyVersion",
                "bob set that version again, after another principal had put another in force.",
            ),
        ],
    )
    assert status([], found, set_version(BOB, "v2"), again) == "open"
    assert status([], found, back, set_version(CAROL, "v3")) == "open"


def test_repair_that_the_repaired_undoes_is_not_resolved() -> None:
    granted, back = version_made(ALL, by=BOB), set_version(CAROL, "v1")

    assert story([granted], back, set_version(BOB, "v2")) == (
        "open",
        [
            (
                "SetDefaultPolicyVersion",
                "bob put their own version in force again, which carol had put out of force; it "
                "makes an administrator.",
            )
        ],
    )
    assert status([granted], back, set_version(ALICE, "v2")) == "resolved"


def test_version_that_lay_ready_is_worse_when_it_is_set_and_over_when_it_is_deleted() -> None:
    ready = version_made(ALL, by=BOB, default=False)
    gone: dict[str, Any] = on_policy("DeletePolicyVersion", by=CAROL, versionId="v2")

    assert status([policy_made(READING, by=ALICE)], ready, set_version(BOB, "v2")) == "worsened"
    assert status([policy_made(READING, by=ALICE)], ready, gone) == "resolved"


def test_version_that_is_deleted_is_in_force_no_more_whatever_is_instead() -> None:
    found, back = version_made(ALL, by=BOB), set_version(CAROL, "v1")
    gone: dict[str, Any] = on_policy("DeletePolicyVersion", by=CAROL, versionId="v2")

    assert status([], found, back) == "open"
    assert status([], found, back, gone) == "resolved"


def test_policy_that_is_made_is_worse_when_somebody_bears_it_and_over_when_it_is_deleted() -> None:
    found = policy_made(ALL, by=BOB)
    gone = on_policy("DeletePolicy", by=CAROL)

    assert status([], found, attach(BOB, arn=OWN)) == "worsened"
    assert status([], found, bound(BOB, OWN)) == "worsened"
    assert status([], found, attach(BOB, arn=READ_ONLY)) == "open"
    assert status([], found, gone) == "resolved"


def test_guardrail_that_is_deleted_is_resolved_by_the_same_policy_alone() -> None:
    earlier, found = [policy_made(DENIAL, by=ALICE)], on_policy("DeletePolicy", by=BOB)

    assert status(earlier, found, policy_made(DENIAL, by=CAROL)) == "resolved"
    assert status(earlier, found, policy_made(READING, by=CAROL)) == "open"


def test_boundary_that_is_put_back_is_resolved() -> None:
    earlier, found = [bound(ALICE)], unbound(BOB)

    assert status(earlier, found, bound(CAROL)) == "resolved"
    assert status(earlier, found, bound(CAROL, ADMINISTRATOR)) == "open"
    assert status([], found, bound(CAROL)) == "open"
    assert status(earlier, found, bound(CAROL), unbound(BOB)) == "worsened"


def test_boundary_that_was_opened_or_locks_out_is_put_right_by_its_own_way() -> None:
    opened = bound(BOB, ADMINISTRATOR)
    locked = bound(BOB, DENY_ALL)

    assert status([bound(ALICE)], opened, bound(CAROL)) == "resolved"
    assert status([bound(ALICE)], opened, unbound(BOB)) == "worsened"
    assert status([attach(ALICE)], locked, unbound(CAROL)) == "resolved"


def test_who_is_not_known_is_no_third_principal() -> None:
    refused = denied("CreateUser", by=ALICE, resource="user eve")
    made = on("Create{}", "user eve", by=ALICE)

    assert status([refused], attach(BOB), made, detach(NOBODY)) == "worsened"
