"""What a large trail costs: texts are held once, and files of the workspace have a size."""

from pathlib import Path

import msgspec

from tests.reading import event_of
from trailmend.events import Event, thrifty
from trailmend.evidence import ACCOUNT, call, user
from trailmend.store import Store

RESET = call("UpdateLoginProfile", by=user("bob"), request={"userName": "alice"})


def read_anew() -> Event:
    """Read the event so that none of its texts is shared with another reading of it."""
    return msgspec.json.decode(msgspec.json.encode(event_of(RESET)), type=Event)


def test_texts_that_two_events_share_are_held_once() -> None:
    one, other = read_anew(), read_anew()
    thrifty_one, thrifty_other = thrifty(one), thrifty(other)

    assert one.user_agent is not other.user_agent
    assert thrifty_one.user_agent is thrifty_other.user_agent
    assert thrifty_one.request is thrifty_other.request
    assert thrifty_one == one


def test_many_events_are_kept_in_several_files_and_all_come_back(tmp_path: Path) -> None:
    one = thrifty(event_of(RESET))
    events = [msgspec.structs.replace(one, event_id=f"{n:05}") for n in range(10_001)]

    Store(tmp_path).add(ACCOUNT, events)

    assert len(list(tmp_path.rglob("*.parquet"))) == 2
    assert sorted(Store(tmp_path).events(ACCOUNT), key=lambda one: one.event_id) == events
