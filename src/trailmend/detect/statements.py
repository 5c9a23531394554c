"""Tests compiled to portable SQL: conditions that are tried on events of some pairs.

A statement tries up to a hundred conditions in one pass over `events` joined with `context`.  It
parts the rows by the pair of source and name first, so that a row meets the conditions of its own
event alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set

import msgspec

from trailmend.detect.columns import columns_of

TESTS_PER_STATEMENT = 100
JOINED = "events JOIN context USING (account_id, event_id)"
"""The tables as they are on every engine; another table may hold the rows already joined."""


class Test(msgspec.Struct, frozen=True):
    """A named condition, tried on events of these pairs (and of this outcome, if one is given).

    The condition is one that `parse_condition` takes: it becomes part of a statement as it is.
    """

    key: str
    events: tuple[str, ...]
    condition: str
    outcome: str | None = None


def held_to(pairs: Set[str], tests: Iterable[Test]) -> list[Test]:
    """Hold tests to these pairs of source and name; leave out those that ask for others."""
    return [
        msgspec.structs.replace(test, events=tuple(e for e in test.events if e in pairs))
        for test in tests
        if not pairs.isdisjoint(test.events)
    ]


def columns_read(tests: Iterable[Test]) -> tuple[str, ...]:
    """Name the columns that statements of these tests read."""
    always = ("account_id", "event_id", "event_source", "event_name", "outcome")
    return tuple(dict.fromkeys([*always, *(c for t in tests for c in columns_of(t.condition))]))


def statements(
    tests: Sequence[Test], dialect: str = "duckdb", table: str = JOINED
) -> tuple[str, ...]:
    """Compile tests to statements that give (account_id, event_id, hits).

    `hits` is text: the keys of the tests that are true, each with a space behind it.  It is built
    by CASE and ||, because CONCAT_WS means different things to different engines on null.
    """
    everywhere = frozenset(event for test in tests for event in test.events)
    common = [test for test in tests if everywhere.issubset(test.events)]
    others = [test for test in tests if not everywhere.issubset(test.events)]
    packs = [*_packed([(sorted(everywhere), common)]), *_packed(_branches(others))]
    made = [_statement(branches, table) for branches in packs]
    return tuple(made if dialect == "duckdb" else (_translated(one, dialect) for one in made))


def _translated(statement: str, dialect: str) -> str:
    """Write a statement for another engine; sqlglot takes long to load, and a scan needs it not."""
    from sqlglot import exp, parse_one

    tree = parse_one(statement, read="duckdb")
    for pipe in tree.find_all(exp.DPipe):
        pipe.set("safe", False)  # both sides are text, so that no engine needs a CAST
    return tree.sql(dialect=dialect)


_Branch = tuple[list[str], list[Test]]
"""Pairs of source and name, and the tests that all of them meet."""


def _branches(tests: Iterable[Test]) -> list[_Branch]:
    """Gather the tests of each pair, and the pairs that meet the same ones."""
    of_pair: dict[str, list[Test]] = {}
    for test in tests:
        for event in test.events:
            of_pair.setdefault(event, []).append(test)
    alike: dict[tuple[str, ...], _Branch] = {}
    for event, meets in sorted(of_pair.items()):
        alike.setdefault(tuple(test.key for test in meets), ([], meets))[0].append(event)
    return list(alike.values())


def _packed(branches: Iterable[_Branch]) -> Iterator[list[_Branch]]:
    """Put branches together as long as a statement has room; a long one fills several."""
    pack: list[_Branch] = []
    for pairs, tests in branches:
        for start in range(0, len(tests), TESTS_PER_STATEMENT):
            part = tests[start : start + TESTS_PER_STATEMENT]
            if sum(len(each) for _, each in pack) + len(part) > TESTS_PER_STATEMENT:
                yield pack
                pack = []
            pack.append((pairs, part))
    if pack:
        yield pack


def _statement(branches: Sequence[_Branch], table: str) -> str:
    hits = _hits(branches[0][1])
    if len(branches) > 1:
        whens = " ".join(f"WHEN {_pairs(pairs)} THEN {_hits(of)}" for pairs, of in branches)
        hits = f"CASE {whens} ELSE '' END"
    seen = _pairs(dict.fromkeys(event for pairs, _ in branches for event in pairs))
    return f"SELECT account_id, event_id, {hits} AS hits FROM {table} WHERE {seen}"  # noqa: S608


def _hits(tests: Iterable[Test]) -> str:
    """Write the keys of the tests that are true, by outcome where the tests ask for one."""
    of_outcome: dict[str | None, list[str]] = {}
    for test in tests:
        case = f"CASE WHEN {test.condition} THEN {_text(f'{test.key} ')} ELSE '' END"
        of_outcome.setdefault(test.outcome, []).append(case)
    parts = [
        " || ".join(cases)
        if outcome is None
        else f"CASE WHEN outcome = {_text(outcome)} THEN {' || '.join(cases)} ELSE '' END"
        for outcome, cases in of_outcome.items()
    ]
    return " || ".join(parts)


def _pairs(events: Iterable[str]) -> str:
    """Ask for pairs of source and name, not by IN: DuckDB makes a join of every long list."""
    names: dict[str, list[str]] = {}
    for event in events:
        source, _, name = event.partition(":")
        names.setdefault(source, []).append(f"event_name = {_text(name)}")
    return " OR ".join(
        f"(event_source = {_text(source)} AND ({' OR '.join(of)}))" for source, of in names.items()
    )


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
