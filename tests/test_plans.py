"""Saved plans: kept as they are, approved by name, told with where they stand."""

import stat
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.saved_plans import NONE, alter, planned, refused
from tests.worlds import applied, approve, approved, desk_of, plan_of, take_back
from trailmend.database import open_database
from trailmend.desk import apply_plan
from trailmend.errors import Refused, WrongUse
from trailmend.lab import Lab
from trailmend.plan import Plan
from trailmend.planning.approvals import ApprovalRules, Person
from trailmend.planning.kept import (
    Altered,
    altered_plans,
    approve_plan,
    list_plans,
    load_plan,
    plan_status,
    save_plan,
)

KIM = Person("kim")


# Saving ------------------------------------------------------------------------------------


def test_plan_is_loaded_as_it_was_saved(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = planned(desk, lab)

    assert load_plan(open_database(tmp_path), plan.id) == plan


def test_plan_without_changes_is_not_saved(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan, _ = applied(desk, NONE, lab)

    again = plan_of(desk, NONE.fix, plan.facts)

    assert again.changes == ()
    assert [one.plan.id for one in list_plans(desk.engine, now=desk.clock.now())] == [plan.id]


def test_plan_is_saved_once_under_its_name(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = planned(desk, lab)

    save_plan(desk.engine, plan)
    alter(desk, "UPDATE plans SET hash = 'of another plan'")

    with pytest.raises(Refused, match="Another plan is called"):
        save_plan(desk.engine, plan)


def test_unknown_plan_cannot_be_read(lab: Lab, tmp_path: Path) -> None:
    refused(desk_of(lab, tmp_path), lab, "P-AAAA", "There is no plan P-AAAA")


def test_workspace_is_readable_by_its_owner_alone(lab: Lab, tmp_path: Path) -> None:
    folder = tmp_path / "workspace"
    desk = desk_of(lab, folder)
    applied(desk, NONE, lab)

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {"state.db", "apply.lock"} <= modes.keys()
    assert set(modes.values()) == {0o600}


def test_lock_does_not_follow_a_link(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, NONE, lab)
    (tmp_path / "apply.lock").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(OSError, match=r"apply\.lock"):
        apply_plan(desk, plan.id)

    assert not (tmp_path / "elsewhere").exists()


# Approving and looking ---------------------------------------------------------------------


def test_approval_says_who_when_and_what(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = planned(desk, lab)
    now = desk.clock.now()

    given = approve_plan(desk.engine, plan, by=KIM, now=now, rules=ApprovalRules(), log=desk.log)

    found = plan_status(desk.engine, plan.id, now=now).decision
    assert found == given
    assert (given.by, given.at, given.hash) == (KIM, now, plan.hash)


def test_plan_that_is_not_saved_cannot_be_approved(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    other = replace(planned(desk, lab), title="Something else")

    with pytest.raises(WrongUse):
        approve(desk, other)


def test_state_of_a_plan_follows_its_life(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    states = []

    def look(plan: Plan) -> None:
        states.append(plan_status(desk.engine, plan.id, now=desk.clock.now()).state)

    plan = planned(desk, lab)
    look(plan)
    approve(desk, plan)
    look(plan)
    apply_plan(desk, plan.id)
    look(plan)
    lab.advance(timedelta(days=2).total_seconds())
    look(plan)
    take_back(desk, plan.id)
    look(plan)

    assert states == ["waits for approval", "approved", "applied", "applied", "rolled back"]


def test_plans_are_listed_newest_first(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    first = planned(desk, lab)
    lab.advance(60)
    second = planned(desk, lab)

    found = list_plans(desk.engine, now=desk.clock.now())

    assert [one.plan.id for one in found] == [second.id, first.id]


def test_altered_plan_does_not_hide_the_others(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    first = planned(desk, lab)
    lab.advance(60)
    second = planned(desk, lab)

    alter(desk, "UPDATE plans SET body = 'x' WHERE id = :id", id=first.id)

    assert [one.plan.id for one in list_plans(desk.engine, now=desk.clock.now())] == [second.id]
    assert altered_plans(desk.engine) == [Altered(first.id, first.subject, begun=False)]
