"""The events of one account, each once, in the order of time, old ones and new ones together."""

from __future__ import annotations

import heapq
import tempfile
from array import array
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

import msgspec

from trailmend.by_account import AT_ONCE, PARTS, Differs, Pile, without_duplicates
from trailmend.context import IN_TIME
from trailmend.events import Event
from trailmend.store import Store

_BLOCK = 50
"""So many events of each part are in memory while the parts are read together."""
Sees = Callable[[Event], bool]


class InTime:
    """Events that come in the order of time, as often as they are asked for."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._held: list[Event] = []
        self._parts: list[list[tuple[int, int]]] = []

    def hold(self, events: Iterable[Event]) -> None:
        """Keep events in memory."""
        self._held = sorted(events, key=IN_TIME)

    def write(self, events: Iterable[Event]) -> None:
        """Keep some more events in the file."""
        encode, ordered = msgspec.msgpack.Encoder().encode, sorted(events, key=IN_TIME)
        self._file.seek(0, 2)
        blocks = []
        for start in range(0, len(ordered), _BLOCK):
            told = encode(ordered[start : start + _BLOCK])
            blocks.append((self._file.tell(), len(told)))
            self._file.write(told)
        self._parts.append(blocks)

    def __iter__(self) -> Iterator[Event]:
        """Give all events in the order of time."""
        return heapq.merge(self._held, *map(self._read, self._parts), key=IN_TIME)

    def _read(self, blocks: list[tuple[int, int]]) -> Iterator[Event]:
        decode = msgspec.msgpack.Decoder(list[Event]).decode
        for start, size in blocks:
            self._file.seek(start)
            yield from decode(self._file.read(size))


@dataclass(frozen=True, slots=True)
class Kept:
    """All events of an account, and which of them were read now.

    `once` counts what was read, without copies and seen or not; `given` are hashes of the ids of
    what of it is seen: eight bytes each.
    """

    events: InTime
    once: int
    given: array[int]

    def of_these(self, ids: Iterable[str]) -> set[str]:
        """Give those of some ids that were read now."""
        asked = {hash(one): one for one in ids}
        return {asked[one] for one in self.given if one in asked}


@contextmanager
def kept(
    store: Store,
    account_id: str,
    read: Pile,
    sees: Sees,
    differs: Differs = lambda _: None,
    at_once: int = AT_ONCE,
) -> Iterator[Kept]:
    """Keep in the store what is new of the events read, of those that `sees` takes.

    Copies of what was read are named to `differs` as by `without_duplicates`.
    """
    with tempfile.TemporaryFile() as of_store, tempfile.TemporaryFile() as file:
        known = _stored(store, account_id, of_store, at_once)
        parts = min(PARTS, 1 + (read.count + known.count) // at_once)
        events, once, given = InTime(file), 0, array("q")
        for number in range(parts):
            new = without_duplicates(read.part(number, parts), differs).get(account_id, [])
            once += len(new)
            new = list(filter(sees, new))
            given.extend(hash(event.event_id) for event in new)
            merged = _merged(store, account_id, list(known.part(number, parts)), new)
            (events.hold if parts == 1 else events.write)(merged)
        yield Kept(events, once, given)


def _stored(store: Store, account_id: str, file: IO[bytes], at_once: int) -> Pile:
    """Take the events of an account out of the store."""
    known = Pile(file)
    for event in store.stream(account_id):
        known.add(event)
        if known.count % at_once == 0:
            known.set_aside()
    return known


def _merged(store: Store, account_id: str, known: list[Event], new: list[Event]) -> list[Event]:
    """Keep what is new, or stronger than what was known, and give all, each once."""
    merged = without_duplicates([*known, *new]).get(account_id, [])
    stored = set(map(id, known))
    store.add(account_id, [event for event in merged if id(event) not in stored])
    return merged
