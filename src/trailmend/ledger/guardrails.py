"""Lessons on an organization's policies: what each of them says, as far as the log shows it."""

from __future__ import annotations

from trailmend.events import Event
from trailmend.ledger.account import Ledger, answered, parsed
from trailmend.ledger.bearers import document_of


def learn_guardrail(ledger: Ledger, event: Event) -> None:
    """Note the content of a policy; a call that leaves it out leaves it as it is."""
    name = event.target_name
    if event.target_type != "organization_policy" or name is None:
        return
    if event.event_name == "DeletePolicy":
        ledger.guardrails.pop(name, None)
    elif event.event_name in ("CreatePolicy", "UpdatePolicy"):
        sent = parsed(event.request).get("content") or answered(event, "policy").get("content")
        if sent is not None or event.truncated or event.request is None:
            ledger.guardrails[name] = document_of(sent)
