"""A condition of a policy in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from trailmend.policies.document import Line, shown

_WORDS = {
    "ArnEquals": "is",
    "ArnLike": "is like",
    "BinaryEquals": "is",
    "Bool": "is",
    "DateEquals": "is",
    "DateGreaterThan": "is after",
    "DateGreaterThanEquals": "is not before",
    "DateLessThan": "is before",
    "DateLessThanEquals": "is not after",
    "IpAddress": "is in",
    "NumericEquals": "is",
    "NumericGreaterThan": "is more than",
    "NumericGreaterThanEquals": "is at least",
    "NumericLessThan": "is less than",
    "NumericLessThanEquals": "is at most",
    "StringEquals": "is",
    "StringEqualsIgnoreCase": "is",
    "StringLike": "is like",
}
_MOST_VALUES = 3
_MOST_LINES = 4


def told(lines: Iterable[Line]) -> str:
    """Tell the lines of a condition, all of which must hold: `aws:username is bob and ...`."""
    return joined(sorted(map(told_line, lines)))


def joined(said: Sequence[str]) -> str:
    """Join lines that are told already, no more than a sentence bears."""
    more = len(said) - _MOST_LINES
    kept = said if more <= 0 else [*said[:_MOST_LINES], f"{more} more conditions hold"]
    return " and ".join(kept)


def told_line(line: Line) -> str:
    """Tell one line: `aws:username is bob`."""
    sets, _, single = line.operator.rpartition(":")
    base = single.removesuffix("IfExists")
    said = f"{_of(sets)}{shown(line.key)} {_compared(base, line.values)}"
    return said if base == single else f"{said} where it is sent"


def _of(sets: str) -> str:
    return {"ForAllValues": "each ", "ForAnyValue": "some "}.get(sets, "")


def _compared(base: str, values: tuple[str, ...]) -> str:
    if base == "Null":
        return "is not sent" if values == ("true",) else "is sent"
    plain = base.replace("Not", "")
    word = _WORDS.get(plain, shown(base))
    if plain != base:
        word = word.replace("is", "is not", 1)
    joined = " nor " if plain != base else " or "
    kept = [shown(one) for one in values[:_MOST_VALUES]]
    more = len(values) - len(kept)
    if not values:
        return f"{word} no value"
    return f"{word} {joined.join([*kept, f'{more} more'] if more else kept)}"
