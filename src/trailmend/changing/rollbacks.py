"""Who may roll back what gives access back or stops the log: with consent, and a second person.

What a plan restored by mistake is taken back as it is: that needs neither.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from trailmend.audit import AuditLog
from trailmend.changing.journal import Progress, read_journal
from trailmend.changing.undoing import CONSENTS, Effect, Kind, choose, effects_of_undoing
from trailmend.errors import Refused
from trailmend.plan import Plan
from trailmend.planning.approvals import (
    ApprovalRules,
    Person,
    check_approver,
    needs_second_person,
    restricts,
    same_person,
)
from trailmend.planning.decisions import Decision, check_audited, keep_decision, rollback_approvals
from trailmend.planning.exchange import ROLLBACK_LASTS, ask
from trailmend.planning.kept import load_plan, read_entries

_GIVES = {"access": "gives access back", "log": "stops or lowers what the account logs"}


def approve_rollback(
    engine: Engine,
    plan_id: str,
    only: Iterable[int] | None = None,
    *,
    by: Person,
    now: datetime,
    rules: ApprovalRules,
    log: AuditLog,
) -> tuple[Plan, Decision, tuple[Effect, ...]]:
    """Let what of a plan is in force be undone, all of it or `only` some changes, for an hour.

    Raises Refused where there is nothing to undo, where that needs no approval, or if this person
    may not give it.
    """
    plan = load_plan(engine, plan_id)
    progress = read_journal(plan, read_entries(engine, plan_id))
    if progress.open:
        raise Refused(
            f"Plan {plan_id} was cut off in the middle of a change: `trailmend rollback {plan_id}` "
            "finds out first what is in force, and undoes nothing without its approval."
        )
    chosen = choose(plan, progress, only)
    effects = effects_of_undoing(plan, chosen)
    if not needs_approval(plan, effects, rules):
        raise Refused(
            f"The rollback of plan {plan_id} needs no approval: `trailmend rollback {plan_id}`."
        )
    check_audited(plan, by, rules, log)
    given = Decision(
        plan.id,
        plan.hash,
        "rollback approved",
        by,
        now,
        changes=tuple(sorted(chosen)),
        expires=now + ROLLBACK_LASTS,
    )
    return plan, keep_decision(engine, log, given), effects


def needs_approval(plan: Plan, effects: Collection[Effect], rules: ApprovalRules) -> bool:
    """Tell whether a rollback with these effects takes an approval, as the plan itself did."""
    return bool(effects) and (needs_second_person(plan, rules) or restricts(plan, rules))


def check_rollback(
    engine: Engine,
    plan: Plan,
    progress: Progress,
    chosen: frozenset[int],
    *,
    runner: Person,
    accepted: Collection[Kind],
    now: datetime,
    rules: ApprovalRules,
) -> None:
    """Refuse to undo these changes without consent to what comes back, or without approval."""
    effects = effects_of_undoing(plan, chosen)
    lacking = list(told_by_kind(one for one in effects if one.kind not in accepted))
    if needs_approval(plan, effects, rules):
        found = rollback_approvals(engine, plan, now)
        fitting = [one for one in found if _fits(one, chosen, progress)]
        if not _allows(plan, fitting, runner, rules):
            lacking.append(_ask(plan, chosen, progress, rules))
    if lacking:
        raise Refused(f"Plan {plan.id} was not rolled back. {' '.join(lacking)}")


def told_by_kind(effects: Iterable[Effect]) -> Iterable[str]:
    """Say what comes back, and the consent that it takes, a sentence for each kind."""
    found = list(effects)
    for kind, consent in CONSENTS.items():
        texts = [f"{one.number + 1}: {one.text}" for one in found if one.kind == kind]
        if texts:
            yield f"It {_GIVES[kind]} ({' '.join(texts)}): say {consent} if that is meant."


def _fits(given: Decision, chosen: frozenset[int], progress: Progress) -> bool:
    """Tell whether an approval is of these changes, and of others at most that are undone now."""
    approved = frozenset(given.changes)
    return chosen <= approved and not (approved - chosen) & progress.in_force


def _allows(plan: Plan, given: Iterable[Decision], runner: Person, rules: ApprovalRules) -> bool:
    """Tell whether one of the approvals is by somebody who may give it to who runs this."""
    for one in given:
        try:
            check_approver(plan, one.by, rules)
        except Refused:
            continue
        if not (needs_second_person(plan, rules) and same_person(one.by, runner)):
            return True
    return False


def _ask(plan: Plan, chosen: frozenset[int], progress: Progress, rules: ApprovalRules) -> str:
    whole = chosen == choose(plan, progress, None)
    only = "" if whole else "".join(f" --only {number + 1}" for number in sorted(chosen))
    second = needs_second_person(plan, rules)
    who = "of somebody who neither asked for the plan nor rolls it back" if second else "as well"
    way = f"{plan.id} --rollback{only}"
    if rules.folder:
        way = str(ask(Path(rules.folder), plan, sorted(chosen)))
    return f"It needs an approval {who}, because the plan is {plan.level}: trailmend approve {way}"
