"""Trails: what is proposed in each state of an account, and that it mends and can be undone."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trail_accounts import ACCOUNT, ALL, ARN, ASKED_AT, FLAGS, OLD, Account
from tests.worlds_trails import DATA, MINE, OPEN, OTHERS
from trailmend.calls import Call, ask
from trailmend.errors import CannotFix, Denied
from trailmend.plan import Facts, Proposal, Target, propose
from trailmend.remediations.trails import repair_trail

ALL_ADVANCED = {
    "Name": "All management events (trailmend)",
    "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}],
}
MANAGEMENT = {"Field": "eventCategory", "Equals": ["Management"]}
WITHOUT_KMS = {"Field": "eventSource", "NotEquals": ["kms.amazonaws.com"]}
WRITES = ALL | {"ReadWriteType": "WriteOnly"}
START = Call("cloudtrail.start_logging", {"Name": ARN}, "us-east-1")
NOTHING: list[Call] = []


def facts(**more: Any) -> Facts:
    known = {"finding_id": "f", "event_id": "e", "event_name": "", "event_time": ""}
    return Facts(**({"account_id": ACCOUNT, "asked_at": ASKED_AT} | known | more))


def proposed(account: Account, **more: Any) -> Proposal:
    return propose(repair_trail, facts(**more), lambda read: ask(account, read))


def calls(account: Account, **more: Any) -> list[Call]:
    return [one.call for one in proposed(account, **more).changes]


def names(account: Account, **more: Any) -> list[str]:
    return [one.name.partition(".")[2] for one in calls(account, **more)]


def whole() -> Account:
    return Account().with_trail().with_bucket()


# Promises that hold in every state ---------------------------------------------------------

selectors = st.sampled_from(
    [
        {"EventSelectors": [ALL]},
        {"EventSelectors": [ALL | {"ReadWriteType": "WriteOnly"}]},
        {"EventSelectors": [ALL | {"IncludeManagementEvents": False}]},
        {"AdvancedEventSelectors": [DATA]},
        {"AdvancedEventSelectors": [DATA, ALL_ADVANCED]},
    ]
)
trails = st.fixed_dictionaries(
    {
        "IsMultiRegionTrail": st.booleans(),
        "LogFileValidationEnabled": st.booleans(),
        "IncludeGlobalServiceEvents": st.booleans(),
        "KmsKeyId": st.just(f"arn:aws:kms:us-east-1:{ACCOUNT}:key/k"),
        "SnsTopicARN": st.just(f"arn:aws:sns:us-east-1:{ACCOUNT}:t"),
        "S3KeyPrefix": st.sampled_from(["", "a/b", "we\"ird`'"]),
        "S3BucketName": st.sampled_from(["audit-logs", "other-logs", "of-others"]),
        "selectors": selectors,
        "status": st.builds(
            lambda on: {"IsLogging": on, "StartLoggingTime": OLD, "LatestDeliveryTime": OLD},
            st.booleans(),
        ),
    }
)
ARNS = st.sampled_from([ARN, ARN + "-2", ARN.replace("us-east-1", "ap-south-2")])
blocks = st.none() | st.fixed_dictionaries(dict.fromkeys(FLAGS, st.booleans()))
statements = st.lists(st.sampled_from([OTHERS, *MINE]), unique_by=json.dumps, min_size=1)


@st.composite
def accounts(draw: st.DrawFn) -> Account:
    account = Account()
    for arn in draw(st.lists(ARNS, unique=True)):
        account.with_trail(arn, **copy.deepcopy(draw(trails)))
    for name in ("audit-logs", "other-logs"):
        region = draw(st.sampled_from([None, "EU", "ap-south-2"]))
        account.with_bucket(name, *draw(statements), block=draw(blocks), region=region)
    if draw(st.booleans()):
        account.buckets["other-logs"]["policy"] = None
    return account


@given(accounts())
def test_what_is_left_is_proposed_again_and_undos_bring_all_back(account: Account) -> None:
    """The engine tells by this what of a plan is in force."""
    before = copy.deepcopy((account.trails, account.buckets))
    whole_plan = [(one.call, one.undo) for one in proposed(account).changes]

    for done, (change, _) in enumerate(whole_plan, start=1):
        account(change)
        assert [(o.call, o.undo) for o in proposed(account).changes] == whole_plan[done:]
    for _, undo in reversed(whole_plan):
        assert undo is not None
        account(undo)
    for trail in [*account.trails.values(), *before[0].values()]:
        trail["status"].pop("StartLoggingTime", None)
    assert (account.trails, account.buckets) == before


@given(accounts())
def test_no_protection_is_lowered(account: Account) -> None:
    for one in calls(account):
        sent = dict(one.params)
        if one.name == "cloudtrail.update_trail":
            assert sent.pop("Name") in account.trails
            assert set(sent) <= {
                "IsMultiRegionTrail",
                "EnableLogFileValidation",
                "IncludeGlobalServiceEvents",
            }
            assert set(sent.values()) == {True}
        if one.name == "s3.put_public_access_block":
            assert sent["PublicAccessBlockConfiguration"] == dict.fromkeys(FLAGS, True)
        if one.name == "s3.put_bucket_policy":
            text = account.buckets.get(sent["Bucket"], {"policy": None})["policy"]
            former = json.loads(text or '{"Statement": []}')
            merged = json.loads(sent["Policy"])["Statement"]
            assert merged[: len(former["Statement"])] == former["Statement"]
        if one.name == "cloudtrail.put_event_selectors":
            now = account.trails[sent.pop("TrailName")]["selectors"]
            ((kind, wanted),) = sent.items()
            assert wanted[:-1] == now[kind]


# What each state needs ---------------------------------------------------------------------


def test_nothing_is_done_to_a_trail_that_is_well() -> None:
    """A policy as the User Guide had it before aws:SourceArn is enough."""
    assert calls(whole()) == NOTHING


def test_stopped_trail_is_only_started() -> None:
    """Cloud Custodian sends UpdateTrail with KmsKeyId='' and validation off here."""
    account = whole()
    account.trails[ARN] |= {"KmsKeyId": "arn:aws:kms:us-east-1:1:key/k", "SnsTopicARN": "arn:t"}
    account.stop_logging(ARN)

    (one,) = proposed(account).changes

    assert one.call == START
    assert one.undo == Call("cloudtrail.stop_logging", {"Name": ARN}, "us-east-1")
    assert one.note == "Trail audit in us-east-1, to bucket audit-logs: logging off → on"


def test_account_without_a_trail_gets_one_that_logs() -> None:
    """Prowler's fixer never starts it; Cloud Custodian fails in us-east-1 and writes no prefix."""
    bucket = f"trailmend-trail-{ACCOUNT}-us-east-1"
    arn = ARN.replace("/audit", "/trailmend-trail")
    owned = {"Bucket": bucket, "ExpectedBucketOwner": ACCOUNT}
    look = {**OPEN, "Action": "s3:GetBucketAcl", "Resource": f"arn:aws:s3:::{bucket}"}
    write = {
        **OPEN,
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{bucket}/AWSLogs/{ACCOUNT}/*",
    }
    acl = {"s3:x-amz-acl": "bucket-owner-full-control"}
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "trailmendLook20260302093000",
                **look,
                "Condition": {"StringEquals": {"aws:SourceArn": arn}},
            },
            {
                "Sid": "trailmendWrite20260302093000",
                **write,
                "Condition": {"StringEquals": {**acl, "aws:SourceArn": arn}},
            },
        ],
    }

    made = proposed(Account()).changes

    create, put, *rest = [one.call for one in made]
    assert create == Call("s3.create_bucket", {"Bucket": bucket}, "us-east-1")
    assert (put.name, json.loads(put.params.pop("Policy"))) == ("s3.put_bucket_policy", policy)
    assert put.params == owned
    assert rest == [
        Call(
            "cloudtrail.create_trail",
            {
                "Name": "trailmend-trail",
                "S3BucketName": bucket,
                "IsMultiRegionTrail": True,
                "EnableLogFileValidation": True,
                "IncludeGlobalServiceEvents": True,
            },
            "us-east-1",
        ),
        Call("cloudtrail.start_logging", {"Name": arn}, "us-east-1"),
    ]
    assert [one.undo and one.undo.name for one in made] == [
        "s3.delete_bucket",
        "s3.delete_bucket_policy",
        "cloudtrail.delete_trail",
        "cloudtrail.stop_logging",
    ]
    assert [one.irreversible for one in made if one.irreversible] == [
        f"Bucket {bucket} can be deleted again only while it is empty: with log files in it, it "
        "stays."
    ]


def test_bucket_that_is_there_already_is_used() -> None:
    account = Account().with_bucket(f"trailmend-trail-{ACCOUNT}-us-east-1", policy=None)

    assert names(account) == ["put_bucket_policy", "create_trail", "start_logging"]


def test_other_partition_has_its_own_names_and_home() -> None:
    create, put, trail, _ = calls(Account("aws-cn"))

    assert create.params["CreateBucketConfiguration"] == {"LocationConstraint": "cn-north-1"}
    assert {create.region, put.region, trail.region} == {"cn-north-1"}
    assert '"arn:aws-cn:s3:::trailmend-trail-123456789012-cn-north-1"' in put.params["Policy"]
    assert f"arn:aws-cn:cloudtrail:cn-north-1:{ACCOUNT}:trail/" in put.params["Policy"]


def test_unknown_partition_is_left_to_people() -> None:
    with pytest.raises(CannotFix, match="Partition aws-moon is not known"):
        proposed(Account("aws-moon"))


def test_prefix_of_the_trail_is_in_the_policy() -> None:
    account = Account().with_trail(S3KeyPrefix='we"ird').with_bucket("audit-logs", OTHERS)

    (put,) = calls(account)

    written = json.loads(put.params["Policy"])["Statement"][-1]["Resource"]
    assert written == f'arn:aws:s3:::audit-logs/we"ird/AWSLogs/{ACCOUNT}/*'


@pytest.mark.parametrize(
    ("region", "sent"), [(None, "us-east-1"), ("EU", "eu-west-1"), ("eu-north-1", "eu-north-1")]
)
def test_bucket_is_called_in_its_own_region(region: str | None, sent: str) -> None:
    account = Account().with_trail().with_bucket("audit-logs", OTHERS, region=region)

    assert [one.region for one in calls(account)] == [sent]


# Which trail -------------------------------------------------------------------------------

SECOND = ARN + "-2"


def test_trail_of_all_regions_goes_before_one_that_logs() -> None:
    account = whole().with_trail(SECOND, IsMultiRegionTrail=False)
    account.stop_logging(ARN)

    assert calls(account) == [START]


def test_trail_that_is_well_makes_another_superfluous() -> None:
    account = whole().with_trail(SECOND)
    account.stop_logging(ARN)

    assert calls(account) == NOTHING


@pytest.mark.parametrize("name", ["audit", ARN])
def test_trail_that_the_finding_names_goes_before_another(name: str) -> None:
    account = whole().with_trail(SECOND)
    account.stop_logging(ARN)

    assert calls(account, object_id=name) == [START]


def test_trail_of_one_region_is_found_in_its_region_and_raised() -> None:
    arn = ARN.replace("us-east-1", "ap-south-2")
    account = Account().with_trail(arn, IsMultiRegionTrail=False).with_bucket()

    assert calls(account) == [
        Call("cloudtrail.update_trail", {"Name": arn, "IsMultiRegionTrail": True}, "ap-south-2")
    ]


# Other accounts ----------------------------------------------------------------------------

ORGANIZATION = f"arn:aws:cloudtrail:us-east-1:{'9' * 12}:trail/organization"


def organized(**more: Any) -> Account:
    return Account().with_trail(ORGANIZATION, IsOrganizationTrail=True, S3BucketName="far", **more)


def test_trail_of_the_organization_that_logs_counts() -> None:
    assert calls(organized()) == NOTHING


@pytest.mark.parametrize(
    "lack",
    [
        {"status": {"IsLogging": False}},
        {"LogFileValidationEnabled": False},
        {"selectors": {"EventSelectors": [WRITES]}},
    ],
)
def test_trail_of_the_organization_that_lacks_something_is_left_alone(
    lack: dict[str, Any],
) -> None:
    changes = proposed(organized(**lack)).changes

    assert [one.call.name for one in changes][2:] == [
        "cloudtrail.create_trail",
        "cloudtrail.start_logging",
    ]
    assert "Trail organization of account 999999999999 does not do" in changes[2].note
    assert all(ORGANIZATION not in one.call.text for one in changes)


def test_own_trail_that_the_finding_names_is_repaired_beside_that_of_the_organization() -> None:
    account = organized().with_trail().with_bucket()
    account.stop_logging(ARN)

    assert calls(account) == NOTHING
    assert calls(account, object_id=ARN) == [START]


def test_bucket_of_another_account_is_not_touched() -> None:
    account = Account().with_trail(LogFileValidationEnabled=False)
    account.stop_logging(ARN)

    update, start = proposed(account).changes

    assert update.call.params == {"Name": ARN, "EnableLogFileValidation": True}
    assert start.call == START
    assert "bucket audit-logs (not of this account: make sure that it is yours)" in start.note


def test_lost_bucket_of_the_organizations_own_trail_is_left_to_people() -> None:
    status = {"IsLogging": True, "LatestDeliveryError": "NoSuchBucket"}

    with pytest.raises(CannotFix, match="names the organization"):
        proposed(Account().with_trail(IsOrganizationTrail=True, status=status))


def test_lost_bucket_is_made_again_where_the_key_of_the_trail_is() -> None:
    status = {"IsLogging": True, "LatestDeliveryError": "NoSuchBucket"}
    key = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/k"

    create, put = proposed(Account().with_trail(status=status, KmsKeyId=key)).changes

    assert create.call == Call(
        "s3.create_bucket",
        {
            "Bucket": "audit-logs",
            "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"},
        },
        "eu-west-1",
    )
    assert "if another account had it, make it there" in create.note
    assert put.call.region == "eu-west-1"


def test_denied_read_is_told() -> None:
    class Closed(Account):
        def describe_trails(self, *_: Any, **__: Any) -> Any:
            raise Denied("cloudtrail:DescribeTrails: the caller may not do this")

    with pytest.raises(Denied, match="cloudtrail:DescribeTrails"):
        proposed(Closed())


# What no repair takes back -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("event_name", "kind", "by_hand"),
    [
        ("PutBucketLifecycle", "bucket", "delete-bucket-lifecycle"),
        ("PutBucketVersioning", "bucket", "put-bucket-versioning --bucket logs"),
        ("ScheduleKeyDeletion", "key", "cancel-key-deletion --key-id logs"),
        ("PutKeyPolicy", "key", "get-key-policy --key-id logs"),
    ],
)
def test_call_on_a_store_that_no_repair_takes_back_is_told_with_what_to_do(
    event_name: str, kind: str, by_hand: str
) -> None:
    with pytest.raises(CannotFix, match=f"does not take {event_name} back.*{by_hand}"):
        proposed(Account(), event_name=event_name, target=Target(kind, "logs"))
