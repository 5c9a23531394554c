"""What happened next to the bucket and the key of a trail: set as before, usable again."""

import json
from typing import Any

import pytest

from tests.reading import Fields
from tests.telling import ALICE, BOB, CAROL, status, story
from trailmend.evidence import Principal, call

KEY = "arn:aws:kms:us-east-1:111122223333:key/0123"
TRAIL = call(
    "CreateTrail",
    by=ALICE,
    source="cloudtrail",
    request={"name": "main", "s3BucketName": "logs", "kmsKeyId": KEY},
)


def bucket(event_name: str, by: Principal, name: str = "logs", **request: Any) -> Fields:
    sent = {"bucketName": name, "Host": f"{name}.s3.amazonaws.com", "policy": "", **request}
    return call(event_name, by=by, source="s3", request=sent)


def policy(by: Principal, action: str | list[str], name: str = "logs") -> Fields:
    text = {"Statement": [{"Effect": "Allow", "Action": action}]}
    return bucket("PutBucketPolicy", by, name, bucketPolicy=text)


def lifecycle(by: Principal, days: int) -> Fields:
    rule = {"Rule": {"Expiration": {"Days": days}, "Status": "Enabled"}}
    return bucket("PutBucketLifecycle", by, LifecycleConfiguration=rule)


def versions(by: Principal, state: str) -> Fields:
    return bucket("PutBucketVersioning", by, VersioningConfiguration={"Status": state})


def block(by: Principal, **flags: bool) -> Fields:
    names = "BlockPublicAcls BlockPublicPolicy IgnorePublicAcls RestrictPublicBuckets".split()
    sent = dict.fromkeys(names, True) | flags
    return bucket("PutBucketPublicAccessBlock", by, PublicAccessBlockConfiguration=sent)


def key(event_name: str, by: Principal, **request: Any) -> Fields:
    return call(event_name, by=by, source="kms", request={"keyId": KEY, **request})


def key_policy(by: Principal, action: str, *, spaces: bool = False) -> Fields:
    text = json.dumps({"Statement": [{"Action": action}]}, indent=2 if spaces else None)
    return key("PutKeyPolicy", by, policy=text, policyName="default")


ENDED = bucket("DeleteBucketPolicy", BOB)
ELSEWHERE = {"awsRegion": "eu-west-1"}


@pytest.mark.parametrize(
    ("earlier", "found", "later", "expected"),
    [
        ([policy(ALICE, "a")], policy(BOB, "b"), policy(CAROL, "a"), "resolved"),
        ([policy(ALICE, "a")], policy(BOB, "b"), policy(CAROL, "c"), "open"),
        ([policy(ALICE, ["a", "c"])], policy(BOB, "b"), policy(CAROL, ["c", "a"]), "resolved"),
        ([policy(ALICE, "a")], policy(BOB, "b"), policy(CAROL, "a", "other"), "open"),
        ([policy(ALICE, "a")], ENDED, policy(CAROL, "a"), "resolved"),
        ([policy(ALICE, "a")], ENDED, policy(CAROL, "b"), "open"),
        ([], policy(BOB, "b"), policy(CAROL, "a"), "open"),
        ([], ENDED, bucket("PutBucketPolicy", CAROL), "open"),
        (
            [policy(ALICE, "a"), bucket("DeleteBucket", ALICE)],
            policy(BOB, "b"),
            policy(CAROL, "a"),
            "open",
        ),
        (
            [policy(ALICE, "a"), bucket("DeleteBucketPolicy", ALICE)],
            policy(BOB, "b"),
            policy(CAROL, "a"),
            "open",
        ),
        (
            [policy(ALICE, "a"), bucket("DeleteBucketPolicy", ALICE)],
            policy(BOB, "b"),
            bucket("DeleteBucketPolicy", CAROL),
            "resolved",
        ),
        ([policy(ALICE, "a")], policy(BOB, "b"), bucket("DeleteBucketPolicy", CAROL), "open"),
        ([key_policy(ALICE, "a")], key_policy(BOB, "b"), key_policy(CAROL, "a"), "resolved"),
        (
            [key_policy(ALICE, "a")],
            key_policy(BOB, "b"),
            key_policy(CAROL, "a", spaces=True),
            "resolved",
        ),
        ([key_policy(ALICE, "a")], key_policy(BOB, "b"), key_policy(CAROL, "c"), "open"),
        ([lifecycle(ALICE, 900)], lifecycle(BOB, 1), lifecycle(CAROL, 900), "resolved"),
        ([lifecycle(ALICE, 900)], lifecycle(BOB, 1), lifecycle(CAROL, 30), "open"),
        ([], lifecycle(BOB, 1), bucket("DeleteBucketLifecycle", CAROL), "resolved"),
        ([], versions(BOB, "Suspended"), versions(CAROL, "Enabled"), "resolved"),
        ([], versions(BOB, "Enabled"), versions(CAROL, "Suspended"), "open"),
        ([], bucket("DeleteBucketPublicAccessBlock", BOB), block(CAROL), "resolved"),
        (
            [],
            bucket("DeleteBucketPublicAccessBlock", BOB),
            block(CAROL, BlockPublicPolicy=False),
            "open",
        ),
        (
            [block(ALICE, BlockPublicPolicy=False)],
            bucket("DeleteBucketPublicAccessBlock", BOB),
            block(CAROL, BlockPublicPolicy=False),
            "resolved",
        ),
    ],
)
def test_setting_is_resolved_by_what_stood_before_and_by_what_is_safe(
    earlier: list[Fields], found: Fields, later: Fields, expected: str
) -> None:
    assert status([TRAIL, *earlier], found, later) == expected
    assert status([TRAIL, *earlier], found, later | {"errorCode": "AccessDenied"}) == "open"


def test_setting_that_is_changed_again_in_the_same_way_is_worse() -> None:
    earlier, found = [TRAIL, policy(ALICE, "a")], policy(BOB, "b")

    assert story(earlier, found, policy(CAROL, "a")) == (
        "resolved",
        [
            (
                "PutBucketPolicy",
                "carol, a third principal, set the bucket's policy as it was before.",
            )
        ],
    )
    assert status(earlier, found, policy(CAROL, "a"), policy(BOB, "b")) == "worsened"
    assert status(earlier, found, policy(BOB, "a"), policy(BOB, "b")) == "open"
    assert story(earlier, found, policy(CAROL, "c")) == (
        "open",
        [
            (
                "PutBucketPolicy",
                "carol changed the bucket's policy; it is not known to be as it was before.",
            )
        ],
    )


def test_bucket_that_is_gone_stays_open() -> None:
    assert story([TRAIL], bucket("DeleteBucket", BOB), policy(CAROL, "a")) == (
        "open",
        [
            (
                "PutBucketPolicy",
                "carol called PutBucketPolicy on a bucket of that name, which must have been made "
                "again.",
            )
        ],
    )


@pytest.mark.parametrize("name", ["DisableKey", "ScheduleKeyDeletion"])
def test_key_is_back_when_it_is_enabled(name: str) -> None:
    found, on = key(name, BOB), key("EnableKey", CAROL)

    assert status([TRAIL], found, on) == "resolved"
    assert story([TRAIL], found, key("CancelKeyDeletion", CAROL)) == (
        "open",
        [
            (
                "CancelKeyDeletion",
                "carol cancelled the key's deletion; it is off until it is enabled.",
            )
        ],
    )
    assert status([TRAIL], found, key("CancelKeyDeletion", CAROL), on) == "resolved"
    assert status([TRAIL], found, on, key("DisableKey", BOB)) == "worsened"
    assert status([TRAIL], found, on, key("ScheduleKeyDeletion", CAROL)) == "open"
    other = on | {"requestParameters": {"keyId": KEY + "4"}}
    assert status([TRAIL], found, other) == "open"
    assert status([TRAIL], found, on | ELSEWHERE) == "open"


@pytest.mark.parametrize(
    ("gone", "back", "expected"),
    [
        ({}, {}, "resolved"),
        ({"keyMaterialId": "a"}, {"keyMaterialId": "a"}, "resolved"),
        ({"keyMaterialId": "a"}, {"keyMaterialId": "b"}, "open"),
        ({}, {"importType": "NEW_KEY_MATERIAL"}, "open"),
    ],
)
def test_material_of_a_key_is_back_when_the_same_is_imported(
    gone: Fields, back: Fields, expected: str
) -> None:
    found = key("DeleteImportedKeyMaterial", BOB, **gone)

    assert status([TRAIL], found, key("ImportKeyMaterial", CAROL, **back)) == expected
