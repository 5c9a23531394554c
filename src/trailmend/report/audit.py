"""The audit log for people: a table, a line for each entry."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from rich.table import Table
from rich.text import Text

from trailmend.audit import Line
from trailmend.calls import Call
from trailmend.report.safe import json_line, visible

_FOR_VERIFY = ("run", "entry")
"""Details that only `verify` needs."""
_LONG = 160
"""Characters of the details that a table shows; `--output jsonl` gives them whole."""


def audit_table(lines: Iterable[Line]) -> Table:
    """Lay out the log, the oldest entry first."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("NO", no_wrap=True, justify="right")
    for name in ("TIME (UTC)", "WHAT", "PLAN"):
        table.add_column(name, no_wrap=True)
    table.add_column("WHO", overflow="fold", max_width=34)
    table.add_column("DETAILS", overflow="fold")
    for one in lines:
        cells = (
            str(one.number),
            f"{one.at:%Y-%m-%d %H:%M:%S}",
            one.what,
            one.plan_id or "",
            _who(one),
            _details(one.details),
        )
        table.add_row(*(Text(visible(cell)) for cell in cells))
    return table


def _who(line: Line) -> str:
    """Name the user, and whom AWS took them for, without the account."""
    return f"{line.user} as {line.arn.split(':', 5)[-1]}" if line.arn else line.user


def _details(details: dict[str, Any]) -> str:
    """Tell the details; what is not so needs no word."""
    told = (
        f"{name}={_value(name, value)}"
        for name, value in details.items()
        if name not in _FOR_VERIFY and value is not False
    )
    text = " ".join(told)
    return text if len(text) <= _LONG else f"{text[: _LONG // 2]}…{text[-_LONG // 2 :]}"


def _value(name: str, value: Any) -> str:
    if name == "call":
        try:
            return msgspec.convert(value, Call).text
        except msgspec.ValidationError:
            return json_line(value)
    return value if isinstance(value, str) else json_line(value)
