"""Roles Anywhere, which moto does not know: trust anchors, profiles, lists of what is revoked.

What is kept is what the model of botocore shows; that a certificate or a list is sound is not
looked at, and no session is given.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from trailmend.lab.account import ACCOUNT_ID, Account
from trailmend.lab.strict.correction import Correction, Result
from trailmend.lab.wire import Call, Refusal

Detail = dict[str, Any]
_KEPT_ELSEWHERE = ("tags",)


@dataclass(frozen=True)
class _Kind:
    """A kind of thing, as its operations, its fields and its ARN spell it."""

    operation: str
    field: str
    noun: str
    made_by: str

    @property
    def id(self) -> str:
        return f"{self.field}Id"


_KINDS = (
    _Kind("TrustAnchor", "trustAnchor", "trust-anchor", "CreateTrustAnchor"),
    _Kind("Profile", "profile", "profile", "CreateProfile"),
    _Kind("Crl", "crl", "crl", "ImportCrl"),
)


def _held(kind: _Kind, call: Call, account: Account) -> dict[str, Detail]:
    return account.anywhere.setdefault((kind.noun, call.region), {})


def _one(kind: _Kind, call: Call, account: Account) -> Detail:
    """Find a thing by its id or its ARN."""
    named = str(call.parameters[kind.id])
    found = _held(kind, call, account).get(named.rpartition("/")[2])
    if found is None or named not in (found[kind.id], found[f"{kind.field}Arn"]):
        raise Refusal("ResourceNotFoundException", f"{kind.operation} not found.", 404)
    return found


def _make(kind: _Kind, call: Call, account: Account) -> Result:
    number, now = str(uuid.uuid4()), account.now()
    place = f"arn:aws:rolesanywhere:{call.region}:{ACCOUNT_ID}"
    sent = {name: one for name, one in call.parameters.items() if name not in _KEPT_ELSEWHERE}
    made = {
        "enabled": False,
        **sent,
        kind.id: number,
        f"{kind.field}Arn": f"{place}:{kind.noun}/{number}",
        "createdAt": now,
        "updatedAt": now,
    }
    _held(kind, call, account)[number] = made
    return {kind.field: made}


def _get(kind: _Kind, call: Call, account: Account) -> Result:
    return {kind.field: _one(kind, call, account)}


def _update(kind: _Kind, call: Call, account: Account) -> Result:
    found = _one(kind, call, account)
    found |= {name: one for name, one in call.parameters.items() if name != kind.id}
    found["updatedAt"] = account.now()
    return {kind.field: found}


def _switch(on: bool) -> Callable[[_Kind, Call, Account], Result]:
    def act(kind: _Kind, call: Call, account: Account) -> Result:
        found = _one(kind, call, account)
        found |= {"enabled": on, "updatedAt": account.now()}
        return {kind.field: found}

    return act


def _delete(kind: _Kind, call: Call, account: Account) -> Result:
    found = _one(kind, call, account)
    del _held(kind, call, account)[found[kind.id]]
    return {kind.field: found}


def _of(kind: _Kind) -> tuple[Correction, ...]:
    def correction(
        name: str,
        behaviour: str,
        source: str,
        act: Callable[[_Kind, Call, Account], Result],
    ) -> Correction:
        return Correction(
            f"rolesanywhere:{name}",
            behaviour,
            source,
            lambda call, account: act(kind, call, account),
        )

    switched, kept = "a_thing_of_roles_anywhere_is_switched", "a_thing_of_roles_anywhere_is_kept"
    name = kind.operation
    return (
        correction(
            kind.made_by,
            kept,
            f"botocore rolesanywhere {kind.made_by}; unchecked: it is disabled if nothing is said",
            _make,
        ),
        correction(f"Get{name}", kept, f"botocore rolesanywhere Get{name}", _get),
        correction(f"Update{name}", kept, f"botocore rolesanywhere Update{name}", _update),
        correction(
            f"Delete{name}",
            kept,
            f"botocore rolesanywhere Delete{name} (ResourceNotFoundException)",
            _delete,
        ),
        correction(
            f"Enable{name}", switched, f"botocore rolesanywhere Enable{name}", _switch(True)
        ),
        correction(
            f"Disable{name}", switched, f"botocore rolesanywhere Disable{name}", _switch(False)
        ),
    )


CORRECTIONS = tuple(one for kind in _KINDS for one in _of(kind))
