"""Lessons on an organization: what each of its policies says, and who made whom administrator."""

from __future__ import annotations

from trailmend.events import Event
from trailmend.ledger.account import DELEGATION, Ledger, answered, mark, parsed
from trailmend.ledger.bearers import document_of


def registration(event: Event) -> tuple[str, str]:
    """Name which account is made the administrator of which service, or is no more."""
    service = parsed(event.request).get("servicePrincipal")
    return event.target_name or "", f"administrator of {service}"


def learn_guardrail(ledger: Ledger, event: Event) -> None:
    """Note the content of a policy, and who registered an account for a service.

    A call that leaves the content out leaves it as it is.
    """
    name = event.target_name
    if event.event_name == "RegisterDelegatedAdministrator":
        ledger.put_in[registration(event)] = mark(event)
        return
    if event.event_name in ("PutResourcePolicy", "DeleteResourcePolicy"):
        ledger.guardrails[DELEGATION] = document_of(parsed(event.request).get("content"))
        return
    if event.target_type != "organization_policy" or name is None:
        return
    if event.event_name == "DeletePolicy":
        ledger.guardrails.pop(name, None)
    elif event.event_name in ("CreatePolicy", "UpdatePolicy"):
        sent = parsed(event.request).get("content") or answered(event, "policy").get("content")
        if sent is not None or event.truncated or event.request is None:
            ledger.guardrails[name] = document_of(sent)
