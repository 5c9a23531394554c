"""Rules over the events of one account in DuckDB: what they hit, and the findings.

Only the events that some rule can hit are loaded, and only the rules that can hit one of them run.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from typing import Any

from trailmend.context import Context
from trailmend.detect import actor_part, event_part, source_part, target_part
from trailmend.events import Event
from trailmend.findings import Finding, Why, finding_id
from trailmend.sigma.correlating import Hit, Met, correlate
from trailmend.sigma.dispatch import Lookout, may_hit
from trailmend.sigma.macros import MACROS, statement
from trailmend.sigma.tree import Correlation, Rule, Tree, fields_of
from trailmend.store import loaded

LONGEST_VALUE = 2000
"""Letters of a value that a finding tells; a policy may be far longer."""
MOST_TOLD = 20
"""Events of a correlation that a finding names."""


def findings_of_rules(
    rules: Sequence[Rule],
    events: Iterable[Event],
    row_of: Callable[[str], Context | None] = lambda _: None,
) -> list[Finding]:
    """Run rules over the events of one account; `row_of` gives their context, by their ids.

    A rule that a correlation refers to is silent itself, unless the correlation says `generate`.
    """
    sees = Lookout(rules).sees_event
    by_id = {event.event_id: event for event in events if sees(event)}
    hits = hits_of_rules(rules, [*by_id.values()])
    silent = silent_rules(rules)
    return [
        _finding(rule, by_id[event_id], row_of(event_id), values)
        for rule in rules
        for event_id, values in _met(rule, hits, silent)
    ]


def _met(
    rule: Rule, hits: Mapping[str, Sequence[Hit]], silent: Container[str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the events that a rule finds, with what it tells of them."""
    if rule.correlation is not None:
        yield from _correlated(rule.correlation, hits)
    elif rule.id not in silent:
        for hit in hits.get(rule.id, ()):
            yield hit.event_id, _told(rule, hit)


def silent_rules(rules: Iterable[Rule]) -> dict[str, str]:
    """Give the ids of rules that are only looked at, with the key of a correlation that does."""
    silent: dict[str, str] = {}
    loud: set[str] = set()
    for rule in rules:
        for one in rule.correlation.rules if rule.correlation else ():
            silent[one] = rule.key
            loud |= {one} if rule.generate else set()
    return {one: key for one, key in silent.items() if one not in loud}


def hits_of_rules(rules: Sequence[Rule], events: Sequence[Event]) -> dict[str, list[Hit]]:
    """Give the hits of each rule by its id."""
    pairs = {(event.event_source, event.event_name) for event in events}
    near = [rule for rule in rules if rule.tree is not None and _is_near(rule.tree, pairs)]
    if not near:
        return {}
    asked = _asked_fields(rules)
    columns = {field: sql for rule in rules for field, sql in rule.columns.items()}
    seconds = {event.event_id: int(event.event_time.timestamp()) for event in events}
    hits = {}
    with loaded(events, ()) as engine:
        for macro in MACROS:
            engine.execute(macro)
        for rule in near:
            fields = asked[rule.id]
            hits[rule.id] = [
                Hit(rule.id, id_, seconds[id_], dict(zip(fields, map(_texts, told), strict=True)))
                for id_, *told in engine.execute(statement(rule, fields, columns)).fetchall()
            ]
    return hits


def _is_near(tree: Tree, pairs: Iterable[tuple[str, str]]) -> bool:
    """Say whether a rule can hit an event of one of these sources and names."""
    return any(may_hit(tree, {"eventSource": source, "eventName": name}) for source, name in pairs)


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
    asked: Correlation, hits: Mapping[str, Sequence[Hit]]
) -> Iterator[tuple[str, dict[str, Any]]]:
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
        actor=actor_part(event, context),
        target=target_part(event, context),
        relation=event.relation if row is None else row.known_relation,
        why=Why(rule.condition, values),
        techniques=list(rule.techniques),
        source=source_part(event),
    )
