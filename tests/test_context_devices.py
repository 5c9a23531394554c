"""How many MFA devices are left, and whether a device was ever anybody's."""

import pytest

from tests.identity_calls import (
    PASSKEY,
    PHONE,
    deactivate,
    delete_device,
    enable,
    failed,
    make_device,
    on_user,
)
from tests.reading import Fields, row_after
from trailmend.evidence import call, denied, role, root, sign_in, user

ALICE, BOB, CAROL = user("alice"), user("bob"), user("carol")
NEW_ALICE = on_user("CreateUser", CAROL, "alice")
RESET = on_user("UpdateLoginProfile", BOB, "alice")


def devices(*records: Fields) -> tuple[int | None, int | None]:
    row = row_after(*records)
    return row.devices_before, row.devices_left


def test_root_and_a_user_called_root_are_counted_apart() -> None:
    # Subtlety 22.
    own = on_user("CreateUser", BOB, "root")

    assert devices(own, enable(root(), "AWS ROOT USER"), deactivate(BOB, "root", PASSKEY)) == (1, 0)
    assert devices(own, deactivate(BOB, "AWS ROOT USER")) == (1, None)


# Subtlety 25: one of two is not the last.
@pytest.mark.parametrize(
    ("records", "counted"),
    [
        ((enable(ALICE, "alice"),), (None, 1)),
        ((NEW_ALICE, enable(ALICE, "alice")), (0, 1)),
        ((NEW_ALICE, enable(ALICE, "alice"), enable(ALICE, "alice", PASSKEY)), (1, 2)),
        ((deactivate(BOB, "alice"),), (1, None)),
        ((NEW_ALICE, deactivate(BOB, "alice")), (1, 0)),
        ((enable(ALICE, "alice"), deactivate(BOB, "alice")), (1, None)),
        ((NEW_ALICE, enable(ALICE, "alice"), deactivate(BOB, "alice")), (1, 0)),
        (
            (enable(ALICE, "alice"), enable(ALICE, "alice", PASSKEY), deactivate(BOB, "alice")),
            (2, 1),
        ),
        ((NEW_ALICE, enable(BOB, "bob", PASSKEY), deactivate(BOB, "alice")), (1, 0)),
        ((NEW_ALICE, RESET), (0, 0)),
        ((RESET,), (None, None)),
        ((NEW_ALICE, failed(enable(ALICE, "alice"))), (0, 0)),
        ((NEW_ALICE, enable(ALICE, "alice"), failed(deactivate(BOB, "alice"))), (1, 1)),
        ((NEW_ALICE, enable(ALICE, "alice"), enable(ALICE, "alice")), (0, 1)),
        ((enable(ALICE, "alice"), NEW_ALICE, RESET), (0, 0)),
        ((NEW_ALICE, on_user("DeleteUser", BOB, "alice"), RESET), (None, None)),
        (
            (NEW_ALICE, enable(ALICE, "alice"), deactivate(ALICE, "alice"), delete_device(BOB)),
            (0, 0),
        ),
        ((enable(ALICE, "alice"), make_device(ALICE, PASSKEY), RESET), (1, 1)),
    ],
)
def test_devices_are_counted_as_far_as_the_log_is_sure(
    records: tuple[Fields, ...], counted: tuple[int | None, int | None]
) -> None:
    assert devices(*records) == counted


def test_removal_of_a_device_that_is_not_named_leaves_no_count_that_is_sure() -> None:
    # It may be the known device that went.
    nameless = call("DeactivateMFADevice", by=BOB, request={"userName": "alice"})

    assert devices(enable(ALICE, "alice"), nameless)[1] is None
    assert devices(NEW_ALICE, enable(ALICE, "alice"), nameless, RESET)[1] in (None, 0)


def test_denied_call_sees_the_ledger_and_leaves_it_alone() -> None:
    attempt = denied("DeactivateMFADevice", by=BOB, resource="user alice")
    before = row_after(NEW_ALICE, enable(ALICE, "alice"), attempt)
    after = row_after(NEW_ALICE, enable(ALICE, "alice"), attempt, RESET)

    assert [(row.devices_before, row.devices_left) for row in (before, after)] == [(1, 1), (1, 1)]
    assert after.device_removed_by_actor is False


@pytest.mark.parametrize(
    ("records", "never"),
    [
        ((make_device(BOB), delete_device(BOB)), True),
        (
            (
                make_device(BOB),
                enable(ALICE, "alice"),
                deactivate(ALICE, "alice"),
                delete_device(BOB),
            ),
            False,
        ),
        ((deactivate(BOB, "alice"), delete_device(BOB)), False),
        ((make_device(BOB), failed(enable(ALICE, "alice")), delete_device(BOB)), True),
        ((delete_device(BOB),), None),
        ((make_device(BOB), delete_device(BOB), delete_device(BOB)), None),
        ((make_device(BOB), RESET), None),
    ],
)
def test_device_was_never_assigned_only_where_the_log_shows_its_whole_life(
    records: tuple[Fields, ...], never: bool | None
) -> None:
    # Subtlety 24.
    assert row_after(*records).never_assigned is never


def test_device_that_was_enabled_for_somebody_unnamed_was_assigned() -> None:
    nameless = call("EnableMFADevice", by=BOB, request={"serialNumber": PHONE})

    assert row_after(make_device(BOB), nameless, delete_device(BOB)).never_assigned is not True


def test_sign_in_knows_the_devices_and_the_password_of_whom_it_names() -> None:
    steps = [
        on_user("CreateUser", BOB, "alice"),
        enable(BOB, "alice"),
        on_user("UpdateLoginProfile", role("helpdesk"), "alice"),
    ]

    row = row_after(*steps, sign_in(ALICE))
    failed = row_after(*steps, sign_in(ALICE, failure="Failed authentication"))

    assert (row.owner_name, row.devices_before, row.password_set_by_other) == ("alice", 1, True)
    assert (row.known_relation, failed.known_relation) == ("self", "unknown")
    assert row_after(*steps[:1], sign_in(ALICE)).devices_before == 0
    assert row_after(sign_in(ALICE)).devices_before is None
