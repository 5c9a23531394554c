"""Whose the repair of a finding was, and what is told once of what came after it."""

import pytest

from tests.identity_calls import make_key, set_key
from tests.telling import ALICE, BOB, CAROL, MADE, delete_key, found_in, placed, story
from trailmend.evidence import Principal, denied


@pytest.mark.parametrize(
    ("deleter", "whose"), [(BOB, "caller"), (ALICE, "owner"), (CAROL, "other")]
)
def test_resolved_finding_says_whose_the_repair_was(deleter: Principal, whose: str) -> None:
    found = found_in(placed([], MADE, [delete_key(deleter, "alice")]))

    assert (found.status, found.resolved_by) == ("resolved", whose)


def test_finding_that_is_not_resolved_names_no_repair() -> None:
    active = set_key(BOB, "alice", "Active")
    found = found_in(placed([], MADE, [set_key(CAROL, "alice", "Inactive"), active]))

    assert (found.status, found.resolved_by) == ("worsened", None)


def test_refused_call_that_goes_through_more_than_once_is_told_once() -> None:
    refused = denied("CreateAccessKey", by=BOB, resource="user alice")
    again = make_key(BOB, "alice", "AKIA0000000000000002")

    assert story([], refused, MADE, again) == (
        "worsened",
        [("CreateAccessKey", "bob made the call again within a day, and it went through.")],
    )
