"""What the policy that an event sets, attaches or takes away grants, denies, trusts and changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from trailmend.context.documents import (
    Columns,
    Policy,
    compared,
    denies,
    grants_at,
    missing,
    read_at,
    read_once,
    said,
    sent_document,
    trust_columns,
)
from trailmend.context.guardrails import guarded
from trailmend.events import Event, same_name
from trailmend.ledger import BEARERS, Bearer, Ledger, parsed
from trailmend.policies import (
    Unreadable,
    admin_of_aws,
    any_of,
    lets_in,
    told_of_aws,
    trusts,
)

_INLINE = ("PutUserPolicy", "PutGroupPolicy", "PutRolePolicy")
_OF_SET = "PutInlinePolicyToPermissionSet"
_SENT = {
    **dict.fromkeys((*_INLINE, "CreatePolicy", "CreatePolicyVersion"), "policyDocument"),
    _OF_SET: "inlinePolicy",
}
_TRUST = {
    "AcquireRole": "assumeRolePolicyDocument",
    "CreateRole": "assumeRolePolicyDocument",
    "UpdateAssumeRolePolicy": "policyDocument",
}
_PROVIDERS = ("oidc_provider", "saml_provider")
_NEW_FOR = timedelta(days=7)
_MEMBERSHIP = ("AddUserToGroup", "RemoveUserFromGroup")
_ASSIGNMENT = ("CreateAccountAssignment", "DeleteAccountAssignment")
_OF_DIRECTORY = ("identitystore.amazonaws.com", "sso-directory.amazonaws.com")
_SOURCES = ("iam.amazonaws.com", "sso.amazonaws.com")
_OF_STORES = ("cloudtrail.amazonaws.com", "PutResourcePolicy")
_OPEN_SESSIONS = ("sts.amazonaws.com", "signin.amazonaws.com")


def permission_columns(event: Event, ledger: Ledger) -> Columns:
    """Tell what an event does to permissions; a column that has no answer is left out."""
    if event.event_source == "organizations.amazonaws.com":
        return guarded(event, ledger)
    if event.event_source in _OF_DIRECTORY:
        return _joined(event, ledger)
    if event.event_source in _OPEN_SESSIONS and event.target_type in BEARERS:
        return {
            "target_is_admin": is_admin(
                ledger, event.target_type, event.target_name, event.event_time
            )
        }
    if (event.event_source, event.event_name) == _OF_STORES:
        return _let_in(event)
    if event.event_source not in _SOURCES:
        return {}
    columns: Columns = {}
    if event.target_type in BEARERS:
        columns["target_is_admin"] = is_admin(
            ledger, event.target_type, event.target_name, event.event_time
        )
    columns["on_itself"] = _on_itself(event, ledger)
    if event.event_name in _TRUST:
        return columns | _trusted(event, ledger)
    concerned = list(_concerned(event, ledger))
    if concerned or event.event_name in (*_MEMBERSHIP, *_ASSIGNMENT):
        columns |= _granted(concerned, event.event_time)
    if event.event_name in _SENT and concerned == [(None, None)] and event.request:
        columns["policy_problems"] = missing(event, _SENT[event.event_name])
    return columns | _changed(event, ledger)


def is_admin(
    ledger: Ledger, kind: str | None, name: str | None, at: datetime | None = None
) -> bool | None:
    """Say whether a user, group or role is known to be an administrator, at a time if one is given.

    No only where the log shows the whole life, and of a user that of every group.
    """
    bearer = ledger.bearer(kind, name)
    verdicts = {_admin(one, at) for one in _policies_of(bearer, ledger)}
    verdicts.add(False if bearer.made else None)
    if kind == "user" and name is not None:
        for group in ledger.groups_of.get(name.lower(), ()):
            verdicts.add(is_admin(ledger, "group", group, at))
    return any_of(verdicts)


def _on_itself(event: Event, ledger: Ledger) -> bool | None:
    """Say whether the call is about the caller: its user, its role, a group or policy it has."""
    kind, name = event.target_type, event.target_name
    if not event.by_own_account or name is None:
        return None if name is None else False
    mine = {"IAMUser": "user", "AssumedRole": "role", "Root": "root"}.get(event.actor_type)
    if kind in ("user", "role", "root"):
        return kind == mine and (kind == "root" or same_name(event.actor_name, name))
    if mine not in BEARERS or event.actor_name is None or kind not in ("group", "policy"):
        return None
    groups = ledger.groups_of.get(event.actor_name.lower(), frozenset()) if mine == "user" else ()
    if kind == "group":
        return True if name.lower() in groups else None
    bearers = [ledger.bearer(mine, event.actor_name), *(ledger.bearer("group", g) for g in groups)]
    return True if any(name in bearer.attached for bearer in bearers) else None


def _concerned(event: Event, ledger: Ledger) -> Iterator[Policy]:
    """Give the policies that an event sets, attaches or takes away, as far as they are known."""
    name, sent = event.event_name, parsed(event.request)
    bearer = ledger.bearer(event.target_type, event.target_name)
    if name in _SENT:
        yield sent_document(sent, _SENT[name]), None
    elif name.startswith("Delete") and event.object_type == "inline_policy":
        yield bearer.inline.get(event.object_id or ""), None
    elif name.startswith("Delete") and "PermissionsBoundary" in name:
        yield _known(bearer.boundary, ledger)
    elif name in ("SetDefaultPolicyVersion", "DeletePolicyVersion"):
        yield (
            ledger.managed_policy(event.target_name).versions.get(str(sent.get("versionId"))),
            None,
        )
    elif name == "DeletePolicy":
        yield _known(event.target_name, ledger)
    elif event.object_type in ("policy", "permissions_boundary") and event.object_id is not None:
        yield _known(event.object_id, ledger)
    elif name in (*_MEMBERSHIP, *_ASSIGNMENT):
        kind = "group" if name in _MEMBERSHIP else "permission_set"
        giver = ledger.bearer(kind, event.object_id)
        yield from _policies_of(giver, ledger)
        if not giver.made:
            yield None, None


def _known(arn: str | None, ledger: Ledger) -> Policy:
    return ledger.managed_policy(arn).document, arn


def _policies_of(bearer: Bearer, ledger: Ledger) -> Iterator[Policy]:
    yield from (_known(arn, ledger) for arn in sorted(bearer.attached))
    yield from ((document, None) for _, document in sorted(bearer.inline.items()))


def _admin(policy: Policy, at: datetime | None) -> bool | None:
    document, arn = policy
    if document is not None:
        return grants_at(document, at).admin
    return admin_of_aws(arn) if arn is not None else None


def _granted(policies: list[Policy], at: datetime) -> Columns:
    told = [grants_at(document, at) for document, _ in policies if document is not None]
    named = [arn for document, arn in policies if document is None and arn is not None]
    by_aws = [one for arn in named if (one := told_of_aws(arn)) is not None]
    return {
        "grants_admin": any_of(_admin(one, at) for one in policies),
        "denies": any_of(map(denies, policies)),
        "grants": said([*(found.sentence for one in told for found in one.findings), *by_aws]),
        "policy_problems": said([str(problem) for one in told for problem in one.problems]),
    }


def _let_in(event: Event) -> Columns:
    """Tell whom the policy of a store of events, a channel or a dashboard lets in."""
    document = sent_document(parsed(event.request), "resourcePolicy")
    if document is None:
        return {"policy_problems": missing(event, "resourcePolicy")} if event.request else {}
    return trust_columns(lets_in(read_at(document, event.event_time), event.account_id))


def _trusted(event: Event, ledger: Ledger) -> Columns:
    document = sent_document(parsed(event.request), _TRUST[event.event_name])
    if document is None:
        problem = missing(event, _TRUST[event.event_name])
        return {"policy_problems": problem} if event.request else {}
    read = read_at(document, event.event_time)
    told = trusts(read, event.account_id)
    new = _new_providers((one.who for one in told.trusted), event, ledger)
    columns = trust_columns(trusts(read, event.account_id, new=new) if new else told)
    before = ledger.bearer("role", event.target_name).trust
    if event.event_name == "UpdateAssumeRolePolicy" and before is not None:
        columns |= compared(before, document, event.account_id)
    return columns


def _new_providers(trusted: Iterable[str], event: Event, ledger: Ledger) -> set[str]:
    """Name the providers that were made shortly before: whose they are is not known yet."""
    held = ((who.lower(), kind) for who in trusted for kind in _PROVIDERS)
    made = ((who, ledger.thing(kind, who, None).made) for who, kind in held)
    return {who for who, mark in made if mark and event.event_time - mark.time <= _NEW_FOR}


def _changed(event: Event, ledger: Ledger) -> Columns:
    """Compare the document in force after the event with the one before."""
    sent = parsed(event.request)
    if event.event_name in (*_INLINE, _OF_SET):
        bearer, name = ledger.bearer(event.target_type, event.target_name), event.object_id or ""
        before, after = bearer.inline.get(name), sent_document(sent, _SENT[event.event_name])
        if after is not None and bearer.made and name not in bearer.inline:
            return _new(after)
    elif event.event_name == "CreatePolicyVersion" and sent.get("setAsDefault") is True:
        before = ledger.managed_policy(event.target_name).document
        after = sent_document(sent, "policyDocument")
    elif event.event_name == "SetDefaultPolicyVersion":
        known = ledger.managed_policy(event.target_name)
        before, after = known.document, known.versions.get(str(sent.get("versionId")))
    else:
        return {}
    if before is None or after is None:
        return {}
    return compared(before, after, event.account_id)


def _joined(event: Event, ledger: Ledger) -> Columns:
    """Tell whether a group of the directory is known to make its members administrators.

    Never no: what was assigned before the log began is not seen.
    """
    if event.object_type != "directory_group":
        return {}
    sets = {arn for arn, _ in ledger.assigned(event.object_type, event.object_id)}
    made = sorted(arn for arn in sets if is_admin(ledger, "permission_set", arn, event.event_time))
    return {"grants_admin": True, "grants": said(made)} if made else {}


def _new(document: str) -> Columns:
    read = read_once(document)
    if isinstance(read, Unreadable):
        return {}
    return {
        "widens": any(one.allows for one in read.statements),
        "narrows": any(not one.allows for one in read.statements),
        "lifts_denial": False,
    }
