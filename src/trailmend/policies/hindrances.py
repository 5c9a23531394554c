"""Whether the denials of an organization's policy stop those who answer an intrusion.

A denial of calls that blind or open, as StopLogging, DeleteDetector or CreateAccessKey, protects:
such guardrails are usual.  Those below are the calls by which a key, a password or a policy is
taken from an intruder, by which it is seen what happened, and by which recording begins again.
sts:GetCallerIdentity is none of them: it answers though a policy denies it (botocore sts).
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto

from msgspec import Struct

from trailmend.policies.always import holds_always
from trailmend.policies.document import (
    Line,
    Names,
    PolicyDocument,
    Statement,
    Unreadable,
    is_operator,
    shown,
)
from trailmend.policies.patterns import is_like
from trailmend.policies.roads import ANY, Need
from trailmend.policies.scopes import Reach, reach_of
from trailmend.policies.spoken import spoken
from trailmend.policies.verdicts import any_of
from trailmend.policies.words import told

_NEEDS = {
    need.key: need
    for need in (
        *(
            Need(f"iam:{name}", "user")
            for name in "DeleteAccessKey UpdateAccessKey DeleteLoginProfile DeleteUserPolicy "
            "DetachUserPolicy ListAccessKeys".split()
        ),
        Need("iam:RemoveUserFromGroup", "group"),
        Need("iam:DeleteRolePolicy", "role"),
        Need("iam:DetachRolePolicy", "role"),
        *map(
            Need,
            "access-analyzer:ListFindings cloudtrail:GetTrailStatus cloudtrail:LookupEvents "
            "cloudtrail:StartLogging config:StartConfigurationRecorder guardduty:GetFindings "
            "guardduty:ListFindings securityhub:GetFindings".split(),
        ),
    )
}
_OF_CALLERS = ("aws:principalarn", "aws:userid", "aws:username")
_OF_CALLERS_TAGS = "aws:principaltag/"
_OF_SERVICES = ("aws:principalisawsservice", "aws:viaawsservice")
_COMPARED = ("StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike")
_A_ROLE = f"arn:aws:iam::000000000000:role/{ANY}"
_RESERVED = "role/aws-reserved/sso.amazonaws.com/"
_A_PERSON = f"arn:aws:iam::000000000000:{_RESERVED}eu-west-1/AWSReservedSSO_{ANY}"
_SHOWN = 6


class Hindrance(Struct, frozen=True):
    """Whether a document stops responders; None: it spares somebody, who may be one of them."""

    hinders: bool | None
    denials: tuple[str, ...] = ()


class _Held(Enum):
    """Whom a denial holds."""

    ALL = auto()
    ALL_BUT_FEW = auto()
    OTHERS = auto()


def hindrance(document: PolicyDocument | Unreadable) -> Hindrance:
    """Tell whether a document stops responders, and what each of its statements denies."""
    if isinstance(document, Unreadable):
        return Hindrance(None)
    stopped = [
        _stops(one, keys) for one, keys in spoken(document, frozenset(_NEEDS)) if not one.allows
    ]
    denials = tuple(_told(one) for one in document.statements if not one.allows)
    return Hindrance(any_of(stopped), denials)


def _stops(denial: Statement, keys: frozenset[str]) -> bool | None:
    """Judge one denial; of all calls but some only one that leaves none to responders.

    An inverted list names the services that an organization uses: that it leaves out one of those
    that detect says little.
    """
    denied = {key for key in keys if reach_of(denial.resources, _NEEDS[key]) is Reach.EVERY}
    everything = denied == set(_NEEDS)
    if not denied or (denial.actions.inverted and not everything):
        return False
    held = _held(denial)
    if held is _Held.OTHERS:
        return False
    if denial.doubtful or denial.until:
        return None
    return True if held is _Held.ALL or everything else None


def _held(denial: Statement) -> _Held:
    found = {_held_by(line) for line in denial.conditions}
    if _Held.OTHERS in found:
        return _Held.OTHERS
    return _Held.ALL_BUT_FEW if _Held.ALL_BUT_FEW in found else _Held.ALL


def _held_by(line: Line) -> _Held:
    """Tell whom a line of a condition leaves under the denial, of those who might respond."""
    if not is_operator(line.operator):
        return _Held.ALL
    always = holds_always(line, allows=False)
    if always is not None:
        return _Held.ALL if always else _Held.OTHERS
    if line.key in _OF_SERVICES and line.operator.startswith("Bool"):
        return _Held.ALL if line.values == ("false",) else _Held.OTHERS
    if line.key not in _OF_CALLERS and not line.key.startswith(_OF_CALLERS_TAGS):
        return _Held.OTHERS
    base = line.operator.rpartition(":")[2].removesuffix("IfExists")
    negated = "Not" in base
    if base.replace("Not", "") not in _COMPARED:
        return _Held.OTHERS
    if negated:
        return _Held.OTHERS if any(map(_names_responders, line.values)) else _Held.ALL_BUT_FEW
    return _Held.ALL if any(map(_names_responders, line.values)) else _Held.OTHERS


def _names_responders(pattern: str) -> bool:
    """Tell whether a pattern names every role, or the roles by which people sign in."""
    sections = pattern.split(":", 5)
    of_people = len(sections) == 6 and sections[5].startswith(_RESERVED)
    return of_people or is_like(_A_ROLE, pattern) or is_like(_A_PERSON, pattern)


def _told(denial: Statement) -> str:
    what = "everything" if denial.actions == Names(("*",)) else _names(denial.actions)
    on = "" if denial.resources == Names(("*",)) else f" on {_names(denial.resources)}"
    condition = f", if {told(denial.conditions)}" if denial.conditions else ""
    return f"{denial}: denies {what}{on}{condition}"


def _names(names: Names) -> str:
    listed = ", ".join(_few(names))
    return f"everything but {listed}" if names.inverted else listed


def _few(names: Names) -> Iterator[str]:
    yield from map(shown, names.patterns[:_SHOWN])
    if len(names.patterns) > _SHOWN:
        yield f"{len(names.patterns) - _SHOWN} more"
