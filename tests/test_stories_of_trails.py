"""What happened next to trails and stores of events: they record again, as before, or not."""

import json
from typing import Any

import pytest

from tests.reading import Fields
from tests.telling import ALICE, BOB, CAROL, MINUTE, NOBODY, status, story
from trailmend.evidence import Principal, call

ARN = "arn:aws:cloudtrail:us-east-1:111122223333:trail/main"
STORE = "arn:aws:cloudtrail:us-east-1:111122223333:eventdatastore/11111111-2222-3333-4444-5555"
WHOLE: dict[str, Any] = {
    "name": "main",
    "s3BucketName": "logs",
    "isMultiRegionTrail": True,
    "enableLogFileValidation": True,
}


def done(event_name: str, by: Principal, **request: Any) -> Fields:
    return call(event_name, by=by, source="cloudtrail", request=request)


def made(by: Principal, **changes: Any) -> Fields:
    return done("CreateTrail", by, **WHOLE | changes)


def updated(by: Principal, **changes: Any) -> Fields:
    return done("UpdateTrail", by, name=ARN, **changes)


def started(by: Principal, name: str = "main") -> Fields:
    return done("StartLogging", by, name=name)


def stopped(by: Principal, name: str = "main") -> Fields:
    return done("StopLogging", by, name=name)


def deleted(by: Principal) -> Fields:
    return done("DeleteTrail", by, name="main")


def selected(by: Principal, **changes: Any) -> Fields:
    one = {"readWriteType": "All", "includeManagementEvents": True} | changes
    return done("PutEventSelectors", by, trailName="main", eventSelectors=[one])


def insights(by: Principal, *kinds: str) -> Fields:
    listed = [{"insightType": f"Api{kind}RateInsight"} for kind in kinds]
    return done("PutInsightSelectors", by, trailName="main", insightSelectors=listed)


def of_store(name: str, by: Principal, store: str = STORE) -> Fields:
    return done(name, by, eventDataStore=store)


def store_updated(by: Principal, **changes: Any) -> Fields:
    return done("UpdateEventDataStore", by, eventDataStore=STORE, **changes)


def registered(by: Principal, account: str = "444455556666") -> Fields:
    return done("RegisterOrganizationDelegatedAdmin", by, memberAccountId=account)


def deregistered(by: Principal, account: str = "444455556666") -> Fields:
    return done("DeregisterOrganizationDelegatedAdmin", by, delegatedAdminAccountId=account)


ABROAD = {"awsRegion": "eu-west-1"}
FAILED = {"errorCode": "TrailNotFoundException"}


def test_trail_that_is_started_again_is_resolved() -> None:
    assert story([], stopped(BOB), started(CAROL, ARN)) == (
        "resolved",
        [
            (
                "StartLogging",
                "carol, a third principal, started logging again; what was not recorded stays so.",
            )
        ],
    )
    assert status([], stopped(BOB), started(BOB)) == "resolved"
    assert status([], stopped(BOB), started(CAROL) | ABROAD) == "open"
    assert status([], stopped(BOB), started(CAROL) | FAILED) == "open"


def test_another_trail_that_is_started_is_noted_alone() -> None:
    assert story([], stopped(BOB), started(CAROL, "other")) == (
        "open",
        [("StartLogging", "carol started another trail; what it records is to be looked at.")],
    )


def test_trail_that_is_stopped_or_deleted_against_a_third_is_worse() -> None:
    found, again = stopped(BOB), started(CAROL)

    assert status([], found, again, stopped(BOB)) == "worsened"
    assert status([], found, again, stopped(CAROL)) == "open"
    assert status([], found, started(BOB), stopped(BOB)) == "open"
    assert status([], found, again, deleted(BOB)) == "worsened"
    assert status([], found, again, stopped(BOB), started(CAROL)) == "resolved"
    assert story([], found, deleted(BOB)) == (
        "open",
        [("DeleteTrail", "bob deleted the trail main.")],
    )
    assert status([], found, started(NOBODY), stopped(BOB)) == "open"


@pytest.mark.parametrize(
    ("again", "expected"),
    [
        ([made(CAROL), started(CAROL)], "resolved"),
        ([made(CAROL, includeGlobalServiceEvents=True), started(CAROL)], "resolved"),
        ([made(CAROL, isMultiRegionTrail=False), updated(CAROL, isMultiRegionTrail=True)], "open"),
        (
            [
                made(CAROL, isMultiRegionTrail=False),
                started(CAROL),
                updated(CAROL, isMultiRegionTrail=True),
            ],
            "resolved",
        ),
        ([made(CAROL)], "open"),
        ([made(CAROL, s3BucketName="elsewhere"), started(CAROL)], "open"),
        ([made(CAROL, includeGlobalServiceEvents=False), started(CAROL)], "open"),
        ([made(CAROL), started(CAROL), stopped(BOB)], "worsened"),
        ([made(CAROL), started(CAROL), deleted(BOB)], "worsened"),
        ([started(CAROL)], "open"),
        ([made(CAROL, name="other"), started(CAROL, "other")], "open"),
    ],
)
@pytest.mark.parametrize("found", [[deleted(BOB)], [stopped(BOB), deleted(BOB)]])
def test_trail_that_was_deleted_is_resolved_by_one_that_is_like_it_and_started(
    found: list[Fields], again: list[Fields], expected: str
) -> None:
    assert status([made(ALICE), *found[:-1]], found[-1], *again) == expected


def test_trail_that_is_made_anew_but_not_known_to_be_like_the_former_is_told() -> None:
    unlike = (
        "StartLogging",
        "carol started a trail of that name, made anew; that it sees all that the former did is "
        "not known.",
    )
    making = "carol made a trail of that name; it records nothing until it is started."

    assert story([], deleted(BOB), made(CAROL), started(CAROL)) == (
        "open",
        [("CreateTrail", making), unlike],
    )
    assert story([], stopped(BOB), deleted(BOB), made(CAROL), started(CAROL)) == (
        "open",
        [("DeleteTrail", "bob deleted the trail main."), unlike],
    )


def test_selectors_of_the_former_trail_have_to_be_chosen_again() -> None:
    earlier = [made(ALICE), selected(ALICE, readWriteType="All")]
    again = [made(CAROL), started(CAROL)]

    assert status(earlier, deleted(BOB), *again) == "open"
    assert status(earlier, deleted(BOB), *again, selected(CAROL)) == "resolved"
    assert status(earlier, stopped(BOB), deleted(BOB), *again, selected(CAROL)) == "resolved"


@pytest.mark.parametrize(
    ("weaker", "again", "expected"),
    [
        ({"isMultiRegionTrail": False}, {"isMultiRegionTrail": True}, "resolved"),
        ({"enableLogFileValidation": False}, {"isMultiRegionTrail": True}, "open"),
        ({"includeGlobalServiceEvents": False}, {"includeGlobalServiceEvents": True}, "resolved"),
        ({"s3BucketName": "elsewhere"}, {"s3BucketName": "logs"}, "resolved"),
        ({"s3BucketName": "elsewhere"}, {"s3BucketName": "third"}, "open"),
        (
            {"s3BucketName": "elsewhere", "isMultiRegionTrail": False},
            {"s3BucketName": "logs"},
            "open",
        ),
    ],
)
def test_settings_that_are_as_before_are_resolved(
    weaker: Fields, again: Fields, expected: str
) -> None:
    assert status([made(ALICE)], updated(BOB, **weaker), updated(CAROL, **again)) == expected


def test_settings_may_come_back_one_by_one_and_be_weakened_again() -> None:
    found = updated(BOB, isMultiRegionTrail=False, s3BucketName="elsewhere")
    region, bucket = updated(CAROL, isMultiRegionTrail=True), updated(CAROL, s3BucketName="logs")

    assert story([made(ALICE)], found, region, bucket, updated(CAROL, snsTopicName="x")) == (
        "resolved",
        [
            (
                "UpdateTrail",
                "carol changed the trail; not known to be as it was: s3BucketName.",
            ),
            (
                "UpdateTrail",
                "carol, a third principal, set what had been weakened as it was, or on.",
            ),
        ],
    )
    again = updated(BOB, isMultiRegionTrail=False)
    assert status([made(ALICE)], found, region, bucket, again) == "worsened"
    assert status([made(ALICE)], found, region, bucket, again, region) == "resolved"
    assert status([made(ALICE)], found, deleted(BOB), made(CAROL), region, bucket) == "open"


def test_selectors_that_log_all_again_are_resolved() -> None:
    found = selected(BOB, includeManagementEvents=False)

    assert status([], found, selected(CAROL)) == "resolved"
    assert status([], found, selected(CAROL), selected(BOB, readWriteType="ReadOnly")) == "worsened"
    assert story([], found, selected(CAROL, readWriteType="WriteOnly")) == (
        "open",
        [
            (
                "PutEventSelectors",
                "carol chose anew what the trail records; that it is all management events is not "
                "known.",
            )
        ],
    )
    other = selected(CAROL) | {"requestParameters": {"trailName": "x", "eventSelectors": []}}
    assert status([], found, other) == "open"


def test_insights_that_are_on_again_are_resolved() -> None:
    found, both = insights(BOB), insights(ALICE, "Call", "Error")

    assert status([both], found, insights(CAROL, "Error", "Call")) == "resolved"
    assert status([both], found, insights(CAROL, "Error")) == "open"
    assert status([], found, insights(CAROL, "Error")) == "open"
    assert status([both], found, insights(CAROL, "Call", "Error"), found) == "worsened"


@pytest.mark.parametrize(
    ("taken", "back"),
    [
        ("DeleteEventDataStore", "RestoreEventDataStore"),
        ("StopEventDataStoreIngestion", "StartEventDataStoreIngestion"),
    ],
)
def test_store_that_is_back_is_resolved(taken: str, back: str) -> None:
    found = of_store(taken, BOB)

    assert status([], found, of_store(back, CAROL)) == "resolved"
    assert status([], found, of_store(back, CAROL, STORE.partition("/")[2])) == "resolved"
    assert status([], found, of_store(back, CAROL, STORE + "0")) == "open"
    assert status([], found, of_store(back, CAROL), found) == "worsened"


def test_administrator_of_trails_is_taken_back_or_registered_again() -> None:
    assert status([], registered(BOB), deregistered(CAROL)) == "resolved"
    assert status([], registered(BOB), deregistered(CAROL, "777788889999")) == "open"
    assert status([], registered(BOB), deregistered(CAROL), registered(BOB)) == "worsened"
    assert status([], deregistered(BOB), registered(CAROL)) == "resolved"
    assert status([], deregistered(BOB), registered(CAROL, "777788889999")) == "open"


def test_settings_of_one_second_that_differ_restore_nothing() -> None:
    found = updated(BOB, isMultiRegionTrail=False)
    both = [(MINUTE, updated(CAROL, isMultiRegionTrail=on)) for on in (True, False)]

    assert status([], found, *both) == "open"
    assert status([], found, both[0]) == "resolved"


def test_store_that_is_set_back_is_resolved_and_deleted_after_that_is_worse() -> None:
    answer = {"responseElements": {"eventDataStoreArn": STORE, "retentionPeriod": 365}}
    made = done("CreateEventDataStore", ALICE, name="lake") | answer
    found = store_updated(BOB, retentionPeriod=7, multiRegionEnabled=False)
    back = store_updated(CAROL, retentionPeriod=400, multiRegionEnabled=True)
    half = store_updated(CAROL, retentionPeriod=365)

    assert story([made], found, back) == (
        "resolved",
        [
            (
                "UpdateEventDataStore",
                "carol, a third principal, set the store back; what a shorter time to keep "
                "removed stays gone.",
            )
        ],
    )
    assert story([made], found, half) == (
        "open",
        [
            (
                "UpdateEventDataStore",
                "carol changed the store; not known to be as it was: multiRegionEnabled.",
            )
        ],
    )
    assert status([made], found, half, store_updated(CAROL, multiRegionEnabled=True)) == "resolved"
    assert status([made], found, back, store_updated(BOB, retentionPeriod=7)) == "worsened"
    assert status([made], found, back, of_store("DeleteEventDataStore", BOB)) == "worsened"
    assert status([], store_updated(BOB, retentionPeriod=7), half) == "open"


def policy(by: Principal, whom: str) -> Fields:
    allowed = {"Effect": "Allow", "Principal": {"AWS": whom}, "Action": "*", "Resource": STORE}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    return done("PutResourcePolicy", by, resourceArn=STORE, resourcePolicy=document)


def test_store_that_was_opened_to_outsiders_and_is_closed_is_resolved() -> None:
    found, own = policy(BOB, "444455556666"), policy(CAROL, "111122223333")
    off = done("DeleteResourcePolicy", CAROL, resourceArn=STORE)

    assert story([], found, off) == (
        "resolved",
        [("DeleteResourcePolicy", "carol, a third principal, took the policy off.")],
    )
    assert story([], found, own) == (
        "resolved",
        [
            (
                "PutResourcePolicy",
                "carol, a third principal, put a policy there that lets in no outsider.",
            )
        ],
    )
    assert status([], found, off, found) == "worsened"
    assert status([], found, off, policy(BOB, "111122223333")) == "resolved"
    assert story([], found, policy(CAROL, "777788889999")) == (
        "open",
        [
            (
                "PutResourcePolicy",
                "carol put another policy there; whom it lets in is to be looked at.",
            )
        ],
    )


def test_store_whose_searches_by_athena_are_ended_is_resolved() -> None:
    found, ended = of_store("EnableFederation", BOB), of_store("DisableFederation", CAROL)

    assert status([], found, ended) == "resolved"
    assert status([], found, ended, of_store("EnableFederation", BOB)) == "worsened"
