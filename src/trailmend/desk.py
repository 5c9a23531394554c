"""Where accounts are changed: plans are made, applied and rolled back, one process at a time."""

from __future__ import annotations

import fcntl
import os
import pwd
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Engine

from trailmend import __version__
from trailmend.audit import AuditedJournal, AuditLog, verify
from trailmend.calls import Call, Client
from trailmend.changing.apply import apply, roll_back
from trailmend.changing.journal import Entry, Progress, ToldJournal
from trailmend.changing.memory import Memory
from trailmend.changing.rollbacks import check_rollback
from trailmend.changing.settle import Clock, Patience, Run
from trailmend.changing.sinks import AwsSink, FileSink, PlanSink
from trailmend.changing.undoing import Kind
from trailmend.counts import many
from trailmend.errors import Refused
from trailmend.guards import Guard, identify, make_guard
from trailmend.plan import Plan
from trailmend.planning.approvals import Person, check_approver, needs_asking, where_to_approve
from trailmend.planning.choosing import Choice
from trailmend.planning.decisions import Decision, find_decision
from trailmend.planning.exchange import ask, take_in
from trailmend.planning.kept import (
    DatabaseJournal,
    check_time,
    count_intents,
    load_plan,
    save_plan,
)
from trailmend.planning.making import OfStory, make_plan
from trailmend.settings import Settings


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
    """A workspace's database, an account, the settings, and how to wait.

    `tell` is told of each entry of the journal of a plan, once it is kept, and `say` what is
    waited for.
    """

    engine: Engine
    account: Account
    settings: Settings = field(default=Settings())
    clock: Clock = field(default=Clock())
    patience: Patience = field(default=Patience())
    tell: Callable[[Plan, Entry], None] = lambda plan, entry: None
    say: Callable[[str], None] = lambda _: None

    @property
    def folder(self) -> Path:
        """The workspace: the folder of the database."""
        return Path(str(self.engine.url.database)).parent

    @property
    def log(self) -> AuditLog:
        """The audit log of the workspace."""
        return AuditLog(self.folder, self.engine, self.clock.now)

    def sink(self, plan_id: str) -> PlanSink:
        """Give the place where the secrets of a plan are kept."""
        chosen = self.settings.secrets
        if chosen.sink == "secretsmanager":
            return PlanSink(AwsSink(self.account.writing(plan_id), chosen.prefix), plan_id)
        return PlanSink(FileSink(chosen.folder_in(self.folder)), plan_id)


def this_user() -> str:
    """Name the user of this process, as the system knows them; the environment may lie."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def plan_fix(
    desk: Desk,
    wanted: Sequence[Choice],
    story: OfStory | None = None,
    not_as: Sequence[str] = (),
) -> Plan:
    """Make a plan with reads only, and save it if it changes anything.

    The account is asked once for each thing: planning is one pass, and `apply` reads it again.
    `not_as` names whom the plan stops: who makes an administrator first must be somebody else.
    Raises Refused for more changes than the settings allow, and what `make_plan` raises.
    """
    client = Memory().over(desk.account)
    plan = make_plan(
        wanted,
        client,
        guard=make_guard(client, desk.settings.protected, desk.account.access_key_id, not_as),
        now=desk.clock.now(),
        asked_by=this_user(),
        story=story,
    )
    most = desk.settings.limits.changes_per_plan
    if len(plan.changes) > most:
        raise Refused(
            f"The plan would make {len(plan.changes)} changes, and {most} is the limit: plan its "
            "findings one by one, or raise [limits] in the settings."
        )
    if plan.changes:
        desk.log.add(
            "asked", user=plan.asked_by, arn=plan.made_by, plan_id=plan.id, plan_hash=plan.hash
        )
        save_plan(desk.engine, plan)
        if needs_asking(plan, desk.settings.approval):
            ask(Path(desk.settings.approval.folder), plan)
    return plan


def apply_plan(
    desk: Desk, plan_id: str, *, resume: bool = False, accept_irreversible: bool = False
) -> Progress:
    """Apply an approved plan, or go on with one that was begun (`resume`), and verify.

    Refused with nothing sent: a plan that was altered, made by another version, not approved,
    expired, begun before, or that takes a consent to what cannot be undone.
    Raises as `apply.apply` does.
    """
    with alone(desk.folder):
        run = _run(desk, plan_id)
        with _refusals(desk, run.plan):
            _check_may_apply(desk, run, resume=resume)
            if run.plan.irreversible and not accept_irreversible:
                raise Refused(
                    f"Not all of plan {plan_id} can be undone: {' '.join(run.plan.irreversible)} "
                    "Say --accept-irreversible if that is meant."
                )
            return apply(run)


def roll_back_plan(
    desk: Desk,
    plan_id: str,
    *,
    only: Iterable[int] | None = None,
    accept_revived_access: bool = False,
    accept_lost_logging: bool = False,
) -> Progress:
    """Undo what of a plan is in force, all of it or `only` some changes (from 0), and verify.

    Refused with nothing undone: what gives access back or stops the log, without the consent to
    it, or without the approval that the plan's level asks for.
    Raises as `apply.roll_back` does.
    """
    accepted: dict[Kind, bool] = {"access": accept_revived_access, "log": accept_lost_logging}
    consents = [kind for kind, given in accepted.items() if given]
    with alone(desk.folder):
        run = _run(desk, plan_id, in_time=False)
        runner = Person(this_user(), identify(desk.account).arn)

        def allow(chosen: frozenset[int]) -> None:
            _take_in(desk, run.plan)
            check_rollback(
                desk.engine,
                run.plan,
                run.progress,
                chosen,
                runner=runner,
                accepted=consents,
                now=desk.clock.now(),
                rules=desk.settings.approval,
            )
            desk.log.add(
                "rollback asked",
                user=runner.user,
                arn=runner.arn,
                plan_id=run.plan.id,
                plan_hash=run.plan.hash,
                details={"changes": [one + 1 for one in sorted(chosen)], "accepted": consents},
            )

        with _refusals(desk, run.plan):
            return roll_back(run, only, allow)


@contextmanager
def _refusals(desk: Desk, plan: Plan) -> Iterator[None]:
    """Tell the audit log of what was refused."""
    try:
        yield
    except Refused as error:
        desk.log.add(
            "refused",
            user=this_user(),
            plan_id=plan.id,
            plan_hash=plan.hash,
            details={"why": str(error)},
        )
        raise


def _run(desk: Desk, plan_id: str, *, in_time: bool = True) -> Run:
    plan = load_plan(desk.engine, plan_id)
    kept = DatabaseJournal(desk.engine, plan.id)
    audited = AuditedJournal(kept, desk.log, plan, this_user(), identify(desk.account).arn)
    memory = Memory()
    return Run(
        plan=plan,
        client=desk.account.writing(plan.id),
        journal=ToldJournal(audited, lambda entry: desk.tell(plan, entry)),
        guard=_guard(desk, memory, plan if in_time else None),
        sink=desk.sink(plan.id),
        clock=desk.clock,
        patience=desk.patience,
        memory=memory,
        say=desk.say,
    )


def _guard(desk: Desk, memory: Memory, plan: Plan | None) -> Guard:
    """Make the guard of the account, with the approval, the time and the kill switch behind it."""
    client = memory.over(desk.account)
    asked = make_guard(client, desk.settings.protected, desk.account.access_key_id)

    def guard(call: Call) -> None:
        asked(call)
        if plan is not None:
            _check_decision(desk, plan)
            check_time(plan, desk.clock.now())
            _check_pace(desk)
        _check_kill_switch(desk.folder / "STOP")

    return guard


def _check_pace(desk: Desk) -> None:
    """Refuse more changes within an hour than the settings allow; to undo is always allowed."""
    most = desk.settings.limits.changes_per_hour
    if count_intents(desk.engine, desk.clock.now() - timedelta(hours=1)) >= most:
        raise Refused(
            f"The limit of {many(most, 'change')} within an hour is reached: look at what "
            "was done (`trailmend status`), then wait, or raise [limits] in the settings."
        )


def _check_kill_switch(path: Path) -> None:
    """Refuse if the file is there, or if that cannot be told."""
    try:
        path.lstat()
    except FileNotFoundError:
        return
    except OSError as error:
        raise Refused(f"The kill switch {path} cannot be read ({error.strerror}).") from error
    raise Refused(f"The kill switch is on: delete {path} to let changes be made again.")


def _check_may_apply(desk: Desk, run: Run, *, resume: bool) -> None:
    plan, begun = run.plan, bool(run.journal.entries())
    if begun:
        _check_unfinished(run, resume=resume)
    if not plan.changes:
        raise Refused(f"Plan {plan.id} changes nothing: there is nothing to apply.")
    if plan.version != __version__:
        way = "go on with that version, or roll it back" if begun else "make a new plan"
        raise Refused(f"Plan {plan.id} is of version {plan.version}, this is {__version__}: {way}.")
    decision = _check_decision(desk, plan)
    if not run.progress.in_force and run.progress.open is None:
        check_approver(plan, decision.by, desk.settings.approval)
        check_time(plan, desk.clock.now())
        _check_log(desk)


def _check_unfinished(run: Run, *, resume: bool) -> None:
    """Refuse to apply a plan that is done, that was taken back, or that was begun unknowingly."""
    plan, progress, last = run.plan, run.progress, run.journal.entries()[-1].at
    when = f"{last:%F %T} UTC"
    if progress.began_to_undo and not progress.undoable and progress.open is None:
        raise Refused(f"Plan {plan.id} was rolled back ({when}): make a new plan.")
    if progress.began_to_undo:
        raise Refused(
            f"Plan {plan.id} is {progress.state} ({when}): take back the rest with `trailmend "
            f"rollback {plan.id}`, and make a new plan for what shall hold."
        )
    if resume:
        return
    if progress.state == "applied":
        raise Refused(
            f"Plan {plan.id} is applied and verified since {when}: nothing is left to do. "
            f"`trailmend status {plan.id}` tells of each change."
        )
    raise Refused(
        f"Plan {plan.id} was begun and is {progress.state} ({when}): `trailmend status {plan.id}` "
        f"tells where it stands, `trailmend apply --resume {plan.id}` goes on."
    )


def _check_log(desk: Desk) -> None:
    """Refuse to begin where the audit log does not tell the same as the workspace."""
    faults = verify(desk.folder, desk.engine).faults
    if faults:
        raise Refused(
            f"The audit log and the workspace do not agree: {faults[0].reason}. Look at it with "
            "`trailmend audit-log verify`; until then nothing is begun."
        )


def _check_decision(desk: Desk, plan: Plan) -> Decision:
    """Give the approval of a plan; refuse one that has none, or was rejected."""
    not_counted = _take_in(desk, plan)
    decision = find_decision(desk.engine, plan)
    if decision is None:
        where = where_to_approve(plan, desk.settings.approval)
        raise Refused(
            " ".join(
                [f"Plan {plan.id} is not approved: `trailmend approve {where}`.", *not_counted]
            )
        )
    if decision.verdict == "rejected":
        raise Refused(f"Plan {plan.id} was rejected by {decision.by.text}: make a new plan.")
    return decision


def _take_in(desk: Desk, plan: Plan) -> list[str]:
    """Keep the answers that others have put into the shared folder."""
    return take_in(desk.engine, plan, desk.settings.approval, desk.log, desk.clock.now())


@contextmanager
def alone(folder: Path) -> Iterator[None]:
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
