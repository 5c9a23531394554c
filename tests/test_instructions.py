"""The instructions run as they stand, and leave the account as `apply` does."""

import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pyotp
import pytest

from tests import nursery
from tests.all_cases import CASES, quick
from tests.worlds import (
    Case,
    applied,
    desk_of,
    effects,
    plain,
    plan_calls,
    plan_of,
    snapshot,
    ssh_body,
)
from trailmend.calls import Answer, Call, call
from trailmend.errors import CatalogError
from trailmend.lab import Fault, Lab
from trailmend.report.instructions import command_lines, python_snippet

SHOWN = ("device that was deleted", "stopped trail")
"""One of each way to write a call: codes, a region."""
cases = quick(CASES.values(), lambda case: case.name not in SHOWN, always=SHOWN)
BIN = Path(sys.executable).parent
HOSTILE = (
    "$(touch pwned)",
    "`touch pwned`",
    "'; touch pwned; '",
    '"; touch pwned; "',
    "a b\tc",
    "-rf",
    "--user-name",
    "=1+1",
    "!history",
    "line\nbreak",
    "\x1b[31mred",
    "\u202egnp.exe",
    "file:///etc/passwd",
    "fileb:///etc/passwd",
    "https://example.com/",
    "\\",
    "{}",
    "[1]",
    "*",
    "~",
    "é",
)


def environment(lab: Lab, folder: Path) -> dict[str, str]:
    """Give a process the lab for its AWS, and nothing of the machine's own settings."""
    return {
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "HOME": str(folder),
        "AWS_ACCESS_KEY_ID": lab.administrator.access_key_id,
        "AWS_SECRET_ACCESS_KEY": lab.administrator.secret_access_key,
        "AWS_DEFAULT_REGION": lab.region,
        "AWS_ENDPOINT_URL": lab.endpoint_url,
        "PYTHONIOENCODING": "utf-8",
    }


def run(words: Sequence[str], lab: Lab, folder: Path) -> str:
    """Run a program; codes of a new device are typed in once its seed is there."""
    running = subprocess.Popen(
        words,
        env=environment(lab, folder),
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while running.poll() is None and time.monotonic() < deadline:
        for seed in folder.glob("*.mfa-seed"):
            if seed.stat().st_size:
                device, now = pyotp.TOTP(seed.read_text()), int(time.time())
                codes = device.at(now - 30), device.at(now)
                return running.communicate("\n".join(codes) + "\n", timeout=60)[1]
        time.sleep(0.02)
    return running.communicate(timeout=1)[1]


def run_shell(calls: Sequence[Call], lab: Lab, folder: Path) -> str:
    """Run the command lines with the real `aws`; give what it says where it fails."""
    script = "set -eu\n" + "\n".join(command_lines(calls))
    return without_prompts(run(["bash", "-c", script], lab, folder))


def run_python(calls: Sequence[Call], lab: Lab, folder: Path) -> str:
    """Run the snippet; in a Python that has loaded boto3, unless codes are to be typed in."""
    snippet = python_snippet(calls)
    if "input(" not in snippet:
        done = nursery.run_text(code=snippet, env=environment(lab, folder), cwd=folder)
        return done.stderr
    (folder / "by_hand.py").write_text(snippet)
    return run([sys.executable, "by_hand.py"], lab, folder)


def without_prompts(said: str) -> str:
    return re.sub(r"(A|The next) code of the new device: ", "", said)


RUNNERS: tuple[Callable[..., str], ...] = (run_shell, run_python)
by_hand = pytest.mark.parametrize("run", RUNNERS, ids=("shell", "python"))


@by_hand
@cases
def test_instructions_do_what_apply_does(
    case: Case, run: Callable[..., str], lab: Lab, tmp_path: Path
) -> None:
    applied(desk_of(lab, tmp_path / "desk"), case, lab)
    by_engine = plain(snapshot(lab))
    lab.reset()
    plan = plan_of(desk_of(lab, tmp_path / "hand"), case.fix, case.facts(lab))
    before = plain(snapshot(lab))

    assert run(plan_calls(plan), lab, tmp_path) == ""

    assert plain(snapshot(lab)) == by_engine != before


@by_hand
@pytest.mark.parametrize(
    "name", [pytest.param("weak policy", marks=pytest.mark.soak), "deleted SSH key"]
)
def test_undo_by_hand_does_what_rolling_back_does(
    name: str, run: Callable[..., str], lab: Lab, tmp_path: Path
) -> None:
    case = CASES[name]
    plan = plan_of(desk_of(lab, tmp_path), case.fix, case.facts(lab))
    before = snapshot(lab)
    change = plan.changes[0]
    assert change.undo is not None

    assert run([change.call, change.undo], lab, tmp_path) == ""

    assert snapshot(lab) == before
    assert len(effects(lab)) >= 2


@by_hand
def test_lost_answer_is_not_made_up_for_by_sending_again(
    run: Callable[..., str], lab: Lab, tmp_path: Path
) -> None:
    case = CASES["active key"]
    plan = plan_of(desk_of(lab, tmp_path), case.fix, case.facts(lab))
    start = len(effects(lab))
    lab.fault("iam:UpdateAccessKey", Fault.LOST_ANSWER)

    assert "Connection was closed" in run(plan_calls(plan), lab, tmp_path)

    assert len(effects(lab)) - start == 1


# Hostile values ----------------------------------------------------------------------------


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_value_is_one_word_of_the_shell(value: str) -> None:
    tag = call("iam.tag_user", UserName=value, Tags=[{"Key": value, "Value": value}])

    (_, line) = command_lines([tag])

    words = shlex.split(line)
    assert words[:3] == ["aws", "iam", "tag-user"]
    assert "\x1b" not in line
    assert "\n" not in line
    options = {word.partition("=")[0] for word in words[3:] if word.startswith("--")}
    assert options <= {"--user-name", "--tags", "--cli-input-json"}


def test_hostile_values_reach_aws_as_they_are_and_do_nothing_else(lab: Lab, tmp_path: Path) -> None:
    lab.client("iam").create_user(UserName="bob")
    tags = [{"Key": f"k{n}", "Value": value} for n, value in enumerate(HOSTILE)]
    calls = [call("iam.tag_user", UserName="bob", Tags=tags)]
    calls += [
        call("iam.tag_user", UserName=name, Tags=tags)
        for name in ("$(touch pwned)", "file:///etc/passwd")
    ]

    assert run_shell(calls[:1], lab, tmp_path) == ""
    assert run_python(calls[:1], lab, tmp_path) == ""
    for one in calls[1:]:
        assert "NoSuchEntity" in run_shell([one], lab, tmp_path)

    sent = [seen.parameters for seen in lab.calls if seen.operation == "TagUser"]
    assert sent == [one.params for one in (calls[0], *calls)]
    assert not (tmp_path / "pwned").exists()


def test_hostile_path_makes_the_user_that_it_says(lab: Lab, tmp_path: Path) -> None:
    path = "/$(touch pwned)/'`touch pwned`'/"
    make = call("iam.create_user", UserName="bob", Path=path)

    assert run_shell([make], lab, tmp_path) == ""

    assert lab.client("iam").get_user(UserName="bob")["User"]["Path"] == path
    assert not (tmp_path / "pwned").exists()


# How they read -----------------------------------------------------------------------------

KEY = {"UserName": "bob", "AccessKeyId": "AKIAEXAMPLE000000001"}
UPLOAD = call("iam.upload_ssh_public_key", UserName="bob", SSHPublicKeyBody=ssh_body())
NEW = Answer("SSHPublicKey.SSHPublicKeyId", of="iam.upload_ssh_public_key")


def test_command_line_reads_as_people_write_it() -> None:
    lines = command_lines([call("iam.update_access_key", **KEY, Status="Inactive")])

    assert lines == [
        "export AWS_MAX_ATTEMPTS=1  # a change whose answer is lost must not be made twice",
        "aws iam update-access-key --user-name bob "
        "--access-key-id AKIAEXAMPLE000000001 --status Inactive",
    ]


def test_booleans_are_flags() -> None:
    update = call("iam.update_account_password_policy", RequireSymbols=True, HardExpiry=False)

    assert command_lines([update])[1] == (
        "aws iam update-account-password-policy --require-symbols --no-hard-expiry"
    )


def test_snippet_reads_as_people_write_it() -> None:
    assert python_snippet([call("iam.delete_account_password_policy")]) == (
        "import boto3\n"
        "from botocore.config import Config\n"
        "\n"
        "# A change whose answer is lost must not be made twice.\n"
        'once = Config(retries={"total_max_attempts": 1})\n'
        'iam = boto3.client("iam", config=once)\n'
        "\n"
        "iam.delete_account_password_policy()\n"
    )


def test_id_that_aws_makes_is_passed_on() -> None:
    wake = call("iam.update_ssh_public_key", UserName="bob", SSHPublicKeyId=NEW, Status="Active")

    lines, snippet = command_lines([UPLOAD, wake]), python_snippet([UPLOAD, wake])

    assert lines[1].startswith("ssh_public_key_id=$(aws iam upload-ssh-public-key ")
    assert '--ssh-public-key-id "$ssh_public_key_id"' in lines[2]
    assert "SSHPublicKeyId=ssh_public_key_id," in snippet


@pytest.mark.parametrize("write", [command_lines, python_snippet])
def test_id_that_nothing_makes_is_refused(write: Callable[[list[Call]], object]) -> None:
    wake = call("iam.update_ssh_public_key", UserName="bob", SSHPublicKeyId=NEW, Status="Active")

    with pytest.raises(CatalogError, match=r"waits for an answer of iam\.upload_ssh_public_key"):
        write([wake])
