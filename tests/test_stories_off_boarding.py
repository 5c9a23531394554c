"""The steps by which a leaver is deleted are low; those of sabotage stay medium."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from tests.identity_calls import deactivate, make_key, on_user
from tests.reading import Fields, findings_of
from tests.telling import ALICE, CAROL, DAVE, DAY, HIDEOUT, START, at, delete_key
from trailmend.evidence import Principal, call
from trailmend.evidence.policies import ADMINISTRATOR, on

SECONDS = timedelta(seconds=2)
KNOWN = [
    at(START - n * DAY, f"known-{n}-{who.name}", call("ListUsers", by=who))
    for n in range(1, 10)
    for who in (CAROL, DAVE)
]
STEPS = (
    on_user("DeleteLoginProfile", CAROL, "alice"),
    delete_key(CAROL, "alice"),
    deactivate(CAROL, "alice"),
)
ENDED = on_user("DeleteUser", CAROL, "alice")


def step_levels(
    *steps: Fields, earlier: Sequence[Fields] = (), later: Sequence[Fields] = ()
) -> list[str]:
    """Give the levels of the findings on three steps, two seconds apart, in a month like others."""
    made = [at(START - DAY, f"made-{n}", one) for n, one in enumerate(earlier)]
    placed = [at(START + n * SECONDS, f"step-{n}", one) for n, one in enumerate(steps)]
    after = [at(START + timedelta(hours=2), f"later-{n}", one) for n, one in enumerate(later)]
    found = findings_of([*KNOWN, *made, *placed, *after])
    steps_of = {f"step-{n}" for n in range(len(STEPS))}
    return [one.level for one in found if one.event.event_id in steps_of]


def test_steps_of_a_users_deletion_are_low_and_say_so() -> None:
    placed = [at(START + n * SECONDS, f"step-{n}", one) for n, one in enumerate((*STEPS, ENDED))]
    found = findings_of([*KNOWN, *placed])
    first = next(one for one in found if one.event.event_id == "step-0")
    (intended,) = (one for one in first.explanations if one.hypothesis == "intended")

    assert step_levels(*STEPS, ENDED) == ["low", "low", "low"]
    assert (first.status, first.why.values["step_of"]) == (None, "step-3")
    assert intended.supports[0] == (
        "It was a step of a deletion: carol deleted the user alice 6 s later, and did nothing "
        "like it to anybody else that day: so it is low."
    )
    assert [one.level for one in found if one.event.event_id == "step-3"] == ["low"]


MEDIUM = ["medium", "medium", "medium"]


@pytest.mark.parametrize(
    "last",
    [
        (),
        (on_user("DeleteUser", DAVE, "alice"),),
        (on_user("DeleteUser", CAROL, "bob"),),
        (ENDED | {"errorCode": "DeleteConflict"},),
    ],
    ids=["not deleted", "by another", "another user", "in vain"],
)
def test_steps_that_no_deletion_by_the_caller_follows_stay_medium(last: tuple[Fields, ...]) -> None:
    assert step_levels(*STEPS, *last) == MEDIUM


def test_steps_more_than_an_hour_before_the_deletion_stay_medium() -> None:
    assert step_levels(*STEPS, later=[ENDED]) == MEDIUM


@pytest.mark.parametrize(
    "another",
    [
        on_user("DeleteUser", CAROL, "bob"),
        on_user("DeleteLoginProfile", CAROL, "bob"),
        make_key(CAROL, "bob", "AKIA0000000000000009"),
    ],
    ids=["deleted", "locked out", "given a key"],
)
def test_whoever_does_it_to_another_user_too_stays_medium(another: Fields) -> None:
    assert step_levels(*STEPS, ENDED, later=[another]) == MEDIUM


def test_administrator_who_is_taken_apart_stays_medium() -> None:
    given = on("Attach{}Policy", "user alice", by=DAVE, policyArn=ADMINISTRATOR)
    taken = on("Detach{}Policy", "user alice", by=CAROL, policyArn=ADMINISTRATOR)

    assert step_levels(*STEPS, taken, ENDED) == MEDIUM
    assert step_levels(*STEPS, ENDED, earlier=[given]) == MEDIUM


def from_hideout(*records: Fields) -> list[Fields]:
    return [one | {"sourceIPAddress": HIDEOUT} for one in records]


def test_whoever_comes_from_a_new_address_stays_medium() -> None:
    assert step_levels(*from_hideout(*STEPS, ENDED)) == MEDIUM


def signed_by(by: Principal, fields: Fields) -> Fields:
    return fields | {"userIdentity": by.identity}


def test_user_who_deletes_the_own_things_is_not_judged_by_it() -> None:
    own = [signed_by(ALICE, one) for one in STEPS]

    assert step_levels(*own, signed_by(ALICE, ENDED)) == step_levels(*own)
