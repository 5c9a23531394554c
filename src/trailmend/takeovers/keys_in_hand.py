"""The long-lived keys with which whoever acted in a story can still sign calls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from trailmend.findings import Finding
from trailmend.takeovers.acts import caller_name, grave, taker_name

_OFF = ("Inactive", "Deleted")
_WORKS: Mapping[str | None, str] = {
    "Active": "was switched on since",
    None: "nothing in the log says that it was switched off",
}
"""Of a key, by `ActorPart.access_key_now`."""


class KeyInHand(NamedTuple):
    """A key that is not known to be off, what it did, in words, and the finding that shows it."""

    id: str
    text: str
    finding: Finding


def keys_in_hand(findings: Sequence[Finding]) -> list[KeyInHand]:
    """Give the keys that signed what is open, or what somebody else had to put right.

    Of a key that the story made its making tells.  What a third principal took back of a story
    with something grave was an intruder's, and the repair of what a key did leaves the key itself.
    """
    made = {one.target.object_id for one in findings if one.event.event_name == "CreateAccessKey"}
    intruder = any(map(grave, findings))
    found: dict[str, KeyInHand] = {}
    for one in sorted(findings, key=lambda one: one.status == "resolved"):
        repaired = intruder and one.resolved_by == "other"
        if repaired or one.status in ("open", "worsened"):
            for key, state, doing in _keys(one):
                if key.startswith("AKIA") and key not in made and state not in _OFF:
                    text = f"access key {key} of {doing}, and {_WORKS[state]}"
                    found.setdefault(key, KeyInHand(key, text, one))
    return list(found.values())


def _keys(finding: Finding) -> Iterator[tuple[str, str | None, str]]:
    """Give the key that signed the call and that by which its session was taken, in words."""
    actor, origin = finding.actor, finding.actor.origin
    yield actor.access_key_id or "", actor.access_key_now, f"{caller_name(finding)} signed calls"
    if origin is not None:
        doing = f"{taker_name(origin)} took the session of {caller_name(finding)}"
        yield origin.access_key_id or "", origin.access_key_now, doing
