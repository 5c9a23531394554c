"""Secrets whose answers are lost, and of what is taken back: none is left behind."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.all_cases import CASES
from tests.secret_plans import (
    DEVICE,
    IN_AWS,
    PASSWORD,
    QUICK,
    around_write,
    check_secrets,
    ended,
    files,
    held,
    secrets_of_aws,
    state,
)
from tests.worlds import Wrapped, account_of, approved, carry_out, desk_of, snapshot, take_back
from trailmend.calls import Call, Client
from trailmend.errors import LostAnswer, Stopped
from trailmend.lab import Fault, Lab
from trailmend.planning.kept import plan_status
from trailmend.settings import Settings

# Answers that are lost ---------------------------------------------------------------------


def test_device_whose_seed_was_lost_is_taken_back(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, DEVICE, lab)
    before = snapshot(lab)
    lab.fault("iam:CreateVirtualMFADevice", Fault.LOST_ANSWER)

    with pytest.raises(Stopped) as caught:
        carry_out(desk, plan.id)

    assert str(caught.value) == (
        f"The answer to change 1 of plan {plan.id} was lost, and a secret with it. "
        "The change was taken back: make a new plan."
    )
    assert snapshot(lab) == before
    assert (state(desk, plan), files(desk)) == ("rolled back", [])


@pytest.mark.parametrize("go_on", [carry_out, take_back])
def test_device_whose_seed_could_not_be_kept_is_taken_back(
    go_on: Callable[..., Any], lab: Lab, tmp_path: Path
) -> None:
    def act(call: Call, client: Client) -> Mapping[str, Any]:
        answer = client(call)
        (tmp_path / "secrets").chmod(0o755)
        return answer

    around = around_write(act, "iam.create_virtual_mfa_device")
    desk = desk_of(lab, tmp_path, Wrapped(account_of(lab), around))
    plan = approved(desk, DEVICE, lab)
    before = snapshot(lab)

    with pytest.raises(Stopped) as caught:
        carry_out(desk, plan.id)
    assert "`chmod 700` it" in str(caught.value)
    assert "Change 1 of" in str(caught.value)
    assert f"Take it back with `trailmend rollback {plan.id}`." in str(caught.value)
    (tmp_path / "secrets").chmod(0o700)
    if go_on is carry_out:
        with pytest.raises(Stopped, match="taken back"):
            carry_out(desk, plan.id, resume=True)
    else:
        assert take_back(desk, plan.id).state == "rolled back"

    assert snapshot(lab) == before
    assert files(desk) == []


def test_device_of_which_aws_told_no_seed_is_taken_back(lab: Lab, tmp_path: Path) -> None:
    def act(call: Call, client: Client) -> Mapping[str, Any]:
        answer = dict(client(call)["VirtualMFADevice"])
        del answer["Base32StringSeed"]
        return {"VirtualMFADevice": answer}

    around = around_write(act, "iam.create_virtual_mfa_device")
    desk = desk_of(lab, tmp_path, Wrapped(account_of(lab), around))
    plan = approved(desk, DEVICE, lab)
    before = snapshot(lab)

    with pytest.raises(Stopped, match="taken back"):
        carry_out(desk, plan.id)

    assert (snapshot(lab), files(desk)) == (before, [])


FAULTS = [
    (name, action, fault)
    for name, actions in {
        "deleted password": ("CreateLoginProfile", "DeleteLoginProfile"),
        "password that was replaced": ("DeleteLoginProfile", "CreateLoginProfile"),
        "password of an intruder": ("DeleteLoginProfile", "CreateLoginProfile"),
        "device that was deleted": (
            *("CreateVirtualMFADevice", "EnableMFADevice"),
            *("DeactivateMFADevice", "DeleteVirtualMFADevice"),
        ),
    }.items()
    for action in actions
    for fault in (Fault.LOST_ANSWER, Fault.LOST_REQUEST, Fault.FAILING)
]


def settled(act: Callable[[], Any]) -> None:
    """Do what may stop because an answer was lost, once more if it does."""
    try:
        act()
    except (LostAnswer, Stopped):
        ended(act)


@pytest.mark.soak
@pytest.mark.parametrize(("name", "action", "fault"), FAULTS)
def test_lost_answers_leave_the_secrets_of_what_is_in_force(
    name: str, action: str, fault: Fault, lab: Lab, tmp_path: Path
) -> None:
    desk = desk_of(lab, tmp_path, patience=QUICK)
    plan = approved(desk, CASES[name], lab)
    undoes = action not in [one.call.action.partition(":")[2] for one in plan.changes]
    if not undoes:
        lab.fault(f"iam:{action}", fault)
    settled(lambda: carry_out(desk, plan.id, resume=True))
    check_secrets(desk, plan, lab, "applied")

    if plan_status(desk.engine, plan.id, now=desk.clock.now()).progress.in_force:
        if undoes:
            lab.fault(f"iam:{action}", fault)
        settled(lambda: take_back(desk, plan.id))
    check_secrets(desk, plan, lab, "rolled back")


# Taking back -------------------------------------------------------------------------------


@pytest.mark.parametrize("settings", [Settings(), IN_AWS], ids=["folder", "aws"])
@pytest.mark.parametrize("case", [PASSWORD, DEVICE], ids=lambda case: str(case.name))
def test_rollback_removes_the_secrets(
    case: Any, settings: Settings, lab: Lab, tmp_path: Path
) -> None:
    desk = desk_of(lab, tmp_path, settings=settings)
    plan = approved(desk, case, lab)
    carry_out(desk, plan.id)
    assert set(held(desk, plan)) == set(plan.secrets)
    assert len(files(desk)) + len(secrets_of_aws(lab)) == len(plan.secrets)

    assert take_back(desk, plan.id).state == "rolled back"

    assert (files(desk), secrets_of_aws(lab)) == ([], [])


def test_what_others_have_undone_leaves_no_secret(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, PASSWORD, lab)
    carry_out(desk, plan.id)
    lab.client("iam").delete_login_profile(UserName="bob")

    assert take_back(desk, plan.id).state == "rolled back"

    assert files(desk) == []
