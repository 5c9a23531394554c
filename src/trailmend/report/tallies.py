"""Findings counted for pictures and overviews: by actor, by hour, by actor and target, by kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from trailmend.catalog import LEVELS
from trailmend.findings import Finding
from trailmend.takeovers import Story
from trailmend.takeovers.acts import caller_name, target_name

OPEN = ("open", "worsened")
"""The statuses that leave something to do."""
WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()


@dataclass(frozen=True, slots=True)
class Group:
    """Findings that share something, in the order of time, under its name."""

    name: str
    findings: tuple[Finding, ...]

    @property
    def level(self) -> str:
        """The worst level."""
        return max((one.level for one in self.findings), key=LEVELS.index)

    @property
    def first(self) -> str:
        """The time of the earliest."""
        return self.findings[0].event.event_time

    @property
    def last(self) -> str:
        """The time of the latest."""
        return self.findings[-1].event.event_time


@dataclass(frozen=True, slots=True)
class Edge:
    """What one actor did to one target."""

    actor: str
    target: str
    level: str
    events: tuple[tuple[str, int], ...]

    @property
    def count(self) -> int:
        """The number of findings."""
        return sum(count for _, count in self.events)


def most_pressing(stories: Iterable[Story]) -> list[Story]:
    """Put the worst level first, within it what became worse or is open, then the latest."""
    latest = sorted(stories, key=lambda one: (one.last, one.id), reverse=True)
    return sorted(latest, key=lambda one: pressure(one.level, one.status))


def pressure(level: str, status: str | None) -> tuple[int, int]:
    """Give the place of a level and a status; the most pressing has the least."""
    states = ("worsened", "open", None, "resolved")
    return -LEVELS.index(level), states.index(status) if status in states else len(states)


def _place(finding: Finding) -> tuple[str, str]:
    return finding.event.event_time, finding.id


def by_level(findings: Sequence[Finding]) -> list[tuple[str, int, int]]:
    """Count findings by level, the worst first, and those that are open; every level is told."""
    count = Counter(one.level for one in findings)
    left = Counter(one.level for one in findings if one.status in OPEN)
    return [(level, count[level], left[level]) for level in reversed(LEVELS)]


def actors(findings: Sequence[Finding], most: int) -> list[Group]:
    """Group findings by who called, the worst first; those beyond so many are one group."""
    return _grouped(findings, _named(findings, caller_name), most, "other actors")


def targets(findings: Sequence[Finding], most: int) -> list[Group]:
    """Group findings by whom they concern, in the order of time; those beyond so many are one."""
    found = _grouped(findings, _named(findings, target_name), most, "other targets")
    return sorted(found, key=lambda group: (group.first, group.name))


def kinds(findings: Sequence[Finding]) -> list[Group]:
    """Group findings by level and detection, the worst first; the name is the detection."""
    found = _grouped(findings, lambda one: f"{one.detection} {one.level}", len(findings), "")
    return [Group(group.findings[0].detection, group.findings) for group in found]


def own_plans(findings: Sequence[Finding]) -> list[Group]:
    """Group what plans of ours made by the plan."""
    ours = [one for one in findings if one.plan]
    return _grouped(ours, lambda one: one.plan or "", len(ours), "")


def _named(findings: Sequence[Finding], name: Callable[[Finding], str]) -> Callable[[Finding], str]:
    """Add the account to a name where there are several: a name is one account's."""
    several = len({one.event.account_id for one in findings}) > 1
    return lambda one: f"{name(one)} in {one.event.account_id}" if several else name(one)


def _grouped(
    findings: Sequence[Finding], name: Callable[[Finding], str], most: int, rest: str
) -> list[Group]:
    groups: dict[str, list[Finding]] = {}
    for one in sorted(findings, key=_place):
        groups.setdefault(name(one), []).append(one)
    found = [Group(key, tuple(each)) for key, each in groups.items()]
    found.sort(key=lambda group: (-LEVELS.index(group.level), -len(group.findings), group.name))
    if len(found) <= most:
        return found
    others = [one for group in found[most - 1 :] for one in group.findings]
    named = f"{len(found) - most + 1:,} {rest}"
    return [*found[: most - 1], Group(named, tuple(sorted(others, key=_place)))]


def hours(findings: Iterable[Finding]) -> list[list[int]]:
    """Count findings by weekday, from Monday, and hour of the day, UTC."""
    counted = [[0] * 24 for _ in WEEKDAYS]
    for one in findings:
        time = datetime.fromisoformat(one.event.event_time)
        counted[time.weekday()][time.hour] += 1
    return counted


def edges(findings: Sequence[Finding], most: int) -> list[Edge]:
    """Count what who did to whom; actors and targets beyond so many are one each."""
    who = _owner(actors(findings, most))
    targets = _grouped(findings, _named(findings, target_name), most, "other targets")
    whom = _owner(targets)
    joined: dict[tuple[str, str], list[Finding]] = {}
    for one in findings:
        joined.setdefault((who[one.id], whom[one.id]), []).append(one)
    found = [
        Edge(*ends, Group("", tuple(each)).level, _events(each)) for ends, each in joined.items()
    ]
    return sorted(found, key=_edge_place)


def _edge_place(edge: Edge) -> tuple[int, int, str, str]:
    return -LEVELS.index(edge.level), -edge.count, edge.actor, edge.target


def _owner(groups: Iterable[Group]) -> dict[str, str]:
    return {one.id: group.name for group in groups for one in group.findings}


def _events(findings: Iterable[Finding]) -> tuple[tuple[str, int], ...]:
    count = Counter(one.event.event_name for one in findings)
    return tuple(sorted(count.items(), key=lambda pair: (-pair[1], pair[0])))


def unknowns(findings: Sequence[Finding]) -> list[tuple[str, int]]:
    """Count what the log does not tell of the findings themselves."""
    asked: list[tuple[str, Callable[[Finding], bool]]] = [
        ("whose records no digest proves", lambda one: one.source.provenance != "digest"),
        ("whose caller has no name and no id", lambda one: not (one.actor.name or one.actor.id)),
        ("whose target is not known", lambda one: one.relation == "unknown"),
        ("of which it is not known whether MFA was used", lambda one: one.actor.mfa == "unknown"),
        ("without a region", lambda one: one.event.region is None),
    ]
    return [(text, count) for text, holds in asked if (count := sum(map(holds, findings)))]
