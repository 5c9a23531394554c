"""What may be said to AWS: a call, a question about the account, a change with its undo.

All of it is plain JSON data, so that a plan can be saved, hashed, compared and read by people.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

import jmespath
import msgspec
from msgspec import Struct

from trailmend.errors import CannotFix, CatalogError, Denied, NotFound

_DOTTED = re.compile(r"\w+(\.\w+)*")
PERMISSIONS_OF = {
    "s3:DeleteBucketLifecycle": "s3:PutLifecycleConfiguration",
    "s3:DeletePublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
    "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
}
"""Operations whose permission has another name (botocore s3, the same operations)."""
_PREFIXES = {"sso-admin": "sso"}
"""Services whose permissions begin with another word than boto3 names them by."""
_CENTER = "the management account of the organization or a delegated administrator's account"
_ASKED_IN = {"organizations": _CENTER, "sso-admin": _CENTER, "identitystore": _CENTER}
"""Where the services of a whole organization are asked (botocore organizations DescribePolicy)."""
ALSO_NEEDED = {"iam.add_role_to_instance_profile": "iam:PassRole"}
"""Permissions that a call needs beside its own (botocore iam AddRoleToInstanceProfile)."""
_CAPITALS = {"aws": "AWS", "ssh": "SSH", "mfa": "MFA", "saml": "SAML", "id": "ID"}


class Call(Struct, frozen=True, omit_defaults=True):
    """One call of AWS, named as boto3 names it: `iam.update_access_key`.

    `region` is where it must be sent; empty is the client's own.
    """

    name: str
    params: dict[str, Any] = {}
    region: str = ""

    @property
    def action(self) -> str:
        """The operation, as AWS names it: `iam:UpdateAccessKey`."""
        service, _, method = self.name.partition(".")
        *words, last = method.split("_")
        spelt = [_CAPITALS.get(word, word.title()) for word in words]
        ends = last.title() if last == "id" else _CAPITALS.get(last, last.title())
        return f"{service}:" + "".join([*spelt, ends])

    @property
    def permission(self) -> str:
        """The permission that the call needs, as a policy spells it."""
        service, _, operation = self.action.partition(":")
        named = f"{_PREFIXES.get(service, service)}:{operation}"
        return PERMISSIONS_OF.get(named, named)

    @property
    def permissions(self) -> tuple[str, ...]:
        """All permissions that the call needs."""
        more = ALSO_NEEDED.get(self.name)
        return (self.permission, more) if more else (self.permission,)

    @property
    def text(self) -> str:
        """The call on one line, for people; values are quoted as JSON."""
        params = (f"{k}={msgspec.json.encode(v).decode()}" for k, v in self.params.items())
        place = f" in {self.region}" if self.region else ""
        return f"{self.name}({', '.join(params)}){place}"


class Answer(Struct, frozen=True, tag_field="$from", tag="answer"):
    """A value that only the answer of a change tells, such as the id of what it made.

    `pick` is a dotted path in that answer.  `of` names the call of an earlier change; empty is
    the change itself, in its own undo.
    """

    pick: str
    of: str = ""


class Secret(Struct, frozen=True, tag_field="$from", tag="secret"):
    """A value that stands in no plan and no journal: made when its call is sent.

    A `password` of `length` characters of all four classes is made, and is in the sink under
    `name` before it is sent.  A `code` is the code of an authenticator whose seed is in the sink
    under `name`: of now, or `earlier` by so many steps of 30 seconds.
    """

    kind: Literal["password", "code"]
    name: str
    length: int = 24
    earlier: int = 0


class Read(Struct, frozen=True):
    """A question: the call, and the part of its answer (JMESPath) that decides.

    A watched part that is another when the plan is applied makes the plan stale.
    """

    call: Call
    pick: str
    watch: bool = True


class Beside(Struct, frozen=True):
    """Ask which calls the other fixes of the plan make.

    The answer is for words alone, so that they are true after the whole plan.  It is empty where a
    fix is asked by itself.
    """


class Change(Struct, frozen=True):
    """A write, with what takes it back; `undo` None means that nothing does.

    `keeps` names the secrets of its answer: under which name in the sink, and the dotted path.
    """

    call: Call
    undo: Call | None
    note: str
    breaks: str = ""
    irreversible: str = ""
    recover: str = ""
    keeps: dict[str, str] = {}

    @property
    def secrets(self) -> tuple[str, ...]:
        """The names in the sink of what is secret in its calls and its answer."""
        made = (one.name for one in secrets_in(self.call, self.undo) if one.kind == "password")
        return (*made, *self.keeps)


Client = Callable[[Call], Mapping[str, Any]]
"""Sends a call and gives the answer, all pages of it; raises the errors of `trailmend.errors`."""

Finder = Callable[[Call], Generator[Read, Any, Any]]
"""Finds by reading what the lost answer of a change said; gives None if there is no such thing."""


def call(name: str, *, region: str = "", **params: Any) -> Call:
    """Make a call of plain JSON values; an `Answer` or a `Secret` among them is kept as data."""
    return Call(name, msgspec.to_builtins(params), region)


def read(name: str, *, pick: str, watch: bool = True, region: str = "", **params: Any) -> Read:
    """Ask the account: `pick` of the answer is given back, or None if the entity is not there."""
    jmespath.compile(pick)
    return Read(call(name, region=region, **params), pick, watch)


def change(
    name: str,
    *,
    undo: Call | None,
    note: str,
    breaks: str = "",
    irreversible: str = "",
    recover: Finder | None = None,
    keeps: Mapping[str, str] | None = None,
    region: str = "",
    **params: Any,
) -> Change:
    """Propose a write; `note` says in words what it changes, from what to what.

    `irreversible` says what `undo` cannot bring back; without an undo it must be said.
    `recover` finds the answer again if it is lost; needed where an `Answer` is used.
    `keeps` names the secrets of the answer, and needs an undo: if the answer is lost, they are.
    Raises CatalogError for a change that could leave the user without a way back.
    """
    if undo is None and not irreversible:
        raise CatalogError(f"{name} has no undo: say in `irreversible` what cannot come back")
    if recover is None and any(not answer.of for answer in answers_in(undo)):
        raise CatalogError(f"the undo of {name} needs its answer: give a finder in `recover`")
    if keeps and undo is None:
        raise CatalogError(f"{name} answers with a secret: give an undo, for when that is lost")
    key = f"{module_name(recover)}.{recover.__name__}" if recover else ""
    made = call(name, region=region, **params)
    return Change(made, undo, note, breaks, irreversible, key, dict(keeps or {}))


def module_name(function: Callable[..., Any]) -> str:
    """Give the last part of the name of a function's module."""
    return function.__module__.rpartition(".")[2]


def ask(client: Client, question: Read) -> Any:
    """Send a question and give the picked part as JSON; None if the entity does not exist.

    Times are UTC: botocore gives them in the zone of the machine.
    Raises CannotFix where a service is asked that only one account of an organization may ask.
    """
    try:
        answer = client(question.call)
    except NotFound:
        return None
    except Denied as error:
        place = _ASKED_IN.get(question.call.name.partition(".")[0])
        if place is None:
            raise
        raise CannotFix(
            f"{error} It can be asked in {place} alone: plan with credentials of that account "
            "that may read and change this."
        ) from error
    return msgspec.to_builtins(_replaced(jmespath.search(question.pick, answer), _in_utc))


def _in_utc(leaf: Any) -> Any:
    return leaf.astimezone(UTC) if isinstance(leaf, datetime) else leaf


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


def is_secret(value: Any) -> bool:
    """Tell whether a value of a call's parameters is a `Secret` kept as data."""
    return isinstance(value, dict) and value.get("$from") == "secret"


def _leaves(value: Any) -> Iterator[Any]:
    if is_answer(value) or is_secret(value) or not isinstance(value, dict | list):
        yield value
        return
    for part in value.values() if isinstance(value, dict) else value:
        yield from _leaves(part)


def answers_in(*calls: Call | None) -> list[Answer]:
    """List the answers that the calls wait for."""
    found = (leaf for one in calls if one is not None for leaf in _leaves(one.params))
    return [msgspec.convert(leaf, Answer) for leaf in found if is_answer(leaf)]


def secrets_in(*calls: Call | None) -> list[Secret]:
    """List the secrets that the calls are sent with."""
    found = (leaf for one in calls if one is not None for leaf in _leaves(one.params))
    return [msgspec.convert(leaf, Secret) for leaf in found if is_secret(leaf)]


def pick_answer(answer: Mapping[str, Any], path: str) -> Any:
    """Follow a dotted path into an answer; None where it ends early.

    Raises CatalogError if the path is not plain names.
    """
    if not _DOTTED.fullmatch(path):
        raise CatalogError(f"an Answer follows plain names with dots, not {path!r}")
    return jmespath.search(path, answer)


def fill(template: Call, known: Callable[[Answer], Any]) -> Call:
    """Put values in the place of answers; an answer that is not `known` (None) stays."""

    def put(leaf: Any) -> Any:
        found = known(msgspec.convert(leaf, Answer)) if is_answer(leaf) else None
        return leaf if found is None else found

    return msgspec.structs.replace(template, params=_replaced(template.params, put))


def reveal(template: Call, made: Callable[[Secret], str]) -> Call:
    """Put the values of secrets in; the result is for the client alone, never to be kept."""

    def put(leaf: Any) -> Any:
        return made(msgspec.convert(leaf, Secret)) if is_secret(leaf) else leaf

    return msgspec.structs.replace(template, params=_replaced(template.params, put))


def _replaced(value: Any, put: Callable[[Any], Any]) -> Any:
    """Rebuild JSON with every leaf as `put` gives it; answers and secrets are leaves."""
    if is_answer(value) or is_secret(value):
        return put(value)
    if isinstance(value, dict):
        return {key: _replaced(part, put) for key, part in value.items()}
    return [_replaced(part, put) for part in value] if isinstance(value, list) else put(value)
