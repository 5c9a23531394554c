"""A remediation asks and proposes; a plan keeps what it asked, what it was told and proposed.

Nothing here changes an account: `make_plan` drives a remediation with reads only.
To ask the same again and compare is how a stale plan is found, a lost answer settled and a
change verified.
"""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, cached_property
from typing import Any, Literal

import msgspec
from msgspec import UNSET, Struct

from trailmend import __version__
from trailmend.calls import (
    Answer,
    Call,
    Change,
    Client,
    Finder,
    Read,
    ask,
    call,
    change,
    module_name,
    read,
)
from trailmend.errors import CannotFix, CannotRead, CatalogError, Refused

__all__ = [
    "Answer", "Call", "CannotFix", "Change", "Client", "Example", "Facts", "Finder", "Plan",
    "Proposal", "Read", "Remediation", "Steps", "call", "change", "find_finder",
    "find_remediation", "make_plan", "propose", "read", "rehearse", "remediation", "remediations",
]  # fmt: skip

Steps = Generator[Read | Change, Any, None]
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_WHO = Call("sts.get_caller_identity")


class Facts(Struct, frozen=True, kw_only=True):
    """What is known of a finding: all that a remediation is told.

    `before` is what the log knows of how the object was: of an SSH key `ssh_public_key_body`,
    `fingerprint` and `status`; of a password policy the request fields as CloudTrail writes
    them.  `baseline` is the settings' password policy in the names of the API.
    """

    account_id: str
    finding_id: str
    event_id: str
    event_name: str
    event_time: str
    user_name: str | None = None
    object_type: str | None = None
    object_id: str | None = None
    before: dict[str, Any] | None = None
    baseline: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Example:
    """A made-up case: the facts, the picked answers of the reads, and the calls that follow."""

    facts: Facts
    reads: tuple[tuple[Call, Any], ...]
    changes: tuple[Call, ...]


@dataclass(frozen=True, eq=False)
class Remediation:
    """A fix: a generator that yields reads and changes, and what people must know of it.

    `about` says whose credential its facts name: that of the finding's target or of its actor.
    """

    run: Callable[[Facts], Steps]
    title: str
    breaks: str
    example: Example
    about: Literal["target", "actor"] = "target"
    key: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", f"{module_name(self.run)}.{self.run.__name__}")

    @property
    def text(self) -> str:
        """What the fix does, as its author wrote it."""
        return (self.run.__doc__ or "").strip()

    @cached_property
    def permissions(self) -> tuple[str, ...]:
        """The IAM actions that its example needs, undo included, sorted."""
        return _actions(rehearse(self))


def remediation(
    *, title: str, breaks: str, example: Example, about: Literal["target", "actor"] = "target"
) -> Callable[[Callable[[Facts], Steps]], Remediation]:
    """Make a generator function a remediation; its key is the path to it."""
    return lambda run: Remediation(run, title, breaks, example, about)


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


class Plan(Struct, frozen=True, kw_only=True):
    """A saved proposal for one account, bound to its hash; times are UTC."""

    schema: str = "trailmend/plan/1"
    version: str
    account_id: str
    made_by: str
    remediation: str
    title: str
    breaks: str
    facts: Facts
    reads: tuple[Seen, ...]
    changes: tuple[Change, ...]
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
    return tuple(sorted({one.action for one in calls}))


def short_name(digest: str) -> str:
    """Make four characters that people do not mix up from a hex digest."""
    number = int(digest, 16)
    places = (len(_ALPHABET) ** place for place in range(4))
    return "".join(_ALPHABET[number // place % len(_ALPHABET)] for place in places)


def propose(fix: Remediation, facts: Facts, answer: Callable[[Read], Any]) -> Proposal:
    """Drive a remediation: give it what `answer` says to each read, and keep what it proposes."""
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


def make_plan(
    fix: Remediation,
    facts: Facts,
    client: Client,
    *,
    guard: Callable[[Call], None],
    now: datetime,
    critical: bool = False,
) -> Plan:
    """Ask the account and keep what the remediation proposes; nothing is changed.

    A plan lives 24 hours, and 1 hour if the finding is critical.  `guard` refuses what must
    never be changed.  Raises CannotFix, Refused, or the error of a read.
    """
    caller = client(_WHO)
    if caller["Account"] != facts.account_id:
        raise Refused(
            f"The finding is of account {facts.account_id}, the credentials are of "
            f"{caller['Account']}: choose the other account's profile with --profile."
        )
    proposal = propose(fix, facts, lambda question: ask(client, question))
    for one in proposal.changes:
        guard(one.call)
    return Plan(
        version=__version__,
        account_id=facts.account_id,
        made_by=caller["Arn"],
        remediation=fix.key,
        title=fix.title,
        breaks=fix.breaks,
        facts=facts,
        reads=proposal.reads,
        changes=proposal.changes,
        created=now,
        expires=now + timedelta(hours=1 if critical else 24),
    )


def differences(planned: Proposal | Plan, now: Proposal | Plan) -> list[str]:
    """Say where the account is not as planned; or else, where what would be done to it is not.

    Compared are the watched reads, and of the changes the calls and their undos; words are not.
    """
    return _differing(_watched(planned), _watched(now)) or _differing(_calls(planned), _calls(now))


def _differing(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return [
        f"{path}: {_said(before, path)} when planned, {_said(after, path)} now"
        for path in dict.fromkeys([*before, *after])
        if before.get(path, UNSET) != after.get(path, UNSET)
    ]


def _watched(proposed: Proposal | Plan) -> dict[str, Any]:
    leaves: dict[str, Any] = {}
    asked: set[str] = set()
    for one in proposed.reads:
        if one.watch:
            path = f"{one.call.text} {one.pick}" if one.call.text in asked else one.call.text
            asked.add(one.call.text)
            leaves |= _leaves(path, one.answer)
    return leaves


def _calls(proposed: Proposal | Plan) -> dict[str, Any]:
    leaves: dict[str, Any] = {}
    for number, one in enumerate(proposed.changes, start=1):
        leaves |= _leaves(f"change {number}", msgspec.to_builtins(one.call))
        leaves |= _leaves(f"undo {number}", msgspec.to_builtins(one.undo))
    return leaves


def _said(leaves: dict[str, Any], path: str) -> str:
    return msgspec.json.encode(leaves[path]).decode() if path in leaves else "absent"


def _leaves(path: str, value: Any) -> dict[str, Any]:
    """Flatten JSON to its leaves; an empty dict or list is a leaf."""
    if isinstance(value, dict) and value:
        parts = [_leaves(f"{path}.{key}", part) for key, part in value.items()]
    elif isinstance(value, list) and value:
        parts = [_leaves(f"{path}[{place}]", part) for place, part in enumerate(value)]
    else:
        return {path: value}
    return {key: leaf for part in parts for key, leaf in part.items()}


@cache
def remediations() -> dict[str, Remediation]:
    """Find every remediation of the package, under its key."""
    import trailmend.remediations as package

    modules = (
        importlib.import_module(f"{package.__name__}.{module.name}")
        for module in pkgutil.iter_modules(package.__path__)
    )
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
