"""pySigma's tree of a condition -> ours; every kind of value that it may hold is named here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
)
from sigma.types import (
    Placeholder,
    SigmaBool,
    SigmaCasedString,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaString,
    SigmaTimestampPart,
    SpecialChars,
)

from trailmend.sigma.faults import Fault, Faulty
from trailmend.sigma.fields import COLUMNS
from trailmend.sigma.reading import Document
from trailmend.sigma.tree import (
    And,
    Exists,
    InNetwork,
    Like,
    Matches,
    Not,
    Number,
    Or,
    Order,
    Place,
    Same,
    TimePart,
    TimeUnit,
    Tree,
)

_PLACEHOLDER = "has a placeholder (|expand): write the values out"
_WILDCARDS = {SpecialChars.WILDCARD_MULTI: "%", SpecialChars.WILDCARD_SINGLE: "_"}
_ORDERS: Mapping[str, Order] = {"LT": "lt", "LTE": "lte", "GT": "gt", "GTE": "gte"}
_KEPT_AS = {"role": "AssumedRole", "directory": "Unknown"}


def tree_of(node: Any, document: Document) -> Tree:
    """Translate a node of pySigma's tree.  Raises Faulty for what cannot be run."""
    if isinstance(node, ConditionAND | ConditionOR):
        parts = tuple(tree_of(part, document) for part in node.args)
        return And(parts) if isinstance(node, ConditionAND) else Or(parts)
    if isinstance(node, ConditionNOT):
        return Not(tree_of(node.args[0], document))
    if isinstance(node, ConditionFieldEqualsValueExpression):
        at = node.source
        place = document.place("detection") if at is None else Place(at.line or 1, at.char or 1)
        return _test(node.field, node.value, place, document)
    reason = "the condition comes to nothing that can be asked of a record"
    raise Faulty([document.fault(reason, "detection", "condition")])


def _test(field: str, value: Any, place: Place, document: Document) -> Tree:
    """Translate one value; `SigmaTimestampPart` is a number too, so it comes first."""

    def refuse(reason: str) -> Faulty:
        return Faulty([Fault(document.file, place, reason)])

    match value:
        case SigmaExpansion():
            return Or(tuple(_test(field, one, place, document) for one in value.values))
        case SigmaNull():
            return Not(Exists(field, place))
        case SigmaExists():
            there = Exists(field, place)
            return there if value.exists else Not(there)
        case SigmaString():
            if any(isinstance(part, Placeholder) for part in value.s):
                raise refuse(_PLACEHOLDER)
            reason = _never_kept(field, value)
            if reason:
                raise refuse(reason)
            return Like(field, place, _pattern(value), isinstance(value, SigmaCasedString))
        case SigmaBool():
            return Like(field, place, str(value.boolean).lower())
        case SigmaTimestampPart():
            unit = value.timestamp_part.name.lower()
            return TimePart(field, place, unit=_unit(unit), number=int(value.number))
        case SigmaNumber():
            return Number(field, place, order="eq", number=value.number)
        case SigmaCompareExpression():
            return Number(field, place, order=_ORDERS[value.op.name], number=value.number.number)
        case SigmaRegularExpression():
            if value.contains_placeholder():
                raise refuse(_PLACEHOLDER)
            return Matches(field, place, _regex(value))
        case SigmaCIDRExpression():
            return InNetwork(field, place, str(value.network))
        case SigmaFieldReference():
            return Same(field, place, value.field, _how(value))
    raise refuse(f"a {type(value).__name__} cannot be run")


def _never_kept(field: str, value: SigmaString) -> str | None:
    """Say why a text can be in the record and never in our column."""
    if not value.s and field in COLUMNS:
        return "an empty text is kept as no value: write null in place of ''"
    if field == "userIdentity.type":
        kept = _KEPT_AS.get(str(value).lower())
        return kept and f"the type {value} is kept as {kept}: write that"
    return None


def _pattern(value: SigmaString) -> str:
    return "".join(
        re.sub(r"([\\%_])", r"\\\1", part) if isinstance(part, str) else _WILDCARDS[part]
        for part in value.s
        if not isinstance(part, Placeholder)
    )


def _regex(value: SigmaRegularExpression) -> str:
    flags = "".join(sorted(value.sigma_to_re_flag[flag] for flag in value.flags))
    text = value.regexp.to_plain_regex()
    return f"(?{flags}){text}" if flags else text


def _how(value: SigmaFieldReference) -> Literal["equals", "startswith", "endswith", "contains"]:
    if value.starts_with and value.ends_with:
        return "contains"
    if value.starts_with:
        return "startswith"
    return "endswith" if value.ends_with else "equals"


def _unit(name: str) -> TimeUnit:
    units: Mapping[str, TimeUnit] = {
        one: one for one in ("minute", "hour", "day", "week", "month", "year")
    }
    return units[name]
