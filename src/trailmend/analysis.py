"""From events to findings: fold, run the catalog, say what happened next; by account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

import duckdb
import msgspec

from trailmend.context import Context, fold
from trailmend.detect import (
    NO_HITS,
    Hits,
    catalog_pairs,
    detection_tests,
    fact_tests,
    finding_on,
    findings_of,
)
from trailmend.detect.chaining import chained
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
from trailmend.store import MOMENTS, STRUCK, Moment, first_hits, hits_of, loaded_moments
from trailmend.stories import follow
from trailmend.stories.callers_keys import with_keys_as_they_are

_MOMENTS_AT_ONCE = 20_000
"""What detection holds beside the events does not grow with them."""
_FEW = 1_000
"""So few are looked at one by one before an engine has planned."""


def analyse(
    events: Sequence[Event],
    own: Own = NOTHING_OF_OURS,
    rules: Sequence[Rule] = (),
    others: Sequence[Event] = (),
    snapshot: Snapshot | None = None,
) -> list[Finding]:
    """Find everything on the events of one account, in the order of time.

    The events may come in any order; each must be there once.  `own` tells which of them are ours.
    `rules` are imported ones; `others` are events that only they look at.  `snapshot` tells what
    stood before the log began.
    """
    rows = fold(events, snapshot)
    by_id = {event.event_id: event for event in events}
    hits = catalog_hits((by_id[row.event_id], row) for row in rows)
    ours = own_events(events, own)
    strange = {event.event_id for event in unexplained_writes(events, own, ours)}
    found = [
        finding for row in rows for finding in _found(by_id[row.event_id], row, hits, ours, strange)
    ]
    found += chained(by_id, rows, hits, ours.keys())
    followed = follow(found, _as_a_third(events, ours), rows)
    by_rules = _by_rules(rules, [*events, *others], rows)
    every = [*followed, *(_unless_ours(finding, ours) for finding in by_rules)]
    return with_keys_as_they_are(every, events)


def _by_rules(
    rules: Sequence[Rule], events: Sequence[Event], rows: Sequence[Context]
) -> list[Finding]:
    if not rules:
        return []
    from trailmend.sigma.running import findings_of_rules

    return findings_of_rules(rules, events, rows)


def _unless_ours(finding: Finding, ours: Mapping[str, str]) -> Finding:
    plan = ours.get(finding.event.event_id)
    return finding if plan is None else made_by_plan(finding, plan)


def catalog_hits(moments: Iterable[Moment], at_once: int = _MOMENTS_AT_ONCE) -> Hits:
    """Find which detections of the catalog hit, and which facts are so where one does."""
    known = catalog_pairs()
    asked = sorted((one for one in moments if pair_of(one[0]) in known), key=_pair_of_moment)
    hits: dict[tuple[str, str], frozenset[str]] = {}
    for start in range(0, len(asked), at_once):
        hits |= _hits_of_some(asked[start : start + at_once])
    return hits


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


def _found(
    event: Event,
    row: Context,
    hits: Hits,
    ours: Mapping[str, str],
    strange: set[str],
) -> list[Finding]:
    """Find all on one event: what the catalog knows, and what only a principal of ours tells."""
    keys = hits.get((row.account_id, row.event_id), frozenset())
    found = findings_of(event, row, keys) if keys else []
    if event.event_id in ours:
        return [made_by_plan(finding, ours[event.event_id]) for finding in found]
    return [*found, _unexplained(event, row)] if event.event_id in strange else found


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


def _as_a_third(events: Iterable[Event], ours: Mapping[str, str]) -> list[Event]:
    """Tell the stories that we are nobody else, not even where a stranger used our own role."""
    return [
        msgspec.structs.replace(event, actor_id=f"trailmend:{ours[event.event_id]}")
        if event.event_id in ours
        else event
        for event in events
    ]
