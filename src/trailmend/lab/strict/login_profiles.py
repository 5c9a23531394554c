"""Passwords: a profile of its own date, resets that keep the password, the account's policy."""

import re

from moto.iam.models import User

from trailmend.lab.account import Account
from trailmend.lab.strict.correction import Correction, Result
from trailmend.lab.strict.users import user_named
from trailmend.lab.wire import Call, Refusal

_SYMBOL = re.compile(r"[!@#$%^&*()_+\-=\[\]{}|']")
_UPPER, _LOWER, _DIGIT = re.compile("[A-Z]"), re.compile("[a-z]"), re.compile("[0-9]")


def _refuse_absent_profile(user: User) -> None:
    if not user.password:
        sentence = f"Login Profile for User {user.name} cannot be found."
        raise Refusal("NoSuchEntity", sentence, 404)


def _refuse_weak_password(account: Account, user: User, password: str) -> None:
    """Hold a password to the policy of the account, or to AWS's default policy.

    The default: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html
    """
    policy = account.iam.account_password_policy
    if policy is None:
        kinds = sum(bool(kind.search(password)) for kind in (_UPPER, _LOWER, _DIGIT, _SYMBOL))
        weak = len(password) < 8 or kinds < 3 or password.lower() == user.name.lower()
    else:
        wanted = (
            (policy.require_uppercase_characters, _UPPER),
            (policy.require_lowercase_characters, _LOWER),
            (policy.require_numbers, _DIGIT),
            (policy.require_symbols, _SYMBOL),
        )
        weak = len(password) < policy.minimum_password_length
        weak |= any(required and not kind.search(password) for required, kind in wanted)
    if weak:
        sentence = "Password does not conform to the account password policy."
        raise Refusal("PasswordPolicyViolation", sentence)


def _set_password(user: User, password: str, *, reset: bool) -> None:
    user.password, user.password_reset_required = password, reset
    vars(user).setdefault("former_passwords", []).append(password)


def _shown(user: User) -> Result:
    return {
        "LoginProfile": {
            "UserName": user.name,
            "CreateDate": vars(user)["login_profile_created"],
            "PasswordResetRequired": user.password_reset_required,
        }
    }


def _create(call: Call, account: Account) -> Result:
    user = user_named(account, call.parameters["UserName"])
    if user.password:
        sentence = f"Login Profile for user {user.name} already exists."
        raise Refusal("EntityAlreadyExists", sentence, 409)
    _refuse_weak_password(account, user, call.parameters["Password"])
    reset = bool(call.parameters.get("PasswordResetRequired"))
    _set_password(user, call.parameters["Password"], reset=reset)
    vars(user)["login_profile_created"] = account.now().replace(microsecond=0)
    return _shown(user)


def _get(call: Call, account: Account) -> Result:
    user = user_named(account, call.parameters["UserName"])
    _refuse_absent_profile(user)
    return _shown(user)


def _update(call: Call, account: Account) -> Result:
    user = user_named(account, call.parameters["UserName"])
    _refuse_absent_profile(user)
    reset = call.parameters.get("PasswordResetRequired", user.password_reset_required)
    password = call.parameters.get("Password")
    if password is not None:
        _refuse_weak_password(account, user, password)
        _set_password(user, password, reset=reset)
    user.password_reset_required = reset
    return {}


def _delete(call: Call, account: Account) -> Result:
    user = user_named(account, call.parameters["UserName"])
    _refuse_absent_profile(user)
    user.password, user.password_reset_required = None, False
    return {}


def _change(call: Call, account: Account) -> Result:
    """Change the caller's own password; the sentence for a wrong old one could not be checked."""
    name = call.caller.user_name
    if name is None:
        raise Refusal("InvalidUserType", "Only IAM Users can change their own password")
    user = user_named(account, name)
    _refuse_absent_profile(user)
    old, new = call.parameters["OldPassword"], call.parameters["NewPassword"]
    if old != user.password:
        raise Refusal("AccessDenied", "The old password was incorrect.", 403)
    _refuse_weak_password(account, user, new)
    policy = account.iam.account_password_policy
    remembered = (policy.password_reuse_prevention or 0) if policy else 0
    if remembered and new in vars(user)["former_passwords"][-remembered:]:
        raise Refusal("PasswordPolicyViolation", "Cannot reuse a previous password.")
    _set_password(user, new, reset=False)
    return {}


CORRECTIONS = (
    Correction(
        "iam:CreateLoginProfile",
        "a_new_login_profile_has_its_own_date_and_honours_a_reset",
        'botocore LoginProfile.CreateDate: "The date when the password for the user was created."',
        _create,
    ),
    Correction(
        "iam:GetLoginProfile",
        "an_absent_login_profile_is_named_in_the_words_of_aws",
        'published DeleteLoginProfile records: "Login Profile for User ... cannot be found."',
        _get,
    ),
    Correction(
        "iam:UpdateLoginProfile",
        "a_reset_without_a_password_keeps_the_login_profile",
        "botocore UpdateLoginProfileRequest: of its members only UserName is required",
        _update,
    ),
    Correction(
        "iam:DeleteLoginProfile",
        "a_deleted_login_profile_leaves_no_reset_behind",
        'botocore DeleteLoginProfile: "Deletes the password for the specified IAM user"',
        _delete,
    ),
    Correction(
        "iam:ChangePassword",
        "users_change_their_own_password_by_the_policy",
        'botocore ChangePassword: "Changes the password of the IAM user who is calling this '
        'operation."',
        _change,
    ),
)
