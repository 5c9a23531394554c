"""Every fix with an account that needs it, for the proofs that hold for all of them."""

from collections.abc import Iterable

import pytest

from tests import (
    worlds,
    worlds_access_keys,
    worlds_login_profiles,
    worlds_mfa,
    worlds_principals,
    worlds_trails,
)
from tests.worlds import Case
from trailmend.plan import rehearse

CASES = (
    worlds.CASES
    | worlds_login_profiles.CASES
    | worlds_mfa.CASES
    | worlds_access_keys.CASES
    | worlds_principals.CASES
    | worlds_trails.CASES
)
_FIRST = {case.fix: case for case in reversed(CASES.values())}
REVERSIBLE = [
    case
    for case in CASES.values()
    if all(change.undo is not None for change in rehearse(case.fix).changes)
]
"""Cases of the fixes that can be taken back whole, by the examples of the fixes."""


def quick(cases: Iterable[Case]) -> pytest.MarkDecorator:
    """Give a test each case: one of every fix always, the others in `make soak`."""
    return pytest.mark.parametrize(
        "case",
        [
            pytest.param(
                case, marks=() if _FIRST[case.fix] is case else pytest.mark.soak, id=case.name
            )
            for case in cases
        ],
    )
