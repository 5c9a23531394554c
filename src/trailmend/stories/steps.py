"""The events of an account in their places; of many, only some are in memory at a time."""

from __future__ import annotations

import tempfile
from array import array
from contextlib import ExitStack
from datetime import datetime
from itertools import islice
from typing import IO

import msgspec

from trailmend.context import Context
from trailmend.events import Event, named_person

AT_HAND = 10_000
"""So many steps are kept in memory; of more, a file without a name holds all."""


class Step(msgspec.Struct, frozen=True, eq=False, gc=False):
    """One event in its place.

    `number` counts the events in time; `second` is the number of the first event of the same
    second, `after` that of the first event of a later one.  `caller` stands for the user who calls,
    `person` for whose event it is, `group` for the group that it names: whoever is renamed stays
    the same, and one who is made under the name of a former one is another.

    A step that was read again from the file is the same one: the number tells.
    """

    event: Event
    row: Context
    time: datetime
    number: int
    second: int
    after: int
    caller: int | None
    person: int | None
    group: int | None

    def __eq__(self, other: object) -> bool:
        """Say whether it is the same step of the timeline."""
        return isinstance(other, Step) and self.number == other.number

    def __hash__(self) -> int:
        """Give a number that the same steps have in common."""
        return hash(self.number)


class Steps:
    """All steps by their numbers, which are given in turn from 0."""

    def __init__(self, at_hand: int = AT_HAND) -> None:
        self._most = at_hand
        self._held: dict[int, Step] = {}
        self._file: IO[bytes] | None = None
        self._open = ExitStack()
        self._places = array("Q", [0])
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(Step).decode

    def __len__(self) -> int:
        """Count the steps."""
        return len(self._places) - 1 if self._file else len(self._held)

    def append(self, step: Step) -> None:
        """Add the next step."""
        self._hold(step)
        if self._file is None and len(self._held) > self._most:
            self._file = self._open.enter_context(
                tempfile.TemporaryFile()  # noqa: SIM115 (the stack closes it)
            )
            for held in self._held.values():
                self._write(held)
        elif self._file is not None:
            self._write(step)
        self._forget()

    def __getitem__(self, number: int) -> Step:
        """Give a step; raises KeyError where there is none of the number."""
        held = self._held.get(number)
        if held is not None:
            return held
        if self._file is None or not 0 <= number < len(self):
            raise KeyError(number)
        start, end = self._places[number], self._places[number + 1]
        self._file.seek(start)
        step = self._decode(self._file.read(end - start))
        self._hold(step)
        self._forget()
        return step

    def close(self) -> None:
        """Give the file back."""
        self._open.close()

    def _hold(self, step: Step) -> None:
        self._held[step.number] = step

    def _write(self, step: Step) -> None:
        assert self._file is not None
        self._places.append(self._places[-1] + self._file.write(self._encode(step)))

    def _forget(self) -> None:
        """Leave the younger half of what is held, once it is too much."""
        if len(self._held) > self._most:
            self._held = dict(islice(self._held.items(), self._most // 2, None))


def name_of(event: Event) -> str:
    """Name the actor as people do: `alice`, `role/deploy`, `ana in Platform`, `root`."""
    person = named_person(event.actor_name, event.actor_id)
    if person is not None:
        return person
    name = event.actor_name or event.actor_arn or event.actor_id or "somebody unknown"
    return f"role/{name}" if event.actor_type == "AssumedRole" else name
