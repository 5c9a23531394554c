"""The fixes of console passwords by the engine: applied, rolled back, lost, crashed."""

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.slow import soak
from tests.test_crashes import Act, Fuse, boundaries, dies_at
from tests.worlds import (
    Case,
    approve,
    approved,
    desk_of,
    effects,
    plan_of,
    snapshot,
    take_back,
    writes,
)
from tests.worlds_login_profiles import (
    CASES,
    OLD,
    STOLEN,
    moment,
    suspected,
)
from trailmend.changing.journal import Progress
from trailmend.changing.settle import Patience
from trailmend.desk import Desk, apply_plan
from trailmend.errors import Refused, Stale
from trailmend.lab import Fault, Lab
from trailmend.plan import Plan
from trailmend.planning.kept import plan_status
from trailmend.remediations.login_profiles import (
    set_new_password,
)


def accepting(desk: Desk, plan_id: str) -> Progress:
    return apply_plan(desk, plan_id, accept_irreversible=True)


def going_on(desk: Desk, plan_id: str) -> Progress:
    return apply_plan(desk, plan_id, resume=True, accept_irreversible=True)


def bobs_own(lab: Lab) -> Any:
    """Sign bob in to the console, whatever his password."""
    return lab.client("iam", lab.sign_in("bob"))


# By the engine -----------------------------------------------------------------------------

each_case = pytest.mark.parametrize("case", CASES.values(), ids=lambda case: case.name)


def secrets_of(desk: Desk, plan: Plan) -> dict[str, bytes | None]:
    sink = desk.sink(plan.id)
    return {name: sink.recall(name) for name in plan.secrets}


@each_case
def test_fix_is_in_force_and_asks_for_nothing_more(case: Case, lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, case, lab)
    start = len(writes(lab))

    assert accepting(desk, plan.id).state == "applied"

    sent = [name for name, _ in writes(lab)[start:]]
    assert sent == [one.call.action.partition(":")[2] for one in plan.changes]
    assert plan_of(desk, case.fix, plan.facts).changes == ()


def test_deleted_password_is_not_updated_but_made(lab: Lab, tmp_path: Path) -> None:
    """An UpdateLoginProfile after a DeleteLoginProfile is NoSuchEntity."""
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, CASES["deleted password"], lab)
    start = len(writes(lab))

    assert accepting(desk, plan.id).state == "applied"
    assert [name for name, _ in writes(lab)[start:]] == ["CreateLoginProfile"]


@pytest.mark.parametrize("name", ["password that was replaced", "deleted password"])
def test_user_signs_in_with_the_password_of_the_sink_and_sets_their_own(
    name: str, lab: Lab, tmp_path: Path
) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, CASES[name], lab)
    accepting(desk, plan.id)

    password = (desk.sink(plan.id).recall("bob.password") or b"").decode()
    bob = bobs_own(lab)

    assert len(password) == 24
    for known in (OLD, STOLEN):
        with pytest.raises(bob.exceptions.ClientError, match="old password was incorrect"):
            bob.change_password(OldPassword=known, NewPassword="Bobs-newest-password-1")
    bob.change_password(OldPassword=password, NewPassword="Bobs-newest-password-1")
    assert plan_of(desk, CASES[name].fix, plan.facts).changes == ()


@each_case
def test_password_stands_in_no_file_but_the_sink(case: Case, lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, case, lab)
    accepting(desk, plan.id)

    made = {name: value for name, value in secrets_of(desk, plan).items() if value}
    creates = plan.changes[-1].call.name == "iam.create_login_profile"
    assert list(made) == ["bob.password"] * creates
    files = [one for one in tmp_path.iterdir() if one.is_file()]
    assert files
    for value in made.values():
        assert not any(value in one.read_bytes() for one in files)


@each_case
def test_rollback_brings_back_what_can_come_back(case: Case, lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, case, lab)
    before = snapshot(lab)
    accepting(desk, plan.id)

    state = take_back(desk, plan.id).state

    lost = case.fix is set_new_password
    if lost:
        before["users"]["bob"]["password"] = None
    assert state == ("partly rolled back" if lost else "rolled back")
    assert snapshot(lab) == before
    assert bool(plan_of(desk, case.fix, plan.facts).changes)


def test_rollback_of_a_taken_password_puts_another_into_the_sink(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, CASES["password of an intruder"], lab)
    accepting(desk, plan.id)
    assert secrets_of(desk, plan) == {"bob.password-after-rollback": None}

    take_back(desk, plan.id)

    (password,) = secrets_of(desk, plan).values()
    assert password is not None
    bobs_own(lab).change_password(OldPassword=password.decode(), NewPassword="Bobs-newest-pass-1")


def test_rollback_of_a_made_password_leaves_no_secret_behind(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, CASES["deleted password"], lab)
    accepting(desk, plan.id)

    take_back(desk, plan.id)

    assert secrets_of(desk, plan) == {"bob.password": None}


def test_what_is_lost_for_good_needs_consent(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, CASES["password that was replaced"], lab)

    with pytest.raises(Refused, match="leaves bob without console access"):
        apply_plan(desk, plan.id)


def test_password_that_somebody_made_meanwhile_makes_the_plan_stale(
    lab: Lab, tmp_path: Path
) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, CASES["deleted password"], lab)
    lab.client("iam").create_login_profile(UserName="bob", Password=OLD)
    start = len(writes(lab))

    with pytest.raises(Stale, match=r"iam\.get_login_profile"):
        accepting(desk, plan.id)
    assert len(writes(lab)) == start


@each_case
@pytest.mark.parametrize("fault", [Fault.LOST_ANSWER, soak(Fault.BUSY)])
def test_lost_answer_and_busy_user_end_in_the_same_state(
    fault: Fault, case: Case, lab: Lab, tmp_path: Path
) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, case, lab)
    start = len(effects(lab))
    for one in plan.changes:
        lab.fault(one.call.action, fault)

    assert accepting(desk, plan.id).state == "applied"

    assert effects(lab)[start:] == [one.call.action.partition(":")[2] for one in plan.changes]
    assert plan_of(desk, case.fix, plan.facts).changes == ()


def test_fix_without_an_event_is_verified_too(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    facts = Case("", set_new_password, suspected).facts(lab)
    facts = replace(facts, event_time="", asked_at=moment(lab))
    plan = approve(desk, plan_of(desk, set_new_password, facts))

    assert accepting(desk, plan.id).state == "applied"
    assert len(plan.changes) == 2


# Crashes -----------------------------------------------------------------------------------


@pytest.mark.soak
@pytest.mark.parametrize(
    "name",
    ["deleted password", "password that was replaced"],
)
def test_crash_around_a_write_makes_no_second_password(name: str, lab: Lab, tmp_path: Path) -> None:
    """The next process finishes, and the password that works is the one in the sink."""

    def enter(number: int) -> tuple[Desk, Plan]:
        lab.reset()
        desk = desk_of(lab, tmp_path / str(number), patience=Patience(agreeing=1, timeout=10))
        return desk, approved(desk, CASES[name], lab)

    desk, plan = enter(0)
    act: Act = accepting
    count = boundaries(desk, plan, act, near=True)
    assert count >= 5
    for at in range(1, count + 1):
        desk, plan = enter(at)
        start = len(effects(lab))
        dies_at(desk, plan, act, Fuse(at, near=True))

        going_on(desk, plan.id)

        assert plan_status(desk.engine, plan.id, now=desk.clock.now()).state == "applied", at
        assert len(effects(lab)) - start == len(plan.changes), at
        password = (desk.sink(plan.id).recall("bob.password") or b"").decode()
        bobs_own(lab).change_password(OldPassword=password, NewPassword="Bobs-newest-pass-1")
