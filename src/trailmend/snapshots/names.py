"""The names of before the log: whoever the log renames had another one when it began."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec

from trailmend.events import Event
from trailmend.lives import Lives, new_name
from trailmend.snapshots.shape import SeenBearer, Snapshot

_RENAMED = ("user", "group")
"""IAM gives a new name to no other (botocore iam UpdateUser, UpdateGroup)."""
_LATER = "\n"
"""What ends the first name of a later namesake; no name of IAM holds it."""


def first_names(events: Sequence[Event]) -> FirstNames:
    """Follow the names of all whom events of some time touch."""
    names = FirstNames(renamed=any(new_name(one, kind) for one in events for kind in _RENAMED))
    names.events = [_told(one, names.first) for one in events] if names.renamed else events
    return names


def under_first_names(snapshot: Snapshot, names: FirstNames) -> Snapshot:
    """Give a snapshot with everybody under the name that was theirs when the log began."""
    if not names.renamed:
        return snapshot
    users = {names.then("user", name): user for name, user in snapshot.users.items()}
    bearers = {
        f"{kind}/{names.then(kind, name)}": _in_groups(bearer, names)
        for key, bearer in snapshot.bearers.items()
        for kind, _, name in [key.partition("/")]
    }
    return msgspec.structs.replace(
        snapshot,
        users={name: user for name, user in users.items() if was_there(name)},
        bearers={key: bearer for key, bearer in bearers.items() if was_there(key)},
    )


def was_there(first: str) -> bool:
    """Say whether a first name is of the time when the log began, and no later namesake's."""
    return not first.endswith(("/", _LATER)) and first != ""


@dataclass(slots=True)
class FirstNames:
    """The first and the last name of each life; `events` tell of everybody under the first."""

    renamed: bool = False
    events: Sequence[Event] = ()

    lives: Lives = field(default_factory=Lives)
    firsts: dict[int, str] = field(default_factory=dict)
    taken: set[tuple[str, str]] = field(default_factory=set)
    lasts: dict[int, str] = field(default_factory=dict)

    def first(self, event: Event, kind: str, name: str) -> str:
        """Give the first name of whom an event touches, and follow what it does to names."""
        life = self.lives.touched(event, kind, name)
        self.lasts[life] = (new_name(event, kind) or name).lower()
        if life not in self.firsts:
            later = (kind, name.lower()) in self.taken
            self.firsts[life] = f"{name} {life}{_LATER}" if later else name
            self.taken.add((kind, name.lower()))
        new = new_name(event, kind)
        if new is not None:
            self.taken.add((kind, new.lower()))
        return self.firsts[life]

    def then(self, kind: str, name: str) -> str:
        """Give the first name of who has a name at the end; empty where nobody has it any more."""
        if kind not in _RENAMED or not self.renamed:
            return name
        life = self.lives.of(kind, name)
        gone = self.lasts.get(life, name.lower()) != name.lower()
        return "" if gone else self.firsts.get(life, name)


def _told(event: Event, first: Callable[[Event, str, str], str]) -> Event:
    target, thing = event.target_name, event.object_id
    if event.target_type in _RENAMED and target:
        target = first(event, event.target_type, target)
    if event.object_type == "group" and thing:
        thing = first(event, "group", thing)
    return msgspec.structs.replace(event, target_name=target, object_id=thing)


def _in_groups(bearer: SeenBearer, names: FirstNames) -> SeenBearer:
    groups = [names.then("group", group) for group in bearer.groups]
    return msgspec.structs.replace(bearer, groups=list(filter(was_there, groups)))
