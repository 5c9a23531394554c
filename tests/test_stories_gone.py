"""A user who was deleted since is not mended, nor is a later one of that name."""

from pathlib import Path

import pytest

from tests.identity_calls import deactivate, make_key, on_user, set_key
from tests.reading import Fields
from tests.telling import ALICE, BOB, CAROL, MADE, NEW_ALICE, PROFILE, RESET, found_in, placed, used
from tests.worlds import desk_of
from trailmend.errors import CannotFix
from trailmend.evidence import root
from trailmend.findings import Finding
from trailmend.lab import Lab
from trailmend.mending import plan_finding
from trailmend.plan import find_remediation

ALICE_DELETED, BOB_DELETED = (on_user("DeleteUser", CAROL, name) for name in ("alice", "bob"))


def about(finding: Finding) -> set[str]:
    return {find_remediation(fix).about for fix in finding.fixes}


@pytest.mark.parametrize(
    "found",
    [MADE, PROFILE, RESET, deactivate(BOB, "alice")],
    ids=["key", "profile", "reset", "MFA"],
)
def test_deleted_user_is_offered_no_fix_and_the_finding_says_why(found: Fields) -> None:
    before, after = (found_in(placed([], found, later)) for later in ([], [ALICE_DELETED]))

    assert about(before) == {"target", "actor"}
    assert about(after) == {"actor"}
    assert [one.event_name for one in after.next] == ["DeleteUser"]
    assert after.next[0].why.startswith("carol deleted the user alice")


def test_later_user_of_the_name_has_fixes_of_its_own_only() -> None:
    records = placed([], PROFILE, [ALICE_DELETED, NEW_ALICE, PROFILE])

    assert about(found_in(records)) == {"actor"}
    assert about(found_in(records, "after-2")) == {"target", "actor"}


def test_caller_who_was_deleted_is_not_stopped() -> None:
    signed = used("AKIA0000000000000009", BOB, "CreateLoginProfile") | {
        "requestParameters": {"userName": "alice"}
    }

    assert about(found_in(placed([], signed, [BOB_DELETED]))) == {"target"}
    assert about(found_in(placed([], signed, [BOB_DELETED | {"errorCode": "AccessDenied"}]))) == {
        "target",
        "actor",
    }


def test_low_finding_on_a_deleted_user_has_no_fix_and_still_no_status() -> None:
    own = found_in(placed([], make_key(ALICE, "alice"), [ALICE_DELETED]))

    assert (own.level, own.status, own.next, own.fixes) == ("low", None, [], [])


def test_user_who_was_renamed_is_still_there() -> None:
    renamed = on_user("UpdateUser", CAROL, "alice", newUserName="ally")

    assert about(found_in(placed([], PROFILE, [renamed]))) == {"target", "actor"}
    assert about(
        found_in(placed([], PROFILE, [renamed, on_user("DeleteUser", CAROL, "ally")]))
    ) == {"actor"}
    assert about(found_in(placed([], PROFILE, [renamed, ALICE_DELETED]))) == {"target", "actor"}


def test_key_that_was_switched_off_before_is_told_beside_the_deletion() -> None:
    off = set_key(CAROL, "alice", "Inactive")
    told = found_in(placed([], MADE, [off, ALICE_DELETED]))

    assert [one.event_name for one in told.next] == ["UpdateAccessKey", "DeleteUser"]
    assert told.status == "resolved"


def test_plan_says_that_the_user_is_gone_where_nothing_else_can_be_done(
    lab: Lab, tmp_path: Path
) -> None:
    by_root = on_user("CreateLoginProfile", root(), "alice")
    finding = found_in(placed([], by_root, [ALICE_DELETED]))

    assert finding.fixes == []
    with pytest.raises(CannotFix) as refused:
        plan_finding(desk_of(lab, tmp_path), finding)
    assert str(refused.value) == (
        f"{finding.id} has no fix by call: the user alice whom it is about was deleted since. Who "
        "is called so now is another: look at them by themselves."
    )
