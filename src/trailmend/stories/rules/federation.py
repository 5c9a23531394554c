"""The follow-ups of federation: a provider, an anchor or a profile is gone, or somebody enters."""

from __future__ import annotations

from collections.abc import Mapping

from trailmend.stories.facts import Fact
from trailmend.stories.facts_federation import (
    as_it_was,
    by_another_authority,
    first_entrance,
    for_the_new_audience,
    in_a_new_role,
    list_replaced,
    made_with_the_audience,
    same_anchor,
    same_list,
    same_metadata,
)
from trailmend.stories.facts_settings import same_field, same_setting
from trailmend.stories.rule import Rule, done_again, joined_by, put_right, undone


def _anywhere(*names: str) -> tuple[str, ...]:
    return tuple(f"rolesanywhere:{name}" for name in names)


_SAML_MADE, _SAML_SET, _SAML_GONE = (
    (f"{verb}SAMLProvider",) for verb in ("Create", "Update", "Delete")
)
_OIDC_MADE, _OIDC_GONE = ("CreateOpenIDConnectProvider",), ("DeleteOpenIDConnectProvider",)
_CLIENT_IN = ("AddClientIDToOpenIDConnectProvider",)
_CLIENT_OUT = ("RemoveClientIDFromOpenIDConnectProvider",)
_TOKEN = ("sts:GetWebIdentityToken",)
_PRINTS = ("UpdateOpenIDConnectProviderThumbprint",)
_ANCHOR_MADE, _ANCHOR_SET = _anywhere("CreateTrustAnchor"), _anywhere("UpdateTrustAnchor")
_ANCHOR_ON, _ANCHOR_OFF = _anywhere("EnableTrustAnchor"), _anywhere("DisableTrustAnchor")
_ANCHOR_GONE = _anywhere("DeleteTrustAnchor")
_PROFILE_MADE, _PROFILE_SET = _anywhere("CreateProfile"), _anywhere("UpdateProfile")
_PROFILE_ON, _PROFILE_OFF = _anywhere("EnableProfile"), _anywhere("DisableProfile")
_PROFILE_GONE = _anywhere("DeleteProfile")
_SESSION = "rolesanywhere:CreateSession"
_LIST_ON, _LIST_OFF = _anywhere("EnableCrl"), _anywhere("DisableCrl")

_LIST_GONE, _LIST_IN = _anywhere("DeleteCrl"), _anywhere("ImportCrl")

_METADATA = as_it_was(
    "sAMLMetadataDocument", "assertionEncryptionMode", by=(*_SAML_MADE, *_SAML_SET)
)
_PRINTS_OF_BEFORE = as_it_was("thumbprintList", by=(*_OIDC_MADE, *_PRINTS))
_SOURCE = as_it_was("source", by=(*_ANCHOR_MADE, *_ANCHOR_SET))
_LIMITS = as_it_was(
    *("roleArns", "sessionPolicy", "managedPolicyArns", "acceptRoleSessionName"),
    "durationSeconds",
    by=(*_PROFILE_MADE, *_PROFILE_SET),
    or_none=True,
)


def _entered(by: str, through: str, when: Fact = first_entrance) -> Rule:
    return Rule((by,), "harms", f"{{who}} took a session through {through}.", when=when)


_SAML_DELETED = put_right(_SAML_GONE, "deleted the provider.")
_AFTER_SAML_MADE = joined_by(
    "target",
    *_SAML_DELETED,
    *undone(_SAML_MADE, "made the provider again"),
    Rule(_SAML_SET, "notes", "{who} changed the provider's metadata or keys."),
    _entered("sts:AssumeRoleWithSAML", "the provider"),
)
_AFTER_SAML_SET = joined_by(
    "target",
    *put_right(_SAML_SET, "gave the provider its former metadata again.", _METADATA),
    *done_again(_SAML_SET, "changed the provider in the same way", same_setting),
    Rule(
        _SAML_SET,
        "notes",
        "{who} changed the provider; that it is as before the finding is not known.",
    ),
    *_SAML_DELETED,
    *undone(_SAML_MADE, "made a provider of that name again"),
)
_AFTER_SAML_GONE = joined_by(
    "target",
    *put_right(_SAML_MADE, "made the provider again, with its former metadata.", same_metadata),
    Rule(
        _SAML_MADE,
        "notes",
        "{who} made a provider of that name; that its metadata is the former is not known.",
    ),
    *done_again(_SAML_GONE, "deleted the provider"),
)
_OIDC_DELETED = put_right(_OIDC_GONE, "deleted the provider.")
_AFTER_OIDC_MADE = joined_by(
    "target",
    *_OIDC_DELETED,
    *undone(_OIDC_MADE, "made the provider again"),
    Rule(_CLIENT_IN, "notes", "{who} gave the provider another audience."),
    _entered("sts:AssumeRoleWithWebIdentity", "the provider"),
)
_AFTER_CLIENT_IN = joined_by(
    "target",
    *put_right(_CLIENT_OUT, "took the audience from the provider.", same_field("clientID")),
    *done_again(_CLIENT_IN, "gave the provider that audience", same_field("clientID")),
    *_OIDC_DELETED,
    *undone(_OIDC_MADE, "made the provider again, for that audience too", made_with_the_audience),
    _entered(
        "sts:AssumeRoleWithWebIdentity",
        "the provider, by a token for that audience",
        for_the_new_audience,
    ),
)
_AFTER_PRINTS = joined_by(
    "target",
    *put_right(_PRINTS, "gave the provider its former thumbprints again.", _PRINTS_OF_BEFORE),
    *done_again(_PRINTS, "set the same thumbprints", same_setting),
    Rule(
        _PRINTS,
        "notes",
        "{who} set thumbprints of the provider; that they are the former is not known.",
    ),
    *_OIDC_DELETED,
    *undone(_OIDC_MADE, "made the provider again"),
)

_AFTER_ACCEPTED = joined_by(
    "target",
    *put_right(
        ("RejectDelegationRequest",), "rejected the request after all, before a token was sent."
    ),
    Rule(
        ("SendDelegationToken",),
        "harms",
        "{who} sent the partner the token, which cannot be taken back.",
    ),
)
_AFTER_OUTBOUND = (
    *joined_by(
        "account",
        *put_right(("DisableOutboundWebIdentityFederation",), "switched it off again."),
        *done_again(("EnableOutboundWebIdentityFederation",), "switched it on"),
    ),
    *joined_by(
        "anywhere",
        Rule(
            _TOKEN,
            "harms",
            "{who}, who had switched it on, got a token for a service outside.",
            who=("actor",),
        ),
        Rule(_TOKEN, "notes", "{who} got a token for a service outside."),
    ),
)

_ANCHOR_CLOSED = (
    *put_right(_ANCHOR_OFF, "disabled the trust anchor."),
    *put_right(_ANCHOR_GONE, "deleted the trust anchor."),
    *undone(_ANCHOR_ON, "enabled the trust anchor"),
)
_AFTER_ANCHOR = joined_by("target", *_ANCHOR_CLOSED, _entered(_SESSION, "the trust anchor"))
_AFTER_ANCHOR_SET = joined_by(
    "target",
    *put_right(_ANCHOR_SET, "gave the trust anchor its former authority again.", _SOURCE),
    *done_again(_ANCHOR_SET, "gave the trust anchor the same authority", same_setting),
    Rule(
        _ANCHOR_SET,
        "notes",
        "{who} changed the trust anchor; that its authority is the former is not known.",
    ),
    *_ANCHOR_CLOSED,
    _entered(
        _SESSION,
        "the trust anchor, which no longer believes its former authority",
        by_another_authority,
    ),
)
_PROFILE_CLOSED = (
    *put_right(_PROFILE_OFF, "disabled the profile."),
    *put_right(_PROFILE_GONE, "deleted the profile."),
    *undone(_PROFILE_ON, "enabled the profile"),
)
_PROFILE_ENTERED = _entered(_SESSION, "the profile")
_AFTER_PROFILE = joined_by("target", *_PROFILE_CLOSED, _PROFILE_ENTERED)
_AFTER_PROFILE_SET = joined_by(
    "target",
    *put_right(_PROFILE_SET, "set the profile's roles and limits as they were.", _LIMITS),
    *done_again(_PROFILE_SET, "changed the profile in the same way", same_setting),
    Rule(
        _PROFILE_SET,
        "notes",
        "{who} changed the profile; that all is as before the finding is not known.",
    ),
    *_PROFILE_CLOSED,
    _entered(_SESSION, "the profile, of a role that had been added to it", in_a_new_role),
)
_AFTER_LIST_OFF = joined_by(
    "target",
    Rule(
        _LIST_ON,
        "notes",
        "{who} enabled the revocation list, which had been replaced meanwhile.",
        when=list_replaced,
    ),
    *put_right(_LIST_ON, "enabled the revocation list again."),
    *done_again(_LIST_OFF, "disabled the revocation list"),
    *undone(_LIST_GONE, "deleted the revocation list"),
    Rule(_LIST_GONE, "notes", "{who} deleted the revocation list."),
)
_AFTER_LIST_GONE = joined_by(
    "anywhere",
    *put_right(_LIST_IN, "imported the same revocation list again, enabled.", same_list),
    Rule(
        _LIST_IN,
        "notes",
        "{who} imported a list for that anchor; it is not known to name all that were revoked.",
        when=same_anchor,
    ),
)

FEDERATION_RULES: Mapping[str, tuple[Rule, ...]] = {
    "CreateSAMLProvider": _AFTER_SAML_MADE,
    "UpdateSAMLProvider": _AFTER_SAML_SET,
    "DeleteSAMLProvider": _AFTER_SAML_GONE,
    "CreateOpenIDConnectProvider": _AFTER_OIDC_MADE,
    "AddClientIDToOpenIDConnectProvider": _AFTER_CLIENT_IN,
    "UpdateOpenIDConnectProviderThumbprint": _AFTER_PRINTS,
    "AcceptDelegationRequest": _AFTER_ACCEPTED,
    "EnableOutboundWebIdentityFederation": _AFTER_OUTBOUND,
    "rolesanywhere:CreateTrustAnchor": _AFTER_ANCHOR,
    "rolesanywhere:EnableTrustAnchor": _AFTER_ANCHOR,
    "rolesanywhere:UpdateTrustAnchor": _AFTER_ANCHOR_SET,
    "rolesanywhere:CreateProfile": _AFTER_PROFILE,
    "rolesanywhere:EnableProfile": _AFTER_PROFILE,
    "rolesanywhere:UpdateProfile": _AFTER_PROFILE_SET,
    "rolesanywhere:DisableCrl": _AFTER_LIST_OFF,
    "rolesanywhere:DeleteCrl": _AFTER_LIST_GONE,
}
"""What may follow a call on federation that succeeded, by its name."""

FEDERATION_UNTOLD: Mapping[str, str] = {
    "SendDelegationToken": "A token that was sent cannot be taken back, and the session that is "
    "had for it does not name the request.",
    "AssociateDelegationRequest": "It gives nothing by itself: AcceptDelegationRequest does.",
    "CreateDelegationRequest": "It gives nothing by itself: AcceptDelegationRequest does.",
    "UpdateDelegationRequest": "It gives nothing by itself: AcceptDelegationRequest does.",
    "RejectDelegationRequest": "It ends the request for good.",
    "DeleteOpenIDConnectProvider": "A provider that is made again may be believed for other "
    "reasons; its own finding tells.",
    "RemoveClientIDFromOpenIDConnectProvider": "It closes; an audience that comes back is a "
    "finding of its own.",
    "DisableOutboundWebIdentityFederation": "It closes; to switch it on again is a "
    "finding of its own.",
}
"""The calls on federation after which nothing in the log can tell more, with why."""
