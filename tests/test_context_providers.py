"""What the ledger makes of identity providers: how one was before an event, from all its parts."""

import json
from typing import Any

import pytest

from tests.federation_calls import oidc, oidc_made, saml_gone, saml_made, saml_set
from tests.reading import Fields, in_order, rows_of
from tests.telling import ALICE, BOB
from trailmend.evidence import call

ADD, REMOVE, PRINTS, DELETE = (
    "AddClientIDToOpenIDConnectProvider",
    "RemoveClientIDFromOpenIDConnectProvider",
    "UpdateOpenIDConnectProviderThumbprint",
    "DeleteOpenIDConnectProvider",
)
OLD, NEW, NEWEST = "a" * 40, "b" * 40, "c" * 40
OMITTED = {"omitted": True, "reason": "requestParameters too large"}


def sent(fields: Fields, **more: Any) -> Fields:
    return fields | {"requestParameters": {**fields["requestParameters"], **more}}


def omitted(fields: Fields) -> Fields:
    return fields | {"requestParameters": OMITTED | _named(fields)}


def _named(fields: Fields) -> dict[str, Any]:
    request = fields["requestParameters"]
    return {name: request[name] for name in request if name.endswith("Arn")}


def before(*records: Fields) -> Any:
    """Give what the row of the last record tells of before, without the names."""
    told = rows_of(in_order(*records))[-1].before
    known = json.loads(told) if told else {}
    return {name: value for name, value in known.items() if not name.endswith("Arn")}


MADE = sent(oidc_made(ALICE, OLD), clientIDList=["ours"])


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([MADE, oidc(ADD, BOB, clientID="x")], {"clientIDList": ["ours"]}),
        ([oidc(ADD, BOB, clientID="x")], {}),
        ([oidc_made(ALICE), oidc(ADD, BOB, clientID="x")], {"clientIDList": []}),
        (
            [MADE, oidc(ADD, BOB, clientID="x"), oidc(ADD, BOB, clientID="x")],
            {"clientIDList": ["ours", "x"]},
        ),
        (
            [
                MADE,
                oidc(ADD, BOB, clientID="x"),
                oidc(REMOVE, BOB, clientID="ours"),
                oidc(REMOVE, BOB, clientID="x"),
            ],
            {"clientIDList": ["x"]},
        ),
        ([MADE, oidc(PRINTS, BOB, thumbprintList=[NEW])], {"thumbprintList": [OLD]}),
        (
            [MADE, *(oidc(PRINTS, BOB, thumbprintList=[one]) for one in (NEW, NEWEST))],
            {"thumbprintList": [NEW]},
        ),
        (
            [oidc(PRINTS, BOB, thumbprintList=[one]) for one in (NEW, NEWEST)],
            {"thumbprintList": [NEW]},
        ),
        ([oidc(PRINTS, BOB, thumbprintList=[NEW])], {}),
        (
            [
                MADE,
                omitted(oidc(PRINTS, BOB, thumbprintList=[NEW])),
                oidc(PRINTS, BOB, thumbprintList=[NEWEST]),
            ],
            {},
        ),
        (
            [MADE, oidc(ADD, BOB, clientID="x"), oidc(DELETE, BOB)],
            {
                "url": "https://token.example.com",
                "clientIDList": ["ours", "x"],
                "thumbprintList": [OLD],
            },
        ),
        ([MADE, oidc(DELETE, BOB), oidc(ADD, BOB, clientID="x")], {}),
    ],
)
def test_oidc_provider_was_as_its_calls_had_made_it(records: list[Fields], expected: Any) -> None:
    assert before(*records) == expected


MODE = call(
    "UpdateSAMLProvider",
    by=ALICE,
    request={
        "sAMLProviderArn": saml_set(ALICE)["requestParameters"]["sAMLProviderArn"],
        "assertionEncryptionMode": "Allowed",
        "addPrivateKey": "HIDDEN_DUE_TO_SECURITY_REASONS",
    },
)


def test_update_that_leaves_the_metadata_out_does_not_hide_the_one_in_force() -> None:
    set_ = saml_set(ALICE, "<second/>")

    told = before(saml_made(ALICE, "<first/>"), set_, MODE, saml_set(BOB))

    assert told["sAMLMetadataDocument"] == "<second/>"


def test_deleted_saml_provider_that_had_a_key_is_known_to_have_had_one() -> None:
    told = before(saml_made(ALICE, "<first/>"), MODE, saml_set(ALICE, "<second/>"), saml_gone(BOB))

    assert told == {
        "name": "corporate",
        "sAMLMetadataDocument": "<second/>",
        "assertionEncryptionMode": "Allowed",
        "addPrivateKey": "HIDDEN_DUE_TO_SECURITY_REASONS",
    }


def test_two_metadata_of_one_second_are_not_known() -> None:
    made, *both, last = in_order(
        saml_made(ALICE, "<first/>"),
        saml_set(ALICE, "<b/>"),
        saml_set(ALICE, "<c/>"),
        saml_set(BOB),
    )
    at_once = [one | {"eventTime": both[0]["eventTime"]} for one in both]

    [*_, row] = rows_of([made, *at_once, last])

    assert "sAMLMetadataDocument" not in json.loads(row.before or "{}")


def test_trail_setting_that_was_off_before_is_not_weakened_by_a_later_update() -> None:
    def set_trail(**more: Any) -> Fields:
        fields = call("UpdateTrail", by=BOB, request={"name": "audit", **more})
        return fields | {"eventSource": "cloudtrail.amazonaws.com"}

    off = {"enableLogFileValidation": False}
    rows = rows_of(in_order(set_trail(**off), set_trail(s3BucketName="b"), set_trail(**off)))

    assert [row.weakens for row in rows] == [True, None, False]
