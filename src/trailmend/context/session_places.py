"""From which addresses the temporary keys of sessions called, as far as they live."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from ipaddress import ip_address, ip_network

from trailmend.events import Event

_LONGEST = timedelta(hours=36)
"""No temporary key lives longer (AWS STS, GetSessionToken: 129,600 seconds)."""
_INSIDE = tuple(
    map(
        ip_network,
        (
            *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"),
            *("127.0.0.0/8", "169.254.0.0/16", "::1/128", "fc00::/7", "fe80::/10"),
        ),
    )
)
"""A machine has such an address beside its public one, and calls VPC endpoints from it."""
_Line = tuple[str, int]
"""A temporary key, and the version of IP: a machine may have an address of each."""


class SessionPlaces:
    """Two addresses of a key are kept: whatever the next is, it differs from one of them."""

    def __init__(self, network: Callable[[str | None], str | None]) -> None:
        self._network = network
        self._seen: dict[_Line, tuple[str, ...]] = {}
        self._begun: deque[tuple[datetime, _Line]] = deque()

    def pass_second(self, second: Sequence[Event]) -> list[bool | None]:
        """Tell of each event whether its key called from another address, and learn its own."""
        self._drop_before(second[0].event_time - _LONGEST)
        places = [self._place(event) for event in second]
        told = [
            None if place is None else any(one != place[1] for one in self._seen.get(place[0], ()))
            for place in places
        ]
        for place in places:
            if place is not None:
                self._learn(*place, second[0].event_time)
        return told

    def _place(self, event: Event) -> tuple[_Line, str] | None:
        key, address = event.access_key_id, self._network(event.source_ip)
        version = public_version(event.source_ip)
        if key is None or not key.startswith("ASIA") or address is None or version is None:
            return None
        return None if event.invoked_by else ((key, version), address)

    def _learn(self, line: _Line, address: str, now: datetime) -> None:
        seen = self._seen.get(line, ())
        if not seen:
            self._begun.append((now, line))
        if len(seen) < 2 and address not in seen:
            self._seen[line] = (*seen, address)

    def _drop_before(self, oldest: datetime) -> None:
        while self._begun and self._begun[0][0] < oldest:
            del self._seen[self._begun.popleft()[1]]


@lru_cache(maxsize=1024)
def public_version(source_ip: str | None) -> int | None:
    """Give the version of IP of an address that is not of a private network; else None."""
    try:
        address = ip_address(source_ip or "")
    except ValueError:
        return None
    return None if any(address in one for one in _INSIDE) else address.version
