"""Console passwords of users: AWS calls a user's password a login profile.

No API shows or tests a password, and a deleted or replaced one never comes back (botocore
LoginProfile).  When a user last signed in proves nothing here: that date outlives the password
(botocore User.PasswordLastUsed), so it is not read.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

from msgspec import Struct

from trailmend.calls import Beside, Call, Change, Read, Secret, call, change, read
from trailmend.errors import CannotFix
from trailmend.plan import Example, Facts, Steps, remediation
from trailmend.policies import allows, denies, given_mfa
from trailmend.remediations.beside import keys_turned_off
from trailmend.remediations.principals import QUARANTINE
from trailmend.remediations.users import documents_of, is_later, the_user

_LENGTH = 24
"""Characters of a generated password, where the account does not ask for more."""
_CHANGE = "iam:ChangePassword"
_REQUIRED = "PasswordResetRequired || `false`"
"""Not among the members that AWS always gives (botocore LoginProfile)."""
_REPLACE = (
    "disable the console access (login_profiles.disable_console_access), then give a password that "
    "lasts (login_profiles.create_lasting_login_profile)"
)
_LASTING = "choose login_profiles.create_lasting_login_profile, which forces nothing"
_FACTS = Facts(
    account_id="111122223333",
    finding_id="9d2e4f6a8c0b1357",
    event_id="4d2f1a52-6a3e-4a44-8f0e-2f6a7c1b9d04",
    event_name="DeleteLoginProfile",
    event_time="2026-03-02T09:00:00Z",
    asked_at="2026-03-02T09:30:00Z",
    user_name="bob",
)
_BOB = {
    "id": "AIDAEXAMPLE0000000001",
    "created": "2025-01-07T08:00:00Z",
    "arn": "arn:aws:iam::111122223333:user/bob",
}
_GET_USER = (call("iam.get_user", UserName="bob"), _BOB)
_GET_PROFILE = call("iam.get_login_profile", UserName="bob")
_GET_POLICY = (call("iam.get_account_password_policy"), {"length": 14, "may_change": True})
_IS_FREE = (
    (call("iam.list_user_policies", UserName="bob"), False),
    (call("iam.list_attached_user_policies", UserName="bob"), False),
)
_OWN_POLICY = {"UserName": "bob", "PolicyName": "deploy"}
_GROUP_POLICY = {"GroupName": "staff", "PolicyName": "read"}
_MANAGED = "arn:aws:iam::111122223333:policy/staff"
_VERSION = {"PolicyArn": _MANAGED, "VersionId": "v2"}
_NOTHING: dict[str, Any] = {"Version": "2012-10-17", "Statement": []}
_MAY_CHANGE: tuple[tuple[Call, Any], ...] = (
    _GET_POLICY,
    *_IS_FREE,
    (call("iam.list_user_policies", UserName="bob"), ["deploy"]),
    (call("iam.get_user_policy", **_OWN_POLICY), _NOTHING),
    (call("iam.list_attached_user_policies", UserName="bob"), []),
    (call("iam.list_groups_for_user", UserName="bob"), ["staff"]),
    (call("iam.list_group_policies", GroupName="staff"), ["read"]),
    (call("iam.get_group_policy", **_GROUP_POLICY), _NOTHING),
    (call("iam.list_attached_group_policies", GroupName="staff"), [_MANAGED]),
    (call("iam.get_policy", PolicyArn=_MANAGED), "v2"),
    (call("iam.get_policy_version", **_VERSION), _NOTHING),
    (call("iam.list_mfa_devices", UserName="bob"), True),
)


class _Policy(Struct, frozen=True):
    """What matters of the account's password policy; the default is that of no policy.

    botocore UpdateAccountPasswordPolicy: users "do not automatically have permissions to change
    their own password".
    """

    length: int = 0
    may_change: bool = False


def _password(user: str, length: int, what: str = "password") -> Secret:
    return Secret("password", f"{user}.{what}", max(_LENGTH, length))


def _create(user: str, secret: Secret, *, reset: bool) -> Call:
    return call(
        "iam.create_login_profile", UserName=user, Password=secret, PasswordResetRequired=reset
    )


@remediation(
    title="Give the user a new console password",
    breaks="Nothing: the user can sign in to the console again, with the new password.",
    example=Example(
        facts=_FACTS,
        reads=(_GET_USER, (_GET_PROFILE, None), *_MAY_CHANGE),
        changes=(_create("bob", _password("bob", 14), reset=True),),
    ),
    needs="user",
)
def create_login_profile(facts: Facts) -> Steps:
    """Make a console password where there is none; the user must change it when signing in.

    The password is generated, and kept in the sink of the plan's secrets as `<user>.password`:
    hand it over in a safe way.  The old password cannot come back.  Refused where the user could
    not change it, and so not sign in: no right to iam:ChangePassword, a policy that denies it
    without MFA while the user has no MFA device, or a quarantine.  Not weighed are permissions
    boundaries and service control policies.
    """
    user = yield from the_user(facts)
    if (yield from _profile(user)) is None:
        policy = yield from _policy()
        yield from _check_may_change(user, policy, _LASTING)
        yield _creation(user["name"], policy, reset=True)


@remediation(
    title="Give the user a console password that lasts",
    breaks="Nothing: the user can sign in to the console again, with the new password.",
    example=Example(
        facts=_FACTS,
        reads=(_GET_USER, (_GET_PROFILE, None), *_IS_FREE, _GET_POLICY),
        changes=(_create("bob", _password("bob", 14), reset=False),),
    ),
    needs="user",
)
def create_lasting_login_profile(facts: Facts) -> Steps:
    """Make a console password where there is none, which the user need not change.

    For a user who may not change the password, or only after MFA is set up; for all others
    `create_login_profile` is better, because who hands the password over knows it.  It is
    generated, and kept in the sink of the plan's secrets as `<user>.password`.  The old password
    cannot come back.
    """
    user = yield from the_user(facts)
    if (yield from _profile(user)) is None:
        yield from _check_free(user)
        yield _creation(user["name"], (yield from _policy()), reset=False)


@remediation(
    title="Replace the console password",
    breaks="The user cannot sign in with the password of today, and must set one when signing in "
    "with the new one.",
    example=Example(
        facts=_FACTS,
        reads=(_GET_USER, (_GET_PROFILE, "2025-01-07T08:05:00Z"), *_MAY_CHANGE),
        changes=(
            call("iam.delete_login_profile", UserName="bob"),
            _create("bob", _password("bob", 14), reset=True),
        ),
    ),
    stage="remove",
    needs="user",
)
def set_new_password(facts: Facts) -> Steps:
    """Delete the console password and make another, so that nobody who knows the old can sign in.

    The date of a login profile tells whether that was done: a mere update does not change it.  So
    a profile that was made after the event, or after the plan was asked for where there is no
    event, is left alone.  The new password is generated, kept in the sink of the plan's secrets
    as `<user>.password`, and must be changed when signing in; refused where the user could not.
    Sessions that are open go on: end them by `principals.revoke_user_sessions`.
    """
    user = yield from the_user(facts)
    name, made = user["name"], (yield from _profile(user, "CreateDate"))
    if made and is_later(made, facts.event_time or facts.asked_at):
        return
    policy = yield from _policy()
    yield from _check_may_change(user, policy, _REPLACE)
    if made:
        yield change(
            "iam.delete_login_profile",
            UserName=name,
            undo=None,
            irreversible=f"The console password of {name} is gone for good, which is meant. To "
            f"roll back takes the new one away too, and leaves {name} without console access.",
            note=f"Console password of user {name}, made {made} → none",
            breaks=f"{name} cannot sign in until the new password is handed over. Console "
            "sessions that are open go on.",
        )
    yield _creation(name, policy, reset=True)


@remediation(
    title="Make the user change the console password",
    breaks="The user must set a new password at the next sign-in to the console.",
    example=Example(
        facts=_FACTS,
        reads=(_GET_USER, (_GET_PROFILE, False), *_MAY_CHANGE),
        changes=(call("iam.update_login_profile", UserName="bob", PasswordResetRequired=True),),
    ),
    stage="remove",
    needs="user",
)
def force_password_reset(facts: Facts) -> Steps:
    """Require a new password at the next sign-in to the console; the password itself stays.

    Whoever knows the password can set the new one: if that may be an intruder, choose
    `set_new_password`.  Open sessions and access keys go on.  Refused where the user could not
    change the password, and so not sign in.
    """
    user = yield from the_user(facts)
    name, required = user["name"], (yield from _profile(user, _REQUIRED))
    if required is None:
        raise CannotFix(
            f"User {name} has no console password that could be changed: to give one, choose "
            "login_profiles.create_login_profile."
        )
    if required:
        return
    policy = yield from _policy()
    yield from _check_may_change(user, policy, _REPLACE)
    yield change(
        "iam.update_login_profile",
        UserName=name,
        PasswordResetRequired=True,
        undo=call("iam.update_login_profile", UserName=name, PasswordResetRequired=False),
        note=f"Console password of user {name}: change at the next sign-in not required → "
        "required. Whoever knows the password can set the new one.",
        breaks=f"{name} must set a new password at the next sign-in.",
    )


@remediation(
    title="Take the console password away",
    breaks="The user cannot sign in to the console; access keys go on working.",
    example=Example(
        facts=_FACTS,
        reads=(
            _GET_USER,
            (_GET_PROFILE, False),
            (_GET_PROFILE, "2026-03-02T09:00:00Z"),
            _GET_POLICY,
            (call("iam.list_access_keys", UserName="bob"), ["AKIAIOSFODNN7EXAMPLE"]),
            (call("iam.list_ssh_public_keys", UserName="bob"), []),
        ),
        changes=(call("iam.delete_login_profile", UserName="bob"),),
    ),
    stage="remove",
    needs="user",
)
def disable_console_access(facts: Facts) -> Steps:
    """Delete the user's console password, whoever set it.

    The plan says when it was made: see whether that is the one that is meant.  Open console
    sessions, access keys, SSH keys and other credentials go on working; active access and SSH
    keys are named.  The password cannot come back: to roll back makes another, kept in the sink
    of the plan's secrets as `<user>.password-after-rollback`.
    """
    user = yield from the_user(facts)
    name, reset = user["name"], (yield from _profile(user, _REQUIRED))
    if reset is None:
        return
    made = yield from _profile(user, "CreateDate", watch=False)
    policy = yield from _policy()
    secret = _password(name, policy.length, "password-after-rollback")
    yield change(
        "iam.delete_login_profile",
        UserName=name,
        undo=_create(name, secret, reset=reset),
        irreversible=f"The console password of {name} is gone for good: to roll back makes "
        f"another, in the sink as {secret.name}.",
        note=f"Console password of user {name}, made {made} → none. {(yield from _left(name))}",
        breaks=f"{name} cannot sign in to the console.",
    )


def _profile(
    user: Mapping[str, Any], field: str = "CreateDate", *, watch: bool = True
) -> Generator[Read, Any, Any]:
    """Ask for a field of the login profile, a JMESPath; None if the user has no password."""
    return (
        yield read(
            "iam.get_login_profile",
            UserName=user["name"],
            pick=f"LoginProfile.{field}",
            watch=watch,
        )
    )


def _policy() -> Generator[Read, Any, _Policy]:
    found = yield read(
        "iam.get_account_password_policy",
        pick="PasswordPolicy."
        "{length: MinimumPasswordLength, may_change: AllowUsersToChangePassword}",
    )
    return _Policy(**found) if found else _Policy()


def _creation(name: str, policy: _Policy, *, reset: bool) -> Change:
    secret = _password(name, policy.length)
    last = "must change it when signing in" if reset else "need not change it"
    return change(
        "iam.create_login_profile",
        UserName=name,
        Password=secret,
        PasswordResetRequired=reset,
        undo=call("iam.delete_login_profile", UserName=name),
        note=f"Console password of user {name}: none → a generated one of {secret.length} "
        f"characters, in the sink as {secret.name}; {name} {last}. The old one cannot come back.",
    )


def _check_free(user: Mapping[str, Any]) -> Generator[Read, Any, None]:
    """Refuse a user in quarantine, who may do nothing, not even change the password."""
    name = user["name"]
    inline = yield read(
        "iam.list_user_policies", UserName=name, pick=f"contains(PolicyNames, '{QUARANTINE}')"
    )
    attached = yield read(
        "iam.list_attached_user_policies",
        UserName=name,
        pick="contains(AttachedPolicies[].PolicyName, 'AWSDenyAll')",
    )
    if inline or attached:
        policy = QUARANTINE if inline else "AWSDenyAll"
        raise CannotFix(
            f"User {name} is in quarantine (policy {policy}) and may do nothing: release {name} "
            "first (principals.release), then plan this again."
        )


def _check_may_change(
    user: Mapping[str, Any], policy: _Policy, instead: str
) -> Generator[Read, Any, None]:
    """Refuse to force a change on a user who may not make it: that shuts the user out.

    IAM User Guide, "Permit IAM users to change their own passwords".
    """
    yield from _check_free(user)
    name, documents = user["name"], (yield from documents_of(user["name"]))
    has_device = yield read("iam.list_mfa_devices", UserName=name, pick="length(MFADevices) > `0`")
    powers = given_mfa(documents, used=bool(has_device))
    if denies(powers, _CHANGE, user["arn"]):
        without = "" if has_device else ", and has no MFA device"
        raise CannotFix(
            f"A policy denies {_CHANGE} to user {name}{without}: forced to change the password, "
            f"{name} could not sign in. Mend the policy and plan again, or {instead}."
        )
    if not policy.may_change and allows(powers, _CHANGE, user["arn"]) is False:
        raise CannotFix(
            f"User {name} may not change the password: neither the account's password policy "
            f"allows it nor a policy of {name}. Forced to, {name} could not sign in. Restore the "
            "password policy, or attach IAMUserChangePassword, and plan again; or "
            f"{instead}."
        )


def _left(name: str) -> Generator[Read | Beside, Any, str]:
    """Name the keys that go on working; they do not decide, so they are not watched."""
    keys = yield read(
        "iam.list_access_keys",
        UserName=name,
        pick="AccessKeyMetadata[?Status=='Active'].AccessKeyId",
        watch=False,
    )
    ssh_keys = yield read(
        "iam.list_ssh_public_keys",
        UserName=name,
        pick="SSHPublicKeys[?Status=='Active'].SSHPublicKeyId",
        watch=False,
    )
    off = keys_turned_off((yield Beside()))
    left = [f"access key {one}" for one in keys or () if one not in off]
    left += [f"SSH key {one}" for one in ssh_keys or () if one not in off]
    return f"Still in use: {', '.join(left)}." if left else "No active access key or SSH key."
