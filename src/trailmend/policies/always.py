"""Conditions that limit nobody: they are the same for every call, or the caller chooses.

IAM User Guide, "AWS global condition context keys" (archive of June 2023, read 2026-11-28): the
keys below are always in the request, `aws:userid` of all that are signed.
"""

from __future__ import annotations

from trailmend.policies.document import Line, is_operator
from trailmend.policies.limits import holds_if_absent

_IN_EVERY_REQUEST = frozenset(
    """
    aws:currenttime aws:epochtime aws:principalaccount aws:principalarn aws:principaltype
    aws:requestedregion aws:securetransport aws:userid
    """.split()
)
_MAY_BE_LEFT_OUT = ("aws:requesttag/", "aws:tagkeys")
"""Tags that the caller sends, or does not."""
_EVERYWHERE = "0.0.0.0/0"
_TRUTH = {"true": True, "false": False}


def holds_always(line: Line, *, allows: bool) -> bool | None:
    """Tell whether a line holds for every call, for none, or None: for some.

    Whoever calls may always use TLS, or IPv4 from without, and so meets what a statement that
    allows asks for, and keeps out of one that denies; that nobody can call otherwise is not known
    of all services.
    """
    if not is_operator(line.operator):
        return None
    base = line.operator.rpartition(":")[2].removesuffix("IfExists")
    key, values = line.key.lower(), {one.lower() for one in line.values}
    if key == "aws:sourceip" and _EVERYWHERE in values:
        return {("IpAddress", True): True, ("NotIpAddress", False): False}.get((base, allows))
    if key.startswith(_MAY_BE_LEFT_OUT) and allows and holds_if_absent(line):
        return True
    if key not in _IN_EVERY_REQUEST:
        return None
    if base == "Bool" and key == "aws:securetransport" and len(values) == 1:
        asked = _TRUTH.get(min(values))
        return asked if asked is allows else None
    if base == "Null" and len(values) == 1:
        absent = _TRUTH.get(min(values))
        return None if absent is None else not absent
    every = any(one and not one.strip("*") for one in values)
    if every and base in ("StringLike", "ArnLike", "ArnEquals"):
        return True
    if every and base in ("StringNotLike", "ArnNotLike", "ArnNotEquals"):
        return False
    return None
