"""Secrets: made when a call is sent, kept in the sink before anything depends on them.

A plan and its journal hold only `Secret` marks.  A password is in the sink before the call that
sets it leaves; a seed that AWS makes is in the sink before its answer is written down.  What did
not come about, or was taken back, leaves no secret behind.
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Protocol
from urllib.parse import quote

import pyotp

from trailmend.calls import Call, Change, Secret, pick_answer, reveal, secrets_in
from trailmend.errors import CannotKeep, Refused
from trailmend.plan import Plan

_STEP = 30
"""Seconds that a code of an authenticator lasts (RFC 6238, as AWS's virtual devices use it)."""
_CLASSES = (string.ascii_lowercase, string.ascii_uppercase, string.digits, "!@#%^*()_+-=[]{}|")
"""The character classes of IAM's password policy (botocore, UpdateAccountPasswordPolicy)."""


class Sink(Protocol):
    """Where secrets are kept, and nowhere else."""

    @property
    def place(self) -> str:
        """Say in words where it is."""

    def prove(self) -> None:
        """Keep, read and discard something; raises CannotKeep if that does not work."""

    def keep(self, name: str, value: str | bytes) -> None:
        """Keep a value; it is there when this returns.  Raises CannotKeep."""

    def recall(self, name: str) -> bytes | None:
        """Give a value back; None if there is none of that name.  Raises CannotKeep."""

    def discard(self, name: str) -> None:
        """Remove a value; one that is not there is no error.  Raises CannotKeep."""


def make_password(length: int) -> str:
    """Make a random password with characters of all four classes."""
    while True:
        password = "".join(secrets.choice("".join(_CLASSES)) for _ in range(length))
        if all(set(password) & set(each) for each in _CLASSES):
            return password


def check_untaken(plan: Plan, sink: Sink) -> None:
    """Refuse to begin a plan whose names are in the sink already; raises CannotKeep.

    What is there is not the plan's: somebody who knows it may have put it there, a seed above all.
    """
    calls = [call for one in plan.changes for call in (one.call, one.undo)]
    names = [secret.name for secret in secrets_in(*calls)]
    for name in dict.fromkeys([*names, *plan.secrets]):
        if sink.recall(name) is not None:
            raise CannotKeep(
                f"{sink.place} holds {name} of plan {plan.id} before it was begun: somebody else "
                "put it there. Find out who, then make a new plan, which has names of its own."
            )


def with_secrets(call: Call, sink: Sink, now: datetime) -> tuple[Call, tuple[str, ...]]:
    """Give the call as it is sent, and the values that must appear nowhere else.

    A password is new each time: one that the sink has was sent to no avail, or is not ours.
    Raises CannotKeep, and Refused where the seed of a code is not there or is none.
    """
    values: list[str] = []

    def made(secret: Secret) -> str:
        values.append(_code(secret, sink, now) if secret.kind == "code" else _new(secret, sink))
        return values[-1]

    return (reveal(call, made), tuple(values)) if secrets_in(call) else (call, ())


def _new(secret: Secret, sink: Sink) -> str:
    password = make_password(secret.length)
    sink.keep(secret.name, password)
    return password


def _code(secret: Secret, sink: Sink, now: datetime) -> str:
    seed = sink.recall(secret.name)
    if seed is None:
        raise Refused(f"{sink.place} does not hold {secret.name}: roll the plan back.")
    try:
        return pyotp.TOTP(seed.decode()).at(now - timedelta(seconds=_STEP * secret.earlier))
    except ValueError:
        raise Refused(
            f"{secret.name} in {sink.place} is no seed of an authenticator any more: roll the "
            "plan back."
        ) from None


def keep_answer(change: Change, answer: Mapping[str, Any], sink: Sink) -> None:
    """Put the secrets of a change's answer into the sink; what it lacks is lost with it."""
    for name, path in change.keeps.items():
        value = pick_answer(answer, path)
        if value:
            sink.keep(name, value)


def lost_with_answer(change: Change, sink: Sink) -> bool:
    """Tell whether a secret of the change's answer never reached the sink."""
    return any(sink.recall(name) is None for name in change.keeps)


def discard_of(change: Change, sink: Sink, *, undo: bool) -> None:
    """Remove what was kept for a call that has not come about, or was taken back."""
    for secret in secrets_in(change.undo if undo else change.call):
        if secret.kind == "password":
            sink.discard(secret.name)
    for name in () if undo else change.keeps:
        sink.discard(name)


@contextmanager
def hiding(values: tuple[str, ...]) -> Iterator[None]:
    """Let every error pass, whatever it is, with the values taken out of it."""
    try:
        yield
    except BaseException as error:
        take_out(error, values)
        raise


def take_out(error: BaseException, values: tuple[str, ...]) -> None:
    """Take the values out of what an error says: a library may repeat what it was given.

    What caused it says the same, and goes.
    """
    if values:
        error.args = tuple(_without(arg, values) for arg in error.args)
        vars(error).update({name: _without(said, values) for name, said in vars(error).items()})
        error.__cause__ = error.__context__ = None


def _without(said: object, values: tuple[str, ...]) -> object:
    forms = [form for value in values for form in (value, quote(value, safe=""))]
    if not isinstance(said, str):
        return "(secret)" if any(form in repr(said) for form in forms) else said
    for form in forms:
        said = said.replace(form, "(secret)")
    return said
