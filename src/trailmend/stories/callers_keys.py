"""What became of the long-lived keys that signed the calls, by the end of the log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from trailmend.events import Event
from trailmend.findings import Finding, told_time
from trailmend.ledger import parsed

_DELETED = "Deleted"
_Last = tuple[str, set[str | None]]
"""The time of the last second in which a key was changed, and the states that it got then."""


def with_keys_as_they_are(findings: Iterable[Finding], events: Iterable[Event]) -> list[Finding]:
    """Give the findings of one account with `access_key_now`, from all events that change keys."""
    last = _last_changes(events)
    return [_told(one, last) for one in findings]


def changes_a_key(event: Event) -> bool:
    """Say whether an event switches an access key, or deletes it."""
    return _change(event) is not None


def _last_changes(events: Iterable[Event]) -> dict[str, _Last]:
    last: dict[str, _Last] = {}
    for event in events:
        change = _change(event)
        if change is None:
            continue
        time, (key, state) = told_time(event.event_time), change
        known = last.get(key, ("", set()))
        if time > known[0]:
            last[key] = time, {state}
        elif time == known[0]:
            known[1].add(state)
    return last


def _change(event: Event) -> tuple[str, str | None] | None:
    """Read which key a call changed, and to what; None where it is no such call."""
    if (event.event_source, event.outcome) != ("iam.amazonaws.com", "success"):
        return None
    if event.object_id is None or event.event_name not in ("UpdateAccessKey", "DeleteAccessKey"):
        return None
    if event.event_name == "DeleteAccessKey":
        return event.object_id, _DELETED
    state = parsed(event.request).get("status")
    return event.object_id, state if state in ("Active", "Inactive") else None


def _told(finding: Finding, last: Mapping[str, _Last]) -> Finding:
    """Tell of the key that signed the call, and of that by which its session was taken."""
    actor, origin = finding.actor, finding.actor.origin
    change = last.get(actor.access_key_id or "")
    if change is not None:
        actor = replace(actor, access_key_now=_state(change, finding.event.event_time))
    change = last.get(origin.access_key_id or "") if origin is not None else None
    if origin is not None and change is not None:
        state = _state(change, origin.event_time)
        actor = replace(actor, origin=replace(origin, access_key_now=state))
    return finding if actor is finding.actor else replace(finding, actor=actor)


def _state(change: _Last, used: str) -> str | None:
    """Give the state after a key was used; that it was off before says nothing."""
    time, states = change
    if _DELETED in states:
        return _DELETED
    return next(iter(states)) if len(states) == 1 and time >= used else None
