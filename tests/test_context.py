"""What the ledger adds to an event: each column keeps its promise, and null means not told."""

import json
from datetime import datetime, timedelta

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
from tests.reading import Fields, event_of, in_order, row_after, rows_of
from trailmend.context import Context, fold
from trailmend.evidence import ACCOUNT, Principal, call, denied, role, root, user

ALICE, BOB, CAROL = user("alice"), user("bob"), user("carol")
HELP_DESK = role("help-desk", session="alice")
NEW_ALICE = on_user("CreateUser", CAROL, "alice")
RESET = on_user("UpdateLoginProfile", BOB, "alice")
PROFILE = on_user("CreateLoginProfile", BOB, "alice")
GONE = on_user("DeleteLoginProfile", BOB, "alice")
LONG, SYMBOLS = set_policy(BOB, minimumPasswordLength=14), set_policy(BOB, requireSymbols=True)
DEFAULTS, WORDLESS = set_policy(BOB), call("UpdateAccountPasswordPolicy", by=BOB)
NO_POLICY = delete_policy(BOB)


OF_THE_LEDGER = Context.__struct_fields__[: Context.__struct_fields__.index("log_days")]
"""The columns behind these are of the principal's habits, which every event has."""


def test_nothing_gives_no_rows() -> None:
    assert fold([]) == []


def test_every_event_has_one_row_in_the_order_of_time() -> None:
    records = in_order(NEW_ALICE, RESET, call("GetUser", by=ALICE), GONE)

    rows = fold(map(event_of, reversed(records)))

    assert [(row.account_id, row.event_id) for row in rows] == [(ACCOUNT, f"{n}") for n in range(4)]


def test_event_of_another_service_is_told_nothing_but_its_relation() -> None:
    # Subtlety 32.
    other = deactivate(BOB, "alice") | {"eventSource": "sso-directory.amazonaws.com"}
    row = row_after(enable(ALICE, "alice"), other)

    told = Context(account_id=ACCOUNT, event_id="1", known_relation="unknown")
    assert {name: getattr(row, name) for name in OF_THE_LEDGER} == {
        name: getattr(told, name) for name in OF_THE_LEDGER
    }


def test_owner_of_a_deleted_device_comes_from_the_ledger() -> None:
    # Subtleties 21 and 24.
    row = row_after(enable(ALICE, "alice"), deactivate(ALICE, "alice"), delete_device(BOB))

    told = (row.owner_type, row.owner_name, row.owner_source, row.known_relation)
    assert told == ("user", "alice", "ledger", "other")


def test_owner_that_the_event_names_is_the_events() -> None:
    row = row_after(enable(BOB, "bob"), deactivate(BOB, "alice"))

    assert (row.owner_name, row.owner_source) == ("alice", "event")


def test_serial_that_nobody_was_seen_with_has_no_owner() -> None:
    # Subtlety 21: its name is no proof.
    row = row_after(delete_device(ALICE, f"arn:aws:iam::{ACCOUNT}:mfa/alice"))

    assert (row.owner_name, row.owner_source, row.known_relation) == (None, None, "unknown")


@pytest.mark.parametrize(
    ("owner", "actor", "relation"),
    [
        ("alice", ALICE, "self"),
        ("alice", BOB, "other"),
        ("alice", HELP_DESK, "other"),
        ("alice", root(), "other"),
        ("AWS ROOT USER", root(), "self"),
        ("AWS ROOT USER", user("root"), "other"),
        ("root", root(), "other"),
        ("root", user("root"), "self"),
        ("alice", Principal({}), "unknown"),
    ],
)
def test_ledger_settles_the_relation_as_strictly_as_the_resolver(
    owner: str, actor: Principal, relation: str
) -> None:
    # Subtleties 10 and 22; `root` is a name that CreateUser takes.
    assert row_after(enable(CAROL, owner), delete_device(actor)).known_relation == relation


def test_ledger_does_not_take_the_namesake_of_another_account_for_the_owner() -> None:
    # Subtlety 17.
    stranger = Principal({**ALICE.identity, "accountId": "999999999999"})

    assert row_after(enable(CAROL, "alice"), delete_device(stranger)).known_relation == "other"


def test_renamed_owner_is_still_the_owner() -> None:
    # Subtlety 17.
    renaming = on_user("UpdateUser", CAROL, "alice", newUserName="alicia")
    row = row_after(enable(ALICE, "alice"), renaming, delete_device(user("alicia")))

    assert (row.owner_name, row.known_relation) == ("alicia", "self")


def test_denied_deletion_of_a_device_names_the_owner_by_the_ledger() -> None:
    # Subtlety 21, for a call whose parameters are not logged.
    row = row_after(
        enable(ALICE, "alice"), denied("DeleteVirtualMFADevice", by=BOB, resource=PHONE)
    )

    assert (row.owner_name, row.owner_source, row.known_relation) == ("alice", "ledger", "other")


@pytest.mark.parametrize(
    ("records", "made"),
    [
        ((PROFILE, GONE), True),
        ((on_user("CreateLoginProfile", CAROL, "alice"), GONE), False),
        ((GONE,), None),
        ((PROFILE, GONE, GONE), None),
        ((make_device(BOB), delete_device(BOB)), True),
        ((make_device(ALICE), enable(BOB, "alice"), delete_device(BOB)), False),
        ((make_device(ALICE), enable(BOB, "alice"), deactivate(BOB, "alice")), True),
        ((make_device(BOB), enable(ALICE, "alice"), deactivate(BOB, "alice")), False),
        ((make_key(BOB, "alice"), on_user("DeleteAccessKey", BOB, "alice", accessKeyId=KEY)), True),
        (
            (
                upload(BOB, "alice"),
                on_user("DeleteSSHPublicKey", ALICE, "alice", sSHPublicKeyId=SSH),
            ),
            False,
        ),
        ((PROFILE, on_user("DeleteUser", BOB, "alice")), None),
    ],
)
def test_maker_is_the_maker_of_this_very_thing(
    records: tuple[Fields, ...], made: bool | None
) -> None:
    assert row_after(*records).made_by_actor is made


def test_maker_is_known_by_the_stable_id_and_not_by_a_name() -> None:
    # Subtlety 10.
    def gone(by: Principal) -> bool | None:
        made = on_user("CreateLoginProfile", role("ops", session="alice"), "alice")
        return row_after(made, on_user("DeleteLoginProfile", by, "alice")).made_by_actor

    assert gone(role("ops", session="other")) is True
    assert gone(role("dev", session="alice")) is False
    assert gone(ALICE) is False


def test_two_principals_without_an_id_are_not_the_same() -> None:
    nobody = Principal({"type": "IAMUser", "accountId": ACCOUNT, "userName": "bob"})
    row = row_after(
        on_user("CreateLoginProfile", nobody, "alice"),
        on_user("DeleteLoginProfile", nobody, "alice"),
    )

    assert row.made_by_actor is None


def test_first_password_by_a_principal_without_an_id_is_no_welcome() -> None:
    # The maker of the user is not known, and so is not known to be the one who set the password.
    nobody = Principal({"type": "IAMUser", "accountId": ACCOUNT, "userName": "bob"})
    row = row_after(
        on_user("CreateUser", nobody, "alice"),
        on_user("CreateLoginProfile", nobody, "alice"),
        RESET,
    )

    assert row.password_set_by_other is True


def test_maker_of_the_user_is_told() -> None:
    made = on_user("CreateUser", BOB, "alice")

    assert row_after(made, GONE).target_made_by_actor is True
    assert row_after(NEW_ALICE, GONE).target_made_by_actor is False
    assert row_after(GONE).target_made_by_actor is None
    assert row_after(made, NEW_ALICE, GONE).target_made_by_actor is False
    assert [row_after(made, GONE).target_age, row_after(GONE).target_age] == [60, None]


def test_removal_and_reset_are_remembered_for_the_one_who_did_them() -> None:
    # Subtlety 27.
    removed = row_after(deactivate(BOB, "alice"), enable(BOB, "alice", PASSKEY))
    reset = row_after(RESET, deactivate(BOB, "alice"))
    by_another = row_after(RESET, deactivate(CAROL, "alice"))
    of_another = row_after(RESET, deactivate(BOB, "carol"))

    assert (removed.device_removed_by_actor, removed.password_set_by_actor) == (True, False)
    assert (reset.device_removed_by_actor, reset.password_set_by_actor) == (False, True)
    assert (by_another.password_set_by_actor, by_another.password_set_by_other) == (False, True)
    assert (of_another.password_set_by_actor, of_another.password_set_by_other) == (False, False)


def test_owner_who_acts_on_what_is_theirs_is_no_intruder() -> None:
    own = on_user("UpdateLoginProfile", ALICE, "alice")
    row = row_after(own, deactivate(ALICE, "alice"), delete_device(ALICE))

    assert (row.device_removed_by_actor, row.password_set_by_actor, row.password_set_by_other) == (
        False,
        False,
        False,
    )


@pytest.mark.parametrize(
    ("later", "remembered"), [(timedelta(0), True), (timedelta(seconds=1), False)]
)
def test_day_ends_after_24_hours_to_the_second(later: timedelta, remembered: bool) -> None:
    start = datetime.fromisoformat("2026-03-02T09:00:00+00:00")
    first = RESET | {"eventTime": start.isoformat(), "eventID": "1"}
    moment = start + timedelta(hours=24) + later
    second = deactivate(BOB, "alice") | {"eventTime": moment.isoformat(), "eventID": "2"}

    row = rows_of([first, second])[1]

    assert (row.password_set_by_actor, row.password_set_by_other) == (remembered, remembered)


def test_owners_own_change_takes_the_password_back() -> None:
    row = row_after(RESET, call("ChangePassword", by=ALICE), call("GetUser", by=ALICE))

    assert row.password_set_by_other is False


def test_change_in_the_owners_name_does_not_hide_who_had_set_the_password() -> None:
    # Whoever set the password can sign in with it and, where a reset is required, must change it
    # in the owner's name: the log cannot tell this ChangePassword from the owner's own.
    row = row_after(RESET, call("ChangePassword", by=ALICE), deactivate(BOB, "alice"))

    assert row.password_set_by_actor is True


@pytest.mark.parametrize("step", [RESET, deactivate(BOB, "alice")])
def test_step_of_another_principal_does_not_hide_ones_own(step: Fields) -> None:
    # An accomplice, or the noise of a help desk, between two steps of a takeover.
    noise = [on_user("UpdateLoginProfile", CAROL, "alice"), deactivate(CAROL, "alice", PASSKEY)]
    row = row_after(step, *noise, enable(BOB, "alice"))

    assert row.password_set_by_actor or row.device_removed_by_actor


def test_other_spelling_of_a_name_does_not_hide_a_step() -> None:
    # botocore iam CreateUser: "Names are not distinguished by case", so ALICE is alice.
    row = row_after(on_user("UpdateLoginProfile", BOB, "ALICE"), deactivate(BOB, "alice"))

    assert row.password_set_by_actor is True


def test_ssh_key_and_access_key_are_told_as_they_were() -> None:
    # Subtlety 31.
    key = row_after(
        upload(BOB, "alice"), on_user("DeleteSSHPublicKey", BOB, "alice", sSHPublicKeyId=SSH)
    )
    access = row_after(
        make_key(BOB, "alice"), set_key(BOB, "alice", "Inactive"), set_key(BOB, "alice", "Active")
    )

    assert json.loads(key.before or "") == {
        "status": "Active",
        "ssh_public_key_body": "ssh-rsa AAAA",
        "fingerprint": "12:34",
    }
    assert json.loads(access.before or "") == {"status": "Inactive"}


@pytest.mark.parametrize(
    ("records", "weakens", "strengthens", "weakened"),
    [
        ((LONG,), None, None, None),
        ((NO_POLICY,), None, None, None),
        ((NO_POLICY, DEFAULTS), True, False, "minimumPasswordLength, characterClasses"),
        ((NO_POLICY, WORDLESS), True, False, "minimumPasswordLength, characterClasses"),
        ((LONG, SYMBOLS), True, True, "minimumPasswordLength"),
        ((LONG, NO_POLICY), True, True, "minimumPasswordLength"),
        ((DEFAULTS, NO_POLICY), False, True, None),
        ((DEFAULTS, DEFAULTS), False, False, None),
        ((DEFAULTS, failed(NO_POLICY)), None, None, None),
        ((LONG, failed(DEFAULTS), DEFAULTS), True, False, "minimumPasswordLength"),
        ((LONG, set_policy(BOB, omitted=True), DEFAULTS), None, None, None),
    ],
)
def test_policy_is_judged_against_the_one_before(
    records: tuple[Fields, ...],
    weakens: bool | None,
    strengthens: bool | None,
    weakened: str | None,
) -> None:
    # Subtlety 30.
    row = row_after(*records)

    assert (row.weakens, row.strengthens, row.weakened) == (weakens, strengthens, weakened)


def test_policy_before_is_told_whole() -> None:
    # Subtlety 30: what a repair must put back.
    row = row_after(LONG, NO_POLICY)

    assert json.loads(row.before or "") == {
        "minimumPasswordLength": 14,
        "requireSymbols": False,
        "requireNumbers": False,
        "requireUppercaseCharacters": False,
        "requireLowercaseCharacters": False,
        "allowUsersToChangePassword": False,
        "maxPasswordAge": 0,
        "passwordReusePrevention": 0,
        "hardExpiry": False,
    }
    assert row_after(NO_POLICY, DEFAULTS).before is None
