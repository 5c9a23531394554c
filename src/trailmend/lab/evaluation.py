"""Statements of policies: whether one applies to an action, a resource and a context.

Held to what containment and trails need. A condition whose operator or key is not known here does
not match, so that its statement does not apply: a denial denies nothing, a grant grants nothing.

IAM User Guide, IAM JSON policy elements: Condition operators; AWS global condition context keys.
"""

import functools
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from operator import eq, ge, gt, le, lt
from typing import Any

Statement = Mapping[str, Any]
Context = Mapping[str, str | None]  # by key in lower case; None for a key that is absent

_VARIABLE = re.compile(r"\$\{([^}]+)\}")


@functools.lru_cache(maxsize=512)
def statements_of(document: str) -> tuple[Statement, ...]:
    """Read the statements of a policy."""
    return tuple(listed(json.loads(document)["Statement"]))


def applies(statement: Statement, action: str, resource: str, context: Context) -> bool:
    """Tell whether a statement speaks of this request, whatever its effect."""
    conditions = statement.get("Condition", {}).items()
    return (
        _names(statement, "Action", action.lower(), str.lower)
        and _names(statement, "Resource", resource, functools.partial(_filled, context=context))
        and all(
            _holds(operator, context, key, listed(wanted))
            for operator, keys in conditions
            for key, wanted in keys.items()
        )
    )


def listed(value: Any) -> list[Any]:
    """Make a list of what a policy may write as one thing or as a list."""
    return value if isinstance(value, list) else [value]


def is_like(value: str, pattern: str) -> bool:
    """Match a pattern of a policy: `*` is any text, `?` any character, nothing else is special."""
    return fnmatchcase(value, pattern.replace("[", "[[]"))


def _names(statement: Statement, element: str, value: str, prepared: Callable[[str], str]) -> bool:
    inverted = f"Not{element}" in statement
    patterns = listed(statement.get(f"Not{element}" if inverted else element, []))
    return any(is_like(value, prepared(pattern)) for pattern in patterns) != inverted


def _filled(pattern: str, context: Context) -> str:
    """Put values for variables like `${aws:username}`; one without a value matches nothing."""
    return _VARIABLE.sub(lambda found: context.get(found[1].lower()) or found[0], pattern)


def _holds(operator: str, context: Context, key: str, wanted: list[Any]) -> bool:
    """Test one line of a condition.

    A negated operator and one that ends with IfExists hold for an absent key, others do not.
    """
    name = operator.removesuffix("IfExists")
    negated = "Not" in name
    test = _TESTS.get(name.replace("Not", ""))
    if key.lower() not in context or (test is None and name != "Null"):
        return False
    value = context[key.lower()]
    texts = [one if isinstance(one, str) else json.dumps(one) for one in wanted]
    if test is None:
        return any((value is None) == (text.lower() == "true") for text in texts)
    if value is None:
        return negated or name != operator
    return any(test(value, _filled(text, context)) for text in texts) != negated


def _dated(compare: Callable[[datetime, datetime], bool]) -> Callable[[str, str], bool]:
    def test(value: str, wanted: str) -> bool:
        try:
            return compare(_date(value), _date(wanted))
        except ValueError:  # not a date: it matches nothing
            return False

    return test


def _date(text: str) -> datetime:
    """Read an ISO 8601 date, or seconds since 1970."""
    if text.isdigit():
        return datetime.fromtimestamp(int(text), UTC)
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


_TESTS: Mapping[str, Callable[[str, str], bool]] = {
    "Bool": lambda value, wanted: value == wanted.lower(),
    "StringEquals": eq,
    "StringEqualsIgnoreCase": lambda value, wanted: value.lower() == wanted.lower(),
    "StringLike": is_like,
    "ArnEquals": is_like,
    "ArnLike": is_like,
    "DateEquals": _dated(eq),
    "DateLessThan": _dated(lt),
    "DateLessThanEquals": _dated(le),
    "DateGreaterThan": _dated(gt),
    "DateGreaterThanEquals": _dated(ge),
}
