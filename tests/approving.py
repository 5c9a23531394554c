"""What the tests of approvals share: a plan, and what people decide on it."""

from typing import Any

from msgspec.structs import replace

from tests.worlds import CASES, plan_of
from trailmend.desk import Desk
from trailmend.lab import Lab
from trailmend.plan import Plan
from trailmend.planning.approvals import Person
from trailmend.planning.kept import approve_plan, reject_plan, save_plan

USER = "arn:aws:iam::111122223333:user"
KEY = CASES["active key"]


def planned(desk: Desk, lab: Lab, **settings: Any) -> Plan:
    plan = plan_of(desk, KEY.fix, KEY.facts(lab))
    if settings:
        plan = replace(plan, **settings)
        save_plan(desk.engine, plan)
    return plan


def approve(desk: Desk, plan: Plan, who: str = "kim") -> None:
    rules, now = desk.settings.approval, desk.clock.now()
    approve_plan(desk.engine, plan, by=Person(who), now=now, rules=rules, log=desk.log)


def reject(desk: Desk, plan: Plan) -> None:
    reject_plan(desk.engine, plan, by=Person("lee"), now=desk.clock.now(), log=desk.log)
