"""A process that dies anywhere: the next one loses nothing and does nothing twice.

A crash is an exception that nothing catches, thrown at each boundary in turn: before and after
each call of AWS, before each commit of the journal, while waiting.  After a commit is before the
next of these.  Two tests kill a real process.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from sqlalchemy import event

from tests.all_cases import CASES, REVERSIBLE, family_of, first_of_its_fix
from tests.claims import Proved
from tests.worlds import (
    Case,
    Wrapped,
    account_of,
    approved,
    carry_out,
    desk_of,
    effects,
    plain,
    snapshot,
    take_back,
    writes,
)
from trailmend.audit import verify
from trailmend.aws import AwsClient
from trailmend.calls import Call, Client
from trailmend.changing.journal import Progress
from trailmend.changing.reads import is_read
from trailmend.changing.settle import Clock, Patience
from trailmend.desk import Desk, apply_plan
from trailmend.errors import Refused, Stopped
from trailmend.lab import Lab
from trailmend.plan import Plan
from trailmend.planning.kept import plan_status

QUICK = ("active key", "weak policy", "deleted SSH key that was inactive")
Act = Callable[[Desk, str], Progress]


class Crash(BaseException):
    """The process is gone."""


@dataclass(eq=False)
class Fuse:
    """Counts the boundaries that a run passes, and burns through at one of them.

    `near` counts only those around writes: the commits, and the calls that change something.
    """

    at: int = 0
    near: bool = False
    passed: int = 0

    def __call__(self, *_: Any) -> None:
        self.passed += 1
        if self.passed == self.at:
            raise Crash

    def around(self, call: Call, client: Client) -> Mapping[str, Any]:
        if self.near and is_read(call):
            return client(call)
        self()
        answer = client(call)
        self()
        return answer

    def sleep(self, clock: Clock) -> Callable[[float], None]:
        def sleep(seconds: float) -> None:
            if not self.near:
                self()
            clock.sleep(seconds)

        return sleep


@contextmanager
def fused(desk: Desk, fuse: Fuse) -> Iterator[Desk]:
    """Give the desk of a process that dies where the fuse burns through."""
    event.listen(desk.engine, "commit", fuse)
    clock = replace(desk.clock, sleep=fuse.sleep(desk.clock))
    try:
        yield replace(desk, account=Wrapped(desk.account, fuse.around), clock=clock)
    finally:
        event.remove(desk.engine, "commit", fuse)


def resume(desk: Desk, plan_id: str) -> Progress:
    return carry_out(desk, plan_id, resume=True)


def boundaries(desk: Desk, plan: Plan, act: Act, *, near: bool) -> int:
    fuse = Fuse(near=near)
    with fused(desk, fuse) as watched:
        act(watched, plan.id)
    return fuse.passed


def dies_at(desk: Desk, plan: Plan, act: Act, fuse: Fuse) -> None:
    with fused(desk, fuse) as mortal, pytest.raises(Crash):
        act(mortal, plan.id)


def state(desk: Desk, plan: Plan) -> str:
    """Tell where a plan stands; the audit log must tell of all that led there."""
    assert verify(desk.folder, desk.engine).faults == ()
    return plan_status(desk.engine, plan.id, now=desk.clock.now()).state


@dataclass
class Stage:
    """A lab in which the same account is made again and again."""

    lab: Lab
    folder: Path
    case: Case
    number: int = 0
    account: AwsClient = field(init=False)

    def __post_init__(self) -> None:
        self.account = account_of(self.lab)

    def enter(self) -> tuple[Desk, Plan]:
        self.lab.reset()
        self.number += 1
        at_once = Patience(agreeing=1, timeout=10)
        desk = desk_of(self.lab, self.folder / str(self.number), self.account, patience=at_once)
        return desk, approved(desk, self.case, self.lab)


def check_apply_then_resume(stage: Stage, *, near: bool) -> int:
    """Crash at every boundary of an apply, resume, and count the effects."""
    desk, plan = stage.enter()
    start = len(effects(stage.lab))
    count = boundaries(desk, plan, carry_out, near=near)
    wanted, target = effects(stage.lab)[start:], snapshot(stage.lab)
    for at in range(1, count + 1):
        desk, plan = stage.enter()
        start = len(effects(stage.lab))
        dies_at(desk, plan, carry_out, Fuse(at, near))
        try:
            resume(desk, plan.id)
        except Stopped as error:  # a secret was lost with its answer: the change is taken back
            if "a secret with it" not in str(error):
                raise
            assert state(desk, plan) == "rolled back", at
            continue
        assert state(desk, plan) == "applied", at
        assert effects(stage.lab)[start:] == wanted, at
        assert plain(snapshot(stage.lab)) == plain(target), at
    return count


def check_apply_then_roll_back(stage: Stage, *, near: bool) -> int:
    """Crash at every boundary of an apply, then roll back what of it has happened."""
    desk, plan = stage.enter()
    count = boundaries(desk, plan, carry_out, near=near)
    for at in range(1, count + 1):
        desk, plan = stage.enter()
        before = snapshot(stage.lab)
        dies_at(desk, plan, carry_out, Fuse(at, near))
        if state(desk, plan) == "approved":
            with pytest.raises(Refused, match="nothing to roll back"):
                take_back(desk, plan.id)
        else:
            assert _rolled_back_or_nothing(desk, plan), at
            assert state(desk, plan), at
        assert snapshot(stage.lab) == before, at
    return count


def _rolled_back_or_nothing(desk: Desk, plan: Plan) -> bool:
    """Roll back; True if what the crash left is undone, or if it turns out to have left nothing."""
    try:
        return take_back(desk, plan.id).state == "rolled back"
    except Refused:
        progress = plan_status(desk.engine, plan.id, now=desk.clock.now()).progress
        return {one.state for one in progress.steps} == {"planned"}


def check_roll_back_again(stage: Stage, *, near: bool) -> int:
    """Crash at every boundary of a rollback, roll back again, and count the effects."""
    desk, plan = stage.enter()
    carry_out(desk, plan.id)
    start = len(effects(stage.lab))
    count = boundaries(desk, plan, take_back, near=near)
    wanted = effects(stage.lab)[start:]
    for at in range(1, count + 1):
        desk, plan = stage.enter()
        before = snapshot(stage.lab)
        carry_out(desk, plan.id)
        start = len(effects(stage.lab))
        dies_at(desk, plan, take_back, Fuse(at, near))
        take_back(desk, plan.id)
        assert state(desk, plan) == "rolled back", at
        assert effects(stage.lab)[start:] == wanted, at
        assert snapshot(stage.lab) == before, at
    return count


CHECKS = (check_apply_then_resume, check_apply_then_roll_back, check_roll_back_again)


@pytest.mark.soak
@pytest.mark.parametrize(
    ("name", "check"),
    [
        ("active key", check_apply_then_roll_back),
        ("active key", check_apply_then_resume),
        ("weak policy", check_roll_back_again),
        *((QUICK[-1], check) for check in CHECKS),
    ],
)
def test_crash_around_a_write_loses_nothing_and_does_nothing_twice(
    name: str, check: Callable[..., int], lab: Lab, tmp_path: Path, proved: Proved
) -> None:
    count = check(Stage(lab, tmp_path, CASES[name]), near=True)

    assert count >= 5
    proved("A1", count, "crash points around writes", family_of(CASES[name]))


@pytest.mark.soak
@pytest.mark.parametrize(
    ("name", "check"),
    [
        pytest.param(case.name, check, marks=() if first_of_its_fix(case) else pytest.mark.long)
        for case in CASES.values()
        for check in (CHECKS if case in REVERSIBLE else CHECKS[:1])
    ],
)
def test_crash_anywhere_loses_nothing_and_does_nothing_twice(
    name: str, check: Callable[..., int], lab: Lab, tmp_path: Path, proved: Proved
) -> None:
    count = check(Stage(lab, tmp_path, CASES[name]), near=False)

    assert count >= 10
    proved("A1", count, "crash points", family_of(CASES[name]))


@pytest.mark.soak
@pytest.mark.parametrize("name", QUICK)
def test_crash_after_a_crash_loses_nothing_and_does_nothing_twice(
    name: str, lab: Lab, tmp_path: Path, proved: Proved
) -> None:
    stage = Stage(lab, tmp_path, CASES[name])
    desk, plan = stage.enter()
    count = boundaries(desk, plan, carry_out, near=True)
    wanted = len(plan.changes)
    for first in range(1, count + 1):
        for second in range(1, count + 1):
            desk, plan = stage.enter()
            start = len(effects(lab))
            dies_at(desk, plan, carry_out, Fuse(first, near=True))
            with fused(desk, Fuse(second, near=True)) as mortal:
                try:
                    resume(mortal, plan.id)
                except Crash:
                    resume(desk, plan.id)
            assert state(desk, plan) == "applied", (first, second)
            assert len(effects(lab)) - start == wanted, (first, second)
    proved("A1", count * count, "pairs of crash points", family_of(CASES[name]))


# Real processes ----------------------------------------------------------------------------

MORTAL = """
import sys
from tests.test_crashes import live_and_die
live_and_die(*sys.argv[1:])
"""


def live_and_die(folder: str, plan_id: str, endpoint: str, key: str, dies: str) -> None:
    """Apply a plan, and kill this very process right before or right after the write is sent."""

    def around(call: Call, client: Client) -> Mapping[str, Any]:
        if is_read(call):
            return client(call)
        if dies == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        client(call)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("still alive")

    session = boto3.Session(
        aws_access_key_id=key, aws_secret_access_key="x", region_name="us-east-1"
    )
    from trailmend.database import open_database

    account = Wrapped(AwsClient(session, endpoint), around)
    patience = Patience(first=0, interval=0, agreeing=1)
    desk = Desk(open_database(Path(folder)), account, patience=patience)
    apply_plan(desk, plan_id)


@pytest.mark.parametrize(
    ("dies", "sent"), [pytest.param("before", 0, marks=pytest.mark.soak), ("after", 1)]
)
def test_killed_process_is_followed_by_one_that_does_nothing_twice(
    dies: str, sent: int, lab: Lab, tmp_path: Path
) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, CASES["deleted SSH key that was inactive"], lab)
    start = len(writes(lab))
    root = Path(__file__).parent.parent

    words = (str(tmp_path), plan.id, lab.endpoint_url, lab.administrator.access_key_id, dies)
    killed = subprocess.run(
        [sys.executable, "-c", MORTAL, *words],
        cwd=root,
        timeout=60,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert len(writes(lab)) - start == sent
    assert state(desk, plan) == "interrupted"

    assert apply_plan(desk_of(lab, tmp_path), plan.id, resume=True).state == "applied"

    assert [name for name, _ in writes(lab)[start:]] == ["UploadSSHPublicKey", "UpdateSSHPublicKey"]


def test_fuse_burns_at_the_boundary_that_it_is_told(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, CASES["weak policy"], lab)
    fuse = Fuse(1)

    dies_at(desk, plan, carry_out, fuse)

    assert fuse.passed == 1
    assert state(desk, plan) == "approved"
