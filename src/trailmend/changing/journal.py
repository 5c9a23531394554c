"""The journal of a plan that is applied, and what it tells: which change is in force.

An intent is on disk before its call is sent, with the call that takes it back.  What became of
the call is on disk before the next one.  An intent that is not followed by its end was cut off:
the call may have been sent or not, and only the account can tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from msgspec import Struct
from msgspec.structs import replace

from trailmend.calls import Call, Change, answers_in, fill, pick_answer
from trailmend.plan import Plan, Seen

State = Literal["planned", "sent", "done", "undo sent", "undone", "kept"]
_EVIDENCE = {"s3.delete_bucket": "BucketNotEmpty"}
"""Undos that AWS refuses where evidence would be lost, and how: log files are never deleted."""


class _Line(Struct, frozen=True, kw_only=True):
    """What all lines have: the time, the number of the change from 0, and do or undo."""

    at: datetime
    step: int
    undo: bool


class Intent(_Line, frozen=True, kw_only=True, tag=str.lower, tag_field="kind"):
    """The call is about to be sent; `takes_back` undoes it."""

    call: Call
    takes_back: Call | None


class Done(_Line, frozen=True, kw_only=True, tag=str.lower, tag_field="kind"):
    """AWS answered yes; `answers` keeps what later calls need of the answer, by its path."""

    request_id: str
    answers: dict[str, Any]


class Declined(_Line, frozen=True, kw_only=True, tag=str.lower, tag_field="kind"):
    """The call had no effect: AWS answered no, or it was never sent."""

    code: str
    message: str
    request_id: str


class Lost(_Line, frozen=True, kw_only=True, tag=str.lower, tag_field="kind"):
    """No answer came: the call may have had its effect."""

    message: str
    request_id: str


class Settled(_Line, frozen=True, kw_only=True, tag=str.lower, tag_field="kind"):
    """The account was read: the call had its effect, or it had none."""

    happened: bool
    answers: dict[str, Any]


class Left(Struct, frozen=True, kw_only=True, tag=str.lower, tag_field="kind"):
    """The account was verified, and this is how it was left."""

    at: datetime
    reads: tuple[Seen, ...]


Entry = Intent | Done | Declined | Lost | Settled | Left


class Journal(Protocol):
    """Where entries are kept; an entry is on disk when `add` returns."""

    def add(self, entry: Entry) -> None:
        """Keep an entry."""

    def entries(self) -> Sequence[Entry]:
        """Give all entries, oldest first."""


@dataclass(frozen=True)
class ToldJournal:
    """A journal of which each entry is told to people once it is kept."""

    journal: Journal
    tell: Callable[[Entry], None]

    def add(self, entry: Entry) -> None:
        """Keep an entry, then tell it."""
        self.journal.add(entry)
        self.tell(entry)

    def entries(self) -> Sequence[Entry]:
        """Give all entries, oldest first."""
        return self.journal.entries()


class Step(Struct, frozen=True, kw_only=True):
    """A change of the plan, and what became of it."""

    change: Change
    state: State = "planned"
    answers: dict[str, Any] = {}
    request_ids: tuple[str, ...] = ()
    message: str = ""


class Progress(Struct, frozen=True, kw_only=True):
    """What the journal tells; `left` is the account as it was last verified, None since a write."""

    steps: tuple[Step, ...]
    left: tuple[Seen, ...] | None = None

    @property
    def in_force(self) -> frozenset[int]:
        """The numbers of the changes that are made and not undone."""
        return frozenset(
            n for n, one in enumerate(self.steps) if one.state in ("done", "undo sent", "kept")
        )

    @property
    def kept(self) -> frozenset[int]:
        """The numbers of the changes that stay because to undo them would destroy evidence."""
        return frozenset(n for n, one in enumerate(self.steps) if one.state == "kept")

    @property
    def undoable(self) -> frozenset[int]:
        """The numbers of the changes in force that a rollback can still take back."""
        return frozenset(n for n in self.in_force - self.kept if self.steps[n].change.undo)

    @property
    def open(self) -> tuple[int, bool] | None:
        """The change of which only the account can tell, and whether its undo is meant."""
        for number, one in enumerate(self.steps):
            if one.state in ("sent", "undo sent"):
                return number, one.state == "undo sent"
        return None

    @property
    def began_to_undo(self) -> bool:
        """Whether a rollback was begun."""
        return any(one.state in ("undone", "undo sent", "kept") for one in self.steps)

    @property
    def state(self) -> str:
        """The whole in a word or two."""
        states = {one.state for one in self.steps}
        if states <= {"planned"}:
            return "stopped" if any(one.message for one in self.steps) else "not begun"
        if self.open or (self.left is None and "planned" in states):
            return "interrupted"
        if not self.in_force:
            return "rolled back" if self.left is not None else "rolled back, not verified"
        word = "partly rolled back" if self.began_to_undo else "applied"
        if self.in_force == self.kept:
            word = "rolled back, evidence kept"
        return word if self.left is not None else f"{word}, not verified"

    def known(self, number: int) -> dict[tuple[str, str], Any]:
        """Give the answers known to a change, by call and path; its own under an empty name."""
        return {
            (one.change.call.name if place < number else "", path): value
            for place, one in enumerate(self.steps[: number + 1])
            if place in self.in_force
            for path, value in one.answers.items()
        }


def read_journal(plan: Plan, entries: Iterable[Entry]) -> Progress:
    """Fold the entries, oldest first, into what became of each change."""
    steps = [Step(change=one) for one in plan.changes]
    left = before = None
    for entry in entries:
        if isinstance(entry, Left):
            left = entry.reads
            continue
        steps[entry.step] = _next(steps[entry.step], entry)
        if isinstance(entry, Intent):
            left, before = None, left
        elif isinstance(entry, Declined) or (isinstance(entry, Settled) and not entry.happened):
            left = before
    return Progress(steps=tuple(steps), left=left)


def keeps_evidence(change: Change, undo: bool, code: str) -> bool:
    """Tell whether AWS refused an undo because evidence would be lost: then the change stays."""
    return undo and change.undo is not None and _EVIDENCE.get(change.undo.name) == code


def _next(step: Step, entry: _Line) -> Step:
    match entry:
        case Intent():
            return replace(step, state="undo sent" if entry.undo else "sent", message="")
        case Done(request_id=request_id, answers=answers):
            return _made(_heard(step, request_id, ""), entry, answers)
        case Settled(happened=True, answers=answers):
            return _made(step, entry, answers)
        case Settled():
            return _not_made(step, entry)
        case Declined(request_id=request_id, message=message, code=code) if keeps_evidence(
            step.change, entry.undo, code
        ):
            return replace(_heard(step, request_id, message), state="kept")
        case Declined(request_id=request_id, message=message):
            return _not_made(_heard(step, request_id, message), entry)
        case Lost(request_id=request_id, message=message):
            return _heard(step, request_id, message)
        case _:
            raise TypeError(f"no line of a journal: {entry!r}")


def _heard(step: Step, request_id: str, message: str) -> Step:
    ids = (*step.request_ids, request_id) if request_id else step.request_ids
    return replace(step, request_ids=ids, message=message)


def _made(step: Step, entry: _Line, answers: dict[str, Any]) -> Step:
    if entry.undo:
        return replace(step, state="undone")
    return replace(step, state="done", answers=answers)


def _not_made(step: Step, entry: _Line) -> Step:
    return replace(step, state="done" if entry.undo else "planned")


def answers_to_keep(plan: Plan, number: int, answer: Mapping[str, Any]) -> dict[str, Any]:
    """Pick from a change's answer what its undo and later changes need, and nothing else."""
    own = [one.pick for one in answers_in(plan.changes[number].undo) if not one.of]
    name = plan.changes[number].call.name
    later = [
        one.pick
        for change in plan.changes[number + 1 :]
        for one in answers_in(change.call, change.undo)
        if one.of == name
    ]
    return {path: pick_answer(answer, path) for path in (*own, *later)}


def filled(progress: Progress, number: int, call: Call) -> Call:
    """Put what is known into a call of a change, or of its undo."""
    known = progress.known(number)
    return fill(call, lambda answer: known.get((answer.of, answer.pick)))
