"""The verbs that look: scan, findings, show."""

from __future__ import annotations

import sys
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated

import typer

from trailmend.cli.muting import muting_of, say_mutes
from trailmend.cli.ruling import say_faults
from trailmend.cli.talk import (
    AT_LEVEL,
    DEFAULT_WORKSPACE,
    FINDINGS_OUTPUTS,
    NOT_ALL_READ,
    FindingsOutput,
    MinimumLevel,
    ShowMuted,
    Workspace,
    all_findings,
    blind_spots,
    check_output,
    levels_from,
    moment,
    one_finding,
    print_findings,
    progress,
    say,
    show_on,
)
from trailmend.counts import many
from trailmend.errors import WrongUse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from trailmend.findings import Finding
    from trailmend.mutes import Muting
    from trailmend.scan import Scan
    from trailmend.takeovers import Story


_WHAT_CAN_BE_READ = (
    "Files, folders (read whole), globs, or - for stdin.  Each may be JSON, JSON by lines, gzip or "
    "zip of these, under any name (.json, .json.gz, .jsonl, .zip).  Inside: files of a trail "
    "(Records), single events or lists of them, EventBridge events, the output of aws cloudtrail "
    "lookup-events, SNS or SQS messages that hold one of these, what CloudWatch Logs gives "
    "(filter-log-events, subscriptions, exports to S3), and JSON exports of Splunk."
)


def scan(
    paths: Annotated[list[str], typer.Argument(help=_WHAT_CAN_BE_READ)],
    output: FindingsOutput = "table",
    min_level: MinimumLevel = "info",
    fail_on: Annotated[
        str | None, typer.Option(help="Exit with 3 where a finding is at this level or above.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--from", help="Earliest time, UTC: 2026-11-22T07:10 or 7d.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", help="Latest time, UTC: 2026-11-22T07:10 or 24h.")
    ] = None,
    show_muted: ShowMuted = False,
    list_unread: Annotated[
        bool, typer.Option("--list-unread", help="Name each piece not read, not the first alike.")
    ] = False,
    workspace: Workspace = DEFAULT_WORKSPACE,
) -> None:
    """Read CloudTrail logs and say what their identity events mean.

    Example: trailmend scan ./AWSLogs --min-level medium
    """
    from trailmend.scan import scan as run

    check_output(output, FINDINGS_OUTPUTS)
    shown_levels, failing = levels_from(min_level), levels_from(fail_on) if fail_on else ()
    earliest, latest = moment(since), moment(until, latest=True)
    if earliest and latest and earliest > latest:
        raise WrongUse(f"--from {since} is later than --to {until}: nothing can be between them")
    with progress(paths) as step:
        done = run(paths, sys.stdin.buffer, workspace, since=earliest, until=latest, progress=step)
    if done.kept and not done.findings and (earliest or latest):
        say("No finding lies between --from and --to; without them all times are shown.")
    muting = muting_of(workspace).on(done.findings)
    marked = muting.mark(done.findings)
    done.findings = [one for one in marked if not one.muted_by]
    listed = marked if show_muted else done.findings
    shown = [one for one in listed if one.level in shown_levels]
    single = paths == ["-"] and done.seen == 1
    stories = partial(_stories, workspace)
    blind = partial(attrgetter("blind"), done)
    print_findings(shown, output, whole=single, stories=stories, blind=blind, muting=muting)
    _tell(done, shown, workspace, muting, list_unread)
    if any(one.level in failing for one in done.findings):
        raise typer.Exit(AT_LEVEL)
    raise typer.Exit(NOT_ALL_READ if done.rejects or done.faults or muting.faults else 0)


def _tell(
    done: Scan, shown: Sequence[Finding], workspace: Path, muting: Muting, list_unread: bool
) -> None:
    from trailmend.report.terminal import levels_line, summary

    sys.stdout.flush()
    levels = [] if muting.hidden and not done.findings else [levels_line(done.findings)]
    show_on("stderr", *summary(done, each_unread=list_unread), *levels)
    say_mutes(muting)
    say_faults(done.faults, "RULE NOT RUN")
    if done.rejects:
        pieces = many(len(done.rejects), "piece was", "pieces were")
        say(f"{pieces} not read, see above; all else was.")
    if shown or muting.hidden:
        _tell_stories(workspace)
    if shown:
        say(f"Look closer: trailmend show {_worst(shown).id}")
    elif not done.seen:
        say("No CloudTrail events were found. What can be read: trailmend scan --help")


def _worst(found: Sequence[Finding]) -> Finding:
    """Choose what to look at first: the worst, and of these one that nothing has put right."""
    from trailmend.catalog import LEVELS

    return max(found, key=lambda one: (LEVELS.index(one.level), one.status != "resolved"))


def _tell_stories(workspace: Path) -> None:
    """Name the stories of the whole workspace, whatever of it was asked for."""
    from trailmend.report.takeovers import stories_line

    line = stories_line(_stories(workspace))
    if line:
        say(line)


def _stories(workspace: Path) -> list[Story]:
    from trailmend.takeovers import stories_of

    return stories_of(all_findings(workspace))


def findings(
    output: FindingsOutput = "table",
    min_level: MinimumLevel = "info",
    show_muted: ShowMuted = False,
    workspace: Workspace = DEFAULT_WORKSPACE,
) -> None:
    """List what was found in this workspace.

    Example: trailmend findings --min-level medium --output jsonl
    """
    check_output(output, FINDINGS_OUTPUTS)
    levels = levels_from(min_level)
    live = [one for one in all_findings(workspace) if not one.lapsed]
    muting = muting_of(workspace).on(live)
    found = [
        one for one in muting.mark(live) if one.level in levels and (show_muted or not one.muted_by)
    ]
    stories, blind = partial(_stories, workspace), partial(blind_spots, workspace)
    print_findings(found, output, stories=stories, blind=blind, muting=muting)
    say_mutes(muting)
    _tell_stories(workspace)
    nothing = "Nothing shows but what is muted." if muting.hidden else "No findings."
    say(f"Look closer: trailmend show {_worst(found).id}" if found else nothing)
    if muting.faults:
        raise typer.Exit(NOT_ALL_READ)


def show(
    finding: Annotated[str, typer.Argument(help="The id of a finding, or its start.")],
    output: FindingsOutput = "table",
    workspace: Workspace = DEFAULT_WORKSPACE,
) -> None:
    """Show one finding whole, with why it fired.

    Example: trailmend show F-3K9Q
    """
    from trailmend.catalog import advice
    from trailmend.plan import find_remediation

    check_output(output, FINDINGS_OUTPUTS)
    found = muting_of(workspace).mark([one_finding(workspace, finding)])[0]
    stories, blind = partial(_stories, workspace), partial(blind_spots, workspace)
    print_findings([found], output, whole=True, stories=stories, blind=blind)
    mend = "Nothing to mend by call."
    if found.fixes and not found.lapsed:
        mends = any(find_remediation(fix).about != "actor" for fix in found.fixes)
        word = "Mend it" if mends else "No fix takes it back. Stop its caller"
        mend = f"{word}: trailmend plan {found.id}"
    if found.plan is not None:
        mend = f"It was made by plan {found.plan}: trailmend status {found.plan}"
    say(f"{mend}  {advice(found.event.event_source, found.event.event_name)}")
