"""Accounts that need the fixes of access keys, SSH keys and groups."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.worlds import Case, make_administrators, ssh_body
from tests.worlds_principals import time_of
from trailmend.lab import Credentials, Lab
from trailmend.remediations.access_keys import deactivate_unused_keys, delete_access_key
from trailmend.remediations.groups import add_to_group_again, remove_from_group
from trailmend.remediations.service_credentials import (
    deactivate_service_credential,
    deactivate_signing_certificate,
)
from trailmend.remediations.ssh_keys import deactivate_ssh_key

DAY = 24 * 60 * 60
"""Seconds."""


@cache
def certificate() -> str:
    """Make a certificate of nobody, for a day; always the same, so that accounts are alike."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "nobody")])
    begin = datetime(2026, 3, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()


def make_key(lab: Lab, user: str = "bob") -> Credentials:
    """Make a key of a user."""
    made = lab.client("iam").create_access_key(UserName=user)["AccessKey"]
    return Credentials(made["AccessKeyId"], made["SecretAccessKey"])


def use(lab: Lab, key: Credentials) -> None:
    """Sign a call with a key."""
    lab.client("sts", key).get_caller_identity()


def unused_keys(lab: Lab, *, told: bool = True) -> dict[str, Any]:
    """Make keys that were last used too long ago, lately, and never, by two users."""
    make_administrators(lab)
    iam = lab.client("iam")
    for name in ("alice", "bob"):
        iam.create_user(UserName=name)
    event_time = time_of(lab)
    make_key(lab)
    used = make_key(lab)
    make_key(lab, "alice")
    use(lab, used)
    lab.advance(91 * DAY)
    use(lab, make_key(lab, "alice"))
    return {
        "user_name": "bob" if told else None,
        "event_time": event_time,
        "asked_at": time_of(lab),
    }


def inactive_key(lab: Lab) -> dict[str, Any]:
    """Make a key that was turned off and that nobody has used for 14 days."""
    make_administrators(lab)
    lab.client("iam").create_user(UserName="bob")
    event_time, key = time_of(lab), make_key(lab)
    make_key(lab)
    lab.client("iam").update_access_key(
        UserName="bob", AccessKeyId=key.access_key_id, Status="Inactive"
    )
    lab.advance(15 * DAY)
    return {
        "user_name": "bob",
        "object_id": key.access_key_id,
        "event_time": event_time,
        "asked_at": time_of(lab),
    }


def _strange_ssh_key(lab: Lab) -> dict[str, Any]:
    iam = lab.client("iam")
    iam.create_user(UserName="bob")
    iam.upload_ssh_public_key(UserName="bob", SSHPublicKeyBody=ssh_body(1))
    made = iam.upload_ssh_public_key(UserName="bob", SSHPublicKeyBody=ssh_body(2))
    key = made["SSHPublicKey"]["SSHPublicKeyId"]
    return {"user_name": "bob", "object_id": key, "event_time": time_of(lab)}


def _git_password(lab: Lab) -> dict[str, Any]:
    make_administrators(lab)
    iam = lab.client("iam")
    iam.create_user(UserName="bob")
    made = iam.create_service_specific_credential(
        UserName="bob", ServiceName="codecommit.amazonaws.com"
    )
    number = made["ServiceSpecificCredential"]["ServiceSpecificCredentialId"]
    told = {"object_type": "service_specific_credential", "object_id": number}
    return {"user_name": "bob", **told, "event_time": time_of(lab)}


def _certificate(lab: Lab) -> dict[str, Any]:
    make_administrators(lab)
    iam = lab.client("iam")
    iam.create_user(UserName="bob")
    made = iam.upload_signing_certificate(UserName="bob", CertificateBody=certificate())
    number = made["Certificate"]["CertificateId"]
    told = {"object_type": "signing_certificate", "object_id": number}
    return {"user_name": "bob", **told, "event_time": time_of(lab)}


def _group(lab: Lab, *, member: bool) -> dict[str, Any]:
    make_administrators(lab)
    iam = lab.client("iam")
    iam.create_group(GroupName="staff")
    iam.create_user(UserName="bob")
    if member:
        iam.add_user_to_group(GroupName="staff", UserName="bob")
    told = {"user_name": "bob", "object_type": "group", "object_id": "staff"}
    return {**told, "event_time": time_of(lab)}


def _member(lab: Lab) -> dict[str, Any]:
    return _group(lab, member=True)


def _stranger(lab: Lab) -> dict[str, Any]:
    return _group(lab, member=False)


CASES: dict[str, Case] = {
    case.name: case
    for case in (
        Case("password of a service", deactivate_service_credential, _git_password),
        Case("signing certificate", deactivate_signing_certificate, _certificate),
        Case("member to take out", remove_from_group, _member),
        Case("member to put back", add_to_group_again, _stranger),
        Case("key to delete", delete_access_key, inactive_key),
        Case("unused keys of a user", deactivate_unused_keys, unused_keys),
        Case(
            "unused keys of all users",
            deactivate_unused_keys,
            lambda lab: unused_keys(lab, told=False),
        ),
        Case("SSH key of a stranger", deactivate_ssh_key, _strange_ssh_key),
    )
}
