"""SAML providers: one that was made is removed, metadata is as before, a deleted one comes back."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from trailmend.calls import Call, call, change, read
from trailmend.errors import CannotFix, NothingThere
from trailmend.plan import Example, Facts, Steps, Target, remediation
from trailmend.remediations.identity_providers import (
    LIST_ROLES,
    check_made_by_the_event,
    check_stood,
    known_before,
    set_by_the_event,
    the_provider,
    who_comes_by_it,
)

_SHORTEST = 1000
"""Characters that a metadata document has at least (botocore iam SAMLMetadataDocumentType)."""
_SETTINGS = (
    "{metadata: SAMLMetadataDocument, mode: AssertionEncryptionMode, "
    "keys: PrivateKeyList[].KeyId, tags: sort_by((Tags || `[]`)[?!starts_with(Key, 'aws:')], &Key)}"
)
_LOST = (
    "Its private keys cannot be read from AWS: to make it again, they must come from your identity "
    "provider."
)


def _document(text: str) -> str:
    return f"<EntityDescriptor>{text * _SHORTEST}</EntityDescriptor>"


_ARN = "arn:aws:iam::111122223333:saml-provider/corporate"
_EVENT_TIME = "2026-03-02T09:00:00Z"
_OURS, _THEIRS = _document("a"), _document("b")
_FACTS = Facts(
    account_id="111122223333",
    finding_id="c5a7e9f1b3d50248",
    event_id="4d2f1a52-6a3e-4a44-8f0e-2f6a7c1b9d03",
    event_name="CreateSAMLProvider",
    event_time=_EVENT_TIME,
    asked_at="2026-03-02T09:30:00Z",
    target=Target("saml_provider", _ARN, "us-east-1"),
)
_GET = call("iam.get_saml_provider", SAMLProviderArn=_ARN)


@remediation(
    title="Remove the SAML provider that was made",
    breaks="Whoever comes by its assertions can begin no session; sessions that were begun go on.",
    example=Example(
        facts=_FACTS,
        reads=(
            (_GET, _EVENT_TIME),
            (_GET, {"metadata": _THEIRS, "mode": None, "keys": None, "tags": []}),
            (LIST_ROLES, ["dev"]),
        ),
        changes=(call("iam.delete_saml_provider", SAMLProviderArn=_ARN),),
    ),
    stage="remove",
    needs="finding",
    events=("CreateSAMLProvider",),
)
def remove_saml_provider(facts: Facts) -> Steps:
    """Remove this one provider; the roles that trust it stay as they are, and nobody takes them.

    The undo makes it again with its metadata and tags, but for those of AWS (aws:), which nobody
    else can set; AWS gives it another unique id (SAMLProviderUUID).  One with keys for encrypted
    assertions has no undo, because AWS does not give private keys out.  A provider that is not
    there needs nothing; one that was made by another call is left alone.  End the sessions of its
    roles as well (principals.revoke_role_sessions).
    """
    arn, name = the_provider(facts, "saml_provider")
    created = yield read(
        "iam.get_saml_provider", SAMLProviderArn=arn, pick="CreateDate", watch=False
    )
    found = yield read("iam.get_saml_provider", SAMLProviderArn=arn, pick=_SETTINGS)
    if found is None:
        return
    check_made_by_the_event(created, facts, arn)
    trusted = yield from who_comes_by_it(arn)
    encrypted = bool(found["keys"] or found["mode"])
    yield change(
        "iam.delete_saml_provider",
        SAMLProviderArn=arn,
        undo=None if encrypted else _making(name, found["metadata"], found["tags"]),
        irreversible=_LOST if encrypted else "",
        note=f"SAML provider {arn}: there → removed",
        breaks=f"Nobody signs in by it any more. {trusted}",
    )


def _making(name: str, metadata: str, tags: Any = ()) -> Call:
    given = {"Tags": tags} if tags else {}
    return call("iam.create_saml_provider", Name=name, SAMLMetadataDocument=metadata, **given)


@remediation(
    title="Put the SAML provider's former metadata back",
    breaks="Only assertions that the former certificates prove are believed, as before the event.",
    example=Example(
        facts=replace(
            _FACTS,
            event_name="UpdateSAMLProvider",
            before={"sAMLMetadataDocument": _OURS},
            after={"sAMLMetadataDocument": _THEIRS},
        ),
        reads=(
            (_GET, {"created": "2025-01-01T00:00:00Z", "metadata": _THEIRS}),
            (LIST_ROLES, ["dev"]),
        ),
        changes=(
            call("iam.update_saml_provider", SAMLProviderArn=_ARN, SAMLMetadataDocument=_OURS),
        ),
    ),
    needs="finding",
    events=("UpdateSAMLProvider",),
    shuts=True,
)
def restore_metadata(facts: Facts) -> Steps:
    """Put back the document that the log shows to have been there before the event.

    Where it shows none nothing is proposed, nor where another document was set since.  Keys for
    encrypted assertions stay as they are: they prove nobody.  End the sessions that were begun
    since (principals.revoke_role_sessions).
    """
    arn, _ = the_provider(facts, "saml_provider")
    former = _metadata(known_before(facts))
    if former is None:
        raise CannotFix(
            "The log does not hold the metadata of before: get it from your identity provider, and "
            "set it with aws iam update-saml-provider."
        )
    found = yield read(
        "iam.get_saml_provider",
        SAMLProviderArn=arn,
        pick="{created: CreateDate, metadata: SAMLMetadataDocument}",
    )
    if found is None:
        raise NothingThere(f"{arn} is not there: nobody comes in by it.")
    check_stood(found["created"], facts, arn)
    if _same(found["metadata"], former):
        return
    if not _same(found["metadata"], _metadata(set_by_the_event(facts))):
        raise CannotFix(
            f"The metadata of {arn} is not what the event set: it was set again since, or the "
            "record leaves it out. Compare it with your identity provider's."
        )
    trusted = yield from who_comes_by_it(arn)
    yield change(
        "iam.update_saml_provider",
        SAMLProviderArn=arn,
        SAMLMetadataDocument=former,
        undo=call(
            "iam.update_saml_provider", SAMLProviderArn=arn, SAMLMetadataDocument=found["metadata"]
        ),
        note=f"SAML provider {arn}: metadata as the event set it → as it was before",
        breaks=f"If the former certificate is no longer in use, nobody signs in by it. {trusted}",
    )


def _metadata(settings: dict[str, Any]) -> str | None:
    """Give a document as the log holds it; None where that is not a whole one."""
    told = settings.get("sAMLMetadataDocument")
    return told if isinstance(told, str) and len(told) >= _SHORTEST else None


def _same(one: str | None, other: str | None) -> bool:
    """Compare documents; the log and AWS may break lines differently."""
    return one is not None and other is not None and one.split() == other.split()


@remediation(
    title="Make the deleted SAML provider again",
    breaks="Who came by its assertions can sign in again, by the roles that trust it.",
    example=Example(
        facts=replace(
            _FACTS,
            event_name="DeleteSAMLProvider",
            before={"name": "corporate", "sAMLMetadataDocument": _OURS},
        ),
        reads=((_GET, None), (LIST_ROLES, ["dev"])),
        changes=(call("iam.create_saml_provider", Name="corporate", SAMLMetadataDocument=_OURS),),
    ),
    needs="finding",
    events=("DeleteSAMLProvider",),
)
def recreate_saml_provider(facts: Facts) -> Steps:
    """Make the provider again with its last metadata, where the log shows its whole life.

    Tags do not come back, and AWS gives it another unique id (SAMLProviderUUID).  One that had keys
    for encrypted assertions is not made: the log does not hold them.  A provider that is there
    again is left as it is.
    """
    arn, name = the_provider(facts, "saml_provider")
    before = known_before(facts)
    metadata = _metadata(before)
    if metadata is None or before.get("name") != name:
        raise CannotFix(
            "The log does not show how the provider was made: get the metadata from your identity "
            "provider, and make it with aws iam create-saml-provider."
        )
    if before.keys() & {"addPrivateKey", "assertionEncryptionMode"}:
        raise CannotFix(
            "The provider had keys for encrypted assertions, which no log holds: make it by hand, "
            "with keys of your identity provider."
        )
    if (yield read("iam.get_saml_provider", SAMLProviderArn=arn, pick="CreateDate")) is not None:
        return
    trusted = yield from who_comes_by_it(arn)
    made = _making(name, metadata)
    yield change(
        made.name,
        **made.params,
        undo=call("iam.delete_saml_provider", SAMLProviderArn=arn),
        note=f"SAML provider {arn}: not there → made again from the log",
        breaks=f"Who comes by it signs in again. {trusted}",
    )
