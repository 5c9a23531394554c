"""Patterns as SQL's LIKE has them: `%` and `_`, escaped by a backslash."""

from __future__ import annotations

from collections.abc import Iterator


def letters(pattern: str) -> Iterator[tuple[str, bool]]:
    """Give the letters of a pattern, without what escapes them, and which are wildcards."""
    escaped = False
    for letter in pattern:
        if letter == "\\" and not escaped:
            escaped = True
            continue
        yield letter, letter in "%_" and not escaped
        escaped = False


def plain(pattern: str) -> str | None:
    """Give the text that a pattern of LIKE stands for; None where it has a wildcard."""
    read = list(letters(pattern))
    return None if any(wild for _, wild in read) else "".join(letter for letter, _ in read)
