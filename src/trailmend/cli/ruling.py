"""The verbs of rules: import, list, show, test, lint."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from trailmend.cli.talk import (
    DEFAULT_WORKSPACE,
    FAILED,
    NOT_ALL_READ,
    Output,
    Workspace,
    check_output,
    say,
    show_on,
    write,
)
from trailmend.counts import many
from trailmend.errors import WrongUse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from trailmend.report.rules import Entry
    from trailmend.sigma.faults import Fault
    from trailmend.sigma.tree import Rule

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="What is looked for: the catalog's rules, and Sigma rules of your own.\n\n"
    "Example: trailmend rules import sigma/rules/cloud/aws",
)


@app.command(name="import")
def import_(
    paths: Annotated[list[str], typer.Argument(help="YAML files, folders, globs, or - for stdin.")],
    workspace: Workspace = DEFAULT_WORKSPACE,
) -> None:
    """Take Sigma rules for AWS CloudTrail into the workspace; each scan runs them from then on.

    Example: trailmend rules import sigma/rules/cloud/aws
    """
    from trailmend.database import open_database
    from trailmend.sigma.linting import lint as lint_rule
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
    unread = done.unread + len(done.rejects)
    counted = ((done.refused, "rule", "refused"), (unread, "source", "not read"))
    also = "".join(f", {many(n, noun)} {what}" for n, noun, what in counted if n)
    also += ", see above" if also else ""
    say(f"In {workspace / 'rules'}: {many(len(done.rules), 'rule')}{also}.")
    doubts = sum(bool(lint_rule(rule)) for rule in done.rules)
    if doubts:
        say(f"{doubts:,} of them may not mean what they say: trailmend rules lint")
    if done.rules:
        say("Run them: trailmend scan PATH    See them: trailmend rules list")
    if done.refused or unread:
        raise typer.Exit(NOT_ALL_READ)


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
        raise typer.Exit(NOT_ALL_READ)


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


@app.command(name="test")
def try_(
    key: Annotated[str | None, typer.Argument(help="The key of a rule; none tries all.")] = None,
    workspace: Workspace = DEFAULT_WORKSPACE,
) -> None:
    """Try the cases that rules bring: each fires or stays quiet, as it says.

    An imported rule brings its cases under `trailmend_tests`, as the lists `fires` and `quiet` of
    CloudTrail records.

    Example: trailmend rules test delete_login_profile.by_someone_else
    """
    from trailmend.detect.cases import try_catalog, try_rule
    from trailmend.report.rules import entries, failures, tally
    from trailmend.sigma.rulebook import load_rules

    book = load_rules(workspace)
    keys = {_one_entry(key, book.rules).key} if key else {one.key for one in entries(book.rules)}
    chosen = [rule for rule in book.rules if rule.key in keys]
    tried = try_catalog(keys) + [one for rule in chosen for one in try_rule(rule, book.rules)]
    show_on("stdout", *failures(tried))
    say_faults(book.faults, "NOT RUN")
    bare = sum(not rule.tests for rule in chosen)
    say(f"{tally(tried)}{f' {bare:,} imported rules bring no cases.' if bare else ''}")
    if not all(one.right for one in tried):
        raise typer.Exit(FAILED)
    if book.faults:
        raise typer.Exit(NOT_ALL_READ)


@app.command()
def lint(
    paths: Annotated[
        list[str] | None, typer.Argument(help="Sigma rules; none takes those of the workspace.")
    ] = None,
    workspace: Workspace = DEFAULT_WORKSPACE,
) -> None:
    """Say what is wrong or doubtful in Sigma rules, by file, line and column.

    Exits with 1 where something is doubtful, with 4 where a rule cannot be run.

    Example: trailmend rules lint sigma/rules/cloud/aws
    """
    from trailmend.report.safe import visible
    from trailmend.sigma.linting import lint as lint_rule
    from trailmend.sigma.rulebook import load_rules, read_rules

    book = load_rules(workspace)
    rules, faults, unread = book.rules, book.faults, False
    if paths:
        read = read_rules(paths, sys.stdin.buffer, book.rules)
        rules, faults = tuple(read.rules), tuple(read.faults)
        unread = bool(read.rejects)
        for reject in read.rejects:
            say(f"NOT READ {reject.source_name}: {reject.reason}")
    doubts = [one for rule in rules for one in lint_rule(rule)]
    for one in doubts:
        write(visible(one.text) + "\n")
    say_faults(faults, "CANNOT BE RUN")
    found = f"{many(len(doubts), 'doubt')}, {many(len(faults), 'fault')}"
    say(f"Read {many(len(rules), 'rule')}: {found}.")
    if faults or unread:
        raise typer.Exit(NOT_ALL_READ)
    if doubts:
        raise typer.Exit(FAILED)


def _one_entry(key: str, rules: Iterable[Rule]) -> Entry:
    from trailmend.near import did_you_mean
    from trailmend.report.rules import entries

    by_key = {one.key: one for one in entries(rules)}
    if key in by_key:
        return by_key[key]
    hint = did_you_mean(key, by_key)
    raise WrongUse(f"no rule has the key {key}.{hint} See them all: trailmend rules list")


def say_faults(faults: Iterable[Fault], word: str) -> None:
    """Name what is wrong with rules, a line each: file, line, column, reason."""
    for one in faults:
        say(f"{word} {one.text}")
