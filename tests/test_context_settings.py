"""How a thing was set before a call: by the latest call that set each field or part of it."""

import json
from itertools import permutations
from typing import Any

import pytest

from tests.reading import Fields, in_order, row_after, rows_of
from trailmend.evidence import Principal, call, user

BOB, CAROL = user("bob"), user("carol")
INSTANCE = "arn:aws:sso:::instance/ssoins-1"
PROVIDER = "arn:aws:iam::111122223333:oidc-provider/idp.example"


def done(operation: str, /, **request: Any) -> Fields:
    source, _, name = operation.partition(":")
    return call(name, by=BOB, source=source, request=request)


def trail(event_name: str, /, **request: Any) -> Fields:
    return done(f"cloudtrail:{event_name}", name="main", **request)


def bucket(event_name: str, /, **request: Any) -> Fields:
    return done(f"s3:{event_name}", bucketName="logs", **request)


def attributes(event_name: str, /, *sources: str) -> Fields:
    told = {"accessControlAttributes": [{"key": "team", "value": {"source": list(sources)}}]}
    setting = {"instanceAccessControlAttributeConfiguration": told} if sources else {}
    noun = "InstanceAccessControlAttributeConfiguration"
    return done(f"sso:{event_name}{noun}", instanceArn=INSTANCE, **setting)


def before(*records: Fields) -> Any:
    """Give how it was before the last record."""
    return json.loads(row_after(*records).before or "null")


MADE = trail("CreateTrail", s3BucketName="logs", isMultiRegionTrail=False)


def test_each_setting_is_that_of_the_latest_call_that_set_it() -> None:
    changed = trail("UpdateTrail", s3BucketName="elsewhere")
    again = trail("UpdateTrail", isMultiRegionTrail=True)

    now = {"name": "main", "s3BucketName": "elsewhere", "isMultiRegionTrail": True}
    sent = {"name": "main", "s3BucketName": "elsewhere"}
    assert before(MADE, changed, again, trail("UpdateTrail", s3BucketName="third")) == sent
    assert before(MADE, changed, again, trail("DeleteTrail")) == now
    third = row_after(MADE, changed, again, trail("UpdateTrail", s3BucketName="third"))
    assert (third.weakened, third.strengthens) == ("s3BucketName", False)
    back = row_after(MADE, changed, again, trail("UpdateTrail", s3BucketName="logs"))
    assert (back.weakened, back.weakens) == (None, False)


def test_trail_that_is_made_anew_has_nothing_of_the_former_one() -> None:
    anew = trail("CreateTrail", s3BucketName="new")

    assert before(MADE, trail("DeleteTrail"), anew, trail("UpdateTrail", s3BucketName="x")) == {
        "name": "main",
        "s3BucketName": "new",
    }
    assert before(MADE, trail("DeleteTrail"), anew) is None


def test_trails_of_two_regions_are_two_though_they_have_one_name() -> None:
    abroad = trail("CreateTrail", s3BucketName="abroad") | {"awsRegion": "eu-central-1"}

    assert before(MADE, abroad, trail("DeleteTrail")) == {
        "name": "main",
        "s3BucketName": "logs",
        "isMultiRegionTrail": False,
    }


def test_end_of_one_part_leaves_the_others_and_the_thing() -> None:
    policy = bucket("PutBucketPolicy", bucketPolicy={"Version": "2012-10-17"})
    blocked = bucket("PutBucketPublicAccessBlock", PublicAccessBlockConfiguration={"x": True})
    life = bucket("PutBucketLifecycle", LifecycleConfiguration={"Rule": 1})
    parts = [policy, blocked, life]
    gone = bucket("DeleteBucketPolicy")

    assert before(*parts, gone) == {
        "bucketName": "logs",
        "bucketPolicy": {"Version": "2012-10-17"},
    }
    assert before(*parts, gone, policy) is None
    assert before(*parts, gone, bucket("DeletePublicAccessBlock")) == {
        "bucketName": "logs",
        "PublicAccessBlockConfiguration": {"x": True},
    }
    assert before(*parts, gone, bucket("PutBucketLifecycleConfiguration")) == {
        "bucketName": "logs",
        "LifecycleConfiguration": {"Rule": 1},
    }
    assert before(*parts, bucket("DeleteBucket"), bucket("DeleteBucketLifecycle")) is None


def test_attributes_of_an_instance_say_nothing_of_the_instance() -> None:
    made = call(
        "CreateInstance",
        by=BOB,
        source="sso",
        request={"name": "ours"},
        response={"instanceArn": INSTANCE},
    )
    end = done("sso:DeleteInstance", instanceArn=INSTANCE)
    for between in (
        [attributes("Create", "a")],
        [attributes("Create", "a"), attributes("Delete")],
    ):
        row = row_after(made, *between, end)
        assert (row.target_made_by_actor, json.loads(row.before or "null")) == (
            True,
            {"name": "ours"},
        )
    assert before(attributes("Create", "a"), attributes("Update", "b"), attributes("Delete")) == {
        "instanceArn": INSTANCE,
        "instanceAccessControlAttributeConfiguration": {
            "accessControlAttributes": [{"key": "team", "value": {"source": ["b"]}}]
        },
    }


def test_who_gives_somebody_an_application_has_not_made_them() -> None:
    person = {"principalId": "u-1", "principalType": "USER", "applicationArn": "arn:a"}
    given = done("sso:CreateApplicationAssignment", **person)

    row = row_after(given, done("identitystore:DeleteUser", userId="u-1"))

    assert row.target_made_by_actor is None


def test_rules_of_an_analyzer_are_told_apart() -> None:
    def rule(verb: str, name: str, **filters: Any) -> Fields:
        place = {"analyzerName": "main", "ruleName": name, **filters}
        return done(f"access-analyzer:{verb}ArchiveRule", **place)

    first, second = rule("Create", "one", filter=1), rule("Create", "two", filter=2)

    assert before(first, second, rule("Update", "one", filter=3)) == {
        "analyzerName": "main",
        "ruleName": "one",
        "filter": 1,
    }


def test_making_tells_of_a_setting_until_its_own_call_does() -> None:
    made = call(
        "CreateOpenIDConnectProvider",
        by=BOB,
        request={"url": "https://idp.example", "thumbprintList": ["a"]},
        response={"openIDConnectProviderArn": PROVIDER},
    )

    def prints(*listed: str) -> Fields:
        request = {"openIDConnectProviderArn": PROVIDER, "thumbprintList": list(listed)}
        return call("UpdateOpenIDConnectProviderThumbprint", by=BOB, request=request)

    assert before(made, prints("b")) == {"thumbprintList": ["a"]}
    assert before(made, prints("b"), prints("c"))["thumbprintList"] == ["b"]


def test_what_a_record_leaves_out_is_not_known_afterwards() -> None:
    arn = "arn:aws:iam::111122223333:saml-provider/idp"
    answer = {"sAMLProviderArn": arn}
    sent = {"name": "idp", "sAMLMetadataDocument": "<a/>"}
    made = call("CreateSAMLProvider", by=BOB, request=sent, response=answer)
    cut = call("UpdateSAMLProvider", by=BOB, request=None, response=answer)
    end = call("DeleteSAMLProvider", by=BOB, request=answer)

    assert before(made, end) == sent
    assert before(made, cut, end) is None


def test_calls_that_set_nothing_have_no_before() -> None:
    assert before(trail("StopLogging"), trail("StopLogging")) is None


def test_maker_of_a_certificate_is_known_under_its_new_name() -> None:
    made = call("UploadServerCertificate", by=BOB, request={"serverCertificateName": "Old"})
    renamed = {"serverCertificateName": "old", "newServerCertificateName": "New"}
    end = call("DeleteServerCertificate", by=BOB, request={"serverCertificateName": "new"})

    row = row_after(made, call("UpdateServerCertificate", by=CAROL, request=renamed), end)

    assert row.target_made_by_actor is True


@pytest.mark.parametrize("ids", tuple(permutations("123")))
def test_setting_that_two_calls_of_one_second_set_differently_is_unknown(
    ids: tuple[str, ...],
) -> None:
    together = [
        trail("UpdateTrail", s3BucketName="one", kmsKeyId="k"),
        trail("UpdateTrail", s3BucketName="two", enableLogFileValidation=True),
        trail("UpdateTrail", kmsKeyId="k"),
    ]
    records = in_order(MADE, *together, trail("DeleteTrail"))
    for fields, number in zip(records[1:4], ids, strict=True):
        fields |= {"eventTime": "2026-03-02T09:01:00Z", "eventID": f"tie-{number}"}

    assert json.loads(rows_of(records)[-1].before or "null") == {
        "name": "main",
        "isMultiRegionTrail": False,
        "kmsKeyId": "k",
        "enableLogFileValidation": True,
    }


@pytest.mark.parametrize(("ender", "told"), [(CAROL, True), (BOB, None)])
def test_bucket_of_a_trail_is_such_afterwards_unless_its_maker_threw_the_trail_away(
    ender: Principal, told: bool | None
) -> None:
    moved = [trail("UpdateTrail", s3BucketName=name) for name in ("second", "third")]
    gone = call("DeleteTrail", by=ender, source="cloudtrail", request={"name": "main"})
    ends = [
        done("s3:DeleteBucket", bucketName=name) for name in ("logs", "second", "third", "other")
    ]

    assert [row_after(MADE, *moved, end).of_trail for end in ends] == [True, True, True, None]
    after = [row_after(MADE, *moved, gone, end).of_trail for end in ends]
    assert after == [told, told, told, None]
