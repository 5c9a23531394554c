"""The account as the log shows it: who owns which credential, who made it, what it was before.

The ledger is fed successful events in the order of time (`learn`) and answers questions about the
moment between two of them.  What the log does not show is unknown, never assumed: a user whose
making was not seen may have devices, keys and policies that no event has named yet.
"""

from trailmend.ledger.account import BEARERS, DELEGATION, REGIONAL, Ledger, mark, parsed
from trailmend.ledger.bearers import document_of, doubt_document, inline_key, membership
from trailmend.ledger.guardrails import registration
from trailmend.ledger.lessons import learn
from trailmend.ledger.people import policy_of
from trailmend.ledger.shape import (
    Bearer,
    Credential,
    Device,
    Holdings,
    ManagedPolicy,
    Mark,
    Session,
    Thing,
    User,
)
from trailmend.ledger.things import doubt_settings, made_so, settings_before

__all__ = [
    "BEARERS",
    "DELEGATION",
    "REGIONAL",
    "Bearer",
    "Credential",
    "Device",
    "Holdings",
    "Ledger",
    "ManagedPolicy",
    "Mark",
    "Session",
    "Thing",
    "User",
    "document_of",
    "doubt_document",
    "doubt_settings",
    "inline_key",
    "learn",
    "made_so",
    "mark",
    "membership",
    "parsed",
    "policy_of",
    "registration",
    "settings_before",
]
