"""What the sessions do that somebody from outside the account took of its roles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from trailmend.events import Event
from trailmend.stories.steps import Step

_TRUST_SET = ("AcquireRole", "CreateRole", "UpdateAssumeRolePolicy")


def sets_trust(event: Event) -> bool:
    """Say whether a call sets whom a role trusts."""
    return event.event_source == "iam.amazonaws.com" and event.event_name in _TRUST_SET


@dataclass(slots=True)
class Visits:
    """The sessions of outsiders by their keys, and which acted since the trust was set last."""

    role_of: dict[str, object] = field(default_factory=dict)
    acted: dict[object, set[str]] = field(default_factory=dict)

    def keys(self, step: Step, target: object) -> Iterator[tuple[str, object]]:
        """Give the keys of each session: taken, used first, and first since the trust was set."""
        event, signed = step.event, step.event.access_key_id
        if event.outcome != "success":
            return
        if signed in self.role_of:
            role = self.role_of[signed]
            acted = self.acted.setdefault(role, set())
            if signed not in acted:
                acted.add(signed)
                yield "visitor's call", role
        if sets_trust(event):
            self.acted.pop(target, None)
        elif _is_visit(event) and event.object_id is not None and target is not None:
            self.role_of[event.object_id] = target
            yield "visit", target


def _is_visit(event: Event) -> bool:
    pair = event.event_source, event.event_name
    return pair == ("sts.amazonaws.com", "AssumeRole") and not event.by_own_account
