"""The follow-ups of applications of Identity Center: a way in is closed, or somebody uses it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from trailmend.stories.facts_applications import (
    asks_for_assignments,
    is_off,
    is_on,
    opened_to_all,
    tile_as_before,
)
from trailmend.stories.facts_settings import same_field, same_setting
from trailmend.stories.rule import Rule, done_again, joined_by, put_right, undone


def _sso(*names: str) -> tuple[str, ...]:
    return tuple(f"sso:{name}" for name in names)


_MADE, _GONE, _SET = _sso("CreateApplication"), _sso("DeleteApplication"), _sso("UpdateApplication")
_OPENED = _sso("PutApplicationAssignmentConfiguration")
_GIVEN, _TAKEN = _sso("CreateApplicationAssignment"), _sso("DeleteApplicationAssignment")
_TOKEN = ("sso-oauth:CreateTokenWithIAM",)

_CLOSED = (
    *(replace(rule, final=True) for rule in put_right(_GONE, "deleted the application.")),
    *put_right(_SET, "disabled the application.", is_off),
    *undone(_SET, "enabled the application again", is_on),
)
_USED = Rule(
    _TOKEN,
    "harms",
    "{who} got a token of a person as the application.",
    who=("actor",),
    once=True,
)


def _part(name: str, field: str) -> dict[str, tuple[Rule, ...]]:
    """Make the rules for a part of an application, of which `field` says which one."""
    put, gone, same = _sso(f"PutApplication{name}"), _sso(f"DeleteApplication{name}"), same_field
    rules = joined_by(
        "target",
        *put_right(gone, "took it from the application.", same(field)),
        *done_again(put, "set it in the same way", same_setting),
        Rule(put, "notes", "{who} set it; it is not known to be as before.", when=same(field)),
        *_CLOSED,
        _USED,
    )
    return dict.fromkeys(put, rules)


_AFTER_SET = joined_by(
    "target",
    *put_right(_SET, "led people to the former address again.", tile_as_before),
    *done_again(_SET, "set the application in the same way", same_setting),
    *_CLOSED,
    Rule(_SET, "notes", "{who} changed the application; it is not known to be as before."),
)
_AFTER_OPENED = joined_by(
    "target",
    *put_right(_OPENED, "let the application ask for assignments again.", asks_for_assignments),
    *undone(_OPENED, "opened the application to everybody again", opened_to_all),
    *_CLOSED,
)
_AFTER_GIVEN = joined_by(
    "target and object",
    *put_right(_TAKEN, "took the application from them again."),
    *done_again(_GIVEN, "let them into the application"),
)
_AFTER_TAKEN = joined_by(
    "target and object",
    # What is found is that many went at once; one that comes back is not all of them.
    Rule(_GIVEN, "notes", "{who} let them into the application again."),
)

APPLICATION_RULES: Mapping[str, tuple[Rule, ...]] = {
    **dict.fromkeys(_MADE, joined_by("target", *_CLOSED, _USED)),
    **dict.fromkeys(_SET, _AFTER_SET),
    **dict.fromkeys(_OPENED, _AFTER_OPENED),
    **dict.fromkeys(_GIVEN, _AFTER_GIVEN),
    **dict.fromkeys(_TAKEN, _AFTER_TAKEN),
    **_part("Grant", "grantType"),
    **_part("AuthenticationMethod", "authenticationMethodType"),
    **_part("AccessScope", "scope"),
}
"""What may follow a call on an application of Identity Center that succeeded, by its name."""
