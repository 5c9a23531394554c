"""Accounts that need the fixes of principals."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import structs

from tests.worlds import Case, account_of, make_administrators, trust
from trailmend.calls import Call, Change, ask
from trailmend.lab import Lab
from trailmend.plan import Actor, Facts, Proposal, Remediation, propose
from trailmend.remediations.principals import (
    DENIAL,
    QUARANTINE,
    REVOCATION,
    quarantine_caller,
    quarantine_target,
    release,
    revoke_callers_sessions,
    revoke_role_sessions,
    revoke_user_sessions,
)
from trailmend.remediations.roles import close_trust, restore_trust_policy

ASKED_AT = "2026-03-02T09:30:00Z"
"""The same whenever an account is made, because revocations are told by it."""
Build = Callable[[Lab], dict[str, Any]]

_IAM_DENIED = {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}
SMALL_DENIAL = {
    "Version": "2012-10-17",
    "Statement": [_IAM_DENIED],
}


def time_of(lab: Lab) -> str:
    """Tell the lab's time as facts have it."""
    return f"{lab.now():%Y-%m-%dT%H:%M:%SZ}"


def allowing(action: str, sid: str = "A") -> str:
    """Write a policy that allows an action everywhere."""
    statement = {"Sid": sid, "Effect": "Allow", "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def denial_before(time: str, *more: Mapping[str, Any]) -> dict[str, Any]:
    """Write the policy of the IAM console that revokes sessions, behind other statements."""
    statement = {
        "Effect": "Deny",
        "Action": ["*"],
        "Resource": ["*"],
        "Condition": {"DateLessThan": {"aws:TokenIssueTime": time}},
    }
    return {"Version": "2012-10-17", "Statement": [*more, statement]}


def make_user(lab: Lab, name: str = "bob") -> dict[str, Any]:
    """Make a user who may do everything, in an account with other administrators."""
    make_administrators(lab)
    iam = lab.client("iam")
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="work", PolicyDocument=allowing("*"))
    return {"user_name": name, "event_time": time_of(lab), "asked_at": ASKED_AT}


def make_role(lab: Lab) -> dict[str, Any]:
    """Make a role that people and EC2 take, in an account with other administrators."""
    make_administrators(lab)
    iam = lab.client("iam")
    people = {"AWS": f"arn:aws:iam::{lab.account_id}:root", "Service": "ec2.amazonaws.com"}
    iam.create_role(RoleName="deploy", AssumeRolePolicyDocument=trust(people))
    iam.put_role_policy(RoleName="deploy", PolicyName="work", PolicyDocument=allowing("*"))
    return {"role_name": "deploy", "event_time": time_of(lab), "asked_at": ASKED_AT}


def make_calling_user(lab: Lab) -> dict[str, Any]:
    """Make a user who has made a call."""
    facts = make_user(lab)
    user = lab.client("iam").get_user(UserName="bob")["User"]
    return facts | {"actor": Actor(kind="user", name="bob", arn=user["Arn"], id=user["UserId"])}


def make_calling_role(lab: Lab) -> dict[str, Any]:
    """Make a role by whose session a call was made."""
    facts = make_role(lab)
    role = lab.client("iam").get_role(RoleName="deploy")["Role"]
    arn = f"arn:aws:sts::{lab.account_id}:assumed-role/deploy/build"
    actor = Actor(kind="role", name="deploy", arn=arn, id=f"{role['RoleId']}:build")
    return facts | {"actor": actor}


def full_user(lab: Lab) -> dict[str, Any]:
    """Make a user whose inline policies leave no room for another."""
    facts = make_user(lab)
    lab.client("iam").put_user_policy(
        UserName="bob", PolicyName="long", PolicyDocument=allowing("s3:*", sid="L" * 1800)
    )
    return facts


def _user_with(name: str, document: Mapping[str, Any]) -> Callable[[Lab], dict[str, Any]]:
    def build(lab: Lab) -> dict[str, Any]:
        facts = make_user(lab)
        lab.client("iam").put_user_policy(
            UserName="bob", PolicyName=name, PolicyDocument=json.dumps(document)
        )
        return facts

    return build


def _role_with(name: str, document: Mapping[str, Any]) -> Callable[[Lab], dict[str, Any]]:
    def build(lab: Lab) -> dict[str, Any]:
        facts = make_role(lab)
        lab.client("iam").put_role_policy(
            RoleName="deploy", PolicyName=name, PolicyDocument=json.dumps(document)
        )
        return facts

    return build


_OLD = denial_before("2025-01-01T00:00:00.131Z", _IAM_DENIED)


def _role_trusted_by_outsiders(lab: Lab) -> dict[str, Any]:
    made = make_role(lab)
    role = lab.client("iam").get_role(RoleName=made["role_name"])["Role"]
    before = json.dumps(role["AssumeRolePolicyDocument"])
    lab.client("iam").update_assume_role_policy(
        RoleName=made["role_name"],
        PolicyDocument=trust({"AWS": "arn:aws:iam::444455556666:root"}),
    )
    return {**made, "before": {"assume_role_policy_document": before}}


CASES: dict[str, Case] = {
    case.name: case
    for case in (
        Case("user to quarantine", quarantine_target, make_user),
        Case("user without room to quarantine", quarantine_target, full_user),
        Case(
            "user with another quarantine",
            quarantine_target,
            _user_with(QUARANTINE, SMALL_DENIAL),
        ),
        Case("role to quarantine", quarantine_target, make_role),
        Case("calling user to quarantine", quarantine_caller, make_calling_user),
        Case("calling role to quarantine", quarantine_caller, make_calling_role),
        Case("user to release", release, _user_with(QUARANTINE, DENIAL)),
        Case("role to release", release, _role_with(QUARANTINE, DENIAL)),
        Case("role with sessions", revoke_role_sessions, make_role),
        Case("role with sessions revoked", revoke_role_sessions, _role_with(REVOCATION, _OLD)),
        Case("user with sessions", revoke_user_sessions, make_user),
        Case("role with another trust", restore_trust_policy, _role_trusted_by_outsiders),
        Case("role to close", close_trust, _role_trusted_by_outsiders),
        Case("calling role with sessions", revoke_callers_sessions, make_calling_role),
        Case("calling user with sessions", revoke_callers_sessions, make_calling_user),
    )
}


def text(document: Mapping[str, Any]) -> str:
    """Write a policy as it is sent."""
    return json.dumps(document, separators=(",", ":"))


def facts_of(lab: Lab, build: Build, **more: Any) -> Facts:
    """Make an account, and give what is known of it."""
    return structs.replace(Case("", release, build).facts(lab), **more)


def proposed(lab: Lab, fix: Remediation, facts: Facts) -> Proposal:
    """Ask a fix what it wants of the account as it is."""
    client = account_of(lab)
    return propose(fix, facts, lambda question: ask(client, question))


def changes(lab: Lab, fix: Remediation, facts: Facts) -> list[tuple[Call, Call | None]]:
    """Give the calls that a fix wants, each with its undo."""
    return [(one.call, one.undo) for one in proposed(lab, fix, facts).changes]


def the_change(lab: Lab, fix: Remediation, facts: Facts) -> Change:
    """Give the one change that a fix wants."""
    (change,) = proposed(lab, fix, facts).changes
    return change


def put(kind: str, name: str, policy: str, document: Mapping[str, Any]) -> Call:
    """Make the call that puts an inline policy."""
    return Call(
        f"iam.put_{kind}_policy",
        {f"{kind.title()}Name": name, "PolicyName": policy, "PolicyDocument": text(document)},
    )


def delete(kind: str, name: str, policy: str) -> Call:
    """Make the call that deletes an inline policy."""
    return Call(f"iam.delete_{kind}_policy", {f"{kind.title()}Name": name, "PolicyName": policy})
