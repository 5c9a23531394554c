"""Which calls of AWS change nothing and make no secret."""

from __future__ import annotations

from trailmend.calls import Call

_READS: dict[str, tuple[str, ...]] = {
    "iam": ("Get", "List"),
    "sts": ("GetCallerIdentity",),
    "cloudtrail": ("Get", "List", "Describe", "LookupEvents"),
    "s3": ("Get", "Head", "List"),
    "organizations": ("Describe", "List"),
    "sso-admin": ("Describe", "Get", "List"),
    "rolesanywhere": ("Get", "List"),
    "identitystore": ("Describe", "Get", "IsMemberInGroups", "List"),
}
"""How the names of harmless operations begin, by service; every other operation is a write.

Not all that begin with Get are: sts GetFederationToken and GetSessionToken make credentials.
"""


def is_read(call: Call) -> bool:
    """Tell whether a call changes nothing and makes no secret."""
    service, _, operation = call.action.partition(":")
    return is_harmless(service, operation)


def is_harmless(service: str, operation: str) -> bool:
    """Tell the same of an operation as AWS names it: `iam`, `GetUser`."""
    return operation.startswith(_READS.get(service, ()))
