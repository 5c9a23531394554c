"""Whose an event is: a write of ours, as the journal tells it, or one that only looks so.

The user agent decides nothing: whoever calls writes it.  A request id is made by AWS, so nobody
who calls AWS can choose one; but a log is text, and whoever can write log files can put any id
there.  So an event is ours only if its request id is that of a write in the journal and it tells
of the same account, the same call and the same things.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
from msgspec import Struct

from trailmend.calls import Call, is_secret
from trailmend.changing.journal import Declined, Done, Entry, Intent, Left, Lost, Settled
from trailmend.errors import WrongUse
from trailmend.events import Event
from trailmend.findings import Explained, Finding, Why

ARN = r"arn:aws[\w-]*:iam::(\d{12}):(user|role)/(?:\S*/)?([\w+=,.@-]+)"
"""How the ARN of a user or a role is written."""
_ARN = re.compile(ARN)
_NAME = re.compile(r"[\w+=,.@:/-]{1,256}")
"""Names, ids, serials, ARNs and states of IAM and CloudTrail."""
_IN_FLIGHT = timedelta(seconds=60)
"""A write is sent once: 10 seconds to connect, 30 to be answered (`aws`), and some for AWS."""
_READS = (
    *("BatchGet", "Check", "Decode", "Describe", "Generate", "Get", "List", "Lookup", "Search"),
    "Simulate",
)
"""How the names of operations begin that change nothing in the services that `scan` reads."""
_NO_READS = ("GetFederationToken", "GetSigninToken")
"""They make credentials for others (STS and sign-in)."""
_LOGGED = {
    "s3:DeletePublicAccessBlock": "DeleteBucketPublicAccessBlock",
    "s3:PutBucketLifecycleConfiguration": "PutBucketLifecycle",
    "s3:PutPublicAccessBlock": "PutBucketPublicAccessBlock",
}
"""Writes that CloudTrail names otherwise than the API (CloudTrail's published S3 records)."""

NOT_IN_THE_JOURNAL = "responder.not_in_the_journal"


class Sent(Struct, frozen=True, kw_only=True):
    """A write of a plan: the journal has the id of its request, or `until` when it was under way.

    A write that certainly had no effect, or was never sent, has neither.
    """

    plan_id: str
    account_id: str
    call: Call
    at: datetime
    request_id: str = ""
    until: datetime | None = None


class Responder(Struct, frozen=True):
    """A user or a role that Trailmend alone uses; names are without their case."""

    account_id: str
    kind: Literal["user", "role"]
    name: str


class Own(Struct, frozen=True):
    """What is known of our own doing: the writes of the journal, and who is ours alone."""

    sent: tuple[Sent, ...] = ()
    responders: tuple[Responder, ...] = ()


NOTHING_OF_OURS = Own()


def find_responders(arns: Iterable[str]) -> tuple[Responder, ...]:
    """Read the ARNs of the settings; raises WrongUse for what names no user and no role.

    A session's ARN leaves out the path of its role, so the path is not compared: a name is given
    once in an account, whatever its path and its case (IAM User Guide, "IAM identifiers").
    """
    return tuple(map(_responder, arns))


def _responder(arn: str) -> Responder:
    found = _ARN.fullmatch(arn)
    if found is None:
        raise WrongUse(
            f"[responder] principals: {arn!r} is not the ARN of a user or a role: write it as "
            "arn:aws:iam::123456789012:role/NAME, without patterns."
        )
    kind: Literal["user", "role"] = "user" if found[2] == "user" else "role"
    return Responder(found[1], kind, found[3].casefold())


# What was sent -----------------------------------------------------------------------------


def sent_calls(plan_id: str, account_id: str, entries: Sequence[Entry]) -> list[Sent]:
    """Read the journal of a plan, oldest entry first, as the writes that were sent."""
    intents = [(place, one) for place, one in enumerate(entries) if isinstance(one, Intent)]
    ends = [place for place, _ in intents[1:]] + [len(entries)]
    return [
        _sent(plan_id, account_id, intent, entries[place + 1 : end])
        for (place, intent), end in zip(intents, ends, strict=True)
    ]


def _sent(plan_id: str, account_id: str, intent: Intent, after: Sequence[Entry]) -> Sent:
    lines = [
        one
        for one in after
        if not isinstance(one, Left) and (one.step, one.undo) == (intent.step, intent.undo)
    ]
    answers = [one for one in lines if isinstance(one, Done | Declined | Lost)]
    request_id = next((one.request_id for one in answers if one.request_id), "")
    return Sent(
        plan_id=plan_id,
        account_id=account_id,
        call=intent.call,
        at=intent.at,
        request_id=request_id,
        until=None if request_id else _until(intent, lines),
    )


def _until(intent: Intent, lines: Sequence[Entry]) -> datetime | None:
    """Tell until when a write without a known request can have been logged; None if it was not."""
    if any(isinstance(one, Declined) for one in lines):
        return None
    settled = [one for one in lines if isinstance(one, Settled)]
    if any(not one.happened for one in settled):
        return None
    return min([intent.at + _IN_FLIGHT, *(one.at for one in settled)])


# Whose an event is -------------------------------------------------------------------------


def own_events(events: Iterable[Event], own: Own) -> dict[str, str]:
    """Give the plan of each event that the journal accounts for, by the event's id.

    The events are those of one account.  A write whose answer was lost has no request id in the
    journal.  Its event is taken for ours only if it succeeded, was called by a principal that
    Trailmend alone uses, within the minute that the call was under way by this machine's clock
    and before it was settled, if it says all of the call but its secrets, and if no second event
    does all that.  Where the journal found that such a call had no effect, no event is ours.
    """
    if not own.sent:
        return {}
    by_request = {one.request_id: one for one in own.sent if one.request_id}
    ours: dict[str, str] = {}
    left: list[Event] = []
    for event in events:
        sent = by_request.get(event.request_id or "")
        if sent is not None and _tells_of(event, sent, _agrees):
            ours[event.event_id] = sent.plan_id
        elif _is_ours_alone(event, own):
            left.append(event)
    for sent in own.sent:
        if sent.until is not None:
            fitting = [one.event_id for one in left if _may_be(one, sent, sent.until)]
            ours |= dict.fromkeys(fitting, sent.plan_id) if len(fitting) == 1 else {}
    return ours


def _may_be(event: Event, sent: Sent, until: datetime) -> bool:
    """Tell whether an event can be of a lost write; an event's time has no fraction of a second."""
    return (
        event.outcome == "success"
        and sent.at.replace(microsecond=0) <= event.event_time <= until
        and _tells_of(event, sent, _says)
    )


def _tells_of(event: Event, sent: Sent, fits: Callable[[Call, Mapping[str, Any]], bool]) -> bool:
    operation = sent.call.action.partition(":")[2]
    service = sent.call.permission.partition(":")[0]
    called = f"{service}.amazonaws.com", _LOGGED.get(sent.call.action, operation)
    return (
        event.account_id == sent.account_id
        and (event.event_source, event.event_name) == called
        and fits(sent.call, _request(event))
    )


def _request(event: Event) -> Mapping[str, Any]:
    """Read what the record says of the request; a denied call says nothing."""
    told = msgspec.json.decode(event.request) if event.request else None
    return told if isinstance(told, dict) else {}


def _agrees(call: Call, told: Mapping[str, Any]) -> bool:
    """Tell whether the record names nothing else than the call; it may say less.

    Documents, key bodies and lists are not compared: a log may write them otherwise.
    """
    return all(
        told.get(_as_logged(name), value) == value
        for name, value in call.params.items()
        if isinstance(value, str) and _NAME.fullmatch(value)
    )


def _says(call: Call, told: Mapping[str, Any]) -> bool:
    """Tell whether the record says all of the call but its secrets, to the letter."""
    return all(
        is_secret(value) or told.get(_as_logged(name)) == value
        for name, value in call.params.items()
    )


def _as_logged(name: str) -> str:
    """Write the name of a parameter as CloudTrail does: `userName`, `sSHPublicKeyId`."""
    return name[:1].lower() + name[1:]


def unexplained_writes(events: Iterable[Event], own: Own, ours: Mapping[str, str]) -> list[Event]:
    """List the writes of principals that Trailmend alone uses that the journal does not tell of.

    Whether they were let through does not matter.  An event does not keep `readOnly`, so the name
    of the call tells: what is not known to read is a write, a sign-in to the console too.  To take
    one of Trailmend's own roles is how it signs in, and none.
    """
    if not own.responders:
        return []
    return [
        event
        for event in events
        if event.event_id not in ours and _is_ours_alone(event, own) and _writes(event, own)
    ]


def _is_ours_alone(event: Event, own: Own) -> bool:
    """Tell whether one of Trailmend's own principals called, itself or by a session of its own."""
    kinds = {"AssumedRole": "role", "IAMUser": "user", "FederatedUser": "user"}
    key = event.actor_account, kinds.get(event.actor_type), (event.actor_name or "").casefold()
    return any(key == (one.account_id, one.kind, one.name) for one in own.responders)


def _writes(event: Event, own: Own) -> bool:
    if event.event_name == "AssumeRole":
        taken = _ARN.fullmatch(str(_request(event).get("roleArn")))
        return taken is None or _responder(taken[0]) not in own.responders
    return event.event_name in _NO_READS or not event.event_name.startswith(_READS)


# What is said of it ------------------------------------------------------------------------


def made_by_plan(finding: Finding, plan_id: str) -> Finding:
    """Say that a plan of ours made what was found: nothing to fix, and no harm."""
    return msgspec.structs.replace(
        finding,
        title=f"Made by plan {plan_id}: {finding.title}",
        level="info",
        plan=plan_id,
        why=Why(
            f"the journal of plan {plan_id} has this call",
            {"plan": plan_id, "detection": finding.detection, **finding.why.values},
        ),
        explanations=[
            Explained(
                hypothesis="intended",
                text=f"Trailmend made this call for plan {plan_id}, which was approved.",
                supports=["The journal of this workspace has the call, and the event tells of it."],
                against=[],
            )
        ],
        fixes=[],
        techniques=[],
    )


def why_unexplained(event: Event) -> Why:
    """Say why a write of Trailmend's own principal is a finding."""
    return Why(
        "the actor is in [responder] principals of the settings, the call writes, and it is not "
        "in the journal of this workspace",
        {
            "actor_arn": event.actor_arn,
            "event_source": event.event_source,
            "event_name": event.event_name,
            "outcome": event.outcome,
            "request_id": event.request_id,
        },
    )


EXPLANATIONS = [
    Explained(
        hypothesis="unauthorised",
        text="Somebody else holds the credentials that are kept for Trailmend alone.",
        supports=["The call is not in the journal of this workspace."],
        against=[],
    ),
    Explained(
        hypothesis="intended",
        text="Trailmend made the call from another workspace, whose journal is not known here.",
        supports=[],
        against=["The call is not in the journal of this workspace."],
    ),
    Explained(
        hypothesis="insider",
        text="Somebody who may use the credentials used them by hand, past plan and approval.",
        supports=["The call is not in the journal of this workspace."],
        against=[],
    ),
]
