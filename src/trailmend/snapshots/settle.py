"""What a later snapshot says of parts that an earlier one told too: that holds from its time on.

It overrules what was laid under the log alone.  What an event touched the log tells, and whom or
what an event ended does not come back, however old the answer is that still names it.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from trailmend.ledger import Bearer, Credential, Device, Ledger, ManagedPolicy, Mark
from trailmend.password_policies import NO_POLICY
from trailmend.snapshots.account import policy_of
from trailmend.snapshots.names import FirstNames
from trailmend.snapshots.read import bearers_named
from trailmend.snapshots.shape import SeenBearer, SeenUser, Snapshot
from trailmend.snapshots.slots import Slot

_OLDEST_REPORT = timedelta(hours=4)
"""AWS gives a credential report again that is no older, so it lacks who was made since."""
_BEARERS = ("user", "group", "role")
_NOTHING = SeenUser(password=False, devices={}, access_keys={})


@dataclass(frozen=True, slots=True)
class Correction:
    """A snapshot, the names of its time, and what events before it touched under first names."""

    snapshot: Snapshot
    names: FirstNames
    touched: frozenset[Slot]

    @property
    def taken_at(self) -> datetime:
        """Say when the snapshot was taken."""
        return self.snapshot.taken_at

    def untouched(self, part: str, kind: str, name: str, *more: str) -> bool:
        """Say whether no event touched a part of somebody, who is called by the name of now."""
        first = self.names.then(kind, name)
        return bool(first) and (part, kind, first.lower(), *more) not in self.touched

    def is_new(self, *thing: str) -> bool:
        """Say whether no event touched a thing."""
        return thing not in self.touched

    def lives(self, kind: str, name: str) -> bool:
        """Say whether the log shows neither the making nor the end of somebody."""
        return self.untouched("life", kind, name) and self.untouched("end", kind, name)


def settle(ledger: Ledger, correction: Correction) -> None:
    """Bring a ledger that stands at the time of a snapshot to what the snapshot shows."""
    seen = correction.snapshot
    bearers = {(kind, name.lower()): bearer for kind, name, bearer in bearers_named(seen)}
    named = {*bearers, *(("user", name.lower()) for name in seen.users)}
    for key in _gone(ledger, correction, named):
        _take_away(ledger, correction, key)
    for key, bearer in bearers.items():
        if correction.lives(*key):
            _settle_bearer(ledger, correction, key, bearer)
    for name, user in seen.users.items():
        if correction.lives("user", name):
            owner = ledger.names.setdefault(name.lower(), name)
            _settle_user(ledger, correction, owner, user)
    _settle_policies(ledger, correction)
    if correction.is_new("password policy"):
        set_password_policy(ledger, seen)


def set_password_policy(ledger: Ledger, snapshot: Snapshot) -> None:
    """Note the password policy that a snapshot tells, or that there is none."""
    seen = snapshot.account
    if seen is not None and (seen.policy is not None or seen.no_policy):
        ledger.policy = NO_POLICY if seen.no_policy else policy_of(seen)
        ledger.policy_known = seen.no_policy or ledger.policy is not None


def _gone(
    ledger: Ledger, correction: Correction, named: set[tuple[str, str]]
) -> list[tuple[str, str]]:
    """Find whom a whole list does not name, unless the log shows their making or their end."""
    known = {*ledger.bearers, *(("user", name.lower()) for name in ledger.users)}
    whole = {*correction.snapshot.whole}.intersection(_BEARERS)
    return [
        key
        for key in known - named
        if key[0] in whole and correction.lives(*key)
        if not _is_too_young(ledger, correction.snapshot, key)
    ]


def _is_too_young(ledger: Ledger, snapshot: Snapshot, key: tuple[str, str]) -> bool:
    """Say whether somebody may have been made after a credential report, which tells no more."""
    if any(name.startswith(key[0]) for name in snapshot.bearers):
        return False
    owner = ledger.names.get(key[1], key[1])
    made = ledger.bearer(*key).made or ledger.user(owner).made
    return made is not None and made.time > snapshot.taken_at - _OLDEST_REPORT


def _take_away(ledger: Ledger, correction: Correction, key: tuple[str, str]) -> None:
    """Forget somebody, or of whom an event touched all that no event did."""
    if correction.untouched("touched", *key):
        _forget(ledger, *key)
        return
    if key in ledger.bearers:
        _settle_bearer(ledger, correction, key, SeenBearer())
    if key[0] == "user":
        _settle_user(ledger, correction, ledger.names.get(key[1], key[1]), _NOTHING)


def _forget(ledger: Ledger, kind: str, name: str) -> None:
    former = ledger.bearers.pop((kind, name), Bearer())
    if kind == "group":
        for member in former.members:
            ledger.groups_of[member] = ledger.groups_of.get(member, frozenset()) - {name}
    if kind == "user":
        for group in ledger.groups_of.pop(name, frozenset()):
            _leave(ledger, name, group)
        owner = ledger.names.pop(name, name)
        ledger.users.pop(owner, None)
        for held in ledger.holdings():
            held.forget(owner)


def _settle_bearer(
    ledger: Ledger, correction: Correction, key: tuple[str, str], seen: SeenBearer
) -> None:
    def new(thing: str) -> bool:
        return correction.untouched("held", *key, thing.lower())

    known = ledger.bearer(*key)
    attached = {arn for arn in known.attached if not new(arn)} | set(filter(new, seen.attached))
    inline = {name: text for name, text in known.inline.items() if not new(name)}
    is_new = {part: correction.untouched(part, *key) for part in ("boundary", "trust")}
    ledger.bearers[key] = replace(
        known,
        made=known.made or (Mark(None, None, seen.created) if seen.created else None),
        attached=frozenset(attached),
        inline=inline | {name: text for name, text in seen.inline.items() if new(name)},
        boundary=seen.boundary if is_new["boundary"] else known.boundary,
        trust=seen.trust if is_new["trust"] else known.trust,
    )
    if key[0] == "user":
        _settle_groups(ledger, correction, key[1], {group.lower() for group in seen.groups})


def _settle_groups(ledger: Ledger, correction: Correction, user: str, groups: set[str]) -> None:
    def new(group: str) -> bool:
        first = correction.names.then("group", group).lower()
        return bool(first) and correction.untouched("held", "user", user, first)

    for group in filter(new, ledger.groups_of.get(user, frozenset()) - groups):
        _leave(ledger, user, group)
    for group in filter(new, groups):
        join_group(ledger, user, group)


def join_group(ledger: Ledger, user: str, group: str) -> None:
    """Put a user into a group; both names are in lower case."""
    known = ledger.bearer("group", group)
    ledger.bearers["group", group] = replace(known, members=known.members | {user})
    ledger.groups_of[user] = ledger.groups_of.get(user, frozenset()) | {group}


def _leave(ledger: Ledger, user: str, group: str) -> None:
    known = ledger.bearer("group", group)
    ledger.bearers["group", group] = replace(known, members=known.members - {user})
    ledger.groups_of[user] = ledger.groups_of.get(user, frozenset()) - {group}


def _settle_user(ledger: Ledger, correction: Correction, owner: str, seen: SeenUser) -> None:
    known = ledger.user(owner)
    if seen.password is not None:
        part = "password made" if seen.password else "password"
        if correction.untouched(part, "user", owner):
            known = replace(known, had_password=seen.password)
    if seen.devices is not None and seen.all_devices and seen.created is not None:
        known = replace(known, made=known.made or Mark(None, None, seen.created))
    ledger.users[owner] = known
    _settle_devices(ledger, correction, owner, seen)
    if seen.access_keys is not None:
        keys = ledger.access_keys
        for key in _lacking(keys.of(owner), seen.access_keys, correction):
            del keys[key]
        for key, one in seen.access_keys.items():
            if correction.is_new("object", key):
                keys[key] = Credential(owner, one.status)


def _settle_devices(ledger: Ledger, correction: Correction, owner: str, seen: SeenUser) -> None:
    if seen.devices is None:
        return
    held = ledger.devices.of(owner)
    for serial in _lacking(held, seen.devices, correction) if seen.all_devices else ():
        del ledger.devices[serial]
    for serial in seen.devices:
        if correction.is_new("object", serial):
            ledger.devices[serial] = Device(owner=owner, enabled=True)


def _lacking(held: Iterable[str], seen: Container[str], correction: Correction) -> Iterator[str]:
    return (one for one in held if one not in seen and correction.is_new("object", one))


def _settle_policies(ledger: Ledger, correction: Correction) -> None:
    seen = correction.snapshot
    if "policy" in seen.whole:
        for arn in [one for one in ledger.policies if one not in seen.policies]:
            if correction.is_new("policy", arn):
                del ledger.policies[arn]
    for arn, policy in seen.policies.items():
        if correction.is_new("policy", arn):
            ledger.policies[arn] = ManagedPolicy(None, policy.versions, policy.default)
