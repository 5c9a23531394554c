"""Who called: one reading of `userIdentity` for every identity type.

Source: AWS CloudTrail User Guide, "CloudTrail userIdentity element".
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from trailmend.events.fields import as_mapping, as_text
from trailmend.events.people import is_of_set
from trailmend.records.times import as_time

_KNOWN_TYPES = frozenset(
    "IAMUser AssumedRole Root FederatedUser WebIdentityUser SAMLUser IdentityCenterUser "
    "AWSService AWSAccount".split()
)
_HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
"""What is written in place of a user name that a failed sign-in got wrong."""
_TYPES_WITH_MFA = frozenset({"IAMUser", "Root"})


class Actor(msgspec.Struct, frozen=True):
    """The caller of one event; the fields are the columns of the same meaning."""

    type: str
    arn: str | None
    account: str | None
    id: str | None
    name: str | None
    session_created: datetime | None
    session_name: str | None
    source_identity: str | None
    access_key_id: str | None
    invoked_by: str | None
    mfa: str
    assumed_root: bool


def resolve_actor(record: Mapping[str, Any]) -> Actor:
    """Say who called; an identity that is absent or of an unheard-of type is `Unknown`."""
    identity = as_mapping(record.get("userIdentity"))
    context = as_mapping(identity.get("sessionContext"))
    attributes = as_mapping(context.get("attributes"))
    on_behalf = as_mapping(identity.get("onBehalfOf"))
    kind = _type(identity, on_behalf)
    arn = as_text(identity.get("arn"))
    principal, named = _split_principal(as_text(identity.get("principalId")), kind)
    issuer = as_mapping(context.get("sessionIssuer"))
    session_name = named or _arn_session(arn)
    stable_id = _stable_id(kind, principal, identity, issuer, on_behalf)
    if stable_id and session_name and _by_a_person(kind, arn, issuer):
        stable_id = f"{stable_id}:{session_name}"
    return Actor(
        type=kind,
        arn=arn,
        account=as_text(identity.get("accountId")) or _account_of(arn),
        id=stable_id,
        name=_name(kind, arn, identity, issuer, record),
        session_created=as_time(attributes.get("creationDate")),
        session_name=session_name,
        source_identity=as_text(context.get("sourceIdentity")),
        access_key_id=as_text(identity.get("accessKeyId")),
        invoked_by=as_text(identity.get("invokedBy")),
        mfa=_mfa(kind, attributes, record),
        assumed_root=as_text(context.get("assumedRoot")) == "true",
    )


def _type(identity: Mapping[str, Any], on_behalf: Mapping[str, Any]) -> str:
    """Name the type; events of AWS itself carry only `accountId` and `invokedBy`.

    The sign-in of a person of Identity Center has the type `Unknown`, and says on whose behalf
    (AWS: "Understanding IAM Identity Center sign-in events").
    """
    kind = as_text(identity.get("type"))
    if kind == "Unknown" and as_text(on_behalf.get("userId")):
        return "IdentityCenterUser"
    if kind == "Role":
        return "AssumedRole"
    if kind in _KNOWN_TYPES:
        return kind
    if kind is None and identity.get("invokedBy"):
        return "AWSService"
    return "Unknown"


def _split_principal(principal: str | None, kind: str) -> tuple[str | None, str | None]:
    """Part the stable id from the session name in `AROA...:session`.

    A federated session is `ACCOUNT:name`: without the user who issued it, both make the id.
    """
    if principal is None or kind == "FederatedUser":
        return principal, (principal or "").partition(":")[2] or None
    if kind == "AssumedRole" or principal.startswith("AROA"):
        stable_id, _, session_name = principal.partition(":")
        return stable_id, session_name or None
    return principal, None


def _stable_id(
    kind: str,
    principal: str | None,
    identity: Mapping[str, Any],
    issuer: Mapping[str, Any],
    on_behalf: Mapping[str, Any],
) -> str | None:
    if kind == "Root":
        return as_text(identity.get("accountId")) or principal
    if kind == "IdentityCenterUser":
        return as_text(on_behalf.get("userId")) or principal
    if kind == "Unknown" and principal == as_text(identity.get("accountId")):
        return None  # the account's number is root's id, and nobody else's
    if kind in ("AssumedRole", "FederatedUser"):
        return as_text(issuer.get("principalId")) or principal
    if kind == "AWSAccount":
        return principal or as_text(identity.get("accountId"))
    if kind == "AWSService":
        return principal or as_text(identity.get("invokedBy"))
    return principal


def _by_a_person(kind: str, arn: str | None, issuer: Mapping[str, Any]) -> bool:
    """Say whether AWS named the session for a person of Identity Center, so that it tells them."""
    role = as_text(issuer.get("userName")) or _role_of(arn)
    return kind == "AssumedRole" and is_of_set(role, as_text(issuer.get("arn")))


def _name(
    kind: str,
    arn: str | None,
    identity: Mapping[str, Any],
    issuer: Mapping[str, Any],
    record: Mapping[str, Any],
) -> str | None:
    """Name the user or the role; a federated session is named by the user who issued it.

    Root's `userName` is the account alias where one is set, so it is not read.
    """
    own = as_text(identity.get("userName"))
    own = None if own == _HIDDEN else own
    if kind == "Root":
        return "root"
    if kind == "AssumedRole":
        return as_text(issuer.get("userName")) or _role_of(arn)
    if kind == "FederatedUser":
        return as_text(issuer.get("userName"))
    if kind == "IAMUser":
        return own or _arn_part(arn, -1)
    if kind == "IdentityCenterUser":
        extra = as_mapping(record.get("additionalEventData"))
        return own or as_text(extra.get("UserName"))
    if kind == "AWSService":
        return as_text(identity.get("invokedBy"))
    return own


def _mfa(kind: str, attributes: Mapping[str, Any], record: Mapping[str, Any]) -> str:
    """Give `yes`, `no` or `unknown`.

    A long-lived key has no session, so nothing is known.  A role's session says `false` even where
    a person used MFA to get it, and federation never shows MFA.
    A console sign-in says it in `additionalEventData.MFAUsed`, as `Yes`, `YES` or `No`.
    """
    said = as_text(attributes.get("mfaAuthenticated"))
    if record.get("eventName") == "ConsoleLogin":
        used = as_text(as_mapping(record.get("additionalEventData")).get("MFAUsed"))
        said = {"yes": "true", "no": "false"}.get((used or "").lower())
    if said == "true":
        return "yes"
    return "no" if said == "false" and kind in _TYPES_WITH_MFA else "unknown"


def _arn_part(arn: str | None, index: int) -> str | None:
    """Take a part of an ARN's resource, parted by slashes: `user/path/NAME`."""
    parts = (arn or "").split(":", 5)[-1].split("/")
    return parts[index] or None if len(parts) > 1 else None


def _role_of(arn: str | None) -> str | None:
    """Name the role of `assumed-role/NAME/SESSION` or of `role/path/NAME`."""
    resource = (arn or "").split(":", 5)[-1]
    return _arn_part(arn, 1 if resource.startswith("assumed-role/") else -1)


def _arn_session(arn: str | None) -> str | None:
    parts = (arn or "").split(":", 5)[-1].split("/")
    return parts[2] if parts[0] == "assumed-role" and len(parts) == 3 else None


def _account_of(arn: str | None) -> str | None:
    parts = (arn or "").split(":")
    return parts[4] or None if len(parts) > 5 else None
