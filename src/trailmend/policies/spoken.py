"""Which of some actions the statements of a document speak of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from trailmend.policies.document import Names, PolicyDocument, Statement
from trailmend.policies.patterns import is_like

Spoken = list[tuple[Statement, frozenset[str]]]
"""The statements, each with those of the actions that it speaks of; actions are in lower case."""


def spoken(document: PolicyDocument, actions: frozenset[str]) -> Spoken:
    """Tell of which of the actions each statement speaks."""
    return [(one, _spoken(one.actions, actions)) for one in document.statements]


def allowed(statements: Spoken) -> frozenset[str]:
    """Give the actions that some statement allows, whatever is denied."""
    return frozenset[str]().union(*(keys for one, keys in statements if one.allows))


def _spoken(names: Names, actions: frozenset[str]) -> frozenset[str]:
    matched = frozenset[str]().union(*(_matched(one, actions) for one in names.patterns))
    return actions - matched if names.inverted else matched


@lru_cache(maxsize=4096)
def _matched(pattern: str, actions: frozenset[str]) -> frozenset[str]:
    service = pattern.partition(":")[0]
    wild = "*" in service or "?" in service
    candidates: Iterable[str] = actions if wild else _by_service(actions).get(service, ())
    return frozenset(key for key in candidates if is_like(key, pattern))


@lru_cache(maxsize=8)
def _by_service(actions: frozenset[str]) -> Mapping[str, tuple[str, ...]]:
    return {
        service: tuple(key for key in actions if key.startswith(f"{service}:"))
        for service in {key.partition(":")[0] for key in actions}
    }
