"""One account at one moment, as the log shows it; `lessons.learn` moves it past an event."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import msgspec

from trailmend.events import ROOT_USER, Event
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
    Writer,
)
from trailmend.password_policies import NO_POLICY, PasswordPolicy

_STRANGER = User()
_UNKNOWN = Bearer()
_NO_POLICY_SEEN = ManagedPolicy()
_NOTHING = Thing()
BEARERS = ("user", "group", "role", "permission_set")
"""The targets that bear policies."""
DELEGATION = "delegation"
"""Where an organization's own policy stands among `guardrails`, whose ids begin with `p-`."""
LONGEST_SESSION = timedelta(hours=36)
"""GetFederationToken and GetSessionToken give no session longer (botocore sts, DurationSeconds)."""
Name = tuple[str, str]
"""Type and name, the latter in lower case: to IAM upper and lower case are the same."""


REGIONAL = ("trail", "event_data_store", "channel", "dashboard", "analyzer", "key")
"""The kinds of things whose names say only in their own region which one is meant."""


def thing_name(kind: str | None, name: str, region: str | None) -> str:
    """Give a name that says which thing is meant in the whole account.

    A store of events is called by its ARN or by the id in it.
    """
    if kind == "event_data_store":
        name = name.rpartition("/")[2]
    return f"{name.lower()} in {region}" if kind in REGIONAL else name.lower()


Assignment = tuple[str, str]
"""The ARN of a permission set, and the account in which somebody of the directory has it."""


@dataclass(slots=True)
class Ledger:
    """One account at one moment; `guardrails` are an organization's policies by their ids.

    `put_in` says who put a user into a group, a role into an instance profile, or an account in
    charge of a service, by both names.
    `inline_by` says who alone wrote an inline policy, and when first; without it that is not known.
    `log_places` are the buckets and keys that each trail writes or wrote to, as they were named.
    """

    names: dict[str, str] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    devices: Holdings[Device] = field(default_factory=Holdings)
    access_keys: Holdings[Credential] = field(default_factory=Holdings)
    ssh_keys: Holdings[Credential] = field(default_factory=Holdings)
    service_credentials: Holdings[Credential] = field(default_factory=Holdings)
    certificates: Holdings[Credential] = field(default_factory=Holdings)
    policy: PasswordPolicy | None = NO_POLICY
    policy_known: bool = False
    bearers: dict[Name, Bearer] = field(default_factory=dict)
    groups_of: dict[str, frozenset[str]] = field(default_factory=dict)
    put_in: dict[tuple[str, str], Mark] = field(default_factory=dict)
    inline_by: dict[tuple[Name, str], Writer] = field(default_factory=dict)
    policies: dict[str, ManagedPolicy] = field(default_factory=dict)
    assignments: dict[Name, frozenset[Assignment]] = field(default_factory=dict)
    guardrails: dict[str, str | None] = field(default_factory=dict)
    things: dict[Name, Thing] = field(default_factory=dict)
    log_places: dict[Name, frozenset[Name]] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)

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
        """Give what is known of a key, a service's credential or a certificate."""
        return None if object_id is None else self.credentials(object_type).get(object_id)

    def credentials(self, object_type: str | None) -> Holdings[Credential]:
        """Give the credentials of a kind; of another kind there are none."""
        kinds = {
            "access_key": self.access_keys,
            "ssh_key": self.ssh_keys,
            "service_specific_credential": self.service_credentials,
            "signing_certificate": self.certificates,
        }
        return kinds.get(object_type or "", Holdings())

    def holdings(self) -> Iterable[Holdings[Device] | Holdings[Credential]]:
        """Give all that users own, kind by kind."""
        yield self.devices
        yield from (self.access_keys, self.ssh_keys, self.service_credentials, self.certificates)

    def bearer(self, kind: str | None, name: str | None) -> Bearer:
        """Give what is known of a user, group or role as a bearer of policies."""
        return self.bearers.get((kind or "", (name or "").lower()), _UNKNOWN)

    def managed_policy(self, arn: str | None) -> ManagedPolicy:
        """Give what is known of a policy of the account's own."""
        return self.policies.get(arn or "", _NO_POLICY_SEEN)

    def assigned(self, kind: str | None, name: str | None) -> frozenset[Assignment]:
        """Give the permission sets that a user or a group of the directory is known to have."""
        return self.assignments.get((kind or "", (name or "").lower()), frozenset())

    def thing(self, kind: str | None, name: str | None, region: str | None) -> Thing:
        """Give what is known of anything else that a call names."""
        return self.things.get((kind or "", thing_name(kind, name or "", region)), _NOTHING)

    def session(self, access_key_id: str | None, now: datetime) -> Session | None:
        """Give the making of temporary credentials, if the log shows it."""
        known = self.sessions.get(access_key_id or "")
        fresh = known is not None and now - known.origin.time <= LONGEST_SESSION
        return known if fresh else None

    def doubt(self, object_id: str) -> None:
        """Forget a status that two events of one second set to different values."""
        for held in (self.access_keys, self.ssh_keys, self.service_credentials, self.certificates):
            if object_id in held:
                held[object_id] = replace(held[object_id], status=None, stopped_by=frozenset())


def mark(event: Event) -> Mark:
    """Say who made an event, and when."""
    return Mark(event.actor_id, event.actor_name, event.event_time)


def parsed(text: str | None) -> dict[str, Any]:
    """Read a column of JSON text; an empty object where there is none."""
    value = msgspec.json.decode(text) if text else None
    return value if isinstance(value, dict) else {}


def answered(event: Event, shape: str) -> dict[str, Any]:
    """Read one part of an answer; an empty object where there is none."""
    value = parsed(event.response).get(shape)
    return value if isinstance(value, dict) else {}
