"""The cases of rules, tried: each fires or stays quiet, as it says.

All cases of the catalog are run at once: each is put into an account of its own.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Any, Literal

import msgspec

from trailmend.analysis import catalog_hits
from trailmend.catalog import Case, Chain, Detection, chains, detections
from trailmend.context import Context, Moment, fold
from trailmend.detect import Hits
from trailmend.detect.chaining import Steps, chained, gather
from trailmend.errors import WrongUse
from trailmend.events import BadRecord, Event, resolve
from trailmend.evidence import ACCOUNT
from trailmend.records import Record
from trailmend.sigma.running import findings_of_rules
from trailmend.sigma.tree import Rule

_FIRST_ACCOUNT = 900_000_000_000
_NEEDED = ("eventSource", "eventName", "eventTime")
_Side = Literal["fires", "quiet"]
_SIDES: tuple[_Side, ...] = ("fires", "quiet")


class Tried(msgspec.Struct, frozen=True):
    """One case and what came of it; `record` is the one that was looked at."""

    key: str
    side: _Side
    number: int
    right: bool
    record: dict[str, Any]


def try_catalog(keys: Set[str]) -> list[Tried]:
    """Try every case of these rules of the catalog."""
    rules: dict[str, Detection | Chain] = {key: one for key, (_, one) in detections().items()}
    waiting = [
        (key, side, number, case)
        for key, one in (rules | chains()).items()
        if key in keys
        for side in _SIDES
        for number, case in enumerate(getattr(one, side))
    ]
    events = [_events(_moved(case, place)) for place, (*_, case) in enumerate(waiting)]
    rows = [fold(each) for each in events]
    moments = [
        (event, row)
        for each, of in zip(events, rows, strict=True)
        for event, row in _joined(each, of)
    ]
    hits = catalog_hits(moments)
    return [
        _judged(key, side, number, case, each, _hit(key, each, row, hits))
        for (key, side, number, case), each, row in zip(waiting, events, rows, strict=True)
    ]


def _joined(events: Sequence[Event], rows: Sequence[Context]) -> list[Moment]:
    by_id = {event.event_id: event for event in events}
    return [(by_id[row.event_id], row) for row in rows]


def _moved(case: Case, place: int) -> Case:
    """Put a case into an account of its own."""
    text = msgspec.json.encode(case).decode()
    moved: Case = tuple(msgspec.json.decode(text.replace(ACCOUNT, str(_FIRST_ACCOUNT + place))))
    return moved


def _hit(key: str, events: Sequence[Event], rows: Sequence[Context], hits: Hits) -> set[str]:
    """Name the events of a case that a rule hits."""
    if key in chains():
        steps: Steps = {}
        gather(steps, _joined(events, rows), hits)
        found = chained(steps, hits)
        return {one.event.event_id for one in found if one.detection == key}
    return {row.event_id for row in rows if key in hits.get((row.account_id, row.event_id), ())}


def try_rule(rule: Rule, rules: Sequence[Rule]) -> list[Tried]:
    """Try the cases that an imported rule brings; `rules` are those it may look at."""
    asked = rule.correlation.rules if rule.correlation else ()
    run = [*(one for one in rules if one.id in asked), rule]
    tried = []
    for side in _SIDES:
        for number, case in enumerate(rule.tests.get(side, ())):
            events = _events(tuple(case))
            found = findings_of_rules(run, events)
            hit = {one.event.event_id for one in found if one.detection == rule.key}
            tried.append(_judged(rule.key, side, number, tuple(case), events, hit))
    return tried


def _judged(
    key: str, side: _Side, number: int, case: Case, events: Sequence[Event], hit: Set[str]
) -> Tried:
    """Compare: an event of the last second is to be hit, or none is."""
    last = max(events, key=lambda event: event.event_time)
    latest = {event.event_id for event in events if event.event_time == last.event_time}
    right = bool(latest & hit) if side == "fires" else not hit
    told = next((event for event in events if event.event_id in hit), last)
    return Tried(key, side, number, right, case[told.source_index])


def _events(case: Case) -> list[Event]:
    read = []
    for place, fields in enumerate(case):
        missing = [name for name in _NEEDED if not isinstance(fields.get(name), str)]
        if missing:
            raise WrongUse(f"record {place} of a case has no {missing[0]}: put it in.")
        try:
            read.append(resolve(Record(fields, "case", place, 0, "file")))
        except BadRecord as error:
            raise WrongUse(f"record {place} of a case: {error}. Correct it.") from error
    return read
