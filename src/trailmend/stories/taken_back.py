"""Whoever takes back what an intruder did is no intruder for it: their finding is low.

The rules of the stories say that an event of a third principal resolves an earlier finding of level
medium or above.  Where the event's own finding is one that only takes access away
(`Detection.takes_back`), it is told with the finding that it put right, and is low.  A policy that
denies answers a finding so where it holds whom the finding's caller had made.

An intruder could hide behind that, so it stays medium where one may be at work:

- what was put right is older than a month: who deletes a key of last year does not answer to it;
- the caller has a finding of medium level or above of a week before or after that they did not
  themselves take back before it became worse, or is the one whom such a finding is about: their
  password, keys or permissions may be an intruder's;
- the caller's key or session was itself found, at any time, at medium level or above;
- the session comes from another account, or was seen at two public addresses.

A limit taken away (an MFA device, a boundary, a denial) is never low: it opens, whoever does it.
What opens or ends something of an organization or an account, as to detach the policy that shut
responders out or to close an account that was made, is low only where whoever is undone has another
finding of high level or above of a week before or after (`Detection.only_of_suspects`): a colleague
who makes accounts or guardrails all day is no intruder, and whoever ends these may be one.
What hangs on nothing but the log is the same in every order of reading; mutes change none of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from trailmend.catalog import detections
from trailmend.events import principal_of
from trailmend.findings import Explained, Finding, Why
from trailmend.stories.steps import Step
from trailmend.stories.timeline import Timeline, caller_as_bearer, target_of

ANSWERED_WITHIN = timedelta(days=30)
SUSPECT_FOR = timedelta(days=7)
_SERIOUS = ("medium", "high", "critical")
_GRAVE = ("high", "critical")


@dataclass(frozen=True, slots=True)
class Followed:
    """A finding with its status, and the events by which a third principal resolved it."""

    finding: Finding
    put_right_by: Sequence[Step] = ()


@dataclass(frozen=True, slots=True)
class Suspects:
    """When something was found of whom, by id and as a target; the keys that were found.

    `graves`: when each caller did what was found at high level or above, and by which event.
    """

    since: Mapping[object, Sequence[datetime]]
    graves: Mapping[str | None, Sequence[tuple[datetime, str]]]
    keys: frozenset[str]


def with_takings_back_lowered(followed: Sequence[Followed], line: Timeline) -> list[Finding]:
    """Give the findings; those of who put others right are low, and say which."""
    righted = _righted(followed, line)
    if not righted:
        return [one.finding for one in followed]
    suspects = suspects_among((one.finding for one in followed), righted, line)
    return [_judged(one.finding, righted, suspects, line) for one in followed]


def _righted(followed: Iterable[Followed], line: Timeline) -> dict[str, list[Finding]]:
    """Gather what each event put right, by the id of the finding on it that takes access away."""
    by_event: dict[str, list[Finding]] = {}
    findings = []
    for one in followed:
        if _takes_back(one.finding):
            findings.append(one.finding)
            # What is set whole, as a contact, is set back by the same call.
            if not detections()[one.finding.detection][1].only_of_suspects:
                continue
        found = line.of_event(one.finding.event.event_id)
        for step in one.put_right_by:
            if step.time - found.time <= ANSWERED_WITHIN:
                by_event.setdefault(step.event.event_id, []).append(one.finding)
    return {
        one.id: by_event[one.event.event_id] for one in findings if one.event.event_id in by_event
    }


def _takes_back(finding: Finding) -> bool:
    runbook_and_detection = detections().get(finding.detection)
    return runbook_and_detection is not None and runbook_and_detection[1].takes_back


def suspects_among(
    findings: Iterable[Finding], besides: Mapping[str, object], line: Timeline
) -> Suspects:
    """Find who may be an intruder, or in an intruder's hands; findings `besides` say nothing."""
    since: dict[object, list[datetime]] = {}
    graves: dict[str | None, list[tuple[datetime, str]]] = {}
    keys: set[str] = set()
    for one in findings:
        if one.level not in _SERIOUS or one.id in besides:
            continue
        step = line.of_event(one.event.event_id)
        keys.add(step.event.object_id or "")
        caller = principal_of(step.event.actor_id)
        if one.level in _GRAVE and one.status is not None:
            graves.setdefault(caller, []).append((step.time, one.event.event_id))
        if not _is_over(one):
            for who in (caller, target_of(step)):
                if who is not None:
                    since.setdefault(who, []).append(step.time)
    return Suspects(since, graves, frozenset(keys - {""}))


def _is_over(finding: Finding) -> bool:
    """Say whether nothing came of it: a call that did not succeed, or was taken back in time."""
    taken_back = finding.resolved_by == "caller" and not finding.became_worse
    return finding.status is None or taken_back


def _judged(
    finding: Finding, righted: Mapping[str, list[Finding]], suspects: Suspects, line: Timeline
) -> Finding:
    undone = righted.get(finding.id, [])
    if undone and detections()[finding.detection][1].only_of_suspects:
        undone = [one for one in undone if _is_by_suspect(one, suspects, line)]
    if not undone or is_suspect(line.of_event(finding.event.event_id), suspects):
        return finding
    return _lowered(finding, undone)


def _is_by_suspect(undone: Finding, suspects: Suspects, line: Timeline) -> bool:
    """Say whether whoever did what is undone did something else that was found as grave."""
    step = line.of_event(undone.event.event_id)
    return step.event.actor_id is not None and any(
        event_id != undone.event.event_id and abs(step.time - moment) <= SUSPECT_FOR
        for moment, event_id in suspects.graves.get(principal_of(step.event.actor_id), ())
    )


def is_suspect(step: Step, suspects: Suspects) -> bool:
    """Say whether a caller may be an intruder, or is in an intruder's hands."""
    event, row = step.event, step.row
    if not event.by_own_account or row.origin_account not in (None, event.account_id):
        return True
    if row.session_address_changed or suspects.keys & {
        event.access_key_id,
        row.origin_access_key_id,
    }:
        return True
    who = (principal_of(event.actor_id), principal_of(row.origin_id), caller_as_bearer(step))
    return any(
        abs(step.time - moment) <= SUSPECT_FOR
        for one in who
        if one is not None
        for moment in suspects.since.get(one, ())
    )


def _lowered(finding: Finding, undone: Sequence[Finding]) -> Finding:
    earliest = sorted(undone, key=lambda one: (one.event.event_time, one.id))
    ids = [one.id for one in earliest]
    fact = f"This put {' and '.join(ids)} right, of another principal's doing: so it is low."
    return lowered(finding, {"put_right": ids}, fact)


def lowered(finding: Finding, told: Mapping[str, object], fact: str) -> Finding:
    """Make a finding low, with what says so: then it has no status, as every low one."""
    return msgspec.structs.replace(
        finding,
        level="low",
        status=None,
        became_worse=False,
        resolved_by=None,
        next=[],
        why=Why(finding.why.condition, {**finding.why.values, **told}),
        explanations=[_supported(one, fact) for one in finding.explanations],
    )


def _supported(one: Explained, fact: str) -> Explained:
    if one.hypothesis != "intended":
        return one
    return msgspec.structs.replace(one, supports=[fact, *one.supports])
