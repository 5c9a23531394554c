"""Tests compiled to statements: an engine's hits are those of the words."""

import operator
import random
import re
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from sqlglot import exp, parse_one

from tests.engines import evidence, moments_of_evidence, on_two_tables
from trailmend.analysis import catalog_hits
from trailmend.catalog import Runbook, detections
from trailmend.context import Context, Moment
from trailmend.detect import Hits, detection_tests, fact_tests, findings_of
from trailmend.detect.columns import columns_of
from trailmend.detect.conditions import parse_condition
from trailmend.detect.explanations import facts_of
from trailmend.detect.statements import TESTS_PER_STATEMENT, Test, held_to, statements
from trailmend.events import Event
from trailmend.findings import Explained
from trailmend.store import MOMENTS, loaded_moments

RENEW = "iam.amazonaws.com:RenewNothing"
NONE: frozenset[str] = frozenset()


def numbered(count: int) -> list[Test]:
    words = [f"devices_left >= {number % 3} OR mfa = 'no'" for number in range(count)]
    return [Test(f"test_{number}.case", (RENEW,), word) for number, word in enumerate(words)]


@pytest.mark.parametrize(
    ("count", "made"), [(0, 0), (1, 1), (100, 1), (101, 2), (250, 3), (200, 2)]
)
def test_tests_are_split_over_statements(count: int, made: int) -> None:
    assert (TESTS_PER_STATEMENT, len(statements(numbered(count)))) == (100, made)


@pytest.mark.parametrize("tests", [detection_tests(), fact_tests()], ids=["detections", "facts"])
def test_statement_tries_a_hundred_tests_at_most_and_all_are_tried(tests: tuple[Test, ...]) -> None:
    tried = [set(re.findall(r"THEN '([\w./]+) '", text)) for text in statements(tests)]

    assert max(map(len, tried)) <= TESTS_PER_STATEMENT
    assert set().union(*tried) == {test.key for test in tests}


def all_tests() -> list[Test]:
    return [*detection_tests(), *fact_tests()]


def telling_tests() -> list[Test]:
    """Give the tests in which a part of SQL stands in another as in none before them."""
    seen: set[tuple[type, type]] = set()
    kept = []
    for test in all_tests():
        nodes = parse_condition(test.condition).walk()
        found = {(type(node.parent), type(node)) for node in nodes}
        if not found <= seen:
            kept.append(test)
            seen |= found
    return kept


@pytest.mark.parametrize("dialect", ["duckdb", "trino", "spark", "athena"])
@pytest.mark.parametrize(
    "tests_of", [telling_tests, pytest.param(all_tests, marks=pytest.mark.soak)]
)
def test_statements_are_read_by_the_engines_as_they_were_meant(
    dialect: str, tests_of: Callable[[], list[Test]]
) -> None:
    tests = tests_of()
    meant = [parse_one(text, dialect="duckdb") for text in statements(tests)]

    read = [parse_one(text, dialect=dialect) for text in statements(tests, dialect)]

    assert [one.sql(dialect="duckdb") for one in read] == [
        one.sql(dialect="duckdb") for one in meant
    ]


def test_condition_stands_in_its_statement_as_a_whole() -> None:
    conditions = ["mfa = 'no' OR console", "mfa = 'yes' AND assumed_root OR console"]
    [text] = statements([Test(f"t.{n}", (RENEW,), one) for n, one in enumerate(conditions)])

    read = [
        case.args["ifs"][0].this for case in parse_one(text, dialect="duckdb").find_all(exp.Case)
    ]

    assert sorted(one.sql(dialect="duckdb") for one in read) == sorted(conditions)


def truth(node: exp.Expr, row: dict[str, Any]) -> Any:
    """Evaluate the subset on one row, by the three-valued logic of SQL; None is unknown."""
    match node:
        case exp.Paren():
            return truth(node.this, row)
        case exp.And() | exp.Or():
            sides = (truth(node.left, row), truth(node.right, row))
            settles = isinstance(node, exp.Or)
            return settles if settles in sides else None if None in sides else not settles
        case exp.Not():
            return _turned(truth(node.this, row))
        case exp.Coalesce():
            values = (truth(one, row) for one in (node.this, *node.expressions))
            return next((value for value in values if value is not None), None)
        case exp.Is():
            return truth(node.this, row) is truth(node.expression, row)
        case exp.NullSafeEQ() | exp.NullSafeNEQ():
            same = truth(node.left, row) == truth(node.right, row)
            return same is isinstance(node, exp.NullSafeEQ)
        case exp.In():
            asked = truth(node.this, row)
            found = [None if asked is None else asked == truth(n, row) for n in node.expressions]
            return True in found or (None if None in found else False)
        case exp.Column():
            return row[node.name]
        case exp.Literal():
            return node.name if node.is_string else int(node.name)
        case exp.Boolean():
            return node.this
        case exp.Null():
            return None
        case exp.Lower():
            text = truth(node.this, row)
            return None if text is None else text.lower()
    left, right = truth(node.this, row), truth(node.args["expression"], row)
    if left is None or right is None:
        return None
    answer = COMPARISONS[type(node)](left, right)
    return _turned(answer) if node.args.get("negate") else answer


def _turned(value: bool | None) -> bool | None:
    return None if value is None else not value


def _like(text: str, pattern: str) -> bool:
    words = re.escape(pattern).replace("%", ".*").replace("_", ".")
    return re.fullmatch(words, text, re.DOTALL) is not None


COMPARISONS: dict[type[exp.Expr], Callable[[Any, Any], bool]] = {
    exp.EQ: operator.eq,
    exp.NEQ: operator.ne,
    exp.GT: operator.gt,
    exp.GTE: operator.ge,
    exp.LT: operator.lt,
    exp.LTE: operator.le,
    exp.Like: _like,
}


def hits_by_hand(tests: list[Test], event: Event, row: Context) -> frozenset[str]:
    values = msgspec.structs.asdict(event) | msgspec.structs.asdict(row)
    pair = f"{event.event_source}:{event.event_name}"
    return frozenset(
        test.key
        for test in tests
        if pair in test.events and test.outcome in (None, event.outcome)
        if truth(parse_condition(test.condition), values) is True
    )


Moments = Callable[[], list[Moment]]


def moments_of_first_cases() -> list[Moment]:
    """Give the events of one case of each detection that fires, and of one that stays quiet."""
    return [moment for case in evidence() if case.number == 0 for moment in case.moments]


each_evidence = pytest.mark.parametrize(
    "moments",
    [moments_of_first_cases, pytest.param(moments_of_evidence, marks=pytest.mark.soak)],
)


def by_hand(tests: list[Test], pairs: list[Moment]) -> Hits:
    found = {(e.account_id, e.event_id): hits_by_hand(tests, e, row) for e, row in pairs}
    return {key: names for key, names in found.items() if names}


@each_evidence
def test_detections_that_hit_are_those_of_reading_them_row_by_row(moments: Moments) -> None:
    pairs, tests = moments(), list(detection_tests())

    assert on_two_tables(tests, pairs) == by_hand(tests, pairs)


@each_evidence
def test_facts_are_told_of_what_was_found_and_are_those_of_reading_row_by_row(
    moments: Moments,
) -> None:
    pairs = moments()
    found = by_hand(list(detection_tests()), pairs)
    struck = [(e, row) for e, row in pairs if (e.account_id, e.event_id) in found]
    facts = by_hand(list(fact_tests()), struck)

    assert catalog_hits(pairs) == {key: found[key] | facts.get(key, NONE) for key in found}


def test_columns_of_conditions_are_those_of_parsing_them() -> None:
    conditions = [test.condition for test in (*detection_tests(), *fact_tests())]
    columns = [parse_condition(one).find_all(exp.Column, bfs=False) for one in conditions]

    assert [columns_of(one) for one in conditions] == [
        tuple(dict.fromkeys(column.name for column in of)) for of in columns
    ]


def test_column_in_quotes_is_text() -> None:
    assert columns_of("mfa = 'it''s console' OR actor_name = 'region'") == ("mfa", "actor_name")


def explained_by_hand(event: Event, row: Context, runbook: Runbook) -> list[Explained]:
    values = msgspec.to_builtins(msgspec.structs.asdict(event) | msgspec.structs.asdict(row))
    empty = [Explained(one.hypothesis, one.text, [], []) for one in runbook.explanations]
    for number, side, fact in facts_of(runbook.explanations):
        if fact.when and truth(parse_condition(fact.when), values) is True:
            getattr(empty[number], side).append(fact.text.format(**values))
    return empty


@each_evidence
def test_every_finding_carries_every_explanation_with_the_facts_that_are_so(
    moments: Moments,
) -> None:
    pairs = moments()
    hits = catalog_hits(pairs)

    wrong = [
        finding
        for event, row in pairs
        for finding in findings_of(event, row, hits.get((event.account_id, event.event_id), NONE))
        if finding.explanations != explained_by_hand(event, row, detections()[finding.detection][0])
    ]

    assert wrong == []


def test_condition_of_several_pages_is_tried_once() -> None:
    conditions = [test.condition for test in fact_tests()]

    assert len(conditions) == len(set(conditions))


def test_hits_of_250_tests_are_those_of_reading_them_row_by_row() -> None:
    chance = random.Random(7)
    event, row = moments_of_evidence()[0]
    source, _, name = RENEW.partition(":")
    pairs = [
        (
            msgspec.structs.replace(
                event, event_id=f"{n}", event_source=source, event_name=name, mfa=mfa
            ),
            msgspec.structs.replace(
                row, event_id=f"{n}", devices_left=chance.choice([None, 0, 1, 2])
            ),
        )
        for n, mfa in enumerate(chance.choices(["yes", "no", "unknown"], k=40))
    ]
    tests = numbered(250)

    assert on_two_tables(tests, pairs) == by_hand(tests, pairs)


def test_call_of_the_same_name_on_another_service_is_not_hit() -> None:
    # Subtlety 32.
    event, row = moments_of_evidence()[0]
    namesake = msgspec.structs.replace(event, event_source="sso-directory.amazonaws.com")

    assert on_two_tables(list(detection_tests()), [(namesake, row)]) == {}
    assert catalog_hits([(namesake, row)]) == {}


def test_statements_ask_only_for_what_was_seen() -> None:
    assert held_to({"ec2.amazonaws.com:RunInstances"}, detection_tests()) == []


def test_batches_of_one_table_hold_one_event_each() -> None:
    pairs = moments_of_evidence()
    random.Random(3).shuffle(pairs)

    with loaded_moments(pairs, ("account_id", "event_id", "event_source", "event_name")) as engine:
        names = engine.execute(f"SELECT event_source, event_name FROM {MOMENTS}").fetchall()

    assert names == sorted((event.event_source, event.event_name) for event, _ in pairs)


def test_a_few_events_and_many_meet_the_same_tests() -> None:
    pairs = moments_of_evidence()

    assert len(pairs) > 1_000 >= 600, "many are tried by a statement that is optimised"
    few = [catalog_hits(pairs[start : start + 600]) for start in range(0, len(pairs), 600)]
    assert {event: keys for hits in few for event, keys in hits.items()} == catalog_hits(pairs)
