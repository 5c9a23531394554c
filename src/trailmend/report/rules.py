"""Rules for people at a terminal: the list, and one rule whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
from rich.text import Text

from trailmend.catalog import Chain, Detection, Runbook, chains, detections
from trailmend.counts import many
from trailmend.detect.cases import Tried
from trailmend.detect.statements import Test, statements
from trailmend.report.safe import json_line, visible
from trailmend.sigma.macros import statement
from trailmend.sigma.patterns import plain
from trailmend.sigma.sql import pretty
from trailmend.sigma.tree import Like, Rule, Side, asserted

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
    joined = [
        Entry(key, one.level, one.title, _events_of_chain(one), "catalog")
        for key, one in sorted(chains().items())
    ]
    return [*ours, *joined, *(_entry(rule) for rule in rules)]


def _events_of_chain(chain: Chain) -> tuple[str, ...]:
    return tuple(dict.fromkeys(event for step in chain.steps for event in step.events))


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
    elif key in chains():
        yield from _whole_chain(key, chains()[key])
    else:
        yield from _whole_detection(key, *detections()[key])


def _whole_detection(key: str, runbook: Runbook, one: Detection) -> Iterator[Text]:
    yield _head(one.level, one.title, key)
    yield from _part("Events", [f"{event}, {one.outcome}" for event in runbook.events])
    yield from _part("Condition", [one.when])
    test = Test(key, runbook.events, one.when, one.outcome)
    yield from _part("SQL", pretty(statements([test])[0]))
    yield from _cases(key, one)
    yield from _part("Techniques", [", ".join(one.techniques)] if one.techniques else [])
    yield from _part("Fixes", [fix.key for fix in one.fixes])


def _whole_chain(key: str, one: Chain) -> Iterator[Text]:
    yield _head(one.level, one.title, key)
    for number, step in enumerate(one.steps, 1):
        asked = f"{', '.join(step.events)}, {step.outcome}"
        yield from _part(f"Step {number}", [asked, step.when, f"joined by {', '.join(step.by)}"])
    order = "in this order" if one.ordered else "in any order"
    hours = f"{one.within.total_seconds() / 3600:g} hours"
    joined = ", ".join(one.joined)
    yield from _part("Condition", [f"{order}, within {hours}, the same {joined}"])
    yield from _cases(key, one)
    yield from _part("Techniques", [", ".join(one.techniques)] if one.techniques else [])
    yield from _part("Fixes", [fix.key for fix in one.fixes])


def _cases(key: str, one: Detection | Chain) -> Iterator[Text]:
    cases = f"{len(one.fires)} that fire, {len(one.quiet)} that stay quiet"
    yield from _part("Cases", [f"{cases}; try them: trailmend rules test {key}"])


def _whole_import(rule: Rule, rules: Iterable[Rule]) -> Iterator[Text]:
    yield _head(rule.level, rule.title, rule.key)
    yield from _part("Source", [f"{rule.source}, line {rule.place.line}", f"id {rule.id}"])
    yield from _part("Condition", [rule.condition])
    if rule.tree is not None:
        yield from _part("SQL", pretty(statement(rule, rule.columns, rule.columns)))
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


def _part(name: str, lines: Iterable[str]) -> Iterator[Text]:
    given = list(lines)
    if given:
        yield Text(f"\n{name}", style="bold")
    for line in given:
        yield Text(f"  {visible(line)}")


def tally(tried: Sequence[Tried]) -> str:
    """Count the cases that were tried, in a sentence."""
    wrong = sum(not one.right for one in tried)
    fired = sum(one.side == "fires" for one in tried)
    rules = len({one.key for one in tried})
    told = f"{wrong:,} failed" if wrong else "all as they say"
    return (
        f"{many(len(tried), 'case')} of {many(rules, 'rule')}, to fire {fired:,}, to stay quiet "
        f"{len(tried) - fired:,}: {told}."
    )


def failures(tried: Iterable[Tried]) -> Iterator[Text]:
    """Tell each case that did not come out as it says, with its record."""
    for one in tried:
        if not one.right:
            told = "does not fire" if one.side == "fires" else "fires"
            yield Text(visible(f"FAILED {one.key}, {one.side} case {one.number}: it {told}"))
            yield Text(f"  {json_line(one.record)}")
