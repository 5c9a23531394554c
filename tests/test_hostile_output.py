"""Text from logs reaches no terminal as anything but text."""

import io
import json
import unicodedata

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from trailmend.analysis import analyse
from trailmend.events import resolve
from trailmend.evidence import call, user
from trailmend.findings import Finding
from trailmend.records import Record
from trailmend.report.safe import json_line, visible
from trailmend.report.terminal import findings_table, whole_finding

NASTY = [
    "\x1b[31mred",
    "\x1b]8;;http://evil.example\x1b\\link",
    "\x9b2J",
    "\rover",
    "\x07",
    "\u202edrowssap",
    "\u2028two lines",
    "\ud800",
    "[bold]markup[/bold]",
    "\x7f",
]


def finding_with(text: str) -> Finding:
    alice = user("alice")
    identity = {**alice.identity, "userName": text, "arn": f"arn:aws:iam::1:user/{text}"}
    record = call(
        "DeleteLoginProfile",
        by=alice,
        request={"userName": text + "x"},
        userIdentity=identity,
        userAgent=text,
        sourceIPAddress=text,
        awsRegion=text,
        eventID="one",
    )
    (found,) = analyse([resolve(Record(record, text, 0, 0, "file"))])
    return found


def rendered(*parts: object) -> str:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, color_system=None, width=300, markup=False)
    for part in parts:
        console.print(part)
    return out.getvalue()


def dangerous(text: str) -> list[str]:
    return [
        c for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    ]


@given(st.text(st.characters(), max_size=40))
def test_visible_text_prints_and_keeps_printable_text_as_it_is(text: str) -> None:
    shown = visible(text)

    assert shown.isprintable()
    assert shown == text or not text.isprintable()


@pytest.mark.parametrize("text", [t for t in NASTY if t != "\ud800"], ids=ascii)
def test_no_control_character_of_a_log_reaches_the_terminal(text: str) -> None:
    found = finding_with(text)

    assert dangerous(rendered(findings_table([found]), whole_finding(found))) == []


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_json_lines_are_ascii_and_lossless(text: str) -> None:
    line = json_line({"name": text})

    assert line.isascii()
    assert dangerous(line) == []
    assert json.loads(line) == {"name": text}


def test_markup_in_a_name_is_shown_and_not_obeyed() -> None:
    found = finding_with("[bold]markup[/bold]")

    assert "[bold]markup[/bold]" in rendered(findings_table([found]))


def test_every_finding_has_every_key() -> None:
    found = msgspec.to_builtins(finding_with("plain"))

    assert list(found) == [
        "schema", "id", "detection", "title", "level", "event", "actor", "target", "relation",
        "status", "became_worse", "resolved_by", "next", "why", "explanations", "fixes",
        "techniques", "before", "after",
        "lapsed", "superseded_by", "plan", "muted_by", "source",
    ]  # fmt: skip
