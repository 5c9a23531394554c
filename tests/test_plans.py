"""Saved plans: what is refused before anything is sent, and who may work on a plan at a time."""

import os
import stat
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import event, text

from tests.worlds import (
    CASES,
    Wrapped,
    account_of,
    applied,
    approve,
    approved,
    desk_of,
    plan_of,
    take_back,
    writes,
)
from trailmend.approvals import ApprovalRules, Person
from trailmend.calls import Call, Client
from trailmend.database import open_database
from trailmend.desk import Desk, apply_plan
from trailmend.errors import CannotRead, Refused, TrailmendError, WrongUse
from trailmend.journal import Declined
from trailmend.lab import Fault, Lab
from trailmend.plan import Plan
from trailmend.plans import (
    Altered,
    DatabaseJournal,
    altered_plans,
    approve_plan,
    list_plans,
    load_plan,
    own_requests,
    plan_status,
    save_plan,
)
from trailmend.reads import is_read

KEY = CASES["active key"]
KIM = Person("kim")
NONE = CASES["no policy"]


def planned(desk: Desk, lab: Lab) -> Plan:
    return plan_of(desk, NONE.fix, NONE.facts(lab))


def alter(desk: Desk, statement: str, **values: Any) -> None:
    with desk.engine.begin() as connection:
        connection.execute(text(statement), values)


def refused(desk: Desk, lab: Lab, plan_id: str, sentence: str) -> None:
    """Claim that applying is refused with that sentence and that nothing was sent."""
    before = writes(lab)
    with pytest.raises(TrailmendError, match=sentence) as caught:
        apply_plan(desk, plan_id)
    assert isinstance(caught.value, Refused | CannotRead | WrongUse)
    assert writes(lab) == before


# Saving ------------------------------------------------------------------------------------


def test_plan_is_loaded_as_it_was_saved(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = planned(desk, lab)

    assert load_plan(open_database(tmp_path), plan.id) == plan


def test_plan_without_changes_is_not_saved(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan, _ = applied(desk, NONE, lab)

    again = plan_of(desk, NONE.fix, plan.facts)

    assert again.changes == ()
    assert [one.plan.id for one in list_plans(desk.engine, now=desk.clock.now())] == [plan.id]


def test_plan_is_saved_once_under_its_name(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = planned(desk, lab)

    save_plan(desk.engine, plan)
    alter(desk, "UPDATE plans SET hash = 'of another plan'")

    with pytest.raises(Refused, match="Another plan is called"):
        save_plan(desk.engine, plan)


def test_unknown_plan_cannot_be_read(lab: Lab, tmp_path: Path) -> None:
    refused(desk_of(lab, tmp_path), lab, "P-AAAA", "There is no plan P-AAAA")


def test_workspace_is_readable_by_its_owner_alone(lab: Lab, tmp_path: Path) -> None:
    folder = tmp_path / "workspace"
    desk = desk_of(lab, folder)
    applied(desk, NONE, lab)

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {"state.db", "apply.lock"} <= modes.keys()
    assert set(modes.values()) == {0o600}


def test_lock_does_not_follow_a_link(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, NONE, lab)
    (tmp_path / "apply.lock").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(OSError, match=r"apply\.lock"):
        apply_plan(desk, plan.id)

    assert not (tmp_path / "elsewhere").exists()


# What is refused ---------------------------------------------------------------------------


def test_plan_that_is_not_approved_is_refused(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = planned(desk, lab)

    refused(desk, lab, plan.id, "is not approved")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"MinimumPasswordLength":14', '"MinimumPasswordLength":6'),
        ("123456789012", "111122223333"),
        ('"expires":"2', '"expires":"3'),
        ("{", "{ "),
        ("{", ""),
        ("trailmend/plan/2", "trailmend/plan/3"),
    ],
)
def test_plan_that_was_altered_is_refused(old: str, new: str, lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, NONE, lab)

    alter(desk, "UPDATE plans SET body = replace(body, :old, :new)", old=old, new=new)

    refused(desk, lab, plan.id, "was altered after it was made")


def test_plan_whose_hash_was_altered_is_refused(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, NONE, lab)

    alter(desk, "UPDATE plans SET hash = 'x'")

    refused(desk, lab, plan.id, "was altered after it was made")


def test_approval_does_not_pass_to_an_altered_plan(lab: Lab, tmp_path: Path) -> None:
    """Not even if whoever alters it makes the hash and the name fit."""
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, NONE, lab)
    other = replace(plan, title="Something else")
    save_plan(desk.engine, other)
    alter(desk, "UPDATE decisions SET plan_id = :id", id=other.id)

    refused(desk, lab, other.id, "is not approved")


def test_plan_of_another_version_is_refused(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = replace(planned(desk, lab), version="0.0.1")
    save_plan(desk.engine, plan)
    approve(desk, plan)

    refused(desk, lab, plan.id, "is of version 0.0.1")


def test_plan_of_another_account_is_refused(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = replace(planned(desk, lab), account_id="111122223333")
    save_plan(desk.engine, plan)
    approve(desk, plan)

    refused(desk, lab, plan.id, "is of account 111122223333, the credentials are of 123456789012")


def test_plan_that_has_expired_is_refused(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, NONE, lab)

    lab.advance(timedelta(hours=24).total_seconds())

    refused(desk, lab, plan.id, "has expired")
    assert plan_status(desk.engine, plan.id, now=desk.clock.now()).state == "expired"
    with pytest.raises(Refused, match="has expired"):
        approve(desk, plan)


def test_plan_from_the_future_is_refused(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, NONE, lab)

    lab.advance(-3600)

    refused(desk, lab, plan.id, "the clock is behind")


def test_plan_that_expires_while_it_waits_is_not_sent(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, NONE, lab)
    lab.advance(timedelta(hours=24).total_seconds() - 20)
    before = len(writes(lab))
    lab.fault("iam:UpdateAccountPasswordPolicy", Fault.BUSY, times=99)

    with pytest.raises(Refused, match="has expired"):
        apply_plan(desk, plan.id)

    assert len(writes(lab)) == before + 2


def test_plan_is_applied_once(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan, _ = applied(desk, NONE, lab)
    when = f"{desk.clock.now():%F}"

    refused(desk, lab, plan.id, rf"is applied and verified since {when} .*: nothing is left to do")
    with pytest.raises(Refused, match="was begun already"):
        approve(desk, plan)


def test_plan_that_was_taken_back_is_not_gone_on_with(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan, _ = applied(desk, NONE, lab)
    take_back(desk, plan.id)

    for resume in (False, True):
        with pytest.raises(Refused, match=r"was rolled back \(.*\): make a new plan\.\Z"):
            apply_plan(desk, plan.id, resume=resume)


def test_plan_that_changes_nothing_is_refused(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = replace(planned(desk, lab), changes=())
    save_plan(desk.engine, plan)
    approve(desk, plan)

    refused(desk, lab, plan.id, "changes nothing")


def test_refused_plan_can_be_applied_when_the_reason_is_gone(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, NONE, lab)
    (tmp_path / "STOP").touch()
    refused(desk, lab, plan.id, "kill switch")
    (tmp_path / "STOP").unlink()

    assert apply_plan(desk, plan.id).state == "applied"


# Approving and looking ---------------------------------------------------------------------


def test_approval_says_who_when_and_what(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = planned(desk, lab)
    now = desk.clock.now()

    given = approve_plan(desk.engine, plan, by=KIM, now=now, rules=ApprovalRules(), log=desk.log)

    found = plan_status(desk.engine, plan.id, now=now).decision
    assert found == given
    assert (given.by, given.at, given.hash) == (KIM, now, plan.hash)


def test_plan_that_is_not_saved_cannot_be_approved(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    other = replace(planned(desk, lab), title="Something else")

    with pytest.raises(WrongUse):
        approve(desk, other)


def test_state_of_a_plan_follows_its_life(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    states = []

    def look(plan: Plan) -> None:
        states.append(plan_status(desk.engine, plan.id, now=desk.clock.now()).state)

    plan = planned(desk, lab)
    look(plan)
    approve(desk, plan)
    look(plan)
    apply_plan(desk, plan.id)
    look(plan)
    lab.advance(timedelta(days=2).total_seconds())
    look(plan)
    take_back(desk, plan.id)
    look(plan)

    assert states == ["waits for approval", "approved", "applied", "applied", "rolled back"]


def test_plans_are_listed_newest_first(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    first = planned(desk, lab)
    lab.advance(60)
    second = planned(desk, lab)

    found = list_plans(desk.engine, now=desk.clock.now())

    assert [one.plan.id for one in found] == [second.id, first.id]


def test_altered_plan_does_not_hide_the_others(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    first = planned(desk, lab)
    lab.advance(60)
    second = planned(desk, lab)

    alter(desk, "UPDATE plans SET body = 'x' WHERE id = :id", id=first.id)

    assert [one.plan.id for one in list_plans(desk.engine, now=desk.clock.now())] == [second.id]
    assert altered_plans(desk.engine) == [Altered(first.id, first.subject, begun=False)]


# Our own traffic ---------------------------------------------------------------------------


def test_request_ids_of_our_writes_are_those_in_the_trail(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, KEY, lab)
    made = {record["requestID"] for record in lab.records()}
    lab.fault("iam:UpdateAccessKey", Fault.BUSY)
    apply_plan(desk, plan.id)
    take_back(desk, plan.id)

    ours = {
        record["requestID"]
        for record in lab.records()
        if record["eventName"] == "UpdateAccessKey" and record["requestID"] not in made
    }

    assert len(ours) == 3
    assert {one.request_id: one.plan_id for one in own_requests(desk.engine)} == dict.fromkeys(
        ours, plan.id
    )


def test_refused_write_is_in_the_journal_with_its_reason(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, KEY, lab)
    lab.deny("lab-admin", "iam:UpdateAccessKey")
    with pytest.raises(TrailmendError):
        apply_plan(desk, plan.id)

    last = DatabaseJournal(desk.engine, plan.id).entries()[-1]

    assert isinstance(last, Declined)
    assert last.code == "AccessDenied"
    assert last.request_id == lab.records()[-1]["requestID"]


def set_read_only(desk: Desk, on: bool) -> None:
    """Make the database refuse writes, as a full or broken disk does."""
    desk.engine.dispose()
    act = event.listen if on else event.remove
    act(desk.engine, "connect", _query_only)


def _query_only(connection: Any, _: Any) -> None:
    connection.execute("PRAGMA query_only = ON")


def test_change_is_not_sent_if_its_intent_cannot_be_written(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, NONE, lab)

    set_read_only(desk, True)
    refused(desk, lab, plan.id, r"audit log .* cannot be written .*readonly")
    set_read_only(desk, False)

    assert apply_plan(desk, plan.id).state == "applied"


def test_change_whose_end_cannot_be_written_is_settled_by_reading(lab: Lab, tmp_path: Path) -> None:
    def around(one: Call, client: Client) -> Mapping[str, Any]:
        answer = client(one)
        if not is_read(one):
            set_read_only(desk, True)
        return answer

    desk = desk_of(lab, tmp_path, Wrapped(account_of(lab), around))
    plan = approved(desk, NONE, lab)
    before = len(writes(lab))

    with pytest.raises(CannotRead, match="cannot be written"):
        apply_plan(desk, plan.id)
    set_read_only(desk, False)

    assert apply_plan(desk, plan.id, resume=True).state == "applied"
    assert len(writes(lab)) == before + 1


# One process at a time ---------------------------------------------------------------------


def test_second_writer_of_a_journal_is_refused(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan, _ = applied(desk, NONE, lab)
    one, other = (DatabaseJournal(desk.engine, plan.id) for _ in range(2))
    entry = one.entries()[0]

    one.add(entry)

    with pytest.raises(Refused, match="Another process works on plan"):
        other.add(entry)


HOLD = """
import fcntl, os, sys
handle = os.open(sys.argv[1], os.O_CREAT | os.O_RDWR, 0o600)
fcntl.flock(handle, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("act", [apply_plan, take_back])
def test_only_one_process_changes_accounts(
    act: Callable[..., Any], lab: Lab, tmp_path: Path
) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, NONE, lab)
    before = writes(lab)

    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "apply.lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(Refused, match="Another apply or rollback runs"):
            act(desk, plan.id)
        holder.communicate()

    assert writes(lab) == before
    assert apply_plan(desk, plan.id).state == "applied"


RACE = """
import sys
from tests.test_plans import race
race(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4])
"""


def race(folder: str, plan_id: str, endpoint: str, key: str) -> None:
    """Apply a plan in a process of its own, and print how it went."""
    import boto3

    from trailmend.aws import AwsClient
    from trailmend.settle import Patience

    session = boto3.Session(
        aws_access_key_id=key, aws_secret_access_key="x", region_name="us-east-1"
    )
    desk = Desk(
        open_database(Path(folder)),
        AwsClient(session, endpoint),
        patience=Patience(first=0.3, interval=0, agreeing=1),
    )
    try:
        print(apply_plan(desk, plan_id).state)  # noqa: T201  # the answer of this process
    except Refused:
        print("refused")  # noqa: T201


def test_of_two_processes_one_applies(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, NONE, lab)
    before = len(writes(lab))
    words = [str(tmp_path), plan.id, lab.endpoint_url, lab.administrator.access_key_id]
    root = Path(__file__).parent.parent

    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACE, *words],
            cwd=root,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(root)},
        )
        for _ in range(2)
    ]
    said = sorted(racer.communicate(timeout=60)[0].strip() for racer in racers)

    assert said == ["applied", "refused"]
    assert len(writes(lab)) == before + 1


def test_journal_and_plan_hold_no_key_of_the_caller(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    applied(desk, KEY, lab)

    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())

    assert lab.administrator.secret_access_key.encode() not in stored


def test_approval_that_the_audit_log_does_not_tell_is_refused(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, NONE, lab)
    alter(desk, "UPDATE decisions SET body = replace(body, '\"kim\"', '\"sam\"')")

    refused(desk, lab, plan.id, "audit log and the workspace do not agree")


def test_kill_switch_that_leads_nowhere_is_on(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, NONE, lab)
    (tmp_path / "STOP").symlink_to("/nonexistent")

    refused(desk, lab, plan.id, "kill switch is on")
