"""The numbers of the steps that have a key in common, twelve bytes for each."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

_PARTS = 256
"""So many parts are put in order one at a time, which takes little room beside them."""


@dataclass(slots=True)
class _Part:
    """Hashes and numbers, in pairs; `ordered` tells how many of them are in order."""

    hashes: array[int] = field(default_factory=lambda: array("q"))
    numbers: array[int] = field(default_factory=lambda: array("I"))
    ordered: int = 0

    def put_in_order(self) -> None:
        order = sorted(range(len(self.hashes)), key=self.hashes.__getitem__)
        self.hashes = array("q", map(self.hashes.__getitem__, order))
        self.numbers = array("I", map(self.numbers.__getitem__, order))
        self.ordered = len(order)


class Index:
    """Numbers by key, in the order in which they were added.

    Of a key only its hash is kept.  Among ten million keys the chance that two have the same is
    one in 300,000; the hash of a text is another with each start of Python, so nobody can bring it
    about.
    """

    def __init__(self) -> None:
        self._parts: dict[int, _Part] = {}

    def add(self, key: object, number: int) -> None:
        """Add a number to those of a key."""
        hashed = hash(key)
        part = self._parts.get(hashed % _PARTS)
        if part is None:
            part = self._parts[hashed % _PARTS] = _Part()
        part.hashes.append(hashed)
        part.numbers.append(number)

    def numbers(self, key: object) -> Sequence[int]:
        """Give the numbers of a key, none where there is none."""
        hashed = hash(key)
        part = self._parts.get(hashed % _PARTS)
        if part is None:
            return ()
        if part.ordered < len(part.hashes):
            part.put_in_order()
        first = bisect_left(part.hashes, hashed)
        return memoryview(part.numbers)[first : bisect_right(part.hashes, hashed, first)]
