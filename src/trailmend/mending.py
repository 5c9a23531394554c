"""From a finding to a plan: the desk of a workspace, and what a fix is told."""

from __future__ import annotations

from pathlib import Path

from trailmend.aws import connect
from trailmend.database import open_database
from trailmend.desk import Desk, plan_fix
from trailmend.errors import CannotFix, WrongUse
from trailmend.findings import Finding
from trailmend.plan import Facts, Plan, find_remediation
from trailmend.settings import Settings, read_settings
from trailmend.settle import Patience

SETTINGS = "settings.toml"


def open_desk(
    workspace: Path,
    profile: str | None = None,
    region: str | None = None,
    endpoint_url: str | None = None,
    patience: Patience | None = None,
) -> Desk:
    """Open a workspace, its settings and the account of a profile; nothing is sent yet."""
    return Desk(
        open_database(workspace),
        connect(profile, region, endpoint_url),
        read_settings(workspace / SETTINGS).protected,
        patience=patience or Patience(),
    )


def plan_finding(desk: Desk, finding: Finding, fix: str | None = None) -> Plan:
    """Plan a finding's fix of that name, or the first that it has.

    Raises CannotFix where the finding has no fix by call, and what `desk.plan_fix` raises.
    """
    if not finding.fixes:
        raise CannotFix(
            f"{finding.id} has no fix by call. What to do by hand: "
            f"trailmend runbook {finding.event.event_name}"
        )
    if fix is not None and fix not in finding.fixes:
        raise WrongUse(f"{finding.id} has no fix {fix}: choose {' or '.join(finding.fixes)}")
    chosen = find_remediation(fix or finding.fixes[0])
    settings = read_settings(desk.folder / SETTINGS)
    facts = facts_of(finding, settings) if chosen.about == "target" else _callers(finding)
    return plan_fix(desk, chosen, facts, critical=finding.level == "critical")


def _callers(finding: Finding) -> Facts:
    """Give the facts of the caller's own access key."""
    actor = finding.actor
    return Facts(
        account_id=finding.event.account_id,
        finding_id=finding.id,
        event_id=finding.event.event_id,
        event_name=finding.event.event_name,
        event_time=finding.event.event_time,
        user_name=actor.name if actor.type == "IAMUser" else None,
        object_type="access_key",
        object_id=actor.access_key_id,
    )


def facts_of(finding: Finding, settings: Settings) -> Facts:
    """Give a fix all that it is told of a finding's target."""
    return Facts(
        account_id=finding.event.account_id,
        finding_id=finding.id,
        event_id=finding.event.event_id,
        event_name=finding.event.event_name,
        event_time=finding.event.event_time,
        user_name=finding.target.name if finding.target.type == "user" else None,
        object_type=finding.target.object_type,
        object_id=finding.target.object_id,
        before=finding.before,
        baseline=settings.baseline,
    )
