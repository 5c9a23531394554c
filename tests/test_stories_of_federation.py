"""What happened next to federation: providers, anchors and profiles are gone, or entered."""

from typing import Any

import pytest

from tests.reading import Fields
from tests.telling import ALICE, BOB, CAROL, status, story
from trailmend.center_evidence import on_anywhere
from trailmend.evidence import Principal, call, saml, web_identity

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


def by_web(provider: str) -> Fields:
    request = {"roleArn": "arn:aws:iam::111122223333:role/dev"}
    answer = {"credentials": {"accessKeyId": "ASIA1"}, "provider": provider}
    fields = call("AssumeRoleWithWebIdentity", by=web_identity(), request=request, response=answer)
    return fields | {"eventSource": "sts.amazonaws.com"}


def anchor_made(by: Principal, source: Any = THEIRS) -> Fields:
    answer = {"trustAnchor": {"trustAnchorId": ANCHOR}}
    return on_anywhere("CreateTrustAnchor", by=by, name="x", source=source, response=answer)


def anchor(event_name: str, by: Principal, **more: Any) -> Fields:
    return on_anywhere(f"{event_name}TrustAnchor", by=by, trustAnchorId=ANCHOR, **more)


def profile(event_name: str, by: Principal, **more: Any) -> Fields:
    return on_anywhere(f"{event_name}Profile", by=by, profileId=PROFILE, **more)


def by_certificate(name: str = ANCHOR) -> Fields:
    arns = {
        "trustAnchorArn": f"arn:aws:rolesanywhere:us-east-1:111122223333:trust-anchor/{name}",
        "profileArn": f"arn:aws:rolesanywhere:us-east-1:111122223333:profile/{PROFILE}",
    }
    return on_anywhere("CreateSession", by=ALICE, **arns)


def crl(event_name: str, by: Principal, name: str = LIST) -> Fields:
    return on_anywhere(f"{event_name}Crl", by=by, crlId=name)


FAILED = {"errorCode": "NoSuchEntityException", "errorMessage": "gone"}


@pytest.mark.parametrize(
    ("found", "right", "other", "sentence"),
    [
        (saml_made(BOB), saml_gone(CAROL), saml_gone(CAROL, SAML + "2"), "deleted the provider."),
        (
            oidc_made(BOB),
            oidc("DeleteOpenIDConnectProvider", CAROL),
            saml_gone(CAROL),
            "deleted the provider.",
        ),
        (
            oidc("AddClientIDToOpenIDConnectProvider", BOB, clientID="evil"),
            oidc("RemoveClientIDFromOpenIDConnectProvider", CAROL, clientID="evil"),
            oidc("RemoveClientIDFromOpenIDConnectProvider", CAROL, clientID="good"),
            "took the audience from the provider.",
        ),
        (
            anchor_made(BOB),
            anchor("Disable", CAROL),
            on_anywhere("DisableTrustAnchor", by=CAROL, trustAnchorId="anchor-2"),
            "disabled the trust anchor.",
        ),
        (
            anchor("Enable", BOB),
            anchor("Delete", CAROL),
            profile("Delete", CAROL),
            "deleted the trust anchor.",
        ),
        (
            profile("Enable", BOB),
            profile("Disable", CAROL),
            anchor("Disable", CAROL),
            "disabled the profile.",
        ),
        (
            crl("Disable", BOB),
            crl("Enable", CAROL),
            crl("Enable", CAROL, "list-2"),
            "enabled the revocation list again.",
        ),
        (
            call("EnableOutboundWebIdentityFederation", by=BOB),
            call("DisableOutboundWebIdentityFederation", by=CAROL),
            saml_gone(CAROL),
            "switched it off again.",
        ),
    ],
    ids=lambda part: part["eventName"] if isinstance(part, dict) else "",
)
def test_way_in_that_is_closed_is_resolved(
    found: Fields, right: Fields, other: Fields, sentence: str
) -> None:
    name = right["eventName"]

    assert story([], found, right) == (
        "resolved",
        [(name, f"carol, a third principal, {sentence}")],
    )
    assert status([], found, right | {"userIdentity": BOB.identity}) == "resolved"
    assert story([], found, right | FAILED) == ("open", [])
    assert story([], found, other)[0] == "open"
    again = found | {"userIdentity": BOB.identity}
    if found["eventName"] not in ("CreateTrustAnchor",):
        assert status([], found, right, again) == "worsened"


@pytest.mark.parametrize(
    ("found", "entered", "elsewhere", "through"),
    [
        (saml_made(BOB), by_saml(), by_saml(SAML + "2"), "the provider"),
        (oidc_made(BOB), by_web(OIDC), by_web("accounts.google.com"), "the provider"),
        (oidc_made(BOB), by_web("https://token.example.com"), by_saml(), "the provider"),
        (anchor_made(BOB), by_certificate(), by_certificate("anchor-2"), "the trust anchor"),
        (profile("Enable", BOB), by_certificate(), by_saml(), "the profile"),
    ],
    ids=lambda part: part["eventName"] if isinstance(part, dict) else "",
)
def test_way_in_that_is_used_is_worse(
    found: Fields, entered: Fields, elsewhere: Fields, through: str
) -> None:
    state, told = story([], found, entered, entered)

    assert state == "worsened"
    ((name, why),) = told
    assert (name, why.endswith(f" took a session through {through}.")) == (
        entered["eventName"],
        True,
    )
    assert story([], found, elsewhere) == ("open", [])


def test_former_metadata_and_thumbprints_and_authority_put_things_right() -> None:
    made = saml_made(ALICE, "<ours/>")
    assert status([made], saml_set(BOB), saml_set(CAROL, "<ours/>")) == "resolved"
    assert story([made], saml_set(BOB), saml_set(CAROL, "<new/>")) == (
        "open",
        [
            (
                "UpdateSAMLProvider",
                "carol changed the provider; that it is as before the finding is not known.",
            )
        ],
    )
    assert status([], saml_set(BOB), saml_set(CAROL, "<ours/>")) == "open"
    assert status([made], saml_gone(BOB), saml_made(CAROL, "<ours/>")) == "resolved"
    assert status([made], saml_gone(BOB), saml_made(CAROL, "<new/>")) == "open"

    swap = "UpdateOpenIDConnectProviderThumbprint"
    prints = oidc(swap, BOB, thumbprintList=["b" * 40])
    back = oidc(swap, CAROL, thumbprintList=["a" * 40])
    assert status([oidc_made(ALICE, "a" * 40)], prints, back) == "resolved"
    assert status([], prints, back) == "open"

    theirs, ours = anchor("Update", BOB, source=THEIRS), anchor("Update", CAROL, source=OURS)
    assert status([anchor_made(ALICE, OURS)], theirs, ours) == "resolved"
    assert status([], theirs, ours) == "open"


def test_request_of_a_partner_is_taken_back_only_before_its_token_is_sent() -> None:
    def request(event_name: str, by: Principal, number: str = "dr-1") -> Fields:
        return call(event_name, by=by, request={"delegationRequestId": number})

    accepted = request("AcceptDelegationRequest", BOB)
    rejected = request("RejectDelegationRequest", CAROL)

    assert status([], accepted, rejected) == "resolved"
    assert status([], accepted, request("RejectDelegationRequest", CAROL, "dr-2")) == "open"
    assert story([], accepted, request("SendDelegationToken", BOB)) == (
        "worsened",
        [("SendDelegationToken", "bob sent the partner the token, which cannot be taken back.")],
    )
