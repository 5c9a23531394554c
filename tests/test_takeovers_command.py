"""`trailmend story` as people and programs use it: output, exit codes, words."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from tests.forms import text
from tests.identity_calls import PHONE, enable, on_user
from tests.nursery import run_text
from tests.takeovers import HOUR, found_on, gone, plain
from tests.telling import ALICE, BOB, CAROL, DAY, MADE, MINUTE, RESET, START, TAKEN, at
from trailmend.findings import NextEvent, TargetPart
from trailmend.report.takeovers import stories_line, stories_table, whole_story
from trailmend.scan import scan
from trailmend.takeovers import Story, stories_of

STEPS = [
    (0 * HOUR, RESET),
    (MINUTE, TAKEN),
    (2 * MINUTE, enable(BOB, "alice", PHONE + "-2")),
    (3 * MINUTE, MADE),
    (HOUR, gone(CAROL, "dave")),
    (HOUR + MINUTE, gone(CAROL, "erik")),
    (3 * DAY, gone(ALICE, "zoe")),
]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    records = [at(START + after, f"e{n}", fields) for n, (after, fields) in enumerate(STEPS)]
    (tmp_path / "log.json").write_bytes(text({"Records": records}))
    scan([str(tmp_path / "log.json")], io.BytesIO(), tmp_path / "w")
    return tmp_path / "w"


def story(workspace: Path, *arguments: str) -> tuple[int, str, str]:
    """Run the verb; give exit code, stdout and stderr."""
    words = ("story", *arguments, "--workspace", str(workspace))
    done = run_text(*words, env={**os.environ, "NO_COLOR": "1"})
    return done.returncode, done.stdout, done.stderr


def expected() -> list[Story]:
    return stories_of(found_on(*STEPS))


def test_the_list_has_a_line_for_each_story_and_names_the_worst(workspace: Path) -> None:
    takeover, other = expected()

    code, out, talk = story(workspace)

    lines = [line.split() for line in out.splitlines() if " S-" in line]
    assert [(line[0], line[-1]) for line in lines] == [
        ("critical", takeover.id),
        ("medium", other.id),
    ]
    assert (code, talk) == (0, f"Read it whole: trailmend story {takeover.id}\n")
    assert max(map(len, out.splitlines())) <= 100


def test_the_list_leaves_out_what_is_below_the_level(workspace: Path) -> None:
    takeover, other = expected()

    _, out, _ = story(workspace, "--min-level", "high")

    assert takeover.id in out
    assert other.id not in out


@pytest.mark.parametrize("wanted", ["story", "finding", "start"])
def test_one_story_is_told_whole_by_its_id_or_that_of_a_finding(
    workspace: Path, wanted: str
) -> None:
    one = expected()[0]
    name = {"story": one.id, "finding": one.findings[2], "start": one.id[:6].lower()}[wanted]

    code, out, talk = story(workspace, name)

    assert (code, talk) == (0, f"Mend it: trailmend plan {one.id}\n")
    assert out.splitlines()[0].split() == ["critical", *one.title.split(), one.id]
    for part in (
        "2026-03-02 10:00:00 → 2026-03-02 10:03:00 UTC (0:03:00)",
        "bob (IAMUser, ",
        "alice: taken over",
        f"10:01:00  high      DeactivateMFADevice  bob → alice  {one.findings[1]}",
        "Somebody set a user's password and then took their MFA device away",
        "What is still open",
        "the password of alice is the one that bob set, as far as the log shows",
        "Why it is one story",
        "4 findings",
    ):
        assert part in out
    assert max(map(len, out.splitlines())) <= 100


def test_lines_of_json_hold_whole_stories(workspace: Path) -> None:
    code, out, _ = story(workspace, "--output", "jsonl")
    lines = [json.loads(line) for line in out.splitlines()]

    assert code == 0
    assert msgspec.convert(lines, list[Story]) == expected()
    assert {line["schema"] for line in lines} == {"trailmend/story/1"}
    _, one, _ = story(workspace, lines[1]["id"], "-o", "jsonl")
    assert json.loads(one) == lines[1]


def test_a_finding_that_is_alone_points_to_show(workspace: Path) -> None:
    alone = found_on(*STEPS)[-1].id

    assert story(workspace, alone) == (
        0,
        "",
        f"{alone} is in no story: nothing of medium level or above hangs together with it.\n"
        f"See it alone: trailmend show {alone}\n",
    )


def test_a_workspace_without_stories_says_so(tmp_path: Path) -> None:
    (tmp_path / "log.json").write_bytes(text({"Records": [at(START, "e0", RESET)]}))
    scan([str(tmp_path / "log.json")], io.BytesIO(), tmp_path / "w")

    code, out, talk = story(tmp_path / "w")

    assert (code, out) == (0, "")
    assert talk.endswith("See what was found: trailmend findings\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["S-NONE"], "no story starts with S-NONE"),
        (["S-"], "2 stories start with S-"),
        (["F-"], "7 findings start with F-"),
        (["--output", "xml"], "choose table, jsonl, markdown or html"),
        (["--min-level", "worse"], "choose one of info, low, medium, high, critical"),
    ],
)
def test_wrong_use_is_said_on_stderr_with_exit_2(
    workspace: Path, arguments: list[str], words: str
) -> None:
    code, out, talk = story(workspace, *arguments)

    assert (code, out) == (2, "")
    assert words in talk


def test_a_workspace_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    code, out, talk = story(tmp_path / "none")

    assert (code, out) == (2, "")
    assert "Make one: trailmend scan PATH" in talk


def test_the_line_for_other_verbs_names_the_worst_story() -> None:
    takeover, other = expected()

    assert stories_line([]) == ""
    assert stories_line([other]) == f"1 story medium: trailmend story {other.id}"
    assert stories_line([other, takeover]) == (
        f"2 stories, the worst critical: trailmend story {takeover.id}"
    )


@pytest.mark.parametrize("nasty", ["\x1b[31mred", "\u202edrow", "[bold]x[/bold]", "a\nb", "\x9b2J"])
def test_no_text_of_a_log_reaches_the_terminal_but_as_text(nasty: str) -> None:
    actor = msgspec.structs.replace(
        plain().actor, name=nasty, id=nasty, access_key_id="AKIA" + nasty, source_ip=nasty
    )
    later = NextEvent(nasty, nasty, "2026-03-02T10:09:00Z", nasty, nasty)
    (one,) = stories_of(
        plain(
            number,
            actor=actor,
            title=nasty,
            target=TargetPart(nasty, nasty, nasty, nasty),
            event=msgspec.structs.replace(plain(number).event, event_name=nasty),
            next=[later],
        )
        for number in range(2)
    )

    out = io.StringIO()
    console = Console(file=out, force_terminal=True, color_system=None, width=300, markup=False)
    console.print(stories_table([one]), whole_story(one))

    shown = out.getvalue()
    assert all(character.isprintable() or character == "\n" for character in shown)
    assert nasty not in shown.replace("[bold]", "") or nasty.startswith("[bold]")


def test_a_chapter_of_another_day_tells_the_day() -> None:
    (one,) = stories_of([plain(0, level="high"), plain(23 * 60)])
    out = io.StringIO()
    Console(file=out, width=100).print(whole_story(one))

    assert "  10:00:00  high" in out.getvalue()
    assert "  2026-03-03 09:00:00  medium" in out.getvalue()


def test_a_story_that_is_over_has_nothing_to_mend(tmp_path: Path) -> None:
    steps = [RESET, on_user("UpdateLoginProfile", CAROL, "alice")]
    steps += [
        on_user("UpdateLoginProfile", BOB, "dave"),
        on_user("DeleteLoginProfile", CAROL, "dave"),
    ]
    records = [at(START + n * MINUTE, f"e{n}", fields) for n, fields in enumerate(steps)]
    (tmp_path / "log.json").write_bytes(text({"Records": records}))
    found = scan([str(tmp_path / "log.json")], io.BytesIO(), tmp_path / "w").findings
    one = next(one for one in stories_of(found) if one.status == "resolved")

    _, _, talk = story(tmp_path / "w", one.id)

    assert talk == f"Nothing of it is open. Look closer: trailmend show {one.findings[-1]}\n"
