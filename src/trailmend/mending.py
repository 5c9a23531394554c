"""From a finding to a plan: the desk of a workspace, and what a fix is told."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from trailmend.audit import AuditLog
from trailmend.aws import connect
from trailmend.calls import Call
from trailmend.catalog import advice
from trailmend.changing.journal import Entry
from trailmend.changing.rollbacks import approve_rollback
from trailmend.changing.settle import Clock, Patience
from trailmend.changing.undoing import Effect
from trailmend.database import open_database
from trailmend.desk import Desk, plan_fix, this_user
from trailmend.errors import CannotFix, WrongUse
from trailmend.findings import Finding
from trailmend.guards import identify
from trailmend.plan import Facts, Part, Plan, Remediation, find_remediation, remediations
from trailmend.planning.approvals import Person
from trailmend.planning.decisions import Decision
from trailmend.planning.exchange import answer, read_request, take_in
from trailmend.planning.kept import (
    Status,
    approve_plan,
    load_plan,
    plan_status,
    plans_of,
    reject_plan,
)
from trailmend.planning.making import OfStory
from trailmend.planning.parts import part_of, time_of_asking
from trailmend.planning.restored import with_restored
from trailmend.settings import settings_of
from trailmend.stories.gone import is_gone


def open_desk(
    workspace: Path,
    profile: str | None = None,
    region: str | None = None,
    endpoint_url: str | None = None,
    patience: Patience | None = None,
    sleep: Callable[[float], None] = time.sleep,
    tell: Callable[[Plan, Entry], None] = lambda plan, entry: None,
    say: Callable[[str], None] = lambda _: None,
) -> Desk:
    """Open a workspace, its settings and the account of a profile; nothing is sent yet."""
    return Desk(
        open_database(workspace),
        connect(profile, region, endpoint_url),
        settings_of(workspace),
        clock=Clock(sleep=sleep),
        patience=patience or Patience(),
        tell=tell,
        say=say,
    )


def plan_finding(desk: Desk, finding: Finding, fix: str | None = None) -> Plan:
    """Plan a finding's fix of that name, or the first that it has.

    Raises CannotFix where the finding has no fix by call, and what `desk.plan_fix` raises.
    """
    if finding.plan is not None:
        raise CannotFix(
            f"{finding.id} is what plan {finding.plan} did: take it back with "
            f"trailmend rollback {finding.plan}"
        )
    if not finding.fixes and is_gone(finding):
        raise CannotFix(
            f"{finding.id} has no fix by call: the user {finding.target.name} whom it is about was "
            f"deleted since. Who is called so now is another: look at them by themselves."
        )
    if not finding.fixes:
        event = finding.event
        advised = advice(event.event_source, event.event_name)
        raise CannotFix(f"{finding.id} has no fix by call. {advised}")
    if fix is not None and fix not in finding.fixes:
        raise WrongUse(f"{finding.id} has no fix {fix}: choose {' or '.join(finding.fixes)}")
    part = part_of(desk, finding, fix or finding.fixes[0], time_of_asking(desk))
    return plan_fix(desk, [[with_restored(part, plans_of(desk.engine, {finding.id}))]])


def plan_account(
    desk: Desk,
    fix: str,
    *,
    user_name: str | None = None,
    role_name: str | None = None,
    object_id: str | None = None,
) -> Plan:
    """Plan a fix of the account, or of one of its users or roles, without a finding.

    Raises WrongUse for a fix that there is not, or that takes other names, and what
    `desk.plan_fix` raises.
    """
    if fix not in remediations():
        close = get_close_matches(fix, remediations(), n=1)
        meant = f" Did you mean {close[0]}?" if close else ""
        known = ", ".join(sorted(remediations()))
        raise WrongUse(f"there is no fix {fix!r}.{meant} They are: {known}")
    named = {"user": user_name, "role": role_name, "object": object_id}
    _check_named(find_remediation(fix), {kind for kind, name in named.items() if name})
    facts = Facts(
        account_id=desk.account(Call("sts.get_caller_identity"))["Account"],
        finding_id="",
        event_id="",
        event_name="",
        event_time="",
        asked_at=time_of_asking(desk),
        user_name=user_name,
        role_name=role_name,
        object_id=object_id,
        baseline=desk.settings.baseline,
    )
    return plan_fix(desk, [[Part(fix, facts)]], OfStory(user_name or role_name or "the account"))


def _check_named(fix: Remediation, named: set[str]) -> None:
    """Refuse what is named and does not fit the fix, and what it needs and is not named."""
    if fix.needs == "finding":
        raise WrongUse(f"{fix.key} is for a finding: trailmend plan FINDING --fix {fix.key}")
    groups = [group.split("/") for group in fix.needs.split()]
    fitting = {*fix.may.split(), *(kind for group in groups for kind in group)}
    wrong = sorted(named - fitting)
    if wrong:
        takes = " and ".join(f"--{kind}" for kind in sorted(fitting)) or "none of these options"
        raise WrongUse(f"--{wrong[0]} does not fit {fix.key}, which takes {takes}")
    for group in groups:
        options = " or ".join(f"--{kind}" for kind in group)
        if not named & set(group):
            raise WrongUse(f"{fix.key} needs {options}")
        if len(named & set(group)) > 1:
            raise WrongUse(f"{fix.key} takes {options}, one of them at a time")


def approve_saved(
    workspace: Path, plan_id: str, profile: str | None = None, endpoint_url: str | None = None
) -> tuple[Plan, Decision]:
    """Approve a saved plan as this user, and as an AWS principal if a profile is named.

    Raises what `kept.approve_plan` raises.
    """
    engine = open_database(workspace)
    rules = settings_of(workspace).approval
    plan, by = load_plan(engine, plan_id), _person(profile, endpoint_url)
    now, log = datetime.now(UTC), AuditLog(workspace, engine)
    return plan, approve_plan(engine, plan, by=by, now=now, rules=rules, log=log)


def approve_saved_rollback(
    workspace: Path,
    plan_id: str,
    only: Sequence[int] | None = None,
    profile: str | None = None,
    endpoint_url: str | None = None,
) -> tuple[Plan, Decision, tuple[Effect, ...]]:
    """Approve that a saved plan is rolled back; raises what `approve_rollback` raises."""
    engine = open_database(workspace)
    return approve_rollback(
        engine,
        plan_id,
        only,
        by=_person(profile, endpoint_url),
        now=datetime.now(UTC),
        rules=settings_of(workspace).approval,
        log=AuditLog(workspace, engine),
    )


def answer_request(
    path: Path,
    verdict: Literal["approved", "rejected"],
    reason: str = "",
    profile: str | None = None,
    endpoint_url: str | None = None,
) -> tuple[Plan, Decision]:
    """Answer what another user of this machine asks by a file; raises what `answer` raises."""
    request = read_request(path)
    by, now = _person(profile, endpoint_url), datetime.now(UTC)
    return request.plan, answer(path, request, verdict, by, now, reason)


def reject_saved(
    workspace: Path,
    plan_id: str,
    reason: str = "",
    profile: str | None = None,
    endpoint_url: str | None = None,
) -> Decision:
    """Reject a saved plan; raises what `kept.reject_plan` raises."""
    engine = open_database(workspace)
    plan, by = load_plan(engine, plan_id), _person(profile, endpoint_url)
    log = AuditLog(workspace, engine)
    return reject_plan(engine, plan, by=by, now=datetime.now(UTC), reason=reason, log=log)


def saved_status(workspace: Path, plan_id: str) -> tuple[Status, list[str]]:
    """Tell where a plan stands, and which answers of others on it do not count, and why not."""
    engine, now = open_database(workspace), datetime.now(UTC)
    rules, log = settings_of(workspace).approval, AuditLog(workspace, engine)
    not_counted = take_in(engine, load_plan(engine, plan_id), rules, log, now)
    return plan_status(engine, plan_id, now=now), not_counted


def _person(profile: str | None, endpoint_url: str | None) -> Person:
    """Give who runs this; the ARN is asked of AWS, and only where a profile is named."""
    arn = identify(connect(profile, endpoint_url=endpoint_url)).arn if profile else ""
    return Person(this_user(), arn)
