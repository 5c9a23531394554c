"""What an intruder still has in hand after a finding, where no fix takes it back."""

from __future__ import annotations

from typing import NamedTuple

from trailmend.findings import Finding
from trailmend.takeovers.acts import caller_name, taker_name

_TAKES_AWAY = (
    *("Deactivate", "Delete", "Detach", "Disable", "Leave", "Move", "Remove", "Stop"),
    *("Deregister", "Reject"),
)
"""How the names of calls begin that take something away, and so give nobody a way in."""
_TAKES_A_LIMIT_AWAY = (
    *("DeactivateMFADevice", "DeleteConsoleAuthorizationConfiguration", "DeleteCrl"),
    *("DeleteResourcePermissionStatement", "DisableCrl"),
)
_NO_WAY_IN = (
    *("AttachUserPolicy", "CreateArchiveRule", "CreatePolicy", "CreatePolicyVersion"),
    *("CreateUser", "UpdateRole", "UpdateUser"),
)
"""By themselves they let nobody in, or hold somebody."""
_SOURCES_WITHOUT = ("access-analyzer.amazonaws.com", "cloudtrail.amazonaws.com")
_HERE = ("AssumedRole", "IAMUser")
_OUTSIDE = ("AWSAccount", "AssumedRole", "IAMUser")


def lets_in(finding: Finding) -> bool:
    """Say whether what was done is a way in: a key, a password, a device, a session, a trust."""
    event = finding.event
    name = event.event_name
    if event.outcome != "success" or event.event_source in _SOURCES_WITHOUT:
        return False
    if name in _TAKES_A_LIMIT_AWAY:
        return True
    return not name.startswith(_TAKES_AWAY) and name not in _NO_WAY_IN


def cannot_be_held(finding: Finding) -> bool:
    """Say whether who called is held by no policy of the account: root, or from elsewhere."""
    actor, event = finding.actor, finding.event
    if event.outcome != "success" or actor.type == "AWSService":
        return False
    account = "".join((actor.arn or "").split(":")[4:5])
    return actor.type not in _HERE or account not in ("", event.account_id)


class WayIn(NamedTuple):
    """By which way the caller's session was taken and another can be, and what shuts it.

    `role` is that whose trust policy is the way; None where it is none.
    """

    text: str
    advice: str
    role: str | None = None


def way_in(finding: Finding) -> WayIn | None:
    """Give the way by which a session was taken that no key opened; None where one did, or none."""
    actor, origin = finding.actor, finding.actor.origin
    if origin is None:
        return None
    taker, here = taker_name(origin), origin.account_id == finding.event.account_id
    first = origin.roles[0] if origin.roles else actor.name
    if origin.type in _OUTSIDE and not here and first:
        return WayIn(
            f"{taker} took a session of role/{first} from outside, and can take another as long as "
            "its trust policy lets them in",
            f"See whom it trusts: trailmend history role/{first}",
            first,
        )
    by_key = (origin.access_key_id or "").startswith("AKIA")
    if origin.type == "IAMUser" and here and not by_key:
        return WayIn(
            f"{taker} took the session of {caller_name(finding)} in a session of their own, which "
            "has no key to switch off: whoever knows the password or holds that session can take "
            "another",
            f"Give {taker} another password if it may be known: trailmend plan --fix "
            f"login_profiles.set_new_password --user {taker}",
        )
    if origin.type == "AssumedRole" and here:
        return WayIn(
            f"{taker} took the session of {caller_name(finding)}, and who had taken that one the "
            "log does not show",
            f"See whom it trusts: trailmend history role/{origin.name}",
        )
    return None
