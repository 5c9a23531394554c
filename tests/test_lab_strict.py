"""Each correction of moto is proved by the test named like the behaviour."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.core.utils import get_service_model

from tests.lab_things import GOOD, enabled, key_of, refused, ssh_body, user
from trailmend.lab import Lab
from trailmend.lab.strict import CORRECTIONS, page
from trailmend.lab.wire import Call


def test_every_correction_is_proved_by_a_test_of_its_name() -> None:
    texts = [file.read_text() for file in Path(__file__).parent.glob("test_lab_*.py")]
    tests = {name for text in texts for name in re.findall(r"^def test_(\w+)\(", text, re.M)}

    assert {each.behaviour for each in CORRECTIONS} - tests == set()


def test_every_sentence_quoted_from_botocore_stands_there() -> None:
    session, missing = botocore.session.get_session(), []

    for correction in CORRECTIONS:
        model = session.get_service_model(correction.action.partition(":")[0])
        for name, member, quote in re.findall(
            r'botocore (\w+)(?:\.(\w+))?: "([^"]+)"', correction.source
        ):
            is_operation = name in model.operation_names
            thing: Any = model.operation_model(name) if is_operation else model.shape_for(name)
            text = (thing.members[member] if member else thing).documentation
            text = re.sub(r"<[^>]+>|\s", "", text)
            if re.sub(r"\s", "", quote) not in text:
                missing.append((correction.action, quote))

    assert missing == []


LISTS = {"UserDetailList": 5, "GroupDetailList": 0, "RoleDetailList": 3, "Policies": 4}


@given(size=st.integers(1, 20))
def test_the_pages_of_a_listing_are_the_listing(size: int) -> None:
    whole = {name: [f"{name}-{one}" for one in range(many)] for name, many in LISTS.items()}
    call = Call(
        service="iam",
        signing_name="iam",
        operation=get_service_model("iam").operation_model("GetAccountAuthorizationDetails"),
        parameters={"MaxItems": size},
        protocol="query",
        region="us-east-1",
        access_key_id="AKIA",
        address="127.0.0.1",
        user_agent="",
    )
    pages = [page(call, whole)]
    while marker := pages[-1]["Marker"]:
        pages.append(page(replace(call, parameters={"MaxItems": size, "Marker": marker}), whole))

    joined = {name: [item for each in pages for item in each[name]] for name in LISTS}
    assert joined == whole
    assert [each["IsTruncated"] for each in pages] == [True] * (len(pages) - 1) + [False]
    assert all(sum(len(each[name]) for name in LISTS) == size for each in pages[:-1])


def test_a_user_has_an_id_of_aws_and_a_name_that_is_unique_in_any_case(lab: Lab) -> None:
    iam = lab.client("iam")

    made = iam.create_user(UserName="Alice", Path="/team/")["User"]

    assert re.fullmatch("AIDA[A-Z0-9]{17}", made["UserId"])
    assert made == iam.get_user(UserName="Alice")["User"]
    assert made["Arn"] == "arn:aws:iam::123456789012:user/team/Alice"
    assert refused(iam.create_user, UserName="alice") == (
        "EntityAlreadyExists",
        "User with name alice already exists.",
    )


def test_a_group_has_an_id_of_aws(lab: Lab) -> None:
    made = lab.client("iam").create_group(GroupName="developers")["Group"]

    assert re.fullmatch("AGPA[A-Z0-9]{17}", made["GroupId"])
    assert made == lab.client("iam").get_group(GroupName="developers")["Group"]


def test_a_renamed_user_keeps_its_credentials(lab: Lab) -> None:
    iam = user(lab)
    key, serial = key_of(lab, "alice"), enabled(lab, "phone")

    iam.update_user(UserName="alice", NewUserName="alicia")

    arn = "arn:aws:iam::123456789012:user/alicia"
    assert lab.client("sts", key).get_caller_identity()["Arn"] == arn
    (listed,) = iam.list_access_keys(UserName="alicia")["AccessKeyMetadata"]
    assert (listed["UserName"], listed["AccessKeyId"]) == ("alicia", key.access_key_id)
    (shown,) = iam.list_virtual_mfa_devices()["VirtualMFADevices"]
    assert (shown["SerialNumber"], shown["User"]["Arn"]) == (serial, arn)


def test_a_user_with_anything_left_is_not_deleted(lab: Lab) -> None:
    iam = user(lab)
    document = json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
    )
    iam.create_login_profile(UserName="alice", Password=GOOD)
    serial = enabled(lab, "phone")
    key = key_of(lab, "alice").access_key_id
    ssh = iam.upload_ssh_public_key(UserName="alice", SSHPublicKeyBody=ssh_body())["SSHPublicKey"]
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=document)
    iam.attach_user_policy(UserName="alice", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    iam.create_group(GroupName="team")
    iam.add_user_to_group(GroupName="team", UserName="alice")
    steps: list[tuple[str, Any, dict[str, str]]] = [
        ("login profile", iam.delete_login_profile, {}),
        ("MFA device", iam.deactivate_mfa_device, {"SerialNumber": serial}),
        ("access keys", iam.delete_access_key, {"AccessKeyId": key}),
        ("referenced", iam.delete_ssh_public_key, {"SSHPublicKeyId": ssh["SSHPublicKeyId"]}),
        ("groups", iam.remove_user_from_group, {"GroupName": "team"}),
        (
            "detach all policies",
            iam.detach_user_policy,
            {"PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
        ),
        ("delete policies", iam.delete_user_policy, {"PolicyName": "p"}),
    ]

    for left, remove, parameters in steps:
        code, message = refused(iam.delete_user, UserName="alice")
        assert (code, left in message) == ("DeleteConflict", True), message
        remove(UserName="alice", **parameters)
    iam.delete_user(UserName="alice")

    assert refused(iam.get_user, UserName="alice") == (
        "NoSuchEntity",
        "The user with name alice cannot be found.",
    )


def test_a_user_can_have_a_permissions_boundary(lab: Lab) -> None:
    iam = user(lab)
    arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"

    iam.put_user_permissions_boundary(UserName="alice", PermissionsBoundary=arn)

    boundary = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}
    assert iam.get_user(UserName="alice")["User"]["PermissionsBoundary"] == boundary
    made = iam.create_user(UserName="bob", PermissionsBoundary=arn)["User"]
    assert made["PermissionsBoundary"] == boundary
    missing = "arn:aws:iam::aws:policy/None"
    code, _ = refused(
        iam.put_user_permissions_boundary, UserName="bob", PermissionsBoundary=missing
    )
    assert code == "NoSuchEntity"


def test_a_permissions_boundary_can_be_removed(lab: Lab) -> None:
    iam = user(lab)
    iam.put_user_permissions_boundary(
        UserName="alice", PermissionsBoundary="arn:aws:iam::aws:policy/ReadOnlyAccess"
    )

    iam.delete_user_permissions_boundary(UserName="alice")

    assert "PermissionsBoundary" not in iam.get_user(UserName="alice")["User"]
    assert refused(iam.delete_user_permissions_boundary, UserName="alice")[0] == "NoSuchEntity"


def test_a_new_login_profile_has_its_own_date_and_honours_a_reset(lab: Lab) -> None:
    iam = user(lab)
    lab.advance(3600)

    made = iam.create_login_profile(UserName="alice", Password=GOOD, PasswordResetRequired=True)

    assert made["LoginProfile"] == iam.get_login_profile(UserName="alice")["LoginProfile"]
    assert made["LoginProfile"]["PasswordResetRequired"] is True
    born = iam.get_user(UserName="alice")["User"]["CreateDate"]
    assert made["LoginProfile"]["CreateDate"] - born >= timedelta(seconds=3600)
    assert refused(iam.create_login_profile, UserName="alice", Password=GOOD) == (
        "EntityAlreadyExists",
        "Login Profile for user alice already exists.",
    )


def test_an_absent_login_profile_is_named_in_the_words_of_aws(lab: Lab) -> None:
    iam = user(lab)
    absent = ("NoSuchEntity", "Login Profile for User alice cannot be found.")

    assert refused(iam.get_login_profile, UserName="alice") == absent
    assert refused(iam.update_login_profile, UserName="alice", Password=GOOD) == absent
    assert refused(iam.delete_login_profile, UserName="alice") == absent
    assert refused(iam.get_login_profile, UserName="nobody") == (
        "NoSuchEntity",
        "The user with name nobody cannot be found.",
    )


def test_a_reset_without_a_password_keeps_the_login_profile(lab: Lab) -> None:
    iam = user(lab)
    before = iam.create_login_profile(UserName="alice", Password=GOOD)["LoginProfile"]

    iam.update_login_profile(UserName="alice", PasswordResetRequired=True)

    after = iam.get_login_profile(UserName="alice")["LoginProfile"]
    assert after == before | {"PasswordResetRequired": True}
    lab.client("iam", lab.sign_in("alice")).change_password(
        OldPassword=GOOD, NewPassword="Another-good-one-8"
    )
    assert iam.get_login_profile(UserName="alice")["LoginProfile"] == before


def test_a_deleted_login_profile_leaves_no_reset_behind(lab: Lab) -> None:
    iam = user(lab)
    iam.create_login_profile(UserName="alice", Password=GOOD, PasswordResetRequired=True)

    iam.delete_login_profile(UserName="alice")

    made = iam.create_login_profile(UserName="alice", Password=GOOD)["LoginProfile"]
    assert made["PasswordResetRequired"] is False


def test_users_change_their_own_password_by_the_policy(lab: Lab) -> None:
    iam = user(lab)
    iam.update_account_password_policy(
        MinimumPasswordLength=14,
        RequireSymbols=True,
        RequireNumbers=True,
        RequireUppercaseCharacters=True,
        RequireLowercaseCharacters=True,
        AllowUsersToChangePassword=True,
        PasswordReusePrevention=2,
    )
    iam.create_login_profile(UserName="alice", Password=GOOD)
    change = lab.client("iam", lab.sign_in("alice")).change_password
    violation = "PasswordPolicyViolation"

    for weak in ("Short-1", "no-upper-case-at-all-1", "NO-LOWER-CASE-1", "No-number-here-x"):
        assert refused(change, OldPassword=GOOD, NewPassword=weak)[0] == violation
    assert refused(change, OldPassword="wrong", NewPassword=GOOD + "b")[0] == "AccessDenied"
    change(OldPassword=GOOD, NewPassword=GOOD + "b")
    assert refused(change, OldPassword=GOOD + "b", NewPassword=GOOD)[0] == violation
    change(OldPassword=GOOD + "b", NewPassword=GOOD + "c")
    change(OldPassword=GOOD + "c", NewPassword=GOOD)

    root = lab.client("iam", lab.root)
    assert refused(root.change_password, OldPassword=GOOD, NewPassword=GOOD)[0] == "InvalidUserType"


@pytest.mark.parametrize(
    ("password", "is_good"),
    [
        ("Short-1", False),
        ("lower-and-1", True),
        ("onlylower-", False),
        ("ALLUPPER1", False),
        ("Mixed-Case", True),
    ],
)
def test_without_a_policy_the_default_policy_of_aws_holds(
    lab: Lab, password: str, is_good: bool
) -> None:
    iam = user(lab)

    if is_good:
        iam.create_login_profile(UserName="alice", Password=password)
    else:
        code, _ = refused(iam.create_login_profile, UserName="alice", Password=password)
        assert code == "PasswordPolicyViolation"


def test_a_password_policy_is_replaced_whole(lab: Lab) -> None:
    iam = lab.client("iam")
    iam.update_account_password_policy(MinimumPasswordLength=14, MaxPasswordAge=90)
    assert iam.get_account_password_policy()["PasswordPolicy"]["ExpirePasswords"] is True

    iam.update_account_password_policy(RequireSymbols=True)

    assert iam.get_account_password_policy()["PasswordPolicy"] == {
        "MinimumPasswordLength": 6,
        "RequireSymbols": True,
        "RequireNumbers": False,
        "RequireUppercaseCharacters": False,
        "RequireLowercaseCharacters": False,
        "AllowUsersToChangePassword": False,
        "ExpirePasswords": False,
        "HardExpiry": False,
    }
    iam.delete_account_password_policy()
    assert refused(iam.get_account_password_policy)[0] == "NoSuchEntity"
    assert refused(iam.delete_account_password_policy)[0] == "NoSuchEntity"


def test_a_password_policy_without_an_age_has_no_age(lab: Lab) -> None:
    iam = lab.client("iam")
    iam.update_account_password_policy(MinimumPasswordLength=14)

    policy = iam.get_account_password_policy()["PasswordPolicy"]

    assert {"MaxPasswordAge", "PasswordReusePrevention"} & set(policy) == set()
    policy.pop("ExpirePasswords")
    iam.update_account_password_policy(**policy)
    iam.update_account_password_policy(**policy, MaxPasswordAge=90, PasswordReusePrevention=3)
    more = {"ExpirePasswords": True, "MaxPasswordAge": 90, "PasswordReusePrevention": 3}
    assert iam.get_account_password_policy()["PasswordPolicy"] == policy | more
