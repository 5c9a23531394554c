"""The verbs that mend: plan, apply, rollback."""

from __future__ import annotations

import signal
import sys
import time
from contextlib import contextmanager, suppress
from functools import partial
from math import isfinite
from typing import TYPE_CHECKING, Annotated

import typer

from trailmend.cli.approving import Only, PlanId, numbers, show_progress
from trailmend.cli.talk import (
    DEFAULT_WORKSPACE,
    Endpoint,
    Profile,
    Region,
    Workspace,
    all_findings,
    need_workspace,
    one_finding,
    one_story,
    say,
    show_on,
)
from trailmend.errors import WrongUse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from trailmend.changing.journal import Entry
    from trailmend.changing.settle import Patience
    from trailmend.desk import Desk
    from trailmend.plan import Plan

_AWS_SETTLES = 10
"""Seconds over which IAM must show a change before it is believed."""
_LONG_WAIT = 10
"""Seconds of waiting that are not told: those between reads that verify."""
Settle = Annotated[
    float | None,
    typer.Option(help="Seconds over which the account must show a change; 10 by default."),
]

Without = Annotated[
    list[str] | None,
    typer.Option(help="Of a story: leave out what mends this finding; may be given again."),
]
PrintCli = Annotated[
    bool, typer.Option("--print-cli", help="Print the aws commands that do the same.")
]
_FOR_STORIES = "--without is for a story: trailmend plan STORY --without FINDING"


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
    without: Without = None,
    print_cli: PrintCli = False,
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
    from trailmend.planning.approvals import where_to_approve
    from trailmend.report.plans import left_lines, plan_page
    from trailmend.settings import settings_of

    if print_cli and print_python:
        raise WrongUse("choose one of --print-cli and --print-python: both go to stdout")
    if finding is not None:
        if user or role or object_id:
            raise WrongUse("a finding says whom it is about: leave out --user, --role, --object")
        opening = partial(open_desk, workspace, profile, region, endpoint_url)
        made = _plan_found(opening, workspace, finding, fix, without or [])
    elif without:
        raise WrongUse(_FOR_STORIES)
    elif fix is None:
        raise WrongUse("name a finding, or a --fix. See: trailmend findings")
    else:
        desk = open_desk(workspace, profile, region, endpoint_url)
        made = plan_account(desk, fix, user_name=user, role_name=role, object_id=object_id)
    if not made.changes:
        show_on("stdout", *left_lines(made))
        say(f"Nothing is left to do: {made.title.lower()}, the account is as this would leave it.")
        return
    if print_cli or print_python:
        sys.stdout.write(_instructions(made, by_cli=print_cli))
    else:
        show_on("stdout", plan_page(made))
    where = where_to_approve(made, settings_of(workspace).approval)
    say(f"Nothing was changed. Approve it: trailmend approve {where}")


def _instructions(made: Plan, *, by_cli: bool) -> str:
    """Write the aws commands, or else the Python, that do the same as a plan."""
    from trailmend.report.instructions import command_lines, python_snippet

    calls = [change.call for change in made.changes]
    text = "\n".join(command_lines(calls)) if by_cli else python_snippet(calls)
    return text.rstrip() + "\n"


def _plan_found(
    open_desk: Callable[[], Desk],
    workspace: Path,
    wanted: str,
    fix: str | None,
    without: Sequence[str],
) -> Plan:
    """Plan a finding or a story by its id; the account is opened once the id is known."""
    from trailmend.mending import plan_finding
    from trailmend.planning.of_stories import plan_story

    if not wanted.upper().startswith("S-"):
        if without:
            raise WrongUse(_FOR_STORIES)
        found = one_finding(workspace, wanted)
        return plan_finding(open_desk(), found, fix)
    if fix:
        raise WrongUse("a story is planned whole: name one of its findings with --fix")
    story, findings = one_story(workspace, wanted)
    lower = [one for one in all_findings(workspace) if one.id in story.supporting]
    return plan_story(open_desk(), story, findings, without, lower)


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
    patience = _patience(settle, endpoint_url)
    account = (profile, region, endpoint_url)
    desk = open_desk(workspace, *account, patience, _wait, _tell, _say_if_heard)
    with _told_where_it_stands(desk, plan, undo=False):
        done = apply_plan(desk, plan, resume=resume, accept_irreversible=accept_irreversible)
    show_progress(done)
    kept = [name for step in done.steps for name in step.change.secrets]
    for name in kept:
        say(f"Secret: {desk.sink(plan).where(name)}")
    if kept:
        say("Hand secrets to their owners by a safe way, then delete them there.")
    say(f"{done.state.capitalize()} and verified.")
    say(f"What can be undone is taken back by: trailmend rollback {plan}")


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
    patience = _patience(settle, endpoint_url)
    account = (profile, region, endpoint_url)
    desk = open_desk(workspace, *account, patience, _wait, _tell, _say_if_heard)
    with _told_where_it_stands(desk, plan, undo=True):
        done = roll_back_plan(
            desk,
            plan,
            only=numbers(only),
            accept_revived_access=accept_revived_access,
            accept_lost_logging=accept_lost_logging,
        )
    show_progress(done, numbers(only))
    say(f"{done.state.capitalize()}. See where all plans stand: trailmend status")


@contextmanager
def _told_where_it_stands(desk: Desk, plan_id: str, *, undo: bool) -> Iterator[None]:
    """Say where a plan stands that Ctrl-C or SIGTERM stops half way, and how to go on."""
    from datetime import UTC, datetime

    from trailmend.planning.kept import plan_status
    from trailmend.report.plans import interrupted_lines

    def stop(number: int, _: object) -> None:
        raise KeyboardInterrupt(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) != signal.SIG_IGN:  # as in the background of a script
            signal.signal(number, stop)
    try:
        yield
    except KeyboardInterrupt as error:
        one = plan_status(desk.engine, plan_id, now=datetime.now(UTC))
        show_progress(one.progress)
        for line in interrupted_lines(one, undo=undo):
            say(line)
        raise typer.Exit(128 + error.args[0]) from error


def _wait(seconds: float) -> None:
    """Wait, and say so where it takes long, as where AWS asks for patience."""
    if seconds > _LONG_WAIT:
        told = f"Waiting {seconds:.0f} s, then asking AWS again. Ctrl-C stops it safely."
        _say_if_heard(told)
    time.sleep(seconds)


def _tell(plan: Plan, entry: Entry) -> None:
    """Show what is done as it is done."""
    from trailmend.report.plans import entry_line

    _say_if_heard(entry_line(plan, entry))


def _say_if_heard(text: str) -> None:
    """Say something; that nobody listens any more must not stop a plan half way."""
    with suppress(BrokenPipeError):
        say(text)


def _patience(settle: float | None, endpoint_url: str | None) -> Patience | None:
    """Read `--settle` as three agreeing reads over so many seconds; AWS's pace by default.

    Raises WrongUse for less than AWS needs, unless another endpoint than AWS's is meant.
    """
    if settle is None:
        return None
    if not isfinite(settle):
        raise WrongUse(f"--settle {settle}: give a number of seconds")
    if settle < (0 if endpoint_url else _AWS_SETTLES):
        raise WrongUse(f"--settle under {_AWS_SETTLES} is for a lab, with --endpoint-url")
    from trailmend.changing.settle import Patience

    return Patience(first=settle / 2, interval=settle / 2)
