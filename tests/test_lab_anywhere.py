"""Roles Anywhere in the lab: each behaviour is proved by the test named like it."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.worlds_anywhere import AUTHORITY, REVOKED, make_anchor
from trailmend.lab import Lab


def refusal(call: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return str(caught.value.response["Error"]["Code"])


def test_a_thing_of_roles_anywhere_is_kept(lab: Lab) -> None:
    client, made = lab.client("rolesanywhere"), make_anchor(lab)
    anchor = made["trustAnchorId"]

    assert made["name"] == "servers"
    assert made["source"] == AUTHORITY
    assert made["trustAnchorArn"] == (
        f"arn:aws:rolesanywhere:{lab.region}:{lab.account_id}:trust-anchor/{anchor}"
    )
    by_arn = client.get_trust_anchor(trustAnchorId=made["trustAnchorArn"])["trustAnchor"]
    assert by_arn == made
    client.update_trust_anchor(trustAnchorId=anchor, name="machines")
    assert client.get_trust_anchor(trustAnchorId=anchor)["trustAnchor"]["name"] == "machines"
    elsewhere = lab.client("rolesanywhere", region="eu-west-1")
    assert refusal(elsewhere.get_trust_anchor, trustAnchorId=anchor) == "ResourceNotFoundException"
    client.delete_trust_anchor(trustAnchorId=anchor)
    gone = [client.get_trust_anchor, client.enable_trust_anchor, client.delete_trust_anchor]
    assert {refusal(one, trustAnchorId=anchor) for one in gone} == {"ResourceNotFoundException"}


def test_a_thing_of_roles_anywhere_is_switched(lab: Lab) -> None:
    client, anchor = lab.client("rolesanywhere"), make_anchor(lab)["trustAnchorArn"]
    profile = client.create_profile(name="backup", roleArns=[])["profile"]["profileId"]
    listed = client.import_crl(name="revoked", crlData=REVOKED, trustAnchorArn=anchor)["crl"][
        "crlId"
    ]

    def enabled() -> list[bool]:
        return [
            client.get_trust_anchor(trustAnchorId=anchor)["trustAnchor"]["enabled"],
            client.get_profile(profileId=profile)["profile"]["enabled"],
            client.get_crl(crlId=listed)["crl"]["enabled"],
        ]

    assert enabled() == [True, False, False]
    client.disable_trust_anchor(trustAnchorId=anchor)
    client.enable_profile(profileId=profile)
    client.enable_crl(crlId=listed)
    assert enabled() == [False, True, True]
    client.disable_profile(profileId=profile)
    client.disable_crl(crlId=listed)
    client.enable_trust_anchor(trustAnchorId=anchor)
    assert enabled() == [True, False, False]


def test_call_of_roles_anywhere_is_recorded_as_published_samples_are(lab: Lab) -> None:
    anchor = make_anchor(lab)["trustAnchorId"]

    told = lab.records()[-1]
    assert (told["eventSource"], told["eventName"], told["awsRegion"]) == (
        "rolesanywhere.amazonaws.com",
        "CreateTrustAnchor",
        lab.region,
    )
    assert told["requestParameters"] == {"name": "servers", "source": AUTHORITY, "enabled": True}
    assert told["responseElements"]["trustAnchor"]["trustAnchorId"] == anchor
