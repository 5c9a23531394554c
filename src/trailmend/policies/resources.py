"""Whom the policy of a resource lets in: read as a trust policy is, whatever the actions.

CloudTrail User Guide, "AWS CloudTrail resource-based policy examples": such a policy says which
principals may act on a store of events, a channel or a dashboard.
"""

from __future__ import annotations

from collections.abc import Collection

from msgspec.structs import replace

from trailmend.policies.document import Names, PolicyDocument, Statement, Unreadable
from trailmend.policies.patterns import covers
from trailmend.policies.trusts import Trusts, trusts
from trailmend.policies.verdicts import any_of

_A_WAY = Names(("sts:assumerole",))
"""The action of a signed call that a trust policy speaks of; here it stands for what is allowed."""


def lets_in(
    document: PolicyDocument | Unreadable, account_id: str = "", known: Collection[str] = ()
) -> Trusts:
    """Tell whom a policy allows anything, seen from the account of the resource.

    A denial counts where it denies all that a statement allows.
    """
    if isinstance(document, Unreadable):
        return trusts(document, account_id, known)
    denials = [one for one in document.statements if not one.allows]
    told = [
        trusts(_as_trust(one, denials), account_id, known)
        for one in document.statements
        if one.allows
    ]
    return Trusts(
        any_of(one.outsider for one in told),
        any_of(one.anyone for one in told),
        tuple(found for one in told for found in one.trusted),
        (*document.problems, *(problem for one in told for problem in one.problems)),
    )


def _as_trust(allowed: Statement, denials: list[Statement]) -> PolicyDocument:
    against = [one for one in denials if _covers(one.actions, allowed.actions)]
    return PolicyDocument(tuple(replace(one, actions=_A_WAY) for one in (allowed, *against)))


def _covers(denied: Names, allowed: Names) -> bool:
    if denied.inverted:
        return False
    if allowed.inverted:
        return "*" in denied.patterns
    return all(any(covers(no, one) for no in denied.patterns) for one in allowed.patterns)
