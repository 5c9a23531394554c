"""A2: an answer or a request that is lost, at each write of each fix: nothing is done twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.all_cases import CASES, REVERSIBLE, family_of
from tests.claims import Proved
from tests.test_crashes import Stage
from tests.worlds import Case, Wrapped, carry_out, effects, plain, snapshot, take_back
from trailmend.calls import Call, Client
from trailmend.changing.journal import Progress
from trailmend.changing.reads import is_read
from trailmend.desk import Desk
from trailmend.errors import LostAnswer, Stopped
from trailmend.lab import Fault, Lab
from trailmend.plan import Plan
from trailmend.planning.kept import plan_status

FAULTS = (Fault.LOST_ANSWER, Fault.LOST_REQUEST)


@dataclass
class Trouble:
    """Has the lab lose the write of that number, counted from 1."""

    lab: Lab
    kind: Fault
    at: int
    writes: int = 0

    def around(self, call: Call, client: Client) -> Mapping[str, Any]:
        if not is_read(call):
            self.writes += 1
            if self.writes == self.at:
                self.lab.fault(call.action, self.kind)
        return client(call)


def troubled(desk: Desk, trouble: Trouble) -> Desk:
    return replace(desk, account=Wrapped(desk.account, trouble.around))


def state(desk: Desk, plan: Plan) -> str:
    return plan_status(desk.engine, plan.id, now=desk.clock.now()).state


def go_on(desk: Desk, plan: Plan, act: Callable[[Desk], Progress], again: Callable[[], Any]) -> str:
    """Act; if that ends with a lost answer, act again.  Gives where the plan stands."""
    try:
        act(desk)
    except LostAnswer:
        again()
    except Stopped as error:  # a secret was lost with its answer: the change is taken back
        if "a secret with it" not in str(error):
            raise
    return state(desk, plan)


def check_apply(stage: Stage, kind: Fault) -> int:
    """Lose each write of an apply in turn, go on, and count the effects."""
    desk, plan = stage.enter()
    start = len(effects(stage.lab))
    carry_out(desk, plan.id)
    wanted, target = effects(stage.lab)[start:], snapshot(stage.lab)
    for at in range(1, len(plan.changes) + 1):
        desk, plan = stage.enter()
        before, start = snapshot(stage.lab), len(effects(stage.lab))
        poor = troubled(desk, Trouble(stage.lab, kind, at))
        ended = go_on(
            poor,
            plan,
            lambda one: carry_out(one, plan.id),  # noqa: B023
            lambda: carry_out(desk, plan.id, resume=True),  # noqa: B023
        )
        if ended == "rolled back":
            assert plan.changes[at - 1].keeps, at
            assert kind is Fault.LOST_ANSWER, at
            assert snapshot(stage.lab) == before, at
            continue
        assert ended == "applied", at
        assert effects(stage.lab)[start:] == wanted, at
        assert plain(snapshot(stage.lab)) == plain(target), at
    return len(plan.changes)


def check_roll_back(stage: Stage, kind: Fault) -> int:
    """Lose each write of a rollback in turn, go on, and count the effects."""
    desk, plan = stage.enter()
    carry_out(desk, plan.id)
    start = len(effects(stage.lab))
    take_back(desk, plan.id)
    wanted = effects(stage.lab)[start:]
    for at in range(1, len(wanted) + 1):
        desk, plan = stage.enter()
        before = snapshot(stage.lab)
        carry_out(desk, plan.id)
        start = len(effects(stage.lab))
        poor = troubled(desk, Trouble(stage.lab, kind, at))
        ended = go_on(
            poor,
            plan,
            lambda one: take_back(one, plan.id),  # noqa: B023
            lambda: take_back(desk, plan.id),  # noqa: B023
        )
        assert ended == "rolled back", at
        assert effects(stage.lab)[start:] == wanted, at
        assert snapshot(stage.lab) == before, at
    return len(wanted)


def check(case: Case, kind: Fault, lab: Lab, folder: Path) -> int:
    stage = Stage(lab, folder, case)
    count = check_apply(stage, kind)
    return count + (check_roll_back(stage, kind) if case in REVERSIBLE else 0)


def test_lost_answer_is_settled_at_each_write(lab: Lab, tmp_path: Path, proved: Proved) -> None:
    stage = Stage(lab, tmp_path, CASES["deleted SSH key that was inactive"])

    count = check_apply(stage, Fault.LOST_ANSWER)

    assert count == 2
    proved("A2", count, f"writes with {Fault.LOST_ANSWER}", "ssh_keys")


@pytest.mark.soak
@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("case", CASES.values(), ids=lambda case: case.name)
def test_nothing_is_done_twice_whatever_is_lost(
    case: Case, kind: Fault, lab: Lab, tmp_path: Path, proved: Proved
) -> None:
    count = check(case, kind, lab, tmp_path)

    assert count >= 1
    proved("A2", count, f"writes with {kind}", family_of(case))
