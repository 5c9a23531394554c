"""What is usual for a principal, what it did in the last minutes, and whether a trail is off.

Nothing is told of the order inside one second: what is compared with the past is compared with
the seconds before, and what is counted up to now counts the second whole.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from math import ceil
from typing import Any

from trailmend.context.session_places import SessionPlaces
from trailmend.context.sign_ins import FailedSignIns, is_console_login
from trailmend.context.silences import Silences
from trailmend.context.subjects import Subjects
from trailmend.events import IDENTITY_SOURCES, Event

LEARNING_DAYS = 7
"""On so many days before, the account's log must hold events; until then nothing is unusual."""
KNOWN_DAYS = 3
"""On so many of them it must show the principal, before something of it can be its first."""
WEEKDAYS_KNOWN = 10
"""On so many of them, two weeks of work, before a day of the week can be an unusual one."""
FAMILIAR_AFTER = timedelta(days=1)
"""An hour is usual that long after its first call: what an intruder did just now is no habit."""
BULK_SPAN = timedelta(minutes=10)
REFUSED_SPAN = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)

_NETWORK_BITS = 64
_NONE: Mapping[str | None, int] = {}
_HOURS = 24

Action = tuple[str, str]
"""Event source and event name."""
Facts = dict[str, Any]
"""Columns of `context` and their values."""


@dataclass(slots=True)
class _Principal:
    """What the log has shown of a principal; `days` is 0 where that is nothing.

    `agents` holds the first time of each.  `addresses`, `actions`, `hours` of the day and
    `weekdays`, UTC, do so of calls that succeeded: an intruder's tries make nothing familiar.
    `done` holds the successful calls of the last minutes; of each action `calls` counts them, and
    `targets` those on each target.  `pairs` are the successful calls ever made on each target,
    `places` those from each address.
    """

    days: int = 0
    last_day: date | None = None
    addresses: dict[str, datetime] = field(default_factory=dict)
    agents: dict[str | None, datetime] = field(default_factory=dict)
    actions: dict[Action, datetime] = field(default_factory=dict)
    pairs: set[tuple[Action, str]] = field(default_factory=set)
    places: set[tuple[Action, str]] = field(default_factory=set)
    hours: dict[int, datetime] = field(default_factory=dict)
    weekdays: dict[int, datetime] = field(default_factory=dict)
    done: deque[tuple[datetime, Action, str | None]] = field(default_factory=deque)
    calls: dict[Action, int] = field(default_factory=dict)
    targets: dict[Action, dict[str | None, int]] = field(default_factory=dict)
    denied: deque[datetime] = field(default_factory=deque)
    failed: deque[datetime] = field(default_factory=deque)

    def add(self, moment: datetime, action: Action, target: str | None) -> None:
        self.done.append((moment, action, target))
        self.calls[action] = self.calls.get(action, 0) + 1
        counts = self.targets.setdefault(action, {})
        counts[target] = counts.get(target, 0) + 1

    def drop_before(self, oldest: datetime) -> None:
        done = self.done
        while done and done[0][0] < oldest:
            _, action, target = done.popleft()
            self.calls[action] -= 1
            counts = self.targets[action]
            counts[target] -= 1
            if not counts[target]:
                del counts[target]
            if not counts:
                del self.targets[action], self.calls[action]


class Habits:
    """What an account's log has shown so far; `pass_second` moves it past one second."""

    def __init__(self) -> None:
        self._principals: dict[str, _Principal] = {}
        self._days = 0
        self._last_day: date | None = None
        self._silences = Silences()
        self._failed_sign_ins = FailedSignIns()
        self._session_places = SessionPlaces(network)
        self._subjects = Subjects()

    def pass_second(self, second: Sequence[Event], owners: Sequence[str | None]) -> list[Facts]:
        """Tell the facts of all events of one second, and learn them.

        `owners` are the users whose things were touched, as far as the ledger knows them.
        """
        now = second[0].event_time
        day = now.date()
        shared: Facts = {"log_days": self._days - (day == self._last_day)}
        silent = self._silences.of(now)
        if self._silences.any_known:
            shared["trail_off"] = bool(silent) or None
        if silent:
            shared["trail_off_since"] = max(silence.since for silence in silent)
        people = [self._principal(event) for event in second]
        told = [
            _compared(event, person, owner, day, shared)
            for event, person, owner in zip(second, people, owners, strict=True)
        ]
        self._tell_failed_sign_ins(second, told)
        for facts, changed in zip(told, self._session_places.pass_second(second), strict=True):
            facts["session_address_changed"] = changed
        for facts, count in zip(told, self._subjects.pass_second(second), strict=True):
            facts["subjects_known"] = count
        if silent:
            _tell_who_silenced(second, told, frozenset().union(*(one.by for one in silent)))
        for event, person, owner in zip(second, people, owners, strict=True):
            _learn(event, person, owner, day)
        if day != self._last_day:
            self._days, self._last_day = self._days + 1, day
        self._silences.pass_second(second)
        return list(map(_counted, second, people, told))

    def _tell_failed_sign_ins(self, second: Sequence[Event], told: Sequence[Facts]) -> None:
        found = [
            (event, facts)
            for event, facts in zip(second, told, strict=True)
            if is_console_login(event)
        ]
        if not found:
            return
        counts = self._failed_sign_ins.pass_second(
            [(event, network(event.source_ip)) for event, _ in found]
        )
        for (_, facts), (before, after) in zip(found, counts, strict=True):
            facts["sign_ins_failed_before"], facts["sign_ins_failed"] = before, after

    def _principal(self, event: Event) -> _Principal | None:
        """Find what is known of the caller; `days` is 0 where that is nothing."""
        if event.actor_id is None:
            return None
        known = self._principals.get(event.actor_id)
        if known is None:
            known = self._principals[event.actor_id] = _Principal()
        return known


def _tell_who_silenced(second: Iterable[Event], told: Iterable[Facts], by: Set[str | None]) -> None:
    for event, facts in zip(second, told, strict=True):
        if event.actor_id is not None:
            facts["trail_off_by_actor"] = event.actor_id in by


def _compared(
    event: Event, known: _Principal | None, owner: str | None, day: date, shared: Facts
) -> Facts:
    """Compare an event with what the seconds before its own showed of its principal."""
    if known is None:
        return {**shared}
    known_days = known.days - (day == known.last_day)
    facts: Facts = {
        **shared,
        "known_days": known_days,
        "denied_before": _recent(known.denied, event.event_time) if known.denied else 0,
        "failed_before": _recent(known.failed, event.event_time) if known.failed else 0,
    }
    if shared["log_days"] >= LEARNING_DAYS:
        facts["first_call"] = not known.actions
        if known_days >= KNOWN_DAYS:
            address, agent = network(event.source_ip), products(event.user_agent)
            action, now = (event.event_source, event.event_name), event.event_time
            if address is not None:
                _tell_how_new(facts, "address", known.addresses.get(address), now)
                facts["first_from_here"] = (action, address) not in known.places
            if agent is not None:
                _tell_how_new(facts, "agent", known.agents.get(agent), now)
            _tell_how_new(facts, "action", known.actions.get(action), now)
            target = owner or event.target_name
            if target is not None:
                facts["first_pair"] = (action, target.lower()) not in known.pairs
            facts["unusual_hour"] = not _familiar(known.hours, _hours_around(now.hour), now)
        if known_days >= WEEKDAYS_KNOWN:
            weekday = (day.weekday(),)
            facts["unusual_weekday"] = not _familiar(known.weekdays, weekday, event.event_time)
    return facts


def _tell_how_new(facts: Facts, what: str, since: datetime | None, now: datetime) -> None:
    facts[f"first_{what}"] = since is None
    facts[f"{what}_minutes"] = 0 if since is None else ceil((now - since) / _MINUTE)


def _familiar(since: Mapping[int, datetime], times: Iterable[int], now: datetime) -> bool:
    """Say whether one of some hours or weekdays was seen a day before, or earlier."""
    return any(now - since.get(one, now) >= FAMILIAR_AFTER for one in times)


def _learn(event: Event, known: _Principal | None, owner: str | None, day: date) -> None:
    if known is None:
        return
    if day != known.last_day:
        known.days, known.last_day = known.days + 1, day
    known.agents.setdefault(products(event.user_agent), event.event_time)
    action = event.event_source, event.event_name
    if event.outcome == "success":
        _learn_place_and_time(event, known, action)
        named = owner or event.target_name
        if named is not None:
            known.pairs.add((action, named.lower()))
        target = named or event.object_id
        known.add(event.event_time, action, target and target.lower())
    elif event.event_source in IDENTITY_SOURCES:
        refused = known.denied if event.outcome == "denied" else known.failed
        refused.append(event.event_time)


def _learn_place_and_time(event: Event, known: _Principal, action: Action) -> None:
    address, now = network(event.source_ip), event.event_time
    if address is not None:
        known.addresses.setdefault(address, now)
        known.places.add((action, address))
    known.actions.setdefault(action, now)
    known.hours.setdefault(now.hour, now)
    known.weekdays.setdefault(now.weekday(), now)


def _counted(event: Event, known: _Principal | None, facts: Facts) -> Facts:
    """Add what the principal did in the minutes up to the end of this second."""
    if known is not None:
        known.drop_before(event.event_time - BULK_SPAN)
        action = event.event_source, event.event_name
        counts = known.targets.get(action, _NONE)
        facts["same_action_10m"] = known.calls.get(action, 0)
        facts["targets_10m"] = len(counts) - (None in counts)
        facts["calls_denied"], facts["calls_failed"] = len(known.denied), len(known.failed)
    return facts


def _hours_around(hour: int) -> tuple[int, ...]:
    """Give an hour of the day and the two beside it."""
    return tuple((hour + step) % _HOURS for step in (-1, 0, 1))


def _recent(moments: deque[datetime], now: datetime) -> int:
    """Count the moments of the span before now, after those too old are dropped."""
    while moments and moments[0] < now - REFUSED_SPAN:
        moments.popleft()
    return len(moments)


@lru_cache(maxsize=1024)
def network(source_ip: str | None) -> str | None:
    """Give what is compared of an address: all of IPv4, of IPv6 the first 64 bits; else None.

    A device changes the rest of an IPv6 address by itself (RFC 8981).  The name of an AWS service
    in place of an address says nothing of where a principal is.
    """
    try:
        address = ip_address(source_ip or "")
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        return str(int(address) >> _NETWORK_BITS)
    return str(address)


@lru_cache(maxsize=1024)
def products(user_agent: str | None) -> str | None:
    """Give what is compared of an agent: the products and the system it names, without versions.

    The AWS CLI writes the command and a random session id into its agent, so the whole text is
    new with almost every call.  A product is written `name/1.2`, the system `os/linux#6.1`.
    """
    if user_agent is None:
        return None
    text, named = user_agent.lower(), set()
    for word in text.split():
        name, _, version = word.partition("/")
        if name == "os":
            named.add(version.replace("#", "/").partition("/")[0])
        elif "." in version and version[:1].isdigit():
            named.add(name)
    return " ".join(sorted(named)) or text
