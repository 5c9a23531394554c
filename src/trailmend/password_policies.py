"""What a password policy demands, and whether one demands less than another.

Sources: botocore iam UpdateAccountPasswordPolicyRequest (fields, defaults of what is left out);
AWS IAM User Guide, "Set an account password policy for IAM users" (the default policy).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec

_CLASSES = (
    "requireSymbols",
    "requireNumbers",
    "requireUppercaseCharacters",
    "requireLowercaseCharacters",
)


class PasswordPolicy(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=False):
    """Every field of a policy under CloudTrail's names; a field left out of an update is reset.

    The defaults here are those of the API, not of an account without a policy: see `NO_POLICY`.
    """

    minimum_password_length: int = 6
    require_symbols: bool = False
    require_numbers: bool = False
    require_uppercase_characters: bool = False
    require_lowercase_characters: bool = False
    allow_users_to_change_password: bool = False
    max_password_age: int = 0
    password_reuse_prevention: int = 0
    hard_expiry: bool = False


NO_POLICY = None
"""An account without a policy: 8 characters or more, of any three of the four classes."""
_LENGTH_WITHOUT_POLICY = 8
_CLASSES_WITHOUT_POLICY = 3


def read_policy(request: Mapping[str, Any]) -> PasswordPolicy | None:
    """Read the parameters of UpdateAccountPasswordPolicy; None where they are not readable.

    No parameters at all reset every field.
    """
    if request.get("omitted") is True:
        return None
    try:
        return msgspec.convert(request, PasswordPolicy, strict=False)
    except msgspec.ValidationError:
        return None


@lru_cache(maxsize=4096)
def weaker_fields(old: PasswordPolicy | None, new: PasswordPolicy | None) -> tuple[str, ...]:
    """Name the fields in which `new` demands less than `old`; None stands for no policy at all."""
    weaker = []
    if _length(new) < _length(old):
        weaker.append("minimumPasswordLength")
    weaker += _weaker_classes(old, new)
    if _reuse(new) < _reuse(old):
        weaker.append("passwordReusePrevention")
    if _age(new) > _age(old):
        weaker.append("maxPasswordAge")
    if old is not None and old.hard_expiry and not (new is not None and new.hard_expiry):
        weaker.append("hardExpiry")
    return tuple(weaker)


def _weaker_classes(old: PasswordPolicy | None, new: PasswordPolicy | None) -> list[str]:
    """Compare the character classes; without a policy any three of the four will do."""
    before, after = _classes(old), _classes(new)
    if old is not None and new is not None:
        return [name for name in _CLASSES if name in before - after]
    if old is None and new is not None and len(after) < _CLASSES_WITHOUT_POLICY:
        return ["characterClasses"]
    if old is not None and new is None and len(before) > _CLASSES_WITHOUT_POLICY:
        return ["characterClasses"]
    return []


def _classes(policy: PasswordPolicy | None) -> set[str]:
    demanded = msgspec.to_builtins(policy) if policy is not None else {}
    return {name for name in _CLASSES if demanded.get(name)}


def _length(policy: PasswordPolicy | None) -> int:
    return _LENGTH_WITHOUT_POLICY if policy is None else policy.minimum_password_length


def _reuse(policy: PasswordPolicy | None) -> int:
    return 0 if policy is None else policy.password_reuse_prevention


def _age(policy: PasswordPolicy | None) -> float:
    """Give the days a password lasts; for ever where none are set."""
    return float("inf") if policy is None else policy.max_password_age or float("inf")
