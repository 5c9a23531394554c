"""Plans and our own traffic, and several processes at work on one workspace."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from tests.saved_plans import NONE, alter, refused
from tests.worlds import CASES, Wrapped, account_of, applied, approved, desk_of, take_back, writes
from trailmend.calls import Call, Client
from trailmend.changing.journal import Declined
from trailmend.changing.reads import is_read
from trailmend.database import open_database
from trailmend.desk import Desk, apply_plan
from trailmend.errors import CannotRead, Refused, TrailmendError
from trailmend.lab import Fault, Lab
from trailmend.planning.kept import DatabaseJournal, own_requests

KEY = CASES["active key"]


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
from tests.test_plans_together import race
race(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4])
"""


def race(folder: str, plan_id: str, endpoint: str, key: str) -> None:
    """Apply a plan in a process of its own, and print how it went."""
    import boto3

    from trailmend.aws import AwsClient
    from trailmend.changing.settle import Patience

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
