"""The resolver: one record in, one Event out."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from trailmend.errors import TrailmendError
from trailmend.events.actor import Actor, resolve_actor
from trailmend.events.fields import as_mapping, as_text
from trailmend.events.shape import Event
from trailmend.events.target import WANTED_OF_PROVIDERS, WANTED_OF_STORES, resolve_target
from trailmend.records import EVERY_NAME, Record, Wanted
from trailmend.records.times import as_time, is_of_cloudtrail

IDENTITY_SOURCES = frozenset(
    """
    iam.amazonaws.com sts.amazonaws.com signin.amazonaws.com sso.amazonaws.com
    sso-directory.amazonaws.com sso-oauth.amazonaws.com identitystore.amazonaws.com
    rolesanywhere.amazonaws.com organizations.amazonaws.com account.amazonaws.com
    cloudtrail.amazonaws.com access-analyzer.amazonaws.com
    """.split()
)
"""The services whose events change, or blind, the account's identities."""

WANTED: Wanted = {
    **dict.fromkeys(IDENTITY_SOURCES, EVERY_NAME),
    **WANTED_OF_STORES,
    **WANTED_OF_PROVIDERS,
}
"""What a scan keeps: all of the identity services; what changes a store, or comes by SCIM."""


def is_wanted(event: Event) -> bool:
    """Say whether the catalog looks at an event; others are kept for imported rules alone."""
    return event.event_name in WANTED.get(event.event_source, ())


_DENIED = frozenset(
    """
    AccessDenied AccessDeniedException UnauthorizedOperation Client.UnauthorizedOperation
    UnauthorizedException NotAuthorized NotAuthorizedException AuthorizationError Forbidden
    ForbiddenException AccessDeniedForDependencyException VpceAccessDenied
    """.split()
)
_CONSOLE_INVOKERS = frozenset({"signin.amazonaws.com", "console.amazonaws.com"})
_SAYS_CONSOLE_SINCE = (1, 8)


class BadRecord(TrailmendError):
    """A record that has no readable time cannot be placed among the others."""


def resolve(record: Record) -> Event:
    """Make the flat event of a record.

    Raises BadRecord where `eventTime` is no time.  Nothing else in a record can make this fail:
    fields that are absent, empty or of another type than documented are not told (None).
    """
    fields = record.fields
    actor = resolve_actor(fields)
    outcome = _outcome(fields)
    account = as_text(fields.get("recipientAccountId")) or actor.account or "unknown"
    target = resolve_target(fields, actor, outcome, account)
    return Event(
        event_id=as_text(fields.get("eventID")) or _content_id(fields),
        shared_event_id=as_text(fields.get("sharedEventID")),
        original_event_id=as_text(as_mapping(fields.get("addendum")).get("originalEventID")),
        request_id=as_text(fields.get("requestID")),
        event_version=as_text(fields.get("eventVersion")),
        addendum=as_text(as_mapping(fields.get("addendum")).get("reason")),
        event_time=_event_time(fields),
        account_id=account,
        region=as_text(fields.get("awsRegion")),
        event_source=str(fields["eventSource"]),
        event_name=str(fields["eventName"]),
        event_type=as_text(fields.get("eventType")),
        outcome=outcome,
        error_code=as_text(fields.get("errorCode")),
        error_message=as_text(fields.get("errorMessage")),
        actor_type=actor.type,
        actor_arn=actor.arn,
        actor_account=actor.account,
        actor_id=actor.id,
        actor_name=actor.name,
        session_created=actor.session_created,
        session_name=actor.session_name,
        source_identity=actor.source_identity,
        access_key_id=actor.access_key_id,
        mfa=actor.mfa,
        console=_console(fields, actor),
        assumed_root=actor.assumed_root,
        source_ip=as_text(fields.get("sourceIPAddress")),
        user_agent=as_text(fields.get("userAgent")),
        invoked_by=actor.invoked_by,
        target_type=target.type,
        target_name=target.name,
        object_type=target.object_type,
        object_id=target.object_id,
        relation=target.relation,
        request=_json(fields.get("requestParameters")),
        response=_json(fields.get("responseElements")),
        extra=_json(fields.get("additionalEventData")),
        truncated=_truncated(fields),
        source_name=record.source_name,
        source_index=record.source_index,
        provenance=record.provenance,
    )


def _event_time(fields: Mapping[str, Any]) -> datetime:
    moment = as_time(fields.get("eventTime"))
    if moment is None:
        raise BadRecord(f"eventTime is not a time: {as_text(fields.get('eventTime'))!r}")
    if not is_of_cloudtrail(moment):
        raise BadRecord(f"eventTime is of the year {moment.year}: no CloudTrail wrote that")
    return moment


def _outcome(fields: Mapping[str, Any]) -> str:
    """Give `success`, `denied` or `failed`.

    A sign-in that failed has no errorCode: its answer says `Failure` under the event's own name,
    in `responseElements`, or for a person of Identity Center in `serviceEventDetails`.  A token of
    OAuth says it in `additionalEventData.success`.
    An empty errorCode is none: some exporters write it so.
    """
    code = as_text(fields.get("errorCode"))
    if code is not None:
        return "denied" if code in _DENIED else "failed"
    if fields.get("eventSource") == "signin.amazonaws.com":
        name = str(fields.get("eventName"))
        answer = as_mapping(fields.get("responseElements")).get(name)
        answer = answer or as_mapping(fields.get("serviceEventDetails")).get(name)
        succeeded = as_text(as_mapping(fields.get("additionalEventData")).get("success"))
        if answer == "Failure" or succeeded == "false":
            return "failed"
        if answer is None and as_text(fields.get("errorMessage")):
            return "failed"
    return "success"


def _console(fields: Mapping[str, Any], actor: Actor) -> bool | None:
    """Say whether the console made the call.

    `sessionCredentialFromConsole` is shown only where true, since version 1.08; older records
    name the console in `invokedBy`.  A long-lived key is never the console's.
    """
    said = as_text(fields.get("sessionCredentialFromConsole")) == "true"
    if said or actor.invoked_by in _CONSOLE_INVOKERS:
        return True
    if (actor.access_key_id or "").startswith("AKIA"):
        return False
    return False if _version(as_text(fields.get("eventVersion"))) >= _SAYS_CONSOLE_SINCE else None


def _version(text: str | None) -> tuple[int, ...]:
    """Read `1.10` as two numbers, so that it comes after `1.9`."""
    parts = (text or "").split(".")
    sound = all(part.isdecimal() and len(part) < 9 for part in parts)
    return tuple(map(int, parts)) if sound else (0,)


def _truncated(fields: Mapping[str, Any]) -> bool:
    parts = ("requestParameters", "responseElements", "additionalEventData")
    return any(as_mapping(fields.get(part)).get("omitted") is True for part in parts)


def _json(value: object) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()


def _content_id(fields: Mapping[str, Any]) -> str:
    canonical = msgspec.json.encode(fields, order="sorted")
    return f"content-{hashlib.sha256(canonical).hexdigest()[:32]}"
