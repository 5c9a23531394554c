"""The verbs that remember: seed, history."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from trailmend.cli.talk import (
    DEFAULT_WORKSPACE,
    OUTPUTS,
    Endpoint,
    Output,
    Profile,
    Region,
    Workspace,
    check_output,
    moment,
    need_workspace,
    progress,
    say,
    show_on,
)
from trailmend.counts import many
from trailmend.errors import WrongUse

if TYPE_CHECKING:
    from trailmend.snapshots import Snapshot

Account = Annotated[
    str | None, typer.Option(help="The account, where a file or the workspace leaves it open.")
]


def seed(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            help="What AWS answered: authorization details, credential report, devices, keys, "
            "account summary, alias, password policy."
        ),
    ] = None,
    taken: Annotated[
        str | None, typer.Option(help="When it was asked, UTC; the file's own time if not given.")
    ] = None,
    account: Account = None,
    profile: Profile = None,
    region: Region = None,
    endpoint_url: Endpoint = None,
    workspace: Workspace = DEFAULT_WORKSPACE,
) -> None:
    """Tell the workspace what AWS shows of an account, so that the log need not tell all.

    Without files the account is read live, by calls that change nothing.  What was asked at several
    times is all kept, and each tells of its own time.  Scan again afterwards: findings are made
    anew with what is known then.

    Example: trailmend seed authorization-details.json credential-report.csv
    """
    from trailmend.database import opened_database
    from trailmend.findings import told_time
    from trailmend.snapshots.keep import keep_snapshot

    if paths:
        snapshot = _from_files(paths, moment(taken), account or "")
    else:
        snapshot = _from_aws(profile, region, endpoint_url)
    with opened_database(workspace) as database:
        keep_snapshot(database, snapshot)
    kinds = [key.partition("/")[0] for key in snapshot.bearers]
    users = len({*snapshot.users} | {key[5:] for key in snapshot.bearers if key[:5] == "user/"})
    number = {"user": users, **{kind: kinds.count(kind) for kind in ("group", "role")}}
    counts = ", ".join(many(count, kind) for kind, count in number.items())
    say(f"Account {snapshot.account_id} as of {told_time(snapshot.taken_at)}: {counts}.")
    say("Scan again, and findings use it: trailmend scan PATH")


def _from_files(paths: list[str], taken: datetime | None, account: str) -> Snapshot:
    from pathlib import Path

    from trailmend.snapshots import join, read_snapshot

    found = []
    for path in map(Path, paths):
        try:
            data, changed = path.read_bytes(), path.stat().st_mtime
        except OSError as error:
            raise WrongUse(f"{path} cannot be read: {error.strerror}") from error
        made = taken or datetime.fromtimestamp(changed, UTC).replace(microsecond=0)
        if made > datetime.now(UTC):
            raise WrongUse(f"{path} was not taken at {made:%Y-%m-%d %H:%M} UTC: that is to come.")
        found.append((data, str(path), made))
    known = account
    read = []
    for data, name, made in sorted(found, key=lambda one: b"UserDetailList" not in one[0]):
        snapshot = read_snapshot(data, name, made, known)
        known = known or snapshot.account_id
        read.append(snapshot)
    return join(read)


def _from_aws(profile: str | None, region: str | None, endpoint_url: str | None) -> Snapshot:
    from trailmend.aws import connect
    from trailmend.snapshots.live import read_live

    client = connect(profile, region, endpoint_url)
    now = datetime.now(UTC).replace(microsecond=0)
    with progress(["the account's users"]) as step:
        return read_live(client, now, step)


def history(
    subject: Annotated[
        str,
        typer.Argument(
            help="user/NAME, group/NAME, role/NAME, root, account, an id (AIDA...), or the ARN of "
            "a policy or permission set."
        ),
    ],
    at: Annotated[
        str | None, typer.Option("--at", help="At which time, UTC: 2026-11-22T07:10, or 7d ago.")
    ] = None,
    account: Account = None,
    output: Output = "table",
    workspace: Workspace = DEFAULT_WORKSPACE,
) -> None:
    """Say what is known of a user, group, role, policy or permission set at a time, and how surely.

    Whoever was renamed is told under every name; several who had one name are told apart, and an
    id asks for one of them.  `root` is the root user, `account` what is set for all of it.  ~ marks
    events of one second whose order the log does not tell.

    Example: trailmend history user/bob --at 2026-11-22T07:10
    """
    from trailmend.context import fold
    from trailmend.database import opened_database
    from trailmend.history import history as tell
    from trailmend.history import subject_of
    from trailmend.report.history import history_page
    from trailmend.report.safe import json_line
    from trailmend.snapshots.keep import load_snapshot
    from trailmend.store import Store

    check_output(output, OUTPUTS)
    asked = subject_of(subject)
    need_workspace(workspace)
    store = Store(workspace)
    accounts = [account] if account else store.accounts()
    if len(accounts) != 1:
        raise WrongUse(f"this workspace holds {len(accounts)} accounts: say which, with --account.")
    with opened_database(workspace) as database:
        snapshot = load_snapshot(database, accounts[0])
    events = store.events(accounts[0])
    if not events:
        raise WrongUse(f"this workspace holds no event of account {accounts[0]}: trailmend scan")
    time = moment(at, latest=True) or max(event.event_time for event in events)
    told = tell(asked, events, fold(events, snapshot), time, snapshot)
    if output == "jsonl":
        from msgspec import to_builtins

        sys.stdout.write(json_line(to_builtins(told)) + "\n")
    else:
        show_on("stdout", *history_page(told))
    several = [one.id for one in told.bearers if one.id] if len(told.bearers) > 1 else []
    if any(fact.name == "deleted" for fact in told.facts):
        say("For how it was at a time before: --at TIME")
    elif several:
        say(f"For one of them alone: trailmend history {several[0]}")
    elif snapshot is None:
        say("What AWS shows of the account would fill the gaps: trailmend seed --help")
