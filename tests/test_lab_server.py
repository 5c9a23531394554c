"""The lab as an account: who may call, what listings tell, what goes wrong on order."""

import json

import pytest
from botocore.exceptions import ConnectionClosedError, HTTPClientError

from tests.lab_errors import ONCE, code
from trailmend.lab import Credentials, Fault, Lab

pytestmark = pytest.mark.wire
DENY_ALL = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
)


def key_of(lab: Lab, name: str) -> Credentials:
    made = lab.client("iam").create_access_key(UserName=name)["AccessKey"]
    return Credentials(made["AccessKeyId"], made["SecretAccessKey"])


def seen(lab: Lab, operation: str) -> list[str | None]:
    return [call.error for call in lab.calls if call.operation == operation]


def recorded(lab: Lab, name: str) -> list[str | None]:
    return [each.get("errorCode") for each in lab.records() if each["eventName"] == name]


def test_a_new_lab_has_an_administrator_and_no_past(lab: Lab) -> None:
    assert (lab.records(), lab.calls, lab.deliver()) == ([], [], [])

    identity = lab.client("sts").get_caller_identity()

    user = lab.client("iam").get_user()["User"]
    assert (identity["Arn"], identity["UserId"]) == (user["Arn"], user["UserId"])
    attached = lab.client("iam").list_attached_user_policies(UserName="lab-admin")
    assert [policy["PolicyName"] for policy in attached["AttachedPolicies"]] == [
        "AdministratorAccess"
    ]


def test_a_key_that_is_unknown_inactive_or_deleted_is_refused(lab: Lab) -> None:
    iam = lab.client("iam")
    iam.create_user(UserName="alice")
    key = key_of(lab, "alice")
    alice = lab.client("sts", key)
    known = {"UserName": "alice", "AccessKeyId": key.access_key_id}
    stranger = lab.client("sts", Credentials("AKIAIOSFODNN7EXAMPLE", "secret"))

    assert code(stranger.get_caller_identity) == "InvalidClientTokenId"
    alice.get_caller_identity()
    iam.update_access_key(**known, Status="Inactive")
    assert code(alice.get_caller_identity) == "InvalidClientTokenId"
    iam.update_access_key(**known, Status="Active")
    alice.get_caller_identity()
    iam.delete_access_key(**known)
    assert code(alice.get_caller_identity) == "InvalidClientTokenId"

    refused = "InvalidClientTokenId"
    assert seen(lab, "GetCallerIdentity") == [refused, None, refused, None, refused]
    assert recorded(lab, "GetCallerIdentity") == [None, None]


def test_a_third_access_key_is_refused_and_the_last_use_is_known(lab: Lab) -> None:
    iam = lab.client("iam")
    iam.create_user(UserName="alice")
    key, unused = key_of(lab, "alice"), key_of(lab, "alice")
    lab.client("iam", key).get_user()

    assert code(iam.create_access_key, UserName="alice") == "LimitExceeded"
    used = iam.get_access_key_last_used(AccessKeyId=key.access_key_id)
    assert (used["UserName"], used["AccessKeyLastUsed"]["ServiceName"]) == ("alice", "iam")
    assert abs((used["AccessKeyLastUsed"]["LastUsedDate"] - lab.now()).total_seconds()) < 60
    never = iam.get_access_key_last_used(AccessKeyId=unused.access_key_id)["AccessKeyLastUsed"]
    assert never == {"ServiceName": "N/A", "Region": "N/A"}


def test_the_user_left_out_is_the_caller(lab: Lab) -> None:
    iam = lab.client("iam")
    iam.create_user(UserName="alice")
    alice = lab.client("iam", key_of(lab, "alice"))

    assert alice.get_user()["User"]["UserName"] == "alice"
    (key,) = alice.list_access_keys()["AccessKeyMetadata"]
    assert key["UserName"] == "alice"
    alice.create_login_profile(UserName="alice", Password="Correct-horse-7")
    alice.delete_login_profile()
    assert code(iam.get_login_profile, UserName="alice") == "NoSuchEntity"
    assert alice.list_mfa_devices()["MFADevices"] == []


@pytest.mark.parametrize(
    ("make", "list_all", "member"),
    [
        ("users", "list_users", "Users"),
        ("access_keys", "list_access_keys", "AccessKeyMetadata"),
        ("devices", "list_virtual_mfa_devices", "VirtualMFADevices"),
        ("groups", "list_groups_for_user", "Groups"),
        ("policies", "list_user_policies", "PolicyNames"),
    ],
)
def test_listings_come_in_pages(lab: Lab, make: str, list_all: str, member: str) -> None:
    iam = lab.client("iam")
    iam.create_user(UserName="alice")
    of_alice = {} if make in ("users", "devices") else {"UserName": "alice"}
    for number in range(2 if make == "access_keys" else 5):
        if make == "users":
            iam.create_user(UserName=f"user-{number}")
        elif make == "access_keys":
            iam.create_access_key(UserName="alice")
        elif make == "devices":
            iam.create_virtual_mfa_device(VirtualMFADeviceName=f"phone-{number}")
        elif make == "groups":
            iam.create_group(GroupName=f"group-{number}")
            iam.add_user_to_group(GroupName=f"group-{number}", UserName="alice")
        else:
            document = {"UserName": "alice", "PolicyDocument": DENY_ALL}
            iam.put_user_policy(**document, PolicyName=f"policy-{number}")

    whole = getattr(iam, list_all)(**of_alice)
    paginator = iam.get_paginator(list_all)
    pages = list(paginator.paginate(**of_alice, PaginationConfig={"PageSize": 1}))

    assert (whole["IsTruncated"], "Marker" in whole) == (False, False)
    assert [len(page[member]) for page in pages] == [1] * len(whole[member])
    assert [page[member][0] for page in pages] == whole[member]
    assert code(getattr(iam, list_all), **of_alice, Marker="?") == "ValidationError"


def test_a_listing_without_a_size_ends_at_a_hundred(lab: Lab) -> None:
    iam = lab.client("iam")
    for number in range(100):
        iam.create_user(UserName=f"user-{number}")

    first = iam.list_users()
    rest = iam.list_users(Marker=first["Marker"])

    assert (len(first["Users"]), first["IsTruncated"]) == (100, True)
    assert [user["UserName"] for user in rest["Users"]] == ["user-99"]
    assert rest["IsTruncated"] is False


@pytest.mark.parametrize(
    ("kind", "wire", "name"),
    [
        (Fault.THROTTLED, "Throttling", "ThrottlingException"),
        (Fault.BUSY, "EntityTemporarilyUnmodifiable", "EntityTemporarilyUnmodifiableException"),
        (Fault.FAILING, "ServiceFailure", "ServiceFailureException"),
    ],
)
def test_an_ordered_error_comes_as_often_as_ordered_and_changes_nothing(
    lab: Lab, kind: Fault, wire: str, name: str
) -> None:
    iam = lab.client("iam", config=ONCE)
    lab.fault("iam:CreateUser", kind, times=2)

    assert code(iam.create_user, UserName="alice") == wire
    assert code(iam.create_user, UserName="alice") == wire
    iam.create_user(UserName="alice")

    assert seen(lab, "CreateUser") == [wire, wire, None]
    assert recorded(lab, "CreateUser") == [name, name, None]


def test_boto3_tries_a_throttled_call_again(lab: Lab) -> None:
    lab.fault("iam:GetUser", Fault.THROTTLED, times=2)

    answer = lab.client("iam").get_user()

    assert answer["ResponseMetadata"]["RetryAttempts"] == 2
    assert seen(lab, "GetUser") == ["Throttling", "Throttling", None]


def test_a_call_with_a_lost_answer_has_happened(lab: Lab) -> None:
    iam = lab.client("iam", config=ONCE)
    lab.fault("iam:CreateUser", Fault.LOST_ANSWER)

    with pytest.raises((ConnectionClosedError, HTTPClientError)):
        iam.create_user(UserName="alice")

    assert iam.get_user(UserName="alice")["User"]["UserName"] == "alice"
    assert (seen(lab, "CreateUser"), recorded(lab, "CreateUser")) == ([None], [None])


def test_a_lost_request_has_not_happened(lab: Lab) -> None:
    iam = lab.client("iam", config=ONCE)
    lab.fault("iam:CreateUser", Fault.LOST_REQUEST)

    with pytest.raises((ConnectionClosedError, HTTPClientError)):
        iam.create_user(UserName="alice")

    assert code(iam.get_user, UserName="alice") == "NoSuchEntity"
    assert (seen(lab, "CreateUser"), recorded(lab, "CreateUser")) == (["LostRequest"], [])


def test_a_client_that_tries_again_after_a_lost_answer_acts_twice(lab: Lab) -> None:
    lab.client("iam").create_user(UserName="alice")
    lab.fault("iam:CreateAccessKey", Fault.LOST_ANSWER)

    lab.client("iam").create_access_key(UserName="alice")

    assert seen(lab, "CreateAccessKey") == [None, None]
    assert len(lab.client("iam").list_access_keys(UserName="alice")["AccessKeyMetadata"]) == 2


def test_a_late_write_is_seen_after_the_ordered_reads(lab: Lab) -> None:
    iam = lab.client("iam")
    lab.fault("iam:CreateUser", Fault.LATE, reads=2)

    iam.create_user(UserName="alice")

    assert code(iam.get_user, UserName="alice") == "NoSuchEntity"
    assert [user["UserName"] for user in iam.list_users()["Users"]] == ["lab-admin"]
    assert iam.get_user(UserName="alice")["User"]["UserName"] == "alice"


def test_a_late_write_is_seen_after_the_ordered_seconds_of_the_lab(lab: Lab) -> None:
    iam = lab.client("iam")
    iam.create_user(UserName="alice")
    key = key_of(lab, "alice").access_key_id
    lab.fault("iam:UpdateAccessKey", Fault.LATE, seconds=30)

    def status() -> str:
        (listed,) = iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]
        return str(listed["Status"])

    iam.update_access_key(UserName="alice", AccessKeyId=key, Status="Inactive")

    assert status() == "Active"
    lab.client("iam").create_group(GroupName="team")
    lab.advance(31)
    assert status() == "Inactive"
    assert iam.get_group(GroupName="team")["Group"]["GroupName"] == "team"


def test_an_order_for_late_visibility_says_for_how_long(lab: Lab) -> None:
    for orders in ({}, {"seconds": 1.0, "reads": 1}):
        with pytest.raises(ValueError, match="give one"):
            lab.fault("iam:CreateUser", Fault.LATE, **orders)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="writes of IAM"):
        lab.fault("s3:CreateBucket", Fault.LATE, reads=1)


def test_what_moto_lacks_is_an_error_of_aws_and_no_record(lab: Lab) -> None:
    iam = lab.client("iam")

    wrong = code(iam.generate_service_last_accessed_details, Arn="arn:aws:iam::123456789012:user/x")

    assert wrong == "NotImplemented"
    assert code(lab.client("cloudtrail").list_channels) == "NotImplemented"
    assert lab.records() == []


def test_a_quarantine_stops_a_key_and_its_removal_lets_it_work(lab: Lab) -> None:
    iam = lab.client("iam")
    iam.create_user(UserName="alice")
    key = key_of(lab, "alice")
    alice = lab.client("iam", key)
    quarantine = {"UserName": "alice", "PolicyArn": "arn:aws:iam::aws:policy/AWSDenyAll"}

    iam.attach_user_policy(**quarantine)
    assert code(alice.list_users) == "AccessDenied"
    assert lab.client("sts", key).get_caller_identity()["Account"] == lab.account_id
    iam.detach_user_policy(**quarantine)
    alice.list_users()
    iam.create_group(GroupName="suspects")
    iam.add_user_to_group(GroupName="suspects", UserName="alice")
    iam.put_group_policy(GroupName="suspects", PolicyName="deny", PolicyDocument=DENY_ALL)
    assert code(alice.list_users) == "AccessDenied"

    message = lab.records()[-1]["errorMessage"]
    assert message.endswith("with an explicit deny in an identity-based policy")
    conditional = json.loads(DENY_ALL)
    conditional["Statement"][0]["Condition"] = {"StringEquals": {"aws:SourceVpc": "vpc-1"}}
    document = json.dumps(conditional)
    iam.put_group_policy(GroupName="suspects", PolicyName="deny", PolicyDocument=document)
    alice.list_users()
