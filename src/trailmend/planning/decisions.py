"""The decisions on plans: who let what be applied or taken back, kept with the plans.

A decision holds for one hash only.  It is in the audit log before it is kept.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import Struct
from sqlalchemy import Column, Engine, Integer, String, Table, Text, insert, select

from trailmend.audit import AuditLog
from trailmend.database import METADATA
from trailmend.errors import Refused
from trailmend.plan import Plan
from trailmend.planning.approvals import ApprovalRules, Person, check_approver

_DECISIONS = Table(
    "decisions",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("plan_id", String, nullable=False),
    Column("hash", String, nullable=False),
    Column("body", Text, nullable=False),
)


class Decision(Struct, frozen=True):
    """Who let a plan be applied or not, for as long as the plan; or be rolled back.

    An approval of a rollback is of exactly these `changes`, numbers from 0, until it `expires`.
    """

    plan_id: str
    hash: str
    verdict: Literal["approved", "rejected", "rollback approved"]
    by: Person
    at: datetime
    reason: str = ""
    changes: tuple[int, ...] = ()
    expires: datetime | None = None


def check_audited(plan: Plan, by: Person, rules: ApprovalRules, log: AuditLog) -> None:
    """Refuse an approver as `check_approver` does, and tell the audit log of it."""
    try:
        check_approver(plan, by, rules)
    except Refused as error:
        log.add(
            "refused",
            user=by.user,
            arn=by.arn or None,
            plan_id=plan.id,
            plan_hash=plan.hash,
            details={"why": str(error)},
        )
        raise


def keep_decision(engine: Engine, log: AuditLog, decision: Decision) -> Decision:
    """Audit a decision and keep it."""
    log.add(
        decision.verdict,
        user=decision.by.user,
        arn=decision.by.arn or None,
        plan_id=decision.plan_id,
        plan_hash=decision.hash,
        details=_details(decision),
    )
    row = {
        "plan_id": decision.plan_id,
        "hash": decision.hash,
        "body": msgspec.json.encode(decision).decode(),
    }
    with engine.begin() as connection:
        connection.execute(insert(_DECISIONS), row)
    return decision


def _details(decision: Decision) -> dict[str, Any]:
    details: dict[str, Any] = {"reason": decision.reason} if decision.reason else {}
    if decision.expires is not None:
        numbers = [number + 1 for number in decision.changes]
        details |= {"changes": numbers, "expires": msgspec.to_builtins(decision.expires)}
    return details


def find_decision(engine: Engine, plan: Plan) -> Decision | None:
    """Find the decision on exactly this plan; a rejection outweighs every approval."""
    made = [one for one in all_decisions(engine, plan) if one.verdict != "rollback approved"]
    rejected = (one for one in made if one.verdict == "rejected")
    return next(rejected, made[-1] if made else None)


def rollback_approvals(engine: Engine, plan: Plan, now: datetime) -> list[Decision]:
    """Find the approvals of rollbacks of exactly this plan that still hold, oldest first."""
    return [
        one
        for one in all_decisions(engine, plan)
        if one.verdict == "rollback approved" and one.expires and one.at <= now < one.expires
    ]


def all_decisions(engine: Engine, plan: Plan) -> list[Decision]:
    """Give every decision on exactly this plan, oldest first."""
    same = (_DECISIONS.c.plan_id == plan.id) & (_DECISIONS.c.hash == plan.hash)
    wanted = select(_DECISIONS.c.body).where(same).order_by(_DECISIONS.c.number)
    with engine.connect() as connection:
        bodies = connection.execute(wanted).scalars().all()
    return [msgspec.json.decode(body, type=Decision) for body in bodies]
