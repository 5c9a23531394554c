"""Rules over the events of one account in DuckDB: what they hit, and the findings.

A rule is run only where an event is there that it can hit, and only on events of those names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import duckdb

from trailmend.context import Context
from trailmend.detect import actor_part, event_part, target_part
from trailmend.events import Event
from trailmend.findings import Finding, SourcePart, Why, finding_id
from trailmend.sigma.correlating import Hit, Met, correlate
from trailmend.sigma.dispatch import may_hit
from trailmend.sigma.sql import MACROS, statement
from trailmend.sigma.tree import Rule, fields_of

MOST_PAIRS = 50
"""A rule that can hit events of more names is run on all events."""
LONGEST_VALUE = 2000
"""Letters of a value that a finding tells; a policy may be far longer."""
MOST_TOLD = 20
"""Events of a correlation that a finding names."""


def findings_of_rules(
    engine: duckdb.DuckDBPyConnection,
    rules: Sequence[Rule],
    events: Sequence[Event],
    rows: Iterable[Context] = (),
) -> list[Finding]:
    """Run rules over the table `events` of a connection, which holds just these events.

    A rule that a correlation refers to is silent itself, unless the correlation says `generate`.
    """
    hits = hits_of_rules(engine, rules, events)
    by_id = {event.event_id: event for event in events}
    contexts = {row.event_id: row for row in rows}
    silent = silent_rules(rules)
    found = []
    for rule in rules:
        if rule.correlation is None:
            met: Iterable[tuple[str, dict[str, Any]]] = (
                (hit.event_id, _told(rule, hit)) for hit in hits.get(rule.id, ())
            )
            met = () if rule.id in silent else met
        else:
            met = _correlated(rule, hits)
        found += [
            _finding(rule, by_id[event_id], contexts.get(event_id), values)
            for event_id, values in met
        ]
    return found


def silent_rules(rules: Iterable[Rule]) -> dict[str, str]:
    """Give the ids of rules that are only looked at, with the key of a correlation that does."""
    silent: dict[str, str] = {}
    loud: set[str] = set()
    for rule in rules:
        for one in rule.correlation.rules if rule.correlation else ():
            silent[one] = rule.key
            loud |= {one} if rule.generate else set()
    return {one: key for one, key in silent.items() if one not in loud}


def hits_of_rules(
    engine: duckdb.DuckDBPyConnection, rules: Sequence[Rule], events: Sequence[Event]
) -> dict[str, list[Hit]]:
    """Give the hits of each rule by its id."""
    for macro in MACROS:
        engine.execute(macro)
    pairs = sorted({(event.event_source, event.event_name) for event in events})
    seconds = {event.event_id: int(event.event_time.timestamp()) for event in events}
    asked = _asked_fields(rules)
    hits: dict[str, list[Hit]] = {}
    for rule in rules:
        if rule.tree is None:
            continue
        near = [pair for pair in pairs if may_hit(rule.tree, _glimpse(pair))]
        if not near:
            continue
        fields = asked[rule.id]
        sql = statement(rule.tree, fields, near if len(near) <= MOST_PAIRS else ())
        hits[rule.id] = [
            Hit(
                rule.id,
                str(row[0]),
                seconds[row[0]],
                dict(zip(fields, map(_texts, row[1:]), strict=True)),
            )
            for row in engine.execute(sql).fetchall()
        ]
    return hits


def _glimpse(pair: tuple[str, str]) -> dict[str, str | None]:
    return {"eventSource": pair[0], "eventName": pair[1]}


def _asked_fields(rules: Iterable[Rule]) -> dict[str, tuple[str, ...]]:
    """Give the fields that are read of each rule's hits: its own, and those of correlations."""
    asked = {
        rule.id: dict.fromkeys(fields_of(rule.tree)) for rule in rules if rule.tree is not None
    }
    for rule in rules:
        correlation = rule.correlation
        for one in correlation.rules if correlation else ():
            if correlation and one in asked:
                more = (*correlation.group_fields[one], *correlation.value_fields)
                asked[one] |= dict.fromkeys(more)
    return {one: tuple(fields) for one, fields in asked.items()}


def _texts(value: object) -> tuple[str, ...]:
    """Give the values of a field; an object is there as it stands and unescaped, told once."""
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    assert isinstance(value, list)
    return tuple(dict.fromkeys(value))


def _told(rule: Rule, hit: Hit) -> dict[str, Any]:
    """Give the values of the rule's own fields as a finding tells them."""
    assert rule.tree is not None
    return {field: _short(hit.values[field]) for field in fields_of(rule.tree)}


def _short(values: tuple[str, ...]) -> str | list[str] | None:
    cut = [
        one if len(one) <= LONGEST_VALUE else f"{one[:LONGEST_VALUE]}… ({len(one):,} letters)"
        for one in values[:MOST_TOLD]
    ]
    return cut if len(cut) > 1 else cut[0] if cut else None


def _correlated(
    rule: Rule, hits: Mapping[str, Sequence[Hit]]
) -> Iterator[tuple[str, dict[str, Any]]]:
    assert rule.correlation is not None
    asked = rule.correlation
    for met in correlate(asked, (hit for one in asked.rules for hit in hits.get(one, ()))):
        yield met.event_id, _told_of(met, asked.group_by)


def _told_of(met: Met, group_by: Sequence[str]) -> dict[str, Any]:
    group = {field: _short((value,)) for field, value in zip(group_by, met.group, strict=True)}
    return {**group, "events": list(met.events[:MOST_TOLD]), "number of events": len(met.events)}


def _finding(rule: Rule, event: Event, row: Context | None, values: dict[str, Any]) -> Finding:
    context = row or Context(account_id=event.account_id, event_id=event.event_id)
    return Finding(
        id=finding_id(event.account_id, event.event_id, rule.key),
        detection=rule.key,
        title=rule.title,
        level=rule.level,
        event=event_part(event),
        actor=actor_part(event),
        target=target_part(event, context),
        relation=event.relation if row is None else row.known_relation,
        why=Why(rule.condition, values),
        techniques=list(rule.techniques),
        source=SourcePart(event.source_name, event.source_index, event.provenance),
    )
