"""Approving and rejecting by the command: who people are, and what they may."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.approving import planned
from tests.nursery import run_text
from tests.worlds import desk_of, writes
from trailmend.desk import this_user
from trailmend.lab import Credentials, Lab
from trailmend.planning.decisions import find_decision

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def command(lab: Lab, tmp_path: Path) -> Command:
    """Give the command, run as people run it, on the workspace of the test's desk."""

    def run(
        *words: str, who: Credentials | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        variables = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        known = {"TRAILMEND_WORKSPACE": str(tmp_path), "NO_COLOR": "1", "COLUMNS": "200"}
        return run_text(*words, env={**variables, **lab.environment(who), **known, **environment})

    return run


def test_command_approves_applies_and_tells_who_it_was(
    command: Command, lab: Lab, tmp_path: Path
) -> None:
    plan = planned(desk_of(lab, tmp_path), lab)

    assert "waits for approval" in command("status", plan.id).stderr
    given = command("approve", plan.id)
    assert given.returncode == 0, given.stderr
    assert f"Approved by {this_user()}, sha256 {plan.hash[:16]}." in given.stderr
    assert (given.stdout, plan.title in given.stderr) == ("", True)
    assert f"Approved by {this_user()}, 2" in command("status", plan.id).stderr
    assert command("apply", plan.id, "--settle", "0").returncode == 0


def test_command_rejects_for_good(command: Command, lab: Lab, tmp_path: Path) -> None:
    plan = planned(desk_of(lab, tmp_path), lab)
    sent = writes(lab)

    assert command("reject", plan.id, "--reason", "bob is on leave").returncode == 0
    for words in (("approve", plan.id), ("apply", plan.id), ("reject", plan.id)):
        done = command(*words)
        assert (done.returncode, done.stdout) == (1, "")
        assert f"was rejected by {this_user()}: make a new plan." in done.stderr
    assert f"Rejected by {this_user()}, " in command("status", plan.id).stderr
    assert "bob is on leave" in command("status", plan.id).stderr
    assert writes(lab) == sent


def test_command_does_not_let_who_asked_approve_what_is_critical(
    command: Command, lab: Lab, tmp_path: Path
) -> None:
    plan = planned(desk_of(lab, tmp_path), lab, level="critical")

    done = command("approve", plan.id)

    assert (done.returncode, done.stdout) == (1, "")
    assert f"{this_user()} asked for it: a second person must approve it." in done.stderr
    assert command("apply", plan.id).returncode == 1


def test_user_is_who_the_system_says_and_not_the_environment(
    command: Command, lab: Lab, tmp_path: Path
) -> None:
    plan = planned(desk_of(lab, tmp_path), lab, level="critical")
    lies = dict.fromkeys(("USER", "LOGNAME", "USERNAME", "LNAME", "SUDO_USER"), "kim")

    done = command("approve", plan.id, HOME=str(tmp_path), **lies)

    assert done.returncode == 1
    assert f"{this_user()} asked for it" in done.stderr
    assert "kim" not in done.stderr


def test_command_approves_as_the_principal_of_a_profile(
    command: Command, lab: Lab, tmp_path: Path
) -> None:
    iam = lab.client("iam")
    iam.create_user(UserName="lee")
    key = iam.create_access_key(UserName="lee")["AccessKey"]
    (tmp_path / "credentials").write_text(
        f"[lee]\naws_access_key_id = {key['AccessKeyId']}\n"
        f"aws_secret_access_key = {key['SecretAccessKey']}\n"
    )
    (tmp_path / "settings.toml").write_text(
        '[approval.approvers]\nmedium = ["arn:aws:iam::123456789012:user/lee"]\n'
    )
    plan = planned(desk_of(lab, tmp_path), lab)
    keys = {"AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials")}

    alone = command("approve", plan.id)
    as_lee = command("approve", plan.id, "--profile", "lee", **keys)

    assert alone.returncode == 1
    assert "is not among those who may approve what is medium" in alone.stderr
    assert as_lee.returncode == 0, as_lee.stderr
    assert f"({lab_arn('lee')})" in as_lee.stderr
    applied = command("apply", plan.id, "--settle", "0")
    assert applied.returncode == 0, applied.stderr


def lab_arn(user: str) -> str:
    return f"arn:aws:iam::123456789012:user/{user}"


def test_command_names_wrong_settings_and_approves_nothing(
    command: Command, lab: Lab, tmp_path: Path
) -> None:
    desk = desk_of(lab, tmp_path)
    plan = planned(desk, lab)
    (tmp_path / "settings.toml").write_text('[approval]\nsecond_persn = "high"\n')

    done = command("approve", plan.id)

    assert (done.returncode, done.stdout) == (2, "")
    assert "second_persn" in done.stderr
    assert find_decision(desk.engine, plan) is None
