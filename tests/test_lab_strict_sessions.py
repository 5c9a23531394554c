"""The lab is as strict as AWS with sessions, listings and credentials for services."""

import json
from typing import Any

import pyotp

from tests.lab_things import GOOD, codes, device, key_of, refused, user
from trailmend.lab import Credentials, Fault, Lab


def test_every_session_tells_whose_it_is(lab: Lab) -> None:
    user(lab)
    key = key_of(lab, "alice")

    root = lab.client("sts", lab.root).get_caller_identity()
    alice = lab.client("sts", key).get_caller_identity()

    assert (root["Arn"], root["UserId"]) == ("arn:aws:iam::123456789012:root", "123456789012")
    born = lab.client("iam").get_user(UserName="alice")["User"]
    assert (alice["Arn"], alice["UserId"]) == (born["Arn"], born["UserId"])
    lab.client("iam").create_login_profile(UserName="alice", Password=GOOD)
    console = lab.client("sts", lab.sign_in("alice")).get_caller_identity()
    assert console["UserId"] == born["UserId"]


def session(given: Any) -> Credentials:
    made = given["Credentials"]
    return Credentials(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])


def test_a_session_token_works_for_its_user_until_it_expires(lab: Lab) -> None:
    iam = user(lab)
    sts = lab.client("sts", key_of(lab, "alice"))
    serial, seed = device(iam, "phone")
    at = lab.now().timestamp()
    iam.enable_mfa_device(UserName="alice", SerialNumber=serial, **codes(seed, at))
    code = pyotp.TOTP(seed.decode()).at(int(at))

    plain = session(sts.get_session_token(DurationSeconds=900))
    strong = session(sts.get_session_token(SerialNumber=serial, TokenCode=code))

    arn = "arn:aws:iam::123456789012:user/alice"
    assert lab.client("sts", plain).get_caller_identity()["Arn"] == arn
    assert refused(lab.client("iam", plain).list_users)[0] == "InvalidClientTokenId"
    assert lab.client("iam", strong).get_user()["User"]["UserName"] == "alice"
    assert refused(lab.client("sts", plain).get_session_token)[0] == "AccessDenied"
    assert refused(sts.get_session_token, SerialNumber=serial, TokenCode="000000") == (
        "AccessDenied",
        "MultiFactorAuthentication failed with invalid MFA one time pass code. ",
    )
    lab.advance(901)
    assert refused(lab.client("sts", plain).get_caller_identity)[0] == "ExpiredToken"
    iam.deactivate_mfa_device(UserName="alice", SerialNumber=serial)
    iam.delete_access_key(
        UserName="alice",
        AccessKeyId=iam.list_access_keys(UserName="alice")["AccessKeyMetadata"][0]["AccessKeyId"],
    )
    iam.delete_user(UserName="alice")
    assert refused(lab.client("sts", strong).get_caller_identity)[0] == "InvalidClientTokenId"


def test_a_federated_user_has_a_session_of_its_own(lab: Lab) -> None:
    user(lab)
    given = lab.client("sts", key_of(lab, "alice")).get_federation_token(Name="guest")

    arn = "arn:aws:sts::123456789012:federated-user/guest"
    assert given["FederatedUser"]["Arn"] == arn
    assert lab.client("sts", session(given)).get_caller_identity()["Arn"] == arn
    identity = lab.records()[-1]["userIdentity"]
    assert identity["type"] == "FederatedUser"
    assert identity["sessionContext"]["sessionIssuer"]["userName"] == "alice"
    assert refused(lab.client("iam", session(given)).list_users)[0] == "InvalidClientTokenId"


def test_a_role_is_assumed_only_if_it_exists_and_trusts_the_caller(lab: Lab) -> None:
    iam = user(lab)
    sts = lab.client("sts", key_of(lab, "alice"))

    def role(name: str, principal: Any) -> str:
        statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)
        return str(made["Role"]["Arn"])

    for arn in (
        "arn:aws:iam::123456789012:role/none",
        role("machine", {"Service": "ec2.amazonaws.com"}),
        role("bobs", {"AWS": "arn:aws:iam::123456789012:user/lab-admin"}),
    ):
        assert refused(sts.assume_role, RoleArn=arn, RoleSessionName="work") == (
            "AccessDenied",
            "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: "
            f"sts:AssumeRole on resource: {arn}",
        )
    arn = role("everyones", {"AWS": "123456789012"})
    given = sts.assume_role(RoleArn=arn, RoleSessionName="work", DurationSeconds=900)

    assumed = "arn:aws:sts::123456789012:assumed-role/everyones/work"
    assert lab.client("sts", session(given)).get_caller_identity()["Arn"] == assumed
    assert [one["UserName"] for one in lab.client("iam", session(given)).list_users()["Users"]] == [
        "lab-admin",
        "alice",
    ]


def test_events_are_looked_up_newest_first_in_pages_of_fifty(lab: Lab) -> None:
    iam, trail = user(lab), lab.client("cloudtrail")
    for number in range(60):
        iam.get_user(UserName="alice")
        lab.advance(1 if number % 2 else 0)

    first = trail.lookup_events()
    second = trail.lookup_events(NextToken=first["NextToken"])

    assert (len(first["Events"]), "NextToken" in second) == (50, False)
    times = [event["EventTime"] for event in [*first["Events"], *second["Events"]]]
    assert times == sorted(times, reverse=True)
    assert refused(trail.lookup_events, MaxResults=50, NextToken="x")[0] == (
        "InvalidNextTokenException"
    )

    def found(key: str, value: str) -> list[str]:
        attributes = [{"AttributeKey": key, "AttributeValue": value}]
        pages = trail.get_paginator("lookup_events").paginate(LookupAttributes=attributes)
        return [event["EventName"] for page in pages for event in page["Events"]]

    assert found("EventName", "CreateUser") == ["CreateUser"]
    assert found("Username", "nobody") == []
    assert len(found("ResourceName", "alice")) == 61
    assert set(found("EventSource", "cloudtrail.amazonaws.com")) == {"LookupEvents"}
    assert found("ReadOnly", "false") == ["CreateUser"]
    start = lab.records()[-1]["eventTime"]
    assert trail.lookup_events(StartTime=start, EndTime=start)["Events"] != []
    lab.advance(91 * 86400)
    assert trail.lookup_events()["Events"] == []


def test_the_credentials_of_a_user_are_listed_and_removed_one_by_one(lab: Lab) -> None:
    iam = user(lab)
    user(lab, "bob")
    first, second = key_of(lab, "alice"), key_of(lab, "alice")
    tags = [{"Key": "team", "Value": "blue"}]

    iam.tag_user(UserName="alice", Tags=tags)
    code, _ = refused(iam.delete_access_key, UserName="bob", AccessKeyId=first.access_key_id)
    iam.delete_access_key(UserName="alice", AccessKeyId=first.access_key_id)

    assert code == "NoSuchEntity"
    (left,) = iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]
    assert (left["AccessKeyId"], left["Status"]) == (second.access_key_id, "Active")
    assert refused(lab.client("iam", first).get_user)[0] == "InvalidClientTokenId"
    assert iam.get_user(UserName="alice")["User"]["Tags"] == tags
    (shown,) = iam.get_account_authorization_details(Filter=["User"])["UserDetailList"][1:2]
    assert (shown["UserName"], shown["Tags"]) == ("alice", tags)
    assert refused(iam.tag_user, UserName="nobody", Tags=tags)[0] == "NoSuchEntity"
    assert refused(iam.list_access_keys, UserName="nobody")[0] == "NoSuchEntity"
    assert refused(iam.list_mfa_devices, UserName="nobody")[0] == "NoSuchEntity"


def test_an_entity_on_order_cannot_be_changed_for_a_while(lab: Lab) -> None:
    iam = user(lab)
    iam.create_login_profile(UserName="alice", Password=GOOD)
    lab.fault("iam:UpdateLoginProfile", Fault.BUSY)
    change = iam.update_login_profile

    first = refused(change, UserName="alice", Password=GOOD + "b")[0]
    weak = refused(change, UserName="alice", Password="weak")[0]
    change(UserName="alice", Password=GOOD + "b")

    assert (first, weak) == ("EntityTemporarilyUnmodifiable", "PasswordPolicyViolation")
    lab.fault("iam:PutUserPolicy", Fault.LATE, reads=1)
    document = json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
    )
    iam.put_user_policy(UserName="alice", PolicyName="deny", PolicyDocument=document)
    assert iam.list_user_policies(UserName="alice")["PolicyNames"] == []
    assert iam.list_user_policies(UserName="alice")["PolicyNames"] == ["deny"]


GIT = {"UserName": "alice", "ServiceName": "codecommit.amazonaws.com"}


def test_a_user_has_two_credentials_for_a_service(lab: Lab) -> None:
    iam = user(lab)
    made = [iam.create_service_specific_credential(**GIT) for _ in range(2)]

    assert refused(iam.create_service_specific_credential, **GIT)[0] == "LimitExceeded"
    other = {**GIT, "ServiceName": "nothing.amazonaws.com"}
    assert refused(iam.create_service_specific_credential, **other)[0] == "NotSupportedService"
    secrets = {one["ServiceSpecificCredential"]["ServicePassword"] for one in made}
    assert len(secrets) == 2


def test_a_list_of_credentials_for_services_holds_no_secret(lab: Lab) -> None:
    iam = user(lab)
    made = iam.create_service_specific_credential(**GIT)["ServiceSpecificCredential"]

    [listed] = iam.list_service_specific_credentials(UserName="alice")["ServiceSpecificCredentials"]

    assert listed == {key: made[key] for key in made if key != "ServicePassword"}


def test_a_credential_for_a_service_is_switched(lab: Lab) -> None:
    iam = user(lab)
    made = iam.create_service_specific_credential(**GIT)["ServiceSpecificCredential"]
    which = {
        "UserName": "alice",
        "ServiceSpecificCredentialId": made["ServiceSpecificCredentialId"],
    }

    iam.update_service_specific_credential(**which, Status="Inactive")

    [listed] = iam.list_service_specific_credentials(UserName="alice")["ServiceSpecificCredentials"]
    assert listed["Status"] == "Inactive"
    gone = {**which, "ServiceSpecificCredentialId": "ACCA0000000000000000", "Status": "Active"}
    assert refused(iam.update_service_specific_credential, **gone)[0] == "NoSuchEntity"


def test_a_reset_gives_a_credential_for_a_service_another_secret(lab: Lab) -> None:
    iam = user(lab)
    made = iam.create_service_specific_credential(**GIT)["ServiceSpecificCredential"]

    again = iam.reset_service_specific_credential(
        UserName="alice", ServiceSpecificCredentialId=made["ServiceSpecificCredentialId"]
    )["ServiceSpecificCredential"]

    assert again["ServicePassword"] != made["ServicePassword"]
    assert again["ServiceSpecificCredentialId"] == made["ServiceSpecificCredentialId"]


def test_a_deleted_credential_for_a_service_is_not_there(lab: Lab) -> None:
    iam = user(lab)
    made = iam.create_service_specific_credential(**GIT)["ServiceSpecificCredential"]
    which = {
        "UserName": "alice",
        "ServiceSpecificCredentialId": made["ServiceSpecificCredentialId"],
    }

    iam.delete_service_specific_credential(**which)

    listed = iam.list_service_specific_credentials(UserName="alice")["ServiceSpecificCredentials"]
    assert listed == []
    assert refused(iam.delete_service_specific_credential, **which)[0] == "NoSuchEntity"
