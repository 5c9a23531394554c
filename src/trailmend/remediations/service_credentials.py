"""Credentials of users beside passwords and access keys: for one service, and certificates."""

from __future__ import annotations

from msgspec.structs import replace

from trailmend.calls import call, change, read
from trailmend.errors import CannotFix
from trailmend.plan import Example, Facts, Steps, remediation
from trailmend.remediations.users import the_user

_ID = "ACCAEXAMPLE0000000001"
_FACTS = Facts(
    account_id="111122223333",
    finding_id="c5a7e9f1b3d50248",
    event_id="4d2f1a52-6a3e-4a44-8f0e-2f6a7c1b9d03",
    event_name="CreateServiceSpecificCredential",
    event_time="2026-03-02T09:00:00Z",
    user_name="bob",
    object_type="service_specific_credential",
    object_id=_ID,
)
_BOB = (
    call("iam.get_user", UserName="bob"),
    {
        "id": "AIDAEXAMPLE0000000001",
        "created": "2025-01-01T00:00:00Z",
        "arn": "arn:aws:iam::111122223333:user/bob",
    },
)
_CREDENTIAL = {"UserName": "bob", "ServiceSpecificCredentialId": _ID}
_CERTIFICATE = {"UserName": "bob", "CertificateId": "TA7SMP42TDN5Z26OBPJE7EXAMPLE"}


@remediation(
    title="Turn the service's password off",
    breaks="Whoever holds it is refused by its one service; the user's other credentials work on.",
    example=Example(
        facts=_FACTS,
        reads=(_BOB, (call("iam.list_service_specific_credentials", UserName="bob"), "Active")),
        changes=(call("iam.update_service_specific_credential", **_CREDENTIAL, Status="Inactive"),),
    ),
    stage="remove",
    needs="finding",
)
def deactivate_service_credential(facts: Facts) -> Steps:
    """Set this one credential Inactive; it stays as evidence, with its secret as it was."""
    number = facts.object_id or ""
    if facts.object_type != "service_specific_credential" or not number.isalnum():
        raise CannotFix("The finding names no such credential: look at its event.")
    user = yield from the_user(facts)
    status = yield read(
        "iam.list_service_specific_credentials",
        UserName=user["name"],
        pick=f"ServiceSpecificCredentials[?ServiceSpecificCredentialId=='{number}'].Status | [0]",
    )
    if status == "Active":
        which = {"UserName": user["name"], "ServiceSpecificCredentialId": number}
        yield change(
            "iam.update_service_specific_credential",
            **which,
            Status="Inactive",
            undo=call("iam.update_service_specific_credential", **which, Status="Active"),
            note=f"Service's password {number} of user {user['name']}: Active → Inactive",
        )


@remediation(
    title="Turn the signing certificate off",
    breaks="Whoever has its private key is refused; the user's other credentials work on.",
    example=Example(
        facts=replace(
            _FACTS,
            event_name="UploadSigningCertificate",
            object_type="signing_certificate",
            object_id=_CERTIFICATE["CertificateId"],
        ),
        reads=(_BOB, (call("iam.list_signing_certificates", UserName="bob"), "Active")),
        changes=(call("iam.update_signing_certificate", **_CERTIFICATE, Status="Inactive"),),
    ),
    stage="remove",
    needs="finding",
)
def deactivate_signing_certificate(facts: Facts) -> Steps:
    """Set this one certificate Inactive; it stays as evidence."""
    number = facts.object_id or ""
    if facts.object_type != "signing_certificate" or not number.isalnum():
        raise CannotFix("The finding names no signing certificate: look at its event.")
    user = yield from the_user(facts)
    status = yield read(
        "iam.list_signing_certificates",
        UserName=user["name"],
        pick=f"Certificates[?CertificateId=='{number}'].Status | [0]",
    )
    if status == "Active":
        which = {"UserName": user["name"], "CertificateId": number}
        yield change(
            "iam.update_signing_certificate",
            **which,
            Status="Inactive",
            undo=call("iam.update_signing_certificate", **which, Status="Active"),
            note=f"Signing certificate {number} of user {user['name']}: Active → Inactive",
        )
