"""How a user, group, role or policy was before an event: what is needed to put it back."""

from __future__ import annotations

from typing import Any

from trailmend.events import Event
from trailmend.ledger import Bearer, Ledger, ManagedPolicy


def permissions_before(event: Event, ledger: Ledger) -> dict[str, Any] | None:
    """Give what the event replaces or takes away, as far as the log shows it; else None."""
    if event.target_type == "organization_policy":
        return _known(content=ledger.guardrails.get(event.target_name or ""))
    if event.target_type == "policy":
        return _policy_before(event, ledger.managed_policy(event.target_name))
    bearer = ledger.bearer(event.target_type, event.target_name)
    name = event.event_name
    if event.object_type == "inline_policy":
        return _known(policy_document=bearer.inline.get(event.object_id or ""))
    if "PermissionsBoundary" in name:
        return _known(permissions_boundary=bearer.boundary)
    if name == "UpdateAssumeRolePolicy":
        return _known(assume_role_policy_document=bearer.trust)
    if name in ("DeleteRole", "DeleteGroup", "DeleteUser", "DeletePermissionSet"):
        return _whole(bearer)
    return None


def _policy_before(event: Event, policy: ManagedPolicy) -> dict[str, Any] | None:
    if event.event_name not in (
        "CreatePolicyVersion",
        "SetDefaultPolicyVersion",
        "DeletePolicy",
        "DeletePolicyVersion",
    ):
        return None
    return _known(default_version_id=policy.default, policy_document=policy.document)


def _whole(bearer: Bearer) -> dict[str, Any] | None:
    return _known(
        assume_role_policy_document=bearer.trust,
        attached_policies=sorted(bearer.attached) or None,
        inline_policies=dict(bearer.inline) or None,
        permissions_boundary=bearer.boundary,
        members=sorted(bearer.members) or None,
    )


def _known(**parts: Any) -> dict[str, Any] | None:
    return {name: value for name, value in parts.items() if value is not None} or None
