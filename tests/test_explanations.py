"""Every finding is explained for and against, by facts that carry their values."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from tests.identity_calls import on_user
from tests.reading import Fields, findings_of
from trailmend.catalog import Fact, Hypothesis, runbooks
from trailmend.detect.columns import COLUMNS
from trailmend.detect.conditions import parse_condition
from trailmend.detect.explanations import COMMON, facts_of
from trailmend.evidence import Principal, call, denied, role, user
from trailmend.findings import Finding

ALICE, BOB = user("alice"), user("bob")
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
EVERY = [fact for sides in COMMON.values() for side in sides for fact in side]
HYPOTHESES: list[Hypothesis] = ["intended", "unauthorised", "insider", "accident", "automation"]


def at(fields: Fields, **after: float) -> Fields:
    return fields | {"eventTime": f"{START + timedelta(**after):%Y-%m-%dT%H:%M:%SZ}"}


def reset(owner: str = "alice", by: Principal = BOB, **more: str) -> Fields:
    return on_user("UpdateLoginProfile", by, owner) | more


def alone(found: list[Finding]) -> list[Finding]:
    """Leave out what several events mean together."""
    return [one for one in found if not one.detection.startswith("chain.")]


def explained(*records: Fields) -> dict[str, tuple[list[str], list[str]]]:
    """Give what speaks for and against each hypothesis on the last record."""
    found = findings_of(fields | {"eventID": f"e{n}"} for n, fields in enumerate(records))
    last = alone(found)[-1]
    assert last.event.event_id == f"e{len(records) - 1}"
    return {one.hypothesis: (one.supports, one.against) for one in last.explanations}


WEB = "arn:aws:iam::111122223333:role/web"
WEEK = [at(call("GetUser", by=BOB), days=day) for day in range(7)]


def test_first_address_and_action_are_told_with_the_days_of_the_log() -> None:
    told = explained(*WEEK, at(reset(sourceIPAddress="203.0.113.7"), days=7))

    place = (
        "No call of this principal from 203.0.113.7 had succeeded before; the log shows it on 7 "
        "days before."
    )
    action = (
        "No UpdateLoginProfile of this principal had succeeded before; the log shows it on 7 days "
        "before."
    )
    assert place in told["unauthorised"][0]
    assert action in told["unauthorised"][0]
    assert place in told["intended"][1]
    assert place in told["insider"][1]
    assert action in told["accident"][0]
    assert action in told["automation"][1]


def test_usual_call_from_the_usual_place_speaks_for_routine() -> None:
    week = [at(reset(), days=day) for day in range(7)]

    told = explained(*week, at(reset(), days=7))

    known = [
        "The principal had called from 198.51.100.7 a day before or earlier.",
        "The principal had called UpdateLoginProfile a day before or earlier.",
    ]
    assert set(known) <= set(told["intended"][0]) & set(told["unauthorised"][1])


def test_an_intruders_own_first_call_does_not_vouch_for_the_next() -> None:
    look = at(call("GetUser", by=BOB, sourceIPAddress="203.0.113.7"), days=7)
    told = explained(*WEEK, look, at(reset(sourceIPAddress="203.0.113.7"), days=7, minutes=2))

    place = (
        "The principal began to call with success from 203.0.113.7 at most 2 min before; the log "
        "shows it on 7 days before."
    )
    assert place in told["unauthorised"][0]
    assert place in told["intended"][1]
    assert not any("a day before or earlier" in fact for side in told.values() for fact in side[0])


def test_session_that_called_from_another_address_is_told_with_what_else_it_may_be() -> None:
    web = role("web")
    told = explained(
        at(call("GetUser", by=web), hours=-1), at(reset(by=web, sourceIPAddress="203.0.113.7"))
    )

    moved = (
        "The keys of this session had called from another address before.  A laptop that changes "
        "its network does that too."
    )
    assert [name for name, sides in told.items() if moved in sides[0]] == ["unauthorised"]
    assert [name for name, sides in told.items() if moved in sides[1]] == ["automation"]


def test_principal_nobody_saw_before_is_told() -> None:
    told = explained(*WEEK, at(reset(by=role("new")), days=7))

    assert (
        "No call of this principal had succeeded before; the log holds events of 7 days before."
        in told["unauthorised"][0]
    )


def test_bulk_is_told_with_calls_and_targets() -> None:
    told = explained(*(at(reset(f"user-{n}"), minutes=n) for n in range(9)))

    bulk = "9 calls like this by the same principal within 10 minutes, on 9 targets."
    assert bulk in told["unauthorised"][0]
    assert bulk in told["accident"][0]
    assert "9 calls like this by the same principal within 10 minutes." in told["automation"][0]


def test_refusals_before_are_told_with_their_number() -> None:
    wall = [at(denied("ListUsers", by=BOB, resource="*"), minutes=n) for n in range(5)]

    told = explained(*wall, at(reset(), minutes=10))

    refused = "5 calls were denied to this principal in the hour before."
    assert refused in told["unauthorised"][0]
    assert refused in told["intended"][1]


@pytest.mark.parametrize(("seconds", "told"), [(4, True), (60, True), (61, False)])
def test_refusal_soon_after_the_making_is_told_with_its_seconds(seconds: int, told: bool) -> None:
    # invictus: a role was made at 12:01:52, refused until 12:01:59, and given at 12:02:04.
    made = at(call("CreateRole", by=BOB, request={"roleName": "web"}))
    refused = at(denied("AssumeRole", by=BOB, source="sts", resource=WEB), seconds=seconds)

    explanations = explained(made, refused)

    text = (
        f"What is acted on was made {seconds} seconds before, and it takes IAM a while to show a "
        "change everywhere."
    )
    assert (text in explanations["automation"][0]) is told


def test_trail_that_is_off_is_told_with_its_time() -> None:
    stop = call(
        "StopLogging", by=BOB, request={"name": "main"}, eventSource="cloudtrail.amazonaws.com"
    )

    told = explained(at(stop), at(reset(), hours=2))

    assert "A trail of the account was off, since 2026-03-02T09:00:00Z." in told["unauthorised"][0]
    assert "The same principal had turned a trail off." in told["insider"][0]
    assert "The same principal had turned a trail off." in told["accident"][1]


def test_calm_log_of_one_event_tells_nothing_that_it_cannot_know() -> None:
    told = explained(at(reset(by=user("bob", mfa=True))))

    assert told["accident"] == ([], [])
    assert told["unauthorised"][1] == ["The caller's session used MFA.", too_short(0, 0)]
    assert told["intended"][1][-1] == too_short(0, 0)
    assert not any("before" in fact for fact in told["unauthorised"][0])


def too_short(log_days: int, known_days: int) -> str:
    return (
        "Whether the address, the agent and the call are new for this principal is not known: the "
        f"log is too short to tell.  It holds {log_days} days before, and shows the principal on "
        f"{known_days}."
    )


@pytest.mark.parametrize(("days", "short"), [(6, True), (7, False)])
def test_log_that_is_too_short_says_so_until_it_tells_what_is_new(days: int, short: bool) -> None:
    told = explained(*WEEK[:days], at(reset(), days=days))

    assert (too_short(days, days) in told["unauthorised"][1]) is short


def test_caller_who_is_new_to_a_long_log_is_told_as_new_and_not_as_unknown() -> None:
    told = explained(*WEEK, at(reset(by=role("new")), days=7))

    assert too_short(7, 0) not in told["unauthorised"][1]


def test_text_of_the_log_is_not_read_as_a_place_for_a_value() -> None:
    stranger = Principal({**BOB.identity, "accountId": "{actor_id}{0.__class__}"})

    told = explained(at(reset(by=stranger)))

    assert (
        "A principal of another account, {actor_id}{0.__class__}, made the call."
        in told["unauthorised"][0]
    )


def test_no_fact_changes_a_level() -> None:
    stop = call(
        "StopLogging", by=BOB, request={"name": "main"}, eventSource="cloudtrail.amazonaws.com"
    )
    wall = [at(denied("ListUsers", by=BOB, resource="*"), days=6, minutes=n) for n in range(5)]
    calm, storm = (
        alone(findings_of(fields | {"eventID": f"e{n}"} for n, fields in enumerate(records)))[-1]
        for records in (
            [at(reset(), days=7)],
            [*WEEK, *wall, at(stop, days=6), at(reset(sourceIPAddress="203.0.113.7"), days=7)],
        )
    )

    assert (calm.detection, calm.level) == (storm.detection, storm.level)
    assert calm.explanations != storm.explanations


def test_every_hypothesis_has_common_facts_for_and_against() -> None:
    assert sorted(COMMON) == sorted(HYPOTHESES)
    assert all(supports and against for supports, against in COMMON.values())


@pytest.mark.parametrize("fact", dict.fromkeys(EVERY), ids=lambda fact: fact.text)
def test_common_fact_is_decided_by_the_log(fact: Fact) -> None:
    assert fact.when is not None
    parse_condition(fact.when)


@pytest.mark.parametrize("key", runbooks())
def test_every_value_in_a_fact_is_a_column_of_a_decided_fact(key: str) -> None:
    wrong = [
        fact.text
        for _, _, fact in facts_of(runbooks()[key].explanations)
        if fact.columns and (fact.when is None or not set(fact.columns) <= set(COLUMNS))
    ]

    assert wrong == []


@pytest.mark.parametrize("key", runbooks())
def test_no_page_says_what_is_common(key: str) -> None:
    asked = Counter(
        (number, side, (fact.when or "").replace("COALESCE(console, FALSE)", "console"))
        for number, side, fact in facts_of(runbooks()[key].explanations)
        if fact.when is not None
    )

    assert [one for one, count in asked.items() if count > 1] == []
