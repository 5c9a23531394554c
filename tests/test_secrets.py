"""Secrets of plans: in the sink before anything depends on them."""

import signal
import string
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyotp
import pytest

from tests.all_cases import CASES
from tests.secret_plans import (
    CODE,
    DEVICE,
    IN_AWS,
    PASSWORD,
    SEED,
    around_write,
    files,
    held,
    secrets_of_aws,
    sent_passwords,
    state,
)
from tests.test_crashes import MORTAL
from tests.worlds import Case, Wrapped, account_of, approved, carry_out, desk_of, take_back, writes
from tests.worlds_login_profiles import make_bob, moment
from trailmend.calls import Call, Change, Client, Secret, call, secrets_in
from trailmend.changing.journal import Intent
from trailmend.changing.secrets import (
    keep_answer,
    lost_with_answer,
    make_password,
    take_out,
    with_secrets,
)
from trailmend.changing.sinks import FileSink
from trailmend.errors import CannotKeep, Denied, Refused
from trailmend.lab import Fault, Lab
from trailmend.planning.kept import DatabaseJournal
from trailmend.remediations.login_profiles import create_login_profile
from trailmend.settings import Settings

TAKEN = CASES["password of an intruder"]
REPLACED = CASES["password that was replaced"]
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


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
