"""The verb that teaches: runbook."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from trailmend.cli.talk import check_output, say, show_on, write
from trailmend.counts import many
from trailmend.errors import WrongUse

_OUTPUTS = ("text", "md", "html", "json")
_BESIDE = re.compile(r"\[([^\]]*)\]\((?!https?:)[^)\s]*\)")
"""A link to a file beside the page."""


def runbook(
    event: Annotated[
        str | None, typer.Argument(help="An event name, or the key of a fix; none lists all.")
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="The whole catalog: html or md need --folder.")
    ] = False,
    output: Annotated[str, typer.Option("--output", "-o", help="text, md, html or json.")] = "text",
    folder: Annotated[
        Path | None, typer.Option(help="Write the pages of --all here; html opens offline.")
    ] = None,
) -> None:
    """List the catalog, show the page of one event or one fix, or write all pages.

    Example: trailmend runbook DeleteLoginProfile
    """
    check_output(output, _OUTPUTS)
    if every or folder is not None:
        _check_all(event, output, folder, every=every)
        _write_all(output, folder)
    elif event is None:
        _list(output)
    else:
        _show(event, output)


def _check_all(event: str | None, output: str, folder: Path | None, *, every: bool) -> None:
    if event is not None:
        raise WrongUse("--all and --folder are for the whole catalog: leave the name out")
    if not every:
        raise WrongUse("--folder is for the pages of the whole catalog: add --all")
    if output in ("md", "html") and folder is None:
        raise WrongUse(f"--all --output {output} is many files: say where, with --folder DIR")
    if output in ("text", "json") and folder is not None:
        raise WrongUse(f"--folder takes pages, and {output} is none: add --output html or md")


def _write_all(output: str, folder: Path | None) -> None:
    from trailmend.docs import pages
    from trailmend.report.runbook_data import catalog_data
    from trailmend.report.safe import json_line
    from trailmend.report.site import site

    if folder is None:
        if output == "json":
            write("".join(json_line(one) + "\n" for one in catalog_data()))
        else:
            _list(output)
        return
    files = pages() if output == "md" else site(pages())
    for name, text in files.items():
        _write_file(folder / name, text)
    say(f"{many(len(files), 'page')} written.")
    say(f"Begin with {folder / ('runbooks/README.md' if output == 'md' else 'index.html')}")


def _write_file(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise WrongUse(
            f"{path} cannot be written ({error.strerror}): choose another --folder"
        ) from error


def _list(output: str) -> None:
    from trailmend.report.pages import index

    if output in ("html", "json"):
        raise WrongUse(f"--output {output}: name an event or a fix, or add --all")
    _print(index(), output)
    say("Read one: trailmend runbook DeleteLoginProfile")


def _show(event: str, output: str) -> None:
    from trailmend.catalog import runbooks
    from trailmend.plan import remediations
    from trailmend.report.fix_pages import fix_page
    from trailmend.report.pages import page
    from trailmend.report.runbook_data import fix_data, runbook_data
    from trailmend.report.safe import json_line
    from trailmend.report.site import single_page

    is_fix = event in remediations()
    key = event if is_fix else _key(event)
    if output == "json":
        data = fix_data(remediations()[key]) if is_fix else runbook_data(key, runbooks()[key])
        write(json_line(data) + "\n")
    else:
        text = fix_page(remediations()[key]) if is_fix else page(key, runbooks()[key])
        name = f"{'fixes' if is_fix else 'runbooks'}/{key}.md"
        _print(single_page(name, text) if output == "html" else text, output)
    if not is_fix:
        _say_namesakes(event, key)
    say("See all events: trailmend runbook")


def _say_namesakes(event: str, key: str) -> None:
    """Say how to read the pages of other services whose events have the name that was asked for."""
    from trailmend.catalog import runbooks
    from trailmend.report.event_names import namesakes

    called = next((one for one in runbooks()[key].names if one.lower() == event.lower()), "")
    others = [one for one in namesakes(called) if _key(one) != key]
    if others:
        say(f"{called} of another service: trailmend runbook {' or '.join(others)}")


def _print(text: str, output: str) -> None:
    """Print a page: as it is, or laid out for a person who reads it at a terminal.

    A link to a file beside the page leads nowhere from a terminal: its words stand alone there.
    """
    from rich.markdown import Markdown

    if output == "text" and sys.stdout.isatty():
        show_on("stdout", Markdown(_BESIDE.sub(r"\1", text)))
    else:
        write(text)


def _key(event: str) -> str:
    """Find a runbook by its event's name in any case, or by its key.

    A name may have the service before it (`sso-directory:CreateUser`); alone it is IAM's, if IAM
    has it.
    """
    from difflib import get_close_matches

    from trailmend.catalog import runbooks

    names = {key: key for key in runbooks()}
    pages = sorted(runbooks().items(), key=lambda page: not page[1].events[0].startswith("iam."))
    for key, one in pages:
        for call in one.events:
            source, _, name = call.lower().partition(":")
            names.setdefault(name, key)
            names.setdefault(f"{source.partition('.')[0]}:{name}", key)
    if event.lower() in names:
        return names[event.lower()]
    close = get_close_matches(event.lower(), names, n=1)
    known = {name.lower(): name for one in runbooks().values() for name in one.names}
    hint = f" Did you mean {known.get(close[0], close[0])}?" if close else ""
    raise WrongUse(f"no runbook for {event}.{hint} See them all: trailmend runbook")
