"""Whether a change of a store of events makes it keep less, or for a shorter time."""

import json
from typing import Any

import pytest

from tests.reading import Fields, row_after
from trailmend.evidence import call, user

BOB = user("bob")
ID = "11111111-2222-3333-4444-555555555555"
ARN = f"arn:aws:cloudtrail:us-east-1:111122223333:eventdatastore/{ID}"


def category(kind: str, *more: Fields) -> list[Fields]:
    fields = [{"field": "eventCategory", "equals": [kind]}, *more]
    return [{"name": "x", "fieldSelectors": fields}]


MANAGEMENT, DATA = category("Management"), category("Data")
WRITES = category("Management", {"field": "readOnly", "equals": ["false"]})


def made(answer: Fields | None = None, **request: Any) -> Fields:
    response = {"eventDataStoreArn": ARN, **(answer or {})}
    request = {"name": "lake", **request}
    return call(
        "CreateEventDataStore", by=BOB, source="cloudtrail", request=request, response=response
    )


def updated(store: str = ARN, **request: Any) -> Fields:
    request = {"eventDataStore": store, **request}
    return call("UpdateEventDataStore", by=BOB, source="cloudtrail", request=request)


@pytest.mark.parametrize(
    ("earlier", "record", "weakened"),
    [
        ([], updated(multiRegionEnabled=False), "multiRegionEnabled"),
        ([], updated(organizationEnabled=False), "organizationEnabled"),
        ([], updated(terminationProtectionEnabled=False), "terminationProtectionEnabled"),
        (
            [made(terminationProtectionEnabled=False)],
            updated(terminationProtectionEnabled=False),
            None,
        ),
        ([made(retentionPeriod=365)], updated(retentionPeriod=7), "retentionPeriod"),
        ([made(retentionPeriod=365)], updated(ID, retentionPeriod=7), "retentionPeriod"),
        ([made({"retentionPeriod": 2557})], updated(retentionPeriod=2556), "retentionPeriod"),
        ([made(retentionPeriod=365)], updated(retentionPeriod=365), None),
        ([updated(retentionPeriod=90)], updated(retentionPeriod=365), None),
        ([made()], updated(advancedEventSelectors=DATA), "advancedEventSelectors"),
        ([made()], updated(advancedEventSelectors=MANAGEMENT), None),
        ([], updated(advancedEventSelectors=MANAGEMENT), None),
        (
            [updated(advancedEventSelectors=MANAGEMENT)],
            updated(advancedEventSelectors=WRITES),
            "advancedEventSelectors",
        ),
        ([made(advancedEventSelectors=DATA)], updated(advancedEventSelectors=DATA), None),
        ([], updated(name="log"), None),
    ],
)
def test_store_that_keeps_less_is_told(
    earlier: list[Fields], record: Fields, weakened: str | None
) -> None:
    row = row_after(*earlier, record)

    assert (row.weakened, row.weakens) == (weakened, weakened is not None)


@pytest.mark.parametrize(
    "record",
    [
        updated(retentionPeriod=90),
        updated(advancedEventSelectors=DATA),
        updated(kmsKeyId="alias/log"),
        updated(retentionPeriod=90, terminationProtectionEnabled=True),
    ],
)
def test_what_a_store_was_is_not_guessed(record: Fields) -> None:
    row = row_after(record)

    assert (row.weakens, row.strengthens, row.weakened) == (None, False, None)


@pytest.mark.parametrize(
    ("earlier", "record"),
    [
        (made(retentionPeriod=90), updated(retentionPeriod=365)),
        (updated(multiRegionEnabled=False), updated(multiRegionEnabled=True)),
        (
            made(advancedEventSelectors=WRITES),
            updated(advancedEventSelectors=MANAGEMENT),
        ),
    ],
)
def test_store_that_keeps_more_is_stronger(earlier: Fields, record: Fields) -> None:
    row = row_after(earlier, record)

    assert (row.strengthens, row.weakens) == (True, False)


def test_before_of_a_store_tells_only_of_what_the_call_sent() -> None:
    row = row_after(made(retentionPeriod=365, multiRegionEnabled=True), updated(retentionPeriod=7))

    assert json.loads(row.before or "") == {"eventDataStore": ARN, "retentionPeriod": 365}


def test_call_on_a_store_that_failed_changes_nothing() -> None:
    failed = updated(retentionPeriod=7) | {"errorCode": "InactiveEventDataStoreException"}

    assert row_after(made(retentionPeriod=365), failed).weakens is None
    again = row_after(made(retentionPeriod=365), failed, updated(retentionPeriod=365))
    assert (again.weakens, again.strengthens) == (False, False)


def test_store_that_leaves_out_one_call_more_takes_in_less() -> None:
    own, name = (
        {"field": field, "notEquals": ["x"]} for field in ("userIdentity.arn", "eventName")
    )
    once, twice = category("Management", own), category("Management", own, name)
    data = category("Data", own), category("Data", own, name)

    def told(former: list[Fields], latter: list[Fields]) -> str | None:
        changes = [updated(advancedEventSelectors=one) for one in (former, latter)]
        return row_after(made(), *changes).weakened

    assert told(once, twice) == "advancedEventSelectors"
    assert [told(twice, once), told(once, once), told(*data)] == [None, None, None]
