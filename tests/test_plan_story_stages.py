"""A story that takes more changes than one plan may make is planned in stages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.worlds import ADMINISTRATOR, approve, carry_out, desk_of, make_administrators, trust
from tests.worlds_stories import intruder, story_of
from trailmend.desk import Desk
from trailmend.lab import Lab
from trailmend.plan import Plan, find_remediation
from trailmend.planning.of_stories import plan_story
from trailmend.settings import Limits, Settings

_STAGES = ("contain", "remove", "restore")


def _long_story(lab: Lab) -> Any:
    """Have an intruder make three users with keys and open a role to another account."""
    make_administrators(lab)
    own = {"AWS": f"arn:aws:iam::{lab.account_id}:root"}
    lab.client("iam").create_role(RoleName="web", AssumeRolePolicyDocument=trust(own))
    mallory = intruder(lab)
    for name in ("one", "two", "three"):
        mallory.create_user(UserName=name)
        lab.advance(5)
        mallory.attach_user_policy(UserName=name, PolicyArn=ADMINISTRATOR)
        lab.advance(5)
        mallory.create_access_key(UserName=name)
        lab.advance(60)
    mallory.update_assume_role_policy(RoleName="web", PolicyDocument=trust({"AWS": "444455556666"}))
    lab.advance(60)
    return story_of("mallory", lab)


def _desk(lab: Lab, folder: Path, most: int) -> Desk:
    return desk_of(lab, folder, settings=Settings(limits=Limits(changes_per_plan=most)))


def _stages(plan: Plan) -> list[str]:
    return [find_remediation(part.fix).stage for part in plan.parts]


def test_long_story_is_worked_through_by_one_plan_after_the_other(lab: Lab, tmp_path: Path) -> None:
    story, found, lower = _long_story(lab)
    desk = _desk(lab, tmp_path, 5)
    made: list[Plan] = []

    while not made or made[-1].changes:
        made.append(plan_story(desk, story, found, (), lower))
        if made[-1].changes:
            approve(desk, made[-1])
            carry_out(desk, made[-1].id)
            lab.advance(60)

    assert [len(plan.changes) for plan in made] == [5, 5, 4, 1, 0]
    assert made[0].changes[0].call.name == "iam.update_access_key"
    assert made[0].changes[0].call.params["UserName"] == "mallory"
    assert [_stages(plan) for plan in made[:1]] == [["contain"] * 5]
    for plan in made:
        assert _stages(plan) == sorted(_stages(plan), key=_STAGES.index)
    assert made[0].still_open[0] == (
        "7 more changes did not fit into this plan and wait for the next one: apply this plan, "
        f"then trailmend plan {story.id}"
    )
    assert made[-1].still_open == ()


def test_fix_that_does_not_fit_is_not_divided_and_those_after_it_wait(
    lab: Lab, tmp_path: Path
) -> None:
    story, found, lower = _long_story(lab)
    whole = plan_story(_desk(lab, tmp_path / "whole", 100), story, found, (), lower)

    cut = [
        plan_story(_desk(lab, tmp_path / str(most), most), story, found, (), lower)
        for most in (1, 4, 6, len(whole.changes))
    ]

    fixes = [(part.fix, part.facts.finding_id) for part in whole.parts]
    for plan in cut:
        mine = [(part.fix, part.facts.finding_id) for part in plan.parts]
        assert mine == fixes[: len(mine)]
    assert cut[-1].still_open == ()
