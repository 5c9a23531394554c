"""What may be said to AWS: a call, a question about the account, a change with its undo.

All of it is plain JSON data, so that a plan can be saved, hashed, compared and read by people.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Mapping
from typing import Any

import jmespath
import msgspec
from msgspec import Struct

from trailmend.errors import CatalogError, NotFound

_DOTTED = re.compile(r"\w+(\.\w+)*")
_CAPITALS = {"ssh": "SSH", "mfa": "MFA", "saml": "SAML", "id": "ID"}


class Call(Struct, frozen=True):
    """One call of AWS, named as boto3 names it: `iam.update_access_key`."""

    name: str
    params: dict[str, Any] = {}

    @property
    def action(self) -> str:
        """The permission that the call needs, as a policy spells it: `iam:UpdateAccessKey`."""
        service, _, method = self.name.partition(".")
        words = method.split("_")
        return f"{service}:" + "".join(_CAPITALS.get(word, word.title()) for word in words)

    @property
    def text(self) -> str:
        """The call on one line, for people; values are quoted as JSON."""
        params = (f"{k}={msgspec.json.encode(v).decode()}" for k, v in self.params.items())
        return f"{self.name}({', '.join(params)})"


class Answer(Struct, frozen=True, tag_field="$from", tag="answer"):
    """A value that only the answer of a change tells, such as the id of what it made.

    `pick` is a dotted path in that answer.  `of` names the call of an earlier change; empty is
    the change itself, in its own undo.
    """

    pick: str
    of: str = ""


class Read(Struct, frozen=True):
    """A question: the call, and the part of its answer (JMESPath) that decides.

    A watched part that is another when the plan is applied makes the plan stale.
    """

    call: Call
    pick: str
    watch: bool = True


class Change(Struct, frozen=True):
    """A write, with what takes it back; `undo` None means that nothing does."""

    call: Call
    undo: Call | None
    note: str
    breaks: str = ""
    irreversible: str = ""
    recover: str = ""


Client = Callable[[Call], Mapping[str, Any]]
"""Sends a call and gives the answer, all pages of it; raises the errors of `trailmend.errors`."""

Finder = Callable[[Call], Generator[Read, Any, Any]]
"""Finds by reading what the lost answer of a change said; gives None if there is no such thing."""


def call(name: str, **params: Any) -> Call:
    """Make a call of plain JSON values; an `Answer` among them is kept as data."""
    return Call(name, msgspec.to_builtins(params))


def read(name: str, *, pick: str, watch: bool = True, **params: Any) -> Read:
    """Ask the account: `pick` of the answer is given back, or None if the entity is not there."""
    jmespath.compile(pick)
    return Read(call(name, **params), pick, watch)


def change(
    name: str,
    *,
    undo: Call | None,
    note: str,
    breaks: str = "",
    irreversible: str = "",
    recover: Finder | None = None,
    **params: Any,
) -> Change:
    """Propose a write; `note` says in words what it changes, from what to what.

    `irreversible` says what `undo` cannot bring back; without an undo it must be said.
    `recover` finds the answer again if it is lost; needed where an `Answer` is used.
    Raises CatalogError for a change that could leave the user without a way back.
    """
    if undo is None and not irreversible:
        raise CatalogError(f"{name} has no undo: say in `irreversible` what cannot come back")
    if recover is None and any(not answer.of for answer in answers_in(undo)):
        raise CatalogError(f"the undo of {name} needs its answer: give a finder in `recover`")
    key = f"{module_name(recover)}.{recover.__name__}" if recover else ""
    return Change(call(name, **params), undo, note, breaks, irreversible, key)


def module_name(function: Callable[..., Any]) -> str:
    """Give the last part of the name of a function's module."""
    return function.__module__.rpartition(".")[2]


def ask(client: Client, question: Read) -> Any:
    """Send a question and give the picked part as JSON; None if the entity does not exist."""
    try:
        answer = client(question.call)
    except NotFound:
        return None
    return msgspec.to_builtins(jmespath.search(question.pick, answer))


def run_finder(steps: Generator[Read, Any, Any], client: Client) -> Any:
    """Drive a finder with the answers of the account, and give what it finds."""
    told = None
    while True:
        try:
            question = steps.send(told)
        except StopIteration as end:
            return end.value
        told = ask(client, question)


def is_answer(value: Any) -> bool:
    """Tell whether a value of a call's parameters is an `Answer` kept as data."""
    return isinstance(value, dict) and value.get("$from") == "answer"


def _answers(value: Any) -> list[Answer]:
    if is_answer(value):
        return [msgspec.convert(value, Answer)]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [answer for part in parts for answer in _answers(part)]


def answers_in(*calls: Call | None) -> list[Answer]:
    """List the answers that the calls wait for."""
    return [answer for one in calls if one is not None for answer in _answers(one.params)]


def pick_answer(answer: Mapping[str, Any], path: str) -> Any:
    """Follow a dotted path into an answer; None where it ends early.

    Raises CatalogError if the path is not plain names.
    """
    if not _DOTTED.fullmatch(path):
        raise CatalogError(f"an Answer follows plain names with dots, not {path!r}")
    return jmespath.search(path, answer)


def fill(template: Call, known: Callable[[Answer], Any]) -> Call:
    """Put values in the place of answers; an answer that is not `known` (None) stays."""

    def filled(value: Any) -> Any:
        if is_answer(value):
            found = known(msgspec.convert(value, Answer))
            return value if found is None else found
        if isinstance(value, dict):
            return {key: filled(part) for key, part in value.items()}
        return [filled(part) for part in value] if isinstance(value, list) else value

    return Call(template.name, filled(template.params))
