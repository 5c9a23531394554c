"""Events come account by account, each once, however many of them wait in a file."""

from collections.abc import Iterator

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reading import events_of
from trailmend.by_account import PARTS, by_account
from trailmend.events import Event
from trailmend.evidence import call, user

ACCOUNTS = ("111122223333", "444455556666", "../777788889999")


def _event(account: str, number: int, name: str) -> Event:
    record = call(name, by=user("bob"), eventID=f"e{number}", recipientAccountId=account)
    [event] = events_of([record])
    return event


EVENTS = [
    _event(account, number, name)
    for account in ACCOUNTS
    for number in range(3)
    for name in ("CreateUser", "DeleteUser")
]


@given(st.lists(st.sampled_from(EVENTS)), st.integers(1, 7), st.integers(1, PARTS))
@settings(max_examples=100, deadline=None)
def test_what_waits_in_the_file_is_what_was_read(
    events: list[Event], at_once: int, parts: int
) -> None:
    with by_account(events, at_once) as accounts:
        read = {
            account: [one for number in range(parts) for one in pile.part(number, parts)]
            for account, pile in accounts
        }

    assert list(read) == list(dict.fromkeys(one.account_id for one in events))
    for account, given_back in read.items():
        of_account = [one for one in events if one.account_id == account]
        assert sorted(given_back, key=repr) == sorted(of_account, key=repr)


@given(st.lists(st.sampled_from(EVENTS)), st.integers(1, 7), st.integers(1, PARTS))
@settings(max_examples=50, deadline=None)
def test_copies_of_an_event_wait_in_the_same_part(
    events: list[Event], at_once: int, parts: int
) -> None:
    with by_account(events, at_once) as accounts:
        for _, pile in accounts:
            ids = [{one.event_id for one in pile.part(number, parts)} for number in range(parts)]
            assert sum(map(len, ids)) == len(set[str]().union(*ids))


def test_texts_of_any_kind_come_back_from_the_file() -> None:
    odd = "\x00\x1b[31m\x7f\U0001f600"
    records = [
        call("CreateUser", by=user("bob"), request={"userName": odd}, eventID=str(n))
        for n in range(3)
    ]
    events = events_of(records)

    with by_account(events, at_once=1) as accounts:
        [(_, pile)] = accounts
        assert sorted(pile.part(0, 1), key=repr) == events


def test_all_is_read_before_the_first_account_is_given() -> None:
    read: list[Event] = []

    def reading() -> Iterator[Event]:
        for event in EVENTS:
            read.append(event)
            yield event

    with by_account(reading(), at_once=4):
        assert read == EVENTS


def test_every_part_is_given_back_whatever_their_number() -> None:
    many = [msgspec.structs.replace(EVENTS[0], event_id=str(number)) for number in range(2_000)]

    with by_account(many, at_once=500) as accounts:
        [(_, pile)] = accounts
        for parts in (1, 3, PARTS):
            read = [one.event_id for number in range(parts) for one in pile.part(number, parts)]
            assert sorted(read, key=int) == [one.event_id for one in many]
