"""Secrets of plans: in the sink before anything depends on them, and gone when nothing does."""

import os
import signal
import string
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pyotp
import pytest

from tests.all_cases import CASES
from tests.slow import soak
from tests.test_crashes import MORTAL, Crash, Fuse, fused
from tests.test_sinks import full_disk
from tests.worlds import (
    Case,
    Wrapped,
    account_of,
    approved,
    carry_out,
    desk_of,
    snapshot,
    take_back,
    writes,
)
from tests.worlds_login_profiles import make_bob, moment
from trailmend.calls import Call, Change, Client, Secret, call, secrets_in
from trailmend.desk import Desk
from trailmend.errors import CannotKeep, Denied, LostAnswer, Refused, Stopped, TrailmendError
from trailmend.journal import Intent
from trailmend.lab import Fault, Lab
from trailmend.plan import Plan
from trailmend.plans import DatabaseJournal, plan_status
from trailmend.remediations.login_profiles import create_login_profile
from trailmend.secrets import (
    Sink,
    keep_answer,
    lost_with_answer,
    make_password,
    take_out,
    with_secrets,
)
from trailmend.settings import Secrets, Settings
from trailmend.settle import Patience
from trailmend.sinks import FileSink, PlanSink

PASSWORD = CASES["deleted password"]
DEVICE = CASES["device that was deleted"]
TAKEN = CASES["password of an intruder"]
REPLACED = CASES["password that was replaced"]
SEED, CODE = "bob.mfa-seed", "bob.mfa-qr-code.png"
IN_AWS = Settings(secrets=Secrets(sink="secretsmanager"))
QUICK = Patience(agreeing=1, timeout=10)
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def held(desk: Desk, plan: Plan) -> dict[str, bytes]:
    """Give every secret of the plan that the sink holds."""
    sink = desk.sink(plan.id)
    found = {name: sink.recall(name) for name in dict.fromkeys([*plan.secrets, SEED, CODE])}
    return {name: value for name, value in found.items() if value is not None}


def files(desk: Desk) -> list[str]:
    """List all files of the sink, drafts too."""
    folder = desk.folder / "secrets"
    return sorted(one.name for one in folder.iterdir()) if folder.exists() else []


def secrets_of_aws(lab: Lab) -> list[str]:
    found = lab.client("secretsmanager").list_secrets(IncludePlannedDeletion=True)
    return [one["Name"] for one in found["SecretList"]]


def sent_passwords(lab: Lab) -> list[str]:
    """List the passwords that reached the lab, the last one last; the test's own are left out."""
    sent = [sent["Password"] for name, sent in writes(lab) if name == "CreateLoginProfile"]
    return [one for one in sent if not one.startswith(("Bobs", "Mallorys", "Correct"))]


def state(desk: Desk, plan: Plan) -> str:
    return plan_status(desk.engine, plan.id, now=desk.clock.now()).state


def around_write(act: Callable[[Call, Client], Mapping[str, Any]], *names: str) -> Any:
    """Give what stands around the calls of these names; others go by."""
    return lambda call, client: act(call, client) if call.name in names else client(call)


# What is made ------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [6, 24, 128])
def test_passwords_have_all_classes_and_are_never_the_same(length: int) -> None:
    made = [make_password(length) for _ in range(200)]

    assert {len(one) for one in made} == {length}
    assert len(set(made)) == 200
    for one in made:
        for each in (string.ascii_lowercase, string.ascii_uppercase, string.digits):
            assert set(one) & set(each)
        assert set(one) - set(string.ascii_letters + string.digits) <= set("!@#$%^&*()_+-=[]{}|'")
        assert set(one) - set(string.ascii_letters + string.digits)


def test_call_without_secrets_needs_no_sink(tmp_path: Path) -> None:
    plain = call("iam.update_access_key", Status="Inactive")

    assert with_secrets(plain, FileSink(tmp_path / "secrets"), NOW) == (plain, ())
    assert not (tmp_path / "secrets").exists()


def test_codes_are_those_of_the_seed_and_the_steps_before(tmp_path: Path) -> None:
    sink, seed = FileSink(tmp_path / "secrets"), pyotp.random_base32()
    sink.keep(SEED, seed)
    marked = call(
        "iam.enable_mfa_device",
        AuthenticationCode1=Secret("code", SEED, earlier=1),
        AuthenticationCode2=Secret("code", SEED),
    )

    filled, values = with_secrets(marked, sink, NOW)

    wanted = [pyotp.TOTP(seed).at(int(NOW.timestamp()) - ago) for ago in (30, 0)]
    assert list(values) == list(filled.params.values()) == wanted
    assert secrets_in(filled) == []


@pytest.mark.parametrize("seed", [None, "not base32!", b"\xff\xfe", "A1"])
def test_seed_that_is_gone_or_none_is_refused_and_not_repeated(
    seed: str | bytes | None, tmp_path: Path
) -> None:
    sink = FileSink(tmp_path / "secrets")
    if seed is not None:
        sink.keep(SEED, seed)

    with pytest.raises(Refused, match="roll the plan back") as caught:
        with_secrets(call("x.y", Code=Secret("code", SEED)), sink, NOW)

    assert str(seed) not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("answer", "lost"),
    [
        ({"Device": {"Seed": b"S", "Code": b"C"}}, False),
        ({"Device": {"Seed": b"S"}}, True),
        ({"Device": {"Seed": b"S", "Code": b""}}, True),
        ({}, True),
    ],
)
def test_secret_that_an_answer_lacks_is_lost(
    answer: dict[str, Any], lost: bool, tmp_path: Path
) -> None:
    keeps = {"seed": "Device.Seed", "code": "Device.Code"}
    change = Change(Call("x.make"), Call("x.unmake"), "", keeps=keeps)
    sink = FileSink(tmp_path / "secrets")

    keep_answer(change, answer, sink)

    assert lost_with_answer(change, sink) is lost


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Denied("p%+S no p%+S", "Denied", "r"), "(secret) no (secret)"),
        (TypeError("p%25%2BS", {"Password": "p%+S"}), "('(secret)', '(secret)')"),
        (KeyboardInterrupt(), ""),
        (ValueError(b"p%+S", 7), "('(secret)', 7)"),
    ],
)
def test_errors_do_not_repeat_secrets(error: BaseException, said: str) -> None:
    error.__cause__ = ValueError("p%+S")

    take_out(error, ("p%+S",))

    assert str(error) == said
    assert error.__cause__ is error.__context__ is None


def test_error_without_secrets_stays_as_it_is() -> None:
    cause = ValueError("why")
    error = Denied("no")
    error.__cause__ = cause

    take_out(error, ())

    assert str(error) == "no"
    assert error.__cause__ is cause


# In the sink first -------------------------------------------------------------------------


def test_password_is_in_the_sink_before_the_call_leaves(lab: Lab, tmp_path: Path) -> None:
    def act(call: Call, client: Client) -> Mapping[str, Any]:
        seen.append((call.params["Password"].encode(), held(desk, plan)["bob.password"]))
        last = DatabaseJournal(desk.engine, plan.id).entries()[-1]
        assert isinstance(last, Intent)
        assert [one.name for one in secrets_in(last.call)] == ["bob.password"]
        return client(call)

    seen: list[tuple[bytes, bytes]] = []
    around = around_write(act, "iam.create_login_profile")
    desk = desk_of(lab, tmp_path, Wrapped(account_of(lab), around))
    plan = approved(desk, PASSWORD, lab)

    assert carry_out(desk, plan.id).state == "applied"

    ((sent, kept),) = seen
    assert sent == kept
    assert held(desk, plan) == {"bob.password": sent}


def _deleted_now(lab: Lab) -> dict[str, Any]:
    """Take bob's password in the lab's present, which is that of another process too."""
    make_bob(lab).delete_login_profile(UserName="bob")
    return {"user_name": "bob", "event_time": moment(lab)}


@pytest.mark.parametrize(
    ("dies", "sent"), [("before", 0), pytest.param("after", 1, marks=pytest.mark.soak)]
)
def test_password_of_a_killed_process_is_in_the_sink(
    dies: str, sent: int, lab: Lab, tmp_path: Path
) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, Case("deleted now", create_login_profile, _deleted_now), lab)
    root = Path(__file__).parent.parent
    words = (str(tmp_path), plan.id, lab.endpoint_url, lab.administrator.access_key_id, dies)

    killed = subprocess.run(
        [sys.executable, "-c", MORTAL, *words],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
        timeout=60,
        check=False,
        capture_output=True,
    )

    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert len(sent_passwords(lab)) == sent
    kept = held(desk, plan)["bob.password"].decode()
    assert sent_passwords(lab) == [kept] * sent
    assert carry_out(desk, plan.id, resume=True).state == "applied"
    assert held(desk, plan) == {"bob.password": sent_passwords(lab)[-1].encode()}
    assert (kept == sent_passwords(lab)[-1]) == (dies == "after")


def test_seed_is_in_the_sink_before_the_device_is_enabled(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, DEVICE, lab)

    assert carry_out(desk, plan.id).state == "applied"

    kept = held(desk, plan)
    assert list(kept) == [SEED, CODE]
    assert kept[CODE].startswith(b"\x89PNG")
    codes = [sent for name, sent in writes(lab) if name == "EnableMFADevice"][-1]
    totp, now = pyotp.TOTP(kept[SEED].decode()), int(lab.now().timestamp())
    recent = {totp.at(now - 30 * ago) for ago in range(20)}
    assert {codes["AuthenticationCode1"], codes["AuthenticationCode2"]} <= recent


# Sent again, or declined -------------------------------------------------------------------


def test_password_is_a_new_one_each_time_the_call_is_sent(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, PASSWORD, lab)
    lab.fault("iam:CreateLoginProfile", Fault.BUSY, times=2)

    assert carry_out(desk, plan.id).state == "applied"

    sent = sent_passwords(lab)
    assert len(set(sent)) == 3
    assert held(desk, plan) == {"bob.password": sent[-1].encode()}


@pytest.mark.parametrize("settings", [Settings(), IN_AWS], ids=["folder", "aws"])
def test_declined_call_leaves_no_secret(settings: Settings, lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path, settings=settings)
    plan = approved(desk, PASSWORD, lab)
    lab.deny("lab-admin", "iam:CreateLoginProfile")

    with pytest.raises(Denied):
        carry_out(desk, plan.id)

    assert (files(desk), secrets_of_aws(lab)) == ([], [])
    assert state(desk, plan) == "stopped"


def test_secret_that_cannot_be_discarded_is_discarded_later(lab: Lab, tmp_path: Path) -> None:
    def act(call: Call, client: Client) -> Mapping[str, Any]:
        if call.name == "iam.create_login_profile":
            declined.append(call)
            raise Denied("not you", "AccessDenied")
        if declined:
            raise Denied("nor this", "AccessDenied")
        return client(call)

    declined: list[Call] = []
    names = ("iam.create_login_profile", "secretsmanager.delete_secret")
    account = Wrapped(account_of(lab), around_write(act, *names))
    desk = desk_of(lab, tmp_path, account, settings=IN_AWS)
    plan = approved(desk, PASSWORD, lab)
    with pytest.raises(CannotKeep, match="Give the permission"):
        carry_out(desk, plan.id)
    assert secrets_of_aws(lab) == [f"trailmend/{plan.id}.bob.password"]
    assert state(desk, plan) == "interrupted"
    mended = desk_of(lab, tmp_path, settings=IN_AWS)

    with pytest.raises(Refused, match="nothing to roll back"):
        take_back(mended, plan.id)

    assert (secrets_of_aws(lab), sent_passwords(lab)) == ([], [])


# Answers that are lost ---------------------------------------------------------------------


def test_device_whose_seed_was_lost_is_taken_back(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, DEVICE, lab)
    before = snapshot(lab)
    lab.fault("iam:CreateVirtualMFADevice", Fault.LOST_ANSWER)

    with pytest.raises(Stopped) as caught:
        carry_out(desk, plan.id)

    assert str(caught.value) == (
        f"The answer to change 1 of plan {plan.id} was lost, and a secret with it. "
        "The change was taken back: make a new plan."
    )
    assert snapshot(lab) == before
    assert (state(desk, plan), files(desk)) == ("rolled back", [])


@pytest.mark.parametrize("go_on", [carry_out, take_back])
def test_device_whose_seed_could_not_be_kept_is_taken_back(
    go_on: Callable[..., Any], lab: Lab, tmp_path: Path
) -> None:
    def act(call: Call, client: Client) -> Mapping[str, Any]:
        answer = client(call)
        (tmp_path / "secrets").chmod(0o755)
        return answer

    around = around_write(act, "iam.create_virtual_mfa_device")
    desk = desk_of(lab, tmp_path, Wrapped(account_of(lab), around))
    plan = approved(desk, DEVICE, lab)
    before = snapshot(lab)

    with pytest.raises(Stopped) as caught:
        carry_out(desk, plan.id)
    assert "`chmod 700` it" in str(caught.value)
    assert "Change 1 of" in str(caught.value)
    assert f"Take it back with `trailmend rollback {plan.id}`." in str(caught.value)
    (tmp_path / "secrets").chmod(0o700)
    if go_on is carry_out:
        with pytest.raises(Stopped, match="taken back"):
            carry_out(desk, plan.id, resume=True)
    else:
        assert take_back(desk, plan.id).state == "rolled back"

    assert snapshot(lab) == before
    assert files(desk) == []


def test_device_of_which_aws_told_no_seed_is_taken_back(lab: Lab, tmp_path: Path) -> None:
    def act(call: Call, client: Client) -> Mapping[str, Any]:
        answer = dict(client(call)["VirtualMFADevice"])
        del answer["Base32StringSeed"]
        return {"VirtualMFADevice": answer}

    around = around_write(act, "iam.create_virtual_mfa_device")
    desk = desk_of(lab, tmp_path, Wrapped(account_of(lab), around))
    plan = approved(desk, DEVICE, lab)
    before = snapshot(lab)

    with pytest.raises(Stopped, match="taken back"):
        carry_out(desk, plan.id)

    assert (snapshot(lab), files(desk)) == (before, [])


def check_secrets(desk: Desk, plan: Plan, lab: Lab, at: object) -> None:
    """Claim that the sink holds the secrets of what is in force, and no other; and that they work.

    What the lab was told last is what is in force: it accepts one password and one seed.
    """
    progress = plan_status(desk.engine, plan.id, now=desk.clock.now()).progress
    done = [progress.steps[n].change for n in progress.in_force]
    undone = [one.change for one in progress.steps if one.state == "undone"]
    wanted = {secret.name for one in done for secret in secrets_in(one.call) if is_made(secret)}
    wanted |= {name for one in done for name in one.keeps}
    wanted |= {secret.name for one in undone for secret in secrets_in(one.undo)}
    kept = held(desk, plan)
    assert set(kept) == wanted, (at, progress.state)
    assert not [one for one in files(desk) if one.startswith(".") and "probe" not in one], at
    for name, value in kept.items():
        if "password" in name:
            assert value.decode() == sent_passwords(lab)[-1], at


def is_made(secret: Secret) -> bool:
    return secret.kind == "password"


FAULTS = [
    (name, action, fault)
    for name, actions in {
        "deleted password": ("CreateLoginProfile", "DeleteLoginProfile"),
        "password that was replaced": ("DeleteLoginProfile", "CreateLoginProfile"),
        "password of an intruder": ("DeleteLoginProfile", "CreateLoginProfile"),
        "device that was deleted": (
            *("CreateVirtualMFADevice", "EnableMFADevice"),
            *("DeactivateMFADevice", "DeleteVirtualMFADevice"),
        ),
    }.items()
    for action in actions
    for fault in (Fault.LOST_ANSWER, Fault.LOST_REQUEST, Fault.FAILING)
]


def ended(act: Callable[[], Any]) -> None:
    """Do what may end with a change that is taken back, or with nothing to do."""
    try:
        act()
    except (Stopped, Refused) as error:
        words = ("taken back", "nothing to roll back", "rolled back", "gone for good")
        if not any(word in str(error) for word in words):
            raise


def settled(act: Callable[[], Any]) -> None:
    """Do what may stop because an answer was lost, once more if it does."""
    try:
        act()
    except (LostAnswer, Stopped):
        ended(act)


@pytest.mark.soak
@pytest.mark.parametrize(("name", "action", "fault"), FAULTS)
def test_lost_answers_leave_the_secrets_of_what_is_in_force(
    name: str, action: str, fault: Fault, lab: Lab, tmp_path: Path
) -> None:
    desk = desk_of(lab, tmp_path, patience=QUICK)
    plan = approved(desk, CASES[name], lab)
    undoes = action not in [one.call.action.partition(":")[2] for one in plan.changes]
    if not undoes:
        lab.fault(f"iam:{action}", fault)
    settled(lambda: carry_out(desk, plan.id, resume=True))
    check_secrets(desk, plan, lab, "applied")

    if plan_status(desk.engine, plan.id, now=desk.clock.now()).progress.in_force:
        if undoes:
            lab.fault(f"iam:{action}", fault)
        settled(lambda: take_back(desk, plan.id))
    check_secrets(desk, plan, lab, "rolled back")


# Taking back -------------------------------------------------------------------------------


@pytest.mark.parametrize("settings", [Settings(), IN_AWS], ids=["folder", "aws"])
@pytest.mark.parametrize("case", [PASSWORD, DEVICE], ids=lambda case: str(case.name))
def test_rollback_removes_the_secrets(
    case: Any, settings: Settings, lab: Lab, tmp_path: Path
) -> None:
    desk = desk_of(lab, tmp_path, settings=settings)
    plan = approved(desk, case, lab)
    carry_out(desk, plan.id)
    assert set(held(desk, plan)) == set(plan.secrets)
    assert len(files(desk)) + len(secrets_of_aws(lab)) == len(plan.secrets)

    assert take_back(desk, plan.id).state == "rolled back"

    assert (files(desk), secrets_of_aws(lab)) == ([], [])


def test_what_others_have_undone_leaves_no_secret(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, PASSWORD, lab)
    carry_out(desk, plan.id)
    lab.client("iam").delete_login_profile(UserName="bob")

    assert take_back(desk, plan.id).state == "rolled back"

    assert files(desk) == []


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
