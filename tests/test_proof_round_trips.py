"""A6: what is applied and rolled back is as it was, and is planned again as it was planned.

Accounts are made by chance around one that needs a fix: beside it, and on the user it is about.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.all_cases import REVERSIBLE, family_of
from tests.claims import Proved
from tests.worlds import (
    Case,
    account_of,
    approve,
    carry_out,
    desk_of,
    plan_of,
    snapshot,
    ssh_body,
    take_back,
    trust,
)
from tests.worlds_trails import MORE
from trailmend.aws import AwsClient
from trailmend.changing.settle import Patience
from trailmend.errors import CannotFix, Refused
from trailmend.lab import Lab
from trailmend.plan import Plan

ALL = (*REVERSIBLE, MORE["analyst role"])
MANAGED = ("ReadOnlyAccess", "IAMUserChangePassword", "job-function/Billing")


def policy(rng: Random) -> str:
    """Write a policy that allows something."""
    action = rng.choice(["s3:Get*", "ec2:*", "iam:List*", "logs:PutLogEvents"])
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def add_user(rng: Random, iam: Any, name: str) -> None:
    """Make another user, with some of what users have."""
    iam.create_user(UserName=name, Path=rng.choice(["/", "/staff/", "/staff/night/"]))
    for _ in range(rng.randint(0, 2)):
        key = iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]
        if rng.random() < 0.4:
            iam.update_access_key(UserName=name, AccessKeyId=key, Status="Inactive")
    if rng.random() < 0.5:
        iam.create_login_profile(UserName=name, Password="Correct-horse-battery-7")


def add_to_user(rng: Random, iam: Any, name: str) -> None:
    """Give the user whom the fix is about more of what users have, within the quotas."""
    for number in range(rng.randint(0, 2)):
        with suppress(iam.exceptions.LimitExceededException):  # one case fills the quota itself
            iam.put_user_policy(
                UserName=name, PolicyName=f"more{number}", PolicyDocument=policy(rng)
            )
    for one in rng.sample(MANAGED, rng.randint(0, 2)):
        iam.attach_user_policy(UserName=name, PolicyArn=f"arn:aws:iam::aws:policy/{one}")
    if rng.random() < 0.4:
        made = iam.upload_ssh_public_key(UserName=name, SSHPublicKeyBody=ssh_body(77))
        key = made["SSHPublicKey"]["SSHPublicKeyId"]
        status = rng.choice(["Active", "Inactive"])
        iam.update_ssh_public_key(UserName=name, SSHPublicKeyId=key, Status=status)
    if rng.random() < 0.4:
        iam.create_group(GroupName="crowd")
        iam.put_group_policy(GroupName="crowd", PolicyName="p", PolicyDocument=policy(rng))
        iam.add_user_to_group(GroupName="crowd", UserName=name)
    if rng.random() < 0.4:
        iam.tag_user(UserName=name, Tags=[{"Key": "team", "Value": rng.choice("abc")}])


def add_noise(rng: Random, lab: Lab) -> None:
    """Make an account larger by chance."""
    iam = lab.client("iam")
    known = [one["UserName"] for one in iam.list_users()["Users"]]
    for name in rng.sample(["carol", "=dave", "eve.x@corp"], rng.randint(0, 3)):
        add_user(rng, iam, name)
    if "bob" in known:
        add_to_user(rng, iam, "bob")
    for name in rng.sample(["night", "deployer"], rng.randint(0, 2)):
        iam.create_role(
            RoleName=name, AssumeRolePolicyDocument=trust({"Service": "ec2.amazonaws.com"})
        )
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy(rng))


def watched(plan: Plan) -> list[Any]:
    """Give what decides in a plan: its watched answers, its calls and their undos."""
    seen = [(one.call, one.answer) for one in plan.reads if one.watch]
    return [*seen, *((one.call, one.undo) for one in plan.changes)]


def round_trip(lab: Lab, account: AwsClient, folder: Path, case: Case, rng: Random) -> bool:
    """Apply and roll back in an account made by chance; False where the fix does not apply."""
    lab.reset()
    desk = desk_of(lab, folder, account, patience=Patience(agreeing=1, timeout=10))
    facts = case.facts(lab)
    add_noise(rng, lab)
    try:
        plan = plan_of(desk, case.fix, facts)
    except (CannotFix, Refused):
        return False
    if not plan.changes:
        return False
    before = snapshot(lab)
    approve(desk, plan)
    carry_out(desk, plan.id)
    assert plan_of(desk, case.fix, facts).changes == ()
    assert take_back(desk, plan.id).state == "rolled back"
    assert snapshot(lab) == before
    assert watched(plan_of(desk, case.fix, facts)) == watched(plan)
    return True


def prove(seeds: range, lab: Lab, folder: Path, proved: Proved) -> None:
    account, fitting = account_of(lab), 0
    for seed in seeds:
        case = ALL[seed % len(ALL)]
        if round_trip(lab, account, folder / str(seed), case, Random(seed)):
            proved("A6", 1, "accounts as before, planned the same", family_of(case))
            fitting += 1
    assert fitting >= len(seeds) * 2 // 3


def test_apply_and_rollback_leave_the_account_and_the_plan_the_same(
    lab: Lab, tmp_path: Path, proved: Proved
) -> None:
    prove(range(2), lab, tmp_path, proved)


PARTS = [range(start, start + 50) for start in range(0, 500, 50)]


@pytest.mark.soak
@pytest.mark.parametrize("seeds", PARTS, ids=str)
def test_apply_and_rollback_leave_five_hundred_accounts_the_same(
    seeds: range, lab: Lab, tmp_path: Path, proved: Proved
) -> None:
    prove(seeds, lab, tmp_path, proved)
