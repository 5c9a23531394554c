"""A picture of an account's identities at one moment, as AWS itself tells it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec


class SeenKey(msgspec.Struct, frozen=True, kw_only=True):
    """An access key; `last_used` is None where it was never used or was not asked for."""

    status: str | None = None
    created: datetime | None = None
    last_used: datetime | None = None


class ReportedKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key as a credential report tells it: which of the two, and never its id.

    `rotated` is when it was made or last changed; `used` begins the last quarter of an hour of use.
    """

    place: int
    active: bool
    rotated: datetime | None = None
    used: datetime | None = None
    region: str | None = None
    service: str | None = None


class ReportedCertificate(msgspec.Struct, frozen=True, kw_only=True):
    """A signing certificate as a credential report tells it: which of the two, and no id."""

    place: int
    active: bool
    rotated: datetime | None = None


class Reported(msgspec.Struct, frozen=True, kw_only=True):
    """A row of a credential report, and when the report was made; None is what it does not tell.

    `more` is what it says of credentials beyond two keys and two certificates.
    """

    taken_at: datetime
    created: datetime | None = None
    password: bool | None = None
    password_used: datetime | None = None
    password_changed: datetime | None = None
    password_expires: datetime | None = None
    mfa: bool | None = None
    keys: list[ReportedKey] = []
    certificates: list[ReportedCertificate] = []
    more: str | None = None


class SeenUser(msgspec.Struct, frozen=True, kw_only=True):
    """What a user signs in with; None stands for what the sources do not tell.

    `devices` gives the serials with the time of enabling: all of them, or only the virtual ones
    where `all_devices` is no.  `access_keys` are by their ids, all of them.  `report` is the row of
    a credential report.
    """

    id: str | None = None
    created: datetime | None = None
    password: bool | None = None
    password_changed: datetime | None = None
    devices: dict[str, datetime | None] | None = None
    all_devices: bool = True
    access_keys: dict[str, SeenKey] | None = None
    report: Reported | None = None


class SeenBearer(msgspec.Struct, frozen=True, kw_only=True):
    """A user, group or role as a bearer of policies; documents are JSON text."""

    created: datetime | None = None
    attached: list[str] = []
    inline: dict[str, str] = {}
    boundary: str | None = None
    trust: str | None = None
    groups: list[str] = []


class SeenPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """A policy of the account's own: its versions' documents, and which is in force."""

    versions: dict[str, str] = {}
    default: str | None = None


class SeenAccount(msgspec.Struct, frozen=True, kw_only=True):
    """What is set for the whole account; None stands for what was not asked for.

    `policy` is the password policy in CloudTrail's names; `no_policy` says that there is none.
    `summary` are AWS's own numbers (botocore iam, summaryKeyType).
    """

    aliases: list[str] | None = None
    policy: dict[str, Any] | None = None
    no_policy: bool = False
    summary: dict[str, int] = {}


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """An account at one moment; `bearers` are keyed `user/bob`, `policies` by ARN.

    `root` is what a credential report tells of the root user.  `whole` names the kinds of which all
    are listed: user, group, role, policy.  `earlier` are the snapshots before it, in time.
    """

    account_id: str
    taken_at: datetime
    sources: list[str] = []
    users: dict[str, SeenUser] = {}
    bearers: dict[str, SeenBearer] = {}
    policies: dict[str, SeenPolicy] = {}
    root: Reported | None = None
    account: SeenAccount | None = None
    whole: list[str] = []
    earlier: list[Snapshot] = []

    @property
    def in_time(self) -> list[Snapshot]:
        """Give all snapshots of the account that are known here, the earliest first."""
        return [*self.earlier, self]
