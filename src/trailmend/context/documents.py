"""The policy documents of events, read once: what they hold, and how two of them differ."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from trailmend.events import Event
from trailmend.ledger import document_of
from trailmend.policies import (
    Changed,
    Delegates,
    Grants,
    PolicyDocument,
    Trusts,
    Unreadable,
    compare,
    decided_at,
    denies_by_aws,
    grants,
    read_document,
    speaks_of_time,
)

Columns = dict[str, Any]
Policy = tuple[str | None, str | None]
"""A document, or None, and the ARN of a policy, or None."""
_MOST_SAID = 10


def missing(event: Event, name: str) -> str:
    """Say that a document is not in the record; what CloudTrail leaves out is a sign of its own."""
    return f"{name}: {'CloudTrail left it out' if event.truncated else 'it is not there'}"


def sent_document(request: Mapping[str, Any], name: str) -> str | None:
    """Give the document in a field of a request."""
    return document_of(request.get(name))


@lru_cache(maxsize=2048)
def read_once(document: str) -> PolicyDocument | Unreadable:
    """Read a document; the same text is read once."""
    return read_document(document)


def read_at(document: str, at: datetime | None) -> PolicyDocument | Unreadable:
    """Read a document as it holds at a time."""
    read = read_once(document)
    return read if at is None else decided_at(read, at)


def grants_at(document: str, at: datetime | None) -> Grants:
    """Tell what a document grants at a time."""
    return _grants_once(document, at if speaks_of_time(document) else None)


@lru_cache(maxsize=2048)
def _grants_once(document: str, at: datetime | None) -> Grants:
    return grants(read_at(document, at))


def denies(policy: Policy) -> bool | None:
    """Say whether a policy has statements that deny."""
    document, arn = policy
    if document is None:
        return denies_by_aws(arn) if arn is not None else None
    read = read_once(document)
    if isinstance(read, Unreadable):
        return None
    if any(not one.allows for one in read.statements):
        return True
    return None if any(one.doubtful for one in read.statements) else False


def trust_columns(told: Trusts | Delegates) -> Columns:
    """Give the columns that tell whom a policy lets in."""
    return {
        "trusts_outsider": told.outsider,
        "trusts_anyone": told.anyone,
        "trusted": said(list(map(str, told.trusted))),
        "policy_problems": said(list(map(str, told.problems))),
    }


@lru_cache(maxsize=1024)
def _compared_once(before: str, after: str, account_id: str) -> Changed:
    return compare(read_once(before), read_once(after), account_id)


def compared(before: str, after: str, account_id: str) -> Columns:
    """Give the columns that tell how a document differs from the former one."""
    changed = _compared_once(before, after, account_id)
    return {
        "widens": changed.weakens,
        "narrows": changed.strengthens,
        "lifts_denial": changed.lifts_denial,
    }


def said(sentences: list[str]) -> str | None:
    """Join sentences, no more than a finding bears; None where there is none."""
    more = f"; and {len(sentences) - _MOST_SAID} more" if len(sentences) > _MOST_SAID else ""
    return "; ".join(sentences[:_MOST_SAID]) + more or None
