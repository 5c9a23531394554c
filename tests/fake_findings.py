"""Findings about users and roles of a fake account, and runs of their plans on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from random import Random

from tests.fake_account import (
    ACCOUNT,
    ADMINISTRATOR,
    LONG_AGO,
    NOW,
    Bearer,
    FakeAccount,
    allow,
    document,
)
from tests.worlds import ssh_body
from trailmend.calls import Client
from trailmend.changing.journal import Entry
from trailmend.changing.settle import Clock, Patience, Run
from trailmend.changing.sinks import FileSink, PlanSink
from trailmend.guards import Guard
from trailmend.plan import Actor, Facts, Part, Plan, remediations
from trailmend.planning.making import make_plan
from trailmend.remediations.principals import DENIAL, QUARANTINE
from trailmend.remediations.ssh_keys import fingerprint_of

KEY, SSH_KEY = "AKIAEXAMPLE000000001", "APKAEXAMPLE000000001"
_BODY = ssh_body(1)
_PASSWORDS = {"MinimumPasswordLength": 14, "AllowUsersToChangePassword": True}
OF_THE_ACCOUNT = (
    "mfa_devices.remove_unassigned_device",
    "password_policy.enforce_password_policy",
    "password_policy.restore_password_policy",
    "trails.repair_trail",
)
"""Fixes that name no user and no role."""
OF_ROLES = (
    "principals.quarantine_caller",
    "principals.quarantine_target",
    "principals.release",
    "principals.revoke_callers_sessions",
    "principals.revoke_role_sessions",
    "trails.attach_trail_reader",
)
IN_THE_LAB_ALONE = (
    "account_assignments",
    "boundaries",
    "directory_groups",
    "groups",
    "inline_policies",
    "organization_accounts",
    "organization_policies",
    "organization_policy_types",
    "instance_profiles",
    "oidc_providers",
    "permission_sets",
    "policies",
    "policy_versions",
    "roles",
    "roles_anywhere",
    "saml_providers",
    "service_credentials",
    "sso_applications",
    "trail_lifecycles",
)
"""Modules whose fixes the fake account cannot answer; in the lab the guard meets each of them."""
OF_USERS = tuple(
    sorted(
        key
        for key in remediations().keys() - {*OF_THE_ACCOUNT, "principals.revoke_role_sessions"}
        if key.partition(".")[0] not in IN_THE_LAB_ALONE
    )
)


EVERYONE = document({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"})
STILL = Clock(lambda: NOW + timedelta(minutes=1), lambda: 0.0, lambda _: None)
"""A clock that stands."""


def some_account() -> FakeAccount:
    """Make an account with three roles that may do everything."""
    account = FakeAccount(passwords=dict(_PASSWORDS))
    for name in ("admins", "auditors", "night"):
        account.add(Bearer(name, "role", attached=[ADMINISTRATOR], trust=EVERYONE))
    return account


def target(rng: Random, fix: str, kind: str, name: str, path: str) -> Bearer:
    """Make a user or a role that needs the fix."""
    bearer = Bearer(name, kind, path=path, trust=EVERYONE)
    if rng.random() < 0.5:
        bearer.inline["work"] = document(allow(rng.choice(["*", "s3:*", "iam:Get*"])))
    if fix == "principals.release":
        bearer.inline[QUARANTINE] = dict(DENIAL)
    if kind == "role":
        return bearer
    bearer.keys[KEY] = "Inactive" if fix == "access_keys.delete_access_key" else "Active"
    bearer.ssh[SSH_KEY] = (_BODY, "Active")
    if fix == "ssh_keys.restore_ssh_key":
        bearer.ssh = rng.choice([{}, {SSH_KEY: (_BODY, "Inactive")}])
    made = fix.startswith("login_profiles.create_")
    bearer.password = None if made else LONG_AGO
    if fix != "mfa_devices.enrol_virtual_device":
        bearer.devices[f"arn:aws:iam::{ACCOUNT}:mfa/phone"] = LONG_AGO
    return bearer


def facts_of(fix: str, bearer: Bearer) -> Facts:
    """Tell the fix what a finding knows, of its target or of its caller."""
    if fix.startswith("mfa_devices."):
        thing = f"arn:aws:iam::{ACCOUNT}:mfa/phone"
    else:
        thing = SSH_KEY if fix.startswith("ssh_keys.") else KEY
    user = bearer.name if bearer.kind == "user" else None
    return Facts(
        account_id=ACCOUNT,
        finding_id="f" * 16,
        event_id="e" * 16,
        event_name="Event",
        event_time="2026-03-02T09:00:00Z",
        asked_at=f"{NOW:%Y-%m-%dT%H:%M:%SZ}",
        actor=Actor(kind=bearer.kind, name=bearer.name, arn=bearer.arn),
        user_name=user,
        role_name=None if user else bearer.name,
        object_id=thing,
        before={
            "ssh_public_key_body": _BODY,
            "fingerprint": fingerprint_of(_BODY),
            "status": "Active",
        },
    )


class ListJournal:
    """A journal in memory."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []

    def add(self, entry: Entry) -> None:
        self._entries.append(entry)

    def entries(self) -> Sequence[Entry]:
        return tuple(self._entries)


def run_of(
    client: Client,
    plan: Plan,
    folder: Path,
    *,
    guard: Guard = lambda _: None,
    clock: Clock = STILL,
    patience: Patience | None = None,
) -> Run:
    """Make ready to apply a plan, by default with no guard, and without waiting."""
    return Run(
        plan=plan,
        client=client,
        journal=ListJournal(),
        guard=guard,
        sink=PlanSink(FileSink(folder / "secrets"), plan.id),
        clock=clock,
        patience=patience or Patience(agreeing=1, timeout=0),
    )


def unguarded(account: FakeAccount, part: Part) -> Plan:
    """Plan a fix with no guard; it must find something to do."""
    plan = make_plan([[part]], account, guard=lambda _: None, now=NOW)
    assert plan.changes, part.fix
    return plan
