"""What an intruder still has in hand after a finding, where no fix takes it back."""

from __future__ import annotations

from trailmend.findings import Finding

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
