"""The follow-ups of sessions that are taken: used, used from elsewhere, denied, ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from trailmend.stories.facts import Fact
from trailmend.stories.facts_permissions import denies
from trailmend.stories.facts_sessions import (
    by_an_outside_hand,
    by_anyone,
    ends_the_session,
    for_a_password,
    from_a_usual_place,
    from_elsewhere,
    gives_back,
    refuses_everything,
    taken_anew,
    with_the_sessions_key,
)
from trailmend.stories.facts_settings import all_of
from trailmend.stories.rule import Join, Rule, in_second, joined_by, put_right, undone

_LONGEST_OF_ROLES, _LONGEST_OF_USERS = timedelta(hours=12), timedelta(hours=36)
"""botocore sts AssumeRole, GetFederationToken and GetSessionToken (DurationSeconds)."""
_TAKEN = ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")

USED = in_second(
    Rule(
        (),
        "notes",
        "The session was used, first for {event} from {address}.",
        joined="use",
        when=from_a_usual_place,
    )
)
USED_ELSEWHERE = in_second(
    Rule(
        (),
        "harms",
        "The session was used for {event} from {address}, from where its taker had not called.",
        joined="place",
        when=from_elsewhere,
    )
)


def _stopped(by: tuple[str, ...], what: str, when: Fact) -> tuple[Rule, ...]:
    """Make the rules for what stops a session, which is not the session that does it."""
    third, anyone = put_right(by, what, when)
    return replace(third, when=all_of(when, by_an_outside_hand)), anyone


def _denied(kind: str, joined: Join, longest: timedelta, *, ended: bool) -> tuple[Rule, ...]:
    """Make the rules for a denial that hits the session; `ended`: one by its time of issue too.

    After its longest life a session is over, and the denial can go.
    """
    given = (f"Put{kind}Policy", f"Attach{kind}Policy")
    taken_off = (f"Delete{kind}Policy", f"Detach{kind}Policy", f"Put{kind}Policy")
    everything = _stopped(given, "denied everything, to this session too.", refuses_everything)
    by_time = _stopped(
        given, "ended the sessions begun before, this one among them.", ends_the_session
    )
    again = undone(taken_off, "took the denial away while the session may last", gives_back)
    return joined_by(
        joined,
        *everything,
        *(by_time if ended else ()),
        *(replace(rule, within=longest) for rule in again),
        Rule(
            given,
            "notes",
            "{who} gave a policy that denies; what it leaves is to be looked at.",
            when=denies,
        ),
    )


def denied_to_role(joined: Join = "target", *, ended: bool = True) -> tuple[Rule, ...]:
    """Make the rules for a denial to the role whose session it is."""
    return _denied("Role", joined, _LONGEST_OF_ROLES, ended=ended)


def denied_to_user(*, ended: bool = True) -> tuple[Rule, ...]:
    """Make the rules for a denial to the user whose permissions bound the session."""
    return _denied("User", "owner", _LONGEST_OF_USERS, ended=ended)


ROLE_IS_DELETED = tuple(
    replace(rule, joined="target", final=True)
    for rule in _stopped(
        ("DeleteRole",),
        "deleted the role, and so all that its sessions may do.",
        by_anyone,
    )
)
USER_IS_DELETED = tuple(
    replace(rule, final=True)
    for rule in put_right(("DeleteUser",), "deleted the user, and so all that its sessions may do.")
)

_AFTER_TAKEN = (
    *USED,
    *USED_ELSEWHERE,
    *denied_to_role(),
    *ROLE_IS_DELETED,
    *joined_by(
        "target",
        Rule(
            _TAKEN,
            "reopens",
            "{who} took the role again, after its sessions had been ended.",
            when=taken_anew,
        ),
        Rule(
            ("UpdateAssumeRolePolicy",),
            "notes",
            "{who} set another trust policy; a session that was taken goes on all the same.",
        ),
    ),
)
_AFTER_TRADED = (
    *in_second(
        Rule(
            (),
            "notes",
            "The credentials were used, first for {event} from {address}.",
            joined="use",
        )
    ),
    # Whether sessions of this kind carry a time of issue is not known.
    *denied_to_role(ended=False),
    *denied_to_user(ended=False),
    *ROLE_IS_DELETED,
)
_OF_THE_USER = (
    *USED,
    *USED_ELSEWHERE,
    *denied_to_user(),
    *USER_IS_DELETED,
    Rule(
        ("DeleteAccessKey", "UpdateAccessKey"),
        "notes",
        "{who} changed or deleted a key of {owner}; a session that was made goes on all the same.",
    ),
)
_AFTER_FEDERATED = (
    Rule(
        ("signin:GetSigninToken",),
        "harms",
        "The session was turned into a console, in which IAM can be called too.",
        joined="object",
        in_second=True,
    ),
    *_OF_THE_USER,
)
_AFTER_ROOT = (
    *USED,
    *USED_ELSEWHERE,
    Rule(
        ("CreateLoginProfile",),
        "harms",
        "The session made a login profile for root: whoever reads root's mail sets the password.",
        when=with_the_sessions_key,
        in_second=True,
    ),
    Rule(
        ("DeleteLoginProfile",),
        "lifts",
        "{who} deleted root's login profile.",
        final=False,
    ),
    Rule(
        ("signin:PasswordRecoveryCompleted",),
        "harms",
        "Root's password was set by way of its mail.",
        joined="target",
        when=for_a_password,
    ),
)

SESSION_RULES: Mapping[str, tuple[Rule, ...]] = {
    **dict.fromkeys(_TAKEN, _AFTER_TAKEN),
    "sts:AssumeRoot": _AFTER_ROOT,
    "sts:GetDelegatedAccessToken": _AFTER_TRADED,
    "sts:GetFederationToken": _AFTER_FEDERATED,
    "sts:GetSessionToken": _OF_THE_USER,
}
"""What may follow a call that takes a session and succeeded, by its name."""
