"""The records of the lab, held against published records of real accounts."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pyotp
import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from trailmend.lab import Credentials, Lab

DATA = Path(__file__).parents[2] / "shared" / "data"
FORMS = (
    ("a date", r"[A-Z][a-z]{2} \d{1,2}, \d{4} \d{1,2}:\d\d:\d\d [AP]M"),
    ("a time", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
    ("a uuid", r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    ("an account", r"\d{12}"),
    ("a user id", r"AIDA[A-Z0-9]{17}"),
    ("a key id", r"A[KS]IA[A-Z0-9]{16}"),
    ("a user", r"arn:aws:iam::\d{12}:user/\S+"),
    ("a device", r"arn:aws:iam::\d{12}:mfa/\S+"),
)
# What names the event: compared as it is.
SAID = frozenset(
    {"eventSource", "eventName", "awsRegion", "readOnly", "eventType", "managementEvent"}
    | {"eventCategory", "errorCode", "type", "status", "passwordResetRequired"}
)
# Newer records have more: tlsDetails since 2021, the caller's context as it happens to be.
VARYING = frozenset({"tlsDetails", "userIdentity", "sessionCredentialFromConsole", "eventVersion"})


@cache
def published(source: str, name: str, error: str | None = None) -> dict[str, Any]:
    """Give the first record of an event in a published set."""
    path = DATA / source / "events.jsonl"
    if not path.exists():
        pytest.skip(f"{path} is not there: the published records lie beside the checkout.")
    for line in path.read_text().splitlines():
        record: dict[str, Any] = json.loads(line)
        if (record.get("eventName"), record.get("errorCode")) == (name, error):
            return record
    raise AssertionError(f"{source} has no {name} with the error {error}.")


def form(value: Any, name: str = "") -> Any:
    """Put the form of each value in its place; the order of keys does not matter."""
    if isinstance(value, dict):
        return {key: form(member, key) for key, member in value.items()}
    if name in SAID or not isinstance(value, str):
        return value if name in SAID else type(value).__name__
    return next((known for known, pattern in FORMS if re.fullmatch(pattern, value)), "text")


def without(record: dict[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key not in names}


def last(lab: Lab, name: str) -> dict[str, Any]:
    return [record for record in lab.records() if record["eventName"] == name][-1]


def fail(call: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return str(caught.value.response["ResponseMetadata"]["RequestId"])


def enroll(lab: Lab, iam: Any) -> str:
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName="phone", Path="/")
    device = made["VirtualMFADevice"]
    totp, now = pyotp.TOTP(device["Base32StringSeed"].decode()), int(lab.now().timestamp())
    iam.enable_mfa_device(
        UserName="alice",
        SerialNumber=device["SerialNumber"],
        AuthenticationCode1=totp.at(now - 30),
        AuthenticationCode2=totp.at(now),
    )
    return str(device["SerialNumber"])


@pytest.fixture
def trail(lab: Lab) -> Lab:
    """Give a lab whose trail has each of the events below."""
    iam = lab.client("iam")
    iam.create_user(UserName="alice", Path="/")
    iam.create_login_profile(UserName="alice", Password="Correct-horse-7")
    iam.update_login_profile(UserName="alice", Password="Correct-horse-8")
    iam.delete_login_profile(UserName="alice")
    iam.create_access_key(UserName="alice")
    serial = enroll(lab, iam)
    iam.deactivate_mfa_device(UserName="alice", SerialNumber=serial)
    iam.delete_virtual_mfa_device(SerialNumber=serial)
    iam.update_account_password_policy(
        MinimumPasswordLength=6, RequireSymbols=True, HardExpiry=False
    )
    iam.get_account_password_policy()
    iam.delete_account_password_policy()
    iam.list_users()
    lab.client("sts").get_caller_identity()
    return lab


@pytest.mark.parametrize(
    "name",
    [
        "CreateUser",
        "CreateLoginProfile",
        "DeleteLoginProfile",
        "CreateAccessKey",
        "ListUsers",
        "GetCallerIdentity",
    ],
)
def test_a_record_has_the_form_of_a_published_one(trail: Lab, name: str) -> None:
    real, ours = published("invictus", name), last(trail, name)

    assert form(without(ours, frozenset({"tlsDetails"}))) == form(
        without(real, frozenset({"tlsDetails"})) | {"eventVersion": "1.11"}
    )
    assert set(ours["tlsDetails"]) == set(real["tlsDetails"])


@pytest.mark.parametrize(
    "name",
    [
        "UpdateLoginProfile",
        "CreateVirtualMFADevice",
        "DeactivateMFADevice",
        "DeleteVirtualMFADevice",
        "UpdateAccountPasswordPolicy",
        "GetAccountPasswordPolicy",
        "DeleteAccountPasswordPolicy",
    ],
)
def test_a_record_says_what_a_published_one_says(trail: Lab, name: str) -> None:
    real, ours = published("splunk-security-content", name), last(trail, name)

    assert form(without(ours, VARYING)) == form(without(real, VARYING))


def test_the_switches_of_a_password_policy_are_recorded_though_they_were_not_sent(
    trail: Lab,
) -> None:
    real = published("splunk-security-content", "UpdateAccountPasswordPolicy")
    ours = last(trail, "UpdateAccountPasswordPolicy")

    assert ours["requestParameters"] == real["requestParameters"]


def test_a_failed_call_is_recorded_as_a_published_one_is(lab: Lab) -> None:
    real = published("invictus", "DeleteLoginProfile", "NoSuchEntityException")
    name = real["requestParameters"]["userName"]
    lab.client("iam").create_user(UserName=name)

    request = fail(lab.client("iam").delete_login_profile, UserName=name)

    ours = last(lab, "DeleteLoginProfile")
    assert form(without(ours, VARYING)) == form(without(real, VARYING))
    for key in ("requestParameters", "errorMessage", "errorCode"):
        assert ours[key] == real[key]
    assert ours["requestID"] == request


def test_a_denied_call_is_recorded_as_a_published_one_is(lab: Lab) -> None:
    real = published("traildiscover", "DeleteLoginProfile", "AccessDenied")
    iam = lab.client("iam")
    iam.create_user(UserName="TrailDiscover")
    made = iam.create_access_key(UserName="TrailDiscover")["AccessKey"]
    lab.deny("TrailDiscover", "iam:DeleteLoginProfile")
    key = Credentials(made["AccessKeyId"], made["SecretAccessKey"])

    fail(lab.client("iam", key).delete_login_profile, UserName="TrailDiscover")

    ours = last(lab, "DeleteLoginProfile")
    assert form(without(ours, VARYING)) == form(without(real, VARYING))
    assert ours["errorMessage"] == real["errorMessage"].replace("111111111111", lab.account_id)
    assert ours["requestParameters"] is None


ROLE, POLICY = "TrailDiscover-Role", "arn:aws:iam::111111111111:policy/TrailDiscover"


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("CreateUser", {"UserName": "TrailDiscover"}),
        ("ListUsers", {}),
        ("ListGroups", {}),
        ("ListSAMLProviders", {}),
        ("GetAccountAuthorizationDetails", {}),
        ("AddUserToGroup", {"GroupName": "TrailDiscover", "UserName": "someone"}),
        ("AttachUserPolicy", {"UserName": "TrailDiscover", "PolicyArn": POLICY}),
        ("PutUserPolicy", {"UserName": "TrailDiscover", "PolicyName": "p", "PolicyDocument": "{}"}),
        ("PutRolePolicy", {"RoleName": ROLE, "PolicyName": "p", "PolicyDocument": "{}"}),
        ("UpdateAssumeRolePolicy", {"RoleName": ROLE, "PolicyDocument": "{}"}),
        ("AddRoleToInstanceProfile", {"InstanceProfileName": "TrailDiscover", "RoleName": ROLE}),
        ("CreatePolicyVersion", {"PolicyArn": POLICY, "PolicyDocument": "{}"}),
        ("SetDefaultPolicyVersion", {"PolicyArn": POLICY, "VersionId": "v2"}),
        ("ChangePassword", {"OldPassword": "a", "NewPassword": "b"}),
        ("ListAccessKeys", {}),
    ],
)
def test_a_denial_names_the_resource_as_published_records_do(
    lab: Lab, name: str, parameters: dict[str, str]
) -> None:
    real = published("traildiscover", name, "AccessDenied")
    iam = lab.client("iam")
    iam.create_user(UserName="TrailDiscover")
    made = iam.create_access_key(UserName="TrailDiscover")["AccessKey"]
    lab.deny("TrailDiscover", f"iam:{name}")
    caller = lab.client("iam", Credentials(made["AccessKeyId"], made["SecretAccessKey"]))
    calls = {operation: method for method, operation in caller.meta.method_to_api_mapping.items()}

    fail(getattr(caller, calls[name]), **parameters)

    ours = last(lab, name)["errorMessage"].replace(lab.account_id, "1" * 12)
    assert ours == real["errorMessage"]


def test_an_assumed_role_is_recorded_as_a_published_one_is(lab: Lab) -> None:
    iam, arn = lab.client("iam"), f"arn:aws:iam::{lab.account_id}:root"
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": arn}}
    role = iam.create_role(
        RoleName="work",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )["Role"]
    given = lab.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="monday")
    made = given["Credentials"]
    session = Credentials(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])

    lab.client("iam", session).list_users()

    identity = last(lab, "ListUsers")["userIdentity"]
    context = identity.pop("sessionContext")
    assert identity == {
        "type": "AssumedRole",
        "principalId": f"{role['RoleId']}:monday",
        "arn": f"arn:aws:sts::{lab.account_id}:assumed-role/work/monday",
        "accountId": lab.account_id,
        "accessKeyId": made["AccessKeyId"],
    }
    assert context["attributes"]["mfaAuthenticated"] == "false"
    assert context["sessionIssuer"] == {
        "type": "Role",
        "principalId": role["RoleId"],
        "arn": role["Arn"],
        "accountId": lab.account_id,
        "userName": "work",
    }
    real, ours = published("invictus", "AssumeRole"), last(lab, "AssumeRole")
    assert set(ours["responseElements"]["credentials"]) == set(
        real["responseElements"]["credentials"]
    )
    assert set(ours["responseElements"]) == set(real["responseElements"])
    assert ours["readOnly"] is True


def test_an_uploaded_ssh_key_is_recorded_with_its_body(lab: Lab) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    body = key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    iam = lab.client("iam")
    iam.create_user(UserName="alice")

    made = iam.upload_ssh_public_key(UserName="alice", SSHPublicKeyBody=body)["SSHPublicKey"]
    iam.delete_ssh_public_key(UserName="alice", SSHPublicKeyId=made["SSHPublicKeyId"])

    upload = last(lab, "UploadSSHPublicKey")
    assert upload["requestParameters"] == {"userName": "alice", "sSHPublicKeyBody": body}
    shown = upload["responseElements"]["sSHPublicKey"]
    assert re.fullmatch(FORMS[0][1], shown.pop("uploadDate"))
    assert shown == {
        "userName": "alice",
        "sSHPublicKeyId": made["SSHPublicKeyId"],
        "fingerprint": made["Fingerprint"],
        "sSHPublicKeyBody": body,
        "status": "Active",
    }
    delete = last(lab, "DeleteSSHPublicKey")
    sent = {"userName": "alice", "sSHPublicKeyId": made["SSHPublicKeyId"]}
    assert (delete["requestParameters"], delete["responseElements"]) == (sent, None)


def test_no_secret_is_ever_recorded(lab: Lab) -> None:
    iam = lab.client("iam")
    iam.create_user(UserName="alice")
    iam.create_login_profile(UserName="alice", Password="Correct-horse-7")
    made = iam.create_access_key(UserName="alice")["AccessKey"]
    own = lab.client("iam", Credentials(made["AccessKeyId"], made["SecretAccessKey"]))
    own.change_password(OldPassword="Correct-horse-7", NewPassword="Correct-horse-8")
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]
    seed = device["Base32StringSeed"].decode()
    totp, now = pyotp.TOTP(seed), int(lab.now().timestamp())
    codes = {"AuthenticationCode1": totp.at(now - 30), "AuthenticationCode2": totp.at(now)}
    iam.enable_mfa_device(UserName="alice", SerialNumber=device["SerialNumber"], **codes)
    secrets = lab.client("secretsmanager")
    secrets.create_secret(Name="first-password", SecretString="Correct-horse-7")

    trail = json.dumps(lab.records())

    for secret in ("Correct-horse", made["SecretAccessKey"], seed, "uthenticationCode"):
        assert secret not in trail
    (record,) = [each for each in lab.records() if each["eventName"] == "CreateSecret"]
    assert record["eventSource"] == "secretsmanager.amazonaws.com"
    assert record["requestParameters"]["name"] == "first-password"
    assert "secretString" not in record["requestParameters"]


def test_a_call_without_parameters_has_none_recorded(lab: Lab) -> None:
    iam = lab.client("iam")
    iam.get_user()
    iam.list_access_keys()

    assert [record["requestParameters"] for record in lab.records()] == [None, None]


def test_a_console_session_is_told_from_a_key(lab: Lab) -> None:
    iam = lab.client("iam")
    iam.create_user(UserName="alice")
    iam.create_login_profile(UserName="alice", Password="Correct-horse-7")
    before = lab.sign_in("alice", "192.0.2.33")
    serial = enroll(lab, lab.client("iam", before))
    after = lab.sign_in("alice", "192.0.2.33")
    lab.client("iam", after).get_user()

    logins = [record for record in lab.records() if record["eventName"] == "ConsoleLogin"]
    assert [login["additionalEventData"]["MFAUsed"] for login in logins] == ["No", "Yes"]
    assert logins[1]["additionalEventData"]["MFAIdentifier"] == serial
    real = published("misc-permissive", "ConsoleLogin")
    assert logins[0]["responseElements"] == real["responseElements"]
    assert set(real["additionalEventData"]) <= set(logins[0]["additionalEventData"])

    def told(record: dict[str, Any]) -> tuple[Any, ...]:
        attributes = record["userIdentity"]["sessionContext"]["attributes"]
        mfa, console = attributes["mfaAuthenticated"], record["sessionCredentialFromConsole"]
        return record["sourceIPAddress"], mfa, console, "tlsDetails" in record

    assert told(last(lab, "EnableMFADevice")) == ("192.0.2.33", "false", "true", False)
    assert told(last(lab, "GetUser")) == ("192.0.2.33", "true", "true", False)
    assert "sessionCredentialFromConsole" not in last(lab, "CreateUser")
    used = iam.get_user(UserName="alice")["User"]["PasswordLastUsed"]
    assert f"{used:%Y-%m-%dT%H:%M:%S}Z" == logins[1]["eventTime"]


def test_a_key_is_shown_with_its_address_and_agent(lab: Lab) -> None:
    key = lab.administrator.access_key_id
    lab.client("iam").get_user()
    lab.address(key, "203.0.113.50", "aws-cli/2.31.4")
    lab.client("iam").get_user()
    lab.address(key, "203.0.113.51")
    lab.client("iam").get_user()

    first, second, third = lab.records()
    assert first["sourceIPAddress"] == "127.0.0.1"
    assert first["userAgent"].startswith("Boto3/")
    assert (second["sourceIPAddress"], second["userAgent"]) == ("203.0.113.50", "aws-cli/2.31.4")
    assert (third["sourceIPAddress"], third["userAgent"]) == ("203.0.113.51", first["userAgent"])


def test_a_regional_call_is_recorded_in_its_region_and_iam_in_one(lab: Lab) -> None:
    lab.client("sts", region="eu-central-1").get_caller_identity()
    lab.client("iam", region="eu-central-1").get_user()

    places = [(record["awsRegion"], record["eventName"]) for record in lab.records()]
    assert places == [("eu-central-1", "GetCallerIdentity"), ("us-east-1", "GetUser")]


def test_data_events_are_not_recorded(lab: Lab) -> None:
    bucket = lab.client("s3")
    bucket.create_bucket(Bucket="things")
    bucket.put_object(Bucket="things", Key="one", Body=b"1")
    assert bucket.head_object(Bucket="things", Key="one")["ContentLength"] == 1
    assert bucket.get_object(Bucket="things", Key="one")["Body"].read() == b"1"

    (record,) = lab.records()
    assert record["eventName"] == "CreateBucket"
    assert record["requestParameters"] == {"bucketName": "things", "Host": "s3.amazonaws.com"}
