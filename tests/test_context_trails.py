"""Whether a change of a trail makes it see less."""

import json
from typing import Any

import pytest

from tests.reading import Fields, row_after
from trailmend.context import TRAIL_PLACES
from trailmend.evidence import call, user

BOB = user("bob")
ARN = "arn:aws:cloudtrail:us-east-1:111122223333:trail/main"


def done(event_name: str, /, **request: Any) -> Fields:
    return call(event_name, by=BOB, source="cloudtrail", request=request)


def selectors(**changes: Any) -> Fields:
    whole = {"readWriteType": "All", "includeManagementEvents": True, "dataResources": []}
    return done("PutEventSelectors", trailName="main", eventSelectors=[whole | changes])


def advanced(*fields: Fields) -> Fields:
    return done(
        "PutEventSelectors",
        trailName="main",
        advancedEventSelectors=[{"name": "x", "fieldSelectors": list(fields)}],
    )


MADE = done("CreateTrail", name="main", s3BucketName="logs", isMultiRegionTrail=False)
DATA = {"field": "eventCategory", "equals": ["Data"]}
MANAGEMENT = {"field": "eventCategory", "equals": ["Management"]}

MOVED = done("UpdateTrail", name=ARN, s3BucketName="elsewhere")
KEYED = done("UpdateTrail", name=ARN, kmsKeyId="key")


@pytest.mark.parametrize(
    ("earlier", "record", "weakened"),
    [
        ([], done("UpdateTrail", name="main", isMultiRegionTrail=False), "isMultiRegionTrail"),
        ([MADE], done("UpdateTrail", name="main", isMultiRegionTrail=False), None),
        (
            [],
            done("UpdateTrail", name=ARN, enableLogFileValidation=False),
            "enableLogFileValidation",
        ),
        ([MADE], done("UpdateTrail", name="main", s3BucketName="elsewhere"), "s3BucketName"),
        ([MADE], done("UpdateTrail", name="main", s3BucketName="logs"), None),
        ([MADE], done("UpdateTrail", name="main", kmsKeyId="key"), None),
        ([MADE, KEYED], done("UpdateTrail", name="main", kmsKeyId=""), "kmsKeyId"),
        ([MADE, MOVED], done("UpdateTrail", name="main", s3BucketName="third"), "s3BucketName"),
        ([], selectors(), None),
        ([], selectors(includeManagementEvents=False), "eventSelectors"),
        ([], selectors(readWriteType="ReadOnly"), "eventSelectors"),
        ([selectors(readWriteType="ReadOnly")], selectors(readWriteType="WriteOnly"), None),
        (
            [selectors(readWriteType="WriteOnly")],
            selectors(readWriteType="ReadOnly"),
            "eventSelectors",
        ),
        (
            [selectors(readWriteType="ReadOnly")],
            selectors(includeManagementEvents=False),
            "eventSelectors",
        ),
        ([selectors(includeManagementEvents=False)], advanced(DATA), None),
        ([advanced(DATA)], selectors(readWriteType="ReadOnly"), None),
        ([], advanced(MANAGEMENT), None),
        ([], advanced(DATA), "eventSelectors"),
        ([selectors(readWriteType="ReadOnly")], advanced(DATA), "eventSelectors"),
        (
            [],
            advanced(MANAGEMENT, {"field": "eventSource", "notEquals": ["iam.amazonaws.com"]}),
            "eventSelectors",
        ),
        (
            [],
            done("PutInsightSelectors", trailName="main", insightSelectors=[]),
            "insightSelectors",
        ),
    ],
)
def test_trail_that_sees_less_is_told(
    earlier: list[Fields], record: Fields, weakened: str | None
) -> None:
    row = row_after(*earlier, record)

    assert (row.weakened, row.weakens) == (weakened, weakened is not None)


@pytest.mark.parametrize(
    "record",
    [
        done("PutEventSelectors", trailName="main", advancedEventSelectors=[{"name": "x"}]),
        done("StopLogging", name="main"),
        done("UpdateTrail", name="main", isMultiRegionTrail=False) | {"errorCode": "AccessDenied"},
        call("UpdateTrail", by=BOB, source="cloudtrail"),
    ],
)
def test_what_cannot_be_judged_is_not(record: Fields) -> None:
    assert row_after(record).weakens is None


@pytest.mark.parametrize("place", TRAIL_PLACES)
def test_place_whose_former_is_not_known_may_be_weaker(place: str) -> None:
    row = row_after(done("UpdateTrail", name="main", isMultiRegionTrail=True, **{place: "other"}))

    assert (row.weakens, row.strengthens, row.weakened, row.before) == (None, False, None, None)


def test_way_back_to_the_place_of_the_making_is_stronger_and_away_again_weaker() -> None:
    back = done("UpdateTrail", name="main", s3BucketName="logs")
    there, again = row_after(MADE, MOVED, back), row_after(MADE, MOVED, back, MOVED)

    assert (there.strengthens, there.weakens) == (True, False)
    assert (again.strengthens, again.weakened) == (False, "s3BucketName")


def test_before_tells_only_of_what_the_call_sent() -> None:
    row = row_after(MADE, MOVED)

    assert json.loads(row.before or "") == {"name": ARN, "s3BucketName": "logs"}


def test_trail_that_is_whole_again_is_stronger() -> None:
    row = row_after(
        MADE,
        done("UpdateTrail", name="main", isMultiRegionTrail=True),
    )

    assert (row.strengthens, row.weakens) == (True, False)
