"""The guards: what they never let through, each alone."""

import re
from typing import Literal

import pytest

from tests.guarding import OFF, guard_of, key_off, make_user, ssh_off
from tests.worlds import (
    ADMINISTRATOR,
    account_of,
    make_administrators,
    trust,
)
from trailmend.aws import AwsClient
from trailmend.calls import call
from trailmend.errors import Refused
from trailmend.guards import _means
from trailmend.guards.writes import WRITES
from trailmend.lab import Credentials, Lab
from trailmend.settings import Protected

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
