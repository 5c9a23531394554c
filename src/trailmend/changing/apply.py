"""Carry out a plan, and take it back: journal, send once, settle what was lost, verify."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from trailmend.calls import Call, answers_in
from trailmend.changing.drift import differences
from trailmend.changing.journal import (
    Declined,
    Done,
    Intent,
    Left,
    Lost,
    Progress,
    Settled,
    answers_to_keep,
    filled,
    keeps_evidence,
)
from trailmend.changing.secrets import (
    check_untaken,
    discard_of,
    hiding,
    keep_answer,
    lost_with_answer,
    with_secrets,
)
from trailmend.changing.settle import (
    Patience,
    Run,
    await_progress,
    check_account,
    check_fresh,
    has_happened,
    look,
    no_answer,
    propose_or_none,
    settle_open,
    steady,
    tell_reading,
)
from trailmend.changing.undoing import choose
from trailmend.errors import (
    AwsError,
    Busy,
    CannotFix,
    CannotKeep,
    LostAnswer,
    NotFound,
    Refused,
    Stale,
    Stopped,
    Throttled,
    TrailmendError,
    Unverified,
)
from trailmend.plan import Proposal

_STAYS = "What is in it is evidence: it stays, and what is in it. Later, decide by hand."


def apply(run: Run) -> Progress:
    """Make the changes that are not in force yet, and verify; also goes on where one ended.

    Raises Stale if the account is not what the plan saw, and Refused where a promise forbids it:
    then nothing was sent.  Raises Unverified, LostAnswer, Stopped or the error of a call if it
    ends otherwise than verified; then `apply` goes on, or `roll_back` takes back.
    """
    check_account(run)
    if run.progress.began_to_undo:
        raise Refused(f"Plan {run.plan.id} is {run.progress.state}: make a new plan.")
    if run.plan.secrets:
        run.sink.prove()
    if not run.journal.entries():
        check_untaken(run.plan, run.sink)
    settle_open(run)
    _check_secrets(run)
    last = None
    for number, step in enumerate(run.progress.steps):
        if step.state == "planned":
            _send(run, number, last, undo=False)
            _check_secrets(run)
            last = number
    return _verify_applied(run)


def roll_back(
    run: Run,
    only: Iterable[int] | None = None,
    allow: Callable[[frozenset[int]], None] = lambda _: None,
) -> Progress:
    """Undo the changes that are in force, the last one first; `only` chooses by number from 0.

    `allow` is asked about the changes before the first is undone, and raises Refused.  A change
    without an undo stays in force; if `only` names it, that is Refused.  What others have undone
    counts as undone.  Raises Stale if the account is otherwise no longer as it was left; then
    nothing was sent.
    """
    check_account(run)
    settle_open(run)
    chosen = choose(run.plan, run.progress, only)
    allow(chosen)
    last = None
    for number in sorted(chosen & run.progress.in_force, reverse=True):
        _send(run, number, last, undo=True)
        last = number
    return _verify_rolled_back(run)


def _verify_applied(run: Run) -> Progress:
    tell_reading(run, f"the account shows all of plan {run.plan.id}")
    proposal = steady(run, lambda: look(run, run.progress))
    if proposal is None:
        raise Unverified(
            f"The changes of plan {run.plan.id} were made, and {_not_shown(run)}. "
            + _go_on(run, undo=False)
        )
    run.journal.add(Left(at=run.clock.now(), reads=proposal.reads))
    return run.progress


def _not_shown(run: Run) -> str:
    """Say why a change is not verified: the account cannot be read, or shows something else."""
    try:
        run.propose()
    except (AwsError, CannotFix) as error:
        return f"the account does not tell whether they hold: {error}"
    return "the account does not show them"


def _check_secrets(run: Run) -> None:
    """Take back a change whose answer was lost with a secret in it: nobody will ever know that."""
    for number in sorted(run.progress.in_force):
        change = run.plan.changes[number]
        if lost_with_answer(change, run.sink):
            roll_back(run, [number])
            raise Stopped(
                f"The answer to change {number + 1} of plan {run.plan.id} was lost, and a secret "
                "with it. The change was taken back: make a new plan."
            )


# Sending -----------------------------------------------------------------------------------


def _send(run: Run, number: int, last: int | None, *, undo: bool) -> None:
    """Send a change or its undo once; again only if AWS says that it did nothing but be busy.

    `last` is the change that was sent before it; None if nothing was, since the whole was checked.
    """
    waits = _waits(run.patience)
    while True:
        try:
            return _check_and_send(run, number, last, undo=undo)
        except (Busy, Throttled) as error:
            wait = next(waits, None)
            if wait is None:
                raise _stopped(run, number, error, undo=undo) from error
            run.clock.sleep(wait)
        except LostAnswer as error:
            if not has_happened(run, number, undo=undo):
                shown = "does not show the change" if no_answer(run) is None else "cannot be read"
                raise LostAnswer(
                    f"{error} The account {shown}, and the call was not sent again. "
                    + _go_on(run, undo=undo)
                ) from error
            return None
        except TrailmendError as error:
            told = _stopped(run, number, error, undo=undo)
            if told is error:
                raise
            raise told from error


def _check_and_send(run: Run, number: int, last: int | None, *, undo: bool) -> None:
    """Read that the account is as expected, ask the guard, and send.

    The whole plan is read before the first change and after the last.  Between two changes the
    account is read that they are about: a plan of 30 would else be read 90 times, which AWS
    throttles.
    """
    about = None if last is None else (last, number)
    if undo:
        _check_as_left(run, about)
        if number not in run.progress.in_force:
            return
    elif run.progress.in_force:
        await_progress(run, about)
    else:
        check_fresh(run)
        for change in run.plan.changes[number + 1 :]:  # what cannot be made whole is not begun
            run.guard(change.call)
        run.memory.forget()
    call, takes_back = _calls(run, number, undo=undo)
    run.guard(call)
    _send_once(run, number, call, takes_back, undo)


def _waits(patience: Patience) -> Iterator[float]:
    wait, total = patience.busy_first, 0.0
    while total < patience.busy_timeout:
        yield wait
        total += wait
        wait = min(2 * wait, patience.busy_most)


def _send_once(run: Run, number: int, call: Call, takes_back: Call | None, undo: bool) -> None:
    """Write the intent, send, write what became of it; raises the error of the call."""
    add, now = run.journal.add, run.clock.now
    change = run.plan.changes[number]
    add(Intent(at=now(), step=number, undo=undo, call=call, takes_back=takes_back))
    try:
        answer = _answer(run, call)
    except LostAnswer as error:
        sent = error.request_id
        add(Lost(at=now(), step=number, undo=undo, message=str(error), request_id=sent))
        raise
    except TrailmendError as error:
        gone = undo and isinstance(error, NotFound) and _removes(call)
        stays = isinstance(error, AwsError) and keeps_evidence(change, undo, error.code)
        discard_of(change, run.sink, undo=undo and not gone)
        add(_declined(now(), number, undo, error, _STAYS if stays else ""))
        if stays:
            return
        if not gone:
            raise
        add(Settled(at=now(), step=number, undo=undo, happened=True, answers={}))
    else:
        if undo:
            discard_of(change, run.sink, undo=False)
        else:
            _keep(run, number, answer)
        sent = answer.get("ResponseMetadata", {}).get("RequestId", "")
        kept = {} if undo else answers_to_keep(run.plan, number, answer)
        add(Done(at=now(), step=number, undo=undo, request_id=sent, answers=kept))


def _answer(run: Run, call: Call) -> Mapping[str, Any]:
    """Send a call with its secrets in it; no error repeats them."""
    sent, values = with_secrets(call, run.sink, run.clock.now())
    with hiding(values):
        return run.send(sent)


def _keep(run: Run, number: int, answer: Mapping[str, Any]) -> None:
    """Keep the secrets of an answer; if that fails the change stands, and nobody can use it."""
    try:
        keep_answer(run.plan.changes[number], answer, run.sink)
    except CannotKeep as error:
        raise Stopped(
            f"{error} Change {number + 1} of plan {run.plan.id} was made, and a secret of its "
            f"answer is lost. Take it back with `trailmend rollback {run.plan.id}`."
        ) from error


def _declined(
    at: datetime, number: int, undo: bool, error: TrailmendError, more: str = ""
) -> Declined:
    code, request_id = (error.code, error.request_id) if isinstance(error, AwsError) else ("", "")
    return Declined(
        at=at,
        step=number,
        undo=undo,
        code=code,
        message=f"{error} {more}".rstrip(),
        request_id=request_id,
    )


def _calls(run: Run, number: int, *, undo: bool) -> tuple[Call, Call | None]:
    """Give the call to send and what takes it back, with all that is known put in."""
    progress = run.progress
    change = run.plan.changes[number]
    takes_back = change.undo and filled(progress, number, change.undo)
    call = takes_back if undo else filled(progress, number, change.call)
    if call is None or answers_in(call):
        raise Refused(f"Change {number + 1} of plan {run.plan.id} lacks what its call needs.")
    return call, None if undo else takes_back


def _removes(call: Call) -> bool:
    return call.name.partition(".")[2].startswith(("delete_", "detach_", "remove_"))


def _stopped(run: Run, number: int, error: TrailmendError, *, undo: bool) -> TrailmendError:
    """Tell what stands, if the call that failed was not the first of its direction."""
    progress = run.progress
    if not (progress.began_to_undo if undo else progress.in_force):
        return error
    made = ", ".join(str(one + 1) for one in sorted(progress.in_force)) or "none"
    return Stopped(
        f"{error} Stopped at change {number + 1} of {len(run.plan.changes)}; in force: {made}. "
        + _go_on(run, undo=undo)
    )


def _go_on(run: Run, *, undo: bool) -> str:
    if undo:
        return f"Go on with `trailmend rollback {run.plan.id}`."
    return (
        f"Go on with `trailmend apply --resume {run.plan.id}`, "
        f"or take back with `trailmend rollback {run.plan.id}`."
    )


# Taking back -------------------------------------------------------------------------------


def _check_as_left(run: Run, about: Iterable[int] | None) -> None:
    """Refuse to undo in an account that somebody has changed since; what they undid is undone.

    The whole is checked, or what some changes are `about` where it was checked before them.
    """
    progress = run.progress
    if progress.left is None:
        reads = await_progress(run, about).reads
        if about is None:
            run.journal.add(Left(at=run.clock.now(), reads=reads))
        return
    proposal = propose_or_none(run)
    now = Proposal(proposal.reads if proposal else (), ())
    differing = differences(Proposal(progress.left, ()), now)
    if proposal and differing and not differences(run.plan, proposal):
        for number in progress.in_force:
            discard_of(run.plan.changes[number], run.sink, undo=False)
            run.journal.add(
                Settled(at=run.clock.now(), step=number, undo=True, happened=True, answers={})
            )
    elif differing:
        raise Stale(
            f"The account is no longer as plan {run.plan.id} left it, nothing was rolled back: "
            f"{'; '.join(differing)}. Decide by hand, or make a new plan."
        )


def _verify_rolled_back(run: Run) -> Progress:
    """Wait until the account shows it: as before the plan, or with what is still in force."""
    progress = run.progress

    def see() -> Proposal | None:
        if progress.in_force:
            return look(run, progress)
        proposal = propose_or_none(run)
        return None if proposal is None or differences(run.plan, proposal) else proposal

    tell_reading(run, f"the account shows what of plan {run.plan.id} was taken back")
    proposal = steady(run, see)
    if proposal is None:
        now = propose_or_none(run)
        differing = differences(run.plan, now) if now else ["the fix no longer applies"]
        raise Unverified(
            f"Plan {run.plan.id} was rolled back, and the account is not as it was before: "
            f"{'; '.join(differing)}. Look at it, or try `trailmend rollback {run.plan.id}` again."
        )
    run.journal.add(Left(at=run.clock.now(), reads=proposal.reads))
    return run.progress
