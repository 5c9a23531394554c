"""What is a principal's first, what came in bulk, what was refused before, and trails that are off.

Nothing may hang on the order inside a second, nor on the order of reading.
"""

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.identity_calls import deactivate, delete_device, enable, make_key, on_user
from tests.reading import Fields, event_of, rows_of
from trailmend.context import Context, fold
from trailmend.context.habits import network, products
from trailmend.evidence import Principal, call, denied, role, root, sign_in, unnamed, user

ALICE, BOB = user("alice"), user("bob")
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOME, ABROAD = "198.51.100.7", "203.0.113.9"


def at(fields: Fields, **after: float) -> Fields:
    """Set a record some days, hours or minutes after the start."""
    return fields | {"eventTime": f"{START + timedelta(**after):%Y-%m-%dT%H:%M:%SZ}"}


def look(by: Principal = ALICE, address: str = HOME, **more: Any) -> Fields:
    return call("GetUser", by=by, sourceIPAddress=address, **more)


def days(numbers: Sequence[int], fields: Fields) -> list[Fields]:
    return [at(fields, days=day) for day in numbers]


def rows(*records: Fields) -> list[Context]:
    return rows_of([fields | {"eventID": f"e{n}"} for n, fields in enumerate(records)])


def last(*records: Fields) -> Context:
    return rows(*records)[-1]


WEEK = days(range(7), look())
"""Alice from home, once a day: enough to know the log and her."""


def firsts(row: Context) -> tuple[bool | None, bool | None, bool | None]:
    return row.first_address, row.first_agent, row.first_action


def test_after_a_week_what_is_new_of_a_principal_is_its_first() -> None:
    usual = last(*WEEK, at(look(), days=7))
    new = last(
        *WEEK, at(look(address=ABROAD, userAgent="Boto3/1.40.1"), days=7) | {"eventName": "Get"}
    )

    assert (firsts(usual), firsts(new)) == ((False, False, False), (True, True, True))
    assert (new.log_days, new.known_days, new.first_call) == (7, 7, False)


def minutes(row: Context) -> tuple[int | None, int | None, int | None]:
    return row.address_minutes, row.agent_minutes, row.action_minutes


def test_what_was_once_first_is_so_no_more_and_tells_how_long_it_is_known() -> None:
    abroad = look(address=ABROAD)
    again = last(
        *WEEK, at(abroad, days=7), at(abroad, days=7, minutes=1), at(abroad, days=7, hours=1)
    )

    assert again.first_address is False
    assert minutes(again) == (60, 7 * 24 * 60 + 60, 7 * 24 * 60 + 60)


def test_first_minute_of_an_address_is_counted_whole() -> None:
    abroad = look(address=ABROAD)
    first, soon = rows(*WEEK, at(abroad, days=7), at(abroad, days=7, seconds=59))[-2:]

    assert (first.address_minutes, soon.address_minutes) == (0, 1)
    assert (first.first_address, soon.first_address) == (True, False)


def test_call_that_was_refused_makes_neither_address_nor_call_nor_caller_familiar() -> None:
    refused = denied("CreateUser", by=ALICE, resource="user x", sourceIPAddress=ABROAD)
    stranger = denied("GetUser", by=BOB, resource="user x")
    made = call("CreateUser", by=ALICE, sourceIPAddress=ABROAD, request={"userName": "x"})

    row = last(*WEEK, at(refused, days=5), at(made, days=7))
    new = last(*WEEK, at(stranger, days=6), at(look(BOB), days=7))

    assert (row.first_address, row.first_action, row.first_from_here) == (True, True, True)
    assert (row.address_minutes, row.action_minutes, new.first_call) == (0, 0, True)


def test_call_is_the_first_from_an_address_once_whatever_else_came_from_there() -> None:
    enter = call("CreateUser", by=ALICE, sourceIPAddress=ABROAD, request={"userName": "x"})
    row, again = rows(
        *WEEK,
        at(look(address=ABROAD), days=7),
        at(enter, days=7, minutes=1),
        at(enter, days=7, minutes=2),
    )[-2:]

    assert (row.first_address, row.first_from_here) == (False, True)
    assert (again.first_address, again.first_from_here) == (False, False)


@pytest.mark.parametrize(("later", "unusual"), [({"minutes": 1}, True), ({"days": 1}, False)])
def test_hour_is_usual_a_day_after_its_first_call(later: dict[str, float], unusual: bool) -> None:
    night = at(look(), days=7, hours=12)
    second = {"days": 7 + later.get("days", 0), "minutes": 12 * 60 + later.get("minutes", 0)}

    assert last(*WEEK, night, at(look(), **second)).unusual_hour is unusual


@pytest.mark.parametrize(
    ("seen", "day"),
    [
        (range(6), 6),
        (range(6), 100),
        ([0], 100),
    ],
)
def test_nothing_is_first_only_because_the_log_begins(seen: Sequence[int], day: int) -> None:
    row = last(*days(seen, look()), at(look(address=ABROAD), days=day))

    assert (row.log_days, firsts(row), row.first_call) == (len(seen), (None, None, None), None)


@pytest.mark.parametrize(("seen", "first"), [([0, 1], None), ([0, 1, 2], True)])
def test_principal_must_be_known_before_something_is_its_first(
    seen: Sequence[int], first: bool | None
) -> None:
    others = days(range(7), look(BOB))

    row = last(*others, *days(seen, look()), at(look(address=ABROAD), days=7))

    assert (row.known_days, row.first_address, row.first_call) == (len(seen), first, False)


def test_principal_that_a_known_log_never_showed_makes_its_first_call() -> None:
    row = last(*WEEK, at(look(BOB), days=7))

    assert (row.first_call, row.known_days, firsts(row)) == (True, 0, (None, None, None))


def test_sessions_of_a_role_are_one_principal_whatever_they_are_called() -> None:
    week = days(range(7), look(role("ops", session="a")))

    row = last(*week, at(look(role("ops", session="b")), days=7))

    assert (row.first_call, row.first_address) == (False, False)


def test_two_events_of_one_second_from_a_new_address_are_both_the_first() -> None:
    both = rows(*WEEK, *[at(look(address=ABROAD), days=7)] * 2)[-2:]

    assert [row.first_address for row in both] == [True, True]


def test_caller_who_is_not_known_has_no_habits() -> None:
    row = last(*WEEK, at(look() | {"userIdentity": {"accountId": "111122223333"}}, days=7))

    assert (row.first_call, row.known_days, firsts(row)) == (None, None, (None, None, None))
    assert (row.same_action_10m, row.targets_10m, row.denied_before) == (None, None, None)


@pytest.mark.parametrize("told", ["cloudformation.amazonaws.com", "AWS Internal", None])
def test_what_is_no_address_is_no_new_address(told: str | None) -> None:
    row = last(*WEEK, at(look(), days=7) | {"sourceIPAddress": told})

    assert row.first_address is None


def test_address_of_a_device_that_changes_its_last_half_is_the_same() -> None:
    # RFC 8981: a device changes the interface identifier by itself.
    assert network("2001:db8:1:2:aaaa::1") == network("2001:0db8:1:2:ffff::9")
    assert network("2001:db8:1:2::1") != network("2001:db8:1:3::1")
    assert (network("2001:db8::1"), network("10.0.0.1")) != (None, None)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (
            "aws-cli/2.17.32 md/awscrt#0.21.2 ua/2.0 os/linux#5.15 md/command#iam.get-user",
            "aws-cli/2.31.0 md/awscrt#0.27.1 ua/2.1 os/linux#6.1 md/command#iam.list-users",
            True,
        ),
        ("aws-cli/2.31.0 os/linux#6.1 sid/0f3a", "aws-cli/2.31.0 os/linux#6.1 sid/9c1b", True),
        ("aws-cli/2.31.0 os/linux#6.1", "aws-cli/2.31.0 os/windows#10", False),
        ("Boto3/1.26.0 Python/3.9.1", "aws-cli/2.31.0 Python/3.9.1", False),
        ("console.amazonaws.com", "cloudformation.amazonaws.com", False),
    ],
)
def test_agents_are_compared_by_their_products(one: str, other: str, same: bool) -> None:
    assert (products(one) == products(other)) is same


def bulk(row: Context) -> tuple[int | None, int | None]:
    return row.same_action_10m, row.targets_10m


def reset(owner: str, by: Principal = BOB) -> Fields:
    return on_user("UpdateLoginProfile", by, owner)


def test_calls_of_ten_minutes_are_counted_with_their_targets() -> None:
    users = ["a", "b", "c", "A"]

    counted = rows(*(at(reset(name), minutes=n) for n, name in enumerate(users)))

    assert [bulk(row) for row in counted] == [(1, 1), (2, 2), (3, 3), (4, 3)]


@pytest.mark.parametrize(("seconds", "count"), [(600, 2), (601, 1)])
def test_ten_minutes_are_six_hundred_seconds(seconds: int, count: int) -> None:
    assert bulk(last(at(reset("a")), at(reset("b"), seconds=seconds))) == (
        count,
        count,
    )


def test_a_second_counts_whole() -> None:
    assert [bulk(row) for row in rows(*(at(reset(name)) for name in "abc"))] == [(3, 3)] * 3


def test_calls_that_failed_other_actions_and_others_are_not_counted() -> None:
    noise = [
        at(reset("b") | {"errorCode": "NoSuchEntityException"}),
        at(denied("UpdateLoginProfile", by=BOB, resource="user c")),
        at(on_user("DeleteLoginProfile", BOB, "d")),
        at(reset("e", ALICE)),
    ]

    assert bulk(last(*noise, at(reset("a"), minutes=1))) == (1, 1)


def test_owner_whom_only_the_ledger_knows_is_a_target() -> None:
    phones = [f"arn:aws:iam::111122223333:mfa/phone-{n}" for n in range(2)]
    steps = [
        step for n in phones for step in (enable(ALICE, "alice", n), deactivate(BOB, "alice", n))
    ]

    row = last(*(at(s, seconds=n) for n, s in enumerate([*steps, *map(_delete, phones)])))

    assert bulk(row) == (2, 1)


def _delete(serial: str) -> Fields:
    return delete_device(BOB, serial)


def refused(row: Context) -> tuple[int | None, int | None]:
    return row.denied_before, row.failed_before


def test_denied_and_failed_calls_of_the_hour_before_are_counted_apart() -> None:
    wall = denied("ListUsers", by=BOB, resource="*")
    wrong = call(
        "ConsoleLogin",
        by=BOB,
        response={"ConsoleLogin": "Failure"},
        eventSource="signin.amazonaws.com",
        message=None,
    )
    before = [
        at(wall),
        at(wall, minutes=1),
        at(wrong, minutes=2),
        at(denied("X", by=ALICE, resource="*")),
    ]

    assert refused(last(*before, at(reset("a"), minutes=60))) == (2, 1)
    assert refused(last(*before, at(reset("a"), minutes=60, seconds=1))) == (1, 1)
    assert refused(last(*before, at(wall, minutes=1))) == (1, 0)
    now = last(*before, at(wall, minutes=2))
    assert (*refused(now), now.calls_denied, now.calls_failed) == (2, 0, 3, 1)
    assert last(*before, at(reset("a"), minutes=62)).calls_denied == 0


def trail(name: str, by: Principal = BOB, trail: str = "main", **more: Any) -> Fields:
    return call(
        name, by=by, request={"name": trail}, eventSource="cloudtrail.amazonaws.com", **more
    )


ARN = "arn:aws:cloudtrail:us-east-1:111122223333:trail/main"
STOPPED, STARTED, DELETED = (
    trail(f"{verb}") for verb in ("StopLogging", "StartLogging", "DeleteTrail")
)


@pytest.mark.parametrize(
    ("steps", "off"),
    [
        ([], False),
        ([STOPPED], True),
        ([trail("StopLogging", trail=ARN)], True),
        ([STOPPED, STARTED], False),
        ([STOPPED, trail("StartLogging", trail=ARN)], False),
        ([STOPPED, trail("StartLogging", trail="other")], True),
        ([STOPPED, trail("StartLogging", awsRegion="eu-west-1")], True),
        ([STOPPED, trail("CreateTrail")], True),
        ([STOPPED, trail("UpdateTrail")], True),
        ([STOPPED | {"errorCode": "AccessDenied"}], False),
        ([STOPPED | {"requestParameters": None}], False),
        ([STOPPED | {"requestParameters": {"name": ["main"]}}], False),
        ([STOPPED | {"eventSource": "logs.amazonaws.com"}], False),
        ([DELETED], True),
        ([DELETED, trail("CreateTrail")], True),
        ([DELETED, trail("CreateTrail"), STARTED], False),
        ([trail("StopLogging", trail="other"), STOPPED, STARTED], True),
    ],
)
def test_trail_is_off_until_it_is_started(steps: list[Fields], off: bool) -> None:
    row = last(*(at(step, minutes=n) for n, step in enumerate(steps)), at(reset("a"), hours=1))

    assert row.trail_off is off
    assert (row.trail_off_since is not None) is off
    assert row.trail_off_by_actor is (True if off else None)


@pytest.mark.parametrize(
    ("step", "hours", "off"),
    [(STOPPED, 24 * 90, True), (DELETED, 24, True), (DELETED, 25, False)],
)
def test_stopped_trail_stays_off_and_a_deleted_one_for_a_day(
    step: Fields, hours: int, off: bool
) -> None:
    assert last(at(step), at(reset("a"), hours=hours)).trail_off is off


@pytest.mark.parametrize(
    ("maker", "hours", "off"), [(BOB, 24, None), (BOB, 25, True), (ALICE, 1, True)]
)
def test_trail_that_its_maker_turns_off_within_a_day_is_not_the_accounts(
    maker: Principal, hours: int, off: bool | None
) -> None:
    made, change = at(trail("CreateTrail", maker)), at(reset("a"), hours=hours + 1)

    row = last(made, at(STARTED, minutes=1), at(DELETED, hours=hours), change)

    assert (bool(row.trail_off), row.trail_off_by_actor) == (bool(off), off)


def test_trail_tells_since_when_and_whether_the_caller_turned_it_off() -> None:
    row = last(at(STOPPED), at(trail("StopLogging"), hours=1), at(reset("a", ALICE), hours=2))

    assert (row.trail_off_since, row.trail_off_by_actor) == (START, False)


def test_trail_that_one_second_stops_and_starts_is_unknown() -> None:
    row = last(at(STOPPED), at(STARTED), at(reset("a"), minutes=1))

    assert (row.trail_off, row.trail_off_since, row.trail_off_by_actor) == (None, None, None)


def test_trail_that_goes_off_in_the_same_second_was_not_yet_off() -> None:
    assert last(at(STOPPED), at(reset("a"))).trail_off is False


ACTS = [
    look(),
    look(address=ABROAD),
    look(root()),
    reset("a"),
    reset("b"),
    make_key(BOB, "a"),
    denied("UpdateLoginProfile", by=BOB, resource="user a"),
    STOPPED,
    STARTED,
    DELETED,
    trail("StopLogging", ALICE),
]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(ACTS), st.integers(0, 9), st.integers(0, 2)),
        min_size=1,
        max_size=25,
    ),
    st.data(),
)
def test_habits_hang_on_no_order_and_no_id(
    drawn: list[tuple[Fields, int, int]], data: st.DataObject
) -> None:
    events = [
        event_of(at(fields, days=day, seconds=second) | {"eventID": f"e{n:02}"})
        for n, (fields, day, second) in enumerate(drawn)
    ]
    ids = data.draw(st.permutations([event.event_id for event in events]), label="ids")
    order = data.draw(st.permutations(range(len(events))), label="order")
    renamed = [msgspec.structs.replace(events[n], event_id=ids[n]) for n in order]
    names = dict(zip(ids, (event.event_id for event in events), strict=True))

    again = {names[row.event_id]: row for row in fold(renamed)}

    assert {name: msgspec.structs.replace(row, event_id=name) for name, row in again.items()} == {
        row.event_id: row for row in fold(events)
    }


def folding(count: int, names: int) -> float:
    """Give the seconds that a burst of one principal takes: `count` calls on `names` users."""
    event = event_of(at(reset("a")))
    burst = [
        msgspec.structs.replace(
            event,
            event_id=f"e{n}",
            target_name=f"user-{n % names}",
            event_time=START + timedelta(seconds=n * 599 // count),
        )
        for n in range(count)
    ]
    begun = time.process_time()
    assert fold(burst)[-1].targets_10m == names
    return time.process_time() - begun


def test_burst_of_many_calls_is_counted_without_looking_at_all_of_them_each_time() -> None:
    # Four times the calls take four times as long; sixteen times would be quadratic.
    small = min(folding(2_000, 2_000) for _ in range(3))

    assert min(folding(8_000, 8_000) for _ in range(2)) < 9 * small


def assume(name: str, by: Principal = ALICE, **more: Any) -> Fields:
    request = {"roleArn": f"arn:aws:iam::111122223333:role/{name}", "roleSessionName": "s"}
    return call("AssumeRole", by=by, source="sts", request=request, **more)


@pytest.mark.parametrize(
    ("earlier", "first"),
    [
        (assume("ops"), False),
        (assume("Ops"), False),
        (assume("audit"), True),
        (assume("ops", BOB), True),
        (assume("ops", error="AccessDenied"), True),
        (on_user("DeleteLoginProfile", ALICE, "ops"), True),
    ],
)
def test_pair_is_first_until_it_went_through_on_the_same_target(
    earlier: Fields, first: bool
) -> None:
    row = last(*WEEK, at(earlier, days=6, hours=1), at(assume("ops"), days=7))

    assert row.first_pair is first


def test_pair_is_not_told_while_the_log_begins_nor_where_no_target_is_named() -> None:
    new = last(*WEEK[:6], at(assume("ops"), days=6))
    nobody = last(*WEEK, at(call("GetCallerIdentity", by=ALICE, source="sts"), days=7))

    assert (new.first_pair, nobody.first_pair, nobody.first_action) == (None, None, True)


@pytest.mark.parametrize(
    ("hours", "unusual"), [(0, False), (1, False), (-1, False), (2, True), (-2, True), (13, True)]
)
def test_hour_is_unusual_where_neither_it_nor_its_neighbours_were_seen(
    hours: int, unusual: bool
) -> None:
    assert last(*WEEK, at(look(), days=7, hours=hours)).unusual_hour is unusual


def test_midnight_lies_between_two_hours_that_are_neighbours() -> None:
    late = [at(look(), days=day, hours=14) for day in range(7)]

    assert last(*late, at(look(), days=7, hours=15, minutes=30)).unusual_hour is False


def failed_and_now(row: Context) -> tuple[int | None, int | None]:
    return row.sign_ins_failed_before, row.sign_ins_failed


def enter(by: Principal = ALICE, address: str = HOME, failure: str | None = "Failed") -> Fields:
    return sign_in(by, failure=failure, sourceIPAddress=address)


def test_failed_sign_ins_are_counted_by_user_or_address_whichever_are_more() -> None:
    steps = [
        enter(),
        enter(address=ABROAD),
        enter(BOB),
        enter(unnamed()),
        enter(unnamed()),
        enter(failure=None),
    ]

    counted = rows(*(at(one, minutes=n) for n, one in enumerate(steps)))

    assert [failed_and_now(row) for row in counted] == [
        (0, 1),
        (1, 2),
        (1, 2),
        (2, 3),
        (3, 4),
        (4, 4),
    ]


@pytest.mark.parametrize(("seconds", "count"), [(3600, 1), (3601, 0), (0, 0)])
def test_failed_sign_ins_of_an_hour_count_and_those_of_the_second_do_not(
    seconds: int, count: int
) -> None:
    row = last(at(enter()), at(enter(failure=None), seconds=seconds))

    assert row.sign_ins_failed_before == count


def test_other_steps_of_a_sign_in_and_other_services_are_not_counted() -> None:
    noise = [
        at(sign_in(ALICE, event_name="CheckMfa", failure="Failed")),
        at(enter() | {"eventSource": "sso.amazonaws.com"}),
        at(enter(failure=None)),
    ]

    row = last(*noise, at(look(), minutes=1))

    assert failed_and_now(row) == (None, None)
    assert failed_and_now(last(*noise, at(enter(), minutes=1))) == (0, 1)


@pytest.mark.parametrize(
    ("days", "unusual"), [(15, False), (18, False), (19, True), (20, True)], ids=str
)
def test_weekday_is_unusual_if_the_principal_never_called_on_it(days: int, unusual: bool) -> None:
    monday_to_friday = [at(look(), days=n) for n in range(15) if (START.weekday() + n) % 7 < 5]

    assert START.weekday() == 0
    assert last(*monday_to_friday, at(look(), days=days)).unusual_weekday is unusual


def test_weekday_is_not_judged_before_ten_days_are_known() -> None:
    week = [at(look(), days=n) for n in range(5)]
    nine_days = [*week, *(at(look(), days=7 + n) for n in range(4))]

    assert last(*nine_days, at(look(), days=12)).unusual_weekday is None
    assert last(*nine_days, at(look(), days=11), at(look(), days=12)).unusual_weekday is True
