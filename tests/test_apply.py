"""Applying: what is verified, what stops half way, what cannot be undone, random accounts."""

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.all_cases import CASES, REVERSIBLE, beyond_a_few, family_of, quick
from tests.applying import KEY, TWO, done, state
from tests.claims import Proved
from tests.state import as_asked, identities
from tests.worlds import (
    Case,
    PatientClock,
    Wrapped,
    account_of,
    applied,
    approve,
    approved,
    asked_identities,
    carry_out,
    desk_of,
    plan_of,
    snapshot,
    ssh_body,
    take_back,
    writes,
)
from trailmend.calls import Call, Client
from trailmend.changing.settle import Patience
from trailmend.desk import Desk, apply_plan
from trailmend.errors import Denied, NoCredentials, Refused, Stopped
from trailmend.lab import Lab
from trailmend.plan import Plan
from trailmend.planning.kept import save_plan
from trailmend.remediations.password_policy import restore_password_policy
from trailmend.remediations.ssh_keys import fingerprint_of, restore_ssh_key

# Applying ----------------------------------------------------------------------------------


@quick(CASES.values(), lambda case: case in REVERSIBLE)
def test_fix_is_applied_and_verified(case: Case, lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, case, lab)
    before, sent = snapshot(lab), len(writes(lab))

    progress = carry_out(desk, plan.id)

    assert progress.state == state(desk, plan) == "applied"
    assert [name for name, _ in writes(lab)[sent:]] == [
        one.call.action.partition(":")[2] for one in plan.changes
    ]
    assert snapshot(lab) != before
    assert asked_identities(lab) == as_asked(identities(lab))
    assert plan_of(desk, case.fix, plan.facts).changes == ()


@quick(REVERSIBLE, beyond_a_few)
def test_fix_is_rolled_back(case: Case, lab: Lab, tmp_path: Path, proved: Proved) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, case, lab)
    before = snapshot(lab)

    carry_out(desk, plan.id)

    assert take_back(desk, plan.id).state == "rolled back"
    assert snapshot(lab) == before
    proved("A6", 1, "cases rolled back", family_of(case))


def test_nothing_is_called_verified_before_its_time(lab: Lab, tmp_path: Path) -> None:
    patient = PatientClock(lab)
    desk = desk_of(lab, tmp_path, clock=patient.clock, patience=Patience())

    applied(desk, KEY, lab)

    assert patient.slept == [5, 5, 5]


# Stopping half way -------------------------------------------------------------------------


def test_denied_first_change_leaves_nothing_in_force(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, KEY, lab)
    lab.deny("lab-admin", "iam:UpdateAccessKey")

    with pytest.raises(Denied, match="iam:UpdateAccessKey"):
        apply_plan(desk, plan.id)

    assert (state(desk, plan), done(desk, plan)) == ("stopped", ["planned"])
    with pytest.raises(Refused, match="nothing to roll back"):
        take_back(desk, plan.id)


def test_denied_second_change_says_what_is_in_force(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, TWO, lab)
    before = snapshot(lab)
    lab.deny("lab-admin", "iam:UpdateSSHPublicKey")

    with pytest.raises(Stopped, match=r"Stopped at change 2 of 2; in force: 1\. Go on with"):
        apply_plan(desk, plan.id)
    assert (state(desk, plan), done(desk, plan)) == ("interrupted", ["done", "planned"])

    assert take_back(desk, plan.id).state == "rolled back"
    assert done(desk, plan) == ["undone", "planned"]
    assert snapshot(lab) == before


def test_interrupted_plan_goes_on_when_the_hindrance_is_gone(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, TWO, lab)
    start = len(writes(lab))

    def around(call: Call, client: Client) -> Mapping[str, Any]:
        if call.name == "iam.update_ssh_public_key":
            raise NoCredentials("the session is over")
        return client(call)

    with pytest.raises(Stopped, match="the session is over"):
        apply_plan(desk_of(lab, tmp_path, Wrapped(account_of(lab), around)), plan.id)

    assert apply_plan(desk, plan.id, resume=True).state == "applied"
    assert [name for name, _ in writes(lab)[start:]] == ["UploadSSHPublicKey", "UpdateSSHPublicKey"]


def test_resuming_in_a_changed_account_sends_nothing(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, TWO, lab)
    lab.deny("lab-admin", "iam:UpdateSSHPublicKey")
    with pytest.raises(Stopped):
        apply_plan(desk, plan.id)
    iam = lab.client("iam")
    for key in iam.list_ssh_public_keys(UserName="bob")["SSHPublicKeys"]:
        iam.delete_ssh_public_key(UserName="bob", SSHPublicKeyId=key["SSHPublicKeyId"])
    sent = writes(lab)

    with pytest.raises(Stopped, match="not as plan"):
        apply_plan(desk, plan.id, resume=True)

    assert writes(lab) == sent


# What cannot be undone ---------------------------------------------------------------------


def irreversible(desk: Desk, case: Case, lab: Lab, *, undo: bool) -> Plan:
    """Make the plan of a case whose change cannot be undone, wholly or in part."""
    plan = plan_of(desk, case.fix, case.facts(lab))
    text = "Sessions that were cut do not come back."
    changes = [msgspec.structs.replace(one, irreversible=text) for one in plan.changes]
    if not undo:
        changes[-1] = msgspec.structs.replace(changes[-1], undo=None)
    plan = msgspec.structs.replace(plan, changes=tuple(changes))
    save_plan(desk.engine, plan)
    approve(desk, plan)
    return plan


def test_what_cannot_be_undone_needs_its_own_consent(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = irreversible(desk, KEY, lab, undo=True)
    sent = writes(lab)

    with pytest.raises(Refused, match=r"Sessions that were cut.*--accept-irreversible"):
        apply_plan(desk, plan.id)
    assert writes(lab) == sent

    assert apply_plan(desk, plan.id, accept_irreversible=True).state == "applied"


# Random accounts ---------------------------------------------------------------------------

update = st.fixed_dictionaries(
    {"MinimumPasswordLength": st.integers(6, 128), "RequireSymbols": st.booleans()},
    optional={
        "RequireNumbers": st.booleans(),
        "AllowUsersToChangePassword": st.booleans(),
        "MaxPasswordAge": st.integers(1, 1095),
        "PasswordReusePrevention": st.integers(1, 24),
    },
)
logged = st.dictionaries(
    st.sampled_from(["minimumPasswordLength", "maxPasswordAge", "passwordReusePrevention"]),
    st.integers(6, 24),
)
ssh_keys = st.dictionaries(st.integers(0, 9), st.sampled_from(["Active", "Inactive"]), max_size=4)
thin = settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def round_trip(lab: Lab, folder: Path, case: Case) -> None:
    """Apply and roll back: the account is as before, and the plan is the same again."""
    desk = desk_of(lab, folder / str(random.getrandbits(64)))
    plan = plan_of(desk, case.fix, case.facts(lab))
    if not plan.changes:
        return
    approve(desk, plan)
    before = snapshot(lab)
    apply_plan(desk, plan.id)
    take_back(desk, plan.id)
    again = plan_of(desk, case.fix, plan.facts)
    assert snapshot(lab) == before
    assert (again.reads, again.changes) == (plan.reads, plan.changes)


@thin
@given(now=st.none() | update, before=st.none() | logged)
def test_password_policy_comes_back_from_apply_and_rollback(
    now: dict[str, Any] | None, before: dict[str, Any] | None, lab: Lab, tmp_path: Path
) -> None:
    def build(lab: Lab) -> dict[str, Any]:
        if now:
            lab.client("iam").update_account_password_policy(**now)
        return {"before": before}

    lab.reset()
    round_trip(lab, tmp_path, Case("random", restore_password_policy, build))


@thin
@given(keys=ssh_keys, lost=st.integers(0, 9), status=st.sampled_from(["Active", "Inactive"]))
def test_ssh_keys_come_back_from_apply_and_rollback(
    keys: dict[int, str], lost: int, status: str, lab: Lab, tmp_path: Path
) -> None:
    def build(lab: Lab) -> dict[str, Any]:
        iam = lab.client("iam")
        iam.create_user(UserName="bob")
        for number, wanted in keys.items():
            made = iam.upload_ssh_public_key(UserName="bob", SSHPublicKeyBody=ssh_body(number))
            key = made["SSHPublicKey"]["SSHPublicKeyId"]
            iam.update_ssh_public_key(UserName="bob", SSHPublicKeyId=key, Status=wanted)
        body = ssh_body(lost)
        before = {"ssh_public_key_body": body, "fingerprint": fingerprint_of(body)}
        return {"user_name": "bob", "object_id": "APKAGONE", "before": before | {"status": status}}

    lab.reset()
    round_trip(lab, tmp_path, Case("random", restore_ssh_key, build))
