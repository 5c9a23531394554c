"""Events come account by account, each once, however many of them wait in a file."""

from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reading import events_of
from trailmend.by_account import by_account, without_duplicates
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


@given(st.lists(st.sampled_from(EVENTS)), st.integers(1, 7))
@settings(max_examples=100, deadline=None)
def test_what_waits_in_the_file_is_what_was_read(events: list[Event], at_once: int) -> None:
    told: list[Event] = []
    of_file: list[Event] = []

    with by_account(events, of_file.append, at_once) as accounts:
        at_a_time = dict(accounts)

    assert at_a_time == without_duplicates(events, told.append)
    assert sorted(of_file, key=repr) == sorted(told, key=repr)
    assert list(at_a_time) == list(dict.fromkeys(one.account_id for one in events))


def test_texts_of_any_kind_come_back_from_the_file() -> None:
    odd = "\x00\x1b[31m\x7f\U0001f600"
    records = [
        call("CreateUser", by=user("bob"), request={"userName": odd}, eventID=str(n))
        for n in range(3)
    ]
    events = events_of(records)

    with by_account(events, at_once=1) as accounts:
        assert [found for _, found in accounts] == [events]


def test_all_is_read_before_the_first_account_is_given() -> None:
    read: list[Event] = []

    def reading() -> Iterator[Event]:
        for event in EVENTS:
            read.append(event)
            yield event

    with by_account(reading(), at_once=4):
        assert read == EVENTS
