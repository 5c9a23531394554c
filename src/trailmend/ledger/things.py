"""Lessons on all else: who made a thing, how it was last set, and who assumed which session."""

from __future__ import annotations

from itertools import islice

from trailmend.events import Event
from trailmend.ledger.account import BEARERS, Ledger, mark, parsed
from trailmend.ledger.shape import Session, Thing

_MAKES = ("Create", "Upload", "Import", "Register", "Acquire")
_ENDS = ("Delete", "Deregister")
_MOST_SESSIONS = 50_000
_GIVES_A_SESSION = (
    *("AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "AssumeRoot"),
    *("GetFederationToken", "GetSessionToken"),
)


def learn_thing(ledger: Ledger, event: Event) -> None:
    """Note who made a thing, and the last request of each name on it; forget what is deleted."""
    kind, name = event.target_type, event.target_name
    if kind is None or name is None or kind in (*BEARERS, "policy", "root"):
        return
    key = kind, name.lower()
    if event.event_name.startswith(_ENDS) and not _is_a_part(event):
        ledger.things.pop(key, None)
        return
    makes = event.event_name.startswith(_MAKES) and not _is_a_part(event)
    known = Thing() if makes and event.event_name[:6] == "Create" else ledger.thing(*key)
    said = {**known.said, event.event_name: event.request or "{}"}
    made = known.made or (mark(event) if makes else None)
    ledger.things[key] = Thing(made, said)
    if kind == "trail":
        ledger.trails.add(key)


def _is_a_part(event: Event) -> bool:
    """Say whether a call makes or deletes a part or a setting of the thing that it names."""
    return event.object_type is not None or "From" in event.event_name


def settings_before(ledger: Ledger, event: Event) -> dict[str, object]:
    """Give what an earlier request of the log set that this one sets again; the newest wins.

    A setting is looked for in the call of the same name, and in the call that made the thing.
    """
    said = ledger.thing(event.target_type, event.target_name).said
    noun = event.event_name.removeprefix("Update").removeprefix("Put").removeprefix("Delete")
    names = (f"Create{noun}", f"Put{noun}", f"Update{noun}", event.event_name)
    known: dict[str, object] = {}
    for name in dict.fromkeys(names):
        known |= parsed(said.get(name))
    return known


def learn_session(ledger: Ledger, event: Event) -> None:
    """Note temporary credentials; whoever acts in a session hands its origin on.

    A session of before the log, or one that CloudTrail delivers to another account, has none.
    """
    key = event.object_id
    if event.object_type != "session" or key is None or event.event_name not in _GIVES_A_SESSION:
        return
    if len(ledger.sessions) >= _MOST_SESSIONS:
        newer = islice(ledger.sessions.items(), _MOST_SESSIONS // 2, None)
        ledger.sessions = dict(newer)
    known = ledger.session(event.access_key_id, event.event_time)
    if known is None:
        session = Session(mark(event), event.actor_type, 1, event.target_name)
    else:
        session = Session(known.origin, known.origin_type, known.hops + 1, event.target_name)
    ledger.sessions[key] = session
