"""Lessons on people: users, their passwords, devices and keys, and the password policy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import msgspec

from trailmend.events import ROOT_USER, Event
from trailmend.ledger.account import Ledger, answered, mark, parsed
from trailmend.ledger.shape import Credential, Device, User
from trailmend.password_policies import NO_POLICY, PasswordPolicy, read_policy


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
    for held in ledger.holdings():
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
    for held in ledger.holdings():
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
    _own(ledger, event, answered(event, "accessKey").get("status"))


def _create_service_credential(ledger: Ledger, event: Event) -> None:
    _own(ledger, event, answered(event, "serviceSpecificCredential").get("status"))


def _upload_certificate(ledger: Ledger, event: Event) -> None:
    _own(ledger, event, answered(event, "certificate").get("status"))


def _own(ledger: Ledger, event: Event, status: str | None) -> None:
    owner = _owner(ledger, event)
    if event.object_id is not None and owner is not None:
        held = ledger.credentials(event.object_type)
        held[event.object_id] = Credential(owner, status, mark(event))


def _upload_ssh_key(ledger: Ledger, event: Event) -> None:
    key, owner = answered(event, "sSHPublicKey"), _owner(ledger, event)
    if event.object_id is not None and owner is not None:
        body = key.get("sSHPublicKeyBody") or parsed(event.request).get("sSHPublicKeyBody")
        ledger.ssh_keys[event.object_id] = Credential(
            owner, key.get("status"), mark(event), body, key.get("fingerprint")
        )


def _update_credential(ledger: Ledger, event: Event) -> None:
    """Note a credential's new status, and its owner where it was not known before."""
    held = ledger.credentials(event.object_type)
    status, owner = parsed(event.request).get("status"), _owner(ledger, event)
    if event.object_id is None or owner is None:
        return
    known = held.get(event.object_id, Credential(owner))
    stopped_by = known.stopped_by | {event.actor_id} if status == "Inactive" else frozenset()
    status = status if isinstance(status, str) else None
    held[event.object_id] = replace(known, status=status, stopped_by=stopped_by)


def _delete_credential(ledger: Ledger, event: Event) -> None:
    ledger.credentials(event.object_type).pop(event.object_id or "", None)


def policy_of(event: Event) -> PasswordPolicy | None:
    """Read the policy that an UpdateAccountPasswordPolicy sets; None where it is not readable."""
    sent = msgspec.json.decode(event.request) if event.request else {}
    return read_policy(sent) if isinstance(sent, dict) else None


def _update_policy(ledger: Ledger, event: Event) -> None:
    ledger.policy = policy_of(event)
    ledger.policy_known = ledger.policy is not None


def _delete_policy(ledger: Ledger, _: Event) -> None:
    ledger.policy, ledger.policy_known = NO_POLICY, True


LESSONS: Mapping[str, Callable[[Ledger, Event], None]] = {
    "ChangePassword": _set_password,
    "CreateAccessKey": _create_access_key,
    "CreateLoginProfile": _create_login_profile,
    "CreateServiceSpecificCredential": _create_service_credential,
    "CreateUser": _create_user,
    "CreateVirtualMFADevice": _create_device,
    "DeactivateMFADevice": _deactivate_device,
    "DeleteAccessKey": _delete_credential,
    "DeleteAccountPasswordPolicy": _delete_policy,
    "DeleteLoginProfile": _delete_login_profile,
    "DeleteSSHPublicKey": _delete_credential,
    "DeleteServiceSpecificCredential": _delete_credential,
    "DeleteSigningCertificate": _delete_credential,
    "DeleteUser": _delete_user,
    "DeleteVirtualMFADevice": _delete_device,
    "EnableMFADevice": _enable_device,
    "UpdateAccessKey": _update_credential,
    "UpdateAccountPasswordPolicy": _update_policy,
    "UpdateLoginProfile": _set_password,
    "UpdateSSHPublicKey": _update_credential,
    "UpdateServiceSpecificCredential": _update_credential,
    "UpdateSigningCertificate": _update_credential,
    "UpdateUser": _update_user,
    "UploadSSHPublicKey": _upload_ssh_key,
    "UploadSigningCertificate": _upload_certificate,
}
