"""A policy document, read strictly: what cannot be read is named with its place and put in doubt.

IAM User Guide, "Grammar of the IAM JSON policy language": an element is written once ("must not
contain multiple instances of the same key"), one value or a list.  The guide does not say whether
names of elements may differ in case: such an element is read, and its statement is in doubt.
"Variables and tags": `${...}` is a variable under the version 2012-10-17 alone, else plain text.
A statement in doubt may do what it says, or not: it turns yes and no into None, and is never
left out.  One that cannot be read at all may allow everything and deny everything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from msgspec import Struct
from msgspec.structs import replace

from trailmend.policies.actions import is_known
from trailmend.policies.patterns import PLAIN_DOLLAR

_ELEMENTS = (
    "Sid Effect Principal NotPrincipal Action NotAction Resource NotResource Condition".split()
)
_PRINCIPALS = ("AWS", "Federated", "Service", "CanonicalUser")
_VERSIONS = ("2008-10-17", "2012-10-17")
_COMPARED = "Equals NotEquals LessThan LessThanEquals GreaterThan GreaterThanEquals".split()
_OPERATORS = frozenset(
    """
    StringEquals StringNotEquals StringEqualsIgnoreCase StringNotEqualsIgnoreCase StringLike
    StringNotLike Bool BinaryEquals IpAddress NotIpAddress ArnEquals ArnNotEquals ArnLike
    ArnNotLike Null
    """.split()
    + [kind + compared for kind in ("Numeric", "Date") for compared in _COMPARED]
)
"""IAM User Guide, "IAM JSON policy elements: Condition operators"."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_NO_SUCH_CHARACTER = "a character that no policy may hold"
_SHOWN = 80
NO_STATEMENT = "it has no Statement"
"""Said of JSON that is no policy of permissions, as an organization's policy of tags."""
_LONGEST = 131_072
"""botocore iam, shape policyDocumentType; the quotas of the kinds of policies are far lower."""


class Problem(Struct, frozen=True):
    """What is wrong in a document, and where."""

    place: str
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


class Unreadable(Struct, frozen=True):
    """A document of which nothing can be read."""

    reason: str
    place: str


class Names(Struct, frozen=True):
    """Patterns of actions, resources or principals; inverted: all but these."""

    patterns: tuple[str, ...]
    inverted: bool = False


class Line(Struct, frozen=True):
    """One line of a condition; the operator as written, the key in lower case."""

    operator: str
    key: str
    values: tuple[str, ...]


class Statement(Struct, frozen=True):
    """One statement; `place` counts from 1, actions are in lower case.

    A principal is `*`, or its kind and value, as `AWS:arn:aws:iam::111122223333:root`.  `until`
    is when a condition on the time ends that was found to hold (see `times`).
    """

    place: int
    sid: str
    allows: bool
    actions: Names
    resources: Names
    principals: Names | None = None
    conditions: frozenset[Line] = frozenset()
    doubtful: bool = False
    until: str = ""

    def __str__(self) -> str:
        return f"statement {self.place}" + (f" (Sid {shown(self.sid)})" if self.sid else "")


class PolicyDocument(Struct, frozen=True):
    """The statements of a document in their order, and what is wrong with it."""

    statements: tuple[Statement, ...]
    problems: tuple[Problem, ...] = ()


class _Number(str):
    """A number as it is written: conditions compare it as text, elsewhere it is none."""


class _Malformed(ValueError):
    """What stands in the place is no policy."""


_ALL = Names(("*",))


def read_document(source: str | Mapping[str, Any]) -> PolicyDocument | Unreadable:
    """Read a document: JSON, JSON encoded for a URL (as IAM answers), or JSON already read."""
    try:
        raw = _loaded(source) if isinstance(source, str) else source
    except _Malformed as error:
        return Unreadable(str(error), "document")
    except json.JSONDecodeError as error:
        return Unreadable(f"it is no JSON: {error.msg}", f"line {error.lineno}, {error.colno}")
    except (RecursionError, ValueError):
        return Unreadable("it is nested too deep or no text", "document")
    if not isinstance(raw, Mapping):
        return Unreadable("it is no JSON object", "document")
    if not isinstance(raw.get("Statement"), list | Mapping):
        return Unreadable(NO_STATEMENT, "document")
    return _document(raw)


def shown(text: str) -> str:
    """Cut a text of a policy for a sentence."""
    text = text.replace(PLAIN_DOLLAR, "$")
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def _loaded(text: str) -> Any:
    text = unquote(text, errors="strict") if text.lstrip().startswith("%") else text
    if len(text) > _LONGEST:
        raise _Malformed(f"{len(text)} characters; IAM takes no more than {_LONGEST}")
    return json.loads(
        text,
        object_pairs_hook=_once,
        parse_int=_Number,
        parse_float=_Number,
        parse_constant=_no_number,
    )


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _Malformed(f"{shown(twice)} is written twice in one place")
    return read


def _no_number(text: str) -> Any:
    raise _Malformed(f"{text} is no value of JSON")


def _document(raw: Mapping[str, Any]) -> PolicyDocument:
    problems = [
        Problem(shown(str(name)), "no element of a policy document has this name")
        for name in raw
        if name not in ("Version", "Id", "Statement")
    ]
    if raw.get("Version", _VERSIONS[0]) not in _VERSIONS:
        problems.append(Problem("Version", "neither 2012-10-17 nor 2008-10-17"))
    listed = raw["Statement"] if isinstance(raw["Statement"], list) else [raw["Statement"]]
    statements = [
        statement
        for place, one in enumerate(listed, 1)
        for statement in _statements(place, one, problems)
    ]
    if raw.get("Version", _VERSIONS[0]) == _VERSIONS[0]:
        statements = [_without_variables(one) for one in statements]
    return PolicyDocument(tuple(statements), tuple(problems))


def _without_variables(one: Statement) -> Statement:
    resources = replace(one.resources, patterns=_plain(one.resources.patterns))
    conditions = frozenset(replace(line, values=_plain(line.values)) for line in one.conditions)
    return replace(one, resources=resources, conditions=conditions)


def _plain(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(text.replace("${", PLAIN_DOLLAR + "{") for text in texts)


def _statements(place: int, raw: Any, problems: list[Problem]) -> Iterator[Statement]:
    """Read a statement; of one that cannot be read: that it may allow all, and may deny all."""
    found: list[Problem] = []
    try:
        statement = _statement(place, raw, found)
    except (_Malformed, RecursionError) as error:
        found.append(Problem(f"statement {place}", str(error) or "nested too deep"))
        for allows in (True, False):
            yield Statement(place, "", allows, _ALL, _ALL, _ALL, doubtful=True)
    else:
        yield statement
        found += _unknown_actions(statement)
    problems += found


def _statement(place: int, raw: Any, found: list[Problem]) -> Statement:
    if not isinstance(raw, Mapping):
        raise _Malformed("it is no JSON object")
    named = _elements(place, raw, found)
    if named.get("Effect") not in ("Allow", "Deny"):
        raise _Malformed("its Effect is neither Allow nor Deny")
    sid = named.get("Sid", "")
    if not isinstance(sid, str) or isinstance(sid, _Number):
        raise _Malformed("its Sid is no text")
    actions = _names(named, "Action")
    principals = _principals(named)
    resources = _names(named, "Resource") or (_ALL if principals is not None else None)
    if actions is None or resources is None:
        raise _Malformed("it has no Action" if actions is None else "it has no Resource")
    conditions = frozenset(_lines(place, named.get("Condition", {}), found))
    read = Statement(
        place=place,
        sid=sid,
        allows=named["Effect"] == "Allow",
        actions=Names(tuple(one.lower() for one in actions.patterns), actions.inverted),
        resources=resources,
        principals=principals,
        conditions=conditions,
    )
    found += _control_characters(read)
    read = replace(read, doubtful=bool(found))
    if _CONTROL.search(sid):
        found.append(Problem(f"statement {place}, Sid", _NO_SUCH_CHARACTER))
    return read


def _elements(place: int, raw: Mapping[str, Any], found: list[Problem]) -> dict[str, Any]:
    """Give the elements under their right names."""
    right = {name.lower(): name for name in _ELEMENTS}
    named: dict[str, Any] = {}
    for name, value in raw.items():
        known = right.get(str(name).lower())
        if name != known:
            at = f"statement {place}, {shown(str(name))}"
            found.append(Problem(at, "no element of a statement is written so"))
        if known in named:
            raise _Malformed(f"{known} is written twice")
        if known is not None:
            named[known] = value
    return named


def _names(named: Mapping[str, Any], element: str) -> Names | None:
    inverse = f"Not{element}"
    if element in named and inverse in named:
        raise _Malformed(f"it has both {element} and {inverse}")
    if element not in named and inverse not in named:
        return None
    name = element if element in named else inverse
    return Names(_texts(named[name], name), inverted=name == inverse)


def _principals(named: Mapping[str, Any]) -> Names | None:
    if "Principal" in named and "NotPrincipal" in named:
        raise _Malformed("it has both Principal and NotPrincipal")
    name = "NotPrincipal" if "NotPrincipal" in named else "Principal"
    if name not in named:
        return None
    value = named[name]
    if value == "*":
        return Names(("*",), inverted=name == "NotPrincipal")
    if not isinstance(value, Mapping) or not set(value) <= set(_PRINCIPALS):
        raise _Malformed(f"its {name} names nothing but AWS, Federated, Service, CanonicalUser")
    patterns = [_principal(kind, one) for kind in value for one in _texts(value[kind], kind)]
    return Names(tuple(patterns), inverted=name == "NotPrincipal")


def _principal(kind: str, value: str) -> str:
    """Write a principal in one form: an account is its root, `AWS: *` is anyone."""
    if kind == "AWS" and value == "*":
        return "*"
    if kind == "AWS" and re.fullmatch(r"\d{12}", value, re.ASCII):
        value = f"arn:aws:iam::{value}:root"
    return f"{kind}:{value}"


def _texts(value: Any, name: str) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    if not all(isinstance(one, str) and not isinstance(one, _Number) for one in listed):
        raise _Malformed(f"its {name} is neither a text nor a list of texts")
    return tuple(dict.fromkeys(listed))


def _lines(place: int, raw: Any, found: list[Problem]) -> Iterator[Line]:
    if not isinstance(raw, Mapping) or not all(isinstance(one, Mapping) for one in raw.values()):
        raise _Malformed("its Condition is no object of objects")
    for operator, keys in raw.items():
        if not is_operator(operator):
            at = f"statement {place}, Condition {shown(operator)}"
            found.append(Problem(at, "AWS has no such condition operator"))
        for key, value in keys.items():
            yield Line(operator, key.lower(), _values(value, key))


def is_operator(operator: str) -> bool:
    """Tell whether AWS knows a condition operator, with what may stand before and after it."""
    sets, _, single = operator.rpartition(":")
    base = single.removesuffix("IfExists")
    known = base in _OPERATORS and single != "NullIfExists"
    return known and sets in ("", "ForAnyValue", "ForAllValues")


def _values(value: Any, key: str) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    if not all(isinstance(one, str | bool | int | float) for one in listed):
        raise _Malformed(f"the values of its condition key {shown(key)} are no texts")
    return tuple(
        sorted({str(one).lower() if isinstance(one, bool) else str(one) for one in listed})
    )


def _control_characters(statement: Statement) -> Iterator[Problem]:
    parts = {
        "Action": statement.actions.patterns,
        "Resource": statement.resources.patterns,
        "Principal": statement.principals.patterns if statement.principals else (),
        "Condition": [text for one in statement.conditions for text in (one.key, *one.values)],
    }
    for name, texts in parts.items():
        if any(map(_CONTROL.search, texts)):
            yield Problem(f"statement {statement.place}, {name}", _NO_SUCH_CHARACTER)


def _unknown_actions(statement: Statement) -> Iterator[Problem]:
    for pattern in statement.actions.patterns:
        if is_known(pattern) is False:
            at = f"statement {statement.place}, Action {shown(pattern)}"
            yield Problem(at, "no action known here has this name")
