"""MFA devices: an intruder's goes, a lost one is replaced, and no seed leaves the sink."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.worlds import (
    Case,
    Wrapped,
    account_of,
    approved,
    desk_of,
)
from tests.worlds_mfa import ASKED, CASES, OWN_NAME, enrol, make_bob, told
from trailmend.calls import Call, Client, Secret, ask, call
from trailmend.changing.journal import Progress
from trailmend.changing.reads import is_read
from trailmend.desk import Desk, apply_plan
from trailmend.errors import CannotFix
from trailmend.lab import Lab
from trailmend.plan import Facts, Proposal, Remediation, propose
from trailmend.remediations.mfa_devices import (
    deactivate_device,
    enrol_virtual_device,
    remove_unassigned_device,
    replace_device,
)

ACCOUNT = "arn:aws:iam::123456789012"
OWN = f"{ACCOUNT}:mfa/{OWN_NAME}"
CREATE = call("iam.create_virtual_mfa_device", VirtualMFADeviceName=OWN_NAME)
DELETE = call("iam.delete_virtual_mfa_device", SerialNumber=OWN)
ABOUT_A_USER = (deactivate_device, enrol_virtual_device, replace_device)
ENROLLING = {
    name: case for name, case in CASES.items() if case.fix in (enrol_virtual_device, replace_device)
}
each_case = pytest.mark.parametrize(
    "case",
    [case for case in CASES.values() if "password" not in case.name and "policy" not in case.name],
    ids=lambda case: case.name,
)
each_enrolling = pytest.mark.parametrize(
    "case", ENROLLING.values(), ids=lambda case: str(case.name)
)


def enable(serial: str = OWN) -> Call:
    return call(
        "iam.enable_mfa_device",
        UserName="bob",
        SerialNumber=serial,
        AuthenticationCode1=Secret("code", "bob.mfa-seed", earlier=1),
        AuthenticationCode2=Secret("code", "bob.mfa-seed"),
    )


def deactivate(serial: str) -> Call:
    return call("iam.deactivate_mfa_device", UserName="bob", SerialNumber=serial)


def device(name: str) -> str:
    return f"{ACCOUNT}:mfa/{name}"


def proposed(fix: Remediation, lab: Lab, **known: Any) -> Proposal:
    """Ask a fix about the account of the lab, two days later."""
    account = account_of(lab)
    facts = Case("", fix, lambda _: told(lab) | known).facts(lab)
    return propose(fix, facts, lambda question: ask(account, question))


def calls(proposal: Proposal) -> list[tuple[Call, Call | None]]:
    return [(one.call, one.undo) for one in proposal.changes]


def accepting(desk: Desk, plan_id: str) -> Progress:
    return apply_plan(desk, plan_id, accept_irreversible=True)


def going_on(desk: Desk, plan_id: str) -> Progress:
    return apply_plan(desk, plan_id, resume=True, accept_irreversible=True)


def devices_of(lab: Lab, user: str = "bob") -> list[str]:
    found = lab.client("iam").list_mfa_devices(UserName=user)["MFADevices"]
    return sorted(one["SerialNumber"] for one in found)


# An intruder's device ----------------------------------------------------------------------


def test_only_the_named_device_is_taken_off_and_the_others_are_counted(lab: Lab) -> None:
    make_bob(lab)
    for name in ("laptop", "phone", "stranger"):
        enrol(lab, "bob", name)

    proposal = proposed(deactivate_device, lab, object_id=device("stranger"))

    assert calls(proposal) == [(deactivate(device("stranger")), None)]
    (change,) = proposal.changes
    assert "1 of 3 devices" in change.note
    assert f"{device('laptop')}, {device('phone')} stay" in change.note
    assert "Only who holds" in change.irreversible


def test_who_loses_the_last_device_is_told_of_a_new_one(lab: Lab) -> None:
    make_bob(lab)

    (change,) = proposed(deactivate_device, lab, object_id=enrol(lab, "bob", "only")).changes

    assert "no MFA is left, mfa_devices.enrol_virtual_device enrols a new device" in change.note
    assert change.breaks == "bob's password alone opens the console."


@pytest.mark.parametrize("whose", ["nobody's", "alice's"])
def test_device_that_is_not_the_users_any_more_is_left_alone(whose: str, lab: Lab) -> None:
    make_bob(lab).create_user(UserName="alice")
    serial = enrol(lab, "alice", "phone") if whose == "alice's" else device("phone")

    assert calls(proposed(deactivate_device, lab, object_id=serial)) == []


@pytest.mark.parametrize("serial", [f"{ACCOUNT}:u2f/user/bob/key-ABC123", "GAKT00012345"])
def test_security_keys_and_hardware_tokens_are_taken_off_too(serial: str) -> None:
    answers: dict[str, Any] = {
        "iam.get_user": {"id": "A", "created": "2020-01-01T00:00:00Z", "arn": f"{ACCOUNT}:user/b"},
        "iam.list_mfa_devices": [{"serial": serial, "since": "2026-03-02T09:00:00Z"}],
    }
    facts = Facts(
        account_id="123456789012",
        finding_id="f",
        event_id="e",
        event_name="EnableMFADevice",
        event_time="2026-03-02T09:00:00Z",
        user_name="bob",
        object_id=serial,
    )

    proposal = propose(deactivate_device, facts, lambda question: answers[question.call.name])

    assert calls(proposal) == [(deactivate(serial), None)]


def test_finding_without_a_serial_takes_nothing_off(lab: Lab) -> None:
    make_bob(lab)
    enrol(lab, "bob", "phone")

    with pytest.raises(CannotFix, match="names no MFA device"):
        proposed(deactivate_device, lab, object_id=None)


@pytest.mark.parametrize("fix", ABOUT_A_USER, ids=lambda fix: fix.key)
def test_device_of_root_is_left_to_root(fix: Remediation, lab: Lab) -> None:
    with pytest.raises(CannotFix, match="sign in as root"):
        proposed(fix, lab, user_name=None, object_id=device("root-account-mfa-device"))


@pytest.mark.parametrize("fix", ABOUT_A_USER, ids=lambda fix: fix.key)
def test_user_who_vanished_or_was_made_anew_is_not_touched(fix: Remediation, lab: Lab) -> None:
    with pytest.raises(CannotFix, match="not there"):
        proposed(fix, lab)
    make_bob(lab)
    with pytest.raises(CannotFix, match="another user of the same name"):
        proposed(fix, lab, event_time="2020-01-01T00:00:00Z")


# A new device ------------------------------------------------------------------------------


def test_enrolment_proposes_what_is_not_in_force_yet(lab: Lab) -> None:
    """Seeds' error: `iam.enable_mfa` is no operation; these two calls are."""
    iam = make_bob(lab)
    made, enabled = (CREATE, DELETE), (enable(), deactivate(OWN))

    assert calls(proposed(enrol_virtual_device, lab)) == [made, enabled]
    iam.create_virtual_mfa_device(VirtualMFADeviceName=OWN_NAME)
    assert calls(proposed(enrol_virtual_device, lab)) == [enabled]
    iam.delete_virtual_mfa_device(SerialNumber=OWN)
    enrol(lab, "bob", OWN_NAME)
    assert calls(proposed(enrol_virtual_device, lab)) == []


def test_seed_and_qr_code_are_kept_and_the_user_is_told(lab: Lab) -> None:
    make_bob(lab)

    made, enabled = proposed(enrol_virtual_device, lab).changes

    assert made.keeps == {
        "bob.mfa-seed": "VirtualMFADevice.Base32StringSeed",
        "bob.mfa-qr-code.png": "VirtualMFADevice.QRCodePNG",
    }
    assert "bob must scan bob.mfa-qr-code.png" in enabled.note
    assert "then delete it and bob.mfa-seed" in enabled.note
    assert enabled.breaks == "bob cannot sign in to the console without the new device."


DAY = 86400


@pytest.mark.parametrize(
    ("name", "age", "counts"),
    [
        ("phone", DAY + 60, True),
        ("phone", DAY - 60, False),
        ("phone", -60, False),
        ("bob-trailmend-20260101000000", -60, True),
        ("bobby-trailmend-20260101000000", -60, False),
    ],
)
def test_device_counts_if_it_is_old_or_of_an_earlier_plan(
    name: str, age: int, counts: bool, lab: Lab
) -> None:
    """A device that an intruder bound on the day of the attack is not the user's MFA."""
    make_bob(lab)
    lab.advance(2 * DAY)
    if age < 0:
        known = {"event_time": f"{lab.now():%Y-%m-%dT%H:%M:%SZ}"}
        lab.advance(-age)
        enrol(lab, "bob", name)
    else:
        enrol(lab, "bob", name)
        lab.advance(age)
        known = {"event_time": f"{lab.now():%Y-%m-%dT%H:%M:%SZ}"}

    changes = proposed(enrol_virtual_device, lab, **known).changes

    assert len(changes) == (0 if counts else 2)
    if not counts:
        assert f"bob has {device(name)} as well" in changes[-1].note
        assert changes[-1].breaks == ""


def test_without_a_finding_any_device_is_enough(lab: Lab) -> None:
    make_bob(lab)
    enrol(lab, "bob", "phone")

    assert calls(proposed(enrol_virtual_device, lab, event_time="")) == []


def test_user_of_programs_needs_no_mfa(lab: Lab) -> None:
    """Prowler #1605, and the seeds: whoever has no password has no sign-in to protect."""
    make_bob(lab, password=False)

    with pytest.raises(CannotFix, match="no console password"):
        proposed(enrol_virtual_device, lab, event_time="")
    assert len(proposed(enrol_virtual_device, lab).changes) == 2


@pytest.mark.parametrize("fix", [enrol_virtual_device, replace_device], ids=lambda fix: fix.key)
def test_ninth_device_is_not_tried(fix: Remediation, lab: Lab) -> None:
    make_bob(lab)
    known = told(lab)
    for number in range(8):
        enrol(lab, "bob", f"phone{number}")
    known |= {"object_id": device("phone0")}

    with pytest.raises(CannotFix, match="8 is the limit"):
        proposed(fix, lab, **known)


def test_device_of_the_name_that_is_somebody_elses_is_not_taken(lab: Lab) -> None:
    make_bob(lab).create_user(UserName="alice")
    enrol(lab, "alice", OWN_NAME)

    with pytest.raises(CannotFix, match=r"is enabled for .*user/alice"):
        proposed(enrol_virtual_device, lab)


def test_serial_is_in_the_partition_of_the_user() -> None:
    arn = "arn:aws-us-gov:iam::123456789012:user/staff/deep/bob"
    answers: dict[str, Any] = {
        "iam.get_user": {"id": "A", "created": "2020-01-01T00:00:00Z", "arn": arn},
        "iam.list_mfa_devices": [],
        "iam.get_login_profile": "2020-01-01T00:00:00Z",
        "iam.list_virtual_mfa_devices": None,
    }
    facts = Facts(
        account_id="123456789012",
        finding_id="",
        event_id="",
        event_name="",
        event_time="",
        asked_at=ASKED,
        user_name="bob",
    )

    proposal = propose(enrol_virtual_device, facts, lambda question: answers[question.call.name])

    serial = f"arn:aws-us-gov:iam::123456789012:mfa/{OWN_NAME}"
    assert [one.call for one in proposal.changes] == [CREATE, enable(serial)]


# A replacement -----------------------------------------------------------------------------


def test_new_device_is_enabled_before_the_old_one_goes(lab: Lab) -> None:
    make_bob(lab)
    enrol(lab, "bob", "laptop")
    old = enrol(lab, "bob", "phone")
    expected = [(CREATE, DELETE), (enable(), deactivate(OWN)), (deactivate(old), None)]

    assert calls(proposed(replace_device, lab, object_id=old)) == expected
    enrol(lab, "bob", OWN_NAME)
    assert calls(proposed(replace_device, lab, object_id=old)) == expected[2:]
    lab.client("iam").deactivate_mfa_device(UserName="bob", SerialNumber=old)
    assert calls(proposed(replace_device, lab, object_id=old)) == []


def test_without_a_named_device_only_a_single_one_is_replaced(lab: Lab) -> None:
    make_bob(lab)
    old = enrol(lab, "bob", "phone")

    assert calls(proposed(replace_device, lab, object_id=None))[-1] == (deactivate(old), None)
    enrol(lab, "bob", "laptop")
    with pytest.raises(CannotFix, match="2 MFA devices"):
        proposed(replace_device, lab, object_id=None)


def test_user_is_never_without_mfa_while_it_is_replaced(lab: Lab, tmp_path: Path) -> None:
    counts: list[int] = []

    def around(call: Call, client: Client) -> Mapping[str, Any]:
        answer = client(call)
        if not is_read(call):
            counts.append(len(devices_of(lab)))
        return answer

    desk = desk_of(lab, tmp_path, Wrapped(account_of(lab), around))
    plan = approved(desk, CASES["lost device that is the only one"], lab)

    assert accepting(desk, plan.id).state == "applied"
    assert counts == [1, 2, 1]


# An unassigned device ----------------------------------------------------------------------


def test_device_of_nobody_is_deleted_for_good(lab: Lab) -> None:
    lab.client("iam").create_virtual_mfa_device(VirtualMFADeviceName="spare")
    deletion = call("iam.delete_virtual_mfa_device", SerialNumber=device("spare"))

    proposal = proposed(remove_unassigned_device, lab, user_name=None, object_id=device("spare"))

    assert calls(proposal) == [(deletion, None)]
    assert "seed" in proposal.changes[0].irreversible
    assert calls(proposed(remove_unassigned_device, lab, object_id=device("gone"))) == []


def test_device_of_somebody_is_not_deleted(lab: Lab) -> None:
    make_bob(lab)

    with pytest.raises(CannotFix, match="user/staff/bob: find out whose it is"):
        proposed(remove_unassigned_device, lab, object_id=enrol(lab, "bob", "phone"))


@pytest.mark.parametrize(
    "serial",
    [
        None,
        "",
        "GAKT00012345",
        f"{ACCOUNT}:u2f/user/bob/key",
        f"{ACCOUNT}:mfa/a`] || VirtualMFADevices[?`",
        f"{ACCOUNT}:mfa/spare\n",
    ],
)
def test_only_a_virtual_device_is_looked_for(serial: str | None, lab: Lab) -> None:
    with pytest.raises(CannotFix, match="names no virtual MFA device"):
        proposed(remove_unassigned_device, lab, object_id=serial)
