"""What the sessions do that somebody from outside the account took of its roles.

A session that such a session takes of another role is followed as well, and so on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from trailmend.events import Event
from trailmend.stories.steps import Step

HOLDS_A_ROLE = ("PutRolePolicy", "AttachRolePolicy")
"""Calls that can deny everything to the sessions of a role."""
LET_IN = "of another account that was let in, took a session of the role."
"""How it is told that somebody came whom a finding's trust let in, and none before it."""
_TRUST_SET = ("AcquireRole", "CreateRole", "UpdateAssumeRolePolicy")


def sets_trust(event: Event) -> bool:
    """Say whether a call sets whom a role trusts."""
    return event.event_source == "iam.amazonaws.com" and event.event_name in _TRUST_SET


@dataclass(slots=True)
class Visits:
    """The sessions of outsiders by their keys, and which acted since the trust was set last.

    `role_of` is the role by which the outsider came, `onward` for each other role that such a
    session took those by which it came.
    """

    role_of: dict[str, object] = field(default_factory=dict)
    acted: dict[object, set[str]] = field(default_factory=dict)
    onward: dict[object, set[object]] = field(default_factory=dict)

    def keys(self, step: Step, target: object) -> Iterator[tuple[str, object]]:
        """Give the keys of each session: taken, used first, and first since the trust was set.

        Of a role that was taken from one, what holds its sessions has a key too.
        """
        event, signed = step.event, step.event.access_key_id
        if event.outcome != "success":
            return
        if signed in self.role_of:
            role = self.role_of[signed]
            acted = self.acted.setdefault(role, set())
            if signed not in acted:
                acted.add(signed)
                yield "visitor's call", role
            if _takes_a_role(event) and event.object_id is not None and target is not None:
                self.role_of[event.object_id] = role
                self.onward.setdefault(target, set()).add(role)
                yield "onward", role
        if event.event_source == "iam.amazonaws.com" and event.event_name in HOLDS_A_ROLE:
            for role in self.onward.get(target, ()):
                yield f"onward {event.event_name}", role
        if sets_trust(event):
            self.acted.pop(target, None)
        elif _is_visit(event) and event.object_id is not None and target is not None:
            self.role_of[event.object_id] = target
            yield "visit", target


def _is_visit(event: Event) -> bool:
    return _takes_a_role(event) and not event.by_own_account


def _takes_a_role(event: Event) -> bool:
    return (event.event_source, event.event_name) == ("sts.amazonaws.com", "AssumeRole")
