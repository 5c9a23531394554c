"""Own traffic: what a plan made is told apart from what only looks so, and nothing goes round."""

import io
import random
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import text

from tests.all_cases import CASES
from tests.reading import events_of
from tests.slow import some
from tests.test_responder import NAME
from tests.worlds import (
    ADMINISTRATOR,
    account_of,
    approved,
    desk_of,
    make_administrators,
    take_back,
    trust,
)
from trailmend.analysis import analyse
from trailmend.database import open_database
from trailmend.desk import Desk, apply_plan
from trailmend.errors import CannotFix
from trailmend.findings import Finding
from trailmend.lab import Credentials, Fault, Lab
from trailmend.mending import plan_finding
from trailmend.plan import Plan
from trailmend.planning.kept import own_requests
from trailmend.responder import NOT_IN_THE_JOURNAL, Own, find_responders
from trailmend.scan import scan
from trailmend.store import load_findings

LAB_ROLE = f"arn:aws:iam::{Lab.account_id}:role/ops/{NAME}"
READS = ("Get", "List", "Describe")
ROUND = ("no policy", "deleted SSH key", "active key")


def responder(lab: Lab) -> Credentials:
    """Give a session of a role that only Trailmend uses."""
    iam = lab.client("iam")
    iam.create_role(
        RoleName=NAME, Path="/ops/", AssumeRolePolicyDocument=trust({"AWS": lab.account_id})
    )
    iam.attach_role_policy(RoleName=NAME, PolicyArn=ADMINISTRATOR)
    made = lab.client("sts").assume_role(RoleArn=LAB_ROLE, RoleSessionName="kim")["Credentials"]
    return Credentials(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])


def workspace(folder: Path) -> Path:
    """Make a workspace whose settings say that the role is Trailmend's alone."""
    folder.mkdir()
    (folder / "settings.toml").write_text(f'[responder]\nprincipals = ["{LAB_ROLE}"]\n')
    return folder


def found_in(lab: Lab, folder: Path) -> list[Finding]:
    """Scan the whole trail of the lab into a workspace; give the role's findings."""
    lab.deliver()
    done = scan([str(lab.folder)], io.BytesIO(), folder)
    assert done.rejects == []
    return [one for one in done.findings if one.actor.name == NAME]


def written(lab: Lab) -> list[str]:
    """List the role's writes in the trail, by the ids of their events."""
    return [
        one["eventID"]
        for one in lab.records()
        if f"/{NAME}/" in one["userIdentity"]["arn"]
        and one["eventSource"] == "iam.amazonaws.com"
        and not one["eventName"].startswith(READS)
    ]


def mended(lab: Lab, folder: Path, name: str, *faults: Fault) -> tuple[Desk, Plan]:
    """Apply a case's plan by the role, with faults on its first write, and roll it back."""
    make_administrators(lab) if name != "active key" else None
    desk = desk_of(lab, folder, account_of(lab, responder(lab)))
    plan = approved(desk, CASES[name], lab)
    for fault in faults:
        lab.fault(plan.changes[0].call.action, fault)
    apply_plan(desk, plan.id)
    take_back(desk, plan.id)
    return desk, plan


@pytest.mark.parametrize("name", ROUND)
def test_own_events_start_nothing_and_name_their_plan(name: str, lab: Lab, tmp_path: Path) -> None:
    # Subtlety 29: what a responder does looks like an attack.
    folder = workspace(tmp_path / "case")
    desk, plan = mended(lab, folder, name)

    found = found_in(lab, folder)

    assert written(lab)
    assert {(one.level, one.plan, one.status) for one in found} <= {("info", plan.id, None)}
    assert {one.event.event_id for one in found} <= set(written(lab))
    for one in found:
        assert one.title.startswith(f"Made by plan {plan.id}: ")
        assert plan.id in one.why.condition
        assert (one.fixes, one.techniques) == ([], [])
        with pytest.raises(CannotFix):
            plan_finding(desk, one)


def test_rounds_with_runbooks_do_come_out_as_findings(lab: Lab, tmp_path: Path) -> None:
    folder = workspace(tmp_path / "case")
    mended(lab, folder, "deleted SSH key")

    names = [one.event.event_name for one in found_in(lab, folder)]

    assert names == ["UploadSSHPublicKey", "DeleteSSHPublicKey"]


@pytest.mark.parametrize("name", ROUND)
def test_same_calls_without_the_journal_are_all_critical(
    name: str, lab: Lab, tmp_path: Path
) -> None:
    mended(lab, workspace(tmp_path / "case"), name)

    found = found_in(lab, workspace(tmp_path / "other"))

    alarms = [one for one in found if one.detection == NOT_IN_THE_JOURNAL]
    assert sorted(one.event.event_id for one in alarms) == sorted(written(lab))
    assert {(one.level, one.plan) for one in alarms} == {("critical", None)}
    assert all("not in the journal of this workspace" in one.title for one in alarms)
    assert all(one.fixes and one.explanations for one in alarms)
    assert not any(one.plan for one in found)


def test_without_settings_nobody_is_ours_and_the_journal_still_counts(
    lab: Lab, tmp_path: Path
) -> None:
    _, plan = mended(lab, tmp_path / "case", "deleted SSH key")

    own, foreign = found_in(lab, tmp_path / "case"), found_in(lab, tmp_path / "other")

    assert {one.plan for one in own} == {plan.id}
    assert [one.event.event_id for one in own] == [one.event.event_id for one in foreign]
    assert not any(one.plan or one.detection == NOT_IN_THE_JOURNAL for one in foreign)


@pytest.mark.parametrize("fault", some([Fault.LOST_ANSWER, Fault.BUSY, Fault.THROTTLED]))
def test_own_calls_that_went_wrong_are_ours_too(fault: Fault, lab: Lab, tmp_path: Path) -> None:
    folder = workspace(tmp_path / "case")
    _, plan = mended(lab, folder, "active key", fault)

    found = found_in(lab, folder)

    assert {(one.level, one.plan, one.status) for one in found} == {("info", plan.id, None)}


def test_denied_own_call_is_ours(lab: Lab, tmp_path: Path) -> None:
    folder = workspace(tmp_path / "case")
    _, plan = mended(lab, folder, "deleted SSH key")
    last = next(one for one in reversed(lab.records()) if one["eventID"] == written(lab)[-1])
    later = datetime(2026, 3, 3, tzinfo=UTC)
    lost = last | {"errorCode": "AccessDenied", "requestParameters": None, "eventID": "denied"}
    own = Own(tuple(own_requests(open_database(folder))), find_responders([LAB_ROLE]))

    found = analyse(events_of([lost | {"eventTime": f"{later:%FT%TZ}"}]), own)

    assert [(one.level, one.plan) for one in found] == [("info", plan.id)]


def test_journal_that_grows_and_shrinks_changes_the_findings(lab: Lab, tmp_path: Path) -> None:
    folder = workspace(tmp_path / "case")
    _, plan = mended(lab, folder, "deleted SSH key")
    engine = open_database(folder)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE kept AS SELECT * FROM journal"))
        connection.execute(text("DELETE FROM journal"))
    before = found_in(lab, folder)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO journal SELECT * FROM kept"))

    after = found_in(lab, folder)

    stored = {one.id: one.lapsed for one in load_findings(engine) if one.actor.name == NAME}
    alarms = {one.id for one in before if one.detection == NOT_IN_THE_JOURNAL}
    assert len(alarms) == 2
    assert {one.plan for one in after} == {plan.id}
    assert stored == dict.fromkeys(alarms, True) | {one.id: False for one in after}


def test_order_and_batches_do_not_matter(lab: Lab, tmp_path: Path) -> None:
    folder = workspace(tmp_path / "case")
    mended(lab, folder, "deleted SSH key", Fault.LOST_ANSWER)
    own = Own(tuple(own_requests(open_database(folder))), find_responders([LAB_ROLE]))
    events = events_of(lab.records())
    whole = analyse(events, own)

    for seed in range(5):
        shuffled = random.Random(seed).sample(events, len(events))
        sent = random.Random(seed).sample(own.sent, len(own.sent))
        assert analyse(shuffled, msgspec.structs.replace(own, sent=tuple(sent))) == whole

    lab.deliver()
    assert lab.folder is not None
    parted = workspace(tmp_path / "parted")
    with (
        closing(sqlite3.connect(folder / "state.db")) as old,
        closing(sqlite3.connect(parted / "state.db")) as new,
    ):
        old.backup(new)
    for path in sorted(lab.folder.rglob("*.json.gz")):
        scan([str(path)], io.BytesIO(), parted)
    by_id = {one.id: one for one in load_findings(open_database(parted)) if not one.lapsed}
    assert {key: (one.level, one.plan) for key, one in by_id.items()} == {
        one.id: (one.level, one.plan) for one in whole
    }


def test_journal_of_a_plan_that_is_gone_explains_nothing(lab: Lab, tmp_path: Path) -> None:
    folder = workspace(tmp_path / "case")
    mended(lab, folder, "deleted SSH key")
    engine = open_database(folder)

    for statement in ("UPDATE plans SET body = '{'", "DELETE FROM plans"):
        with engine.begin() as connection:
            connection.execute(text(statement))
        assert own_requests(engine) == []
    assert {one.level for one in found_in(lab, folder)} >= {"critical"}
