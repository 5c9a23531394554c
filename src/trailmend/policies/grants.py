"""Whether a policy makes its bearer an administrator, by which statement and road.

Only the document is weighed: no other policy of the bearer, no permissions boundary, no service
control policy.  Yes: the road leads there wherever the account holds an administrator.  None: that
depends on a condition, on which users or roles are named, or on what the account holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from msgspec import Struct

from trailmend.policies import words
from trailmend.policies.always import holds_always
from trailmend.policies.document import (
    Line,
    Names,
    PolicyDocument,
    Problem,
    Statement,
    Unreadable,
    is_operator,
    shown,
)
from trailmend.policies.of_aws import admin_of_aws
from trailmend.policies.passing import passing_actions, passing_roads
from trailmend.policies.patterns import is_like
from trailmend.policies.roads import (
    ALL_OF_IAM,
    ANY,
    EVERYTHING,
    ROADS,
    SELF_SUFFICES,
    Need,
    Road,
)
from trailmend.policies.scopes import Reach, reach_of, remaining
from trailmend.policies.spoken import Spoken, allowed, spoken

_KEYS = {
    road: frozenset(need.key for need in road.needs) for road in (EVERYTHING, ALL_OF_IAM, *ROADS)
}
_NEEDS = frozenset[str]().union(*_KEYS.values())
_MAKE_ADMINISTRATORS = (
    "arn:aws:iam::aws:policy/AdministratorAccess",
    "arn:aws:iam::aws:policy/IAMFullAccess",
)


class Finding(Struct, frozen=True):
    """One road to administrator: True if it leads there, None if that cannot be known."""

    road: str
    admin: bool | None
    statements: tuple[int, ...]
    sentence: str


class Grants(Struct, frozen=True):
    """Whether a document makes its bearer an administrator, and each road by which it does."""

    admin: bool | None
    findings: tuple[Finding, ...] = ()
    problems: tuple[Problem, ...] = ()


class _Held(NamedTuple):
    """How well an action is allowed, and by which statement."""

    rank: int
    statement: Statement


_NAMES = {EVERYTHING: "everything", ALL_OF_IAM: "all of IAM"}
_MOST_PAIRS = 2_000
"""More allowing and denying statements are not weighed one by one: the denials count as doubt."""
_NO, _MAYBE, _YES = range(3)
_VERDICTS = (False, None, True)


def grants(document: PolicyDocument | Unreadable) -> Grants:
    """Tell whether a document makes its bearer an administrator; unreadable: None."""
    if isinstance(document, Unreadable):
        return Grants(None, problems=(Problem(document.place, document.reason),))
    findings = tuple(_all_findings(document))
    best = max((_rank(one.admin) for one in findings), default=_NO)
    return Grants(_VERDICTS[best], findings, document.problems)


def _all_findings(document: PolicyDocument) -> Iterator[Finding]:
    """Find the roads of the table; if none surely leads there, those of the other services."""
    statements = spoken(document, _NEEDS)
    found = list(_findings(statements))
    yield from found
    enough = any(one.admin or one.road in _NAMES.values() for one in found)
    if "iam:passrole" in allowed(statements) and not enough:
        yield from _passed(spoken(document, passing_actions()))


def _passed(statements: Spoken) -> Iterator[Finding]:
    """Find by which services a role may be passed, by one action of each."""
    open_to = allowed(statements)
    for roads in passing_roads().values():
        for road in (one for one in roads if one.needs[1].key in open_to):
            held = _holds(road, statements, _NO)
            if min(one.rank for one in held) > _NO:
                yield _finding(road, _MAYBE, held)
                break


def _findings(statements: Spoken) -> Iterator[Finding]:
    open_to = allowed(statements)
    least = _NO
    for road, keys in _KEYS.items():
        if not keys <= open_to:
            continue
        held = _holds(road, statements, least)
        rank = min((*(one.rank for one in held), _YES if road.sure else _MAYBE))
        if rank > least:
            yield _finding(road, rank, held)
            least = rank if road in _NAMES else least


def _holds(road: Road, statements: Spoken, least: int) -> list[_Held]:
    """Weigh the needs of a road, no further than the first that is not met."""
    held: list[_Held] = []
    for need in road.needs:
        held.append(_hold(need, road, statements))
        if held[-1].rank <= least:
            break
    return held


def _finding(road: Road, rank: int, held: list[_Held]) -> Finding:
    by = {one.statement.place: one.statement for one in held}
    where = ", ".join(map(str, by.values()))
    on = _resources(held[0].statement.resources)
    what = f"{_NAMES[road]} on {on}" if road in _NAMES else road.told(on)
    doubt = "" if rank == _YES else _doubt(road, held)
    name = " ".join(need.action for need in road.needs)
    ends = min((one.until for one in by.values() if one.until), default="")
    until = f", until {ends}" if ends else ""
    said = f"{where}: {what}{until}{doubt}"
    return Finding(_NAMES.get(road, name), _VERDICTS[rank], tuple(by), said)


def _resources(resources: Names) -> str:
    listed = ", ".join(resources.patterns[:2])
    more = f" and {len(resources.patterns) - 2} more" if len(resources.patterns) > 2 else ""
    return ("all but " if resources.inverted else "") + shown(listed) + more


def _doubt(road: Road, held: list[_Held]) -> str:
    if any(one.statement.doubtful for one in held):
        return ": the statement cannot be read for sure"
    if open_lines := _undecided(road, held):
        return f": if {words.told(open_lines)}"
    if not road.sure and _passes(road):
        return ": as far as it takes a role of the account that leads there"
    if not road.sure:
        return ": as far as the account has something to take over so"
    return ": for some of them, or where no condition of a denial holds"


def _undecided(road: Road, held: list[_Held]) -> frozenset[Line]:
    """Give the lines of the conditions that nothing in the document decides."""
    return frozenset(
        line
        for need, one in zip(road.needs, held, strict=False)
        for line in one.statement.conditions
        if _line(line, True, need, road) == _MAYBE
    )


def _hold(need: Need, road: Road, statements: Spoken) -> _Held:
    """Find the statement that allows an action best, after the denials."""
    allowing = [one for one, keys in statements if one.allows and need.key in keys]
    denying = [one for one, keys in statements if not one.allows and need.key in keys]
    if any(_denies_all(one, need, road) for one in denying):
        return _Held(_NO, allowing[0])
    if len(allowing) * len(denying) > _MOST_PAIRS:
        ranks = (_Held(min(_weigh(one, [], need, road), _MAYBE), one) for one in allowing)
        return max(ranks, key=lambda one: one.rank)
    held = (_Held(_weigh(one, denying, need, road), one) for one in allowing)
    return max(held, key=lambda one: one.rank)


def _denies_all(denial: Statement, need: Need, road: Road) -> bool:
    every = reach_of(denial.resources, need) is Reach.EVERY
    partial = denial.resources.inverted and denial.resources.patterns
    return every and not partial and _condition(denial, need, road) == _YES


def _weigh(statement: Statement, denying: list[Statement], need: Need, road: Road) -> int:
    reach = reach_of(statement.resources, need)
    rank = min(_rank_of_scope(need, road, reach), _condition(statement, need, road))
    for denial in denying:
        if rank == _NO:
            break
        holds = _condition(denial, need, road)
        left = remaining(statement.resources, denial.resources, need) if holds else reach
        spared = rank if left is None else _rank_of_scope(need, road, left)
        if holds == _YES and left is not None:
            rank = min(rank, spared)
        elif spared < rank or left is None:
            rank = min(rank, _MAYBE)
    return rank


def _passes(road: Road) -> bool:
    """Tell whether a role is passed: then one thing that takes it is enough, whichever it is."""
    return road.needs[0].action == "iam:PassRole"


def _rank_of_scope(need: Need, road: Road, reach: Reach) -> int:
    if reach is Reach.NONE:
        return _NO
    if ANY in need.action:
        return _YES if reach is Reach.EVERY else _NO
    if need.kind:
        if reach is Reach.SELF:
            return _YES if need.key in SELF_SUFFICES else _NO
        return _YES if reach is Reach.EVERY else _MAYBE
    made_for_it = road.sure or _passes(road)
    return _YES if made_for_it or reach >= Reach.SOME else _NO


def _condition(statement: Statement, need: Need, road: Road) -> int:
    """Tell whether the condition of a statement holds on this road."""
    lines = [_line(one, statement.allows, need, road) for one in statement.conditions]
    return min((*lines, _MAYBE if statement.doubtful else _YES))


def _line(line: Line, allows: bool, need: Need, road: Road) -> int:
    """Decide a line that is the same for all calls, or on what is passed or attached on a road."""
    if not is_operator(line.operator):
        return _MAYBE
    always = holds_always(line, allows=allows)
    if always is not None:
        return _YES if always else _NO
    if line.key == "iam:passedtoservice" and need.action == "iam:PassRole" and road.service:
        return _compare(line, road.service)
    if line.key == "iam:policyarn" and allows:
        return _of_attached(line, need)
    if line.key == "aws:requestedregion" and need.action.startswith("iam:"):
        return _of_region(line, need)
    return _MAYBE


def _of_attached(line: Line, need: Need) -> int:
    """Decide what may be attached: some policy of AWS that makes an administrator, or surely none.

    What a policy of the account says is not known, nor which of them a pattern matches.
    """
    if _YES in (_compare(line, arn) for arn in _MAKE_ADMINISTRATORS):
        return _YES
    negated = "Not" in line.operator or line.operator.startswith("ForAllValues:")
    attaches = need.action.startswith("iam:Attach") and bool(line.values)
    harmless = attaches and all(admin_of_aws(one) is False for one in line.values)
    return _NO if harmless and not negated else _MAYBE


def _of_region(line: Line, need: Need) -> int:
    """Decide the region of a call to IAM, which is one for all of AWS but for its partitions.

    IAM User Guide, "AWS global condition context keys": calls of global services are of us-east-1.
    iam:PassRole is asked of the service that is called, wherever that is.
    """
    elsewhere = any(one.startswith(("cn-", "us-gov-", "us-iso", "eusc-")) for one in line.values)
    if elsewhere or need.action == "iam:PassRole":
        return _MAYBE
    return _compare(line, "us-east-1")


def _compare(line: Line, value: str) -> int:
    base = line.operator.rpartition(":")[2].removesuffix("IfExists")
    negated = "Not" in base
    match base.replace("Not", ""):
        case "StringEquals":
            found = value in line.values
        case "StringEqualsIgnoreCase":
            found = value.lower() in {one.lower() for one in line.values}
        case "StringLike" | "ArnLike" | "ArnEquals":
            found = any(is_like(value, one) for one in line.values)
        case _:
            return _MAYBE
    if any("${" in one for one in line.values):
        return _MAYBE
    return _YES if found != negated else _NO


def _rank(verdict: bool | None) -> int:
    return _VERDICTS.index(verdict)
