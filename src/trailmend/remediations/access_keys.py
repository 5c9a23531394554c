"""Access keys: long-lived credentials of a user."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trailmend.calls import call, change, read
from trailmend.errors import CannotFix
from trailmend.plan import Example, Facts, Steps, remediation

_ID = "AKIAIOSFODNN7EXAMPLE"
_EXAMPLE = Example(
    facts=Facts(
        account_id="111122223333",
        finding_id="3f1c9a5e2b7d4e80",
        event_id="4d2f1a52-6a3e-4a44-8f0e-2f6a7c1b9d01",
        event_name="CreateAccessKey",
        event_time="2026-03-02T09:00:00Z",
        user_name="bob",
        object_type="access_key",
        object_id=_ID,
    ),
    reads=(
        (call("iam.get_access_key_last_used", AccessKeyId=_ID), "bob"),
        (call("iam.list_access_keys", UserName="bob"), "Active"),
        (
            call("iam.get_access_key_last_used", AccessKeyId=_ID),
            {"LastUsedDate": "2026-03-02T09:10:00Z", "ServiceName": "s3", "Region": "us-east-1"},
        ),
    ),
    changes=(call("iam.update_access_key", UserName="bob", AccessKeyId=_ID, Status="Inactive"),),
)


@remediation(
    title="Turn the access key off",
    breaks="Whoever signs with this key is refused from then on.",
    example=_EXAMPLE,
)
def deactivate_access_key(facts: Facts) -> Steps:
    """Set this one key Inactive; it stays as evidence, and the user's other keys are left alone.

    AWS says who owns the key (GetAccessKeyLastUsed); where the log says another, nothing is
    proposed.  A key that is Inactive, Expired or gone needs nothing.  Temporary credentials that
    were made with the key before live on until they expire.
    """
    yield from _deactivate(facts)


@remediation(
    title="Turn off the access key that the caller used",
    breaks="Whoever signs with this key is refused from then on, its rightful programs too.",
    example=_EXAMPLE,
    about="actor",
)
def deactivate_callers_key(facts: Facts) -> Steps:
    """Set the key Inactive that signed the call, where it is a long-lived key of an IAM user.

    That stops a leaked key; a user who is a person may have others.  The key of a session
    (`ASIA...`) cannot be turned off: the role's sessions have to be revoked in the console.
    """
    yield from _deactivate(facts)


def _deactivate(facts: Facts) -> Steps:
    key = _key_of(facts)
    owner = yield read("iam.get_access_key_last_used", AccessKeyId=key, pick="UserName")
    _check_owner(key, owner, facts.user_name)
    status = yield read(
        "iam.list_access_keys",
        UserName=owner,
        pick=f"AccessKeyMetadata[?AccessKeyId=='{key}'].Status | [0]",
    )
    if status != "Active":
        return
    used = yield read(
        "iam.get_access_key_last_used", AccessKeyId=key, pick="AccessKeyLastUsed", watch=False
    )
    target = {"UserName": owner, "AccessKeyId": key}
    yield change(
        "iam.update_access_key",
        **target,
        Status="Inactive",
        undo=call("iam.update_access_key", **target, Status="Active"),
        note=f"Access key {key} of user {owner}: Active → Inactive ({_use(used)})",
        breaks=f"Programs that sign with {key} are refused.",
    )


def _key_of(facts: Facts) -> str:
    """Give the key's id; it is put into a JMESPath, so it must be a plain word."""
    key = facts.object_id or ""
    if not key.isalnum():
        raise CannotFix("The finding names no access key: look at its event, then at the user.")
    if key.startswith("ASIA"):
        raise CannotFix(
            f"{key} is the key of a session, which cannot be turned off: revoke the role's "
            "sessions in the console (IAM, Roles, Revoke sessions), or end the user's."
        )
    return key


def _check_owner(key: str, owner: str | None, logged: str | None) -> None:
    if owner is None:
        raise CannotFix(
            f"AWS names no user for access key {key}: it was deleted, or it is root's, which "
            "only root can turn off (console, Security credentials)."
        )
    if logged not in (None, owner):
        raise CannotFix(
            f"The log says that access key {key} belongs to {logged}, AWS says {owner}: "
            "find out whose it is, then turn it off by hand."
        )


def _use(used: Mapping[str, Any] | None) -> str:
    """Say when the key was last used; AWS knows it to 15 minutes (IAM User Guide, last used)."""
    if not used or not used.get("LastUsedDate"):
        return "no use is on record, which does not prove that there was none"
    return f"last used {used['LastUsedDate']} for {used['ServiceName']} in {used['Region']}"
