"""Rolling back: in reverse order, once, and only what is as the plan left it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.all_cases import CASES
from tests.applying import KEY, TWO, done, state
from tests.worlds import (
    Wrapped,
    account_of,
    applied,
    approved,
    desk_of,
    snapshot,
    ssh_body,
    take_back,
    writes,
)
from trailmend.calls import Call, Client
from trailmend.desk import apply_plan
from trailmend.errors import Refused, Stale, Unverified, WrongUse
from trailmend.lab import Fault, Lab
from trailmend.plan import Plan
from trailmend.planning.kept import DatabaseJournal


def test_one_of_two_changes_is_rolled_back(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, TWO, lab)
    before = snapshot(lab)
    apply_plan(desk, plan.id)

    progress = take_back(desk, plan.id, only=[1])

    assert progress.state == "partly rolled back"
    assert done(desk, plan) == ["done", "undone"]
    assert [status for _, status in snapshot(lab)["users"]["bob"]["ssh"]] == ["Active", "Active"]
    assert take_back(desk, plan.id).state == "rolled back"
    assert snapshot(lab) == before


def test_change_that_another_builds_on_is_not_rolled_back_alone(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan, _ = applied(desk, TWO, lab)
    sent = writes(lab)

    with pytest.raises(Refused, match="Change 2 builds on what would be undone"):
        take_back(desk, plan.id, only=[0])

    assert writes(lab) == sent


def test_changes_are_rolled_back_in_reverse_order(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan, _ = applied(desk, TWO, lab)
    start = len(writes(lab))

    take_back(desk, plan.id)

    assert [name for name, _ in writes(lab)[start:]] == ["UpdateSSHPublicKey", "DeleteSSHPublicKey"]


def test_unknown_change_is_a_wrong_use(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan, _ = applied(desk, KEY, lab)

    with pytest.raises(WrongUse, match="has one change alone, 1"):
        take_back(desk, plan.id, only=[1])


def drift_key(lab: Lab, plan: Plan) -> None:
    iam = lab.client("iam")
    iam.delete_access_key(UserName="bob", AccessKeyId=plan.facts.object_id)


def drift_policy(lab: Lab, plan: Plan) -> None:
    lab.client("iam").update_account_password_policy(MinimumPasswordLength=20)


def drift_ssh(lab: Lab, plan: Plan) -> None:
    iam = lab.client("iam")
    iam.upload_ssh_public_key(UserName="bob", SSHPublicKeyBody=ssh_body(9))


@pytest.mark.parametrize(
    ("name", "drift"),
    [
        ("active key", drift_key),
        ("weak policy", drift_policy),
        ("deleted policy", drift_policy),
        ("deleted SSH key", drift_ssh),
        ("deleted SSH key that was inactive", drift_ssh),
    ],
)
def test_account_that_was_changed_since_is_not_rolled_back(
    name: str, drift: Callable[[Lab, Plan], None], lab: Lab, tmp_path: Path
) -> None:
    desk = desk_of(lab, tmp_path)
    plan, _ = applied(desk, CASES[name], lab)
    drift(lab, plan)
    sent, left = writes(lab), snapshot(lab)

    with pytest.raises(Stale, match=r"no longer as plan .* left it, nothing was rolled back"):
        take_back(desk, plan.id)

    assert (writes(lab), snapshot(lab)) == (sent, left)


@pytest.mark.parametrize("name", ["active key", "weak policy", "deleted SSH key"])
def test_what_others_have_undone_is_done(name: str, lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan, progress = applied(desk, CASES[name], lab)
    undo = plan.changes[0].undo
    assert undo is not None
    params = dict(undo.params)
    if name == "deleted SSH key":
        params["SSHPublicKeyId"] = progress.steps[0].answers["SSHPublicKey.SSHPublicKeyId"]
    getattr(lab.client("iam"), undo.name.partition(".")[2])(**params)
    sent = writes(lab)

    assert take_back(desk, plan.id).state == "rolled back"
    assert writes(lab) == sent


def test_key_that_vanishes_while_it_is_deleted_is_gone(lab: Lab, tmp_path: Path) -> None:
    def around(call: Call, client: Client) -> Mapping[str, Any]:
        if call.name == "iam.delete_ssh_public_key":
            lab.client("iam").delete_ssh_public_key(**call.params)
        return client(call)

    desk = desk_of(lab, tmp_path)
    plan, _ = applied(desk, CASES["deleted SSH key"], lab)
    raced = desk_of(lab, tmp_path, Wrapped(account_of(lab), around))

    assert take_back(raced, plan.id).state == "rolled back"


def test_rollback_of_a_rollback_does_nothing(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan, _ = applied(desk, KEY, lab)
    take_back(desk, plan.id)
    sent = writes(lab)

    assert take_back(desk, plan.id).state == "rolled back"
    assert writes(lab) == sent


def test_rolled_back_plan_is_not_applied_again(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan, _ = applied(desk, KEY, lab)
    take_back(desk, plan.id)
    sent = writes(lab)

    with pytest.raises(Refused, match="rolled back"):
        apply_plan(desk, plan.id, resume=True)
    with pytest.raises(Refused, match=r"was rolled back .*: make a new plan"):
        apply_plan(desk, plan.id)

    assert writes(lab) == sent


def test_rollback_that_does_not_show_is_not_called_done(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan, _ = applied(desk, KEY, lab)
    lab.fault("iam:UpdateAccessKey", Fault.LATE, seconds=600)

    with pytest.raises(Unverified, match="not as it was before"):
        take_back(desk, plan.id)

    assert state(desk, plan) == "rolled back, not verified"


def test_undo_is_on_disk_before_the_change_is_sent(lab: Lab, tmp_path: Path) -> None:
    seen: list[Any] = []

    def around(call: Call, client: Client) -> Mapping[str, Any]:
        if call.name == "iam.update_access_key":
            entries = DatabaseJournal(desk_of(lab, tmp_path).engine, plan.id).entries()
            seen.append(entries[-1])
        return client(call)

    desk = desk_of(lab, tmp_path, Wrapped(account_of(lab), around))
    plan = approved(desk, KEY, lab)
    apply_plan(desk, plan.id)

    assert [(one.call, one.takes_back) for one in seen] == [
        (plan.changes[0].call, plan.changes[0].undo)
    ]
