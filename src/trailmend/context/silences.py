"""Which trails of an account are off, since when, and who turned them off.

A trail that its maker turns off within a day is left out: before it was made the account's record
did without it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from trailmend.events import Event

TRAIL_SPAN = timedelta(hours=24)
"""So long a trail that was deleted counts as off, and one that was made as its maker's own."""
_TRAIL_ARN = re.compile(r"arn:[^:]*:cloudtrail:(?P<region>[^:]*):[^:]*:trail/(?P<name>.+)")
_ON_OR_OFF = ("StartLogging", "StopLogging", "DeleteTrail", "CreateTrail")

_Trail = tuple[str | None, str]
"""Region and name."""


@dataclass(frozen=True, slots=True)
class Silence:
    """A trail that does not log: since when, by whom, and whether it is gone for good."""

    since: datetime
    by: frozenset[str | None]
    deleted: datetime | None = None


class Silences:
    """What became of the trails so far; `pass_second` takes in one second more."""

    def __init__(self) -> None:
        self._trails: dict[_Trail, Silence | None] = {}
        self._made: dict[_Trail, Event] = {}

    @property
    def any_known(self) -> bool:
        """Say whether a trail was turned off that is not known to be on again."""
        return bool(self._trails)

    def of(self, now: datetime) -> list[Silence]:
        """Give the trails that are off; one that was deleted counts for a day."""
        if not self._trails:
            return []
        silent = {trail: silence for trail, silence in self._trails.items() if silence}
        for trail, silence in list(silent.items()):
            if silence.deleted and now - silence.deleted > TRAIL_SPAN:
                del self._trails[trail], silent[trail]
        return list(silent.values())

    def pass_second(self, second: Iterable[Event]) -> None:
        """Take in what was done to each trail in a second; both on and off is unknown."""
        done: dict[_Trail, list[Event]] = {}
        for event in second:
            if event.event_source == "cloudtrail.amazonaws.com" and event.outcome == "success":
                trail = named_trail(event) if event.event_name in _ON_OR_OFF else None
                if trail is not None:
                    done.setdefault(trail, []).append(event)
        for trail, events in done.items():
            self._learn(trail, events)

    def _learn(self, trail: _Trail, events: list[Event]) -> None:
        """Note that a trail went off or on; CreateTrail alone starts no logging."""
        names = {event.event_name for event in events}
        for event in events:
            if event.event_name == "CreateTrail":
                self._made[trail] = event
        off = [event for event in events if event.event_name in ("StopLogging", "DeleteTrail")]
        if "StartLogging" in names and off:
            self._trails[trail] = None
        elif "StartLogging" in names:
            self._trails.pop(trail, None)
        elif off and (trail in self._trails or not all(self._is_own(trail, one) for one in off)):
            was, now = self._trails.get(trail), off[0].event_time
            by = frozenset(event.actor_id for event in off)
            self._trails[trail] = Silence(
                since=was.since if was else now,
                by=was.by | by if was else by,
                deleted=now if "DeleteTrail" in names else None,
            )

    def _is_own(self, trail: _Trail, event: Event) -> bool:
        """Say whether whoever turns a trail off had made it within a day before."""
        made = self._made.get(trail)
        if made is None or event.actor_id is None or made.actor_id != event.actor_id:
            return False
        return event.event_time - made.event_time <= TRAIL_SPAN


def named_trail(event: Event) -> _Trail | None:
    """Give the region and the name of a trail, which the request names by name or by ARN."""
    sent = msgspec.json.decode(event.request) if event.request else None
    name = sent.get("name") if isinstance(sent, dict) else None
    if not isinstance(name, str):
        return None
    arn = _TRAIL_ARN.fullmatch(name)
    return (arn["region"], arn["name"]) if arn else (event.region, name)
