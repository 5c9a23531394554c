"""Conditions that ask for a range: addresses, dates and numbers, one within another.

IAM User Guide, "Condition operators": of several values one is enough, of a negated operator none
may match.  A value that cannot be read is within nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from ipaddress import IPv4Network, IPv6Network, ip_network

from trailmend.policies.document import Line
from trailmend.policies.times import moment_of

_ORDERED = re.compile(r"(?P<kind>Date|Numeric)(?P<side>LessThan|GreaterThan)(?:Equals)?")
_Network = IPv4Network | IPv6Network


def within_range(inner: Line, outer: Line) -> bool:
    """Tell whether a line surely holds only where another of the same operator and key does."""
    base = inner.operator.rpartition(":")[2].removesuffix("IfExists")
    if base == "IpAddress":
        return _all_in(inner.values, outer.values)
    if base == "NotIpAddress":
        return _all_in(outer.values, inner.values)
    ordered = _ORDERED.fullmatch(base)
    if ordered is None:
        return False
    read = _seconds if ordered["kind"] == "Date" else _number
    narrow, wide = ([read(one) for one in line.values] for line in (inner, outer))
    ones, others = ([one for one in bounds if one is not None] for bounds in (narrow, wide))
    if not ones or not others or len(ones) < len(narrow) or len(others) < len(wide):
        return False
    if ordered["side"] == "LessThan":
        return max(ones) <= max(others)
    return min(ones) >= min(others)


def _all_in(ones: Sequence[str], others: Sequence[str]) -> bool:
    narrow, wide = [list(map(_network, values)) for values in (ones, others)]
    return all(any(_is_in(one, other) for other in wide) for one in narrow)


def _is_in(one: _Network | None, other: _Network | None) -> bool:
    if isinstance(one, IPv4Network) and isinstance(other, IPv4Network):
        return one.subnet_of(other)
    if isinstance(one, IPv6Network) and isinstance(other, IPv6Network):
        return one.subnet_of(other)
    return False


def _network(text: str) -> _Network | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def _seconds(text: str) -> Decimal | None:
    moment = moment_of(text)
    return None if moment is None else Decimal(str(moment.timestamp()))


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
