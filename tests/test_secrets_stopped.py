"""A sink that does not work stops before anything is sent; a crash leaves no orphan."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.all_cases import CASES
from tests.secret_plans import (
    CODE,
    DEVICE,
    IN_AWS,
    PASSWORD,
    QUICK,
    SEED,
    around_write,
    check_secrets,
    ended,
    files,
    secrets_of_aws,
    sent_passwords,
    state,
)
from tests.slow import soak
from tests.test_crashes import Crash, Fuse, fused
from tests.test_sinks import full_disk
from tests.worlds import (
    Wrapped,
    account_of,
    approved,
    carry_out,
    desk_of,
    snapshot,
    take_back,
    writes,
)
from trailmend.calls import Call, Client
from trailmend.changing.secrets import Sink
from trailmend.changing.sinks import FileSink, PlanSink
from trailmend.desk import Desk
from trailmend.errors import CannotKeep, TrailmendError
from trailmend.lab import Lab
from trailmend.plan import Plan
from trailmend.settings import Secrets, Settings

# A sink that does not work -----------------------------------------------------------------


def stopped_before_anything(desk: Desk, plan: Plan, lab: Lab, said: str) -> str:
    """Claim that applying stops with that sentence, and that the account is untouched."""
    sent, before = writes_of_iam(lab), snapshot(lab)
    with pytest.raises(TrailmendError, match=said) as caught:
        carry_out(desk, plan.id)
    assert (writes_of_iam(lab), snapshot(lab)) == (sent, before)
    assert state(desk, plan) == "approved"
    return str(caught.value)


def writes_of_iam(lab: Lab) -> list[Any]:
    return [one for one in writes(lab) if "Secret" not in one[0]]


@pytest.mark.parametrize(
    ("folder", "said"),
    [
        ("state.db", r"Secrets cannot be kept in .*/state\.db \(.*mend the folder"),
        ("state.db/below", r"Secrets cannot be kept in .*/state\.db/below \("),
        ("link", "must be no link"),
        ("open", "`chmod 700` it, or choose another folder in"),
    ],
)
@pytest.mark.parametrize("case", [PASSWORD, soak(DEVICE)], ids=lambda case: str(case.name))
def test_folder_that_cannot_be_written_stops_before_anything_is_sent(
    case: Any, folder: str, said: str, lab: Lab, tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "trail")
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o755)
    desk = desk_of(lab, tmp_path, settings=Settings(secrets=Secrets(folder=folder)))
    plan = approved(desk, case, lab)

    stopped_before_anything(desk, plan, lab, said)

    assert carry_out(desk_of(lab, tmp_path), plan.id).state == "applied"


@pytest.mark.parametrize("action", ["CreateSecret", "GetSecretValue", "DeleteSecret"])
def test_denied_secrets_manager_stops_before_anything_is_sent(
    action: str, lab: Lab, tmp_path: Path
) -> None:
    desk = desk_of(lab, tmp_path, settings=IN_AWS)
    plan = approved(desk, PASSWORD, lab)
    lab.deny("lab-admin", f"secretsmanager:{action}")

    said = stopped_before_anything(desk, plan, lab, "Give the permission, or choose another place")

    assert f"secretsmanager:{action}" in said


def test_full_disk_stops_before_the_password_is_sent(lab: Lab, tmp_path: Path) -> None:
    """The proof went well; then the disk is full when the password is to be kept."""

    class Full(PlanSink):
        def keep(self, name: str, value: str | bytes) -> None:
            with full_disk(4):
                super().keep(name, value)

    desk = desk_of(lab, tmp_path)
    plan = approved(desk, PASSWORD, lab)
    before = snapshot(lab)
    sink = Full(FileSink(tmp_path / "secrets"), plan.id)

    with pytest.raises(CannotKeep, match=r"\(File too large\): mend the folder"):
        carry_out(_with_sink(desk, lambda _: sink), plan.id)

    assert (snapshot(lab), sent_passwords(lab), files(desk)) == (before, [], [])
    assert state(desk, plan) == "stopped"
    assert carry_out(desk, plan.id, resume=True).state == "applied"


@pytest.mark.parametrize("settings", [Settings(), IN_AWS], ids=["folder", "aws"])
@pytest.mark.parametrize(
    ("case", "name"), [(PASSWORD, "bob.password"), (DEVICE, SEED), (DEVICE, CODE)]
)
def test_name_that_somebody_has_taken_stops_before_anything_is_sent(
    case: Any, name: str, settings: Settings, lab: Lab, tmp_path: Path
) -> None:
    desk = desk_of(lab, tmp_path, settings=settings)
    plan = approved(desk, case, lab)
    sink = desk.sink(plan.id)
    sink.keep(name, "Known-to-mallory-1")

    said = stopped_before_anything(desk, plan, lab, f"holds {name} of plan {plan.id} before it")

    assert "Find out who, then make a new plan" in said
    assert sink.recall(name) == b"Known-to-mallory-1"


def test_password_that_somebody_slips_in_is_not_used(lab: Lab, tmp_path: Path) -> None:
    def act(call: Call, client: Client) -> Mapping[str, Any]:
        desk.sink(plan.id).keep("bob.password", "Known-to-mallory-1")
        planted.append(call)
        return client(call)

    planted: list[Call] = []
    around = around_write(act, "iam.list_mfa_devices")
    desk = desk_of(lab, tmp_path, Wrapped(account_of(lab), around))
    plan = approved(desk_of(lab, tmp_path), PASSWORD, lab)

    carry_out(desk, plan.id)

    assert planted
    assert "Known-to-mallory-1" not in sent_passwords(lab)


# Crashes -----------------------------------------------------------------------------------


@dataclass
class MortalSink:
    """A sink at whose boundaries the process may die."""

    real: Sink
    fuse: Fuse

    @property
    def place(self) -> str:
        return self.real.place

    def prove(self) -> None:
        self._around(self.real.prove)

    def keep(self, name: str, value: str | bytes) -> None:
        self._around(lambda: self.real.keep(name, value))

    def recall(self, name: str) -> bytes | None:
        found: bytes | None = self._around(lambda: self.real.recall(name))
        return found

    def discard(self, name: str) -> None:
        self._around(lambda: self.real.discard(name))

    def _around(self, act: Callable[[], Any]) -> Any:
        self.fuse()
        done = act()
        self.fuse()
        return done


@dataclass(frozen=True)
class SinkDesk(Desk):
    """A desk whose sink is another's choice."""

    choose: Callable[[str], Any] = lambda _: None

    def sink(self, plan_id: str) -> Any:
        return self.choose(plan_id)


def _with_sink(desk: Desk, choose: Callable[[str], Any]) -> Desk:
    return SinkDesk(
        desk.engine, desk.account, desk.settings, desk.clock, desk.patience, choose=choose
    )


@contextmanager
def mortal(desk: Desk, fuse: Fuse, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """Give the desk of a process that may die at each write, and inside and around the sink."""
    with fused(desk, fuse) as watched, monkeypatch.context() as patched:
        for name in ("fsync", "rename", "unlink"):
            patched.setattr(os, name, _fused(getattr(os, name), fuse))
        yield _with_sink(watched, lambda plan_id: MortalSink(desk.sink(plan_id), fuse))


def _fused(real: Callable[..., Any], fuse: Fuse) -> Callable[..., Any]:
    def step(*words: Any, **more: Any) -> Any:
        fuse()
        return real(*words, **more)

    return step


def crashes(
    name: str,
    act: Callable[[Desk, str], Any],
    then: Callable[[Desk, str], Any],
    lab: Lab,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    applied: bool = False,
    **more: Any,
) -> int:
    """Crash at every boundary of `act`, go on with `then`, and look at the secrets."""

    def enter(number: int) -> tuple[Desk, Plan]:
        lab.reset()
        desk = desk_of(lab, folder / str(number), patience=QUICK, **more)
        plan = approved(desk, CASES[name], lab)
        if applied:
            carry_out(desk, plan.id)
        return desk, plan

    desk, plan = enter(0)
    counting = Fuse(near=True)
    with mortal(desk, counting, monkeypatch) as watched:
        act(watched, plan.id)
    for at in range(1, counting.passed + 1):
        desk, plan = enter(at)
        with mortal(desk, Fuse(at, near=True), monkeypatch) as dying, pytest.raises(Crash):
            act(dying, plan.id)
        ended(partial(then, desk, plan.id))
        check_secrets(desk, plan, lab, at)
        in_aws = [one for one in secrets_of_aws(lab) if "probe" not in one]
        assert set(in_aws) <= {f"trailmend/{plan.id}.{name}" for name in plan.secrets}, at
    return counting.passed


def resumed(desk: Desk, plan_id: str) -> Any:
    return carry_out(desk, plan_id, resume=True)


@pytest.mark.soak
def test_crash_around_a_password_leaves_no_orphan(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert crashes("deleted password", carry_out, resumed, lab, tmp_path, monkeypatch) >= 25


@pytest.mark.soak
@pytest.mark.parametrize("then", [resumed, take_back])
@pytest.mark.parametrize(
    "name",
    [
        "deleted password",
        "device that was deleted",
        "password that was replaced",
        "password of an intruder",
    ],
)
def test_crash_anywhere_leaves_no_orphan(
    name: str,
    then: Callable[[Desk, str], Any],
    lab: Lab,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert crashes(name, carry_out, then, lab, tmp_path, monkeypatch) >= 10


@pytest.mark.soak
@pytest.mark.parametrize(
    "name", ["deleted password", "device that was deleted", "password of an intruder"]
)
def test_crash_of_a_rollback_leaves_no_orphan(
    name: str, lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = crashes(name, take_back, take_back, lab, tmp_path, monkeypatch, applied=True)
    assert count >= 10


@pytest.mark.soak
@pytest.mark.parametrize("then", [resumed, take_back])
@pytest.mark.parametrize("name", ["deleted password", "device that was deleted"])
def test_crash_with_secrets_in_aws_leaves_no_orphan(
    name: str,
    then: Callable[[Desk, str], Any],
    lab: Lab,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    count = crashes(name, carry_out, then, lab, tmp_path, monkeypatch, settings=IN_AWS)
    assert count >= 10
