"""What of an account the log itself tells, so that a snapshot does not speak for it."""

from __future__ import annotations

from collections.abc import Iterable

from trailmend.events import Event
from trailmend.ledger import BEARERS

Slot = tuple[str, ...]
"""A thing, or a part of somebody, by its kind and its names in lower case."""
_MAKES = ("CreateUser", "CreateRole", "CreateGroup", "CreateServiceLinkedRole", "AcquireRole")
_ENDS = ("DeleteUser", "DeleteRole", "DeleteGroup")
_READS = ("Get", "List", "Simulate", "Generate")


def changes_identities(event: Event) -> bool:
    """Say whether an event changes something of which a snapshot tells."""
    done = event.event_source == "iam.amazonaws.com" and event.outcome == "success"
    return done and not event.event_name.startswith(_READS)


def slots_of(event: Event) -> Iterable[Slot]:
    """Name what a change touches."""
    if event.object_id is not None:
        yield "object", event.object_id
    if event.event_name.endswith("AccountPasswordPolicy"):
        yield ("password policy",)
    kind, name = event.target_type, event.target_name
    if kind == "policy" and name is not None:
        yield "policy", name
    if kind not in BEARERS or name is None:
        return
    key = kind, name.lower()
    yield "touched", *key
    if event.event_name in _MAKES:
        yield "life", *key
    if event.event_name in _ENDS:
        yield "end", *key
    if event.object_id is not None:
        yield "held", *key, event.object_id.lower()
    if event.event_name.endswith("PermissionsBoundary"):
        yield "boundary", *key
    if event.event_name == "UpdateAssumeRolePolicy":
        yield "trust", *key
    if event.event_name == "CreateLoginProfile":
        yield "password made", *key
    if event.event_name.endswith("LoginProfile"):
        yield "password", *key
