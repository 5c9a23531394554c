"""Those who had one name one after another: a deleted user and a later one of the same name."""

from __future__ import annotations

from collections.abc import Sequence

from trailmend.history.sayings import when, who
from trailmend.history.shape import Fact, NameBearer
from trailmend.history.touches import Life, ending, identity, making


def bearers_of(lives: Sequence[Life], kind: str) -> list[NameBearer]:
    """Tell of all who had a name, in the order of time."""
    return [_bearer(number, life, kind) for number, life in enumerate(lives, 1)]


def _bearer(number: int, life: Life, kind: str) -> NameBearer:
    begun, ended = making(life, kind), ending(life, kind)
    return NameBearer(
        number=number,
        id=identity(life, kind),
        name=life[-1].names[-1],
        made=None if begun is None else when(begun),
        made_by=None if begun is None else who(begun),
        ended=None if ended is None else when(ended),
        ended_by=None if ended is None else who(ended),
    )


def namesake(one: NameBearer, kind: str, asked: str) -> Fact:
    """Tell in one sentence of an earlier one who had the name."""
    start = "made before the log" if one.made is None else f"made {one.made} by {one.made_by}"
    given_up = one.name.lower() != asked.lower()
    end = f"called {one.name} since" if given_up else "deleted, which the log does not show"
    if one.ended is not None:
        end = f"deleted {one.ended} by {one.ended_by}"
    number = "" if one.id is None else f"{one.id}, "
    return Fact(
        f"an earlier {kind.replace('_', ' ')} of this name", f"{number}{start}, {end}", "known"
    )
