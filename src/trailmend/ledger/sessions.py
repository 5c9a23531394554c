"""Lessons on sessions: who stands at the start of a chain of temporary credentials."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

from trailmend.events import Event
from trailmend.ledger.account import Ledger, mark
from trailmend.ledger.shape import Session

_MOST_SESSIONS = 50_000
_GIVES_A_SESSION = (
    *("AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "AssumeRoot"),
    *("GetFederationToken", "GetSessionToken"),
)


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
        ledger.sessions[key] = Session(
            origin=mark(event),
            origin_type=event.actor_type,
            hops=1,
            origin_account=event.actor_account,
            origin_key=event.access_key_id,
            roles=_role(event),
        )
    else:
        roles = (*known.roles, *_role(event))
        ledger.sessions[key] = replace(known, hops=known.hops + 1, roles=roles)


def _role(event: Event) -> tuple[str, ...]:
    """Name the role that is taken; one of another account is named by its ARN, and left out."""
    name = event.target_name
    return (name,) if event.target_type == "role" and name and ":" not in name else ()
