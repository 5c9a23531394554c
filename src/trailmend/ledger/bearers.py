"""Lessons on permissions: who bears which policies, what these say, who is in which group.

A permission set of Identity Center has one inline policy, which has no name; here it is "".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from trailmend.events import Event
from trailmend.ledger.account import BEARERS, DELEGATION, Ledger, Name, answered, mark, parsed
from trailmend.ledger.shape import Bearer, ManagedPolicy, Writer


def document_of(value: object) -> str | None:
    """Give a document as text; CloudTrail carries it as text, some exporters as an object."""
    if isinstance(value, dict):
        return json.dumps(value)
    return value if isinstance(value, str) else None


def _key(event: Event) -> Name | None:
    if event.target_type not in BEARERS or event.target_name is None:
        return None
    return event.target_type, event.target_name.lower()


def _revise(ledger: Ledger, event: Event, **changes: Any) -> None:
    key = _key(event)
    if key is not None:
        ledger.bearers[key] = replace(ledger.bearers.get(key, Bearer()), **changes)


def _known(ledger: Ledger, event: Event) -> Bearer:
    return ledger.bearer(event.target_type, event.target_name)


def _create(ledger: Ledger, event: Event) -> None:
    """Start a new life: a new user, group or role bears nothing but what its making gives it."""
    key, sent = _key(event), parsed(event.request)
    if key is None:
        return
    trust = document_of(sent.get("assumeRolePolicyDocument"))
    ledger.bearers[key] = Bearer(
        made=mark(event), boundary=sent.get("permissionsBoundary"), trust=trust
    )
    ledger.groups_of.pop(key[1], None) if key[0] == "user" else None


def _delete(ledger: Ledger, event: Event) -> None:
    """Forget who is gone; IAM deletes no user and no group that is still a member or has some."""
    key = _key(event)
    if key is None:
        return
    members = ledger.bearers.pop(key, Bearer()).members
    for user in members:
        ledger.groups_of[user] = ledger.groups_of.get(user, frozenset()) - {key[1]}
    for group in ledger.groups_of.pop(key[1], ()) if key[0] == "user" else ():
        known = ledger.bearer("group", group)
        ledger.bearers["group", group] = replace(known, members=known.members - {key[1]})


def _rename(ledger: Ledger, event: Event) -> None:
    """Carry what is known over to the new name of a user or a group."""
    key, sent = _key(event), parsed(event.request)
    new = sent.get("newUserName" if event.target_type == "user" else "newGroupName")
    if key is None or not isinstance(new, str):
        return
    kind, old = key
    if key in ledger.bearers:
        ledger.bearers[kind, new.lower()] = ledger.bearers.pop(key)
    if kind == "user":
        _rename_member(ledger, old, new.lower())
    else:
        for user, groups in ledger.groups_of.items():
            if old in groups:
                ledger.groups_of[user] = groups - {old} | {new.lower()}
    _rename_put_in(ledger, kind, old, new.lower())


def _rename_put_in(ledger: Ledger, kind: str, old: str, new: str) -> None:
    """Carry over who put a user into a group; a role that is called like a user is another."""
    of_group = f"group/{old}"
    for (holder, place), put in list(ledger.put_in.items()):
        is_user = kind == "user" and holder == old and place.startswith("group/")
        if is_user or (kind == "group" and place == of_group):
            del ledger.put_in[holder, place]
            ledger.put_in[new if is_user else holder, place if is_user else f"group/{new}"] = put


def _rename_member(ledger: Ledger, old: str, new: str) -> None:
    groups = ledger.groups_of.pop(old, frozenset())
    if groups:
        ledger.groups_of[new] = groups
    for group in groups:
        known = ledger.bearer("group", group)
        ledger.bearers["group", group] = replace(known, members=known.members - {old} | {new})


def _attach(ledger: Ledger, event: Event) -> None:
    if event.object_id is not None:
        attached = _known(ledger, event).attached | {event.object_id}
        _revise(ledger, event, attached=attached)


def _detach(ledger: Ledger, event: Event) -> None:
    if event.object_id is not None:
        attached = _known(ledger, event).attached - {event.object_id}
        _revise(ledger, event, attached=attached)


def _put(ledger: Ledger, event: Event) -> None:
    if event.object_id is not None:
        document = document_of(parsed(event.request).get("policyDocument"))
        _note_writer(ledger, event)
        inline = {**_known(ledger, event).inline, event.object_id: document}
        _revise(ledger, event, inline=inline)


def _note_writer(ledger: Ledger, event: Event) -> None:
    """Note who wrote an inline policy; who writes over that of another is no maker of it."""
    key = inline_key(event)
    former = ledger.inline_by.get(key)
    by = event.actor_id, event.actor_arn
    if former is None and event.object_id not in _known(ledger, event).inline:
        ledger.inline_by[key] = Writer(*by, event.event_time)
    elif former is not None and (former.actor_id, former.arn) != by:
        del ledger.inline_by[key]


def inline_key(event: Event) -> tuple[Name, str]:
    """Name the inline policy that an event is about."""
    bearer = event.target_type or "", (event.target_name or "").lower()
    return bearer, event.object_id or ""


def _remove(ledger: Ledger, event: Event) -> None:
    if event.object_id is not None:
        ledger.inline_by.pop(inline_key(event), None)
        inline = dict(_known(ledger, event).inline)
        inline.pop(event.object_id, None)
        _revise(ledger, event, inline=inline)


def _put_only(ledger: Ledger, event: Event) -> None:
    document = document_of(parsed(event.request).get("inlinePolicy"))
    _revise(ledger, event, inline={"": document})


def _remove_only(ledger: Ledger, event: Event) -> None:
    _revise(ledger, event, inline={})


def _bound_set(ledger: Ledger, event: Event) -> None:
    _revise(ledger, event, boundary=event.object_id)


def _assign(ledger: Ledger, event: Event) -> None:
    """Note who of the directory has a permission set; what is asked for may still fail later."""
    _change_assignment(ledger, event, gets=True)


def _withdraw(ledger: Ledger, event: Event) -> None:
    _change_assignment(ledger, event, gets=False)


def _change_assignment(ledger: Ledger, event: Event, *, gets: bool) -> None:
    account = parsed(event.request).get("targetId")
    if event.target_name is None or event.object_id is None or not isinstance(account, str):
        return
    key = event.target_type or "", event.target_name.lower()
    known, this = ledger.assigned(*key), {(event.object_id, account)}
    ledger.assignments[key] = known | this if gets else known - this


def _set_boundary(ledger: Ledger, event: Event) -> None:
    _revise(ledger, event, boundary=parsed(event.request).get("permissionsBoundary"))


def _delete_boundary(ledger: Ledger, event: Event) -> None:
    _revise(ledger, event, boundary=None)


def _set_trust(ledger: Ledger, event: Event) -> None:
    _revise(ledger, event, trust=document_of(parsed(event.request).get("policyDocument")))


def _put_in(ledger: Ledger, event: Event) -> None:
    ledger.put_in[membership(event)] = mark(event)


def membership(event: Event) -> tuple[str, str]:
    """Name who is put into what, or taken out; upper and lower case are the same to IAM."""
    return (event.target_name or "").lower(), f"{event.object_type}/{event.object_id}".lower()


def _join(ledger: Ledger, event: Event) -> None:
    _put_in(ledger, event)
    _change_membership(ledger, event, joins=True)


def _leave(ledger: Ledger, event: Event) -> None:
    ledger.put_in.pop(membership(event), None)
    _change_membership(ledger, event, joins=False)


def _change_membership(ledger: Ledger, event: Event, *, joins: bool) -> None:
    user, group = event.target_name, event.object_id
    if event.target_type != "user" or user is None or group is None:
        return
    user, group = user.lower(), group.lower()
    known = ledger.bearer("group", group)
    groups = ledger.groups_of.get(user, frozenset())
    members = known.members | {user} if joins else known.members - {user}
    ledger.bearers["group", group] = replace(known, members=members)
    ledger.groups_of[user] = groups | {group} if joins else groups - {group}


def _create_policy(ledger: Ledger, event: Event) -> None:
    arn = answered(event, "policy").get("arn")
    if isinstance(arn, str):
        document = document_of(parsed(event.request).get("policyDocument"))
        ledger.policies[arn] = ManagedPolicy(mark(event), {"v1": document}, "v1")


def _create_version(ledger: Ledger, event: Event) -> None:
    """Note a new version; `setAsDefault` puts it in force (botocore iam CreatePolicyVersion)."""
    sent, version = parsed(event.request), answered(event, "policyVersion").get("versionId")
    if event.target_name is None or not isinstance(version, str):
        return
    known = ledger.managed_policy(event.target_name)
    versions = {**known.versions, version: document_of(sent.get("policyDocument"))}
    default = version if sent.get("setAsDefault") is True else known.default
    ledger.policies[event.target_name] = replace(known, versions=versions, default=default)


def _set_version(ledger: Ledger, event: Event) -> None:
    version = parsed(event.request).get("versionId")
    if event.target_name is not None and isinstance(version, str):
        known = ledger.managed_policy(event.target_name)
        ledger.policies[event.target_name] = replace(known, default=version)


def _delete_version(ledger: Ledger, event: Event) -> None:
    version = parsed(event.request).get("versionId")
    if event.target_name is not None:
        known = ledger.managed_policy(event.target_name)
        versions = {name: text for name, text in known.versions.items() if name != version}
        ledger.policies[event.target_name] = replace(known, versions=versions)


def _delete_policy(ledger: Ledger, event: Event) -> None:
    ledger.policies.pop(event.target_name or "", None)


def doubt_document(ledger: Ledger, event: Event) -> None:
    """Forget what two events of one second set to different values: which came last is unknown."""
    if event.event_name.startswith("Put") and event.object_type == "inline_policy":
        ledger.inline_by.pop(inline_key(event), None)
        inline = {**_known(ledger, event).inline, event.object_id or "": None}
        _revise(ledger, event, inline=inline)
    elif event.event_name == "UpdateAssumeRolePolicy":
        _revise(ledger, event, trust=None)
    elif event.target_type == "organization_policy":
        ledger.guardrails[event.target_name or ""] = None
    elif event.event_name == "PutResourcePolicy":
        ledger.guardrails.pop(DELEGATION, None)
    elif "PermissionsBoundary" in event.event_name:
        _revise(ledger, event, boundary=None, made=None)
    elif event.target_type == "policy" and event.target_name in ledger.policies:
        known = ledger.policies[event.target_name]
        ledger.policies[event.target_name] = replace(known, default=None)


_OF_BEARERS: Mapping[str, Callable[[Ledger, Event], None]] = {
    "Attach{}Policy": _attach,
    "Delete{}Policy": _remove,
    "Detach{}Policy": _detach,
    "Put{}Policy": _put,
}
LESSONS: Mapping[str, Callable[[Ledger, Event], None]] = {
    name.format(kind): lesson
    for name, lesson in _OF_BEARERS.items()
    for kind in ("User", "Group", "Role")
} | {
    "AcquireRole": _create,
    "AddRoleToInstanceProfile": _put_in,
    "AddUserToGroup": _join,
    "CreateGroup": _create,
    "CreatePolicy": _create_policy,
    "CreatePolicyVersion": _create_version,
    "CreateRole": _create,
    "CreateServiceLinkedRole": _create,
    "CreateUser": _create,
    "DeleteGroup": _delete,
    "DeletePolicy": _delete_policy,
    "DeletePolicyVersion": _delete_version,
    "DeleteRole": _delete,
    "DeleteRolePermissionsBoundary": _delete_boundary,
    "DeleteUser": _delete,
    "DeleteUserPermissionsBoundary": _delete_boundary,
    "PutRolePermissionsBoundary": _set_boundary,
    "PutUserPermissionsBoundary": _set_boundary,
    "RemoveUserFromGroup": _leave,
    "SetDefaultPolicyVersion": _set_version,
    "UpdateAssumeRolePolicy": _set_trust,
    "UpdateGroup": _rename,
    "UpdateUser": _rename,
}
OF_PERMISSION_SETS: Mapping[str, Callable[[Ledger, Event], None]] = {
    "AttachCustomerManagedPolicyReferenceToPermissionSet": _attach,
    "AttachManagedPolicyToPermissionSet": _attach,
    "CreateAccountAssignment": _assign,
    "CreatePermissionSet": _create,
    "DeleteAccountAssignment": _withdraw,
    "DeleteInlinePolicyFromPermissionSet": _remove_only,
    "DeletePermissionSet": _delete,
    "DeletePermissionsBoundaryFromPermissionSet": _delete_boundary,
    "DetachCustomerManagedPolicyReferenceFromPermissionSet": _detach,
    "DetachManagedPolicyFromPermissionSet": _detach,
    "PutInlinePolicyToPermissionSet": _put_only,
    "PutPermissionsBoundaryToPermissionSet": _bound_set,
}
