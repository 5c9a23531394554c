"""A remediation asks and proposes; a plan keeps what it asked, what it was told and proposed.

Nothing here changes an account: `propose` drives a remediation with reads only.
To ask the same again and compare is how a stale plan is found, a lost answer settled and a
change verified.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, cached_property
from typing import Any, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from trailmend.calls import (
    Answer,
    Beside,
    Call,
    Change,
    Client,
    Finder,
    Read,
    Secret,
    call,
    change,
    module_name,
    read,
)
from trailmend.errors import CannotFix, CannotRead, CatalogError
from trailmend.loading import load

__all__ = [
    "Actor", "Answer", "Beside", "Call", "CannotFix", "Change", "Client", "Example", "Facts",
    "Finder", "Part", "Plan", "Proposal", "Read", "Remediation", "Restored", "Secret", "Steps",
    "Target", "call", "change", "find_finder", "find_remediation", "joined", "propose",
    "propose_parts", "read", "rehearse", "remediation", "remediations",
]  # fmt: skip

Steps = Generator[Read | Change | Beside, Any, None]
About = Literal["target", "actor", "account"]
Stage = Literal["contain", "remove", "restore"]
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


class Actor(Struct, frozen=True, kw_only=True):
    """Who made the call of a finding: `kind` is user, role, root or another word of the log."""

    kind: str = ""
    name: str = ""
    arn: str = ""
    id: str = ""
    access_key_id: str = ""


class Target(Struct, frozen=True):
    """What a finding is about where that is no user, role or group of IAM.

    `kind` and `name` are as the finding has them, `region` is where the call was recorded.
    """

    kind: str
    name: str
    region: str = ""


class Restored(Struct, frozen=True):
    """The plan of ours that made the target again after the event, or whose rollback did."""

    plan_id: str
    by_rollback: bool


class Facts(Struct, frozen=True, kw_only=True):
    """What is known of a finding: all that a remediation is told.

    `user_name`, `role_name` and `group_name` say whom it is about, `object_type` and `object_id`
    what.
    `asked_at` is when the plan was asked for, in ISO 8601: the same whenever it is asked again.
    Without a finding, for a fix of the account as it is, the event's fields are empty.

    `before` is what the log knows of how the object was: of an SSH key `ssh_public_key_body`,
    `fingerprint` and `status`; of a password policy the request fields as CloudTrail writes
    them.  `baseline` is the settings' password policy in the names of the API.

    `target` and `after`, how the object was made by the event, are told of organizations, of
    Identity Center, of identity providers, of Roles Anywhere, of policies, and of buckets and keys;
    `restored` of providers.
    """

    account_id: str
    finding_id: str
    event_id: str
    event_name: str
    event_time: str
    level: str = "medium"
    asked_at: str = ""
    actor: Actor = Actor()
    user_name: str | None = None
    role_name: str | None = None
    group_name: str | UnsetType = UNSET  # of none nothing is written: older plans keep their hash
    object_type: str | None = None
    object_id: str | None = None
    before: dict[str, Any] | None = None
    baseline: dict[str, Any] = {}
    target: Target | UnsetType = UNSET
    after: dict[str, Any] | UnsetType = UNSET
    restored: Restored | UnsetType = UNSET


@dataclass(frozen=True, slots=True)
class Example:
    """A made-up case: the facts, the picked answers of the reads, and the calls that follow."""

    facts: Facts
    reads: tuple[tuple[Call, Any], ...]
    changes: tuple[Call, ...]


@dataclass(frozen=True, eq=False)
class Remediation:
    """A fix: a generator that yields reads and changes, and what people must know of it.

    `about` says whom its facts name: the finding's target, its actor, or nobody but the account.
    `stage` is its place in the plan of a story: stop the intruder, remove what they made, restore
    what they took.  `needs` says what must be named where there is no finding, and `may` what can
    be: words of user, role, object, `/` between those of which one will do; `finding` is for a fix
    that needs one.  `events` are the calls after which it makes sense; empty is any of those whose
    detections name it.  `shuts` says whether an intruder has a way in, or may do more, as long as
    it is not done: None is yes for what stops and removes, and no for what restores.
    """

    run: Callable[[Facts], Steps]
    title: str
    breaks: str
    example: Example
    about: About = "target"
    stage: Stage = "restore"
    needs: str = ""
    may: str = ""
    events: tuple[str, ...] = ()
    shuts: bool | None = None
    key: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", f"{module_name(self.run)}.{self.run.__name__}")

    @property
    def shuts_a_way_in(self) -> bool:
        """Whether what it mends is a way in, or more than somebody should be able to do."""
        return self.stage != "restore" if self.shuts is None else self.shuts

    @property
    def text(self) -> str:
        """What the fix does, as its author wrote it."""
        return (self.run.__doc__ or "").strip()

    @cached_property
    def permissions(self) -> tuple[str, ...]:
        """The IAM actions that its example needs, undo included, sorted."""
        return _actions(rehearse(self))


def remediation(
    *,
    title: str,
    breaks: str,
    example: Example,
    about: About = "target",
    stage: Stage = "restore",
    needs: str = "",
    may: str = "",
    events: tuple[str, ...] = (),
    shuts: bool | None = None,
) -> Callable[[Callable[[Facts], Steps]], Remediation]:
    """Make a generator function a remediation; its key is the path to it."""
    return lambda run: Remediation(
        run, title, breaks, example, about, stage, needs, may, events, shuts
    )


class Seen(Struct, frozen=True):
    """A read and what it answered."""

    call: Call
    pick: str
    watch: bool
    answer: Any


class Proposal(Struct, frozen=True):
    """What a remediation asked and what it wants changed."""

    reads: tuple[Seen, ...]
    changes: tuple[Change, ...]


class Part(Struct, frozen=True):
    """One fix of a plan, by its key, and what it is told."""

    fix: str
    facts: Facts


class Plan(Struct, frozen=True, kw_only=True):
    """A saved proposal for one account, bound to its hash; times are UTC.

    `made_by` is the ARN of who asked for it, `asked_by` their user on this machine; `tasks` is
    what is left to people, `open` what of that leaves an intruder a way in; `subject` is the
    finding or the story that it mends.
    """

    schema: str = "trailmend/plan/2"
    version: str
    account_id: str
    made_by: str
    asked_by: str
    subject: str
    level: str
    title: str
    breaks: str
    parts: tuple[Part, ...]
    reads: tuple[Seen, ...]
    changes: tuple[Change, ...]
    tasks: tuple[str, ...] = ()
    open: tuple[str, ...] | UnsetType = UNSET  # of none nothing is written, as with older plans
    created: datetime
    expires: datetime

    @property
    def hash(self) -> str:
        """The SHA-256 of everything in the plan, in one canonical form."""
        return hashlib.sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()

    @property
    def id(self) -> str:
        """A short name, made from the hash: `P-4XQ7`."""
        return f"P-{short_name(self.hash)}"

    @property
    def still_open(self) -> tuple[str, ...]:
        """What leaves an intruder a way in after this plan."""
        return () if self.open is UNSET else self.open

    @property
    def facts(self) -> Facts:
        """What the first of its fixes is told."""
        return self.parts[0].facts

    @property
    def secrets(self) -> tuple[str, ...]:
        """The names in the sink of what it makes that is secret, in the order of its changes."""
        names = (name for one in self.changes for name in one.secrets)
        return tuple(dict.fromkeys(names))

    @property
    def irreversible(self) -> tuple[str, ...]:
        """What cannot be brought back, once the plan is applied."""
        return tuple(one.irreversible for one in self.changes if one.irreversible)

    @property
    def permissions(self) -> tuple[str, ...]:
        """The IAM actions of its reads, changes and undos, sorted."""
        return _actions(self)


def _actions(proposed: Proposal | Plan) -> tuple[str, ...]:
    calls = [one.call for one in proposed.reads]
    for one in proposed.changes:
        calls += [one.call, one.undo] if one.undo else [one.call]
    return tuple(sorted({name for one in calls for name in one.permissions}))


def short_name(digest: str) -> str:
    """Make four characters that people do not mix up from a hex digest."""
    number = int(digest, 16)
    places = (len(_ALPHABET) ** place for place in range(4))
    return "".join(_ALPHABET[number // place % len(_ALPHABET)] for place in places)


def propose(
    fix: Remediation,
    facts: Facts,
    answer: Callable[[Read], Any],
    beside: Sequence[Call] = (),
) -> Proposal:
    """Drive a remediation: give it what `answer` says to each read, and keep what it proposes.

    `beside` is what the other fixes of the plan call.
    """
    steps, told = fix.run(facts), None
    reads: list[Seen] = []
    changes: list[Change] = []
    while True:
        try:
            step = steps.send(told)
        except StopIteration:
            return Proposal(tuple(reads), tuple(changes))
        told = None
        if isinstance(step, Change):
            changes.append(step)
        elif isinstance(step, Beside):
            told = tuple(beside)
        else:
            told = answer(step)
            reads.append(Seen(step.call, step.pick, step.watch, told))


def rehearse(fix: Remediation) -> Proposal:
    """Drive a remediation on its own example; each answer is given once.

    Raises CatalogError if what it asks is not what the example answers.
    """
    left = list(fix.example.reads)

    def answer(question: Read) -> Any:
        for place, (asked, told) in enumerate(left):
            if asked == question.call:
                del left[place]
                return told
        raise CatalogError(f"the example of {fix.key} does not answer {question.call.text}")

    proposal = propose(fix, fix.example.facts, answer)
    if left:
        raise CatalogError(f"the example of {fix.key} answers what is not asked: {left[0][0].text}")
    return proposal


def propose_parts(parts: Sequence[Part], answer: Callable[[Read], Any]) -> Proposal:
    """Drive the fixes of a plan one after the other; raises CannotFix if one of them does."""
    return joined(propose(find_remediation(part.fix), part.facts, answer) for part in parts)


def joined(made: Iterable[Proposal]) -> Proposal:
    """Put proposals together in their order."""
    all_made = list(made)
    return Proposal(
        tuple(seen for one in all_made for seen in one.reads),
        tuple(change for one in all_made for change in one.changes),
    )


@cache
def remediations() -> dict[str, Remediation]:
    """Find every remediation of the package that could be loaded, under its key."""
    import trailmend.remediations as package

    modules = load(package).modules.values()
    found = (one for module in modules for one in vars(module).values())
    return {one.key: one for one in found if isinstance(one, Remediation)}


def find_remediation(key: str) -> Remediation:
    """Give the remediation of that key; raises CannotRead if this version has none."""
    if key not in remediations():
        raise CannotRead(f"This version knows no fix {key!r}: make the plan again.")
    return remediations()[key]


def find_finder(key: str) -> Finder:
    """Give the finder that a change names; raises CannotRead if this version has none."""
    module, _, name = key.partition(".")
    if module not in {one.partition(".")[0] for one in remediations()}:
        raise CannotRead(f"This version knows no finder {key!r}: make the plan again.")
    finder: Finder | None = getattr(
        importlib.import_module(f"trailmend.remediations.{module}"), name, None
    )
    if finder is None:
        raise CannotRead(f"This version knows no finder {key!r}: make the plan again.")
    return finder
