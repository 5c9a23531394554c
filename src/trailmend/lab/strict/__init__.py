"""Where moto is not AWS: corrections by noun, the pages of listings, the caller as default."""

from collections.abc import Mapping

from trailmend.lab.account import Account
from trailmend.lab.strict import (
    buckets,
    identity_center,
    identity_providers,
    login_profiles,
    lookup,
    mfa,
    organizations,
    password_policy,
    policies,
    roles_anywhere,
    secrets,
    service_credentials,
    sessions,
    ssh_keys,
    sso_applications,
    trails,
    users,
)
from trailmend.lab.strict.correction import Correction, Result
from trailmend.lab.strict.defaults import with_default_user
from trailmend.lab.strict.pages import is_one_page, is_paged, page
from trailmend.lab.wire import Call

__all__ = [
    "CORRECTIONS",
    "Correction",
    "answer",
    "is_one_page",
    "is_paged",
    "page",
    "values_for_moto",
]

_NOUNS = (
    users,
    identity_providers,
    login_profiles,
    password_policy,
    mfa,
    ssh_keys,
    policies,
    sessions,
    lookup,
    trails,
    buckets,
    secrets,
    service_credentials,
    organizations,
    identity_center,
    roles_anywhere,
    sso_applications,
)
CORRECTIONS: tuple[Correction, ...] = tuple(each for noun in _NOUNS for each in noun.CORRECTIONS)
_ALL_ITEMS = "1000000"


def answer(call: Call, account: Account) -> Result | None:
    """Answer as AWS where moto would not; None leaves the answer to moto.

    Raises Refusal, or an error of moto's own for what its state refuses.
    """
    call = with_default_user(call)
    for correction in CORRECTIONS:
        if correction.action == call.action:
            result = correction.act(call, account)
            if result is not None:
                return result
    return None


def values_for_moto(call: Call) -> Mapping[str, str]:
    """Give what moto must be asked instead: for the caller by name, and for all items at once."""
    named = with_default_user(call).parameters.get("UserName")
    values = {"UserName": named} if named and "UserName" not in call.parameters else {}
    return values | ({"Marker": "", "MaxItems": _ALL_ITEMS} if is_paged(call) else {})
