"""Accounts that need the fixes of login profiles."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.worlds import Case, account_of, make_administrators
from trailmend.calls import Call, Secret, ask, call
from trailmend.lab import Lab
from trailmend.plan import Proposal, Remediation, propose
from trailmend.remediations.login_profiles import (
    create_lasting_login_profile,
    create_login_profile,
    disable_console_access,
    force_password_reset,
    set_new_password,
)

CHANGE_PASSWORD = "arn:aws:iam::aws:policy/IAMUserChangePassword"
OLD, STOLEN = "Bobs-old-password-1", "Mallorys-own-password-1"
DELETE = call("iam.delete_login_profile", UserName="bob")


def moment(lab: Lab) -> str:
    """Give the lab's time as CloudTrail writes it."""
    return f"{lab.now():%Y-%m-%dT%H:%M:%SZ}"


def policy(**statement: Any) -> str:
    """Write a policy of one statement about everything."""
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Resource": "*"} | statement]})


WITHOUT_MFA = policy(
    Effect="Deny",
    NotAction=["iam:CreateVirtualMFADevice", "iam:EnableMFADevice", "sts:GetSessionToken"],
    Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
)


def make_bob(lab: Lab, *, password: str | None = OLD, may_change: bool = True) -> Any:
    """Make bob, a year ago, who may change his password by his account's policy, or may not."""
    make_administrators(lab)
    lab.advance(-365 * 86400)
    iam = lab.client("iam")
    iam.create_user(UserName="bob")
    iam.create_access_key(UserName="bob")
    if password:
        iam.create_login_profile(UserName="bob", Password=password)
    lab.advance(365 * 86400)
    iam.update_account_password_policy(
        MinimumPasswordLength=14, AllowUsersToChangePassword=may_change
    )
    return iam


def happened(lab: Lab) -> dict[str, Any]:
    """Give what a finding knows of an event of this moment, and let an hour pass."""
    known = {"user_name": "bob", "event_time": moment(lab)}
    lab.advance(3600)
    return known


def deleted(*, may_change: bool = True) -> Callable[[Lab], dict[str, Any]]:
    def build(lab: Lab) -> dict[str, Any]:
        make_bob(lab, may_change=may_change).delete_login_profile(UserName="bob")
        return happened(lab)

    return build


def deleted_of_a_group(lab: Lab) -> dict[str, Any]:
    iam = make_bob(lab, may_change=False)
    iam.create_group(GroupName="staff")
    iam.add_user_to_group(GroupName="staff", UserName="bob")
    iam.attach_group_policy(GroupName="staff", PolicyArn=CHANGE_PASSWORD)
    iam.delete_login_profile(UserName="bob")
    return happened(lab)


def replaced(lab: Lab) -> dict[str, Any]:
    make_bob(lab).update_login_profile(UserName="bob", Password=STOLEN)
    return happened(lab)


def made(lab: Lab) -> dict[str, Any]:
    make_bob(lab, password=None).create_login_profile(UserName="bob", Password=STOLEN)
    return happened(lab)


def suspected(lab: Lab) -> dict[str, Any]:
    make_bob(lab)
    return happened(lab)


CASES = {
    case.name: case
    for case in (
        Case("deleted password", create_login_profile, deleted()),
        Case("deleted password of a group's member", create_login_profile, deleted_of_a_group),
        Case(
            "deleted password that may not be changed",
            create_lasting_login_profile,
            deleted(may_change=False),
        ),
        Case("password that was replaced", set_new_password, replaced),
        Case("password that an intruder made for a user", set_new_password, made),
        Case("password that may be known", force_password_reset, suspected),
        Case("password of an intruder", disable_console_access, made),
    )
}


def create(*, reset: bool, length: int = 24, what: str = "password") -> Call:
    secret = Secret("password", f"bob.{what}", length)
    return call(
        "iam.create_login_profile", UserName="bob", Password=secret, PasswordResetRequired=reset
    )


def force(*, required: bool) -> Call:
    return call("iam.update_login_profile", UserName="bob", PasswordResetRequired=required)


def proposed(fix: Remediation, lab: Lab, **known: Any) -> Proposal:
    """Ask a fix about the account of the lab."""
    account = account_of(lab)
    facts = Case("", fix, lambda _: {"user_name": "bob", "event_time": moment(lab)} | known)
    return propose(fix, facts.facts(lab), lambda question: ask(account, question))


def calls(proposal: Proposal) -> list[tuple[Call, Call | None]]:
    return [(one.call, one.undo) for one in proposal.changes]
