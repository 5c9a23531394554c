"""Every fix with an account that needs it, for the proofs that hold for all of them."""

from collections.abc import Callable, Collection, Iterable

import pytest

from tests import (
    worlds,
    worlds_access_keys,
    worlds_anywhere,
    worlds_applications,
    worlds_center,
    worlds_federation,
    worlds_login_profiles,
    worlds_mfa,
    worlds_organizations,
    worlds_permissions,
    worlds_principals,
    worlds_trails,
)
from tests.worlds import Case
from trailmend.plan import rehearse


def family_of(case: Case) -> str:
    """Name the module of a case's fix."""
    return case.fix.key.partition(".")[0]


CASES = (
    worlds.CASES
    | worlds_login_profiles.CASES
    | worlds_mfa.CASES
    | worlds_permissions.CASES
    | worlds_access_keys.CASES
    | worlds_principals.CASES
    | worlds_trails.CASES
    | worlds_organizations.CASES
    | worlds_federation.CASES
    | worlds_center.CASES
    | worlds_anywhere.CASES
    | worlds_applications.CASES
)
_FIRST = {case.fix: case for case in reversed(CASES.values())}
_FIRST_OF_FAMILY = {family_of(case): case for case in reversed(CASES.values())}
REVERSIBLE = [
    case
    for case in CASES.values()
    if all(change.undo is not None for change in rehearse(case.fix).changes)
]
"""Cases of the fixes that can be taken back whole, by the examples of the fixes."""


def quick(
    cases: Iterable[Case],
    soaked: Callable[[Case], bool] = lambda _: False,
    always: Collection[str] = (),
) -> pytest.MarkDecorator:
    """Give a test each case: one of every fix always, the others in `make long`.

    Those that are named `always` run beside them.  Of those that run always, `make soak` takes the
    ones that are `soaked`.
    """

    def param(case: Case) -> object:
        soak = [pytest.mark.soak] if soaked(case) else []
        first = first_of_its_fix(case) or case.name in always
        marks = soak if first else [pytest.mark.long]
        return pytest.param(case, marks=marks, id=case.name)

    return pytest.mark.parametrize("case", [param(case) for case in cases])


def first_of_its_fix(case: Case) -> bool:
    """Say whether no other case of the same fix stands before."""
    return _FIRST[case.fix] is case


def beyond_a_few(case: Case) -> bool:
    """Say whether a case is not the first of every third family: each of the others takes long."""
    return case not in list(_FIRST_OF_FAMILY.values())[::3]


def of_a_family_already_tried(case: Case) -> bool:
    """Say whether a case is not the first of its family: for a quick look one of each will do."""
    return _FIRST_OF_FAMILY[family_of(case)] is not case
