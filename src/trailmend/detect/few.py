"""What hits a few events, found by looking at one after the other.

An engine plans a statement of a hundred conditions for longer than they take on a thousand rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from trailmend.context import Context
from trailmend.detect import Hits, detection_tests, fact_tests
from trailmend.detect.looking import Look, look_for
from trailmend.detect.statements import Test
from trailmend.events import Event

_Looks = tuple[tuple[str, str | None, Look], ...]
"""Keys of tests, the outcome that each asks for, and its condition."""


def hits_of_few(moments: Iterable[tuple[Event, Context]]) -> Hits:
    """Find which detections hit, and which facts are so where one does; raises NotRead."""
    hits = {}
    for event, row in moments:
        detections, facts = _looks_of(f"{event.event_source}:{event.event_name}")
        found = [*_true(detections, event, row)]
        if found:
            hits[row.account_id, row.event_id] = frozenset((*found, *_true(facts, event, row)))
    return hits


def _true(looks: _Looks, event: Event, row: Context) -> Iterator[str]:
    for key, outcome, look in looks:
        if outcome in (None, event.outcome) and look(event, row) is True:
            yield key


@cache
def _looks_of(pair: str) -> tuple[_Looks, _Looks]:
    """Give what is asked of an event of this source and name: the detections, then the facts."""
    detections, facts = (
        tuple((test.key, test.outcome, look_for(test.condition)) for test in of.get(pair, ()))
        for of in _by_pair()
    )
    return detections, facts


@cache
def _by_pair() -> Sequence[dict[str, list[Test]]]:
    told: tuple[dict[str, list[Test]], ...] = ({}, {})
    for tests, of in zip((detection_tests(), fact_tests()), told, strict=True):
        for test in tests:
            for pair in test.events:
                of.setdefault(pair, []).append(test)
    return told
