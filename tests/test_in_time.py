"""Old and new events of an account come together in time, however little of them is in memory."""

import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.identity_calls import deactivate, make_key, on_user
from tests.reading import events_of
from tests.telling import ALICE, BOB, CAROL, START, at
from trailmend.by_account import by_account, without_duplicates
from trailmend.context import IN_TIME, seconds_of
from trailmend.events import Event
from trailmend.evidence import ACCOUNT
from trailmend.in_time import kept
from trailmend.store import Store
from trailmend.stories.index import Index
from trailmend.stories.timeline import Timeline

CALLS = (
    on_user("CreateUser", CAROL, "alice"),
    make_key(BOB, "alice"),
    deactivate(BOB, "alice"),
    on_user("UpdateLoginProfile", BOB, "alice"),
    on_user("DeleteUser", CAROL, "alice"),
    on_user("CreateUser", ALICE, "dave"),
)
ONCE = events_of(
    at(START + place // 2 * timedelta(seconds=1), f"e{place:02}", CALLS[place % len(CALLS)])
    for place in range(12)
)
COPIES = [
    msgspec.structs.replace(event, source_name=name, provenance=strength)
    for event in ONCE
    for name, strength in (("a.json", "file"), ("b.json", "api"))
]
reads = st.lists(st.sampled_from(COPIES))


def _sees(event: Event) -> bool:
    return event.event_name != "DeleteUser"


@given(st.lists(reads, min_size=1, max_size=3), st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_events_of_several_readings_come_once_and_in_time(
    readings: Sequence[list[Event]], at_once: int
) -> None:

    with tempfile.TemporaryDirectory() as folder:
        store, so_far = Store(Path(folder)), list[Event]()
        for events in readings:
            so_far += filter(_sees, events)
            best = without_duplicates(so_far).get(ACCOUNT, [])
            with by_account(events, at_once) as accounts:
                for account_id, pile in accounts:
                    with kept(store, account_id, pile, _sees, at_once=at_once) as known:
                        twice = [list(known.events), list(known.events)]
                        ids = known.of_these(event.event_id for event in ONCE)

                    assert twice == [sorted(best, key=IN_TIME)] * 2
                    assert known.once == len({event.event_id for event in events})
                    assert ids == {event.event_id for event in events if _sees(event)}
        stored = without_duplicates(store.events(ACCOUNT)).get(ACCOUNT, [])
        assert sorted(stored, key=IN_TIME) == sorted(
            without_duplicates(so_far).get(ACCOUNT, []), key=IN_TIME
        )


@given(st.lists(st.integers(0, 6)), st.integers(0, 7))
def test_numbers_of_a_key_are_those_added_in_their_order(keys: list[int], asked: int) -> None:
    index = Index()
    for number, key in enumerate(keys):
        index.add(("key", key), number)

    found = list(index.numbers(("key", asked)))

    assert found == [number for number, key in enumerate(keys) if key == asked]


@given(st.permutations(range(len(ONCE))), st.integers(1, len(ONCE)))
@settings(max_examples=40, deadline=None)
def test_steps_that_wait_in_the_file_are_those_that_were_taken(
    asked: list[int], at_hand: int
) -> None:
    whole, few = Timeline(), Timeline(at_hand)
    for second in seconds_of(ONCE):
        whole.take(second)
        few.take(second)

    told = [(whole.steps[number], few.steps[number]) for number in asked]
    few.close()

    assert [msgspec.structs.astuple(one) for one, _ in told] == [
        msgspec.structs.astuple(other) for _, other in told
    ]
    assert len({step for pair in told for step in pair}) == len(ONCE)
