"""The printed policy is what is used: nothing that is called is missing, nothing is for nothing."""

import json
import re
import subprocess
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name
from botocore.loaders import create_loader
from msgspec.structs import replace

from tests import worlds
from tests.all_cases import CASES, quick
from tests.nursery import run_text
from tests.worlds import Case, approve, desk_of, plan_of, take_back
from trailmend.calls import Call
from trailmend.desk import apply_plan
from trailmend.errors import Refused
from trailmend.guards import PERMISSIONS, PERMISSIONS_ELSEWHERE, permissions_of
from trailmend.guards.writes import WRITES
from trailmend.lab import Fault, Lab
from trailmend.lab.account import SeenCall
from trailmend.permissions import (
    MOST_CHARACTERS,
    characters,
    to_apply,
    to_apply_plan,
    to_plan,
)
from trailmend.plan import Plan, rehearse, remediations
from trailmend.settings import Secrets, Settings

FREE = "sts:GetCallerIdentity"
FILE, AWS = Secrets(), Secrets(sink="secretsmanager")
cases = quick(CASES.values(), lambda case: case.name not in worlds.CASES)


def grants(policy: dict[str, Any]) -> dict[str, list[str]]:
    """Give the resources of each action; each stands in one statement."""
    found = {
        action: statement["Resource"]
        for statement in policy["Statement"]
        for action in statement["Action"]
    }
    assert len(found) == sum(len(one["Action"]) for one in policy["Statement"])
    return found


def run(case: Case, lab: Lab, folder: Path, secrets: Secrets) -> tuple[Plan, list[SeenCall]]:
    """Plan, apply and roll back, with lost answers where that makes a finder ask."""
    facts = case.facts(lab)
    desk = desk_of(lab, folder, settings=Settings(secrets=secrets))
    start = len(lab.calls)
    plan = approve(desk, plan_of(desk, case.fix, facts))
    for change in plan.changes:
        if change.recover:
            lab.fault(change.call.action, Fault.LOST_ANSWER)
    apply_plan(desk, plan.id, accept_irreversible=True)
    try:
        take_back(desk, plan.id)
    except Refused:
        assert all(one.undo is None for one in plan.changes)
    return plan, lab.calls[start:]


def resource_of(call: SeenCall, lab: Lab) -> str | None:
    """Give the ARN of what a call names, as the account has it; None if it names nothing."""
    sent, iam = call.parameters, lab.client("iam")
    if call.service == "secretsmanager":
        name = sent.get("Name") or sent["SecretId"]
        return f"arn:aws:secretsmanager:{lab.region}:{lab.account_id}:secret:{name}-Ab12Cd"
    if call.service == "s3":
        return f"arn:aws:s3:::{sent['Bucket']}" if "Bucket" in sent else None
    if call.service == "cloudtrail":
        name = sent.get("Name") or sent.get("TrailName")
        start = f"arn:aws:cloudtrail:{lab.region}:{lab.account_id}:trail/"
        return name if name is None or name.startswith("arn:") else start + name
    for named in ("OpenIDConnectProviderArn", "SAMLProviderArn"):
        if named in sent:
            return str(sent[named])
    start = f"arn:aws:iam::{lab.account_id}"
    if "Url" in sent:
        return f"{start}:oidc-provider/{sent['Url'].removeprefix('https://')}"
    if "SAMLMetadataDocument" in sent:
        return f"{start}:saml-provider/{sent['Name']}"
    if "InstanceProfileName" in sent:
        return f"{start}:instance-profile/{sent['InstanceProfileName']}"
    if "UserName" in sent:
        return str(iam.get_user(UserName=sent["UserName"])["User"]["Arn"])
    if "RoleName" in sent:
        return str(iam.get_role(RoleName=sent["RoleName"])["Role"]["Arn"])
    if "GroupName" in sent:
        return str(iam.get_group(GroupName=sent["GroupName"])["Group"]["Arn"])
    if "VirtualMFADeviceName" in sent:
        return f"arn:aws:iam::{lab.account_id}:mfa/{sent['VirtualMFADeviceName']}"
    return sent.get("SerialNumber") or sent.get("PolicyArn")


def action(service: str, operation: str) -> str:
    """Name the permission of an operation."""
    return Call(f"{service}.{xform_name(operation)}").permission


def not_allowed(used: list[SeenCall], policy: dict[str, Any], lab: Lab) -> Iterator[str]:
    allowed = grants(policy)
    for call in used:
        needed, arn = action(call.service, call.operation), resource_of(call, lab) or "*"
        resources = allowed.get(needed, [])
        if needed != FREE and not any(fnmatchcase(arn, one) for one in resources):
            yield f"{needed} on {arn}: {resources}"


def changes(action: str) -> bool:
    return not re.search(r":(Get|List|Describe)", action)


@cases
def test_all_that_a_plan_does_is_in_its_policy_and_nothing_else_is(
    case: Case, lab: Lab, tmp_path: Path
) -> None:
    plan, used = run(case, lab, tmp_path, FILE)
    policy = to_apply_plan(plan, FILE)

    assert list(not_allowed(used, policy, lab)) == []
    calls = [one for change in plan.changes for one in (change.call, change.undo) if one]
    sent = {action for one in calls for action in one.permissions}
    asked = {
        *case.fix.permissions,
        *plan.permissions,
        *permissions_of(one.call for one in plan.changes),
    }
    known = {action(*one.split(":")) for one in asked} - {FREE}
    assert {one for one in grants(policy) if changes(one)} == sent
    assert set(grants(policy)) <= known
    assert characters(policy) <= MOST_CHARACTERS
    assert set(grants(policy)) <= set(grants(to_apply(FILE)))
    assert {one for one in grants(policy) if not changes(one)} <= set(grants(to_plan()))


def with_secrets(lab: Lab, folder: Path) -> tuple[Plan, list[SeenCall]]:
    """Run the first case that makes a secret, with the sink in AWS."""
    case = next(
        one for one in CASES.values() if any(change.secrets for change in rehearse(one.fix).changes)
    )
    return run(case, lab, folder, AWS)


def test_sink_in_aws_is_allowed_for_the_secrets_of_the_plan_alone(lab: Lab, tmp_path: Path) -> None:
    plan, used = with_secrets(lab, tmp_path)

    policy = to_apply_plan(plan, AWS)

    kept = {action: found for action, found in grants(policy).items() if "secretsman" in action}
    start = f"arn:aws:secretsmanager:*:{lab.account_id}:secret:trailmend/"
    assert {one.operation for one in used if one.service == "secretsmanager"} >= {"CreateSecret"}
    assert list(not_allowed(used, policy, lab)) == []
    assert set(map(tuple, kept.values())) == {(f"{start}{plan.id}.*", f"{start}probe-*")}
    assert not any("secretsman" in action for action in grants(to_apply_plan(plan, FILE)))


def test_without_a_plan_the_sink_is_allowed_under_its_prefix() -> None:
    found = grants(to_apply(AWS))

    assert found["secretsmanager:GetSecretValue"] == ["arn:*:secretsmanager:*:*:secret:trailmend/*"]
    assert not any("secretsman" in action for action in grants(to_apply(FILE)))


def test_policy_of_who_plans_changes_nothing_and_that_of_who_applies_has_every_fix() -> None:
    planned, applied = grants(to_plan()), grants(to_apply(FILE))

    declared = {
        action(*one.split(":")) for fix in remediations().values() for one in fix.permissions
    }
    elsewhere = (one for found in PERMISSIONS_ELSEWHERE.values() for one in found)
    guarded = {action(*one.split(":")) for one in (*PERMISSIONS, *elsewhere)}
    assert not any(changes(one) for one in planned)
    may_be_sent = {action for name in WRITES for action in Call(name).permissions}
    assert {one for one in declared if changes(one)} <= may_be_sent
    assert {one for one in applied if changes(one)} == may_be_sent
    assert {one for one in applied if not changes(one)} == set(planned)
    assert set(planned) - declared - guarded == {
        "iam:ListAttachedRolePolicies",
        "iam:ListUsers",
    }
    assert {one for found in (*planned.values(), *applied.values()) for one in found} == {"*"}
    assert FREE not in {*planned, *applied}


@cache
def documented(service: str) -> tuple[frozenset[str], str]:
    """Give the operations that botocore can call, and what it says of them."""
    model = {"sso": "sso-admin"}.get(service, service)
    operations = create_loader().load_service_model(model, "service-2")["operations"]
    return frozenset(operations), json.dumps(operations)


@pytest.mark.parametrize("one", [*grants(to_apply(AWS))])
def test_every_action_is_one_of_aws(one: str) -> None:
    """An action is an operation, or botocore's pages say that an operation needs it."""
    service, _, name = one.partition(":")
    operations, pages = documented(service)
    told = (f"<code>{one}</code>", f"<code>{name}</code> permission")
    assert name in operations or any(text in pages for text in told)


@pytest.mark.parametrize(
    "operation",
    "DeletePublicAccessBlock GetPublicAccessBlock HeadBucket ListBuckets "
    "PutPublicAccessBlock".split(),
)
def test_actions_of_another_name_are_as_botocore_says(operation: str) -> None:
    model = create_loader().load_service_model("s3", "service-2")["operations"][operation]

    assert action("s3", operation) in model["documentation"]
    assert action("s3", operation) != f"s3:{operation}"


def test_other_partitions_and_paths_are_in_the_resources(lab: Lab, tmp_path: Path) -> None:
    case = CASES["active key"]
    desk = desk_of(lab, tmp_path)
    plan = plan_of(desk, case.fix, case.facts(lab))

    found = grants(to_apply_plan(replace(plan, made_by="arn:aws-cn:iam::1:user/kim"), FILE))

    start = f"arn:aws-cn:iam::{lab.account_id}:user/"
    assert found["iam:UpdateAccessKey"] == [f"{start}*/bob", f"{start}bob"]
    assert found["iam:ListUserTags"] == [f"{start}*/bob", f"{start}bob"]
    assert found["iam:GetAccessKeyLastUsed"] == ["*"]
    assert found["iam:ListAccessKeys"] == ["*"]


# The command -------------------------------------------------------------------------------


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return run_text("permissions", *arguments)


def test_scan_needs_nothing_and_prints_no_empty_policy() -> None:
    done = command("--for", "scan")

    assert (done.returncode, done.stdout) == (0, "")
    assert "needs no permission" in done.stderr


def test_policy_is_printed_as_json(tmp_path: Path) -> None:
    nowhere = ("--workspace", str(tmp_path / "none"))

    assert json.loads(command("--for", "plan", *nowhere).stdout) == to_plan()
    assert json.loads(command("--for", "apply", *nowhere).stdout) == to_apply(FILE)
    assert not (tmp_path / "none").exists()


def test_policy_of_a_saved_plan_is_printed(lab: Lab, tmp_path: Path) -> None:
    case = CASES["active key"]
    plan = plan_of(desk_of(lab, tmp_path), case.fix, case.facts(lab))

    done = command("--for", "apply", "--plan", plan.id, "--workspace", str(tmp_path))

    assert done.returncode == 0
    assert json.loads(done.stdout) == to_apply_plan(plan, FILE)
    assert plan.id in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["--for", "everything"],
        ["--for", "plan", "--plan", "P-4XQ7"],
        ["--for", "scan", "--plan", "P-4XQ7"],
        ["--for", "apply", "--plan", "P-4XQ7", "--workspace", "nowhere"],
        [],
    ],
    ids=" ".join,
)
def test_wrong_use_exits_with_2(arguments: list[str]) -> None:
    done = command(*arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
