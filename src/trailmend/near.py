"""Which known name was meant by one that is not known."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str], *, likeness: float = 0.6) -> str | None:
    """Give the known name that is most like another, in any case of letters; None if none is."""
    by_lower = {one.lower(): one for one in sorted(known)}
    close = get_close_matches(name.lower(), by_lower, n=1, cutoff=likeness)
    return by_lower[close[0]] if close else None


def did_you_mean(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """Ask for the nearest known name, as a sentence after another; `otherwise` where none is near.

    To be set right behind the full stop: what is given begins with a blank.
    """
    meant = nearest(name, known)
    return otherwise if meant is None else f" Did you mean {meant}?"
