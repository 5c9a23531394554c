"""How many sign-ins to the console failed of late: of the principal, or from the same address.

A failed sign-in names the user who was tried, and where the account has no such user it names
nobody; only the address then joins one try with the next.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from trailmend.events import Event

SPAN = timedelta(hours=1)

Key = tuple[str, str]
"""`id` or `address`, and which."""
Count = tuple[int, int]
"""Before a second, and up to its end."""


def is_console_login(event: Event) -> bool:
    """Say whether somebody entered the console, or tried to."""
    return event.event_name == "ConsoleLogin" and event.event_source == "signin.amazonaws.com"


class FailedSignIns:
    """The failed sign-ins of an account's last hour."""

    def __init__(self) -> None:
        self._times: dict[Key, deque[datetime]] = {}

    def pass_second(self, second: Sequence[tuple[Event, str | None]]) -> list[Count]:
        """Count for each sign-in of a second, given with its network, and learn the failed ones."""
        before = [self._most(event, network) for event, network in second]
        for event, network in second:
            if event.outcome != "success":
                for key in _keys(event, network):
                    self._times.setdefault(key, deque()).append(event.event_time)
        after = [self._most(event, network) for event, network in second]
        return list(zip(before, after, strict=True))

    def _most(self, event: Event, network: str | None) -> int:
        """Give the larger of the counts of the principal and of the address."""
        return max(
            (self._recent(key, event.event_time) for key in _keys(event, network)), default=0
        )

    def _recent(self, key: Key, now: datetime) -> int:
        times = self._times.get(key)
        if times is None:
            return 0
        while times and times[0] < now - SPAN:
            times.popleft()
        if not times:
            del self._times[key]
        return len(times)


def _keys(event: Event, network: str | None) -> Iterator[Key]:
    named: Iterable[tuple[str, str | None]] = (("id", event.actor_id), ("address", network))
    yield from ((kind, name) for kind, name in named if name is not None)
