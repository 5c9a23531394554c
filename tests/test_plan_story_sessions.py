"""A story of a role's session: the session is ended, and the key by which a user took it is off."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from tests.worlds import ADMINISTRATOR, approve, carry_out, desk_of, make_administrators, trust
from tests.worlds_stories import story_of
from trailmend.evidence import outsider
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

    assert story.title == "bob made eve, with a way to sign in"
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


def taken(lab: Lab, by: Credentials, role: str) -> Credentials:
    """Take a session of a role a minute later."""
    lab.advance(60)
    made = lab.client("sts", by).assume_role(
        RoleArn=f"arn:aws:iam::{lab.account_id}:role/{role}", RoleSessionName="work"
    )["Credentials"]
    return Credentials(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])


def makes_a_way_to_stay(lab: Lab, by: Credentials) -> None:
    """Make an administrator with a key."""
    iam = lab.client("iam", by)
    for act, more in (
        (iam.create_user, {}),
        (iam.attach_user_policy, {"PolicyArn": ADMINISTRATOR}),
        (iam.create_access_key, {}),
    ):
        lab.advance(60)
        act(UserName="eve", **more)
    lab.advance(60)


def make_roles(lab: Lab, *names: str) -> None:
    """Make roles that whoever is of the account can take, and that may do everything."""
    own = {"AWS": f"arn:aws:iam::{lab.account_id}:root"}
    for name in names:
        lab.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust(own))
        lab.client("iam").attach_role_policy(RoleName=name, PolicyArn=ADMINISTRATOR)


def test_sessions_of_each_on_the_way_are_ended_where_no_key_opened_it(
    lab: Lab, tmp_path: Path
) -> None:
    make_administrators(lab)
    make_roles(lab, "ci", "ops")
    iam = lab.client("iam")
    iam.create_user(UserName="bob")
    iam.create_login_profile(UserName="bob", Password="aB3-" * 6)
    lab.advance(2 * 86400)
    console = lab.sign_in("bob")
    makes_a_way_to_stay(lab, taken(lab, taken(lab, console, "ci"), "ops"))
    story, found, lower = story_of("ops", lab)
    desk = desk_of(lab, tmp_path)

    plan = plan_story(desk, story, found, (), lower)

    ended = [
        one.call.params.get("UserName") or one.call.params.get("RoleName")
        for one in plan.changes
        if one.call.params.get("PolicyName") == "AWSRevokeOlderSessions"
    ]
    assert ended[:3] == ["bob", "ci", "ops"]
    assert [one.partition(" (F-")[0] for one in plan.still_open] == [
        "bob took the session of role/ops in a session of their own, which has no key to switch "
        "off: whoever knows the password or holds that session can take another. Give bob another "
        "password if it may be known: trailmend plan --fix login_profiles.set_new_password --user "
        "bob"
    ]
    approve(desk, plan)
    carry_out(desk, plan.id)
    again = plan_story(desk, story, found, (), lower)
    assert {one.call.params["PolicyName"] for one in again.changes} == {"AWSRevokeOlderSessions"}
    approve(desk, again)
    carry_out(desk, again.id)
    assert plan_story(desk, story, found, (), lower).changes == ()


def test_sessions_by_which_an_outsider_came_are_ended_and_the_trust_is_named(
    lab: Lab, tmp_path: Path
) -> None:
    make_administrators(lab)
    make_roles(lab, "audit", "ops")
    stranger = outsider("444455556666")
    both = trust({"AWS": [f"arn:aws:iam::{one}:root" for one in (lab.account_id, "444455556666")]})
    lab.client("iam").update_assume_role_policy(RoleName="audit", PolicyDocument=both)
    lab.advance(2 * 86400)
    session = taken(lab, lab.administrator, "audit")
    record = lab.records()[-1]
    lab.forget_records()
    lab.put(record | {"userIdentity": stranger.identity})
    makes_a_way_to_stay(lab, taken(lab, session, "ops"))
    story, found, lower = story_of("ops", lab)

    plan = plan_story(desk_of(lab, tmp_path), story, found, (), lower)

    assert [
        one.call.params.get("RoleName")
        for one in plan.changes
        if one.call.params.get("PolicyName") == "AWSRevokeOlderSessions"
    ] == ["audit", "ops"]
    assert [one.partition(" (F-")[0] for one in plan.still_open] == [
        f"{stranger.identity['principalId']} of account 444455556666 took a session of role/audit "
        "from outside, and can take another as long as its trust policy lets them in. See whom it "
        "trusts: trailmend history role/audit"
    ]
