"""Fixes of MFA devices, applied: the seed is in the sink alone, and nothing is half done."""

from pathlib import Path

import pyotp
import pytest
from msgspec.structs import replace

from tests.slow import some
from tests.test_crashes import Fuse, boundaries, dies_at, state
from tests.test_remedy_mfa import (
    CREATE,
    ENROLLING,
    OWN,
    accepting,
    deactivate,
    devices_of,
    enable,
    going_on,
)
from tests.worlds import (
    Case,
    account_of,
    approve,
    approved,
    desk_of,
    effects,
    plain,
    plan_calls,
    plan_of,
    snapshot,
    take_back,
)
from tests.worlds_mfa import CASES, OWN_NAME, enrol, make_bob, told
from trailmend.desk import Desk, plan_fix
from trailmend.errors import LostAnswer, Refused, Stale, Stopped
from trailmend.lab import Credentials, Fault, Lab
from trailmend.plan import Part, Plan
from trailmend.remediations.mfa_devices import deactivate_device, enrol_virtual_device

ENROLMENT = CASES["device that was deleted"]
_FIRST = {case.fix: case for case in reversed(CASES.values())}
each_case = pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, marks=() if _FIRST[case.fix] is case else pytest.mark.soak)
        for case in CASES.values()
    ],
    ids=lambda case: case.name,
)
each_enrolling = pytest.mark.parametrize(
    "case", some(ENROLLING.values()), ids=lambda case: case.name
)


def seed_of(desk: Desk, plan: Plan) -> bytes | None:
    return desk.sink(plan.id).recall("bob.mfa-seed")


@each_case
def test_fix_is_in_force_and_asks_for_nothing_more(case: Case, lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, case, lab)
    start = len(effects(lab))

    assert accepting(desk, plan.id).state == "applied"

    assert effects(lab)[start:] == [one.call.action.partition(":")[2] for one in plan.changes]
    assert plan_of(desk, case.fix, plan.facts).changes == ()


@each_case
def test_what_has_an_undo_comes_back(case: Case, lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, case, lab)
    before = snapshot(lab)
    accepting(desk, plan.id)
    after = snapshot(lab)

    if all(one.undo is None for one in plan.changes):
        with pytest.raises(Refused, match=r"Only who holds|The seed of"):
            take_back(desk, plan.id)
        assert snapshot(lab) == after
        return
    take_back(desk, plan.id)
    for_ever = [one.call.params["SerialNumber"] for one in plan.changes if one.undo is None]
    before["unassigned"] += for_ever
    for user in before["users"].values():
        user["mfa"] = [one for one in user["mfa"] if one not in for_ever]
    assert snapshot(lab) == before
    assert seed_of(desk, plan) is None


@each_enrolling
def test_user_signs_in_with_the_seed_of_the_sink(case: Case, lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, case, lab)
    accepting(desk, plan.id)
    seed, picture = seed_of(desk, plan), desk.sink(plan.id).recall("bob.mfa-qr-code.png")
    made = lab.client("iam").create_access_key(UserName="bob")["AccessKey"]
    key = Credentials(made["AccessKeyId"], made["SecretAccessKey"])

    assert seed is not None
    assert picture is not None
    assert picture.startswith(b"\x89PNG")
    code = pyotp.TOTP(seed.decode()).at(int(lab.now().timestamp()))
    assert lab.client("sts", key).get_session_token(SerialNumber=OWN, TokenCode=code)


@each_enrolling
def test_seed_stands_in_no_file_but_the_sink(case: Case, lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, case, lab)
    accepting(desk, plan.id)
    seed = seed_of(desk, plan)

    assert seed
    holding = [one for one in tmp_path.rglob("*") if one.is_file() and seed in one.read_bytes()]
    assert [one.name for one in holding] == [f"{plan.id}.bob.mfa-seed"]
    assert holding[0].stat().st_mode & 0o777 == 0o600


@each_case
def test_busy_entity_is_waited_for(case: Case, lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, case, lab)
    start = len(effects(lab))
    lab.fault(plan.changes[-1].call.action, Fault.BUSY)

    assert accepting(desk, plan.id).state == "applied"
    assert effects(lab)[start:] == [one.call.action.partition(":")[2] for one in plan.changes]


@each_enrolling
def test_enrolment_whose_codes_did_not_arrive_goes_on(case: Case, lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, case, lab)
    lab.fault("iam:EnableMFADevice", Fault.LOST_REQUEST)

    with pytest.raises(LostAnswer):
        accepting(desk, plan.id)
    assert going_on(desk, plan.id).state == "applied"


@each_enrolling
def test_device_whose_seed_was_lost_is_taken_back(case: Case, lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, case, lab)
    before = snapshot(lab)
    lab.fault(CREATE.action, Fault.LOST_ANSWER)

    with pytest.raises(Stopped, match="make a new plan"):
        accepting(desk, plan.id)

    assert snapshot(lab) == before
    assert seed_of(desk, plan) is None


@each_case
def test_lost_answer_of_the_last_call_is_settled_by_reading(
    case: Case, lab: Lab, tmp_path: Path
) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, case, lab)
    lab.fault(plan.changes[-1].call.action, Fault.LOST_ANSWER)

    assert accepting(desk, plan.id).state == "applied"


# Whose device it is ------------------------------------------------------------------------


def test_device_that_somebody_made_under_the_name_is_not_enabled(lab: Lab, tmp_path: Path) -> None:
    """Its seed is not in the sink: nobody could tell its codes, and no code is sent."""
    desk = desk_of(lab, tmp_path)
    facts = ENROLMENT.facts(lab)
    lab.client("iam").create_virtual_mfa_device(VirtualMFADeviceName=OWN_NAME)
    plan = approve(desk, plan_of(desk, enrol_virtual_device, facts))
    before, start = snapshot(lab), len(effects(lab))

    assert plan_calls(plan) == [enable()]
    with pytest.raises(Refused, match=r"does not hold bob\.mfa-seed"):
        accepting(desk, plan.id)
    assert snapshot(lab) == before
    assert effects(lab)[start:] == []


def test_device_that_somebody_makes_under_the_name_makes_the_plan_stale(
    lab: Lab, tmp_path: Path
) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, ENROLMENT, lab)
    lab.client("iam").create_virtual_mfa_device(VirtualMFADeviceName=OWN_NAME)
    before = snapshot(lab)

    with pytest.raises(Stale):
        accepting(desk, plan.id)
    assert snapshot(lab) == before


def test_device_that_the_user_enrols_meanwhile_makes_the_plan_stale(
    lab: Lab, tmp_path: Path
) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, ENROLMENT, lab)
    enrol(lab, "bob", "bobs-new-phone")

    with pytest.raises(Stale, match="bobs-new-phone"):
        accepting(desk, plan.id)


def test_later_plan_of_the_finding_enrols_no_second_device(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, ENROLMENT, lab)
    accepting(desk, plan.id)

    later = replace(plan.facts, asked_at="2026-03-09T10:00:00Z", finding_id="another")

    assert plan_of(desk, enrol_virtual_device, later).changes == ()


def test_takeover_is_mended_by_one_plan(lab: Lab, tmp_path: Path) -> None:
    """The intruder took bob's device away and bound another: that one goes, a new one comes."""
    desk = desk_of(lab, tmp_path)
    iam = make_bob(lab)
    owned = enrol(lab, "bob", "phone")
    known = Case("", enrol_virtual_device, lambda lab: told(lab, object_id=owned)).facts(lab)
    iam.deactivate_mfa_device(UserName="bob", SerialNumber=owned)
    lab.advance(60)
    stranger = enrol(lab, "bob", "stranger")
    parts = [
        Part(deactivate_device.key, replace(known, object_id=stranger)),
        Part(enrol_virtual_device.key, known),
        Part(enrol_virtual_device.key, replace(known, finding_id="another")),
    ]
    plan = approve(desk, plan_fix(desk, [[part] for part in parts]))

    assert plan_calls(plan) == [deactivate(stranger), CREATE, enable()]
    assert accepting(desk, plan.id).state == "applied"
    assert devices_of(lab) == [OWN]
    assert plan_fix(desk, [[part] for part in parts]).changes == ()


# Crashes -----------------------------------------------------------------------------------


@pytest.mark.soak
@pytest.mark.parametrize(
    "name",
    [
        "device that was deleted",
        "lost device",
        "lost device that is the only one",
    ],
)
def test_crash_around_a_write_leaves_one_device_or_none(
    name: str, lab: Lab, tmp_path: Path
) -> None:
    """Where the crash took the seed with it, the device is taken back."""
    account, act = account_of(lab), accepting
    desk = desk_of(lab, tmp_path / "0", account)
    plan = approved(desk, CASES[name], lab)
    count = boundaries(desk, plan, act, near=True)
    wanted = plain(snapshot(lab))
    ends = {check_crash(lab, tmp_path / str(at), name, at, wanted) for at in range(1, count + 1)}
    assert ends == {"applied", "taken back"}


def check_crash(lab: Lab, folder: Path, name: str, at: int, wanted: object) -> str:
    """Crash at one boundary and go on; tell how it ended."""
    lab.reset()
    desk = desk_of(lab, folder, account_of(lab))
    plan = approved(desk, CASES[name], lab)
    before, act = snapshot(lab), accepting
    dies_at(desk, plan, act, Fuse(at, near=True))
    try:
        going_on(desk, plan.id)
    except Stopped:
        assert snapshot(lab) == before, at
        assert seed_of(desk, plan) is None, at
        return "taken back"
    assert state(desk, plan) == "applied", at
    assert plain(snapshot(lab)) == wanted, at
    return "applied"
