"""The events that touch a user, group, role or policy, or that it makes, whatever its name then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import msgspec

from trailmend.context import Context
from trailmend.events import Event, role_id
from trailmend.ledger.account import answered
from trailmend.lives import Lives, ends, makes, new_name

Role = Literal["target", "object", "actor"]
_IDS = {"user": "userId", "group": "groupId", "role": "roleId", "policy": "policyId"}
"""Where the answer to a making gives the id (botocore iam, shapes User, Group, Role, Policy)."""
_PREFIXES = {"user": "AIDA", "group": "AGPA", "role": "AROA", "policy": "ANPA"}
_NO_PREFIX = "no id"


class Touch(msgspec.Struct, frozen=True):
    """An event and whose life it touched; `names` are two where it gave another name.

    `own` says that whoever lives that life made the event.
    """

    event: Event
    life: int
    role: Role
    names: tuple[str, ...]
    own: bool = False

    def bears(self, name: str) -> bool:
        """Say whether the event tells that the life had a name."""
        return name.lower() in map(str.lower, self.names)


Life = list[Touch]
"""All events that touch one of a kind, in the order of time."""


def touches(moments: Iterable[tuple[Event, Context]], kind: str) -> Iterator[Touch]:
    """Find the events that touch somebody of a kind, or that somebody of it makes."""
    lives, ids = Lives(), dict[str, int]()
    for event, row in moments:
        actor, found = _actor(event, kind), _touched(event, row, kind)
        by = None if actor is None else _life_of(event, kind, actor, lives, ids)
        life = None if found is None else lives.touched(event, kind, found[0])
        if found is not None and life is not None:
            name, role = found
            new = new_name(event, kind)
            yield Touch(event, life, role, (name,) if new is None else (name, new), by == life)
            given = _id_given(event, kind) if makes(event) == kind else None
            if given is not None:
                ids.setdefault(given, life)
        if actor is not None and by is not None and by != life:
            yield Touch(event, by, "actor", (actor,), own=True)


def _life_of(event: Event, kind: str, name: str, lives: Lives, ids: dict[str, int]) -> int:
    """Tell by the id whose call it is: AWS gives one to nobody else, a name it does."""
    stable = role_id(event.actor_id) or ""
    if not stable.startswith(_PREFIXES.get(kind, _NO_PREFIX)):
        return lives.of(kind, name)
    if stable not in ids:
        number = lives.of(kind, name)
        ids[stable] = lives.another(kind, name) if number in ids.values() else number
    return ids[stable]


def _id_given(event: Event, kind: str) -> str | None:
    told = answered(event, kind).get(_IDS.get(kind, ""))
    return told if isinstance(told, str) else None


def identity(life: Life, kind: str) -> str | None:
    """Give the id that AWS gave to somebody, where the log tells it."""
    prefix = _PREFIXES.get(kind, _NO_PREFIX)
    made = (one.event for one in life if makes(one.event) == kind and one.role == "target")
    given = (_id_given(event, kind) for event in made)
    called = (role_id(one.event.actor_id) for one in life if one.own)
    return next((one for one in (*given, *called) if one and one.startswith(prefix)), None)


def _actor(event: Event, kind: str) -> str | None:
    """Name who of this account makes an event."""
    is_one = event.actor_type == {"user": "IAMUser", "role": "AssumedRole"}.get(kind, "")
    return event.actor_name or None if event.by_own_account and is_one else None


def _touched(event: Event, row: Context, kind: str) -> tuple[str, Role] | None:
    """Name whom of a kind an event is about, or what of it is given, taken away or joined."""
    target = row.owner_name if kind == "user" and row.owner_name else event.target_name
    if (row.owner_type or event.target_type) == kind and target:
        return target, "target"
    object_type = "policy" if event.object_type == "permissions_boundary" else event.object_type
    return (event.object_id, "object") if object_type == kind and event.object_id else None


def lives_named(found: Sequence[Touch], name: str) -> list[Life]:
    """Give the lives that ever had a name, in the order in which they had it."""
    numbers = dict.fromkeys(one.life for one in found if one.bears(name))
    return [[one for one in found if one.life == number] for number in numbers]


def done_to(life: Life) -> list[Event]:
    """Give the events that were about somebody and succeeded, in the order of time."""
    return [one.event for one in life if one.role == "target" and one.event.outcome == "success"]


def calls_of(life: Life) -> list[Event]:
    """Give the calls that somebody made, in the order of time."""
    return [one.event for one in life if one.own]


def making(life: Life, kind: str) -> Event | None:
    """Give the event that began a life, where the log shows it."""
    return next((one.event for one in life if makes(one.event) == kind and _is(one)), None)


def ending(life: Life, kind: str) -> Event | None:
    """Give the event that ended a life, where the log shows it."""
    return next((one.event for one in life if ends(one.event) == kind and _is(one)), None)


def _is(touch: Touch) -> bool:
    """Say whether an event is about the life itself: who makes another has a life of its own."""
    return touch.role == "target"
