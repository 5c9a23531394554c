"""The verbs of mutes: mute, mute list, mute test, mute remove; and what every list says of them."""

from __future__ import annotations

import re
import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from trailmend.cli.talk import (
    DEFAULT_WORKSPACE,
    FAILED,
    NOT_ALL_READ,
    Output,
    Workspace,
    all_findings,
    check_output,
    levels_from,
    need_workspace,
    one_finding,
    say,
    show_on,
)
from trailmend.errors import WrongUse

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date
    from pathlib import Path
    from typing import Any

    from trailmend.audit.chain import What
    from trailmend.findings import Finding
    from trailmend.mutes import Mute, Muting, Tried

app = typer.Typer(
    invoke_without_command=True,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Keep what a finding tells of out of the lists, until a day; or look after mutes.\n\n"
    "Example: trailmend mute --from-finding F-3K9Q --owner kim --reason 'the nightly job' "
    "--until 2027-03-01",
)
_PREVIEW = 10


@app.callback()
def mute(
    context: typer.Context,
    from_finding: Annotated[
        str | None, typer.Option(help="The id of the finding that is to be hidden, and its like.")
    ] = None,
    owner: Annotated[str | None, typer.Option(help="Who answers for it.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why it needs no answer.")] = None,
    until: Annotated[
        str | None, typer.Option(help="The last day, UTC: 2027-03-01, or 90d; within a year.")
    ] = None,
    any_target: Annotated[
        bool, typer.Option("--any-target", help="Whatever the caller does it to.")
    ] = False,
    any_actor: Annotated[
        bool, typer.Option("--any-actor", help="Whoever does it; up to level low.")
    ] = False,
    level_at_most: Annotated[
        str | None, typer.Option(help="Up to which level it hides; the finding's if not given.")
    ] = None,
    workspace: Workspace = DEFAULT_WORKSPACE,
) -> None:
    """Make a mute from a finding, unless another verb is named."""
    if context.invoked_subcommand is not None:
        _check_place(context)
        return
    given = {"--from-finding": from_finding, "--owner": owner, "--reason": reason}
    missing = [name for name, value in {**given, "--until": until}.items() if not value]
    if missing:
        raise WrongUse(f"a mute takes {', '.join(missing)}: see trailmend mute --help")
    finding = one_finding(workspace, from_finding or "")
    if finding.lapsed:
        raise WrongUse(f"{finding.id} was withdrawn by later events: there is nothing to mute.")
    if level_at_most is not None:
        levels_from(level_at_most)
    choice = {"any_target": any_target, "any_actor": any_actor, "level": level_at_most}
    words = {"owner": owner, "reason": reason, "until": _day(until or "")}
    _make(workspace, finding, {**choice, **words})


def _check_place(context: typer.Context) -> None:
    """Refuse options before another verb: they would not reach it."""
    for name in context.params:
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            option = name.replace("_", "-")
            raise WrongUse(f"--{option} goes after `mute {context.invoked_subcommand}`")


def _make(workspace: Path, finding: Finding, choice: dict[str, Any]) -> None:
    from trailmend.desk import this_user
    from trailmend.mutes import (
        change_file,
        judge,
        make_mute,
        place_of,
        read_mutes,
        with_mute,
        written,
    )
    from trailmend.settings import settings_of
    from trailmend.takeovers import stories_of

    found = all_findings(workspace)
    stories = stories_of(found)
    made = make_mute(finding, stories, today=_today(), **choice)
    path = settings_of(workspace).mutes.path_in(workspace)
    block = written(made, finding)

    def add(text: str) -> str:
        if place_of(text, made.id):
            raise WrongUse(f"{made.id} is in {path} already: see trailmend mute list")
        _check_new(made, read_mutes(text, str(path), _keys(workspace), _today())[0])
        _audit(workspace, "muted", {"file": str(path), **_fields(made)})
        return with_mute(text, block)

    change_file(path, add)
    sys.stdout.write(block)
    muting = judge([made], found, stories, _today())
    _preview(muting, found)
    say(f"Written to {path}, by {this_user()}. Try it: trailmend mute test --mute {made.id}")


def _check_new(made: Mute, there: Sequence[Mute]) -> None:
    """Refuse a mute that adds nothing to one that runs; say of a longer one what it repeats."""
    from trailmend.mutes import covers

    same = [one for one in there if one.until >= _today() and covers(one, made)]
    for one in sorted(same, key=lambda one: one.until, reverse=True)[:1]:
        told = f"{one.id} of {one.owner} hides this already, until {one.until} ({one.reason})"
        if one.until >= made.until:
            raise WrongUse(f"{told}: nothing was written. See trailmend mute list")
        say(f"{told}; the new one goes on until {made.until}.")


def _fields(made: Mute) -> dict[str, Any]:
    import msgspec

    return {name: value for name, value in msgspec.to_builtins(made).items() if value is not None}


def _preview(muting: Muting, found: Sequence[Finding]) -> None:
    """Tell what a new mute hides of the workspace, so that one sees whether it is too wide."""
    from trailmend.mutes import try_mute
    from trailmend.report.terminal import findings_table

    tried = try_mute(muting.uses[0], found)
    count = len(tried.hides)
    say(f"It hides {count:,} of the findings of this workspace" + (":" if count else "."))
    show_on("stderr", findings_table(tried.hides[-_PREVIEW:]))
    if count > _PREVIEW:
        say(f"and {count - _PREVIEW:,} earlier ones")
    for one in muting.uses[0].through:
        say(f"{one.finding} shows all the same: {one.why}")
    for text in (*tried.wrong, *tried.notes):
        say(f"Mind: {text}.")


@app.command(name="list")
def list_(output: Output = "table", workspace: Workspace = DEFAULT_WORKSPACE) -> None:
    """List the mutes, with what each hides and how long.

    Example: trailmend mute list
    """
    from trailmend.report.mutes import mute_records
    from trailmend.report.safe import json_line
    from trailmend.report.terminal import mutes_table

    check_output(output)
    need_workspace(workspace)
    muting = muting_of(workspace)
    if output == "jsonl":
        sys.stdout.write("".join(json_line(one) + "\n" for one in mute_records(muting)))
    elif muting.uses or muting.faults:
        show_on("stdout", mutes_table(muting))
    say_mutes(muting, counts=False)
    if muting.faults:
        raise typer.Exit(NOT_ALL_READ)
    if not muting.uses:
        say("No mutes. Make one: trailmend mute --from-finding F-... --owner --reason --until")


@app.command(name="test")
def try_out(
    mute: Annotated[
        str | None, typer.Option(help="The id of a mute, or its start; without it all are tried.")
    ] = None,
    accept: Annotated[
        list[str] | None,
        typer.Option(help="The id of a mute whose reach was looked at and is meant."),
    ] = None,
    output: Output = "table",
    workspace: Workspace = DEFAULT_WORKSPACE,
) -> None:
    """Try the mutes on all findings of the workspace, and list what each hides.

    Exits with 1 where one cannot be applied, or would hide what is high, what a caller of another
    account did, or every finding of a detection while it leaves the caller or the target open.

    Example: trailmend mute test --workspace case-7
    """
    from trailmend.mutes import try_mute

    check_output(output)
    need_workspace(workspace)
    found, muting = all_findings(workspace), muting_of(workspace)
    chosen = [use for use in muting.uses if mute is None or use.mute.id.startswith(mute.upper())]
    if mute is not None and not chosen and not muting.faults:
        raise WrongUse(f"no mute starts with {mute}: see trailmend mute list")
    tried = [try_mute(use, found) for use in chosen]
    accepted = {name.upper() for name in accept or ()}
    _show_tried(tried, output, accepted)
    for fault in muting.faults:
        say(f"NOT APPLIED {fault.text}")
    failed = [one for one in tried if one.wrong and one.use.mute.id not in accepted]
    if failed or muting.faults:
        say("Look at these. What is meant: trailmend mute test --accept ID")
        raise typer.Exit(FAILED)
    say(f"{len(tried):,} tried. See what they hide in a list: trailmend findings --show-muted")


def _show_tried(tried: Sequence[Tried], output: str, accepted: Collection[str]) -> None:
    import msgspec
    from rich.text import Text

    from trailmend.report.safe import json_line, visible
    from trailmend.report.terminal import findings_table

    for one in tried:
        if output == "jsonl":
            told = {"mute": one.use.mute.id, "hides": list(one.use.hides)}
            told |= {"wrong": one.wrong, "notes": one.notes}
            sys.stdout.write(json_line(msgspec.to_builtins(told)) + "\n")
            continue
        count = f"hides {len(one.hides):,}"
        head = f"{one.use.mute.id} {count} ({one.use.state}): {one.use.mute.what}"
        word = "accepted" if one.use.mute.id in accepted else "WRONG"
        notes = [*(f"  {word} {text}" for text in one.wrong), *(f"  note {t}" for t in one.notes)]
        show_on("stdout", *(Text(visible(line)) for line in (head, *notes)))
        if one.hides:
            show_on("stdout", findings_table(one.hides))


@app.command()
def remove(
    mute: Annotated[str, typer.Argument(help="The id of a mute, or its start.")],
    workspace: Workspace = DEFAULT_WORKSPACE,
) -> None:
    """Take a mute out of the file; what it hid shows again.

    Example: trailmend mute remove M-7K3Q
    """
    from trailmend.mutes import change_file, place_of, without_mute
    from trailmend.settings import settings_of

    need_workspace(workspace)
    path = settings_of(workspace).mutes.path_in(workspace)

    def take(text: str) -> str:
        place = place_of(text, mute)
        if place is None:
            raise WrongUse(f"{mute} is not the id of one mute in {path}: see trailmend mute list")
        _audit(workspace, "unmuted", {"id": place[0], "file": str(path)})
        say(f"{place[0]} is taken out of {path}; what it hid shows again: trailmend findings")
        return without_mute(text, place[1])

    change_file(path, take)


def muting_of(workspace: Path) -> Muting:
    """Say what the mutes of a workspace do today; without mutes its findings are not loaded."""
    from trailmend.mutes import Muting, judge, load_mutes
    from trailmend.settings import Mutes, settings_of
    from trailmend.takeovers import stories_of

    today, chosen = _today(), settings_of(workspace).mutes
    mutes, faults = load_mutes(
        chosen.path_in(workspace), partial(_keys, workspace), today, needed=chosen != Mutes()
    )
    if not mutes:
        return Muting(faults=tuple(faults), day=today)
    found = all_findings(workspace)
    return judge(mutes, found, stories_of(found), today, faults)


def _keys(workspace: Path) -> set[str]:
    """Give the keys of all that can be found in a workspace."""
    from trailmend.catalog import chains, detections
    from trailmend.responder import NOT_IN_THE_JOURNAL
    from trailmend.sigma.rulebook import load_rules

    rules = (rule.key for rule in load_rules(workspace).rules)
    return {*detections(), *chains(), NOT_IN_THE_JOURNAL, *rules}


def say_mutes(muting: Muting, *, counts: bool = True) -> None:
    """Tell on stderr what mutes hide, which could not be applied, and which should be looked at."""
    from rich.text import Text

    from trailmend.report.mutes import sentences
    from trailmend.report.safe import visible

    count = len(muting.hidden)
    lines = [f"  {word:<8} {visible(text)}" for word, text in sentences(muting)]
    lines = [line for line in lines if counts or not line.startswith("  muted ")]
    if count and counts:
        noun = "finding is" if count == 1 else "findings are"
        lines.insert(0, f"  muted    {count:,} {noun} hidden: trailmend findings --show-muted")
    show_on("stderr", *map(Text, lines))


def _today() -> date:
    from datetime import UTC, datetime

    return datetime.now(UTC).date()


def _day(text: str) -> date:
    """Read a day, or so many days from today.  Raises WrongUse for anything else."""
    from datetime import date, timedelta

    if re.fullmatch(r"[0-9]{1,4}d", text):
        return _today() + timedelta(days=int(text[:-1]))
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return date.fromisoformat(text)
    except ValueError as error:
        raise WrongUse(f"--until {text}: {error}") from error
    raise WrongUse(f"--until {text}: write a day, as 2027-03-01, or so many days, as 90d")


def _audit(workspace: Path, what: What, details: dict[str, Any]) -> None:
    """Tell the audit log who changed the mutes, before they are changed."""
    from trailmend.audit import AuditLog
    from trailmend.database import opened_database
    from trailmend.desk import this_user

    with opened_database(workspace) as database:
        AuditLog(workspace, database).add(what, user=this_user(), details=details)
