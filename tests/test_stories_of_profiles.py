"""What happens next to a login profile that was made or deleted."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.identity_calls import KEY, enable, failed, make_key, on_user
from trailmend.evidence import Principal, user

if TYPE_CHECKING:
    pass

from tests.telling import (
    ALICE,
    ALICE_WITH_MFA,
    BOB,
    CAROL,
    DEPLOY,
    GONE,
    NOBODY,
    OFFICE,
    PROFILE,
    RESET,
    Later,
    change_password,
    sign_in,
    status,
    story,
    used,
)


@pytest.mark.parametrize(
    ("by", "name"), [(CAROL, "carol"), (DEPLOY, "role/deploy"), (ALICE, "alice")]
)
def test_deleted_profile_is_resolved_when_another_makes_it_again(by: Principal, name: str) -> None:
    assert story([], GONE, on_user("CreateLoginProfile", by, "alice")) == (
        "resolved",
        [("CreateLoginProfile", f"{name} made a login profile for alice again.")],
    )


@pytest.mark.parametrize(
    "again",
    [
        on_user("CreateLoginProfile", CAROL, "dave"),
        failed(on_user("CreateLoginProfile", CAROL, "alice"), "EntityAlreadyExistsException"),
        on_user("CreateLoginProfile", CAROL, "alice") | {"recipientAccountId": "999988887777"},
        (timedelta(0), on_user("CreateLoginProfile", CAROL, "alice")),
        on_user("UpdateLoginProfile", CAROL, "alice"),
    ],
    ids=["another user", "failed", "another account", "same second", "an update"],
)
def test_deleted_profile_that_is_not_made_again_stays_open(again: Later) -> None:
    assert story([], GONE, again) == ("open", [])


def test_profile_that_the_same_actor_makes_again_is_worse() -> None:
    worse = (
        "CreateLoginProfile",
        "bob, who had deleted it, made a login profile for alice and knows the password.",
    )

    assert story([], GONE, PROFILE) == ("worsened", [worse])
    assert status([], GONE, on_user("CreateLoginProfile", NOBODY, "alice")) == "open"
    assert status([], GONE, PROFILE, on_user("UpdateLoginProfile", CAROL, "alice")) == "resolved"
    assert status([], GONE, PROFILE, on_user("DeleteLoginProfile", CAROL, "alice")) == "open"
    assert status([], GONE, PROFILE, GONE) == "worsened"
    assert status([], GONE, PROFILE, RESET) == "worsened"
    by_bob = on_user("UpdateLoginProfile", user("bob", mfa=True), "alice")
    assert status([], GONE, PROFILE, by_bob) == "worsened"
    by_nobody = on_user("CreateLoginProfile", NOBODY, "alice")
    not_bobs = story([], GONE, by_nobody, on_user("DeleteLoginProfile", CAROL, "alice"))
    assert [name for name, _ in not_bobs[1]] == ["CreateLoginProfile"]


def test_owner_who_is_in_by_mfa_is_not_locked_out() -> None:
    assert status([], GONE, PROFILE, sign_in(ALICE, OFFICE, mfa=True)) == "resolved"
    assert status([], GONE, PROFILE, change_password(ALICE_WITH_MFA)) == "resolved"
    assert status([], GONE, PROFILE, sign_in(ALICE, OFFICE)) == "worsened"
    assert status([], GONE, PROFILE, change_password(ALICE)) == "worsened"
    assert (
        status([], GONE, PROFILE, enable(BOB, "alice"), sign_in(ALICE, OFFICE, mfa=True))
        == "worsened"
    )


def test_owner_whose_key_the_actor_made_may_be_the_actor() -> None:
    by_key = used(KEY, ALICE, "CreateLoginProfile")

    assert story([make_key(BOB, "alice")], GONE, by_key) == (
        "open",
        [
            (
                "CreateLoginProfile",
                "alice made a login profile; whoever made the key in use could do so too.",
            )
        ],
    )
    assert status([make_key(CAROL, "alice")], GONE, by_key) == "resolved"
