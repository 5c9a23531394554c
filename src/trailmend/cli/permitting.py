"""The verb that says what AWS must allow: permissions."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trailmend.cli.talk import DEFAULT_WORKSPACE, Workspace, need_workspace, plan_id, say
from trailmend.errors import WrongUse

if TYPE_CHECKING:
    from collections.abc import Mapping


def permissions(
    purpose: Annotated[str, typer.Option("--for", help="What for: scan, plan or apply.")],
    plan: Annotated[
        str | None,
        typer.Option(help="For apply: the one plan that is to be applied.", callback=plan_id),
    ] = None,
    workspace: Workspace = DEFAULT_WORKSPACE,
) -> None:
    """Print the IAM policy that the credentials need, and nothing more.

    Without --plan it allows every change that any fix can make; with it only those of the plan,
    on the users, roles, trails and buckets that the plan names.

    Example: trailmend permissions --for apply --plan P-4XQ7
    """
    from trailmend.permissions import to_apply, to_plan
    from trailmend.settings import settings_of

    if purpose not in ("scan", "plan", "apply"):
        raise WrongUse(f"--for {purpose}: choose scan, plan or apply")
    if plan is not None and purpose != "apply":
        raise WrongUse(f"--plan goes with --for apply, not with --for {purpose}")
    if purpose == "scan":
        say("Reading files needs no permission of AWS. To plan: trailmend permissions --for plan")
        return
    if plan is not None:
        _print(_of_plan(plan, workspace))
        say(f"This is for plan {plan} alone, to apply it and to roll it back.")
    elif purpose == "apply":
        _print(to_apply(settings_of(workspace).secrets))
        say("This allows any plan. For one alone: trailmend permissions --for apply --plan PLAN")
    else:
        _print(to_plan())
        say("This allows no change. To apply a plan: trailmend permissions --for apply --plan PLAN")


def _of_plan(plan: str, workspace: Workspace) -> Mapping[str, Any]:
    from trailmend.database import opened_database
    from trailmend.permissions import to_apply_plan
    from trailmend.planning.kept import load_plan
    from trailmend.settings import settings_of

    need_workspace(workspace)
    secrets = settings_of(workspace).secrets
    with opened_database(workspace) as database:
        found = load_plan(database, plan)
    return to_apply_plan(found, secrets)


def _print(policy: Mapping[str, Any]) -> None:
    import msgspec

    from trailmend.permissions import MOST_CHARACTERS, characters

    sys.stdout.write(msgspec.json.format(msgspec.json.encode(policy), indent=2).decode() + "\n")
    say("sts:GetCallerIdentity is called as well; AWS requires no permission for it.")
    if characters(policy) > MOST_CHARACTERS:
        say(
            f"It has {characters(policy):,} characters, and a managed policy takes "
            f"{MOST_CHARACTERS:,}: make one policy of each statement."
        )
