"""The verbs that change an account, run as people run them, against the lab."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.nursery import COMMAND, run_text
from trailmend.cli import mending
from trailmend.cli.talk import say
from trailmend.database import open_database
from trailmend.lab import Credentials, Lab
from trailmend.lab.attack import PASSWORD_POLICY, Attack, play_attack
from trailmend.scan import scan


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """Give the workspace in which the verbs are run: an empty one."""
    made = tmp_path / "case"
    made.mkdir(mode=0o700)
    open_database(made).dispose()
    return made


@pytest.fixture
def attack(lab: Lab, tmp_path: Path, case: Path) -> Attack:
    played = play_attack(lab)
    lab.deliver()
    scan([str(tmp_path / "trail")], BytesIO(), case)
    return played


def run(
    lab: Lab,
    tmp_path: Path,
    who: Credentials,
    *arguments: str,
    code: str = COMMAND,
    **environment: str,
) -> subprocess.CompletedProcess[str]:
    variables = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    known = {"TRAILMEND_WORKSPACE": str(tmp_path / "case"), "NO_COLOR": "1"}
    env = {**variables, **lab.environment(who), **known, **environment}
    return run_text(*arguments, env=env, code=code)


def finding(lab: Lab, tmp_path: Path, who: Credentials, event_name: str) -> str:
    done = run(lab, tmp_path, who, "findings", "-o", "jsonl")
    found: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    return str([one["id"] for one in found if one["event"]["event_name"] == event_name][-1])


def planned(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stderr
    (found,) = set(re.findall(r"\bP-[0-9A-Z]{4,}\b", done.stderr))
    return str(found)


def writes(lab: Lab, who: Credentials) -> list[str]:
    return [
        seen.operation
        for seen in lab.calls
        if seen.access_key_id == who.access_key_id and not re.match("Get|List", seen.operation)
    ]


def test_policy_is_planned_approved_applied_verified_and_taken_back(
    lab: Lab, tmp_path: Path, attack: Attack
) -> None:
    sam = attack.responder
    wanted = finding(lab, tmp_path, sam, "DeleteAccountPasswordPolicy")

    plan = planned(run(lab, tmp_path, sam, "plan", wanted))
    assert writes(lab, sam) == []
    early = run(lab, tmp_path, sam, "apply", plan, "--settle", "0")
    assert (early.returncode, writes(lab, sam)) == (1, [])
    assert f"trailmend approve {plan}" in early.stderr
    assert run(lab, tmp_path, sam, "approve", plan).returncode == 0
    applied = run(lab, tmp_path, sam, "apply", plan, "--settle", "0")

    assert applied.returncode == 0, applied.stderr
    told = applied.stderr.splitlines()[:4]
    assert re.fullmatch("1/1  sending  .*password policy.*", told[0], re.IGNORECASE)
    assert told[1:] == [
        "1/1  done",
        f"Reading whether the account shows all of plan {plan}: 3 readings in a row must show it, "
        "0 s apart.",
        "verified: the readings agree",
    ]
    policy = lab.client("iam").get_account_password_policy()["PasswordPolicy"]
    assert {name: policy[name] for name in PASSWORD_POLICY} == PASSWORD_POLICY
    assert "Nothing is left to do" in run(lab, tmp_path, sam, "plan", wanted).stderr
    assert "applied" in run(lab, tmp_path, sam, "status").stdout
    assert run(lab, tmp_path, sam, "apply", plan, "--settle", "0").returncode == 1

    back = run(lab, tmp_path, sam, "rollback", plan, "--settle", "0")

    assert back.returncode == 0, back.stderr
    with pytest.raises(ClientError, match="NoSuchEntity"):
        lab.client("iam").get_account_password_policy()
    assert writes(lab, sam) == ["UpdateAccountPasswordPolicy", "DeleteAccountPasswordPolicy"]


def test_plan_goes_on_when_nobody_reads_what_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with suppress(BrokenPipeError), open(writer, "w", buffering=1) as closed:
        monkeypatch.setattr(sys, "stderr", closed)
        with pytest.raises(BrokenPipeError):
            say("nobody reads this")
        mending._say_if_heard("nor this")
        monkeypatch.undo()


STOPPED = """
import os, signal
from trailmend.cli import main, mending

signal.signal(signal.SIGINT, signal.default_int_handler)
tell = mending._tell

def stop(plan, entry):
    tell(plan, entry)
    if type(entry).__name__ == os.environ["STOP_AFTER"]:
        os.kill(os.getpid(), int(os.environ["STOP_BY"]))

mending._tell = stop
main()
"""
"""The command, which gets a signal right after it has told of an entry of the journal."""


def stopped(
    lab: Lab, tmp_path: Path, who: Credentials, after: str, by: signal.Signals, *arguments: str
) -> tuple[int, list[str]]:
    """Run the command until it is stopped; give its exit code and what it says of that."""
    how = {"STOP_AFTER": after, "STOP_BY": str(int(by))}
    done = run(lab, tmp_path, who, *arguments, "--settle", "0", code=STOPPED, **how)
    told = done.stderr[done.stderr.find("Interrupted") :]
    return done.returncode, told.splitlines()


def test_interrupted_plan_says_what_was_done_and_how_to_go_on(
    lab: Lab, tmp_path: Path, attack: Attack
) -> None:
    sam = attack.responder
    found = finding(lab, tmp_path, sam, "DeleteAccountPasswordPolicy")
    plan = planned(run(lab, tmp_path, sam, "plan", found))
    run(lab, tmp_path, sam, "approve", plan)
    assert stopped(lab, tmp_path, sam, "Done", signal.SIGTERM, "apply", plan) == (
        143,
        [
            f"Interrupted. Plan {plan} is applied, not verified. In force: 1.",
            f"Go on, with the same options: trailmend apply {plan} --resume",
            f"Or take back what was done: trailmend rollback {plan}",
        ],
    )
    assert run(lab, tmp_path, sam, "apply", plan, "--settle", "0", "--resume").returncode == 0
    assert stopped(lab, tmp_path, sam, "Intent", signal.SIGINT, "rollback", plan) == (
        130,
        [
            "Interrupted.",
            "The answer to the undo of change 1 was not seen: whether it has happened is read "
            "from the account when you go on, for some minutes, and it is not done twice.",
            f"Go on, with the same options: trailmend rollback {plan}",
        ],
    )
    assert writes(lab, sam) == ["UpdateAccountPasswordPolicy"]


def test_plan_that_the_account_has_left_behind_is_refused(
    lab: Lab, tmp_path: Path, attack: Attack
) -> None:
    sam = attack.responder
    plan = planned(run(lab, tmp_path, sam, "plan", finding(lab, tmp_path, sam, "CreateAccessKey")))
    run(lab, tmp_path, sam, "approve", plan)
    lab.client("iam").delete_access_key(UserName="alice", AccessKeyId=attack.stolen.access_key_id)

    done = run(lab, tmp_path, sam, "apply", plan, "--settle", "0")

    assert (done.returncode, writes(lab, sam)) == (1, [])
    assert "stale" in done.stderr
    assert "nothing was changed" in done.stderr


def test_stop_file_stops_everything(lab: Lab, tmp_path: Path, attack: Attack) -> None:
    sam = attack.responder
    plan = planned(run(lab, tmp_path, sam, "plan", finding(lab, tmp_path, sam, "CreateAccessKey")))
    run(lab, tmp_path, sam, "approve", plan)
    (tmp_path / "case" / "STOP").touch()

    done = run(lab, tmp_path, sam, "apply", plan, "--settle", "0")

    assert (done.returncode, writes(lab, sam)) == (1, [])
    assert "STOP" in done.stderr


def test_protected_user_is_not_planned_for(lab: Lab, tmp_path: Path, attack: Attack) -> None:
    sam = attack.responder
    (tmp_path / "case" / "settings.toml").write_text('[protected]\nprincipals = ["ali*"]\n')

    done = run(lab, tmp_path, sam, "plan", finding(lab, tmp_path, sam, "CreateAccessKey"))

    assert done.returncode == 1
    assert "protected" in done.stderr


def test_settings_that_cannot_be_understood_stop_everything(
    lab: Lab, tmp_path: Path, attack: Attack
) -> None:
    sam = attack.responder
    wanted = finding(lab, tmp_path, sam, "CreateAccessKey")
    (tmp_path / "case" / "settings.toml").write_text("[protekted]\n")

    done = run(lab, tmp_path, sam, "plan", wanted)

    assert done.returncode == 2
    assert "protekted" in done.stderr


@pytest.mark.parametrize(
    ("environment", "code", "said"),
    [
        ({"AWS_ACCESS_KEY_ID": "AKIANOTTHERE00000000"}, 2, "in the environment"),
        pytest.param(
            *({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, 2, "No AWS credentials"),
            marks=pytest.mark.soak,
        ),
        pytest.param({"AWS_PROFILE": "nobody"}, 2, "nobody", marks=pytest.mark.soak),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, 1, "cannot be reached"),
    ],
    ids=["unknown key", "no key", "no profile", "no endpoint"],
)
def test_trouble_with_aws_is_one_line_that_says_what_to_do(
    lab: Lab,
    tmp_path: Path,
    attack: Attack,
    environment: dict[str, str],
    code: int,
    said: str,
) -> None:
    sam = attack.responder
    wanted = finding(lab, tmp_path, sam, "CreateAccessKey")

    done = run(lab, tmp_path, sam, "plan", wanted, **environment, AWS_EC2_METADATA_DISABLED="true")

    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.count("\n") == 1, done.stderr
    assert said in done.stderr


def test_denied_caller_is_told_what_is_missing(lab: Lab, tmp_path: Path, attack: Attack) -> None:
    lab.deny("sam", "iam:ListAccessKeys")
    sam = attack.responder

    done = run(lab, tmp_path, sam, "plan", finding(lab, tmp_path, sam, "CreateAccessKey"))

    assert done.returncode == 1
    assert "iam:ListAccessKeys" in done.stderr
    assert done.stderr.count("\n") == 1


def test_printed_commands_are_data_on_stdout(lab: Lab, tmp_path: Path, attack: Attack) -> None:
    sam = attack.responder
    wanted = finding(lab, tmp_path, sam, "CreateAccessKey")

    done = run(lab, tmp_path, sam, "plan", wanted, "--print-cli")

    assert (
        f"aws iam update-access-key --user-name alice "
        f"--access-key-id {attack.stolen.access_key_id} --status Inactive" in done.stdout
    )


def test_finding_without_a_fix_says_what_to_do_by_hand(
    lab: Lab, tmp_path: Path, attack: Attack
) -> None:
    sam = attack.responder

    done = run(lab, tmp_path, sam, "plan", finding(lab, tmp_path, sam, "DeleteLoginProfile"))

    assert done.returncode == 1
    assert "trailmend runbook DeleteLoginProfile" in done.stderr


def test_callers_key_is_turned_off_where_that_fix_is_chosen(
    lab: Lab, tmp_path: Path, attack: Attack
) -> None:
    sam = attack.responder
    wanted = finding(lab, tmp_path, sam, "DeactivateMFADevice")
    fix = "access_keys.deactivate_callers_key"

    plan = planned(run(lab, tmp_path, sam, "plan", wanted, "--fix", fix))
    run(lab, tmp_path, sam, "approve", plan)
    done = run(lab, tmp_path, sam, "apply", plan, "--settle", "0")

    assert done.returncode == 0, done.stderr
    (key,) = lab.client("iam").list_access_keys(UserName="ci-deploy")["AccessKeyMetadata"]
    assert (key["AccessKeyId"], key["Status"]) == (attack.intruder.access_key_id, "Inactive")

    sent = writes(lab, sam)
    back = run(lab, tmp_path, sam, "rollback", plan, "--settle", "0")
    told = run(lab, tmp_path, sam, "status", plan)

    assert (back.returncode, writes(lab, sam)) == (1, sent)
    for said in (back.stderr, told.stderr):
        assert f"Access key {key['AccessKeyId']} of user ci-deploy works again." in said
        assert "--accept-revived-access" in said


def test_altered_plan_is_listed_and_said_to_be_refused(
    lab: Lab, tmp_path: Path, attack: Attack
) -> None:
    sam = attack.responder
    wanted = finding(lab, tmp_path, sam, "DeleteAccountPasswordPolicy")
    plan = planned(run(lab, tmp_path, sam, "plan", wanted))
    run(lab, tmp_path, sam, "approve", plan)
    run(lab, tmp_path, sam, "apply", plan, "--settle", "0")
    with closing(sqlite3.connect(tmp_path / "case" / "state.db")) as database, database:
        database.execute("UPDATE plans SET body = replace(body, '14', '6')")

    done = run(lab, tmp_path, sam, "status")

    assert done.stdout.splitlines()[1].split() == [plan, "altered", wanted]
    assert done.stderr.splitlines() == [
        f"Plan {plan} was altered after it was made, or another version made it: it is refused. "
        f"Find out who did that, and make a new plan: trailmend plan {wanted}",
        f"Calls of plan {plan} were sent, and it cannot be rolled back: undo by hand what shall "
        "not stay. The calls: trailmend audit-log show",
    ]


@pytest.mark.usefixtures("case")
def test_short_settling_is_for_a_lab_only(lab: Lab, tmp_path: Path) -> None:
    settling = ("apply", "P-2345", "--settle", "0")

    done = run(lab, tmp_path, lab.administrator, *settling, AWS_ENDPOINT_URL="")

    assert (done.returncode, done.stdout) == (2, "")
    assert "--endpoint-url" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("apply", "P-2345", "--settle", "nan"),
            "trailmend: --settle nan: give a number of seconds\n",
        ),
        (
            ("plan", "F-2345", "--print-cli", "--print-python"),
            "trailmend: choose one of --print-cli and --print-python: both go to stdout\n",
        ),
        (
            ("plan", "--fix", "principals.quarantine"),
            "trailmend: there is no fix 'principals.quarantine'. Did you mean principals.q",
        ),
    ],
)
@pytest.mark.usefixtures("case")
def test_options_that_cannot_be_meant_are_refused_with_what_can(
    arguments: tuple[str, ...], said: str, lab: Lab, tmp_path: Path
) -> None:
    done = run(lab, tmp_path, lab.administrator, *arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(said)


def test_restored_key_and_plan_are_told_by_ids_that_can_be_pasted(
    lab: Lab, tmp_path: Path, attack: Attack
) -> None:
    sam = attack.responder
    plan = planned(
        run(lab, tmp_path, sam, "plan", finding(lab, tmp_path, sam, "DeleteSSHPublicKey"))
    )
    run(lab, tmp_path, sam, "approve", plan)

    done = run(lab, tmp_path, sam, "apply", plan, "--settle", "0")
    listed = run(lab, tmp_path, sam, "status", COLUMNS="60")

    (key,) = lab.client("iam").list_ssh_public_keys(UserName="bob")["SSHPublicKeys"]
    assert key["SSHPublicKeyId"] in done.stdout
    assert plan in listed.stdout


def test_permissions_told_are_all_that_planning_asks_for(
    lab: Lab, tmp_path: Path, attack: Attack
) -> None:
    sam = attack.responder
    wanted = finding(lab, tmp_path, sam, "CreateAccessKey")

    told = run(lab, tmp_path, sam, "plan", wanted).stdout

    asked = {
        f"{seen.service}:{seen.operation}"
        for seen in lab.calls
        if seen.access_key_id == sam.access_key_id
    }
    assert [one for one in sorted(asked) if one not in told] == []
