"""Everything that a workspace does is in its audit log, and before it is done."""

import fcntl
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from tests.audits import Case, whole
from tests.worlds import CASES, desk_of, writes
from tests.worlds import plan_of as fix_of
from trailmend import __version__
from trailmend.audit import AuditedJournal, Fault, read_lines
from trailmend.calls import Call, Client, call
from trailmend.changing.apply import apply, roll_back
from trailmend.changing.journal import Declined, Done, Entry, Intent, Left, Lost, Settled
from trailmend.changing.reads import is_read
from trailmend.changing.settle import Run
from trailmend.database import METADATA
from trailmend.errors import CannotRead, Refused
from trailmend.lab import Lab
from trailmend.plan import Part, Plan, Remediation, rehearse
from trailmend.planning.kept import DatabaseJournal, save_plan
from trailmend.remediations.ssh_keys import restore_ssh_key

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    made = Case(tmp_path)
    yield made
    made.engine.dispose()


def plan_of(fix: Remediation) -> Plan:
    """Make the plan of a fix's own example."""
    proposal = rehearse(fix)
    return Plan(
        version=__version__,
        account_id="123456789012",
        made_by="arn:aws:iam::123456789012:user/sam",
        asked_by="sam",
        subject="F-2222",
        level="medium",
        title=fix.title,
        breaks=fix.breaks,
        parts=(Part(fix.key, fix.example.facts),),
        reads=proposal.reads,
        changes=proposal.changes,
        created=NOW,
        expires=NOW.replace(day=3),
    )


PLAN = plan_of(restore_ssh_key)
KNOWN = call("iam.upload_ssh_public_key", UserName="alice", SSHPublicKeyBody="KNOWN ONLY NOW")


def intent(**more: Any) -> Intent:
    values: dict[str, Any] = {"at": NOW, "step": 0, "undo": False, "call": KNOWN}
    return Intent(**{**values, "takes_back": None, **more})


DONE = Done(at=NOW, step=0, undo=False, request_id="r-1", answers={"SSHPublicKeyId": "ONLY HERE"})
LEFT = Left(at=NOW, reads=())
RUN: tuple[Entry, ...] = (intent(), DONE, LEFT)


def journal_of(case: Case) -> AuditedJournal:
    journal = DatabaseJournal(case.engine, PLAN.id)
    return AuditedJournal(journal, case.log, PLAN, "sam", PLAN.made_by)


def run(case: Case, entries: tuple[Entry, ...] = RUN) -> AuditedJournal:
    journal = journal_of(case)
    for entry in entries:
        journal.add(entry)
    return journal


def test_every_entry_of_the_journal_is_told_without_what_is_known_only_now(case: Case) -> None:
    step: dict[str, Any] = {"at": NOW, "step": 0, "undo": True}
    entries = (
        *RUN,
        intent(undo=True),
        Lost(**step, message="no answer", request_id="r-2"),
        Settled(**step, happened=False, answers={}),
        Declined(**step, code="AccessDenied", message="no", request_id="r-3"),
    )

    journal = run(case, entries)

    whole(case)
    assert tuple(journal.entries()) == entries
    lines = read_lines(case.folder)[0]
    assert [line.what for line in lines] == [
        *("sending", "answered", "verified", "undoing", "lost", "settled", "declined")
    ]
    assert {(one.user, one.arn, one.plan_id, one.plan_hash) for one in lines} == {
        ("sam", PLAN.made_by, PLAN.id, PLAN.hash)
    }
    assert lines[0].details["call"]["name"] == PLAN.changes[0].call.name
    undo = PLAN.changes[0].undo
    assert undo is not None
    assert lines[3].details["call"]["name"] == undo.name
    assert lines[6].details["code"] == "AccessDenied"
    assert b"ONLY" not in case.path.read_bytes()


def test_intent_that_cannot_be_audited_is_not_in_the_journal(case: Case) -> None:
    journal = journal_of(case)
    case.path.mkdir()

    with pytest.raises(CannotRead, match="no change is made"):
        journal.add(intent())

    assert journal.entries() == []
    assert DatabaseJournal(case.engine, PLAN.id).entries() == []


def test_process_that_dies_between_log_and_journal_is_no_fault(case: Case) -> None:
    """Once for each run: the next run begins with what the journal knows."""
    case.sql("CREATE TRIGGER stop BEFORE INSERT ON journal BEGIN SELECT RAISE(ABORT, 'x'); END")
    for _ in range(2):
        with pytest.raises((Refused, CannotRead)):
            run(case)
    case.sql("DROP TRIGGER stop")
    run(case)

    found = case.verify()

    assert (found.entries, found.faults) == (5, ())
    assert [note.partition(":")[0] for note in found.notes] == [
        "entry 1 is not in the journal",
        "entry 2 is not in the journal",
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM journal",
        "DELETE FROM journal WHERE number = 0",
        "DELETE FROM journal WHERE number = 1",
        "DELETE FROM journal WHERE number > 0",
        "UPDATE journal SET number = 2 - number + 10",
        "UPDATE journal SET body = replace(body, 'r-1', 'r-2')",
        "UPDATE journal SET body = 7 WHERE number = 2",
        "UPDATE journal SET plan_id = 'P-3333'",
        "INSERT INTO journal SELECT plan_id, 9, body FROM journal WHERE number = 0",
        "DROP TABLE journal",
    ],
)
def test_journal_that_was_altered_is_detected(case: Case, statement: str) -> None:
    run(case)
    whole(case)

    case.sql(statement)

    assert case.verify().faults


def test_journal_that_was_not_audited_is_detected(case: Case) -> None:
    DatabaseJournal(case.engine, PLAN.id).add(intent())

    (fault,) = case.verify().faults

    assert fault.reason == f"entry 1 of the journal of plan {PLAN.id} was altered or not audited"


def run_of(case: Case, lab: Lab, client: Callable[[Client], Client] = lambda one: one) -> Run:
    """Plan a fix in the lab, to be carried out with its journal in the case."""
    desk = desk_of(lab, case.folder / "desk")
    plan = fix_of(desk, CASES["no policy"].fix, CASES["no policy"].facts(lab))
    return Run(
        plan=plan,
        client=client(desk.account.writing(plan.id)),
        journal=AuditedJournal(
            DatabaseJournal(case.engine, plan.id), case.log, plan, "sam", plan.made_by
        ),
        guard=lambda _: None,
        sink=desk.sink(plan.id),
        clock=desk.clock,
        patience=desk.patience,
    )


def test_applied_and_rolled_back_plan_is_told_whole(case: Case, lab: Lab) -> None:
    run = run_of(case, lab)

    apply(run)
    roll_back(run)

    whole(case)
    assert [line.what for line in read_lines(case.folder)[0]] == [
        *("sending", "answered", "verified", "undoing", "answered", "verified")
    ]


def test_nothing_is_sent_if_the_log_cannot_be_written(case: Case, lab: Lab) -> None:
    run, before = run_of(case, lab), writes(lab)
    case.path.mkdir()

    with pytest.raises(CannotRead, match="no change is made"):
        apply(run)

    assert writes(lab) == before
    case.path.rmdir()
    assert apply(run).state == "applied"
    whole(case)


def test_call_whose_answer_cannot_be_audited_is_settled_by_reading(case: Case, lab: Lab) -> None:
    aside = case.folder / "aside"

    def around(client: Client) -> Client:
        def send(one: Call) -> Mapping[str, Any]:
            answer = client(one)
            if not is_read(one):
                case.path.rename(aside)
                case.path.mkdir()
            return answer

        return send

    run, before = run_of(case, lab, around), len(writes(lab))
    with pytest.raises(CannotRead, match="no change is made"):
        apply(run)
    case.path.rmdir()
    aside.rename(case.path)

    assert apply(run).state == "applied"
    assert len(writes(lab)) == before + 1
    whole(case)
    assert [line.what for line in read_lines(case.folder)[0]] == ["sending", "settled", "verified"]


def decide(case: Case, verdict: str) -> None:
    row = {
        "plan_id": PLAN.id,
        "hash": PLAN.hash,
        "body": json.dumps({"verdict": verdict, "by": {"user": "kim", "arn": ""}}),
    }
    with case.engine.begin() as connection:
        connection.execute(METADATA.tables["decisions"].insert(), row)


def audit(case: Case, verdict: Any) -> None:
    case.log.add(verdict, user="kim", plan_id=PLAN.id, plan_hash=PLAN.hash)


def test_decision_that_was_not_audited_is_detected(case: Case) -> None:
    audit(case, "approved")
    decide(case, "approved")
    whole(case)

    decide(case, "approved")

    (fault,) = case.verify().faults
    assert fault.reason == f"a decision on plan {PLAN.id} was altered or not audited"


@pytest.mark.parametrize(
    "body",
    [
        '{"verdict":"approved","by":{"user":"kim"}}',
        '{"verdict":"rejected","by":{"user":"sam"}}',
        "",
        "[]",
        "{}",
    ],
)
def test_rejection_that_was_altered_is_detected(case: Case, body: str) -> None:
    audit(case, "rejected")
    decide(case, "rejected")
    whole(case)

    case.sql(f"UPDATE decisions SET body = '{body.replace(':', chr(92) + ':')}'")

    assert case.verify().faults


def test_decision_that_was_audited_and_not_kept_is_noted(case: Case) -> None:
    audit(case, "approved")

    found = case.verify()

    assert found.faults == ()
    assert found.notes == ("entry 1: no such decision is kept; a process died, or failed",)


def test_log_is_not_read_while_somebody_writes(case: Case) -> None:
    case.add()
    code = "import sys; from tests.audits import Case; from pathlib import Path\n"
    code += "print(Case(Path(sys.argv[1])).verify().entries)"
    with case.path.open("ab") as writer:
        fcntl.flock(writer, fcntl.LOCK_EX)
        with subprocess.Popen(
            [sys.executable, "-c", code, str(case.folder)], stdout=subprocess.PIPE, text=True
        ) as reader:
            with pytest.raises(subprocess.TimeoutExpired):
                reader.wait(2)
            fcntl.flock(writer, fcntl.LOCK_UN)
            assert reader.communicate(timeout=30)[0] == "1\n"


def asked(case: Case) -> None:
    """Save a plan as it is asked for."""
    case.log.add("asked", user="sam", plan_id=PLAN.id, plan_hash=PLAN.hash)
    save_plan(case.engine, PLAN)


def rehashed(case: Case) -> None:
    """Put another plan, with its own hash, under the name of the one that was asked for."""
    other = msgspec.structs.replace(PLAN, title="Another")
    body = msgspec.json.encode(other).decode()
    case.engine.dispose()
    values = {"id": other.id, "hash": other.hash, "body": body}
    with case.engine.begin() as connection:
        connection.execute(text("UPDATE plans SET hash = :hash, body = :body, id = :id"), values)
    case.log.add("asked", user="sam", plan_id=other.id, plan_hash=PLAN.hash)


def test_saved_plan_that_was_asked_for_is_whole(case: Case) -> None:
    asked(case)

    whole(case)
    assert case.verify().altered == ()


@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE plans SET body = replace(body, '{PLAN.title}', 'Another')",
        "UPDATE plans SET body = '{}'",
        "UPDATE plans SET hash = 'of another'",
    ],
)
def test_plan_that_was_altered_in_the_database_is_named(case: Case, statement: str) -> None:
    asked(case)

    case.sql(statement)

    altered = Fault(None, f"plan {PLAN.id} was altered in the database after it was made")
    found = case.verify()
    assert (found.faults, found.altered) == ((), (altered,))


def test_plan_of_another_hash_than_was_asked_for_is_named(case: Case) -> None:
    asked(case)
    rehashed(case)

    (fault,) = case.verify().altered
    assert fault.reason.endswith("is not the one that was asked for")


def test_plan_of_another_version_is_a_note(case: Case) -> None:
    asked(case)

    case.sql(f"""UPDATE plans SET body = replace(body, '"{__version__}"', '"0.0.1"')""")

    told = f"plan {PLAN.id} was made by version 0.0.1: it cannot be checked here"
    found = case.verify()
    assert (found.altered, found.notes) == ((), (told,))
