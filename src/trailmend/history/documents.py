"""Policy documents for people: what each statement allows or denies, to whom and when, in words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from msgspec.structs import replace

from trailmend.history.shape import Fact, Sureness
from trailmend.policies import PolicyDocument, Unreadable, grants, read_document
from trailmend.policies.document import Names, Statement, shown
from trailmend.policies.words import told

_PRINCIPALS = {
    "AWS": "",
    "Federated": "provider",
    "Service": "service",
    "CanonicalUser": "canonical user",
}
_MOST_NAMES = 12
_MOST_STATEMENTS = 50
_NOT_TOLD = "the log does not hold the document"


def with_document(name: str, value: str, document: str | None, sureness: Sureness) -> Fact:
    """Tell of a policy and of its document."""
    if document is None:
        return Fact(name, value or "not known", sureness, meaning=[_NOT_TOLD])
    read = read_document(document)
    meaning = [f"cannot be read: {read.reason}"] if isinstance(read, Unreadable) else _meaning(read)
    return Fact(name, value or _told_short(read), sureness, None, as_object(document), meaning)


def as_object(document: str) -> Any:
    """Give a document as JSON where it is JSON, else as it is written."""
    try:
        return json.loads(document)
    except (ValueError, RecursionError):
        return document


def _told_short(read: PolicyDocument | Unreadable) -> str:
    if isinstance(read, Unreadable):
        return "it cannot be read"
    return f"{len(read.statements)} statement{'' if len(read.statements) == 1 else 's'}"


def _meaning(document: PolicyDocument) -> list[str]:
    said = [_statement(one) for one in document.statements[:_MOST_STATEMENTS]]
    left = len(document.statements) - len(said)
    of_resource = any(one.principals is not None for one in document.statements)
    admin = [] if of_resource else [one.sentence for one in grants(document).findings]
    more = [f"and {left} more statements"] if left > 0 else []
    return [*said, *more, *admin, *map(str, document.problems)]


def _statement(one: Statement) -> str:
    does = "allows" if one.allows else "denies"
    parts = [does, _names(one.actions, "every action")]
    if one.principals is not None:
        people = replace(one.principals, patterns=tuple(map(_who, one.principals.patterns)))
        parts += ["to", _names(people, "anyone")]
    else:
        parts += ["on", _names(one.resources, "everything")]
    if one.conditions:
        parts += ["if", told(one.conditions)]
    doubt = ", or not: parts of it cannot be read" if one.doubtful else ""
    return f"{' '.join(parts)}{doubt}"


def _who(principal: str) -> str:
    kind, colon, value = principal.partition(":")
    return f"{_PRINCIPALS.get(kind, kind)} {value}".strip() if colon else principal


def _names(names: Names, every: str) -> str:
    listed = _listed(names.patterns)
    if names.inverted:
        return f"{every} but {listed}"
    return every if names.patterns == ("*",) else listed


def _listed(texts: Sequence[str]) -> str:
    return ", ".join(_few(texts)) or "nothing"


def _few(texts: Sequence[str]) -> Iterator[str]:
    yield from map(shown, texts[:_MOST_NAMES])
    if len(texts) > _MOST_NAMES:
        yield f"and {len(texts) - _MOST_NAMES} more"
