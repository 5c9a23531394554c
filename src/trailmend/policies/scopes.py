"""How far the resources of a statement reach: every user, some of them, one, oneself, none."""

from __future__ import annotations

import re
from enum import IntEnum
from functools import lru_cache

from trailmend.policies.document import Names
from trailmend.policies.patterns import PLAIN_DOLLAR, covers, is_like, literal_start, may_meet
from trailmend.policies.roads import ANY, SELF_SUFFICES, Need

_SECTIONS = 6
_ACCOUNT = "000000000000"
_OF_OTHERS = {"sts": ("iam",), "ssm": ("ssm", "ec2"), "ec2-instance-connect": ("ec2",)}
"""Services whose actions take resources of other services."""
_WHOLE_TYPE = re.compile(r"(?:[\w-]+[:/])?(?:\*[:/]?)+")
_MOST_PAIRS = 10_000


class Reach(IntEnum):
    """How many of the resources of a kind; SELF is the caller's own user."""

    NONE = 0
    SELF = 1
    NAMED = 2
    SOME = 3
    EVERY = 4


def reach_of(resources: Names, need: Need) -> Reach:
    """Tell how far the resources of a statement reach, for an action."""
    service = need.key.partition(":")[0]
    services = _OF_OTHERS.get(service, (service,))
    return _reach_of(resources, services, need.kind, need.key in SELF_SUFFICES)


@lru_cache(maxsize=8192)
def _reach_of(resources: Names, services: tuple[str, ...], kind: str, self_suffices: bool) -> Reach:
    """Tell the farthest that one of the patterns reaches; oneself counts most where it suffices."""
    held = _by_service(resources.patterns)
    relevant = (one for service in (*services, "*") for one in held.get(service, ()))
    found = {_reach(one, kind) for one in relevant} | {Reach.NONE}
    reach = max(found)
    if self_suffices and Reach.SELF in found and reach is not Reach.EVERY:
        reach = Reach.SELF
    if resources.inverted:
        return Reach.NONE if reach is Reach.EVERY else Reach.EVERY
    return reach


def remaining(resources: Names, denied: Names, need: Need) -> Reach | None:
    """Tell how far resources reach beyond those denied; None: too many to weigh."""
    reach = reach_of(resources, need)
    if denied.inverted:
        return _within(resources, reach, denied, need)
    if reach_of(denied, need) is Reach.EVERY:
        return Reach.NONE
    if resources.inverted or reach is Reach.EVERY:
        return reach
    if len(resources.patterns) * len(denied.patterns) > _MOST_PAIRS:
        return None
    left = tuple(
        one for one in resources.patterns if not any(covers(no, one) for no in denied.patterns)
    )
    return reach_of(Names(left), need)


def _within(resources: Names, reach: Reach, denied: Names, need: Need) -> Reach | None:
    """Tell how far resources reach within those that a denial leaves out."""
    spared = reach_of(Names(denied.patterns), need)
    if resources.inverted or reach is Reach.EVERY or spared is Reach.NONE:
        return min(reach, spared)
    if len(resources.patterns) * len(denied.patterns) > _MOST_PAIRS:
        return None
    left = tuple(
        one for one in resources.patterns if any(may_meet(one, yes) for yes in denied.patterns)
    )
    return min(reach_of(Names(left), need), spared)


@lru_cache(maxsize=1024)
def _by_service(patterns: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Group patterns by the service in the ARN; `*`: of any service."""
    found: dict[str, list[str]] = {"*": []}
    for one in patterns:
        sections = one.split(":", _SECTIONS - 1)
        service = sections[2] if len(sections) == _SECTIONS else "*"
        plain = literal_start(service) == service
        found.setdefault(service if plain else "*", []).append(one)
    return {service: tuple(listed) for service, listed in found.items()}


def _reach(pattern: str, kind: str) -> Reach:
    if not pattern.strip("*"):
        return Reach.EVERY
    return _of_kind(pattern, kind) if kind else _of_service(pattern)


def _of_service(pattern: str) -> Reach:
    """Judge a pattern of another service by whether it names anything but a type."""
    sections = pattern.split(":", _SECTIONS - 1)
    if len(sections) < _SECTIONS:
        return Reach.EVERY if pattern.endswith("*") else Reach.NONE
    if _WHOLE_TYPE.fullmatch(sections[-1]):
        return Reach.EVERY
    return Reach.SOME if literal_start(pattern) != pattern else Reach.NAMED


def _of_kind(pattern: str, kind: str) -> Reach:
    """Judge a pattern by whether it matches a resource whose name nobody wrote down.

    No name in IAM holds a dollar (botocore iam, shapes userNameType, roleNameType and the like).
    """
    if PLAIN_DOLLAR in pattern:
        return Reach.NONE
    sections = pattern.split(":", _SECTIONS - 1)
    if len(sections) < _SECTIONS:
        if is_like(f"arn:aws:iam::{_ACCOUNT}:{kind}/{ANY}", pattern):
            return Reach.EVERY
        return Reach.SOME if "*" in pattern or "${" in pattern else Reach.NONE
    tail = sections[5]
    if is_like(f"{kind}/{ANY}", tail):
        return Reach.EVERY
    if not may_meet(tail, f"{kind}/*"):
        return Reach.NONE
    if tail.endswith("/${aws:username}") and kind == "user":
        return Reach.SELF
    return Reach.NAMED if literal_start(tail) == tail else Reach.SOME
