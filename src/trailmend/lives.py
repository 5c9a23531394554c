"""Who bears which name at a time: who is renamed stays the same, and a later namesake is another.

Upper and lower case are the same to IAM.  Of two that are made under one name in one second the
order is not known: they count as one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

from trailmend.events import Event
from trailmend.ledger import parsed

Name = tuple[str, str]
"""A kind, and the name in lower case."""
_MAKES = {
    "AcquireRole": "role",
    "CreateGroup": "group",
    "CreatePermissionSet": "permission_set",
    "CreatePolicy": "policy",
    "CreateRole": "role",
    "CreateServiceLinkedRole": "role",
    "CreateUser": "user",
}
_ENDS = {
    "DeleteGroup": "group",
    "DeletePermissionSet": "permission_set",
    "DeletePolicy": "policy",
    "DeleteRole": "role",
    "DeleteUser": "user",
}
_SOURCES = ("iam.amazonaws.com", "sso.amazonaws.com")
_NEW_NAMES = {("UpdateGroup", "group"): "newGroupName", ("UpdateUser", "user"): "newUserName"}


def makes(event: Event) -> str | None:
    """Name the kind of what an event begins the life of; None where it begins none."""
    return _kind_of(event, _MAKES)


def ends(event: Event) -> str | None:
    """Name the kind of what an event ends the life of; None where it ends none."""
    return _kind_of(event, _ENDS)


def _kind_of(event: Event, kinds: Mapping[str, str]) -> str | None:
    happened = event.event_source in _SOURCES and event.outcome == "success"
    return kinds.get(event.event_name) if happened else None


def new_name(event: Event, kind: str) -> str | None:
    """Give the name that an event gives to a user or a group; None where it gives none."""
    wanted = _NEW_NAMES.get((event.event_name, kind))
    if wanted is None or event.event_source != "iam.amazonaws.com" or event.outcome != "success":
        return None
    new = parsed(event.request).get(wanted)
    return new if isinstance(new, str) else None


@dataclass(slots=True)
class Lives:
    """The lives of an account at a time, each by a number; taken through the events in order."""

    _bearers: dict[Name, int] = field(default_factory=dict)
    _last: dict[Name, int] = field(default_factory=dict)
    _awaited: set[Name] = field(default_factory=set)
    _made: dict[Name, datetime] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=count)

    def of(self, kind: str, name: str) -> int:
        """Say who bears a name; where nobody does, who bore it last, or will bear it first."""
        key = kind, name.lower()
        if key in self._bearers:
            return self._bearers[key]
        if key not in self._last:
            self._last[key] = next(self._numbers)
            self._awaited.add(key)
        return self._last[key]

    def another(self, kind: str, name: str) -> int:
        """Give a name to another than bore it last, whose end and whose making were not seen."""
        key = kind, name.lower()
        self._bearers[key] = self._last[key] = next(self._numbers)
        self._awaited.discard(key)
        return self._last[key]

    def _bearer(self, key: Name) -> int:
        """Say who bears a name; what is done to one whose end was seen is done to a namesake."""
        if key not in self._bearers:
            awaited = key in self._awaited
            self._bearers[key] = self._last[key] if awaited else next(self._numbers)
        self._awaited.discard(key)
        self._last[key] = self._bearers[key]
        return self._bearers[key]

    def touched(self, event: Event, kind: str, name: str) -> int:
        """Say whom an event is about, and follow what it does to names."""
        if event.outcome != "success":
            return self.of(kind, name)
        key = kind, name.lower()
        if makes(event) == kind and self._made.get(key) != event.event_time:
            self._bearers.pop(key, None)
            self._made[key] = event.event_time
        number = self._bearer(key)
        if ends(event) == kind:
            del self._bearers[key]
        new = new_name(event, kind)
        if new is not None:
            del self._bearers[key]
            self._bearers[kind, new.lower()] = self._last[kind, new.lower()] = number
            self._awaited.discard((kind, new.lower()))
        return number
