"""What happened next to woken and deleted keys, to services' passwords and certificates."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.identity_calls import KEY, failed, make_key, on_user, set_key
from tests.reading import Fields
from tests.telling import ALICE, BOB, CAROL, DAVE, NOBODY, RESET, delete_key, status, story, used
from trailmend.evidence import Principal, root

OTHER_KEY = "AKIA0000000000000002"
CREDENTIAL, CERTIFICATE = "ACCAEXAMPLE0000000001", "TA7SMP42TDN5Z26OBPJE7EXAMPLE"
WOKEN = set_key(BOB, "alice", "Active")
KEY_GONE = delete_key(BOB, "alice")


def test_woken_key_is_worse_when_it_is_used() -> None:
    assert story([], WOKEN, used(KEY)) == (
        "worsened",
        [
            (
                "ListUsers",
                "The key that was switched on was used, first for ListUsers from 198.51.100.7.",
            )
        ],
    )
    off = [make_key(ALICE, "alice"), set_key(ALICE, "alice", "Inactive")]
    assert status(off, WOKEN, used(KEY)) == "worsened"
    assert status(off, set_key(root(), "alice", "Active"), used(KEY)) == "worsened"
    assert story([make_key(ALICE, "alice")], WOKEN, used(KEY)) == ("open", [])
    assert story([], WOKEN, used(OTHER_KEY), (timedelta(0), used(KEY))) == ("open", [])


def test_woken_key_is_resolved_when_it_is_off_or_gone() -> None:
    off = set_key(CAROL, "alice", "Inactive")

    for mend in (off, delete_key(CAROL, "alice")):
        assert status([], WOKEN, mend) == "resolved"
        assert status([], WOKEN, used(KEY), mend) == "resolved"
    for mend in (set_key(BOB, "alice", "Inactive"), KEY_GONE):
        assert status([], WOKEN, mend) == "resolved"
        assert status([], WOKEN, used(KEY), mend) == "worsened"
    for near_miss in (
        set_key(CAROL, "alice", "Inactive", OTHER_KEY),
        failed(off),
        delete_key(CAROL, "alice", OTHER_KEY),
    ):
        assert story([], WOKEN, near_miss) == ("open", [])
    assert status([], WOKEN, off, WOKEN) == "worsened"
    assert status([], WOKEN, off, set_key(CAROL, "alice", "Active")) == "open"


def test_deleted_key_is_resolved_by_another_from_the_owner_or_a_third() -> None:
    assert story([], KEY_GONE, make_key(CAROL, "alice", OTHER_KEY)) == (
        "resolved",
        [("CreateAccessKey", "carol made another key for alice.")],
    )
    assert status([], KEY_GONE, make_key(ALICE, "alice", OTHER_KEY)) == "resolved"
    assert status([], KEY_GONE, make_key(CAROL, "dave", OTHER_KEY)) == "open"
    assert status([], KEY_GONE, failed(make_key(CAROL, "alice", OTHER_KEY))) == "open"
    assert status([], KEY_GONE, make_key(NOBODY, "alice", OTHER_KEY)) == "open"
    assert status([], delete_key(root(), "alice"), make_key(CAROL, "alice")) == "resolved"


def test_key_that_comes_from_the_owner_resolves_nothing_where_the_actor_could_act_as_them() -> None:
    assert story([RESET], KEY_GONE, make_key(ALICE, "alice", OTHER_KEY)) == (
        "open",
        [
            (
                "CreateAccessKey",
                "alice made a key; whoever set the password or made the key in use could do so "
                "too.",
            )
        ],
    )


def test_key_that_its_deleter_makes_is_worse_until_a_third_stops_it() -> None:
    another = make_key(BOB, "alice", OTHER_KEY)
    off, on = (set_key(CAROL, "alice", to, OTHER_KEY) for to in ("Inactive", "Active"))
    own = make_key(ALICE, "alice", "AKIA0000000000000003")

    assert story([], KEY_GONE, another) == (
        "worsened",
        [
            (
                "CreateAccessKey",
                "bob, who had deleted the key, made another for alice and knows its secret.",
            )
        ],
    )
    assert status([], KEY_GONE, another, own) == "worsened"
    assert status([], KEY_GONE, another, delete_key(CAROL, "alice", OTHER_KEY)) == "open"
    assert status([], KEY_GONE, another, delete_key(CAROL, "alice", OTHER_KEY), own) == "resolved"
    assert status([], KEY_GONE, another, own, off) == "resolved"
    assert status([], KEY_GONE, another, delete_key(BOB, "alice", OTHER_KEY)) == "worsened"
    assert status([], KEY_GONE, another, delete_key(CAROL, "alice", KEY)) == "worsened"
    assert status([], KEY_GONE, another, off) == "open"
    assert status([], KEY_GONE, another, off, on) == "worsened"
    assert status([], KEY_GONE, another, off, set_key(CAROL, "alice", "Inactive", KEY)) == "open"


def test_end_of_the_user_is_told() -> None:
    assert story([], KEY_GONE, on_user("DeleteUser", CAROL, "alice")) == (
        "open",
        [("DeleteUser", "carol deleted the user alice.")],
    )


def credential(verb: str, by: Principal, name: str = CREDENTIAL, **more: str) -> Fields:
    answer = {"serviceSpecificCredentialId": name, "status": "Active", "userName": "alice"}
    sent = {"serviceName": "codecommit.amazonaws.com"} if verb == "Create" else {}
    named = {} if verb == "Create" else {"serviceSpecificCredentialId": name}
    record = on_user(f"{verb}ServiceSpecificCredential", by, "alice", **sent, **named, **more)
    return record | {"responseElements": {"serviceSpecificCredential": answer}}


def certificate(verb: str, by: Principal, name: str = CERTIFICATE, **more: str) -> Fields:
    if verb != "Upload":
        return on_user(f"{verb}SigningCertificate", by, "alice", certificateId=name, **more)
    answer = {"certificateId": name, "status": "Active", "userName": "alice"}
    record = on_user("UploadSigningCertificate", by, "alice", certificateBody="-----BEGIN")
    return record | {"responseElements": {"certificate": answer}}


ON, OFF = {"status": "Active"}, {"status": "Inactive"}
GOT = [
    (credential, credential("Create", BOB)),
    (credential, credential("Reset", BOB)),
    (credential, credential("Update", BOB, **ON)),
    (certificate, certificate("Upload", BOB)),
    (certificate, certificate("Upload", ALICE)),
    (certificate, certificate("Update", BOB, **ON)),
]


@pytest.mark.parametrize(("make", "found"), GOT)
def test_credential_that_was_got_is_resolved_when_it_is_off_or_gone(
    make: Callable[..., Fields], found: Fields
) -> None:
    actor = ALICE if found["userIdentity"] == ALICE.identity else BOB
    off, on = make("Update", CAROL, **OFF), make("Update", actor, **ON)

    assert status([], found, off) == "resolved"
    assert status([], found, make("Update", actor, **OFF)) == "resolved"
    assert status([], found, make("Delete", CAROL)) == "resolved"
    assert status([], found, make("Delete", actor)) == "resolved"
    for near_miss in (
        make("Update", CAROL, "ANOTHER", **OFF),
        make("Delete", CAROL, "ANOTHER"),
        failed(off),
        make("Update", CAROL, **ON),
    ):
        assert story([], found, near_miss) == ("open", [])
    assert status([], found, off, on) == "worsened"
    assert status([], found, make("Update", actor, **OFF), on) == "open"
    assert status([], found, off, on, off) == "resolved"
    at_once = (timedelta(minutes=5), off), (timedelta(minutes=5), on)
    assert status([], found, *at_once) == "open"


def test_new_credential_may_be_stopped_in_the_second_of_its_making() -> None:
    for make, verb in ((credential, "Create"), (certificate, "Upload")):
        at_once = (timedelta(0), make("Update", CAROL, **OFF))
        assert status([], make(verb, BOB), at_once) == "resolved"
        assert status([], make("Update", BOB, **ON), at_once) == "open"


@pytest.mark.parametrize("found", [found for make, found in GOT if make is credential])
def test_another_secret_from_the_owner_or_a_third_ends_the_one_that_was_got(found: Fields) -> None:
    by_third, by_owner = credential("Reset", CAROL), credential("Reset", ALICE)

    assert story([], found, by_third) == (
        "resolved",
        [
            (
                "ResetServiceSpecificCredential",
                "carol, a third principal, made another secret, which ended the former one.",
            )
        ],
    )
    assert status([], found, by_owner) == "resolved"
    assert status([RESET], found, by_owner) == "open"
    assert status([], found, credential("Reset", BOB)) == "open"
    assert status([], found, credential("Reset", CAROL, "ANOTHER")) == "open"
    assert status([], found, by_third, credential("Reset", BOB)) == "worsened"
    assert status([], found, by_owner, credential("Reset", BOB)) == "open"
    assert status([], found, by_third, credential("Reset", BOB), by_third) == "resolved"
    assert status([], found, credential("Reset", DAVE), by_owner) == "resolved"
