"""Approvals by other users of the machine: files in a folder_of_all folder, each of its owner."""

import os
import pwd
import shutil
import tempfile
import traceback
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from tests.worlds import CASES, desk_of, plan_of, take_back, writes
from trailmend.audit import read_lines, verify
from trailmend.cli.approving import status
from trailmend.desk import Desk, apply_plan, this_user
from trailmend.errors import CannotRead, Refused, WrongUse
from trailmend.lab import Lab
from trailmend.mending import answer_request, saved_status
from trailmend.plan import Plan
from trailmend.planning.approvals import ApprovalRules, Person, request_name
from trailmend.planning.decisions import Decision
from trailmend.planning.exchange import answer, ask, read_request
from trailmend.settings import Settings

KEY = CASES["active key"]
KIM = next(one for one in pwd.getpwall() if one.pw_uid not in (0, os.geteuid()))
"""Another user of this machine, whoever that is."""
another_user = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")


@pytest.fixture
def folder_of_all() -> Iterator[Path]:
    """Give a folder as the documentation says, which both users can reach."""
    path = Path(tempfile.mkdtemp(dir="/tmp"))
    os.chown(path, -1, KIM.pw_gid if os.geteuid() == 0 else -1)
    path.chmod(0o3770)
    yield path
    shutil.rmtree(path)


def as_kim(act: Callable[[], object]) -> None:
    """Do it as the other user, in a process of its own, and claim that it went well."""
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(KIM.pw_gid)
            os.setuid(KIM.pw_uid)
            act()
            os._exit(0)
        finally:
            traceback.print_exc()
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def desk_in(lab: Lab, folder: Path, folder_of_all: Path, **rules: Any) -> Desk:
    approval = ApprovalRules(second_person="medium", folder=str(folder_of_all), **rules)
    (folder / "settings.toml").write_text(
        f'[approval]\nsecond_person = "medium"\nfolder = "{folder_of_all}"\n'
    )
    return desk_of(lab, folder, settings=Settings(approval=approval))


def refused(desk: Desk, lab: Lab, plan: Plan, sentence: str) -> None:
    sent = writes(lab)
    with pytest.raises(Refused, match=sentence):
        apply_plan(desk, plan.id)
    assert writes(lab) == sent


def approve(request: Path) -> None:
    """Approve as the process's user, at a time that the lab's clock has seen."""
    asked = read_request(request)
    answer(request, asked, "approved", Person(this_user()), asked.plan.created)


@another_user
def test_another_user_approves_a_plan_and_its_rollback(
    lab: Lab, tmp_path: Path, folder_of_all: Path
) -> None:
    desk = desk_in(lab, tmp_path, folder_of_all)
    plan = plan_of(desk, KEY.fix, KEY.facts(lab))
    request = folder_of_all / request_name(plan)

    refused(desk, lab, plan, f"trailmend approve {request}")
    as_kim(lambda: approve(request))
    assert apply_plan(desk, plan.id).state == "applied"

    with pytest.raises(Refused, match=r"trailmend approve .*\.rollback-1\.ask\.json"):
        take_back(desk, plan.id)
    as_kim(lambda: approve(folder_of_all / request_name(plan, [0])))
    assert take_back(desk, plan.id).state == "rolled back"

    decided = {one.what: one.user for one in read_lines(tmp_path)[0] if "approved" in one.what}
    assert decided == dict.fromkeys(("approved", "rollback approved"), KIM.pw_name)
    assert verify(tmp_path, desk.engine).faults == ()


@another_user
def test_another_user_reads_the_plan_and_nothing_else(
    lab: Lab, tmp_path: Path, folder_of_all: Path
) -> None:
    desk = desk_in(lab, tmp_path, folder_of_all)
    plan = plan_of(desk, KEY.fix, KEY.facts(lab))

    def act() -> None:
        assert read_request(folder_of_all / request_name(plan)).plan == plan
        with pytest.raises(PermissionError):
            os.listdir(tmp_path)

    as_kim(act)


@another_user
def test_rejection_of_another_user_stops_the_plan(
    lab: Lab, tmp_path: Path, folder_of_all: Path
) -> None:
    desk = desk_in(lab, tmp_path, folder_of_all)
    plan = plan_of(desk, KEY.fix, KEY.facts(lab))
    request = folder_of_all / request_name(plan)

    def reject() -> None:
        answer(request, read_request(request), "rejected", Person("x"), plan.created, "ask bob")

    as_kim(lambda: approve(request))
    as_kim(reject)

    refused(desk, lab, plan, f"was rejected by {KIM.pw_name}: make a new plan")


def test_own_approval_by_a_file_does_not_count_whoever_it_names(
    lab: Lab, tmp_path: Path, folder_of_all: Path
) -> None:
    desk = desk_in(lab, tmp_path, folder_of_all)
    plan = plan_of(desk, KEY.fix, KEY.facts(lab))
    request = folder_of_all / request_name(plan)
    with pytest.raises(Refused, match="a second person must approve it"):
        answer_request(request, "approved")

    forged = Decision(plan.id, plan.hash, "approved", Person("kim"), plan.created)
    answered = folder_of_all / request.name.replace(".ask.json", ".approved-0.json")
    answered.write_bytes(msgspec.json.encode(forged))
    answered.chmod(0o640)

    refused(desk, lab, plan, rf"is not approved.* {this_user()} asked for it")
    status, not_counted = saved_status(tmp_path, plan.id)
    assert (status.decision, len(not_counted)) == (None, 1)


@pytest.mark.parametrize("flaw", ["another plan", "of the future", "open", "linked", "no answer"])
@another_user
def test_answer_that_cannot_be_trusted_does_not_count(
    flaw: str, lab: Lab, tmp_path: Path, folder_of_all: Path
) -> None:
    desk = desk_in(lab, tmp_path, folder_of_all)
    plan = plan_of(desk, KEY.fix, KEY.facts(lab))
    request = folder_of_all / request_name(plan)
    told = Decision(plan.id, plan.hash, "approved", Person("kim"), plan.created)
    match flaw:
        case "another plan":
            told = replace(told, hash="0" * 64)
        case "of the future":
            told = replace(told, at=plan.created + timedelta(hours=1))

    def act() -> None:
        answered = folder_of_all / request.name.replace(".ask.json", ".approved-0.json")
        answered.write_bytes(b"{}" if flaw == "no answer" else msgspec.json.encode(told))
        answered.chmod(0o666 if flaw == "open" else 0o640)
        if flaw == "linked":
            os.link(answered, folder_of_all / "other")

    as_kim(act)

    refused(desk, lab, plan, "does not count")


def test_who_is_asked_looks_at_the_plan_first(
    lab: Lab, tmp_path: Path, folder_of_all: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = plan_of(desk_in(lab, tmp_path, folder_of_all), KEY.fix, KEY.facts(lab))
    ask(folder_of_all, plan, [0])

    status(str(folder_of_all / request_name(plan, [0])))

    said = capsys.readouterr()
    assert f"Plan {plan.id}" in said.out
    assert "the rollback of what this plan has done: of change 1." in said.err
    assert "works again" in said.err


def test_request_that_was_altered_is_refused(lab: Lab, tmp_path: Path, folder_of_all: Path) -> None:
    desk = desk_in(lab, tmp_path, folder_of_all)
    plan = plan_of(desk, KEY.fix, KEY.facts(lab))
    request = folder_of_all / request_name(plan)
    request.write_bytes(request.read_bytes().replace(b'"medium"', b'"info"', 1))

    with pytest.raises(WrongUse, match="does not hold what its name says"):
        read_request(request)


@pytest.mark.parametrize("mode", [0o770, 0o2777, 0o1770])
def test_folder_whose_members_could_remove_answers_is_refused(
    mode: int, lab: Lab, tmp_path: Path, folder_of_all: Path
) -> None:
    desk = desk_in(lab, tmp_path, folder_of_all)
    folder_of_all.chmod(0o700)
    plan = plan_of(desk, KEY.fix, KEY.facts(lab))
    folder_of_all.chmod(mode)

    with pytest.raises(CannotRead, match="install -d -m 3770"):
        ask(folder_of_all, plan)
    with pytest.raises(CannotRead, match="is not safe to share"):
        apply_plan(desk, plan.id)
