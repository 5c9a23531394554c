"""One event in its place among the events of its account."""

from __future__ import annotations

from datetime import datetime

import msgspec

from trailmend.context import Context
from trailmend.events import Event, named_person


class Step(msgspec.Struct, frozen=True, eq=False, gc=False):
    """One event in its place.

    `number` counts the events in time; `second` is the number of the first event of the same
    second, `after` that of the first event of a later one.  `caller` stands for the user who calls,
    `person` for whose event it is, `group` for the group that it names: whoever is renamed stays
    the same, and one who is made under the name of a former one is another.
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


def name_of(event: Event) -> str:
    """Name the actor as people do: `alice`, `role/deploy`, `ana in Platform`, `root`."""
    person = named_person(event.actor_name, event.actor_id)
    if person is not None:
        return person
    name = event.actor_name or event.actor_arn or event.actor_id or "somebody unknown"
    return f"role/{name}" if event.actor_type == "AssumedRole" else name
