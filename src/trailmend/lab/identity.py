"""Who calls: an access key -> the principal, and its `userIdentity` in CloudTrail."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.iam.models import IAMBackend, User


@dataclass(frozen=True)
class Credentials:
    """What a client signs with; the lab looks at the access key id only."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Caller:
    """The principal of a call; `identity` is what CloudTrail shows of it."""

    identity: Mapping[str, Any]
    console: bool = False

    @property
    def arn(self) -> str:
        """Name the principal."""
        return str(self.identity["arn"])

    @property
    def account_id(self) -> str:
        """Name the account that the principal belongs to."""
        return str(self.identity["accountId"])

    @property
    def user_name(self) -> str | None:
        """Name the IAM user; None for root, roles and federated users."""
        return self.identity.get("userName")


@dataclass(frozen=True)
class Session:
    """Temporary credentials: who they stand for, until when, and whether IAM takes them."""

    expires: datetime
    identity: Mapping[str, Any]
    console: bool = False
    for_iam: bool = True


@dataclass
class Identities:
    """Every key that works: of root, of temporary sessions, and of the users that moto keeps."""

    account_id: str
    root: Credentials
    sessions: dict[str, Session] = field(default_factory=dict)

    def caller_of(self, access_key_id: str, iam: IAMBackend) -> Caller | None:
        """Find the principal of a key; None for a key that is unknown, deleted or inactive."""
        if access_key_id == self.root.access_key_id:
            return Caller(root_identity(self.account_id) | {"accessKeyId": access_key_id})
        if session := self.sessions.get(access_key_id):
            return _session_caller(session, access_key_id, iam)
        for user in iam.users.values():
            for key in user.access_keys:
                if key.access_key_id == access_key_id and key.status == "Active":
                    return Caller(user_identity(user, access_key_id))
        return None

    def may_call(self, access_key_id: str, service: str) -> bool:
        """Tell whether a service takes this key at all."""
        session = self.sessions.get(access_key_id)
        return service != "iam" or session is None or session.for_iam

    def has_expired(self, access_key_id: str, now: datetime) -> bool:
        """Tell whether these are temporary credentials whose time is over."""
        session = self.sessions.get(access_key_id)
        return session is not None and session.expires <= now


def root_identity(account_id: str) -> dict[str, Any]:
    """Write the root user as CloudTrail does."""
    return {
        "type": "Root",
        "principalId": account_id,
        "arn": f"arn:aws:iam::{account_id}:root",
        "accountId": account_id,
    }


def user_identity(user: User, access_key_id: str) -> dict[str, Any]:
    """Write an IAM user as CloudTrail does."""
    return {
        "type": "IAMUser",
        "principalId": user.id,
        "arn": user.arn,
        "accountId": user.account_id,
        "accessKeyId": access_key_id,
        "userName": user.name,
    }


def _session_caller(session: Session, access_key_id: str, iam: IAMBackend) -> Caller | None:
    """Name the principal as it is now: a session follows a new name, and ends with its owner.

    That a session of a deleted role is no longer known to AWS could not be checked.
    """
    identity = {**session.identity, "accessKeyId": access_key_id}
    if identity["type"] == "IAMUser":
        found = [user for user in iam.users.values() if user.id == identity["principalId"]]
        if not found:
            return None
        identity |= user_identity(found[0], access_key_id)
    role_id = identity["principalId"].partition(":")[0]
    if identity["type"] == "AssumedRole" and role_id not in iam.roles:
        return None
    context = identity.pop("sessionContext")
    return Caller({**identity, "sessionContext": context}, session.console)


def new_credentials(access_key_id: str) -> Credentials:
    """Make up the secret parts of temporary credentials."""
    return Credentials(access_key_id, secrets.token_urlsafe(30), secrets.token_urlsafe(120))
