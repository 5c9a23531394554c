"""Short ways to write the IAM calls that the ledger learns from; shared by several tests."""

from __future__ import annotations

from typing import Any

from tests.reading import Fields
from trailmend.evidence import ACCOUNT, Principal, call

PHONE = f"arn:aws:iam::{ACCOUNT}:mfa/phone"
PASSKEY = f"arn:aws:iam::{ACCOUNT}:u2f/user/alice/passkey"
KEY, SSH = "AKIA0000000000000001", "APKA0000000000000001"


def on_user(name: str, by: Principal, owner: str, **request: Any) -> Fields:
    """Call an operation whose request names a user and, it may be, more."""
    return call(name, by=by, request={"userName": owner, **request})


def enable(by: Principal, owner: str, serial: str = PHONE) -> Fields:
    return on_user("EnableMFADevice", by, owner, serialNumber=serial)


def deactivate(by: Principal, owner: str, serial: str = PHONE) -> Fields:
    return on_user("DeactivateMFADevice", by, owner, serialNumber=serial)


def make_device(by: Principal, serial: str = PHONE) -> Fields:
    return call(
        "CreateVirtualMFADevice",
        by=by,
        request={"path": "/", "virtualMFADeviceName": serial.rpartition("/")[2]},
        response={"virtualMFADevice": {"serialNumber": serial}},
    )


def delete_device(by: Principal, serial: str = PHONE) -> Fields:
    return call("DeleteVirtualMFADevice", by=by, request={"serialNumber": serial})


def make_key(by: Principal, owner: str, key: str = KEY) -> Fields:
    answer = {"userName": owner, "accessKeyId": key, "status": "Active"}
    return on_user("CreateAccessKey", by, owner) | {"responseElements": {"accessKey": answer}}


def set_key(by: Principal, owner: str, status: str, key: str = KEY) -> Fields:
    return on_user("UpdateAccessKey", by, owner, accessKeyId=key, status=status)


def upload(by: Principal, owner: str, key: str = SSH) -> Fields:
    answer = {"sSHPublicKeyId": key, "fingerprint": "12:34", "status": "Active"}
    return on_user("UploadSSHPublicKey", by, owner, sSHPublicKeyBody="ssh-rsa AAAA") | {
        "responseElements": {"sSHPublicKey": {**answer, "sSHPublicKeyBody": "ssh-rsa AAAA"}}
    }


def set_policy(by: Principal, **demands: Any) -> Fields:
    return call("UpdateAccountPasswordPolicy", by=by, request=demands)


def delete_policy(by: Principal) -> Fields:
    return call("DeleteAccountPasswordPolicy", by=by)


def failed(fields: Fields, code: str = "NoSuchEntityException") -> Fields:
    return fields | {"errorCode": code, "errorMessage": code}
