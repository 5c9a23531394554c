"""The verbs of the audit log: verify, show, restart."""

from __future__ import annotations

import re
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
    need_workspace,
    say,
    show_on,
)
from trailmend.counts import many
from trailmend.errors import WrongUse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from trailmend.audit import Fault

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="The log of who asked, approved, did and undid what.\n\n"
    "Example: trailmend audit-log verify",
)


@app.command()
def verify(
    head: Annotated[
        str | None, typer.Option(help="NUMBER:HASH as it was printed once; it must be there.")
    ] = None,
    workspace: Workspace = DEFAULT_WORKSPACE,
) -> None:
    """Check that nothing in the audit log was changed, and print its head.

    Note the head where nobody who can write the workspace can write: who can write both the log
    and the database can make a new log, and only that note tells.

    Example: trailmend audit-log verify --workspace case-7
    """
    from trailmend import audit
    from trailmend.database import opened_database

    noted = _noted(head)
    need_workspace(workspace)
    with opened_database(workspace) as database:
        found = audit.verify(workspace, database, noted)
    for note in found.notes:
        say(f"note: {note}")
    _say_faults(found.faults)
    if found.faults:
        _say_faults(found.altered)
        say(
            "The audit log is NOT whole. Keep the workspace as it is, and compare it with a copy. "
            "If it cannot be mended: trailmend audit-log restart --reason WHY"
        )
        raise typer.Exit(FAILED)
    if found.altered:
        _say_faults(found.altered)
        say(
            "The audit log is whole, and a plan that it tells of is not: it is refused. Find out "
            "who wrote to the database of the workspace, and make a new plan: trailmend plan --help"
        )
        raise typer.Exit(FAILED)
    if found.head is None:
        say("The audit log is empty: nothing was asked for yet. Make a plan: trailmend plan")
        return
    sys.stdout.write(found.head.text + "\n")
    say(
        f"The audit log is whole: {many(found.entries, 'entry', 'entries')}. Note its head "
        f"elsewhere, and check later: trailmend audit-log verify --head {found.head.text}"
    )


@app.command()
def show(output: Output = "table", workspace: Workspace = DEFAULT_WORKSPACE) -> None:
    """Print the audit log: who asked, approved, did and undid what.

    It is printed as it stands: `trailmend audit-log verify` tells whether it was changed.

    Example: trailmend audit-log show --output jsonl
    """
    import msgspec

    from trailmend import audit
    from trailmend.report.audit import audit_table
    from trailmend.report.safe import json_line

    check_output(output)
    need_workspace(workspace)
    lines, faults = audit.read_lines(workspace)
    if output == "jsonl":
        for one in lines:
            told = {**msgspec.to_builtins(one), "hash": one.hash}
            sys.stdout.write(json_line(told) + "\n")
    elif lines:
        show_on("stdout", audit_table(lines))
    _say_faults(faults)
    say("See whether all of it is as it was written: trailmend audit-log verify")
    if faults:
        raise typer.Exit(NOT_ALL_READ)


@app.command()
def restart(
    reason: Annotated[str, typer.Option(help="Why; it is told whenever the log is verified.")],
    workspace: Workspace = DEFAULT_WORKSPACE,
) -> None:
    """Begin a damaged audit log anew, so that plans can be applied and rolled back again.

    The damaged file is kept beside the new one, which begins with its hash, its last good entry,
    your name and the reason. Do it after you know what happened to it.

    Example: trailmend audit-log restart --reason "disk full on 2026-03-02, see case 42"
    """
    from trailmend import audit
    from trailmend.database import opened_database
    from trailmend.desk import alone, this_user

    need_workspace(workspace)
    with opened_database(workspace) as database, alone(workspace):
        begun = audit.restart(audit.AuditLog(workspace, database), this_user(), reason)
    sys.stdout.write(f"{begun.number}:{begun.hash}\n")
    kept = begun.details["file"] or "there was none"
    say(f"The audit log was begun anew. The damaged one: {kept}")
    say("Note the head elsewhere, and see: trailmend audit-log verify")


def _noted(head: str | None) -> tuple[int, str] | None:
    """Read a head that was noted; raises WrongUse for what is none."""
    if head is None:
        return None
    found = re.fullmatch(r"([0-9]{1,18}):([0-9a-f]{64})", head.strip())
    if found is None:
        raise WrongUse(
            f"--head {head}: give NUMBER:HASH whole, as `trailmend audit-log verify` printed it."
        )
    return int(found[1]), found[2]


def _say_faults(faults: Iterable[Fault]) -> None:
    for one in faults:
        say(f"FAULT: line {one.line}: {one.reason}" if one.line else f"FAULT: {one.reason}")
