"""Conditions that are the same for every call: they limit nothing, or let nothing through.

IAM User Guide, "AWS global condition context keys": which keys each request has, and what they say.
"""

from __future__ import annotations

from trailmend.policies.document import Line

_IN_EVERY_REQUEST = frozenset(
    """
    aws:currenttime aws:epochtime aws:principalaccount aws:principalarn aws:principaltype
    aws:requestedregion aws:securetransport aws:userid
    """.split()
)
"""Of requests that a principal signs; the API takes none without TLS."""
_TRUTH = {"true": True, "false": False}


def holds_always(line: Line) -> bool | None:
    """Tell whether a line holds for every call, for none, or None: for some."""
    base = line.operator.rpartition(":")[2].removesuffix("IfExists")
    key, values = line.key.lower(), {one.lower() for one in line.values}
    if key not in _IN_EVERY_REQUEST:
        return None
    if base == "Bool" and key == "aws:securetransport" and len(values) == 1:
        return _TRUTH.get(min(values))
    if base == "Null" and len(values) == 1:
        absent = _TRUTH.get(min(values))
        return None if absent is None else not absent
    if base in ("StringLike", "ArnLike", "ArnEquals") and any(not one.strip("*") for one in values):
        return True if "" not in values else None
    if base in ("StringNotLike", "ArnNotLike", "ArnNotEquals") and "*" in values:
        return False
    return None
