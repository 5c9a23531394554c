"""Measure what a scan does after reading, in one process, in CPU seconds.

    python bench/detecting.py [EVENTS]

First the conditions of 400 detections on so many writes of IAM, all of which the catalog speaks of:
the loading and the statements apart.  Where the catalog has fewer detections, its own are cloned
under other event names until there are 400, and a part of the events is renamed likewise.  Then the
stories of 100,000 findings.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator
from itertools import cycle, islice

import msgspec
from corpus import records

from trailmend.analysis import analyse, pair_of
from trailmend.context import fold
from trailmend.detect import catalog_pairs, detection_tests
from trailmend.detect.statements import Test, columns_read, statements
from trailmend.events import Event, resolve
from trailmend.findings import Finding
from trailmend.records import Record
from trailmend.store import MOMENTS, Moment, hits_of, loaded_moments
from trailmend.takeovers import stories_of

DETECTIONS, FINDINGS, SAMPLE = 400, 100_000, 200_000


def main(events: int) -> None:
    """Measure, and print a line for each."""
    sample = list(_known(SAMPLE))
    tests, copies = cloned(DETECTIONS)
    moments = list(islice(_repeated(sample, copies), events))
    started = time.process_time()
    with loaded_moments(moments, columns_read(tests)) as engine:
        engine.execute("SELECT 1")
        loaded = time.process_time()
        hit = len(hits_of(engine, statements(tests, table=MOMENTS)))
    done = time.process_time()
    _say(f"load {len(moments):,} events that the catalog knows", loaded - started)
    _say(f"{len(tests)} tests ({copies} x the catalog), {hit:,} hit", done - loaded)
    found = list(islice(_findings(sample), FINDINGS))
    started = time.process_time()
    told = len(stories_of(found))
    _say(f"{told:,} stories of {len(found):,} findings", time.process_time() - started)


def _say(what: str, seconds: float) -> None:
    sys.stdout.write(f"{what:60}{seconds:8.2f} s CPU\n")


def _known(events: int) -> Iterator[Moment]:
    """Make events of identity with their context, and give those that the catalog speaks of."""
    made = [
        resolve(Record(fields, "made-up", place, 0, "file"))
        for place, fields in enumerate(records(events, only_identity=True))
    ]
    by_id = {event.event_id: event for event in made}
    pairs = catalog_pairs()
    for row in fold(made):
        event = by_id[row.event_id]
        if pair_of(event) in pairs:
            yield event, row


def cloned(most: int) -> tuple[list[Test], int]:
    """Give the tests of the catalog, as often as it takes to be so many."""
    own = detection_tests()
    copies = max(1, -(-most // len(own)))
    tests = [
        msgspec.structs.replace(
            test,
            key=f"{test.key}{_clone(copy)}",
            events=tuple(e + _clone(copy) for e in test.events),
        )
        for copy in range(copies)
        for test in own
    ]
    return tests[: max(most, len(own))], copies


def _clone(copy: int) -> str:
    return f"V{copy}" if copy else ""


def _repeated(sample: list[Moment], copies: int) -> Iterator[Moment]:
    """Repeat moments without end, each under an id of its own, over the cloned names."""
    chance = random.Random(7)
    for number, (event, row) in enumerate(cycle(sample)):
        name = event.event_name + _clone(chance.randrange(copies))
        own = {"event_id": f"{number:010}"}
        yield (
            msgspec.structs.replace(event, **own, event_name=name),
            msgspec.structs.replace(row, **own),
        )


def _findings(sample: list[Moment]) -> Iterator[Finding]:
    """Give the findings of the sample in one account, again in each later year."""
    events: list[Event] = [event for event, _ in sample]
    found = analyse(events)
    for number in range(-(-FINDINGS // max(1, len(found)))):
        for one in found:
            when = f"{2026 + number}{one.event.event_time[4:]}"
            own = {"event_id": f"{one.event.event_id}-{number}", "event_time": when}
            event = msgspec.structs.replace(one.event, **own)
            yield msgspec.structs.replace(one, id=f"{one.id}-{number}", event=event)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
