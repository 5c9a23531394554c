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


def under_first_names(
    snapshot: Snapshot, events: Sequence[Event]
) -> tuple[Snapshot, Sequence[Event]]:
    """Give a snapshot, and the events before it in time, with everybody under the first name."""
    if not any(new_name(event, kind) for event in events for kind in _RENAMED):
        return snapshot, events
    names = _Names()
    told = [_told(event, names.first) for event in events]
    users = {names.then("user", name): user for name, user in snapshot.users.items()}
    bearers = {
        f"{kind}/{names.then(kind, name)}": _in_groups(bearer, names)
        for key, bearer in snapshot.bearers.items()
        for kind, _, name in [key.partition("/")]
    }
    users.pop("", None)
    kept = {key: bearer for key, bearer in bearers.items() if not key.endswith("/")}
    return msgspec.structs.replace(snapshot, users=users, bearers=kept), told


@dataclass(slots=True)
class _Names:
    """The first and the last name of each life."""

    lives: Lives = field(default_factory=Lives)
    firsts: dict[int, str] = field(default_factory=dict)
    lasts: dict[int, str] = field(default_factory=dict)

    def first(self, event: Event, kind: str, name: str) -> str:
        """Give the first name of whom an event touches, and follow what it does to names."""
        life = self.lives.touched(event, kind, name)
        self.lasts[life] = (new_name(event, kind) or name).lower()
        return self.firsts.setdefault(life, name)

    def then(self, kind: str, name: str) -> str:
        """Give the first name of who has a name at the end; empty for a namesake of later."""
        if kind not in _RENAMED:
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


def _in_groups(bearer: SeenBearer, names: _Names) -> SeenBearer:
    groups = [names.then("group", group) for group in bearer.groups]
    return msgspec.structs.replace(bearer, groups=list(filter(None, groups)))
