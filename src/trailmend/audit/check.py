"""Whether the audit log is whole, and tells of everything that the workspace has done."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Engine, Row, column, inspect, select, table

from trailmend.audit.chain import NOTHING, Fault, Found, Head, Line, Scan, scan
from trailmend.audit.journal import entry_digest
from trailmend.audit.log import FILE, AuditLog, read_head, reading
from trailmend.audit.restart import (
    Restart,
    Rows,
    damaged_logs,
    digest_of,
    restart_log,
    restart_of,
)
from trailmend.audit.saved import PLANS, check_plans
from trailmend.counts import many
from trailmend.errors import Refused

# By name, because the module of these tables is one that writes to the audit log.
_JOURNAL = table("journal", column("plan_id"), column("number"), column("body"))
_DECISIONS = table("decisions", column("plan_id"), column("number"), column("hash"), column("body"))
_DECIDED = ("approved", "rejected", "rollback approved")


class Verdict(Struct, frozen=True):
    """What `verify` found; notes are no faults, and people should still know them.

    `altered` are faults of what the log tells of, while the log itself may be whole.
    """

    entries: int
    head: Head | None
    faults: tuple[Fault, ...]
    notes: tuple[str, ...]
    altered: tuple[Fault, ...] = ()


class _Person(Struct):
    user: str
    arn: str = ""


class _Decision(Struct):
    verdict: str
    by: _Person
    changes: list[int] = []
    expires: str | None = None


class _Missing(Struct, frozen=True):
    """What two lists that should tell the same do not share: the last such row, from 1, or 0."""

    row: int
    found: list[Found]


def read_lines(folder: Path) -> tuple[list[Line], tuple[Fault, ...]]:
    """Give all entries that can be read, oldest first, and what is wrong with the others."""
    with reading(folder) as file:
        read = scan(file)
    return [one.line for one in read.found], tuple(read.faults)


def restart(log: AuditLog, user: str, reason: str) -> Line:
    """Begin a log anew that is not whole, and give the first entry; who calls holds off all others.

    Raises Refused where nothing is wrong, or no reason is given, and CannotRead if the log cannot
    be read.
    """
    if not reason.strip():
        raise Refused("Say with --reason why the audit log is begun anew: it is told for ever.")
    faults = verify(log.folder, log.engine).faults
    if not faults:
        raise Refused("The audit log is whole: there is nothing to begin anew.")
    tables = {
        source.name: bodies_by_plan(_rows(log.engine, source)) for source in (_JOURNAL, _DECISIONS)
    }
    return restart_log(log, user=user, reason=reason, faults=faults, tables=tables)


def verify(folder: Path, engine: Engine, noted: tuple[int, str] | None = None) -> Verdict:
    """Check every line, the end, and that the plans' journals and decisions are all told.

    `noted` is the number and hash of an entry that was the head once, and must still be there.
    Raises CannotRead if the log cannot be read.
    """
    with reading(folder) as file:
        read = scan(file)
        kept = read_head(engine)
        journal, decisions = _rows(engine, _JOURNAL), _rows(engine, _DECISIONS)
        plans = list(check_plans(read, _rows(engine, PLANS, "created")))
    faults, notes = list(read.faults), list(_notes(folder, read))
    restart = restart_of(read)
    for check in (
        _check_end(read, kept),
        _check_earlier(folder, read, restart, noted),
        _check_journal(read, journal, restart),
        _check_decisions(read, decisions, restart),
    ):
        for one in check:
            if isinstance(one, Fault):
                faults.append(one)
            else:
                notes.append(one)
    head = read.found[-1].head if read.found else None
    altered = tuple(one for one in plans if isinstance(one, Fault))
    notes += [one for one in plans if isinstance(one, str)]
    return Verdict(len(read.found), head, tuple(faults), tuple(notes), altered)


def _rows(engine: Engine, source: Any, order: str = "number") -> list[Row[Any]]:
    """Read a table in the order of its rows; it is empty before the first plan is made."""
    if not inspect(engine).has_table(source.name):
        return []
    with engine.connect() as connection:
        return list(connection.execute(select(source).order_by(source.c[order])))


def _notes(folder: Path, read: Scan) -> Iterator[str]:
    for place in read.torn:
        yield f"line {place - 1} is of a write that was cut off; line {place} tells of it"
    if read.rest:
        yield (
            f"its end, {many(len(read.rest), 'byte')}, is of a write that was cut off: nothing "
            "was done after it, and the next entry will tell of it"
        )
    path = folder / FILE
    if path.exists() and os.stat(path).st_mode & 0o077:
        yield f"others than its owner may open it: chmod 600 {path}"


def _check_end(read: Scan, kept: Head) -> Iterator[Fault | str]:
    """Compare the end with what the database knows; one line more is of a process that died."""
    heads = [NOTHING, *(one.head for one in read.found)]
    if heads[-1] == kept:
        return
    if heads[-2:-1] == [kept]:
        yield f"entry {heads[-1].number} was written by a process that died at once"
    elif heads[-1].number < kept.number:
        yield Fault(
            None,
            f"the log ends with entry {heads[-1].number}, and {kept.number} were written: "
            "its end was cut off",
        )
    else:
        yield Fault(
            None,
            f"the log ends with entry {heads[-1].number}, the database knows another end "
            f"({kept.number}): entries were added or altered, or the database is an older copy",
        )


def _check_earlier(
    folder: Path, read: Scan, restart: Restart | None, noted: tuple[int, str] | None
) -> Iterator[Fault | str]:
    """Tell of the logs before this one, and look for the noted head in all of them."""
    heads = {(one.line.number, one.line.hash) for one in read.found}
    if restart is not None:
        yield restart.text
    for name, damaged in damaged_logs(folder, restart):
        if damaged is None:
            yield Fault(None, f"{name}, the log that was kept aside, is gone or altered")
            continue
        heads |= {(each.line.number, each.line.hash) for each in damaged.found}
        earlier = restart_of(damaged)
        if earlier is not None:
            yield f"before that, {earlier.text}"
    if noted and noted not in heads:
        yield Fault(
            None, f"the head that was noted, {noted[0]}:{noted[1]}, is not in it: it was rewritten"
        )


def _check_journal(
    read: Scan, rows: Iterable[Row[Any]], restart: Restart | None
) -> Iterator[Fault | str]:
    """Compare each plan's journal with what was audited: it lacks at most the end of a run."""
    bodies = bodies_by_plan(rows)
    yield from _check_before("journal", bodies, restart)
    journals = {
        plan_id: [entry_digest(body.encode()) for body in found]
        for plan_id, found in bodies.items()
    }
    audited = _by_plan(one for one in read.found if "entry" in one.line.details)
    last = {one.line.details.get("run"): one for plan in audited.values() for one in plan}
    for plan_id in sorted({*journals, *audited}):
        said = [(one, one.line.details["entry"]) for one in audited[plan_id]]
        known, _ = _before("journal", restart).get(plan_id, (0, ""))
        missing = _compare(journals.get(plan_id, [])[known:], said)
        if missing.row:
            place = f"entry {known + missing.row} of the journal of plan {plan_id}"
            yield Fault(None, f"{place} was altered or not audited")
        for one in () if missing.row else missing.found:
            if last[one.line.details.get("run")] is one:
                yield f"entry {one.line.number} is not in the journal: a process died, or failed"
            else:
                yield Fault(one.place, f"the journal of plan {plan_id} lacks this entry")


def _check_decisions(
    read: Scan, rows: Iterable[Row[Any]], restart: Restart | None
) -> Iterator[Fault | str]:
    """Compare the decisions on each plan with those that were audited."""
    decisions: dict[str, list[Hashable]] = defaultdict(list)
    found = list(rows)
    yield from _check_before("decisions", bodies_by_plan(found), restart)
    for row in found:
        decisions[row.plan_id].append((row.hash, *_told(str(row.body))))
    audited = _by_plan(one for one in read.found if one.line.what in _DECIDED)
    for plan_id in sorted({*decisions, *audited}):
        said = [(one, (one.line.plan_hash, *_said(one.line))) for one in audited[plan_id]]
        known, _ = _before("decisions", restart).get(plan_id, (0, ""))
        missing = _compare(decisions[plan_id][known:], said)
        if missing.row:
            yield Fault(None, f"a decision on plan {plan_id} was altered or not audited")
        for one in missing.found:
            yield f"entry {one.line.number}: no such decision is kept; a process died, or failed"


def bodies_by_plan(rows: Iterable[Row[Any]]) -> dict[str, list[str]]:
    """Give the bodies of rows by their plans, in their order."""
    bodies: dict[str, list[str]] = {}
    for row in rows:
        bodies.setdefault(row.plan_id, []).append(str(row.body))
    return bodies


def _check_before(
    table: str, bodies: Mapping[str, Sequence[str]], restart: Restart | None
) -> Iterator[Fault]:
    """Compare what was there when the log was begun anew with what is there of it now."""
    what = "journal" if table == "journal" else "list of decisions"
    for plan_id, (number, digest) in sorted(_before(table, restart).items()):
        if digest_of(bodies.get(plan_id, [])[:number]) != digest:
            yield Fault(
                None, f"the {what} of plan {plan_id} is not what it was when the log began anew"
            )


def _before(table: str, restart: Restart | None) -> Rows:
    """Give what a table held when the log was begun anew; the old log tells of that."""
    if restart is None:
        return {}
    return restart.told.journal if table == "journal" else restart.told.decisions


def _said(line: Line) -> tuple[Hashable, ...]:
    """Give the verdict that was audited, who gave it, and of a rollback what may be undone."""
    changes, expires = line.details.get("changes", []), line.details.get("expires")
    return line.what, line.user, line.arn or "", tuple(changes), expires


def _told(body: str) -> tuple[Hashable, ...]:
    """Read a decision as it is audited; nothing if it is not what was saved."""
    try:
        one = msgspec.json.decode(body, type=_Decision)
    except msgspec.DecodeError:
        return ()
    changes = tuple(number + 1 for number in one.changes)
    return one.verdict, one.by.user, one.by.arn, changes, one.expires


def _by_plan(found: Iterable[Found]) -> defaultdict[str, list[Found]]:
    plans = defaultdict(list)
    for one in found:
        plans[one.line.plan_id or ""].append(one)
    return plans


def _compare(rows: Sequence[Hashable], said: Sequence[tuple[Found, Hashable]]) -> _Missing:
    """Find the rows that were not said in this order, and what was said besides.

    The end is compared first: of two that say the same, a run that died said the earlier one.
    """
    left, besides = len(rows), []
    for one, told in reversed(said):
        if left and rows[left - 1] == told:
            left -= 1
        else:
            besides.append(one)
    return _Missing(left, besides[::-1])
