"""What changed, for people at a terminal: values before and after, policies line by line."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from trailmend.findings import Finding
from trailmend.report.differences import Change, Line, changes
from trailmend.report.parts import cut_apart
from trailmend.report.safe import visible

_STYLES = {"gone": "red", "new": "green", "kept": "dim", "left out": "dim italic"}
_LONGEST = 400
"""Characters of a value that are shown; `--output jsonl` gives it whole."""


def line_text(line: Line) -> Text:
    """Set a line of a document with its sign, in the colour of what became of it."""
    return Text(visible(f"{line.mark} {line.text}"), _STYLES[line.kind])


def _both(change: Change) -> str:
    before = cut_apart(change.before, change.after, _LONGEST)
    after = cut_apart(change.after, change.before, _LONGEST)
    return f"{before} → {after}" if change.differs else before


def changed(finding: Finding) -> Iterator[RenderableType]:
    """Tell of each part of what a call changed how it was and how it is."""
    parts = changes(finding)
    if parts:
        yield Text("\nBefore and after", style="bold")
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    for one in parts:
        if not one.lines:
            table.add_row(Text(visible(one.name)), Text(visible(_both(one))))
    if table.row_count:
        yield Padding(table, (0, 2))
    for one in parts:
        if one.lines:
            yield Padding(Text(f"{visible(one.name)}, line by line:"), (0, 2))
            yield from (Padding(Text(visible(text)), (0, 4)) for text in one.meaning)
            yield from (Padding(line_text(line), (0, 4)) for line in one.lines)
