"""A story of a role's session: the session is ended, and the key by which a user took it is off."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from tests.worlds import ADMINISTRATOR, approve, carry_out, desk_of, make_administrators, trust
from tests.worlds_stories import story_of
from trailmend.lab import Credentials, Lab
from trailmend.planning.of_stories import plan_story
from trailmend.takeovers import Elsewhere


def test_key_that_took_the_session_is_turned_off_and_the_other_account_is_named(
    lab: Lab, tmp_path: Path
) -> None:
    make_administrators(lab)
    iam = lab.client("iam")
    own = {"AWS": f"arn:aws:iam::{lab.account_id}:root"}
    iam.create_role(RoleName="ops", AssumeRolePolicyDocument=trust(own))
    iam.attach_role_policy(RoleName="ops", PolicyArn=ADMINISTRATOR)
    iam.create_user(UserName="bob")
    iam.attach_user_policy(UserName="bob", PolicyArn=ADMINISTRATOR)
    key = iam.create_access_key(UserName="bob")["AccessKey"]
    lab.advance(2 * 86400)
    sts = lab.client("sts", Credentials(key["AccessKeyId"], key["SecretAccessKey"]))
    taken = sts.assume_role(
        RoleArn=f"arn:aws:iam::{lab.account_id}:role/ops", RoleSessionName="work"
    )["Credentials"]
    session = Credentials(taken["AccessKeyId"], taken["SecretAccessKey"], taken["SessionToken"])
    ops = lab.client("iam", session)
    lab.advance(60)
    ops.create_user(UserName="eve")
    lab.advance(60)
    ops.attach_user_policy(UserName="eve", PolicyArn=ADMINISTRATOR)
    lab.advance(60)
    ops.create_access_key(UserName="eve")
    lab.advance(60)
    story, found, lower = story_of("ops", lab)
    desk = desk_of(lab, tmp_path)
    there = Elsewhere(
        "444455556666", "S-THERE", "bob touched carol", "the same user, bob (id AIDA)"
    )

    plan = plan_story(desk, replace(story, elsewhere=[there]), found, (), lower)

    assert story.title == "bob moved to take over eve"
    assert (plan.changes[0].call.name, plan.changes[0].call.params) == (
        "iam.update_access_key",
        {"UserName": "bob", "AccessKeyId": key["AccessKeyId"], "Status": "Inactive"},
    )
    assert ("ops", "AWSRevokeOlderSessions") in [
        (one.call.params.get("RoleName"), one.call.params.get("PolicyName")) for one in plan.changes
    ]
    assert plan.tasks[-1] == (
        "In account 444455556666, by the same user, bob (id AIDA): bob touched carol. With "
        "credentials of that account: trailmend plan S-THERE"
    )
    approve(desk, plan)
    carry_out(desk, plan.id)
    (kept,) = iam.list_access_keys(UserName="bob")["AccessKeyMetadata"]
    assert kept["Status"] == "Inactive"
    again = plan_story(desk, story, found, (), lower)
    assert [one.call.params["PolicyName"] for one in again.changes] == ["AWSRevokeOlderSessions"]
