"""A damaged audit log is begun anew: nothing of it is lost, and the new one tells of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.audits import Case, lines_of
from tests.worlds import CASES, applied, desk_of, take_back, writes
from trailmend.audit import restart
from trailmend.errors import Refused
from trailmend.lab import Lab

WHY = "disk full, case 42"


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    made = Case(tmp_path)
    made.add(3)
    yield made
    made.engine.dispose()


def damage(case: Case, number: int = 2) -> bytes:
    """Alter one entry; give the whole file as it is then."""
    lines = case.path.read_bytes().splitlines(keepends=True)
    lines[number - 1] = lines[number - 1].replace(b'"sam"', b'"kim"')
    case.path.write_bytes(b"".join(lines))
    return case.path.read_bytes()


def begin_anew(case: Case, user: str = "lee") -> None:
    restart(case.log, user, WHY)


def kept(case: Case) -> list[Path]:
    return sorted(case.folder.glob("audit-until-*.jsonl"))


def reasons(case: Case) -> list[str]:
    return [one.reason for one in case.verify().faults]


def test_damaged_file_is_kept_and_the_new_log_tells_of_it(case: Case) -> None:
    first = case.verify().head
    assert first is not None
    good = lines_of(case)[0]["hash"]
    data = damage(case)

    begin_anew(case)

    (aside,) = kept(case)
    assert aside.read_bytes() == data
    (line,) = lines_of(case)
    assert (line["what"], line["user"], line["number"]) == ("restarted", "lee", 1)
    assert line["details"]["reason"] == WHY
    assert line["details"]["last_good"] == f"1:{good}"
    assert line["details"]["last_known"] == first.text
    assert line["details"]["faults"] == ["it was altered, or Trailmend did not write it"]
    found = case.verify()
    assert (found.faults, len(found.notes)) == ((), 1)
    assert f"begun anew by lee, {line['at'][:10]}" in found.notes[0]
    assert f"kept as {aside.name}. The reason given: {WHY}" in found.notes[0]
    case.add()
    assert (case.verify().faults, case.verify().entries) == ((), 2)


def test_log_that_is_gone_is_begun_anew_too(case: Case) -> None:
    case.path.unlink()

    begin_anew(case)

    assert (kept(case), case.verify().faults) == ([], ())
    assert "it was gone" in case.verify().notes[0]


def test_whole_log_is_not_begun_anew_and_none_without_a_reason(case: Case) -> None:
    with pytest.raises(Refused, match="The audit log is whole"):
        begin_anew(case)
    damage(case)
    with pytest.raises(Refused, match="Say with --reason"):
        restart(case.log, "lee", " ")

    assert (kept(case), len(lines_of(case))) == ([], 3)


def test_second_restart_does_not_hide_the_first(case: Case) -> None:
    head = case.verify().head
    assert head is not None
    damage(case, 1)
    begin_anew(case, "lee")
    case.add(2)
    damage(case, 2)
    begin_anew(case, "max")

    notes = case.verify((head.number, head.hash)).notes

    assert [one.rpartition(", 2")[0] for one in notes] == [
        "it was begun anew by max", "before that, it was begun anew by lee"
    ]  # fmt: skip
    assert case.verify((head.number, head.hash)).faults == ()
    assert "was rewritten" in case.verify((head.number, "0" * 64)).faults[0].reason


@pytest.mark.parametrize("how", ["altered", "gone"])
def test_damaged_file_that_is_altered_or_gone_is_found(how: str, case: Case) -> None:
    damage(case)
    begin_anew(case)
    (aside,) = kept(case)
    aside.write_bytes(b"{}\n") if how == "altered" else aside.unlink()

    assert reasons(case) == [f"{aside.name}, the log that was kept aside, is gone or altered"]


def test_restart_that_died_before_the_database_knew_is_begun_again(case: Case) -> None:
    damage(case)
    before = case.head
    begin_anew(case)
    case.sql(f"UPDATE audit_head SET number = {before['number']}, hash = '{before['hash']}'")
    assert reasons(case) == [
        "the log ends with entry 1, and 3 were written: its end was cut off"
    ]  # fmt: skip

    begin_anew(case)

    assert (case.verify().faults, len(kept(case))) == ((), 2)


def test_plan_is_rolled_back_with_the_new_log_and_what_was_before_is_held_to(
    lab: Lab, tmp_path: Path
) -> None:
    desk = desk_of(lab, tmp_path)
    plan, _ = applied(desk, CASES["active key"], lab)
    case = Case(tmp_path)
    case.path.write_bytes(b"".join(case.path.read_bytes().splitlines(keepends=True)[:-1]))
    sent = writes(lab)
    with pytest.raises(Refused, match="The end of the audit log"):
        take_back(desk, plan.id)
    assert writes(lab) == sent

    begin_anew(case)

    assert case.verify().faults == ()
    assert take_back(desk, plan.id).state == "rolled back"
    assert case.verify().faults == ()
    case.sql("UPDATE journal SET body = json_set(body, '$.at', '2020-01-01T00:00:00Z') "
             "WHERE number = 0")  # fmt: skip
    case.sql("DELETE FROM decisions")
    assert reasons(case) == [
        f"the journal of plan {plan.id} is not what it was when the log began anew",
        f"the list of decisions of plan {plan.id} is not what it was when the log began anew",
    ]
