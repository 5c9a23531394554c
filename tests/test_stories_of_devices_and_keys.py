"""What happened next to MFA devices and keys; each rule both ways, with the near misses."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.identity_calls import (
    KEY,
    PASSKEY,
    PHONE,
    deactivate,
    delete_device,
    enable,
    failed,
    make_device,
    make_key,
    on_user,
    set_key,
    upload,
)
from tests.reading import Fields
from trailmend.evidence import Principal, denied, root, user

if TYPE_CHECKING:
    pass

from tests.telling import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    DAY,
    GONE,
    HIDEOUT,
    MADE,
    MINUTE,
    NOBODY,
    OFF,
    ON,
    RESET,
    TAKEN,
    Later,
    change_password,
    delete_key,
    delete_ssh,
    set_ssh,
    status,
    story,
    uploaded,
    used,
)

DELETED = [enable(ALICE, "alice"), deactivate(BOB, "alice")]


def removals() -> list[Any]:
    return [
        pytest.param([enable(ALICE, "alice")], TAKEN, id="deactivated"),
        pytest.param(DELETED, delete_device(BOB), id="deleted"),
    ]


@pytest.mark.parametrize(("earlier", "found"), removals())
def test_device_is_resolved_by_the_owner_and_by_a_third_principal(
    earlier: list[Fields], found: Fields
) -> None:
    assert story(earlier, found, enable(ALICE, "alice", PASSKEY)) == (
        "resolved",
        [("EnableMFADevice", "alice enabled a device.")],
    )
    assert story(earlier, found, enable(CAROL, "alice", PASSKEY)) == (
        "resolved",
        [
            (
                "EnableMFADevice",
                "carol, a third principal, enabled a device for alice; who holds it is not logged.",
            )
        ],
    )


@pytest.mark.parametrize(("earlier", "found"), removals())
@pytest.mark.parametrize(
    "later",
    [
        enable(DAVE, "dave", PASSKEY),
        failed(enable(ALICE, "alice", PASSKEY), "InvalidAuthenticationCodeException"),
        denied("EnableMFADevice", by=ALICE, resource="user alice"),
        enable(ALICE, "alice", PASSKEY) | {"recipientAccountId": "999988887777"},
        (timedelta(0), enable(ALICE, "alice", PASSKEY)),
        make_device(ALICE, PASSKEY),
    ],
    ids=["another user", "failed", "denied", "another account", "same second", "only made"],
)
def test_device_that_is_not_enabled_for_the_owner_changes_nothing(
    earlier: list[Fields], found: Fields, later: Later
) -> None:
    assert story(earlier, found, later) == ("open", [])


@pytest.mark.parametrize(("earlier", "found"), removals())
def test_device_of_an_intruder_is_worse_until_another_takes_it_away(
    earlier: list[Fields], found: Fields
) -> None:
    theirs = enable(BOB, "alice", PASSKEY)
    worse = (
        "EnableMFADevice",
        "bob, who took the device away or set the password, enabled another for alice.",
    )
    lifted = ("DeactivateMFADevice", "carol took that device away from alice.")
    gone, own = deactivate(CAROL, "alice", PASSKEY), enable(ALICE, "alice", PHONE + "-2")

    assert story(earlier, found, theirs) == ("worsened", [worse])
    assert story(earlier, found, theirs, gone) == ("open", [worse, lifted])
    assert status(earlier, found, theirs, own) == "worsened"
    assert status(earlier, found, theirs, own, gone) == "resolved"
    assert status(earlier, found, theirs, gone, own) == "resolved"
    assert status(earlier, found, theirs, deactivate(BOB, "alice", PASSKEY)) == "worsened"
    assert status(earlier, found, theirs, deactivate(CAROL, "alice", PHONE + "-3")) == "worsened"
    assert status(earlier, found, theirs, failed(gone)) == "worsened"


@pytest.mark.parametrize(("earlier", "found"), removals())
def test_device_by_another_who_set_the_password_is_worse(
    earlier: list[Fields], found: Fields
) -> None:
    reset = on_user("UpdateLoginProfile", CAROL, "alice")

    assert status(earlier, found, reset, enable(CAROL, "alice", PASSKEY)) == "worsened"
    assert status(earlier, found, reset, enable(DAVE, "alice", PASSKEY)) == "resolved"
    late = (DAY * 3, enable(CAROL, "alice", PASSKEY))
    assert status(earlier, found, reset, late) == "resolved"


def test_device_by_who_deactivated_what_a_third_deleted_is_worse() -> None:
    found, theirs = delete_device(CAROL), enable(BOB, "alice", PASSKEY)

    assert status(DELETED, found, theirs) == "worsened"
    assert status(DELETED, found, enable(DAVE, "alice", PASSKEY)) == "resolved"


@pytest.mark.parametrize(("earlier", "found"), removals())
def test_owner_whose_password_the_actor_set_may_be_the_actor(
    earlier: list[Fields], found: Fields
) -> None:
    own, change = enable(ALICE, "alice", PASSKEY), change_password(ALICE)
    doubt = (
        "EnableMFADevice",
        "alice enabled a device; whoever set the password or made the key could do so too.",
    )
    by_third = on_user("UpdateLoginProfile", CAROL, "alice")

    assert story([RESET, *earlier], found, own) == ("open", [doubt])
    assert story(earlier, found, RESET, own) == ("open", [doubt])
    assert story(earlier, found, RESET, change, own) == ("open", [doubt])
    assert story(earlier, found, RESET, by_third, own) == ("open", [doubt])
    assert status(earlier, found, RESET, by_third, change, own) == "resolved"
    assert status(earlier, found, RESET, GONE, own) == "resolved"
    assert status([make_key(BOB, "alice"), *earlier], found, used(KEY, name="GetUser"), own) == (
        "resolved"
    )
    with_their_key = own | {"userIdentity": {**ALICE.identity, "accessKeyId": KEY}}
    assert story([make_key(BOB, "alice"), *earlier], found, with_their_key) == ("open", [doubt])


def test_same_device_enabled_again_resolves_whoever_called() -> None:
    earlier = [enable(ALICE, "alice")]
    again, renewed = enable(BOB, "alice"), [delete_device(BOB), make_device(BOB)]

    assert story(earlier, TAKEN, again) == (
        "resolved",
        [("EnableMFADevice", "bob enabled the same device again, with codes that only it makes.")],
    )
    assert status(earlier, TAKEN, *renewed, again) == "worsened"
    assert status(earlier, TAKEN, renewed[0], again) == "worsened"


def test_device_without_a_known_owner_or_actor_stays_open() -> None:
    assert story([], delete_device(BOB), enable(ALICE, "alice")) == ("open", [])
    assert story([enable(ALICE, "alice")], TAKEN, enable(NOBODY, "alice", PASSKEY)) == (
        "open",
        [("EnableMFADevice", "A device was enabled for alice; by whom is not known.")],
    )


def test_user_who_is_deleted_is_told() -> None:
    left, note = on_user("DeleteUser", BOB, "alice"), ("DeleteUser", "bob deleted the user alice.")

    assert story([enable(ALICE, "alice")], TAKEN, left) == ("open", [note])
    assert story([upload(ALICE, "alice")], delete_ssh(BOB, "alice"), left) == ("open", [note])


def test_root_is_not_a_user_called_root() -> None:
    serial = "arn:aws:iam::111122223333:mfa/root-account-mfa-device"
    found = deactivate(root(), "AWS ROOT USER", serial)

    assert status([], found, enable(root(), "AWS ROOT USER", serial)) == "resolved"
    assert status([], found, enable(user("root"), "root", serial)) == "open"


def test_device_of_an_intruder_is_resolved_by_another_who_takes_it_away() -> None:
    found = enable(BOB, "alice", PASSKEY)

    for by, name in ((CAROL, "carol"), (ALICE, "alice")):
        assert story([TAKEN], found, deactivate(by, "alice", PASSKEY)) == (
            "resolved",
            [("DeactivateMFADevice", f"{name} took the device away from alice.")],
        )
    assert status([TAKEN], found, delete_device(CAROL, PASSKEY)) == "resolved"
    assert story([TAKEN], found, deactivate(BOB, "alice", PASSKEY)) == (
        "open",
        [
            (
                "DeactivateMFADevice",
                "The device was taken away, and not surely by somebody else than who had enabled "
                "it.",
            )
        ],
    )
    assert status([TAKEN], found, deactivate(NOBODY, "alice", PASSKEY)) == "open"
    for near_miss in (
        deactivate(CAROL, "alice", PHONE),
        failed(deactivate(CAROL, "alice", PASSKEY)),
        deactivate(CAROL, "alice", PASSKEY) | {"recipientAccountId": "999988887777"},
        (timedelta(0), deactivate(CAROL, "alice", PASSKEY)),
    ):
        assert story([TAKEN], found, near_miss) == ("open", [])


def test_key_is_resolved_when_it_is_switched_off_or_deleted() -> None:
    assert story([], MADE, OFF) == (
        "resolved",
        [("UpdateAccessKey", "carol switched the key to Inactive.")],
    )
    assert story([], MADE, delete_key(BOB, "alice")) == (
        "resolved",
        [("DeleteAccessKey", "bob deleted the key.")],
    )
    assert status([], MADE, (timedelta(0), delete_key(BOB, "alice"))) == "resolved"
    for by in (BOB, ALICE, NOBODY):
        assert status([], MADE, set_key(by, "alice", "Inactive")) == "resolved"
    for near_miss in (
        set_key(CAROL, "alice", "Inactive", "AKIA0000000000000002"),
        delete_key(CAROL, "alice", "AKIA0000000000000002"),
        failed(OFF),
        ON,
        OFF | {"recipientAccountId": "999988887777"},
    ):
        assert story([], MADE, near_miss) == ("open", [])


def test_key_that_is_used_is_worse_until_a_third_principal_stops_it() -> None:
    use = used(KEY, sourceIPAddress=HIDEOUT)
    worse = ("ListUsers", f"The key was used, first for ListUsers from {HIDEOUT}.")
    again = used(KEY, name="GetUser")

    assert story([], MADE, use, again) == ("worsened", [worse])
    assert status([], MADE, (timedelta(0), use)) == "worsened"
    assert status(
        [], MADE, denied("ListUsers", by=Principal(use["userIdentity"]), resource="*")
    ) == ("worsened")
    assert status([], MADE, use, OFF) == "resolved"
    assert status([], MADE, use, delete_key(CAROL, "alice")) == "resolved"
    assert status([], MADE, use, set_key(BOB, "alice", "Inactive")) == "worsened"
    assert status([], MADE, use, set_key(ALICE, "alice", "Inactive")) == "worsened"
    assert status([], MADE, use, delete_key(BOB, "alice")) == "worsened"
    assert story([], MADE, used("AKIA0000000000000002")) == ("open", [])


def test_key_that_is_used_where_its_user_works_is_no_worse_until_it_goes_elsewhere() -> None:
    at_work, elsewhere = "198.51.100.77", HIDEOUT
    before = [used("AKIA0000000000000002", sourceIPAddress=at_work)]
    use = used(KEY, sourceIPAddress=at_work)
    strange = used(KEY, name="GetUser", sourceIPAddress=elsewhere)
    why = f"The key was used where its user had worked before, first for ListUsers from {at_work}."
    worse = f"The key was used from {elsewhere} too, where its user had not called before."

    assert story(before, MADE, use) == ("open", [("ListUsers", why)])
    assert story(before, MADE, use, strange) == (
        "worsened",
        [("ListUsers", why), ("GetUser", worse)],
    )
    by_its_maker = [*before, used("AKIA0000000000000003", sourceIPAddress=at_work)]
    by_its_maker[-1] |= {"userIdentity": BOB.identity}
    assert status(by_its_maker, MADE, use) == "worsened"


def test_key_of_a_new_user_is_made_to_be_used() -> None:
    admin = "arn:aws:iam::aws:policy/AdministratorAccess"
    rights = on_user("AttachUserPolicy", BOB, "alice", policyArn=admin)
    earlier = [on_user("CreateUser", BOB, "alice"), rights]

    assert story(earlier, MADE, used(KEY, sourceIPAddress=HIDEOUT)) == (
        "open",
        [("ListUsers", f"The new user's key was used, first for ListUsers from {HIDEOUT}.")],
    )


def test_key_that_is_switched_on_again_is_open_again() -> None:
    assert story([], MADE, OFF, ON) == (
        "open",
        [
            ("UpdateAccessKey", "carol switched the key to Inactive."),
            ("UpdateAccessKey", "carol switched the key to Active again."),
        ],
    )
    assert status([], MADE, OFF, ON, OFF) == "resolved"
    assert status([], MADE, OFF, ON, delete_key(CAROL, "alice")) == "resolved"
    own = [set_key(BOB, "alice", state) for state in ("Inactive", "Active")]
    assert status([], MADE, *own) == "open"


def test_key_that_the_actor_switches_on_against_a_third_principal_is_worse() -> None:
    defied = set_key(BOB, "alice", "Active")

    assert status([], MADE, OFF, defied) == "worsened"
    assert status([], MADE, OFF, defied, OFF) == "resolved"
    assert status([], MADE, OFF, defied, set_key(BOB, "alice", "Inactive")) == "worsened"


def test_key_that_is_switched_both_ways_in_one_second_is_not_settled() -> None:
    assert story([], MADE, (MINUTE, OFF), (MINUTE, ON)) == (
        "open",
        [
            (
                "UpdateAccessKey",
                "The key was switched on and off in one second; which came last is not known.",
            )
        ],
    )
    assert status([], MADE, (MINUTE, OFF), (MINUTE, ON), OFF) == "resolved"


def test_ssh_key_is_resolved_like_an_access_key() -> None:
    found = upload(BOB, "alice")

    assert status([], found, set_ssh(CAROL, "alice", "Inactive")) == "resolved"
    assert status([], found, delete_ssh(CAROL, "alice")) == "resolved"
    assert status([], found, set_ssh(CAROL, "alice", "Inactive", "APKA2")) == "open"
    off, on = (set_ssh(CAROL, "alice", state) for state in ("Inactive", "Active"))
    assert status([], found, off, on) == "open"
    assert status([], found, off, set_ssh(BOB, "alice", "Active")) == "worsened"
    assert status([], found, set_ssh(BOB, "alice", "Inactive")) == "resolved"
    assert status([], found, delete_ssh(BOB, "alice")) == "resolved"


def test_ssh_key_that_was_switched_is_resolved_by_its_former_state() -> None:
    off, on = (set_ssh(BOB, "alice", state) for state in ("Inactive", "Active"))
    back_on, back_off = (set_ssh(CAROL, "alice", state) for state in ("Active", "Inactive"))
    earlier, gone = [upload(ALICE, "alice")], delete_ssh(CAROL, "alice")

    assert status(earlier, off, back_on) == "resolved"
    assert status(earlier, on, back_off) == "resolved"
    assert status(earlier, on, gone) == "resolved"
    assert status(earlier, off, back_off) == "open"
    assert status(earlier, off, on) == "resolved"
    assert status(earlier, off, back_on, back_off) == "open"
    assert status(earlier, off, back_on, off) == "worsened"
    assert status(earlier, on, delete_ssh(BOB, "alice")) == "resolved"
    assert story(earlier, off, gone) == (
        "open",
        [("DeleteSSHPublicKey", "carol deleted the key; it cannot be switched on again.")],
    )
    assert status(earlier, off, gone, upload(CAROL, "alice", "APKA2")) == "resolved"
    assert status(earlier, off, gone, uploaded(CAROL, "alice", "APKA2", "ssh-rsa BBBB")) == "open"


def test_deleted_ssh_key_is_resolved_by_the_same_body_alone() -> None:
    earlier, found = [upload(ALICE, "alice")], delete_ssh(BOB, "alice")
    same = uploaded(CAROL, "alice", "APKA2", "ssh-rsa AAAA alice@new-laptop")
    another = uploaded(ALICE, "alice", "APKA2", "ssh-rsa BBBB")
    note = (
        "UploadSSHPublicKey",
        "alice uploaded a key, APKA2; it is not known to be the one that was deleted.",
    )

    assert story(earlier, found, same) == (
        "resolved",
        [("UploadSSHPublicKey", "carol uploaded the same key, as APKA2.")],
    )
    assert story(earlier, found, another) == ("open", [note])
    assert story([], found, upload(ALICE, "alice", "APKA2")) == ("open", [note])
    for near_miss in (
        uploaded(DAVE, "dave", "APKA2", "ssh-rsa AAAA"),
        failed(same, "DuplicateSSHPublicKeyException"),
        (timedelta(0), same),
        same | {"recipientAccountId": "999988887777"},
    ):
        assert story(earlier, found, near_miss) == ("open", [])


def test_ssh_key_that_its_deleter_replaces_is_worse_until_another_takes_it_away() -> None:
    found, planted = (
        delete_ssh(BOB, "alice"),
        uploaded(BOB, "alice", "APKA2", "ssh-rsa BBBB"),
    )
    replaced = (
        "UploadSSHPublicKey",
        "bob, who had deleted the key, uploaded another for alice, APKA2.",
    )

    assert story([], found, planted) == ("worsened", [replaced])
    assert story([], found, planted, delete_ssh(CAROL, "alice", "APKA2")) == (
        "open",
        [replaced, ("DeleteSSHPublicKey", "carol deleted the key APKA2 that bob had uploaded.")],
    )
    assert status([], found, planted, delete_ssh(BOB, "alice", "APKA2")) == "worsened"


def test_key_that_was_restored_and_is_deleted_again_is_no_longer_resolved() -> None:
    body = "ssh-rsa AAAA alice@laptop"
    first, again = uploaded(ALICE, "alice", "APKA1", body), uploaded(CAROL, "alice", "APKA2", body)
    found = delete_ssh(BOB, "alice", "APKA1")

    assert status([first], found, again) == "resolved"
    assert status([first], found, again, delete_ssh(BOB, "alice", "APKA2")) == "worsened"
    assert status([first], found, again, delete_ssh(CAROL, "alice", "APKA2")) == "open"
    assert status([first], found, again, delete_ssh(BOB, "alice", "APKA9")) == "resolved"
