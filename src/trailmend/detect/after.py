"""How a thing is after an event, as far as the event alone says: the twin of `before`.

The names are those of `before`, so that the two can be set side by side.
"""

from __future__ import annotations

from typing import Any

import msgspec

from trailmend.events import Event
from trailmend.ledger import document_of, parsed, policy_of
from trailmend.ledger.account import answered

_OF_PROVIDERS = {
    "AddClientIDToOpenIDConnectProvider": ("clientID",),
    "CreateOpenIDConnectProvider": ("clientIDList", "thumbprintList"),
    "CreateSAMLProvider": ("sAMLMetadataDocument",),
    "UpdateOpenIDConnectProviderThumbprint": ("thumbprintList",),
    "UpdateSAMLProvider": ("sAMLMetadataDocument",),
}
"""What calls on identity providers set, which a fix must know."""
_OF_ORGANIZATIONS = {
    "DeregisterDelegatedAdministrator": {"servicePrincipal": "servicePrincipal"},
    "DisablePolicyType": {"policyType": "policyType"},
    "MoveAccount": {"parentId": "destinationParentId"},
    "RegisterDelegatedAdministrator": {"servicePrincipal": "servicePrincipal"},
}
"""What calls on an organization set, and by which field of the request."""
_INLINE = ("PutUserPolicy", "PutRolePolicy", "PutGroupPolicy")


def after_of(event: Event, before: dict[str, Any] | None) -> dict[str, Any] | None:
    """Give what a call that succeeded set; None where it set nothing that can be shown.

    Of other things than policies, providers and organizations only what stands in `before` is
    given: a request may hold more than anybody should read.
    """
    if event.outcome != "success" or event.truncated:
        return None
    sent, name = parsed(event.request), event.event_name
    if name == "UpdateAccountPasswordPolicy":
        policy = policy_of(event)
        return msgspec.convert(msgspec.to_builtins(policy), dict[str, Any]) if policy else None
    told = _known(**_documents(event, sent, name))
    told |= {key: sent[key] for key in _OF_PROVIDERS.get(name, ()) if key in sent}
    named = _OF_ORGANIZATIONS.get(name, {})
    told |= {key: sent[field] for key, field in named.items() if field in sent}
    if "status" in sent and before and "status" in before:
        told["status"] = sent["status"]
    if not name.startswith("Delete"):
        told |= {key: sent[key] for key in before or {} if key in sent}
    return told or None


def _documents(event: Event, sent: dict[str, Any], name: str) -> dict[str, Any]:
    """Give the policy that a call put in force, by the name that it has in `before`."""
    document = document_of(sent.get("policyDocument"))
    if name in _INLINE:
        return {"policy_document": document}
    if name == "CreatePolicy":
        return {"policy_document": document}
    if name == "CreatePolicyVersion":
        version = answered(event, "policyVersion").get("versionId")
        if sent.get("setAsDefault") is not True:
            return {
                "version_id_not_in_force": version,
                "policy_document_of_a_version_not_in_force": document,
            }
        return {"default_version_id": version, "policy_document": document}
    if name == "SetDefaultPolicyVersion":
        return {"default_version_id": sent.get("versionId")}
    if name == "UpdateAssumeRolePolicy":
        return {"assume_role_policy_document": document}
    if name == "CreateRole":
        trust = document_of(sent.get("assumeRolePolicyDocument"))
        return {"assume_role_policy_document": trust}
    if name in ("PutUserPermissionsBoundary", "PutRolePermissionsBoundary"):
        return {"permissions_boundary": sent.get("permissionsBoundary")}
    if name == "PutInlinePolicyToPermissionSet":
        return {"policy_document": document_of(sent.get("inlinePolicy"))}
    if name == "CreateAccountAssignment":
        return {"targetId": sent.get("targetId")}
    if name in ("PutBucketLifecycle", "PutBucketLifecycleConfiguration"):
        return {"LifecycleConfiguration": sent.get("LifecycleConfiguration")}
    if name in ("CreateGroupMembership", "AddMemberToGroup"):
        return {"identityStoreId": sent.get("identityStoreId")}
    return {}


def _known(**parts: Any) -> dict[str, Any]:
    return {name: value for name, value in parts.items() if value is not None}
