"""What no fix can mend any more, because the user whom it is about was deleted since.

A later user of the same name is another, and a plan refuses to touch it: what could only be
refused is not offered.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from trailmend.findings import Finding, NextEvent, told_time
from trailmend.plan import find_remediation
from trailmend.stories.steps import Step, name_of
from trailmend.stories.timeline import Timeline, later

DELETED = "DeleteUser"


def is_gone(finding: Finding) -> bool:
    """Say whether the story tells that the user whom the finding is about was deleted."""
    return any(one.event_name == DELETED for one in finding.next)


def without_fixes_of_the_gone(findings: Sequence[Finding], line: Timeline) -> list[Finding]:
    """Leave out the fixes of users whom the log shows deleted, and tell of the deletion."""
    return [_mendable(one, line) if one.fixes else one for one in findings]


def _mendable(finding: Finding, line: Timeline) -> Finding:
    found = line.of_event(finding.event.event_id)
    end = _end(found, found.person, line)
    gone = {"target": end is not None, "actor": _end(found, found.caller, line) is not None}
    left = [fix for fix in finding.fixes if not gone.get(find_remediation(fix).about)]
    told = finding.next
    if end is not None and finding.status is not None and not is_gone(finding):
        told = sorted([*told, _deletion(end, finding)], key=lambda one: one.event_time)
    return msgspec.structs.replace(finding, fixes=left, next=told)


def _end(found: Step, user: int | None, line: Timeline) -> Step | None:
    """Find the deletion of a user after a finding; in its second the deletion is the last."""
    if user is None:
        return None
    steps = later(line, (DELETED, user), found.second, 2)
    return next((step for step in steps if step != found), None)


def _deletion(end: Step, finding: Finding) -> NextEvent:
    event, whom = end.event, finding.target.name or "the user"
    return NextEvent(
        event_id=event.event_id,
        event_name=event.event_name,
        event_time=told_time(event.event_time),
        why=f"{name_of(event)} deleted the user {whom}.",
        actor=name_of(event),
    )
