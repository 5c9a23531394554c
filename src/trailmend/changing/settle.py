"""What the account shows of a plan: which changes are in force, read until it is steady.

The account is the only judge.  To know whether a change is in force, its remediation is asked
again: what it still proposes is not in force.  So a lost answer is settled by reading, never by
sending again, and a process that died anywhere is followed by one that reads first.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from msgspec import Struct

from trailmend.calls import Call, Client, ask, run_finder
from trailmend.changing.drift import differences
from trailmend.changing.journal import (
    Journal,
    Progress,
    Settled,
    answers_to_keep,
    filled,
    read_journal,
)
from trailmend.changing.memory import Memory
from trailmend.changing.secrets import Sink, discard_of
from trailmend.changing.shares import Share, shares_of, whole
from trailmend.counts import many
from trailmend.errors import (
    AwsError,
    CannotFix,
    LostAnswer,
    Refused,
    Stale,
    Throttled,
    Unreachable,
)
from trailmend.guards import Guard
from trailmend.plan import Plan, Proposal, find_finder, propose_parts

T = TypeVar("T")


class Patience(Struct, frozen=True, kw_only=True):
    """How long AWS may take, in seconds.

    IAM shows a change "after some time" and promises no figure (IAM User Guide, troubleshooting).
    So a state is believed when `agreeing` reads in a row, `interval` apart, show it, the first of
    them `first` after the write; after `timeout` it is not believed.  An entity that is busy
    (409) is tried again after `busy_first`, then twice that and so on up to `busy_most`, for
    `busy_timeout` in all: AWS speaks of some minutes.
    """

    first: float = 5
    interval: float = 5
    agreeing: int = 3
    timeout: float = 120
    busy_first: float = 15
    busy_most: float = 120
    busy_timeout: float = 900


@dataclass(frozen=True)
class Clock:
    """The time, and how to wait."""

    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Run:
    """A plan and what carries it out: a client that can write, asked only after the guard.

    The guard may share the `memory`: it is asked right after the account was read.  `say` is told
    what is waited for, where that takes long.
    """

    plan: Plan
    client: Client
    journal: Journal
    guard: Guard
    sink: Sink
    clock: Clock = field(default=Clock())
    patience: Patience = field(default=Patience())
    memory: Memory = field(default_factory=Memory)
    say: Callable[[str], None] = lambda _: None

    @property
    def progress(self) -> Progress:
        """What the journal tells at this moment."""
        return read_journal(self.plan, self.journal.entries())

    def propose(self, of: Sequence[Share] = ()) -> Proposal:
        """Plan again as the account is now, the whole or some; raises CannotFix, or as a read."""
        self.memory.forget()
        client = self.memory.over(self.client)
        parts = [part for share in of or whole(self.plan) for part in share.parts]
        return propose_parts(parts, lambda read: ask(client, read))

    def send(self, call: Call) -> Mapping[str, Any]:
        """Send a write; what was read before it counts no more."""
        self.memory.forget()
        return self.client(call)


def check_account(run: Run) -> None:
    """Refuse credentials of another account than the plan's."""
    account = run.client(Call("sts.get_caller_identity"))["Account"]
    if account != run.plan.account_id:
        raise Refused(
            f"Plan {run.plan.id} is of account {run.plan.account_id}, the credentials are of "
            f"{account}: choose the profile of the plan's account."
        )


def check_fresh(run: Run) -> None:
    """Plan again and compare all watched reads and changes; raises Stale with what differs."""
    try:
        differing = differences(run.plan, run.propose())
    except CannotFix as error:
        differing = [str(error)]
    if differing:
        raise Stale(
            f"Plan {run.plan.id} is stale, nothing was changed: {'; '.join(differing)}. "
            "Make a new plan."
        )


def propose_or_none(run: Run, of: Sequence[Share] = ()) -> Proposal | None:
    """Plan again; None where the account gives no answer, or not one that can be worked with."""
    try:
        return run.propose(of)
    except (CannotFix, Throttled, Unreachable):
        return None


def look(run: Run, progress: Progress, of: Sequence[Share] = ()) -> Proposal | None:
    """Plan again; give the proposal if it is all that is not in force, and nothing else.

    Looks at the whole plan, or at the shares `of` it that are named.
    """
    numbers = (number for share in of or whole(run.plan) for number in share.numbers)
    waiting = [_filled(progress, one) for one in numbers if one not in progress.in_force]
    proposal = propose_or_none(run, of)
    if proposal is None or [(one.call, one.undo) for one in proposal.changes] != waiting:
        return None
    return proposal


def _filled(progress: Progress, number: int) -> tuple[Call, Call | None]:
    change = progress.steps[number].change
    undo = change.undo and filled(progress, number, change.undo)
    return filled(progress, number, change.call), undo


def steady(run: Run, see: Callable[[], T | None], timeout: float | None = None) -> T | None:
    """Look until enough looks in a row see something, and give the last; None if time runs out."""
    patience, clock = run.patience, run.clock
    clock.sleep(patience.first)
    start, agreed = clock.monotonic(), 0
    while True:
        run.memory.forget()
        seen = see()
        agreed = agreed + 1 if seen is not None else 0
        if agreed >= patience.agreeing:
            return seen
        if clock.monotonic() - start >= (patience.timeout if timeout is None else timeout):
            return None
        clock.sleep(patience.interval)


def tell_reading(run: Run, what: str) -> None:
    """Say what is about to be read until it is steady."""
    patience = run.patience
    run.say(
        f"Reading whether {what}: {many(patience.agreeing, 'reading')} in a row must show it, "
        f"{patience.interval:g} s apart."
    )


def no_answer(run: Run) -> AwsError | None:
    """Give the error of an account that cannot be read now; None if it answers."""
    try:
        run.propose()
    except (Throttled, Unreachable) as error:
        return error
    except CannotFix:
        return None
    return None


def await_progress(run: Run, numbers: Iterable[int] | None = None) -> Proposal:
    """Wait until the account shows what the journal says: of all, or of the fixes of some changes.

    Raises Stale if it shows something else, and Unreachable if it shows nothing.
    """
    of = () if numbers is None else shares_of(run.plan, numbers)
    if numbers is None:
        tell_reading(run, f"the account is as plan {run.plan.id} left it")
    proposal = steady(run, lambda: look(run, run.progress, of))
    if proposal is None:
        _check_it_answers(run)
        raise Stale(
            f"The account is not as plan {run.plan.id} left it, and nothing more was changed: "
            "look at what was done to it since, and make a new plan."
        )
    return proposal


def _check_it_answers(run: Run) -> None:
    error = no_answer(run)
    if error is not None:
        raise Unreachable(
            f"{error} What stands of plan {run.plan.id} cannot be read, and nothing more was "
            "changed. Give the same command again once the account answers."
        ) from error


def settle_open(run: Run) -> None:
    """Find out by reading whether the call that was cut off has happened, and write it down.

    Waits for late visibility only as long as the call is young.
    Raises LostAnswer if the account is neither as before the call nor as after it, and Unreachable
    if it does not answer.
    """
    if run.progress.open is None:
        return
    number, undo = run.progress.open
    what = f"{'the undo of ' if undo else ''}change {number + 1}"
    tell_reading(run, f"{what} has happened, whose answer was not seen")
    age = (run.clock.now() - run.journal.entries()[-1].at).total_seconds()
    if has_happened(run, number, undo=undo, timeout=run.patience.timeout - max(age, 0)):
        return
    tell_reading(run, f"{what} has not happened")
    absent = Settled(at=run.clock.now(), step=number, undo=undo, happened=False, answers={})
    if steady(run, lambda: look(run, _as_if(run, absent))) is None:
        _check_it_answers(run)
        raise LostAnswer(
            f"It cannot be told whether change {number + 1} of plan {run.plan.id} has happened: "
            "the account is neither as before nor as planned. Look at it, and make a new plan."
        )
    discard_of(run.plan.changes[number], run.sink, undo=undo)
    run.journal.add(absent)


def has_happened(run: Run, number: int, *, undo: bool, timeout: float | None = None) -> bool:
    """See whether a call without an answer has happened; if so, write it down."""

    def see() -> Settled | None:
        answers = {} if undo else _recover(run, number)
        if answers is None:
            return None
        made = Settled(at=run.clock.now(), step=number, undo=undo, happened=True, answers=answers)
        return made if look(run, _as_if(run, made)) else None

    settled = steady(run, see, timeout)
    if settled is not None:
        if undo:
            discard_of(run.plan.changes[number], run.sink, undo=False)
        run.journal.add(settled)
    return settled is not None


def _as_if(run: Run, entry: Settled) -> Progress:
    return read_journal(run.plan, [*run.journal.entries(), entry])


def _recover(run: Run, number: int) -> dict[str, Any] | None:
    """Read what a lost answer said; None if the account does not show what was made."""
    change = run.plan.changes[number]
    if not change.recover:
        return {}
    made = filled(run.progress, number, change.call)
    try:
        found = run_finder(find_finder(change.recover)(made), run.memory.over(run.client))
    except (Throttled, Unreachable):
        return None
    return None if found is None else answers_to_keep(run.plan, number, found)
