"""Which known name was meant by one that is not known."""

import pytest

from trailmend.near import did_you_mean, nearest


@pytest.mark.parametrize(
    ("name", "meant"),
    [("iamuser", "IAMUser"), ("Rot", "Root"), ("Role", None), ("", None)],
    ids=["another case", "a letter too few", "too far", "empty"],
)
def test_nearest_name_is_given_as_it_is_spelled(name: str, meant: str | None) -> None:
    assert nearest(name, ("IAMUser", "Root")) == meant


def test_question_stands_behind_a_sentence_and_what_is_not_near_has_none() -> None:
    assert did_you_mean("roo", ["root"]) == " Did you mean root?"
    assert did_you_mean("bob", ["root"]) == ""
    assert did_you_mean("bob", ["root"], " There is: root.") == " There is: root."
