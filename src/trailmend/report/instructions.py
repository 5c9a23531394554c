"""The calls of a fix as text to run by hand: lines for the AWS CLI, a snippet of Python.

The engine sends the same calls.  Every value is quoted: names, paths and tags come from the log,
and whoever made them may have meant them for a shell.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from botocore import xform_name

from trailmend.calls import Answer, Call, answers_in, is_answer
from trailmend.errors import CatalogError

_ONCE = "export AWS_MAX_ATTEMPTS=1  # a change whose answer is lost must not be made twice"
_LOADED_BY_THE_CLI = ("file://", "fileb://", "http://", "https://")
"""Beginnings of values that the AWS CLI takes for the address of the value (AWS CLI User Guide)."""


def command_lines(calls: Sequence[Call]) -> list[str]:
    """Write the calls for a POSIX shell, one after the other, with the real `aws` command.

    Raises CatalogError if a call waits for the answer of a call that is not there.
    """
    kept = _kept(calls)
    return [_ONCE, *(_command(calls, number, kept) for number in range(len(calls)))]


def python_snippet(calls: Sequence[Call]) -> str:
    """Write the calls as a program of its own; raises CatalogError as `command_lines` does."""
    kept = _kept(calls)
    services = sorted({call.name.partition(".")[0] for call in calls})
    lines = [
        "import boto3",
        "from botocore.config import Config",
        "",
        "# A change whose answer is lost must not be made twice.",
        'once = Config(retries={"total_max_attempts": 1})',
        *(f'{service} = boto3.client("{service}", config=once)' for service in services),
        "",
        *(_statement(calls, number, kept) for number in range(len(calls))),
    ]
    return "\n".join(lines) + "\n"


def _kept(calls: Sequence[Call]) -> dict[int, str]:
    """Find which answers later calls wait for: the number of the call, and the path in it."""
    kept: dict[int, str] = {}
    for number, call in enumerate(calls):
        for answer in answers_in(call):
            maker = _maker(calls, number, answer)
            if kept.setdefault(maker, answer.pick) != answer.pick:
                raise CatalogError(f"{calls[maker].name}: only one part of an answer can be kept")
    return kept


def _maker(calls: Sequence[Call], number: int, answer: Answer) -> int:
    """Give the number of the call whose answer is meant: the last of that name, or the last."""
    for earlier in reversed(range(number)):
        if answer.of in ("", calls[earlier].name):
            return earlier
    raise CatalogError(f"{calls[number].name} waits for an answer of {answer.of or 'no call'}")


def _variable(path: str) -> str:
    return xform_name(path.rpartition(".")[2])


# The command line --------------------------------------------------------------------------


def _command(calls: Sequence[Call], number: int, kept: Mapping[int, str]) -> str:
    call = calls[number]
    service, _, method = call.name.partition(".")
    words = ["aws", service, method.replace("_", "-"), *_options(call)]
    if number not in kept:
        return " ".join(words)
    path = kept[number]
    return f"{_variable(path)}=$({' '.join(words)} --query {shlex.quote(path)} --output text)"


def _options(call: Call) -> Iterator[str]:
    """Write the parameters; what the CLI would not take as it stands goes into one JSON text."""
    awkward = {k: v for k, v in call.params.items() if isinstance(v, str) and not _is_plain(v)}
    if awkward:
        yield f"--cli-input-json {shlex.quote(json.dumps(awkward))}"
    for name, value in call.params.items():
        if name not in awkward:
            yield _option(xform_name(name, "-"), value)


def _is_plain(value: str) -> bool:
    return value.isprintable() and not value.startswith(_LOADED_BY_THE_CLI)


def _option(name: str, value: Any) -> str:
    if is_answer(value):
        return f'--{name} "${_variable(msgspec.convert(value, Answer).pick)}"'
    if isinstance(value, bool):
        return f"--{name}" if value else f"--no-{name}"
    text = value if isinstance(value, str) else json.dumps(value)
    joint = "=" if text.startswith("-") else " "
    return f"--{name}{joint}{shlex.quote(text)}"


# Python ------------------------------------------------------------------------------------


def _statement(calls: Sequence[Call], number: int, kept: Mapping[int, str]) -> str:
    call = calls[number]
    params = "".join(f"    {name}={_literal(value)},\n" for name, value in call.params.items())
    text = f"{call.name}(\n{params})" if params else f"{call.name}()"
    if number not in kept:
        return text
    path = kept[number]
    return f"{_variable(path)} = {text}{''.join(f'[{part!r}]' for part in path.split('.'))}"


def _literal(value: Any) -> str:
    """Write a value as Python does, in ASCII; an answer is the variable that keeps it."""
    if is_answer(value):
        return _variable(msgspec.convert(value, Answer).pick)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k!a}: {_literal(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(_literal(part) for part in value)}]"
    return ascii(value)
