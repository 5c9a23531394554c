"""Accounts in the lab for the tests of the engine: what went wrong, and the fix for it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import boto3
import botocore.session
from botocore.exceptions import ClientError
from botocore.loaders import create_loader

from tests.state import anywhere, applications, center, identities, organization
from trailmend.aws import AwsClient
from trailmend.calls import Call, Client
from trailmend.changing.journal import Progress
from trailmend.changing.settle import Clock, Patience
from trailmend.database import open_database
from trailmend.desk import Account, Desk, apply_plan, plan_fix, roll_back_plan
from trailmend.lab import Credentials, Lab
from trailmend.plan import Facts, Part, Plan, Remediation
from trailmend.planning.approvals import Person
from trailmend.planning.kept import approve_plan
from trailmend.remediations.access_keys import deactivate_access_key, deactivate_callers_key
from trailmend.remediations.password_policy import (
    enforce_password_policy,
    restore_password_policy,
)
from trailmend.remediations.ssh_keys import fingerprint_of, restore_ssh_key
from trailmend.settings import Settings

WRITES = (
    *("Update", "Delete", "Create", "Upload", "Put", "Attach", "Detach", "Tag"),
    *("Enable", "Deactivate", "Start", "Stop", "Add", "Remove", "Set", "Reset", "Change"),
    *("Move", "Register", "Deregister", "Disable", "Provision"),
)
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
_PEOPLE = {"AWS": "arn:aws:iam::123456789012:root"}
_MODELS = create_loader()  # reads each service model once


def ssh_body(number: int = 0, comment: str = "") -> str:
    """Make an RSA key of 2048 bits that the lab accepts; numbers give different keys."""
    modulus = (0xC5 << 2040 | number << 16 | 1).to_bytes(257, "big")
    parts = (b"ssh-rsa", (65537).to_bytes(3, "big"), modulus)
    blob = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return f"ssh-rsa {base64.b64encode(blob).decode()} {comment}".strip()


class PatientClock:
    """A clock that waits by moving on: the lab's time with it, and no real time."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.lab.advance(seconds)

    @property
    def clock(self) -> Clock:
        return Clock(self.lab.now, lambda: self.lab.now().timestamp(), self.sleep)


def account_of(lab: Lab, who: Credentials | None = None) -> AwsClient:
    return _account(lab.endpoint_url, lab.region, who or lab.administrator)


@lru_cache(maxsize=100)
def _account(endpoint_url: str, region: str, who: Credentials) -> AwsClient:
    """Make an account once: its clients take longer than the calls of most tests."""
    core = botocore.session.Session()
    core.register_component("data_loader", _MODELS)
    session = boto3.Session(
        botocore_session=core,
        aws_access_key_id=who.access_key_id,
        aws_secret_access_key=who.secret_access_key,
        aws_session_token=who.session_token,
        region_name=region,
    )
    return AwsClient(session, endpoint_url)


class Wrapped:
    """An account whose every call goes through `around(call, client)`."""

    def __init__(
        self, account: Account, around: Callable[[Call, Client], Mapping[str, Any]]
    ) -> None:
        self._account = account
        self._around = around

    @property
    def access_key_id(self) -> str:
        return self._account.access_key_id

    def __call__(self, call: Call) -> Mapping[str, Any]:
        return self._around(call, self._account)

    def writing(self, plan_id: str) -> Client:
        client = self._account.writing(plan_id)
        return lambda call: self._around(call, client)


def desk_of(lab: Lab, folder: Path, account: Account | None = None, **more: Any) -> Desk:
    """Open the desk of a workspace; its clock is the lab's, and waits without waiting.

    It is less patient than the product, which only saves reads.
    """
    patient: dict[str, Any] = {
        "clock": PatientClock(lab).clock,
        "patience": Patience(agreeing=1, timeout=30),
    }
    return Desk(open_database(folder), account or account_of(lab), **patient | more)


@dataclass(frozen=True)
class Case:
    """A fix, and an account that needs it."""

    name: str
    fix: Remediation
    build: Callable[[Lab], dict[str, Any]]

    def facts(self, lab: Lab) -> Facts:
        """Make the account need the fix an hour ago, and give what the finding knows."""
        lab.advance(-3600)
        known = {
            "account_id": lab.account_id,
            "finding_id": "f" * 16,
            "event_id": "e" * 16,
            "event_name": "Event",
            "event_time": "2026-03-02T09:00:00Z",
            "baseline": Settings().baseline,
        }
        facts = Facts(**(known | self.build(lab)))
        lab.advance(3600)
        return facts


def make_administrators(lab: Lab) -> None:
    """Make two roles that people can take and that may do everything, beside the lab's own."""
    iam = lab.client("iam")
    for name in ("admins", "auditors"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(_PEOPLE))
        iam.attach_role_policy(RoleName=name, PolicyArn=ADMINISTRATOR)


def trust(principal: Mapping[str, Any] | str) -> str:
    """Write a trust policy."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _bob(lab: Lab) -> Any:
    iam = lab.client("iam")
    iam.create_user(UserName="bob", Path="/staff/")
    return iam


def _active_key(lab: Lab, *, told: bool = True) -> dict[str, Any]:
    make_administrators(lab)
    iam = _bob(lab)
    iam.create_access_key(UserName="bob")
    key = iam.create_access_key(UserName="bob")["AccessKey"]["AccessKeyId"]
    return {"user_name": "bob" if told else None, "object_id": key}


def _policy(lab: Lab, **policy: Any) -> None:
    lab.client("iam").update_account_password_policy(**policy)


def _no_policy(before: dict[str, Any] | None) -> Callable[[Lab], dict[str, Any]]:
    return lambda lab: {"before": before}


def _weak_policy(lab: Lab) -> dict[str, Any]:
    _policy(lab, MinimumPasswordLength=8, RequireNumbers=True, MaxPasswordAge=365)
    return {}


def _weakened_policy(lab: Lab) -> dict[str, Any]:
    make_administrators(lab)
    _policy(lab, MinimumPasswordLength=6, PasswordReusePrevention=5)
    return {
        "before": {
            "minimumPasswordLength": 12,
            "requireSymbols": True,
            "maxPasswordAge": 90,
            "hardExpiry": True,
            "allowUsersToChangePassword": True,
        }
    }


def _ssh_facts(body: str, status: str, object_id: str) -> dict[str, Any]:
    before = {
        "ssh_public_key_body": body,
        "fingerprint": fingerprint_of(body),
        "status": status,
    }
    return {"user_name": "bob", "object_id": object_id, "before": before}


def _deleted_key(status: str) -> Callable[[Lab], dict[str, Any]]:
    def build(lab: Lab) -> dict[str, Any]:
        iam = _bob(lab)
        iam.upload_ssh_public_key(UserName="bob", SSHPublicKeyBody=ssh_body(1))
        made = iam.upload_ssh_public_key(UserName="bob", SSHPublicKeyBody=ssh_body(2))
        key = made["SSHPublicKey"]["SSHPublicKeyId"]
        iam.delete_ssh_public_key(UserName="bob", SSHPublicKeyId=key)
        return _ssh_facts(ssh_body(2, "bob@laptop"), status, key)

    return build


def _sleeping_key(lab: Lab) -> dict[str, Any]:
    iam = _bob(lab)
    made = iam.upload_ssh_public_key(UserName="bob", SSHPublicKeyBody=ssh_body(3))
    key = made["SSHPublicKey"]["SSHPublicKeyId"]
    iam.update_ssh_public_key(UserName="bob", SSHPublicKeyId=key, Status="Inactive")
    return _ssh_facts(ssh_body(3), "Active", key)


_BEFORE = {"minimumPasswordLength": 16, "requireSymbols": True, "passwordReusePrevention": 3}
CASES = {
    case.name: case
    for case in (
        Case("active key", deactivate_access_key, _active_key),
        Case(
            "key of an unknown owner",
            deactivate_access_key,
            lambda lab: _active_key(lab, told=False),
        ),
        Case("key of the caller", deactivate_callers_key, _active_key),
        Case("deleted policy", restore_password_policy, _no_policy(_BEFORE)),
        Case("deleted policy that no log knows", restore_password_policy, _no_policy(None)),
        Case("weakened policy", restore_password_policy, _weakened_policy),
        Case("no policy", enforce_password_policy, _no_policy(None)),
        Case("weak policy", enforce_password_policy, _weak_policy),
        Case("deleted SSH key", restore_ssh_key, _deleted_key("Active")),
        Case("deleted SSH key that was inactive", restore_ssh_key, _deleted_key("Inactive")),
        Case("SSH key that was made inactive", restore_ssh_key, _sleeping_key),
    )
}


def approved(desk: Desk, case: Case, lab: Lab) -> Plan:
    """Build the case, plan its fix and approve the plan."""
    return approve(desk, plan_of(desk, case.fix, case.facts(lab)))


def plan_of(desk: Desk, fix: Remediation, facts: Facts) -> Plan:
    """Plan one fix."""
    return plan_fix(desk, [[Part(fix.key, facts)]])


def approve(desk: Desk, plan: Plan) -> Plan:
    """Have somebody else than who asked approve a plan."""
    rules, now = desk.settings.approval, desk.clock.now()
    approve_plan(desk.engine, plan, by=Person("kim"), now=now, rules=rules, log=desk.log)
    return plan


def applied(desk: Desk, case: Case, lab: Lab) -> tuple[Plan, Progress]:
    plan = approved(desk, case, lab)
    return plan, carry_out(desk, plan.id)


def carry_out(desk: Desk, plan_id: str, *, resume: bool = False) -> Progress:
    """Apply a plan with consent to all that it does."""
    return apply_plan(desk, plan_id, resume=resume, accept_irreversible=True)


def take_back(desk: Desk, plan_id: str, *, only: Iterable[int] | None = None) -> Progress:
    """Roll a plan back with consent to all that comes back."""
    return roll_back_plan(
        desk, plan_id, only=only, accept_revived_access=True, accept_lost_logging=True
    )


def writes(lab: Lab) -> list[tuple[str, Mapping[str, Any]]]:
    """List the writes that reached the lab, refused ones too."""
    return [
        (call.operation, call.parameters) for call in lab.calls if call.operation.startswith(WRITES)
    ]


def effects(lab: Lab) -> list[str]:
    """List the operations that took effect."""
    return [
        call.operation
        for call in lab.calls
        if call.operation.startswith(WRITES) and call.error is None
    ]


def snapshot(lab: Lab) -> dict[str, Any]:
    """Show what the engine can change, without times and without the ids that AWS makes anew."""
    return identities(lab) | {
        "trails": _trails(lab),
        "buckets": _buckets(lab),
        "organization": organization(lab),
        "center": center(lab),
        "anywhere": anywhere(lab),
        "applications": applications(lab),
    }


def asked_identities(lab: Lab) -> dict[str, Any]:
    """Ask AWS for what `identities` shows, as far as it is asked for in few calls."""
    iam = lab.client("iam")
    devices = iam.list_virtual_mfa_devices(AssignmentStatus="Unassigned")["VirtualMFADevices"]
    return {
        "users": {
            one["UserName"]: _user(iam, one["UserName"]) for one in iam.list_users()["Users"]
        },
        "roles": {
            one["RoleName"]: _policies(iam, "role", one["RoleName"])
            for one in iam.list_roles()["Roles"]
        },
        "groups": {
            one["GroupName"]: _policies(iam, "group", one["GroupName"])
            for one in iam.list_groups()["Groups"]
        },
        "managed": {
            one["Arn"]: _versions(iam, one["Arn"])
            for one in iam.list_policies(Scope="Local")["Policies"]
        },
        "unassigned": [one["SerialNumber"] for one in devices],
    }


def plain(account: dict[str, Any]) -> dict[str, Any]:
    """Leave out of a snapshot the ids of access keys, which are others in each account."""
    users = {
        name: user | {"keys": sorted(user["keys"].values())}
        for name, user in account["users"].items()
    }
    return account | {"users": users}


def _asked(question: Callable[[], Any]) -> Any:
    """Give an answer, or None where there is nothing of that name."""
    try:
        return question()
    except ClientError as error:
        if not error.response["Error"]["Code"].startswith(("NoSuch", "404")):
            raise
        return None


def _user(iam: Any, name: str) -> dict[str, Any]:
    keys = iam.list_access_keys(UserName=name)["AccessKeyMetadata"]
    ids = [
        one["SSHPublicKeyId"] for one in iam.list_ssh_public_keys(UserName=name)["SSHPublicKeys"]
    ]
    shown = [
        iam.get_ssh_public_key(UserName=name, SSHPublicKeyId=one, Encoding="SSH")["SSHPublicKey"]
        for one in ids
    ]
    devices = iam.list_mfa_devices(UserName=name)["MFADevices"]
    profile = _asked(lambda: iam.get_login_profile(UserName=name)["LoginProfile"])
    return {
        "keys": {key["AccessKeyId"]: key["Status"] for key in keys},
        "ssh": sorted((one["SSHPublicKeyBody"].split()[1], one["Status"]) for one in shown),
        "password": profile and profile.get("PasswordResetRequired", False),
        "mfa": sorted(one["SerialNumber"] for one in devices),
        "policies": _policies(iam, "user", name),
    }


def _policies(iam: Any, kind: str, name: str) -> dict[str, Any]:
    params = {f"{kind.title()}Name": name}
    inline = getattr(iam, f"list_{kind}_policies")(**params)["PolicyNames"]
    get = getattr(iam, f"get_{kind}_policy")
    attached = getattr(iam, f"list_attached_{kind}_policies")(**params)["AttachedPolicies"]
    shown = getattr(iam, f"get_{kind}")(**params)[kind.title()]
    return {
        "inline": {one: get(**params, PolicyName=one)["PolicyDocument"] for one in inline},
        "attached": sorted(one["PolicyArn"] for one in attached),
        "boundary": shown.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
    }


def _versions(iam: Any, arn: str) -> list[tuple[bool, Any]]:
    """Read what each version of a policy says, and whether it is in force."""
    listed = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    return [
        (
            one["IsDefaultVersion"],
            iam.get_policy_version(PolicyArn=arn, VersionId=one["VersionId"])["PolicyVersion"][
                "Document"
            ],
        )
        for one in listed
    ]


def _trails(lab: Lab) -> dict[str, Any]:
    client = lab.client("cloudtrail")
    return {
        one["Name"]: one
        | {
            "logging": client.get_trail_status(Name=one["TrailARN"])["IsLogging"],
            "selectors": {
                name: value
                for name, value in client.get_event_selectors(TrailName=one["TrailARN"]).items()
                if name.endswith("Selectors")
            },
        }
        for one in client.describe_trails()["trailList"]
    }


def _buckets(lab: Lab) -> dict[str, Any]:
    client = lab.client("s3")
    return {one["Name"]: _bucket(client, one["Name"]) for one in client.list_buckets()["Buckets"]}


def _bucket(client: Any, name: str) -> Any:
    policy = _asked(lambda: client.get_bucket_policy(Bucket=name)["Policy"])
    block = _asked(lambda: client.get_public_access_block(Bucket=name))
    life = _asked(lambda: client.get_bucket_lifecycle_configuration(Bucket=name))
    return (
        policy and json.loads(policy),
        block and block["PublicAccessBlockConfiguration"],
        life and (life["Rules"], life["TransitionDefaultMinimumObjectSize"]),
    )


def plan_calls(plan: Plan) -> list[Call]:
    return [change.call for change in plan.changes]
