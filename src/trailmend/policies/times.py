"""Conditions on the time of the call, decided for the moment at which a document is looked at.

IAM User Guide, "Condition operators": a date is written as ISO 8601 or as seconds since 1970.
"AWS global condition context keys": both keys of the time are in every request.  A statement that
allows is taken as it is at that moment: for one that allows only later it stays open whether it
does, one whose time is over allows nothing.  A denial that begins later denies nothing yet; one
that will end is in doubt, for the bearer may wait.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from trailmend.policies.document import Line, PolicyDocument, Statement, Unreadable, is_operator

_KEYS = ("aws:currenttime", "aws:epochtime")
_COMPARED = re.compile(r"(?:Date|Numeric)(Not)?(Equals|LessThan|GreaterThan)(Equals)?")
_STEP = timedelta(seconds=1)
_LAST = datetime.max.replace(tzinfo=UTC) - _STEP
"""After it no later moment can be written: what ends then, ends never."""
_MOST_DATES = 100
_Decided = PolicyDocument | Unreadable


def speaks_of_time(text: str) -> bool:
    """Tell whether a document may ask for the time of a call, before it is read."""
    lower = text.lower()
    return "currenttime" in lower or "epochtime" in lower or "\\u" in lower or "%" in lower


def decided_at(document: _Decided, moment: datetime) -> _Decided:
    """Leave out the conditions on the time that hold, and the statements that speak of no time."""
    if isinstance(document, Unreadable):
        return document
    statements = (_at(one, moment) for one in document.statements)
    return replace(document, statements=tuple(one for one in statements if one is not None))


def _at(statement: Statement, moment: datetime) -> Statement | None:
    left, ends = set(), set()
    for line in statement.conditions:
        holds, end = _holds(line, moment, statement.allows)
        if holds is False:
            return None
        if holds is None:
            left.add(line)
        elif end is not None:
            ends.add(end)
    until = min(ends).isoformat().replace("+00:00", "Z") if ends else ""
    return replace(statement, conditions=frozenset(left), until=until)


def _holds(line: Line, moment: datetime, allows: bool) -> tuple[bool | None, datetime | None]:
    """Tell whether a line holds, and when that ends; None: it is not known, or changes later."""
    single = line.operator.rpartition(":")[2].removesuffix("IfExists")
    compared = _COMPARED.fullmatch(single)
    if line.key not in _KEYS or compared is None or not is_operator(line.operator):
        return None, None
    if single.startswith("Numeric") and line.key == "aws:currenttime":
        return None, None
    times = [moment_of(one) for one in line.values]
    known = sorted(one for one in times if one is not None)
    if not known or len(known) < len(times) or len(known) > _MOST_DATES:
        return None, None
    now = _compare(compared, moment, known)
    changed = [at for at in _later(known, moment) if _compare(compared, at, known) is not now]
    if not changed:
        return now, None
    return (now, changed[0]) if now is allows else (None, None)


def _later(known: list[datetime], moment: datetime) -> Iterator[datetime]:
    """Give the moments to come at which the answer may change, one after each date and on it."""
    for one in known:
        after = one + _STEP if one < _LAST else one
        yield from (at for at in (one, after) if at > moment)


def _compare(compared: re.Match[str], moment: datetime, known: list[datetime]) -> bool:
    negated, base, or_equal = compared.groups()
    if base == "Equals":
        return (moment in known) is not bool(negated)
    if or_equal and moment in known:
        return True
    return moment < known[-1] if base == "LessThan" else moment > known[0]


def moment_of(text: str) -> datetime | None:
    """Read a date of a condition; None: it is none."""
    try:
        if re.fullmatch(r"\d{1,11}", text, re.ASCII):
            return datetime.fromtimestamp(int(text), UTC)
        read = datetime.fromisoformat(text)
        return read.replace(tzinfo=read.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
