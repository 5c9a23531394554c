"""The account's password policy: what is not set is absent."""

from trailmend.lab.account import ACCOUNT_ID, Account
from trailmend.lab.strict.correction import Correction, Result
from trailmend.lab.wire import Call, Refusal


def _get(call: Call, account: Account) -> Result:
    policy = account.iam.account_password_policy
    if policy is None:
        sentence = f"The Password Policy with domain name {ACCOUNT_ID} cannot be found."
        raise Refusal("NoSuchEntity", sentence, 404)
    shown = {
        "MinimumPasswordLength": policy.minimum_password_length,
        "RequireSymbols": policy.require_symbols,
        "RequireNumbers": policy.require_numbers,
        "RequireUppercaseCharacters": policy.require_uppercase_characters,
        "RequireLowercaseCharacters": policy.require_lowercase_characters,
        "AllowUsersToChangePassword": policy.allow_users_to_change_password,
        "ExpirePasswords": policy.expire_passwords,
        "MaxPasswordAge": policy.max_password_age or None,
        "PasswordReusePrevention": policy.password_reuse_prevention or None,
        "HardExpiry": bool(policy.hard_expiry),
    }
    return {"PasswordPolicy": shown}


CORRECTIONS = (
    Correction(
        "iam:GetAccountPasswordPolicy",
        "a_password_policy_without_an_age_has_no_age",
        "botocore maxPasswordAgeType: the minimum is 1, so moto's 0 could not be sent back",
        _get,
    ),
)
