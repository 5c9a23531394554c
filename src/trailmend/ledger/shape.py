"""What the ledger keeps: credentials, users, bearers of policies, policies, and other things."""

from __future__ import annotations

from collections import UserDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar


@dataclass(frozen=True, slots=True)
class Mark:
    """Who did something, and when."""

    actor_id: str | None
    actor_name: str | None
    time: datetime


@dataclass(frozen=True, slots=True)
class Writer:
    """Who wrote something, and when; the ARN of a session names the session too."""

    actor_id: str | None
    arn: str | None
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
    """An access key or an SSH key; body and fingerprint are of SSH keys.

    `stopped_by` are the ids of all who switched it off, while it is off.
    """

    owner: str
    status: str | None = None
    made: Mark | None = None
    body: str | None = None
    fingerprint: str | None = None
    stopped_by: frozenset[str | None] = frozenset()


Held = TypeVar("Held", Device, Credential)


class Holdings(UserDict[str, Held]):
    """Things by their ids, which finds those of one owner without a look at all the others."""

    def __init__(self) -> None:
        self._ids: dict[str | None, set[str]] = {}
        super().__init__()

    def __setitem__(self, object_id: str, thing: Held) -> None:
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

    def of(self, owner: str | None) -> dict[str, Held]:
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


@dataclass(frozen=True, slots=True)
class Bearer:
    """What is known of a user, group or role as a bearer of policies.

    `made` is set where the log shows the whole life: then what is not named here is not there.
    `inline` gives the documents by the policies' names, `attached` the ARNs.  `trust` is the
    document of a role, `members` are those of a group.  `boundary` is the ARN of the permissions
    boundary; None is none where `made` is set, else unknown.
    """

    made: Mark | None = None
    attached: frozenset[str] = frozenset()
    inline: Mapping[str, str | None] = field(default_factory=dict)
    boundary: str | None = None
    trust: str | None = None
    members: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ManagedPolicy:
    """A policy of the account's own; `versions` gives the documents by version ids."""

    made: Mark | None = None
    versions: Mapping[str, str | None] = field(default_factory=dict)
    default: str | None = None

    @property
    def document(self) -> str | None:
        """Give the document in force, where the log shows it."""
        return self.versions.get(self.default or "")


Part = tuple[str, str]
"""What of a thing is set: the noun of the call, empty for the thing itself, and which one."""


@dataclass(frozen=True, slots=True)
class Thing:
    """Anything else that was made or set: by whom, and the settings of it and its parts."""

    made: Mark | None = None
    settings: Mapping[Part, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Session:
    """Temporary credentials whose making the log shows: who stands at the start of the chain.

    `roles` are those of this account that were taken on the way, the session's own last.
    """

    origin: Mark
    origin_type: str
    hops: int
    origin_account: str | None = None
    origin_key: str | None = None
    roles: tuple[str, ...] = ()
