"""Several snapshots: each tells of its own time, a later whole answer excludes what it lacks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.histories import ADMIN, MAKER, done, past_of
from tests.reading import Fields, events_of, in_order
from trailmend.context import ledger_at
from trailmend.database import opened_database
from trailmend.evidence import ACCOUNT, call
from trailmend.history import Fact
from trailmend.ledger import Ledger
from trailmend.snapshots import (
    SeenBearer,
    SeenKey,
    SeenPolicy,
    SeenUser,
    Snapshot,
    join,
    read_snapshot,
)
from trailmend.snapshots.keep import keep_snapshot, load_snapshot

BORN = datetime(2025, 1, 1, tzinfo=UTC)
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FIRST, SECOND = START + timedelta(minutes=2, seconds=30), START + timedelta(minutes=5, seconds=30)
LATER = START + timedelta(hours=1)
READER = "arn:aws:iam::aws:policy/ReadOnlyAccess"
OWN = f"arn:aws:iam::{ACCOUNT}:policy/own"
PHONE, TABLET = (f"arn:aws:iam::{ACCOUNT}:mfa/{name}" for name in ("phone", "tablet"))
NAMES, KINDS = ("bob", "eve"), ("user", "group")

_BEARERS = st.builds(
    SeenBearer,
    created=st.just(BORN),
    attached=st.lists(st.sampled_from([ADMIN, READER]), unique=True),
    inline=st.dictionaries(st.sampled_from("pq"), st.sampled_from(["{}", "[]"])),
    boundary=st.sampled_from([None, READER]),
    groups=st.lists(st.sampled_from(["staff", "crew"]), unique=True),
)
_USERS = st.builds(
    SeenUser,
    created=st.just(BORN),
    password=st.sampled_from([None, True, False]),
    devices=st.none() | st.dictionaries(st.sampled_from([PHONE, TABLET]), st.just(BORN)),
    access_keys=st.none()
    | st.dictionaries(st.sampled_from(["AKIA1", "AKIA2"]), st.just(SeenKey(status="Active"))),
)


@st.composite
def snapshots(draw: st.DrawFn, taken_at: datetime) -> Snapshot:
    users = draw(st.dictionaries(st.sampled_from(NAMES), _USERS))
    bearers = {f"user/{name}": draw(_BEARERS) for name in users if draw(st.booleans())}
    whole = draw(st.sets(st.sampled_from(["user", "policy"])))
    policies = {OWN: SeenPolicy(versions={"v1": "{}"}, default="v1")} if draw(st.booleans()) else {}
    return Snapshot(
        account_id=ACCOUNT,
        taken_at=taken_at,
        users=users,
        bearers=bearers,
        policies=policies,
        whole=sorted(whole),
    )


CALLS = [
    call(name, by=MAKER, request={"userName": who, **more})
    for who in NAMES
    for name, more in (
        ("AttachUserPolicy", {"policyArn": ADMIN}),
        ("DetachUserPolicy", {"policyArn": ADMIN}),
        ("AddUserToGroup", {"groupName": "staff"}),
        ("RemoveUserFromGroup", {"groupName": "staff"}),
        ("DeactivateMFADevice", {"serialNumber": PHONE}),
        ("DeleteAccessKey", {"accessKeyId": "AKIA1"}),
        ("DeleteLoginProfile", {}),
        ("DeleteUser", {}),
        ("CreateUser", {}),
        ("UpdateUser", {"newUserName": "sam"}),
    )
]


def can_follow(records: list[Fields]) -> bool:
    """Say whether calls can come in this order: nobody is touched who is gone, or made twice."""
    there, gone = set[str](), set[str]()
    for record in records:
        name, who = record["eventName"], record["requestParameters"]["userName"]
        if who in (there if name == "CreateUser" else gone):
            return False
        if name == "UpdateUser" and "sam" in there:
            return False
        there, gone = there | {who}, gone - {who}
        if name in ("DeleteUser", "UpdateUser"):
            there, gone = there - {who}, gone | {who}
        there |= {"sam"} if name == "UpdateUser" else set()
    return True


def told_by(ledger: Ledger) -> Iterator[tuple[str, ...]]:
    """Give all that a ledger tells, each thing with its owner."""
    for owner in ledger.users:
        yield from (("device", owner, serial) for serial in ledger.enabled_devices(owner))
        yield from (("key", owner, key) for key in ledger.access_keys.of(owner))
        if ledger.user(owner).had_password:
            yield "password", owner
    for (kind, name), bearer in ledger.bearers.items():
        yield from (("attached", kind, name, arn) for arn in bearer.attached)
        yield from (("inline", kind, name, policy) for policy in bearer.inline)
    for user, groups in ledger.groups_of.items():
        yield from (("group", user, group) for group in groups)
    yield from (("policy", arn) for arn in ledger.policies)


def excluded_by(seen: Snapshot, thing: tuple[str, ...]) -> bool:
    """Say whether a whole answer lacks a thing."""
    kind, name = thing[0], thing[2 if thing[0] in ("attached", "inline") else 1]
    if kind == "policy":
        return "policy" in seen.whole and name not in seen.policies
    user, bearer = seen.users.get(name, SeenUser()), seen.bearers.get(f"user/{name}")
    if kind == "password":
        return False  # it is told that there was one, which a later answer does not deny
    if name in NAMES and "user" in seen.whole and name not in seen.users:
        return True
    lists = {
        "device": user.devices,
        "key": user.access_keys,
        "attached": None if bearer is None else bearer.attached,
        "inline": None if bearer is None else bearer.inline,
        "group": None if bearer is None else bearer.groups,
    }
    listed = lists.get(kind)
    return listed is not None and thing[-1] not in listed


@given(
    first=snapshots(FIRST),
    second=snapshots(SECOND),
    records=st.lists(st.sampled_from(CALLS), max_size=8).filter(can_follow),
    minutes=st.integers(6, 12),
)
@settings(max_examples=100, deadline=None)
def test_earlier_snapshot_takes_nothing_from_a_later_one_and_revives_nothing_that_it_excludes(
    first: Snapshot, second: Snapshot, records: list[Fields], minutes: int
) -> None:
    numbered = [one | {"eventID": str(place)} for place, one in enumerate(records)]
    events, at = events_of(in_order(*numbered)), START + timedelta(minutes=minutes)
    both = msgspec.structs.replace(second, earlier=[first])

    alone = set(told_by(ledger_at(events, at, second)))
    joined = set(told_by(ledger_at(events, at, both)))

    assert alone <= joined
    assert not [thing for thing in joined - alone if excluded_by(second, thing)]


def seeds(*snapshots: Snapshot) -> Snapshot:
    *earlier, newest = snapshots
    return msgspec.structs.replace(newest, earlier=earlier)


def of_bob(taken_at: datetime, *attached: str) -> Snapshot:
    bearers = {"user/bob": SeenBearer(created=BORN, attached=list(attached))}
    users = {"bob": SeenUser(created=BORN)}
    return Snapshot(account_id=ACCOUNT, taken_at=taken_at, users=users, bearers=bearers)


def test_policy_that_a_later_answer_lacks_was_there_until_then() -> None:
    both = seeds(of_bob(FIRST, ADMIN), of_bob(SECOND))
    records = in_order(call("ListUsers", by=MAKER, request={}))
    attached = Fact("attached policy", ADMIN, "inferred")

    before, after = (
        past_of("user/bob", *records, at=at, seen=both).facts for at in (FIRST, SECOND)
    )

    assert (attached in before, attached in after) == (True, False)


def test_policy_that_an_earlier_answer_lacks_came_with_the_later_one() -> None:
    both = seeds(of_bob(FIRST), of_bob(SECOND, ADMIN))
    records = in_order(call("ListUsers", by=MAKER, request={}))
    attached = Fact("attached policy", ADMIN, "inferred")

    before, after = (
        past_of("user/bob", *records, at=at, seen=both).facts for at in (FIRST, SECOND)
    )

    assert (attached in before, attached in after) == (False, True)


def test_report_after_a_live_read_leaves_what_only_the_live_read_tells() -> None:
    live = msgspec.structs.replace(
        of_bob(FIRST, ADMIN),
        users={
            "bob": SeenUser(created=BORN, devices={PHONE: BORN}, access_keys={"AKIA1": SeenKey()})
        },
    )
    report = Snapshot(
        account_id=ACCOUNT,
        taken_at=SECOND,
        users={"bob": SeenUser(created=BORN, password=True)},
        whole=["user"],
    )
    ledger = ledger_at([], LATER, seeds(live, report))

    assert set(told_by(ledger)) == {
        ("device", "bob", PHONE),
        ("key", "bob", "AKIA1"),
        ("password", "bob"),
        ("attached", "user", "bob", ADMIN),
    }


def test_whom_a_later_whole_list_lacks_is_said_to_be_gone_unless_the_log_tells_of_them() -> None:
    nobody = Snapshot(account_id=ACCOUNT, taken_at=SECOND, whole=["user"])
    both = seeds(of_bob(FIRST, ADMIN), nobody)
    silent = in_order(call("ListUsers", by=MAKER, request={}))

    assert past_of("user/bob", *silent, at=LATER, seen=both).facts == [
        Fact(
            "not there",
            "what AWS answered for this time names none; the answer of this time did",
            "inferred",
            "2026-03-02T09:02:30Z",
        )
    ]
    told = done("PutUserPolicy", policyName="p", policyDocument="{}")
    spoken = past_of("user/bob", *in_order(told), at=LATER, seen=both).facts
    assert "not there" not in {fact.name for fact in spoken}


def test_member_who_was_renamed_between_two_snapshots_is_the_same() -> None:
    def crew(name: str, taken_at: datetime) -> Snapshot:
        bearers = {f"user/{name}": SeenBearer(created=BORN, groups=["crew"], attached=[READER])}
        users = {name: SeenUser(created=BORN, devices={PHONE: BORN})}
        return Snapshot(
            account_id=ACCOUNT, taken_at=taken_at, users=users, bearers=bearers, whole=["user"]
        )

    nothing = call("ListUsers", by=MAKER, request={})
    records = in_order(*[nothing] * 3, done("UpdateUser", newUserName="sam"))
    events = events_of([one | {"eventID": str(place)} for place, one in enumerate(records)])
    both = seeds(crew("bob", FIRST), crew("sam", SECOND))

    for at, name in ((START, "bob"), (LATER, "sam")):
        assert set(told_by(ledger_at(events, at, both))) == {
            ("device", name, PHONE),
            ("attached", "user", name, READER),
            ("group", name, "crew"),
        }


def test_workspace_gives_every_snapshot_in_the_order_of_time(tmp_path: Path) -> None:
    early, late = of_bob(FIRST, ADMIN), of_bob(SECOND)
    more = Snapshot(account_id=ACCOUNT, taken_at=SECOND, users={"eve": SeenUser(created=BORN)})
    with opened_database(tmp_path) as database:
        assert load_snapshot(database, ACCOUNT) is None
        for one in (late, early, more):
            keep_snapshot(database, one)
        found = load_snapshot(database, ACCOUNT)

    assert found is not None
    assert [one.taken_at for one in found.in_time] == [FIRST, SECOND]
    assert (found.earlier, set(found.users)) == ([early], {"bob", "eve"})


def test_read_of_a_policy_before_the_snapshot_does_not_hide_it() -> None:
    bearers = {"user/bob": SeenBearer(created=BORN, inline={"p": "{}"})}
    seen = Snapshot(account_id=ACCOUNT, taken_at=SECOND, bearers=bearers)
    read = events_of(in_order(done("GetUserPolicy", policyName="p")))

    assert set(told_by(ledger_at(read, LATER, seen))) == {("inline", "user", "bob", "p")}


def test_list_of_virtual_devices_does_not_tell_that_there_are_no_others() -> None:
    device = {"SerialNumber": PHONE, "User": {"UserName": "bob"}}
    seen = read_snapshot(json.dumps({"VirtualMFADevices": [device]}).encode(), "v", SECOND)
    details = of_bob(SECOND)

    user = ledger_at([], LATER, join([details, seen])).user("bob")

    assert (user.made, seen.users["bob"].all_devices) == (None, False)


def test_deleted_user_is_in_no_group() -> None:
    events = events_of(in_order(done("AddUserToGroup", groupName="staff"), done("DeleteUser")))

    ledger = ledger_at(events, LATER)

    assert (ledger.groups_of, ledger.bearer("group", "staff").members) == ({}, frozenset())


def test_password_that_was_taken_away_is_not_there_any_more() -> None:
    facts = past_of("user/bob", *in_order(done("DeleteLoginProfile"))).facts

    assert Fact("password", "none: deleted by maker", "known", "2026-03-02T09:00:00Z") in facts
