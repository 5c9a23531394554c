"""The follow-ups of users and groups: made, renamed, put in, taken out, and back again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from trailmend.stories.facts_permissions import denies
from trailmend.stories.facts_users import (
    makes_an_administrator,
    named_as_before,
    named_as_by_the_finding,
)
from trailmend.stories.rule import Rule, done_again, joined_by, put_right, undone
from trailmend.stories.rules.permissions import HELD, USED

_PUT_IN, _TAKEN_OUT = ("AddUserToGroup",), ("RemoveUserFromGroup",)
_RENAMED = ("UpdateUser",)
_CREDENTIALS = (
    *("CreateAccessKey", "CreateLoginProfile", "CreateServiceSpecificCredential"),
    *("UploadSSHPublicKey", "UploadSigningCertificate"),
)
_POWERS = ("AddUserToGroup", "AttachUserPolicy", "PutUserPolicy")

_DELETED = tuple(
    replace(rule, final=True) for rule in put_right(("DeleteUser",), "deleted the user {owner}.")
)

_AFTER_MADE = (
    *_DELETED,
    Rule(_CREDENTIALS, "notes", "{who} gave the new user a credential, by {event}."),
    Rule(
        _POWERS,
        "notes",
        "{who} made the new user an administrator, by {event}.",
        when=makes_an_administrator,
    ),
)
_AFTER_RENAMED = (
    *put_right(_RENAMED, "gave the user the former name and path again.", named_as_before),
    *undone(_RENAMED, "took the former name or path away once more", named_as_by_the_finding),
    Rule(_RENAMED, "notes", "{who} gave the user another name or path once more."),
    *_DELETED,
)
_AFTER_PUT_IN = (
    *joined_by(
        "target and object",
        *put_right(_TAKEN_OUT, "took {owner} out of the group."),
        *done_again(_PUT_IN, "put {owner} into the group"),
    ),
    *HELD,
    USED,
)
_AFTER_TAKEN_OUT = (
    *joined_by(
        "target and object",
        *put_right(_PUT_IN, "put {owner} into the group again, which still denies.", denies),
        Rule(
            _PUT_IN,
            "notes",
            "{who} put {owner} into the group again, which is not known to deny any more.",
        ),
        *done_again(_TAKEN_OUT, "took {owner} out of the group"),
    ),
    *HELD,
    USED,
    *_DELETED,
)

USER_RULES: Mapping[str, tuple[Rule, ...]] = {
    "AddUserToGroup": _AFTER_PUT_IN,
    "CreateUser": _AFTER_MADE,
    "RemoveUserFromGroup": _AFTER_TAKEN_OUT,
    "UpdateUser": _AFTER_RENAMED,
}
"""What may follow a call on a user or its groups that succeeded, by its name."""

USERS_UNTOLD: Mapping[str, str] = {
    "DeleteUser": "A deleted user does not come back: one who is made again under the name has "
    "another id and nothing of what the former had.",
}
"""After which of them nothing in the log can tell more, and why."""
