"""The verbs of those who decide on plans, and look where they stand: approve, reject, status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from trailmend.cli.talk import (
    DEFAULT_WORKSPACE,
    Endpoint,
    Workspace,
    need_workspace,
    plan_id,
    say,
    show_on,
)
from trailmend.errors import WrongUse

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from trailmend.changing.journal import Progress

Only = Annotated[list[int] | None, typer.Option(help="The number of a change; may be repeated.")]
PlanId = Annotated[str, typer.Argument(help="The id of a plan, as P-4XQ7.", callback=plan_id)]
PlanOrFile = Annotated[
    str,
    typer.Argument(
        help="The id of a plan, as P-4XQ7, or a file by which you are asked.", callback=plan_id
    ),
]


def approve(
    plan: PlanOrFile,
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
    where that gives access back or stops a trail. Who has no part in the workspace approves by
    the file that it put into a shared folder, and looks at it first by trailmend status.

    Example: trailmend approve P-4XQ7

    Example: trailmend approve P-4XQ7 --rollback --only 2

    Example: trailmend approve /srv/approvals/P-4XQ7-0b9c55d1e7a2f348.ask.json
    """
    from trailmend.counts import numbered
    from trailmend.mending import answer_request, approve_saved, approve_saved_rollback
    from trailmend.report.plans import effects_lines, plan_page

    if only and not rollback:
        raise WrongUse("--only is for --rollback: a plan is approved whole")
    if file := _file(plan):
        if rollback:
            raise WrongUse("the file says itself whether it is about a rollback: leave --rollback")
        wanted, given = answer_request(file, "approved", "", profile, endpoint_url)
        show_request(file)
        say(f"Approved by {given.by.text}, beside it. Tell who asked: they can go on now.")
        return
    need_workspace(workspace)
    if rollback:
        wanted, given, effects = approve_saved_rollback(
            workspace, plan, numbers(only), profile, endpoint_url
        )
        show_on("stderr", plan_page(wanted), *effects_lines(effects))
        changes = numbered("change", given.changes)
        say(
            f"Approved by {given.by.text} until {given.expires:%F %T} UTC: the rollback of "
            f"{changes}. Go on: trailmend rollback {plan}"
        )
        return
    wanted, given = approve_saved(workspace, plan, profile, endpoint_url)
    show_on("stderr", plan_page(wanted))
    say(f"Approved by {given.by.text}, sha256 {given.hash[:16]}. Apply it: trailmend apply {plan}")


def reject(
    plan: PlanOrFile,
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
    from trailmend.mending import answer_request, reject_saved

    if file := _file(plan):
        _, given = answer_request(file, "rejected", reason, profile, endpoint_url)
        say(f"Rejected by {given.by.text}, beside it. Tell who asked why.")
        return
    need_workspace(workspace)
    given = reject_saved(workspace, plan, reason, profile, endpoint_url)
    say(f"Rejected by {given.by.text}. See where all plans stand: trailmend status")


def status(
    plan: Annotated[
        str | None,
        typer.Argument(
            help="The id of a plan, or a file by which you are asked; none lists all.",
            callback=plan_id,
        ),
    ] = None,
    workspace: Workspace = DEFAULT_WORKSPACE,
) -> None:
    """Say where plans stand; of one plan, what became of each change.

    Example: trailmend status P-4XQ7
    """
    from datetime import UTC, datetime

    from trailmend.database import open_database
    from trailmend.mending import saved_status
    from trailmend.planning.kept import altered_plans, list_plans
    from trailmend.report.plans import altered_lines, plan_page, plans_table, status_lines

    if plan and (file := _file(plan)):
        show_request(file)
        say(f"Let it be done, or not: trailmend approve {plan}, trailmend reject {plan}")
        return
    need_workspace(workspace)
    if plan is None:
        database = open_database(workspace)
        found, altered = list_plans(database, now=datetime.now(UTC)), altered_plans(database)
        if not found and not altered:
            say("No plans. Make one: trailmend plan FINDING")
            return
        show_on("stdout", plans_table(found, altered))
        for line in (line for one in altered for line in altered_lines(one)):
            say(line)
        if found:
            say("Look at one: trailmend status PLAN")
        return
    one, not_counted = saved_status(workspace, plan)
    show_on("stdout", plan_page(one.plan))
    show_progress(one.progress)
    say(f"{plan}: {one.state}")
    show_on("stderr", *status_lines(one))
    for reason in not_counted:
        say(reason)


def show_request(file: Path) -> None:
    """Print what somebody is asked to approve by a file."""
    from trailmend.changing.undoing import effects_of_undoing
    from trailmend.counts import numbered
    from trailmend.planning.exchange import read_request
    from trailmend.report.plans import effects_lines, plan_page

    request = read_request(file)
    show_on("stdout", plan_page(request.plan))
    if request.changes is not None:
        changes = numbered("change", request.changes)
        say(f"Asked for is the rollback of what this plan has done: of {changes}.")
        show_on("stderr", *effects_lines(effects_of_undoing(request.plan, request.changes)))


def _file(plan: str) -> Path | None:
    """Give the path of a request, if that is meant and not the id of a plan."""
    from pathlib import Path

    return Path(plan) if plan.endswith(".json") else None


def numbers(only: list[int] | None) -> list[int] | None:
    """Read the numbers of changes, which people count from 1."""
    return [number - 1 for number in only] if only else None


def show_progress(done: Progress, only: Collection[int] | None = None) -> None:
    """Print what became of each change, or of those of some numbers from 0."""
    from trailmend.report.plans import progress_page

    show_on("stdout", progress_page(done, only=only))
