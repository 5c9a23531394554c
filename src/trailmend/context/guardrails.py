"""What an event does to an organization's policies: what they deny to whom, whom they let in."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from trailmend.context.documents import (
    Columns,
    compared,
    denies,
    missing,
    read_at,
    read_once,
    said,
    sent_document,
    trust_columns,
)
from trailmend.events import Event
from trailmend.ledger import DELEGATION, Ledger, parsed
from trailmend.policies import NO_STATEMENT, Unreadable, delegates, grants, hindrance

_ALLOWS_ALL = '{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
_ALLOWING_ALL = ("p-FullAWSAccess", "p-RCPFullAWSAccess")
"""The policies of AWS that say this: of service control policies, and of resource control ones."""


def guarded(event: Event, ledger: Ledger) -> Columns:
    """Tell what an event does to a policy of the organization.

    Such a policy grants nothing: a denial that is lifted widens what may be done, a new one
    narrows it.
    """
    if event.event_name == "PutResourcePolicy":
        return _delegated(event, ledger)
    policy = event.target_name if event.target_type == "organization_policy" else event.object_id
    known = ledger.guardrails.get(policy or "")
    sent = parsed(event.request)
    if event.event_name == "AttachPolicy":
        return _bound(_ALLOWS_ALL if policy in _ALLOWING_ALL else known, event.event_time)
    if event.event_name != "UpdatePolicy":
        told = sent_document(sent, "content") if event.event_name == "CreatePolicy" else known
        return {} if told is None else _refused(told, event.event_time)
    after = sent_document(sent, "content")
    if after is None:
        renamed = bool(sent) and not event.truncated and "content" not in sent
        return dict.fromkeys(("widens", "narrows", "lifts_denial"), False) if renamed else {}
    if known is None:
        return _refused(after, event.event_time)
    lost, gained = compared(known, after, ""), compared(after, known, "")
    return _refused(after, event.event_time) | {
        "widens": lost["widens"] or lost["lifts_denial"],
        "narrows": lost["narrows"] or gained["lifts_denial"],
        "lifts_denial": lost["lifts_denial"],
    }


def _delegated(event: Event, ledger: Ledger) -> Columns:
    """Tell whom the policy of the organization itself lets in, and whether it gives more now."""
    content = sent_document(parsed(event.request), "content")
    former = ledger.guardrails.get(DELEGATION)
    if content is None:
        return {"policy_problems": missing(event, "content")} if event.request else {}
    told = delegates(read_at(content, event.event_time), event.account_id)
    changed = compared(former, content, event.account_id) if former is not None else {}
    return changed | trust_columns(told) | {"grants": said(list(told.writes))}


def _refused(content: str, at: datetime) -> Columns:
    """Tell what a policy of the organization denies; one of tags or backups denies no call."""
    read = read_once(content)
    if isinstance(read, Unreadable) and read.reason == NO_STATEMENT:
        return {"denies": False, "hinders": False}
    told = hindrance(read_at(content, at))
    return {
        "denies": denies((content, None)),
        "hinders": told.hinders,
        "refused": said(list(told.denials)),
    }


def _bound(content: str | None, at: datetime) -> Columns:
    """Tell what a policy of the organization leaves to those below: alone, or by its denials.

    One that denies is taken to stand beside one that allows everything, as all do at first: what
    no policy allows needs no denial.
    """
    if content is None:
        return {}
    told, read, beside = _refused(content, at), read_at(content, at), read_once(_ALLOWS_ALL)
    if isinstance(read, Unreadable) or isinstance(beside, Unreadable):
        return told
    allowing = beside.statements if told["denies"] else ()
    left = replace(read, statements=(*read.statements, *allowing))
    return told | {"grants_admin": grants(left).admin}
