"""What the tests of apply and rollback share: two plans, and where they stand."""

from tests.all_cases import CASES
from trailmend.desk import Desk
from trailmend.plan import Plan
from trailmend.planning.kept import plan_status

TWO = CASES["deleted SSH key that was inactive"]
KEY = CASES["active key"]


def state(desk: Desk, plan: Plan) -> str:
    return plan_status(desk.engine, plan.id, now=desk.clock.now()).state


def done(desk: Desk, plan: Plan) -> list[str]:
    progress = plan_status(desk.engine, plan.id, now=desk.clock.now()).progress
    return [one.state for one in progress.steps]
