"""The follow-ups of sign-ins: the way in is closed, or kept; root is entered; limits come back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from trailmend.context import RECENT
from trailmend.stories.facts_console import (
    puts_it_again,
    puts_it_back,
    same_configuration,
    takes_it_away,
    takes_the_same_away,
)
from trailmend.stories.facts_sessions import (
    by_the_organization,
    from_elsewhere,
    from_the_same_place,
    opened_by_the_link,
    proved_otherwise,
    stays_in,
)
from trailmend.stories.facts_settings import all_of
from trailmend.stories.rule import Rule, done_again, joined_by, put_right, undone
from trailmend.stories.rules.sessions import (
    ROLE_IS_DELETED,
    USER_IS_DELETED,
    denied_to_role,
    denied_to_user,
)


def _of_sign_in(*names: str) -> tuple[str, ...]:
    return tuple(f"signin:{name}" for name in names)


_ENTERED, _RECOVERED = _of_sign_in("ConsoleLogin"), _of_sign_in("PasswordRecoveryCompleted")
_MAIL_CHANGED, _PASSWORD_CHANGED = _of_sign_in("EmailUpdated"), _of_sign_in("PasswordUpdated")
_SET, _UNSET = (_of_sign_in(f"{verb}ResourcePermissionStatement") for verb in ("Put", "Delete"))
_ON, _OFF = (_of_sign_in(f"{verb}ConsoleAuthorizationConfiguration") for verb in ("Put", "Delete"))
_LINK_LASTS = timedelta(hours=1)
"""A link is good for 15 minutes (AWS IAM User Guide, custom identity broker); some are to spare."""

_STAYS = joined_by(
    "actor",
    *(
        Rule((name,), "harms", f"{{who}} {what} within a day.", within=RECENT, when=stays_in)
        for name, what in (
            ("CreateAccessKey", "made an access key"),
            ("CreateLoginProfile", "made a login profile"),
            ("DeactivateMFADevice", "took an MFA device away"),
            ("EnableMFADevice", "enabled an MFA device"),
        )
    ),
)
_PASSWORD_TAKEN = (
    Rule(
        ("UpdateLoginProfile",),
        "resolves",
        "{who}, a third principal, set another password for {owner}; sessions begun before are "
        "ended by a denial only.",
        who=("third",),
    ),
    Rule(
        ("DeleteLoginProfile",),
        "resolves",
        "{who}, a third principal, deleted the login profile of {owner}; sessions begun before "
        "are ended by a denial only.",
        who=("third",),
    ),
    Rule(
        ("ChangePassword",),
        "resolves",
        "{owner} changed the password in a session with MFA, by a device of before.",
        who=("owner",),
        when=proved_otherwise,
    ),
    Rule(
        ("ChangePassword", "UpdateLoginProfile"),
        "notes",
        "{owner} changed the password; whoever had signed in could do so too.",
        who=("owner",),
    ),
)
_BY_THE_ORGANIZATION = joined_by(
    "target",
    Rule(
        ("DeleteLoginProfile",),
        "resolves",
        "The organization took root's password away, by a session for that task.",
        when=by_the_organization,
    ),
)
_ENTERED_SINCE = joined_by(
    "target",
    Rule(_ENTERED, "harms", "Root signed in to the console since, from {address}."),
)
_MAIL_CHANGED_SINCE = joined_by(
    "target",
    Rule(_MAIL_CHANGED, "harms", "Root's mail address was changed since."),
)

_AFTER_ENTERED = (
    *_PASSWORD_TAKEN,
    *denied_to_user(ended=False),
    *USER_IS_DELETED,
    *denied_to_role(),
    *ROLE_IS_DELETED,
    *_STAYS,
    *_BY_THE_ORGANIZATION,
)
_AFTER_REQUESTED = joined_by(
    "target",
    Rule(_RECOVERED, "harms", "The recovery went through: the mail of root was read."),
    *_BY_THE_ORGANIZATION,
)
_ONCE_MORE = joined_by(
    "target",
    Rule(
        (*_RECOVERED, *_PASSWORD_CHANGED),
        "notes",
        "Root's password was set once more; whether by its keepers is not known.",
    ),
)
_AFTER_RECOVERED = (
    *_ENTERED_SINCE,
    *_MAIL_CHANGED_SINCE,
    *_STAYS,
    *_ONCE_MORE,
    *_BY_THE_ORGANIZATION,
)
_AFTER_MAIL_CHANGED = (
    *_ENTERED_SINCE,
    *joined_by(
        "target",
        Rule(_RECOVERED, "harms", "Root's password was set by way of the new mail address."),
        Rule(
            _MAIL_CHANGED,
            "notes",
            "Root's mail address was changed once more; whether by its keepers is not known.",
        ),
    ),
    *_STAYS,
    *_BY_THE_ORGANIZATION,
)
_AFTER_TOKEN = (
    *denied_to_user(ended=False),
    *denied_to_role("caller", ended=False),
    *joined_by("caller", *ROLE_IS_DELETED),
    *USER_IS_DELETED,
    *_STAYS,
)
_AFTER_LINK = (
    Rule(
        _ENTERED,
        "harms",
        "The console was entered from {address}, from where {actor} had not called.",
        joined="actor",
        within=_LINK_LASTS,
        when=all_of(opened_by_the_link, from_elsewhere),
    ),
    Rule(
        _ENTERED,
        "notes",
        "The console was entered from {address}.",
        joined="actor",
        within=_LINK_LASTS,
        when=opened_by_the_link,
    ),
    *denied_to_user(ended=False),
    *USER_IS_DELETED,
)
# No model of botocore has sso-directory: the names of its events are those of the AWS IAM Identity
# Center User Guide (archive of June 2023), IAM Identity Center information in CloudTrail.
_PERSON_IS_STOPPED = joined_by(
    "caller",
    *put_right(("sso-directory:DisableUser",), "disabled the person in the directory."),
    *undone(("sso-directory:EnableUser",), "enabled the person again"),
    *(
        replace(rule, final=True)
        for rule in put_right(
            ("identitystore:DeleteUser", "sso-directory:DeleteUser"),
            "deleted the person from the directory.",
        )
    ),
)
_AFTER_PERSON = (
    Rule(
        ("sso-directory:UpdatePassword",),
        "resolves",
        "{who}, a third principal, set another password for the person; sessions begun before are "
        "to be ended too.",
        joined="caller",
        who=("third",),
    ),
    *_PERSON_IS_STOPPED,
)
# Another password ends no session, and so takes no token back.
_AFTER_TOKEN_OF_PERSON = (
    *_PERSON_IS_STOPPED,
    Rule(
        ("sso:GetRoleCredentials",),
        "harms",
        "Credentials of one of the person's roles were fetched from {address}, where the token had "
        "gone.",
        joined="actor",
        within=RECENT,
        when=from_the_same_place,
        once=True,
    ),
)

_AFTER_UNSET = joined_by(
    "account",
    *put_right(_SET, "put a statement that says the same.", puts_it_back),
    *done_again(_UNSET, "took a statement away that said the same", takes_the_same_away),
    Rule(
        _SET,
        "notes",
        "{who} put a statement; it is not known to say what the one that was taken away had said.",
    ),
)
_AFTER_SET = joined_by(
    "account",
    *put_right(_UNSET, "took the statement away.", takes_it_away),
    *done_again(_SET, "put the statement", puts_it_again),
)


def _of_configuration(
    opposite: tuple[str, ...], what: str, same: tuple[str, ...], again: str
) -> tuple[Rule, ...]:
    """Make the rules for the switch of an account, its own or that of a member."""
    rules = (
        *put_right(opposite, what, same_configuration),
        *done_again(same, again, same_configuration),
    )
    return (*joined_by("account", *rules), *joined_by("target", *rules))


SIGN_IN_RULES: Mapping[str, tuple[Rule, ...]] = {
    **dict.fromkeys(_ENTERED, _AFTER_ENTERED),
    **dict.fromkeys(_of_sign_in("PasswordRecoveryRequested"), _AFTER_REQUESTED),
    **dict.fromkeys((*_RECOVERED, *_PASSWORD_CHANGED), _AFTER_RECOVERED),
    **dict.fromkeys(_MAIL_CHANGED, _AFTER_MAIL_CHANGED),
    **dict.fromkeys(_of_sign_in("CreateOAuth2Token"), _AFTER_TOKEN),
    **dict.fromkeys(_of_sign_in("GetSigninToken"), _AFTER_LINK),
    **dict.fromkeys(_of_sign_in("UserAuthentication"), _AFTER_PERSON),
    **dict.fromkeys(("sso:CreateToken", "sso-oauth:CreateToken"), _AFTER_TOKEN_OF_PERSON),
    **dict.fromkeys(_UNSET, _AFTER_UNSET),
    **dict.fromkeys(_SET, _AFTER_SET),
    **dict.fromkeys(
        _OFF,
        _of_configuration(_ON, "switched console authorization on again.", _OFF, "switched it off"),
    ),
    **dict.fromkeys(
        _ON,
        _of_configuration(_OFF, "switched console authorization off.", _ON, "switched it on"),
    ),
}
"""What may follow a sign-in, a change of root's, or of the console's limits, by its name."""

SIGN_INS_UNTOLD: Mapping[str, str] = {
    **dict.fromkeys(
        _of_sign_in("CredentialChallenge", "CredentialVerification"),
        "A step of a sign-in: what the person does once in follows the UserAuthentication.",
    ),
    **dict.fromkeys(
        _of_sign_in(
            "CreateBearerToken",
            "CreateOAuth2TokenWithIAM",
            "CreateOAuth2TokenWithTokenExchange",
        ),
        "The record does not name the token, so that its use cannot be joined; root alone is "
        "found, whom no IAM policy binds.",
    ),
}
"""After which of them nothing in the log can tell more, and why."""
