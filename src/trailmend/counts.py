"""How a number of things is written: 1 change, 2 changes."""


def many(count: int, noun: str, plural: str = "") -> str:
    """Write a number and its noun; `plural` where that is more than an s."""
    return f"{count:,} {noun if count == 1 else plural or f'{noun}s'}"
