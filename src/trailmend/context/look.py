"""What the ledger can say of one event, asked as it was before the event."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from trailmend.context.documents import Columns
from trailmend.context.permissions import permission_columns
from trailmend.context.permissions_before import permissions_before
from trailmend.context.shape import Context
from trailmend.context.sign_ins import is_console_login
from trailmend.context.store_settings import store_change
from trailmend.context.trail_buckets import bucket_change
from trailmend.context.trail_settings import Change, trail_change, trail_uses
from trailmend.events import ROOT_USER, Event, same_name
from trailmend.ledger import (
    BEARERS,
    DELEGATION,
    Credential,
    Device,
    Ledger,
    Mark,
    inline_key,
    membership,
    parsed,
    policy_of,
    registration,
    settings_before,
)
from trailmend.password_policies import NO_POLICY, PasswordPolicy, weaker_fields

RECENT = timedelta(hours=24)
_TAKES_OUT = {
    "DeregisterDelegatedAdministrator": registration,
    "RemoveRoleFromInstanceProfile": membership,
    "RemoveUserFromGroup": membership,
}
"""Calls that take somebody out of what they were put in, and what names the two."""
_LEAVES_THE_REST = {"UpdateTrail": "name", "UpdateEventDataStore": "eventDataStore"}
"""Calls that change only the settings that they are sent, and the field that says of what."""


def look(event: Event, ledger: Ledger) -> Context:
    """Ask the ledger, as it was before the event, all that it can say of it.

    Inside the ledger root is ROOT_USER, because an IAM user may be called `root`.
    """
    origin = _origin(event, ledger)
    if not (event.target_type or event.object_id or event.truncated):
        return Context(
            account_id=event.account_id,
            event_id=event.event_id,
            known_relation=event.relation,
            **origin,
        )
    personal = event.event_source == "iam.amazonaws.com" or is_console_login(event)
    owner, source = _owner(event, ledger) if personal else (None, None)
    columns = _of_owner(event, owner, ledger) if owner is not None else {}
    maker = _target_maker(event, owner, ledger)
    return Context(
        account_id=event.account_id,
        event_id=event.event_id,
        owner_type=None if owner is None else "root" if owner == ROOT_USER else "user",
        owner_name="root" if owner == ROOT_USER else owner,
        owner_source=source,
        known_relation=_known_relation(event, owner),
        before=_before(event, ledger),
        made_by_actor=_made_by_actor(event, owner, ledger),
        target_made_by_actor=_same_actor(event, maker),
        target_age=int((event.event_time - maker.time).total_seconds()) if maker else None,
        stopped_by_other=_stopped_by_other(event, ledger),
        never_assigned=_never_assigned(event, ledger),
        **columns,
        **_policy_columns(event, ledger),
        **permission_columns(event, ledger),
        of_trail=trail_uses(event, ledger),
        **origin,
    )


def _of_owner(event: Event, owner: str, ledger: Ledger) -> Columns:
    """Tell what the ledger knows of the user whose thing it is."""
    user, outsider = ledger.user(owner), _known_relation(event, owner) != "self"
    devices_before, devices_left = _devices(event, owner, ledger)
    return {
        "devices_before": devices_before,
        "devices_left": devices_left,
        "device_removed_by_actor": outsider and _recently_by_actor(event, user.device_removers),
        "password_set_by_actor": outsider and _recently_by_actor(event, user.password_setters),
        "password_set_by_other": _recent(event, user.password_of_others),
    }


def _policy_columns(event: Event, ledger: Ledger) -> Columns:
    """Compare the password policy, or the settings of a trail or store, with those before."""
    change = (
        _policy_change(event, ledger)
        or trail_change(event, ledger)
        or store_change(event, ledger)
        or bucket_change(event, ledger)
    )
    if change is None:
        return {}
    weaker, stronger, unknown = change
    return {
        "weakens": bool(weaker) or (None if unknown else False),
        "strengthens": bool(stronger),
        "weakened": ", ".join(weaker) or None,
    }


def _origin(event: Event, ledger: Ledger) -> Columns:
    """Tell who stands at the start of the chain of sessions that the call comes from."""
    session = ledger.session(event.access_key_id, event.event_time)
    if session is None:
        return {}
    return {
        "origin_type": session.origin_type,
        "origin_id": session.origin.actor_id,
        "origin_name": session.origin.actor_name,
        "origin_account": session.origin_account,
        "origin_access_key_id": session.origin_key,
        "origin_time": session.origin.time,
        "origin_roles": " ".join(_on_the_way(event, session.roles)) or None,
        "role_hops": session.hops,
    }


def _on_the_way(event: Event, roles: tuple[str, ...]) -> tuple[str, ...]:
    """Leave the caller's own role out, which is the last that was taken."""
    own = roles and event.actor_type == "AssumedRole" and same_name(roles[-1], event.actor_name)
    return roles[:-1] if own else roles


def counts_devices(event: Event) -> bool:
    """Say whether an event changes the number of somebody's enabled devices."""
    return event.outcome == "success" and event.event_name in (
        "EnableMFADevice",
        "DeactivateMFADevice",
    )


def thing_touched(event: Event, ledger: Ledger) -> tuple[str, str | None]:
    """Name what a call makes or deletes, so that a making and a deletion of it meet."""
    kind = event.event_name.removeprefix("Create").removeprefix("Delete")
    return kind, event.object_id or ledger.target(event)


def _owner(event: Event, ledger: Ledger) -> tuple[str | None, str | None]:
    if event.target_type in ("user", "root") and event.target_name is not None:
        return ledger.target(event), "event"
    owner = ledger.owner_of(event.object_type, event.object_id)
    return owner, "ledger" if owner is not None else None


def _known_relation(event: Event, owner: str | None) -> str:
    """Settle an unknown relation by the owner that the ledger knows.

    A sign-in that failed proves nobody, whomever it names.
    """
    if event.relation != "unknown" or owner is None or event.actor_type == "Unknown":
        return event.relation
    if is_console_login(event):
        return event.relation
    if event.actor_type == "Root":
        is_self = owner == ROOT_USER
    else:
        is_self = event.actor_type == "IAMUser" and same_name(event.actor_name, owner)
    return "self" if is_self and event.by_own_account else "other"


def _devices(event: Event, owner: str, ledger: Ledger) -> tuple[int | None, int | None]:
    """Count the owner's enabled devices before and after; None where none is known for sure."""
    known = ledger.enabled_devices(owner)
    this = {event.object_id} if event.object_id else set()
    before = after = known
    sure = ledger.user(owner).made is not None
    if event.object_id is None and counts_devices(event):
        return None, None
    if event.outcome == "success" and event.event_name == "EnableMFADevice":
        before, after = known - this, known | this
    if event.outcome == "success" and event.event_name == "DeactivateMFADevice":
        before, after = known | this, known - this
    return (len(before) or (0 if sure else None), len(after) or (0 if sure else None))


def _maker(event: Event, owner: str | None, ledger: Ledger) -> Mark | None:
    """Find who made the thing that is touched; for a deactivation: who assigned the device.

    For who or what is taken out of something: who had put it in.
    """
    if event.event_name in _TAKES_OUT:
        return ledger.put_in.get(_TAKES_OUT[event.event_name](event))
    if event.event_name == "DeactivateMFADevice":
        return ledger.devices.get(event.object_id or "", Device()).assigned
    if event.object_type == "mfa_device":
        return ledger.devices.get(event.object_id or "", Device()).made
    if event.object_type == "login_profile":
        return ledger.user(owner).profile_made
    if event.object_type in ("policy", "permissions_boundary"):
        return ledger.managed_policy(event.object_id).made
    if event.object_type in ("group", "permission_set"):
        return ledger.bearer(event.object_type, event.object_id).made
    credential = ledger.credential(event.object_type, event.object_id)
    if credential is not None:
        return credential.made
    return ledger.thing(event.object_type, event.object_id, event.region).made


def _target_maker(event: Event, owner: str | None, ledger: Ledger) -> Mark | None:
    """Find who made the user, role, group, policy or other thing that is acted on."""
    if owner is not None:
        return ledger.user(owner).made
    if event.target_type in BEARERS:
        return ledger.bearer(event.target_type, event.target_name).made
    if event.target_type == "policy":
        return ledger.managed_policy(event.target_name).made
    return ledger.thing(event.target_type, event.target_name, event.region).made


def _made_by_actor(event: Event, owner: str | None, ledger: Ledger) -> bool | None:
    """Tell whether the caller made the thing; of an inline policy: alone, in the last 24 hours."""
    if event.object_type != "inline_policy":
        return _same_actor(event, _maker(event, owner, ledger))
    written = ledger.inline_by.get(inline_key(event))
    if written is None or None in (written.actor_id, written.arn):
        return None
    same = (written.actor_id, written.arn) == (event.actor_id, event.actor_arn)
    return same and event.event_time - written.time <= RECENT


def _same_actor(event: Event, made: Mark | None) -> bool | None:
    if made is None or made.actor_id is None or event.actor_id is None:
        return None
    return made.actor_id == event.actor_id


def _stopped_by_other(event: Event, ledger: Ledger) -> bool | None:
    held = ledger.credential(event.object_type, event.object_id)
    if held is None or not held.stopped_by or event.actor_id is None:
        return None
    others = held.stopped_by - {event.actor_id}
    return True if others - {None} else None if others else False


def _recent(event: Event, made: Mark | None) -> bool:
    return made is not None and event.event_time - made.time <= RECENT


def _recently_by_actor(event: Event, times: Mapping[str, datetime]) -> bool:
    done = times.get(event.actor_id or "")
    return done is not None and event.event_time - done <= RECENT


def _never_assigned(event: Event, ledger: Ledger) -> bool | None:
    if event.object_type != "mfa_device":
        return None
    device = ledger.devices.get(event.object_id or "")
    if device is None or (device.made is None and device.owner is None):
        return None
    return device.owner is None


def _before(event: Event, ledger: Ledger) -> str | None:
    """Tell how the object was, as JSON; None where the log does not show it."""
    told = _told_before(event, ledger)
    return msgspec.json.encode(told).decode() if told else None


def _told_before(event: Event, ledger: Ledger) -> object:
    if "AccountPasswordPolicy" in event.event_name:
        known = ledger.policy_known and ledger.policy is not NO_POLICY
        return ledger.policy if known else None
    held = ledger.credential(event.object_type, event.object_id)
    if held is not None:
        return _told(event, held)
    if event.target_type in (*BEARERS, "policy", "organization_policy"):
        return permissions_before(event, ledger)
    if event.event_name == "MoveAccount":
        return _place_before(event)
    if event.target_type == "organization" and "ResourcePolicy" in event.event_name:
        former = ledger.guardrails.get(DELEGATION)
        return {"content": former} if former else None
    before = settings_before(ledger, event)
    which = _LEAVES_THE_REST.get(event.event_name)
    return before if which is None else _of_call(event, before, which)


def _of_call(event: Event, before: dict[str, Any], which: str) -> dict[str, Any] | None:
    """Leave out what the call did not touch: what it is not sent stays as it was.

    The trail or store goes by its name or its ARN, which is no change of it.
    """
    sent = parsed(event.request)
    touched = {name: was for name, was in before.items() if name in sent and name != which}
    return {which: sent.get(which), **touched} if touched else None


def _place_before(event: Event) -> dict[str, str] | None:
    """Tell where an account was: the request names it, and a wrong one is refused."""
    place = parsed(event.request).get("sourceParentId")
    return {"parentId": place} if event.outcome == "success" and isinstance(place, str) else None


def _told(event: Event, held: Credential) -> dict[str, str] | None:
    parts = {"status": held.status}
    if event.object_type == "ssh_key":
        parts |= {"ssh_public_key_body": held.body, "fingerprint": held.fingerprint}
    return {name: value for name, value in parts.items() if value is not None} or None


def _policy_change(event: Event, ledger: Ledger) -> Change | None:
    """Compare the policy with the one before; None where it is unknown."""
    if event.outcome != "success" or not ledger.policy_known:
        return None
    after: PasswordPolicy | None
    if event.event_name == "DeleteAccountPasswordPolicy":
        after = NO_POLICY
    elif event.event_name == "UpdateAccountPasswordPolicy":
        after = policy_of(event)
        if after is None:
            return None
    else:
        return None
    return weaker_fields(ledger.policy, after), weaker_fields(after, ledger.policy), ()
