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
from trailmend.policies.limits import accounts_named, limits
from trailmend.policies.patterns import is_like
from trailmend.policies.verdicts import any_of

_WAYS = ("sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity")
_ARN = re.compile(r"arn:[a-z-]+:(?:iam|sts)::(?P<account>\d{12}):(?P<rest>.+)", re.DOTALL)
_ID = re.compile(r"A(?:ID|RO)A[A-Z0-9]{12,}")
_OF_ORGANIZATION = ("aws:principalorgid", "aws:principalorgpaths")
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
    """

    who: str
    kind: str
    outsider: bool | None
    anyone: bool | None
    limits: tuple[str, ...]
    statement: int

    def __str__(self) -> str:
        asked = f"only if {words.joined(self.limits)}" if self.limits else "limited by nothing"
        return f"statement {self.statement}: {self.kind} {shown(self.who)}, {asked}"


class Trusts(Struct, frozen=True):
    """Whom a document lets in; None where that cannot be known."""

    outsider: bool | None
    anyone: bool | None
    trusted: tuple[Trusted, ...] = ()
    problems: tuple[Problem, ...] = ()


def trusts(
    document: PolicyDocument | Unreadable, account_id: str = "", known: Collection[str] = ()
) -> Trusts:
    """Tell whom a trust policy lets in, seen from an account; `known`: accounts of the same owner.

    Without an account no principal of an account is judged to be an outsider or not.
    """
    if isinstance(document, Unreadable):
        return Trusts(None, None, problems=(Problem(document.place, document.reason),))
    own = frozenset((account_id, *known)) - {""}
    denials = [_Denial.of(one) for one in document.statements if not one.allows and _lets_in(one)]
    open_to = [one for one in document.statements if one.allows and _lets_in(one)]
    trusted = tuple(
        found
        for statement in open_to
        for one in _named(statement, own if account_id else None)
        if (found := _denied(one, statement, denials)) is not None
    )
    outsider, anyone = (one.outsider for one in trusted), (one.anyone for one in trusted)
    problems = (*document.problems, *(one for each in open_to for one in _vain(each)))
    return Trusts(any_of(outsider), any_of(anyone), trusted, problems)


def _lets_in(statement: Statement) -> bool:
    """Tell whether a statement speaks of a way into a role."""
    return statement.principals is not None and bool(_ways(statement.actions))


def _ways(actions: Names) -> frozenset[str]:
    spoken = {way for way in _WAYS if any(is_like(way, one) for one in actions.patterns)}
    return frozenset(set(_WAYS) - spoken if actions.inverted else spoken)


def _named(statement: Statement, own: frozenset[str] | None) -> Iterator[Trusted]:
    for principal in _who(statement):
        lines = _lines(principal, statement)
        if lines is None:
            continue
        found = _judged(principal, replace(statement, conditions=lines), own)
        if statement.doubtful:
            found = replace(found, outsider=found.outsider and None, anyone=found.anyone and None)
        yield found


def _who(statement: Statement) -> tuple[str, ...]:
    principals = statement.principals or Names(())
    return ("*",) if principals.inverted else principals.patterns


def _lines(principal: str, statement: Statement) -> frozenset[Line] | None:
    """Give the lines of the condition that are open; None if one of them never holds."""
    if _claim_of_others(principal, statement) is not None:
        return None
    if not _is_signed(statement):
        return statement.conditions
    decided = {line: holds_always(line, allows=True) for line in statement.conditions}
    if False in decided.values():
        return None
    return frozenset(line for line, holds in decided.items() if holds is None)


def _claim_of_others(principal: str, statement: Statement) -> str | None:
    kind, _, value = principal.partition(":")
    return claim_of_others(value, statement.conditions) if kind == "Federated" else None


def _vain(statement: Statement) -> Iterator[Problem]:
    """Name conditions that never hold, so that nobody is let in: the writer meant another."""
    for principal in _who(statement):
        claim = _claim_of_others(principal, statement)
        if claim is not None:
            at = f"statement {statement.place}, Condition {shown(claim)}"
            who = shown(principal.partition(":")[2])
            yield Problem(at, f"nothing from {who} has this key, so nobody is let in by it")


def _is_signed(statement: Statement) -> bool:
    """Tell whether all that the statement lets in sign their call, and so are named in it.

    botocore sts: AssumeRoleWithSAML and AssumeRoleWithWebIdentity are not signed.
    """
    return _ways(statement.actions) == {"sts:assumerole"}


def _judged(principal: str, statement: Statement, own: frozenset[str] | None) -> Trusted:
    kind, _, value = principal.partition(":")
    lines, signed = statement.conditions, _is_signed(statement)
    keys = tuple(sorted(words.told_line(line) for line in lines if limits(line, signed=signed)))
    if principal == "*":
        return _anyone(statement, keys, own)
    if kind == "Federated":
        of, outsider, anyone = federated(value, lines, own)
        return Trusted(value, of, outsider, anyone, keys, statement.place)
    if kind == "Service":
        return Trusted(value, "service", False, False, keys, statement.place)
    if kind == "CanonicalUser":
        return Trusted(value, "canonical", None, False, keys, statement.place)
    return _of_aws(value, statement, keys, own)


def _of_aws(
    value: str, statement: Statement, keys: tuple[str, ...], own: frozenset[str] | None
) -> Trusted:
    """Judge a principal of an account; an id is of one deleted since, or looked up never again."""
    found = _ARN.fullmatch(value)
    if found is None:
        kind = "id" if _ID.fullmatch(value) else "unknown"
        return Trusted(value, kind, None, False, keys, statement.place)
    rest = found["rest"]
    kinds = {"root": "account", "user": "user", "role": "role"}
    kind = kinds.get(rest.partition("/")[0], "session")
    outsider = None if own is None else found["account"] not in own
    return Trusted(value, kind, outsider, False, keys, statement.place)


def _anyone(statement: Statement, keys: tuple[str, ...], own: frozenset[str] | None) -> Trusted:
    """Judge `*` by the conditions that tell whose the caller must be."""
    signed = _is_signed(statement)
    lines = [line for line in statement.conditions if limits(line, signed=signed)]
    accounts = [named for line in lines if (named := accounts_named(line))]
    outsider: bool | None = True
    anyone: bool | None = None if lines else True
    if accounts:
        anyone = False
        outsider = None if own is None else not any(named <= own for named in accounts)
    elif any(line.key in _OF_ORGANIZATION for line in lines):
        outsider, anyone = None, False
    elif any(line.key not in _CHOSEN for line in lines):
        outsider = None
    return Trusted("*", "anyone", outsider, anyone, keys, statement.place)


class _Denial(NamedTuple):
    """Whom a denial speaks of, and by which ways; sure: nothing may lift it."""

    ways: frozenset[str]
    spoken: frozenset[str]
    inverted: bool
    sure: bool

    @classmethod
    def of(cls, one: Statement) -> _Denial:
        principals = one.principals or Names(())
        spoken = frozenset(name.partition(":")[2] or "*" for name in principals.patterns)
        sure = not (principals.inverted or one.conditions or one.doubtful)
        return cls(_ways(one.actions), spoken, principals.inverted, sure)

    def concerns(self, who: str) -> bool:
        """Tell whether somebody is denied, or may be by a denial of all but some."""
        return (who not in self.spoken) if self.inverted else bool(self.spoken & {who, "*"})


def _denied(one: Trusted, statement: Statement, denials: list[_Denial]) -> Trusted | None:
    """Apply denials: None if one surely keeps them out; in doubt if one may."""
    ways = _ways(statement.actions)
    against = [no for no in denials if no.concerns(one.who) and ways <= no.ways]
    if any(no.sure for no in against):
        return None
    if against:
        return replace(one, outsider=one.outsider and None, anyone=one.anyone and None)
    return one
