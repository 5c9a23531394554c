"""Whom the policy of an organization lets act for it, and whether they may do more than read.

AWS Organizations User Guide, "Resource-based policy examples for AWS Organizations": each statement
names member accounts, and the calls of Organizations that are theirs to make.
"""

from __future__ import annotations

from msgspec import Struct

from trailmend.policies.document import PolicyDocument, Problem, Statement, Unreadable, shown
from trailmend.policies.trusts import Trusted, judged, principals_of
from trailmend.policies.verdicts import any_of

_SHOWN = 10
_READS = ("organizations:describe", "organizations:list")


class Delegates(Struct, frozen=True):
    """Whom a document lets in, as far as no denial of it takes that back; None is not known.

    `writes` says which statements allow more than to read.
    """

    outsider: bool | None
    anyone: bool | None
    trusted: tuple[Trusted, ...] = ()
    writes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def delegates(document: PolicyDocument | Unreadable, account_id: str) -> Delegates:
    """Tell whom the policy of the organization lets in, seen from its management account."""
    if isinstance(document, Unreadable):
        return Delegates(None, None, problems=(Problem(document.place, document.reason),))
    named = [one for one in document.statements if one.allows and one.principals is not None]
    own = frozenset({account_id})
    trusted = tuple(
        judged(principal, one.place, one.conditions, own, signed=True)
        for one in named
        for principal in principals_of(one)
    )
    return Delegates(
        any_of(one.outsider for one in trusted),
        any_of(one.anyone for one in trusted),
        trusted,
        tuple(_told(one) for one in named if _writes(one)),
        document.problems,
    )


def _writes(statement: Statement) -> bool:
    actions = statement.actions
    return actions.inverted or not all(one.startswith(_READS) for one in actions.patterns)


def _told(statement: Statement) -> str:
    if statement.actions.inverted:
        return f"statement {statement.place}: all calls but some"
    calls = [shown(one) for one in statement.actions.patterns if not one.startswith(_READS)]
    more = f" and {len(calls) - _SHOWN} more" if len(calls) > _SHOWN else ""
    return f"statement {statement.place}: {', '.join(calls[:_SHOWN])}{more}"
