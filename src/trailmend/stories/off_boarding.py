"""A leaver is taken apart before the user is deleted: such a step is low, and says of what.

IAM deletes a user only when nothing of it is left (botocore iam DeleteUser), so keys, password,
devices, policies and groups go first.  A finding on such a step is low where its caller deleted the
same user within the hour.  Sabotage looks alike, so it stays medium where

- the user is known to be an administrator, also by what was taken away just before: whoever locks
  the others out begins there;
- the caller deleted another user, or did something found of another target, within a day;
- the caller had not called from that address a day before or earlier, or is suspect as in
  `taken_back`;
- somebody used what was changed meanwhile, or the finding is more than medium.

That the user was deleted stands as a finding of its own.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta

from trailmend.events import principal_of
from trailmend.findings import Finding
from trailmend.stories.steps import Step, name_of
from trailmend.stories.taken_back import is_suspect, lowered, suspects_among
from trailmend.stories.timeline import ANYWHERE, Timeline, later

DELETED = "DeleteUser"
DELETED_WITHIN = timedelta(hours=1)
_ALONE_FOR = timedelta(days=1)
_FAMILIAR = 24 * 60
"""Minutes since the caller first called from the address."""
_Deeds = dict[str | None, list[tuple[datetime, int | None]]]
"""By caller, in the order of time: when something was done, and to whom."""
_MEDIUM_OR_MORE = ("medium", "high", "critical")
_STEPS = frozenset(
    """
    DeactivateMFADevice DeleteAccessKey DeleteLoginProfile DeleteSSHPublicKey
    DeleteServiceSpecificCredential DeleteSigningCertificate DeleteUserPolicy
    DeleteVirtualMFADevice DetachUserPolicy RemoveUserFromGroup UpdateAccessKey
    UpdateSSHPublicKey UpdateServiceSpecificCredential UpdateSigningCertificate
    """.split()
)
_POWER = ("DetachUserPolicy", "DeleteUserPolicy", "RemoveUserFromGroup")
"""Calls by which a user may have stopped being an administrator before the end."""


def with_steps_of_deletions_lowered(findings: Sequence[Finding], line: Timeline) -> list[Finding]:
    """Give the findings; the steps by which a leaver was taken apart are low, and say so."""
    ends = {one.id: end for one in findings if (end := _end(one, line)) is not None}
    if not ends:
        return list(findings)
    suspects = suspects_among(findings, ends, line)
    deeds = _deeds(findings, line)
    return [
        _told(one, end, line)
        if (end := ends.get(one.id)) is not None
        and not is_suspect(line.of_event(one.event.event_id), suspects)
        and _alone(end, deeds)
        else one
        for one in findings
    ]


def _end(finding: Finding, line: Timeline) -> Step | None:
    """Find the deletion of the user by the same caller, if the finding is on a step of one."""
    if finding.event.event_name not in _STEPS or finding.level != "medium":
        return None
    found = line.of_event(finding.event.event_id)
    admin, worse = found.row.target_is_admin, finding.became_worse
    if finding.event.outcome != "success" or worse or admin or not _familiar(found):
        return None
    if found.person is None or found.event.actor_id is None:
        return None
    for end in later(line, (DELETED, found.person), found.second, 1):
        soon = end.time - found.time <= DELETED_WITHIN
        own = principal_of(end.event.actor_id) == principal_of(found.event.actor_id)
        if soon and own and not _administered(end, line):
            return end
    return None


def _administered(end: Step, line: Timeline) -> bool:
    """Say whether the user was known to be an administrator on the last day."""
    steps = (
        line.steps[number]
        for name in _POWER
        for number in line.index.numbers((name, end.person))
        if abs(end.time - line.steps[number].time) <= _ALONE_FOR
    )
    return bool(end.row.target_is_admin) or any(
        one.row.target_is_admin or one.row.grants_admin for one in steps
    )


def _familiar(found: Step) -> bool:
    return (found.row.address_minutes or 0) >= _FAMILIAR


def _deeds(findings: Sequence[Finding], line: Timeline) -> _Deeds:
    """Gather what each caller did to whom: deletions of users, and what is medium or worse."""
    deletions = (line.steps[number] for number in line.index.numbers((DELETED, ANYWHERE)))
    grave = (
        line.of_event(one.event.event_id)
        for one in findings
        if one.level in _MEDIUM_OR_MORE and one.event.outcome == "success"
    )
    deeds: _Deeds = {}
    for one in (*deletions, *grave):
        deeds.setdefault(principal_of(one.event.actor_id), []).append((one.time, one.person))
    for done in deeds.values():
        done.sort(key=_time)
    return deeds


def _alone(end: Step, deeds: _Deeds) -> bool:
    """Say whether the caller did nothing like it to anybody else within a day."""
    done = deeds.get(principal_of(end.event.actor_id), [])
    first = bisect_left(done, end.time - _ALONE_FOR, key=_time)
    last = bisect_right(done, end.time + _ALONE_FOR, key=_time)
    return all(person == end.person for _, person in done[first:last])


def _time(deed: tuple[datetime, int | None]) -> datetime:
    return deed[0]


def _told(finding: Finding, end: Step, line: Timeline) -> Finding:
    found, whom = line.of_event(finding.event.event_id), finding.target.name or "the user"
    after = int((end.time - found.time).total_seconds())
    fact = (
        f"It was a step of a deletion: {name_of(end.event)} deleted the user {whom} {after} s "
        "later, and did nothing like it to anybody else that day: so it is low."
    )
    return lowered(finding, {"step_of": end.event.event_id}, fact)
