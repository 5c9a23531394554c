"""Correlations: what stands together in time, on which event it is found, and what is refused."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from itertools import permutations
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sigma_rules import events_of, found_by, rule_text
from trailmend.evidence import call, user
from trailmend.sigma.correlating import Hit, correlate
from trailmend.sigma.rulebook import import_rules, load_rules
from trailmend.sigma.tree import Correlation

Kind = Literal["event_count", "value_count", "temporal", "temporal_ordered"]


def asked(kind: Kind, *, least: int = 0, seconds: int = 10, rules: str = "ab") -> Correlation:
    return Correlation(
        kind=kind,
        rules=tuple(rules),
        seconds=seconds,
        least=least or len(rules),
        group_by=("who",),
        group_fields=dict.fromkeys(rules, ("who",)),
        value_fields=("what",) if kind == "value_count" else (),
    )


def hits(*told: str) -> list[Hit]:
    """Make hits of `rule@second`, with `:who` and `=what` where told; the place is the id."""
    made = []
    for place, one in enumerate(told):
        head, _, what = one.partition("=")
        head, _, who = head.partition(":")
        rule, _, second = head.partition("@")
        values = {"who": tuple((who or "eve").split("+")), "what": (what,) if what else ()}
        values["who"] = () if who == "-" else values["who"]
        made.append(Hit(rule, str(place), int(second), values))
    return made


FOUND: dict[str, tuple[Correlation, list[Hit], list[str]]] = {
    "the event that crosses the threshold": (
        asked("event_count", least=3),
        hits("a@0", "a@4", "b@8", "a@9"),
        ["2"],
    ),
    "the first second of the time counts": (
        asked("event_count", least=2),
        hits("a@0", "a@10"),
        ["1"],
    ),
    "a second later does not": (asked("event_count", least=2), hits("a@0", "a@11"), []),
    "one event is counted once": (
        asked("event_count", least=2),
        [*hits("a@0"), Hit("b", "0", 0, {"who": ("eve",)})],
        [],
    ),
    "two bursts are two": (
        asked("event_count", least=2),
        hits("a@0", "a@1", "a@2", "a@90", "a@91"),
        ["1", "4"],
    ),
    "groups stand alone": (
        asked("event_count", least=2),
        hits("a@0:eve", "a@1:bob", "a@2:eve"),
        ["2"],
    ),
    "what has no value is in no group": (
        asked("event_count", least=2),
        hits("a@0:-", "a@1:-"),
        [],
    ),
    "what has two values is in both groups": (
        asked("event_count", least=2),
        hits("a@0:eve+bob", "a@1:bob"),
        ["1"],
    ),
    "different values": (
        asked("value_count", least=2),
        hits("a@0=x", "a@1=x", "a@2", "a@3=y"),
        ["3"],
    ),
    "each rule, in any order": (asked("temporal"), hits("b@0", "a@3"), ["1"]),
    "the rule before the other": (asked("temporal_ordered"), hits("b@0", "a@3"), []),
    "the rules in order": (asked("temporal_ordered"), hits("a@0", "b@3"), ["1"]),
    "the order inside a second is possible": (
        asked("temporal_ordered"),
        hits("b@3", "a@3"),
        ["0"],
    ),
    "one event is not two steps": (
        asked("temporal_ordered"),
        [*hits("a@3"), Hit("b", "0", 3, {"who": ("eve",)})],
        [],
    ),
    "a step waits for no later start": (
        asked("temporal_ordered", rules="abc"),
        hits("a@0", "b@8", "a@9", "c@12"),
        [],
    ),
    "the latest start counts": (
        asked("temporal_ordered", rules="abc"),
        hits("a@0", "a@5", "b@8", "c@12"),
        ["3"],
    ),
}


@pytest.mark.parametrize("name", FOUND)
def test_correlation_is_found_where_it_begins_to_hold(name: str) -> None:
    correlation, given_hits, wanted = FOUND[name]

    assert [met.event_id for met in correlate(correlation, given_hits)] == wanted


def holds(correlation: Correlation, window: Sequence[Hit]) -> bool:
    """Say the same by trying everything."""
    if correlation.kind == "event_count":
        return len({hit.event_id for hit in window}) >= correlation.least
    if correlation.kind == "value_count":
        return len({hit.values["what"] for hit in window if hit.values["what"]}) >= (
            correlation.least
        )
    if correlation.kind == "temporal":
        return {hit.rule for hit in window} == set(correlation.rules)
    return any(
        [hit.rule for hit in chain] == list(correlation.rules)
        and sorted(hit.second for hit in chain) == [hit.second for hit in chain]
        and len({hit.event_id for hit in chain}) == len(chain)
        for chain in permutations(window, len(correlation.rules))
    )


a_hit = st.builds(
    lambda rule, event, second, what: (rule, f"{second}-{event}", second, what),
    st.sampled_from("abc"),
    st.integers(0, 1),
    st.integers(0, 6),
    st.sampled_from(["", "x", "y"]),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    kind=st.sampled_from(["event_count", "value_count", "temporal", "temporal_ordered"]),
    told=st.lists(a_hit, max_size=7, unique_by=lambda one: one[:2]),
    seconds=st.integers(1, 3),
    data=st.data(),
)
def test_any_order_of_reading_finds_what_trying_everything_finds(
    kind: Kind, told: list[tuple[str, str, int, str]], seconds: int, data: st.DataObject
) -> None:
    correlation = asked(kind, least=3 if kind.startswith("temporal") else 2, seconds=seconds,
                        rules="abc")  # fmt: skip
    made = [
        Hit(rule, event, second, {"who": ("eve",), "what": (what,) if what else ()})
        for rule, event, second, what in told
    ]
    edges, held = [], False
    for second in sorted({hit.second for hit in made}):
        window = [hit for hit in made if second - seconds <= hit.second <= second]
        now = holds(correlation, window)
        edges += [second] if now and not held else []
        held = now

    found = correlate(correlation, data.draw(st.permutations(made)))

    assert sorted(int(met.event_id[0]) for met in found) == edges
    assert found == correlate(correlation, made)


MADE = rule_text(
    "A user is made",
    "  a: {eventName: CreateUser}\n  condition: a",
    "name: made\n",
)
KEYED = rule_text(
    "A key is made",
    "  a: {eventName: CreateAccessKey}\n  condition: a",
    "name: keyed\n",
)


def correlation_text(**asked: Any) -> str:
    told = {
        "type": "temporal_ordered",
        "rules": ["made", "keyed"],
        "group-by": ["requestParameters.userName"],
        "timespan": "10m",
        **asked,
    }
    kept = {key: value for key, value in told.items() if value is not None}
    return f"title: Made and keyed\nlevel: high\ncorrelation: {json.dumps(kept)}\n"


def imported(workspace: Path, *texts: str) -> Any:
    return import_rules(["-"], io.BytesIO("---\n".join(texts).encode()), workspace)


EVE = user("eve")
EVENTS = events_of(
    call("CreateUser", by=EVE, request={"userName": "svc"}, at="09:00:00"),
    call("CreateUser", by=EVE, request={"userName": "other"}, at="09:01:00"),
    call("CreateAccessKey", by=EVE, request={"userName": "svc"}, at="09:02:00"),
)


def test_correlation_finds_on_the_event_that_completes_it(tmp_path: Path) -> None:
    done = imported(tmp_path, correlation_text(), MADE, KEYED)

    found = found_by(done.rules, EVENTS)

    assert [(one.detection, one.level, one.event.event_id) for one in found] == [
        ("sigma.made_and_keyed", "high", EVENTS[2].event_id)
    ]
    assert found[0].why.condition == (
        "temporal_ordered of the rules made, keyed by requestParameters.userName within 10m: "
        "2 or more"
    )
    assert found[0].why.values == {
        "requestParameters.userName": "svc",
        "events": [EVENTS[0].event_id, EVENTS[2].event_id],
        "number of events": 2,
    }


def test_rules_that_are_looked_at_find_themselves_only_with_generate(tmp_path: Path) -> None:
    done = imported(tmp_path, MADE, KEYED, correlation_text(generate=True))

    assert sorted(one.detection for one in found_by(done.rules, EVENTS)) == [
        "sigma.a_key_is_made",
        "sigma.a_user_is_made",
        "sigma.a_user_is_made",
        "sigma.made_and_keyed",
    ]


def test_alias_is_another_field_in_each_rule(tmp_path: Path) -> None:
    aliases = {"who": {"made": "userIdentity.userName", "keyed": "requestParameters.userName"}}
    done = imported(tmp_path, MADE, KEYED, correlation_text(**{"group-by": "who"}, aliases=aliases))

    assert done.faults == []
    assert found_by(done.rules, EVENTS) == []
    own = call("CreateAccessKey", by=EVE, request={"userName": "eve"}, at="09:03:00")
    (found,) = found_by(done.rules, [*EVENTS, *events_of(own)])
    assert found.why.values["who"] == "eve"


def test_values_are_counted_by_group(tmp_path: Path) -> None:
    text = correlation_text(
        type="value_count",
        rules="made",
        condition={"gte": 2, "field": "requestParameters.userName"},
        **{"group-by": ["userIdentity.arn"]},
    )
    done = imported(tmp_path, MADE, text)

    assert [one.event.event_id for one in found_by(done.rules, EVENTS)] == [EVENTS[1].event_id]


def test_correlation_without_its_rule_is_told(tmp_path: Path) -> None:
    done = imported(tmp_path, MADE, KEYED, correlation_text())
    (tmp_path / "rules" / f"{done.rules[1].id}.yml").unlink()

    book = load_rules(tmp_path)

    assert [rule.key for rule in book.rules] == ["sigma.a_user_is_made"]
    assert [fault.reason for fault in book.faults] == [
        f"looks at the rule {done.rules[1].id}, which is not there: import it again"
    ]


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a rule that is not there": (
        {"rules": ["made", "keyd"]},
        "no rule has the name or id 'keyd'. Did you mean keyed? Import it with this one.",
    ),
    "a type that is none": (
        {"type": "temporal_orderd"},
        "'temporal_orderd' is no valid Sigma correlation type. Did you mean temporal_ordered?",
    ),
    "a type that is not run": (
        {"type": "value_sum", "condition": {"gte": 1, "field": "eventName"}},
        "value_sum is not run. There is: event_count, value_count, temporal, temporal_ordered.",
    ),
    "a number that can still rise": (
        {"type": "event_count", "condition": {"lt": 3}},
        "lt is not run: while the time goes on the number can still rise. Did you mean gte?",
    ),
    "a time that is none": ({"timespan": "10x"}, "Timespan '10x' is invalid."),
    "a condition of names": (
        {"rules": None, "condition": "made and not keyed"},
        "a condition of rule names is not run: list the rules",
    ),
    "a field that is not there": (
        {"group-by": ["requestparameters.userName"]},
        "CloudTrail records have no field requestparameters.userName. "
        "Did you mean requestParameters.userName?",
    ),
    "an alias without a rule": (
        {"group-by": ["who"], "aliases": {"who": {"made": "eventName"}}},
        "the alias who says nothing of the rule keyed",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_correlation_that_cannot_be_run_is_refused_by_name(name: str, tmp_path: Path) -> None:
    given_keys, reason = REFUSED[name]

    done = imported(tmp_path, MADE, KEYED, correlation_text(**given_keys))

    assert [rule.name for rule in done.rules] == ["made", "keyed"]
    assert [fault.reason for fault in done.faults] == [reason]
