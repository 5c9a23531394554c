"""The follow-ups of Identity Center: an assignment, a membership or a policy is taken back."""

from __future__ import annotations

from collections.abc import Mapping

from trailmend.stories.facts_federation import (
    in_the_accounts,
    not_in_the_accounts,
    taken_off_by,
)
from trailmend.stories.facts_settings import as_before, same_field
from trailmend.stories.rule import Rule, done_again, joined_by, put_right, undone


def _sso(*names: str) -> tuple[str, ...]:
    return tuple(f"sso:{name}" for name in names)


_ASSIGNED, _UNASSIGNED = _sso("CreateAccountAssignment"), _sso("DeleteAccountAssignment")
_ATTACHED = _sso("AttachManagedPolicyToPermissionSet")
_DETACHED = _sso("DetachManagedPolicyFromPermissionSet")
_OWN_ATTACHED = _sso("AttachCustomerManagedPolicyReferenceToPermissionSet")
_OWN_DETACHED = _sso("DetachCustomerManagedPolicyReferenceFromPermissionSet")
_WRITTEN = _sso("PutInlinePolicyToPermissionSet")
_ERASED = _sso("DeleteInlinePolicyFromPermissionSet")
_BOUND = _sso("PutPermissionsBoundaryToPermissionSet")
_UNBOUND = _sso("DeletePermissionsBoundaryFromPermissionSet")
_PROVISIONED = _sso("ProvisionPermissionSet")
_ISSUER_GONE = _sso("DeleteTrustedTokenIssuer")
_JOINED, _LEFT = ("identitystore:CreateGroupMembership",), ("identitystore:DeleteGroupMembership",)
_ADDED, _REMOVED = ("sso-directory:AddMemberToGroup",), ("sso-directory:RemoveMemberFromGroup",)

_SAME_ACCOUNT = same_field("targetId")
_FORMER_BOUNDARY = as_before(*_BOUND, *_UNBOUND, anew=_sso("CreatePermissionSet"))
_FORMER_INLINE = as_before(*_WRITTEN, *_ERASED, anew=_sso("CreatePermissionSet"))


def _provisioned(*off: str) -> tuple[Rule, ...]:
    """Make the rules for provisioning: it carries what the set holds by then to the accounts."""
    return joined_by(
        "target",
        *put_right(_PROVISIONED, "provisioned the set without that policy.", taken_off_by(*off)),
        Rule(_PROVISIONED, "harms", "{who} provisioned the set: the accounts have the policy now."),
    )


def _given(on: tuple[str, ...], off: tuple[str, ...], *, with_object: bool) -> tuple[Rule, ...]:
    """Make the rules for a policy that a set got."""
    taken = (
        *put_right(
            off, "took the policy off the set before it was provisioned.", not_in_the_accounts
        ),
        Rule(
            off,
            "notes",
            "{who} took the policy off the set; accounts keep it until the set is provisioned.",
            when=in_the_accounts,
        ),
        *done_again(on, "gave the set that policy"),
    )
    return (
        *joined_by("target and object" if with_object else "target", *taken),
        *_provisioned(*off),
    )


_AFTER_ASSIGNED = joined_by(
    "target and object",
    *put_right(_UNASSIGNED, "took the assignment back.", _SAME_ACCOUNT),
    *done_again(_ASSIGNED, "assigned the set", _SAME_ACCOUNT),
)
_AFTER_UNASSIGNED = joined_by(
    "target and object",
    *put_right(_ASSIGNED, "assigned the set again.", _SAME_ACCOUNT),
    *done_again(_UNASSIGNED, "took the assignment away", _SAME_ACCOUNT),
)
_AFTER_JOINED = (
    *joined_by(
        "target and object",
        *put_right(_REMOVED, "took the person out of the group."),
        *done_again((*_JOINED, *_ADDED), "put the person into the group"),
    ),
    *joined_by("membership", *put_right(_LEFT, "took the person out of the group.")),
)
_AFTER_DENIAL_OFF = joined_by(
    "target and object",
    *put_right(_ATTACHED, "gave the set the policy that denies again."),
    *done_again(_DETACHED, "took the policy that denies off the set"),
)
_AFTER_ERASED = joined_by(
    "target",
    *put_right(_WRITTEN, "wrote the former inline policy of the set again.", _FORMER_INLINE),
    Rule(
        _WRITTEN,
        "notes",
        "{who} wrote an inline policy of the set; that it is the former is not known.",
    ),
    *done_again(_ERASED, "deleted the inline policy of the set"),
)
_AFTER_BOUNDARY = joined_by(
    "target",
    *put_right(_BOUND, "gave the set its former boundary again.", _FORMER_BOUNDARY),
    Rule(
        _BOUND,
        "notes",
        "{who} gave the set a boundary; that it is the former is not known.",
    ),
    *undone(_UNBOUND, "took the boundary off the set"),
)
_AFTER_INSTANCE = joined_by("target", *put_right(_sso("DeleteInstance"), "deleted the instance."))
_AFTER_ISSUER = joined_by("target", *put_right(_ISSUER_GONE, "deleted the issuer."))
_AFTER_ISSUER_SET = joined_by(
    "target",
    *put_right(_ISSUER_GONE, "deleted the issuer."),
    Rule(
        _sso("UpdateTrustedTokenIssuer"),
        "notes",
        "{who} changed the issuer again; that it is as before is not known.",
    ),
)

IDENTITY_CENTER_RULES: Mapping[str, tuple[Rule, ...]] = {
    "sso:CreateAccountAssignment": _AFTER_ASSIGNED,
    "sso:DeleteAccountAssignment": _AFTER_UNASSIGNED,
    "sso:AttachManagedPolicyToPermissionSet": _given(_ATTACHED, _DETACHED, with_object=True),
    "sso:AttachCustomerManagedPolicyReferenceToPermissionSet": _given(
        _OWN_ATTACHED, _OWN_DETACHED, with_object=True
    ),
    "sso:DetachManagedPolicyFromPermissionSet": _AFTER_DENIAL_OFF,
    "sso:PutInlinePolicyToPermissionSet": _given(_WRITTEN, _ERASED, with_object=False),
    "sso:DeleteInlinePolicyFromPermissionSet": _AFTER_ERASED,
    "sso:PutPermissionsBoundaryToPermissionSet": _AFTER_BOUNDARY,
    "sso:DeletePermissionsBoundaryFromPermissionSet": _AFTER_BOUNDARY,
    "sso:CreateInstance": _AFTER_INSTANCE,
    "sso:CreateTrustedTokenIssuer": _AFTER_ISSUER,
    "sso:UpdateTrustedTokenIssuer": _AFTER_ISSUER_SET,
    "identitystore:CreateGroupMembership": _AFTER_JOINED,
    "sso-directory:AddMemberToGroup": _AFTER_JOINED,
}
"""What may follow a call on Identity Center that succeeded, by its name."""

IDENTITY_CENTER_UNTOLD: Mapping[str, str] = {
    "sso:DeleteInstance": "An instance that is made again is another one, without the people, sets "
    "and assignments of the former.",
    "sso:DeleteTrustedTokenIssuer": "It closes; an issuer that is made again is a finding of its "
    "own.",
    "identitystore:DeleteGroupMembership": "It takes rights away; a new membership is a finding of "
    "its own.",
}
"""The calls on Identity Center after which nothing in the log can tell more, with why."""
