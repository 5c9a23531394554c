"""What the ledger adds to each event: the row of `context`, made by folding events in time.

Inside one second the log gives no order.  The life cycle does (create the user, then what is the
user's, enable, update, deactivate, delete, the user last); what that does not settle is unknown
(`_unsettled`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import groupby
from operator import attrgetter

import msgspec

from trailmend.events import ROOT_USER, Event, same_name
from trailmend.habits import Facts, Habits
from trailmend.ledger import Credential, Device, Ledger, Mark, policy_of
from trailmend.password_policies import NO_POLICY, PasswordPolicy, weaker_fields

RECENT = timedelta(hours=24)
_LIFE_CYCLE = (
    re.compile("Create(User|VirtualMFADevice)$"),
    re.compile("Create|Upload"),
    re.compile("Enable"),
    re.compile("Update(?!User$)|Change"),
    re.compile("UpdateUser$"),
    re.compile("Deactivate"),
    re.compile("Delete(?!User$)"),
    re.compile("DeleteUser$"),
)
_MIDDLE = 3


class Context(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The ledger's answer for one event; None where the log does not tell."""

    account_id: str
    event_id: str
    owner_type: str | None = None
    owner_name: str | None = None
    owner_source: str | None = None
    known_relation: str = "unknown"
    before: str | None = None
    devices_before: int | None = None
    devices_left: int | None = None
    made_by_actor: bool | None = None
    target_made_by_actor: bool | None = None
    never_assigned: bool | None = None
    device_removed_by_actor: bool = False
    password_set_by_actor: bool = False
    password_set_by_other: bool = False
    weakens: bool | None = None
    strengthens: bool | None = None
    weakened: str | None = None
    log_days: int = 0
    known_days: int | None = None
    first_call: bool | None = None
    first_address: bool | None = None
    first_agent: bool | None = None
    first_action: bool | None = None
    same_action_10m: int | None = None
    targets_10m: int | None = None
    denied_before: int | None = None
    failed_before: int | None = None
    trail_off: bool | None = False
    trail_off_since: datetime | None = None
    trail_off_by_actor: bool | None = None


COLUMNS: dict[str, str] = {
    "account_id": "The account of the event.",
    "event_id": "The event that the row belongs to.",
    "owner_type": "`user` or `root`: whose thing it is.",
    "owner_name": "Whose thing it is: the event's target, or the owner that the ledger knows.",
    "owner_source": "`event` or `ledger`.",
    "known_relation": "The event's relation, or, where that is unknown, the ledger's.",
    "before": "JSON: how the object was before (SSH key, access key, password policy).",
    "devices_before": "MFA devices of the owner enabled before; exact where the log shows the "
    "user's whole life, else at least so many.  0 only where it is sure.",
    "devices_left": "The same, after the event.",
    "made_by_actor": "The same principal (actor_id) made the object that is touched now.",
    "target_made_by_actor": "The same principal created the user that is acted on.",
    "never_assigned": "The virtual MFA device was made and never enabled for anyone.",
    "device_removed_by_actor": "The same principal, not the owner, deactivated an MFA device of "
    "this owner within the 24 hours before.",
    "password_set_by_actor": "The same principal, not the owner, set the owner's password within "
    "the 24 hours before; a new user's first password from the user's maker does not count.",
    "password_set_by_other": "Somebody else set the owner's password so within the 24 hours "
    "before, and the owner has not changed it since.",
    "weakens": "The password policy now demands less in some field than before.",
    "strengthens": "The password policy now demands more in some field than before.",
    "weakened": "The fields that became weaker.",
    "log_days": "Days (UTC) before this one on which the account's log holds identity events.",
    "known_days": "Days (UTC) before this one on which the log shows the principal (actor_id).",
    "first_call": "No second before shows the principal.  Null while log_days is under 7, because "
    "then the log begins and not the principal; and where there is no actor_id, as in all below.",
    "first_address": "No call of the principal in a second before came from this address (IPv6: "
    "from these first 64 bits).  Null while log_days is under 7 or known_days under 3, and where "
    "source_ip is no address.  Events of one second do not know of each other.",
    "first_agent": "The same for the products that user_agent names, without their versions; "
    "the caller chooses them.",
    "first_action": "The same for the pair of event_source and event_name, whatever the outcome.",
    "same_action_10m": "Successful calls of this pair by the principal in the ten minutes up to "
    "the end of this second.",
    "targets_10m": "Different targets of these calls, by owner, name or id; those that the log "
    "does not name are not counted.",
    "denied_before": "Calls to identity services denied to the principal in the hour before, "
    "this second not counted.",
    "failed_before": "The same for calls that failed, sign-ins among them.",
    "trail_off": "StopLogging or DeleteTrail turned a trail of the account off in a second "
    "before, and no StartLogging of it followed; a deletion counts for 24 hours.  Null where one "
    "second holds both and no other trail is off.  What was off before the log begins is not seen.",
    "trail_off_since": "When the last of the trails that are off went off.",
    "trail_off_by_actor": "The same principal turned one of them off.",
}


def fold(events: Iterable[Event]) -> list[Context]:
    """Fold the events of one account, in any order, into a row for each, in the order of time."""
    ledger, habits = Ledger(), Habits()
    rows: list[Context] = []
    ordered = sorted(events, key=attrgetter("event_time", "event_id"))
    for _, group in groupby(ordered, key=attrgetter("event_time")):
        stages = _stages(list(group), ledger)
        looked = [row for stage in stages for row in _rows_of(stage, ledger)]
        second = [event for stage in stages for event in stage]
        settled = _unsettled(second, looked)
        facts = habits.pass_second(second, [row.owner_name for row in settled])
        rows += map(_with_facts, settled, facts)
    return rows


def _with_facts(row: Context, facts: Facts) -> Context:
    return msgspec.structs.replace(row, **facts)


def _stages(second: list[Event], ledger: Ledger) -> list[list[Event]]:
    """Part the events of one second by the life cycle; inside a stage there is no order."""
    if len(second) == 1:
        return [second]
    made = {_thing(event, ledger) for event in second if _did(event, "Create")}
    stages: dict[int, list[Event]] = {}
    for event in second:
        gone = bool(made) and _did(event, "Delete") and _thing(event, ledger) in made
        replaced = gone and _stood(event, ledger)
        stages.setdefault(-1 if replaced else _rank(event.event_name), []).append(event)
    return [stages[rank] for rank in sorted(stages)]


@lru_cache(maxsize=1024)
def _rank(event_name: str) -> int:
    stages = (i for i, stage in enumerate(_LIFE_CYCLE) if stage.match(event_name))
    return next(stages, _MIDDLE)


def _did(event: Event, verb: str) -> bool:
    return event.outcome == "success" and event.event_name.startswith(verb)


def _thing(event: Event, ledger: Ledger) -> tuple[str, str | None]:
    kind = event.event_name.removeprefix("Create").removeprefix("Delete")
    return kind, event.object_id or ledger.target(event)


def _stood(event: Event, ledger: Ledger) -> bool:
    """Say whether what is deleted was there before this second, so that it was deleted first."""
    if event.object_type == "mfa_device":
        return event.object_id in ledger.devices
    return ledger.user(ledger.target(event)).profile_made is not None


def _rows_of(stage: list[Event], ledger: Ledger) -> list[Context]:
    """Look at every event of a stage before any of them is learned."""
    rows = [_look(event, ledger) for event in stage]
    if len(stage) == 1:
        ledger.learn(stage[0])
        return rows
    for event in sorted(stage, key=lambda one: (one.target_name or "", one.event_id)):
        ledger.learn(event)
    if _policy_writes_differ(stage):
        ledger.policy, ledger.policy_known = NO_POLICY, False
    for number in _statuses_differ(stage):
        ledger.doubt(number)
    return rows


def _statuses_differ(stage: list[Event]) -> set[str]:
    sent: dict[str, set[str | None]] = {}
    for event in stage:
        if _did(event, "Update") and event.object_id is not None:
            sent.setdefault(event.object_id, set()).add(event.request)
    return {number for number, requests in sent.items() if len(requests) > 1}


def _unsettled(events: list[Event], rows: list[Context]) -> list[Context]:
    """Withdraw what depends on the order of events inside one second."""
    if len(events) == 1:
        return rows
    touched = Counter(row.owner_name for e, row in zip(events, rows, strict=True) if _counts(e))
    differ = _policy_writes_differ(events)
    if not touched and not differ:
        return rows
    return [
        _without_order(row, devices=_counts(e) and touched[row.owner_name] > 1, policy=differ)
        for e, row in zip(events, rows, strict=True)
    ]


def _counts(event: Event) -> bool:
    """Say whether an event changes the number of somebody's enabled devices."""
    return event.outcome == "success" and event.event_name in (
        "EnableMFADevice",
        "DeactivateMFADevice",
    )


def _policy_writes_differ(events: list[Event]) -> bool:
    requests = {
        event.request
        for event in events
        if event.event_name == "UpdateAccountPasswordPolicy" and event.outcome == "success"
    }
    return len(requests) > 1


def _without_order(row: Context, *, devices: bool, policy: bool) -> Context:
    if devices:
        row = msgspec.structs.replace(row, devices_before=None, devices_left=None)
    if policy and (row.weakens is not None or row.strengthens is not None):
        row = msgspec.structs.replace(
            row, weakens=None, strengthens=None, weakened=None, before=None
        )
    return row


def _look(event: Event, ledger: Ledger) -> Context:
    """Ask the ledger, as it was before the event, all that it can say of it.

    Inside the ledger root is ROOT_USER, because an IAM user may be called `root`.
    """
    iam = event.event_source == "iam.amazonaws.com"
    owner, source = _owner(event, ledger) if iam else (None, None)
    if not iam or not (owner or event.object_id or event.target_type == "account"):
        return Context(
            account_id=event.account_id, event_id=event.event_id, known_relation=event.relation
        )
    relation = _known_relation(event, owner)
    user = ledger.user(owner)
    devices_before, devices_left = _devices(event, owner, ledger)
    change = _policy_change(event, ledger)
    outsider = relation != "self"
    return Context(
        account_id=event.account_id,
        event_id=event.event_id,
        owner_type=None if owner is None else "root" if owner == ROOT_USER else "user",
        owner_name="root" if owner == ROOT_USER else owner,
        owner_source=source,
        known_relation=relation,
        before=_before(event, ledger),
        devices_before=devices_before,
        devices_left=devices_left,
        made_by_actor=_same_actor(event, _maker(event, owner, ledger)),
        target_made_by_actor=_same_actor(event, user.made),
        never_assigned=_never_assigned(event, ledger),
        device_removed_by_actor=outsider and _recently_by_actor(event, user.device_removers),
        password_set_by_actor=outsider and _recently_by_actor(event, user.password_setters),
        password_set_by_other=_recent(event, user.password_of_others),
        weakens=None if change is None else bool(change[0]),
        strengthens=None if change is None else bool(change[1]),
        weakened=", ".join(change[0]) or None if change else None,
    )


def _owner(event: Event, ledger: Ledger) -> tuple[str | None, str | None]:
    if event.target_type in ("user", "root") and event.target_name is not None:
        return ledger.target(event), "event"
    owner = ledger.owner_of(event.object_type, event.object_id)
    return owner, "ledger" if owner is not None else None


def _known_relation(event: Event, owner: str | None) -> str:
    """Settle an unknown relation by the owner that the ledger knows."""
    if event.relation != "unknown" or owner is None or event.actor_type == "Unknown":
        return event.relation
    if event.actor_type == "Root":
        is_self = owner == ROOT_USER
    else:
        is_self = event.actor_type == "IAMUser" and same_name(event.actor_name, owner)
    same_account = event.actor_account in (None, event.account_id)
    return "self" if is_self and same_account else "other"


def _devices(event: Event, owner: str | None, ledger: Ledger) -> tuple[int | None, int | None]:
    """Count the owner's enabled devices before and after; None where none is known for sure."""
    if owner is None:
        return None, None
    known = ledger.enabled_devices(owner)
    this = {event.object_id} if event.object_id else set()
    before = after = known
    sure = ledger.user(owner).made is not None
    if event.object_id is None and _counts(event):
        return None, None
    if event.outcome == "success" and event.event_name == "EnableMFADevice":
        before, after = known - this, known | this
    if event.outcome == "success" and event.event_name == "DeactivateMFADevice":
        before, after = known | this, known - this
    return (len(before) or (0 if sure else None), len(after) or (0 if sure else None))


def _maker(event: Event, owner: str | None, ledger: Ledger) -> Mark | None:
    """Find who made the thing that is touched; for a deactivation: who assigned the device."""
    if event.event_name == "DeactivateMFADevice":
        return ledger.devices.get(event.object_id or "", Device()).assigned
    if event.object_type == "mfa_device":
        return ledger.devices.get(event.object_id or "", Device()).made
    if event.object_type == "login_profile":
        return ledger.user(owner).profile_made
    credential = ledger.credential(event.object_type, event.object_id)
    return credential.made if credential else None


def _same_actor(event: Event, made: Mark | None) -> bool | None:
    if made is None or made.actor_id is None or event.actor_id is None:
        return None
    return made.actor_id == event.actor_id


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
    if event.target_type == "account":
        known = ledger.policy_known and ledger.policy is not NO_POLICY
        return msgspec.json.encode(ledger.policy).decode() if known else None
    held = ledger.credential(event.object_type, event.object_id)
    if held is None:
        return None
    told = _told(event, held)
    return msgspec.json.encode(told).decode() if told else None


def _told(event: Event, held: Credential) -> dict[str, str]:
    parts = {"status": held.status}
    if event.object_type == "ssh_key":
        parts |= {"ssh_public_key_body": held.body, "fingerprint": held.fingerprint}
    return {name: value for name, value in parts.items() if value is not None}


def _policy_change(event: Event, ledger: Ledger) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Compare the policy with the one before: (weaker, stronger) fields, None where unknown."""
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
    return weaker_fields(ledger.policy, after), weaker_fields(after, ledger.policy)
