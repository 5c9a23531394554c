"""Which records can a rule hit?  Asked of the few fields that a glance at a record shows.

A rule is read over these fields alone; what the others say is not known, so the answer is `can` or
`cannot`.  A rule that fixes the event's source or name costs nothing on other events, and one that
fixes neither but asks who calls, or with which agent, is still asked of a glance.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import re2

from trailmend.sigma.patterns import plain
from trailmend.sigma.regexes import compiled
from trailmend.sigma.tree import And, Exists, Like, Matches, Not, Or, Test, Tree

SEEN = (
    *("eventSource", "eventName", "eventType", "userAgent", "sourceIPAddress", "errorCode"),
    *("errorMessage", "userIdentity.type", "userIdentity.arn"),
)
"""The fields that a glance shows."""
Glimpse = Mapping[str, str | None]
"""What is known of a record: a field that is not in it is unknown, None is one that is missing."""
_UNKNOWN = (True, True)


def may_hit(tree: Tree, glimpse: Glimpse) -> bool:
    """Say whether a rule can hit a record of which this is known."""
    return _possible(tree, glimpse)[0]


def _possible(tree: Tree, glimpse: Glimpse) -> tuple[bool, bool]:
    """Say whether a tree can be true, and whether it can be false."""
    if isinstance(tree, Not):
        can_be_true, can_be_false = _possible(tree.part, glimpse)
        return can_be_false, can_be_true
    if isinstance(tree, And | Or):
        return _joined(tree, glimpse)
    return _test(tree, glimpse)


def _joined(tree: And | Or, glimpse: Glimpse) -> tuple[bool, bool]:
    """Join the parts; one that settles the whole ends the search."""
    settles, open_ended = isinstance(tree, Or), False
    for part in tree.parts:
        possible = _possible(part, glimpse)
        if possible == (settles, not settles):
            return possible
        open_ended |= possible == _UNKNOWN
    return _UNKNOWN if open_ended else (not settles, settles)


def _test(test: Test, glimpse: Glimpse) -> tuple[bool, bool]:
    if test.field not in glimpse:
        return _UNKNOWN
    text = glimpse[test.field]
    if isinstance(test, Exists):
        return _settled(text is not None)
    if text is None:
        return False, True
    if isinstance(test, Like):
        return _like(test, text)
    if isinstance(test, Matches):
        return _settled(compiled(test.regex).search(text) is not None)
    return _UNKNOWN


def _settled(found: bool) -> tuple[bool, bool]:
    return found, not found


def _like(test: Like, text: str) -> tuple[bool, bool]:
    exact = _plain(test.pattern)
    if exact is not None and test.cased:
        return _settled(text == exact)
    if not (text.isascii() and test.pattern.isascii()):
        # Letters beyond ASCII are folded by DuckDB and by us in different ways.
        return _UNKNOWN
    if exact is not None:
        return _settled(text.lower() == exact.lower())
    return _settled(compiled(_regex(test.pattern, test.cased)).search(text) is not None)


_plain = lru_cache(maxsize=4096)(plain)


@lru_cache(maxsize=4096)
def _regex(pattern: str, cased: bool) -> str:
    """Write a pattern of LIKE as a regular expression."""
    parts, escaped = [], False
    for letter in pattern:
        if escaped or letter not in "\\%_":
            parts.append(re2.escape(letter))
            escaped = False
        elif letter == "\\":
            escaped = True
        else:
            parts.append(".*" if letter == "%" else ".")
    return rf"(?s{'' if cased else 'i'})\A{''.join(parts)}\z"
