"""How a number of things is written."""

import pytest

from trailmend.counts import many


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
