"""How a number of things is written: 1 change, 2 changes."""

from collections.abc import Iterable


def many(count: int, noun: str, plural: str = "") -> str:
    """Write a number and its noun; `plural` where that is more than an s."""
    return f"{count:,} {noun if count == 1 else plural or f'{noun}s'}"


def numbered(noun: str, places: Iterable[int]) -> str:
    """Name things by their numbers, which are told from 1: change 1, changes 1, 2 and 4."""
    *first, last = [str(place + 1) for place in places]
    return f"{noun}s {', '.join(first)} and {last}" if first else f"{noun} {last}"
