"""Lists stay as wide as their honest names: one absurd name pads no other line."""

from __future__ import annotations

import io

import pytest
from msgspec.structs import replace
from rich.console import Console
from rich.table import Table

from tests.takeovers import plain
from trailmend.findings import TargetPart
from trailmend.report.takeovers import stories_table
from trailmend.report.terminal import findings_table, print_list
from trailmend.takeovers import stories_of

_ENDLESS = "x" * 5_000
_FOUND = [plain(0), plain(1, target=TargetPart("user", _ENDLESS, None, None))]


def _lines(table: Table) -> list[str]:
    out = Console(width=90, file=io.StringIO(), color_system=None)
    with out.capture() as captured:
        print_list(out, table)
    return captured.get().splitlines()


def test_name_of_thousands_of_characters_is_cut_in_a_list_of_findings() -> None:
    _, first, second = _lines(findings_table(_FOUND))

    assert second.split()[-2:] == [f"{'x' * 159}…", _FOUND[1].id]
    assert len(first) == len(second) < 300


@pytest.mark.parametrize("part", ["actor", "event"])
def test_name_that_aws_can_give_stays_whole(part: str) -> None:
    longest = "n" * 128
    named = {
        "actor": replace(plain().actor, name=longest),
        "event": replace(plain().event, event_name=longest),
    }

    _, line = _lines(findings_table([replace(plain(), **{part: named[part]})]))

    assert longest in line.split()


def test_title_of_thousands_of_characters_is_cut_in_a_list_of_stories() -> None:
    _, line = _lines(stories_table(stories_of(_FOUND)))

    assert len(line) < 500
    assert line.split()[-1] == stories_of(_FOUND)[0].id
