"""The plans of a workspace: saved, approved, listed, and the journal of each.

Whoever can write the workspace can approve: the hash shows that a plan is the one that was
approved, it does not stop the owner of the files.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Column, Engine, Integer, Row, String, Table, Text, func, insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from trailmend.audit import AuditLog
from trailmend.changing.journal import Entry, Intent, Progress, read_journal
from trailmend.database import METADATA
from trailmend.errors import CannotRead, Refused, WrongUse
from trailmend.plan import Plan
from trailmend.planning.approvals import ApprovalRules, Person
from trailmend.planning.decisions import (
    Decision,
    check_audited,
    find_decision,
    keep_decision,
    rollback_approvals,
)
from trailmend.responder import Sent, sent_calls

_PLANS = Table(
    "plans",
    METADATA,
    Column("id", String, primary_key=True),
    Column("hash", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("created", String, nullable=False),
    Column("body", Text, nullable=False),
)
_JOURNAL = Table(
    "journal",
    METADATA,
    Column("plan_id", String, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("body", Text, nullable=False),
)


class Status(Struct, frozen=True, kw_only=True):
    """A plan and where it stands; `rollbacks` are the approvals to take it back that hold."""

    plan: Plan
    decision: Decision | None
    rollbacks: tuple[Decision, ...]
    progress: Progress
    state: str


class Altered(Struct, frozen=True):
    """A plan that is no longer what was saved, and what it was said to be for."""

    id: str
    subject: str
    begun: bool


class DatabaseJournal:
    """The journal of one plan; an entry is committed when `add` returns.

    Two processes that write at the same time get the same number, and one of them is refused.
    """

    def __init__(self, engine: Engine, plan_id: str) -> None:
        self._engine = engine
        self._plan_id = plan_id
        self._entries = read_entries(engine, plan_id)

    def add(self, entry: Entry) -> None:
        """Keep an entry.

        Raises Refused if another process has added one, and CannotRead if it cannot be written.
        """
        body = msgspec.json.encode(entry).decode()
        row = {"plan_id": self._plan_id, "number": len(self._entries), "body": body}
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(_JOURNAL), row)
        except IntegrityError as error:
            raise Refused(f"Another process works on plan {self._plan_id}: wait for it.") from error
        except DBAPIError as error:
            raise CannotRead(
                f"The journal of plan {self._plan_id} cannot be written ({error.orig}): mend the "
                "disk or the workspace, then `trailmend status` tells where the plan stands."
            ) from error
        self._entries.append(entry)

    def entries(self) -> Sequence[Entry]:
        """Give all entries, oldest first."""
        return self._entries


def save_plan(engine: Engine, plan: Plan) -> None:
    """Save a plan; to save it again does nothing."""
    row = {
        "id": plan.id,
        "hash": plan.hash,
        "subject": plan.subject,
        "created": plan.created.isoformat(),
        "body": msgspec.json.encode(plan).decode(),
    }
    with engine.begin() as connection:
        found = connection.execute(select(_PLANS.c.hash).where(_PLANS.c.id == plan.id)).scalar()
        if found is None:
            connection.execute(insert(_PLANS), row)
        elif found != plan.hash:
            raise Refused(f"Another plan is called {plan.id}: make the plan again.")


def load_plan(engine: Engine, plan_id: str) -> Plan:
    """Load a plan; raises WrongUse if there is none, and Refused if it was altered."""
    with engine.connect() as connection:
        row = connection.execute(select(_PLANS).where(_PLANS.c.id == plan_id)).one_or_none()
    if row is None:
        raise WrongUse(f"There is no plan {plan_id}: `trailmend status` lists the plans.")
    plan = _whole(row)
    if plan is None:
        raise Refused(
            f"Plan {plan_id} was altered after it was made, or another version made it: "
            "make a new one."
        )
    return plan


def _whole(row: Row[Any]) -> Plan | None:
    """Decode a plan; None if it is not what was saved under this name and hash."""
    try:
        plan = msgspec.json.decode(row.body, type=Plan)
    except msgspec.DecodeError:
        return None
    return plan if (plan.hash, plan.id) == (row.hash, row.id) else None


def approve_plan(
    engine: Engine, plan: Plan, *, by: Person, now: datetime, rules: ApprovalRules, log: AuditLog
) -> Decision:
    """Let a plan be applied as it is; the approval ends when the plan does.

    Raises Refused if the plan has expired, was begun or rejected, or if this person may not
    approve it, and CannotRead if it is not saved.
    """
    _check_undecided(engine, plan)
    check_time(plan, now)
    check_audited(plan, by, rules, log)
    return keep_decision(engine, log, Decision(plan.id, plan.hash, "approved", by, now))


def reject_plan(
    engine: Engine, plan: Plan, *, by: Person, now: datetime, log: AuditLog, reason: str = ""
) -> Decision:
    """Keep a plan from being applied, for good; raises Refused if it was begun or rejected."""
    _check_undecided(engine, plan)
    return keep_decision(engine, log, Decision(plan.id, plan.hash, "rejected", by, now, reason))


def _check_undecided(engine: Engine, plan: Plan) -> None:
    if load_plan(engine, plan.id).hash != plan.hash:
        raise Refused(f"Plan {plan.id} is not the one that is saved: look at it again.")
    if read_entries(engine, plan.id):
        raise Refused(f"Plan {plan.id} was begun already: `trailmend status {plan.id}` tells more.")
    decision = find_decision(engine, plan)
    if decision is not None and decision.verdict == "rejected":
        raise Refused(f"Plan {plan.id} was rejected by {decision.by.text}: make a new plan.")


def plan_status(engine: Engine, plan_id: str, *, now: datetime) -> Status:
    """Tell where a plan stands; raises as `load_plan` does."""
    plan = load_plan(engine, plan_id)
    entries = read_entries(engine, plan_id)
    progress, decision = read_journal(plan, entries), find_decision(engine, plan)
    if entries:
        state = progress.state
    elif now >= plan.expires:
        state = "expired"
    else:
        state = decision.verdict if decision else "waits for approval"
    rollbacks = tuple(rollback_approvals(engine, plan, now))
    return Status(plan=plan, decision=decision, rollbacks=rollbacks, progress=progress, state=state)


def list_plans(engine: Engine, *, now: datetime) -> list[Status]:
    """Tell where all plans stand, the newest first; `altered_plans` names the others."""
    return [plan_status(engine, row.id, now=now) for row in _rows(engine) if _whole(row)]


def plans_of(engine: Engine, findings: Collection[str]) -> list[tuple[Plan, list[Entry]]]:
    """Give the plans that mend one of these findings, and their journals; the oldest first."""
    plans = [plan for row in reversed(_rows(engine)) if (plan := _whole(row)) is not None]
    return [
        (plan, read_entries(engine, plan.id))
        for plan in plans
        if any(part.facts.finding_id in findings for part in plan.parts)
    ]


def altered_plans(engine: Engine) -> list[Altered]:
    """Name the plans that are no longer what was saved, the newest first."""
    return [
        Altered(row.id, row.subject, bool(read_entries(engine, row.id)))
        for row in _rows(engine)
        if _whole(row) is None
    ]


def _rows(engine: Engine) -> Sequence[Row[Any]]:
    with engine.connect() as connection:
        return connection.execute(select(_PLANS).order_by(_PLANS.c.created.desc())).all()


def check_time(plan: Plan, now: datetime) -> None:
    """Refuse a plan whose time is over, or has not come."""
    if now < plan.created:
        raise Refused(
            f"Plan {plan.id} is of {plan.created:%F %T} UTC: the clock is behind, set it."
        )
    if now >= plan.expires:
        raise Refused(f"Plan {plan.id} has expired ({plan.expires:%F %T} UTC): make a new plan.")


def count_intents(engine: Engine, since: datetime) -> int:
    """Count the changes that were about to be sent since then, by all plans of the workspace."""
    return sum(
        isinstance(entry, Intent) and entry.at >= since for entry in _all_entries(engine).values()
    )


def own_requests(engine: Engine) -> list[Sent]:
    """Give every write of ours, with its plan and the id of its request: no other event is ours.

    The account is read from the plan's text, which an older version may have written.
    """
    account = func.json_extract(_PLANS.c.body, "$.account_id")
    readable = select(_PLANS.c.id, account).where(func.json_valid(_PLANS.c.body))
    with engine.connect() as connection:
        accounts = {row[0]: row[1] for row in connection.execute(readable)}
    lines = groupby(sorted(_all_entries(engine).items()), key=lambda line: line[0][0])
    return [
        sent
        for plan_id, own in lines
        if plan_id in accounts
        for sent in sent_calls(plan_id, accounts[plan_id], [entry for _, entry in own])
    ]


def _all_entries(engine: Engine) -> dict[tuple[str, int], Entry]:
    with engine.connect() as connection:
        rows = connection.execute(select(_JOURNAL)).all()
    return {(row.plan_id, row.number): msgspec.json.decode(row.body, type=Entry) for row in rows}


def read_entries(engine: Engine, plan_id: str) -> list[Entry]:
    """Read the journal of a plan, oldest entry first."""
    wanted = select(_JOURNAL.c.body).where(_JOURNAL.c.plan_id == plan_id)
    with engine.connect() as connection:
        bodies = connection.execute(wanted.order_by(_JOURNAL.c.number)).scalars().all()
    return [msgspec.json.decode(body, type=Entry) for body in bodies]
