"""Roles Anywhere: what is disabled and enabled again, and what is left to people."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.reading import findings_of
from tests.state import anywhere
from tests.worlds import ADMINISTRATOR, Case, account_of, desk_of, plan_of, trust
from tests.worlds_anywhere import CASES, let_in, profiled, unlisted
from trailmend.calls import call
from trailmend.changing.undoing import effects_of_undoing
from trailmend.desk import Desk
from trailmend.errors import CannotFix, Refused
from trailmend.guards import make_guard
from trailmend.lab import Lab
from trailmend.lab.identity import Credentials
from trailmend.plan import Facts, Plan, Target
from trailmend.planning.parts import part_of
from trailmend.remediations.roles_anywhere import disable_anchor, disable_profile, enable_list
from trailmend.settings import Protected

Build = Callable[[Lab], dict[str, Any]]


def name_of(facts: Facts) -> str:
    assert isinstance(facts.target, Target)
    return facts.target.name


def planned(desk: Desk, case: Case, facts: Facts) -> Plan:
    return plan_of(desk, case.fix, facts)


@pytest.mark.parametrize("case", CASES.values(), ids=lambda case: case.name)
def test_finding_of_roles_anywhere_tells_the_fix_all_that_it_must_know(
    case: Case, lab: Lab, tmp_path: Path
) -> None:
    facts, desk = case.facts(lab), desk_of(lab, tmp_path)
    # That the same caller had made what it disables would be a finding with no fix.
    log = [one for one in lab.records() if one["eventName"] == facts.event_name]
    (finding,) = [one for one in findings_of(log) if one.target.name == name_of(facts)]

    told = part_of(desk, finding, case.fix.key, "2026-03-02T09:30:00Z").facts

    assert finding.fixes[0] == case.fix.key
    assert told.target == facts.target
    changes = planned(desk, case, told).changes
    assert changes == planned(desk, case, facts).changes != ()


def test_one_anchor_is_disabled_and_the_undo_says_who_comes_in_again(
    lab: Lab, tmp_path: Path
) -> None:
    case = Case("", disable_anchor, let_in)
    facts, desk = case.facts(lab), desk_of(lab, tmp_path)
    on = {"trustAnchorId": name_of(facts)}

    plan = planned(desk, case, facts)

    (change,) = plan.changes
    assert change.call == call("rolesanywhere.disable_trust_anchor", region=lab.region, **on)
    assert change.undo == call("rolesanywhere.enable_trust_anchor", region=lab.region, **on)
    (effect,) = effects_of_undoing(plan, [0])
    assert (effect.kind, effect.text) == (
        "access",
        f"Machines with a certificate of trust anchor {name_of(facts)} come in again.",
    )
    lab.client("rolesanywhere").disable_trust_anchor(**on)
    assert anywhere(lab) == {"trust-anchor/servers": False, "trust-anchor/other": True}
    assert planned(desk, case, facts).changes == ()
    lab.client("rolesanywhere").delete_trust_anchor(**on)
    assert planned(desk, case, facts).changes == ()


def test_profile_that_is_disabled_says_which_roles_nobody_takes(lab: Lab, tmp_path: Path) -> None:
    case = Case("", disable_profile, profiled)
    facts, desk = case.facts(lab), desk_of(lab, tmp_path)

    (change,) = planned(desk, case, facts).changes

    assert change.note == f"Profile backup ({name_of(facts)}): enabled → disabled"
    assert change.breaks == "No certificate gets its roles by it any more: backup, night."


def test_list_that_is_gone_is_left_to_the_authority(lab: Lab, tmp_path: Path) -> None:
    case = Case("", enable_list, unlisted)
    facts, desk = case.facts(lab), desk_of(lab, tmp_path)
    lab.client("rolesanywhere").delete_crl(crlId=name_of(facts))

    with pytest.raises(CannotFix, match="deleted since"):
        planned(desk, case, facts)


@pytest.mark.parametrize("name", ["servers", "arn:aws:rolesanywhere:x:1:alias/trust-anchor/a"])
def test_what_is_named_by_an_alias_is_left_to_people(name: str, lab: Lab, tmp_path: Path) -> None:
    case = Case("", disable_anchor, let_in)
    facts = replace(case.facts(lab), target=Target("trust_anchor", name, lab.region))

    with pytest.raises(CannotFix, match="by no id and no ARN"):
        planned(desk_of(lab, tmp_path), case, facts)


@pytest.mark.parametrize("by", ["rolesanywhere.amazonaws.com", "ec2.amazonaws.com"])
def test_who_comes_by_a_certificate_shuts_no_door_of_theirs(by: str, lab: Lab) -> None:
    iam = lab.client("iam")
    both = trust({"AWS": lab.account_id, "Service": by})
    role = iam.create_role(RoleName="machine", AssumeRolePolicyDocument=both)["Role"]["Arn"]
    iam.attach_role_policy(RoleName="machine", PolicyArn=ADMINISTRATOR)
    made = lab.client("sts").assume_role(RoleArn=role, RoleSessionName="sam")["Credentials"]
    keys = (made[name] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken"))
    client = account_of(lab, Credentials(*keys))
    guard = make_guard(client, Protected(), client.access_key_id)
    disable = call("rolesanywhere.disable_profile", region=lab.region, profileId="p")

    if by == "rolesanywhere.amazonaws.com":
        with pytest.raises(Refused, match="You are signed in as role machine"):
            guard(disable)
    else:
        guard(disable)
