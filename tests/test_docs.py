"""What is documented is what there is."""

import re
import tomllib
from pathlib import Path

import pytest
import typer.main

from trailmend.cli import app
from trailmend.docs import main, pages

ROOT = Path(__file__).parent.parent
HAND_WRITTEN = {"mutes.md", "rules.md", "sharing.md"}
VERBS = sorted(typer.main.get_group(app).commands)


def test_generated_pages_are_as_the_code_would_write_them() -> None:
    assert main(["--check", str(ROOT / "docs")]) == 0


def test_no_page_is_left_of_a_runbook_that_is_gone() -> None:
    written = {str(path.relative_to(ROOT / "docs")) for path in (ROOT / "docs").rglob("*.md")}

    assert written - HAND_WRITTEN == set(pages())


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_in_the_readme(verb: str) -> None:
    assert re.search(rf"trailmend {verb}\b", (ROOT / "README.md").read_text())


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "SECURITY.md"])
def test_every_link_leads_somewhere(name: str) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", (ROOT / name).read_text())

    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []


def test_every_proof_that_security_names_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)`", (ROOT / "SECURITY.md").read_text())

    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_every_verb_has_an_example(verb: str) -> None:
    text = typer.main.get_group(app).commands[verb].help or ""

    assert f"Example: trailmend {verb}" in text


def test_every_direct_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [
        *project["dependencies"],
        *(one for extra in project["optional-dependencies"].values() for one in extra),
    ]
    told = (ROOT / "CONTRIBUTING.md").read_text()
    names = [re.split(r"[\[<>=]", text)[0] for text in wanted]

    assert [name for name in names if name not in told] == []


def test_lock_file_pins_with_hashes_and_names_no_registry() -> None:
    text = (ROOT / "requirements" / "all.lock").read_text()
    pinned = re.findall(r"^([\w.-]+)==", text, re.MULTILINE)

    assert len(pinned) > 40
    assert text.count("--hash=sha256:") >= len(pinned)
    assert "://" not in text
