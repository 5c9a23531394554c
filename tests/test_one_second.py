"""Events of one second: settled by the life cycle, by what was known before, or not at all.

An event id is a random number, so no answer may hang on which of two ids is smaller.  Each test
tries every order of the ids.
"""

from collections.abc import Sequence
from itertools import permutations

import msgspec
import pytest

from tests.identity_calls import (
    KEY,
    PASSKEY,
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
)
from tests.reading import Fields, in_order, rows_of
from trailmend.context import Context
from trailmend.evidence import call, denied, user

ALICE, BOB, CAROL = user("alice"), user("bob"), user("carol")
NEW_ALICE = on_user("CreateUser", BOB, "alice")
PROFILE, GONE = (on_user(f"{verb}LoginProfile", BOB, "alice") for verb in ("Create", "Delete"))
RESET = on_user("UpdateLoginProfile", BOB, "alice")
AGAIN = on_user("UpdateLoginProfile", CAROL, "alice")


def answers(
    earlier: Sequence[Fields], together: Sequence[Fields], later: Sequence[Fields] = ()
) -> list[Context]:
    """Give the rows of `together` and `later`, which must be the same for every order of ids."""
    records = in_order(*earlier, *together, *later)
    start, end = len(earlier), len(earlier) + len(together)
    moment = records[start]["eventTime"]
    found = []
    for ids in permutations(range(len(together))):
        for fields, number in zip(records[start:end], ids, strict=True):
            fields |= {"eventTime": moment, "eventID": f"tie-{number}"}
        rows = rows_of(records)[start:]
        found.append([msgspec.structs.replace(row, event_id="") for row in rows])
    assert [rows for rows in found if rows != found[0]] == []
    return found[0]


def test_user_is_made_before_what_is_the_users() -> None:
    *_, key_gone, profile_gone = answers(
        [],
        [NEW_ALICE, PROFILE, make_key(BOB, "alice")],
        [on_user("DeleteAccessKey", BOB, "alice", accessKeyId=KEY), GONE],
    )

    assert [(row.made_by_actor, row.target_made_by_actor) for row in (key_gone, profile_gone)] == [
        (True, True),
        (True, True),
    ]


def test_user_is_deleted_after_what_was_the_users() -> None:
    gone = [GONE, on_user("DeleteAccessKey", BOB, "alice", accessKeyId=KEY)]
    rows = answers(
        [NEW_ALICE, PROFILE, make_key(BOB, "alice")], [*gone, on_user("DeleteUser", BOB, "alice")]
    )

    assert [row.target_made_by_actor for row in rows] == [True, True, True]
    assert [row.made_by_actor for row in rows] == [True, True, None]


def test_device_is_made_enabled_deactivated_and_deleted_in_this_order() -> None:
    steps = [delete_device(BOB), deactivate(BOB, "alice"), enable(BOB, "alice"), make_device(BOB)]
    deleted, *_ = answers([], steps)

    assert (deleted.owner_name, deleted.made_by_actor, deleted.never_assigned) == (
        "alice",
        True,
        False,
    )


def test_removal_in_the_console_is_two_records_of_one_second() -> None:
    # Subtlety 24.  Sample: splunk, DeactivateMFADevice and DeleteVirtualMFADevice of one session.
    deleted, _ = answers([enable(ALICE, "alice")], [delete_device(BOB), deactivate(BOB, "alice")])

    assert (deleted.owner_name, deleted.device_removed_by_actor) == ("alice", True)


def test_count_is_unknown_where_a_device_comes_and_another_goes() -> None:
    # Subtleties 4 and 25.
    rows = answers(
        [NEW_ALICE, enable(ALICE, "alice")],
        [enable(ALICE, "alice", PASSKEY), deactivate(ALICE, "alice")],
        [RESET],
    )

    assert [(row.devices_before, row.devices_left) for row in rows] == [
        (None, None),
        (None, None),
        (1, 1),
    ]


def test_profile_replaced_within_a_second_is_no_clean_up() -> None:
    # Carol's profile stood before: bob can only have deleted hers and made his own after.
    gone, _, later = answers(
        [on_user("CreateLoginProfile", CAROL, "alice")],
        [GONE, PROFILE],
        [deactivate(BOB, "alice")],
    )

    assert gone.made_by_actor is not True
    assert later.password_set_by_actor is True


def test_device_replaced_within_a_second_had_been_somebodys() -> None:
    # Alice's device stood before: it was deleted first, and the new one came after.
    gone, _ = answers(
        [enable(ALICE, "alice"), deactivate(CAROL, "alice")], [delete_device(BOB), make_device(BOB)]
    )

    assert gone.never_assigned is not True
    assert gone.made_by_actor is not True


def test_two_resets_are_both_remembered() -> None:
    _, _, by_bob, by_carol = answers(
        [], [RESET, AGAIN], [deactivate(BOB, "alice"), deactivate(CAROL, "alice", PASSKEY)]
    )

    assert (by_bob.password_set_by_actor, by_carol.password_set_by_actor) == (True, True)


def test_two_removals_are_both_remembered() -> None:
    removals = [deactivate(BOB, "alice"), deactivate(CAROL, "alice", PASSKEY)]
    *_, later = answers([], removals, [delete_device(BOB)])

    assert later.device_removed_by_actor is True


@pytest.mark.parametrize(
    ("earlier", "together"),
    [
        ([], [RESET, call("ChangePassword", by=ALICE)]),
        ([], [RESET, RESET | {"requestID": "another"}]),
        ([], [RESET, on_user("UpdateLoginProfile", BOB, "ALICE")]),
        ([], [RESET, denied("DeactivateMFADevice", by=BOB, resource="user alice")]),
        ([make_key(BOB, "alice")], [set_key(BOB, "alice", s) for s in ("Active", "Inactive")]),
        ([NEW_ALICE], [enable(ALICE, "alice"), failed(enable(BOB, "alice", PASSKEY))]),
        ([NEW_ALICE], [on_user("UpdateUser", BOB, "alice", newUserName="alicia"), RESET]),
        ([], [set_policy(BOB, minimumPasswordLength=n) for n in (6, 14)]),
        ([set_policy(BOB)], [set_policy(BOB, minimumPasswordLength=n) for n in (8, 14)]),
        ([set_policy(BOB)], [set_policy(BOB, minimumPasswordLength=14), failed(set_policy(BOB))]),
        (
            [set_policy(BOB)],
            [set_policy(BOB, minimumPasswordLength=14), call("GetAccountPasswordPolicy", by=BOB)],
        ),
        ([set_policy(BOB)], [delete_policy(BOB), failed(delete_policy(BOB))]),
        ([make_device(BOB)], [enable(BOB, "alice"), failed(enable(CAROL, "alice"))]),
        ([make_device(BOB)], [delete_device(BOB), failed(delete_device(CAROL))]),
        ([PROFILE], [GONE, failed(on_user("DeleteLoginProfile", CAROL, "alice"))]),
    ],
)
def test_no_answer_hangs_on_an_event_id(earlier: list[Fields], together: list[Fields]) -> None:
    # Subtlety 4; design.md section 2: "what that does not settle is unknown".
    answers(
        earlier, together, [GONE, deactivate(BOB, "alice"), set_policy(BOB), delete_device(BOB)]
    )


def test_two_different_policies_leave_the_policy_unknown() -> None:
    # Subtlety 30.
    both = [set_policy(BOB, minimumPasswordLength=n) for n in (8, 14)]
    first, second, later = answers([set_policy(BOB)], both, [set_policy(BOB)])

    told = {(row.weakens, row.strengthens, row.before) for row in (first, second, later)}
    assert told == {(None, None, None)}


def test_the_same_policy_twice_is_one_policy() -> None:
    # Subtlety 6: a retry.
    *_, later = answers([], [set_policy(BOB, minimumPasswordLength=14)] * 2, [set_policy(BOB)])

    assert later.weakened == "minimumPasswordLength"
