"""Nobody is locked out by a console password that must and cannot be changed."""

import time
from collections.abc import Callable
from typing import Any

import pyotp
import pytest

from tests.worlds_login_profiles import (
    DELETE,
    OLD,
    WITHOUT_MFA,
    calls,
    create,
    make_bob,
    policy,
    proposed,
)
from trailmend.errors import CannotFix
from trailmend.lab import Lab
from trailmend.plan import Remediation
from trailmend.remediations.login_profiles import (
    create_lasting_login_profile,
    create_login_profile,
    disable_console_access,
    force_password_reset,
    set_new_password,
)

FORCING = (create_login_profile, set_new_password, force_password_reset)
each_forcing = pytest.mark.parametrize("fix", FORCING, ids=lambda fix: fix.key)


def needing(fix: Remediation, lab: Lab, **world: Any) -> Any:
    """Make bob need a fix: without a password for what creates one, with it for the others."""
    return make_bob(lab, password=None if fix is create_login_profile else OLD, **world)


# Nobody is locked out ----------------------------------------------------------------------


@each_forcing
def test_reset_that_the_user_may_not_do_is_refused(fix: Remediation, lab: Lab) -> None:
    needing(fix, lab, may_change=False)

    with pytest.raises(CannotFix, match=r"may not change the password.*create_lasting_login"):
        proposed(fix, lab)


@each_forcing
def test_account_without_a_password_policy_lets_nobody_change(fix: Remediation, lab: Lab) -> None:
    needing(fix, lab).delete_account_password_policy()

    with pytest.raises(CannotFix, match="may not change the password"):
        proposed(fix, lab)


def test_access_is_taken_away_from_who_could_not_change_the_password(lab: Lab) -> None:
    make_bob(lab, may_change=False).put_user_policy(
        UserName="bob", PolicyName="mfa", PolicyDocument=WITHOUT_MFA
    )

    assert [one.call for one in proposed(disable_console_access, lab).changes] == [DELETE]


def own(iam: Any, document: str) -> None:
    iam.put_user_policy(UserName="bob", PolicyName="own", PolicyDocument=document)


def of_a_group(iam: Any, document: str) -> None:
    iam.create_group(GroupName="staff")
    iam.add_user_to_group(GroupName="staff", UserName="bob")
    iam.put_group_policy(GroupName="staff", PolicyName="own", PolicyDocument=document)


def attached(iam: Any, document: str) -> None:
    """Attach a policy whose second version is in force; the first says nothing."""
    empty = policy(Effect="Allow", Action="s3:ListAllMyBuckets")
    arn = iam.create_policy(PolicyName="own", PolicyDocument=empty)["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=document, SetAsDefault=True)
    iam.attach_user_policy(UserName="bob", PolicyArn=arn)


each_way = pytest.mark.parametrize("give", [own, of_a_group, attached])


@each_way
def test_policy_that_lets_the_user_change_the_password_is_enough(
    give: Callable[[Any, str], None], lab: Lab
) -> None:
    iam = make_bob(lab, password=None, may_change=False)
    self_only = "arn:aws:iam::*:user/${aws:username}"
    give(iam, policy(Effect="Allow", Action=["iam:ChangePassword"], Resource=self_only))

    assert calls(proposed(create_login_profile, lab)) == [(create(reset=True), DELETE)]


@each_way
@each_forcing
def test_denial_without_mfa_refuses_the_reset_of_who_has_no_device(
    fix: Remediation, give: Callable[[Any, str], None], lab: Lab
) -> None:
    give(needing(fix, lab), WITHOUT_MFA)

    with pytest.raises(CannotFix, match=r"denies iam:ChangePassword to user bob, and has no MFA"):
        proposed(fix, lab)


@each_forcing
def test_denial_without_mfa_does_not_hold_for_who_has_a_device(fix: Remediation, lab: Lab) -> None:
    iam = needing(fix, lab)
    own(iam, WITHOUT_MFA)
    add_device(iam)

    assert proposed(fix, lab).changes


def add_device(iam: Any) -> None:
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName="bob")["VirtualMFADevice"]
    code = pyotp.TOTP(made["Base32StringSeed"].decode())
    iam.enable_mfa_device(
        UserName="bob",
        SerialNumber=made["SerialNumber"],
        AuthenticationCode1=code.at(time.time() - 30),
        AuthenticationCode2=code.at(time.time()),
    )


@pytest.mark.parametrize(
    "statement",
    [
        {"NotAction": ["iam:ChangePassword", "iam:EnableMFADevice"]},
        {"Action": "s3:*"},
        {"Action": "*", "Resource": "arn:aws:s3:::*"},
    ],
)
def test_denial_that_leaves_the_change_of_passwords_out_is_no_hindrance(
    statement: dict[str, Any], lab: Lab
) -> None:
    condition = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
    own(make_bob(lab), policy(Effect="Deny", Condition=condition, **statement))

    assert len(proposed(force_password_reset, lab).changes) == 1


def test_denial_that_only_another_condition_decides_is_no_hindrance(lab: Lab) -> None:
    condition = {"DateLessThan": {"aws:TokenIssueTime": "2026-03-02T09:00:00Z"}}
    own(make_bob(lab), policy(Effect="Deny", Action="*", Condition=condition))

    assert len(proposed(force_password_reset, lab).changes) == 1


def quarantine(iam: Any) -> None:
    denial = policy(Effect="Deny", Action="*")
    iam.put_user_policy(UserName="bob", PolicyName="trailmend-quarantine", PolicyDocument=denial)


def deny_all(iam: Any) -> None:
    iam.attach_user_policy(UserName="bob", PolicyArn="arn:aws:iam::aws:policy/AWSDenyAll")


@pytest.mark.parametrize("hold", [quarantine, deny_all])
@pytest.mark.parametrize("fix", [*FORCING, create_lasting_login_profile], ids=lambda fix: fix.key)
def test_user_in_quarantine_is_released_first(
    fix: Remediation, hold: Callable[[Any], None], lab: Lab
) -> None:
    password = None if fix in (create_login_profile, create_lasting_login_profile) else OLD
    hold(make_bob(lab, password=password))

    with pytest.raises(CannotFix, match=r"User bob is in quarantine.*release bob first"):
        proposed(fix, lab)
