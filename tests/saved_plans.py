"""What the tests of saved plans share: a plan, altered on disk or refused."""

from typing import Any

import pytest
from sqlalchemy import text

from tests.worlds import CASES, plan_of, writes
from trailmend.desk import Desk, apply_plan
from trailmend.errors import CannotRead, Refused, TrailmendError, WrongUse
from trailmend.lab import Lab
from trailmend.plan import Plan

NONE = CASES["no policy"]


def planned(desk: Desk, lab: Lab) -> Plan:
    return plan_of(desk, NONE.fix, NONE.facts(lab))


def alter(desk: Desk, statement: str, **values: Any) -> None:
    with desk.engine.begin() as connection:
        connection.execute(text(statement), values)


def refused(desk: Desk, lab: Lab, plan_id: str, sentence: str) -> None:
    """Claim that applying is refused with that sentence and that nothing was sent."""
    before = writes(lab)
    with pytest.raises(TrailmendError, match=sentence) as caught:
        apply_plan(desk, plan_id)
    assert isinstance(caught.value, Refused | CannotRead | WrongUse)
    assert writes(lab) == before
