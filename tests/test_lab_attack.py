"""The story that the demo tells: what the trail shows of it, and what it leaves behind."""

import gzip
import json
import time
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from trailmend.lab import Lab
from trailmend.lab.attack import INTRUDER_ADDRESS, PASSWORD_POLICY, Attack, play_attack

STORY = [
    ("GetCallerIdentity", None),
    ("ListUsers", None),
    ("DeleteAccountPasswordPolicy", None),
    ("DeleteLoginProfile", None),
    ("DeleteLoginProfile", "NoSuchEntityException"),
    ("UpdateLoginProfile", None),
    ("DeactivateMFADevice", None),
    ("DeleteVirtualMFADevice", None),
    ("CreateVirtualMFADevice", None),
    ("EnableMFADevice", None),
    ("DeleteSSHPublicKey", None),
    ("CreateLoginProfile", "AccessDenied"),
    ("CreateAccessKey", None),
    ("GetCallerIdentity", None),
]


@pytest.fixture
def attack(lab: Lab) -> Attack:
    return play_attack(lab)


def test_the_trail_tells_the_attack_in_order_from_one_address(lab: Lab, attack: Attack) -> None:
    told = [each for each in lab.records() if each["sourceIPAddress"] == INTRUDER_ADDRESS]

    assert [(each["eventName"], each.get("errorCode")) for each in told] == STORY
    names = [each["userIdentity"]["userName"] for each in told]
    assert names == [attack.intruder_name] * 13 + ["alice"]
    keys = {each["userIdentity"]["accessKeyId"] for each in told}
    assert keys == {attack.intruder.access_key_id, attack.stolen.access_key_id}


def test_the_attack_takes_ten_minutes_and_ends_now(lab: Lab, attack: Attack) -> None:
    assert 540 <= (attack.ended - attack.began).total_seconds() <= 660
    assert abs(attack.ended.timestamp() - time.time()) < 30
    times = [each["eventTime"] for each in lab.records()]
    assert times == sorted(times)
    assert len(set(times)) > len(times) / 2


def test_the_attack_leaves_the_account_as_told(lab: Lab, attack: Attack) -> None:
    iam = lab.client("iam", attack.responder)

    with pytest.raises(ClientError, match="NoSuchEntity"):
        iam.get_account_password_policy()
    with pytest.raises(ClientError, match="NoSuchEntity"):
        iam.get_login_profile(UserName="carol")
    (device,) = iam.list_mfa_devices(UserName="alice")["MFADevices"]
    assert device["SerialNumber"] == attack.intruder_device
    serials = {one["SerialNumber"] for one in iam.list_virtual_mfa_devices()["VirtualMFADevices"]}
    assert attack.alice_device not in serials
    assert iam.list_ssh_public_keys(UserName="bob")["SSHPublicKeys"] == []
    assert len(iam.list_ssh_public_keys(UserName="alice")["SSHPublicKeys"]) == 1
    (key,) = iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]
    assert key["AccessKeyId"] == attack.stolen.access_key_id
    names = {user["UserName"] for user in iam.list_users()["Users"]}
    assert names == {"lab-admin", "maria", "sam", "ci-deploy", "alice", "bob", "carol", "dora"}


def test_the_trail_has_what_is_needed_to_put_things_back(lab: Lab, attack: Attack) -> None:
    uploads = {
        each["responseElements"]["sSHPublicKey"]["sSHPublicKeyId"]: each["requestParameters"]
        for each in lab.records()
        if each["eventName"] == "UploadSSHPublicKey"
    }
    policies = [
        each["requestParameters"]
        for each in lab.records()
        if each["eventName"] == "UpdateAccountPasswordPolicy"
    ]

    lost = {"userName": "bob", "sSHPublicKeyBody": attack.bob_ssh_key_body}
    assert uploads[attack.bob_ssh_key] == lost
    assert policies == [
        {name[0].lower() + name[1:]: PASSWORD_POLICY[name] for name in PASSWORD_POLICY}
    ]
    iam = lab.client("iam", attack.responder)
    iam.upload_ssh_public_key(UserName="bob", SSHPublicKeyBody=attack.bob_ssh_key_body)


def test_the_week_is_delivered_whole(lab: Lab, attack: Attack, tmp_path: Path) -> None:
    expected = {each["eventID"] for each in lab.records()}

    lab.deliver()

    found = [
        record["eventID"]
        for file in (tmp_path / "trail").rglob("*.json.gz")
        for record in json.loads(gzip.decompress(file.read_bytes()))["Records"]
    ]
    assert (len(found), set(found)) == (len(expected), expected)
