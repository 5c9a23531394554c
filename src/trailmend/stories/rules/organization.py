"""The follow-ups of the organization: policies and accounts come back, power is taken back."""

from __future__ import annotations

from collections.abc import Mapping

from trailmend.stories.facts_organization import (
    former_content,
    found_content,
    is_invitation,
    joined_by_invitation,
    moved_back,
    moved_there_again,
    moved_to_a_unit,
    of_another_account,
    of_the_handshake,
    of_the_new_account,
    of_who_joined,
    rewritten_since,
    writes_content,
)
from trailmend.stories.facts_settings import all_of, same_field
from trailmend.stories.rule import Rule, done_again, joined_by, put_right


def _of(*names: str) -> tuple[str, ...]:
    return tuple(f"organizations:{name}" for name in names)


_ATTACHED, _DETACHED = _of("AttachPolicy"), _of("DetachPolicy")
_WRITTEN, _DELETED, _MADE = _of("UpdatePolicy"), _of("DeletePolicy"), _of("CreatePolicy")
_DELEGATED, _UNDELEGATED = _of("PutResourcePolicy"), _of("DeleteResourcePolicy")
_LEFT, _REMOVED = _of("LeaveOrganization"), _of("RemoveAccountFromOrganization")
_MADE_ACCOUNT, _CLOSED = _of("CreateAccount", "CreateGovCloudAccount"), _of("CloseAccount")
_MOVED, _ACCEPTED = _of("MoveAccount"), _of("AcceptHandshake")
_INVITED, _FOUNDED = _of("InviteAccountToOrganization"), _of("CreateOrganization")
_TYPE_ON, _TYPE_OFF = _of("EnablePolicyType"), _of("DisablePolicyType")
_LET_IN, _SHUT_OUT = _of("EnableAWSServiceAccess"), _of("DisableAWSServiceAccess")
_REGISTERED = _of("RegisterDelegatedAdministrator")
_DEREGISTERED = _of("DeregisterDelegatedAdministrator")
_FEATURES = ("RootSessions", "RootCredentialsManagement")

_SAME_SERVICE = same_field("servicePrincipal")

_AFTER_ATTACHED = (
    *joined_by(
        "target and object",
        *put_right(_DETACHED, "detached the policy from {owner}."),
        *done_again(_ATTACHED, "attached the policy to {owner}"),
    ),
    *joined_by(
        "object as target",
        Rule(
            _WRITTEN,
            "notes",
            "{who} wrote the policy over, which holds wherever it is attached.",
            when=writes_content,
        ),
        *put_right(_DELETED, "deleted the policy, which was attached nowhere any more."),
    ),
)
_AFTER_DELEGATED = joined_by(
    "anywhere",
    *put_right(_UNDELEGATED, "deleted the organization's policy."),
    *put_right(_DELEGATED, "wrote the former policy of the organization again.", former_content),
    *done_again(_DELEGATED, "wrote the same policy of the organization", found_content),
    Rule(
        _DELEGATED,
        "notes",
        "{who} wrote the organization's policy over; it is not known to say what it said before.",
    ),
)
_AFTER_UNDELEGATED = joined_by(
    "anywhere",
    *put_right(_DELEGATED, "wrote the former policy of the organization again.", former_content),
    *done_again(_UNDELEGATED, "deleted the organization's policy"),
    Rule(
        _DELEGATED,
        "notes",
        "{who} set a policy of the organization; it is not known to be the former one.",
    ),
)
_AFTER_DETACHED = joined_by(
    "target and object",
    Rule(
        _ATTACHED,
        "notes",
        "{who} attached the policy again, which had been written over meanwhile.",
        when=rewritten_since,
    ),
    *put_right(_ATTACHED, "attached the policy to {owner} again."),
    *done_again(_DETACHED, "detached the policy from {owner}"),
)
_AFTER_DELETED = joined_by(
    "anywhere",
    *put_right(_MADE, "made a policy that says the same.", former_content),
)
_AFTER_WRITTEN = joined_by(
    "target",
    *put_right(_WRITTEN, "wrote the former policy again.", former_content),
    *done_again(_WRITTEN, "wrote the same text", found_content),
    Rule(
        _WRITTEN,
        "notes",
        "{who} wrote the policy over; it is not known to say what it said before.",
        when=writes_content,
    ),
    Rule(_DELETED, "notes", "{who} deleted the policy, which was attached nowhere any more."),
)
_AFTER_TYPE_OFF = joined_by(
    "target",
    Rule(
        _TYPE_ON,
        "notes",
        "{who} enabled the type of policies again; what had been attached does not come back.",
        when=same_field("policyType"),
    ),
)
_AFTER_LEFT = joined_by(
    "anywhere",
    Rule(
        _ACCEPTED,
        "notes",
        "{who} accepted an invitation to an organization; that it is the former one is not known.",
        when=is_invitation,
    ),
)
_AFTER_ACCEPTED = joined_by(
    "anywhere",
    *put_right(_REMOVED, "removed the account from the organization.", of_who_joined),
    *put_right(_LEFT, "took the account out of the organization again.", joined_by_invitation),
    *done_again(
        _ACCEPTED,
        "accepted an invitation to an organization",
        all_of(joined_by_invitation, is_invitation),
    ),
)
_AFTER_INVITED = (
    *joined_by(
        "anywhere",
        *put_right(_of("CancelHandshake"), "called the invitation back.", of_the_handshake),
    ),
    *joined_by(
        "target",
        *put_right(_REMOVED, "removed account {owner} from the organization."),
        *put_right(_CLOSED, "closed account {owner}."),
        *done_again(_INVITED, "invited account {owner}"),
    ),
)
_AFTER_MADE_ACCOUNT = joined_by(
    "anywhere",
    *put_right(_CLOSED, "closed the account.", of_the_new_account),
    *put_right(_REMOVED, "removed the account from the organization.", of_the_new_account),
)
_AFTER_FOUNDED = joined_by(
    "anywhere",
    *put_right(_of("DeleteOrganization"), "deleted the organization again."),
    *done_again(_FOUNDED, "made an organization"),
    Rule(
        _MADE_ACCOUNT,
        "notes",
        "{who} made an account in the organization.",
    ),
)
_AFTER_REMOVED = joined_by(
    "target",
    Rule(
        _INVITED,
        "notes",
        "{who} invited account {owner} back; whoever rules it has to accept.",
    ),
    *put_right(
        _MOVED,
        "moved account {owner}, which is in the organization again, to a unit.",
        moved_to_a_unit,
    ),
    *done_again(_REMOVED, "removed account {owner} from the organization"),
)
_AFTER_MOVED = joined_by(
    "target",
    *put_right(_MOVED, "moved account {owner} back.", moved_back),
    *done_again(_MOVED, "moved account {owner} there", moved_there_again),
    Rule(
        _MOVED,
        "notes",
        "{who} moved account {owner} to yet another place; which policies bind it is not known.",
    ),
    Rule(_REMOVED, "notes", "{who} removed account {owner} from the organization."),
)
_SERVICE_SHUT_OUT = Rule(
    _SHUT_OUT,
    "notes",
    "{who} switched the service's access to the organization off.",
    joined="anywhere",
    when=_SAME_SERVICE,
)
_AFTER_REGISTERED = (
    *joined_by(
        "target",
        *put_right(
            _DEREGISTERED,
            "took the administration of the service from account {owner}.",
            _SAME_SERVICE,
        ),
        *done_again(_REGISTERED, "made account {owner} the service's administrator", _SAME_SERVICE),
    ),
    _SERVICE_SHUT_OUT,
)
_AFTER_LET_IN = joined_by(
    "anywhere",
    *put_right(
        _SHUT_OUT,
        "switched the service's access off; it may reach older accounts until it has cleaned up.",
        _SAME_SERVICE,
    ),
    *done_again(_LET_IN, "let the service in", _SAME_SERVICE),
    Rule(
        _REGISTERED,
        "notes",
        "{who} made an account the administrator of the service.",
        when=_SAME_SERVICE,
    ),
)


_AFTER_DEREGISTERED = (
    *joined_by(
        "target",
        *put_right(
            _REGISTERED,
            "made account {owner} the service's administrator again.",
            _SAME_SERVICE,
        ),
        *done_again(
            _DEREGISTERED,
            "took the administration of the service from account {owner}",
            _SAME_SERVICE,
        ),
    ),
    Rule(
        _REGISTERED,
        "notes",
        "{who} made another account the administrator of the service.",
        joined="anywhere",
        when=all_of(_SAME_SERVICE, of_another_account),
    ),
    _SERVICE_SHUT_OUT,
)
_AFTER_SHUT_OUT = joined_by(
    "anywhere",
    *put_right(_LET_IN, "let the service in again.", _SAME_SERVICE),
    *done_again(_SHUT_OUT, "switched the service's access off", _SAME_SERVICE),
)


def _switched(on: bool, feature: str) -> tuple[Rule, ...]:
    """Make the rules for the power of the management account over root in the members."""
    enable, disable = (f"{verb}Organizations{feature}" for verb in ("Enable", "Disable"))
    if not on:
        return joined_by(
            "account",
            *put_right((enable,), "switched it on again."),
            *done_again((disable,), "switched it off"),
        )
    used = Rule(
        ("sts:AssumeRoot",),
        "harms",
        "{who}, who had switched it on, took a session as root of a member account.",
        joined="anywhere",
        who=("actor",),
    )
    told = Rule(
        ("sts:AssumeRoot",),
        "notes",
        "{who} took a session as root of a member account.",
        joined="anywhere",
    )
    back = joined_by(
        "account",
        *put_right((disable,), "switched it off again."),
        *done_again((enable,), "switched it on"),
    )
    return (*back, used, told)


ORGANIZATION_RULES: Mapping[str, tuple[Rule, ...]] = {
    **dict.fromkeys(_ATTACHED, _AFTER_ATTACHED),
    **dict.fromkeys(_DELEGATED, _AFTER_DELEGATED),
    **dict.fromkeys(_UNDELEGATED, _AFTER_UNDELEGATED),
    **dict.fromkeys(_ACCEPTED, _AFTER_ACCEPTED),
    **dict.fromkeys(_INVITED, _AFTER_INVITED),
    **dict.fromkeys(_FOUNDED, _AFTER_FOUNDED),
    **dict.fromkeys(_MADE_ACCOUNT, _AFTER_MADE_ACCOUNT),
    **dict.fromkeys(_DETACHED, _AFTER_DETACHED),
    **dict.fromkeys(_DELETED, _AFTER_DELETED),
    **dict.fromkeys(_WRITTEN, _AFTER_WRITTEN),
    **dict.fromkeys(_TYPE_OFF, _AFTER_TYPE_OFF),
    **dict.fromkeys(_LEFT, _AFTER_LEFT),
    **dict.fromkeys(_REMOVED, _AFTER_REMOVED),
    **dict.fromkeys(_MOVED, _AFTER_MOVED),
    **dict.fromkeys(_REGISTERED, _AFTER_REGISTERED),
    **dict.fromkeys(_LET_IN, _AFTER_LET_IN),
    **dict.fromkeys(_DEREGISTERED, _AFTER_DEREGISTERED),
    **dict.fromkeys(_SHUT_OUT, _AFTER_SHUT_OUT),
    **{f"EnableOrganizations{name}": _switched(True, name) for name in _FEATURES},
    **{f"DisableOrganizations{name}": _switched(False, name) for name in _FEATURES},
}
"""What may follow a call on the organization that succeeded, by its name."""

ORGANIZATION_UNTOLD: Mapping[str, str] = {
    "organizations:CloseAccount": "No call opens a closed account again: AWS Support does, within "
    "90 days, and that is in no log.",
}
"""After which of them nothing in the log can tell more, and why."""
