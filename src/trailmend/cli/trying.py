"""The verbs that try things out: demo and lab."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from trailmend.cli.talk import say
from trailmend.errors import WrongUse

if TYPE_CHECKING:
    from trailmend.lab import Credentials, Lab


def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Leave the lab running to explore.")] = False,
    workspace: Annotated[
        Path | None, typer.Option(help="Keep the case here; none is thrown away at the end.")
    ] = None,
) -> None:
    """Watch an account being attacked and mended, offline.

    Example: trailmend demo --keep
    """
    _need_lab()
    from trailmend.demo import run_demo

    run_demo(tell=_explain if keep else None, workspace=workspace)


def lab(
    port: Annotated[
        int, typer.Option(help="The port; 0 takes a free one.", min=0, max=65535)
    ] = 5557,
    host: Annotated[str, typer.Option(help="A loopback address.")] = "127.0.0.1",
    folder: Annotated[Path, typer.Option(help="Where its CloudTrail files are written.")] = Path(
        "lab-trail"
    ),
    attack: Annotated[bool, typer.Option(help="Play the demo's attack first.")] = False,
) -> None:
    """Run a fake AWS with a CloudTrail; Ctrl-C ends it.

    Example: trailmend lab --attack --folder trail
    """
    _need_lab()
    from trailmend.lab import serve

    def ready(running: Lab) -> None:
        if attack:
            from trailmend.lab.attack import play_attack

            play_attack(running)
        say(_how_to_use(running, folder))

    serve(host, port, folder, ready=ready)


def _explain(running: Lab, trail: Path, who: Credentials, workspace: Path) -> None:
    say(_how_to_use(running, trail, who, workspace))


def _how_to_use(
    running: Lab,
    trail: Path,
    who: Credentials | None = None,
    workspace: Path | None = None,
) -> str:
    """Tell how to point the aws command and trailmend at a lab; its keys are worth nothing."""
    variables = running.environment(who) | (
        {"TRAILMEND_WORKSPACE": str(workspace)} if workspace else {}
    )
    exports = (f"  export {name}={quote(value)}" for name, value in variables.items())
    return "\n".join(
        [
            f"A fake AWS answers on {running.endpoint_url}; its trail is written to {trail}.",
            "In another terminal:",
            "",
            *exports,
            "  aws --endpoint-url $AWS_ENDPOINT_URL iam list-users",
            f"  trailmend scan {quote(str(trail))}",
            "  trailmend status" if workspace else "  trailmend findings",
            "",
            "Ctrl-C ends it.",
        ]
    )


def _need_lab() -> None:
    """Refuse to go on without the libraries of the lab, which are an extra."""
    from importlib.util import find_spec

    if any(find_spec(name) is None for name in ("moto", "flask", "pyotp", "segno")):
        raise WrongUse("The lab is an extra: pip install 'trailmend[lab]'")
