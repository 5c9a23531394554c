"""Which lines of a condition really narrow who may come."""

from __future__ import annotations

import re

from trailmend.policies.document import Line, is_operator

_ACCOUNT_OF_ARN = re.compile(r"arn:[^:]*:[^:]*:[^:]*:(\d{12}):.*", re.DOTALL)
_ACCOUNT = re.compile(r"\d{12}")
_OF_ANY_ACCOUNT = re.compile(r"[^:]*:[^:]*:[^:]*:[^:]*:[*?]+:.*", re.DOTALL)
_ANY_ORGANIZATION = re.compile(r"(?:o-?)?[*?][*?/]*")
OF_ORGANIZATION = ("aws:principalorgid", "aws:principalorgpaths")
_OF_WHO_SIGNS = ("aws:principalaccount", "aws:principalarn", "aws:principaltype", "aws:userid")
"""IAM User Guide, "AWS global condition context keys": in every request that is signed."""


def limits(line: Line, *, signed: bool = False) -> bool:
    """Tell whether a line asks for a value that the request must have, and not for any value.

    IfExists and ForAllValues hold where the key is absent, a negated operator nearly always (IAM
    User Guide, "Condition operators", "Multivalued context keys").  `signed`: the call is signed
    for sure, so that the keys of who signs are there.
    """
    if not is_operator(line.operator) or not line.values:
        return False
    if "Not" in line.operator or line.operator == "Null":
        return False
    if holds_if_absent(line) and not (signed and line.key in _OF_WHO_SIGNS):
        return False
    return not (is_pattern(line) and any(not one.strip("*?") for one in line.values))


def holds_if_absent(line: Line) -> bool:
    """Tell whether a line holds for a request that does not have the key."""
    if line.operator == "Null":
        return "true" in line.values
    of_all, negated = line.operator.startswith("ForAllValues:"), "Not" in line.operator
    return of_all or line.operator.endswith("IfExists") or negated


def is_pattern(line: Line) -> bool:
    """Tell whether the values of a line are patterns."""
    base = line.operator.rpartition(":")[2]
    return base in ("StringLike", "ArnLike", "ArnEquals")


def fits_any_account(line: Line) -> bool:
    """Tell whether a line asks for an ARN or an organization that anybody can have.

    The names in an account are its owner's choice, and everybody may make an organization, whose id
    begins with `o-` (botocore organizations OrganizationId).
    """
    if not is_pattern(line):
        return False
    if line.key == "aws:principalarn":
        return any(_OF_ANY_ACCOUNT.fullmatch(one) for one in line.values)
    if line.key in OF_ORGANIZATION:
        return any(_ANY_ORGANIZATION.fullmatch(one) for one in line.values)
    return False


def accounts_named(line: Line) -> frozenset[str]:
    """Give the accounts to which a line confines the caller; none if it does not."""
    if line.key in ("aws:principalaccount", "aws:sourceaccount"):
        found = [_ACCOUNT.fullmatch(one) for one in line.values]
        return frozenset(one[0] for one in found if one) if all(found) else frozenset()
    if line.key in ("aws:principalarn", "aws:sourcearn"):
        parts = [_ACCOUNT_OF_ARN.fullmatch(one) for one in line.values]
        return frozenset(one[1] for one in parts if one) if all(parts) else frozenset()
    return frozenset()
