"""The command: one verb for each thing that people do; parse, call, print.

stdout is data, stderr is talk.  Heavy libraries are imported by the verb that needs them, so that
`trailmend --help` answers at once.
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from trailmend.cli import (
    approving,
    auditing,
    looking,
    mending,
    muting,
    permitting,
    recalling,
    ruling,
    teaching,
    telling,
    trying,
)
from trailmend.cli.talk import NOT_ALL_READ, say
from trailmend.errors import TrailmendError


class _Verbs(TyperGroup):
    """The verbs; one that Ctrl-C stops says so, unless it has said more."""

    def invoke(self, ctx: Any) -> Any:
        """Run a verb."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            verb = ctx.invoked_subcommand
            say(f"Interrupted: trailmend {verb} is not done. Give the same command again.")
            raise typer.Exit(128 + signal.SIGINT) from error


app = typer.Typer(
    name="trailmend",
    cls=_Verbs,
    help="Watch the trail, mend the account.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_VERBS: tuple[Callable[..., None], ...] = (
    *(trying.demo, looking.scan, looking.findings, looking.show, telling.story, teaching.runbook),
    *(
        mending.plan,
        approving.approve,
        approving.reject,
        mending.apply,
        approving.status,
        mending.rollback,
    ),
    permitting.permissions,
    *(recalling.seed, recalling.history),
    trying.lab,
)
for _verb in _VERBS:
    app.command()(_verb)
app.add_typer(ruling.app, name="rules")
app.add_typer(muting.app, name="mute")
app.add_typer(auditing.app, name="audit-log")


def main() -> NoReturn:
    """Run the command; an error of ours is one line on stderr and its exit code."""
    code: int | str | None = 0
    try:
        app()
    except SystemExit as done:
        code = done.code
    except TrailmendError as error:
        say(f"trailmend: {error}")
        code = error.exit_code
    except BrokenPipeError:
        # The reader of stdout went away, as `head` does; there is nobody to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit((code or NOT_ALL_READ) if _say_what_is_broken() else code)


def _say_what_is_broken() -> bool:
    """Name what of the catalog could not be loaded, if the verb looked into it."""
    if "trailmend.runbooks" not in sys.modules:
        return False
    from trailmend.catalog import broken

    found = list(broken())
    if "trailmend.detect.unreadable" in sys.modules:
        from trailmend.detect.unreadable import unreadable

        found += unreadable()
    for one in found:
        say(f"NOT LOADED {one.name}, {one.file}:{one.line}: {one.reason}")
    if found:
        say("The catalog is not whole: what these look for was not looked for.")
    return bool(found)


@app.callback(invoke_without_command=True)
def _version(
    version: bool = typer.Option(False, "--version", help="Say which version this is."),
) -> None:
    if version:
        from trailmend import __version__

        typer.echo(f"trailmend {__version__}")
        raise typer.Exit
