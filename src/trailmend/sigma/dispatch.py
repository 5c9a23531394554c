"""Which records can a rule hit?  Asked of the few fields that a glance at a record shows.

A rule is read over these fields alone; what the others say is not known, so the answer is `can` or
`cannot`.  A rule that fixes the event's source or name costs nothing on other events, and one that
fixes neither but asks who calls, or with which agent, is still asked of a glance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any

import re2

from trailmend.events import Event
from trailmend.records import WideGlance
from trailmend.sigma.fields import ACTOR_TYPES
from trailmend.sigma.patterns import letters, plain
from trailmend.sigma.regexes import compiled
from trailmend.sigma.tree import And, Exists, Like, Matches, Not, Or, Rule, Test, Tree, fields_of

_MORE: Mapping[str, str] = {
    "eventType": "event_type",
    "userAgent": "user_agent",
    "sourceIPAddress": "source_ip",
    "errorCode": "error_code",
    "errorMessage": "error_message",
    "userIdentity.type": "actor_type",
    "userIdentity.arn": "actor_arn",
}
SEEN = ("eventSource", "eventName", *_MORE)
"""The fields that a glance shows; what is more than source and name, with its column."""
Glimpse = Mapping[str, str | None]
"""What is known of a record: a field that is not in it is unknown, None is one that is missing."""
_UNKNOWN = (True, True)
_WILD = {"%": ".*", "_": "."}
MOST_KEPT = 20_000
"""Answers that are kept; a log of made-up names cannot fill the memory."""


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
    parts = (_WILD[letter] if wild else re2.escape(letter) for letter, wild in letters(pattern))
    return rf"(?s{'' if cased else 'i'})\A{''.join(parts)}\z"


class Lookout:
    """Says of what a glance shows of a record, or of an event, whether some rule can hit it.

    What was found out about a pair of source and name is kept, and so is what was found out about
    what else the rules of such a pair ask: a log repeats itself.
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._trees = [rule.tree for rule in rules if rule.tree is not None]
        self._of_pair: dict[tuple[str, str], bool | _Open] = {}

    def sees(self, glances: Iterable[WideGlance]) -> list[bool]:
        """Say of each record whether some rule can hit it."""
        known, seen = self._of_pair.get, []
        for found in glances:
            pair = found.eventSource, found.eventName
            answer = known(pair)
            if answer is None:
                answer = self._answer(pair)
            seen.append(answer if answer is True or answer is False else answer.sees(found))
        return seen

    def sees_event(self, event: Event) -> bool:
        """Say whether some rule can hit an event."""
        answer = self._answer((event.event_source, event.event_name))
        return answer if isinstance(answer, bool) else answer.sees_event(event)

    def _answer(self, pair: tuple[str, str]) -> bool | _Open:
        answer = self._of_pair.get(pair)
        if answer is None:
            answer = self._look(*pair)
            if len(self._of_pair) < MOST_KEPT:
                self._of_pair[pair] = answer
        return answer

    def _look(self, source: str, name: str) -> bool | _Open:
        pair = {"eventSource": source, "eventName": name}
        near = [tree for tree in self._trees if may_hit(tree, pair)]
        asked = [{*fields_of(tree)}.intersection(_MORE) for tree in near]
        if not near:
            return False
        if not all(asked):
            return True  # nothing more that a glance shows can speak against one of them
        fields = set().union(*asked)
        return _Open(near, pair, [field for field in _MORE if field in fields])


class _Open:
    """The rules that can hit a pair only if something else is so."""

    def __init__(self, trees: Sequence[Tree], pair: Glimpse, fields: Sequence[str]) -> None:
        self._trees, self._pair, self._fields = trees, pair, fields
        self._of_record = _getter(fields)
        self._of_event = _getter([_MORE[field] for field in fields])
        self._known: dict[tuple[str | None, ...], bool] = {}

    def sees(self, found: WideGlance) -> bool:
        try:
            shown = self._of_record(found)
        except AttributeError:  # there is no userIdentity
            shown = tuple(getattr(found, field, None) for field in self._fields)
        answer = self._known.get(shown)
        return self._judge(shown) if answer is None else answer

    def sees_event(self, event: Event) -> bool:
        return self._judge(self._of_event(event))

    def _judge(self, shown: tuple[str | None, ...]) -> bool:
        answer = self._known.get(shown)
        if answer is None:
            glimpse = {**self._pair, **_glimpse(self._fields, shown)}
            answer = any(may_hit(tree, glimpse) for tree in self._trees)
            if len(self._known) < MOST_KEPT:
                self._known[shown] = answer
        return answer


def _getter(names: Sequence[str]) -> Callable[[object], tuple[str | None, ...]]:
    """Give the values of several attributes at once; of one alone attrgetter makes no tuple."""
    get: Callable[[object], Any] = attrgetter(*names)
    return get if len(names) > 1 else lambda one: (get(one),)


def _glimpse(fields: Sequence[str], shown: Sequence[str | None]) -> dict[str, str | None]:
    """Leave out a type that our table reads as another; an empty text is none."""
    return {
        field: text or None
        for field, text in zip(fields, shown, strict=True)
        if field != "userIdentity.type" or text in ACTOR_TYPES
    }
