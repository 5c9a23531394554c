"""Rules for people at a terminal: the list, and one rule whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
from rich.text import Text
from sqlglot import parse_one

from trailmend.catalog import Detection, Runbook, detections
from trailmend.detect import Test, statements
from trailmend.report.safe import visible
from trailmend.sigma.patterns import plain
from trailmend.sigma.sql import statement
from trailmend.sigma.tree import Like, Rule, Side, asserted, fields_of

_ANY = "any"


class Entry(msgspec.Struct, frozen=True):
    """One rule in the list."""

    key: str
    level: str
    title: str
    events: tuple[str, ...]
    source: str


def entries(rules: Iterable[Rule]) -> list[Entry]:
    """List the rules of the catalog, then the imported ones, each by key."""
    ours = [
        Entry(key, one.level, one.title, runbook.events, "catalog")
        for key, (runbook, one) in sorted(detections().items())
    ]
    return [*ours, *(_entry(rule) for rule in rules)]


def _entry(rule: Rule) -> Entry:
    source = f"{rule.source}:{rule.place.line}"
    return Entry(rule.key, rule.level, rule.title, events_of(rule), source)


def events_of(rule: Rule) -> tuple[str, ...]:
    """Name the events that a rule asks for, as it writes them; `any` where it names none."""
    if rule.correlation is not None:
        return (rule.correlation.kind,)
    tests = list(asserted(rule.tree)) if rule.tree else []
    names = {
        field: [
            plain(test.pattern) or test.pattern.replace("%", "*").replace("_", "?")
            for test in tests
            if isinstance(test, Like) and test.field == field
        ]
        for field in ("eventSource", "eventName")
    }
    return tuple(names["eventName"]) or tuple(names["eventSource"]) or (_ANY,)


def rules_lines(listed: Sequence[Entry]) -> Iterator[Text]:
    """Lay out rules, a line each; the key can be pasted into `rules show`."""
    head = Entry("KEY", "LEVEL", "", ("EVENTS",), "SOURCE")
    key_width = max(len(one.key) for one in listed)
    source_width = max(len(_short_source(one)) for one in listed)
    for one in (head, *listed):
        events = ", ".join(event.partition(":")[2] or event for event in one.events)
        source = _short_source(one)
        line = f"{one.level:<8} {one.key:<{key_width}} {source:<{source_width}} {events}"
        yield Text(visible(line), style="bold" if one is head else "")


def _short_source(one: Entry) -> str:
    return one.source.rpartition("/")[2]


def whole_rule(key: str, rules: Iterable[Rule]) -> Iterator[Text]:
    """Show one rule whole."""
    imported = {rule.key: rule for rule in rules}
    if key in imported:
        yield from _whole_import(imported[key], imported.values())
    else:
        yield from _whole_detection(key, *detections()[key])


def _whole_detection(key: str, runbook: Runbook, one: Detection) -> Iterator[Text]:
    yield _head(one.level, one.title, key)
    yield from _part("Events", [f"{event}, {one.outcome}" for event in runbook.events])
    yield from _part("Condition", [one.when])
    test = Test(key, runbook.events, one.when, one.outcome)
    yield from _part("SQL", _pretty(statements([test])[0]))
    cases = f"{len(one.fires)} that fire, {len(one.quiet)} that stay quiet"
    yield from _part("Cases", [f"{cases}; try them: trailmend rules test {key}"])
    yield from _part("Techniques", [", ".join(one.techniques)] if one.techniques else [])
    yield from _part("Fixes", [fix.key for fix in one.fixes])


def _whole_import(rule: Rule, rules: Iterable[Rule]) -> Iterator[Text]:
    yield _head(rule.level, rule.title, rule.key)
    yield from _part("Source", [f"{rule.source}, line {rule.place.line}", f"id {rule.id}"])
    yield from _part("Condition", [rule.condition])
    if rule.tree is not None:
        sql = statement(rule.tree, fields_of(rule.tree), pretty=True)
        yield from _part("SQL", sql.splitlines())
    by_id = {one.id: one.key for one in rules}
    asked = rule.correlation.rules if rule.correlation else ()
    yield from _part("Looks at", [by_id.get(one, one) for one in asked])
    counts = {side: len(cases) for side, cases in rule.tests.items()}
    cases = [f"{counts.get(side, 0)} {words}" for side, words in _SIDES.items()]
    told = ", ".join(cases) if rule.tests else "none: the rule brings no trailmend_tests"
    yield from _part("Cases", [told])
    yield from _part("Techniques", [", ".join(rule.techniques)] if rule.techniques else [])
    yield from _part("Notes", rule.notes)


_SIDES: Mapping[Side, str] = {"fires": "that fire", "quiet": "that stay quiet"}


def _head(level: str, title: str, key: str) -> Text:
    return Text.assemble((level, "bold"), "  ", visible(title), ("  " + key, "dim"))


def _pretty(sql: str) -> list[str]:
    return parse_one(sql, dialect="duckdb").sql("duckdb", pretty=True).splitlines()


def _part(name: str, lines: Iterable[str]) -> Iterator[Text]:
    given = list(lines)
    if given:
        yield Text(f"\n{name}", style="bold")
    for line in given:
        yield Text(f"  {visible(line)}")
