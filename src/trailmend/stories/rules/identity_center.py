"""The follow-ups of Identity Center: an assignment, a membership or a policy is taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from trailmend.context import RECENT
from trailmend.stories.facts_federation import as_it_was
from trailmend.stories.facts_identity_center import (
    ASSIGNED,
    ATTACHED,
    BOUND,
    DETACHED,
    ERASED,
    OWN_ATTACHED,
    OWN_DETACHED,
    PROVISIONED,
    UNBOUND,
    WRITTEN,
    attributes_as_before,
    carries_another,
    leaves_accounts,
    leaves_some_accounts,
    names_the_issuer,
    of_own_new_set,
    provisioned_as_administrator,
    provisioned_harmless,
    reaches_accounts,
    replaced,
    taken_back_before_it_counted,
    takes_back,
)
from trailmend.stories.facts_settings import all_of, as_before, same_field, same_setting
from trailmend.stories.rule import Rule, done_again, joined_by, put_right, undone


def _sso(*names: str) -> tuple[str, ...]:
    return tuple(f"sso:{name}" for name in names)


def _of_directory(name: str) -> tuple[str, ...]:
    return tuple(f"{api}:{name}" for api in ("identitystore", "sso-directory"))


_UNASSIGNED = _sso("DeleteAccountAssignment")
_ISSUER_SET, _ISSUER_GONE = _sso("UpdateTrustedTokenIssuer"), _sso("DeleteTrustedTokenIssuer")
_INSTANCE_MADE, _INSTANCE_GONE = _sso("CreateInstance"), _sso("DeleteInstance")
_JOINED, _LEFT = ("identitystore:CreateGroupMembership",), ("identitystore:DeleteGroupMembership",)
_ADDED, _REMOVED = ("sso-directory:AddMemberToGroup",), ("sso-directory:RemoveMemberFromGroup",)
_SAME_ACCOUNT = same_field("targetId")


def _deleted(kind: str, what: str) -> tuple[Rule, ...]:
    """Make the rules for the end of a person or a group, which nobody makes again."""
    ends = put_right(_of_directory(f"Delete{kind}"), f"deleted {what} from the directory.")
    return tuple(replace(rule, final=True) for rule in ends)


def _changed(
    calls: tuple[str, ...], again: str, back: Mapping[tuple[str, ...], str], *others: Rule
) -> tuple[Rule, ...]:
    """Make the rules for a change of what a set holds: accounts get it by provisioning.

    `back` says which calls take it back, and how.
    """
    return joined_by(
        "target",
        *(rule for by, how in back.items() for rule in _taken_back(by, how)),
        *done_again(calls, again, same_setting),
        *others,
        *put_right(
            PROVISIONED,
            "provisioned the set in all accounts, after that had been taken back.",
            leaves_accounts,
        ),
        Rule(
            PROVISIONED,
            "notes",
            "{who} provisioned the set, after that had been taken back, in one account only.",
            when=leaves_some_accounts,
        ),
        Rule(
            PROVISIONED,
            "notes",
            "{who} provisioned the set, which held something else in that place by then.",
            when=carries_another,
        ),
        Rule(
            PROVISIONED,
            "harms",
            "{who} provisioned the set: what was done to it holds in accounts now.",
            when=reaches_accounts,
        ),
    )


def _taken_back(by: tuple[str, ...], how: str) -> tuple[Rule, ...]:
    return (
        *put_right(by, f"{how}, before an account got the change.", taken_back_before_it_counted),
        Rule(
            by,
            "notes",
            f"{{who}} {how}; accounts stay as they are until the set is provisioned.",
            when=takes_back,
        ),
    )


def _another(calls: tuple[str, ...], what: str) -> Rule:
    return Rule(calls, "notes", f"{{who}} {what}; it is not known to be as before.", when=replaced)


def _settings(making: tuple[str, ...], setting: tuple[str, ...], *fields: str) -> tuple[Rule, ...]:
    """Make the rules for settings of Identity Center or of its directory."""
    return joined_by(
        "target",
        *put_right(setting, "set it as it was.", as_it_was(*fields, by=(*making, *setting))),
        *done_again(setting, "set it in the same way", same_setting),
        Rule(setting, "notes", "{who} changed settings; all is not known to be as before."),
    )


_GIVEN = joined_by(
    "as object",
    # A set that nobody has is of no use: to assign it is a part of making it.
    Rule(
        ASSIGNED,
        "notes",
        "{who}, who had made the set, assigned it in an account, which has the policy now.",
        who=("actor",),
        when=all_of(of_own_new_set, reaches_accounts),
        within=RECENT,
    ),
    Rule(
        ASSIGNED,
        "harms",
        "{who} assigned the set in an account, which has the policy now.",
        when=reaches_accounts,
    ),
)
_NO_ADMINISTRATOR = (
    *put_right(
        PROVISIONED,
        "provisioned the set, which makes no administrator any more.",
        provisioned_harmless,
    ),
    *undone(
        PROVISIONED,
        "provisioned the set again, which makes administrators",
        provisioned_as_administrator,
    ),
)

_AFTER_ASSIGNED = (
    *joined_by(
        "target and object",
        *put_right(_UNASSIGNED, "took the assignment back.", _SAME_ACCOUNT),
        *done_again(ASSIGNED, "assigned the set", _SAME_ACCOUNT),
    ),
    *joined_by("target", *_deleted("User", "the person"), *_deleted("Group", "the group")),
    *joined_by("object as target", *_NO_ADMINISTRATOR),
)
_AFTER_UNASSIGNED = joined_by(
    "target and object",
    # What is found is that many went at once; one that comes back is not all of them.
    Rule(ASSIGNED, "notes", "{who} assigned the set again.", when=_SAME_ACCOUNT),
)
_AFTER_JOINED = (
    *joined_by(
        "target and object",
        *put_right(_REMOVED, "took the person out of the group."),
        *done_again((*_JOINED, *_ADDED), "put the person into the group"),
    ),
    *joined_by("membership", *put_right(_LEFT, "took the person out of the group.")),
    *joined_by("target", *_deleted("User", "the person")),
    *joined_by(
        "object as target",
        *_deleted("Group", "the group"),
        Rule(_UNASSIGNED, "notes", "{who} took a permission set from the group."),
    ),
)
_OFF, _ON = "took the policy off the set", "gave the set the policy"
_AFTER_ATTACHED = _changed(ATTACHED, _ON, {DETACHED: _OFF})
_AFTER_OWN_ATTACHED = _changed(OWN_ATTACHED, _ON, {OWN_DETACHED: _OFF})
_AFTER_DETACHED = _changed(DETACHED, _OFF, {ATTACHED: _ON})
_AFTER_WRITTEN = _changed(
    WRITTEN,
    "wrote the inline policy",
    {
        ERASED: "deleted the inline policy of the set",
        WRITTEN: "wrote the former inline policy, or one that makes no administrator",
    },
    _another(WRITTEN, "wrote the inline policy over"),
)
_AFTER_ERASED = _changed(
    ERASED,
    "deleted the inline policy of the set",
    {WRITTEN: "wrote the former inline policy of the set"},
    _another(WRITTEN, "wrote an inline policy of the set"),
)
_BOUND_BACK: Mapping[tuple[str, ...], str] = {
    BOUND: "gave the set its former boundary, or one that bounds"
}
_BOUND_ANEW = _another(BOUND, "gave the set a boundary")
_AFTER_BOUND = _changed(
    BOUND,
    "gave the set the boundary",
    {**_BOUND_BACK, UNBOUND: "took the boundary off the set, which had none before"},
    *undone(UNBOUND, "took the boundary off the set"),
    _BOUND_ANEW,
)
_AFTER_UNBOUND = _changed(UNBOUND, "took the boundary off the set", _BOUND_BACK, _BOUND_ANEW)
_AFTER_ISSUER = (
    *joined_by("target", *put_right(_ISSUER_GONE, "deleted the issuer.")),
    Rule(
        _sso("PutApplicationGrant"),
        "harms",
        "{who} let an application believe the issuer's tokens.",
        joined="anywhere",
        when=names_the_issuer,
    ),
)
_AFTER_ISSUER_SET = joined_by(
    "target",
    *put_right(_ISSUER_GONE, "deleted the issuer."),
    *put_right(_ISSUER_SET, "matched tokens to people as before.", attributes_as_before),
    *done_again(_ISSUER_SET, "changed the issuer in the same way", same_setting),
    Rule(_ISSUER_SET, "notes", "{who} changed the issuer; it is not known to be as before."),
)
_DISABLED, _ENABLED = ("sso-directory:DisableUser",), ("sso-directory:EnableUser",)
_PASSWORD = ("sso-directory:UpdatePassword",)
_STOPPED = (*put_right(_DISABLED, "disabled the person."), *_deleted("User", "the person"))
_AFTER_ENABLED = joined_by("target", *_STOPPED, *done_again(_ENABLED, "let the person sign in"))
_AFTER_PASSWORD = joined_by(
    "target",
    *_STOPPED,
    Rule(
        _PASSWORD,
        "resolves",
        "{who}, a third principal, set another password.",
        who=("third",),
        final=False,
    ),
    *done_again(_PASSWORD, "set the password"),
)
_NO_RECORD = (
    "No published record shows which provider or directory a call names, so that nothing later "
    "can be joined to it."
)
_ATTRIBUTES = "InstanceAccessControlAttributeConfiguration"
_TAGS_ON, _TAGS_SET, _TAGS_OFF = (
    _sso(f"{verb}{_ATTRIBUTES}") for verb in ("Create", "Update", "Delete")
)
_AFTER_TAGS_ON = joined_by(
    "target",
    *put_right(_TAGS_OFF, "switched the attributes off again."),
    *undone(_TAGS_ON, "switched attributes on again"),
    Rule(_TAGS_SET, "notes", "{who} chose other attributes."),
)
_AFTER_TAGS_OFF = joined_by(
    "target",
    *put_right(
        _TAGS_ON,
        "switched the former attributes on again.",
        as_before(*_TAGS_ON, *_TAGS_SET, *_TAGS_OFF),
    ),
    *done_again(_TAGS_OFF, "switched the attributes off"),
    Rule(_TAGS_ON, "notes", "{who} switched attributes on; they are not known to be as before."),
)
_SESSIONS = _sso("UpdateSsoConfiguration")
_AFTER_SESSIONS = joined_by(
    "target",
    *put_right(
        _SESSIONS,
        "set it as it was.",
        all_of(same_field("configurationType"), as_before(*_SESSIONS)),
    ),
    *done_again(_SESSIONS, "set it in the same way", same_setting),
    Rule(_SESSIONS, "notes", "{who} set it; it is not known to be as before."),
)
_INSTANCE_SETTINGS = ("networkConfiguration", "encryptionConfiguration")

IDENTITY_CENTER_RULES: Mapping[str, tuple[Rule, ...]] = {
    **dict.fromkeys(ASSIGNED, _AFTER_ASSIGNED),
    **dict.fromkeys(_UNASSIGNED, _AFTER_UNASSIGNED),
    **dict.fromkeys(ATTACHED, (*_AFTER_ATTACHED, *_GIVEN)),
    **dict.fromkeys(OWN_ATTACHED, (*_AFTER_OWN_ATTACHED, *_GIVEN)),
    **dict.fromkeys(DETACHED, _AFTER_DETACHED),
    **dict.fromkeys(WRITTEN, (*_AFTER_WRITTEN, *_GIVEN)),
    **dict.fromkeys(ERASED, _AFTER_ERASED),
    **dict.fromkeys(BOUND, _AFTER_BOUND),
    **dict.fromkeys(UNBOUND, _AFTER_UNBOUND),
    **dict.fromkeys(PROVISIONED, joined_by("target", *_NO_ADMINISTRATOR)),
    **dict.fromkeys(
        _INSTANCE_MADE, joined_by("target", *put_right(_INSTANCE_GONE, "deleted the instance."))
    ),
    **dict.fromkeys(_sso("CreateTrustedTokenIssuer"), _AFTER_ISSUER),
    **dict.fromkeys(_ISSUER_SET, _AFTER_ISSUER_SET),
    **dict.fromkeys((*_JOINED, *_ADDED), _AFTER_JOINED),
    **dict.fromkeys(_ENABLED, _AFTER_ENABLED),
    **dict.fromkeys(_PASSWORD, _AFTER_PASSWORD),
    "sso:UpdateInstance": _settings(_INSTANCE_MADE, _sso("UpdateInstance"), *_INSTANCE_SETTINGS),
    "identitystore:UpdateIdentityStore": _settings(
        (), ("identitystore:UpdateIdentityStore",), *_INSTANCE_SETTINGS
    ),
    **dict.fromkeys(
        _TAGS_SET, _settings(_TAGS_ON, _TAGS_SET, "instanceAccessControlAttributeConfiguration")
    ),
    **dict.fromkeys(_TAGS_ON, _AFTER_TAGS_ON),
    **dict.fromkeys(_TAGS_OFF, _AFTER_TAGS_OFF),
    **dict.fromkeys(_SESSIONS, _AFTER_SESSIONS),
}
"""What may follow a call on Identity Center that succeeded, by its name."""

IDENTITY_CENTER_UNTOLD: Mapping[str, str] = {
    "sso:DeleteInstance": "An instance that is made again is another one, without the people, sets "
    "and assignments of the former.",
    "sso:DeleteTrustedTokenIssuer": "It closes; an issuer that is made again is a finding of its "
    "own.",
    "identitystore:DeleteGroupMembership": "It takes rights away; a new membership is a finding of "
    "its own.",
    "sso-directory:RemoveMemberFromGroup": "It takes rights away; a new addition is a finding of "
    "its own.",
    "sso-directory:DisableUser": "It shuts out; letting in again is a finding of its own.",
    **dict.fromkeys(
        (
            "sso-directory:CompleteVirtualMfaDeviceRegistration",
            "sso-directory:CompleteWebAuthnDeviceRegistration",
        ),
        "No published record shows by what name a device is taken away again.",
    ),
    **dict.fromkeys(
        (
            *("sso-directory:CreateBearerToken", "sso-directory:DeleteBearerToken"),
            *("sso-directory:CreateProvisioningTenant", "sso-directory:DeleteProvisioningTenant"),
        ),
        "No published record shows which token or tenant a call names, so that nothing later can "
        "be joined to it.",
    ),
    "sso-directory:DeleteMfaDeviceForUser": "Another device is registered by calls of the portal, "
    "of which no record is published.",
    "identitystore-scim:PatchGroup": "The record does not show whom a patch puts in or takes out.",
    **dict.fromkeys(
        (
            "sso-directory:PutMfaDeviceManagementForDirectory",
            "sso:PutMfaDeviceManagementForDirectory",
        ),
        "No published record shows what the rules were and what they are.",
    ),
    **dict.fromkeys(
        (
            *(
                f"sso-directory:{verb}ExternalIdPConfigurationForDirectory"
                for verb in ("Create", "Enable", "Update", "Disable", "Delete")
            ),
            *("sso:AssociateDirectory", "sso:UpdateDirectoryAssociation"),
            "sso:DisassociateDirectory",
        ),
        _NO_RECORD,
    ),
    "identitystore:DeleteUser": "A deleted person does not come back: one who is made again under "
    "the name has another id and nothing of what the former had.",
}
"""The calls on Identity Center after which nothing in the log can tell more, with why."""
