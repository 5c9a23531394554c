"""What the plan of a story tells people: whom it stops, what is new, what stays open."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from rich.console import Console

from tests.worlds import ADMINISTRATOR, approve, carry_out, desk_of, make_administrators, trust
from tests.worlds_stories import intruder, story_of
from trailmend.lab import Lab
from trailmend.plan import Plan
from trailmend.planning.of_stories import plan_story
from trailmend.report.plans import plan_page
from trailmend.settings import Protected, Settings


def _make_administrator(iam: Any, lab: Lab, name: str) -> None:
    iam.create_user(UserName=name)
    lab.advance(5)
    iam.attach_user_policy(UserName=name, PolicyArn=ADMINISTRATOR)
    lab.advance(5)
    iam.create_access_key(UserName=name)
    lab.advance(60)


def _page(plan: Plan) -> str:
    out = io.StringIO()
    Console(file=out, width=1000).print(plan_page(plan))
    return out.getvalue()


def test_guard_names_whom_the_new_administrator_must_not_be_made_as(
    lab: Lab, tmp_path: Path
) -> None:
    mallory = intruder(lab)
    _make_administrator(mallory, lab, "bob")
    story, found, lower = story_of("mallory", lab)

    plan = plan_story(desk_of(lab, tmp_path), story, found, (), lower)

    asked = "as somebody whom the plan leaves alone, not as mallory."
    assert [asked in text for text in plan.still_open] == [True, True, True]
    assert plan.tasks[0] == (
        "This plan stops 1 administrator: user mallory. These remain: user lab-admin, user bob "
        "(touched by this story)."
    )


def test_administrator_made_after_the_first_plan_is_told_with_how_to_leave_it_out(
    lab: Lab, tmp_path: Path
) -> None:
    make_administrators(lab)
    lab.client("iam").create_user(UserName="bob")
    mallory = intruder(lab)
    mallory.create_access_key(UserName="bob")
    lab.advance(60)
    mallory.create_access_key(UserName="bob")
    lab.advance(60)
    desk = desk_of(lab, tmp_path)
    story, found, lower = story_of("mallory", lab)
    first = plan_story(desk, story, found, (), lower)
    lab.advance(60)
    _make_administrator(mallory, lab, "zoe")
    story, found, lower = story_of("mallory", lab)

    second = plan_story(desk, story, found, (), lower)

    of_zoe = [one.id for one in found if one.target.name == "zoe"]
    options = " ".join(f"--without {one}" for one in of_zoe)
    assert f"What of this you made yourself, leave out: user zoe ({options})." in second.tasks[0]
    assert f"Since plan {first.id} was made" in second.tasks[1]
    assert second.tasks[1].endswith(f"leave out: trailmend plan {story.id} {options}")
    left_out = plan_story(desk, story, found, of_zoe, lower)
    assert {one.call.params["UserName"] for one in second.changes} == {"mallory", "bob", "zoe"}
    assert {one.call.params["UserName"] for one in left_out.changes} == {"mallory", "bob"}


def test_key_that_a_guard_spares_stands_first_as_still_open(lab: Lab, tmp_path: Path) -> None:
    make_administrators(lab)
    lab.client("iam").create_user(UserName="bob")
    mallory = intruder(lab)
    mallory.create_access_key(UserName="bob")
    lab.advance(60)
    mallory.create_role(RoleName="door", AssumeRolePolicyDocument=trust({"AWS": "444455556666"}))
    lab.advance(60)
    story, found, lower = story_of("mallory", lab)
    settings = Settings(protected=Protected(principals=("bob",)))

    plan = plan_story(desk_of(lab, tmp_path, settings=settings), story, found, (), lower)

    (key,) = (one for one in found if one.event.event_name == "CreateAccessKey")
    assert plan.still_open == (
        f"Turn the access key off: User bob is protected by 'bob' in the settings. ({key.id})",
    )
    assert [text.startswith("This plan stops") for text in plan.tasks] == [True]
    page = _page(plan)
    assert page.index("Still open after this plan") < page.index("  to people ")


def test_root_is_told_as_still_open_for_no_policy_holds_root(lab: Lab, tmp_path: Path) -> None:
    make_administrators(lab)
    lab.advance(86400)
    root = lab.client("iam", lab.root)
    root.create_role(RoleName="door", AssumeRolePolicyDocument=trust({"AWS": "444455556666"}))
    lab.advance(60)
    root.create_role(RoleName="gate", AssumeRolePolicyDocument=trust({"AWS": "444455556666"}))
    lab.advance(60)
    story, found, lower = story_of("root", lab)

    plan = plan_story(desk_of(lab, tmp_path), story, found, (), lower)

    ids = ", ".join(one.id for one in found)
    assert plan.still_open == (
        "Quarantine the caller: Root made the call, and no policy of the account holds root: sign "
        "in as root, change its password, delete its access keys and look at its MFA devices. "
        f"({ids})",
    )
    assert {one.call.params["RoleName"] for one in plan.changes} == {"door", "gate"}


def test_policy_that_is_only_gone_is_no_way_in(lab: Lab, tmp_path: Path) -> None:
    make_administrators(lab)
    iam = lab.client("iam")
    iam.create_user(UserName="bob")
    key = iam.create_access_key(UserName="bob")["AccessKey"]["AccessKeyId"]
    mallory = intruder(lab)
    mallory.delete_access_key(UserName="bob", AccessKeyId=key)
    lab.advance(60)
    mallory.create_role(RoleName="door", AssumeRolePolicyDocument=trust({"AWS": "444455556666"}))
    lab.advance(60)
    story, found, lower = story_of("mallory", lab)

    plan = plan_story(desk_of(lab, tmp_path), story, found, (), lower)

    assert plan.still_open == ()
    assert "Still open" not in _page(plan)
    assert [text.partition(" (")[0] for text in plan.tasks[1:]] == [
        "Somebody else's access key was deleted"
    ]


def test_sessions_are_ended_again_until_nothing_changed_since(lab: Lab, tmp_path: Path) -> None:
    make_administrators(lab)
    own = {"AWS": f"arn:aws:iam::{lab.account_id}:root"}
    lab.client("iam").create_role(RoleName="web", AssumeRolePolicyDocument=trust(own))
    mallory = intruder(lab)
    for account in ("444455556666", "777788889999"):
        mallory.update_assume_role_policy(RoleName="web", PolicyDocument=trust({"AWS": account}))
        lab.advance(60)
    desk, rounds = desk_of(lab, tmp_path), []
    story, found, lower = story_of("mallory", lab)

    for _ in range(3):
        plan = plan_story(desk, story, found, (), lower)
        rounds.append([one.call.name for one in plan.changes])
        if plan.changes:
            approve(desk, plan)
            carry_out(desk, plan.id)
            lab.advance(60)

    assert rounds == [
        ["iam.update_access_key", "iam.put_role_policy", "iam.update_assume_role_policy"],
        ["iam.put_role_policy"],
        [],
    ]
