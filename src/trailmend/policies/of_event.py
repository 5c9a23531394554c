"""What the documents in an event grant, trust and change: the columns that detections ask."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from trailmend.events import Event
from trailmend.policies.changes import compare
from trailmend.policies.document import PolicyDocument, Unreadable, read_document
from trailmend.policies.grants import grants
from trailmend.policies.trusts import trusts

_PERMISSIONS = frozenset(
    "CreatePolicy CreatePolicyVersion PutGroupPolicy PutRolePolicy PutUserPolicy".split()
)
_ATTACHMENTS = frozenset("AttachGroupPolicy AttachRolePolicy AttachUserPolicy".split())
_TRUST = {"CreateRole": "assumeRolePolicyDocument", "UpdateAssumeRolePolicy": "policyDocument"}
_MOST_SAID = 10


def policy_columns(
    event: Event, before: str | None = None, attached: str | None = None
) -> dict[str, bool | str | None]:
    """Tell what the policy of an event means; every column is None where it holds no policy.

    `before`: the document that this one replaces, where the ledger knows it; `attached`: the
    document of the policy that is attached, if it is the account's own and the ledger knows it.

    grants_admin: the document makes its bearer an administrator.  grants: by which road.
    trusts_outsider, trusts_anyone: the trust policy lets in.  trusted: whom.
    widens, narrows: more, or less, is allowed than before.  policy_problems: what cannot be read.
    """
    columns: dict[str, bool | str | None] = dict.fromkeys(
        "grants_admin grants trusts_outsider trusts_anyone trusted widens narrows "
        "policy_problems".split()
    )
    if event.event_source != "iam.amazonaws.com" or event.request is None:
        return columns
    request = msgspec.json.decode(event.request)
    if event.event_name in _PERMISSIONS:
        document = _sent(request, "policyDocument")
        return columns | _granted(document) | _changed(before, document, event.account_id)
    if event.event_name in _ATTACHMENTS:
        return columns | _attached(request.get("policyArn"), attached)
    if event.event_name in _TRUST:
        document = _sent(request, _TRUST[event.event_name])
        return columns | _let_in(document, event) | _changed(before, document, event.account_id)
    return columns


def admin_of_aws(arn: str) -> bool | None:
    """Tell whether one of AWS's own policies makes an administrator; None: one not known here."""
    name = arn.rpartition("/")[2]
    return _of_aws().get(name)


def _sent(request: Mapping[str, Any], name: str) -> PolicyDocument | Unreadable:
    document = request.get(name)
    if isinstance(document, str | dict):
        return read_document(document)
    reason = "CloudTrail left it out" if request.get("omitted") else "it is not there"
    return Unreadable(reason, name)


def _granted(document: PolicyDocument | Unreadable) -> dict[str, bool | str | None]:
    told = grants(document)
    return {
        "grants_admin": told.admin,
        "grants": _said(one.sentence for one in told.findings),
        "policy_problems": _said(map(str, told.problems)),
    }


def _let_in(document: PolicyDocument | Unreadable, event: Event) -> dict[str, bool | str | None]:
    told = trusts(document, event.account_id)
    return {
        "trusts_outsider": told.outsider,
        "trusts_anyone": told.anyone,
        "trusted": _said(map(str, told.trusted)),
        "policy_problems": _said(map(str, told.problems)),
    }


def _attached(arn: object, document: str | None) -> dict[str, bool | str | None]:
    if document is not None:
        return _granted(read_document(document))
    if not isinstance(arn, str) or ":iam::aws:policy/" not in arn:
        return {}
    return {"grants_admin": admin_of_aws(arn), "grants": arn}


def _changed(
    before: str | None, after: PolicyDocument | Unreadable, account_id: str
) -> dict[str, bool | str | None]:
    if before is None:
        return {}
    changed = compare(read_document(before), after, account_id)
    return {"widens": changed.weakens, "narrows": changed.strengthens}


def _said(sentences: Any) -> str | None:
    listed = list(sentences)
    more = f"; and {len(listed) - _MOST_SAID} more" if len(listed) > _MOST_SAID else ""
    return "; ".join(listed[:_MOST_SAID]) + more or None


@cache
def _of_aws() -> Mapping[str, bool | None]:
    """Give AWS's own policies by name, judged by `grants` as they were on 2026-11."""
    data = files("trailmend.policies").joinpath("aws_policies.json").read_bytes()
    listed = msgspec.json.decode(data, type=dict[str, list[str]])
    verdicts = {"yes": True, "unknown": None, "no": False}
    return {name: verdicts[verdict] for verdict, names in listed.items() for name in names}
