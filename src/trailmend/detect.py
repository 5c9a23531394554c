"""The catalog compiled to portable SQL, and hits made into findings.

A statement tries up to a hundred conditions in one pass over `events` joined with `context`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import cache
from typing import Any, Protocol

import msgspec
from sqlglot import exp

from trailmend.catalog import Chain, Detection, Explanation, Runbook, chains, detections, runbooks
from trailmend.conditions import columns_of, parse_condition
from trailmend.context import Context
from trailmend.events import Event
from trailmend.explanations import facts_of
from trailmend.findings import (
    ActorPart,
    EventPart,
    Explained,
    Finding,
    SourcePart,
    TargetPart,
    Why,
    finding_id,
)

TESTS_PER_STATEMENT = 100
NO_HITS: frozenset[str] = frozenset()
Hits = Mapping[tuple[str, str], frozenset[str]]
"""The keys of the tests that are true of an event, by account and event id."""


class Link(Protocol):
    """An event as a step of a chain, with its context."""

    @property
    def step(self) -> int:
        """The number of the step."""
        ...

    @property
    def event(self) -> Event:
        """The event."""
        ...

    @property
    def row(self) -> Context:
        """Its row of context."""
        ...


class Test(msgspec.Struct, frozen=True):
    """A named condition, tried on events of these pairs (and of this outcome, if one is given)."""

    key: str
    events: tuple[str, ...]
    condition: str
    outcome: str | None = None


@cache
def catalog_tests() -> tuple[Test, ...]:
    """Make the tests of every detection, and of every condition of a fact.

    A condition that several pages or hypotheses ask of an event is tried once.
    """
    tests = [
        Test(key, runbook.events, detection.when, detection.outcome)
        for key, (runbook, detection) in detections().items()
    ]
    tests += [
        Test(chain_step(key, number), step.events, step.when, step.outcome)
        for key, chain in chains().items()
        for number, step in enumerate(chain.steps)
    ]
    asked: dict[str, list[str]] = {}
    for explanations, events in _explained_events():
        for when in dict.fromkeys(fact.when for _, _, fact in facts_of(explanations)):
            if when is not None:
                asked.setdefault(when, []).extend(events)
    tests += [
        Test(fact_key(when), tuple(dict.fromkeys(events)), when) for when, events in asked.items()
    ]
    return tuple(tests)


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
def catalog_statements(events: frozenset[str], dialect: str = "duckdb") -> tuple[str, ...]:
    """Compile the part of the catalog that speaks of these pairs of source and name."""
    asked = [
        msgspec.structs.replace(test, events=tuple(sorted(events.intersection(test.events))))
        for test in catalog_tests()
    ]
    return statements([test for test in asked if test.events], dialect)


def statements(tests: Sequence[Test], dialect: str = "duckdb") -> tuple[str, ...]:
    """Compile tests to statements that give (account_id, event_id, hits).

    `hits` is text: the keys of the tests that are true, each with a space behind it.  It is built
    by CASE and ||, because CONCAT_WS means different things to different engines on null.
    """
    return tuple(
        _statement(tests[start : start + TESTS_PER_STATEMENT], dialect)
        for start in range(0, len(tests), TESTS_PER_STATEMENT)
    )


def _statement(tests: Sequence[Test], dialect: str) -> str:
    events = sorted({event for test in tests for event in test.events})
    cases: list[exp.Expression] = [
        exp.Case(
            ifs=[exp.If(this=_condition(test, events), true=exp.Literal.string(f"{test.key} "))],
            default=exp.Literal.string(""),
        )
        for test in tests
    ]
    hits = cases[0]
    for case in cases[1:]:
        hits = exp.DPipe(this=hits, expression=case)
    return (
        exp.select("account_id", "event_id", exp.alias_(hits, "hits"))
        .from_("events")
        .join("context", using=["account_id", "event_id"])
        .where(_pairs(events))
        .sql(dialect=dialect)
    )


def _condition(test: Test, events: Sequence[str]) -> exp.Condition:
    """Write the condition of a test; the statement itself is held to `events`."""
    condition = parse_condition(test.condition)
    parts = [_pairs(test.events)] if set(test.events) != set(events) else []
    parts += [exp.column("outcome").eq(test.outcome)] if test.outcome else []
    return exp.and_(*parts, condition)


def _pairs(events: Iterable[str]) -> exp.Condition:
    """Ask for pairs of source and name, not by IN: DuckDB makes a join of every long list."""
    names: dict[str, list[exp.Expression]] = {}
    for event in events:
        source, _, name = event.partition(":")
        names.setdefault(source, []).append(exp.column("event_name").eq(name))
    return exp.or_(
        *(exp.and_(exp.column("event_source").eq(one), exp.or_(*of)) for one, of in names.items())
    )


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
    return Finding(
        id=finding_id(event.account_id, event.event_id, key),
        detection=key,
        title=detection.title,
        level=detection.level,
        event=event_part(event),
        actor=actor_part(event),
        target=target_part(event, row),
        relation=row.known_relation,
        why=Why(detection.when, _values(event, row, columns_of(detection.when))),
        explanations=_explained(event, row, runbook.explanations, hits),
        fixes=[fix.key for fix in detection.fixes],
        techniques=list(detection.techniques),
        before=msgspec.json.decode(row.before) if row.before else None,
        source=SourcePart(event.source_name, event.source_index, event.provenance),
    )


def findings_of_chain(key: str, chain: Chain, whole: Sequence[Link], hits: Hits) -> Finding:
    """Make the finding of a chain, on its latest event; `why` names every step."""
    last = max(whole, key=lambda one: (one.event.event_time, one.step, one.event.event_id))
    event, row = last.event, last.row
    steps = [
        {"event_id": one.event.event_id, "event_name": one.event.event_name}
        | {"event_time": event_part(one.event).event_time}
        for one in whole
    ]
    values = _values(event, row, chain.steps[last.step].by)
    return Finding(
        id=finding_id(event.account_id, event.event_id, key),
        detection=key,
        title=chain.title,
        level=chain.level,
        event=event_part(event),
        actor=actor_part(event),
        target=target_part(event, row),
        relation=row.known_relation,
        why=Why(f"{', '.join(chain.joined)} in common", {**values, "steps": steps}),
        explanations=_explained(
            event, row, chain.explanations, hits.get((event.account_id, event.event_id), NO_HITS)
        ),
        fixes=[fix.key for fix in chain.fixes],
        techniques=list(chain.techniques),
        before=msgspec.json.decode(row.before) if row.before else None,
        source=SourcePart(event.source_name, event.source_index, event.provenance),
    )


def _explained(
    event: Event, row: Context, explanations: Sequence[Explanation], hits: Set[str]
) -> list[Explained]:
    """Give every explanation with the facts, its own and the common, that are met."""
    met: dict[tuple[int, str], list[str]] = {}
    for number, side, fact in facts_of(explanations):
        if fact.when is not None and fact_key(fact.when) in hits:
            told = fact.told(_values(event, row, fact.columns))
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


def _values(event: Event, row: Context, columns: Iterable[str]) -> dict[str, Any]:
    return {
        name: msgspec.to_builtins(getattr(row if name in row.__struct_fields__ else event, name))
        for name in columns
    }


def event_part(event: Event) -> EventPart:
    """Give a finding's part about its event."""
    return EventPart(
        event_id=event.event_id,
        event_time=event.event_time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        event_source=event.event_source,
        event_name=event.event_name,
        account_id=event.account_id,
        region=event.region,
        outcome=event.outcome,
        error_code=event.error_code,
    )


def actor_part(event: Event) -> ActorPart:
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
    )


def target_part(event: Event, row: Context) -> TargetPart:
    """Give a finding's part about whom it concerned, by the event or by the ledger."""
    kind = event.target_type
    if row.owner_source == "ledger":
        kind = row.owner_type
    return TargetPart(kind, row.owner_name or event.target_name, event.object_type, event.object_id)
