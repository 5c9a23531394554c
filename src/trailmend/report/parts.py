"""What the forms of output share: the facts of a finding in words, and what a change changed."""

from __future__ import annotations

from typing import Any

import msgspec

from trailmend.findings import Finding
from trailmend.report.safe import json_line
from trailmend.takeovers.acts import caller_name, target_name


def clipped(text: str, most: int) -> str:
    """Cut a text to so many characters, the last of them an ellipsis."""
    return text if len(text) <= most else text[: most - 1] + "…"


def facts(finding: Finding) -> list[tuple[str, str]]:
    """Tell who did what to whom, when and from where; what is not known is left out."""
    event, actor, target = finding.event, finding.actor, finding.target
    told = [
        ("status", finding.status),
        ("plan", finding.plan),
        ("muted", muted(finding)),
        ("when", event.event_time),
        ("event", f"{event.event_name} ({event.event_source})"),
        ("outcome", f"{event.outcome} {event.error_code or ''}".strip()),
        ("who", f"{caller_name(finding)} ({actor.type})"),
        ("session", actor.session_name),
        ("whom", f"{target_name(finding)}, relation {finding.relation}"),
        ("what", " ".join(filter(None, (target.object_type, target.object_id)))),
        ("from", actor.source_ip),
        ("with", actor.user_agent),
        ("key", actor.access_key_id),
        ("MFA", actor.mfa),
        ("account", event.account_id),
        ("region", event.region),
        ("techniques", ", ".join(finding.techniques)),
        ("source", f"{finding.source.name} record {finding.source.index}"),
    ]
    return [(name, text) for name, text in told if text]


def muted(finding: Finding) -> str | None:
    """Say by which mutes a finding is hidden."""
    return "; ".join(one.text for one in finding.muted_by) or None


def changed(finding: Finding) -> list[tuple[str, str, str]]:
    """Set what an object was beside what it became: a field, before, after.

    After a deletion nothing is left.  After another change a field is what the call asked for,
    where the finding holds the request; a field that the call did not send is told as such.
    """
    sent = _request(finding)
    gone = finding.event.event_name.startswith("Delete") and finding.event.outcome == "success"
    return [
        (name, json_line(value), _after(name, sent, gone=gone))
        for name, value in (finding.before or {}).items()
    ]


def _after(name: str, sent: dict[str, Any] | None, *, gone: bool) -> str:
    if gone:
        return "gone"
    if sent is None:
        return "see the record"
    return json_line(sent[name]) if name in sent else "not sent"


def _request(finding: Finding) -> dict[str, Any] | None:
    """Read the request, where the condition looked at it."""
    text = finding.why.values.get("request")
    try:
        sent = msgspec.json.decode(text) if isinstance(text, str) else None
    except msgspec.DecodeError:
        return None
    return sent if isinstance(sent, dict) else None
