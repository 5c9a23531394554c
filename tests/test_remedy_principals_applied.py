"""That who is stopped is stopped, and who is released works, in the lab."""

from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from msgspec import structs

from tests.worlds import approve, desk_of, plan_of, take_back, writes
from tests.worlds_access_keys import make_key
from tests.worlds_principals import (
    CASES,
    SMALL_DENIAL,
    Build,
    allowing,
    facts_of,
    full_user,
    make_calling_role,
    make_role,
    make_user,
    text,
    time_of,
)
from trailmend.desk import Desk, apply_plan
from trailmend.errors import Stale
from trailmend.lab import Credentials, Fault, Lab
from trailmend.plan import Facts, Plan, Remediation
from trailmend.remediations.principals import (
    QUARANTINE,
    quarantine_caller,
    quarantine_target,
    release,
    revoke_role_sessions,
    revoke_user_sessions,
)


def carry_out(desk: Desk, fix: Remediation, facts: Facts) -> Plan:
    plan = approve(desk, plan_of(desk, fix, facts))
    assert apply_plan(desk, plan.id).state == "applied"
    return plan


def may_act(lab: Lab, who: Credentials) -> bool:
    """Try what must fail in quarantine; the caller's identity is told to anybody."""
    try:
        lab.client("iam", who).list_users()
    except ClientError as error:
        if "with an explicit deny in an identity-based policy" not in str(error):
            raise
        return False
    return True


def session_of(lab: Lab, role: str = "deploy", who: Credentials | None = None) -> Credentials:
    arn = f"arn:aws:iam::{lab.account_id}:role/{role}"
    made = lab.client("sts", who).assume_role(RoleArn=arn, RoleSessionName="build")["Credentials"]
    return Credentials(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])


@pytest.mark.parametrize("build", [make_user, full_user])
def test_user_in_quarantine_is_refused_and_after_rollback_works(
    build: Build, lab: Lab, tmp_path: Path
) -> None:
    desk, facts = desk_of(lab, tmp_path), facts_of(lab, build)
    key = make_key(lab)
    role = session_of(lab, "admins", key)
    assert may_act(lab, key)

    plan = carry_out(desk, quarantine_target, facts)

    assert not may_act(lab, key)
    with pytest.raises(ClientError, match="AccessDenied"):
        session_of(lab, "admins", key)
    assert may_act(lab, role), "the sessions of roles that the user took go on, as the note says"
    assert take_back(desk, plan.id).state == "rolled back"
    assert may_act(lab, key)


def test_user_is_released_without_a_finding(lab: Lab, tmp_path: Path) -> None:
    desk, facts = desk_of(lab, tmp_path), facts_of(lab, make_user)
    key = make_key(lab)
    carry_out(desk, quarantine_target, facts)
    assert not may_act(lab, key)

    carry_out(desk, release, structs.replace(facts, event_time="", finding_id="", event_id=""))

    assert may_act(lab, key)


def test_role_in_quarantine_is_refused_to_old_and_new_sessions(lab: Lab, tmp_path: Path) -> None:
    desk, facts = desk_of(lab, tmp_path), facts_of(lab, make_calling_role)
    old = session_of(lab)
    assert may_act(lab, old)

    plan = carry_out(desk, quarantine_caller, facts)

    assert not may_act(lab, old)
    assert not may_act(lab, session_of(lab))
    take_back(desk, plan.id)
    assert may_act(lab, old)


def test_older_session_of_a_role_is_refused_and_a_newer_works(lab: Lab, tmp_path: Path) -> None:
    desk, facts = desk_of(lab, tmp_path), facts_of(lab, make_role)
    old = session_of(lab)
    lab.advance(60)
    facts = structs.replace(facts, asked_at=time_of(lab))

    plan = carry_out(desk, revoke_role_sessions, facts)

    assert not may_act(lab, old)
    assert may_act(lab, session_of(lab))
    take_back(desk, plan.id)
    assert may_act(lab, old)


def test_later_revocation_hits_the_sessions_begun_in_between(lab: Lab, tmp_path: Path) -> None:
    desk, facts = desk_of(lab, tmp_path), facts_of(lab, make_role, asked_at=time_of(lab))
    carry_out(desk, revoke_role_sessions, facts)
    between = session_of(lab)
    assert may_act(lab, between)
    lab.advance(60)

    later = carry_out(desk, revoke_role_sessions, structs.replace(facts, asked_at=time_of(lab)))

    assert not may_act(lab, between)
    take_back(desk, later.id)
    assert may_act(lab, between)


def test_sessions_of_a_user_end_and_the_access_key_goes_on(lab: Lab, tmp_path: Path) -> None:
    desk, facts = desk_of(lab, tmp_path), facts_of(lab, make_user)
    key = make_key(lab)
    lab.client("iam").create_login_profile(UserName="bob", Password="Tr4ilmend-lab-pass!")
    old = lab.sign_in("bob")
    assert may_act(lab, old)
    lab.advance(60)

    carry_out(desk, revoke_user_sessions, structs.replace(facts, asked_at=time_of(lab)))

    assert not may_act(lab, old)
    assert may_act(lab, lab.sign_in("bob"))
    assert may_act(lab, key)


def test_plan_is_stale_once_somebody_else_put_another_quarantine(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approve(desk, plan_of(desk, quarantine_target, facts_of(lab, make_user)))
    lab.client("iam").put_user_policy(
        UserName="bob", PolicyName=QUARANTINE, PolicyDocument=text(SMALL_DENIAL)
    )

    with pytest.raises(Stale):
        apply_plan(desk, plan.id)


def test_policy_that_the_stranger_puts_on_meanwhile_does_not_stop_the_quarantine(
    lab: Lab, tmp_path: Path
) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approve(desk, plan_of(desk, quarantine_target, facts_of(lab, make_user)))
    lab.client("iam").put_user_policy(
        UserName="bob", PolicyName="more", PolicyDocument=allowing("s3:*")
    )

    assert apply_plan(desk, plan.id).state == "applied"


@pytest.mark.parametrize(
    ("name", "action"),
    [
        ("user to quarantine", "iam:PutUserPolicy"),
        ("user without room to quarantine", "iam:AttachUserPolicy"),
        ("role with sessions revoked", "iam:PutRolePolicy"),
        ("user to release", "iam:DeleteUserPolicy"),
    ],
)
def test_lost_answer_is_settled_by_reading(
    name: str, action: str, lab: Lab, tmp_path: Path
) -> None:
    desk, case = desk_of(lab, tmp_path), CASES[name]
    plan = approve(desk, plan_of(desk, case.fix, case.facts(lab)))
    lab.fault(action, Fault.LOST_ANSWER)
    start = len(writes(lab))

    assert apply_plan(desk, plan.id).state == "applied"

    assert [f"iam:{name}" for name, _ in writes(lab)[start:]] == [action]
    assert take_back(desk, plan.id).state == "rolled back"
