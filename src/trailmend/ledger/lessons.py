"""How the ledger moves past an event."""

from __future__ import annotations

from trailmend.events import Event
from trailmend.ledger import bearers, people
from trailmend.ledger.account import Ledger
from trailmend.ledger.guardrails import learn_guardrail
from trailmend.ledger.sessions import learn_session
from trailmend.ledger.things import learn_thing

_SILENT = ("Get", "List", "Describe", "Lookup", "Simulate", "Generate")


def learn(ledger: Ledger, event: Event) -> None:
    """Take in an event; one that failed, or that reads only, changes nothing."""
    if event.outcome != "success":
        return
    if event.event_source == "sts.amazonaws.com":
        learn_session(ledger, event)
        return
    if event.event_name.startswith(_SILENT):
        return
    if event.event_source == "iam.amazonaws.com":
        for lessons in (people.LESSONS, bearers.LESSONS):
            lesson = lessons.get(event.event_name)
            if lesson is not None:
                lesson(ledger, event)
    elif event.event_source == "sso.amazonaws.com":
        of_sets = bearers.OF_PERMISSION_SETS.get(event.event_name)
        if of_sets is not None:
            of_sets(ledger, event)
    elif event.event_source == "organizations.amazonaws.com":
        learn_guardrail(ledger, event)
    learn_thing(ledger, event)
