"""What happened next to federation: providers, anchors and profiles are gone, or entered."""

from typing import Any

import pytest

from tests.federation_calls import (
    FAILED,
    OIDC,
    OURS,
    SAML,
    THEIRS,
    anchor,
    anchor_made,
    by_certificate,
    by_saml,
    by_web,
    crl,
    oidc,
    oidc_made,
    profile,
    saml_gone,
    saml_made,
    saml_set,
)
from tests.reading import Fields
from tests.telling import ALICE, BOB, CAROL, MINUTE, status, story
from trailmend.evidence import Principal, call
from trailmend.evidence.center import on_anywhere


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


METADATA = saml_made(ALICE, "<ours/>")
PRINTS = "UpdateOpenIDConnectProviderThumbprint"


def prints(by: Principal, letter: str) -> Fields:
    return oidc(PRINTS, by, thumbprintList=[letter * 40])


def audience(verb: str, by: Principal, client: str = "evil") -> Fields:
    parts = {"Add": "AddClientIDTo", "Remove": "RemoveClientIDFrom"}
    return oidc(f"{parts[verb]}OpenIDConnectProvider", by, clientID=client)


def oidc_made_for(by: Principal, *clients: str) -> Fields:
    made = oidc_made(by)
    return made | {"requestParameters": {**made["requestParameters"], "clientIDList": clients}}


def with_key(fields: Fields) -> Fields:
    return fields | {"requestParameters": {**fields["requestParameters"], "addPrivateKey": "k"}}


@pytest.mark.parametrize(
    ("earlier", "found", "later", "expected"),
    [
        ([METADATA], saml_set(BOB), [saml_set(CAROL, "<ours/>"), saml_set(BOB)], "worsened"),
        ([METADATA], saml_set(BOB), [saml_set(BOB, "<ours/>"), saml_set(BOB)], "open"),
        ([METADATA], saml_set(BOB), [saml_gone(CAROL), saml_made(BOB, "<theirs/>")], "worsened"),
        ([METADATA], with_key(saml_set(BOB)), [saml_set(CAROL, "<ours/>")], "open"),
        (
            [METADATA],
            saml_set(BOB),
            [(MINUTE, saml_set(CAROL, "<ours/>")), (MINUTE, saml_set(BOB, "<x/>"))],
            "open",
        ),
        ([METADATA, saml_set(ALICE, "<b/>")], saml_gone(BOB), [METADATA], "open"),
        ([oidc_made(ALICE, "a" * 40)], prints(BOB, "b"), [prints(CAROL, "a")], "resolved"),
        (
            [oidc_made(ALICE, "a" * 40)],
            prints(BOB, "b"),
            [prints(CAROL, "a"), prints(BOB, "b")],
            "worsened",
        ),
        (
            [prints(ALICE, "a"), oidc("DeleteOpenIDConnectProvider", ALICE), oidc_made_for(ALICE)],
            prints(BOB, "b"),
            [prints(CAROL, "a")],
            "open",
        ),
        (
            [],
            audience("Add", BOB),
            [oidc("DeleteOpenIDConnectProvider", CAROL), oidc_made_for(BOB, "evil")],
            "worsened",
        ),
        (
            [],
            audience("Add", BOB),
            [oidc("DeleteOpenIDConnectProvider", CAROL), oidc_made_for(BOB, "good")],
            "resolved",
        ),
        ([], audience("Add", BOB), [by_web(OIDC, "evil")], "worsened"),
        ([], audience("Add", BOB), [by_web(OIDC, "good")], "open"),
        ([], audience("Add", BOB), [audience("Remove", CAROL), by_web(OIDC, "evil")], "resolved"),
    ],
)
def test_provider_is_right_only_while_all_is_as_before(
    earlier: list[Fields], found: Fields, later: list[Any], expected: str
) -> None:
    assert status(earlier, found, *later) == expected


def test_tokens_for_services_outside_are_worse_in_the_hands_of_who_switched_them_on() -> None:
    def token(by: Principal) -> Fields:
        return call("GetWebIdentityToken", by=by, source="sts", request={"audience": ["x"]})

    found = call("EnableOutboundWebIdentityFederation", by=BOB)
    assert status([], found, token(BOB)) == "worsened"
    assert story([], found, token(CAROL), token(CAROL)) == (
        "open",
        [("GetWebIdentityToken", "carol got a token for a service outside.")],
    )


def test_metadata_that_a_record_leaves_out_is_not_known_to_be_the_former() -> None:
    cut = call("UpdateSAMLProvider", by=CAROL, request=None, response={"sAMLProviderArn": SAML})
    found, back = saml_set(BOB), saml_set(CAROL, "<ours/>")

    assert status([saml_made(CAROL)], found, back) == "resolved"
    assert status([saml_made(CAROL), cut], found, back) == "open"
