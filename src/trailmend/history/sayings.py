"""Words that every part of history uses: who did something, when, and how surely it is known."""

from __future__ import annotations

from trailmend.events import Event, named_person
from trailmend.findings import told_time
from trailmend.history.shape import Fact, Sureness
from trailmend.ledger import Mark


def who(event: Event) -> str:
    """Name who made an event."""
    person = named_person(event.actor_name, event.actor_id)
    return person or event.actor_name or event.actor_arn or event.actor_id or "somebody unknown"


def when(event: Event) -> str:
    """Write the time of an event."""
    return told_time(event.event_time)


def maker(made: Mark) -> str:
    """Name who left a mark."""
    person = named_person(made.actor_name, made.actor_id)
    return person or made.actor_name or made.actor_id or "somebody unknown"


def sure(made: Mark | None) -> Sureness:
    """Say how surely all of something is known, by who saw its making."""
    if made is None:
        return "unknown"
    return "inferred" if made.actor_id is None else "known"


def least(sureness: Sureness) -> Sureness:
    """Call known what is named: it was seen, though there may be more that was not."""
    return "known" if sureness == "unknown" else sureness


def thing(name: str, value: str, made: Mark | None) -> Fact:
    """Tell of a thing that somebody has, and who made it."""
    if made is None:
        return Fact(name, value, "inferred")
    return Fact(name, f"{value}, by {maker(made)}", "known", told_time(made.time))
