"""What the catalog asks of events, and hits made into findings.

Facts are asked only of events on which something was found.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple

import msgspec

from trailmend.catalog import (
    Chain,
    Detection,
    Explanation,
    Fact,
    Level,
    Runbook,
    chains,
    detections,
    runbooks,
)
from trailmend.context import Context
from trailmend.detect.after import after_of
from trailmend.detect.columns import columns_of
from trailmend.detect.explanations import facts_of
from trailmend.detect.statements import Test
from trailmend.events import Event
from trailmend.findings import (
    ActorPart,
    EventPart,
    Explained,
    Finding,
    Origin,
    SourcePart,
    TargetPart,
    Why,
    finding_id,
    told_time,
)
from trailmend.measures import fitting
from trailmend.plan import Remediation

NO_HITS: frozenset[str] = frozenset()
Hits = Mapping[tuple[str, str], frozenset[str]]
"""The keys of the tests that are true of an event, by account and event id."""


class Link(NamedTuple):
    """An event as a step of a chain, with its context."""

    step: int
    event: Event
    row: Context

    @property
    def time(self) -> datetime:
        """The event's time."""
        return self.event.event_time


@cache
def detection_tests() -> tuple[Test, ...]:
    """Make the tests of every detection, and of every step of a chain."""
    steps = (
        Test(chain_step(key, number), step.events, step.when, step.outcome)
        for key, chain in chains().items()
        for number, step in enumerate(chain.steps)
    )
    return (
        *(
            Test(key, runbook.events, detection.when, detection.outcome)
            for key, (runbook, detection) in detections().items()
        ),
        *steps,
    )


@cache
def fact_tests() -> tuple[Test, ...]:
    """Make the tests of every condition of a fact, each once.

    What several pages ask is asked of all events of the catalog: so a statement need not name
    those events beside each such condition.
    """
    asked: dict[str, list[tuple[str, ...]]] = {}
    for explanations, events in _explained_events():
        for when in dict.fromkeys(fact.when for _, _, fact in facts_of(explanations)):
            if when is not None:
                asked.setdefault(when, []).append(tuple(dict.fromkeys(events)))
    everything = tuple(sorted(catalog_pairs()))
    return tuple(
        Test(fact_key(when), of[0] if len(of) == 1 else everything, when)
        for when, of in asked.items()
    )


def _explained_events() -> Iterator[tuple[tuple[Explanation, ...], tuple[str, ...]]]:
    """Give explanations with the events whose findings carry them."""
    for runbook in runbooks().values():
        if runbook.detections:
            yield runbook.explanations, runbook.events
    for chain in chains().values():
        last = chain.steps[-1:] if chain.ordered else chain.steps
        yield chain.explanations, tuple(event for step in last for event in step.events)


def chain_step(key: str, number: int) -> str:
    """Name the test of a step of a chain."""
    return f"{key}/{number}"


@cache
def fact_key(when: str) -> str:
    """Name the test of a fact by its condition: the same for all who ask it."""
    return f"fact/{hashlib.sha256(when.encode()).hexdigest()[:16]}"


@cache
def catalog_pairs() -> frozenset[str]:
    """Give the pairs of source and name that a detection speaks of."""
    return frozenset(event for test in detection_tests() for event in test.events)


def findings_of(event: Event, row: Context, hits: frozenset[str]) -> list[Finding]:
    """Make the findings of one event from the keys that hit it."""
    return [
        _finding(event, row, key, hits, *detections()[key])
        for key in sorted(hits)
        if key in detections()
    ]


def _finding(
    event: Event,
    row: Context,
    key: str,
    hits: frozenset[str],
    runbook: Runbook,
    detection: Detection,
) -> Finding:
    return finding_on(
        event,
        row,
        detection=key,
        title=detection.title,
        level=detection.level,
        why=Why(detection.when, _reasons(event, row, columns_of(detection.when))),
        explanations=_explained(event, row, runbook.explanations, hits),
        fixes=detection.fixes,
        techniques=detection.techniques,
    )


def finding_of_chain(key: str, chain: Chain, whole: Sequence[Link], hits: Hits) -> Finding:
    """Make the finding of a chain, on its latest event; `why` names every step."""
    last = max(whole, key=lambda one: (one.time, one.step, one.event.event_id))
    event, row = last.event, last.row
    steps = [
        {"event_id": one.event.event_id, "event_name": one.event.event_name}
        | {"event_time": told_time(one.time)}
        for one in whole
    ]
    values = _values(event, row, chain.steps[last.step].by)
    return finding_on(
        event,
        row,
        detection=key,
        title=chain.title,
        level=chain.level,
        why=Why(f"{', '.join(chain.joined)} in common", {**values, "steps": steps}),
        explanations=_explained(
            event, row, chain.explanations, hits.get((event.account_id, event.event_id), NO_HITS)
        ),
        fixes=chain.fixes,
        techniques=chain.techniques,
    )


def finding_on(
    event: Event,
    row: Context,
    *,
    detection: str,
    title: str,
    level: Level,
    why: Why,
    explanations: list[Explained],
    fixes: Iterable[Remediation],
    techniques: Iterable[str],
) -> Finding:
    """Make the finding of a detection of ours on an event; of the fixes those that fit it."""
    before = msgspec.json.decode(row.before) if row.before else None
    return Finding(
        id=finding_id(event.account_id, event.event_id, detection),
        detection=detection,
        title=title,
        level=level,
        event=event_part(event),
        actor=actor_part(event, row),
        target=target_part(event, row),
        relation=row.known_relation,
        why=why,
        explanations=explanations,
        fixes=fitting(event, row, fixes),
        techniques=list(techniques),
        before=before,
        after=after_of(event, before),
        source=source_part(event),
    )


def _explained(
    event: Event, row: Context, explanations: tuple[Explanation, ...], hits: Set[str]
) -> list[Explained]:
    """Give every explanation with the facts, its own and the common, that are met."""
    met: dict[tuple[int, str], list[str]] = {}
    for key, number, side, fact, columns in _decided_facts(explanations):
        if key in hits:
            told = fact.told(_values(event, row, columns))
            met.setdefault((number, side), []).append(told)
    return [
        Explained(
            hypothesis=one.hypothesis,
            text=one.text,
            supports=met.get((number, "supports"), []),
            against=met.get((number, "against"), []),
        )
        for number, one in enumerate(explanations)
    ]


@lru_cache(maxsize=4096)
def _decided_facts(
    explanations: tuple[Explanation, ...],
) -> list[tuple[str, int, str, Fact, tuple[str, ...]]]:
    """Give the facts that conditions decide, with the keys of their tests and their columns."""
    return [
        (fact_key(fact.when), number, side, fact, fact.columns)
        for number, side, fact in facts_of(explanations)
        if fact.when is not None
    ]


_TOLD_BY = {
    "denies": ("refused",),
    "hinders": ("refused",),
    "grants_admin": ("grants", "policy_problems"),
    "trusts_anyone": ("trusted", "policy_problems"),
    "trusts_outsider": ("trusted", "policy_problems"),
}
"""Columns that say in sentences why another has its value."""


def _reasons(event: Event, row: Context, columns: Sequence[str]) -> dict[str, Any]:
    """Give the values that met a condition, and what is told of a policy that they judge."""
    sentences = {one: None for name in columns for one in _TOLD_BY.get(name, ())}
    told = _values(event, row, sentences)
    more = {name: value for name, value in told.items() if value is not None}
    return _values(event, row, columns) | more


def _values(event: Event, row: Context, columns: Iterable[str]) -> dict[str, Any]:
    return {
        name: msgspec.to_builtins(getattr(row if name in row.__struct_fields__ else event, name))
        for name in columns
    }


def event_part(event: Event) -> EventPart:
    """Give a finding's part about its event."""
    return EventPart(
        event_id=event.event_id,
        event_time=told_time(event.event_time),
        event_source=event.event_source,
        event_name=event.event_name,
        account_id=event.account_id,
        region=event.region,
        outcome=event.outcome,
        error_code=event.error_code,
    )


def actor_part(event: Event, row: Context) -> ActorPart:
    """Give a finding's part about who called."""
    return ActorPart(
        type=event.actor_type,
        name=event.actor_name,
        arn=event.actor_arn,
        id=event.actor_id,
        session_name=event.session_name,
        access_key_id=event.access_key_id,
        mfa=event.mfa,
        source_ip=event.source_ip,
        user_agent=event.user_agent,
        origin=_origin(row),
    )


def _origin(row: Context) -> Origin | None:
    if row.origin_type is None or row.origin_time is None:
        return None
    return Origin(
        type=row.origin_type,
        name=row.origin_name,
        id=row.origin_id,
        account_id=row.origin_account,
        access_key_id=row.origin_access_key_id,
        event_time=told_time(row.origin_time),
        hops=row.role_hops or 1,
        roles=(row.origin_roles or "").split(),
    )


def target_part(event: Event, row: Context) -> TargetPart:
    """Give a finding's part about whom it concerned, by the event or by the ledger."""
    kind = event.target_type
    if row.owner_source == "ledger":
        kind = row.owner_type
    return TargetPart(kind, row.owner_name or event.target_name, event.object_type, event.object_id)


def source_part(event: Event) -> SourcePart:
    """Give a finding's part about where the record was read."""
    return SourcePart(event.source_name, event.source_index, event.provenance)
