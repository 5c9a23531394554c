"""The verb that tells: story."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from trailmend.cli.talk import (
    DEFAULT_WORKSPACE,
    STORIES_OUTPUTS,
    MinimumLevel,
    StoriesOutput,
    Workspace,
    all_findings,
    blind_spots,
    check_output,
    levels_from,
    say,
    show_on,
    write,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from trailmend.findings import Finding
    from trailmend.takeovers import Story


def story(
    story: Annotated[
        str | None,
        typer.Argument(help="The id of a story, or of a finding in it, or its start; none lists."),
    ] = None,
    output: StoriesOutput = "table",
    min_level: MinimumLevel = "info",
    workspace: Workspace = DEFAULT_WORKSPACE,
) -> None:
    """Tell the findings of one takeover as one account, or list all stories.

    Example: trailmend story S-3K9Q
    """
    check_output(output, STORIES_OUTPUTS)
    levels = levels_from(min_level)
    found = all_findings(workspace)
    if story is None:
        _list(found, output, levels, workspace)
    else:
        _tell(found, story, output, workspace)


def _list(found: Sequence[Finding], output: str, levels: Sequence[str], workspace: Path) -> None:
    from trailmend.report.takeovers import stories_table, worst_story
    from trailmend.takeovers import stories_of

    stories = [one for one in stories_of(found) if one.level in levels]
    if output != "table":
        _write(stories, found, output, workspace)
    elif stories:
        show_on("stdout", stories_table(stories))
    if stories:
        say(f"Read it whole: trailmend story {worst_story(stories).id}")
    else:
        say("No stories: no two findings of medium level or above hang together.")
        say("See what was found: trailmend findings")


def _tell(found: Sequence[Finding], wanted: str, output: str, workspace: Path) -> None:
    from trailmend.report.takeovers import whole_story
    from trailmend.takeovers import find_story

    told = find_story(found, wanted)
    if told is None:
        say(f"{wanted} is in no story: nothing of medium level or above hangs together with it.")
        say(f"See it alone: trailmend show {wanted}")
        return
    if output != "table":
        _write([told[0]], found, output, workspace)
    else:
        show_on("stdout", whole_story(told[0]))
    if told[0].status == "resolved":
        say(f"Nothing of it is open. Look closer: trailmend show {told[0].findings[-1]}")
    else:
        say(f"Mend it: trailmend plan {told[0].id}")


def _write(
    stories: Sequence[Story], found: Sequence[Finding], output: str, workspace: Path
) -> None:
    """Write stories as JSON lines or Markdown, or as a page with the findings that they tell."""
    import msgspec

    from trailmend.report.markdown import stories_markdown
    from trailmend.report.safe import json_line

    if output == "html":
        from trailmend.report.html import findings_html

        ids = {name for one in stories for name in one.findings + one.supporting}
        told = [one for one in found if one.id in ids]
        write(findings_html(told, stories, blind_spots(workspace)))
    elif output == "markdown":
        write(stories_markdown(stories))
    else:
        write("".join(json_line(msgspec.to_builtins(one)) + "\n" for one in stories))
