"""Which findings belong to one story: what joins two of them, and the groups that this makes.

Each join has a rule for two findings and a walk that proposes few pairs to it.  The walks are
chosen so that the groups are the same as if every pair were tried, in linear time.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise

from trailmend.findings import NextEvent
from trailmend.stories.visits import LET_IN
from trailmend.takeovers.acts import (
    Act,
    caller_name,
    has_own_id,
    one_principal,
    session,
    taken_by,
    taker_name,
    taker_with_id,
    target_name,
    things,
)

HOUR, DAY = 3600, 86400  # seconds
CHANGES_SIGN_IN = (
    "CreateLoginProfile",
    "UpdateLoginProfile",
    "EnableMFADevice",
    "DeactivateMFADevice",
    "DeleteVirtualMFADevice",
    "CreateAccessKey",
)
"""After these somebody else may be able to act as the user."""
_OF_IDENTITY_CENTER = "AWSReservedSSO_"
"""How the names of the roles begin that Identity Center makes; nobody else may make such."""
_HANDED_OUT = range(3)
"""Seconds after GetRoleCredentials in which Identity Center takes the session."""


@dataclass(frozen=True, slots=True)
class Join:
    """One reason to put an earlier finding and a later one into one story."""

    pairs: Callable[[Sequence[Act]], Iterator[tuple[Act, Act]]]
    holds: Callable[[Act, Act], bool]
    why: Callable[[Act, Act], str]


@dataclass(frozen=True, slots=True)
class Tie:
    """Two findings that are joined, and why."""

    earlier: Act
    later: Act
    why: str


def _within_a_day(earlier: Act, later: Act) -> bool:
    return 0 <= later.time - earlier.time <= DAY


def _same_event(earlier: Act, later: Act) -> bool:
    return earlier.finding.event.event_id == later.finding.event.event_id


def _same_caller(earlier: Act, later: Act) -> bool:
    caller = session(earlier.finding)
    reach = DAY if earlier.strong or later.strong else HOUR
    same = caller is not None and caller == session(later.finding)
    return same and later.time - earlier.time <= reach


def key_made(act: Act) -> str | None:
    """Give the key that was made: a user's, or that of a session that was taken.

    A session that asks for a link to the console has its own key in the answer: it made none.
    """
    event, target = act.finding.event, act.finding.target
    made = event.event_name == "CreateAccessKey" or _session_taken(act)
    own = target.object_id == act.finding.actor.access_key_id
    return target.object_id if made and event.outcome == "success" and not own else None


def _session_taken(act: Act) -> bool:
    return act.finding.target.object_type == "session"


def _key_used(earlier: Act, later: Act) -> bool:
    key = later.finding.actor.access_key_id
    return key is not None and key == key_made(earlier) and _within_a_day(earlier, later)


def _next_by_same(earlier: Act, later: Act) -> bool:
    told = {one.event_id for one in earlier.finding.next}
    known = later.finding.event.event_id in told and later.time >= earlier.time
    return known and one_principal(earlier.finding, later.finding)


def _opened(act: Act) -> str | None:
    """Name the user of whom somebody else changed what they sign in with."""
    one = act.finding
    if one.event.event_name not in CHANGES_SIGN_IN or one.event.outcome != "success":
        return None
    others = one.target.type == "user" and one.relation != "self"
    return one.target.name.lower() if others and one.target.name else None


def _acting(act: Act) -> str | None:
    """Name the user who acts, unless with a long-lived key: no new password or device gives one.

    The use of a key that was made is a join of its own, by the key's id.
    """
    actor = act.finding.actor
    own_key = (actor.access_key_id or "").startswith("AKIA")
    return actor.name.lower() if actor.type == "IAMUser" and actor.name and not own_key else None


def _victim_acts(earlier: Act, later: Act) -> bool:
    victim = _opened(earlier)
    return victim is not None and victim == _acting(later) and _within_a_day(earlier, later)


def _same_thing(earlier: Act, later: Act) -> bool:
    shared = set(things(earlier.finding)) & set(things(later.finding))
    same = bool(shared) and one_principal(earlier.finding, later.finding)
    return same and _within_a_day(earlier, later)


def _came_by(act: Act) -> tuple[str, str] | None:
    """Name who took the session that acts from outside the account, and by which role."""
    actor, origin = act.finding.actor, act.finding.actor.origin
    if origin is None or origin.id is None or origin.account_id == act.finding.event.account_id:
        return None
    role = origin.roles[0] if origin.roles else actor.name
    return None if role is None else (origin.id, role.lower())


def _let_in(act: Act) -> Iterator[tuple[tuple[str, str], NextEvent]]:
    """Give who came by a role that the finding opened to them, and their first session of it."""
    role = act.finding.target.name
    for one in act.finding.next:
        if one.why.endswith(LET_IN) and one.actor is not None and role is not None:
            yield (one.actor, role.lower()), one


def _by_the_visit(visit: NextEvent, act: Act) -> bool:
    """Say whether the session that acts is that of a visit, or was taken within a day of it."""
    origin = act.finding.actor.origin
    if origin is None:
        return False
    came, first = map(datetime.fromisoformat, (origin.event_time, visit.event_time))
    return 0 <= (came - first).total_seconds() <= DAY


def _came_by_what_was_opened(earlier: Act, later: Act) -> bool:
    came = _came_by(later)
    return any(who == came and _by_the_visit(visit, later) for who, visit in _let_in(earlier))


def _fetches(act: Act) -> Iterator[tuple[str, int]]:
    """Give the account and second in which a role's credentials were fetched with a token.

    The token went to a person of the directory, and `stories` proved where it was used.
    """
    if act.finding.actor.type == "IdentityCenterUser":
        for one in act.finding.next:
            if one.event_name == "GetRoleCredentials":
                yield act.finding.event.account_id, _second(one.event_time)


def _second(time: str) -> int:
    return int(datetime.fromisoformat(time).timestamp())


def _fetched(act: Act) -> list[tuple[str, int]]:
    """Give the account and the seconds in which the session that acts can have been fetched."""
    actor, origin = act.finding.actor, act.finding.actor.origin
    if origin is None or origin.type != "SAMLUser":
        return []
    first = origin.roles[0] if origin.roles else actor.name
    if not (first or "").startswith(_OF_IDENTITY_CENTER):
        return []
    taken = _second(origin.event_time)
    return [(act.finding.event.account_id, taken - late) for late in _HANDED_OUT]


def _by_the_token(earlier: Act, later: Act) -> bool:
    fetched = set(_fetches(earlier)) & set(_fetched(later))
    return bool(fetched) and earlier.time <= later.time


Keys = Callable[[Act], Iterable[Hashable]]


def buckets(acts: Iterable[Act], keys: Keys) -> dict[Hashable, list[Act]]:
    """Sort acts by each of their keys, in their order."""
    found: dict[Hashable, list[Act]] = {}
    for act in acts:
        for key in keys(act):
            found.setdefault(key, []).append(act)
    return found


def by_event(act: Act) -> list[Hashable]:
    """Give the event as the key of an act."""
    return [act.finding.event.event_id]


def by_session(act: Act) -> list[Hashable]:
    """Give the caller as the key of an act; none where the caller is not known."""
    caller = session(act.finding)
    return [] if caller is None else [caller]


def by_thing(act: Act) -> list[Hashable]:
    """Give the principal with each thing that it touched as the keys of an act."""
    return [(act.finding.actor.id, thing) for thing in things(act.finding)]


def _pairs_on_one_event(acts: Sequence[Act]) -> Iterator[tuple[Act, Act]]:
    for bucket in buckets(acts, by_event).values():
        yield from pairwise(bucket)


def _pairs_of_one_caller(acts: Sequence[Act]) -> Iterator[tuple[Act, Act]]:
    """Propose neighbours, and with each plain one the strong ones before and after it."""
    for bucket in buckets(acts, by_session).values():
        yield from pairwise(bucket)
        waiting: list[Act] = []
        for act in bucket:
            if act.strong:
                yield from ((one, act) for one in waiting)
                waiting.clear()
            elif waiting and waiting[0].strong:
                yield waiting[0], act
            waiting.append(act)


def _pairs_by_key(acts: Sequence[Act]) -> Iterator[tuple[Act, Act]]:
    makers = {key: act for act in reversed(acts) if (key := key_made(act)) is not None}
    for act in acts:
        maker = makers.get(act.finding.actor.access_key_id or "")
        if maker is not None:
            yield maker, act


def _pairs_by_next(acts: Sequence[Act]) -> Iterator[tuple[Act, Act]]:
    events = buckets(acts, by_event)
    for act in acts:
        for one in act.finding.next:
            yield from ((act, later) for later in events.get(one.event_id, []))


def _pairs_by_visit(acts: Sequence[Act]) -> Iterator[tuple[Act, Act]]:
    """Propose with the first act of a visit all that opened the way to it, then the first alone."""
    opened: dict[tuple[str, str], dict[str, tuple[NextEvent, list[Act]]]] = {}
    for act in acts:
        for who, visit in _let_in(act):
            opened.setdefault(who, {}).setdefault(visit.event_id, (visit, []))[1].append(act)
    for act in acts:
        came = _came_by(act)
        for visit, openers in opened.get(came, {}).values() if came is not None else ():
            if _by_the_visit(visit, act):
                yield from ((one, act) for one in openers)
                del openers[1:]


def _pairs_by_token(acts: Sequence[Act]) -> Iterator[tuple[Act, Act]]:
    tokens = buckets(acts, _fetches)
    for act in acts:
        for second in _fetched(act):
            yield from ((one, act) for one in tokens.get(second, []))


def _pairs_by_victim(acts: Sequence[Act]) -> Iterator[tuple[Act, Act]]:
    """Propose with each act of a victim all openings since the last one, and the one before them.

    An opening before that one, if near enough, is joined by way of it.  Inside one second the
    order is not known, so an opening counts as first.
    """
    steps = [(act.time, 0, act.number, name, act) for act in acts if (name := _opened(act))]
    steps += [(act.time, 1, act.number, name, act) for act in acts if (name := _acting(act))]
    waiting: dict[str, list[Act]] = {}
    for _, acts_now, _, name, act in sorted(steps, key=lambda step: step[:3]):
        opened = waiting.setdefault(name, [])
        if acts_now:
            yield from ((one, act) for one in opened)
            del opened[:-1]
        else:
            opened.append(act)


def _pairs_on_one_thing(acts: Sequence[Act]) -> Iterator[tuple[Act, Act]]:
    for bucket in buckets(acts, by_thing).values():
        yield from pairwise(bucket)


def _told_caller(earlier: Act, later: Act) -> str:
    actor = later.finding.actor
    user = taken_by(later.finding) or taken_by(earlier.finding)
    if user is not None:
        return f"the same user, {taker_with_id(user)}, in sessions of roles too"
    by = f"id {actor.id}" if has_own_id(later.finding) else f"session of {actor.access_key_id}"
    return f"the same caller, {caller_name(later.finding)} ({by})"


def _told_key(earlier: Act, _: Act) -> str:
    maker = caller_name(earlier.finding)
    if _session_taken(earlier):
        return f"in the session {key_made(earlier)}, which {maker} had taken"
    return f"signed with access key {key_made(earlier)}, which {maker} had made"


def _told_next(earlier: Act, later: Act) -> str:
    event = later.finding.event.event_id
    return next(one.why for one in earlier.finding.next if one.event_id == event)


def _told_victim(earlier: Act, _: Act) -> str:
    victim, maker = earlier.finding.target.name, caller_name(earlier.finding)
    return f"{victim} acted, after {maker} had changed what {victim} signs in with"


def _told_visit(earlier: Act, later: Act) -> str:
    origin, role = later.finding.actor.origin, target_name(earlier.finding)
    who = "somebody" if origin is None else taker_name(origin)
    return f"{who} came in by {role}, which {caller_name(earlier.finding)} had opened to them"


def _told_token(earlier: Act, later: Act) -> str:
    session, person = caller_name(later.finding), caller_name(earlier.finding)
    return f"the session of {session} began when {person}'s token fetched credentials of a role"


def _told_thing(_: Act, later: Act) -> str:
    caller, touched = caller_name(later.finding), target_name(later.finding)
    return f"{caller} touched the same again, {touched}"


JOINS = (
    Join(_pairs_on_one_event, _same_event, lambda *_: "the same event"),
    Join(_pairs_of_one_caller, _same_caller, _told_caller),
    Join(_pairs_by_key, _key_used, _told_key),
    Join(_pairs_by_next, _next_by_same, _told_next),
    Join(_pairs_by_visit, _came_by_what_was_opened, _told_visit),
    Join(_pairs_by_token, _by_the_token, _told_token),
    Join(_pairs_by_victim, _victim_acts, _told_victim),
    Join(_pairs_on_one_thing, _same_thing, _told_thing),
)
"""In the order in which they are told: where two join the same findings, the first stands."""


def grouped(acts: Sequence[Act]) -> Iterator[tuple[list[Act], list[Tie]]]:
    """Give the groups that the joins make, each in the order of time, with one tie fewer."""
    parents = list(range(len(acts)))
    ties = [
        Tie(earlier, later, join.why(earlier, later))
        for join in JOINS
        for earlier, later in join.pairs(acts)
        if join.holds(earlier, later) and _united(parents, earlier.number, later.number)
    ]
    roots = [_root(parents, act.number) for act in acts]
    of_group: dict[int, list[Tie]] = {}
    for tie in sorted(ties, key=lambda tie: (tie.later.number, tie.earlier.number)):
        of_group.setdefault(roots[tie.later.number], []).append(tie)
    ordered = sorted(acts, key=lambda act: (roots[act.number], act.number))
    for root, group in groupby(ordered, key=lambda act: roots[act.number]):
        yield list(group), of_group.get(root, [])


def _root(parents: list[int], number: int) -> int:
    while parents[number] != number:
        parents[number] = number = parents[parents[number]]
    return number


def _united(parents: list[int], one: int, other: int) -> bool:
    """Put two into one group, whose root is its first; say whether they were apart."""
    first, second = sorted((_root(parents, one), _root(parents, other)))
    parents[second] = first
    return first != second
