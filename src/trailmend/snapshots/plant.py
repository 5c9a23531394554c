"""Snapshots laid under the log: what stood before the first event, inferred.

What a snapshot shows and no event before it touched has been so since before the log began.  What
an event touched the log tells itself, and what it took away must have been there.  Whoever was
renamed is laid under the name of then.  Of several snapshots the earliest speaks for the time
before it; where a later one tells the same part otherwise, that holds from its own time on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from trailmend.events import Event
from trailmend.ledger import (
    BEARERS,
    Bearer,
    Credential,
    Device,
    Ledger,
    ManagedPolicy,
    Mark,
)
from trailmend.snapshots.join import joined_user
from trailmend.snapshots.names import first_names, under_first_names, was_there
from trailmend.snapshots.read import bearers_named
from trailmend.snapshots.settle import Correction, join_group, set_password_policy
from trailmend.snapshots.shape import SeenBearer, SeenUser, Snapshot
from trailmend.snapshots.slots import Slot, changes_identities, slots_of


@dataclass(slots=True)
class _Told:
    """What earlier snapshots told, under first names in lower case: no later one is laid there."""

    whole: set[str] = field(default_factory=set)
    users: dict[str, SeenUser] = field(default_factory=dict)
    bearers: set[tuple[str, str]] = field(default_factory=set)
    policies: set[str] = field(default_factory=set)

    def add(self, snapshot: Snapshot) -> None:
        """Add what one more snapshot tells."""
        self.whole |= {*snapshot.whole}
        self.policies |= snapshot.policies.keys()
        self.bearers |= {(kind, name.lower()) for kind, name, _ in bearers_named(snapshot)}
        for name, user in snapshot.users.items():
            self.users[name.lower()] = joined_user(user, self.users.get(name.lower()))

    def bearer(self, kind: str, name: str) -> bool:
        """Say whether it was told what somebody bears, or that there is nobody of the name."""
        if kind == "user" and self.no_user(name):
            return True
        return kind in self.whole & {"group", "role"} or (kind, name.lower()) in self.bearers

    def user(self, name: str) -> SeenUser:
        """Give what was told of a user."""
        return self.users.get(name.lower(), SeenUser())

    def no_user(self, name: str) -> bool:
        """Say whether it was told that there is nobody of a name."""
        return "user" in self.whole and name.lower() not in self.users


def plant(ledger: Ledger, snapshot: Snapshot, events: Iterable[Event]) -> list[Correction]:
    """Fill an empty ledger with what stood before the first of the events, given in time.

    Gives what a later snapshot corrects, each at its own time.
    """
    changes = list(filter(changes_identities, events))
    told, corrections = _Told(), list[Correction]()
    for seen in snapshot.in_time:
        names = first_names([one for one in changes if one.event_time <= seen.taken_at])
        touched = {slot for event in names.events for slot in slots_of(event)}
        first = under_first_names(seen, names)
        if seen is not snapshot.in_time[0]:
            corrections.append(Correction(seen, names, frozenset(touched)))
        _plant(ledger, first, touched, told)
        for event in names.events:
            _plant_lost(ledger, event, touched, told)
        told.add(first)
    return corrections


def _plant(ledger: Ledger, snapshot: Snapshot, touched: set[Slot], told: _Told) -> None:
    for name, user in snapshot.users.items():
        if ("life", "user", name.lower()) not in touched and not told.no_user(name):
            _plant_user(ledger, name, user, touched, told.user(name))
    for kind, name, bearer in bearers_named(snapshot):
        if ("life", kind, name.lower()) not in touched and not told.bearer(kind, name):
            _plant_bearer(ledger, kind, name, bearer, touched)
    for arn, policy in snapshot.policies.items():
        known = "policy" in told.whole or arn in told.policies
        if ("policy", arn) not in touched and not known:
            ledger.policies[arn] = ManagedPolicy(None, policy.versions, policy.default)
    if ("password policy",) not in touched and not ledger.policy_known:
        set_password_policy(ledger, snapshot)


def _plant_user(
    ledger: Ledger, name: str, user: SeenUser, touched: set[Slot], earlier: SeenUser
) -> None:
    """Lay a user under the log, with what no earlier snapshot told of them."""
    name = ledger.names.setdefault(name.lower(), name)
    known = ledger.user(name)
    new = user.devices is not None and user.all_devices and user.created is not None
    had = bool(user.password) and ("password made", "user", name.lower()) not in touched
    ledger.users[name] = replace(
        known,
        made=known.made or (Mark(None, None, user.created) if new and user.created else None),
        had_password=known.had_password if earlier.password is not None else had,
    )
    if earlier.devices is None or not earlier.all_devices:
        for serial in user.devices or ():
            if ("object", serial) not in touched:
                ledger.devices[serial] = Device(owner=name, enabled=True)
    if earlier.access_keys is None:
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
        join_group(ledger, name.lower(), group.lower())


def _plant_lost(ledger: Ledger, event: Event, seen: set[Slot], told: _Told) -> None:
    """Give back what the first event on a thing takes away: it was there before."""
    key = event.target_type or "", (event.target_name or "").lower()
    thing = event.object_id
    if key[0] not in BEARERS or thing is None or told.bearer(*key):
        return
    if not (was_there(key[1]) and was_there(thing)):
        return
    slot = ("held", *key, thing.lower())
    if slot not in seen:
        return
    seen.discard(slot)  # only the first event on it tells how it was before
    known = ledger.bearer(*key)
    if event.event_name.startswith("Detach"):
        ledger.bearers[key] = replace(known, attached=known.attached | {thing})
    elif event.event_name == "RemoveUserFromGroup":
        join_group(ledger, key[1], thing.lower())
