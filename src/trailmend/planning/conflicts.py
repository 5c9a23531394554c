"""Fixes that fight each other: together they lock somebody out, or undo one another.

What is already in force in the account each fix reads for itself; this is about the fixes of one
plan, on the same user or role, or on the same thing where they name neither.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from msgspec import UNSET

from trailmend.plan import Part

_SIGN_IN = frozenset(
    {
        "login_profiles.create_lasting_login_profile",
        "login_profiles.create_login_profile",
        "login_profiles.force_password_reset",
        "login_profiles.set_new_password",
    }
)
_QUARANTINE = frozenset({"principals.quarantine_caller", "principals.quarantine_target"})


class Fight(NamedTuple):
    """Two kinds of fixes that must not be in one plan for the same principal, and why.

    `instead`: they do one thing in two ways, so that who has the one needs no word of the other.
    """

    one: frozenset[str]
    other: frozenset[str]
    why: str
    instead: bool = False


FIGHTS = (
    Fight(
        _QUARANTINE,
        _SIGN_IN,
        "who is in quarantine can neither sign in nor change the password; release them first",
    ),
    Fight(
        _QUARANTINE,
        frozenset({"principals.release"}),
        "the one undoes the other",
    ),
    Fight(
        frozenset({"login_profiles.disable_console_access"}),
        _SIGN_IN,
        "the one takes away the password that the other gives",
    ),
    Fight(
        frozenset({"mfa_devices.replace_device"}),
        frozenset({"mfa_devices.deactivate_device", "mfa_devices.enrol_virtual_device"}),
        "the one does what the other does",
    ),
    Fight(
        frozenset({"login_profiles.create_lasting_login_profile"}),
        frozenset({"login_profiles.create_login_profile"}),
        "both give the user a password",
    ),
    Fight(
        frozenset({"mfa_devices.deactivate_device"}),
        frozenset({"login_profiles.force_password_reset"}),
        "without the device a policy may keep the user from changing the password; enrol one first",
    ),
    Fight(
        frozenset({"roles.close_trust"}),
        frozenset({"roles.restore_trust_policy"}),
        "each gives the role another trust policy",
        instead=True,
    ),
    Fight(
        frozenset({"oidc_providers.remove_oidc_provider"}),
        frozenset(
            {
                "oidc_providers.recreate_oidc_provider",
                "oidc_providers.restore_oidc_provider",
                "oidc_providers.restore_thumbprints",
                "oidc_providers.take_audience_out",
            }
        ),
        "the one removes the provider that the other mends",
        instead=True,
    ),
    Fight(
        frozenset({"oidc_providers.restore_oidc_provider"}),
        frozenset({"oidc_providers.restore_thumbprints", "oidc_providers.take_audience_out"}),
        "the one does what the other does",
    ),
    Fight(
        frozenset({"saml_providers.remove_saml_provider"}),
        frozenset({"saml_providers.recreate_saml_provider", "saml_providers.restore_metadata"}),
        "the one removes the provider that the other mends",
        instead=True,
    ),
    Fight(
        frozenset({"policy_versions.delete_ready_version"}),
        frozenset({"policies.restore_default_version"}),
        "the one may delete the version that the other puts in force: plan one, then the other",
    ),
    Fight(
        frozenset({"login_profiles.force_password_reset"}),
        frozenset({"login_profiles.set_new_password"}),
        "the new password has to be changed at the next sign-in anyway",
    ),
)


def fights_with(part: Part, others: Iterable[Part]) -> str | None:
    """Say why a fix must not be planned beside the others; None where nothing speaks against it."""
    for other in others:
        for fight in FIGHTS:
            pairs = ((fight.one, fight.other), (fight.other, fight.one))
            if _same(part, other) and any(part.fix in a and other.fix in b for a, b in pairs):
                return f"it fights {other.fix} of this plan: {fight.why}"
    return None


def stands_in(fix: str, other: str) -> bool:
    """Say whether two fixes of one finding are two ways to one end: then one of them is taken."""
    return any(
        fight.instead and {fix, other} & fight.one and {fix, other} & fight.other
        for fight in FIGHTS
    )


def _same(one: Part, other: Part) -> bool:
    facts = [part.facts for part in (one, other)]
    names = [(each.user_name, each.role_name, each.group_name) for each in facts]
    if names[0] == names[1] == (None, None, UNSET):
        things = [(each.target, each.object_id) for each in facts]
        return things[0] == things[1]
    return names[0] == names[1]
