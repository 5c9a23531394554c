"""Access keys: long-lived credentials of a user."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any

from msgspec.structs import replace

from trailmend.calls import Change, Read, call, change, read
from trailmend.errors import CannotFix
from trailmend.plan import Example, Facts, Steps, remediation
from trailmend.remediations.users import the_user

SILENCE = timedelta(days=14)
"""How long an inactive key must have been out of use before it is deleted."""
UNUSED = timedelta(days=90)
"""How long an active key must have been out of use to be called unused."""

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
_ASKED = replace(_EXAMPLE.facts, asked_at="2026-06-15T12:00:00Z")
_BOB = (
    call("iam.get_user", UserName="bob"),
    {
        "id": "AIDAEXAMPLE0000000001",
        "created": "2025-01-01T00:00:00Z",
        "arn": "arn:aws:iam::111122223333:user/bob",
    },
)
_LIST = call("iam.list_access_keys", UserName="bob")
_LAST_USE = (
    call("iam.get_access_key_last_used", AccessKeyId=_ID),
    {"LastUsedDate": "2026-03-02T09:10:00Z", "ServiceName": "s3", "Region": "us-east-1"},
)


@remediation(
    title="Turn the access key off",
    breaks="Whoever signs with this key is refused from then on.",
    example=_EXAMPLE,
    stage="remove",
    needs="object",
    may="user",
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
    stage="contain",
    needs="finding",
)
def deactivate_callers_key(facts: Facts) -> Steps:
    """Set the key Inactive that signed the call, or by which a user took the session that did.

    That stops a leaked key; a user who is a person may have others.  The key of a session
    (`ASIA...`) cannot be turned off: choose principals.revoke_callers_sessions, which also ends
    what a key began that is turned off now.
    """
    yield from _deactivate(facts)


@remediation(
    title="Delete the access key",
    breaks="The key can never be used or turned on again.",
    example=Example(
        facts=_ASKED,
        reads=(_BOB, (_LIST, {"status": "Inactive", "created": "2026-03-02T09:00:00Z"}), _LAST_USE),
        changes=(call("iam.delete_access_key", UserName="bob", AccessKeyId=_ID),),
    ),
    stage="remove",
    needs="user object",
)
def delete_access_key(facts: Facts) -> Steps:
    """Delete this one key, if it is Inactive and has been out of use for 14 days.

    The 14 days are counted back from when the plan is asked for, to the last use that AWS knows,
    or to the key's making if it knows none.  An active key must be turned off first: that can be
    undone, and shows who needs it.  What AWS does not tell is not taken for "unused".
    """
    key, asked = _key_of(facts), _asked(facts)
    user = yield from the_user(facts)
    found = yield read(
        _LIST.name,
        UserName=user["name"],
        pick=f"AccessKeyMetadata[?AccessKeyId=='{key}'].{{status: Status, created: CreateDate}}"
        " | [0]",
    )
    if found is None:
        return
    if found["status"] != "Inactive":
        raise CannotFix(
            f"Access key {key} of user {user['name']} is {found['status']}: only an Inactive key "
            "is deleted. Turn it off (access_keys.deactivate_access_key), and wait for "
            f"{SILENCE.days} days without use."
        )
    used = yield from _last_use(key)
    due = _last_sign(key, used, found["created"]) + SILENCE
    if due > asked:
        raise CannotFix(
            f"Access key {key} of user {user['name']} may be deleted from "
            f"{due:%Y-%m-%dT%H:%M:%SZ} on, {SILENCE.days} days after its last sign of life "
            f"({_use(used)}). It is Inactive: plan again then."
        )
    yield change(
        "iam.delete_access_key",
        UserName=user["name"],
        AccessKeyId=key,
        undo=None,
        note=f"Access key {key} of user {user['name']}: Inactive → deleted ({_use(used)})",
        breaks=f"Programs that still hold {key} need another key.",
        irreversible=f"Access key {key} cannot be brought back: make a new one instead.",
    )


@remediation(
    title="Turn off unused access keys",
    breaks="A program that signs less often than every 90 days is refused when it next does.",
    example=Example(
        facts=replace(_ASKED, object_id=None),
        reads=(
            _BOB,
            (_LIST, [{"id": _ID, "created": "2026-03-02T09:00:00Z"}]),
            _LAST_USE,
            (_LIST, "Active"),
        ),
        changes=_EXAMPLE.changes,
    ),
    about="account",
    stage="remove",
    may="user",
    shuts=False,
)
def deactivate_unused_keys(facts: Facts) -> Steps:
    """Set Inactive each key of the user that has not been used for 90 days.

    Without a user it looks at all users of the account.  The days are counted back from
    when the plan is asked for: to the last use, or to the key's making where no use is on record
    (AWS began to record on 22 April 2015).  If a last use cannot be read nothing is proposed at
    all.  A protected user with an unused key stops the plan for all: name the users one by one.
    """
    asked = _asked(facts)
    for user in (yield from _users(facts)):
        keys = yield read(
            _LIST.name,
            UserName=user,
            pick="AccessKeyMetadata[].{id: AccessKeyId, created: CreateDate}",
            watch=False,
        )
        for key in sorted(keys or (), key=itemgetter("id")):
            used = yield from _last_use(key["id"])
            if _last_sign(key["id"], used, key["created"]) + UNUSED < asked:
                yield from _turn_off(user, key["id"], used)


def _users(facts: Facts) -> Generator[Read, Any, list[str]]:
    """Name the user of the facts, or all users of the account."""
    if facts.user_name is not None:
        return [(yield from the_user(facts))["name"]]
    names: list[str] = yield read("iam.list_users", pick="sort(Users[].UserName)", watch=False)
    return names


def _turn_off(owner: str, key: str, used: Mapping[str, Any]) -> Steps:
    if (yield _status(owner, key)) == "Active":
        yield _deactivation(owner, key, used)


def _status(owner: str, key: str) -> Read:
    pick = f"AccessKeyMetadata[?AccessKeyId=='{key}'].Status | [0]"
    return read(_LIST.name, UserName=owner, pick=pick)


def _last_use(key: str) -> Generator[Read, Any, Mapping[str, Any]]:
    """Read when a key was last used; raises CannotFix if AWS does not tell."""
    used: Mapping[str, Any] | None = yield read(
        "iam.get_access_key_last_used", AccessKeyId=key, pick="AccessKeyLastUsed", watch=False
    )
    if used is None:
        raise CannotFix(
            f"AWS does not tell when access key {key} was last used, and unknown is not unused: "
            "plan again, and see whether the key is still there."
        )
    return used


def _last_sign(key: str, used: Mapping[str, Any], created: str | None) -> datetime:
    """Give the time of the last use, or of the making if no use is on record."""
    text = used.get("LastUsedDate") or created
    if text is None:
        raise CannotFix(f"AWS does not tell how old access key {key} is: look at it by hand.")
    return datetime.fromisoformat(text).astimezone(UTC)


def _asked(facts: Facts) -> datetime:
    if not facts.asked_at:
        raise CannotFix("It is not known when this plan was asked for: make it again.")
    return datetime.fromisoformat(facts.asked_at)


def _deactivate(facts: Facts) -> Steps:
    key = _key_of(facts)
    owner = yield read("iam.get_access_key_last_used", AccessKeyId=key, pick="UserName")
    _check_owner(key, owner, facts.user_name)
    if (yield _status(owner, key)) != "Active":
        return
    used = yield read(
        "iam.get_access_key_last_used", AccessKeyId=key, pick="AccessKeyLastUsed", watch=False
    )
    yield _deactivation(owner, key, used)


def _deactivation(owner: str, key: str, used: Mapping[str, Any] | None) -> Change:
    target: dict[str, Any] = {"UserName": owner, "AccessKeyId": key}
    return change(
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
            f"{key} is the key of a session, which cannot be turned off. End the sessions begun "
            "so far: principals.revoke_role_sessions of a role (--role), "
            "principals.revoke_user_sessions of a user (--user)."
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
