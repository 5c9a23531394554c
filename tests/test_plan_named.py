"""What is named on the command line fits the fix, or nothing is asked of the account."""

from pathlib import Path

import pytest

from tests.worlds import desk_of
from trailmend.errors import CannotFix, TrailmendError, WrongUse
from trailmend.lab import Lab
from trailmend.mending import plan_account
from trailmend.plan import remediations

NAMES = {"user": "user_name", "role": "role_name", "object": "object_id"}
WRONG = [
    ("mfa_policies.require_mfa", "role", "--role does not fit .*, which takes --user"),
    ("mfa_policies.require_mfa", "", "needs --user$"),
    ("access_keys.deactivate_access_key", "user", "needs --object$"),
    ("access_keys.delete_access_key", "object", "needs --user$"),
    ("principals.release", "", "needs --user or --role$"),
    ("principals.release", "user role", "takes --user or --role, one of them at a time"),
    ("password_policy.enforce_password_policy", "user", "which takes none of these options"),
    ("trails.repair_trail", "user", "which takes --object"),
    ("principals.quarantine_caller", "user", "is for a finding: trailmend plan FINDING --fix"),
    ("no.such_fix", "", "there is no fix 'no.such_fix'"),
]


def test_names_that_do_not_fit_are_wrong_use_and_ask_nothing(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)

    for fix, given, sentence in WRONG:
        with pytest.raises(WrongUse, match=sentence):
            plan_account(desk, fix, **{NAMES[kind]: "bob" for kind in given.split()})

    assert lab.calls == []
    assert WrongUse.exit_code == 2


def test_fix_takes_the_names_that_it_says(lab: Lab, tmp_path: Path) -> None:
    """A fix that is told all it needs goes on to the account; none says that a name is missing."""
    desk = desk_of(lab, tmp_path)
    said: dict[str, str] = {}
    for key, fix in remediations().items():
        if fix.needs != "finding":
            names = [NAMES[group.partition("/")[0]] for group in fix.needs.split()]
            try:
                plan_account(desk, key, **{n: getattr(fix.example.facts, n) for n in names})
            except CannotFix as error:
                said[key] = str(error)
            except TrailmendError as error:
                said[key] = f"{type(error).__name__}"

    missing = ("The finding names no", " is named")
    assert [key for key, text in said.items() if any(one in text for one in missing)] == []
    assert len(said) > 10
