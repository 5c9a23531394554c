"""Permissions boundaries of users and roles: the former one set again, or a new one taken off."""

from __future__ import annotations

import re
from typing import Any

from msgspec.structs import replace

from trailmend.calls import Read, call, change, read
from trailmend.errors import CannotFix
from trailmend.plan import Example, Facts, Steps, remediation
from trailmend.remediations.holders import Principal, the_principal

_MANAGED = re.compile(r"arn:aws[a-z-]*:iam::(aws|\d{12}):policy/[\w+=,.@/-]+")
_FENCE = "arn:aws:iam::111122223333:policy/fence"
_WIDE = "arn:aws:iam::aws:policy/AdministratorAccess"
_FACTS = Facts(
    account_id="111122223333",
    finding_id="c5a7e9f1b3d50248",
    event_id="4d2f1a52-6a3e-4a44-8f0e-2f6a7c1b9d03",
    event_name="DeleteUserPermissionsBoundary",
    event_time="2026-03-02T09:00:00Z",
    user_name="bob",
    object_type="permissions_boundary",
    before={"permissions_boundary": _FENCE},
)
_GET = call("iam.get_user", UserName="bob")
_BOB = (
    _GET,
    {
        "id": "AIDAEXAMPLE0000000001",
        "created": "2025-01-01T00:00:00Z",
        "arn": "arn:aws:iam::111122223333:user/bob",
    },
)


@remediation(
    title="Set the former permissions boundary again",
    breaks="What its bearer's policies grant beyond the boundary is refused again.",
    example=Example(
        facts=_FACTS,
        reads=(
            _BOB,
            (_GET, None),
            (call("iam.get_policy", PolicyArn=_FENCE), "v1"),
        ),
        changes=(
            call("iam.put_user_permissions_boundary", UserName="bob", PermissionsBoundary=_FENCE),
        ),
    ),
    needs="finding",
    shuts=True,
)
def restore_boundary(facts: Facts) -> Steps:
    """Set the boundary that the log knows of before the event, as its policy is today.

    A boundary that somebody has set since is left: it may be the right one.
    """
    former = _boundary_before(facts)
    if former is None:
        raise CannotFix(
            "The log does not tell which boundary was there before: ask those who keep the "
            "guardrails, or see which one its like have, and set it by hand."
        )
    who = yield from the_principal(facts)
    current = yield _boundary_of(who)
    if current == former:
        return
    if current not in (None, facts.object_id):
        raise CannotFix(
            f"{who.title} has the boundary {current} by now, which neither the event nor the time "
            "before it knows: see who set it. If it is not right, set the former by hand."
        )
    version = yield read("iam.get_policy", PolicyArn=former, pick="Policy.DefaultVersionId")
    if version is None:
        raise CannotFix(
            f"The policy {former} of the former boundary is not there: make it again first "
            "(policies.recreate_policy, for the finding of its deletion)."
        )
    yield change(
        f"iam.put_{who.kind}_permissions_boundary",
        **who.named,
        PermissionsBoundary=former,
        undo=_setting(who, current),
        note=(
            f"{who.title}: permissions boundary {current or 'none'} → {former}, version {version}"
        ),
    )


@remediation(
    title="Take the new permissions boundary off",
    breaks="All that its bearer's policies grant holds in full.",
    example=Example(
        facts=replace(
            _FACTS, event_name="PutUserPermissionsBoundary", object_id=_WIDE, before=None
        ),
        reads=(_BOB, (_GET, _WIDE)),
        changes=(call("iam.delete_user_permissions_boundary", UserName="bob"),),
    ),
    stage="remove",
    needs="finding",
    shuts=False,
)
def remove_boundary(facts: Facts) -> Steps:
    """Take the boundary of the event off a user or role that it locked out.

    Only that boundary is taken off.  Where the log knows of one before, that must be set instead
    (boundaries.restore_boundary); where it does not show the bearer's whole life, there may have
    been one: ask, because without a boundary all policies hold.
    """
    if _boundary_before(facts) is not None:
        raise CannotFix(
            "There was another boundary before: set that again (boundaries.restore_boundary)."
        )
    if not _MANAGED.fullmatch(facts.object_id or ""):
        raise CannotFix("The finding names no boundary: look at its event for the ARN.")
    who = yield from the_principal(facts)
    if (yield _boundary_of(who)) == facts.object_id:
        yield change(
            f"iam.delete_{who.kind}_permissions_boundary",
            **who.named,
            undo=_setting(who, facts.object_id),
            note=f"{who.title}: permissions boundary {facts.object_id} → none",
            breaks=f"What the policies of {who.text} grant is bounded by nothing.",
        )


def _boundary_of(who: Principal) -> Read:
    return who.ask("get_{}", pick=f"{who.noun}.PermissionsBoundary.PermissionsBoundaryArn")


def _setting(who: Principal, arn: str | None) -> Any:
    """Make the call that sets a boundary, or takes it off where there is to be none."""
    if arn is None:
        return who.call("delete_{}_permissions_boundary")
    return who.call("put_{}_permissions_boundary", PermissionsBoundary=arn)


def _boundary_before(facts: Facts) -> str | None:
    """Give the boundary that the log knows of before; one of another form is not believed."""
    former = (facts.before or {}).get("permissions_boundary")
    return former if isinstance(former, str) and _MANAGED.fullmatch(former) else None
