"""Accounts that need the fixes of mfa."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pyotp

from tests.worlds import Case, ssh_body
from trailmend.lab import Lab
from trailmend.remediations.mfa_devices import (
    deactivate_device,
    enrol_virtual_device,
    remove_unassigned_device,
    replace_device,
)
from trailmend.remediations.mfa_policies import POLICY, require_mfa

ASKED = "2026-03-02T10:00:00Z"
OWN_NAME = "bob-trailmend-20260302100000"
_PASSWORD = "Correct-horse-battery-7"
OTHER = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}


def enrol(lab: Lab, user: str, name: str) -> str:
    """Make a virtual device and enable it for a user; give its serial."""
    iam = lab.client("iam")
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]
    totp, now = pyotp.TOTP(made["Base32StringSeed"].decode()), int(lab.now().timestamp())
    iam.enable_mfa_device(
        UserName=user,
        SerialNumber=made["SerialNumber"],
        AuthenticationCode1=totp.at(now - 30),
        AuthenticationCode2=totp.at(now),
    )
    return str(made["SerialNumber"])


def make_bob(lab: Lab, *, password: bool = True) -> Any:
    """Make a user under a path, with a password; give the administrator's client."""
    iam = lab.client("iam")
    iam.create_user(UserName="bob", Path="/staff/")
    if password:
        iam.create_login_profile(UserName="bob", Password=_PASSWORD)
    return iam


def told(lab: Lab, **known: Any) -> dict[str, Any]:
    """Let two days pass, and give what a finding of now knows."""
    lab.advance(2 * 86400)
    now = f"{lab.now():%Y-%m-%dT%H:%M:%SZ}"
    return {"user_name": "bob", "event_time": now, "asked_at": ASKED, **known}


def _devices(names: tuple[str, ...], lost: str | None) -> Callable[[Lab], dict[str, Any]]:
    def build(lab: Lab) -> dict[str, Any]:
        make_bob(lab)
        serials = {name: enrol(lab, "bob", name) for name in names}
        return told(lab, object_id=serials.get(lost or ""))

    return build


def _gone(lab: Lab) -> dict[str, Any]:
    iam = make_bob(lab)
    known = told(lab, object_id=enrol(lab, "bob", "phone"))
    iam.deactivate_mfa_device(UserName="bob", SerialNumber=known["object_id"])
    iam.delete_virtual_mfa_device(SerialNumber=known["object_id"])
    return known


def _unassigned(lab: Lab) -> dict[str, Any]:
    iam = lab.client("iam")
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName="spare")["VirtualMFADevice"]
    return told(lab, user_name=None, object_id=made["SerialNumber"])


def _policy(statement: dict[str, str]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _password_alone(lab: Lab) -> dict[str, Any]:
    iam = make_bob(lab)
    iam.put_user_policy(UserName="bob", PolicyName="reports", PolicyDocument=_policy(OTHER))
    return told(lab)


def _with_key(lab: Lab) -> dict[str, Any]:
    known = _password_alone(lab)
    lab.client("iam").create_access_key(UserName="bob")
    return known


def _with_policy(lab: Lab) -> dict[str, Any]:
    known = _password_alone(lab)
    iam = lab.client("iam")
    iam.upload_ssh_public_key(UserName="bob", SSHPublicKeyBody=ssh_body(1))
    document = json.dumps(
        {"Version": "2012-10-17", "Statement": [OTHER | {"Action": "s3:ListBucket"}]}
    )
    iam.put_user_policy(UserName="bob", PolicyName=POLICY, PolicyDocument=document)
    return known


CASES: dict[str, Case] = {
    case.name: case
    for case in (
        Case("intruder's device", deactivate_device, _devices(("phone", "stranger"), "stranger")),
        Case("only device is the intruder's", deactivate_device, _devices(("phone",), "phone")),
        Case("device that was deleted", enrol_virtual_device, _gone),
        Case("lost device", replace_device, _devices(("phone", "laptop"), "phone")),
        Case("lost device that is the only one", replace_device, _devices(("phone",), None)),
        Case("unassigned device", remove_unassigned_device, _unassigned),
        Case("password alone", require_mfa, _password_alone),
        Case("password alone, and a key", require_mfa, _with_key),
        Case("another policy of the same name", require_mfa, _with_policy),
    )
}
