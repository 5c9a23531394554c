"""What the mutes did, for every report: a row for each mute, and sentences on what to look at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from trailmend.counts import many
from trailmend.mutes import Mute, Muting, Use
from trailmend.report.parts import clipped

SCHEMA = "trailmend/mute/1"
HEADER = ("Mute", "State", "Until", "Owner", "Reason", "What it hides", "Hidden")
_LONGEST = 300
_NAMED = 5
"""How many findings that show in spite of one mute are named."""


def mute_rows(muting: Muting) -> list[tuple[str, ...]]:
    """Give the cells of a table under `HEADER`: each mute, and each that is not applied.

    A cell that is too long is cut; `mute_records` gives it whole.
    """
    rows: list[tuple[str, ...]] = [
        (
            use.mute.id,
            state(use, muting),
            use.mute.until.isoformat(),
            use.mute.owner,
            use.mute.reason,
            use.mute.what,
            "0" if use.state == "expired" else f"{len(use.hides):,}",
        )
        for use in muting.uses
    ]
    rows += [
        (one.mute or "?", "not applied", "", "", one.reason, f"line {one.line} of {one.file}", "0")
        for one in muting.faults
    ]
    return [tuple(clipped(cell, _LONGEST) for cell in row) for row in rows]


def state(use: Use, muting: Muting) -> str:
    """Say in words where a mute stands on the day."""
    days = (use.mute.until - muting.day).days
    if use.state == "expired":
        return f"expired {many(-days, 'day')} ago"
    told = f"ends in {many(days, 'day')}" if days else "ends today"
    ending = told if use.state == "ends soon" else use.state
    return f"{ending}, unused" if use.unused else ending


def sentences(muting: Muting) -> Iterator[tuple[str, str]]:
    """Say what mutes hide and what of them people should look at: a word, and a sentence each."""
    for fault in muting.faults:
        yield "NOT APPLIED", fault.text
    for use in muting.uses:
        yield from _sentences(use, muting)


def _sentences(use: Use, muting: Muting) -> Iterator[tuple[str, str]]:
    mute, count = use.mute, len(use.hides)
    owned = f"({mute.owner}: {mute.reason})"
    if use.state == "expired":
        again = f"; {count:,} that it hid show again" if count else ""
        yield (
            "EXPIRED",
            (
                f"{mute.id} ended on {mute.until} {owned}{again}. Make it anew from a finding, or: "
                f"trailmend mute remove {mute.id}"
            ),
        )
        return
    if count:
        yield "muted", f"{mute.id} hides {count:,} until {mute.until} {owned}"
    for one in use.through[:_NAMED]:
        yield "not muted", f"{one.finding} shows in spite of {mute.id}: {one.why}"
    if len(use.through) > _NAMED:
        yield "not muted", f"{len(use.through) - _NAMED:,} more show in spite of {mute.id}"
    if use.state == "ends soon":
        yield "ENDS SOON", f"{mute.id} {state(use, muting)}, on {mute.until} {owned}"
    if use.unused:
        yield (
            "UNUSED",
            (f"{mute.id} hid nothing in 90 days of log {owned}: trailmend mute remove {mute.id}"),
        )


def mute_records(muting: Muting) -> list[dict[str, Any]]:
    """Give the lines of JSON that follow the findings: `schema` tells them from findings."""
    return [
        {
            "schema": SCHEMA,
            **msgspec.json.decode(msgspec.json.encode(use.mute)),
            "state": use.state,
            "unused": use.unused,
            "hides": list(use.hides),
            "through": [msgspec.to_builtins(one) for one in use.through],
            "fault": None,
        }
        for use in muting.uses
    ] + [
        {
            "schema": SCHEMA,
            **dict.fromkeys(Mute.__struct_fields__),
            "id": one.mute,
            "state": "not applied",
            "unused": False,
            "hides": [],
            "through": [],
            "fault": msgspec.to_builtins(one),
        }
        for one in muting.faults
    ]
