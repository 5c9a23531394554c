"""Each correction of moto is proved by the test named like the behaviour."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import botocore.session
import pyotp
import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)
from hypothesis import given
from hypothesis import strategies as st
from moto.core.utils import get_service_model

from trailmend.lab import Credentials, Fault, Lab
from trailmend.lab.strict import CORRECTIONS, page
from trailmend.lab.wire import Call

GOOD = "Correct-horse-battery-7"
PEM, SSH = Encoding.PEM, Encoding.OpenSSH


def refused(call: Any, /, **parameters: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def key_of(lab: Lab, name: str) -> Credentials:
    made = lab.client("iam").create_access_key(UserName=name)["AccessKey"]
    return Credentials(made["AccessKeyId"], made["SecretAccessKey"])


def user(lab: Lab, name: str = "alice") -> Any:
    """Make a user, and give the administrator's client."""
    iam = lab.client("iam")
    iam.create_user(UserName=name)
    return iam


def codes(seed: bytes, at: float) -> dict[str, str]:
    totp = pyotp.TOTP(seed.decode())
    first, second = totp.at(int(at) - 30), totp.at(int(at))
    return {"AuthenticationCode1": first, "AuthenticationCode2": second}


def device(iam: Any, name: str) -> tuple[str, bytes]:
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]
    return made["SerialNumber"], made["Base32StringSeed"]


def enabled(lab: Lab, name: str, user_name: str = "alice") -> str:
    iam = lab.client("iam")
    serial, seed = device(iam, name)
    at = lab.now().timestamp()
    iam.enable_mfa_device(UserName=user_name, SerialNumber=serial, **codes(seed, at))
    return serial


def ssh_body(encoding: Encoding = SSH, bits: int = 2048) -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits).public_key()
    form = PublicFormat.OpenSSH if encoding is SSH else PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(encoding, form).decode()


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


def test_a_virtual_device_comes_with_a_png_of_its_seed(lab: Lab) -> None:
    made = lab.client("iam").create_virtual_mfa_device(VirtualMFADeviceName="phone")
    picture = made["VirtualMFADevice"]["QRCodePNG"]

    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert picture.endswith(b"IEND\xaeB`\x82")
    seed = made["VirtualMFADevice"]["Base32StringSeed"]
    assert len(base64.b32decode(seed)) == 40


def test_only_a_free_device_of_the_account_is_enabled_and_eight_at_most(lab: Lab) -> None:
    iam = user(lab)
    user(lab, "bob")
    taken = enabled(lab, "phone-0")
    unknown = taken.replace("phone-0", "none")
    any_codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "654321"}

    def enable(name: str, serial: str) -> str:
        call = iam.enable_mfa_device
        return refused(call, UserName=name, SerialNumber=serial, **any_codes)[0]

    assert enable("bob", taken) == "EntityAlreadyExists"
    assert enable("bob", unknown) == "NoSuchEntity"
    for number in range(1, 8):
        enabled(lab, f"phone-{number}")
    ninth, _ = device(iam, "phone-8")
    assert enable("alice", ninth) == "LimitExceeded"
    assert len(iam.list_mfa_devices(UserName="alice")["MFADevices"]) == 8


def test_a_device_is_enabled_by_two_consecutive_codes(lab: Lab) -> None:
    iam = user(lab)
    serial, seed = device(iam, "phone")
    at = lab.now().timestamp()
    right = codes(seed, at)
    first, second = right.values()

    for wrong in ((second, first), (first, first), ("000000", second)):
        given = dict(zip(right, wrong, strict=True))
        code, _ = refused(iam.enable_mfa_device, UserName="alice", SerialNumber=serial, **given)
        assert code == "InvalidAuthenticationCode"
    old = codes(seed, at - 600)
    assert refused(iam.enable_mfa_device, UserName="alice", SerialNumber=serial, **old)[0] == (
        "InvalidAuthenticationCode"
    )
    iam.enable_mfa_device(UserName="alice", SerialNumber=serial, **right)

    (shown,) = iam.list_mfa_devices(UserName="alice")["MFADevices"]
    assert shown["SerialNumber"] == serial
    assert abs((shown["EnableDate"] - lab.now()).total_seconds()) < 60


def test_a_device_is_synchronized_by_two_consecutive_codes(lab: Lab) -> None:
    iam = user(lab)
    serial, seed = device(iam, "phone")
    at = lab.now().timestamp()
    parameters = {"UserName": "alice", "SerialNumber": serial}
    assert refused(iam.resync_mfa_device, **parameters, **codes(seed, at))[0] == "NoSuchEntity"
    iam.enable_mfa_device(**parameters, **codes(seed, at))

    iam.resync_mfa_device(**parameters, **codes(seed, at))

    wrong = codes(seed, at - 3600)
    assert refused(iam.resync_mfa_device, **parameters, **wrong)[0] == "InvalidAuthenticationCode"


def test_a_device_of_another_user_is_not_deactivated(lab: Lab) -> None:
    iam = user(lab)
    user(lab, "bob")
    serial = enabled(lab, "phone")

    assert refused(iam.deactivate_mfa_device, UserName="bob", SerialNumber=serial) == (
        "NoSuchEntity",
        "MFA Device invalid for user.",
    )
    iam.deactivate_mfa_device(UserName="alice", SerialNumber=serial)
    assert iam.list_mfa_devices(UserName="alice")["MFADevices"] == []


def test_an_assigned_device_is_not_deleted(lab: Lab) -> None:
    iam = user(lab)
    serial = enabled(lab, "phone")

    assert refused(iam.delete_virtual_mfa_device, SerialNumber=serial)[0] == "DeleteConflict"
    iam.deactivate_mfa_device(UserName="alice", SerialNumber=serial)
    iam.delete_virtual_mfa_device(SerialNumber=serial)

    assert iam.list_virtual_mfa_devices()["VirtualMFADevices"] == []
    assert refused(iam.delete_virtual_mfa_device, SerialNumber=serial)[0] == "NoSuchEntity"


def test_a_listing_of_devices_does_not_tell_the_seed(lab: Lab) -> None:
    iam = user(lab)
    assigned = enabled(lab, "phone")
    free, _ = device(iam, "spare")

    def listed(status: str) -> dict[str, set[str]]:
        answer = iam.list_virtual_mfa_devices(AssignmentStatus=status)["VirtualMFADevices"]
        return {shown["SerialNumber"]: set(shown) for shown in answer}

    both = {assigned: {"SerialNumber", "EnableDate", "User"}, free: {"SerialNumber"}}
    assert listed("Any") == both
    assert listed("Assigned") == {assigned: both[assigned]}
    assert listed("Unassigned") == {free: both[free]}


def test_a_device_tells_its_user(lab: Lab) -> None:
    iam = user(lab)
    serial = enabled(lab, "phone")
    user(lab, "bob")

    shown = iam.get_mfa_device(SerialNumber=serial)

    assert (shown["UserName"], shown["SerialNumber"]) == ("alice", serial)
    assert refused(iam.get_mfa_device, SerialNumber=serial, UserName="bob")[0] == "NoSuchEntity"


def test_an_ssh_key_is_rsa_uploaded_once_and_five_at_most(lab: Lab) -> None:
    iam = user(lab)
    ed_key = ed25519.Ed25519PrivateKey.generate().public_key()
    body = ssh_body() + " alice@laptop"

    def upload(body: str, name: str = "alice") -> Any:
        return iam.upload_ssh_public_key(UserName=name, SSHPublicKeyBody=body)["SSHPublicKey"]

    for wrong in (
        "garbage",
        "ssh-rsa AAAA",
        body[:200],
        ssh_body(bits=1024),
        ed_key.public_bytes(SSH, PublicFormat.OpenSSH).decode(),
    ):
        assert refused(upload, body=wrong)[0] == "InvalidPublicKey"
    made = upload(body)
    blob = base64.b64decode(body.split()[1])
    digest = hashlib.md5(blob).hexdigest()
    assert made["Fingerprint"] == ":".join(re.findall("..", digest))
    assert (made["SSHPublicKeyBody"], made["Status"]) == (body, "Active")
    again = body.replace("laptop", "desktop")
    assert refused(upload, body=again)[0] == "DuplicateSSHPublicKey"
    for _ in range(4):
        upload(ssh_body())
    assert refused(upload, body=ssh_body())[0] == "LimitExceeded"
    user(lab, "bob")
    assert upload(again, "bob")["Fingerprint"] == made["Fingerprint"]


def test_an_ssh_key_is_given_in_the_encoding_asked_for(lab: Lab) -> None:
    iam = user(lab)
    body = ssh_body()
    made = iam.upload_ssh_public_key(UserName="alice", SSHPublicKeyBody=body)["SSHPublicKey"]
    known = {"UserName": "alice", "SSHPublicKeyId": made["SSHPublicKeyId"]}

    assert iam.get_ssh_public_key(**known, Encoding="SSH")["SSHPublicKey"] == made
    pem = iam.get_ssh_public_key(**known, Encoding="PEM")["SSHPublicKey"]["SSHPublicKeyBody"]
    key = load_pem_public_key(pem.encode())
    assert key.public_bytes(SSH, PublicFormat.OpenSSH).decode() == body
    refusal = refused(iam.get_ssh_public_key, **known, Encoding="PKCS")
    assert refusal[0] == "UnrecognizedPublicKeyEncoding"

    user(lab, "bob")
    given = iam.upload_ssh_public_key(UserName="bob", SSHPublicKeyBody=pem)["SSHPublicKey"]
    assert given["Fingerprint"] == made["Fingerprint"]
    known = {"UserName": "bob", "SSHPublicKeyId": given["SSHPublicKeyId"]}
    shown = iam.get_ssh_public_key(**known, Encoding="SSH")["SSHPublicKey"]
    assert shown["SSHPublicKeyBody"] == body


def test_every_session_tells_whose_it_is(lab: Lab) -> None:
    user(lab)
    key = key_of(lab, "alice")

    root = lab.client("sts", lab.root).get_caller_identity()
    alice = lab.client("sts", key).get_caller_identity()

    assert (root["Arn"], root["UserId"]) == ("arn:aws:iam::123456789012:root", "123456789012")
    born = lab.client("iam").get_user(UserName="alice")["User"]
    assert (alice["Arn"], alice["UserId"]) == (born["Arn"], born["UserId"])
    lab.client("iam").create_login_profile(UserName="alice", Password=GOOD)
    console = lab.client("sts", lab.sign_in("alice")).get_caller_identity()
    assert console["UserId"] == born["UserId"]


def session(given: Any) -> Credentials:
    made = given["Credentials"]
    return Credentials(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])


def test_a_session_token_works_for_its_user_until_it_expires(lab: Lab) -> None:
    iam = user(lab)
    sts = lab.client("sts", key_of(lab, "alice"))
    serial, seed = device(iam, "phone")
    at = lab.now().timestamp()
    iam.enable_mfa_device(UserName="alice", SerialNumber=serial, **codes(seed, at))
    code = pyotp.TOTP(seed.decode()).at(int(at))

    plain = session(sts.get_session_token(DurationSeconds=900))
    strong = session(sts.get_session_token(SerialNumber=serial, TokenCode=code))

    arn = "arn:aws:iam::123456789012:user/alice"
    assert lab.client("sts", plain).get_caller_identity()["Arn"] == arn
    assert refused(lab.client("iam", plain).list_users)[0] == "InvalidClientTokenId"
    assert lab.client("iam", strong).get_user()["User"]["UserName"] == "alice"
    assert refused(lab.client("sts", plain).get_session_token)[0] == "AccessDenied"
    assert refused(sts.get_session_token, SerialNumber=serial, TokenCode="000000") == (
        "AccessDenied",
        "MultiFactorAuthentication failed with invalid MFA one time pass code. ",
    )
    lab.advance(901)
    assert refused(lab.client("sts", plain).get_caller_identity)[0] == "ExpiredToken"
    iam.deactivate_mfa_device(UserName="alice", SerialNumber=serial)
    iam.delete_access_key(
        UserName="alice",
        AccessKeyId=iam.list_access_keys(UserName="alice")["AccessKeyMetadata"][0]["AccessKeyId"],
    )
    iam.delete_user(UserName="alice")
    assert refused(lab.client("sts", strong).get_caller_identity)[0] == "InvalidClientTokenId"


def test_a_federated_user_has_a_session_of_its_own(lab: Lab) -> None:
    user(lab)
    given = lab.client("sts", key_of(lab, "alice")).get_federation_token(Name="guest")

    arn = "arn:aws:sts::123456789012:federated-user/guest"
    assert given["FederatedUser"]["Arn"] == arn
    assert lab.client("sts", session(given)).get_caller_identity()["Arn"] == arn
    identity = lab.records()[-1]["userIdentity"]
    assert identity["type"] == "FederatedUser"
    assert identity["sessionContext"]["sessionIssuer"]["userName"] == "alice"
    assert refused(lab.client("iam", session(given)).list_users)[0] == "InvalidClientTokenId"


def test_a_role_is_assumed_only_if_it_exists_and_trusts_the_caller(lab: Lab) -> None:
    iam = user(lab)
    sts = lab.client("sts", key_of(lab, "alice"))

    def role(name: str, principal: Any) -> str:
        statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)
        return str(made["Role"]["Arn"])

    for arn in (
        "arn:aws:iam::123456789012:role/none",
        role("machine", {"Service": "ec2.amazonaws.com"}),
        role("bobs", {"AWS": "arn:aws:iam::123456789012:user/lab-admin"}),
    ):
        assert refused(sts.assume_role, RoleArn=arn, RoleSessionName="work") == (
            "AccessDenied",
            "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: "
            f"sts:AssumeRole on resource: {arn}",
        )
    arn = role("everyones", {"AWS": "123456789012"})
    given = sts.assume_role(RoleArn=arn, RoleSessionName="work", DurationSeconds=900)

    assumed = "arn:aws:sts::123456789012:assumed-role/everyones/work"
    assert lab.client("sts", session(given)).get_caller_identity()["Arn"] == assumed
    assert [one["UserName"] for one in lab.client("iam", session(given)).list_users()["Users"]] == [
        "lab-admin",
        "alice",
    ]


def test_events_are_looked_up_newest_first_in_pages_of_fifty(lab: Lab) -> None:
    iam, trail = user(lab), lab.client("cloudtrail")
    for number in range(60):
        iam.get_user(UserName="alice")
        lab.advance(1 if number % 2 else 0)

    first = trail.lookup_events()
    second = trail.lookup_events(NextToken=first["NextToken"])

    assert (len(first["Events"]), "NextToken" in second) == (50, False)
    times = [event["EventTime"] for event in [*first["Events"], *second["Events"]]]
    assert times == sorted(times, reverse=True)
    assert refused(trail.lookup_events, MaxResults=50, NextToken="x")[0] == (
        "InvalidNextTokenException"
    )

    def found(key: str, value: str) -> list[str]:
        attributes = [{"AttributeKey": key, "AttributeValue": value}]
        pages = trail.get_paginator("lookup_events").paginate(LookupAttributes=attributes)
        return [event["EventName"] for page in pages for event in page["Events"]]

    assert found("EventName", "CreateUser") == ["CreateUser"]
    assert found("Username", "nobody") == []
    assert len(found("ResourceName", "alice")) == 61
    assert set(found("EventSource", "cloudtrail.amazonaws.com")) == {"LookupEvents"}
    assert found("ReadOnly", "false") == ["CreateUser"]
    start = lab.records()[-1]["eventTime"]
    assert trail.lookup_events(StartTime=start, EndTime=start)["Events"] != []
    lab.advance(91 * 86400)
    assert trail.lookup_events()["Events"] == []


def test_the_credentials_of_a_user_are_listed_and_removed_one_by_one(lab: Lab) -> None:
    iam = user(lab)
    user(lab, "bob")
    first, second = key_of(lab, "alice"), key_of(lab, "alice")
    tags = [{"Key": "team", "Value": "blue"}]

    iam.tag_user(UserName="alice", Tags=tags)
    code, _ = refused(iam.delete_access_key, UserName="bob", AccessKeyId=first.access_key_id)
    iam.delete_access_key(UserName="alice", AccessKeyId=first.access_key_id)

    assert code == "NoSuchEntity"
    (left,) = iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]
    assert (left["AccessKeyId"], left["Status"]) == (second.access_key_id, "Active")
    assert refused(lab.client("iam", first).get_user)[0] == "InvalidClientTokenId"
    assert iam.get_user(UserName="alice")["User"]["Tags"] == tags
    (shown,) = iam.get_account_authorization_details(Filter=["User"])["UserDetailList"][1:2]
    assert (shown["UserName"], shown["Tags"]) == ("alice", tags)
    assert refused(iam.tag_user, UserName="nobody", Tags=tags)[0] == "NoSuchEntity"
    assert refused(iam.list_access_keys, UserName="nobody")[0] == "NoSuchEntity"
    assert refused(iam.list_mfa_devices, UserName="nobody")[0] == "NoSuchEntity"


def test_an_entity_on_order_cannot_be_changed_for_a_while(lab: Lab) -> None:
    iam = user(lab)
    iam.create_login_profile(UserName="alice", Password=GOOD)
    lab.fault("iam:UpdateLoginProfile", Fault.BUSY)
    change = iam.update_login_profile

    first = refused(change, UserName="alice", Password=GOOD + "b")[0]
    weak = refused(change, UserName="alice", Password="weak")[0]
    change(UserName="alice", Password=GOOD + "b")

    assert (first, weak) == ("EntityTemporarilyUnmodifiable", "PasswordPolicyViolation")
    lab.fault("iam:PutUserPolicy", Fault.LATE, reads=1)
    document = json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
    )
    iam.put_user_policy(UserName="alice", PolicyName="deny", PolicyDocument=document)
    assert iam.list_user_policies(UserName="alice")["PolicyNames"] == []
    assert iam.list_user_policies(UserName="alice")["PolicyNames"] == ["deny"]


GIT = {"UserName": "alice", "ServiceName": "codecommit.amazonaws.com"}


def test_a_user_has_two_credentials_for_a_service(lab: Lab) -> None:
    iam = user(lab)
    made = [iam.create_service_specific_credential(**GIT) for _ in range(2)]

    assert refused(iam.create_service_specific_credential, **GIT)[0] == "LimitExceeded"
    other = {**GIT, "ServiceName": "nothing.amazonaws.com"}
    assert refused(iam.create_service_specific_credential, **other)[0] == "NotSupportedService"
    secrets = {one["ServiceSpecificCredential"]["ServicePassword"] for one in made}
    assert len(secrets) == 2


def test_a_list_of_credentials_for_services_holds_no_secret(lab: Lab) -> None:
    iam = user(lab)
    made = iam.create_service_specific_credential(**GIT)["ServiceSpecificCredential"]

    [listed] = iam.list_service_specific_credentials(UserName="alice")["ServiceSpecificCredentials"]

    assert listed == {key: made[key] for key in made if key != "ServicePassword"}


def test_a_credential_for_a_service_is_switched(lab: Lab) -> None:
    iam = user(lab)
    made = iam.create_service_specific_credential(**GIT)["ServiceSpecificCredential"]
    which = {
        "UserName": "alice",
        "ServiceSpecificCredentialId": made["ServiceSpecificCredentialId"],
    }

    iam.update_service_specific_credential(**which, Status="Inactive")

    [listed] = iam.list_service_specific_credentials(UserName="alice")["ServiceSpecificCredentials"]
    assert listed["Status"] == "Inactive"
    gone = {**which, "ServiceSpecificCredentialId": "ACCA0000000000000000", "Status": "Active"}
    assert refused(iam.update_service_specific_credential, **gone)[0] == "NoSuchEntity"


def test_a_reset_gives_a_credential_for_a_service_another_secret(lab: Lab) -> None:
    iam = user(lab)
    made = iam.create_service_specific_credential(**GIT)["ServiceSpecificCredential"]

    again = iam.reset_service_specific_credential(
        UserName="alice", ServiceSpecificCredentialId=made["ServiceSpecificCredentialId"]
    )["ServiceSpecificCredential"]

    assert again["ServicePassword"] != made["ServicePassword"]
    assert again["ServiceSpecificCredentialId"] == made["ServiceSpecificCredentialId"]


def test_a_deleted_credential_for_a_service_is_not_there(lab: Lab) -> None:
    iam = user(lab)
    made = iam.create_service_specific_credential(**GIT)["ServiceSpecificCredential"]
    which = {
        "UserName": "alice",
        "ServiceSpecificCredentialId": made["ServiceSpecificCredentialId"],
    }

    iam.delete_service_specific_credential(**which)

    listed = iam.list_service_specific_credentials(UserName="alice")["ServiceSpecificCredentials"]
    assert listed == []
    assert refused(iam.delete_service_specific_credential, **which)[0] == "NoSuchEntity"
