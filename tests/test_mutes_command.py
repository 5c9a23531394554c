"""`trailmend mute` as people use it, and what scan and findings say of mutes."""

import csv
import io
import json
import re
import shutil
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from trailmend.audit import read_lines, verify
from trailmend.cli import app
from trailmend.database import open_database
from trailmend.errors import Refused, WrongUse
from trailmend.evidence import call, denied, role, user

EVE, CI = user("eve"), role("ci", session="kim")
RECORDS = [
    call("DeleteLoginProfile", by=EVE, request={"userName": "alice"}, at="09:00:00"),
    call("DeleteLoginProfile", by=EVE, request={"userName": "bob"}, at="10:00:00"),
    call("DeleteLoginProfile", by=CI, request={"userName": "alice"}, at="11:00:00"),
    denied("DeleteLoginProfile", by=EVE, resource="user bob", at="12:00:00"),
]
WORDS = ("--owner", "kim", "--reason", "off-boarding", "--until", "90d")
LAST = (datetime.now(UTC) + timedelta(days=90)).date()
ANSWER = tuple[int, str, str]
COMMAND = cache(partial(get_command, app))


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scanned")
    (folder / "log").write_text(json.dumps({"Records": RECORDS}))
    run("scan", str(folder / "log"), "--workspace", str(folder / "w"))
    return folder


@pytest.fixture
def case(scanned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRAILMEND_WORKSPACE", str(tmp_path / "case" / "w"))
    return Path(shutil.copytree(scanned, tmp_path / "case"))


def run(*arguments: str) -> ANSWER:
    """Run the command in this process; give the exit code, stdout and stderr."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _ in "oe")
    with redirect_stdout(out), redirect_stderr(err):
        code = COMMAND().main(arguments, "trailmend", standalone_mode=False)
    out.flush()
    err.flush()
    told = [stream.buffer.getvalue().decode() for stream in (out, err)]
    return code or 0, told[0], told[1]


def rows(*arguments: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run(*arguments, "-o", "jsonl")[1].splitlines()]


def targets(*arguments: str) -> list[str]:
    found = [one for one in rows(*arguments) if one["schema"] == "trailmend/finding/1"]
    return [f"{one['actor']['name']} {one['target']['name']}" for one in found]


def first_finding() -> str:
    return str(rows("findings")[0]["id"])


def make(*choice: str) -> ANSWER:
    return run("mute", "--from-finding", first_finding(), *WORDS, *choice)


def test_a_mute_is_made_from_a_finding_printed_tried_and_taken_back(case: Path) -> None:
    one = first_finding()
    code, block, talk = run("mute", "--from-finding", one, *WORDS)

    path = case / "w" / "mutes.toml"
    name = block.split('"')[1]
    assert code == 0
    assert path.read_text().endswith("\n\n" + block)
    assert path.stat().st_mode & 0o777 == 0o600
    assert "It hides 1 of the findings of this workspace:" in talk
    assert talk.splitlines()[-1].endswith(f"Try it: trailmend mute test --mute {name}")
    assert targets("findings") == ["eve bob", "ci alice", "eve bob"]
    assert targets("findings", "--show-muted") == ["eve alice", "eve bob", "ci alice", "eve bob"]
    assert name in run("mute", "list")[1]
    with pytest.raises(WrongUse, match="is in"):
        run("mute", "--from-finding", one, *WORDS)

    assert run("mute", "remove", name)[0] == 0
    assert targets("findings") == ["eve alice", "eve bob", "ci alice", "eve bob"]
    database = open_database(case / "w")
    assert [one.what for one in read_lines(case / "w")[0]] == ["muted", "unmuted"]
    assert verify(case / "w", database).faults == ()
    database.dispose()


def test_a_mute_that_adds_nothing_to_one_that_runs_is_not_written(case: Path) -> None:
    one, path = first_finding(), case / "w" / "mutes.toml"
    made = ("mute", "--from-finding", one, "--owner", "lee", "--reason", "again", "--until")
    name = run("mute", "--from-finding", one, *WORDS, "--any-target")[1].split('"')[1]
    before = path.read_text()
    told = f"{name} of kim hides this already, until {LAST} (off-boarding)"

    with pytest.raises(WrongUse) as caught:
        run(*made, "30d")

    assert str(caught.value) == f"{told}: nothing was written. See trailmend mute list"
    assert path.read_text() == before
    code, block, talk = run(*made, "120d")
    later = (datetime.now(UTC) + timedelta(days=120)).date()
    assert (code, talk.splitlines()[0]) == (0, f"{told}; the new one goes on until {later}.")
    assert path.read_text() == f"{before}\n{block}"


def test_every_output_leaves_out_what_is_muted_and_tells_of_the_mute(case: Path) -> None:
    name = make("--any-target")[1].split('"')[1]
    told = f"until {LAST} (kim: off-boarding)"

    outputs = {kind: run("findings", "-o", kind) for kind in ("table", "jsonl", "markdown", "html")}
    for kind, (code, stdout, talk) in outputs.items():
        assert code == 0
        assert f"muted    {name} hides 2 {told}" in talk
        assert name in stdout or kind == "table"
    last = json.loads(outputs["jsonl"][1].splitlines()[-1])
    assert (last["schema"], last["id"], last["owner"]) == ("trailmend/mute/1", name, "kim")
    assert len(last["hides"]) == 2
    cells = list(csv.DictReader(io.StringIO(run("findings", "-o", "csv")[1], newline="")))
    assert [one["id"][:2] for one in cells] == ["F-", "F-", "M-"]
    assert cells[-1]["title"].startswith(f"2 hidden by a mute {told}: delete_login_profile.")
    for kind in ("ocsf", "asff"):
        assert len(run("findings", "-o", kind)[1].splitlines()) == 2
        assert len(run("findings", "-o", kind, "--show-muted")[1].splitlines()) == 4
    assert f"muted       by {name} {told}" in run("show", last["hides"][0])[1]


def test_scan_counts_no_muted_finding_for_fail_on(case: Path) -> None:
    make("--any-target")
    (case / "log").write_text(json.dumps({"Records": RECORDS[:2]}))

    code, stdout, talk = run("scan", str(case / "log"), "--fail-on", "medium")

    assert (code, stdout) == (0, "")
    assert "no findings" not in talk
    assert "1 story medium: trailmend story S-" in talk
    assert "muted    2 findings are hidden: trailmend findings --show-muted" in talk
    (case / "log").write_text(json.dumps({"Records": RECORDS}))
    assert run("scan", str(case / "log"), "--fail-on", "medium")[0] == 3


def test_a_mute_changes_nothing_that_is_stored_or_told_as_a_story(case: Path) -> None:
    story, whole = run("story", "-o", "jsonl"), rows("findings")

    make("--any-target")

    assert run("story", "-o", "jsonl") == story
    marked = [
        one for one in rows("findings", "--show-muted") if one["schema"].endswith("finding/1")
    ]
    assert [{**one, "muted_by": []} for one in marked] == whole


def test_a_mute_with_a_typo_is_named_and_the_others_work(case: Path) -> None:
    make()
    path = case / "w" / "mutes.toml"
    good = path.read_text()
    bad = re.sub(r'id = "M-\w+"', 'id = "M-BAD"', good[good.index("[[") :])
    bad = bad.replace("actor_id", "actr_id")
    path.write_text(f"{good}\n{bad}")
    line = path.read_text().splitlines().index('id = "M-BAD"') + 4

    code, stdout, talk = run("scan", str(case / "log"))

    assert code == 4
    reason = "unknown key actr_id: did you mean actor_id?"
    assert f"NOT APPLIED {path}:{line}:1: M-BAD: {reason}" in talk
    assert len(stdout.splitlines()) == 4
    assert run("findings")[0] == 4
    assert run("scan", str(case / "log"), "--fail-on", "low")[0] == 3
    assert run("mute", "test")[0] == 1
    assert run("mute", "list")[0] == 4
    assert run("mute", "remove", "M-BAD")[0] == 0
    assert path.read_text() == good


def test_mute_test_fails_on_what_is_too_wide_until_that_is_accepted(case: Path) -> None:
    name = make()[1].split('"')[1]
    code, stdout, _ = run("mute", "test")
    assert (code, stdout.splitlines()[0].startswith(f"{name} hides 1 (in force)")) == (0, True)

    (case / "log").write_text(json.dumps([RECORDS[0], RECORDS[1]]))
    alone = ("--workspace", str(case / "alone"))
    run("scan", str(case / "log"), *alone)
    wide = run("mute", "--from-finding", first_finding(), *WORDS, "--any-target", *alone)
    assert "Mind: it hides all 2 findings of delete_login_profile.by_someone_else" in wide[2]
    assert run("mute", "test", *alone)[0] == 1
    assert run("mute", "test", "--accept", wide[1].split('"')[1], *alone)[0] == 0


def test_mutes_that_end_and_mutes_that_ended_speak_up(case: Path) -> None:
    today = datetime.now(UTC).date()
    block = make()[1]
    path = case / "w" / "mutes.toml"

    def ending(days: int) -> str:
        until, made_at = today + timedelta(days), today - timedelta(300)
        text = re.sub(r"until = .*", f"until = {until}", block)
        path.write_text(re.sub(r"made_at = .*", f"made_at = {made_at}", text))
        return run("scan", str(case / "log"))[2]

    assert "ENDS SOON" in ending(6)
    assert "ENDS SOON" not in ending(8)
    assert re.search(r"EXPIRED  M-\w+ ended on .* \(kim: off-boarding\); 1 that it hid", ending(-1))
    assert targets("findings") == ["eve alice", "eve bob", "ci alice", "eve bob"]
    assert "expired 1 day ago" in run("findings", "-o", "markdown")[1]


def test_the_settings_name_another_file_and_its_absence_is_told(case: Path) -> None:
    (case / "w" / "settings.toml").write_text('[mutes]\nfile = "../shared.toml"\n')

    code, _, talk = run("findings")
    assert (code, "the file that the settings name is not there" in talk) == (4, True)
    make()
    assert (case / "shared.toml").exists()
    assert targets("findings") == ["eve bob", "ci alice", "eve bob"]


def test_unreadable_file_hides_nothing_and_says_so(case: Path) -> None:
    (case / "w" / "mutes.toml").mkdir()

    code, stdout, talk = run("findings")

    assert (code, len(stdout.splitlines())) == (4, 5)
    assert "the file cannot be read (Is a directory), so no mute is applied" in talk


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["mute", "--from-finding", "F-"], "a mute takes --owner, --reason, --until"),
        (["mute", "--from-finding", "F-NOTHING", *WORDS], "no finding starts with"),
        (["mute", "--owner", "kim", "list"], "--owner goes after `mute list`"),
        (["mute", "remove", "M-NOTHING"], "is not the id of one mute"),
        (["mute", "test", "--mute", "M-NOTHING"], "no mute starts with M-NOTHING"),
    ],
    ids=" ".join,
)
def test_wrong_use_says_what_is_right(case: Path, arguments: list[str], words: str) -> None:
    with pytest.raises(WrongUse, match=re.escape(words)):
        run(*arguments)


@pytest.mark.parametrize("until", ["2027-13-01", "tomorrow", "2027", "-1d"])
def test_until_is_a_day(case: Path, until: str) -> None:
    with pytest.raises(WrongUse, match="--until"):
        run("mute", "--from-finding", first_finding(), *WORDS[:4], f"--until={until}")


def test_a_caller_without_a_stable_id_is_refused(case: Path) -> None:
    record = dict(RECORDS[0], eventID="chosen")
    record["userIdentity"] = {
        "type": "FederatedUser",
        "principalId": "111122223333:terraform",
        "arn": "arn:aws:sts::111122223333:federated-user/terraform",
        "accountId": "111122223333",
    }
    (case / "log").write_text(json.dumps([record]))
    (chosen,) = rows("scan", str(case / "log"))

    with pytest.raises(Refused, match="an id that nobody can choose"):
        run("mute", "--from-finding", chosen["id"], *WORDS)
    assert not (case / "w" / "mutes.toml").exists()
