"""Plans that are refused: not approved, altered, expired, of another account."""

from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.saved_plans import NONE, alter, planned, refused
from tests.worlds import applied, approve, approved, desk_of, take_back, writes
from trailmend.desk import apply_plan
from trailmend.errors import Refused
from trailmend.lab import Fault, Lab
from trailmend.planning.kept import plan_status, save_plan


def test_plan_that_is_not_approved_is_refused(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = planned(desk, lab)

    refused(desk, lab, plan.id, "is not approved")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"MinimumPasswordLength":14', '"MinimumPasswordLength":6'),
        ("123456789012", "111122223333"),
        ('"expires":"2', '"expires":"3'),
        ("{", "{ "),
        ("{", ""),
        ("trailmend/plan/2", "trailmend/plan/3"),
    ],
)
def test_plan_that_was_altered_is_refused(old: str, new: str, lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, NONE, lab)

    alter(desk, "UPDATE plans SET body = replace(body, :old, :new)", old=old, new=new)

    refused(desk, lab, plan.id, "was altered after it was made")


def test_plan_whose_hash_was_altered_is_refused(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, NONE, lab)

    alter(desk, "UPDATE plans SET hash = 'x'")

    refused(desk, lab, plan.id, "was altered after it was made")


def test_approval_does_not_pass_to_an_altered_plan(lab: Lab, tmp_path: Path) -> None:
    """Not even if whoever alters it makes the hash and the name fit."""
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, NONE, lab)
    other = replace(plan, title="Something else")
    save_plan(desk.engine, other)
    alter(desk, "UPDATE decisions SET plan_id = :id", id=other.id)

    refused(desk, lab, other.id, "is not approved")


def test_plan_of_another_version_is_refused(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = replace(planned(desk, lab), version="0.0.1")
    save_plan(desk.engine, plan)
    approve(desk, plan)

    refused(desk, lab, plan.id, "is of version 0.0.1")


def test_plan_of_another_account_is_refused(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = replace(planned(desk, lab), account_id="111122223333")
    save_plan(desk.engine, plan)
    approve(desk, plan)

    refused(desk, lab, plan.id, "is of account 111122223333, the credentials are of 123456789012")


def test_plan_that_has_expired_is_refused(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, NONE, lab)

    lab.advance(timedelta(hours=24).total_seconds())

    refused(desk, lab, plan.id, "has expired")
    assert plan_status(desk.engine, plan.id, now=desk.clock.now()).state == "expired"
    with pytest.raises(Refused, match="has expired"):
        approve(desk, plan)


def test_plan_from_the_future_is_refused(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, NONE, lab)

    lab.advance(-3600)

    refused(desk, lab, plan.id, "the clock is behind")


def test_plan_that_expires_while_it_waits_is_not_sent(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, NONE, lab)
    lab.advance(timedelta(hours=24).total_seconds() - 20)
    before = len(writes(lab))
    lab.fault("iam:UpdateAccountPasswordPolicy", Fault.BUSY, times=99)

    with pytest.raises(Refused, match="has expired"):
        apply_plan(desk, plan.id)

    assert len(writes(lab)) == before + 2


def test_plan_is_applied_once(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan, _ = applied(desk, NONE, lab)
    when = f"{desk.clock.now():%F}"

    refused(desk, lab, plan.id, rf"is applied and verified since {when} .*: nothing is left to do")
    with pytest.raises(Refused, match="was begun already"):
        approve(desk, plan)


def test_plan_that_was_taken_back_is_not_gone_on_with(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan, _ = applied(desk, NONE, lab)
    take_back(desk, plan.id)

    for resume in (False, True):
        with pytest.raises(Refused, match=r"was rolled back \(.*\): make a new plan\.\Z"):
            apply_plan(desk, plan.id, resume=resume)


def test_plan_that_changes_nothing_is_refused(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = replace(planned(desk, lab), changes=())
    save_plan(desk.engine, plan)
    approve(desk, plan)

    refused(desk, lab, plan.id, "changes nothing")


def test_refused_plan_can_be_applied_when_the_reason_is_gone(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, NONE, lab)
    (tmp_path / "STOP").touch()
    refused(desk, lab, plan.id, "kill switch")
    (tmp_path / "STOP").unlink()

    assert apply_plan(desk, plan.id).state == "applied"
