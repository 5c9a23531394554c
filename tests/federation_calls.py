"""Calls on federation, and sessions that are taken by it, as the tests of stories send them."""

from typing import Any

from tests.reading import Fields
from tests.telling import ALICE
from trailmend.evidence import Principal, call, saml, web_identity
from trailmend.evidence.center import on_anywhere

SAML = "arn:aws:iam::111122223333:saml-provider/corporate"
OIDC = "arn:aws:iam::111122223333:oidc-provider/token.example.com"
ANCHOR, PROFILE, LIST = "anchor-1", "profile-1", "list-1"
OURS = {"sourceType": "CERTIFICATE_BUNDLE", "sourceData": {"x509CertificateData": "ours"}}
THEIRS = {"sourceType": "CERTIFICATE_BUNDLE", "sourceData": {"x509CertificateData": "theirs"}}


def saml_made(by: Principal, metadata: str = "<ours/>") -> Fields:
    request = {"name": "corporate", "sAMLMetadataDocument": metadata}
    return call("CreateSAMLProvider", by=by, request=request, response={"sAMLProviderArn": SAML})


def saml_set(by: Principal, metadata: str = "<theirs/>") -> Fields:
    request = {"sAMLProviderArn": SAML, "sAMLMetadataDocument": metadata}
    return call("UpdateSAMLProvider", by=by, request=request)


def saml_gone(by: Principal, arn: str = SAML) -> Fields:
    return call("DeleteSAMLProvider", by=by, request={"sAMLProviderArn": arn})


def oidc_made(by: Principal, *prints: str) -> Fields:
    request = {"url": "https://token.example.com", "thumbprintList": list(prints)}
    answer = {"openIDConnectProviderArn": OIDC}
    return call("CreateOpenIDConnectProvider", by=by, request=request, response=answer)


def oidc(event_name: str, by: Principal, **more: Any) -> Fields:
    return call(event_name, by=by, request={"openIDConnectProviderArn": OIDC, **more})


def by_saml(arn: str = SAML) -> Fields:
    request = {"principalArn": arn, "roleArn": "arn:aws:iam::111122223333:role/dev"}
    answer = {"credentials": {"accessKeyId": "ASIA1"}}
    fields = call("AssumeRoleWithSAML", by=saml(), request=request, response=answer)
    return fields | {"eventSource": "sts.amazonaws.com"}


def by_web(provider: str, audience: str = "sts.amazonaws.com") -> Fields:
    request = {"roleArn": "arn:aws:iam::111122223333:role/dev"}
    answer = {
        "credentials": {"accessKeyId": "ASIA1"},
        "provider": provider,
        "audience": audience,
    }
    fields = call("AssumeRoleWithWebIdentity", by=web_identity(), request=request, response=answer)
    return fields | {"eventSource": "sts.amazonaws.com"}


def anchor_made(by: Principal, source: Any = THEIRS) -> Fields:
    answer = {"trustAnchor": {"trustAnchorId": ANCHOR}}
    return on_anywhere("CreateTrustAnchor", by=by, name="x", source=source, response=answer)


def anchor(event_name: str, by: Principal, **more: Any) -> Fields:
    return on_anywhere(f"{event_name}TrustAnchor", by=by, trustAnchorId=ANCHOR, **more)


def profile(event_name: str, by: Principal, **more: Any) -> Fields:
    return on_anywhere(f"{event_name}Profile", by=by, profileId=PROFILE, **more)


def by_certificate(name: str = ANCHOR, role: str = "backup") -> Fields:
    arns = {
        "roleArn": f"arn:aws:iam::111122223333:role/{role}",
        "trustAnchorArn": f"arn:aws:rolesanywhere:us-east-1:111122223333:trust-anchor/{name}",
        "profileArn": f"arn:aws:rolesanywhere:us-east-1:111122223333:profile/{PROFILE}",
    }
    return on_anywhere("CreateSession", by=ALICE, **arns)


def crl(event_name: str, by: Principal, name: str = LIST) -> Fields:
    return on_anywhere(f"{event_name}Crl", by=by, crlId=name)


FAILED = {"errorCode": "NoSuchEntityException", "errorMessage": "gone"}
