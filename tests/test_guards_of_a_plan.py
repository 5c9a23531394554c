"""The guards are asked in planning and again before the write; the kill switch stops all."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.worlds import (
    ADMINISTRATOR,
    CASES,
    Wrapped,
    account_of,
    approved,
    desk_of,
    plan_of,
    take_back,
    writes,
)
from trailmend.calls import Call, Client
from trailmend.desk import apply_plan
from trailmend.errors import Refused, Stopped
from trailmend.lab import Lab


def protect_by_tag(lab: Lab) -> None:
    tags = [{"Key": "trailmend:protected", "Value": "x"}]
    lab.client("iam").tag_user(UserName="bob", Tags=tags)


def take_an_administrator(lab: Lab) -> None:
    for name in ("admins", "auditors"):
        lab.client("iam").detach_role_policy(RoleName=name, PolicyArn=ADMINISTRATOR)


def hide_the_tags(lab: Lab) -> None:
    lab.deny("lab-admin", "iam:ListUserTags")


HINDRANCES = [protect_by_tag, take_an_administrator, hide_the_tags]


@pytest.mark.parametrize("hinder", HINDRANCES)
def test_guarded_change_is_not_planned(
    hinder: Callable[[Lab], None], lab: Lab, tmp_path: Path
) -> None:
    case = CASES["active key"]
    facts = case.facts(lab)
    hinder(lab)
    before = writes(lab)

    with pytest.raises(Refused):
        plan_of(desk_of(lab, tmp_path), case.fix, facts)

    assert writes(lab) == before


@pytest.mark.parametrize("hinder", HINDRANCES)
def test_guard_is_asked_again_before_the_write(
    hinder: Callable[[Lab], None], lab: Lab, tmp_path: Path
) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, CASES["active key"], lab)
    hinder(lab)
    before = writes(lab)

    with pytest.raises(Refused):
        apply_plan(desk, plan.id)

    assert writes(lab) == before


def test_guard_is_asked_before_an_undo(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, CASES["active key"], lab)
    apply_plan(desk, plan.id)
    protect_by_tag(lab)
    before = writes(lab)

    with pytest.raises(Refused, match="by its tag"):
        take_back(desk, plan.id)

    assert writes(lab) == before


def test_kill_switch_stops_apply_and_rollback(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, CASES["no policy"], lab)
    switch = tmp_path / "STOP"
    before = writes(lab)

    switch.touch()
    with pytest.raises(Refused, match="kill switch is on"):
        apply_plan(desk, plan.id)
    assert writes(lab) == before
    switch.unlink()
    apply_plan(desk, plan.id)
    switch.touch()
    with pytest.raises(Refused, match="kill switch is on"):
        take_back(desk, plan.id)
    assert len(writes(lab)) == len(before) + 1


def test_kill_switch_stops_between_two_changes(lab: Lab, tmp_path: Path) -> None:
    def around(one: Call, client: Client) -> Mapping[str, Any]:
        answer = client(one)
        if one.name == "iam.upload_ssh_public_key":
            (tmp_path / "STOP").touch()
        return answer

    desk = desk_of(lab, tmp_path, Wrapped(account_of(lab), around))
    plan = approved(desk, CASES["deleted SSH key that was inactive"], lab)
    before = len(writes(lab))

    with pytest.raises(Stopped, match=r"kill switch is on.*Stopped at change 2 of 2; in force: 1"):
        apply_plan(desk, plan.id)

    assert [name for name, _ in writes(lab)[before:]] == ["UploadSSHPublicKey"]


def test_kill_switch_that_is_a_link_in_a_circle_stops(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, CASES["no policy"], lab)
    (tmp_path / "STOP").symlink_to(tmp_path / "STOP")

    with pytest.raises(Refused, match="kill switch is on"):
        apply_plan(desk, plan.id)
