"""The guards: at least two ways to administer the account remain."""

from typing import Any

import pytest

from tests.guarding import EVERYTHING, document, guard_of, key_off, make_user, ssh_off
from tests.worlds import (
    ADMINISTRATOR,
    account_of,
    make_administrators,
    trust,
)
from trailmend.calls import call
from trailmend.errors import Refused
from trailmend.guards.administrators import Loss, ways_to_administer
from trailmend.lab import Lab


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
