"""Chains: several events that mean more together, in any order of reading, once each."""

from datetime import datetime, timedelta
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reading import Fields, event_of, findings_of
from trailmend.analysis import analyse
from trailmend.catalog import Chain, Step, chains, detections
from trailmend.context import fold
from trailmend.detect import Link
from trailmend.detect.chaining import completed
from trailmend.detect.columns import COLUMNS
from trailmend.detect.conditions import parse_condition
from trailmend.evidence import call, user

EVENT = event_of(call("CreateUser", by=user("bob"), request={"userName": "eve"}))
[ROW] = fold([EVENT])
START = datetime.fromisoformat("2026-03-02T09:00:00+00:00")
ANY = Step(events=("iam.amazonaws.com:CreateUser",), by=("target_name",))


def chain(*, steps: int = 2, ordered: bool = True, minutes: int = 60) -> Chain:
    return Chain(
        title="A chain",
        level="high",
        steps=(ANY,) * steps,
        joined=("the user",),
        within=timedelta(minutes=minutes),
        ordered=ordered,
        impact=(),
        explanations=(),
        fires=(),
        quiet=(),
    )


def hit(step: int, minute: int, name: str | None = None) -> Link:
    moment = START + timedelta(minutes=minute)
    name = name or f"{step}-{minute}"
    return Link(step, msgspec.structs.replace(EVENT, event_id=name, event_time=moment), ROW)


def names(found: list[list[Link]]) -> list[list[str]]:
    return [[one.event.event_id for one in whole] for whole in found]


@pytest.mark.parametrize("key", chains())
def test_chain_of_the_catalog_fires_on_its_last_event_and_is_quiet_elsewhere(key: str) -> None:
    one = chains()[key]
    assert one.fires
    assert one.quiet
    for case in one.fires:
        last = max(record["eventTime"] for record in case)
        found = [each for each in findings_of(case) if each.detection == key]
        assert [each.event.event_time for each in found] == [last]
    for case in one.quiet:
        assert [each for each in findings_of(case) if each.detection == key] == []


@pytest.mark.parametrize("key", chains())
def test_chain_of_the_catalog_joins_columns_that_there_are(key: str) -> None:
    one = chains()[key]

    assert [step for step in one.steps if len(step.by) != len(one.joined)] == []
    assert {name for step in one.steps for name in step.by} <= set(COLUMNS)
    assert all(parse_condition(step.when) for step in one.steps)
    assert one.impact
    assert one.explanations
    assert key not in detections()


def test_steps_out_of_order_are_no_chain_unless_any_order_will_do() -> None:
    swapped = [hit(1, 0), hit(0, 5)]

    assert names([*completed(chain(), swapped)]) == []
    assert names([*completed(chain(ordered=False), swapped)]) == [["0-5", "1-0"]]


def test_steps_of_one_second_are_in_order_whichever_came_first() -> None:
    assert names([*completed(chain(), [hit(1, 5, "a"), hit(0, 5, "b")])]) == [["b", "a"]]


def test_one_event_is_not_two_steps() -> None:
    assert names([*completed(chain(), [hit(0, 5, "a"), hit(1, 5, "a")])]) == []


@pytest.mark.parametrize(("minutes", "found"), [(60, [["0-0", "1-60"]]), (59, [])])
def test_chain_ends_with_its_time(minutes: int, found: list[list[str]]) -> None:
    assert names([*completed(chain(minutes=minutes), [hit(0, 0), hit(1, 60)])]) == found


def test_step_goes_into_one_chain_and_the_latest_that_fits_is_taken() -> None:
    hits = [hit(0, 0), hit(0, 1), hit(1, 2), hit(1, 3), hit(1, 4)]

    assert names([*completed(chain(), hits)]) == [["0-1", "1-2"], ["0-0", "1-3"]]


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 90)), max_size=12, unique=True),
    st.randoms(),
    st.booleans(),
)
def test_order_of_the_hits_decides_nothing_and_every_chain_is_one(
    drawn: list[tuple[int, int]], chance: Random, ordered: bool
) -> None:
    hits = [hit(step, minute) for step, minute in drawn]
    one = chain(steps=3, ordered=ordered)
    found = [*completed(one, hits)]
    chance.shuffle(hits)

    assert [*completed(one, hits)] == found
    used = [each.event.event_id for whole in found for each in whole]
    assert len(used) == len(set(used))
    for whole in found:
        times = [each.time for each in whole]
        assert [each.step for each in whole] == [0, 1, 2]
        assert max(times) - min(times) <= one.within
        assert not ordered or times == sorted(times)


def test_long_line_of_steps_is_walked_once() -> None:
    hits = [hit(0, minute) for minute in range(3000)] + [hit(1, m) for m in range(3000, 6000)]

    assert len([*completed(chain(minutes=100_000), hits)]) == 3000


def test_finding_of_a_chain_names_its_steps_and_carries_facts() -> None:
    [case] = chains()["chain.backdoor_role"].fires[:1]

    [found] = [one for one in findings_of(case) if one.detection == "chain.backdoor_role"]

    assert found.level == "critical"
    assert [one["event_name"] for one in found.why.values["steps"]] == [
        "CreateRole",
        "AttachRolePolicy",
    ]
    assert found.target.name == "audit"
    assert {one.hypothesis for one in found.explanations} == {"intended", "unauthorised"}


def test_same_chain_is_found_in_any_order_of_reading() -> None:
    case: list[Fields] = [*chains()["chain.backdoor_role"].fires[0]]
    events = [event_of(fields) for fields in case]

    assert analyse(events) == analyse(events[::-1])
