"""The lab is as strict as AWS with MFA devices and SSH keys."""

import base64
import hashlib
import re
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import PublicFormat, load_pem_public_key

from tests.lab_things import SSH, codes, device, enabled, refused, ssh_body, user
from trailmend.lab import Lab


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
