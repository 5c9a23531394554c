"""What the command says of plans: by ids in any case, in a line each, and while it waits."""

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.all_cases import CASES
from tests.nursery import run_text
from tests.worlds import approved, carry_out, desk_of
from trailmend.desk import plan_fix
from trailmend.errors import Stopped
from trailmend.lab import Lab
from trailmend.plan import Part

TWO = CASES["deleted SSH key that was inactive"]
OTHER = CASES["no policy"]
Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def command(lab: Lab, tmp_path: Path) -> Command:
    """Give the command, run as people run it, on the workspace of the test's desk."""

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        variables = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        known = {"TRAILMEND_WORKSPACE": str(tmp_path), "NO_COLOR": "1", "COLUMNS": "200"}
        return run_text(*words, env={**variables, **lab.environment(), **known})

    return run


def test_plan_may_be_named_in_small_letters(command: Command, lab: Lab, tmp_path: Path) -> None:
    plan = approved(desk_of(lab, tmp_path), OTHER, lab)
    small = plan.id.lower()
    given = [
        ("status", small),
        ("permissions", "--for", "apply", "--plan", small),
        ("approve", small),
        ("apply", small, "--settle", "0"),
        ("rollback", small, "--settle", "0", "--only", "1"),
        ("reject", small),
    ]

    done = [command(*words) for words in given]

    assert [one.returncode for one in done[:-1]] == [0] * 5, [one.stderr for one in done]
    assert plan.id in done[-1].stderr
    assert [small in one.stderr for one in done] == [False] * 6


def test_rollback_of_one_change_prints_that_one(command: Command, lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, TWO, lab)
    carry_out(desk, plan.id)

    consent = ("--accept-revived-access", "--settle", "0")
    one = command("rollback", plan.id, "--only", "2", *consent)
    rest = command("rollback", plan.id, *consent)

    assert [line.split()[:2] for line in one.stdout.splitlines()] == [["2/2", "undone"]]
    assert [line.split()[:2] for line in rest.stdout.splitlines() if "/2" in line] == [
        ["1/2", "undone"],
        ["2/2", "undone"],
    ]


def test_plans_are_listed_by_their_fix_or_by_how_many(
    command: Command, lab: Lab, tmp_path: Path
) -> None:
    desk = desk_of(lab, tmp_path)
    facts = [OTHER.facts(lab), TWO.facts(lab)]
    both = plan_fix(desk, [[Part(OTHER.fix.key, facts[0])], [Part(TWO.fix.key, facts[1])]])
    alone = plan_fix(desk, [[Part(OTHER.fix.key, facts[0])]])

    listed = command("status").stdout.splitlines()[1:]

    assert {re.split("  +", line)[0]: re.split("  +", line)[2:4] for line in listed} == {
        both.id: ["3", "2 fixes"],
        alone.id: ["1", OTHER.fix.key],
    }


def test_going_on_says_what_it_waits_for(lab: Lab, tmp_path: Path) -> None:
    told: list[str] = []
    desk = desk_of(lab, tmp_path, say=told.append)
    plan = approved(desk, TWO, lab)
    lab.deny("lab-admin", "iam:UpdateSSHPublicKey")
    with pytest.raises(Stopped):
        carry_out(desk, plan.id)
    assert told == []

    with pytest.raises(Stopped):
        carry_out(desk, plan.id, resume=True)

    assert told == [
        f"Reading whether the account is as plan {plan.id} left it: 1 reading in a row must show "
        "it, 5 s apart."
    ]
