"""Users and roles as a whole: stop them, let them go on, end the sessions begun so far.

A Deny stops at once what its bearer does by any credentials, temporary ones too: the policies of
a user hold for its GetSessionToken, federation and console sessions, those of a role for all of
its sessions (IAM User Guide, "Disabling permissions for temporary security credentials").
"""

from __future__ import annotations

from collections.abc import Generator
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from trailmend.calls import Call, Read, call, change
from trailmend.errors import CannotFix
from trailmend.plan import Actor, Example, Facts, Steps, remediation
from trailmend.remediations.holders import (
    Document,
    Principal,
    attached_and_quota,
    has_room,
    inline_policy,
    listed,
    policy_text,
    put_inline_policy,
    the_caller,
    the_principal,
    use_of_role,
)

QUARANTINE = "trailmend-quarantine"
REVOCATION = "AWSRevokeOlderSessions"
"""The name that the IAM console uses (IAM User Guide, "Revoke IAM role temporary security
credentials")."""

_VERSION = "2012-10-17"
DENIAL: Document = {
    "Version": _VERSION,
    "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}],
}
_ISSUED = "aws:TokenIssueTime"


def _denial_before(time: str) -> dict[str, Any]:
    """Make the statement of the IAM console: refuse the sessions that began before a time."""
    return {
        "Effect": "Deny",
        "Action": ["*"],
        "Resource": ["*"],
        "Condition": {"DateLessThan": {_ISSUED: time}},
    }


_ARN = "arn:aws:iam::111122223333"
_ASKED_AT = "2026-03-02T09:30:00Z"
_USER = Facts(
    account_id="111122223333",
    finding_id="6d0f3b8a1c5e7294",
    event_id="4d2f1a52-6a3e-4a44-8f0e-2f6a7c1b9d05",
    event_name="UpdateLoginProfile",
    event_time="2026-03-02T09:00:00Z",
    asked_at=_ASKED_AT,
    user_name="bob",
)
_ROLE = replace(_USER, user_name=None, role_name="deploy")
_CALLING_USER = replace(
    _USER, actor=Actor(kind="user", name="bob", arn=f"{_ARN}:user/bob", id="AIDAEXAMPLE0000000001")
)
_CALLING_ROLE = replace(
    _ROLE,
    actor=Actor(
        kind="role",
        name="deploy",
        arn="arn:aws:sts::111122223333:assumed-role/deploy/build",
        id="AROAEXAMPLE0000000001:build",
    ),
)
_DATE = "2025-01-01T00:00:00Z"
_GET_USER = (
    call("iam.get_user", UserName="bob"),
    {"id": "AIDAEXAMPLE0000000001", "created": _DATE, "arn": f"{_ARN}:user/bob"},
)
_GET_ROLE = (
    call("iam.get_role", RoleName="deploy"),
    {"id": "AROAEXAMPLE0000000001", "created": _DATE, "arn": f"{_ARN}:role/deploy"},
)
_USE_OF_ROLE = (
    call("iam.get_role", RoleName="deploy"),
    {"trust": {"Statement": {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}}}},
)
_POLICIES_OF_USER = call("iam.list_user_policies", UserName="bob")
_POLICIES_OF_ROLE = call("iam.list_role_policies", RoleName="deploy")
_ATTACHED = call("iam.list_attached_user_policies", UserName="bob")
_SUMMARY = call("iam.get_account_summary")
_OLDER_THAN_ASKED = {"Version": _VERSION, "Statement": [_denial_before(_ASKED_AT)]}
_QUARANTINE_OF_USER: tuple[tuple[Call, Any], ...] = (
    _GET_USER,
    (_POLICIES_OF_USER, []),
    (_ATTACHED, []),
    (_SUMMARY, 2048),
    (_POLICIES_OF_USER, []),
)
_PUT_ON_USER = call(
    "iam.put_user_policy", UserName="bob", PolicyName=QUARANTINE, PolicyDocument=policy_text(DENIAL)
)
_REVOKE_ON_USER = call(
    "iam.put_user_policy",
    UserName="bob",
    PolicyName=REVOCATION,
    PolicyDocument=policy_text(_OLDER_THAN_ASKED),
)
_REVOKE_OF_ROLE = Example(
    facts=_ROLE,
    reads=(
        _GET_ROLE,
        (_POLICIES_OF_ROLE, []),
        (_SUMMARY, 10240),
        (_POLICIES_OF_ROLE, []),
        _USE_OF_ROLE,
    ),
    changes=(
        call(
            "iam.put_role_policy",
            RoleName="deploy",
            PolicyName=REVOCATION,
            PolicyDocument=policy_text(_OLDER_THAN_ASKED),
        ),
    ),
)


# Quarantine --------------------------------------------------------------------------------


@remediation(
    title="Quarantine the user or role",
    breaks="It can do nothing any more: its people and its programs are refused everywhere.",
    example=Example(_USER, _QUARANTINE_OF_USER, (_PUT_ON_USER,)),
    stage="contain",
    needs="user/role",
)
def quarantine_target(facts: Facts) -> Steps:
    """Deny everything to the user or role that was changed.

    The inline policy `trailmend-quarantine` does it; where that has no room, AWS's AWSDenyAll is
    attached.  Passwords, keys and sessions stay, and all of them are refused; a role is refused
    to everyone who uses it.  Sessions of roles that a user has taken go on: end them by
    principals.revoke_role_sessions.
    """
    yield from _quarantine((yield from the_principal(facts)))


@remediation(
    title="Quarantine the caller",
    breaks="It can do nothing any more: its people and its programs are refused everywhere.",
    example=Example(_CALLING_USER, _QUARANTINE_OF_USER, (_PUT_ON_USER,)),
    about="actor",
    stage="contain",
    needs="finding",
)
def quarantine_caller(facts: Facts) -> Steps:
    """Deny everything to the user or role that made the call.

    The inline policy `trailmend-quarantine` does it; where that has no room, AWS's AWSDenyAll is
    attached.  A role is refused to everyone who uses it, not only to the session that made the
    call.  Sessions of roles that a user has taken go on: end them by
    principals.revoke_role_sessions.  Root cannot be held so.
    """
    yield from _quarantine((yield from the_caller(facts)))


@remediation(
    title="Release from quarantine",
    breaks="Whoever holds its credentials can act again: change them first.",
    example=Example(
        facts=_USER,
        reads=(
            _GET_USER,
            (_POLICIES_OF_USER, [QUARANTINE]),
            (call("iam.get_user_policy", UserName="bob", PolicyName=QUARANTINE), DENIAL),
            (_ATTACHED, []),
        ),
        changes=(call("iam.delete_user_policy", UserName="bob", PolicyName=QUARANTINE),),
    ),
    needs="user/role",
)
def release(facts: Facts) -> Steps:
    """Take the inline policy `trailmend-quarantine` off the user or role.

    Keys that were turned off and sessions that were revoked stay so.  Where AWSDenyAll is
    attached nothing is done: the account does not tell who attached it.  If a plan of Trailmend
    did, roll that plan back.
    """
    who = yield from the_principal(facts)
    document = yield from inline_policy(who, QUARANTINE)
    if (yield _deny_all_attached(who)):
        raise CannotFix(
            f"AWSDenyAll is attached to {who.text}, and the account does not tell by whom. If a "
            "plan did it, roll that plan back; else detach it by hand. Then plan the release."
        )
    if document is not None:
        target: dict[str, Any] = {"PolicyName": QUARANTINE}
        yield change(
            f"iam.delete_{who.kind}_policy",
            **who.named,
            **target,
            undo=who.call("put_{}_policy", **target, PolicyDocument=policy_text(document)),
            note=f"{who.title}: inline policy {QUARANTINE} → none; not quarantined",
        )


def _quarantine(who: Principal) -> Steps:
    former = yield from inline_policy(who, QUARANTINE)
    attached = yield _deny_all_attached(who)
    if former == DENIAL or attached:
        return
    breaks = yield from _hit_by_denial(who)
    if (yield from has_room(who, QUARANTINE, DENIAL)):
        was = "another" if former else "none"
        note = f"{who.title}: inline policy {QUARANTINE}: {was} → denies everything"
        yield put_inline_policy(who, QUARANTINE, DENIAL, former, note, breaks)
    else:
        yield from _attach_deny_all(who, breaks)


def _deny_all_attached(who: Principal) -> Read:
    pick = f"AttachedPolicies[?PolicyArn=='{who.deny_all}'].PolicyArn"
    return who.ask("list_attached_{}_policies", pick=pick)


def _attach_deny_all(who: Principal, breaks: str) -> Steps:
    """Attach AWS's policy; raises CannotFix if the principal has as many as it may have."""
    count, quota = yield from attached_and_quota(who)
    if count >= quota:
        raise CannotFix(
            f"{who.title} has no room for the quarantine: its inline policies are too "
            f"long for one more, and {count} managed policies are attached. Detach one of them "
            "(note which), then plan again. Until then, turn off the keys or revoke the sessions."
        )
    target: dict[str, Any] = {"PolicyArn": who.deny_all}
    yield change(
        f"iam.attach_{who.kind}_policy",
        **who.named,
        **target,
        undo=who.call("detach_{}_policy", **target),
        note=(
            f"{who.title}: AWSDenyAll: not attached → attached, which denies "
            f"everything; its inline policies leave no room for {QUARANTINE}"
        ),
        breaks=breaks,
    )


# Sessions ----------------------------------------------------------------------------------


@remediation(
    title="End the role's sessions",
    breaks="All who use the role are refused until they begin a new session, programs too.",
    example=_REVOKE_OF_ROLE,
    stage="contain",
    needs="role",
)
def revoke_role_sessions(facts: Facts) -> Steps:
    """Refuse every session of the role that began before the plan was asked for.

    The inline policy `AWSRevokeOlderSessions` does it, as the button of the IAM console does.  New
    sessions work: close the way by which the stranger got theirs first, and apply the plan soon,
    because sessions begun between plan and apply go on.  A later time that is in force stays.
    """
    if facts.role_name is None:
        raise CannotFix("No role is named: for a user choose principals.revoke_user_sessions.")
    yield from _revoke(facts, (yield from the_principal(facts)))


@remediation(
    title="End the user's sessions",
    breaks="The user is signed out of the console, and programs with temporary keys are refused.",
    example=Example(
        facts=_USER,
        reads=(
            _GET_USER,
            (_POLICIES_OF_USER, []),
            (_SUMMARY, 2048),
            (_POLICIES_OF_USER, []),
        ),
        changes=(_REVOKE_ON_USER,),
    ),
    stage="contain",
    needs="user",
)
def revoke_user_sessions(facts: Facts) -> Steps:
    """Refuse every session of the user that began before the plan was asked for.

    That hits sign-ins to the console and keys of GetSessionToken and GetFederationToken.  Access
    keys are not hit, they carry no time of issue (`aws:TokenIssueTime`): turn those off.  Nor are
    sessions of roles that the user took: end these by principals.revoke_role_sessions.
    """
    if facts.user_name is None:
        raise CannotFix("No user is named: for a role choose principals.revoke_role_sessions.")
    yield from _revoke(facts, (yield from the_principal(facts)))


@remediation(
    title="End the caller's sessions",
    breaks="All who use the same role or user by a session must begin a new one, programs too.",
    example=Example(_CALLING_ROLE, _REVOKE_OF_ROLE.reads, _REVOKE_OF_ROLE.changes),
    about="actor",
    stage="contain",
    needs="finding",
)
def revoke_callers_sessions(facts: Facts) -> Steps:
    """Refuse the caller's sessions that began before the plan was asked for.

    All sessions of the role are hit, not only the one that made the call; of a user, the sign-ins
    to the console and the keys of GetSessionToken and GetFederationToken.  New sessions work:
    close the way by which the stranger got theirs first.  Access keys of a user are not hit: turn
    them off.
    """
    yield from _revoke(facts, (yield from the_caller(facts)))


def _revoke(facts: Facts, who: Principal) -> Steps:
    asked = _moment(facts.asked_at)
    if asked is None:
        raise CannotFix("It is not known when this plan was asked for: make it again.")
    former = yield from inline_policy(who, REVOCATION)
    statements = listed(former["Statement"]) if former else []
    times = [time for time in map(_revoked_before, statements) if time]
    if any(time >= asked for time in times):
        return
    kept = [one for one in statements if not _revoked_before(one)]
    document = {
        **(former or {"Version": _VERSION}),
        "Statement": [*kept, _denial_before(facts.asked_at)],
    }
    if not (yield from has_room(who, REVOCATION, document)):
        raise CannotFix(
            f"The inline policies of {who.text} leave no room for {REVOCATION}: quarantine it "
            "(principals.quarantine_target), or take off a policy that it does not need."
        )
    breaks = yield from _hit_by_revocation(who)
    was = f"those from before {max(times):%Y-%m-%dT%H:%M:%SZ}" if times else "none"
    note = (
        f"{who.title}: sessions refused by inline policy {REVOCATION}: {was} → those from before "
        f"{facts.asked_at}; sessions begun since then go on"
    )
    yield put_inline_policy(who, REVOCATION, document, former, note, breaks)


def _revoked_before(statement: Document) -> datetime | None:
    """Read before what time a statement revokes sessions; None if it does anything else."""
    dates = statement.get("Condition", {}).get("DateLessThan", {})
    time = dates.get(_ISSUED)
    plain = {key: value for key, value in statement.items() if key != "Sid"}
    for element in ("Action", "Resource"):
        plain[element] = listed(statement.get(element))
    return _moment(time) if plain == _denial_before(time) else None


def _moment(text: Any) -> datetime | None:
    """Read a date of ISO 8601, UTC if it names no zone; None if it is none."""
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


# What it hits ------------------------------------------------------------------------------


def _hit_by_denial(who: Principal) -> Generator[Read, Any, str]:
    if who.kind == "role":
        used = yield from use_of_role(who)
        return f"Every session of role {who.name} is refused, its programs too. {used}"
    return (
        f"All that user {who.name} does by password, access keys or temporary keys is refused. "
        "Sessions of roles that the user took go on: plan principals.revoke_role_sessions for "
        "those roles."
    )


def _hit_by_revocation(who: Principal) -> Generator[Read, Any, str]:
    if who.kind == "role":
        used = yield from use_of_role(who)
        return (
            f"Whoever uses role {who.name} is refused until a new session begins; on EC2 AWS "
            f"renews it only some minutes before the old one ends. {used}"
        )
    return (
        f"User {who.name} must sign in to the console again; programs with temporary keys of "
        f"{who.name} must fetch new ones. Access keys go on."
    )
