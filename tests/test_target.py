"""Whom a call concerned: by what the record says, and never by what the caller chose."""

from typing import Any

import botocore.session
import pytest

from tests.reading import Fields, event_of
from trailmend.events.target import NAME_MAY_BE_LEFT_OUT
from trailmend.evidence import ACCOUNT, Principal, call, denied, role, root, user

IAM = botocore.session.Session().get_service_model("iam")
ALICE, BOB = user("alice"), user("bob")
PHONE = f"arn:aws:iam::{ACCOUNT}:mfa/alice"


def told(fields: Fields) -> tuple[str | None, str | None, str]:
    event = event_of(fields)
    return event.target_type, event.target_name, event.relation


def of_type(kind: str, name: str) -> Principal:
    return Principal({"type": kind, "accountId": ACCOUNT, "userName": name, "principalId": name})


def operations_on_a_user(*, required: bool) -> set[str]:
    shapes = {name: IAM.operation_model(name).input_shape for name in IAM.operation_names}
    return {
        name
        for name, shape in shapes.items()
        if shape is not None and "UserName" in shape.members
        if ("UserName" in shape.required_members) is required
    }


def test_calls_that_may_leave_the_name_out_are_those_of_botocore() -> None:
    # Subtlety 20.  The page of GetMFADevice does not say that it means the caller.
    optional = operations_on_a_user(required=False) - {"GetMFADevice"}

    assert optional | {"ChangePassword"} == NAME_MAY_BE_LEFT_OUT


@pytest.mark.parametrize("operation", sorted(NAME_MAY_BE_LEFT_OUT))
def test_left_out_name_means_the_caller(operation: str) -> None:
    # Subtleties 19 and 20; the rivals' defect 10 for root.
    assert told(call(operation, by=ALICE)) == ("user", "alice", "self")
    assert told(call(operation, by=root())) == ("root", "root", "self")


@pytest.mark.parametrize("operation", sorted(NAME_MAY_BE_LEFT_OUT - {"ChangePassword"}))
def test_left_out_name_means_the_caller_only_where_the_call_succeeded(operation: str) -> None:
    # Subtlety 20: a call that was refused logs no parameters, whomever it named.
    assert told(call(operation, by=ALICE, error="AccessDenied")) == (None, None, "unknown")
    assert told(call(operation, by=ALICE, error="NoSuchEntityException"))[2] == "unknown"


def test_change_of_password_is_of_the_caller_also_where_it_failed() -> None:
    # botocore iam ChangePassword: "the IAM user who is calling this operation"; it takes no name.
    for error in (None, "AccessDenied", "PasswordPolicyViolation"):
        assert told(call("ChangePassword", by=ALICE, error=error)) == ("user", "alice", "self")
        assert told(call("ChangePassword", by=role("ops"), error=error))[1:] == (None, "unknown")


@pytest.mark.parametrize("operation", sorted(operations_on_a_user(required=True)))
def test_missing_name_of_a_call_that_needs_one_is_unknown(operation: str) -> None:
    # Subtlety 20: here a record without the name is a record that lost it.
    assert told(call(operation, by=ALICE))[1:] == (None, "unknown")


@pytest.mark.parametrize(
    "request_sent",
    [
        {"reason": "requestParameters too large", "omitted": True},
        [{"userName": "alice"}],
        {"userName": {"value": "alice"}},
        {"userName": ["alice"]},
        '{"userName":"alice"}',
    ],
)
def test_request_that_cannot_be_read_never_means_the_caller(request_sent: Any) -> None:
    # Subtlety 8: what is not there is a sign of its own.  Some exports write the request as text.
    fields = call("DeleteLoginProfile", by=BOB) | {"requestParameters": request_sent}

    assert told(fields)[2] in ("unknown", "other")


@pytest.mark.parametrize(
    ("actor", "name", "relation"),
    [
        (user("alice"), "alice", "self"),
        (user("alice"), "bob", "other"),
        (user("a"), "admin", "other"),
        (user("jackson"), "jack", "other"),
        (user("jack"), "jackson", "other"),
        (user("a.c"), "abc", "other"),
        (root(), "alice", "other"),
        (root(), "AWS ROOT USER", "self"),
        (user("alice"), "AWS ROOT USER", "other"),
        (user("root"), "AWS ROOT USER", "other"),
        (root(), "root", "other"),
    ],
)
def test_self_is_the_same_principal_and_nothing_alike(
    actor: Principal, name: str, relation: str
) -> None:
    # The rivals' defects 1, 2 and 8; subtlety 22 for root.
    assert told(call("DeleteLoginProfile", by=actor, request={"userName": name}))[2] == relation


@pytest.mark.parametrize(
    "actor",
    [
        role("IAM", session="alice"),
        role("alice", session="alice"),
        *(
            of_type(kind, "alice")
            for kind in "FederatedUser SAMLUser WebIdentityUser IdentityCenterUser "
            "AWSAccount AWSService".split()
        ),
    ],
)
def test_only_an_iam_user_or_root_can_be_self(actor: Principal) -> None:
    # Subtlety 10, and the rivals' defect 3.
    assert told(call("UpdateLoginProfile", by=actor, request={"userName": "alice"}))[2] == "other"


def test_unknown_actor_is_in_no_relation_to_anybody() -> None:
    # Subtlety 9.
    fields = call("UpdateLoginProfile", by=Principal({}), request={"userName": "alice"})

    assert told(fields) == ("user", "alice", "unknown")


@pytest.mark.parametrize("operation", sorted(NAME_MAY_BE_LEFT_OUT))
def test_role_that_leaves_the_name_out_has_no_known_target(operation: str) -> None:
    # Subtlety 20: such a call does not succeed at AWS, so the record lost something.
    assert told(call(operation, by=role("ops", session="alice")))[1:] == (None, "unknown")


def test_namesake_of_another_account_is_somebody_else() -> None:
    # Subtlety 17: user names repeat across accounts.
    fields = call("DeleteLoginProfile", by=ALICE, request={"userName": "alice"})

    assert told(fields | {"recipientAccountId": "999999999999"})[2] == "other"


def test_name_in_other_letters_is_the_same_user() -> None:
    # botocore iam CreateUser: "Names are not distinguished by case".  A call on ALICE that
    # succeeded can only have met alice.
    fields = call("DeleteLoginProfile", by=ALICE, request={"userName": "ALICE"})

    assert told(fields)[2] == "self"


@pytest.mark.parametrize(
    ("operation", "request_sent", "response", "kind", "object_id"),
    [
        ("CreateAccessKey", None, {"accessKey": {"accessKeyId": "AKIAX"}}, "access_key", "AKIAX"),
        ("DeleteAccessKey", {"accessKeyId": "AKIAX"}, None, "access_key", "AKIAX"),
        ("DeleteSSHPublicKey", {"sSHPublicKeyId": "APKAX"}, None, "ssh_key", "APKAX"),
        (
            "UploadSSHPublicKey",
            {"userName": "alice", "sSHPublicKeyBody": "ssh-rsa AAAA"},
            {"sSHPublicKey": {"sSHPublicKeyId": "APKAX"}},
            "ssh_key",
            "APKAX",
        ),
        ("DeleteVirtualMFADevice", {"serialNumber": PHONE}, None, "mfa_device", PHONE),
        (
            "CreateVirtualMFADevice",
            {"virtualMFADeviceName": "alice", "path": "/"},
            {"virtualMFADevice": {"serialNumber": PHONE}},
            "mfa_device",
            PHONE,
        ),
        ("DeleteLoginProfile", {"userName": "alice"}, None, "login_profile", None),
        ("CreatePolicy", {"policyName": "p"}, {"policy": {"arn": "arn:p"}}, "policy", "arn:p"),
        ("AttachUserPolicy", {"userName": "a", "policyArn": "arn:p"}, None, "policy", "arn:p"),
        ("CreateUser", {"userName": "alice"}, {"user": {"userName": "alice"}}, None, None),
    ],
)
def test_object_is_found_under_the_odd_spelling_of_cloudtrail(
    operation: str,
    request_sent: Fields | None,
    response: Fields | None,
    kind: str | None,
    object_id: str | None,
) -> None:
    # Subtleties 18 and 23.
    event = event_of(call(operation, by=BOB, request=request_sent, response=response))

    assert (event.object_type, event.object_id) == (kind, object_id)


@pytest.mark.parametrize(
    "serial",
    [
        f"arn:aws:iam::{ACCOUNT}:mfa/alice",
        f"arn:aws:iam::{ACCOUNT}:u2f/user/alice/key-ABCDEF",
        f"arn:aws:iam::{ACCOUNT}:mfa/root-account-mfa-device",
        "GAHT12345678",
    ],
)
def test_serial_names_no_owner(serial: str) -> None:
    # Subtleties 21, 22 and 26: the name in a serial is chosen by whoever makes the device.
    fields = call("DeleteVirtualMFADevice", by=ALICE, request={"serialNumber": serial})
    event = event_of(fields)

    assert told(fields) == ("mfa_device", None, "unknown")
    assert (event.object_type, event.object_id) == ("mfa_device", serial)


def test_new_virtual_device_concerns_nobody_yet() -> None:
    # Subtlety 26.
    request = {"virtualMFADeviceName": "alice", "path": "/"}
    made = {"virtualMFADevice": {"serialNumber": PHONE}}
    fields = call("CreateVirtualMFADevice", by=BOB, request=request, response=made)

    assert told(fields)[1:] == (None, "none")


def test_key_that_is_made_for_oneself_is_owned_by_whom_the_answer_names() -> None:
    # Subtlety 19: requestParameters is null; the answer tells.
    answer = {"accessKey": {"userName": "alice", "accessKeyId": "AKIAX", "status": "Active"}}

    assert told(call("CreateAccessKey", by=ALICE, response=answer)) == ("user", "alice", "self")


@pytest.mark.parametrize(
    "operation", ["DeleteAccountPasswordPolicy", "UpdateAccountPasswordPolicy"]
)
def test_password_policy_concerns_the_account(operation: str) -> None:
    # Subtlety 19: the request of a deletion is always null.
    assert told(call(operation, by=ALICE)) == ("account", None, "none")


@pytest.mark.parametrize(
    "operation",
    [
        "ListUsers",
        "ListRoles",
        "ListVirtualMFADevices",
        "GetAccountSummary",
        "GetAccountAuthorizationDetails",
        "GenerateCredentialReport",
        "GetCredentialReport",
        "ListAccountAliases",
    ],
)
def test_call_that_can_name_nobody_has_no_target(operation: str) -> None:
    # design.md section 4: `none` (no target) is not `unknown`.
    assert told(call(operation, by=ALICE, request={"maxItems": 100}))[1:] == (None, "none")


@pytest.mark.parametrize(
    ("resource", "kind", "name"),
    [
        ("user alice", "user", "alice"),
        ("group admins", "group", "admins"),
        ("role ops", "role", "ops"),
        (f"arn:aws:iam::{ACCOUNT}:user/alice", "user", "alice"),
        (f"arn:aws:iam::{ACCOUNT}:user/teams/eu/alice", "user", "alice"),
        (f"arn:aws-us-gov:iam::{ACCOUNT}:role/ops", "role", "ops"),
        (f"policy arn:aws:iam::{ACCOUNT}:policy/p", "policy", f"arn:aws:iam::{ACCOUNT}:policy/p"),
        (
            f"policy arn:aws:iam::{ACCOUNT}:policy/p version v2",
            "policy",
            f"arn:aws:iam::{ACCOUNT}:policy/p",
        ),
        (
            f"arn:aws:iam::{ACCOUNT}:policy/teams/p",
            "policy",
            f"arn:aws:iam::{ACCOUNT}:policy/teams/p",
        ),
        ("user ", None, None),
        ("user *", None, None),
        ("*", None, None),
        (f"arn:aws:iam::{ACCOUNT}:user/*", None, None),
        (f"arn:aws:iam::{ACCOUNT}:user/", None, None),
        (f"arn:aws:iam::{ACCOUNT}:instance-profile/x", "instance_profile", "x"),
        ("instance profile TrailDiscover", "instance_profile", "TrailDiscover"),
        (f"arn:aws:iam::{ACCOUNT}:resource", None, None),
    ],
)
def test_denied_call_names_its_target_in_the_message(
    resource: str, kind: str | None, name: str | None
) -> None:
    # Subtlety 19.  Samples: traildiscover (all forms but the paths), panther-analysis (ARN).
    event = event_of(denied("GetRole", by=BOB, resource=resource))

    assert (event.target_type, event.target_name) == (kind, name)


@pytest.mark.parametrize(
    "tail",
    [
        "",
        " because no identity-based policy allows the iam:DeleteLoginProfile action",
        " with an explicit deny in an identity-based policy",
        " with an explicit deny in a service control policy",
        " with an explicit deny",
        " because no permissions boundary allows the iam:DeleteLoginProfile action",
    ],
)
def test_every_reason_of_a_denial_leaves_the_target_readable(tail: str) -> None:
    message = (
        f"User: {BOB.identity['arn']} is not authorized to perform: iam:DeleteLoginProfile "
        f"on resource: user alice{tail}"
    )
    fields = call("DeleteLoginProfile", by=BOB, error="AccessDenied", message=message)

    assert told(fields) == ("user", "alice", "other")


def test_denied_call_on_oneself_is_self_and_on_a_namesake_of_the_session_is_not() -> None:
    mine = denied("CreateLoginProfile", by=ALICE, resource="user alice")
    session = denied("CreateLoginProfile", by=role("IAM", session="alice"), resource="user alice")

    assert (told(mine)[2], told(session)[2]) == ("self", "other")


def test_message_of_a_success_or_of_another_failure_names_nobody() -> None:
    message = denied("GetRole", by=BOB, resource="user alice")["errorMessage"]
    failed = call("DeleteLoginProfile", by=BOB, error="NoSuchEntityException", message=message)

    assert told(failed)[1:] == (None, "unknown")


@pytest.mark.parametrize(
    "source", ["sso-directory.amazonaws.com", "identitystore.amazonaws.com", "IAM.amazonaws.com"]
)
def test_same_name_on_another_service_is_another_call(source: str) -> None:
    # Subtlety 32.
    fields = call("CreateUser", by=ALICE, request={"userName": "alice"}, eventSource=source)

    assert told(fields)[0] != "user"
    assert told(fields)[2] != "self"


def test_denial_of_a_membership_names_the_group_and_not_the_user() -> None:
    # Sample: traildiscover, AddUserToGroup.
    event = event_of(denied("AddUserToGroup", by=ALICE, resource="group admins"))

    assert (event.target_type, event.target_name, event.relation) == (None, None, "unknown")
    assert (event.object_type, event.object_id) == ("group", "admins")
