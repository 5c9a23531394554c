"""Where accounts are changed: plans are made, applied and rolled back, one process at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Engine

from trailmend import __version__
from trailmend.apply import apply, roll_back
from trailmend.calls import Call, Client
from trailmend.errors import Refused
from trailmend.guards import Guard, make_guard
from trailmend.journal import Progress
from trailmend.plan import Facts, Plan, Remediation, make_plan
from trailmend.plans import DatabaseJournal, check_time, find_approval, load_plan, save_plan
from trailmend.settings import Protected
from trailmend.settle import Clock, Patience, Run


class Account(Protocol):
    """A client of an account that can read, and that gives one that can write."""

    @property
    def access_key_id(self) -> str:
        """The key that the calls are signed with."""

    def __call__(self, call: Call) -> Mapping[str, Any]:
        """Send a call that reads."""

    def writing(self, plan_id: str) -> Client:
        """Give a client that can write; its calls name the plan."""


@dataclass(frozen=True)
class Desk:
    """A workspace's database, an account, whom to protect, and how to wait."""

    engine: Engine
    account: Account
    protected: Protected
    clock: Clock = field(default=Clock())
    patience: Patience = field(default=Patience())

    @property
    def folder(self) -> Path:
        """The workspace: the folder of the database."""
        return Path(str(self.engine.url.database)).parent


def plan_fix(desk: Desk, fix: Remediation, facts: Facts, *, critical: bool = False) -> Plan:
    """Make a plan with reads only, and save it if it changes anything.

    Raises what `make_plan` raises.
    """
    account = desk.account
    guard = make_guard(account, desk.protected, account.access_key_id)
    plan = make_plan(fix, facts, account, guard=guard, now=desk.clock.now(), critical=critical)
    if plan.changes:
        save_plan(desk.engine, plan)
    return plan


def apply_plan(
    desk: Desk, plan_id: str, *, resume: bool = False, accept_irreversible: bool = False
) -> Progress:
    """Apply an approved plan, or go on with one that was begun (`resume`), and verify.

    Refused with nothing sent: a plan that was altered, made by another version, not approved,
    expired, begun before, or that takes a consent to what cannot be undone.
    Raises as `apply.apply` does.
    """
    with _alone(desk.folder):
        run = _run(desk, plan_id)
        _check_may_apply(desk, run, resume=resume)
        if run.plan.irreversible and not accept_irreversible:
            raise Refused(
                f"Not all of plan {plan_id} can be undone: {' '.join(run.plan.irreversible)} "
                "Say --accept-irreversible if that is meant."
            )
        return apply(run)


def roll_back_plan(desk: Desk, plan_id: str, *, only: Iterable[int] | None = None) -> Progress:
    """Undo what of a plan is in force, all of it or `only` some changes (from 0), and verify.

    Raises as `apply.roll_back` does.
    """
    with _alone(desk.folder):
        return roll_back(_run(desk, plan_id, in_time=False), only)


def _run(desk: Desk, plan_id: str, *, in_time: bool = True) -> Run:
    plan = load_plan(desk.engine, plan_id)
    return Run(
        plan=plan,
        client=desk.account.writing(plan.id),
        journal=DatabaseJournal(desk.engine, plan.id),
        guard=_guard(desk, plan if in_time else None),
        clock=desk.clock,
        patience=desk.patience,
    )


def _guard(desk: Desk, plan: Plan | None) -> Guard:
    """Make the guard of the account, with the plan's time and the kill switch behind it."""
    asked = make_guard(desk.account, desk.protected, desk.account.access_key_id)

    def guard(call: Call) -> None:
        asked(call)
        if plan is not None:
            check_time(plan, desk.clock.now())
        _check_kill_switch(desk.folder / "STOP")

    return guard


def _check_kill_switch(path: Path) -> None:
    """Refuse if the file is there, or if that cannot be told."""
    try:
        path.stat()
    except FileNotFoundError:
        return
    except OSError as error:
        raise Refused(f"The kill switch {path} cannot be read ({error.strerror}).") from error
    raise Refused(f"The kill switch is on: delete {path} to let changes be made again.")


def _check_may_apply(desk: Desk, run: Run, *, resume: bool) -> None:
    plan, begun = run.plan, bool(run.journal.entries())
    if begun and not resume:
        raise Refused(
            f"Plan {plan.id} was begun already: `trailmend status {plan.id}` tells where it "
            f"stands, `trailmend apply --resume {plan.id}` goes on."
        )
    if not plan.changes:
        raise Refused(f"Plan {plan.id} changes nothing: there is nothing to apply.")
    if plan.version != __version__:
        way = "go on with that version, or roll it back" if begun else "make a new plan"
        raise Refused(f"Plan {plan.id} is of version {plan.version}, this is {__version__}: {way}.")
    if find_approval(desk.engine, plan) is None:
        raise Refused(f"Plan {plan.id} is not approved: `trailmend approve {plan.id}`.")
    if not begun:
        check_time(plan, desk.clock.now())


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one process at a time change accounts from this workspace; the lock dies with it."""
    handle = os.open(folder / "apply.lock", os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Refused("Another apply or rollback runs in this workspace: wait.") from error
        yield
    finally:
        os.close(handle)
