"""What somebody had who is gone: each thing that the log shows to have been given."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from trailmend.events import Event
from trailmend.history.documents import with_document
from trailmend.history.sayings import when, who
from trailmend.history.shape import Fact
from trailmend.history.touches import Life, calls_of, done_to
from trailmend.ledger import document_of
from trailmend.ledger.account import parsed

_KINDS = ("User", "Group", "Role")
_GIVES = {
    **{f"Attach{kind}Policy": "attached policy" for kind in _KINDS},
    **{f"Put{kind}Policy": "inline policy" for kind in _KINDS},
    "AddUserToGroup": "group",
    "CreateAccessKey": "access key",
    "CreateLoginProfile": "password",
    "CreateRole": "trust policy",
    "CreateServiceSpecificCredential": "service credential",
    "EnableMFADevice": "MFA device",
    "PutRolePermissionsBoundary": "permissions boundary",
    "PutUserPermissionsBoundary": "permissions boundary",
    "UpdateAssumeRolePolicy": "trust policy",
    "UploadSSHPublicKey": "SSH key",
    "UploadSigningCertificate": "certificate",
}
_DOCUMENTS = ("policyDocument", "assumeRolePolicyDocument")


def had(life: Life) -> Iterator[Fact]:
    """Tell what the log shows to have been given to somebody, each thing and document once."""
    given: dict[tuple[str, str, str | None], Event] = {}
    for event in done_to(life):
        label = _GIVES.get(event.event_name)
        key = label or "", event.object_id or "", _document(event)
        if label is not None and (label != "trust policy" or key[2] is not None):
            given.pop(key, None)
            given[key] = event
    for (label, thing, document), event in given.items():
        yield _had(label, thing, document, event, life)


def _document(event: Event) -> str | None:
    sent = parsed(event.request)
    return next((document_of(sent[name]) for name in _DOCUMENTS if name in sent), None)


def _had(label: str, thing: str, document: str | None, event: Event, life: Life) -> Fact:
    used = [one for one in calls_of(life) if thing and one.access_key_id == thing]
    use = f", last used {when(used[-1])} for {used[-1].event_name}" if used else ""
    fact = Fact(f"had {label}", thing or "one", "known", when(event))
    if document is not None:
        fact = with_document(f"had {label}", thing, document, "known")
    return replace(fact, value=f"{fact.value}, by {who(event)}{use}", since=when(event))
