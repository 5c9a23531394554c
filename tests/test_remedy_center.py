"""Fixes of Identity Center: what they take back, what they leave, whom they never shut out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from tests.reading import findings_of
from tests.worlds import ADMINISTRATOR, Case, Wrapped, account_of, desk_of, plan_of, trust
from tests.worlds_center import CASES, OTHER, freed, join, make_center, written
from tests.worlds_permissions import ALL, FENCE, READING
from trailmend.calls import Call, Client, call
from trailmend.errors import CannotFix, Refused
from trailmend.guards import make_guard
from trailmend.lab import Lab
from trailmend.plan import Facts, Remediation, Target
from trailmend.planning.parts import part_of
from trailmend.remediations.permission_sets import (
    restore_boundary_of_set,
    take_back_inline_of_set,
)
from trailmend.settings import Protected

every_case = pytest.mark.parametrize("case", CASES.values(), ids=lambda case: case.name)


def planned(lab: Lab, folder: Path, fix: Remediation, facts: Facts) -> list[Call]:
    return [one.call for one in plan_of(desk_of(lab, folder), fix, facts).changes]


def facts_of(lab: Lab, build: Callable[[Lab], dict[str, Any]]) -> Facts:
    return Case("", take_back_inline_of_set, build).facts(lab)


def signed_by(arn: str, lab: Lab) -> Wrapped:
    """Give an account in which we are signed in as somebody else."""

    def around(asked: Call, client: Client) -> Mapping[str, Any]:
        answer = dict(client(asked))
        return answer | ({"Arn": arn} if asked.name == "sts.get_caller_identity" else {})

    return Wrapped(account_of(lab), around)


def by_set(name: str, person: str = "anna") -> str:
    role = f"AWSReservedSSO_{name}_0123456789abcdef"
    return f"arn:aws:sts::123456789012:assumed-role/{role}/{person}"


RECORDED = [case for case in CASES.values() if case.fix is not restore_boundary_of_set]
"""A set without its boundary is made as such; its record is another."""


@pytest.mark.parametrize("case", RECORDED, ids=lambda case: case.name)
def test_finding_tells_the_fix_all_that_it_must_know(case: Case, lab: Lab, tmp_path: Path) -> None:
    facts = case.facts(lab)
    assert isinstance(facts.target, Target)
    asked = facts.event_name, facts.target.name, facts.object_id
    (finding,) = (
        one
        for one in findings_of(lab.records())
        if (one.event.event_name, one.target.name, one.target.object_id) == asked
    )

    told = part_of(desk_of(lab, tmp_path), finding, case.fix.key, "2026-03-02T09:30:00Z").facts

    assert finding.fixes[0] == case.fix.key
    assert told.target == facts.target
    assert facts.after is UNSET or {**facts.after, **(told.after or {})} == told.after
    assert planned(lab, tmp_path, case.fix, replace(told, before=facts.before)) == planned(
        lab, tmp_path, case.fix, facts
    )


@every_case
def test_set_that_is_gone_and_whoever_has_left_need_nothing(
    case: Case, lab: Lab, tmp_path: Path
) -> None:
    facts = case.facts(lab)
    for change in plan_of(desk_of(lab, tmp_path), case.fix, facts).changes:
        service, _, method = change.call.name.partition(".")
        getattr(lab.client(service), method)(**change.call.params)

    assert planned(lab, tmp_path, case.fix, facts) == []
    assert isinstance(facts.target, Target)
    if facts.target.kind == "permission_set":
        on = {**facts_to_on(facts)}
        lab.client("sso-admin").delete_permission_set(**on)
        with pytest.raises(CannotFix, match="is not there: nobody has anything by it"):
            planned(lab, tmp_path, case.fix, facts)


def facts_to_on(facts: Facts) -> dict[str, str]:
    assert isinstance(facts.target, Target)
    instance = facts.target.name.rpartition("/")[0].replace(":permissionSet/", ":instance/")
    return {"InstanceArn": instance, "PermissionSetArn": facts.target.name}


@every_case
def test_finding_that_does_not_name_it_changes_nothing(
    case: Case, lab: Lab, tmp_path: Path
) -> None:
    facts = replace(case.fix.example.facts, account_id=lab.account_id)
    injected = Target("directory_user", "x' || `1`=='1", "us-east-1")

    with pytest.raises(CannotFix):
        planned(lab, tmp_path, case.fix, replace(facts, target=injected))


def test_inline_policy_that_was_written_since_is_left(lab: Lab, tmp_path: Path) -> None:
    facts = facts_of(lab, written(since=READING))

    with pytest.raises(CannotFix, match="another by now than the event wrote"):
        planned(lab, tmp_path, take_back_inline_of_set, facts)


def test_boundary_that_was_set_since_is_left(lab: Lab, tmp_path: Path) -> None:
    facts = facts_of(lab, freed(now="arn:aws:iam::aws:policy/job-function/Billing"))

    with pytest.raises(CannotFix, match="another boundary by now"):
        planned(lab, tmp_path, restore_boundary_of_set, facts)


@pytest.mark.parametrize("former", [None, "bounds"])
def test_boundary_is_not_guessed(former: str | None, lab: Lab, tmp_path: Path) -> None:
    with pytest.raises(CannotFix, match="does not tell of a policy of AWS"):
        planned(lab, tmp_path, restore_boundary_of_set, facts_of(lab, freed(former=former)))


# Whom they never shut out ------------------------------------------------------------------


def changes_of_set(on: Mapping[str, str], person: str) -> list[Call]:
    """List what may be sent about a permission set."""
    boundary = {"ManagedPolicyArn": FENCE}
    whom = {"TargetId": OTHER, "PrincipalType": "USER", "PrincipalId": person}
    params: dict[str, dict[str, Any]] = {
        "detach_managed_policy_from_permission_set": {"ManagedPolicyArn": ADMINISTRATOR},
        "put_inline_policy_to_permission_set": {"InlinePolicy": ALL},
        "delete_inline_policy_from_permission_set": {},
        "put_permissions_boundary_to_permission_set": {"PermissionsBoundary": boundary},
        "delete_account_assignment": whom,
    }
    return [Call(f"sso-admin.{name}", {**on, **more}) for name, more in params.items()]


def test_permission_set_by_which_we_work_is_not_changed(lab: Lab) -> None:
    center = make_center(lab)
    own = make_guard(signed_by(by_set("Platform"), lab), Protected(), "")
    other = make_guard(signed_by(by_set("Platform_2"), lab), Protected(), "")

    for change in changes_of_set(center.on, center.people["alice"]):
        with pytest.raises(Refused, match="the one by which you are signed in"):
            own(change)
        other(change)


def test_set_of_the_last_administrators_is_not_changed(lab: Lab) -> None:
    center = make_center(lab)
    lab.client("iam").create_role(
        RoleName="AWSReservedSSO_Platform_0123456789abcdef",
        Path="/aws-reserved/sso.amazonaws.com/",
        AssumeRolePolicyDocument=trust({"AWS": "arn:aws:iam::123456789012:root"}),
    )
    guard = make_guard(account_of(lab), Protected(), "")

    for change in changes_of_set(center.on, center.people["alice"]):
        with pytest.raises(Refused, match="Fewer than 2 other ways to administer"):
            guard(change)


def test_membership_of_the_caller_and_of_the_last_is_not_ended(lab: Lab) -> None:
    center = make_center(lab)
    alice = join(center, "alice")
    leave = call(
        "identitystore.delete_group_membership", IdentityStoreId=center.store, MembershipId=alice
    )

    with pytest.raises(Refused, match="alice is the caller"):
        make_guard(signed_by(by_set("Admins", "Alice"), lab), Protected(), "")(leave)
    guard = make_guard(account_of(lab), Protected(), "")
    guard(leave)
    for one in center.directory.list_group_memberships(
        IdentityStoreId=center.store, GroupId=center.group
    )["GroupMemberships"]:
        if one["MembershipId"] != alice:
            center.directory.delete_group_membership(
                IdentityStoreId=center.store, MembershipId=one["MembershipId"]
            )
    with pytest.raises(Refused, match="alice is the last in the group"):
        guard(leave)
