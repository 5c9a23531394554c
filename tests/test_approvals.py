"""Who may approve a plan: by its level, by who asked, and by whose doing it mends."""

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.approving import USER
from trailmend.calls import Call, Change
from trailmend.errors import Refused
from trailmend.plan import Actor, Facts, Part, Plan
from trailmend.planning.approvals import ApprovalRules, Person, check_approver, needs_second_person

LEVELS = ("info", "low", "medium", "high", "critical")
ROLE = "arn:aws:iam::111122223333:role"
SESSION = "arn:aws:sts::111122223333:assumed-role"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


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
