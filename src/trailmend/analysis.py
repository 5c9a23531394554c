"""From events to findings: fold, run the catalog, say what happened next; by account."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import closing, suppress
from dataclasses import dataclass, field
from itertools import chain

import duckdb
import msgspec

from trailmend.context import IN_TIME, Context, Moment, seconds_of
from trailmend.detect import (
    NO_HITS,
    Hits,
    catalog_pairs,
    detection_tests,
    fact_tests,
    finding_on,
    findings_of,
)
from trailmend.detect.chaining import Steps, chained, gather, is_step
from trailmend.detect.few import hits_of_few
from trailmend.detect.looking import NotRead
from trailmend.detect.statements import Test, columns_read, held_to, statements
from trailmend.events import Event
from trailmend.findings import Finding
from trailmend.measures import STOP_CALLER
from trailmend.responder import (
    EXPLANATIONS,
    NOT_IN_THE_JOURNAL,
    NOTHING_OF_OURS,
    Own,
    made_by_plan,
    own_events,
    unexplained_writes,
    why_unexplained,
)
from trailmend.sigma.tree import Rule
from trailmend.snapshots import Snapshot
from trailmend.store import MOMENTS, STRUCK, first_hits, hits_of, loaded_moments
from trailmend.stories import follow
from trailmend.stories.callers_keys import changes_a_key, with_keys_as_they_are
from trailmend.stories.timeline import Timeline

_FEW = 1_000
"""So few are looked at one by one before an engine has planned."""
_MOMENTS_AT_ONCE = 10_000
"""What is held beside findings, hits of chains and what the stories look up does not grow."""


@dataclass(slots=True)
class _Found:
    """What the catalog finds; `steps` are the hits of chains, with `hits` of their events."""

    ours: Mapping[str, str]
    strange: Set[str]
    findings: list[Finding] = field(default_factory=list)
    steps: Steps = field(default_factory=dict)
    hits: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    keys: list[Event] = field(default_factory=list)


def analyse(
    events: Iterable[Event],
    own: Own = NOTHING_OF_OURS,
    rules: Sequence[Rule] = (),
    others: Iterable[Event] = (),
    snapshot: Snapshot | None = None,
) -> list[Finding]:
    """Find everything on the events of one account, in the order of time.

    The events may come in any order; each must be there once.  `own` tells which of them are ours.
    `rules` are imported ones; `others` are events that only they look at.  `snapshot` tells what
    stood before the log began.
    """
    return analyse_in_time(sorted(events, key=IN_TIME), own, rules, others, snapshot)


def analyse_in_time(
    events: Iterable[Event],
    own: Own = NOTHING_OF_OURS,
    rules: Sequence[Rule] = (),
    others: Iterable[Event] = (),
    snapshot: Snapshot | None = None,
) -> list[Finding]:
    """Do as `analyse` with events that come in the order of time, each time they are asked for."""
    ours = own_events(events, own)
    strange = {event.event_id for event in unexplained_writes(events, own, ours)}
    found = _Found(ours, strange)
    with closing(Timeline()) as line:
        for moments in _portions(seconds_of(events, snapshot), line, ours):
            _find(moments, found)
        found.findings += chained(found.steps, found.hits)
        followed = follow(found.findings, line)
        by_rules = _by_rules(rules, chain(events, others), line)
    every = [*followed, *(_unless_ours(finding, ours) for finding in by_rules)]
    return with_keys_as_they_are(every, found.keys)


def _portions(
    seconds: Iterable[list[Moment]], line: Timeline, ours: Mapping[str, str]
) -> Iterator[list[Moment]]:
    """Put the moments on the timeline, and give many at once."""
    waiting: list[Moment] = []
    for second in seconds:
        line.take([(_as_a_third(event, ours), row) for event, row in second] if ours else second)
        waiting += second
        if len(waiting) >= _MOMENTS_AT_ONCE:
            yield waiting
            waiting = []
    yield waiting


def _find(moments: Sequence[Moment], found: _Found) -> None:
    """Find what the catalog knows on some events, and keep what is asked of them later."""
    hits = catalog_hits(moments)
    for event, row in moments:
        keys = hits.get((row.account_id, row.event_id), NO_HITS)
        found.findings += _findings(event, row, keys, found)
    gather(found.steps, (one for one in moments if one[0].event_id not in found.ours), hits)
    found.hits |= {event: keys for event, keys in hits.items() if any(map(is_step, keys))}
    found.keys += (event for event, _ in moments if changes_a_key(event))


def _by_rules(rules: Sequence[Rule], events: Iterable[Event], line: Timeline) -> list[Finding]:
    if not rules:
        return []
    from trailmend.sigma.running import findings_of_rules

    return findings_of_rules(rules, events, line.row_of)


def _unless_ours(finding: Finding, ours: Mapping[str, str]) -> Finding:
    plan = ours.get(finding.event.event_id)
    return finding if plan is None else made_by_plan(finding, plan)


def catalog_hits(moments: Iterable[Moment]) -> Hits:
    """Find which detections of the catalog hit, and which facts are so where one does."""
    known = catalog_pairs()
    asked = sorted((one for one in moments if pair_of(one[0]) in known), key=_pair_of_moment)
    return _hits_of_some(asked) if asked else {}


def _pair_of_moment(moment: Moment) -> str:
    return pair_of(moment[0])


def _hits_of_some(asked: Sequence[Moment]) -> Hits:
    if len(asked) <= _FEW:
        with suppress(NotRead):
            return hits_of_few(asked)
    pairs = set(map(_pair_of_moment, asked))
    first, facts = held_to(pairs, detection_tests()), held_to(pairs, fact_tests())
    try:
        return _hits(asked, first, facts)
    except duckdb.Error:
        from trailmend.detect.unreadable import readable

        sound = readable(first), readable(facts)
        if sound == (first, facts):
            raise
        return _hits(asked, *sound)


def _hits(moments: Sequence[Moment], first: Sequence[Test], facts: Sequence[Test]) -> Hits:
    if not first:
        return {}
    with loaded_moments(moments, columns_read([*first, *facts])) as engine:
        found = first_hits(engine, statements(first, table=MOMENTS))
        struck = {
            pair_of(event) for event, row in moments if (row.account_id, row.event_id) in found
        }
        met = hits_of(engine, statements(held_to(struck, facts), table=STRUCK))
    return {key: keys | met.get(key, NO_HITS) for key, keys in found.items()}


def pair_of(event: Event) -> str:
    """Name what is called: names repeat across services."""
    return f"{event.event_source}:{event.event_name}"


def _findings(event: Event, row: Context, keys: frozenset[str], found: _Found) -> list[Finding]:
    """Find all on one event: what the catalog knows, and what only a principal of ours tells."""
    known = findings_of(event, row, keys) if keys else []
    if event.event_id in found.ours:
        return [made_by_plan(finding, found.ours[event.event_id]) for finding in known]
    return [*known, _unexplained(event, row)] if event.event_id in found.strange else known


def _unexplained(event: Event, row: Context) -> Finding:
    who = "role" if event.actor_type == "AssumedRole" else "user"
    return finding_on(
        event,
        row,
        detection=NOT_IN_THE_JOURNAL,
        title=f"Trailmend's own {who} made a call that is not in the journal of this workspace",
        level="critical",
        why=why_unexplained(event),
        explanations=EXPLANATIONS,
        fixes=STOP_CALLER,
        techniques=("T1078.004",),
    )


def _as_a_third(event: Event, ours: Mapping[str, str]) -> Event:
    """Tell the stories that we are nobody else, not even where a stranger used our own role."""
    if event.event_id not in ours:
        return event
    return msgspec.structs.replace(event, actor_id=f"trailmend:{ours[event.event_id]}")
