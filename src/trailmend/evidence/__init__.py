"""Records for the evidence of the catalog: small, whole CloudTrail records of made-up people.

The shapes follow published samples of real records.  Times are on one made-up day.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

ACCOUNT = "111122223333"
OTHER_ACCOUNT = "999988887777"
"""An account of somebody else."""

IDENTITY_STORE = "d-9067642ac7"
"""The directory of Identity Center."""

_DAY = "2026-03-02"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls: the `userIdentity` of a record."""

    identity: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The user's name, to use as a target."""
        return str(self.identity.get("userName", "root"))


def _stable_id(prefix: str, name: str, account: str = ACCOUNT) -> str:
    """Make an id that no namesake of another account has."""
    seed = prefix + name + ("" if account == ACCOUNT else account)
    return prefix + hashlib.sha256(seed.encode()).hexdigest()[:17].upper()


def user(
    name: str,
    *,
    mfa: bool | None = None,
    session: Mapping[str, Any] | None = None,
    account: str = ACCOUNT,
) -> Principal:
    """Make an IAM user who calls with a long-lived key, or, with `mfa` given, from a session."""
    identity: dict[str, Any] = {
        "type": "IAMUser",
        "principalId": _stable_id("AIDA", name, account),
        "arn": f"arn:aws:iam::{account}:user/{name}",
        "accountId": account,
        "accessKeyId": _stable_id("AKIA" if mfa is None else "ASIA", name, account),
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


def role(
    name: str, *, session: str = "session", account: str = ACCOUNT, path: str = ""
) -> Principal:
    """Make a session of a role; the caller chose `session`."""
    role_id = _stable_id("AROA", name, account)
    return Principal(
        {
            "type": "AssumedRole",
            "principalId": f"{role_id}:{session}",
            "arn": f"arn:aws:sts::{account}:assumed-role/{name}/{session}",
            "accountId": account,
            "accessKeyId": _stable_id("ASIA", name + session, account),
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "principalId": role_id,
                    "arn": f"arn:aws:iam::{account}:role/{path}{name}",
                    "accountId": account,
                    "userName": name,
                },
                "attributes": {"creationDate": f"{_DAY}T08:00:00Z", "mfaAuthenticated": "false"},
            },
        }
    )


def in_set(person: str, permission_set: str = "Platform") -> Principal:
    """Make the session of a person of Identity Center, which AWS names for them."""
    name = f"AWSReservedSSO_{permission_set}_0123456789abcdef"
    return role(name, session=person, path="aws-reserved/sso.amazonaws.com/")


def outsider(account: str = OTHER_ACCOUNT, *, by_role: bool = False) -> Principal:
    """Make a user, or a session of a role, of another account, as the owner of a thing sees it.

    The record names the account and the id, no ARN and no user name (AWS IAM User Guide, "Logging
    IAM and AWS STS API calls with CloudTrail", cross-account AssumeRole).
    """
    principal = _stable_id("AROA", account) + ":session" if by_role else _stable_id("AIDA", account)
    return Principal({"type": "AWSAccount", "principalId": principal, "accountId": account})


def federated(name: str, *, issuer: str = "broker") -> Principal:
    """Make a session of sts:GetFederationToken; `issuer` is the user who asked for it."""
    return Principal(
        {
            "type": "FederatedUser",
            "principalId": f"{ACCOUNT}:{name}",
            "arn": f"arn:aws:sts::{ACCOUNT}:federated-user/{name}",
            "accountId": ACCOUNT,
            "accessKeyId": _stable_id("ASIA", name),
            "sessionContext": {
                "sessionIssuer": {
                    "type": "IAMUser",
                    "principalId": _stable_id("AIDA", issuer),
                    "arn": f"arn:aws:iam::{ACCOUNT}:user/{issuer}",
                    "accountId": ACCOUNT,
                    "userName": issuer,
                },
                "attributes": {"creationDate": f"{_DAY}T08:00:00Z", "mfaAuthenticated": "false"},
            },
        }
    )


def saml(name: str = "sam@example.com") -> Principal:
    """Make whom a SAML provider vouches for: the caller of sts:AssumeRoleWithSAML."""
    provider = "ZRu9MRAjiG9tvi1QBNfdI664G5A="
    return Principal(
        {
            "type": "SAMLUser",
            "principalId": f"{provider}:{name}",
            "userName": name,
            "identityProvider": provider,
        }
    )


def web_identity(
    name: str = "repo:example/shop:ref:refs/heads/main",
    *,
    provider: str = "token.actions.githubusercontent.com",
) -> Principal:
    """Make whom an OIDC provider vouches for: the caller of sts:AssumeRoleWithWebIdentity."""
    arn = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{provider}"
    return Principal(
        {
            "type": "WebIdentityUser",
            "principalId": f"{arn}:sts.amazonaws.com:{name}",
            "userName": name,
            "identityProvider": arn,
        }
    )


def identity_center_user(name: str) -> Principal:
    """Make a person of Identity Center: an id of the directory, and no name."""
    store = f"arn:aws:identitystore::{ACCOUNT}:identitystore/{IDENTITY_STORE}"
    return Principal(
        {
            "type": "IdentityCenterUser",
            "accountId": ACCOUNT,
            "onBehalfOf": {"userId": directory_id(name), "identityStoreArn": store},
            "credentialId": hashlib.sha256(name.encode()).hexdigest()[:32],
        }
    )


def directory_id(name: str) -> str:
    """Make the id of a user or a group of Identity Center's directory."""
    digest = hashlib.sha256(f"directory {name}".encode()).hexdigest()
    return "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))


def service(host: str = "config.amazonaws.com") -> Principal:
    """Make a service of AWS that calls by itself."""
    return Principal({"type": "AWSService", "invokedBy": host})


def unnamed() -> Principal:
    """Make one who gave a user name at sign-in that the account does not have."""
    return Principal(
        {
            "type": "IAMUser",
            "accountId": ACCOUNT,
            "accessKeyId": "",
            "userName": "HIDDEN_DUE_TO_SECURITY_REASONS",
        }
    )


def call(
    event_name: str,
    *,
    by: Principal,
    source: str = "iam",
    request: Mapping[str, Any] | None = None,
    response: Mapping[str, Any] | None = None,
    error: str | None = None,
    message: str | None = None,
    at: str = "09:00:00",
    **fields: Any,
) -> dict[str, Any]:
    """Make the record of one call at a time of the day; `fields` add to it or replace parts.

    `source` is the service, as `sts` or `sts.amazonaws.com`.
    """
    host = by.identity.get("invokedBy")
    record: dict[str, Any] = {
        "eventVersion": "1.11",
        "userIdentity": dict(by.identity),
        "eventTime": f"{_DAY}T{at}Z",
        "eventSource": _host(source),
        "eventName": event_name,
        "awsRegion": "us-east-1",
        "sourceIPAddress": host or "198.51.100.7",
        "userAgent": host or "aws-cli/2.31.0",
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
    # Every scan loads the catalog with its evidence, so an id is made in the quickest way.
    digest = hashlib.sha256(msgspec.json.encode(record, order="sorted")).hexdigest()
    return {"requestID": digest[:32], "eventID": digest[32:], **record}


def denied(
    event_name: str,
    *,
    by: Principal,
    resource: str = "*",
    source: str = "iam",
    at: str = "09:00:00",
    **fields: Any,
) -> dict[str, Any]:
    """Make a denied call as CloudTrail logs it: no parameters, the resource in the message only.

    The published samples of every service say AccessDenied, also where the API's own error is
    AccessDeniedException.
    """
    action = f"{_host(source).partition('.')[0]}:{event_name}"
    caller = by.identity.get("arn") or by.identity.get("principalId")
    message = (
        f"User: {caller} is not authorized to perform: {action} on resource: {resource} because "
        f"no identity-based policy allows the {action} action"
    )
    error = {"error": "AccessDenied", "message": message} | fields
    return call(event_name, by=by, source=source, at=at, **error)


def sign_in(
    by: Principal,
    *,
    event_name: str = "ConsoleLogin",
    mfa: bool = False,
    failure: str | None = None,
    at: str = "09:00:00",
    **fields: Any,
) -> dict[str, Any]:
    """Make the record of a sign-in; `failure` is AWS's sentence, and no error code is written.

    A sign-in has no key and no session yet; a failed one has no ARN (AWS CloudTrail User Guide,
    "AWS Management Console sign-in events").
    """
    gone = {"sessionContext", *(("arn",) if failure and by.identity.get("type") != "Root" else ())}
    identity = {name: value for name, value in by.identity.items() if name not in gone}
    if identity.get("type") in ("IAMUser", "Root"):
        identity["accessKeyId"] = ""
    answer = {event_name: "Failure" if failure else "Success"}
    extra = {
        "LoginTo": "https://console.aws.amazon.com/console/home",
        "MobileVersion": "No",
        "MFAUsed": "Yes" if mfa else "No",
    }
    told = {"eventType": "AwsConsoleSignIn", "additionalEventData": extra}
    told |= {"errorMessage": failure} if failure else {}
    return call(
        event_name,
        by=Principal(identity),
        source="signin",
        response=answer,
        at=at,
        **(told | fields),
    )


def directory_sign_in(
    name: str,
    *,
    event_name: str = "UserAuthentication",
    failed: bool = False,
    credential: str = "PASSWORD",
    at: str = "09:00:00",
    **fields: Any,
) -> dict[str, Any]:
    """Make the record of a step in the sign-in of a person of Identity Center.

    Its type is `Unknown`, and the outcome stands in `serviceEventDetails` (AWS Transfer Family User
    Guide, "CloudTrail logging for Transfer Family web apps": a sign-in of August 2025).
    """
    person = identity_center_user(name).identity
    identity = {
        "type": "Unknown",
        "principalId": ACCOUNT,
        "arn": "",
        "accountId": ACCOUNT,
        "accessKeyId": "",
        "userName": name,
        "onBehalfOf": person["onBehalfOf"],
        "credentialId": person["credentialId"],
    }
    workflow = directory_id(f"sign-in of {name}")
    told = {
        "eventType": "AwsServiceEvent",
        "additionalEventData": {"AuthWorkflowID": workflow, "CredentialType": credential},
        "serviceEventDetails": {event_name: "Failure" if failed else "Success"},
    }
    return call(event_name, by=Principal(identity), source="signin", at=at, **(told | fields))


def _host(source: str) -> str:
    return source if "." in source else f"{source}.amazonaws.com"
