"""When sessions must be ended again: where one may have begun since they were ended.

Until the way to them is shut, a stranger begins new sessions.  So a plan that comes after another
ends them once more, unless the former plan changed nothing else and nothing was done since: then
to ask for it again and again would never come to an end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from trailmend.changing.journal import Entry, Intent, read_journal
from trailmend.findings import Finding, told_time
from trailmend.plan import Part, Plan
from trailmend.remediations.principals import (
    REVOCATION,
    revoke_callers_sessions,
    revoke_role_sessions,
    revoke_user_sessions,
)

_ENDS_SESSIONS = {
    one.key for one in (revoke_callers_sessions, revoke_role_sessions, revoke_user_sessions)
}
Begun = Sequence[tuple[Plan, Sequence[Entry]]]
"""Plans with their journals."""


def if_needed_again(part: Part, begun: Begun, findings: Iterable[Finding]) -> Part:
    """Give a fix the time for which sessions are ended already, if none can have begun since."""
    if part.fix not in _ENDS_SESSIONS:
        return part
    ended = max(_times(part, begun), default="")
    changed = [told_time(entry.at) for _, entries in begun for entry in entries if _changes(entry)]
    done = [one.event.event_time for one in findings]
    if not ended or max([*changed, *done], default="") >= ended:
        return part
    return Part(part.fix, replace(part.facts, asked_at=ended))


def _times(part: Part, begun: Begun) -> Iterable[str]:
    """Give the times up to which plans that are in force ended the sessions of the same."""
    for plan, entries in begun:
        if read_journal(plan, entries).state == "applied":
            for one in plan.parts:
                if one.fix in _ENDS_SESSIONS and _whose(one) == _whose(part):
                    yield one.facts.asked_at


def _whose(part: Part) -> tuple[str | None, str | None]:
    return part.facts.user_name, part.facts.role_name


def _changes(entry: Entry) -> bool:
    return isinstance(entry, Intent) and entry.call.params.get("PolicyName") != REVOCATION
