"""Who owns what, and how it was: the ledger, taught by whole events."""

from typing import Any

import pytest

from tests.identity_calls import (
    KEY,
    PASSKEY,
    PHONE,
    SSH,
    deactivate,
    delete_device,
    delete_policy,
    enable,
    failed,
    make_device,
    make_key,
    on_user,
    set_key,
    set_policy,
    upload,
)
from tests.reading import Fields, event_of
from trailmend.evidence import call, root, user
from trailmend.ledger import Credential, Ledger, learn, mark
from trailmend.password_policies import NO_POLICY, PasswordPolicy

ALICE, BOB = user("alice"), user("bob")


def taught(*records: Fields) -> Ledger:
    ledger = Ledger()
    for fields in records:
        learn(ledger, event_of(fields))
    return ledger


def test_new_ledger_knows_nothing() -> None:
    ledger = Ledger()

    assert ledger.owner_of("mfa_device", PHONE) is None
    assert ledger.owner_of("access_key", KEY) is None
    assert ledger.owner_of("policy", "arn:p") is None
    assert ledger.owner_of("mfa_device", None) is None
    assert ledger.credential("access_key", KEY) is None
    assert ledger.enabled_devices("alice") == set()
    assert ledger.policy_known is False


@pytest.mark.parametrize(
    "fields",
    [
        failed(enable(ALICE, "alice"), "EntityAlreadyExistsException"),
        failed(enable(ALICE, "alice"), "AccessDenied"),
        enable(ALICE, "alice") | {"eventSource": "sso-directory.amazonaws.com"},
        enable(ALICE, "alice") | {"eventName": "GetMFADevice"},
        call("EnableMFADevice", by=ALICE),
    ],
)
def test_what_did_not_happen_teaches_nothing(fields: Fields) -> None:
    # Subtlety 32 for the call of another service.
    assert taught(fields) == Ledger()


def test_enabling_names_the_owner_of_a_serial() -> None:
    # Subtlety 21.
    ledger = taught(make_device(BOB), enable(ALICE, "alice"))

    assert ledger.owner_of("mfa_device", PHONE) == "alice"
    assert ledger.enabled_devices("alice") == {PHONE}


def test_deactivation_names_the_owner_of_a_serial_never_seen_before() -> None:
    # Subtlety 21.
    ledger = taught(deactivate(BOB, "alice"))

    assert ledger.owner_of("mfa_device", PHONE) == "alice"
    assert ledger.enabled_devices("alice") == set()


def test_owner_of_a_device_outlives_its_deactivation_and_ends_with_its_deletion() -> None:
    # Subtlety 24.
    before = [enable(ALICE, "alice"), deactivate(BOB, "alice")]

    assert taught(*before).owner_of("mfa_device", PHONE) == "alice"
    assert taught(*before, delete_device(BOB)).owner_of("mfa_device", PHONE) is None


def test_device_made_anew_under_an_old_serial_is_nobodys() -> None:
    # Subtlety 24: its deletion was not seen.
    ledger = taught(enable(ALICE, "alice"), make_device(BOB))

    assert ledger.owner_of("mfa_device", PHONE) is None
    assert ledger.enabled_devices("alice") == set()


def test_devices_are_counted_by_serial_and_not_by_event() -> None:
    # Subtleties 6, 25 and 26.
    ledger = taught(
        enable(ALICE, "alice"),
        enable(ALICE, "alice"),
        enable(ALICE, "alice", PASSKEY),
        enable(BOB, "bob", "GAHT12345678"),
    )

    assert ledger.enabled_devices("alice") == {PHONE, PASSKEY}


def test_root_and_a_user_called_root_are_two_owners() -> None:
    # Subtlety 22: `root` is a name that CreateUser takes.
    ledger = taught(enable(root(), "AWS ROOT USER"), enable(BOB, "root", PASSKEY))

    assert ledger.owner_of("mfa_device", PHONE) != ledger.owner_of("mfa_device", PASSKEY)


def test_key_is_owned_by_whom_it_was_made_for() -> None:
    event = make_key(BOB, "alice")
    made = mark(event_of(event))

    assert taught(event).credential("access_key", KEY) == Credential("alice", "Active", made)


def test_key_made_for_oneself_has_an_owner_though_the_request_is_null() -> None:
    # Subtlety 19.
    answer = {"accessKey": {"accessKeyId": KEY, "status": "Active"}}
    ledger = taught(call("CreateAccessKey", by=ALICE, response=answer))

    assert ledger.owner_of("access_key", KEY) == "alice"


def test_ssh_key_is_kept_whole_so_that_it_can_be_put_back() -> None:
    # Subtlety 31.
    event = upload(ALICE, "alice")

    assert taught(event).credential("ssh_key", SSH) == Credential(
        "alice", "Active", mark(event_of(event)), "ssh-rsa AAAA", "12:34"
    )


def test_status_of_a_credential_follows_its_updates() -> None:
    ledger = taught(
        make_key(BOB, "alice"),
        set_key(ALICE, "alice", "Inactive"),
        upload(ALICE, "alice"),
        on_user("UpdateSSHPublicKey", ALICE, "alice", sSHPublicKeyId=SSH, status="Inactive"),
    )

    held = [ledger.credential("access_key", KEY), ledger.credential("ssh_key", SSH)]

    assert [one and (one.owner, one.status) for one in held] == [("alice", "Inactive")] * 2


def test_update_names_the_owner_of_a_credential_never_seen_before() -> None:
    ledger = taught(set_key(BOB, "alice", "Inactive"))

    assert ledger.credential("access_key", KEY) == Credential(
        "alice", "Inactive", stopped_by=frozenset({BOB.identity["principalId"]})
    )


@pytest.mark.parametrize(
    ("name", "key", "kind", "number"),
    [
        ("DeleteAccessKey", "accessKeyId", "access_key", KEY),
        ("DeleteSSHPublicKey", "sSHPublicKeyId", "ssh_key", SSH),
    ],
)
def test_deleted_credential_is_forgotten(name: str, key: str, kind: str, number: str) -> None:
    ledger = taught(
        make_key(BOB, "alice"), upload(BOB, "alice"), on_user(name, BOB, "alice", **{key: number})
    )

    assert ledger.credential(kind, number) is None


def test_new_user_inherits_nothing_from_a_former_one_of_the_name() -> None:
    # Subtlety 17: a user may be deleted and made again.
    ledger = taught(
        enable(ALICE, "alice"),
        make_key(BOB, "alice"),
        upload(BOB, "alice"),
        on_user("CreateUser", BOB, "alice"),
    )

    assert ledger.enabled_devices("alice") == set()
    assert (dict(ledger.access_keys), dict(ledger.ssh_keys)) == ({}, {})


def test_renamed_user_keeps_all_that_is_known() -> None:
    # Subtlety 17: UpdateUser.
    ledger = taught(
        enable(ALICE, "alice"),
        make_key(BOB, "alice"),
        upload(BOB, "alice"),
        on_user("UpdateUser", BOB, "alice", newUserName="alicia"),
    )

    assert (ledger.enabled_devices("alice"), ledger.enabled_devices("alicia")) == (set(), {PHONE})
    owners = {ledger.owner_of("access_key", KEY), ledger.owner_of("ssh_key", SSH)}
    assert owners == {"alicia"}


def test_update_of_a_path_alone_renames_nobody() -> None:
    ledger = taught(enable(ALICE, "alice"), on_user("UpdateUser", BOB, "alice", newPath="/teams/"))

    assert ledger.enabled_devices("alice") == {PHONE}


def test_one_user_in_two_spellings_is_one_user() -> None:
    # botocore iam CreateUser: "Names are not distinguished by case", so ALICE is alice.
    ledger = taught(enable(BOB, "ALICE"), enable(ALICE, "alice", PASSKEY))

    assert ledger.owner_of("mfa_device", PHONE) == ledger.owner_of("mfa_device", PASSKEY)


@pytest.mark.parametrize("sent", [None, {}])
def test_policy_update_without_parameters_sets_every_default(sent: Fields | None) -> None:
    # Subtleties 19 and 30.
    ledger = taught(call("UpdateAccountPasswordPolicy", by=BOB, request=sent))

    assert (ledger.policy, ledger.policy_known) == (PasswordPolicy(), True)


@pytest.mark.parametrize(
    "sent",
    [
        {"omitted": True, "reason": "requestParameters too large"},
        {"minimumPasswordLength": []},
        '{"minimumPasswordLength":14}',
        [14],
    ],
)
def test_policy_update_that_cannot_be_read_leaves_the_policy_unknown(sent: Any) -> None:
    # Subtlety 8.  A request that is text may be read; it must not count as empty.
    strong = set_policy(BOB, minimumPasswordLength=14)

    ledger = taught(strong, set_policy(BOB) | {"requestParameters": sent})

    assert not ledger.policy_known or ledger.policy == PasswordPolicy(minimum_password_length=14)


def test_deleted_policy_is_the_absence_of_one() -> None:
    # Subtlety 30.
    ledger = taught(delete_policy(BOB))

    assert (ledger.policy, ledger.policy_known) == (NO_POLICY, True)
