"""Events by account, each once.  Of many events those of one account at a time are in memory."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO

import msgspec

from trailmend.events import Event, thrifty

_AT_ONCE = 50_000
"""So many events wait in memory; more wait in a file without a name."""
_STRENGTH = {"digest": 3, "api": 2, "queue": 1, "file": 0}
Differs = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Events in the order of reading, by account: where they are in the file, and the last ones."""

    file: IO[bytes]
    last: dict[str, list[Event]] = field(default_factory=dict)
    places: dict[str, list[tuple[int, int]]] = field(default_factory=dict)

    def set_aside(self) -> None:
        encode = msgspec.msgpack.Encoder().encode
        for account_id, events in self.last.items():
            told = encode(events)
            self.places.setdefault(account_id, []).append((self.file.tell(), len(told)))
            self.file.write(told)
            events.clear()

    def take(self, account_id: str) -> Iterator[Event]:
        decode = msgspec.msgpack.Decoder(list[Event]).decode
        for start, size in self.places.get(account_id, ()):
            self.file.seek(start)
            yield from map(thrifty, decode(self.file.read(size)))
        yield from self.last[account_id]
        self.last[account_id].clear()


@contextmanager
def by_account(
    events: Iterable[Event], differs: Differs = lambda _: None, at_once: int = _AT_ONCE
) -> Iterator[Iterator[tuple[str, list[Event]]]]:
    """Read all events, then give each account with its events, each once.

    Accounts come in the order of their first events.  `differs` is told as by
    `without_duplicates`, when the account's turn has come.
    """
    with tempfile.TemporaryFile() as file:
        waiting = _Waiting(file)
        for count, event in enumerate(events, 1):
            waiting.last.setdefault(event.account_id, []).append(thrifty(event))
            if count % at_once == 0:
                waiting.set_aside()
        yield (
            (account_id, without_duplicates(waiting.take(account_id), differs)[account_id])
            for account_id in waiting.last
        )


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
