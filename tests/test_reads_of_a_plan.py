"""How often the account is asked, and that what decides on a write was read right before it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from tests.all_cases import CASES
from tests.reading import findings_of
from tests.slow import soak
from tests.worlds import (
    Wrapped,
    account_of,
    approve,
    carry_out,
    desk_of,
    make_administrators,
    take_back,
    writes,
)
from trailmend.calls import Call, Client, call
from trailmend.changing.memory import Memory
from trailmend.changing.settle import Clock, Patience
from trailmend.changing.shares import Share, shares, shares_of
from trailmend.desk import Desk, plan_fix
from trailmend.errors import NotFound, Stopped, Throttled, Unverified
from trailmend.lab import Lab
from trailmend.lab.attack import play_attack
from trailmend.plan import Facts, Part, Plan
from trailmend.planning.of_stories import plan_story
from trailmend.remediations.access_keys import deactivate_access_key
from trailmend.takeovers import stories_of

MOST_TO_APPLY, MOST_TO_PLAN = 30, 5
"""Calls for each change; before answers were remembered they were 240 and 9 for 31 changes."""

SHORT = Patience(agreeing=2, timeout=20)


def keys_of(lab: Lab, count: int) -> list[Part]:
    """Make users with a key each, and give the fixes that switch the keys off."""
    make_administrators(lab)
    iam = lab.client("iam")
    parts = []
    for number in range(count):
        iam.create_user(UserName=f"user{number}")
        key = iam.create_access_key(UserName=f"user{number}")["AccessKey"]["AccessKeyId"]
        facts = Facts(
            account_id=lab.account_id,
            finding_id="f" * 16,
            event_id="e" * 16,
            event_name="Event",
            event_time="2026-03-02T09:00:00Z",
            user_name=f"user{number}",
            object_id=key,
        )
        parts.append(Part(deactivate_access_key.key, facts))
    lab.advance(3600)
    return parts


def plan_keys(desk: Desk, parts: list[Part]) -> Plan:
    return approve(desk, plan_fix(desk, [[part] for part in parts]))


def delete_key(lab: Lab, part: Part) -> None:
    lab.client("iam").delete_access_key(
        UserName=part.facts.user_name, AccessKeyId=part.facts.object_id
    )


def calls_of(lab: Lab, act: Callable[[], object]) -> int:
    before = len(lab.calls)
    act()
    return len(lab.calls) - before


# How often ---------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 8, soak(30)])
def test_calls_of_a_change_do_not_grow_with_the_plan(count: int, lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path, patience=Patience())
    parts = keys_of(lab, count)

    planning = calls_of(lab, lambda: plan_keys(desk, parts))
    plan = plan_keys(desk, parts)
    applying = calls_of(lab, lambda: carry_out(desk, plan.id))
    undoing = calls_of(lab, lambda: take_back(desk, plan.id))

    assert len(plan.changes) == count
    assert planning <= MOST_TO_PLAN * count
    assert applying <= MOST_TO_APPLY * count
    assert undoing <= MOST_TO_APPLY * count


@pytest.mark.soak
def test_story_of_the_demo_is_mended_with_few_calls(lab: Lab, tmp_path: Path) -> None:
    attack = play_attack(lab)
    found = findings_of(lab.records())
    story = max(stories_of(found), key=lambda one: len(one.findings))
    told = [one for one in found if one.id in story.findings]
    desk = desk_of(lab, tmp_path, account_of(lab, attack.responder), patience=Patience())

    planning = calls_of(lab, lambda: plan_story(desk, story, told))
    plan = approve(desk, plan_story(desk, story, told))
    applying = calls_of(lab, lambda: carry_out(desk, plan.id))

    assert len(plan.changes) == 7
    assert planning <= MOST_TO_PLAN * 7
    assert applying <= MOST_TO_APPLY * 7


# What decides is read anew -----------------------------------------------------------------


@dataclass
class Meddler:
    """Somebody who changes the account while a plan is applied: at a write, or while it waits."""

    lab: Lab
    meddle: Callable[[], object]
    at_write: int = 0
    at_wait: int = 0
    passed: dict[str, int] = field(default_factory=lambda: {"write": 0, "wait": 0})

    def _pass(self, what: str, number: int) -> None:
        self.passed[what] += 1
        if self.passed[what] == number:
            self.meddle()

    def around(self, call: Call, client: Client) -> Mapping[str, Any]:
        answer = client(call)
        if call.name == "iam.update_access_key":
            self._pass("write", self.at_write)
        return answer

    def at(self, desk: Desk) -> Desk:
        def sleep(seconds: float) -> None:
            desk.clock.sleep(seconds)
            self._pass("wait", self.at_wait)

        clock = Clock(desk.clock.now, desk.clock.monotonic, sleep)
        return replace(desk, account=Wrapped(desk.account, self.around), clock=clock)


moments = pytest.mark.parametrize(
    "moment", [{"at_write": 1}, {"at_wait": 2}], ids=["at the write before", "before the last look"]
)


def protect(lab: Lab) -> None:
    tags = [{"Key": "trailmend:protected", "Value": "yes"}]
    lab.client("iam").tag_user(UserName="user1", Tags=tags)


def switched_off(lab: Lab, act: Callable[[], object]) -> list[str]:
    sent = len(writes(lab))
    act()
    return [
        str(asked["UserName"]) for name, asked in writes(lab)[sent:] if name == "UpdateAccessKey"
    ]


@moments
def test_user_who_is_protected_between_two_changes_is_not_changed(
    moment: dict[str, Any], lab: Lab, tmp_path: Path
) -> None:
    desk = desk_of(lab, tmp_path, patience=SHORT)
    plan = plan_keys(desk, keys_of(lab, 3))

    def act() -> None:
        with pytest.raises(Stopped, match=r"protected by its tag.*in force: 1\."):
            carry_out(Meddler(lab, partial(protect, lab), **moment).at(desk), plan.id)

    assert switched_off(lab, act) == ["user0"]


@moments
def test_administrators_who_vanish_between_two_changes_are_missed(
    moment: dict[str, Any], lab: Lab, tmp_path: Path
) -> None:
    desk = desk_of(lab, tmp_path, patience=SHORT)
    plan = plan_keys(desk, keys_of(lab, 3))
    arn = "arn:aws:iam::aws:policy/AdministratorAccess"

    def demote() -> None:
        for name in ("admins", "auditors"):
            lab.client("iam").detach_role_policy(RoleName=name, PolicyArn=arn)

    def act() -> None:
        with pytest.raises(Stopped, match="Fewer than 2 other ways to administer"):
            carry_out(Meddler(lab, demote, **moment).at(desk), plan.id)

    assert switched_off(lab, act) == ["user0"]


@moments
@pytest.mark.parametrize("user", [0, 1], ids=["of the last change", "of the next change"])
def test_drift_of_what_two_changes_are_about_stops_between_them(
    user: int, moment: dict[str, Any], lab: Lab, tmp_path: Path
) -> None:
    desk = desk_of(lab, tmp_path, patience=SHORT)
    plan = plan_keys(desk, parts := keys_of(lab, 3))
    drift = partial(delete_key, lab, parts[user])

    def act() -> None:
        with pytest.raises(Stopped, match=r"not as plan.*in force: 1\."):
            carry_out(Meddler(lab, drift, **moment).at(desk), plan.id)

    assert switched_off(lab, act) == ["user0"]


def test_drift_of_a_later_change_stops_before_it(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path, patience=SHORT)
    plan = plan_keys(desk, parts := keys_of(lab, 3))
    drift = partial(delete_key, lab, parts[2])

    with pytest.raises(Stopped, match=r"not as plan.*in force: 1, 2\."):
        carry_out(Meddler(lab, drift, at_write=1).at(desk), plan.id)


def test_earlier_change_that_somebody_undoes_is_told_and_not_verified(
    lab: Lab, tmp_path: Path
) -> None:
    desk = desk_of(lab, tmp_path, patience=SHORT)
    plan = plan_keys(desk, parts := keys_of(lab, 3))

    def undo() -> None:
        lab.client("iam").update_access_key(
            UserName="user0", AccessKeyId=parts[0].facts.object_id, Status="Active"
        )

    with pytest.raises(Unverified, match="the account does not show them"):
        carry_out(Meddler(lab, undo, at_write=2).at(desk), plan.id)


def test_whole_plan_is_read_again_when_it_is_gone_on_with(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path, patience=SHORT)
    plan = plan_keys(desk, parts := keys_of(lab, 3))
    with pytest.raises(Stopped):
        carry_out(Meddler(lab, partial(protect, lab), at_write=1).at(desk), plan.id)
    lab.client("iam").untag_user(UserName="user1", TagKeys=["trailmend:protected"])
    delete_key(lab, parts[2])

    def act() -> None:
        with pytest.raises(Stopped, match=r"not as plan.*in force: 1\."):
            carry_out(desk, plan.id, resume=True)

    assert switched_off(lab, act) == []


def test_drift_while_a_plan_is_taken_back_stops_before_what_it_is_about(
    lab: Lab, tmp_path: Path
) -> None:
    desk = desk_of(lab, tmp_path, patience=SHORT)
    plan = plan_keys(desk, parts := keys_of(lab, 3))
    carry_out(desk, plan.id)
    drift = partial(delete_key, lab, parts[0])

    def act() -> None:
        with pytest.raises(Stopped, match=r"not as plan.*in force: 1\."):
            take_back(Meddler(lab, drift, at_write=1).at(desk), plan.id)

    assert switched_off(lab, act) == ["user2", "user1"]


# Memory ------------------------------------------------------------------------------------


@dataclass
class Asked:
    """A client that says how often it was asked, and raises what it is told to."""

    raises: Exception | None = None
    calls: list[Call] = field(default_factory=list)

    def __call__(self, call: Call) -> Mapping[str, Any]:
        self.calls.append(call)
        if self.raises is not None:
            raise self.raises
        return {"number": len(self.calls)}


BOB = call("iam.get_user", UserName="bob")


def test_what_is_asked_twice_is_sent_once_until_it_is_forgotten() -> None:
    memory, one, other = Memory(), Asked(), Asked()

    assert [memory.over(client)(BOB)["number"] for client in (one, one, other)] == [1, 1, 1]
    assert memory.over(one)(call("iam.get_user", UserName="eve"))["number"] == 2
    assert memory.over(one)(structs.replace(BOB, region="eu-west-1"))["number"] == 3
    memory.forget()
    assert memory.over(one)(BOB)["number"] == 4
    assert other.calls == []


def test_write_is_always_sent_and_empties_the_memory() -> None:
    client = Asked()
    asked = Memory().over(client)
    write = call("iam.delete_user", UserName="bob")

    assert [asked(one)["number"] for one in (BOB, write, write, BOB)] == [1, 2, 3, 4]


def test_that_there_is_nothing_is_remembered_and_a_failure_is_not() -> None:
    nothing, failing = Asked(NotFound("no bob", "NoSuchEntity")), Asked(Throttled("slow down"))

    for client, error in ((nothing, NotFound), (failing, Throttled)):
        asked = Memory().over(client)
        for _ in range(2):
            with pytest.raises(error):
                asked(BOB)

    assert (len(nothing.calls), len(failing.calls)) == (1, 2)


# Shares ------------------------------------------------------------------------------------


def test_each_fix_of_a_plan_has_its_share(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    two = CASES["deleted SSH key that was inactive"]
    key, ssh = keys_of(lab, 1)[0], Part(two.fix.key, two.facts(lab))
    plan = plan_fix(desk, [[ssh], [key]])

    assert shares(plan) == (Share((ssh,), range(2)), Share((key,), range(2, 3)))
    assert shares_of(plan, [1]) == (Share((ssh,), range(2)),)
    assert shares_of(plan, [0, 2]) == shares(plan)


def test_plan_that_its_fixes_would_not_make_again_is_one_share(lab: Lab, tmp_path: Path) -> None:
    plan = plan_fix(desk_of(lab, tmp_path), [[part] for part in keys_of(lab, 2)])
    one = Share(plan.parts, range(2))

    assert shares(structs.replace(plan, version="0.0.0")) == (one,)
    assert shares(structs.replace(plan, reads=plan.reads[:-1])) == (one,)
    assert shares(structs.replace(plan, changes=plan.changes[::-1])) == (one,)
    assert shares(structs.replace(plan, changes=plan.changes[:1] * 2)) == (one,)
