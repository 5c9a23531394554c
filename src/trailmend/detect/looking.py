"""Conditions of the catalog made into functions that look at one event, without an engine.

They mean what `conditions` lets them say, by the three-valued logic of SQL: None is unknown.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

from trailmend.context import Context
from trailmend.detect.columns import COLUMNS
from trailmend.events import Event

Look = Callable[[Event, Context], Any]
"""Gives the value of a part of a condition on an event and its row."""


class NotRead(ValueError):
    """What stands in a condition is not read here; an engine may read it, or say what is wrong."""


class _Part(NamedTuple):
    kind: str
    look: Look


_END = ""
_WORDS = re.compile(r"\s*('(?:[^']|'')*'|\w+|<>|<=|>=|[=<>(),])")
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@cache
def look_for(condition: str) -> Look:
    """Make the function that says whether a condition is true of an event; raises NotRead."""
    words = [_END, *reversed(_words(condition))]
    part = _either(words)
    if words != [_END] or part.kind != "BOOLEAN":
        raise NotRead(condition)
    return part.look


def _words(text: str) -> list[str]:
    if _WORDS.sub("", text).strip():
        raise NotRead(text)
    return _WORDS.findall(text)


def _takes(words: list[str], *wanted: str) -> bool:
    """Take these words if they come next."""
    if tuple(reversed(words[-len(wanted) :])) != wanted:
        return False
    del words[-len(wanted) :]
    return True


def _needs(words: list[str], wanted: str) -> None:
    if words.pop() != wanted:
        raise NotRead(wanted)


def _either(words: list[str]) -> _Part:
    parts = [_every(words)]
    while _takes(words, "OR"):
        parts.append(_every(words))
    return _settled(parts, by=True)


def _every(words: list[str]) -> _Part:
    parts = [_not(words)]
    while _takes(words, "AND"):
        parts.append(_not(words))
    return _settled(parts, by=False)


def _settled(parts: Sequence[_Part], by: bool) -> _Part:
    """Join parts by AND or OR: one part can settle it, and one that is unknown leaves it open."""
    if len(parts) == 1:
        return parts[0]
    looks = [_of_kind("BOOLEAN", part) for part in parts]

    def look(event: Event, row: Context) -> bool | None:
        known = True
        for one in looks:
            value: bool | None = one(event, row)
            if value is by:
                return by
            known = known and value is not None
        return not by if known else None

    return _Part("BOOLEAN", look)


def _of_kind(kind: str, part: _Part) -> Look:
    if part.kind != kind:
        raise NotRead(f"{part.kind} instead of {kind}")
    return part.look


def _not(words: list[str]) -> _Part:
    return _turned(_not(words)) if _takes(words, "NOT") else _compared(words)


def _turned(part: _Part) -> _Part:
    of = _of_kind("BOOLEAN", part)

    def look(event: Event, row: Context) -> bool | None:
        value = of(event, row)
        return None if value is None else not value

    return _Part("BOOLEAN", look)


def _compared(words: list[str]) -> _Part:
    left = _operand(words)
    if words[-1] in _COMPARISONS:
        return _both(_COMPARISONS[words.pop()], left, _operand(words))
    if _takes(words, "IS"):
        return _identical(left, words)
    turned = _takes(words, "NOT")
    if _takes(words, "IN"):
        found = _met(_among(words, left.kind), left.look)
    elif _takes(words, "LIKE"):
        found = _met(_like(_text(words.pop())), _of_kind("VARCHAR", left))
    elif turned:
        raise NotRead("NOT")
    else:
        return left
    return _turned(found) if turned else found


def _both(test: Callable[[Any, Any], bool], left: _Part, right: _Part) -> _Part:
    one, other = left.look, _of_kind(left.kind, right)

    def look(event: Event, row: Context) -> bool | None:
        a, b = one(event, row), other(event, row)
        return None if a is None or b is None else test(a, b)

    return _Part("BOOLEAN", look)


def _identical(left: _Part, words: list[str]) -> _Part:
    """Read what stands behind IS: it is never unknown."""
    turned, of = _takes(words, "NOT"), left.look
    if _takes(words, "NULL"):
        return _Part("BOOLEAN", lambda event, row: (of(event, row) is None) is not turned)
    _needs(words, "DISTINCT")
    _needs(words, "FROM")
    other = _of_kind(left.kind, _operand(words))
    return _Part("BOOLEAN", lambda event, row: (of(event, row) == other(event, row)) is turned)


def _met(test: Callable[[Any], bool], of: Look) -> _Part:
    def look(event: Event, row: Context) -> bool | None:
        value = of(event, row)
        return None if value is None else test(value)

    return _Part("BOOLEAN", look)


def _among(words: list[str], kind: str) -> Callable[[Any], bool]:
    _needs(words, "(")
    values = {_literal(words.pop(), kind)}
    while _takes(words, ","):
        values.add(_literal(words.pop(), kind))
    _needs(words, ")")
    return values.__contains__


def _literal(word: str, kind: str) -> str | int:
    if kind == "VARCHAR":
        return _text(word)
    if kind != "BIGINT" or not word.isdecimal():
        raise NotRead(word)
    return int(word)


def _text(word: str) -> str:
    if not word.startswith("'"):
        raise NotRead(word)
    return word[1:-1].replace("''", "'")


def _like(pattern: str) -> Callable[[str], bool]:
    """Look for a pattern; each part once, so that no text of a log makes it long."""
    first, *others = (re.escape(part).replace("_", ".") for part in pattern.split("%"))
    between = "".join(f"(?>.*?{part})" for part in others[:-1] if part)
    last = "".join(f".*{part}" for part in others[-1:])
    plain = pattern.strip("%")
    if "_" not in pattern and pattern == f"%{plain}%" and "%" not in plain:
        return lambda text: plain in text
    whole = re.compile(f"{first}{between}{last}", re.DOTALL).fullmatch
    return lambda text: whole(text) is not None


def _operand(words: list[str]) -> _Part:
    word = words.pop()
    if word == "(":
        part = _either(words)
        _needs(words, ")")
        return part
    if word in ("COALESCE", "LOWER"):
        _needs(words, "(")
        return _first_known(words) if word == "COALESCE" else _lower(words)
    if word in ("TRUE", "FALSE"):
        return _always("BOOLEAN", word == "TRUE")
    if word in COLUMNS:
        return _column(word)
    kind = "BIGINT" if word.isdecimal() else "VARCHAR"
    return _always(kind, _literal(word, kind))


def _always(kind: str, value: str | int) -> _Part:
    return _Part(kind, lambda _event, _row: value)


def _column(name: str) -> _Part:
    read = operator.attrgetter(name)
    if name in Context.__struct_fields__:
        return _Part(COLUMNS[name], lambda _event, row: read(row))
    return _Part(COLUMNS[name], lambda event, _row: read(event))


def _first_known(words: list[str]) -> _Part:
    """Read the parts of COALESCE."""
    part = _either(words)
    looks = [part.look]
    while _takes(words, ","):
        looks.append(_of_kind(part.kind, _either(words)))
    _needs(words, ")")

    def look(event: Event, row: Context) -> Any:
        return next((v for one in looks if (v := one(event, row)) is not None), None)

    return _Part(part.kind, look)


def _lower(words: list[str]) -> _Part:
    of = _of_kind("VARCHAR", _either(words))
    _needs(words, ")")

    def look(event: Event, row: Context) -> str | None:
        text = of(event, row)
        return None if text is None else text.lower()

    return _Part("VARCHAR", look)
