"""Chains found: steps that the catalog's conditions hit, joined by what they have in common."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby

from trailmend.catalog import Chain, Step, chains
from trailmend.context import Context, Moment
from trailmend.detect import Hits, Link, chain_step, finding_of_chain
from trailmend.events import Event
from trailmend.findings import Finding

Steps = dict[str, list[Moment]]
"""The events that the test of each step hit, in the order of time."""


def gather(steps: Steps, moments: Iterable[Moment], hits: Hits) -> None:
    """Add what of some later events is a step of a chain."""
    for event, row in moments:
        for key in hits.get((row.account_id, row.event_id), ()):
            if is_step(key):
                steps.setdefault(key, []).append((event, row))


def is_step(key: str) -> bool:
    """Say whether a test is that of a step of a chain."""
    return key.startswith("chain.")


def chained(steps: Steps, hits: Hits) -> list[Finding]:
    """Find the chains of one account, by the events that each step's test hit."""
    return [
        finding_of_chain(key, chain, whole, hits)
        for key, chain in chains().items()
        for whole in _whole(key, chain, steps)
    ]


def _whole(key: str, chain: Chain, steps: Steps) -> Iterator[list[Link]]:
    """Give each completed chain, its steps in their order."""
    names = [chain_step(key, number) for number in range(len(chain.steps))]
    if not all(name in steps for name in names):
        return
    joined: dict[tuple[str, ...], list[Link]] = {}
    for number, name in enumerate(names):
        for event, row in steps[name]:
            values = _values(chain.steps[number], event, row)
            if values is not None:
                joined.setdefault(values, []).append(Link(number, event, row))
    for found in joined.values():
        if len({hit.step for hit in found}) == len(names):
            yield from completed(chain, found)


def _values(step: Step, event: Event, row: Context) -> tuple[str, ...] | None:
    """Give what an event has in common with other steps, if it tells all of it."""
    told = [getattr(row if name in row.__struct_fields__ else event, name) for name in step.by]
    return None if None in told else tuple(str(value).lower() for value in told)


def completed(chain: Chain, hits: Sequence[Link]) -> Iterator[list[Link]]:
    """Walk through time; a step goes into one completed chain, the latest possible ones first."""
    waiting: list[list[Link]] = [[] for _ in chain.steps]
    ordered = sorted(hits, key=lambda hit: (hit.time, hit.event.event_id, hit.step))
    for now, second in groupby(ordered, key=lambda hit: hit.time):
        together = list(second)
        for hit in together:
            waiting[hit.step].append(hit)
        for step in waiting:
            del step[: bisect_left(step, now - chain.within, key=_time)]
        for hit in together:
            last = hit.step == len(chain.steps) - 1
            if (last or not chain.ordered) and hit in waiting[hit.step]:
                found = _behind(chain, waiting, hit)
                if found is not None:
                    for one in found:
                        waiting[one.step].remove(one)
                    yield found


def _behind(chain: Chain, waiting: list[list[Link]], last: Link) -> list[Link] | None:
    """Choose for each other step the latest event that fits; None where one has none."""
    chosen = {last.step: last}
    for number in reversed(range(len(chain.steps))):
        if number == last.step:
            continue
        moment = chosen[number + 1].time if chain.ordered else last.time
        taken = {hit.event.event_id for hit in chosen.values()}
        earlier = waiting[number][: bisect_right(waiting[number], moment, key=_time)]
        fitting = (hit for hit in reversed(earlier) if hit.event.event_id not in taken)
        found = next(fitting, None)
        if found is None:
            return None
        chosen[number] = found
    return [chosen[number] for number in sorted(chosen)]


def _time(hit: Link) -> datetime:
    return hit.time
