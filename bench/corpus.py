"""A made-up trail to measure with: the same records in every run, made one after another.

    python bench/corpus.py FOLDER [EVENTS]

Of a thousand events 182 are of services that concern identity: 160 of STS (a sixth of a usual trail
is AssumeRole), 15 reads and 5 writes of IAM, 2 of sign-in and CloudTrail.  The others read and
write compute, keys, storage and logs.  One account, 40 users, 60 roles, 30 days; a record takes
about 1.2 kB, as published ones do.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate, islice
from pathlib import Path
from typing import Any

import deflate
import msgspec

Fields = dict[str, Any]
ACCOUNT = "111122223333"
EVENTS_PER_FILE = 300
_DAYS = 30
_USERS, _ROLES, _ADMINS, _PIPELINES = 40, 60, 4, 3
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_AGENTS = (
    "aws-sdk-go-v2/1.30.3 os/linux lang/go#1.22.5 md/GOOS#linux md/GOARCH#amd64 api/{}#1.36.3",
    "Boto3/1.34.131 md/Botocore#1.34.131 ua/2.0 os/linux#5.10.219 md/arch#x86_64 "
    "lang/python#3.11.9 md/pyimpl#CPython cfg/retry-mode#legacy Botocore/1.34.131 {}",
    "aws-cli/2.17.32 md/awscrt#0.21.2 ua/2.0 os/linux#6.5.0-44-generic md/arch#x86_64 "
    "lang/python#3.11.9 md/pyimpl#CPython md/installer#exe md/command#{}",
    "APN/1.0 HashiCorp/1.0 Terraform/1.7.5 (+https://www.terraform.io) "
    "terraform-provider-aws/5.58.0 os/linux lang/go#1.22.4 md/GOOS#linux api/{}#1.34.1",
)
_OTHERS = {
    "ec2": (260, "DescribeInstances DescribeVolumes DescribeTags CreateNetworkInterface"),
    "kms": (190, "Decrypt GenerateDataKey DescribeKey"),
    "s3": (150, "GetBucketAcl GetObject PutObject ListObjects"),
    "ssm": (100, "UpdateInstanceInformation GetParameter"),
    "logs": (70, "CreateLogStream DescribeLogGroups"),
    "lambda": (48, "GetFunction20150331v2 Invoke"),
}
_IAM_READS = "GetRole ListRoles ListAttachedRolePolicies GetPolicy GetUser ListUsers ListAccessKeys"
_IAM_WRITES = {
    "AttachRolePolicy": 12,
    "PutRolePolicy": 9,
    "CreateRole": 9,
    "DeleteRole": 7,
    "TagRole": 8,
    "CreatePolicyVersion": 5,
    "UpdateAssumeRolePolicy": 3,
    "AttachUserPolicy": 2,
    "AddUserToGroup": 2,
    "CreateUser": 2,
    "DeleteUser": 1,
    "CreateAccessKey": 4,
    "UpdateAccessKey": 3,
    "DeleteAccessKey": 3,
    "CreateLoginProfile": 2,
    "UpdateLoginProfile": 2,
    "DeleteLoginProfile": 1,
    "ChangePassword": 3,
    "CreateVirtualMFADevice": 2,
    "EnableMFADevice": 2,
    "DeactivateMFADevice": 1,
    "DeleteVirtualMFADevice": 1,
    "UploadSSHPublicKey": 1,
    "UpdateSSHPublicKey": 1,
    "DeleteSSHPublicKey": 1,
    "UpdateAccountPasswordPolicy": 1,
}
"""How often each write of IAM occurs beside the others."""


@dataclass(frozen=True, slots=True)
class Size:
    """What was written."""

    events: int
    identity: int
    files: int
    json_bytes: int


@dataclass(frozen=True, slots=True)
class _Moment:
    """One event to be made: chance, the hour and the rest of the time, and its number."""

    chance: random.Random
    hour: str
    rest: str
    number: int

    def hexadecimal(self, bits: int) -> str:
        return self.chance.randbytes(bits // 8).hex()

    def near_first(self, count: int) -> int:
        """Choose a number under `count`, small ones far oftener, as with users and roles."""
        return int(self.chance.random() ** 2.5 * count)


def records(events: int, *, seed: int = 7, only_identity: bool = False) -> Iterator[Fields]:
    """Make the records in the order of time; `only_identity` makes them all of those services."""
    chance = random.Random(seed)
    kinds = _identity_kinds() | ({} if only_identity else _other_kinds())
    makers, weights = list(kinds), list(accumulate(kinds.values()))
    for number in range(events):
        hour, rest = divmod(_DAYS * 86400 * number // events, 3600)
        day, minute = (
            f"2026-03-{hour // 24 + 1:02}T{hour % 24:02}",
            f":{rest // 60:02}:{rest % 60:02}Z",
        )
        maker = chance.choices(makers, cum_weights=weights)[0]
        yield maker(_Moment(chance, day, minute, number))


def write(folder: Path, events: int) -> Size:
    """Write the records in files as a trail delivers them: gzip, one object, one line."""
    folder.mkdir(parents=True)
    made, files, size, identity = records(events), 0, 0, 0
    while part := list(islice(made, EVENTS_PER_FILE)):
        text = msgspec.json.encode({"Records": part})
        (folder / f"{files:07}.json.gz").write_bytes(deflate.gzip_compress(text, 6))
        files, size = files + 1, size + len(text)
        identity += sum(record["eventSource"] in _IDENTITY for record in part)
    return Size(events, identity, files, size)


_IDENTITY = frozenset(
    f"{service}.amazonaws.com" for service in ("sts", "iam", "signin", "cloudtrail")
)
_Maker = Callable[[_Moment], Fields]


def _identity_kinds() -> dict[_Maker, int]:
    return {_assume_role: 150, _who_am_i: 10, _read_iam: 15, _write_iam: 5, _sign_in: 1, _trail: 1}


def _other_kinds() -> dict[_Maker, int]:
    return {_other(service, names.split()): n for service, (n, names) in _OTHERS.items()}


def _record(now: _Moment, service: str, name: str, by: Fields, **fields: Any) -> Fields:
    """Make a record with the fields in CloudTrail's order."""
    agent = now.chance.choice(_AGENTS).format(service)
    return {
        "eventVersion": "1.09",
        "userIdentity": by,
        "eventTime": now.hour + now.rest,
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": "us-east-1",
        "sourceIPAddress": by.get("invokedBy", f"198.51.100.{now.near_first(200)}"),
        "userAgent": by.get("invokedBy", agent),
        "requestParameters": None,
        "responseElements": None,
        **fields,
        "requestID": now.hexadecimal(128),
        "eventID": f"{now.hexadecimal(96)}{now.number:08x}",
        "readOnly": name.startswith(("Get", "List", "Describe", "Assume")),
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
        "tlsDetails": {
            "tlsVersion": "TLSv1.3",
            "cipherSuite": "TLS_AES_128_GCM_SHA256",
            "clientProvidedHostHeader": f"{service}.us-east-1.amazonaws.com",
        },
    }


def _stable_id(prefix: str, number: int, length: int = 17) -> str:
    """Make an id of a number, with no chance in it."""
    digits = random.Random(f"{prefix}{number}").choices(_LETTERS, k=length)
    return prefix + "".join(digits)


_USER_IDS = [_stable_id("AIDA", number) for number in range(_USERS)]
_USER_KEYS = [_stable_id("AKIA", number, 16) for number in range(2 * _USERS)]
_SSH_KEYS = [_stable_id("APKA", number, 16) for number in range(_USERS)]
_ROLE_IDS = [_stable_id("AROA", number) for number in range(_ROLES)]


def _user(now: _Moment, number: int) -> Fields:
    """Make the identity of a user: by a long-lived key, or in a session that often used MFA."""
    name = f"user-{number}"
    identity = {
        "type": "IAMUser",
        "principalId": _USER_IDS[number],
        "arn": f"arn:aws:iam::{ACCOUNT}:user/{name}",
        "accountId": ACCOUNT,
        "accessKeyId": _USER_KEYS[number],
        "userName": name,
    }
    if now.chance.random() < 0.4:
        identity["accessKeyId"] = _stable_session(now, _USER_IDS[number])
        identity["sessionContext"] = {"attributes": _attributes(now, now.chance.random() < 0.8)}
    return identity


def _stable_session(now: _Moment, owner: str) -> str:
    """Name the key of a session, which lasts for an hour."""
    return f"ASIA{owner[4:12]}{now.hour[8:10]}{now.hour[11:]}AAAA"


def _attributes(now: _Moment, mfa: bool) -> Fields:
    return {"creationDate": f"{now.hour}:00:00Z", "mfaAuthenticated": str(mfa).lower()}


def _role(now: _Moment, number: int) -> Fields:
    """Make the identity of a role's session."""
    name, session = f"service-role-{number}", f"i-0{number:016x}"
    return {
        "type": "AssumedRole",
        "principalId": f"{_ROLE_IDS[number]}:{session}",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{session}",
        "accountId": ACCOUNT,
        "accessKeyId": _stable_session(now, _ROLE_IDS[number]),
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": _ROLE_IDS[number],
                "arn": f"arn:aws:iam::{ACCOUNT}:role/{name}",
                "accountId": ACCOUNT,
                "userName": name,
            },
            "attributes": _attributes(now, mfa=False),
        },
    }


def _anyone(now: _Moment) -> Fields:
    if now.chance.random() < 0.15:
        return _user(now, now.near_first(_USERS))
    return _role(now, now.near_first(_ROLES))


def _assume_role(now: _Moment) -> Fields:
    number, session = now.near_first(_ROLES), f"session-{now.chance.randrange(10**9)}"
    arn = f"arn:aws:iam::{ACCOUNT}:role/service-role-{number}"
    service = now.chance.choice(("ec2", "lambda", "ecs-tasks", "config"))
    invoked = {"type": "AWSService", "invokedBy": f"{service}.amazonaws.com"}
    by = invoked if now.chance.random() < 0.5 else _anyone(now)
    return _record(
        now,
        "sts",
        "AssumeRole",
        by,
        requestParameters={"roleArn": arn, "roleSessionName": session, "durationSeconds": 3600},
        responseElements={
            "credentials": {
                "accessKeyId": _stable_session(now, _ROLE_IDS[number]),
                "sessionToken": f"IQoJb3JpZ2luX2VjE{now.hexadecimal(1600)}",
                "expiration": "Mar 1, 2026, 1:00:00 AM",
            },
            "assumedRoleUser": {"assumedRoleId": f"{_ROLE_IDS[number]}:{session}", "arn": arn},
        },
        resources=[{"accountId": ACCOUNT, "type": "AWS::IAM::Role", "ARN": arn}],
    )


def _who_am_i(now: _Moment) -> Fields:
    return _record(now, "sts", "GetCallerIdentity", _anyone(now))


def _read_iam(now: _Moment) -> Fields:
    name = now.chance.choice(_IAM_READS.split())
    request = {"roleName": f"service-role-{now.near_first(_ROLES)}"} if "Role" in name else None
    return _record(now, "iam", name, _anyone(now), requestParameters=request)


def _sign_in(now: _Moment) -> Fields:
    number, failed = now.near_first(_USERS), now.chance.random() < 0.1
    identity = _user(now, number)
    return _record(
        now,
        "signin",
        "ConsoleLogin",
        {key: identity[key] for key in ("type", "principalId", "arn", "accountId", "userName")},
        responseElements={"ConsoleLogin": "Failure" if failed else "Success"},
        additionalEventData={"MFAUsed": now.chance.choice(("Yes", "Yes", "No"))},
    )


def _trail(now: _Moment) -> Fields:
    return _record(now, "cloudtrail", "DescribeTrails", _anyone(now))


def _write_iam(now: _Moment) -> Fields:
    """Make a write of IAM: most by a pipeline or an administrator, some refused."""
    name = now.chance.choices(list(_IAM_WRITES), list(_IAM_WRITES.values()))[0]
    owner = now.near_first(_USERS)
    if name == "ChangePassword":
        by = _user(now, owner)
    elif now.chance.random() < 0.6:
        by = _role(now, now.chance.randrange(_PIPELINES))
    else:
        by = _user(now, now.chance.randrange(_ADMINS))
    if now.chance.random() < 0.03:
        resource = f"arn:aws:iam::{ACCOUNT}:user/user-{owner}"
        message = (
            f"User: {by['arn']} is not authorized to perform: iam:{name} on resource: {resource} "
            f"because no identity-based policy allows the iam:{name} action"
        )
        return _record(now, "iam", name, by, errorCode="AccessDenied", errorMessage=message)
    request, response = _asked(now, name, owner)
    return _record(
        now, "iam", name, by, requestParameters=request, responseElements=response or None
    )


def _asked(now: _Moment, name: str, owner: int) -> tuple[Fields, Mapping[str, Fields]]:
    """Make the request and the answer of a write of IAM."""
    user = {"userName": f"user-{owner}"}
    if "Role" in name or "PolicyVersion" in name:
        document = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject",'
        document += f'"Resource":"arn:aws:s3:::bucket-{now.near_first(40)}/*"}}]}}'
        role = {"roleName": f"service-role-{now.near_first(_ROLES)}"}
        return {**role, "policyDocument": document}, {}
    if name == "UpdateAccountPasswordPolicy":
        return {"minimumPasswordLength": now.chance.choice((8, 12, 14)), "requireSymbols": True}, {}
    if "MFADevice" in name:
        serial = f"arn:aws:iam::{ACCOUNT}:mfa/phone-{owner}"
        if name == "CreateVirtualMFADevice":
            answer = {"virtualMFADevice": {"serialNumber": serial}}
            return {"virtualMFADeviceName": f"phone-{owner}"}, answer
        device = {"serialNumber": serial}
        return device if name == "DeleteVirtualMFADevice" else {**user, **device}, {}
    if "AccessKey" in name:
        key = _USER_KEYS[owner + _USERS * now.chance.randrange(2)]
        made = {"accessKey": {**user, "accessKeyId": key, "status": "Active"}}
        return _on_key(now, name, user, "accessKeyId", key), made if "Create" in name else {}
    if "SSHPublicKey" in name:
        key, body = _SSH_KEYS[owner], f"ssh-rsa AAAA{owner:060x}"
        made = {"sSHPublicKey": {"sSHPublicKeyId": key, "status": "Active", "fingerprint": "12:34"}}
        asked = {**user, "sSHPublicKeyBody": body} if "Upload" in name else {}
        return asked or _on_key(now, name, user, "sSHPublicKeyId", key), made if asked else {}
    if name == "AttachUserPolicy":
        return {**user, "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}, {}
    return user, {}


def _on_key(now: _Moment, name: str, user: Fields, field: str, key: str) -> Fields:
    if "Create" in name:
        return user
    status = {"status": now.chance.choice(("Active", "Inactive"))} if "Update" in name else {}
    return {**user, field: key, **status}


def _other(service: str, names: list[str]) -> _Maker:
    """Give a maker of the calls of another service."""

    def make(now: _Moment) -> Fields:
        thing = f"{service}-{now.near_first(500)}"
        request = {
            "name": thing,
            "clientToken": now.hexadecimal(128),
            "filterSet": {"items": [{"name": "vpc-id", "valueSet": {"items": [{"value": thing}]}}]},
        }
        return _record(
            now,
            service,
            now.chance.choice(names),
            _anyone(now),
            requestParameters=request,
            additionalEventData={
                "SignatureVersion": "SigV4",
                "AuthenticationMethod": "AuthHeader",
                "x-amz-id-2": now.hexadecimal(288),
                "bytesTransferredOut": now.chance.randrange(100_000),
            },
            resources=[{"type": f"AWS::{service}", "ARN": f"arn:aws:{service}:::{thing}"}],
        )

    return make


if __name__ == "__main__":
    print(write(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000))  # noqa: T201
