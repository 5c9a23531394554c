"""Approvals hold for one hash, for a time, and by the rules of the moment."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import text

from tests.approving import approve, planned, reject
from tests.worlds import Wrapped, account_of, desk_of, writes
from trailmend.calls import Call, Client
from trailmend.desk import Desk, apply_plan, this_user
from trailmend.errors import Denied, Refused
from trailmend.lab import Lab
from trailmend.plan import Plan
from trailmend.planning.approvals import ApprovalRules
from trailmend.planning.decisions import find_decision
from trailmend.planning.kept import plan_status, save_plan
from trailmend.settings import Settings, read_settings

# Bound to the hash, in time ----------------------------------------------------------------


def refused(desk: Desk, lab: Lab, plan: Plan, sentence: str, **more: Any) -> None:
    """Claim that applying is refused with that sentence and that nothing was sent."""
    sent = writes(lab)
    with pytest.raises(Refused, match=sentence):
        apply_plan(desk, plan.id, **more)
    assert writes(lab) == sent


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Something else"},
        {"level": "low"},
        {"asked_by": "lee"},
        {"tasks": ("One more",)},
        {"expires": datetime(2036, 1, 1, tzinfo=UTC)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_approval_holds_for_no_other_plan(change: dict[str, Any], lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = planned(desk, lab)
    approve(desk, plan)
    other = replace(plan, **change)
    save_plan(desk.engine, other)
    with desk.engine.begin() as connection:
        connection.execute(text("UPDATE decisions SET plan_id = :id"), {"id": other.id})

    assert find_decision(desk.engine, other) is None
    refused(desk, lab, other, "is not approved")


@pytest.mark.parametrize(("seconds", "state"), [(-1, "approved"), (0, "expired")])
def test_approval_ends_with_the_plan(seconds: int, state: str, lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = planned(desk, lab)
    approve(desk, plan)

    found = plan_status(desk.engine, plan.id, now=plan.expires + timedelta(seconds=seconds))

    assert found.state == state


def test_rejected_plan_stays_rejected(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = planned(desk, lab)
    approve(desk, plan)
    reject(desk, plan)

    refused(desk, lab, plan, r"was rejected by lee: make a new plan\.")
    for again in (approve, reject):
        with pytest.raises(Refused, match="was rejected by lee"):
            again(desk, plan)
    assert plan_status(desk.engine, plan.id, now=desk.clock.now()).state == "rejected"


def test_plan_that_is_rejected_at_the_last_moment_is_not_sent(lab: Lab, tmp_path: Path) -> None:
    """The rejection comes when the plan was checked already, and reads on its way to the write."""

    def around(call: Call, client: Client) -> Mapping[str, Any]:
        if call.name == "iam.list_access_keys" and not late:
            late.append(call)
            reject(desk, plan)
        return client(call)

    late: list[Call] = []
    desk = desk_of(lab, tmp_path)
    plan = planned(desk, lab)
    approve(desk, plan)

    refused(desk_of(lab, tmp_path, Wrapped(account_of(lab), around)), lab, plan, "was rejected")

    assert late


def with_rules(lab: Lab, folder: Path, **rules: Any) -> Desk:
    return desk_of(lab, folder, settings=Settings(approval=ApprovalRules(**rules)))


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        ({"approvers": {"medium": ("lee",)}}, r"kim is not among .* what is medium: lee"),
        ({"approvers": {"medium": ()}}, "what is medium: nobody"),
    ],
)
def test_approver_whom_the_settings_no_longer_allow_is_refused(
    rules: dict[str, Any], sentence: str, lab: Lab, tmp_path: Path
) -> None:
    desk = desk_of(lab, tmp_path)
    plan = planned(desk, lab)
    approve(desk, plan)

    refused(with_rules(lab, tmp_path, **rules), lab, plan, sentence)

    assert apply_plan(desk, plan.id).state == "applied"


def test_own_approval_does_not_outlive_a_stricter_rule(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = planned(desk, lab)
    approve(desk, plan, this_user())
    strict = with_rules(lab, tmp_path, second_person="medium")

    refused(strict, lab, plan, "a second person must approve it")
    approve(strict, plan, "kim")

    assert apply_plan(strict, plan.id).state == "applied"


def test_resumed_plan_of_which_nothing_is_in_force_is_checked_again(
    lab: Lab, tmp_path: Path
) -> None:
    desk = desk_of(lab, tmp_path)
    plan = planned(desk, lab)
    approve(desk, plan)
    lab.deny("lab-admin", "iam:UpdateAccessKey")
    with pytest.raises(Denied):
        apply_plan(desk, plan.id)

    strict = with_rules(lab, tmp_path, approvers={"medium": ("lee",)})

    refused(strict, lab, plan, "kim is not among", resume=True)


# Settings ----------------------------------------------------------------------------------


def test_approval_settings_are_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(
        '[approval]\nsecond_person = "never"\nsecond_person_irreversible = "low"\n'
        '[approval.approvers]\nhigh = ["kim", "arn:aws:iam::*:user/lee"]\ncritical = []\n'
    )

    assert read_settings(path).approval == ApprovalRules(
        second_person="never",
        second_person_irreversible="low",
        approvers={"high": ("kim", "arn:aws:iam::*:user/lee"), "critical": ()},
    )
