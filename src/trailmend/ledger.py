"""The account as the log shows it: who owns which credential, who made it, what it was before.

The ledger is fed successful events in the order of time and answers questions about the moment
between two of them.  What the log does not show is unknown, never assumed: a user whose making
was not seen may have devices and keys that no event has named yet.
"""

from __future__ import annotations

import json
from collections import UserDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from trailmend.events import ROOT_USER, Event
from trailmend.password_policies import NO_POLICY, PasswordPolicy, read_policy


@dataclass(frozen=True, slots=True)
class Mark:
    """Who did something, and when."""

    actor_id: str | None
    actor_name: str | None
    time: datetime


@dataclass(frozen=True, slots=True)
class Device:
    """An MFA device: whose it is or last was, and whether it is enabled."""

    owner: str | None = None
    enabled: bool = False
    made: Mark | None = None
    assigned: Mark | None = None


@dataclass(frozen=True, slots=True)
class Credential:
    """An access key or an SSH key; body and fingerprint are of SSH keys."""

    owner: str
    status: str | None = None
    made: Mark | None = None
    body: str | None = None
    fingerprint: str | None = None


Thing = TypeVar("Thing", Device, Credential)


class Holdings(UserDict[str, Thing]):
    """Things by their ids, which finds those of one owner without a look at all the others."""

    def __init__(self) -> None:
        self._ids: dict[str | None, set[str]] = {}
        super().__init__()

    def __setitem__(self, object_id: str, thing: Thing) -> None:
        """Put a thing in the place of what had its id."""
        if object_id in self.data:
            del self[object_id]
        self.data[object_id] = thing
        self._ids.setdefault(thing.owner, set()).add(object_id)

    def __delitem__(self, object_id: str) -> None:
        """Forget a thing, and an owner who has nothing else."""
        owner = self.data.pop(object_id).owner
        self._ids[owner].remove(object_id)
        if not self._ids[owner]:
            del self._ids[owner]

    def of(self, owner: str | None) -> dict[str, Thing]:
        """Give what one owner has, apart from the rest."""
        return {object_id: self.data[object_id] for object_id in self._ids.get(owner, ())}

    def forget(self, owner: str | None) -> None:
        """Forget all that one owner has."""
        for object_id in self.of(owner):
            del self[object_id]

    def hand_over(self, owner: str, heir: str) -> None:
        """Give all that one owner has to another."""
        for object_id, thing in self.of(owner).items():
            self[object_id] = replace(thing, owner=heir)


@dataclass(frozen=True, slots=True)
class User:
    """What is known of a user; `made` is set where the log shows the user's whole life.

    `password_of_others` marks a password that somebody else set and the user has not changed.
    Setters and removers are the other principals, by id, with the last time: a later step of one
    does not hide that of another, and neither does a change in the user's name, which whoever
    knows the password can make.
    """

    made: Mark | None = None
    had_password: bool = False
    profile_made: Mark | None = None
    password_of_others: Mark | None = None
    password_setters: Mapping[str, datetime] = field(default_factory=dict)
    device_removers: Mapping[str, datetime] = field(default_factory=dict)


_STRANGER = User()


@dataclass(slots=True)
class Ledger:
    """One account at one moment; `learn` moves it past an event."""

    names: dict[str, str] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    devices: Holdings[Device] = field(default_factory=Holdings)
    access_keys: Holdings[Credential] = field(default_factory=Holdings)
    ssh_keys: Holdings[Credential] = field(default_factory=Holdings)
    policy: PasswordPolicy | None = NO_POLICY
    policy_known: bool = False

    def target(self, event: Event) -> str | None:
        """Name an event's target as the ledger does.

        Root is ROOT_USER, because a user may be called `root`.  Upper and lower case are the same
        to IAM (botocore iam CreateUser), so a name has the spelling in which it came first.
        """
        if event.target_type == "root":
            return ROOT_USER
        name = event.target_name
        return None if name is None else self.names.get(name.lower(), name)

    def user(self, name: str | None) -> User:
        """Give what is known of a user, which may be nothing."""
        return self.users.get(name or "", _STRANGER)

    def enabled_devices(self, owner: str) -> set[str]:
        """Give the serials known to be enabled for a user."""
        return {serial for serial, one in self.devices.of(owner).items() if one.enabled}

    def owner_of(self, object_type: str | None, object_id: str | None) -> str | None:
        """Say whose credential or device this is, or last was."""
        if object_id is None:
            return None
        if object_type == "mfa_device":
            return self.devices.get(object_id, Device()).owner
        held = self.credential(object_type, object_id)
        return held.owner if held else None

    def credential(self, object_type: str | None, object_id: str | None) -> Credential | None:
        """Give what is known of an access key or an SSH key."""
        return None if object_id is None else self._credentials(object_type).get(object_id)

    def learn(self, event: Event) -> None:
        """Take in an event; one that failed, or that says nothing of identity, changes nothing."""
        if event.event_source != "iam.amazonaws.com" or event.outcome != "success":
            return
        lesson = _LESSONS.get(event.event_name)
        if lesson is not None:
            lesson(self, event)

    def doubt(self, object_id: str) -> None:
        """Forget a status that two events of one second set to different values."""
        for held in (self.access_keys, self.ssh_keys):
            if object_id in held:
                held[object_id] = replace(held[object_id], status=None)

    def _credentials(self, object_type: str | None) -> Holdings[Credential]:
        if object_type == "access_key":
            return self.access_keys
        return self.ssh_keys if object_type == "ssh_key" else Holdings()


def mark(event: Event) -> Mark:
    """Say who made an event, and when."""
    return Mark(event.actor_id, event.actor_name, event.event_time)


def parsed(text: str | None) -> dict[str, Any]:
    """Read a column of JSON text; an empty object where there is none."""
    value = json.loads(text) if text else None
    return value if isinstance(value, dict) else {}


def _owner(ledger: Ledger, event: Event) -> str | None:
    """Name the target, and keep the spelling of a name that is new."""
    owner = ledger.target(event)
    if owner is not None and owner != ROOT_USER:
        ledger.names.setdefault(owner.lower(), owner)
    return owner


def _revise(ledger: Ledger, event: Event, **changes: Any) -> None:
    owner = _owner(ledger, event)
    if owner is not None:
        ledger.users[owner] = replace(ledger.user(owner), **changes)


def _create_user(ledger: Ledger, event: Event) -> None:
    """Start a new life: what a former user of this name had is not the new one's."""
    former, name = ledger.target(event), event.target_name
    if name is None:
        return
    ledger.users.pop(former or name, None)
    ledger.names[name.lower()] = name
    ledger.users[name] = User(made=mark(event))
    for held in (ledger.devices, ledger.access_keys, ledger.ssh_keys):
        held.forget(former)


def _delete_user(ledger: Ledger, event: Event) -> None:
    """Forget the user; IAM deletes none that still has credentials (botocore iam DeleteUser)."""
    ledger.users.pop(ledger.target(event) or "", None)


def _update_user(ledger: Ledger, event: Event) -> None:
    """Carry what is known over to a user's new name."""
    old, new = ledger.target(event), parsed(event.request).get("newUserName")
    if old is None or not isinstance(new, str):
        return
    ledger.names[new.lower()] = new
    ledger.users[new] = ledger.users.pop(old, User())
    for held in (ledger.devices, ledger.access_keys, ledger.ssh_keys):
        held.hand_over(old, new)


def _create_login_profile(ledger: Ledger, event: Event) -> None:
    """Note who made the profile; a new user's first password by the user's maker is no attack."""
    user = ledger.user(ledger.target(event))
    maker = user.made.actor_id if user.made else None
    if maker is None or maker != event.actor_id or user.had_password:
        _set_password(ledger, event)
    _revise(ledger, event, profile_made=mark(event), had_password=True)


def _set_password(ledger: Ledger, event: Event) -> None:
    """Note a password set by somebody else; one's own change makes it one's own again."""
    if event.relation != "other":
        before = ledger.user(ledger.target(event)).password_of_others
        if before is not None and before.time < event.event_time:
            _revise(ledger, event, password_of_others=None)
        return
    setters = ledger.user(ledger.target(event)).password_setters
    _revise(
        ledger,
        event,
        password_of_others=mark(event),
        password_setters={**setters, str(event.actor_id): event.event_time},
    )


def _delete_login_profile(ledger: Ledger, event: Event) -> None:
    _revise(ledger, event, profile_made=None, password_of_others=None)


def _create_device(ledger: Ledger, event: Event) -> None:
    if event.object_id is not None:
        ledger.devices[event.object_id] = Device(made=mark(event))


def _enable_device(ledger: Ledger, event: Event) -> None:
    owner = _owner(ledger, event)
    if event.object_id is not None and owner is not None:
        known = ledger.devices.get(event.object_id, Device())
        ledger.devices[event.object_id] = replace(
            known, owner=owner, enabled=True, assigned=mark(event)
        )
    elif event.object_id is not None:
        ledger.devices.pop(event.object_id, None)


def _deactivate_device(ledger: Ledger, event: Event) -> None:
    if event.object_id is not None:
        known = ledger.devices.get(event.object_id, Device())
        owner = _owner(ledger, event) or known.owner
        ledger.devices[event.object_id] = replace(known, owner=owner, enabled=False)
    elif event.target_name is not None:  # one of them went: nothing is sure any more
        ledger.devices.forget(_owner(ledger, event))
        _revise(ledger, event, made=None)
    if event.relation == "other":
        removers = ledger.user(ledger.target(event)).device_removers
        _revise(ledger, event, device_removers={**removers, str(event.actor_id): event.event_time})


def _delete_device(ledger: Ledger, event: Event) -> None:
    ledger.devices.pop(event.object_id or "", None)


def _create_access_key(ledger: Ledger, event: Event) -> None:
    owner = _owner(ledger, event)
    if event.object_id is not None and owner is not None:
        status = _answered(event, "accessKey").get("status")
        ledger.access_keys[event.object_id] = Credential(owner, status, mark(event))


def _upload_ssh_key(ledger: Ledger, event: Event) -> None:
    key, owner = _answered(event, "sSHPublicKey"), _owner(ledger, event)
    if event.object_id is not None and owner is not None:
        body = key.get("sSHPublicKeyBody") or parsed(event.request).get("sSHPublicKeyBody")
        ledger.ssh_keys[event.object_id] = Credential(
            owner, key.get("status"), mark(event), body, key.get("fingerprint")
        )


def _answered(event: Event, shape: str) -> Mapping[str, Any]:
    value = parsed(event.response).get(shape)
    return value if isinstance(value, dict) else {}


def _update_credential(ledger: Ledger, event: Event) -> None:
    """Note a credential's new status, and its owner where it was not known before."""
    held = ledger._credentials(event.object_type)
    status, owner = parsed(event.request).get("status"), _owner(ledger, event)
    if event.object_id is None or owner is None:
        return
    known = held.get(event.object_id, Credential(owner))
    held[event.object_id] = replace(known, status=status if isinstance(status, str) else None)


def _delete_credential(ledger: Ledger, event: Event) -> None:
    ledger._credentials(event.object_type).pop(event.object_id or "", None)


def policy_of(event: Event) -> PasswordPolicy | None:
    """Read the policy that an UpdateAccountPasswordPolicy sets; None where it is not readable."""
    sent = json.loads(event.request) if event.request else {}
    return read_policy(sent) if isinstance(sent, dict) else None


def _update_policy(ledger: Ledger, event: Event) -> None:
    ledger.policy = policy_of(event)
    ledger.policy_known = ledger.policy is not None


def _delete_policy(ledger: Ledger, _: Event) -> None:
    ledger.policy, ledger.policy_known = NO_POLICY, True


_LESSONS: Mapping[str, Callable[[Ledger, Event], None]] = {
    "ChangePassword": _set_password,
    "CreateAccessKey": _create_access_key,
    "CreateLoginProfile": _create_login_profile,
    "CreateUser": _create_user,
    "CreateVirtualMFADevice": _create_device,
    "DeactivateMFADevice": _deactivate_device,
    "DeleteAccessKey": _delete_credential,
    "DeleteAccountPasswordPolicy": _delete_policy,
    "DeleteLoginProfile": _delete_login_profile,
    "DeleteSSHPublicKey": _delete_credential,
    "DeleteUser": _delete_user,
    "DeleteVirtualMFADevice": _delete_device,
    "EnableMFADevice": _enable_device,
    "UpdateAccessKey": _update_credential,
    "UpdateAccountPasswordPolicy": _update_policy,
    "UpdateLoginProfile": _set_password,
    "UpdateSSHPublicKey": _update_credential,
    "UpdateUser": _update_user,
    "UploadSSHPublicKey": _upload_ssh_key,
}
