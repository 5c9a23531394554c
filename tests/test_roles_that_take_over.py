"""A role gets a call that takes over what there is, on everything, from somebody new to it."""

import pytest

from tests.reading import Fields, findings_of
from tests.telling import ALICE, BOB, DAY, START, at
from trailmend.evidence import call
from trailmend.evidence.policies import READING, document, on, statement

KNOWN = [at(START - n * DAY, f"known-{n}", call("ListRoles", by=BOB)) for n in range(1, 10)]
RUNS = document(statement("Allow", "ssm:SendCommand"))


def written(text: str = RUNS) -> Fields:
    return on("Put{}Policy", "role web", by=BOB, policyName="p", policyDocument=text)


def level(*earlier: Fields, text: str = RUNS) -> str:
    """Give the level of a policy that bob writes, after nine days and what came a day before."""
    before = [at(START - 2 * DAY, f"before-{n}", one) for n, one in enumerate(earlier)]
    found = findings_of([*KNOWN, *before, at(START, "found", written(text))])
    return next(one.level for one in found if one.event.event_id == "found")


@pytest.mark.parametrize(
    "action",
    [
        *("lambda:UpdateFunctionCode", "ssm:SendCommand", "ssm:StartSession"),
        *("sso:CreateAccountAssignment", "sts:AssumeRole"),
    ],
)
def test_call_that_takes_over_what_there_is_makes_a_role_medium(action: str) -> None:
    assert level(text=document(statement("Allow", action))) == "medium"
    assert level(text=document(statement("Allow", action, Resource="arn:aws:x:::y"))) == "low"


def test_whoever_made_the_role_or_writes_such_policies_for_a_day_has_a_low_finding() -> None:
    assert level(on("Create{}", "role web", by=BOB)) == "low"
    assert level(on("Create{}", "role web", by=ALICE)) == "medium"
    assert level(written(READING)) == "low"
