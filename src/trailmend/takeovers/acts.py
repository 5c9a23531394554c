"""What stories ask of one finding: how grave it is, who called, and what was touched."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from trailmend.catalog import LEVELS
from trailmend.events import named_person, person_of
from trailmend.findings import Finding, Origin

_SERIOUS, _GRAVE = LEVELS[LEVELS.index("medium") :], LEVELS[LEVELS.index("high") :]
_HABIT_DAYS = 5
"""What the same principal causes on so many days, a working week, is routine."""
_PARTS_OF_AN_ARN = 5
"""After `arn:`: partition, service, region, account, resource."""
_OWN_ID = ("IAMUser", "Root")


@dataclass(frozen=True, slots=True, eq=False)
class Act:
    """A finding in its place; `time` is in seconds, `strong` as the function below says."""

    number: int
    finding: Finding
    time: float
    strong: bool


def acts_of(findings: Iterable[Finding]) -> list[Act]:
    """Put findings in the order of time, then of their ids."""
    ordered = sorted(findings, key=lambda one: (one.event.event_time, one.id))
    return [
        Act(number, one, datetime.fromisoformat(one.event.event_time).timestamp(), strong(one))
        for number, one in enumerate(ordered)
    ]


def serious(finding: Finding) -> bool:
    """Say whether a finding can make a story: medium or above."""
    return finding.level in _SERIOUS


def grave(finding: Finding) -> bool:
    """Say whether a finding is high or critical."""
    return finding.level in _GRAVE


def worse(finding: Finding) -> bool:
    """Say whether a finding became worse, also where that was put right since."""
    return finding.became_worse or finding.status == "worsened"


def strong(finding: Finding) -> bool:
    """Say whether a finding is high or critical, or became worse; the others are plain."""
    return grave(finding) or (serious(finding) and worse(finding))


def routine(findings: Iterable[Finding]) -> set[str]:
    """Give the ids of plain findings of a detection that one principal causes on five days."""
    days: dict[tuple[str, str], set[str]] = {}
    ids: dict[tuple[str, str], list[str]] = {}
    for one in findings:
        principal = one.actor.id or one.actor.access_key_id
        if principal is not None and not strong(one):
            key = principal, one.detection
            days.setdefault(key, set()).add(one.event.event_time[:10])
            ids.setdefault(key, []).append(one.id)
    return {name for key in ids if len(days[key]) >= _HABIT_DAYS for name in ids[key]}


def session(finding: Finding) -> Hashable | None:
    """Tell who called: a user or root by id, of all others the session by its access key too.

    The id of a role stands for everybody who assumes it; who chose a session's name is not known,
    except of Identity Center.  A session that a user took, as the log shows, is the user's.
    """
    actor = finding.actor
    if has_own_id(finding):
        return actor.id
    user = taken_by(finding)
    if user is not None:
        return user.id
    return None if actor.access_key_id is None else (actor.id, actor.access_key_id)


def has_own_id(finding: Finding) -> bool:
    """Say whether the caller's id is one person's or one service's, and not shared as a role's."""
    return has_id_alone(finding.actor.type, finding.actor.id)


def has_id_alone(kind: str, number: str | None) -> bool:
    """Say whether an id is of a user, of root, or of a person in a role of Identity Center."""
    return number is not None and (kind in _OWN_ID or person_of(number) is not None)


def taken_by(finding: Finding) -> Origin | None:
    """Give the user or root who took the session that called, by the id that nobody else has.

    A user of another account has the id in both logs (AWS: a principal id that begins with AIDA).
    """
    origin = finding.actor.origin
    if origin is None or origin.id is None or has_own_id(finding):
        return None
    foreign = origin.type == "AWSAccount" and origin.id.startswith("AIDA")
    return origin if foreign or has_id_alone(origin.type, origin.id) else None


def one_principal(one: Finding, other: Finding) -> bool:
    """Say whether two findings have the same caller, or sessions of the same role."""
    return one.actor.id is not None and one.actor.id == other.actor.id


def things(finding: Finding) -> Iterator[Hashable]:
    """Name what a call touched: the principal or the account, and the object."""
    target = finding.target
    if target.type == "account":
        yield "account"
    elif target.type is not None and target.name is not None:
        yield target.type, target.name.lower()
    if target.object_id is not None:
        yield target.object_id


def caller_name(finding: Finding, nobody: str = "somebody unknown") -> str:
    """Name the caller as people do: `alice`, `role/deploy`, `ana in Platform`, `root`.

    `nobody` is said where none is told.
    """
    actor = finding.actor
    person = named_person(actor.name, actor.id)
    if person is not None:
        return person
    name = actor.name or actor.arn or actor.id or nobody
    return f"role/{name}" if actor.type == "AssumedRole" else name


def taker_name(origin: Origin) -> str:
    """Name who took a session; of another account by the id, for the log has no name of it."""
    if origin.type == "AWSAccount":
        return f"{origin.id or 'somebody'} of account {origin.account_id or 'unknown'}"
    if origin.type == "AssumedRole" and origin.name:
        return named_person(origin.name, origin.id) or f"role/{origin.name}"
    return origin.name or ("root" if origin.type == "Root" else origin.id or "somebody unknown")


def taker_with_id(origin: Origin) -> str:
    """Name who took a session, with the id that no namesake has."""
    who = taker_name(origin)
    return who if origin.name is None else f"{who} (id {origin.id})"


def is_whole(kind: str | None, name: str | None) -> bool:
    """Say whether a target is an account, or an organization that has no name, as a whole."""
    return kind == "account" or (kind == "organization" and name is None)


def target_name(finding: Finding) -> str:
    """Name whom or what a call concerned as people do: `role/deploy`, `policy/admin`."""
    return shortened(whole_target_name(finding))


def shortened(name: str) -> str:
    """Leave of an ARN the name of what it names; any other name stays as it is."""
    head, arn, rest = name.partition("arn:")
    parts = rest.split(":", 4)
    if not arn or (head and not head.endswith("/")) or len(parts) < _PARTS_OF_AN_ARN:
        return name
    kind, _, tail = parts[-1].partition("/")
    return f"{head}{tail or kind}" if head else parts[-1]


def whole_target_name(finding: Finding) -> str:
    """Name whom or what a call concerned; the object where no name is known."""
    target = finding.target
    if is_whole(target.type, target.name):
        return f"the {target.type}"
    if target.name is None:
        return (target.object_id or "something unknown").split(":", 5)[-1]
    return target.name if target.type in ("user", "root", None) else f"{target.type}/{target.name}"
