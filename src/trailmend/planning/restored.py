"""What our own plans and rollbacks made again: the next plan must not take it for an intruder's.

A provider has no id of its own.  So one that a plan or a rollback made under the name of the one
of an event is told apart by the journal.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from trailmend.calls import Call
from trailmend.changing.journal import Intent
from trailmend.findings import told_time
from trailmend.plan import Part, Restored, Target
from trailmend.planning.sessions_ended import Begun


def with_restored(part: Part, begun: Begun) -> Part:
    """Tell a fix of a provider which plan, or rollback, was the last to make it again."""
    target = part.facts.target
    if not isinstance(target, Target):
        return part
    made = [one for one in _makings(begun) if target.name.endswith(one[0])]
    since = [one for one in made if one[1] > part.facts.event_time]
    if not since:
        return part
    return Part(part.fix, replace(part.facts, restored=max(since, key=lambda one: one[1])[2]))


def _makings(begun: Begun) -> Iterator[tuple[str, str, Restored]]:
    """Give the end of the ARN of each provider that was made, the time, and by which plan."""
    for plan, entries in begun:
        for entry in entries:
            made = _made(entry.call) if isinstance(entry, Intent) else ""
            if made and isinstance(entry, Intent):
                yield made, told_time(entry.at), Restored(plan.id, entry.undo)


def _made(call: Call) -> str:
    if call.name == "iam.create_saml_provider":
        return f":saml-provider/{call.params['Name']}"
    if call.name == "iam.create_open_id_connect_provider":
        return f":oidc-provider/{str(call.params['Url']).removeprefix('https://').rstrip('/')}"
    return ""
