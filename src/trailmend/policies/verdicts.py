"""Verdicts put together: yes, no, or None, which is that it cannot be known."""

from __future__ import annotations

from collections.abc import Iterable


def any_of(verdicts: Iterable[bool | None]) -> bool | None:
    """Tell whether one of them is yes; None where none is, and one of them is not known."""
    told = set(verdicts)
    return True if True in told else None if None in told else False
