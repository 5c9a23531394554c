"""The verbs of the audit log, as people run them."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.nursery import run_text
from trailmend.audit import AuditLog
from trailmend.database import open_database

ARN = "arn:aws:iam::123456789012:user/sam"
HOSTILE = "\x1b[31m\u202ered\x07\nnew line"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    engine = open_database(tmp_path)
    log = AuditLog(tmp_path, engine)
    asked = {"name": "iam.delete_ssh_public_key", "params": {"UserName": HOSTILE}}
    log.add("asked", user="sam", arn=ARN, plan_id="P-2222", plan_hash="ab", details={"fix": "x"})
    log.add("sending", user="sam", arn=ARN, plan_id="P-2222", plan_hash="ab",
            details={"change": 1, "call": asked, "run": "00", "entry": "ff"})  # fmt: skip
    log.add("refused", user=HOSTILE, details={"why": HOSTILE})
    engine.dispose()
    return tmp_path


def run(workspace: Path, *arguments: str, columns: int = 100) -> subprocess.CompletedProcess[str]:
    known = {"TRAILMEND_WORKSPACE": str(workspace), "NO_COLOR": "1", "COLUMNS": str(columns)}
    return run_text("audit-log", *arguments, env={**os.environ, **known})


def test_whole_log_prints_its_head_and_how_to_check_it_later(workspace: Path) -> None:
    last = json.loads((workspace / "audit.jsonl").read_text().splitlines()[-1])

    done = run(workspace, "verify")

    head = f"3:{last['hash']}"
    assert (done.returncode, done.stdout) == (0, head + "\n")
    assert "The audit log is whole: 3 entries" in done.stderr
    assert f"trailmend audit-log verify --head {head}" in done.stderr.splitlines()[-1]
    assert run(workspace, "verify", "--head", head).returncode == 0


def test_damaged_log_is_begun_anew_by_hand(workspace: Path) -> None:
    log = workspace / "audit.jsonl"
    log.write_bytes(log.read_bytes().replace(b'"sam"', b'"kim"', 1))
    assert "trailmend audit-log restart --reason WHY" in run(workspace, "verify").stderr

    done = run(workspace, "restart", "--reason", HOSTILE)
    after = run(workspace, "verify")

    assert (done.returncode, after.returncode) == (0, 0)
    assert done.stdout == after.stdout
    assert "audit-until-" in done.stderr
    assert "note: it was begun anew by" in after.stderr
    assert "\x1b" not in after.stderr


def test_noted_head_that_is_gone_exits_with_1(workspace: Path) -> None:
    done = run(workspace, "verify", "--head", "2:" + "0" * 64)

    assert (done.returncode, done.stdout) == (1, "")
    assert "FAULT: the head that was noted" in done.stderr


@pytest.mark.parametrize("head", ["3", "3:abc", "x:" + "0" * 64, "3:" + "0" * 65])
def test_head_that_is_none_is_wrong_use(workspace: Path, head: str) -> None:
    done = run(workspace, "verify", "--head", head)

    assert done.returncode == 2
    assert "give NUMBER:HASH whole" in done.stderr


def test_altered_log_exits_with_1_and_names_the_line(workspace: Path) -> None:
    path = workspace / "audit.jsonl"
    path.write_text(path.read_text().replace('"number":2', '"number":9'))

    done = run(workspace, "verify")

    assert (done.returncode, done.stdout) == (1, "")
    assert "FAULT: line 2: it was altered" in done.stderr
    assert "NOT whole" in done.stderr


def test_empty_log_is_whole(tmp_path: Path) -> None:
    open_database(tmp_path).dispose()

    done = run(tmp_path, "verify")

    assert (done.returncode, done.stdout) == (0, "")
    assert "is empty" in done.stderr


def test_missing_workspace_is_wrong_use(tmp_path: Path) -> None:
    for verb in ("verify", "show"):
        done = run(tmp_path / "none", verb)
        assert (done.returncode, done.stdout) == (2, "")
        assert "no workspace at" in done.stderr


def test_log_is_shown_as_a_table_that_no_text_can_break(workspace: Path) -> None:
    done = run(workspace, "show")

    assert done.returncode == 0
    assert done.stdout.splitlines()[0].split() == [
        *("NO", "TIME", "(UTC)", "WHAT", "PLAN", "WHO", "DETAILS")
    ]
    wide = run(workspace, "show", columns=250).stdout
    assert r'call=iam.delete_ssh_public_key(UserName="\x1b[31m' in wide.replace("\\u001b", "\\x1b")
    assert "sam as user/sam" in wide
    assert all(one.isprintable() or one == "\n" for one in done.stdout + done.stderr)
    entries = (workspace / "audit.jsonl").read_text().splitlines()
    assert len(done.stdout.splitlines()) == 1 + len(entries)
    assert "trailmend audit-log verify" in done.stderr.splitlines()[-1]


def test_log_is_given_as_json_lines(workspace: Path) -> None:
    done = run(workspace, "show", "--output", "jsonl")

    kept = (workspace / "audit.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in done.stdout.splitlines()] == list(map(json.loads, kept))
    assert done.stdout.replace("\n", "").isascii()
    assert done.stdout.replace("\n", "").isprintable()
    assert run(workspace, "show", "--output", "csv").returncode == 2


def test_lines_that_cannot_be_read_are_named_and_exit_with_4(workspace: Path) -> None:
    path = workspace / "audit.jsonl"
    path.write_text(path.read_text().replace('"number":2', '"number":9'))

    done = run(workspace, "show", "--output", "jsonl")

    assert done.returncode == 4
    assert [json.loads(line)["number"] for line in done.stdout.splitlines()] == [1, 3]
    assert "FAULT: line 2" in done.stderr


def test_plan_that_was_altered_in_the_database_exits_with_1_and_is_named(workspace: Path) -> None:
    engine = open_database(workspace)
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO plans VALUES ('P-2222', 'ab', 'F-2222', '2026-03-02', '{}')")
        )
    engine.dispose()

    done = run(workspace, "verify")

    assert (done.returncode, done.stdout) == (1, "")
    assert "FAULT: plan P-2222 was altered in the database after it was made" in done.stderr
    assert "audit-log restart" not in done.stderr
