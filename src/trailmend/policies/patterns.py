"""Patterns of policies: `*` is any text, `?` any one character, nothing else is special."""

from __future__ import annotations

PLAIN_DOLLAR = "\ue001"
"""Stands for the `$` of a `${` that begins no variable."""


def is_like(value: str, pattern: str) -> bool:
    """Match a text; takes no longer than the pattern is long, whatever its writer intended."""
    if "*" not in pattern:
        return value == pattern if "?" not in pattern else _is_at(value, pattern, 0, whole=True)
    if len(pattern) - pattern.count("*") > len(value):
        return False
    first, *middle, last = pattern.split("*")
    end = len(value) - len(last)
    if not _is_at(value, first, 0) or not _is_at(value, last, end):
        return False
    at = len(first)
    for piece in middle:
        found = _find(value, piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return at <= end


def covers(wide: str, narrow: str) -> bool:
    """Tell whether one pattern surely matches all that another matches; False is not sure."""
    if wide in ("*", narrow):
        return True
    return not ("?" in wide and "*" in narrow) and is_like(narrow, wide)


def may_meet(one: str, other: str) -> bool:
    """Tell whether two patterns may match the same text; False is sure."""
    first, second = literal_start(one), literal_start(other)
    if first == one and second == other:
        return one == other
    if first == one:
        return is_like(one, other) or "${" in other
    if second == other:
        return is_like(other, one) or "${" in one
    return first.startswith(second) or second.startswith(first)


def literal_start(pattern: str) -> str:
    """Give a pattern as far as its first wildcard or variable."""
    ends = [at for sign in ("*", "?", "${") if (at := pattern.find(sign)) >= 0]
    return pattern[: min(ends)] if ends else pattern


def _is_at(value: str, piece: str, at: int, *, whole: bool = False) -> bool:
    if whole and len(value) != len(piece):
        return False
    if "?" not in piece:
        return value.startswith(piece, at)
    part = value[at : at + len(piece)]
    return len(part) == len(piece) and all(
        wanted in ("?", letter) for wanted, letter in zip(piece, part, strict=True)
    )


def _find(value: str, piece: str, at: int) -> int:
    if "?" not in piece:
        return value.find(piece, at)
    return next((i for i in range(at, len(value)) if _is_at(value, piece, i)), -1)
