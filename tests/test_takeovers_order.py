"""Stories of several findings in any order: shuffled, doubled, in batches, and many."""

from __future__ import annotations

import io
import time
from collections.abc import Iterable
from itertools import combinations, pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.forms import text
from tests.identity_calls import KEY, PHONE, delete_policy, enable, set_policy
from tests.reading import Fields, findings_of
from tests.takeovers import gone, plain, reset
from tests.telling import (
    ALICE_WITH_MFA,
    BOB,
    CAROL,
    MADE,
    MINUTE,
    NEW_ALICE,
    RESET,
    START,
    STRONG,
    TAKEN,
    at,
    delete_key,
    used,
)
from trailmend.catalog import LEVELS
from trailmend.database import open_database
from trailmend.findings import Finding, NextEvent, Origin, TargetPart
from trailmend.scan import scan
from trailmend.store import load_findings
from trailmend.takeovers import stories_of
from trailmend.takeovers.acts import acts_of
from trailmend.takeovers.joins import JOINS, grouped

PEOPLE = [
    ("IAMUser", "alice", "AIDA1", "AKIA1"),
    ("IAMUser", "alice", "AIDA1", "ASIA1"),
    ("IAMUser", "bob", "AIDA2", None),
    ("IAMUser", "bob", "AIDA2", "e4"),
    ("AssumedRole", "admins", "AROA1", "ASIA2"),
    ("AssumedRole", "admins", "AROA1", "ASIA3"),
    ("AWSService", "ssm", None, None),
    ("IdentityCenterUser", "9448", "9448", None),
    ("AssumedRole", "AWSReservedSSO_A_1", "AROA2", "ASIA4"),
    ("AssumedRole", "AWSReservedSSO_A_1", "AROA2", "ASIA5"),
]
NAMES = ("CreateAccessKey", "UpdateLoginProfile", "DeleteLoginProfile", "EnableMFADevice")


@st.composite
def histories(draw: st.DrawFn) -> list[Finding]:
    """Make findings of few people on few things, on some days; a key has its event's id."""
    found = []
    for number in range(draw(st.integers(1, 12))):
        kind, name, actor_id, key = draw(st.sampled_from(PEOPLE))
        one = plain(draw(st.integers(0, 90)) * draw(st.sampled_from([1, 30, 97])))
        what = draw(st.sampled_from(NAMES))
        serial = f"e{number}" if what == "CreateAccessKey" else draw(st.sampled_from([None, "x"]))
        victim = draw(st.sampled_from(["alice", "Bob", None]))
        later = draw(st.lists(st.integers(0, 11), max_size=1))
        then = draw(st.sampled_from(["Any", "GetRoleCredentials"]))
        taken = f"2026-03-02T10:00:0{draw(st.integers(0, 4))}Z"
        sam = Origin("SAMLUser", "sam", None, None, None, taken, 1)
        found.append(
            msgspec.structs.replace(
                one,
                id=f"F-{number}",
                level=draw(st.sampled_from(LEVELS[1:4])),
                status=draw(st.sampled_from(["open", "worsened", None])),
                event=msgspec.structs.replace(one.event, event_id=f"e{number}", event_name=what),
                actor=msgspec.structs.replace(
                    one.actor,
                    type=kind,
                    name=name,
                    id=actor_id,
                    access_key_id=key,
                    origin=sam if name.startswith("AWS") else None,
                ),
                target=TargetPart("user" if victim else None, victim, "any", serial),
                next=[NextEvent(f"e{n}", then, "2026-03-02T10:00:00Z", "why") for n in later],
            )
        )
    return found


@settings(max_examples=80, deadline=None)
@given(histories(), st.data())
def test_order_and_copies_change_nothing(found: list[Finding], data: st.DataObject) -> None:
    copies = data.draw(st.lists(st.sampled_from(found), max_size=4), label="copies")
    mixed = data.draw(st.permutations([*found, *copies]), label="order")

    assert stories_of(mixed) == stories_of(found)


@settings(max_examples=80, deadline=None)
@given(histories())
def test_the_groups_are_those_of_every_pair_tried(found: list[Finding]) -> None:
    acts = acts_of(found)
    apart = {act.number: {act.number} for act in acts}
    for one, other in combinations(acts, 2):
        pairs = [(one, other)] if one.time < other.time else [(one, other), (other, one)]
        if any(join.holds(*pair) for join in JOINS for pair in pairs):
            merged = apart[one.number] | apart[other.number]
            apart |= dict.fromkeys(merged, merged)

    groups = {frozenset(act.number for act in group) for group, _ in grouped(acts)}
    assert groups == set(map(frozenset, apart.values()))


@settings(max_examples=100, deadline=None)
@given(histories())
def test_every_finding_is_told_once_and_every_member_is_linked(found: list[Finding]) -> None:
    stories = stories_of(found)
    names = [name for one in stories for name in (*one.findings, *one.supporting)]

    assert len(names) == len(set(names))
    for story in stories:
        assert len(story.links) == len(story.findings) - 1
        assert {name for one in story.links for name in (one.finding, one.to)} == set(
            story.findings
        )
        assert not {one.finding for one in story.maybe} & set(story.findings)
        assert [one.time for one in story.chapters] == sorted(one.time for one in story.chapters)
        assert story.first == min(one.event.event_time for one in found if one.id in story.findings)


TRAIL = [
    at(START + n * MINUTE, f"e{n}", fields)
    for n, fields in enumerate(
        [
            *(set_policy(BOB, **STRONG), NEW_ALICE, delete_policy(BOB), RESET, TAKEN),
            *(enable(BOB, "alice", PHONE + "-2"), MADE, used(KEY), gone(ALICE_WITH_MFA, "carol")),
            *(reset(CAROL, "alice"), gone(CAROL, "dave"), delete_key(CAROL, "alice")),
        ]
    )
]


@settings(max_examples=5, deadline=None)
@given(st.permutations(TRAIL), st.lists(st.integers(0, len(TRAIL)), max_size=3))
def test_batches_in_any_order_leave_the_same_stories_in_the_workspace(
    tmp_path_factory: pytest.TempPathFactory, records: list[Fields], cuts: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("case")
    places = sorted({0, *cuts, len(records)})
    for number, (start, end) in enumerate(pairwise(places)):
        path = folder / f"{number}.json"
        path.write_bytes(text({"Records": records[start:end]}))
        scan([str(path)], io.BytesIO(), folder / "w")
    database = open_database(folder / "w")
    stories = stories_of(load_findings(database))
    database.dispose()

    assert stories == stories_of(findings_of(TRAIL))
    assert [one.level for one in stories] == ["critical", "medium"]


def many(size: int) -> Iterable[Finding]:
    """Make findings of a busy account: users, roles and victims come again, some are strong."""
    for number in range(size):
        one = plain(number)
        kind, name, actor_id, key = PEOPLE[number % len(PEOPLE)]
        yield msgspec.structs.replace(
            one,
            detection=f"any.{number % 5000}",
            level=LEVELS[1 + number % 3],
            actor=msgspec.structs.replace(
                one.actor, type=kind, name=name, id=actor_id, access_key_id=key
            ),
            event=msgspec.structs.replace(one.event, event_name=NAMES[number % 4]),
            target=TargetPart("user", f"u{number % 11}" if number % 2 else "alice", None, None),
        )


def seconds_to_tell(size: int) -> float:
    found, taken = list(many(size)), []
    for _ in range(2):
        began = time.process_time()
        stories_of(found)
        taken.append(time.process_time() - began)
    return min(taken)


@pytest.mark.soak
def test_a_busy_account_does_not_take_quadratic_time() -> None:
    assert seconds_to_tell(16_000) < 8 * seconds_to_tell(4_000)
