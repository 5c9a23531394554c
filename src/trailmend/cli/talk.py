"""What the verbs share: options, words to the user, times, exit codes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trailmend.errors import WrongUse

if TYPE_CHECKING:
    from rich.console import RenderableType

    from trailmend.blind_spots import BlindSpots
    from trailmend.findings import Finding
    from trailmend.mutes import Muting
    from trailmend.takeovers import Story

Workspace = Annotated[
    Path, typer.Option(help="Where this case is kept.", envvar="TRAILMEND_WORKSPACE")
]
MinimumLevel = Annotated[
    str,
    typer.Option("--min-level", help="Leave out what is below: info, low, medium, high, critical."),
]
Output = Annotated[str, typer.Option("--output", "-o", help="table or jsonl.")]
FindingsOutput = Annotated[
    str,
    typer.Option("--output", "-o", help="table, jsonl, csv, markdown, ocsf, asff or html."),
]
ShowMuted = Annotated[
    bool, typer.Option("--show-muted", help="Show what mutes hide too, marked as muted.")
]
StoriesOutput = Annotated[
    str, typer.Option("--output", "-o", help="table, jsonl, markdown or html.")
]
Profile = Annotated[str | None, typer.Option(help="A profile of the AWS settings.")]
Region = Annotated[str | None, typer.Option(help="The AWS region to call.")]
Endpoint = Annotated[
    str | None,
    typer.Option("--endpoint-url", help="Another address than AWS's.", envvar="AWS_ENDPOINT_URL"),
]
OUTPUTS = ("table", "jsonl")
STORIES_OUTPUTS = (*OUTPUTS, "markdown", "html")
FINDINGS_OUTPUTS = (*STORIES_OUTPUTS, "csv", "ocsf", "asff")
DEFAULT_WORKSPACE = Path(".trailmend")
FAILED, AT_LEVEL, NOT_ALL_READ = 1, 3, 4
"""Exit codes: what was asked did not come out, a finding is at the level of `--fail-on`, or some
of what was to be read could not be.  Those of errors stand in `trailmend.errors`."""


def say(text: object) -> None:
    """Tell the user something on stderr; text from logs is made visible."""
    from trailmend.report.safe import visible

    lines = str(text).split("\n")
    sys.stderr.write("\n".join(visible(line) for line in lines) + "\n")


def show_on(stream: str, *parts: RenderableType) -> None:
    """Print rich text on `stdout` or `stderr`."""
    from rich.table import Table
    from rich.text import Text

    from trailmend.report.terminal import console, print_list

    opened = console(stderr=stream == "stderr")
    for part in parts:
        if isinstance(part, Table):
            print_list(opened, part)
            continue
        # A line is left to the terminal to wrap, so that paths in it can be pasted.
        opened.print(part, soft_wrap=isinstance(part, Text))


def print_findings(
    found: Sequence[Finding],
    output: str,
    *,
    whole: bool = False,
    stories: Callable[[], Sequence[Story]] = tuple,
    blind: Callable[[], BlindSpots | None] = lambda: None,
    muting: Muting | None = None,
) -> None:
    """Write findings to stdout in one of `FINDINGS_OUTPUTS`, as a table each `whole` if wanted.

    Only a report, HTML or Markdown, asks for the `stories`, of which it tells those of these
    findings and of what is hidden, and for what the workspace is `blind` to.  `muting` tells what
    is hidden.
    """
    from trailmend.mutes import NO_MUTES
    from trailmend.report.terminal import findings_table, whole_finding

    if output == "html" or (output == "markdown" and not whole):
        from trailmend.report.html import findings_html
        from trailmend.report.markdown_report import report_markdown

        ids = {one.id for one in found} | set((muting or NO_MUTES).hidden)
        told = [one for one in stories() if not ids.isdisjoint(one.findings)]
        form = findings_html if output == "html" else report_markdown
        write(form(found, told, blind(), muting or NO_MUTES))
    elif output != "table":
        write(findings_as_text(found, output, muting))
    elif whole:
        show_on("stdout", *(whole_finding(one) for one in found))
    elif found:
        show_on("stdout", findings_table(found))


def findings_as_text(found: Sequence[Finding], output: str, muting: Muting | None = None) -> str:
    """Give findings in a form for programs or pages; what is read by lines has one for each.

    JSON lines tell of the mutes after the findings; the other schemas have no place for them.
    """
    import msgspec

    from trailmend.mutes import NO_MUTES
    from trailmend.report.asff import security_finding
    from trailmend.report.csv_table import findings_csv
    from trailmend.report.markdown import findings_markdown
    from trailmend.report.mutes import mute_records
    from trailmend.report.ocsf import detection_finding
    from trailmend.report.safe import json_line

    muting = muting or NO_MUTES
    if output == "csv":
        return findings_csv(found, muting)
    if output == "markdown":
        return findings_markdown(found, muting)
    forms: Mapping[str, Callable[[Finding], object]]
    forms = {
        "jsonl": msgspec.to_builtins,
        "ocsf": detection_finding,
        "asff": security_finding,
    }
    lines = [forms[output](one) for one in found]
    return "".join(
        json_line(one) + "\n"
        for one in (*lines, *(mute_records(muting) if output == "jsonl" else ()))
    )


def write(text: str) -> None:
    """Write data to stdout: UTF-8 whatever the terminal speaks, the ends of lines as they are."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode())
    sys.stdout.buffer.flush()


def check_output(output: str, known: Sequence[str] = OUTPUTS) -> None:
    """Refuse an output that does not exist, before any work is done."""
    if output not in known:
        raise WrongUse(f"--output {output}: choose {', '.join(known[:-1])} or {known[-1]}")


def levels_from(lowest: str) -> tuple[str, ...]:
    """Give a level and those above it.  Raises WrongUse for what is no level."""
    from trailmend.catalog import LEVELS

    if lowest not in LEVELS:
        raise WrongUse(f"level {lowest!r}: choose one of {', '.join(LEVELS)}")
    return tuple(LEVELS[LEVELS.index(lowest) :])


_UNITS = {"d": "days", "h": "hours", "m": "minutes"}


def moment(text: str | None, *, latest: bool = False) -> datetime | None:
    """Read a time: ISO 8601, UTC where no zone is given, or `7d`, `24h`, `30m` before now.

    A day alone is its beginning, and as the `latest` time its end.

    Raises WrongUse for anything else: a time that is misread would hide events.
    """
    if text is None:
        return None
    try:
        if text[:-1].isdecimal() and text[-1] in _UNITS:
            return datetime.now(UTC) - timedelta(**{_UNITS[text[-1]]: int(text[:-1])})
        found = datetime.fromisoformat(text)
        if latest and len(text) == len("2026-11-22"):
            found += timedelta(days=1, seconds=-1)
    except (ValueError, OverflowError):
        raise WrongUse(f"{text!r} is no time: write 2026-11-22, 2026-11-22T07:10 or 7d") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@contextmanager
def progress(paths: Sequence[str]) -> Iterator[Callable[[str], None]]:
    """Show how far the reading is, on a terminal only."""
    if not sys.stderr.isatty() or list(paths) == ["-"]:
        yield lambda _: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    from trailmend.report.terminal import console
    from trailmend.sources import count_files

    bar = Progress(
        "scanning",
        BarColumn(),
        MofNCompleteColumn(),
        "files",
        TimeRemainingColumn(),
        console=console(stderr=True),
        transient=True,
    )
    with bar:
        task = bar.add_task("scan", total=count_files(paths))
        yield lambda _: bar.advance(task)


def plan_id(given: str | None) -> str | None:
    """Read the id of a plan, which people may write small; a path is left as it is."""
    return given if given is None or given.endswith(".json") else given.upper()


def one_finding(workspace: Path, prefix: str) -> Finding:
    """Find the one finding whose id starts so; raises WrongUse if none or many do."""
    found = _findings(workspace, prefix)
    if len(found) != 1:
        many = f"{len(found)} findings start" if found else "no finding starts"
        if prefix.upper().startswith("S-"):
            raise WrongUse(f"{prefix} is no finding. See it as a story: trailmend story {prefix}")
        raise WrongUse(f"{many} with {prefix}. See the list: trailmend findings")
    return found[0]


def all_findings(workspace: Path) -> list[Finding]:
    """Load the findings of a workspace, in the order of time."""
    return _findings(workspace, "")


def _findings(workspace: Path, prefix: str) -> list[Finding]:
    from trailmend.database import opened_database
    from trailmend.store import load_findings

    need_workspace(workspace)
    with opened_database(workspace) as database:
        return load_findings(database, prefix)


def blind_spots(workspace: Path) -> BlindSpots:
    """Load what no report of a workspace can know."""
    from trailmend.database import opened_database
    from trailmend.readings import load_blind_spots

    with opened_database(workspace) as database:
        return load_blind_spots(database)


def one_story(workspace: Path, prefix: str) -> tuple[Story, list[Finding]]:
    """Find a story and its findings; raises WrongUse if there is none, or more than one."""
    from trailmend.takeovers import find_story

    found = find_story(all_findings(workspace), prefix)
    if found is None:
        raise WrongUse(f"{prefix} is no story. See the list: trailmend story")
    return found


def need_workspace(workspace: Path) -> None:
    """Refuse to look into a workspace that is not there; a scan makes one."""
    if not (workspace / "state.db").exists():
        raise WrongUse(f"no workspace at {workspace}. Make one: trailmend scan PATH")
