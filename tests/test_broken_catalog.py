"""A part of the catalog that cannot be loaded: named with its place, and the rest goes on."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import trailmend.runbooks
from trailmend.catalog import broken, runbooks
from trailmend.evidence import call, user

PAGE = Path(trailmend.runbooks.__path__[0])
RUN = """
import sys
import trailmend.runbooks
trailmend.runbooks.__path__.append(sys.argv[1])
sys.argv = ["trailmend", *sys.argv[2:]]
from trailmend.cli import main
main()
"""
BROKEN = {
    "no Python": ("x = 1\nRUNBOOK = = 2\n", 2, "SyntaxError: invalid syntax"),
    "a name that is none": ("\n\nRUNBOOK = nothing\n", 3, "NameError: name 'nothing'"),
    "a module that is none": ("import not_there\n", 1, "ModuleNotFoundError: No module"),
    "no runbook": ("RUNBOOK = 5\n", 1, "has no Runbook named RUNBOOK"),
}


def test_whole_catalog_loads() -> None:
    assert broken() == ()
    assert len(runbooks()) == len([*PAGE.glob("[!_]*.py")])


def run(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", RUN, str(tmp_path / "pages"), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture
def log(tmp_path: Path) -> Path:
    record = call("DeleteLoginProfile", by=user("eve"), request={"userName": "alice"})
    (tmp_path / "log.json").write_text(json.dumps({"Records": [record]}))
    (tmp_path / "pages").mkdir()
    return tmp_path / "log.json"


def test_broken_modules_are_named_with_their_place_and_the_rest_goes_on(
    tmp_path: Path, log: Path
) -> None:
    for number, (text, _, _) in enumerate(BROKEN.values()):
        (tmp_path / "pages" / f"zz_{number}.py").write_text(text)

    done = run(tmp_path, "scan", str(log), "--workspace", str(tmp_path / "w"), "-o", "jsonl")

    assert done.returncode == 4
    assert [json.loads(line)["detection"] for line in done.stdout.splitlines()] == [
        "delete_login_profile.by_someone_else"
    ]
    told = [line for line in done.stderr.splitlines() if line.startswith("NOT LOADED")]
    places = [
        f"NOT LOADED trailmend.runbooks.zz_{number}, {tmp_path}/pages/zz_{number}.py:{line}: "
        for number, (_, line, _) in enumerate(BROKEN.values())
    ]
    for line, place, (_, _, reason) in zip(told, sorted(places), BROKEN.values(), strict=True):
        assert line.startswith(place + reason)
    assert done.stderr.splitlines()[-1].startswith("The catalog is not whole")


def test_condition_that_cannot_be_read_is_named_and_the_rest_goes_on(
    tmp_path: Path, log: Path
) -> None:
    page = (PAGE / "delete_login_profile.py").read_text()
    (tmp_path / "pages" / "zz.py").write_text(page.replace('when="', 'when="nowhere = 1 AND ', 1))

    done = run(tmp_path, "scan", str(log), "--workspace", str(tmp_path / "w"), "-o", "jsonl")

    assert done.returncode == 4
    found = [json.loads(line)["detection"] for line in done.stdout.splitlines()]
    assert "delete_login_profile.by_someone_else" in found
    told = [line for line in done.stderr.splitlines() if line.startswith("NOT LOADED zz.")]
    assert len(told) == 1
    assert f"{tmp_path}/pages/zz.py:" in told[0]
    assert "no column 'nowhere' in events or context" in told[0]


def test_whole_catalog_is_not_mentioned(tmp_path: Path, log: Path) -> None:
    done = run(tmp_path, "scan", str(log), "--workspace", str(tmp_path / "w"))

    assert done.returncode == 0
    assert "NOT LOADED" not in done.stderr
