"""The verbs of rules: import, list, show."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from trailmend.cli.talk import DEFAULT_WORKSPACE, Output, Workspace, check_output, say, show_on
from trailmend.errors import WrongUse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from trailmend.report.rules import Entry
    from trailmend.sigma.faults import Fault

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="What is looked for: the catalog's rules, and Sigma rules of your own.\n\n"
    "Example: trailmend rules import sigma/rules/cloud/aws",
)
_SOME_REFUSED = 4


@app.command(name="import")
def import_(
    paths: Annotated[list[str], typer.Argument(help="YAML files, folders, globs, or - for stdin.")],
    workspace: Workspace = DEFAULT_WORKSPACE,
) -> None:
    """Take Sigma rules for AWS CloudTrail into the workspace; each scan runs them from then on.

    Example: trailmend rules import sigma/rules/cloud/aws
    """
    from trailmend.database import open_database
    from trailmend.sigma.rulebook import import_rules, load_rules
    from trailmend.sigma.running import silent_rules

    open_database(workspace).dispose()
    done = import_rules(paths, sys.stdin.buffer, workspace)
    for reject in done.rejects:
        say(f"NOT READ {reject.source_name}: {reject.reason}")
    say_faults(done.faults, "NOT IMPORTED")
    silent = silent_rules(load_rules(workspace).rules)
    for rule in done.rules:
        notes = [*rule.notes]
        if rule.id in silent:
            notes.append(f"gives no findings itself, it is looked at by {silent[rule.id]}")
        for note in notes:
            say(f"note: {rule.key}: {note}")
    refused = len({(one.file, one.place.line) for one in done.faults}) + len(done.rejects)
    also = f", {refused:,} were refused, see above" if refused else ""
    say(f"{len(done.rules):,} rules are in {workspace / 'rules'}{also}.")
    if done.rules:
        say("Run them: trailmend scan PATH    See them: trailmend rules list")
    if refused:
        raise typer.Exit(_SOME_REFUSED)


@app.command(name="list")
def list_(output: Output = "table", workspace: Workspace = DEFAULT_WORKSPACE) -> None:
    """List the rules of the catalog and those that were imported.

    Example: trailmend rules list --output jsonl
    """
    import msgspec

    from trailmend.report.rules import entries, rules_lines
    from trailmend.report.safe import json_line
    from trailmend.sigma.rulebook import load_rules

    check_output(output)
    book = load_rules(workspace)
    listed = entries(book.rules)
    if output == "jsonl":
        for one in listed:
            sys.stdout.write(json_line(msgspec.to_builtins(one)) + "\n")
    else:
        show_on("stdout", *rules_lines(listed))
    say_faults(book.faults, "NOT RUN")
    say(f"Look closer: trailmend rules show {listed[-1].key}")
    if book.faults:
        raise typer.Exit(_SOME_REFUSED)


@app.command()
def show(
    key: Annotated[str, typer.Argument(help="The key of a rule, as `rules list` gives it.")],
    workspace: Workspace = DEFAULT_WORKSPACE,
) -> None:
    """Show one rule: its condition, the SQL that is run, its cases.

    Example: trailmend rules show delete_login_profile.by_someone_else
    """
    from trailmend.report.rules import whole_rule
    from trailmend.sigma.rulebook import load_rules

    book = load_rules(workspace)
    entry = _one_entry(key, book.rules)
    show_on("stdout", *whole_rule(entry.key, book.rules))
    say("See them all: trailmend rules list")


def _one_entry(key: str, rules: Iterable[object]) -> Entry:
    from difflib import get_close_matches

    from trailmend.report.rules import entries

    by_key = {one.key: one for one in entries(rules)}  # type: ignore[arg-type]
    if key in by_key:
        return by_key[key]
    close = get_close_matches(key, by_key, n=1)
    hint = f" Did you mean {close[0]}?" if close else ""
    raise WrongUse(f"no rule has the key {key}.{hint} See them all: trailmend rules list")


def say_faults(faults: Iterable[Fault], word: str) -> None:
    """Name what is wrong with rules, a line each: file, line, column, reason."""
    for one in faults:
        say(f"{word} {one.file}:{one.place.line}:{one.place.column}: {one.reason}")
