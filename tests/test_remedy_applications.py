"""Applications of Identity Center: one is disabled and enabled again, and others are left alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.reading import findings_of
from tests.state import applications
from tests.worlds import desk_of, plan_of
from tests.worlds_applications import CASES
from trailmend.calls import call
from trailmend.changing.undoing import effects_of_undoing
from trailmend.errors import CannotFix
from trailmend.lab import Lab
from trailmend.plan import Target
from trailmend.planning.parts import part_of

(CASE,) = CASES.values()


def test_finding_of_an_application_tells_the_fix_all_that_it_must_know(
    lab: Lab, tmp_path: Path
) -> None:
    facts, desk = CASE.facts(lab), desk_of(lab, tmp_path)
    assert isinstance(facts.target, Target)
    log = [one for one in lab.records() if one["eventName"] == "CreateApplication"]
    (finding,) = [one for one in findings_of(log) if one.target.name == facts.target.name]

    told = part_of(desk, finding, CASE.fix.key, "2026-03-02T09:30:00Z").facts

    assert finding.fixes == [CASE.fix.key]
    assert told.target == facts.target
    changes = plan_of(desk, CASE.fix, told).changes
    assert changes == plan_of(desk, CASE.fix, facts).changes != ()


def test_one_application_is_disabled_and_the_undo_says_who_gets_in_again(
    lab: Lab, tmp_path: Path
) -> None:
    facts, desk, client = CASE.facts(lab), desk_of(lab, tmp_path), lab.client("sso-admin")
    assert isinstance(facts.target, Target)
    arn = facts.target.name
    on = {"region": lab.region, "ApplicationArn": arn}

    plan = plan_of(desk, CASE.fix, facts)

    (change,) = plan.changes
    assert change.call == call("sso-admin.update_application", **on, Status="DISABLED")
    assert change.undo == call("sso-admin.update_application", **on, Status="ENABLED")
    assert change.note == f"Application reports ({arn}): enabled → disabled"
    (effect,) = effects_of_undoing(plan, [0])
    assert (effect.kind, effect.text) == (
        "access",
        f"Application {arn} works again: people get in, and its callers get their tokens.",
    )
    client.update_application(ApplicationArn=arn, Status="DISABLED")
    assert applications(lab) == {"reports": "DISABLED", "other": "ENABLED"}
    assert plan_of(desk, CASE.fix, facts).changes == ()
    client.delete_application(ApplicationArn=arn)
    assert plan_of(desk, CASE.fix, facts).changes == ()


@pytest.mark.parametrize(
    ("kind", "name"), [("application", "reports"), ("directory_user", "9067f3c5a1")]
)
def test_what_is_no_application_by_its_arn_is_left_to_people(
    kind: str, name: str, lab: Lab, tmp_path: Path
) -> None:
    facts = replace(CASE.facts(lab), target=Target(kind, name, lab.region))

    with pytest.raises(CannotFix, match="names no application by its ARN"):
        plan_of(desk_of(lab, tmp_path), CASE.fix, facts)
