"""The guards: what they never let through, each alone, in planning and before the write."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import pytest
from msgspec.structs import replace

from tests.worlds import (
    ADMINISTRATOR,
    CASES,
    Wrapped,
    account_of,
    approved,
    desk_of,
    make_administrators,
    plan_of,
    take_back,
    trust,
    writes,
)
from trailmend.aws import AwsClient
from trailmend.calls import Call, Client, call
from trailmend.desk import apply_plan
from trailmend.errors import Refused, Stopped, WrongUse
from trailmend.guards import _means, make_guard
from trailmend.guards.administrators import Loss, ways_to_administer
from trailmend.guards.writes import WRITES
from trailmend.lab import Credentials, Lab
from trailmend.settings import Protected, Settings, read_settings

OFF = {"AccessKeyId": "AKIAEXAMPLE000000001", "Status": "Inactive"}
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def key_off(user: str) -> Call:
    return call("iam.update_access_key", UserName=user, **OFF)


def ssh_off(user: str) -> Call:
    return call(
        "iam.update_ssh_public_key",
        UserName=user,
        SSHPublicKeyId="APKAEXAMPLE000000001",
        Status="Inactive",
    )


def document(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def guard_of(
    lab: Lab, protected: Protected | None = None, who: Credentials | None = None
) -> Callable[[Call], None]:
    account = account_of(lab, who)
    return make_guard(account, protected or Protected(), account.access_key_id)


def make_user(lab: Lab, name: str, **more: Any) -> Credentials:
    iam = lab.client("iam")
    iam.create_user(UserName=name, **more)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return Credentials(key["AccessKeyId"], key["SecretAccessKey"])


# Who is never changed ----------------------------------------------------------------------


def test_ordinary_user_may_be_changed(lab: Lab) -> None:
    make_administrators(lab)
    make_user(lab, "bob")

    guard_of(lab)(key_off("bob"))
    guard_of(lab)(ssh_off("bob"))


@pytest.mark.parametrize("name", ["lab-admin", "LAB-ADMIN"])
def test_calling_user_is_not_changed(name: str, lab: Lab) -> None:
    make_administrators(lab)

    with pytest.raises(Refused, match="is the caller"):
        guard_of(lab)(ssh_off(name))


def test_calling_role_is_not_changed(lab: Lab) -> None:
    make_administrators(lab)
    arn = f"arn:aws:iam::{lab.account_id}:role/admins"
    made = lab.client("sts").assume_role(RoleArn=arn, RoleSessionName="sam")["Credentials"]
    session = Credentials(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
    detach = call("iam.detach_role_policy", RoleName="admins", PolicyArn=ADMINISTRATOR)

    with pytest.raises(Refused, match="Role admins is the caller"):
        guard_of(lab, who=session)(detach)


def test_user_of_the_calling_role_s_name_is_another(lab: Lab) -> None:
    make_administrators(lab)
    make_user(lab, "admins")
    arn = f"arn:aws:iam::{lab.account_id}:role/admins"
    made = lab.client("sts").assume_role(RoleArn=arn, RoleSessionName="admins")["Credentials"]
    session = Credentials(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])

    guard_of(lab, who=session)(ssh_off("admins"))


def test_key_in_use_is_not_changed_whoever_is_said_to_own_it(lab: Lab) -> None:
    make_administrators(lab)
    make_user(lab, "bob")
    own = call(
        "iam.update_access_key",
        UserName="bob",
        AccessKeyId=lab.administrator.access_key_id,
        Status="Inactive",
    )

    with pytest.raises(Refused, match="is the key in use"):
        guard_of(lab)(own)


@pytest.mark.parametrize("name", ["root", "Root"])
def test_root_is_not_changed(name: str, lab: Lab) -> None:
    with pytest.raises(Refused, match="Root is never changed"):
        guard_of(lab)(ssh_off(name))


def test_change_without_a_name_would_hit_the_caller(lab: Lab) -> None:
    with pytest.raises(Refused, match="names no user"):
        guard_of(lab)(call("iam.update_access_key", **OFF))


@pytest.mark.parametrize(
    ("name", "path", "instead"),
    [
        (
            "AWSServiceRoleForSupport",
            "/aws-service-role/support.amazonaws.com/",
            "change it in the service that made it.",
        ),
        (
            "AWSReservedSSO_Admin_0123",
            "/aws-reserved/sso.amazonaws.com/",
            "nobody can change it here. Take the assignment away in IAM Identity Center, and deny "
            "the person (identitystore:UserId) by a service control policy or in the permission "
            "set: what was given lasts up to 12 hours.",
        ),
    ],
)
def test_role_of_aws_is_not_changed_and_what_to_do_is_told(
    name: str, path: str, instead: str, lab: Lab
) -> None:
    make_administrators(lab)
    service = trust({"Service": "support.amazonaws.com"})
    lab.client("iam").create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=service)

    with pytest.raises(Refused, match=re.escape(f"Role {name} belongs to AWS ({path}): {instead}")):
        guard_of(lab)(call("iam.attach_role_policy", RoleName=name, PolicyArn=ADMINISTRATOR))


@pytest.mark.parametrize(
    ("pattern", "name", "hit"),
    [
        ("break-glass", "break-glass", True),
        ("break-glass", "Break-Glass", True),
        ("break-*", "break-glass", True),
        ("b?b", "bob", True),
        ("break-glass", "break-glass2", False),
    ],
)
def test_listed_user_is_not_changed(pattern: str, name: str, hit: bool, lab: Lab) -> None:
    make_administrators(lab)
    make_user(lab, name)
    guard = guard_of(lab, Protected(principals=("x", pattern)))

    if hit:
        with pytest.raises(Refused, match="in the settings"):
            guard(ssh_off(name))
    else:
        guard(ssh_off(name))


@pytest.mark.parametrize("value", ["true", "", "false"])
def test_tagged_user_is_not_changed_whatever_the_value(value: str, lab: Lab) -> None:
    make_user(lab, "bob", Tags=[{"Key": "trailmend:protected", "Value": value}])

    with pytest.raises(Refused, match="by its tag"):
        guard_of(lab)(ssh_off("bob"))


def test_tagged_role_is_not_changed(lab: Lab) -> None:
    make_administrators(lab)
    lab.client("iam").tag_role(RoleName="auditors", Tags=[{"Key": "keep", "Value": "x"}])
    attach = call("iam.attach_role_policy", RoleName="auditors", PolicyArn=ADMINISTRATOR)

    guard_of(lab)(attach)
    with pytest.raises(Refused, match="by its tag 'keep'"):
        guard_of(lab, Protected(tag="keep"))(attach)


def test_unknown_write_is_refused(lab: Lab) -> None:
    with pytest.raises(Refused, match="not among the changes"):
        guard_of(lab)(call("iam.delete_user", UserName="bob"))


# What cannot be read -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "action",
    [
        "iam:ListUserTags",
        "iam:GetAccountAuthorizationDetails",
        "iam:ListAccessKeys",
    ],
)
def test_what_cannot_be_read_stops_everything(action: str, lab: Lab) -> None:
    make_user(lab, "bob")
    make_user(lab, "carol")
    lab.client("iam").attach_user_policy(UserName="carol", PolicyArn=ADMINISTRATOR)
    lab.deny("lab-admin", action)

    with pytest.raises(Refused, match=f"it cannot be told whom it would hit: {action}"):
        guard_of(lab)(key_off("bob"))


def test_user_that_is_gone_is_refused(lab: Lab) -> None:
    with pytest.raises(Refused, match="ListUserTags: there is no such entity"):
        guard_of(lab)(ssh_off("nobody"))


# Ways to administer ------------------------------------------------------------------------


def ways(lab: Lab, loss: Loss | None = None) -> list[str]:
    return sorted(ways_to_administer(account_of(lab), loss or Loss(), enough=99))


def user_with(lab: Lab, policy: str | None) -> None:
    make_user(lab, "carol")
    if policy:
        lab.client("iam").put_user_policy(
            UserName="carol", PolicyName="inline", PolicyDocument=policy
        )


@pytest.mark.parametrize(
    ("statements", "counts"),
    [
        ([EVERYTHING], True),
        ([EVERYTHING | {"Action": ["*:*"], "Resource": ["*"]}], True),
        ([EVERYTHING | {"Action": "iam:*"}], False),
        ([EVERYTHING | {"Resource": "arn:aws:s3:::*"}], False),
        ([EVERYTHING | {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}], False),
        ([EVERYTHING, EVERYTHING | {"Effect": "Deny", "Action": "iam:*"}], False),
        ([EVERYTHING, EVERYTHING | {"Effect": "Deny", "Action": "IAM:CreateUser"}], False),
        ([EVERYTHING, EVERYTHING | {"Effect": "Deny"}], False),
        ([EVERYTHING, {"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"}], False),
        ([EVERYTHING, EVERYTHING | {"Effect": "Deny", "Action": "s3:*"}], True),
        (
            [
                EVERYTHING,
                {
                    "Effect": "Deny",
                    "NotAction": "iam:ChangePassword",
                    "Resource": "*",
                    "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
                },
            ],
            True,
        ),
        ([{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}], False),
    ],
)
def test_user_counts_if_it_may_do_everything(
    statements: list[dict[str, Any]], counts: bool, lab: Lab
) -> None:
    user_with(lab, document(*statements))

    assert ("user carol" in ways(lab)) == counts


def test_policies_count_however_they_are_attached(lab: Lab) -> None:
    iam = lab.client("iam")
    made = iam.create_policy(PolicyName="all", PolicyDocument=document(EVERYTHING))["Policy"]["Arn"]
    for group in ("managed", "inline"):
        iam.create_group(GroupName=group)
        make_user(lab, group)
        iam.add_user_to_group(UserName=group, GroupName=group)
    iam.attach_group_policy(GroupName="managed", PolicyArn=ADMINISTRATOR)
    iam.put_group_policy(GroupName="inline", PolicyName="all", PolicyDocument=document(EVERYTHING))
    make_user(lab, "own")
    iam.attach_user_policy(UserName="own", PolicyArn=made)

    assert ways(lab) == ["user inline", "user lab-admin", "user managed", "user own"]


def test_policy_version_in_force_is_what_counts(lab: Lab) -> None:
    iam = lab.client("iam")
    made = iam.create_policy(PolicyName="all", PolicyDocument=document(EVERYTHING))["Policy"]["Arn"]
    make_user(lab, "own")
    iam.attach_user_policy(UserName="own", PolicyArn=made)
    narrow = document(EVERYTHING | {"Action": "s3:*"})
    iam.create_policy_version(PolicyArn=made, PolicyDocument=narrow, SetAsDefault=True)

    assert ways(lab) == ["user lab-admin"]


def test_user_counts_only_if_it_can_sign_in(lab: Lab) -> None:
    iam = lab.client("iam")
    for name in ("none", "off", "password"):
        iam.create_user(UserName=name)
        iam.attach_user_policy(UserName=name, PolicyArn=ADMINISTRATOR)
    key = iam.create_access_key(UserName="off")["AccessKey"]["AccessKeyId"]
    iam.update_access_key(UserName="off", AccessKeyId=key, Status="Inactive")
    iam.create_login_profile(UserName="password", Password="Abcdef1!ghijkl")

    assert ways(lab) == ["user lab-admin", "user password"]
    assert ways(lab, Loss(passwords=True)) == ["user lab-admin"]
    assert ways(lab, Loss(user="lab-admin")) == ["user password"]


@pytest.mark.parametrize(
    ("principal", "counts"),
    [
        ({"AWS": "arn:aws:iam::123456789012:root"}, True),
        ({"AWS": "210987654321"}, True),
        ({"AWS": ["arn:aws:iam::123456789012:user/alice"]}, True),
        ("*", True),
        ({"Federated": "arn:aws:iam::123456789012:saml-provider/acorn"}, True),
        ({"Service": "ec2.amazonaws.com"}, False),
        ({"AWS": "AIDAEXAMPLEDELETED000"}, False),
        ({"AWS": "arn:aws:iam::123456789012:user/bob"}, False),
        ({"AWS": ["arn:aws:iam::123456789012:user/staff/bob"]}, False),
    ],
)
def test_role_counts_if_people_other_than_the_loser_can_take_it(
    principal: Any, counts: bool, lab: Lab
) -> None:
    iam = lab.client("iam")
    iam.create_role(RoleName="power", AssumeRolePolicyDocument=trust(principal))
    iam.attach_role_policy(RoleName="power", PolicyArn=ADMINISTRATOR)

    assert ("role power" in ways(lab, Loss(user="bob"))) == counts


def test_permissions_boundary_leaves_doubt(lab: Lab) -> None:
    user_with(lab, document(EVERYTHING))
    lab.client("iam").put_user_permissions_boundary(
        UserName="carol", PermissionsBoundary="arn:aws:iam::aws:policy/ReadOnlyAccess"
    )

    assert ways(lab) == ["user lab-admin"]


def test_looking_stops_when_enough_ways_are_found(lab: Lab) -> None:
    make_administrators(lab)

    assert ways_to_administer(account_of(lab), Loss(), enough=1) == ["role admins"]


def test_key_is_not_turned_off_when_fewer_than_two_ways_would_remain(lab: Lab) -> None:
    make_user(lab, "bob")

    with pytest.raises(Refused, match=r"found: user lab-admin\): make another administrator first"):
        guard_of(lab)(key_off("bob"))
    guard_of(lab)(ssh_off("bob"))
    make_user(lab, "carol")
    lab.client("iam").attach_user_policy(UserName="carol", PolicyArn=ADMINISTRATOR)
    guard_of(lab)(key_off("bob"))


def test_last_two_administrators_cannot_be_turned_off(lab: Lab) -> None:
    make_user(lab, "bob")
    lab.client("iam").attach_user_policy(UserName="bob", PolicyArn=ADMINISTRATOR)

    with pytest.raises(Refused, match="Fewer than 2"):
        guard_of(lab)(key_off("bob"))


def test_hard_expiry_does_not_count_on_passwords(lab: Lab) -> None:
    iam = lab.client("iam")
    iam.create_user(UserName="carol")
    iam.attach_user_policy(UserName="carol", PolicyArn=ADMINISTRATOR)
    iam.create_login_profile(UserName="carol", Password="Abcdef1!ghijkl")
    soft = call("iam.update_account_password_policy", MaxPasswordAge=90)
    hard = call("iam.update_account_password_policy", MaxPasswordAge=90, HardExpiry=True)

    guard_of(lab)(soft)
    with pytest.raises(Refused, match="Fewer than 2"):
        guard_of(lab)(hard)


def test_role_that_loses_its_rights_is_not_counted(lab: Lab) -> None:
    make_administrators(lab)
    detach = call("iam.detach_role_policy", RoleName="admins", PolicyArn=ADMINISTRATOR)

    guard_of(lab)(detach)
    lab.client("iam").detach_role_policy(RoleName="auditors", PolicyArn=ADMINISTRATOR)
    with pytest.raises(Refused, match="Fewer than 2"):
        guard_of(lab)(detach)


# In planning, and again before the write ---------------------------------------------------


def protect_by_tag(lab: Lab) -> None:
    tags = [{"Key": "trailmend:protected", "Value": "x"}]
    lab.client("iam").tag_user(UserName="bob", Tags=tags)


def take_an_administrator(lab: Lab) -> None:
    for name in ("admins", "auditors"):
        lab.client("iam").detach_role_policy(RoleName=name, PolicyArn=ADMINISTRATOR)


def hide_the_tags(lab: Lab) -> None:
    lab.deny("lab-admin", "iam:ListUserTags")


HINDRANCES = [protect_by_tag, take_an_administrator, hide_the_tags]


@pytest.mark.parametrize("hinder", HINDRANCES)
def test_guarded_change_is_not_planned(
    hinder: Callable[[Lab], None], lab: Lab, tmp_path: Path
) -> None:
    case = CASES["active key"]
    facts = case.facts(lab)
    hinder(lab)
    before = writes(lab)

    with pytest.raises(Refused):
        plan_of(desk_of(lab, tmp_path), case.fix, facts)

    assert writes(lab) == before


@pytest.mark.parametrize("hinder", HINDRANCES)
def test_guard_is_asked_again_before_the_write(
    hinder: Callable[[Lab], None], lab: Lab, tmp_path: Path
) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, CASES["active key"], lab)
    hinder(lab)
    before = writes(lab)

    with pytest.raises(Refused):
        apply_plan(desk, plan.id)

    assert writes(lab) == before


def test_guard_is_asked_before_an_undo(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, CASES["active key"], lab)
    apply_plan(desk, plan.id)
    protect_by_tag(lab)
    before = writes(lab)

    with pytest.raises(Refused, match="by its tag"):
        take_back(desk, plan.id)

    assert writes(lab) == before


def test_kill_switch_stops_apply_and_rollback(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, CASES["no policy"], lab)
    switch = tmp_path / "STOP"
    before = writes(lab)

    switch.touch()
    with pytest.raises(Refused, match="kill switch is on"):
        apply_plan(desk, plan.id)
    assert writes(lab) == before
    switch.unlink()
    apply_plan(desk, plan.id)
    switch.touch()
    with pytest.raises(Refused, match="kill switch is on"):
        take_back(desk, plan.id)
    assert len(writes(lab)) == len(before) + 1


def test_kill_switch_stops_between_two_changes(lab: Lab, tmp_path: Path) -> None:
    def around(one: Call, client: Client) -> Mapping[str, Any]:
        answer = client(one)
        if one.name == "iam.upload_ssh_public_key":
            (tmp_path / "STOP").touch()
        return answer

    desk = desk_of(lab, tmp_path, Wrapped(account_of(lab), around))
    plan = approved(desk, CASES["deleted SSH key that was inactive"], lab)
    before = len(writes(lab))

    with pytest.raises(Stopped, match=r"kill switch is on.*Stopped at change 2 of 2; in force: 1"):
        apply_plan(desk, plan.id)

    assert [name for name, _ in writes(lab)[before:]] == ["UploadSSHPublicKey"]


def test_kill_switch_that_is_a_link_in_a_circle_stops(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, CASES["no policy"], lab)
    (tmp_path / "STOP").symlink_to(tmp_path / "STOP")

    with pytest.raises(Refused, match="kill switch is on"):
        apply_plan(desk, plan.id)


def test_every_write_of_every_fix_is_known_to_the_guards() -> None:
    from trailmend.plan import rehearse, remediations

    names = {
        one.name
        for fix in remediations().values()
        for change in rehearse(fix).changes
        for one in (change.call, change.undo)
        if one
    }

    assert names <= WRITES.keys()


# Settings ----------------------------------------------------------------------------------


def test_missing_settings_are_the_defaults(tmp_path: Path) -> None:
    settings = read_settings(tmp_path / "settings.toml")

    assert settings == Settings()
    assert settings.baseline == {
        "minimumPasswordLength": 14,
        "requireSymbols": True,
        "requireNumbers": True,
        "requireUppercaseCharacters": True,
        "requireLowercaseCharacters": True,
        "allowUsersToChangePassword": True,
        "maxPasswordAge": 0,
        "passwordReusePrevention": 24,
    }


def test_settings_are_read(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(
        "[password_policy]\nminimum_password_length = 20\n"
        '[protected]\nprincipals = ["break-glass-*"]\n'
    )

    settings = read_settings(path)

    assert settings.baseline["minimumPasswordLength"] == 20
    assert settings.protected == replace(Protected(), principals=("break-glass-*",))


@pytest.mark.parametrize(
    "text",
    [
        '[protected]\nprincipal = ["a"]',
        '[protected]\nprincipals = "a"',
        '[protected]\nprincipals = [""]',
        '[protected]\ntag = ""',
        "[protect]",
        "[password_policy]\nminimum_password_length = 5",
        "[password_policy]\nhard_expiry = true",
        "[protected",
        "\udcff",
    ],
)
def test_settings_that_are_not_understood_stop_everything(text: str, tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(text.encode(errors="surrogateescape"))

    with pytest.raises(WrongUse, match=r"settings\.toml"):
        read_settings(path)


def test_client_of_the_guard_cannot_write(lab: Lab) -> None:
    assert isinstance(account_of(lab), AwsClient)
    with pytest.raises(Refused):
        account_of(lab)(call("iam.create_user", UserName="bob"))


@pytest.mark.parametrize(
    ("pattern", "kind", "name", "meant"),
    [
        ("arn:aws:iam::123456789012:user/zed", "user", "zed", True),
        ("arn:aws:iam::123456789012:user/staff/zed", "user", "zed", True),
        ("arn:aws:iam::*:user/z*", "user", "zed", True),
        ("arn:aws:iam::123456789012:user/zed", "role", "zed", False),
        ("arn:aws:iam::123456789012:role/deploy", "role", "deploy", True),
        ("arn:aws:sts::123456789012:assumed-role/deploy/ci", "role", "deploy", True),
        ("arn:aws:iam::123456789012:*", "user", "zed", True),
        ("zed", "user", "zed", True),
        ("zed*", "role", "zed-2", True),
    ],
)
def test_protected_principals_are_named_by_name_or_arn(
    pattern: str, kind: Literal["user", "role"], name: str, meant: bool
) -> None:
    assert _means(pattern, kind, name) is meant
