"""docs/rules.md is true: its commands are run, and what it shows is what they say."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.sigma_rules import RECORDS, rule_text
from trailmend.cli import app
from trailmend.sigma.correlations import KINDS
from trailmend.sigma.fields import COLUMNS, TREES

PAGE = (Path(__file__).parent.parent / "docs" / "rules.md").read_text()


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)


def test_commands_of_the_page_say_what_it_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (rule,) = blocks("yaml")
    (tmp_path / "password.yml").write_text(rule)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "one.json").write_text(json.dumps({"Records": list(RECORDS.values())}))
    wrong = "\n\n\n" + rule_text("Wrong", "  a: {eventName|contians: x}\n  condition: a")
    (tmp_path / "wrong.yml").write_text(wrong.replace("  a: {", "  abcdef: {"))
    ran = 0
    for one in "".join(blocks("console")).split("$ trailmend ")[1:]:
        command, _, shown = one.partition("\n")

        done = CliRunner().invoke(app, shlex.split(command))

        if shown:
            assert done.output == shown
        assert done.exit_code == (4 if "NOT IMPORTED" in shown else 0), done.output
        ran += 1
    assert ran == 6


def test_page_names_every_field_and_every_correlation() -> None:
    prose = re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL)
    named = set(re.findall(r"`([^`]+)`", prose))

    assert {*COLUMNS, *TREES} - named == set()
    assert {*KINDS} - named == set()
