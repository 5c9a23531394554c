"""What speaks for and against each explanation, every fact told once.

A fact that bears on several explanations tells them apart, and stands under none of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from trailmend.findings import Explained


class Shared(Struct, frozen=True):
    """A fact, with the explanations that it supports and those that it speaks against."""

    fact: str
    supports: tuple[str, ...]
    against: tuple[str, ...]

    @property
    def bearing(self) -> str:
        """Say in words on what it bears: `for unauthorised, against intended and accident`."""
        sides = (("for", self.supports), ("against", self.against))
        return ", ".join(f"{word} {_listed(names)}" for word, names in sides if names)


def weighed(explanations: Sequence[Explained]) -> tuple[list[Explained], list[Shared]]:
    """Give the explanations with the facts that bear on them alone, and the facts on several."""
    facts = dict.fromkeys(fact for one in explanations for fact in (*one.supports, *one.against))
    found = [_shared(fact, explanations) for fact in facts]
    several = [one for one in found if len({*one.supports, *one.against}) > 1]
    told = {one.fact for one in several}
    alone = [
        msgspec.structs.replace(
            one,
            supports=[fact for fact in one.supports if fact not in told],
            against=[fact for fact in one.against if fact not in told],
        )
        for one in explanations
    ]
    return alone, several


def _shared(fact: str, explanations: Sequence[Explained]) -> Shared:
    supports = (one.hypothesis for one in explanations if fact in one.supports)
    against = (one.hypothesis for one in explanations if fact in one.against)
    return Shared(fact, tuple(supports), tuple(against))


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
