"""What is documented is what there is."""

import re
import tomllib
from pathlib import Path

import pytest
import typer.main

from trailmend.catalog import runbooks
from trailmend.cli import app
from trailmend.docs import main, pages
from trailmend.plan import remediations
from trailmend.report.fix_pages import fix_page
from trailmend.report.pages import page
from trailmend.report.site import slug

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


def test_every_link_leads_somewhere_and_every_anchor_is_there() -> None:
    files = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]

    dead = [
        f"{path.relative_to(ROOT)}: {link}"
        for path in files
        for link in re.findall(r"\]\(([^)\s]+)\)", without_code(path.read_text()))
        if "://" not in link and not leads_somewhere(path, link)
    ]

    assert len(files) > 50
    assert dead == []


def without_code(text: str) -> str:
    return re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)


def leads_somewhere(page: Path, link: str) -> bool:
    name, _, anchor = link.partition("#")
    target = page.parent / name if name else page
    return target.exists() and (not anchor or anchor in anchors(target.read_text()))


def anchors(text: str) -> set[str]:
    headings = re.findall(
        r"^#+ (.*)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE
    )
    return {slug(re.sub(r"\[(.*?)\]\(.*?\)", r"\1", heading)) for heading in headings}


@pytest.mark.parametrize("folder", ["runbooks", "fixes"])
def test_every_page_of_a_runbook_and_of_a_fix_is_in_its_list(folder: str) -> None:
    listed = ROOT / "docs" / {"runbooks": "runbooks/README.md", "fixes": "fixes.md"}[folder]
    named = set(re.findall(r"([\w.]+)\.md\)", listed.read_text()))
    known = set(runbooks()) if folder == "runbooks" else set(remediations())

    assert {path.stem for path in (ROOT / "docs" / folder).glob("*.md")} - {"README"} == known
    assert known - named == set()


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


def test_page_says_what_puts_its_findings_right_and_what_makes_them_worse() -> None:
    lines = page("deactivate_mfa_device", runbooks()["deactivate_mfa_device"]).splitlines()
    start = lines.index("## What may happen next")
    told = [line for line in lines[start : lines.index("## How to mend it")] if line[:2] == "- "]

    assert [line.partition(" (")[0] for line in told] == [
        "- Puts it right, unless it had become worse",
        "- Puts it right, unless it had become worse",
        "- Puts it right, unless it had become worse",
        "- Makes it worse",
        "- Takes back what made it worse",
        "- Is told, and changes nothing",
        "- Is told, and changes nothing",
        "- Is told, and changes nothing",
    ]
    assert told[3] == (
        "- Makes it worse (EnableMFADevice): WHO, who took the device away or set the password, "
        "enabled another for TARGET."
    )


def test_housekeeping_has_nothing_that_may_happen_next() -> None:
    quiet = [
        key
        for key, one in runbooks().items()
        if all(found.level in ("info", "low") for found in one.detections.values())
    ]

    assert "resync_mfa_device" in quiet
    assert [key for key in quiet if "What may happen next" in page(key, runbooks()[key])] == []


def test_fix_of_many_events_is_told_whole_on_its_own_page_alone() -> None:
    bodies = {
        key: (fix_page(fix).split("\n\n")[3], sum(fix in one.fixes for one in runbooks().values()))
        for key, fix in remediations().items()
    }
    pages = {key: page(key, one) for key, one in runbooks().items()}

    told = {key: sum(body in text for text in pages.values()) for key, (body, _) in bodies.items()}

    assert told == {key: count if count <= 3 else 0 for key, (_, count) in bodies.items()}
    assert max(count for _, count in bodies.values()) > 60
