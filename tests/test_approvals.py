"""Who may approve a plan: every case against a table, and approvals that hold for one hash only."""

import os
import subprocess
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import text

from tests.nursery import run_text
from tests.worlds import CASES, Wrapped, account_of, desk_of, plan_of, writes
from trailmend.approvals import ApprovalRules, Person, check_approver, needs_second_person
from trailmend.calls import Call, Change, Client
from trailmend.decisions import find_decision
from trailmend.desk import Desk, apply_plan, this_user
from trailmend.errors import Denied, Refused
from trailmend.lab import Credentials, Lab
from trailmend.plan import Actor, Facts, Part, Plan
from trailmend.plans import approve_plan, plan_status, reject_plan, save_plan
from trailmend.settings import Settings, read_settings

LEVELS = ("info", "low", "medium", "high", "critical")
USER = "arn:aws:iam::111122223333:user"
ROLE = "arn:aws:iam::111122223333:role"
SESSION = "arn:aws:sts::111122223333:assumed-role"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
KEY = CASES["active key"]


def plan_by(
    asked_by: str,
    made_by: str,
    *actors: Actor,
    level: str = "medium",
    reversible: bool = True,
) -> Plan:
    undo = Call("iam.update_access_key", {"Status": "Active"})
    change = Change(Call("iam.update_access_key"), undo, "An access key")
    if not reversible:
        change = replace(change, undo=None, irreversible="It is gone for good.")
    known = Facts(
        account_id="111122223333",
        finding_id="f" * 16,
        event_id="e" * 16,
        event_name="CreateAccessKey",
        event_time="2026-03-02T09:00:00Z",
        level=level,
    )
    return Plan(
        version="1",
        account_id=known.account_id,
        made_by=made_by,
        asked_by=asked_by,
        subject=known.finding_id,
        level=level,
        title="A fix",
        breaks="",
        parts=tuple(Part("a.fix", replace(known, actor=one)) for one in actors or (Actor(),)),
        reads=(),
        changes=(change,),
        created=NOON,
        expires=NOON + timedelta(hours=24),
    )


# The matrix --------------------------------------------------------------------------------

# Everybody who might approve a plan that sam asked for, with the credentials of user sam.
PEOPLE = {
    "sam": Person("sam"),
    "sam in capitals": Person("SAM"),
    "sam with the keys of kim": Person("sam", f"{USER}/kim"),
    "kim with the keys of sam": Person("kim", f"{USER}/sam"),
    "kim with the keys of sam in capitals": Person("kim", f"{USER}/Sam"),
    "kim": Person("kim"),
    "kim with own keys": Person("kim", f"{USER}/kim"),
    "mallory": Person("mallory"),
    "kim with the keys of mallory": Person("kim", f"{USER}/mallory"),
    "kim in a session of deploy": Person("kim", f"{SESSION}/deploy/kim"),
}
ASKED = {
    "sam",
    "sam in capitals",
    "sam with the keys of kim",
    "kim with the keys of sam",
    "kim with the keys of sam in capitals",
}
# Whose doing the plan mends, and who of the people above that is.
ACTORS: dict[str, tuple[tuple[Actor, ...], set[str]]] = {
    "nobody known": ((Actor(),), set()),
    "user mallory": (
        (Actor(kind="user", name="mallory", arn=f"{USER}/mallory"),),
        {"mallory", "kim with the keys of mallory"},
    ),
    "user Mallory, without an ARN": ((Actor(kind="user", name="Mallory"),), {"mallory"}),
    "role deploy": (
        (Actor(kind="role", name="deploy", arn=f"{SESSION}/deploy/ci-7"),),
        {"kim in a session of deploy"},
    ),
    "role that is called mallory": (
        (Actor(kind="role", name="mallory", arn=f"{SESSION}/mallory/x"),),
        set(),
    ),
    "user sam": ((Actor(kind="user", name="sam", arn=f"{USER}/sam"),), ASKED),
    "nobody known, and role deploy, and user mallory": (
        (
            Actor(),
            Actor(kind="role", name="deploy", arn=f"{SESSION}/deploy/ci-7"),
            Actor(kind="user", name="mallory", arn=f"{USER}/mallory"),
        ),
        {"mallory", "kim with the keys of mallory", "kim in a session of deploy"},
    ),
}
# The rules, and from which levels on they ask for a second person: if all can be undone, if not.
RULES: dict[str, tuple[dict[str, Any], set[str], set[str]]] = {
    "default": ({}, {"critical"}, {"high", "critical"}),
    "never": ({"second_person": "never", "second_person_irreversible": "never"}, set(), set()),
    "always": (
        {"second_person": "info"},
        {"info", "low", "medium", "high", "critical"},
        {"info", "low", "medium", "high", "critical"},
    ),
    "only what cannot be undone": (
        {"second_person": "never", "second_person_irreversible": "medium"},
        set(),
        {"medium", "high", "critical"},
    ),
}
_OWN_KEYS = {"sam with the keys of kim", "kim with own keys"}
_KIMS = {name for name in PEOPLE if name.startswith("kim")}
# Who is listed, and who of the people above that is.
LISTED: dict[str, tuple[tuple[str, ...] | None, set[str]]] = {
    "no list": (None, set(PEOPLE)),
    "empty list": ((), set()),
    "kim": (("kim",), _KIMS),
    "k? and more": (("ki?",), _KIMS),
    "user kim by ARN": ((f"{USER}/kim",), _OWN_KEYS),
    "any role's session, and sam": (
        ("arn:aws:sts::*:assumed-role/*", "sam"),
        {"sam", "sam with the keys of kim", "kim in a session of deploy"},
    ),
}


def expected(person: str, level: str, reversible: bool, actor: str, rules: str, listed: str) -> str:
    """Tell what the tables say."""
    _, if_all, if_not = RULES[rules]
    if person in ACTORS[actor][1]:
        return "did what"
    if level in (if_all if reversible else if_not) and person in ASKED:
        return "second person"
    return "may approve" if person in LISTED[listed][1] else "is not among"


def told(plan: Plan, person: Person, rules: ApprovalRules) -> str:
    try:
        check_approver(plan, person, rules)
    except Refused as error:
        words = ("did what", "second person", "is not among")
        return next(word for word in words if word in str(error))
    return "may approve"


def test_every_case_is_as_the_table_says() -> None:
    wrong, seen = [], dict[str, int]()
    for case in product(PEOPLE, LEVELS, (True, False), ACTORS, RULES, LISTED):
        person, level, reversible, actor, rules, listed = case
        names = LISTED[listed][0]
        approvers = {} if names is None else {level: names}
        plan = plan_by("sam", f"{USER}/sam", *ACTORS[actor][0], level=level, reversible=reversible)
        given = ApprovalRules(**RULES[rules][0], approvers=approvers)
        found, wanted = told(plan, PEOPLE[person], given), expected(*case)
        seen[wanted] = seen.get(wanted, 0) + 1
        if found != wanted:
            wrong.append((case, found, wanted))

    assert wrong == []
    assert sum(seen.values()) == 16_800
    assert min(seen.values()) >= 300, seen


def test_list_of_another_level_does_not_bind() -> None:
    rules = ApprovalRules(approvers={"critical": ("lee",), "low": ()})

    assert told(plan_by("sam", "", level="medium"), Person("kim"), rules) == "may approve"


def test_level_that_is_none_counts_as_the_highest() -> None:
    rules = ApprovalRules(approvers={"critical": ("lee",)})
    plan = plan_by("sam", "", level="CRITICAL?")

    assert needs_second_person(plan, rules)
    assert told(plan, Person("kim"), rules) == "is not among"


def test_refusal_of_an_empty_list_says_that_nobody_may() -> None:
    rules = ApprovalRules(approvers={"high": ()})

    with pytest.raises(Refused, match=r"may approve what is high: nobody \(settings, \[approval\]"):
        check_approver(plan_by("sam", "", level="high"), Person("kim"), rules)


# Who is the same ---------------------------------------------------------------------------

ALWAYS = ApprovalRules(second_person="info")
SSO = f"{SESSION}/AWSReservedSSO_Admin_0123456789abcdef"


@pytest.mark.parametrize(
    ("made_by", "arn", "same"),
    [
        ("", "", False),
        (f"{USER}/sam", "", False),
        ("", f"{USER}/kim", False),
        (f"{USER}/sam", f"{USER}/sam", True),
        (f"{USER}/sam", f"{USER}/SAM", True),
        (f"{USER}/staff/sam", f"{USER}/sam", True),
        (f"{USER}/sam", f"{USER}/sam2", False),
        (f"{USER}/sam", f"{ROLE}/sam", False),
        (f"{USER}/sam", "arn:aws:iam::444455556666:user/sam", False),
        (f"{SESSION}/mender/sam", f"{SESSION}/mender/kim", True),
        (f"{SESSION}/mender/sam", f"{ROLE}/team/mender", True),
        (f"{SESSION}/mender/sam", f"{SESSION}/other/sam", False),
        (f"{SESSION}/mender/sam", "arn:aws:sts::444455556666:assumed-role/mender/sam", False),
        (f"{SSO}/sam@example.com", f"{SSO}/Sam@example.com", True),
        (f"{SSO}/sam@example.com", f"{SSO}/kim@example.com", False),
        ("arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:root", True),
        ("arn:aws:iam::111122223333:root", "arn:aws:iam::444455556666:root", False),
    ],
)
def test_credentials_of_who_asked_are_known_in_every_form(
    made_by: str, arn: str, same: bool
) -> None:
    wanted = "second person" if same else "may approve"
    actor = Actor(kind="other", arn=made_by)

    assert told(plan_by("sam", made_by), Person("kim", arn), ALWAYS) == wanted
    done = "did what" if same else "may approve"
    assert told(plan_by("sam", "", actor), Person("kim", arn), ALWAYS) == done


def test_who_has_other_keys_on_the_same_machine_is_told_by_the_user_of_it() -> None:
    plan = plan_by("sam", f"{USER}/sam")

    with pytest.raises(Refused, match="the same user of this machine, sam, asked for it"):
        check_approver(plan, Person("sam", f"{USER}/kim"), ALWAYS)
    with pytest.raises(Refused, match=f"kim \\({USER}/sam\\) asked for it"):
        check_approver(plan, Person("kim", f"{USER}/sam"), ALWAYS)


def test_plan_of_nobody_is_asked_for_by_nobody() -> None:
    assert told(plan_by("", ""), Person("kim"), ALWAYS) == "may approve"
    assert told(plan_by("", "", Actor(kind="user")), Person(""), ALWAYS) == "may approve"


@given(arn=st.text(), other=st.text())
def test_hostile_arn_is_neither_an_error_nor_somebody_else(arn: str, other: str) -> None:
    plan = plan_by("sam", "", Actor(arn=arn))

    assert told(plan, Person("kim", other), ApprovalRules()) in ("did what", "may approve")
    assert told(plan, Person("kim", arn), ApprovalRules()) == ("did what" if arn else "may approve")


# Bound to the hash, in time ----------------------------------------------------------------


def planned(desk: Desk, lab: Lab, **settings: Any) -> Plan:
    plan = plan_of(desk, KEY.fix, KEY.facts(lab))
    if settings:
        plan = replace(plan, **settings)
        save_plan(desk.engine, plan)
    return plan


def approve(desk: Desk, plan: Plan, who: str = "kim") -> None:
    rules, now = desk.settings.approval, desk.clock.now()
    approve_plan(desk.engine, plan, by=Person(who), now=now, rules=rules, log=desk.log)


def reject(desk: Desk, plan: Plan) -> None:
    reject_plan(desk.engine, plan, by=Person("lee"), now=desk.clock.now(), log=desk.log)


def refused(desk: Desk, lab: Lab, plan: Plan, sentence: str, **more: Any) -> None:
    """Claim that applying is refused with that sentence and that nothing was sent."""
    sent = writes(lab)
    with pytest.raises(Refused, match=sentence):
        apply_plan(desk, plan.id, **more)
    assert writes(lab) == sent


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Something else"},
        {"level": "low"},
        {"asked_by": "lee"},
        {"tasks": ("One more",)},
        {"expires": datetime(2036, 1, 1, tzinfo=UTC)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_approval_holds_for_no_other_plan(change: dict[str, Any], lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = planned(desk, lab)
    approve(desk, plan)
    other = replace(plan, **change)
    save_plan(desk.engine, other)
    with desk.engine.begin() as connection:
        connection.execute(text("UPDATE decisions SET plan_id = :id"), {"id": other.id})

    assert find_decision(desk.engine, other) is None
    refused(desk, lab, other, "is not approved")


@pytest.mark.parametrize(("seconds", "state"), [(-1, "approved"), (0, "expired")])
def test_approval_ends_with_the_plan(seconds: int, state: str, lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = planned(desk, lab)
    approve(desk, plan)

    found = plan_status(desk.engine, plan.id, now=plan.expires + timedelta(seconds=seconds))

    assert found.state == state


def test_rejected_plan_stays_rejected(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = planned(desk, lab)
    approve(desk, plan)
    reject(desk, plan)

    refused(desk, lab, plan, r"was rejected by lee: make a new plan\.")
    for again in (approve, reject):
        with pytest.raises(Refused, match="was rejected by lee"):
            again(desk, plan)
    assert plan_status(desk.engine, plan.id, now=desk.clock.now()).state == "rejected"


def test_plan_that_is_rejected_at_the_last_moment_is_not_sent(lab: Lab, tmp_path: Path) -> None:
    """The rejection comes when the plan was checked already, and reads on its way to the write."""

    def around(call: Call, client: Client) -> Mapping[str, Any]:
        if call.name == "iam.list_access_keys" and not late:
            late.append(call)
            reject(desk, plan)
        return client(call)

    late: list[Call] = []
    desk = desk_of(lab, tmp_path)
    plan = planned(desk, lab)
    approve(desk, plan)

    refused(desk_of(lab, tmp_path, Wrapped(account_of(lab), around)), lab, plan, "was rejected")

    assert late


def with_rules(lab: Lab, folder: Path, **rules: Any) -> Desk:
    return desk_of(lab, folder, settings=Settings(approval=ApprovalRules(**rules)))


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        ({"approvers": {"medium": ("lee",)}}, r"kim is not among .* what is medium: lee"),
        ({"approvers": {"medium": ()}}, "what is medium: nobody"),
    ],
)
def test_approver_whom_the_settings_no_longer_allow_is_refused(
    rules: dict[str, Any], sentence: str, lab: Lab, tmp_path: Path
) -> None:
    desk = desk_of(lab, tmp_path)
    plan = planned(desk, lab)
    approve(desk, plan)

    refused(with_rules(lab, tmp_path, **rules), lab, plan, sentence)

    assert apply_plan(desk, plan.id).state == "applied"


def test_own_approval_does_not_outlive_a_stricter_rule(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = planned(desk, lab)
    approve(desk, plan, this_user())
    strict = with_rules(lab, tmp_path, second_person="medium")

    refused(strict, lab, plan, "a second person must approve it")
    approve(strict, plan, "kim")

    assert apply_plan(strict, plan.id).state == "applied"


def test_resumed_plan_of_which_nothing_is_in_force_is_checked_again(
    lab: Lab, tmp_path: Path
) -> None:
    desk = desk_of(lab, tmp_path)
    plan = planned(desk, lab)
    approve(desk, plan)
    lab.deny("lab-admin", "iam:UpdateAccessKey")
    with pytest.raises(Denied):
        apply_plan(desk, plan.id)

    strict = with_rules(lab, tmp_path, approvers={"medium": ("lee",)})

    refused(strict, lab, plan, "kim is not among", resume=True)


# Settings ----------------------------------------------------------------------------------


def test_approval_settings_are_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(
        '[approval]\nsecond_person = "never"\nsecond_person_irreversible = "low"\n'
        '[approval.approvers]\nhigh = ["kim", "arn:aws:iam::*:user/lee"]\ncritical = []\n'
    )

    assert read_settings(path).approval == ApprovalRules(
        second_person="never",
        second_person_irreversible="low",
        approvers={"high": ("kim", "arn:aws:iam::*:user/lee"), "critical": ()},
    )


# The command -------------------------------------------------------------------------------

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
