"""The command as people and programs use it: output, exit codes, words."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.nursery import run_text
from trailmend.evidence import call, denied, role, root, user

EVE, ALICE = user("eve"), user("alice")
TAKEN = call("DeleteLoginProfile", by=EVE, request={"userName": "alice"}, at="09:00:00")
TRIED = denied("DeleteLoginProfile", by=EVE, resource="user bob", at="09:01:00")
HARMLESS = call("ListUsers", by=EVE, at="09:02:00", readOnly=True)


def run(
    *arguments: str, stdin: bytes = b"", **environment: str
) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "NO_COLOR": "1", **environment}
    return run_text(*arguments, stdin=stdin, env=env)


def started(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Start Python itself, as people do, and no child of one that is running."""
    return subprocess.run(
        [sys.executable, "-m", "trailmend", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
        timeout=120,
    )


@pytest.fixture
def case(tmp_path: Path) -> Path:
    (tmp_path / "log").write_text(json.dumps({"Records": [TAKEN, TRIED, HARMLESS]}))
    return tmp_path


def scan(case: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run("scan", str(case / "log"), "--workspace", str(case / "w"), *arguments)


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_scan_prints_findings_on_stdout_and_talk_on_stderr(case: Path) -> None:
    done = scan(case, "--output", "jsonl")

    found = lines(done.stdout)
    assert done.returncode == 0
    assert [(one["level"], one["event"]["event_name"], one["target"]["name"]) for one in found] == [
        ("medium", "DeleteLoginProfile", "alice"),
        ("medium", "DeleteLoginProfile", "bob"),
    ]
    assert done.stderr.splitlines()[-1].startswith("Look closer: trailmend show F-")
    assert "read     3 events in 1 file" in done.stderr


def test_table_fits_and_its_ids_can_be_pasted(case: Path) -> None:
    done = scan(case)

    assert max(map(len, done.stdout.splitlines())) <= 100
    for line in done.stdout.splitlines()[1:]:
        shown = run("show", line.split()[-1], "--workspace", str(case / "w"))
        assert shown.returncode == 0
        assert "Why it fired" in shown.stdout


def test_fail_on_exits_with_3_and_only_from_its_level(case: Path) -> None:
    assert scan(case, "--fail-on", "medium").returncode == 3
    assert scan(case, "--fail-on", "high").returncode == 0


def test_fail_on_counts_what_min_level_hides(case: Path) -> None:
    done = scan(case, "--min-level", "critical", "--fail-on", "medium")

    assert (done.returncode, done.stdout) == (3, "")


def test_unread_pieces_are_named_and_exit_with_4(case: Path) -> None:
    text = json.dumps({"Records": [TAKEN, 7, TRIED]})
    (case / "log").write_text(text)

    done = scan(case, "--output", "jsonl")

    assert done.returncode == 4
    assert len(lines(done.stdout)) == 2
    place = text.index("7, {") if "7, {" in text else text.index(" 7,") + 1
    assert f"{case}/log record 1 at byte {place:,}" in done.stderr


def test_record_with_an_impossible_time_is_not_counted_as_read(case: Path) -> None:
    wrong = [
        TAKEN | {"eventID": "e", "eventTime": f"{year}-02-30T10:00:00Z"} for year in (25, 2026)
    ]
    (case / "log").write_text(json.dumps([TAKEN, *wrong]))

    done = scan(case)

    moment = TAKEN["eventTime"][:16].replace("T", " ")
    read = f"read     1 event in 1 file · 1 account · 1 region · {moment} → {moment} UTC"
    assert (done.returncode, done.stderr.split("\n")[0].strip()) == (4, read)
    assert "2 pieces were not read, see above; all else was." in done.stderr


def test_many_unread_pieces_alike_are_told_once_and_all_by_a_flag(case: Path) -> None:
    logs = case / "logs"
    logs.mkdir()
    for number in range(100):
        (logs / f"{number:02}.log").write_text("" if number else json.dumps(TAKEN))
    command = ("scan", str(logs), "--workspace", str(case / "w"))

    done, whole = run(*command), run(*command, "--list-unread")

    named = [
        f"NOT READ {logs}/{number:02}.log: is empty: nothing was read" for number in range(100)
    ]
    more = "NOT READ and 96 more alike in 96 files (each is named with --list-unread)"
    unread = [line.strip() for line in done.stderr.split("\n") if "NOT READ" in line]
    assert unread == [*named[1:4], more]
    assert [line.strip() for line in whole.stderr.split("\n") if "NOT READ" in line] == named[1:]
    assert (done.returncode, whole.returncode) == (4, 4)


def test_help_of_scan_names_every_form_that_is_read() -> None:
    said = " ".join(started("scan", "--help").stdout.split())

    for form in (
        *("Files", "folders", "globs", "stdin", "lines", ".json.gz", ".jsonl", ".zip", "Records"),
        *("single events", "lists", "EventBridge", "lookup-events", "SNS", "SQS"),
    ):
        assert form in said


def test_fail_on_wins_over_unread_pieces(case: Path) -> None:
    (case / "log").write_text(json.dumps({"Records": [TAKEN, 7]}))

    assert scan(case, "--fail-on", "low").returncode == 3


def test_one_pasted_event_is_shown_whole(tmp_path: Path) -> None:
    done = started("scan", "-", "--workspace", str(tmp_path / "w"), stdin=json.dumps(TAKEN))

    assert done.returncode == 0
    assert "Why it fired" in done.stdout
    assert "What may have happened" in done.stdout


def test_one_pasted_event_of_which_nothing_is_known_is_said_to_be_so(tmp_path: Path) -> None:
    unknown = TAKEN | {"eventName": "AttachUserAccessGrant"}
    done = run("scan", "-", "--workspace", str(tmp_path / "w"), stdin=json.dumps(unknown).encode())

    assert "not known to this version" in " ".join(done.stderr.split())


@pytest.mark.parametrize(
    "arguments",
    [
        ["scan", "nowhere"],
        ["scan", ".", "--min-level", "huge"],
        ["scan", ".", "--fail-on", "huge"],
        ["scan", ".", "--from", "yesterday-ish"],
        ["scan", ".", "--from", "99999999d"],
        ["scan", ".", "--output", "xml"],
        ["findings", "--workspace", "nowhere"],
        ["show", "F-NOTHING", "--workspace", "nowhere"],
        ["runbook", "DeleteLoginProfil"],
        ["plan", "F-NOTHING", "--workspace", "nowhere"],
    ],
    ids=" ".join,
)
def test_wrong_use_is_one_line_that_helps_and_exits_with_2(
    arguments: list[str], tmp_path: Path
) -> None:
    done = run_text(*arguments, cwd=tmp_path)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1, done.stderr
    assert "Traceback" not in done.stderr


def test_wrong_runbook_name_is_guessed() -> None:
    assert "Did you mean DeleteLoginProfile?" in run("runbook", "DeleteLoginProfil").stderr


def test_runbook_is_found_by_event_name_in_any_case() -> None:
    done = run("runbook", "deleteloginprofile")

    assert done.returncode == 0
    assert done.stdout.startswith("# DeleteLoginProfile\n")


def test_findings_lists_the_workspace_and_not_the_input(case: Path) -> None:
    scan(case)

    done = run("findings", "--workspace", str(case / "w"), "--output", "jsonl")

    assert [one["target"]["name"] for one in lines(done.stdout)] == ["alice", "bob"]


def test_workspace_can_be_named_by_the_environment(case: Path) -> None:
    done = run("scan", str(case / "log"), TRAILMEND_WORKSPACE=str(case / "other"))

    assert done.returncode == 0
    assert (case / "other" / "state.db").exists()


def test_workspace_is_private(case: Path) -> None:
    scan(case)

    modes = {path.name: path.stat().st_mode & 0o777 for path in (case / "w").iterdir()}
    assert (case / "w").stat().st_mode & 0o777 == 0o700
    assert modes["state.db"] == 0o600
    assert modes["events"] == 0o700


def test_time_span_limits_the_findings_and_not_the_knowledge(tmp_path: Path) -> None:
    made = call("CreateLoginProfile", by=EVE, request={"userName": "bob"}, at="09:00:00")
    removed = call("DeleteLoginProfile", by=EVE, request={"userName": "bob"}, at="10:00:00")
    (tmp_path / "log").write_text(json.dumps([made, removed]))

    done = scan(tmp_path, "--from", "2026-03-02T09:30", "--output", "jsonl")

    assert [one["detection"] for one in lines(done.stdout)] == ["delete_login_profile.clean_up"]


def test_a_later_scan_changes_what_an_earlier_one_found(tmp_path: Path) -> None:
    made = call("CreateLoginProfile", by=EVE, request={"userName": "bob"}, at="09:00:00")
    removed = call("DeleteLoginProfile", by=EVE, request={"userName": "bob"}, at="10:00:00")
    for late, record in (("1", removed), ("2", made)):
        (tmp_path / "log").write_text(json.dumps([record]))
        scan(tmp_path)
        found = lines(run("findings", "--workspace", f"{tmp_path}/w", "-o", "jsonl").stdout)
        names = [
            one["detection"] for one in found if one["event"]["event_time"] > "2026-03-02T09:59"
        ]
        expected = "by_someone_else" if late == "1" else "clean_up"
        assert names == [f"delete_login_profile.{expected}"]


def test_role_session_named_like_the_victim_is_somebody_else(tmp_path: Path) -> None:
    record = call(
        "DeleteLoginProfile", by=role("ops", session="alice"), request={"userName": "alice"}
    )

    done = run(
        "scan",
        "-",
        "-o",
        "jsonl",
        "--workspace",
        f"{tmp_path}/w",
        stdin=json.dumps(record).encode(),
    )

    (found,) = lines(done.stdout)
    assert (found["relation"], found["level"]) == ("other", "medium")


def test_root_in_a_session_of_assume_root_is_clean_up(tmp_path: Path) -> None:
    record = call("DeleteLoginProfile", by=root(assumed=True))

    done = run(
        "scan",
        "-",
        "-o",
        "jsonl",
        "--workspace",
        f"{tmp_path}/w",
        stdin=json.dumps(record).encode(),
    )

    (found,) = lines(done.stdout)
    assert (found["target"]["type"], found["level"]) == ("root", "low")


def test_help_answers_at_once() -> None:
    def seconds() -> float:
        start = time.perf_counter()
        started("--help")
        return time.perf_counter() - start

    assert started("--help").returncode == 0
    assert min(seconds() for _ in range(3)) < 5, "a hang; the figure itself is in make bench"


def test_reader_that_goes_away_is_no_error(case: Path) -> None:
    command = f"{sys.executable} -m trailmend scan {case}/log -o jsonl --workspace {case}/w | true"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)

    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("place", ["file", "file/below", "/proc/nowhere"])
def test_place_that_can_be_no_workspace_is_one_line(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "log").write_text(json.dumps([TAKEN]))

    done = run("scan", str(tmp_path / "log"), "--workspace", str(tmp_path / place))

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1, done.stderr
    assert "--workspace" in done.stderr


@pytest.mark.parametrize("name", ["case?1", "c%41", "a b", "[x]*", "o'q"])
def test_workspace_of_any_name_is_where_it_is_said_to_be(case: Path, name: str) -> None:
    done = run("scan", str(case / "log"), "--workspace", str(case / name))

    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in case.iterdir()) == sorted(["log", name])
    assert (case / name / "state.db").stat().st_size > 0
    assert len(lines(run("findings", "-o", "jsonl", "--workspace", str(case / name)).stdout)) == 2


def test_records_of_one_id_that_differ_are_named_and_order_does_not_choose(tmp_path: Path) -> None:
    other = call("DeleteLoginProfile", by=EVE, request={"userName": "bob"}) | {
        "eventID": TAKEN["eventID"]
    }
    kept = []
    for place, records in enumerate(([TAKEN, other], [other, TAKEN])):
        case = tmp_path / str(place)
        case.mkdir()
        (case / "log").write_text(json.dumps(records))
        done = scan(case, "-o", "jsonl")
        assert done.returncode == 4
        assert "other content" in done.stderr
        kept.append([one["target"]["name"] for one in lines(done.stdout)])

    assert len(kept[0]) == 1
    assert kept[0] == kept[1]


def test_last_day_is_counted_whole_and_a_span_of_no_time_is_refused(case: Path) -> None:
    day = scan(case, "--from", "2026-03-02", "--to", "2026-03-02", "-o", "jsonl")
    never = scan(case, "--from", "2026-03-03", "--to", "2026-03-02")

    assert len(lines(day.stdout)) == 2
    assert never.returncode == 2


def test_show_lists_every_fix_and_what_stops_the_caller_first(tmp_path: Path) -> None:
    record = call("DeleteAccountPasswordPolicy", by=EVE)
    before = call("UpdateAccountPasswordPolicy", by=EVE, request={"minimumPasswordLength": 20})
    (tmp_path / "log").write_text(
        json.dumps([before | {"eventTime": "2026-03-01T09:00:00Z"}, record])
    )
    found = lines(scan(tmp_path, "-o", "jsonl").stdout)[-1]["id"]

    shown = run("show", found, "--workspace", f"{tmp_path}/w").stdout

    assert [line.split()[-1] for line in shown.splitlines() if "trailmend plan" in line] == [
        "access_keys.deactivate_callers_key",
        "principals.revoke_callers_sessions",
        "principals.quarantine_caller",
        "password_policy.restore_password_policy",
        "password_policy.enforce_password_policy",
    ]


def test_page_of_a_name_is_that_of_iam_where_services_share_it() -> None:
    pages = {name: run("runbook", name).stdout for name in ("CreateUser", "iam:CreateUser")}

    assert pages["CreateUser"] == pages["iam:CreateUser"]
    assert "IAM user" in pages["CreateUser"]
    assert run("runbook", "identitystore:CreateUser").stdout != pages["CreateUser"]


def test_workspace_whose_database_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_text("junk")

    done = run("findings", "--workspace", str(tmp_path))

    assert (done.returncode, done.stdout) == (1, "")
    assert f"{tmp_path}/state.db cannot be read as a database" in done.stderr
    assert "scan again" in done.stderr


@pytest.mark.soak
def test_workspace_that_another_process_holds_is_not_called_broken(tmp_path: Path) -> None:
    held = sqlite3.connect(tmp_path / "state.db", isolation_level=None)
    held.execute("PRAGMA locking_mode = EXCLUSIVE")
    held.execute("CREATE TABLE held (n INTEGER)")

    done = run("findings", "--workspace", str(tmp_path))
    held.close()

    assert done.returncode == 1
    assert "cannot be opened now (database is locked)" in done.stderr
    assert "try again" in done.stderr
    assert run("findings", "--workspace", str(tmp_path)).returncode == 0


STOPPED = """
import io, os, signal, sys
from trailmend.cli import main

signal.signal(signal.SIGINT, signal.default_int_handler)

class Stopped(io.RawIOBase):
    def readable(self):
        return True

    def readinto(self, _):
        os.kill(os.getpid(), signal.SIGINT)
        return 0

sys.stdin = io.TextIOWrapper(io.BufferedReader(Stopped()))
main()
"""
"""The command, with Ctrl-C while it reads its input."""


def test_command_that_is_interrupted_says_so(tmp_path: Path) -> None:
    done = run_text("scan", "-", "--workspace", str(tmp_path / "w"), code=STOPPED)

    assert (done.returncode, done.stdout, done.stderr) == (
        130,
        "",
        "Interrupted: trailmend scan is not done. Give the same command again.\n",
    )
