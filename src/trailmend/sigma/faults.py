"""What is wrong with a rule, and where it stands."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from trailmend.sigma.tree import Place

TOP = Place(1, 1)


class Fault(msgspec.Struct, frozen=True):
    """What is wrong with a rule, and where."""

    file: str
    place: Place
    reason: str

    @property
    def text(self) -> str:
        """Say it in one line, with its place as compilers write it."""
        return f"{self.file}:{self.place.line}:{self.place.column}: {self.reason}"


class Faulty(ValueError):
    """A rule that cannot be read; `faults` say why."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(faults[0].reason)
        self.faults = tuple(faults)
