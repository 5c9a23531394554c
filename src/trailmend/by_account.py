"""Events by account, each once.  Of many events only a part is in memory at a time."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import IO
from zlib import crc32

import msgspec

from trailmend.events import Event

AT_ONCE = 10_000
"""So many events wait in memory; more wait in a file without a name."""
PARTS = 128
"""Events wait in so many parts, all copies of one in the same, so that each part can be taken by
itself: up to 1,280,000 events of an account no part is larger than `AT_ONCE`."""
_STRENGTH = {"digest": 3, "api": 2, "queue": 1, "file": 0}
Differs = Callable[[Event], None]


class Pile:
    """Events of one account that wait, in any order, and more than once."""

    def __init__(self, file: IO[bytes]) -> None:
        self.count = 0
        self._file = file
        self._newest: list[Event] = []
        self._places: dict[int, list[tuple[int, int]]] = {}

    def add(self, event: Event) -> None:
        """Add an event."""
        self._newest.append(event)
        self.count += 1

    def set_aside(self) -> None:
        """Move what is in memory into the file."""
        encode, parts = msgspec.msgpack.Encoder().encode, dict[int, list[Event]]()
        for event in self._newest:
            parts.setdefault(_part(event), []).append(event)
        for number, events in parts.items():
            told = encode(events)
            self._places.setdefault(number, []).append((self._file.tell(), len(told)))
            self._file.write(told)
        self._newest.clear()

    def part(self, number: int, of: int) -> Iterator[Event]:
        """Give the events of a part, if there are so many of them; at most `PARTS`."""
        decode = msgspec.msgpack.Decoder(list[Event]).decode
        for place in range(number, PARTS, of):
            for start, size in self._places.get(place, ()):
                self._file.seek(start)
                yield from decode(self._file.read(size))
        yield from (event for event in self._newest if _part(event) % of == number)


def _part(event: Event) -> int:
    return crc32(event.event_id.encode(errors="backslashreplace")) % PARTS


@contextmanager
def by_account(
    events: Iterable[Event], at_once: int = AT_ONCE
) -> Iterator[Iterator[tuple[str, Pile]]]:
    """Read all events, then give each account with its events, in the order of their first."""
    piles: dict[str, Pile] = {}
    with tempfile.TemporaryFile() as file:
        for count, event in enumerate(events, 1):
            pile = piles.get(event.account_id)
            if pile is None:
                pile = piles[event.account_id] = Pile(file)
            pile.add(event)
            if count % at_once == 0:
                for waiting in piles.values():
                    waiting.set_aside()
        yield iter(piles.items())


def without_duplicates(
    events: Iterable[Event], differs: Differs = lambda _: None
) -> dict[str, list[Event]]:
    """Group events by account, each once: of copies, the one of the strongest provenance.

    Equal provenance is settled by content, then by the source's name and place, so that the order
    of reading does not matter.  `differs` is told of each copy that says something else.
    """
    best: dict[tuple[str, str], Event] = {}
    for event in events:
        key = event.account_id, event.event_id
        known = best.get(key)
        if known is not None and _content(known) != _content(event):
            differs(event)
        if known is None or _claim(event) < _claim(known):
            best[key] = event
    accounts: dict[str, list[Event]] = {}
    for event in best.values():
        accounts.setdefault(event.account_id, []).append(event)
    return accounts


def _claim(event: Event) -> tuple[int, bytes, str, int]:
    strength = -_STRENGTH.get(event.provenance, 0)
    return strength, _content(event), event.source_name, event.source_index


def _content(event: Event) -> bytes:
    """Give what an event says, without where it was read."""
    return msgspec.json.encode(
        msgspec.structs.replace(event, source_name="", source_index=0, provenance="")
    )
