"""Users, devices and keys of the lab, and how it refuses."""

from typing import Any

import pyotp
import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from trailmend.lab import Credentials, Lab

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
