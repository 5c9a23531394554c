"""A week in a small account, and ten minutes of an intruder with the leaked key of its pipeline.

Everything is done by boto3 calls of the people concerned, so the trail is what AWS would write.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pyotp
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from trailmend.lab.identity import Credentials
from trailmend.lab.server import Lab

INTRUDER_ADDRESS = "203.0.113.50"
PASSWORD_POLICY: Mapping[str, Any] = {
    "MinimumPasswordLength": 14,
    "RequireSymbols": True,
    "RequireNumbers": True,
    "RequireUppercaseCharacters": True,
    "RequireLowercaseCharacters": True,
    "AllowUsersToChangePassword": True,
    "PasswordReusePrevention": 24,
}
_OFFICE, _PIPELINE = "198.51.100.21", "198.51.100.77"
_INTRUDER_AGENT = "aws-cli/2.31.4 md/awscrt#0.27.6 ua/2.1 os/linux#6.8.0 lang/python#3.13.7"
_PIPELINE_AGENT = "aws-sdk-go-v2/1.39.2 os/linux lang/go#1.25.1 api/iam#1.47.5"
_ADMINISTRATOR_POLICY = "arn:aws:iam::aws:policy/AdministratorAccess"
_HOUR, _DAY = 3600, 86400  # seconds
_LENGTH = timedelta(minutes=10)


@dataclass(frozen=True)
class Attack:
    """What a telling of the attack needs; all names and ids are as the account has them."""

    began: datetime
    ended: datetime
    intruder: Credentials  # the leaked key, of ci-deploy
    intruder_name: str
    address: str
    stolen: Credentials  # the key that the intruder made for alice
    alice_device: str  # serial of the device that was alice's, deleted
    intruder_device: str  # serial of the device that is alice's now
    bob_ssh_key: str  # id of the deleted key
    bob_ssh_key_body: str
    responder: Credentials  # of sam, an administrator who can mend the account


@dataclass(frozen=True)
class _Office:
    """What is there before the attack."""

    pipeline: Credentials
    responder: Credentials
    alice_device: str
    bob_ssh_key: str
    bob_ssh_key_body: str


def play_attack(lab: Lab) -> Attack:
    """Play a week of routine and then the attack, which ends at the present time of the lab."""
    present = lab.now()
    lab.advance(-6 * _DAY)
    office = _open_office(lab)
    _play_routine(lab, office)
    _wait_until(lab, present - _LENGTH)
    began = lab.now()
    stolen, device = _intrude(lab, office)
    _wait_until(lab, present)
    return Attack(
        began=began,
        ended=lab.now(),
        intruder=office.pipeline,
        intruder_name="ci-deploy",
        address=INTRUDER_ADDRESS,
        stolen=stolen,
        alice_device=office.alice_device,
        intruder_device=device,
        bob_ssh_key=office.bob_ssh_key,
        bob_ssh_key_body=office.bob_ssh_key_body,
        responder=office.responder,
    )


def _wait_until(lab: Lab, when: datetime) -> None:
    lab.advance(max(0.0, (when - lab.now()).total_seconds()))


def _open_office(lab: Lab) -> _Office:
    """Have administrators and the pipeline made before the trail, then the policy and people."""
    lab.address(lab.administrator.access_key_id, _OFFICE)
    founder = lab.client("iam")
    for name in ("maria", "sam"):
        founder.create_user(UserName=name)
        founder.attach_user_policy(UserName=name, PolicyArn=_ADMINISTRATOR_POLICY)
    founder.create_login_profile(UserName="maria", Password=_first_password("maria"))
    responder = _make_key(founder, "sam")
    lab.advance(300)
    _enroll_device(lab, _signed_in(lab, "maria"), "maria")
    lab.advance(600)
    maria = _signed_in(lab, "maria")
    pipeline = _make_pipeline(lab, maria)
    lab.forget_records()
    maria.update_account_password_policy(**PASSWORD_POLICY)
    for name in ("alice", "bob", "carol", "erik"):
        lab.advance(90)
        _make_person(maria, name)
    alice_device, bob_key, bob_body = _settle_in(lab)
    return _Office(pipeline, responder, alice_device, bob_key, bob_body)


def _make_pipeline(lab: Lab, maria: Any) -> Credentials:
    """Make the service user, with the policy that is too wide."""
    lab.advance(120)
    statement = {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    maria.create_user(UserName="ci-deploy", Tags=[{"Key": "purpose", "Value": "deployment"}])
    maria.put_user_policy(UserName="ci-deploy", PolicyName="deploy", PolicyDocument=document)
    return _make_key(maria, "ci-deploy")


def _make_person(administrator: Any, name: str) -> None:
    administrator.create_user(UserName=name)
    administrator.create_login_profile(
        UserName=name, Password=_first_password(name), PasswordResetRequired=True
    )


def _settle_in(lab: Lab) -> tuple[str, str, str]:
    """Have alice, bob and carol sign in; alice enrolls a device, alice and bob bring SSH keys."""
    lab.advance(_HOUR)
    alice = _sign_in_first(lab, "alice")
    serial = _enroll_device(lab, alice, "alice")
    alice.upload_ssh_public_key(UserName="alice", SSHPublicKeyBody=_ssh_key("alice"))
    lab.advance(_HOUR)
    bob, body = _sign_in_first(lab, "bob"), _ssh_key("bob")
    uploaded = bob.upload_ssh_public_key(UserName="bob", SSHPublicKeyBody=body)
    lab.advance(_HOUR)
    _sign_in_first(lab, "carol")
    return serial, uploaded["SSHPublicKey"]["SSHPublicKeyId"], body


def _play_routine(lab: Lab, office: _Office) -> None:
    """Play four quiet days: a rotation, a new colleague, a new password, an off-boarding."""
    for errand in (_rotate_ssh_key, _welcome_dora, _change_password, _say_goodbye):
        lab.advance(_DAY)
        lab.address(office.pipeline.access_key_id, _PIPELINE, _PIPELINE_AGENT)
        lab.client("sts", office.pipeline).get_caller_identity()
        lab.client("iam", office.pipeline).list_roles()
        lab.advance(_HOUR)
        errand(lab)


def _rotate_ssh_key(lab: Lab) -> None:
    alice = _signed_in(lab, "alice")
    (old,) = alice.list_ssh_public_keys(UserName="alice")["SSHPublicKeys"]
    alice.upload_ssh_public_key(UserName="alice", SSHPublicKeyBody=_ssh_key("alice", "second"))
    lab.advance(120)
    alice.delete_ssh_public_key(UserName="alice", SSHPublicKeyId=old["SSHPublicKeyId"])


def _welcome_dora(lab: Lab) -> None:
    _make_person(_signed_in(lab, "maria"), "dora")
    lab.advance(_HOUR)
    _sign_in_first(lab, "dora")


def _change_password(lab: Lab) -> None:
    carol = _signed_in(lab, "carol")
    carol.change_password(OldPassword=_own_password("carol"), NewPassword="A-newer-one-of-carol-8")


def _say_goodbye(lab: Lab) -> None:
    """Have maria remove erik, whom she made and who never signed in."""
    maria = _signed_in(lab, "maria")
    maria.delete_login_profile(UserName="erik")
    lab.advance(30)
    maria.delete_user(UserName="erik")


def _intrude(lab: Lab, office: _Office) -> tuple[Credentials, str]:
    """Play the attack: look around, weaken, lock out, take alice's account over."""
    lab.address(office.pipeline.access_key_id, INTRUDER_ADDRESS, _INTRUDER_AGENT)
    lab.deny("ci-deploy", "iam:CreateLoginProfile")
    iam = lab.client("iam", office.pipeline)
    lab.client("sts", office.pipeline).get_caller_identity()
    lab.advance(20)
    iam.list_users()
    lab.advance(55)
    iam.delete_account_password_policy()
    lab.advance(40)
    iam.delete_login_profile(UserName="carol")
    lab.advance(25)
    _fail(iam.delete_login_profile, UserName="sam")
    lab.advance(50)
    iam.update_login_profile(UserName="alice", Password=_own_password("mallory"))
    lab.advance(35)
    iam.deactivate_mfa_device(UserName="alice", SerialNumber=office.alice_device)
    lab.advance(15)
    iam.delete_virtual_mfa_device(SerialNumber=office.alice_device)
    lab.advance(60)
    device = _enroll_device(lab, iam, "alice", "alice-phone")
    lab.advance(45)
    iam.delete_ssh_public_key(UserName="bob", SSHPublicKeyId=office.bob_ssh_key)
    lab.advance(70)
    _fail(iam.create_login_profile, UserName="sam", Password=_own_password("mallory"))
    lab.advance(50)
    stolen = _make_key(iam, "alice")
    lab.address(stolen.access_key_id, INTRUDER_ADDRESS, _INTRUDER_AGENT)
    lab.advance(80)
    lab.client("sts", stolen).get_caller_identity()
    return stolen, device


def _fail(call: Any, **parameters: str) -> None:
    """Make a call that AWS refuses."""
    try:
        call(**parameters)
    except ClientError:
        return
    raise AssertionError(f"The lab allowed {parameters}: the story has changed.")


def _make_key(administrator: Any, name: str) -> Credentials:
    made = administrator.create_access_key(UserName=name)["AccessKey"]
    return Credentials(made["AccessKeyId"], made["SecretAccessKey"])


def _enroll_device(lab: Lab, iam: Any, user_name: str, device_name: str | None = None) -> str:
    """Make a virtual device and enable it with two codes of it; return its serial."""
    name = device_name or user_name
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]
    lab.advance(40)
    now = int(lab.now().timestamp())
    totp, serial = pyotp.TOTP(made["Base32StringSeed"].decode()), str(made["SerialNumber"])
    iam.enable_mfa_device(
        UserName=user_name,
        SerialNumber=serial,
        AuthenticationCode1=totp.at(now - 30),
        AuthenticationCode2=totp.at(now),
    )
    return serial


def _signed_in(lab: Lab, name: str) -> Any:
    """Sign a person in to the console; return the client of the session."""
    key = lab.sign_in(name, _OFFICE)
    lab.advance(25)
    return lab.client("iam", key)


def _sign_in_first(lab: Lab, name: str) -> Any:
    """Sign a new person in, who has to choose a password; return the client."""
    iam = _signed_in(lab, name)
    iam.change_password(OldPassword=_first_password(name), NewPassword=_own_password(name))
    lab.advance(200)
    return iam


def _first_password(name: str) -> str:
    return f"Welcome-{name}-2026!"


def _own_password(name: str) -> str:
    return f"Chosen-by-{name}-7"


@cache
def _ssh_key(name: str, which: str = "first") -> str:
    """Make a key, once for all attacks of a process: it takes a tenth of a second."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    body = key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    return f"{body} {name}@laptop"
