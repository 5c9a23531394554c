"""What a rollback brings back to life is said first, and needs consent and a second person."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.audits import Case as Audited
from tests.worlds import CASES, approve, approved, carry_out, desk_of, plan_of, writes
from tests.worlds_trails import CASES as TRAILS
from trailmend.audit import read_lines
from trailmend.calls import Call, Change
from trailmend.changing.rollbacks import approve_rollback
from trailmend.changing.undoing import effects_of_undoing
from trailmend.desk import Desk, apply_plan, plan_fix, roll_back_plan, this_user
from trailmend.errors import Refused
from trailmend.guards.writes import WRITES
from trailmend.lab import Lab
from trailmend.plan import Part, Plan, rehearse, remediations
from trailmend.planning.approvals import ApprovalRules, Person
from trailmend.planning.kept import save_plan
from trailmend.settings import Settings

KEY, POLICY, SSH = (
    CASES[name] for name in ("active key", "deleted policy", "deleted SSH key that was inactive")
)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
BOTH: dict[str, Any] = {"accept_revived_access": True, "accept_lost_logging": True}


def plan_with(*changes: Change) -> Plan:
    fix = remediations()["access_keys.deactivate_access_key"]
    return Plan(
        version="1",
        account_id="111122223333",
        made_by="arn:aws:iam::111122223333:user/sam",
        asked_by="sam",
        subject="F-2222",
        level="critical",
        title="A fix",
        breaks="",
        parts=(),
        reads=rehearse(fix).reads,
        changes=changes,
        created=NOON,
        expires=NOON,
    )


def told(plan: Plan, chosen: Iterable[int] | None = None) -> list[tuple[str, str]]:
    numbers = range(len(plan.changes)) if chosen is None else chosen
    return [(one.kind, one.text) for one in effects_of_undoing(plan, numbers)]


# What comes back ---------------------------------------------------------------------------


def test_undo_of_every_fix_is_told_by_what_it_gives_back() -> None:
    found = {
        key: sorted({kind for kind, _ in told(plan_with(*rehearse(fix).changes))})
        for key, fix in remediations().items()
    }

    restores = {key for key, kinds in found.items() if kinds == []}
    assert {key for key, kinds in found.items() if kinds == ["log"]} == {
        "trail_lifecycles.restore_lifecycle",
        "trails.repair_trail",
    }
    assert restores == {
        "access_keys.delete_access_key",
        "directory_groups.remove_from_directory_group",
        "instance_profiles.put_role_back",
        "login_profiles.create_lasting_login_profile",
        "login_profiles.create_login_profile",
        "login_profiles.set_new_password",
        "mfa_devices.deactivate_device",
        "mfa_devices.enrol_virtual_device",
        "mfa_devices.remove_unassigned_device",
        "mfa_devices.replace_device",
        "oidc_providers.recreate_oidc_provider",
        "organization_accounts.register_administrator",
        "password_policy.enforce_password_policy",
        "password_policy.restore_password_policy",
        "policies.recreate_policy",
        "policy_versions.delete_ready_version",
        "principals.release",
        "saml_providers.recreate_saml_provider",
        "ssh_keys.restore_ssh_key",
        "trails.attach_trail_reader",
    }
    assert not [
        text
        for fix in remediations().values()
        for _, text in told(plan_with(*rehearse(fix).changes))
        if "not known" in text
    ]


@pytest.mark.parametrize("name", ["iam.create_access_key", "ec2.run_instances", *sorted(WRITES)])
def test_undo_that_is_not_known_to_be_harmless_needs_consent(name: str) -> None:
    document = '{"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}'
    done = Call("iam.put_user_policy", {"PolicyDocument": document})
    undo = Call(
        name, {"UserName": "bob", "PolicyName": "p", "PolicyArn": "arn:aws:iam::1:policy/x"}
    )

    found = told(plan_with(Change(done, undo, "A change")))

    harmless = {
        "iam.deactivate_mfa_device",
        "iam.delete_account_password_policy",
        "iam.delete_login_profile",
        "iam.delete_open_id_connect_provider",
        "iam.delete_policy",
        "iam.delete_policy_version",
        "iam.delete_saml_provider",
        "iam.delete_ssh_public_key",
        "iam.delete_virtual_mfa_device",
        "iam.remove_client_id_from_open_id_connect_provider",
        "iam.remove_role_from_instance_profile",
        "iam.update_account_password_policy",
        "organizations.deregister_delegated_administrator",
    }
    assert bool(found) == (name not in harmless)


def test_key_that_goes_with_its_maker_does_not_come_back(lab: Lab, tmp_path: Path) -> None:
    plan = plan_of(desk_of(lab, tmp_path), SSH.fix, SSH.facts(lab))

    assert told(plan) == []
    assert told(plan, [1]) == [
        ("access", "The SSH key of user bob that the plan put back works again.")
    ]


# Consent -----------------------------------------------------------------------------------


def refused(desk: Desk, lab: Lab, plan: Plan, sentence: str, **consents: Any) -> str:
    """Claim that a rollback is refused with that sentence and that nothing was sent."""
    sent = writes(lab)
    with pytest.raises(Refused, match=sentence) as caught:
        roll_back_plan(desk, plan.id, **consents)
    assert writes(lab) == sent
    return str(caught.value)


def test_key_of_an_intruder_is_not_turned_on_again_without_consent(
    lab: Lab, tmp_path: Path
) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, KEY, lab)
    apply_plan(desk, plan.id)
    key = plan.changes[0].call.params["AccessKeyId"]

    said = refused(desk, lab, plan, "gives access back", accept_lost_logging=True)

    assert said == (
        f"Plan {plan.id} was not rolled back. It gives access back (1: Access key {key} of user "
        "bob works again.): say --accept-revived-access if that is meant."
    )
    assert roll_back_plan(desk, plan.id, accept_revived_access=True).state == "rolled back"


def test_trail_is_not_stopped_again_without_consent(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, TRAILS["ruined trail"], lab)
    carry_out(desk, plan.id)

    said = refused(desk, lab, plan, "--accept-lost-logging", accept_revived_access=True)

    assert "Trail audit stops logging." in said
    assert roll_back_plan(desk, plan.id, accept_lost_logging=True).state == "rolled back"


def critical(desk: Desk, lab: Lab, case: Any) -> Plan:
    """Apply a plan that a second person had to approve."""
    plan = approve(desk, plan_of(desk, case.fix, replace(case.facts(lab), level="critical")))
    carry_out(desk, plan.id)
    return plan


@pytest.mark.parametrize("case", [POLICY, SSH], ids=lambda case: case.name)
def test_mistaken_restore_is_taken_back_at_once(case: Any, lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)

    assert roll_back_plan(desk, critical(desk, lab, case).id).state == "rolled back"


# A second person ---------------------------------------------------------------------------


def let(desk: Desk, plan: Plan, who: str = "kim", only: Iterable[int] | None = None) -> None:
    approve_rollback(
        desk.engine,
        plan.id,
        only,
        by=Person(who),
        now=desk.clock.now(),
        rules=desk.settings.approval,
        log=desk.log,
    )


def test_rollback_of_what_needed_a_second_person_needs_one_again(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = critical(desk, lab, KEY)

    refused(desk, lab, plan, rf"trailmend approve {plan.id} --rollback\Z", **BOTH)
    with pytest.raises(Refused, match="a second person must approve it"):
        let(desk, plan, this_user())
    let(desk, plan)
    lab.advance(timedelta(hours=1).total_seconds())
    refused(desk, lab, plan, "It needs an approval", **BOTH)
    let(desk, plan)
    refused(desk, lab, plan, "say --accept-revived-access")

    assert roll_back_plan(desk, plan.id, accept_revived_access=True).state == "rolled back"


def test_who_approved_the_rollback_does_not_run_it(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approve(desk, replace_asker(desk, lab))
    carry_out(desk, plan.id)
    let(desk, plan, this_user())

    refused(desk, lab, plan, "nor rolls it back", **BOTH)


def replace_asker(desk: Desk, lab: Lab) -> Plan:
    """Save a critical plan that somebody else asked for, on another machine."""
    plan = plan_of(desk, KEY.fix, replace(KEY.facts(lab), level="critical"))
    other = replace(plan, asked_by="lee", made_by="arn:aws:iam::123456789012:user/lee")
    save_plan(desk.engine, other)
    return other


def two_keys(desk: Desk, lab: Lab) -> Plan:
    """Apply one critical plan that turns off two keys."""
    facts = replace(KEY.facts(lab), level="critical")
    keys = lab.client("iam").list_access_keys(UserName="bob")["AccessKeyMetadata"]
    parts = [[Part(KEY.fix.key, replace(facts, object_id=one["AccessKeyId"]))] for one in keys]
    plan = approve(desk, plan_fix(desk, parts))
    carry_out(desk, plan.id)
    return plan


def test_approval_is_of_exactly_these_changes(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = two_keys(desk, lab)
    let(desk, plan, only=[0])

    refused(desk, lab, plan, "It needs an approval", **BOTH)
    refused(desk, lab, plan, "--rollback --only 2", only=[1], **BOTH)
    let(desk, plan)
    refused(desk, lab, plan, "--rollback --only 2", only=[1], **BOTH)

    assert roll_back_plan(desk, plan.id, only=[0], **BOTH).state == "partly rolled back"
    # The first is undone: what is left of the approval of both is the second.
    assert roll_back_plan(desk, plan.id, **BOTH).state == "rolled back"


def test_listed_approvers_of_a_level_are_asked_again(lab: Lab, tmp_path: Path) -> None:
    rules = ApprovalRules(approvers={"medium": ("kim",)})
    desk = desk_of(lab, tmp_path, settings=Settings(approval=rules))
    plan = approved(desk, KEY, lab)
    apply_plan(desk, plan.id)

    refused(desk, lab, plan, "It needs an approval as well", **BOTH)
    with pytest.raises(Refused, match="lee is not among those who may approve"):
        let(desk, plan, "lee")
    let(desk, plan)

    assert roll_back_plan(desk, plan.id, **BOTH).state == "rolled back"


def test_rollback_that_needs_no_approval_is_not_approved(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, KEY, lab)
    with pytest.raises(Refused, match="there is nothing to roll back"):
        let(desk, plan)
    apply_plan(desk, plan.id)

    with pytest.raises(Refused, match="needs no approval"):
        let(desk, plan)


@pytest.mark.parametrize("wider", ["'$.changes', json('[0,1]')", "'$.expires', '2099-01-01'"])
def test_approval_that_was_widened_is_found(wider: str, lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = two_keys(desk, lab)
    let(desk, plan, only=[0])
    case = Audited(tmp_path)
    assert case.verify().faults == ()

    case.sql(f"UPDATE decisions SET body = json_set(body, {wider}) WHERE number = 2")

    assert [one.reason for one in case.verify().faults] == [
        f"a decision on plan {plan.id} was altered or not audited"
    ]


def test_consent_and_approval_are_in_the_audit_log(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = critical(desk, lab, KEY)
    let(desk, plan)
    roll_back_plan(desk, plan.id, accept_revived_access=True)
    lines = {one.what: one for one in read_lines(tmp_path)[0]}

    approval = lines["rollback approved"]
    assert (approval.user, approval.plan_hash) == ("kim", plan.hash)
    assert approval.details["changes"] == [1]
    assert lines["rollback asked"].details == {"changes": [1], "accepted": ["access"]}
