"""The follow-ups of federation: a provider, an anchor or a profile is gone, or somebody enters."""

from __future__ import annotations

from collections.abc import Mapping

from trailmend.stories.facts_federation import first_entrance, former
from trailmend.stories.facts_settings import same_field
from trailmend.stories.rule import Rule, done_again, joined_by, put_right, undone


def _anywhere(*names: str) -> tuple[str, ...]:
    return tuple(f"rolesanywhere:{name}" for name in names)


_SAML_MADE, _SAML_SET, _SAML_GONE = (
    (f"{verb}SAMLProvider",) for verb in ("Create", "Update", "Delete")
)
_OIDC_MADE, _OIDC_GONE = ("CreateOpenIDConnectProvider",), ("DeleteOpenIDConnectProvider",)
_CLIENT_IN = ("AddClientIDToOpenIDConnectProvider",)
_CLIENT_OUT = ("RemoveClientIDFromOpenIDConnectProvider",)
_PRINTS = ("UpdateOpenIDConnectProviderThumbprint",)
_ANCHOR_MADE, _ANCHOR_SET = _anywhere("CreateTrustAnchor"), _anywhere("UpdateTrustAnchor")
_ANCHOR_ON, _ANCHOR_OFF = _anywhere("EnableTrustAnchor"), _anywhere("DisableTrustAnchor")
_ANCHOR_GONE = _anywhere("DeleteTrustAnchor")
_PROFILE_MADE, _PROFILE_SET = _anywhere("CreateProfile"), _anywhere("UpdateProfile")
_PROFILE_ON, _PROFILE_OFF = _anywhere("EnableProfile"), _anywhere("DisableProfile")
_PROFILE_GONE = _anywhere("DeleteProfile")
_LIST_ON, _LIST_OFF = _anywhere("EnableCrl"), _anywhere("DisableCrl")

_METADATA = former("sAMLMetadataDocument", *_SAML_MADE, *_SAML_SET)
_ISSUER = former("thumbprintList", *_OIDC_MADE, *_PRINTS)
_SOURCE = former("source", *_ANCHOR_MADE, *_ANCHOR_SET)
_ROLES = former("roleArns", *_PROFILE_MADE, *_PROFILE_SET)


def _entered(by: str, through: str) -> Rule:
    return Rule((by,), "harms", f"{{who}} took a session through {through}.", when=first_entrance)


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
    Rule(
        _SAML_SET,
        "notes",
        "{who} changed the provider; that it is as before the finding is not known.",
    ),
    *_SAML_DELETED,
)
_AFTER_SAML_GONE = joined_by(
    "target",
    *put_right(_SAML_MADE, "made the provider again, with its former metadata.", _METADATA),
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
)
_AFTER_PRINTS = joined_by(
    "target",
    *put_right(_PRINTS, "gave the provider its former thumbprints again.", _ISSUER),
    Rule(
        _PRINTS,
        "notes",
        "{who} set thumbprints of the provider; that they are the former is not known.",
    ),
    *_OIDC_DELETED,
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
_AFTER_OUTBOUND = joined_by(
    "account",
    *put_right(("DisableOutboundWebIdentityFederation",), "switched it off again."),
    *done_again(("EnableOutboundWebIdentityFederation",), "switched it on"),
)

_ANCHOR_CLOSED = (
    *put_right(_ANCHOR_OFF, "disabled the trust anchor."),
    *put_right(_ANCHOR_GONE, "deleted the trust anchor."),
    *undone(_ANCHOR_ON, "enabled the trust anchor"),
    _entered("rolesanywhere:CreateSession", "the trust anchor"),
)
_AFTER_ANCHOR = joined_by("target", *_ANCHOR_CLOSED)
_AFTER_ANCHOR_SET = joined_by(
    "target",
    *put_right(_ANCHOR_SET, "gave the trust anchor its former authority again.", _SOURCE),
    Rule(
        _ANCHOR_SET,
        "notes",
        "{who} changed the trust anchor; that its authority is the former is not known.",
    ),
    *_ANCHOR_CLOSED,
)
_PROFILE_CLOSED = (
    *put_right(_PROFILE_OFF, "disabled the profile."),
    *put_right(_PROFILE_GONE, "deleted the profile."),
    *undone(_PROFILE_ON, "enabled the profile"),
)
_PROFILE_ENTERED = _entered("rolesanywhere:CreateSession", "the profile")
_AFTER_PROFILE = joined_by("target", *_PROFILE_CLOSED, _PROFILE_ENTERED)
_AFTER_PROFILE_SET = joined_by(
    "target",
    Rule(
        _PROFILE_SET,
        "notes",
        "{who} gave the profile its former roles; of its other settings nothing is known.",
        when=_ROLES,
    ),
    Rule(_PROFILE_SET, "notes", "{who} changed the profile again."),
    *_PROFILE_CLOSED,
)
_AFTER_LIST_OFF = joined_by(
    "target",
    *put_right(_LIST_ON, "enabled the revocation list again."),
    *done_again(_LIST_OFF, "disabled the revocation list"),
    Rule(_anywhere("DeleteCrl"), "notes", "{who} deleted the revocation list."),
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
    "rolesanywhere:DeleteCrl": "A list that is imported again is another one, under another id.",
}
"""The calls on federation after which nothing in the log can tell more, with why."""
