"""Answers that do not come, come late or disagree, and entities that are busy."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.all_cases import CASES
from tests.applying import KEY, state
from tests.slow import soak
from tests.worlds import (
    PatientClock,
    Wrapped,
    account_of,
    approved,
    desk_of,
    effects,
    snapshot,
    take_back,
    writes,
)
from trailmend.calls import Call, Client
from trailmend.changing.settle import Patience
from trailmend.desk import apply_plan
from trailmend.errors import (
    Busy,
    LostAnswer,
    Stale,
    Throttled,
    TrailmendError,
    Unreachable,
    Unverified,
)
from trailmend.lab import Fault, Lab

WRITE_OF = {
    "active key": "iam:UpdateAccessKey",
    "weak policy": "iam:UpdateAccountPasswordPolicy",
    "deleted SSH key": "iam:UploadSSHPublicKey",
    "deleted SSH key that was inactive": "iam:UpdateSSHPublicKey",
}


each_write = pytest.mark.parametrize(
    ("name", "action"),
    [
        pytest.param(name, action, id=name, marks=[pytest.mark.soak] if place % 2 else [])
        for place, (name, action) in enumerate(WRITE_OF.items())
    ],
)


# Answers that do not come ------------------------------------------------------------------


@each_write
def test_lost_answer_is_settled_by_reading(
    name: str, action: str, lab: Lab, tmp_path: Path
) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, CASES[name], lab)
    before, start = snapshot(lab), len(writes(lab))
    lab.fault(action, Fault.LOST_ANSWER)

    progress = apply_plan(desk, plan.id)

    assert progress.state == "applied"
    assert len(writes(lab)) - start == len(plan.changes)
    assert take_back(desk, plan.id).state == "rolled back"
    assert snapshot(lab) == before


@each_write
@pytest.mark.parametrize("fault", [Fault.LOST_REQUEST, soak(Fault.FAILING)])
def test_lost_request_is_not_sent_again_but_by_resuming(
    fault: Fault, name: str, action: str, lab: Lab, tmp_path: Path
) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, CASES[name], lab)
    start, took = len(writes(lab)), len(effects(lab))
    lab.fault(action, fault)

    with pytest.raises(LostAnswer, match=r"not sent again.*apply --resume"):
        apply_plan(desk, plan.id)
    assert len(writes(lab)) - start == len(plan.changes)
    assert apply_plan(desk, plan.id, resume=True).state == "applied"

    assert len(writes(lab)) - start == len(plan.changes) + 1
    assert len(effects(lab)) - took == len(plan.changes)


@each_write
def test_lost_answer_to_an_undo_is_settled_by_reading(
    name: str, action: str, lab: Lab, tmp_path: Path
) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, CASES[name], lab)
    before = snapshot(lab)
    apply_plan(desk, plan.id)
    start = len(writes(lab))
    assert plan.changes[0].undo is not None
    lab.fault(plan.changes[0].undo.action, Fault.LOST_ANSWER)

    assert take_back(desk, plan.id).state == "rolled back"

    assert snapshot(lab) == before
    assert len(writes(lab)) - start == len(plan.changes)


@each_write
def test_lost_undo_is_not_sent_again_but_by_rolling_back_again(
    name: str, action: str, lab: Lab, tmp_path: Path
) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, CASES[name], lab)
    before = snapshot(lab)
    apply_plan(desk, plan.id)
    assert plan.changes[0].undo is not None
    lab.fault(plan.changes[0].undo.action, Fault.LOST_REQUEST)

    with pytest.raises(LostAnswer, match=r"Go on with `trailmend rollback P-....`\.$"):
        take_back(desk, plan.id)
    assert take_back(desk, plan.id).state == "rolled back"

    assert snapshot(lab) == before


def test_change_by_others_while_an_answer_is_lost_is_not_guessed(lab: Lab, tmp_path: Path) -> None:
    def around(call: Call, client: Client) -> Mapping[str, Any]:
        try:
            return client(call)
        except LostAnswer:
            lab.client("iam").update_account_password_policy(MinimumPasswordLength=7)
            raise

    desk = desk_of(lab, tmp_path, Wrapped(account_of(lab), around))
    plan = approved(desk, CASES["weak policy"], lab)
    lab.fault("iam:UpdateAccountPasswordPolicy", Fault.LOST_ANSWER)

    with pytest.raises(LostAnswer, match="not sent again"):
        apply_plan(desk, plan.id)
    sent = writes(lab)
    with pytest.raises(LostAnswer, match="neither as before nor as planned"):
        apply_plan(desk, plan.id, resume=True)

    assert writes(lab) == sent


def test_unreachable_account_has_no_change_to_settle(lab: Lab, tmp_path: Path) -> None:
    def around(call: Call, client: Client) -> Mapping[str, Any]:
        if call.name == "iam.update_access_key" and gone:
            raise Unreachable("AWS cannot be reached")
        return client(call)

    gone = [True]
    desk = desk_of(lab, tmp_path, Wrapped(account_of(lab), around))
    plan = approved(desk, KEY, lab)

    with pytest.raises(Unreachable):
        apply_plan(desk, plan.id)
    assert state(desk, plan) == "stopped"
    gone.clear()

    assert apply_plan(desk, plan.id, resume=True).state == "applied"


def test_account_that_falls_silent_with_the_answer_is_said_to_be_unreadable(
    lab: Lab, tmp_path: Path
) -> None:
    def around(call: Call, client: Client) -> Mapping[str, Any]:
        if silent and call.name != "sts.get_caller_identity":
            raise Unreachable("AWS cannot be reached.")
        if call.name == "iam.update_access_key":
            silent.append(True)
            client(call)
            raise LostAnswer("AWS did not answer.")
        return client(call)

    silent: list[bool] = []
    desk = desk_of(lab, tmp_path, Wrapped(account_of(lab), around))
    plan = approved(desk, KEY, lab)

    with pytest.raises(LostAnswer, match=r"account cannot be read, and the call was not sent"):
        apply_plan(desk, plan.id)
    with pytest.raises(
        Unreachable, match=r"What stands of plan P-.... cannot be read, .*answers\.$"
    ):
        apply_plan(desk, plan.id, resume=True)
    silent.clear()

    sent = writes(lab)
    assert apply_plan(desk, plan.id, resume=True).state == "applied"
    assert writes(lab) == sent


# Busy entities -----------------------------------------------------------------------------


@each_write
@pytest.mark.parametrize("fault", [Fault.BUSY, soak(Fault.THROTTLED)])
def test_busy_entity_is_waited_for(
    fault: Fault, name: str, action: str, lab: Lab, tmp_path: Path
) -> None:
    patient = PatientClock(lab)
    desk = desk_of(lab, tmp_path, clock=patient.clock, patience=Patience())
    plan = approved(desk, CASES[name], lab)
    took = len(effects(lab))
    lab.fault(action, fault, times=3)

    assert apply_plan(desk, plan.id).state == "applied"

    assert [seconds for seconds in patient.slept if seconds != 5] == [15, 30, 60]
    assert len(effects(lab)) - took == len(plan.changes)


def test_entity_that_stays_busy_is_left_for_later(lab: Lab, tmp_path: Path) -> None:
    patient = PatientClock(lab)
    desk = desk_of(lab, tmp_path, clock=patient.clock, patience=Patience())
    plan = approved(desk, KEY, lab)
    lab.fault("iam:UpdateAccessKey", Fault.BUSY, times=99)

    with pytest.raises(Busy):
        apply_plan(desk, plan.id)

    assert 900 <= sum(patient.slept) <= 1020
    assert state(desk, plan) == "stopped"


def test_account_is_read_again_after_waiting_for_a_busy_entity(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, CASES["weak policy"], lab)
    lab.fault("iam:UpdateAccountPasswordPolicy", Fault.BUSY)
    clock = desk.clock

    def sleep(seconds: float) -> None:
        lab.client("iam").update_account_password_policy(MinimumPasswordLength=12)
        clock.sleep(seconds)

    watching = replace(desk, clock=type(clock)(clock.now, clock.monotonic, sleep))
    with pytest.raises(Stale):
        apply_plan(watching, plan.id)

    policy = lab.client("iam").get_account_password_policy()["PasswordPolicy"]
    assert policy["MinimumPasswordLength"] == 12


# Late visibility ---------------------------------------------------------------------------


@each_write
@pytest.mark.parametrize("seconds", [30, soak(1), soak(100)])
def test_change_that_shows_late_is_verified_when_it_shows(
    seconds: float, name: str, action: str, lab: Lab, tmp_path: Path
) -> None:
    patient = PatientClock(lab)
    desk = desk_of(lab, tmp_path, clock=patient.clock, patience=Patience())
    plan = approved(desk, CASES[name], lab)
    lab.fault(action, Fault.LATE, seconds=seconds)

    assert apply_plan(desk, plan.id).state == "applied"

    assert sum(patient.slept) >= seconds + 10


def test_change_that_does_not_show_is_not_called_verified(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, KEY, lab)
    start = len(writes(lab))
    lab.fault("iam:UpdateAccessKey", Fault.LATE, seconds=600)

    with pytest.raises(Unverified, match="account does not show them") as caught:
        apply_plan(desk, plan.id)
    assert caught.value.exit_code == 1
    assert state(desk, plan) == "applied, not verified"
    lab.advance(600)

    assert apply_plan(desk, plan.id, resume=True).state == "applied"
    assert len(writes(lab)) - start == 1


def test_lost_answer_that_shows_late_is_not_sent_again(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, KEY, lab)
    start = len(writes(lab))

    def around(call: Call, client: Client) -> Mapping[str, Any]:
        answer = client(call)
        if call.name == "iam.update_access_key":
            raise LostAnswer("The answer was lost.")
        return answer

    late = desk_of(lab, tmp_path, Wrapped(account_of(lab), around), patience=Patience())
    lab.fault("iam:UpdateAccessKey", Fault.LATE, seconds=60)

    assert apply_plan(late, plan.id).state == "applied"
    assert len(writes(lab)) - start == 1


@pytest.mark.parametrize("seed", [0, soak(1), soak(2)])
def test_replicas_that_disagree_are_not_called_verified(
    seed: int, lab: Lab, tmp_path: Path
) -> None:
    """Every third read comes from a replica that has not heard; no three in a row agree."""
    reads = {"number": seed}
    old: dict[str, Mapping[str, Any]] = {}

    def around(call: Call, client: Client) -> Mapping[str, Any]:
        if call.name != "iam.list_access_keys" or call.name not in old:
            old.setdefault(call.name, answer := client(call))
            return answer
        reads["number"] += 1
        return old[call.name] if reads["number"] % 3 == 0 else client(call)

    desk = desk_of(lab, tmp_path)
    plan = approved(desk, KEY, lab)
    behind = desk_of(lab, tmp_path, Wrapped(account_of(lab), around), patience=Patience())

    with pytest.raises(Unverified):
        apply_plan(behind, plan.id)


def test_failed_read_while_verifying_is_read_again(lab: Lab, tmp_path: Path) -> None:
    troubles: list[TrailmendError] = []

    def around(call: Call, client: Client) -> Mapping[str, Any]:
        if call.name == "iam.update_access_key":
            troubles.extend((Throttled("slow down"), Unreachable("no answer")))
        elif troubles and call.name == "iam.list_access_keys":
            raise troubles.pop()
        return client(call)

    desk = desk_of(lab, tmp_path, Wrapped(account_of(lab), around))
    plan = approved(desk, KEY, lab)

    assert apply_plan(desk, plan.id).state == "applied"
    assert troubles == []
