"""Whom a trust policy lets in: the account itself, services, other accounts, anyone, federation.

IAM User Guide: "AWS JSON policy elements: Principal"; "AWS global condition context keys"; "IAM and
AWS STS condition context keys"; "Identity-provider controls for shared OIDC providers".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from trailmend.policies import words
from trailmend.policies.always import holds_always
from trailmend.policies.document import (
    Line,
    Names,
    PolicyDocument,
    Problem,
    Statement,
    Unreadable,
    shown,
)
from trailmend.policies.federation import claim_of_others, federated
from trailmend.policies.limits import OF_ORGANIZATION, accounts_named, fits_any_account, limits
from trailmend.policies.patterns import is_like
from trailmend.policies.verdicts import any_of

_WAYS = ("sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity")
_SIGNED = frozenset(["sts:assumerole"])
_NEGATED = re.compile(r"(?:StringNotEquals|StringNotLike|ArnNotEquals|ArnNotLike)(?:IfExists)?")
_ARN = re.compile(r"arn:[a-z-]+:(?:iam|sts)::(?P<account>\d{12}):(?P<rest>.+)", re.DOTALL)
_ID = re.compile(r"A(?:ID|RO)A[A-Z0-9]{12,}")
_CHOSEN = frozenset(
    """
    aws:currenttime aws:epochtime aws:multifactorauthage aws:multifactorauthpresent
    aws:requestedregion aws:securetransport aws:tagkeys aws:tokenissuetime aws:useragent
    sts:durationseconds sts:externalid sts:rolesessionname sts:sourceidentity sts:transitivetagkeys
    """.split()
)
"""Keys that do not tell whose the caller is: what one knows, sends, or when."""


class Trusted(Struct, frozen=True):
    """One whom a trust policy lets in; `limits` are the conditions that narrow it.

    kind: anyone, account, user, role, session, service, saml, oidc, canonical, id or unknown.
    outsider: not of this account nor of those known; anyone: who it is does not matter.
    new: a provider that whoever opens the role may have brought along.
    """

    who: str
    kind: str
    outsider: bool | None
    anyone: bool | None
    limits: tuple[str, ...]
    statement: int
    new: bool = False

    def __str__(self) -> str:
        who = f"{self.kind} {shown(self.who)}{', a new provider' if self.new else ''}"
        if not self.limits:
            return f"statement {self.statement}, limited by nothing: {who}"
        return f"statement {self.statement}: {who}, only if {words.joined(self.limits)}"


class Trusts(Struct, frozen=True):
    """Whom a document lets in; None where that cannot be known."""

    outsider: bool | None
    anyone: bool | None
    trusted: tuple[Trusted, ...] = ()
    problems: tuple[Problem, ...] = ()


def trusts(
    document: PolicyDocument | Unreadable,
    account_id: str = "",
    known: Collection[str] = (),
    new: Collection[str] = (),
) -> Trusts:
    """Tell whom a trust policy lets in, seen from an account; `known`: accounts of the same owner.

    Without an account no principal of an account is judged to be an outsider or not.  `new` are
    the ARNs, in lower case, of providers of which it is not known yet whose people they speak for.
    """
    if isinstance(document, Unreadable):
        return Trusts(None, None, problems=(Problem(document.place, document.reason),))
    own = frozenset((account_id, *known)) - {""}
    denials = [_Denial.of(one) for one in document.statements if not one.allows and _lets_in(one)]
    open_to = [one for one in document.statements if one.allows and _lets_in(one)]
    trusted = tuple(
        found
        for statement in open_to
        for principal in principals_of(statement)
        for found in _let_in(principal, statement, denials, own if account_id else None)
    )
    trusted = tuple(_doubted(one) if one.who.lower() in new else one for one in trusted)
    outsider, anyone = (one.outsider for one in trusted), (one.anyone for one in trusted)
    problems = (*document.problems, *(one for each in open_to for one in _vain(each)))
    return Trusts(any_of(outsider), any_of(anyone), trusted, problems)


def _doubted(one: Trusted) -> Trusted:
    """Leave open whom a new provider speaks for: whoever made it may have brought it along."""
    return replace(one, outsider=one.outsider or None, new=True)


def _lets_in(statement: Statement) -> bool:
    """Tell whether a statement speaks of a way into a role."""
    return statement.principals is not None and bool(_ways(statement.actions))


def _ways(actions: Names) -> frozenset[str]:
    spoken = {way for way in _WAYS if any(is_like(way, one) for one in actions.patterns)}
    return frozenset(set(_WAYS) - spoken if actions.inverted else spoken)


def _ways_of(principal: str, statement: Statement) -> frozenset[str]:
    """Give the ways in that a statement opens to a principal: a token's bearer has its own."""
    ways = _ways(statement.actions)
    if principal == "*":
        return ways
    return ways - _SIGNED if principal.startswith("Federated:") else ways & _SIGNED


def _let_in(
    principal: str, statement: Statement, denials: list[_Denial], own: frozenset[str] | None
) -> Iterator[Trusted]:
    """Judge a principal under the conditions that are open; nothing if it does not come in."""
    ways = _ways_of(principal, statement)
    against = [no for no in denials if no.concerns(principal) and ways <= no.ways]
    lines = _lines(principal, statement, against, signed=ways == _SIGNED)
    if not ways or lines is None or any(no.sure for no in against):
        return
    found = judged(principal, statement.place, lines, own, signed=ways == _SIGNED)
    weighed = ways == _SIGNED and all(no.is_weighed(principal) for no in against)
    if statement.doubtful or (not weighed and against):
        found = replace(found, outsider=found.outsider and None, anyone=found.anyone and None)
    yield found


def principals_of(statement: Statement) -> tuple[str, ...]:
    """Give whom a statement names; all but some are anyone."""
    principals = statement.principals or Names(())
    return ("*",) if principals.inverted else principals.patterns


def _lines(
    principal: str, statement: Statement, against: list[_Denial], *, signed: bool
) -> frozenset[Line] | None:
    """Give the lines of the condition that are open; None if one of them never holds.

    A signed call names who signs it, so that a denial of all but some is a condition like others.
    botocore sts: AssumeRoleWithSAML and AssumeRoleWithWebIdentity are not signed.
    """
    if _claim_of_others(principal, statement) is not None:
        return None
    if not signed:
        return statement.conditions
    asked = {*statement.conditions, *(no.spares for no in against if no.spares is not None)}
    decided = {line: _holds(line, principal) for line in asked}
    if False in decided.values():
        return None
    return frozenset(line for line, holds in decided.items() if holds is None)


def _holds(line: Line, principal: str) -> bool | None:
    """Tell whether a line holds for every call of a principal, for none, or None: for some."""
    found = _ARN.fullmatch(principal.partition(":")[2])
    accounts = accounts_named(line) if limits(line, signed=True) else frozenset[str]()
    if found and accounts and line.key.startswith("aws:principal"):
        return None if found["account"] in accounts else False
    return holds_always(line, allows=True)


def _claim_of_others(principal: str, statement: Statement) -> str | None:
    kind, _, value = principal.partition(":")
    return claim_of_others(value, statement.conditions) if kind == "Federated" else None


def _vain(statement: Statement) -> Iterator[Problem]:
    """Name conditions that never hold, so that nobody is let in: the writer meant another."""
    for principal in principals_of(statement):
        claim = _claim_of_others(principal, statement)
        if claim is not None:
            at = f"statement {statement.place}, Condition {shown(claim)}"
            who = shown(principal.partition(":")[2])
            yield Problem(at, f"nothing from {who} has this key, so nobody is let in by it")


def judged(
    principal: str, place: int, lines: frozenset[Line], own: frozenset[str] | None, *, signed: bool
) -> Trusted:
    """Tell who one principal of a statement is; `lines` are the conditions that are open."""
    kind, _, value = principal.partition(":")
    narrowing = [line for line in lines if limits(line, signed=signed)]
    said = tuple(sorted(map(words.told_line, narrowing)))
    if principal == "*":
        return Trusted("*", "anyone", *_anyone(narrowing, own), said, place)
    if kind == "Federated":
        return Trusted(value, *federated(value, lines, own), said, place)
    if kind == "Service":
        return Trusted(value, "service", False, False, said, place)
    if kind == "CanonicalUser":
        return Trusted(value, "canonical", None, False, said, place)
    return Trusted(value, *_of_aws(value, own), False, said, place)


def _of_aws(value: str, own: frozenset[str] | None) -> tuple[str, bool | None]:
    """Judge a principal of an account; an id is of one deleted since, or looked up never again."""
    found = _ARN.fullmatch(value)
    if found is None:
        return ("id" if _ID.fullmatch(value) else "unknown"), None
    kinds = {"root": "account", "user": "user", "role": "role"}
    kind = kinds.get(found["rest"].partition("/")[0], "session")
    return kind, None if own is None else found["account"] not in own


def _anyone(lines: list[Line], own: frozenset[str] | None) -> tuple[bool | None, bool | None]:
    """Judge `*` by the conditions that tell whose the caller must be: outsider, and anyone."""
    lines = [line for line in lines if not fits_any_account(line)]
    accounts = [named for line in lines if (named := accounts_named(line))]
    if accounts:
        return None if own is None else not any(named <= own for named in accounts), False
    if any(line.key in OF_ORGANIZATION for line in lines):
        return None, False
    if any(line.key not in _CHOSEN for line in lines):
        return None, None
    return True, None if lines else True


class _Denial(NamedTuple):
    """Whom a denial speaks of, and by which ways; sure: nothing may lift it.

    spares: what a call must have that the denial spares, if that is all that its condition asks.
    """

    ways: frozenset[str]
    spoken: frozenset[str]
    inverted: bool
    sure: bool
    spares: Line | None

    @classmethod
    def of(cls, one: Statement) -> _Denial:
        principals = one.principals or Names(())
        spoken = frozenset(name.partition(":")[2] or "*" for name in principals.patterns)
        sure = not (principals.inverted or one.conditions or one.doubtful)
        spares = None if principals.inverted or one.doubtful else _spared(one.conditions)
        return cls(_ways(one.actions), spoken, principals.inverted, sure, spares)

    def is_weighed(self, principal: str) -> bool:
        """Tell whether what it spares says whose the caller is: of a named account no organization.

        Its organization may be that of the role or any other.
        """
        if self.spares is None:
            return False
        return principal == "*" or self.spares.key not in OF_ORGANIZATION

    def concerns(self, principal: str) -> bool:
        """Tell whether somebody is denied, or may be by a denial of all but some."""
        who = principal.partition(":")[2] or "*"
        return (who not in self.spoken) if self.inverted else bool(self.spoken & {who, "*"})


def _spared(lines: frozenset[Line]) -> Line | None:
    """Turn `denied where the key is not this` into `the key must be this`."""
    line = next(iter(lines), None)
    if line is None or len(lines) > 1 or not line.values or not _NEGATED.fullmatch(line.operator):
        return None
    return replace(line, operator=line.operator.replace("Not", "").removesuffix("IfExists"))
