"""What happened next to Roles Anywhere: authorities, roles and revocation lists are as before."""

from typing import Any

import pytest

from tests.federation_calls import (
    FAILED,
    LIST,
    OURS,
    PROFILE,
    THEIRS,
    anchor,
    anchor_made,
    by_certificate,
    crl,
    profile,
)
from tests.reading import Fields
from tests.telling import ALICE, BOB, CAROL, status, story
from trailmend.evidence import Principal
from trailmend.evidence.center import on_anywhere

BOTH = {
    "sourceType": "CERTIFICATE_BUNDLE",
    "sourceData": {"x509CertificateData": "ours and theirs"},
}
SWAPPED, BACK = anchor("Update", BOB, source=THEIRS), anchor("Update", CAROL, source=OURS)


@pytest.mark.parametrize(
    ("earlier", "found", "later", "expected"),
    [
        ([anchor_made(ALICE, OURS)], SWAPPED, [by_certificate()], "worsened"),
        ([anchor_made(ALICE, OURS)], SWAPPED, [BACK, by_certificate()], "resolved"),
        ([anchor_made(ALICE, OURS)], SWAPPED, [BACK, SWAPPED], "worsened"),
        (
            [anchor_made(ALICE, OURS)],
            anchor("Update", BOB, source=BOTH),
            [by_certificate()],
            "open",
        ),
        ([], SWAPPED, [by_certificate()], "open"),
        (
            [
                anchor_made(ALICE, OURS),
                anchor("Update", ALICE, source=BOTH),
                anchor("Update", ALICE, name="servers"),
            ],
            SWAPPED,
            [BACK],
            "open",
        ),
        ([anchor_made(ALICE, OURS)], SWAPPED, [anchor("Disable", CAROL)], "resolved"),
    ],
)
def test_authority_of_an_anchor_is_followed(
    earlier: list[Fields], found: Fields, later: list[Fields], expected: str
) -> None:
    assert status(earlier, found, *later) == expected


def roles(*names: str) -> list[str]:
    return [f"arn:aws:iam::111122223333:role/{name}" for name in names]


def profile_made(**more: Any) -> Fields:
    answer = {"profile": {"profileId": PROFILE}}
    return on_anywhere("CreateProfile", by=ALICE, name="x", response=answer, **more)


@pytest.mark.parametrize(
    ("changed", "back", "expected"),
    [
        ({"roleArns": roles("admin", "backup")}, {"roleArns": roles("backup")}, "resolved"),
        ({"roleArns": roles("admin")}, {"roleArns": roles("night")}, "open"),
        ({"roleArns": roles("admin"), "sessionPolicy": ""}, {"roleArns": roles("backup")}, "open"),
        ({"sessionPolicy": ""}, {"sessionPolicy": "{}"}, "resolved"),
        ({"managedPolicyArns": ["x"]}, {"managedPolicyArns": []}, "resolved"),
        ({"roleArns": roles("admin"), "aliasName": "a"}, {"roleArns": roles("backup")}, "open"),
    ],
)
def test_profile_is_right_when_all_that_was_changed_is_as_before(
    changed: dict[str, Any], back: dict[str, Any], expected: str
) -> None:
    made = profile_made(roleArns=roles("backup"), sessionPolicy="{}")

    assert status([made], profile("Update", BOB, **changed), profile("Update", CAROL, **back)) == (
        expected
    )
    assert status([], profile("Update", BOB, **changed), profile("Update", CAROL, **back)) == (
        "open"
    )


def test_profile_is_worse_once_an_added_role_is_taken() -> None:
    made = profile_made(roleArns=roles("backup"))
    found = profile("Update", BOB, roleArns=roles("backup", "admin"))

    assert status([made], found, by_certificate(role="admin")) == "worsened"
    assert status([made], found, by_certificate(role="backup")) == "open"
    assert status([], found, by_certificate(role="admin")) == "open"


def imported(by: Principal, data: str = "ours", *, name: str = LIST, **more: Any) -> Fields:
    sent = {"crlData": data, "enabled": True, "trustAnchorArn": "anchor", **more}
    return on_anywhere("ImportCrl", by=by, name="x", response={"crl": {"crlId": name}}, **sent)


def test_revocation_list_is_right_when_the_same_list_is_asked_again() -> None:
    replaced = on_anywhere("UpdateCrl", by=BOB, crlId=LIST, crlData="empty")
    off = crl("Disable", BOB)
    assert status([], off, replaced, crl("Enable", BOB)) == "open"
    assert status([], off, crl("Enable", CAROL), crl("Delete", BOB)) == "worsened"

    gone, again = crl("Delete", BOB), imported(CAROL, name="list-2")
    assert status([imported(ALICE)], gone, again) == "resolved"
    for near_miss in (
        imported(CAROL, "empty", name="list-2"),
        imported(CAROL, name="list-2", enabled=False),
        imported(CAROL, name="list-2", trustAnchorArn="anchor-2"),
        again | FAILED,
    ):
        assert status([imported(ALICE)], gone, near_miss) == "open"
    assert story([], gone, again) == ("open", [])
    assert story([imported(ALICE)], gone, imported(CAROL, "new", name="list-2")) == (
        "open",
        [
            (
                "ImportCrl",
                "carol imported a list for that anchor; it is not known to name all that were "
                "revoked.",
            )
        ],
    )
