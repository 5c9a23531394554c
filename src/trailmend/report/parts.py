"""What the forms of output share: the facts of a finding in words."""

from __future__ import annotations

from collections.abc import Mapping

from trailmend.counts import many
from trailmend.findings import ActorPart, Finding, Origin
from trailmend.takeovers import Caller, Story
from trailmend.takeovers.acts import caller_name, taker_name, whole_target_name

LEVEL_STYLES: Mapping[str, str] = {
    "critical": "bold red",
    "high": "red",
    "medium": "yellow",
    "low": "cyan",
    "info": "dim",
}
"""How a terminal shows a level, in the words of rich."""


def clipped(text: str, most: int) -> str:
    """Cut a text to so many characters, the last of them an ellipsis."""
    return text if len(text) <= most else text[: most - 1] + "…"


def cut_apart(text: str, other: str, most: int) -> str:
    """Cut a text to its ends; where these are the same as the other's, to where the two differ."""
    if len(text) <= most:
        return text
    ends = text[: most // 2], text[-most // 2 :]
    if text == other or ends != (other[: most // 2], other[-most // 2 :]):
        return "…".join(ends)
    pairs = enumerate(zip(text, other, strict=False))
    differ = next((number for number, (a, b) in pairs if a != b), min(len(text), len(other)))
    start = differ - most // 4
    return f"…{text[start : start + most]}…"


def facts(finding: Finding) -> list[tuple[str, str]]:
    """Tell who did what to whom, when and from where; what is not known is left out."""
    event, actor, target = finding.event, finding.actor, finding.target
    told = [
        ("status", status_text(finding)),
        ("plan", finding.plan),
        ("muted", muted(finding)),
        ("when", event.event_time),
        ("event", f"{event.event_name} ({event.event_source})"),
        ("outcome", f"{event.outcome} {event.error_code or ''}".strip()),
        ("who", f"{caller_name(finding)} ({actor.type})"),
        ("session", actor.session_name),
        ("by", taken_text(actor.origin) if actor.origin is not None else None),
        ("whom", f"{whole_target_name(finding)}, relation {finding.relation}"),
        ("what", " ".join(filter(None, (target.object_type, target.object_id)))),
        ("from", actor.source_ip),
        ("with", actor.user_agent),
        ("key", key_text(actor) if actor.access_key_id else None),
        ("MFA", actor.mfa),
        ("account", event.account_id),
        ("region", event.region),
        ("techniques", ", ".join(finding.techniques)),
        ("source", f"{finding.source.name} record {finding.source.index}"),
    ]
    return [(name, text) for name, text in told if text]


_REPAIRS = {
    "caller": "by the same caller",
    "owner": "by the owner",
    "other": "by somebody else",
    "unknown": "by whom is not sure",
}


def status_text(one: Finding | Story) -> str | None:
    """Give the status; of what is resolved with the words for who did it, where that is known."""
    if one.resolved_by is None:
        return one.status
    return f"{one.status}, {_REPAIRS[one.resolved_by]}"


def key_text(actor: ActorPart) -> str:
    """Name the key that signed a call, and what became of it where the log tells."""
    return key_state(actor.access_key_id, actor.access_key_now)


def key_state(key: str | None, now: str | None) -> str:
    """Name a key, and what became of it where the log tells."""
    return f"{key} ({now.lower()} since, by the log)" if now else key or "not logged"


def keys_text(caller: Caller) -> str:
    """Name the keys with which somebody acted in a story, and what became of each."""
    keys = (key_state(key, caller.keys_now.get(key)) for key in caller.access_key_ids)
    return ", ".join(keys) or "not logged"


def span_of(story: Story) -> tuple[str, str]:
    """Give the times of the first event that a story tells, and of its last finding."""
    return min(story.first, *(one.time for one in story.chapters)), story.last


def count_text(story: Story) -> str:
    """Say how many findings a story tells; those that only support it are not of its table."""
    lower = f", and {many(len(story.supporting), 'that supports', 'that support')} them"
    return f"{len(story.findings):,}" + (lower if story.supporting else "")


def _roles(origin: Origin) -> str:
    return ", ".join(f"role/{one}" for one in origin.roles)


def taken_text(origin: Origin) -> str:
    """Say who took the session that called, and how."""
    way = "a session" if origin.hops == 1 else f"{origin.hops} sessions, the first"
    if origin.roles:
        way = f"{origin.hops} sessions, by way of {_roles(origin)}, the first"
    key = f" with key {key_state(origin.access_key_id, origin.access_key_now)}"
    who = taker_name(origin)
    if origin.type != "AWSAccount":
        who += f" ({origin.type}, {origin.id or 'no id'})"
    return f"{way} that {who} took at {origin.event_time}{key if origin.access_key_id else ''}"


def muted(finding: Finding) -> str | None:
    """Say by which mutes a finding is hidden."""
    return "; ".join(one.text for one in finding.muted_by) or None
