"""Correlations: hits of other rules that stand together in time.

Time is the event's own, to the second, so the answer does not depend on the order of reading.
A correlation holds at a second when the hits of the `seconds` up to it, the first counted too, meet
it.  It is found where it begins to hold, on one event of that second; while it goes on holding it
is one finding, and after a time in which it did not hold it is another.

- `event_count`: so many hits.  `value_count`: so many different values of a field; null is none.
- `temporal`: a hit of each rule.  `temporal_ordered`: in the order of the list, each a different
  event.  Inside one second the order is not known, so what is possible there counts.
- `group-by`: each group stands alone.  A hit without a value of each field is in no group, because
  what is not known is not the same; one with several values is in several.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby, product

import msgspec

from trailmend.sigma.tree import Correlation


class Hit(msgspec.Struct, frozen=True):
    """One event that a rule hit, and the values of the fields that were asked for."""

    rule: str
    event_id: str
    second: int
    values: Mapping[str, tuple[str, ...]]


class Met(msgspec.Struct, frozen=True):
    """A correlation that began to hold: on which event, in which group, by which hits."""

    event_id: str
    group: tuple[str, ...]
    events: tuple[str, ...]


def correlate(asked: Correlation, hits: Iterable[Hit]) -> list[Met]:
    """Find where a correlation begins to hold; on one event in one group at most."""
    groups: dict[tuple[str, ...], list[Hit]] = {}
    for hit in hits:
        if hit.rule in asked.rules:
            for group in _groups(asked, hit):
                groups.setdefault(group, []).append(hit)
    found: dict[str, Met] = {}
    for group, members in sorted(groups.items()):
        for met in _met(asked, group, members):
            found.setdefault(met.event_id, met)
    return sorted(found.values(), key=lambda met: met.event_id)


def _groups(asked: Correlation, hit: Hit) -> Iterator[tuple[str, ...]]:
    fields = asked.group_fields.get(hit.rule, asked.group_by)
    return product(*(dict.fromkeys(hit.values.get(field, ())) for field in fields))


def _met(asked: Correlation, group: tuple[str, ...], hits: list[Hit]) -> Iterator[Met]:
    hits.sort(key=lambda hit: (hit.second, hit.event_id, hit.rule))
    counted: Counter[Hashable] = Counter()
    chains = _Chains(asked)
    held, first = False, 0
    for second, members in groupby(hits, key=lambda hit: hit.second):
        now = list(members)
        while hits[first].second < second - asked.seconds:
            _drop(counted, _counted(asked, hits[first]))
            first += 1
        counted.update(one for hit in now for one in _counted(asked, hit))
        if asked.kind == "temporal_ordered":
            holds = chains.pass_(now)
        else:
            holds = len(counted) >= asked.least
        if holds and not held:
            window = hits[first : bisect_right(hits, second, key=lambda hit: hit.second)]
            events = tuple(dict.fromkeys(hit.event_id for hit in window))
            yield Met(_last_event(asked, now), group, events)
        held = holds


def _drop(counted: Counter[Hashable], ones: Iterable[Hashable]) -> None:
    for one in ones:
        counted[one] -= 1
        if not counted[one]:
            del counted[one]


def _counted(asked: Correlation, hit: Hit) -> Iterable[Hashable]:
    """Give what a hit adds to the count: its event, its rule, or each of its values."""
    if asked.kind == "temporal":
        return [hit.rule]
    if asked.kind == "event_count":
        return [hit.event_id]
    return set(product(*(hit.values.get(field, ()) for field in asked.value_fields)))


def _last_event(asked: Correlation, now: Sequence[Hit]) -> str:
    """Choose an event that completes it: in an ordered one a hit of the last rule."""
    last = [hit.event_id for hit in now if hit.rule == asked.rules[-1]]
    ordered = asked.kind == "temporal_ordered"
    return min(last if ordered else (hit.event_id for hit in now))


class _Chains:
    """How far the list of rules was met in order: for each length the latest second of a start."""

    def __init__(self, asked: Correlation) -> None:
        self._asked = asked
        self._starts: list[int | None] = [None] * len(asked.rules)

    def pass_(self, now: Sequence[Hit]) -> bool:
        """Learn the hits of one second; say whether a whole chain is short enough by now."""
        second, steps = now[0].second, len(self._asked.rules)
        events = [{hit.event_id for hit in now if hit.rule == rule} for rule in self._asked.rules]
        before = [second, *self._starts]
        for done in range(steps):
            start = before[done]
            if start is None:
                continue
            for reached in range(done, done + _longest(events[done:])):
                known = self._starts[reached]
                self._starts[reached] = start if known is None else max(known, start)
        whole = self._starts[-1]
        return whole is not None and second - whole <= self._asked.seconds


def _longest(events: Sequence[set[str]]) -> int:
    """Count the steps, from the first on, that can be given different events of one second."""
    taken: dict[str, int] = {}
    for step in range(len(events)):
        if not _give(step, events, taken, set()):
            return step
    return len(events)


def _give(step: int, events: Sequence[set[str]], taken: dict[str, int], asked: set[str]) -> bool:
    """Give a step an event, moving others to another where that is possible."""
    for event in sorted(events[step] - asked):
        asked.add(event)
        if event not in taken or _give(taken[event], events, taken, asked):
            taken[event] = step
            return True
    return False
