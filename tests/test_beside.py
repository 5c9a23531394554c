"""What a plan says of one thing is true after the whole plan."""

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.worlds import Case, account_of, approve, carry_out, desk_of, make_administrators
from tests.worlds_access_keys import make_key
from tests.worlds_mfa import ASKED, OWN_NAME, enrol, make_bob
from trailmend.calls import Beside, change
from trailmend.desk import plan_fix
from trailmend.errors import CatalogError
from trailmend.lab import Lab
from trailmend.plan import Example, Facts, Part, Remediation, Steps, remediations
from trailmend.planning.making import propose_whole
from trailmend.remediations.access_keys import deactivate_access_key
from trailmend.remediations.login_profiles import disable_console_access
from trailmend.remediations.mfa_devices import deactivate_device, enrol_virtual_device
from trailmend.remediations.mfa_policies import require_mfa


def facts_of(lab: Lab, **known: Any) -> Facts:
    """Give what a finding of this moment knows of bob."""
    now = f"{lab.now():%Y-%m-%dT%H:%M:%SZ}"
    known = {"user_name": "bob", "event_time": now, "asked_at": ASKED, **known}
    return Case("", enrol_virtual_device, lambda _: known).facts(lab)


def test_device_that_the_same_plan_takes_off_does_not_stay(lab: Lab, tmp_path: Path) -> None:
    desk, _ = desk_of(lab, tmp_path), make_bob(lab)
    one, other = (enrol(lab, "bob", name) for name in ("one", "other"))
    facts = facts_of(lab)
    away = [Part(deactivate_device.key, replace(facts, object_id=each)) for each in (one, other)]
    come = Part(enrol_virtual_device.key, facts)
    own = f"arn:aws:iam::{lab.account_id}:mfa/{OWN_NAME}"

    (alone,) = plan_fix(desk, [away[:1]]).changes
    both = plan_fix(desk, [[part] for part in away]).changes
    whole = plan_fix(desk, [[part] for part in (*away, come)])

    assert alone.note.endswith(f"1 of 2 devices: enabled → deactivated; {other} stays")
    assert [each.note.rpartition("; ")[2].partition(",")[0] for each in both] == [
        "no MFA is left", "no MFA is left"
    ]  # fmt: skip
    assert {each.breaks for each in both} == {"bob's password alone opens the console."}
    assert [each.note.rpartition("; ")[2] for each in whole.changes[:2]] == [
        f"this plan enrols {own}", f"this plan enrols {own}"
    ]  # fmt: skip
    assert [each.breaks for each in whole.changes] == [
        "", "", "", "bob cannot sign in to the console without the new device."
    ]  # fmt: skip
    assert "as well" not in whole.changes[3].note
    assert carry_out(desk, approve(desk, whole).id).state == "applied"


def test_key_that_the_same_plan_turns_off_is_not_still_in_use(lab: Lab, tmp_path: Path) -> None:
    desk, _ = desk_of(lab, tmp_path), make_bob(lab)
    make_administrators(lab)
    keys = [make_key(lab).access_key_id for _ in range(2)]
    facts = facts_of(lab)
    parts = [
        Part(disable_console_access.key, facts),
        Part(deactivate_access_key.key, replace(facts, object_id=keys[0])),
        Part(require_mfa.key, facts),
    ]

    console, _, demand = plan_fix(desk, [[part] for part in parts]).changes

    assert console.note.endswith(f"Still in use: access key {keys[1]}.")
    assert "none → without MFA" in demand.note
    assert f"password. {keys[1]} of bob can be used without MFA as before." in demand.note


def test_fix_whose_calls_hang_on_the_others_is_not_well_made(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wayward(facts: Facts) -> Steps:
        others = yield Beside()
        yield change(
            "iam.delete_ssh_public_key", undo=None, note="", irreversible="x", n=len(others)
        )

    fix = Remediation(wayward, "", "", Example(facts_of(lab), (), ()))
    monkeypatch.setitem(remediations(), fix.key, fix)
    parts = [Part(fix.key, facts_of(lab)), Part(fix.key, facts_of(lab))]

    with pytest.raises(CatalogError, match="hangs on the other fixes"):
        propose_whole(parts, account_of(lab))
