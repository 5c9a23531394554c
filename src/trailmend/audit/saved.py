"""Whether the plans in the database are those that were asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Row, column, table

from trailmend import __version__
from trailmend.audit.chain import Fault, Scan
from trailmend.plan import Plan

# By name, because the module of this table is one that writes to the audit log.
PLANS = table("plans", column("id"), column("hash"), column("body"), column("created"))


class _Made(Struct):
    version: str


def check_plans(read: Scan, rows: Iterable[Row[Any]]) -> Iterator[Fault | str]:
    """Compare each saved plan with its hash, and that with the one under which it was asked for.

    What a plan of another version hashes to is not known here: it is told, and no fault.
    """
    asked: dict[str | None, set[str | None]] = {}
    for one in read.found:
        if one.line.what == "asked":
            asked.setdefault(one.line.plan_id, set()).add(one.line.plan_hash)
    for row in sorted(rows, key=lambda row: row.id):
        if (version := _version(row.body)) not in (None, __version__):
            yield f"plan {row.id} was made by version {version}: it cannot be checked here"
        elif not _is_whole(row):
            yield Fault(None, f"plan {row.id} was altered in the database after it was made")
        elif row.id in asked and row.hash not in asked[row.id]:
            yield Fault(None, f"plan {row.id} is not the one that was asked for")


def _version(body: str) -> str | None:
    try:
        return msgspec.json.decode(body, type=_Made).version
    except msgspec.DecodeError:
        return None


def _is_whole(row: Row[Any]) -> bool:
    try:
        plan = msgspec.json.decode(row.body, type=Plan)
    except msgspec.DecodeError:
        return False
    return (plan.hash, plan.id) == (row.hash, row.id)
