"""A snapshot laid under the log: what stood before the first event, inferred.

What a snapshot shows and no event before it touched has been so since before the log began.  What
an event touched the log tells itself, and what it took away must have been there.  Whoever was
renamed is laid under the name of then.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from trailmend.events import Event
from trailmend.ledger import (
    BEARERS,
    Bearer,
    Credential,
    Device,
    Ledger,
    ManagedPolicy,
    Mark,
    User,
)
from trailmend.snapshots.names import under_first_names
from trailmend.snapshots.read import bearers_named
from trailmend.snapshots.shape import SeenBearer, SeenUser, Snapshot

Slot = tuple[str, ...]
_MAKES = ("CreateUser", "CreateRole", "CreateGroup", "CreateServiceLinkedRole", "AcquireRole")


def plant(ledger: Ledger, snapshot: Snapshot, events: Iterable[Event]) -> None:
    """Fill an empty ledger with what stood before the first of the events, given in time."""
    until = [one for one in events if one.event_time <= snapshot.taken_at]
    snapshot, before = under_first_names(snapshot, until)
    touched = {slot for event in before for slot in _slots(event)}
    for name, user in snapshot.users.items():
        if ("life", "user", name.lower()) not in touched:
            _plant_user(ledger, name, user, touched)
    for kind, name, bearer in bearers_named(snapshot):
        if ("life", kind, name.lower()) not in touched:
            _plant_bearer(ledger, kind, name, bearer, touched)
    for arn, policy in snapshot.policies.items():
        if ("policy", arn) not in touched:
            ledger.policies[arn] = ManagedPolicy(None, policy.versions, policy.default)
    for event in before:
        _plant_lost(ledger, event, touched)


def _slots(event: Event) -> Iterable[Slot]:
    """Name what an event touched, so that a snapshot does not speak for the time before it."""
    if event.event_source != "iam.amazonaws.com" or event.outcome != "success":
        return
    if event.object_id is not None:
        yield "object", event.object_id
    kind, name = event.target_type, event.target_name
    if kind == "policy" and name is not None and not event.event_name.startswith(("Get", "List")):
        yield "policy", name
    if kind not in BEARERS or name is None:
        return
    if event.event_name in _MAKES:
        yield "life", kind, name.lower()
    if event.object_id is not None:
        yield "held", kind, name.lower(), event.object_id.lower()
    if event.event_name.endswith("PermissionsBoundary"):
        yield "boundary", kind, name.lower()
    if event.event_name == "UpdateAssumeRolePolicy":
        yield "trust", kind, name.lower()
    if event.event_name == "CreateLoginProfile":
        yield "password made", name.lower()


def _plant_user(ledger: Ledger, name: str, user: SeenUser, touched: set[Slot]) -> None:
    ledger.names.setdefault(name.lower(), name)
    whole = user.devices is not None
    ledger.users[name] = User(
        made=Mark(None, None, user.created) if whole and user.created else None,
        had_password=bool(user.password) and ("password made", name.lower()) not in touched,
    )
    for serial in user.devices or ():
        if ("object", serial) not in touched:
            ledger.devices[serial] = Device(owner=name, enabled=True)
    for key, seen in (user.access_keys or {}).items():
        status = None if ("object", key) in touched else seen.status
        ledger.access_keys[key] = Credential(name, status)


def _plant_bearer(
    ledger: Ledger, kind: str, name: str, seen: SeenBearer, touched: set[Slot]
) -> None:
    key = kind, name.lower()

    def untouched(thing: str) -> bool:
        return ("held", *key, thing.lower()) not in touched

    boundary = None if ("boundary", *key) in touched else seen.boundary
    known = ledger.bearer(*key)
    ledger.bearers[key] = Bearer(
        made=Mark(None, None, seen.created) if seen.created else None,
        attached=frozenset(filter(untouched, seen.attached)),
        inline={policy: text for policy, text in seen.inline.items() if untouched(policy)},
        boundary=boundary,
        trust=None if ("trust", *key) in touched else seen.trust,
        members=known.members,
    )
    for group in filter(untouched, seen.groups):
        _join(ledger, name.lower(), group.lower())


def _join(ledger: Ledger, user: str, group: str) -> None:
    known = ledger.bearer("group", group)
    ledger.bearers["group", group] = replace(known, members=known.members | {user})
    ledger.groups_of[user] = ledger.groups_of.get(user, frozenset()) | {group}


def _plant_lost(ledger: Ledger, event: Event, seen: set[Slot]) -> None:
    """Give back what the first event on a thing takes away: it was there before."""
    key = event.target_type or "", (event.target_name or "").lower()
    thing = event.object_id
    if event.outcome != "success" or key[0] not in BEARERS or thing is None:
        return
    slot = ("held", *key, thing.lower())
    if slot not in seen:
        return
    seen.discard(slot)  # only the first event on it tells how it was before
    known = ledger.bearer(*key)
    if event.event_name.startswith("Detach"):
        ledger.bearers[key] = replace(known, attached=known.attached | {thing})
    elif event.event_name == "RemoveUserFromGroup":
        _join(ledger, key[1], thing.lower())
