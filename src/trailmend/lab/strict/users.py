"""Users and groups: ids of AWS, names without regard to case, no deletion with anything left."""

from typing import Any

from moto.iam.models import User
from moto.iam.utils import generate_access_key_id_from_account_id

from trailmend.lab.account import ACCOUNT_ID, REGION, Account
from trailmend.lab.strict.correction import Correction, Result
from trailmend.lab.wire import Call, Refusal

_LEFT = "Cannot delete entity, must delete {} first."


def user_named(account: Account, name: str) -> User:
    """Find a user, or refuse as AWS does."""
    user = account.iam.users.get(name)
    if user is None:
        raise Refusal("NoSuchEntity", f"The user with name {name} cannot be found.", 404)
    return user


def new_id(prefix: str) -> str:
    """Make a unique id of the account: AIDA for users, AGPA for groups."""
    return str(generate_access_key_id_from_account_id(ACCOUNT_ID, prefix, 21))


def shown_user(user: User) -> dict[str, Any]:
    """Write the members of a user that creation and listings show."""
    return {
        "Path": user.path,
        "UserName": user.name,
        "UserId": user.id,
        "Arn": user.arn,
        "CreateDate": user.create_date,
    }


def _create_user(call: Call, account: Account) -> Result:
    name = call.parameters["UserName"]
    _refuse_taken_name(account, name)
    tags = call.parameters.get("Tags") or []
    user = account.iam.create_user(REGION, name, call.parameters.get("Path") or "/", tags)
    user.id = new_id("AIDA")
    boundary = call.parameters.get("PermissionsBoundary")
    if boundary:
        _set_boundary(account, user, boundary)
    more = {"Tags": tags} if tags else {}
    more |= {"PermissionsBoundary": vars(user)["permissions_boundary"]} if boundary else {}
    return {"User": shown_user(user) | more}


def _refuse_taken_name(account: Account, name: str) -> None:
    if name.lower() in {taken.lower() for taken in account.iam.users}:
        raise Refusal("EntityAlreadyExists", f"User with name {name} already exists.", 409)


def _create_group(call: Call, account: Account) -> Result:
    group = account.iam.create_group(call.parameters["GroupName"], call.parameters.get("Path", "/"))
    group.id = new_id("AGPA")
    shown = {"Path": group.path, "GroupName": group.name, "GroupId": group.id, "Arn": group.arn}
    return {"Group": shown | {"CreateDate": group.create_date}}


def _update_user(call: Call, account: Account) -> Result:
    user = user_named(account, call.parameters["UserName"])
    new_name = call.parameters.get("NewUserName")
    if new_name and new_name.lower() != user.name.lower():
        _refuse_taken_name(account, new_name)
    account.iam.update_user(user.name, call.parameters.get("NewPath"), new_name)
    for access_key in user.access_keys:
        access_key.user_name = user.name
    for ssh_key in user.ssh_public_keys:
        ssh_key.user_name = user.name
    for device in account.iam.virtual_mfa_devices.values():
        if device.user is user:
            device.user_attribute = shown_user(user)
    return {}


def _refuse_to_delete_user_with_anything_left(call: Call, account: Account) -> None:
    user = user_named(account, call.parameters["UserName"])
    groups = [group for group in account.iam.groups.values() if user in group.users]
    # The first two sentences are seen in reports of users, the others follow them.
    for left, sentence in (
        (user.password, _LEFT.format("login profile")),
        (user.mfa_devices, _LEFT.format("MFA device")),
        (user.access_keys, _LEFT.format("access keys")),
        (user.ssh_public_keys, "Cannot delete entity, must remove referenced objects first."),
        (user.signing_certificates, _LEFT.format("signing certificates")),
        (groups, "Cannot delete entity, must remove user from groups first."),
    ):
        if left:
            raise Refusal("DeleteConflict", sentence, 409)


def _set_boundary(account: Account, user: User, arn: str) -> None:
    account.iam.get_policy(arn)
    boundary = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}
    vars(user)["permissions_boundary"] = boundary


def _put_boundary(call: Call, account: Account) -> Result:
    user = user_named(account, call.parameters["UserName"])
    _set_boundary(account, user, call.parameters["PermissionsBoundary"])
    return {}


def _delete_boundary(call: Call, account: Account) -> Result:
    user = user_named(account, call.parameters["UserName"])
    if vars(user).pop("permissions_boundary", None) is None:
        sentence = f"The user with name {user.name} does not have a permissions boundary."
        raise Refusal("NoSuchEntity", sentence, 404)
    return {}


CORRECTIONS = (
    Correction(
        "iam:CreateUser",
        "a_user_has_an_id_of_aws_and_a_name_that_is_unique_in_any_case",
        'botocore CreateUserRequest.UserName: "Names are not distinguished by case."; '
        "IAM User Guide, IAM identifiers: unique ids of users begin with AIDA",
        _create_user,
    ),
    Correction(
        "iam:CreateGroup",
        "a_group_has_an_id_of_aws",
        "IAM User Guide, IAM identifiers: unique ids of groups begin with AGPA",
        _create_group,
    ),
    Correction(
        "iam:UpdateUser",
        "a_renamed_user_keeps_its_credentials",
        "IAM User Guide, Rename an IAM user: policies, groups and credentials stay with the user",
        _update_user,
    ),
    Correction(
        "iam:DeleteUser",
        "a_user_with_anything_left_is_not_deleted",
        'botocore DeleteUser: "you must delete the items attached to the user manually, or the '
        'deletion fails"',
        _refuse_to_delete_user_with_anything_left,
    ),
    Correction(
        "iam:PutUserPermissionsBoundary",
        "a_user_can_have_a_permissions_boundary",
        "botocore PutUserPermissionsBoundary",
        _put_boundary,
    ),
    Correction(
        "iam:DeleteUserPermissionsBoundary",
        "a_permissions_boundary_can_be_removed",
        "botocore DeleteUserPermissionsBoundary",
        _delete_boundary,
    ),
)
