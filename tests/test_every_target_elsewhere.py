"""Targets of other services, and of calls that were denied."""

import pytest

from tests.calls_of_botocore import (
    ANALYZER,
    APPLICATION,
    INSTANCE,
    MEMBER,
    POLICY,
    SAML,
    SET,
    operations,
)
from tests.reading import Fields
from tests.targets import BOB, told
from trailmend.events import WANTED
from trailmend.events.target import WANTED_OF_STORES
from trailmend.evidence import ACCOUNT, OTHER_ACCOUNT, call, denied, unnamed

_CLOUDTRAIL = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}"


@pytest.mark.parametrize(
    ("source", "name", "resource", "target", "thing"),
    [
        ("iam", "CreatePolicy", "policy p", "policy p", "-"),
        ("iam", "AddRoleToInstanceProfile", "instance profile web", "-", "instance_profile web"),
        ("iam", "CreateSAMLProvider", SAML, f"saml_provider {SAML}", "-"),
        ("iam", "GenerateServiceLastAccessedDetails", POLICY, f"policy {POLICY}", "-"),
        ("sts", "AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/teams/ops", "role ops", "-"),
        (
            "sts",
            "AssumeRole",
            f"arn:aws:iam::{OTHER_ACCOUNT}:role/ops",
            f"role arn:aws:iam::{OTHER_ACCOUNT}:role/ops",
            "-",
        ),
        ("sts", "AssumeRoot", f"arn:aws:iam::{ACCOUNT}:root", "root root", "-"),
        ("sso", "CreateAccountAssignment", INSTANCE, "-", "-"),
        ("sso", "CreateAccountAssignment", SET, "-", f"permission_set {SET}"),
        ("sso", "CreateApplicationAssignment", APPLICATION, "-", f"application {APPLICATION}"),
        ("sso", "CreateApplicationAssignment", INSTANCE, "-", "-"),
        ("sso", "UpdateApplication", APPLICATION, f"application {APPLICATION}", "-"),
        ("sso", "DeletePermissionSet", SET, f"permission_set {SET}", "-"),
        (
            "identitystore",
            "DeleteUser",
            "arn:aws:identitystore:::user/u-1",
            "directory_user u-1",
            "-",
        ),
        (
            "identitystore",
            "CreateGroupMembership",
            "arn:aws:identitystore:::group/g-1",
            "-",
            "directory_group g-1",
        ),
        (
            "identitystore",
            "CreateUser",
            f"arn:aws:identitystore::{ACCOUNT}:identitystore/d-1",
            "-",
            "-",
        ),
        (
            "rolesanywhere",
            "CreateProfile",
            f"arn:aws:iam::{ACCOUNT}:role/ops",  # a refusal of iam:PassRole
            "-",
            "-",
        ),
        (
            "rolesanywhere",
            "DisableTrustAnchor",
            f"arn:aws:rolesanywhere:eu-west-1:{ACCOUNT}:trust-anchor/a-1",
            "trust_anchor a-1",
            "-",
        ),
        (
            "organizations",
            "DetachPolicy",
            f"arn:aws:organizations::{OTHER_ACCOUNT}:policy/o-1/service_control_policy/p-1",
            "-",
            "organization_policy p-1",
        ),
        (
            "organizations",
            "MoveAccount",
            f"arn:aws:organizations::{OTHER_ACCOUNT}:account/o-1/{MEMBER}",
            f"organization_account {MEMBER}",
            "-",
        ),
        ("organizations", "LeaveOrganization", "*", "account", "-"),
        (
            "cloudtrail",
            "DeleteChannel",
            f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:channel/c-1",
            "channel c-1",
            "-",
        ),
        (
            "cloudtrail",
            "AddTags",
            f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:dashboard/who-did-what",
            "dashboard who-did-what",
            "-",
        ),
        (
            "cloudtrail",
            "StopLogging",
            f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/main",
            "trail main",
            "-",
        ),
        (
            "access-analyzer",
            "DeleteAnalyzer",
            f"arn:aws:access-analyzer:us-east-1:{ACCOUNT}:analyzer/watch",
            "analyzer watch",
            "-",
        ),
        ("kms", "DisableKey", f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234", "key 1234", "-"),
        ("secretsmanager", "GetSecretValue", "db", "secret db", "-"),
    ],
)
def test_denied_call_of_any_service_names_no_more_than_its_message_does(
    source: str, name: str, resource: str, target: str, thing: str
) -> None:
    # Subtlety 19.  Samples: traildiscover (iam, sts, cloudtrail, organizations, secretsmanager).
    event = told(denied(name, by=BOB, source=source, resource=resource))

    assert event[:2] == (target, thing)


@pytest.mark.parametrize(
    ("source", "name", "request_sent", "target"),
    [
        ("sts", "AssumeRoot", {"targetPrincipal": MEMBER}, f"root arn:aws:iam::{MEMBER}:root"),
        (
            "sts",
            "AssumeRole",
            {"roleArn": f"arn:aws:iam::{OTHER_ACCOUNT}:role/ops"},
            f"role arn:aws:iam::{OTHER_ACCOUNT}:role/ops",
        ),
        (
            "cloudtrail",
            "DeleteTrail",
            {"name": f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/main"},
            "trail main",
        ),
        (
            "cloudtrail",
            "PutEventSelectors",
            {"trailName": f"arn:aws:cloudtrail:us-east-1:{OTHER_ACCOUNT}:trail/main"},
            f"trail arn:aws:cloudtrail:us-east-1:{OTHER_ACCOUNT}:trail/main",
        ),
        (
            "kms",
            "PutKeyPolicy",
            {"keyId": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234"},
            "key 1234",
        ),
        ("organizations", "DetachPolicy", {"targetId": "ou-1-a"}, "organization ou-1-a"),
        ("organizations", "TagResource", {"resourceId": "p-1"}, "organization_policy p-1"),
        (
            "organizations",
            "TagResource",
            {"resourceId": OTHER_ACCOUNT},
            f"organization_account {OTHER_ACCOUNT}",
        ),
        (
            "organizations",
            "InviteAccountToOrganization",
            {"target": {"id": OTHER_ACCOUNT, "type": "ACCOUNT"}},
            f"organization_account {OTHER_ACCOUNT}",
        ),
        (
            "organizations",
            "InviteAccountToOrganization",
            {"target": {"id": "HIDDEN_DUE_TO_SECURITY_REASONS", "type": "EMAIL"}},
            "organization_account",
        ),
        (
            "organizations",
            "InviteOrganizationToTransferResponsibility",
            {"target": {"id": "o-other12345", "type": "ORGANIZATION"}},
            "organization o-other12345",
        ),
        (
            "sso",
            "TagResource",
            {"instanceArn": INSTANCE, "resourceArn": SET},
            f"permission_set {SET}",
        ),
        ("sso", "UntagResource", {"resourceArn": APPLICATION}, f"application {APPLICATION}"),
        ("access-analyzer", "TagResource", {"resourceArn": ANALYZER}, "analyzer watch"),
        ("account", "StartPrimaryEmailUpdate", {"accountId": ACCOUNT}, "account"),
        ("account", "PutAlternateContact", {"alternateContactType": "SECURITY"}, "account"),
        (
            "sso",
            "CreateAccountAssignment",
            {"principalType": "USER", "principalId": "u-1"},
            "directory_user u-1",
        ),
        (
            "sso-directory",
            "AddMemberToGroup",
            {"groupId": "g-1", "member": {"memberId": "u-1"}},
            "directory_user u-1",
        ),
        ("identitystore", "CreateUser", {"userName": unnamed().name}, "-"),
        (
            "sso-directory",
            "RemoveMemberFromGroup",
            {"groupId": "g-1", "member": {"memberId": "u-1"}},
            "directory_user u-1",
        ),
        ("identitystore-scim", "PatchUser", {"tenantId": "t", "id": "u-1"}, "directory_user u-1"),
        ("identitystore-scim", "PatchGroup", {"tenantId": "t", "id": "g-1"}, "directory_group g-1"),
    ],
)
def test_target_is_named_as_this_account_names_it(
    source: str, name: str, request_sent: Fields, target: str
) -> None:
    assert told(call(name, by=BOB, source=source, request=request_sent))[0] == target


@pytest.mark.parametrize(
    ("name", "field"), [("CreateAccount", "create"), ("CloseAccount", "close")]
)
def test_event_of_the_service_tells_the_account_that_was_made_or_closed(
    name: str, field: str
) -> None:
    # Organizations User Guide, "Logging AWS Organizations API calls with AWS CloudTrail".
    status = {"state": "SUCCEEDED", "accountId": OTHER_ACCOUNT}
    made = call(f"{name}Result", by=BOB, source="organizations", request=None)
    result = made | {"serviceEventDetails": {f"{field}AccountStatus": status}}

    assert told(result)[0] == f"organization_account {OTHER_ACCOUNT}"


@pytest.mark.parametrize(
    ("source", "name", "request_sent", "target"),
    [
        ("cloudtrail", "AddTags", {"resourceId": f"{_CLOUDTRAIL}:trail/main"}, "trail main"),
        (
            "cloudtrail",
            "PutResourcePolicy",
            {"resourceArn": f"{_CLOUDTRAIL}:eventdatastore/e-1"},
            f"event_data_store {_CLOUDTRAIL}:eventdatastore/e-1",
        ),
        (
            "cloudtrail",
            "DeleteResourcePolicy",
            {"resourceArn": f"{_CLOUDTRAIL}:channel/c-1"},
            "channel c-1",
        ),
        ("cloudtrail", "UpdateChannel", {"channel": f"{_CLOUDTRAIL}:channel/c-1"}, "channel c-1"),
        ("cloudtrail", "UpdateChannel", {"channel": "c-1"}, "channel c-1"),
        ("cloudtrail", "CreateChannel", {"name": "idp"}, "channel idp"),
        (
            "cloudtrail",
            "DeleteDashboard",
            {"dashboardId": f"{_CLOUDTRAIL}:dashboard/main"},
            "dashboard main",
        ),
        ("cloudtrail", "CreateDashboard", {"name": "main"}, "dashboard main"),
        ("cloudtrail", "StartQuery", {"queryStatement": "SELECT 1"}, "-"),
        (
            "rolesanywhere",
            "TagResource",
            {"resourceArn": f"arn:aws:rolesanywhere:us-east-1:{ACCOUNT}:profile/p-1"},
            "rolesanywhere_profile p-1",
        ),
        (
            "rolesanywhere",
            "UntagResource",
            {"resourceArn": f"arn:aws:rolesanywhere:us-east-1:{ACCOUNT}:subject/s-1"},
            "-",
        ),
        ("rolesanywhere", "PutNotificationSettings", {"trustAnchorId": "a-1"}, "trust_anchor a-1"),
    ],
)
def test_thing_of_a_trail_is_named_by_its_arn_or_its_id(
    source: str, name: str, request_sent: Fields, target: str
) -> None:
    assert told(call(name, by=BOB, source=source, request=request_sent))[0] == target


@pytest.mark.parametrize(
    ("name", "request_sent", "found"),
    [
        ("EnableRegion", {"regionName": "af-south-1"}, ("account", "region af-south-1", "none")),
        ("DisableRegion", {"RegionName": "af-south-1"}, ("account", "region af-south-1", "none")),
        (
            "EnableRegion",
            {"regionName": "af-south-1", "accountId": MEMBER},
            (f"organization_account {MEMBER}", "region af-south-1", "other"),
        ),
        (
            "PutAlternateContact",
            {"alternateContactType": "SECURITY"},
            ("account", "alternate_contact SECURITY", "none"),
        ),
        ("PutContactInformation", {}, ("account", "-", "none")),
    ],
)
def test_region_or_contact_of_an_account_is_the_object(
    name: str, request_sent: Fields, found: tuple[str, str, str]
) -> None:
    assert told(call(name, by=BOB, source="account", request=request_sent)) == found


@pytest.mark.parametrize(
    ("name", "kept"), [("PatchGroup", True), ("CreateUser", True), ("ListUsers", False)]
)
def test_scan_keeps_what_a_provider_changes_and_not_what_it_reads(name: str, kept: bool) -> None:
    assert (name in WANTED["identitystore-scim.amazonaws.com"]) is kept


@pytest.mark.parametrize("source", sorted(WANTED_OF_STORES))
def test_calls_that_a_scan_keeps_of_busy_services_exist(source: str) -> None:
    # CloudTrail has names of its own for calls of S3 (S3 User Guide, "CloudTrail events").
    service = source.partition(".")[0]
    others = {
        "PutBucketLifecycle",
        "PutBucketLifecycleConfiguration",
        "PutBucketPublicAccessBlock",
        "DeleteBucketPublicAccessBlock",
        "PutAccountPublicAccessBlock",
        "DeleteAccountPublicAccessBlock",
        "PutBucketObjectLockConfiguration",
    }

    assert WANTED_OF_STORES[source] - set(operations(service)) <= others
