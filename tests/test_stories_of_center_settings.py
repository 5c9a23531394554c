"""What happened next to settings of Identity Center: attributes that become tags, sessions."""

from tests.reading import Fields
from tests.telling import ALICE, BOB, CAROL, status, story
from trailmend.evidence import Principal
from trailmend.evidence.center import on_center


def tags(verb: str, by: Principal, attribute: str = "team") -> Fields:
    name = f"{verb}InstanceAccessControlAttributeConfiguration"
    if verb == "Delete":
        return on_center(name, by=by)
    value = {"source": [f"${{path:{attribute}}}"]}
    listed = {"accessControlAttributes": [{"key": attribute, "value": value}]}
    return on_center(name, by=by, instanceAccessControlAttributeConfiguration=listed)


def lasting(by: Principal, age: str, kind: str = "SESSION") -> Fields:
    told = {"sessionConfiguration": {"maxAuthenticationAge": age}}
    name = "UpdateSsoConfiguration"
    return on_center(name, by=by, configurationType=kind, ssoConfiguration=told)


def test_attributes_that_were_switched_on_are_resolved_when_they_are_off() -> None:
    found, off = tags("Create", BOB), tags("Delete", CAROL)

    assert story([], found, off) == (
        "resolved",
        [
            (
                "DeleteInstanceAccessControlAttributeConfiguration",
                "carol, a third principal, switched the attributes off again.",
            )
        ],
    )
    assert status([], found, off, tags("Create", BOB, "city")) == "worsened"
    assert status([], found, tags("Update", CAROL, "city")) == "open"


def test_attributes_that_were_switched_off_are_resolved_by_the_former_ones() -> None:
    earlier, found = [tags("Create", ALICE), tags("Update", ALICE, "city")], tags("Delete", BOB)

    assert status(earlier, found, tags("Create", CAROL, "city")) == "resolved"
    assert story(earlier, found, tags("Create", CAROL)) == (
        "open",
        [
            (
                "CreateInstanceAccessControlAttributeConfiguration",
                "carol switched attributes on; they are not known to be as before.",
            )
        ],
    )
    assert status([], found, tags("Create", CAROL, "city")) == "open"


def test_length_of_sessions_is_resolved_when_it_is_as_before() -> None:
    earlier, found = [lasting(ALICE, "PT8H")], lasting(BOB, "P90D")

    assert status(earlier, found, lasting(CAROL, "PT8H")) == "resolved"
    assert status(earlier, found, lasting(CAROL, "PT8H"), lasting(BOB, "P90D")) == "worsened"
    assert status([], found, lasting(CAROL, "PT8H")) == "open"
    other = lasting(ALICE, "PT8H", kind="OTHER")
    assert status([other], found, lasting(CAROL, "PT8H", kind="OTHER")) == "open"
