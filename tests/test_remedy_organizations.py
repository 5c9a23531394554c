"""Policies of the organization: what is put back, what is left to people, who may do it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from tests.reading import findings_of
from tests.worlds import Case, Wrapped, account_of, desk_of, plan_of
from tests.worlds_organizations import (
    SCP,
    attached,
    deregistered,
    detached,
    make_organization,
    moved,
    registered,
    rewritten,
    switched_off,
)
from tests.worlds_permissions import ALL, DENIAL
from trailmend.calls import Call, Client, call
from trailmend.errors import CannotFix, Refused
from trailmend.guards import make_guard
from trailmend.lab import Lab
from trailmend.plan import Facts, Remediation, Target
from trailmend.planning.parts import part_of
from trailmend.remediations.organization_accounts import (
    deregister_administrator,
    move_back,
    register_administrator,
)
from trailmend.remediations.organization_policies import attach_again, detach, restore_content
from trailmend.remediations.organization_policy_types import enable_type
from trailmend.settings import Protected


def facts_of(lab: Lab, build: Callable[[Lab], dict[str, Any]]) -> Facts:
    return Case("", attach_again, build).facts(lab)


def place_of(facts: Facts) -> str:
    assert isinstance(facts.target, Target)
    return facts.target.name


def planned(lab: Lab, folder: Path, fix: Remediation, facts: Facts) -> list[Call]:
    return [one.call for one in plan_of(desk_of(lab, folder), fix, facts).changes]


def test_policy_is_attached_where_it_was_and_nowhere_else(lab: Lab, tmp_path: Path) -> None:
    facts = facts_of(lab, detached())

    on: dict[str, Any] = {"PolicyId": facts.object_id, "TargetId": place_of(facts)}
    assert planned(lab, tmp_path, attach_again, facts) == [
        call("organizations.attach_policy", **on)
    ]
    lab.client("organizations").attach_policy(**on)
    assert planned(lab, tmp_path, attach_again, facts) == []


@pytest.mark.parametrize("build", [detached(), rewritten()])
def test_finding_tells_the_fix_all_that_it_must_know(
    build: Callable[[Lab], dict[str, Any]], lab: Lab, tmp_path: Path
) -> None:
    facts = facts_of(lab, build)
    fix = attach_again if facts.before is None else restore_content
    (finding,) = (
        one for one in findings_of(lab.records()) if one.event.event_name == facts.event_name
    )

    told = part_of(desk_of(lab, tmp_path), finding, fix.key, "2026-03-02T09:30:00Z").facts

    assert finding.fixes[0] == fix.key
    names = ("object_id", "target", "before")
    assert [getattr(told, one) for one in names] == [getattr(facts, one) for one in names]
    assert planned(lab, tmp_path, fix, told) == planned(lab, tmp_path, fix, facts) != []


def test_policy_is_detached_where_it_was_attached_and_nowhere_else(
    lab: Lab, tmp_path: Path
) -> None:
    facts = facts_of(lab, attached())
    on: dict[str, Any] = {"PolicyId": facts.object_id, "TargetId": place_of(facts)}

    plan = plan_of(desk_of(lab, tmp_path), detach, facts)

    (change,) = plan.changes
    assert change.call == call("organizations.detach_policy", **on)
    assert change.undo == call("organizations.attach_policy", **on)
    assert change.note == (
        f"Policy guard ({facts.object_id}) attached to {place_of(facts)} → not attached"
    )
    lab.client("organizations").detach_policy(**on)
    assert planned(lab, tmp_path, detach, facts) == []
    lab.client("organizations").delete_policy(PolicyId=facts.object_id)
    assert planned(lab, tmp_path, detach, facts) == []


def test_last_policy_of_a_place_is_not_detached(lab: Lab, tmp_path: Path) -> None:
    facts = facts_of(lab, attached(alone=True))

    with pytest.raises(CannotFix, match=r"the last of the type SERVICE_CONTROL_POLICY .*attach an"):
        planned(lab, tmp_path, detach, facts)


def test_finding_of_an_attached_policy_tells_the_fix_all_that_it_must_know(
    lab: Lab, tmp_path: Path
) -> None:
    facts = facts_of(lab, attached())
    finding = findings_of(lab.records())[-1]

    told = part_of(desk_of(lab, tmp_path), finding, detach.key, "2026-03-02T09:30:00Z").facts

    assert finding.fixes[0] == detach.key
    assert (told.object_id, told.target) == (facts.object_id, facts.target)
    assert planned(lab, tmp_path, detach, told) == planned(lab, tmp_path, detach, facts) != []


def test_policy_that_is_gone_is_not_attached(lab: Lab, tmp_path: Path) -> None:
    facts = facts_of(lab, detached())
    lab.client("organizations").delete_policy(PolicyId=facts.object_id)

    with pytest.raises(CannotFix, match="deleted since"):
        planned(lab, tmp_path, attach_again, facts)


def test_policy_of_a_type_that_is_off_is_not_attached(lab: Lab, tmp_path: Path) -> None:
    facts = facts_of(lab, detached())
    client = lab.client("organizations")
    client.disable_policy_type(RootId=client.list_roots()["Roots"][0]["Id"], PolicyType=SCP)

    with pytest.raises(CannotFix, match="not switched on"):
        planned(lab, tmp_path, attach_again, facts)


def test_unit_that_is_gone_gets_no_policy(lab: Lab, tmp_path: Path) -> None:
    facts = facts_of(lab, detached())
    lab.client("organizations").delete_organizational_unit(OrganizationalUnitId=place_of(facts))

    with pytest.raises(CannotFix, match="not in the organization any more"):
        planned(lab, tmp_path, attach_again, facts)


@pytest.mark.parametrize("fix", [attach_again, detach, restore_content])
def test_account_in_no_organization_is_told_so(fix: Remediation, lab: Lab, tmp_path: Path) -> None:
    with pytest.raises(CannotFix, match="in no organization"):
        planned(lab, tmp_path, fix, replace(fix.example.facts, account_id=lab.account_id))


@pytest.mark.parametrize("build", [detached(), rewritten()])
def test_who_may_not_read_is_sent_to_the_management_account(
    build: Callable[[Lab], dict[str, Any]], lab: Lab, tmp_path: Path
) -> None:
    facts = facts_of(lab, build)
    fix = attach_again if facts.before is None else restore_content
    lab.deny("lab-admin", "organizations:DescribePolicy")

    with pytest.raises(CannotFix, match="management account of the organization or a delegated"):
        planned(lab, tmp_path, fix, facts)


def test_text_that_was_written_since_is_left(lab: Lab, tmp_path: Path) -> None:
    with pytest.raises(CannotFix, match="neither what the event wrote nor what was before"):
        planned(lab, tmp_path, restore_content, facts_of(lab, rewritten(since=ALL)))


def test_text_that_stands_again_needs_nothing(lab: Lab, tmp_path: Path) -> None:
    spaced = json.dumps(json.loads(DENIAL), indent=2)

    assert planned(lab, tmp_path, restore_content, facts_of(lab, rewritten(since=spaced))) == []


@pytest.mark.parametrize("told", [None, "{", "[]"])
def test_former_text_is_not_guessed(told: str | None, lab: Lab, tmp_path: Path) -> None:
    with pytest.raises(CannotFix, match="does not show what the policy said before"):
        planned(lab, tmp_path, restore_content, facts_of(lab, rewritten(told=told)))


def test_policy_that_binds_the_account_we_work_in_is_not_changed_there(lab: Lab) -> None:
    root, policy = make_organization(lab)
    lab.client("organizations").attach_policy(PolicyId=policy, TargetId=root)
    unit = lab.client("organizations").create_organizational_unit(ParentId=root, Name="work")

    def as_a_member(asked: Call, client: Client) -> Mapping[str, Any]:
        """Show the organization as the account of a delegated administrator sees it."""
        answer = dict(client(asked))
        if asked.name == "organizations.describe_organization":
            answer["Organization"] = {"MasterAccountId": "210987654321"}
        return answer

    guard = make_guard(Wrapped(account_of(lab), as_a_member), Protected(), "")

    for change in (
        call("organizations.attach_policy", PolicyId=policy, TargetId=root),
        call("organizations.detach_policy", PolicyId=policy, TargetId=lab.account_id),
        call("organizations.update_policy", PolicyId=policy, Content=DENIAL),
    ):
        with pytest.raises(Refused, match="binds account 123456789012 itself"):
            guard(change)
    elsewhere = {"PolicyId": policy, "TargetId": unit["OrganizationalUnit"]["Id"]}
    guard(call("organizations.attach_policy", **elsewhere))
    guard(call("organizations.enable_policy_type", RootId=root, PolicyType=SCP))
    move = {"AccountId": "111122223333", "SourceParentId": root, "DestinationParentId": root}
    with pytest.raises(Refused, match=r"in the management account alone \(210987654321\)"):
        guard(call("organizations.move_account", **move))


# Accounts and types ------------------------------------------------------------------------


FIXES: list[tuple[Remediation, Callable[[Lab], dict[str, Any]]]] = [
    (move_back, moved()),
    (deregister_administrator, registered),
    (register_administrator, deregistered()),
    (enable_type, switched_off),
]


@pytest.mark.parametrize(("fix", "build"), FIXES, ids=[fix.key for fix, _ in FIXES])
def test_finding_of_the_organization_tells_the_fix_all_that_it_must_know(
    fix: Remediation, build: Callable[[Lab], dict[str, Any]], lab: Lab, tmp_path: Path
) -> None:
    facts = facts_of(lab, build)
    # That the same caller had registered what it deregisters would be a finding with no fix.
    log = [one for one in lab.records() if one["eventName"] == facts.event_name]
    finding = findings_of(log)[-1]

    told = part_of(desk_of(lab, tmp_path), finding, fix.key, "2026-03-02T09:30:00Z").facts

    assert finding.fixes[0] == fix.key
    names = ("target", "before", "after")
    assert [getattr(told, one) for one in names] == [getattr(facts, one) for one in names]
    assert planned(lab, tmp_path, fix, told) == planned(lab, tmp_path, fix, facts) != []


def test_account_is_moved_to_where_it_was(lab: Lab, tmp_path: Path) -> None:
    facts = facts_of(lab, moved())
    root, unit = (part["parentId"] for part in (facts.after, facts.before) if part)
    move = {"SourceParentId": root, "DestinationParentId": unit, "AccountId": place_of(facts)}

    assert planned(lab, tmp_path, move_back, facts) == [call("organizations.move_account", **move)]
    lab.client("organizations").move_account(**move)
    assert planned(lab, tmp_path, move_back, facts) == []


def test_account_that_was_moved_on_is_left(lab: Lab, tmp_path: Path) -> None:
    facts = facts_of(lab, moved(to_root=False))
    client = lab.client("organizations")
    root = client.list_roots()["Roots"][0]["Id"]
    now = (facts.after or {})["parentId"]
    client.move_account(AccountId=place_of(facts), SourceParentId=now, DestinationParentId=root)

    with pytest.raises(CannotFix, match="neither where the event put it nor where it was before"):
        planned(lab, tmp_path, move_back, facts)


def test_account_is_not_moved_to_a_unit_that_is_gone(lab: Lab, tmp_path: Path) -> None:
    facts = facts_of(lab, moved())
    unit = (facts.before or {})["parentId"]
    lab.client("organizations").delete_organizational_unit(OrganizationalUnitId=unit)

    with pytest.raises(CannotFix, match=f"The unit {unit} is not there any more"):
        planned(lab, tmp_path, move_back, facts)


def test_account_that_left_is_not_moved(lab: Lab, tmp_path: Path) -> None:
    facts = facts_of(lab, moved())
    lab.client("organizations").remove_account_from_organization(AccountId=place_of(facts))

    with pytest.raises(CannotFix, match="not in the organization any more"):
        planned(lab, tmp_path, move_back, facts)


def test_one_registration_is_taken_away_and_said_to_lose_what_the_service_keeps(
    lab: Lab, tmp_path: Path
) -> None:
    facts = facts_of(lab, registered)
    named = {"AccountId": place_of(facts), "ServicePrincipal": "ssm.amazonaws.com"}

    plan = plan_of(desk_of(lab, tmp_path), deregister_administrator, facts)

    (change,) = plan.changes
    assert change.call == call("organizations.deregister_delegated_administrator", **named)
    assert change.undo == call("organizations.register_delegated_administrator", **named)
    assert plan.irreversible[0].endswith(
        "may be lost, and does not come back with the registration."
    )
    lab.client("organizations").deregister_delegated_administrator(**named)
    assert planned(lab, tmp_path, deregister_administrator, facts) == []


def test_registration_that_is_newer_than_the_event_is_left(lab: Lab, tmp_path: Path) -> None:
    facts = facts_of(lab, registered)
    named = {"AccountId": place_of(facts), "ServicePrincipal": "ssm.amazonaws.com"}
    client = lab.client("organizations")
    client.deregister_delegated_administrator(**named)
    lab.advance(-1800)
    client.register_delegated_administrator(**named)
    lab.advance(1800)

    with pytest.raises(CannotFix, match="after the event: see who did that"):
        planned(lab, tmp_path, deregister_administrator, facts)


@pytest.mark.parametrize("service", ["guardduty", "ssm"])
def test_service_is_given_to_its_account_again_and_power_takes_a_consent(
    service: str, lab: Lab, tmp_path: Path
) -> None:
    facts = facts_of(lab, deregistered(service))
    account = place_of(facts)
    named = {"AccountId": account, "ServicePrincipal": f"{service}.amazonaws.com"}

    plan = plan_of(desk_of(lab, tmp_path), register_administrator, facts)

    (change,) = plan.changes
    assert change.call == call("organizations.register_delegated_administrator", **named)
    assert change.undo == call("organizations.deregister_delegated_administrator", **named)
    power = (
        f"By ssm.amazonaws.com whoever rules account {account} can give people access to other "
        "accounts, or run code in them: what they do so stays when the registration is taken away "
        "again."
    )
    assert plan.irreversible == ((power,) if service == "ssm" else ())
    lab.client("organizations").register_delegated_administrator(**named)
    assert planned(lab, tmp_path, register_administrator, facts) == []


def test_service_that_another_account_got_since_is_left_to_people(lab: Lab, tmp_path: Path) -> None:
    facts = facts_of(lab, deregistered())
    client = lab.client("organizations")
    made = client.create_account(Email="o@example.com", AccountName="other")
    other = made["CreateAccountStatus"]["AccountId"]
    lab.advance(-600)
    client.register_delegated_administrator(
        AccountId=other, ServicePrincipal="guardduty.amazonaws.com"
    )
    lab.advance(600)

    with pytest.raises(CannotFix, match=rf"Account {other} became an administrator at .*after the"):
        planned(lab, tmp_path, register_administrator, facts)


def test_service_that_is_shut_out_gets_no_administrator(lab: Lab, tmp_path: Path) -> None:
    facts = facts_of(lab, deregistered())
    lab.client("organizations").disable_aws_service_access(
        ServicePrincipal="guardduty.amazonaws.com"
    )

    with pytest.raises(CannotFix, match="is not let into the organization"):
        planned(lab, tmp_path, register_administrator, facts)


def test_account_that_is_closed_gets_no_service(lab: Lab, tmp_path: Path) -> None:
    facts = facts_of(lab, deregistered())
    lab.client("organizations").close_account(AccountId=place_of(facts))

    with pytest.raises(CannotFix, match="is SUSPENDED, and only an active member"):
        planned(lab, tmp_path, register_administrator, facts)


def test_type_is_switched_on_and_what_is_to_be_attached_is_told(lab: Lab, tmp_path: Path) -> None:
    facts = facts_of(lab, switched_off)
    root = place_of(facts)

    plan = plan_of(desk_of(lab, tmp_path), enable_type, facts)

    (change,) = plan.changes
    assert change.call == call("organizations.enable_policy_type", RootId=root, PolicyType=SCP)
    listed = lab.client("organizations").list_policies(Filter=SCP)["Policies"]
    (guard,) = [one["Id"] for one in listed if not one["AwsManaged"]]
    assert change.note == (
        f"Type {SCP} in root {root}: off → on; attach again where they were: guard ({guard})"
    )
    lab.client("organizations").enable_policy_type(RootId=root, PolicyType=SCP)
    assert planned(lab, tmp_path, enable_type, facts) == []


@pytest.mark.parametrize(
    ("fix", "build", "changed", "why"),
    [
        (move_back, moved(), {"before": None}, "does not tell both places"),
        (move_back, moved(), {"target": UNSET}, "names no account"),
        (deregister_administrator, registered, {"after": {}}, "does not name the service"),
        (register_administrator, deregistered(), {"after": {}}, "does not name the service"),
        (
            register_administrator,
            deregistered(),
            {"target": Target("organization_account", "210987654321")},
            "is not in the organization any more",
        ),
        (enable_type, switched_off, {"after": {}}, "does not name the root and the type"),
        (
            enable_type,
            switched_off,
            {"target": Target("organization", "r-zzzz")},
            "is not the organization's any more",
        ),
    ],
)
def test_what_the_finding_does_not_tell_is_left_to_people(
    fix: Remediation,
    build: Callable[[Lab], dict[str, Any]],
    changed: dict[str, Any],
    why: str,
    lab: Lab,
    tmp_path: Path,
) -> None:
    facts = replace(facts_of(lab, build), **changed)

    with pytest.raises(CannotFix, match=why):
        planned(lab, tmp_path, fix, facts)
