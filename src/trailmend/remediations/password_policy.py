"""The account's password policy: what the console passwords of IAM users must be.

UpdateAccountPasswordPolicy resets every field that is not sent (botocore, its documentation), so
each change here sends all of them at once, and each is the stronger of what is in force and what
is wanted.  A field whose value is 0 is left out, because botocore refuses to send a 0.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec.structs import replace

from trailmend.calls import Call, Change, Read, call, change, read
from trailmend.errors import CannotFix
from trailmend.password_policies import PasswordPolicy, read_policy
from trailmend.plan import Example, Facts, Steps, remediation

_CLASSES = (
    "require_lowercase_characters",
    "require_uppercase_characters",
    "require_numbers",
    "require_symbols",
)
_BASELINE = PasswordPolicy(
    minimum_password_length=14,
    require_symbols=True,
    require_numbers=True,
    require_uppercase_characters=True,
    require_lowercase_characters=True,
    allow_users_to_change_password=True,
    password_reuse_prevention=24,
)
_FACTS = Facts(
    account_id="111122223333",
    finding_id="8b0d6c1f4e2a9357",
    event_id="4d2f1a52-6a3e-4a44-8f0e-2f6a7c1b9d02",
    event_name="DeleteAccountPasswordPolicy",
    event_time="2026-03-02T09:00:00Z",
    before={
        "minimumPasswordLength": 16,
        "requireSymbols": True,
        "requireNumbers": True,
        "requireUppercaseCharacters": True,
        "requireLowercaseCharacters": True,
        "allowUsersToChangePassword": True,
        "passwordReusePrevention": 24,
    },
    baseline=msgspec.to_builtins(_BASELINE),
)
_GET = call("iam.get_account_password_policy")
_UPDATE = "iam.update_account_password_policy"


def _api_name(name: str) -> str:
    return name[0].upper() + name[1:]


def _read_current() -> Read:
    """Ask for the policy in force, in CloudTrail's names; None if there is no policy."""
    defaults: dict[str, Any] = msgspec.to_builtins(PasswordPolicy())
    parts = (f"{k}: {_api_name(k)} || `{json.dumps(v)}`" for k, v in defaults.items())
    return read(_GET.name, pick=f"PasswordPolicy.{{{', '.join(parts)}}}")


def _params(policy: PasswordPolicy) -> dict[str, Any]:
    """Give every field that the API accepts; 0 means not sent."""
    values: dict[str, Any] = msgspec.to_builtins(policy)
    return {_api_name(k): v for k, v in values.items() if isinstance(v, bool) or v}


@remediation(
    title="Restore the password policy",
    breaks="New passwords must meet the policy; passwords in use stay valid unless they expire.",
    example=Example(
        facts=_FACTS,
        reads=((_GET, None),),
        changes=(
            call(
                _UPDATE,
                MinimumPasswordLength=16,
                RequireSymbols=True,
                RequireNumbers=True,
                RequireUppercaseCharacters=True,
                RequireLowercaseCharacters=True,
                AllowUsersToChangePassword=True,
                PasswordReusePrevention=24,
                HardExpiry=False,
            ),
        ),
    ),
)
def restore_password_policy(facts: Facts) -> Steps:
    """Put back the policy that the log knows, or the settings' baseline if it knows none.

    No field becomes weaker than it is now.  An account without a policy has AWS's default: 8
    characters of three of the four classes (IAM User Guide, "Set an account password policy"); a
    former policy that asked for less is raised to that.  HardExpiry comes back only if it was in
    force before.
    """
    if facts.before is not None:
        before = read_policy(facts.before)
        if before is None:
            raise CannotFix(
                "The former policy in the log cannot be read: choose the fix "
                "password_policy.enforce_password_policy, which needs only the settings."
            )
        yield from _strengthen(before, "as the log knows it", from_log=True)
    else:
        yield from _strengthen(_baseline(facts), "the baseline of the settings", from_log=False)


@remediation(
    title="Bring the password policy up to the baseline",
    breaks="New passwords must meet the policy; passwords in use stay valid unless they expire.",
    example=Example(
        facts=replace(_FACTS, event_name="UpdateAccountPasswordPolicy", before=None),
        reads=((_GET, None),),
        changes=(call(_UPDATE, **_params(_BASELINE)),),
    ),
)
def enforce_password_policy(facts: Facts) -> Steps:
    """Raise each field to the settings' baseline where it is weaker, and leave the others.

    Whether users may change their own password is left as it is, and so is HardExpiry.
    """
    yield from _strengthen(_baseline(facts), "the baseline of the settings", from_log=False)


def _baseline(facts: Facts) -> PasswordPolicy:
    baseline = read_policy(facts.baseline) if facts.baseline else None
    if baseline is None:
        raise CannotFix("No baseline is known: set [password_policy] in the settings.")
    return replace(baseline, hard_expiry=False)


def _strengthen(wanted: PasswordPolicy, source: str, *, from_log: bool) -> Steps:
    answer = yield _read_current()
    now = None if answer is None else msgspec.convert(answer, PasswordPolicy)
    if not from_log:
        allow = now.allow_users_to_change_password if now else True
        wanted = replace(wanted, allow_users_to_change_password=allow)
    target = _stronger(now, wanted)
    if target != now:
        yield _change(now, target, source)


def _stronger(now: PasswordPolicy | None, wanted: PasswordPolicy) -> PasswordPolicy:
    """Take the stronger of each field; whether users may change their password is as wanted."""
    if now is None:
        wanted = _at_least_three_classes(wanted)
        now = PasswordPolicy(minimum_password_length=8)
    ages = [one.max_password_age for one in (now, wanted) if one.max_password_age]
    return PasswordPolicy(
        minimum_password_length=max(now.minimum_password_length, wanted.minimum_password_length),
        **{name: getattr(now, name) or getattr(wanted, name) for name in _CLASSES},
        allow_users_to_change_password=wanted.allow_users_to_change_password,
        max_password_age=min(ages, default=0),
        password_reuse_prevention=max(
            now.password_reuse_prevention, wanted.password_reuse_prevention
        ),
        hard_expiry=now.hard_expiry or wanted.hard_expiry,
    )


def _at_least_three_classes(policy: PasswordPolicy) -> PasswordPolicy:
    missing = [name for name in _CLASSES if not getattr(policy, name)]
    return replace(policy, **dict.fromkeys(missing[: len(missing) - 1], True))


def _change(now: PasswordPolicy | None, target: PasswordPolicy, source: str) -> Change:
    undo = call(_UPDATE, **_params(now)) if now else Call("iam.delete_account_password_policy")
    return change(
        _UPDATE,
        **_params(target),
        undo=undo,
        note=f"Password policy, {source}: {', '.join(_differences(now, target))}",
        breaks=_expiry(now, target),
    )


def _differences(now: PasswordPolicy | None, target: PasswordPolicy) -> Iterator[str]:
    old: dict[str, Any] = msgspec.to_builtins(now) if now else {}
    for name, value in msgspec.to_builtins(target).items():
        if now is None:
            yield f"{name} {_word(value)}"
        elif old[name] != value:
            yield f"{name} {_word(old[name])} → {_word(value)}"


def _word(value: bool | int) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _expiry(now: PasswordPolicy | None, target: PasswordPolicy) -> str:
    """Say whose password expires: expiry holds at once for passwords in use (IAM User Guide)."""
    sooner = target.max_password_age and (
        now is None or not 0 < now.max_password_age <= target.max_password_age
    )
    harder = target.max_password_age and target.hard_expiry and not (now and now.hard_expiry)
    said = [f"Passwords older than {target.max_password_age} days expire at once."] * bool(sooner)
    if harder:
        said.append("Whose password has expired cannot sign in until an administrator resets it.")
    return " ".join(said)
