"""How a number of things is written."""

import pytest

from trailmend.counts import many, numbered


@pytest.mark.parametrize(
    ("count", "noun", "plural", "said"),
    [
        (0, "change", "", "0 changes"),
        (1, "change", "", "1 change"),
        (2000, "change", "", "2,000 changes"),
        (1, "entry", "entries", "1 entry"),
        (2, "entry", "entries", "2 entries"),
    ],
)
def test_noun_goes_with_its_number(count: int, noun: str, plural: str, said: str) -> None:
    assert many(count, noun, plural) == said


@pytest.mark.parametrize(
    ("places", "text"),
    [([0], "change 1"), ([0, 2], "changes 1 and 3"), ([0, 1, 3], "changes 1, 2 and 4")],
)
def test_things_are_named_by_their_numbers(places: list[int], text: str) -> None:
    assert numbered("change", places) == text
