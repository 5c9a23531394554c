"""What a proof tells of itself: `proved("A1", 57, "crash points", "ssh_keys")`."""

from __future__ import annotations

from typing import Protocol


class Proved(Protocol):
    """Counts what a claim was proved on; `of` is the family that it is told by."""

    def __call__(self, claim: str, count: int, what: str, of: str = "") -> None:
        """Add to the count of a claim."""
