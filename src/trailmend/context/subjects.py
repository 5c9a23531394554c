"""By whom each role was taken with a provider's word: always the same subject, or many."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from trailmend.events import Event

_FEDERATED = ("AssumeRoleWithSAML", "AssumeRoleWithWebIdentity")
_SETTLED_DAYS = 7
"""On so many days before, a role must have been taken, before its subjects are a habit."""
_FAMILIAR_AFTER = timedelta(days=1)


@dataclass(slots=True)
class _Role:
    """When each subject took it first, and on how many days it was taken."""

    since: dict[str, datetime] = field(default_factory=dict)
    days: int = 0
    last_day: date | None = None


class Subjects:
    """The roles of an account that subjects of providers took; `pass_second` goes on in time."""

    def __init__(self) -> None:
        self._roles: dict[str, _Role] = {}

    def pass_second(self, second: Sequence[Event]) -> list[int | None]:
        """Count of each event the subjects that its role had before, and learn its own."""
        taken = [_role_taken(event) for event in second]
        told = [None if name is None else self._known(name, second[0]) for name in taken]
        self._learn(zip(second, taken, strict=True))
        return told

    def _known(self, name: str, event: Event) -> int | None:
        role = self._roles.get(name)
        if role is None or role.days - (event.event_time.date() == role.last_day) < _SETTLED_DAYS:
            return None
        return sum(event.event_time - one >= _FAMILIAR_AFTER for one in role.since.values())

    def _learn(self, taken: Iterable[tuple[Event, str | None]]) -> None:
        for event, name in taken:
            if name is None or event.actor_id is None or event.outcome != "success":
                continue
            role, day = self._roles.setdefault(name, _Role()), event.event_time.date()
            role.since.setdefault(event.actor_id, event.event_time)
            if day != role.last_day:
                role.days, role.last_day = role.days + 1, day


def _role_taken(event: Event) -> str | None:
    federated = event.event_source == "sts.amazonaws.com" and event.event_name in _FEDERATED
    return event.target_name.lower() if federated and event.target_name else None
