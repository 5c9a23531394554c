"""The plans of a workspace: saved, approved, listed, and the journal of each.

Whoever can write the workspace can approve: the hash shows that a plan is the one that was
approved, it does not stop the owner of the files.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Column, Engine, Integer, Row, String, Table, Text, insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from trailmend.database import METADATA
from trailmend.errors import CannotRead, Refused
from trailmend.journal import Entry, Progress, read_journal
from trailmend.plan import Plan

_PLANS = Table(
    "plans",
    METADATA,
    Column("id", String, primary_key=True),
    Column("hash", String, nullable=False),
    Column("finding_id", String, nullable=False),
    Column("created", String, nullable=False),
    Column("body", Text, nullable=False),
)
_APPROVALS = Table(
    "approvals",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("plan_id", String, nullable=False),
    Column("hash", String, nullable=False),
    Column("by", String, nullable=False),
    Column("at", String, nullable=False),
)
_JOURNAL = Table(
    "journal",
    METADATA,
    Column("plan_id", String, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("body", Text, nullable=False),
)


class Approval(Struct, frozen=True):
    """Who let a plan be applied; it holds for this hash only, and as long as the plan."""

    plan_id: str
    hash: str
    by: str
    at: datetime


class Status(Struct, frozen=True, kw_only=True):
    """A plan and where it stands."""

    plan: Plan
    approval: Approval | None
    progress: Progress
    state: str


class DatabaseJournal:
    """The journal of one plan; an entry is committed when `add` returns.

    Two processes that write at the same time get the same number, and one of them is refused.
    """

    def __init__(self, engine: Engine, plan_id: str) -> None:
        self._engine = engine
        self._plan_id = plan_id
        self._entries = _read_entries(engine, plan_id)

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
        "finding_id": plan.facts.finding_id,
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
    """Load a plan; raises CannotRead if there is none, and Refused if it was altered."""
    with engine.connect() as connection:
        row = connection.execute(select(_PLANS).where(_PLANS.c.id == plan_id)).one_or_none()
    if row is None:
        raise CannotRead(f"There is no plan {plan_id}: `trailmend status` lists the plans.")
    plan = _whole(row)
    if plan is None:
        raise Refused(f"Plan {plan_id} was altered after it was made: make a new one.")
    return plan


def _whole(row: Row[Any]) -> Plan | None:
    """Decode a plan; None if it is not what was saved under this name and hash."""
    try:
        plan = msgspec.json.decode(row.body, type=Plan)
    except msgspec.DecodeError:
        return None
    return plan if (plan.hash, plan.id) == (row.hash, row.id) else None


def approve_plan(engine: Engine, plan: Plan, *, by: str, now: datetime) -> Approval:
    """Let a plan be applied as it is; the approval ends when the plan does.

    Raises Refused if the plan has expired or was begun, and CannotRead if it is not saved.
    """
    if load_plan(engine, plan.id).hash != plan.hash:
        raise Refused(f"Plan {plan.id} is not the one that is saved: look at it again.")
    check_time(plan, now)
    if _read_entries(engine, plan.id):
        raise Refused(f"Plan {plan.id} was begun already: `trailmend status {plan.id}` tells more.")
    approval = Approval(plan.id, plan.hash, by, now)
    with engine.begin() as connection:
        connection.execute(insert(_APPROVALS), msgspec.to_builtins(approval))
    return approval


def plan_status(engine: Engine, plan_id: str, *, now: datetime) -> Status:
    """Tell where a plan stands; raises as `load_plan` does."""
    plan = load_plan(engine, plan_id)
    entries = _read_entries(engine, plan_id)
    progress, approval = read_journal(plan, entries), find_approval(engine, plan)
    if entries:
        state = progress.state
    elif now >= plan.expires:
        state = "expired"
    else:
        state = "approved" if approval else "waits for approval"
    return Status(plan=plan, approval=approval, progress=progress, state=state)


def list_plans(engine: Engine, *, now: datetime) -> list[Status]:
    """Tell where all plans stand, the newest first; `altered_plans` names the others."""
    return [plan_status(engine, one, now=now) for one in _ids(engine, altered=False)]


def altered_plans(engine: Engine) -> list[str]:
    """Name the plans that are no longer what was saved, the newest first."""
    return _ids(engine, altered=True)


def _ids(engine: Engine, *, altered: bool) -> list[str]:
    with engine.connect() as connection:
        rows = connection.execute(select(_PLANS).order_by(_PLANS.c.created.desc())).all()
    return [row.id for row in rows if (_whole(row) is None) == altered]


def own_request_ids(engine: Engine) -> frozenset[str]:
    """Give the request ids of all our writes: an event is ours only if its id is among them."""
    with engine.connect() as connection:
        bodies = connection.execute(select(_JOURNAL.c.body)).scalars().all()
    entries = (msgspec.json.decode(body, type=Entry) for body in bodies)
    return frozenset(one for entry in entries if (one := getattr(entry, "request_id", "")))


def check_time(plan: Plan, now: datetime) -> None:
    """Refuse a plan whose time is over, or has not come."""
    if now < plan.created:
        raise Refused(
            f"Plan {plan.id} is of {plan.created:%F %T} UTC: the clock is behind, set it."
        )
    if now >= plan.expires:
        raise Refused(f"Plan {plan.id} has expired ({plan.expires:%F %T} UTC): make a new plan.")


def find_approval(engine: Engine, plan: Plan) -> Approval | None:
    """Find the latest approval of exactly this plan."""
    same = (_APPROVALS.c.plan_id == plan.id) & (_APPROVALS.c.hash == plan.hash)
    latest = select(_APPROVALS).where(same).order_by(_APPROVALS.c.number.desc()).limit(1)
    with engine.connect() as connection:
        row = connection.execute(latest).one_or_none()
    if row is None:
        return None
    return Approval(row.plan_id, row.hash, row.by, datetime.fromisoformat(row.at))


def _read_entries(engine: Engine, plan_id: str) -> list[Entry]:
    wanted = select(_JOURNAL.c.body).where(_JOURNAL.c.plan_id == plan_id)
    with engine.connect() as connection:
        bodies = connection.execute(wanted.order_by(_JOURNAL.c.number)).scalars().all()
    return [msgspec.json.decode(body, type=Entry) for body in bodies]
