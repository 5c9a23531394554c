"""Records for the evidence of the catalog: small, whole CloudTrail records of made-up people.

The shapes follow published samples of real records.  Times are on one made-up day.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ACCOUNT = "111122223333"
_DAY = "2026-03-02"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls: the `userIdentity` of a record."""

    identity: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The user's name, to use as a target."""
        return str(self.identity.get("userName", "root"))


def _stable_id(prefix: str, name: str) -> str:
    return prefix + hashlib.sha256(f"{prefix}{name}".encode()).hexdigest()[:17].upper()


def user(
    name: str, *, mfa: bool | None = None, session: Mapping[str, Any] | None = None
) -> Principal:
    """Make an IAM user who calls with a long-lived key, or, with `mfa` given, from a session."""
    identity: dict[str, Any] = {
        "type": "IAMUser",
        "principalId": _stable_id("AIDA", name),
        "arn": f"arn:aws:iam::{ACCOUNT}:user/{name}",
        "accountId": ACCOUNT,
        "accessKeyId": _stable_id("AKIA" if mfa is None else "ASIA", name),
        "userName": name,
    }
    if mfa is not None:
        attributes = {"creationDate": f"{_DAY}T08:00:00Z", "mfaAuthenticated": str(mfa).lower()}
        identity["sessionContext"] = {"attributes": attributes, **(session or {})}
    return Principal(identity)


def root(*, mfa: bool = True, assumed: bool = False) -> Principal:
    """Make the account's root user; `assumed` as in a session of sts:AssumeRoot."""
    context: dict[str, Any] = {
        "attributes": {"creationDate": f"{_DAY}T08:00:00Z", "mfaAuthenticated": str(mfa).lower()}
    }
    if assumed:
        context["assumedRoot"] = "true"
    return Principal(
        {
            "type": "Root",
            "principalId": ACCOUNT,
            "arn": f"arn:aws:iam::{ACCOUNT}:root",
            "accountId": ACCOUNT,
            "accessKeyId": _stable_id("ASIA", "root"),
            "sessionContext": context,
        }
    )


def role(name: str, *, session: str = "session") -> Principal:
    """Make a session of a role; the caller chose `session`."""
    role_id = _stable_id("AROA", name)
    return Principal(
        {
            "type": "AssumedRole",
            "principalId": f"{role_id}:{session}",
            "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{session}",
            "accountId": ACCOUNT,
            "accessKeyId": _stable_id("ASIA", name + session),
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "principalId": role_id,
                    "arn": f"arn:aws:iam::{ACCOUNT}:role/{name}",
                    "accountId": ACCOUNT,
                    "userName": name,
                },
                "attributes": {"creationDate": f"{_DAY}T08:00:00Z", "mfaAuthenticated": "false"},
            },
        }
    )


def call(
    event_name: str,
    *,
    by: Principal,
    request: Mapping[str, Any] | None = None,
    response: Mapping[str, Any] | None = None,
    error: str | None = None,
    message: str | None = None,
    at: str = "09:00:00",
    **fields: Any,
) -> dict[str, Any]:
    """Make the record of one call at a time of the day; `fields` add to it or replace parts."""
    record: dict[str, Any] = {
        "eventVersion": "1.11",
        "userIdentity": dict(by.identity),
        "eventTime": f"{_DAY}T{at}Z",
        "eventSource": "iam.amazonaws.com",
        "eventName": event_name,
        "awsRegion": "us-east-1",
        "sourceIPAddress": "198.51.100.7",
        "userAgent": "aws-cli/2.31.0",
        "requestParameters": dict(request) if request is not None else None,
        "responseElements": dict(response) if response is not None else None,
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
    }
    if error is not None:
        record |= {"errorCode": error, "errorMessage": message or error}
    record |= fields
    digest = hashlib.sha256(repr(sorted(record.items(), key=str)).encode()).hexdigest()
    return {"requestID": digest[:32], "eventID": digest[32:], **record}


def denied(
    event_name: str, *, by: Principal, resource: str, at: str = "09:00:00", **fields: Any
) -> dict[str, Any]:
    """Make a denied call as CloudTrail logs it: no parameters, the resource in the message only."""
    message = (
        f"User: {by.identity['arn']} is not authorized to perform: iam:{event_name} on resource: "
        f"{resource} because no identity-based policy allows the iam:{event_name} action"
    )
    return call(event_name, by=by, error="AccessDenied", message=message, at=at, **fields)
