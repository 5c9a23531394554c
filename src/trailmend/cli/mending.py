"""The verbs that mend: plan, approve, reject, apply, status, rollback."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from trailmend.cli.talk import (
    DEFAULT_WORKSPACE,
    Workspace,
    need_workspace,
    one_finding,
    one_story,
    say,
    show_on,
)
from trailmend.errors import WrongUse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from trailmend.desk import Desk
    from trailmend.journal import Progress
    from trailmend.plan import Plan
    from trailmend.settle import Patience

Profile = Annotated[str | None, typer.Option(help="A profile of the AWS settings.")]
Region = Annotated[str | None, typer.Option(help="The AWS region to call.")]
Endpoint = Annotated[
    str | None,
    typer.Option("--endpoint-url", help="Another address than AWS's.", envvar="AWS_ENDPOINT_URL"),
]
_AWS_SETTLES = 10
"""Seconds over which IAM must show a change before it is believed."""
_LONG_WAIT = 10
"""Seconds of waiting that are not told: those between reads that verify."""
Only = Annotated[list[int] | None, typer.Option(help="The number of a change; may be repeated.")]
PlanId = Annotated[str, typer.Argument(help="The id of a plan, as P-4XQ7.")]
Settle = Annotated[
    float | None,
    typer.Option(help="Seconds over which the account must show a change; 10 by default."),
]


def plan(
    finding: Annotated[
        str | None, typer.Argument(help="The id of a finding or a story, or its start.")
    ] = None,
    fix: Annotated[str | None, typer.Option(help="Which fix; the first if none.")] = None,
    user: Annotated[
        str | None, typer.Option(help="Without a finding: the user that the fix is about.")
    ] = None,
    role: Annotated[
        str | None, typer.Option(help="Without a finding: the role that the fix is about.")
    ] = None,
    object_id: Annotated[
        str | None,
        typer.Option("--object", help="Without a finding: the key or device that it is about."),
    ] = None,
    print_cli: Annotated[
        bool, typer.Option("--print-cli", help="Print the aws commands that do the same.")
    ] = False,
    print_python: Annotated[
        bool, typer.Option("--print-python", help="Print the Python that does the same.")
    ] = False,
    profile: Profile = None,
    region: Region = None,
    endpoint_url: Endpoint = None,
    workspace: Workspace = DEFAULT_WORKSPACE,
) -> None:
    """Plan what would mend a finding, a story or the account; nothing is changed.

    Example: trailmend plan F-3K9Q --profile acorn-respond

    Example: trailmend plan --fix access_keys.deactivate_unused_keys --user bob
    """
    from trailmend.mending import open_desk, plan_account
    from trailmend.report.instructions import command_lines, python_snippet
    from trailmend.report.plans import plan_page

    if finding is not None:
        if user or role or object_id:
            raise WrongUse("a finding says whom it is about: leave out --user, --role, --object")
        made = _plan_found(
            lambda: open_desk(workspace, profile, region, endpoint_url), workspace, finding, fix
        )
    elif fix is None:
        raise WrongUse("name a finding, or a --fix. See: trailmend findings")
    else:
        desk = open_desk(workspace, profile, region, endpoint_url)
        made = plan_account(desk, fix, user_name=user, role_name=role, object_id=object_id)
    if not made.changes:
        say(f"Nothing is left to do: {made.title.lower()}, the account is as it should be.")
        return
    calls = [change.call for change in made.changes]
    if print_cli or print_python:
        text = "\n".join(command_lines(calls)) if print_cli else python_snippet(calls)
        sys.stdout.write(text.rstrip() + "\n")
    else:
        show_on("stdout", plan_page(made))
    say(f"Nothing was changed. Approve it: trailmend approve {made.id}")


def _plan_found(
    open_desk: Callable[[], Desk], workspace: Path, wanted: str, fix: str | None
) -> Plan:
    """Plan a finding or a story by its id; the account is opened once the id is known."""
    from trailmend.mending import plan_finding, plan_story

    if not wanted.upper().startswith("S-"):
        found = one_finding(workspace, wanted)
        return plan_finding(open_desk(), found, fix)
    if fix:
        raise WrongUse("a story is planned whole: name one of its findings with --fix")
    story, findings = one_story(workspace, wanted)
    return plan_story(open_desk(), story, findings)


def approve(
    plan: PlanId,
    rollback: Annotated[
        bool, typer.Option("--rollback", help="Approve that the plan is rolled back.")
    ] = False,
    only: Only = None,
    profile: Annotated[
        str | None, typer.Option(help="Approve as this AWS principal, and not only as a user.")
    ] = None,
    endpoint_url: Endpoint = None,
    workspace: Workspace = DEFAULT_WORKSPACE,
) -> None:
    """Let a plan be applied as it is now.

    The approval ends when the plan does, and with any change to the plan. What is critical needs
    a second person; the settings say who. With --rollback: let it be taken back within an hour,
    where that gives access back or stops a trail.

    Example: trailmend approve P-4XQ7

    Example: trailmend approve P-4XQ7 --rollback --only 2
    """
    from trailmend.mending import approve_saved, approve_saved_rollback
    from trailmend.report.plans import effects_lines, plan_page

    need_workspace(workspace)
    if only and not rollback:
        raise WrongUse("--only is for --rollback: a plan is approved whole")
    if rollback:
        wanted, given, effects = approve_saved_rollback(
            workspace, plan, _numbers(only), profile, endpoint_url
        )
        show_on("stderr", plan_page(wanted), *effects_lines(effects))
        changes = ", ".join(str(number + 1) for number in given.changes)
        say(
            f"Approved by {given.by.text} until {given.expires:%F %T} UTC: the rollback of changes "
            f"{changes}. Take them back: trailmend rollback {plan}"
        )
        return
    wanted, given = approve_saved(workspace, plan, profile, endpoint_url)
    show_on("stderr", plan_page(wanted))
    say(f"Approved by {given.by.text}, sha256 {given.hash[:16]}. Apply it: trailmend apply {plan}")


def reject(
    plan: PlanId,
    reason: Annotated[str, typer.Option(help="Why, for those who asked.")] = "",
    profile: Annotated[
        str | None, typer.Option(help="Reject as this AWS principal, and not only as a user.")
    ] = None,
    endpoint_url: Endpoint = None,
    workspace: Workspace = DEFAULT_WORKSPACE,
) -> None:
    """Keep a plan from being applied, for good.

    Example: trailmend reject P-4XQ7 --reason "bob is on leave, ask him first"
    """
    from trailmend.mending import reject_saved

    need_workspace(workspace)
    given = reject_saved(workspace, plan, reason, profile, endpoint_url)
    say(f"Rejected by {given.by.text}. See where all plans stand: trailmend status")


def apply(
    plan: PlanId,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a plan that was interrupted.")
    ] = False,
    accept_irreversible: Annotated[
        bool, typer.Option("--accept-irreversible", help="Also do what cannot be undone.")
    ] = False,
    settle: Settle = None,
    profile: Profile = None,
    region: Region = None,
    endpoint_url: Endpoint = None,
    workspace: Workspace = DEFAULT_WORKSPACE,
) -> None:
    """Carry out an approved plan and verify it by reading.

    Example: trailmend apply P-4XQ7 --profile acorn-respond
    """
    from trailmend.desk import apply_plan
    from trailmend.mending import open_desk

    need_workspace(workspace)
    desk = open_desk(
        workspace, profile, region, endpoint_url, _patience(settle, endpoint_url), _wait
    )
    done = apply_plan(desk, plan, resume=resume, accept_irreversible=accept_irreversible)
    _show_progress(done)
    kept = [name for step in done.steps for name in step.change.secrets]
    if kept:
        say(f"Secrets: {', '.join(kept)} of plan {plan}, in {desk.sink(plan).place}.")
        say("Hand them to their owners by a safe way, then delete them there.")
    say(f"{done.state.capitalize()} and verified. Undo any time: trailmend rollback {plan}")


def rollback(
    plan: PlanId,
    only: Only = None,
    accept_revived_access: Annotated[
        bool,
        typer.Option(
            "--accept-revived-access",
            help="Also give back access that the plan took away, an intruder's too.",
        ),
    ] = False,
    accept_lost_logging: Annotated[
        bool,
        typer.Option(
            "--accept-lost-logging", help="Also stop, lower or delete a trail and its bucket."
        ),
    ] = False,
    settle: Settle = None,
    profile: Profile = None,
    region: Region = None,
    endpoint_url: Endpoint = None,
    workspace: Workspace = DEFAULT_WORKSPACE,
) -> None:
    """Take back what a plan changed, and verify it.

    The last change is taken back first. What would give access back or stop a trail is said
    first: it needs your consent, and where the plan needed a second person, one again
    (trailmend approve PLAN --rollback). What was restored is taken back without either.

    Example: trailmend rollback P-4XQ7 --only 2
    """
    from trailmend.desk import roll_back_plan
    from trailmend.mending import open_desk

    need_workspace(workspace)
    desk = open_desk(
        workspace, profile, region, endpoint_url, _patience(settle, endpoint_url), _wait
    )
    done = roll_back_plan(
        desk,
        plan,
        only=_numbers(only),
        accept_revived_access=accept_revived_access,
        accept_lost_logging=accept_lost_logging,
    )
    _show_progress(done)
    say(f"{done.state.capitalize()}. See where all plans stand: trailmend status")


def _numbers(only: list[int] | None) -> list[int] | None:
    """Read the numbers of changes, which people count from 1."""
    return [number - 1 for number in only] if only else None


def status(
    plan: Annotated[str | None, typer.Argument(help="The id of a plan; none lists all.")] = None,
    workspace: Workspace = DEFAULT_WORKSPACE,
) -> None:
    """Say where plans stand; of one plan, what became of each change.

    Example: trailmend status P-4XQ7
    """
    from datetime import UTC, datetime

    from trailmend.database import open_database
    from trailmend.plans import altered_plans, list_plans, plan_status
    from trailmend.report.plans import effects_lines, plan_page, plans_table
    from trailmend.undoing import effects_of_undoing

    need_workspace(workspace)
    database, now = open_database(workspace), datetime.now(UTC)
    if plan is None:
        found = list_plans(database, now=now)
        show_on("stdout", plans_table(found))
        for altered in altered_plans(database):
            say(f"Plan {altered} was altered after it was made, and is refused.")
        say("Look at one: trailmend status PLAN" if found else "No plans: trailmend plan FINDING")
        return
    one = plan_status(database, plan, now=now)
    show_on("stdout", plan_page(one.plan))
    _show_progress(one.progress)
    say(f"{plan}: {one.state}")
    if one.decision is not None:
        said = one.decision
        reason = f": {said.reason}" if said.reason else ""
        say(f"{said.verdict.capitalize()} by {said.by.text}, {said.at:%F %T} UTC{reason}")
    show_on("stderr", *effects_lines(effects_of_undoing(one.plan, one.progress.in_force)))
    for given in one.rollbacks:
        changes = ", ".join(str(number + 1) for number in given.changes)
        say(f"Rollback of {changes} approved by {given.by.text} until {given.expires:%F %T} UTC")


def _wait(seconds: float) -> None:
    """Wait, and say so where it takes long: AWS is busy with the entity, or asks for patience."""
    if seconds > _LONG_WAIT:
        say(f"AWS is busy: waiting {seconds:.0f} s, then trying again. Ctrl-C stops it safely.")
    time.sleep(seconds)


def _show_progress(done: Progress) -> None:
    from trailmend.report.plans import progress_page

    show_on("stdout", progress_page(done))


def _patience(settle: float | None, endpoint_url: str | None) -> Patience | None:
    """Read `--settle` as three agreeing reads over so many seconds; AWS's pace by default.

    Raises WrongUse for less than AWS needs, unless another endpoint than AWS's is meant.
    """
    if settle is None:
        return None
    if settle < (0 if endpoint_url else _AWS_SETTLES):
        raise WrongUse(f"--settle under {_AWS_SETTLES} is for a lab, with --endpoint-url")
    from trailmend.settle import Patience

    return Patience(first=settle / 2, interval=settle / 2)
