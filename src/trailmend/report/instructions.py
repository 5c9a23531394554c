"""The calls of a fix as text to run by hand: lines for the AWS CLI, a snippet of Python.

The engine sends the same calls.  Every value is quoted: names, paths and tags come from the log,
and whoever made them may have meant them for a shell.  A password is made where it runs, kept in a
file of its owner alone, and handed over where no list of processes shows it.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from botocore import xform_name

from trailmend.calls import Answer, Call, Secret, answers_in, is_answer, is_secret, secrets_in
from trailmend.errors import CatalogError

_ONCE = "export AWS_MAX_ATTEMPTS=1  # a change whose answer is lost must not be made twice"
_SEED = "VirtualMFADevice.Base32StringSeed"
_MAKE = "iam.create_virtual_mfa_device"
_MAKE_PASSWORD = 'secrets.token_urlsafe(18) + "aA1-"'  # noqa: S105  # how one is made
"""Python for a password of 28 characters of all four classes, none of them special to JSON."""
_PROMPTS = ("The next code of the new device: ", "A code of the new device: ")
_LOADED_BY_THE_CLI = ("file://", "fileb://", "http://", "https://")
"""Beginnings of values that the AWS CLI takes for the address of the value (AWS CLI User Guide)."""


def command_lines(calls: Sequence[Call]) -> list[str]:
    """Write the calls for a POSIX shell, one after the other, with the real `aws` command.

    Raises CatalogError if a call waits for the answer of a call that is not there.
    """
    kept = _kept(calls)
    lines = [line for number in range(len(calls)) for line in _commands(calls, number, kept)]
    guarded = ["umask 077  # the files below are for you alone"] if _writes_files(calls) else []
    return [_ONCE, *guarded, *lines]


def python_snippet(calls: Sequence[Call]) -> str:
    """Write the calls as a program of its own; raises CatalogError as `command_lines` does."""
    kept = _kept(calls)
    clients = sorted({(call.name.partition(".")[0], call.region) for call in calls})
    passwords = any(one.kind == "password" for one in secrets_in(*calls))
    lines = [
        *(["import secrets"] if passwords else []),
        *(["from pathlib import Path", ""] if _writes_files(calls) else []),
        "import boto3",
        "from botocore.config import Config",
        "",
        "# A change whose answer is lost must not be made twice.",
        'once = Config(retries={"total_max_attempts": 1})',
        *(f"{_client(*one)} = boto3.client({_arguments(*one)}, config=once)" for one in clients),
        "",
        *(line for number in range(len(calls)) for line in _statements(calls, number, kept)),
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


def _writes_files(calls: Sequence[Call]) -> bool:
    return any(call.name == _MAKE or secrets_in(call) for call in calls)


def _seed_file(calls: Sequence[Call]) -> str:
    """Name the file of a seed as the codes that are made of it do."""
    codes = (one.name for one in secrets_in(*calls) if one.kind == "code")
    return next(codes, "mfa-seed")


def _secrets(call: Call) -> dict[str, Secret]:
    return {k: msgspec.convert(v, Secret) for k, v in call.params.items() if is_secret(v)}


# The command line --------------------------------------------------------------------------


def _commands(calls: Sequence[Call], number: int, kept: Mapping[int, str]) -> Iterator[str]:
    """Write a call as one line; before it the lines that make or ask for its secrets."""
    call = calls[number]
    service, _, method = call.name.partition(".")
    words = ["aws", {"s3": "s3api"}.get(service, service), method.replace("_", "-")]
    if call.region:
        words.append(f"--region {call.region}")
    if call.name == _MAKE:
        file = shlex.quote(_local(_seed_file(calls[number:])))
        words.append(f"--bootstrap-method Base32StringSeed --outfile {file}")
    for secret in _secrets(call).values():
        yield from _ask_or_make(secret)
    document, options = _options(call)
    if document:
        file = shlex.quote(_local(f"{_password_of(call)}.json"))
        yield f"{document} > {file}"
        options = [
            *options,
            "--cli-input-json " + shlex.quote(f"file://{_local(_password_of(call))}.json"),
        ]
    line = " ".join([*words, *options])
    if number in kept:
        path = kept[number]
        line = f"{_variable(path)}=$({line} --query {shlex.quote(path)} --output text)"
    yield line
    if document:
        yield f"rm {file}"


def _password_of(call: Call) -> str:
    return next(one.name for one in _secrets(call).values() if one.kind == "password")


def _ask_or_make(secret: Secret) -> Iterator[str]:
    if secret.kind == "code":
        yield f"printf {shlex.quote(_PROMPTS[secret.earlier])} >&2; read -r code{secret.earlier}"
        return
    yield f"password=$(python3 -c {shlex.quote(f'import secrets; print({_MAKE_PASSWORD})')})"
    yield f"printf '%s\\n' \"$password\" > {shlex.quote(_local(secret.name))}"


def _local(name: str) -> str:
    """Give the file of a secret a name in this folder, whatever the user's name is."""
    return "./" + name.replace("/", "_")


def _options(call: Call) -> tuple[str, list[str]]:
    """Write the parameters; with a password among them also what prints the JSON for a file.

    What the CLI would not take as it stands goes into one JSON text; one with a password is read
    from a file, because a list of processes shows a command line.
    """
    awkward = {k: v for k, v in call.params.items() if isinstance(v, str) and not _is_plain(v)}
    passwords = [k for k, one in _secrets(call).items() if one.kind == "password"]
    plain = [_option(xform_name(k, "-"), v) for k, v in call.params.items() if k not in awkward]
    if passwords:
        left, _, right = json.dumps(awkward | {passwords[0]: "\0"}).partition("\\u0000")
        document = f"printf '%s%s%s' {shlex.quote(left)} \"$password\" {shlex.quote(right)}"
        return document, list(filter(None, plain))
    whole = [f"--cli-input-json {shlex.quote(json.dumps(awkward))}"] if awkward else []
    return "", [*whole, *plain]


def _is_plain(value: str) -> bool:
    return value.isprintable() and not value.startswith(_LOADED_BY_THE_CLI)


def _option(name: str, value: Any) -> str:
    if is_answer(value):
        return f'--{name} "${_variable(msgspec.convert(value, Answer).pick)}"'
    if is_secret(value):
        secret = msgspec.convert(value, Secret)
        return f'--{name} "$code{secret.earlier}"' if secret.kind == "code" else ""
    if isinstance(value, bool):
        return f"--{name}" if value else f"--no-{name}"
    text = value if isinstance(value, str) else json.dumps(value)
    joint = "=" if text.startswith("-") else " "
    return f"--{name}{joint}{shlex.quote(text)}"


# Python ------------------------------------------------------------------------------------


def _client(service: str, region: str) -> str:
    return f"{service}_{region}".rstrip("_").replace("-", "_")


def _arguments(service: str, region: str) -> str:
    return f'"{service}", region_name="{region}"' if region else f'"{service}"'


def _statements(calls: Sequence[Call], number: int, kept: Mapping[int, str]) -> Iterator[str]:
    call = calls[number]
    for secret in _secrets(call).values():
        if secret.kind == "password":
            yield from _make_password(secret)
    service, _, method = call.name.partition(".")
    name = f"{_client(service, call.region)}.{method}"
    params = "".join(f"    {key}={_literal(value)},\n" for key, value in call.params.items())
    text = f"{name}(\n{params})" if params else f"{name}()"
    if call.name == _MAKE:
        file = ascii(_local(_seed_file(calls[number:])))
        yield f"made = {text}"
        yield f"Path({file}).touch(mode=0o600, exist_ok=False)"
        yield f"Path({file}).write_bytes(made{_subscripts(_SEED)})"
    elif number in kept:
        yield f"{_variable(kept[number])} = {text}{_subscripts(kept[number])}"
    else:
        yield text


def _make_password(secret: Secret) -> Iterator[str]:
    file = ascii(_local(secret.name))
    yield f"password = {_MAKE_PASSWORD}"
    yield f"Path({file}).touch(mode=0o600, exist_ok=False)"
    yield f"Path({file}).write_text(password)"


def _subscripts(path: str) -> str:
    return "".join(f"[{part!r}]" for part in path.split("."))


def _literal(value: Any) -> str:
    """Write a value as Python does, in ASCII; an answer is the variable that keeps it."""
    if is_answer(value):
        return _variable(msgspec.convert(value, Answer).pick)
    if is_secret(value):
        secret = msgspec.convert(value, Secret)
        return f"input({_PROMPTS[secret.earlier]!a})" if secret.kind == "code" else "password"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k!a}: {_literal(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(_literal(part) for part in value)}]"
    return ascii(value)
