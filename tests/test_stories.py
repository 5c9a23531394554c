"""What happened next to passwords and their policy; each rule both ways, with the near misses."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.identity_calls import deactivate, delete_policy, enable, failed, on_user, set_policy
from tests.reading import Fields
from trailmend.evidence import Principal, call, denied, user

if TYPE_CHECKING:
    pass

from tests.telling import (
    ALICE,
    ALICE_WITH_MFA,
    ALICE_WITHOUT,
    BOB,
    CAROL,
    DAVE,
    DAY,
    GONE,
    HIDEOUT,
    MINUTE,
    NEW_ALICE,
    NOBODY,
    OFFICE,
    PROFILE,
    RESET,
    RESTORED,
    STRONG,
    WEAK,
    Later,
    change_password,
    found_in,
    placed,
    sign_in,
    status,
    story,
    told,
)


def test_finding_is_open_until_something_follows() -> None:
    assert story([], GONE) == ("open", [])


@pytest.mark.parametrize(
    "stronger", [{}, {"minimumPasswordLength": 20}, {"maxPasswordAge": 30}], ids=str
)
def test_deleted_policy_is_resolved_by_an_equal_or_stronger_one(stronger: dict[str, int]) -> None:
    again = set_policy(CAROL, **(STRONG | stronger))

    assert story([set_policy(BOB, **STRONG)], delete_policy(BOB), again) == ("resolved", [RESTORED])


@pytest.mark.parametrize(
    ("weaker", "field"),
    [
        ({"minimumPasswordLength": 13}, "minimumPasswordLength"),
        ({"requireSymbols": False}, "requireSymbols"),
        ({"maxPasswordAge": 91}, "maxPasswordAge"),
        ({"passwordReusePrevention": 23}, "passwordReusePrevention"),
        ({"hardExpiry": False}, "hardExpiry"),
    ],
)
def test_policy_that_lacks_one_field_leaves_the_deletion_open(
    weaker: dict[str, Any], field: str
) -> None:
    again = set_policy(CAROL, **(STRONG | weaker))

    assert story([set_policy(BOB, **STRONG)], delete_policy(BOB), again) == (
        "open",
        [
            (
                "UpdateAccountPasswordPolicy",
                f"carol set rules that are still weaker than those before: {field}.",
            )
        ],
    )


def test_policy_below_the_default_makes_the_deletion_worse_until_it_is_restored() -> None:
    worse = (
        "UpdateAccountPasswordPolicy",
        "bob weakened the rules further: minimumPasswordLength, characterClasses.",
    )
    before, found = [set_policy(BOB, **STRONG)], delete_policy(BOB)
    weak, strong = set_policy(BOB, **WEAK), set_policy(CAROL, **STRONG)

    assert story(before, found, weak) == ("worsened", [worse])
    assert story(before, found, weak, strong) == ("resolved", [worse, RESTORED])
    assert story(before, found, strong, weak) == ("resolved", [RESTORED])


def test_policy_between_takes_the_worse_away_but_resolves_nothing() -> None:
    before, found = [set_policy(BOB, **STRONG)], delete_policy(BOB)
    between = set_policy(CAROL, **(STRONG | {"minimumPasswordLength": 12}))

    assert status(before, found, set_policy(BOB, **WEAK), between) == "open"


@pytest.mark.parametrize(
    "again",
    [
        failed(set_policy(CAROL, **STRONG), "MalformedPolicyDocumentException"),
        denied("UpdateAccountPasswordPolicy", by=CAROL, resource="*"),
        set_policy(CAROL, **STRONG) | {"recipientAccountId": "999988887777"},
        set_policy(CAROL, **STRONG) | {"eventSource": "organizations.amazonaws.com"},
        (timedelta(0), set_policy(CAROL, **STRONG)),
        (-MINUTE / 2, set_policy(CAROL, **STRONG)),
    ],
    ids=["failed", "denied", "other account", "other service", "same second", "before"],
)
def test_policy_that_is_not_set_afterwards_changes_nothing(again: Later) -> None:
    assert story([set_policy(BOB, **STRONG)], delete_policy(BOB), again) == ("open", [])


def test_policy_of_before_that_is_not_known_is_never_restored() -> None:
    assert story([], delete_policy(BOB), set_policy(CAROL, **STRONG)) == (
        "open",
        [
            (
                "UpdateAccountPasswordPolicy",
                "carol set rules no weaker than AWS's default; what stood before is not known.",
            )
        ],
    )
    assert status([], set_policy(BOB, **WEAK), set_policy(CAROL, **STRONG)) == "open"
    assert status([], delete_policy(BOB), set_policy(CAROL, **WEAK)) == "worsened"
    assert story([], set_policy(BOB, **WEAK), set_policy(CAROL, minimumPasswordLength=7)) == (
        "open",
        [
            (
                "UpdateAccountPasswordPolicy",
                "carol changed the rules; what stood before the finding is not known.",
            )
        ],
    )


def test_policy_that_the_log_does_not_tell_resolves_nothing() -> None:
    before, found = [set_policy(BOB, **STRONG)], delete_policy(BOB)
    omitted = call("UpdateAccountPasswordPolicy", by=CAROL, request={"omitted": True})
    note = (
        "UpdateAccountPasswordPolicy",
        "carol changed the rules; the log does not tell to what.",
    )

    assert story(before, found, omitted) == ("open", [note])
    one_second = [(MINUTE, set_policy(CAROL, **demands)) for demands in (STRONG, WEAK)]
    assert story(before, found, *one_second) == ("open", [note])


def test_weakened_policy_is_resolved_by_what_stood_before_and_not_by_the_default() -> None:
    found = set_policy(BOB, **WEAK)

    assert status([set_policy(BOB, **STRONG)], found, set_policy(CAROL, **STRONG)) == "resolved"
    assert status([set_policy(BOB, **STRONG)], found, delete_policy(CAROL)) == "open"
    assert story([delete_policy(BOB)], found, delete_policy(CAROL)) == (
        "resolved",
        [("DeleteAccountPasswordPolicy", RESTORED[1])],
    )


@pytest.mark.parametrize("found", [RESET, PROFILE], ids=["reset", "made"])
def test_password_is_resolved_by_a_third_principal_alone(found: Fields) -> None:
    for verb in ("Update", "Delete"):
        by_third = on_user(f"{verb}LoginProfile", CAROL, "alice")
        assert status([], found, by_third) == "resolved"
        assert status([], found, failed(by_third)) == "open"
        assert status([], found, on_user(f"{verb}LoginProfile", CAROL, "dave")) == "open"
        assert status([], found, on_user(f"{verb}LoginProfile", NOBODY, "alice")) == (
            "resolved" if (verb, found) == ("Delete", PROFILE) else "open"
        )
    assert status([], found, RESET) == "open"


def test_password_that_was_made_and_taken_away_by_the_same_leaves_things_as_before() -> None:
    assert story([], PROFILE, GONE) == (
        "resolved",
        [
            (
                "DeleteLoginProfile",
                "bob deleted the login profile; alice has no password, as before.",
            )
        ],
    )
    assert story([], RESET, GONE) == (
        "open",
        [("DeleteLoginProfile", "bob deleted the login profile; alice has no password now.")],
    )
    again = on_user("CreateLoginProfile", CAROL, "alice")
    assert status([], RESET, GONE, again) == "resolved"


@pytest.mark.parametrize("by", [ALICE, ALICE_WITHOUT], ids=["key", "session without MFA"])
def test_change_by_the_owner_proves_nothing_without_mfa(by: Principal) -> None:
    assert story([], RESET, change_password(by), change_password(by)) == (
        "open",
        [
            (
                "ChangePassword",
                "alice changed the password; whoever knew the one that was set could do so too.",
            )
        ],
    )


def test_change_by_the_owner_with_a_device_of_before_resolves() -> None:
    change = change_password(ALICE_WITH_MFA)

    assert story([enable(ALICE, "alice")], RESET, change) == (
        "resolved",
        [
            (
                "ChangePassword",
                "alice changed the password in a session with MFA, by a device of before.",
            )
        ],
    )
    assert status([], RESET, change_password(user("dave", mfa=True))) == "open"
    by_bob = on_user("UpdateLoginProfile", user("bob", mfa=True), "alice")
    assert status([enable(ALICE, "alice")], RESET, by_bob) == "open"
    assert status([], RESET, failed(change, "PasswordPolicyViolationException")) == "open"
    assert status([], RESET, (timedelta(0), change)) == "open"


@pytest.mark.parametrize("by", [ALICE, BOB, CAROL], ids=["owner", "actor", "third"])
def test_change_with_a_device_that_came_since_proves_nothing(by: Principal) -> None:
    change = change_password(ALICE_WITH_MFA)

    assert status([], RESET, enable(by, "alice"), change) != "resolved"
    assert status([enable(BOB, "alice")], RESET, change) == "open"


@pytest.mark.parametrize("found", [RESET, PROFILE], ids=["reset", "made"])
def test_password_is_worse_when_the_same_actor_goes_for_the_device(found: Fields) -> None:
    assert story([], found, deactivate(BOB, "alice")) == (
        "worsened",
        [
            (
                "DeactivateMFADevice",
                "bob, who had set the password, took an MFA device of alice away.",
            )
        ],
    )
    assert status([], found, enable(BOB, "alice")) == "worsened"
    assert status([], found, (timedelta(0), deactivate(BOB, "alice"))) == "worsened"
    for near_miss in (
        deactivate(CAROL, "alice"),
        deactivate(ALICE, "alice"),
        deactivate(BOB, "dave"),
        failed(deactivate(BOB, "alice")),
        deactivate(BOB, "alice") | {"recipientAccountId": "999988887777"},
        (DAY + MINUTE, deactivate(BOB, "alice")),
        enable(CAROL, "alice"),
        enable(ALICE, "alice"),
        (DAY + MINUTE, enable(BOB, "alice")),
    ):
        assert status([], found, near_miss) == "open"


def test_third_principal_resolves_even_what_became_worse() -> None:
    reset = on_user("UpdateLoginProfile", CAROL, "alice")

    assert status([], RESET, deactivate(BOB, "alice"), reset) == "resolved"
    assert status([], PROFILE, deactivate(BOB, "alice"), GONE) == "worsened"


def test_password_is_worse_when_the_owner_signs_in_where_only_the_actor_was() -> None:
    found = RESET | {"sourceIPAddress": HIDEOUT}

    assert story([], found, sign_in(ALICE, HIDEOUT)) == (
        "worsened",
        [("ConsoleLogin", f"alice signed in from {HIDEOUT}, where only bob had called from.")],
    )


def test_first_sign_in_with_the_password_of_another_is_told() -> None:
    found = RESET | {"sourceIPAddress": HIDEOUT}
    used = "ConsoleLogin", f"alice signed in with it, first from {OFFICE}."
    strange = (
        "ConsoleLogin",
        f"alice signed in with it without MFA from {OFFICE}, from where they had not called.",
    )
    with_mfa, without = sign_in(ALICE, OFFICE, mfa=True), sign_in(ALICE, OFFICE)

    assert story([], found, without) == ("worsened", [strange])
    assert story([], found, with_mfa, sign_in(ALICE, "198.51.100.8", mfa=True)) == ("open", [used])
    assert story([without], found, without) == ("open", [used])
    assert story([], found, on_user("UpdateLoginProfile", CAROL, "alice"), without)[0] == "resolved"
    own = on_user("UpdateLoginProfile", ALICE, "alice")
    assert status([], own, without) is None


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ([], [sign_in(ALICE, OFFICE, mfa=True)]),
        ([], [sign_in(DAVE, HIDEOUT)]),
        ([], [sign_in(ALICE, HIDEOUT, success=False)]),
        ([], [sign_in(ALICE, HIDEOUT) | {"eventSource": "sso.amazonaws.com"}]),
        ([], [sign_in(ALICE, HIDEOUT) | {"recipientAccountId": "999988887777"}]),
        ([], [(timedelta(0), sign_in(ALICE, HIDEOUT))]),
        ([call("ListUsers", by=CAROL, sourceIPAddress=HIDEOUT)], [sign_in(ALICE, HIDEOUT)]),
        ([sign_in(ALICE, HIDEOUT)], [sign_in(ALICE, HIDEOUT)]),
        ([], [call("ListUsers", by=CAROL, sourceIPAddress=HIDEOUT), sign_in(ALICE, HIDEOUT)]),
    ],
    ids=[
        "another address",
        "another user",
        "failed",
        "another service",
        "another account",
        "same second",
        "an address of many",
        "an address of the owner",
        "an address of many since",
    ],
)
def test_sign_in_that_shows_nothing(earlier: list[Fields], later: list[Later]) -> None:
    assert status(earlier, RESET | {"sourceIPAddress": HIDEOUT}, *later) == "open"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (
            HIDEOUT,
            (
                "worsened",
                [
                    (
                        "ConsoleLogin",
                        f"alice signed in from {HIDEOUT}, where only carol had called from.",
                    )
                ],
            ),
        ),
        (
            OFFICE,
            ("open", [("ConsoleLogin", f"alice signed in with it, first from {OFFICE}.")]),
        ),
    ],
    ids=["where the maker called", "elsewhere"],
)
def test_sign_in_of_a_new_user(address: str, expected: tuple[str, list[tuple[str, str]]]) -> None:
    first = on_user("CreateLoginProfile", CAROL, "alice") | {"sourceIPAddress": HIDEOUT}

    admin = "arn:aws:iam::aws:policy/AdministratorAccess"
    rights = on_user("AttachUserPolicy", CAROL, "alice", policyArn=admin)
    finding = found_in(placed([NEW_ALICE, rights], first, [sign_in(ALICE, address)]))
    assert (finding.level, told(finding)) == ("medium", expected)
