"""The plan of a story: the caller is stopped, each target held, and of two ways to one end one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.reading import findings_of
from tests.worlds import ADMINISTRATOR, desk_of, make_administrators, trust
from trailmend.errors import CannotFix, WrongUse
from trailmend.lab import Credentials, Lab
from trailmend.planning.of_stories import plan_story
from trailmend.takeovers import stories_of

STOPPED = (
    "This plan stops 1 administrator: user mallory. These remain: role admins, role auditors, "
    "user lab-admin."
)
OUTSIDER = {"AWS": "arn:aws:iam::444455556666:root"}


def _intruder(lab: Lab) -> Any:
    iam = lab.client("iam")
    iam.create_user(UserName="mallory")
    iam.attach_user_policy(UserName="mallory", PolicyArn=ADMINISTRATOR)
    key = iam.create_access_key(UserName="mallory")["AccessKey"]
    lab.advance(60)
    return lab.client("iam", Credentials(key["AccessKeyId"], key["SecretAccessKey"]))


def test_story_of_two_doors_stops_the_caller_and_shuts_each_door_in_its_own_way(
    lab: Lab, tmp_path: Path
) -> None:
    make_administrators(lab)
    own = {"AWS": f"arn:aws:iam::{lab.account_id}:root"}
    lab.client("iam").create_role(RoleName="web", AssumeRolePolicyDocument=trust(own))
    mallory = _intruder(lab)
    mallory.update_assume_role_policy(RoleName="web", PolicyDocument=trust(OUTSIDER))
    lab.advance(60)
    mallory.create_role(RoleName="door", AssumeRolePolicyDocument=trust(OUTSIDER))
    lab.advance(60)
    story, found = _story_of("mallory", lab)

    plan = plan_story(desk_of(lab, tmp_path), story, found)

    done = [(one.call.name, one.call.params) for one in plan.changes]
    policies = [(params.get("RoleName"), params.get("PolicyName")) for _, params in done]
    trusts = {
        params["RoleName"]: json.loads(params["PolicyDocument"])["Statement"][0]
        for name, params in done
        if name == "iam.update_assume_role_policy"
    }
    assert [params["Status"] for name, params in done if name == "iam.update_access_key"] == [
        "Inactive"
    ]
    assert ("web", "AWSRevokeOlderSessions") in policies
    assert ("door", "trailmend-quarantine") in policies
    assert trusts["web"] == json.loads(trust(own))["Statement"][0]
    assert trusts["door"]["Effect"] == "Deny"
    assert (plan.still_open, plan.tasks) == ((), (STOPPED,))


def _story_of(name: str, lab: Lab) -> Any:
    """Give the one story in which a user acts, and its findings."""
    found = findings_of(lab.records())
    by = {one.id for one in found if one.actor.name == name}
    (story,) = (one for one in stories_of(found) if by & set(one.findings))
    return story, [one for one in found if one.id in story.findings]


def test_what_no_call_takes_back_is_left_to_people(lab: Lab, tmp_path: Path) -> None:
    make_administrators(lab)
    mallory = _intruder(lab)
    mallory.create_user(UserName="eve")
    lab.advance(60)
    key = mallory.create_access_key(UserName="eve")["AccessKey"]
    lab.advance(60)
    mallory.delete_access_key(UserName="eve", AccessKeyId=key["AccessKeyId"])
    for name in ("carol", "dave"):
        lab.client("iam").create_user(UserName=name)
        theirs = lab.client("iam").create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]
        lab.advance(60)
        mallory.delete_access_key(UserName=name, AccessKeyId=theirs)
        lab.advance(60)
    story, found = _story_of("mallory", lab)

    plan = plan_story(desk_of(lab, tmp_path), story, found)

    gone = [one for one in found if one.event.event_name == "DeleteAccessKey"]
    assert {one.detection for one in gone} == {"delete_access_key.of_another_user"}
    left = [task.partition(".")[0] for task in plan.tasks]
    assert [f"{one.title} ({one.id})" in left for one in gone] == [True, True]


def test_finding_can_be_left_out_of_the_plan_of_its_story(lab: Lab, tmp_path: Path) -> None:
    make_administrators(lab)
    mallory = _intruder(lab)
    for name in ("front", "back"):
        mallory.create_role(RoleName=name, AssumeRolePolicyDocument=trust(OUTSIDER))
        lab.advance(60)
    story, found = _story_of("mallory", lab)
    desk = desk_of(lab, tmp_path)

    plan = plan_story(desk, story, found, [found[0].id[:8].lower()])

    assert {one.call.params.get("RoleName", "") for one in plan.changes} == {"", "back"}
    assert plan.tasks == (STOPPED, f"{found[0].title} ({found[0].id}): left out")
    with pytest.raises(WrongUse, match="F-NONE is no finding of this story"):
        plan_story(desk, story, found, ["F-NONE"])
    with pytest.raises(CannotFix, match="has no fix by call"):
        plan_story(desk, story, found, ["F-"])


def test_key_that_still_works_is_turned_off_though_all_that_it_did_is_put_right(
    lab: Lab, tmp_path: Path
) -> None:
    make_administrators(lab)
    owner, mallory = lab.client("iam"), _intruder(lab)
    for name in ("eve", "eva"):
        owner.create_user(UserName=name)
        mallory.attach_user_policy(UserName=name, PolicyArn=ADMINISTRATOR)
        lab.advance(60)
    for name in ("eve", "eva"):
        owner.detach_user_policy(UserName=name, PolicyArn=ADMINISTRATOR)
        lab.advance(60)
    story, found = _story_of("mallory", lab)
    (key,) = {one.actor.access_key_id for one in found}

    plan = plan_story(desk_of(lab, tmp_path), story, found)

    assert (story.status, {one.status for one in found}) == ("open", {"resolved"})
    assert [(one.call.name, one.call.params) for one in plan.changes] == [
        (
            "iam.update_access_key",
            {"UserName": "mallory", "AccessKeyId": key, "Status": "Inactive"},
        )
    ]
