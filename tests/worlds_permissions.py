"""Accounts that need the fixes of policies, inline policies and boundaries."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.worlds import ADMINISTRATOR, Case, make_administrators, trust
from tests.worlds_principals import allowing, time_of
from trailmend.lab import Lab
from trailmend.remediations.boundaries import remove_boundary, restore_boundary
from trailmend.remediations.inline_policies import (
    restore_inline_policy,
    take_back_inline_policy,
)
from trailmend.remediations.policies import (
    attach_policy_again,
    detach_policy,
    recreate_policy,
    restore_default_version,
)

READING, ALL = allowing("s3:GetObject"), allowing("*")
DENIAL = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]}
)
DENY_ALL = "arn:aws:iam::aws:policy/AWSDenyAll"
FENCE = "arn:aws:iam::aws:policy/ReadOnlyAccess"
Build = Callable[[Lab], dict[str, Any]]


def make_bearer(lab: Lab, kind: str) -> dict[str, Any]:
    """Make a user, role or group called `bob`, in an account with administrators."""
    make_administrators(lab)
    iam = lab.client("iam")
    if kind == "role":
        people = {"AWS": f"arn:aws:iam::{lab.account_id}:root"}
        iam.create_role(RoleName="bob", AssumeRolePolicyDocument=trust(people))
    else:
        getattr(iam, f"create_{kind}")(**{f"{kind.title()}Name": "bob"})
    return {f"{kind}_name": "bob", "event_time": time_of(lab)}


def _named(kind: str) -> dict[str, str]:
    return {f"{kind.title()}Name": "bob"}


def attached(kind: str, arn: str = ADMINISTRATOR) -> Build:
    """Make a bearer that has a policy attached."""

    def build(lab: Lab) -> dict[str, Any]:
        told = make_bearer(lab, kind)
        getattr(lab.client("iam"), f"attach_{kind}_policy")(**_named(kind), PolicyArn=arn)
        return told | {"object_type": "policy", "object_id": arn}

    return build


def freed(kind: str) -> Build:
    """Make a bearer off which a denial was taken."""

    def build(lab: Lab) -> dict[str, Any]:
        return make_bearer(lab, kind) | {"object_type": "policy", "object_id": DENY_ALL}

    return build


def written(kind: str, *, former: str | None = None) -> Build:
    """Make a bearer with an inline policy that makes an administrator."""

    def build(lab: Lab) -> dict[str, Any]:
        told = make_bearer(lab, kind)
        put = getattr(lab.client("iam"), f"put_{kind}_policy")
        put(**_named(kind), PolicyName="work", PolicyDocument=ALL)
        before = {"policy_document": former} if former else None
        return told | {"object_type": "inline_policy", "object_id": "work", "before": before}

    return build


def erased(kind: str) -> Build:
    """Make a bearer whose inline denial was deleted."""

    def build(lab: Lab) -> dict[str, Any]:
        told = make_bearer(lab, kind) | {"object_type": "inline_policy", "object_id": "work"}
        return told | {"before": {"policy_document": DENIAL}}

    return build


def rewritten(*, told: bool = True, kept: bool = True) -> Build:
    """Make a policy of which a wide version is in force; what was before may be told, and kept."""

    def build(lab: Lab) -> dict[str, Any]:
        make_administrators(lab)
        iam = lab.client("iam")
        arn = iam.create_policy(PolicyName="own", PolicyDocument=READING)["Policy"]["Arn"]
        lab.advance(3600)
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=ALL, SetAsDefault=True)
        if not kept:
            iam.delete_policy_version(PolicyArn=arn, VersionId="v1")
        before = {"default_version_id": "v1", "policy_document": READING} if told else None
        return {
            "event_name": "CreatePolicyVersion",
            "event_time": time_of(lab),
            "object_type": "policy",
            "object_id": arn,
            "before": before,
        }

    return build


def _deleted_policy(lab: Lab) -> dict[str, Any]:
    return {
        "event_time": time_of(lab),
        "object_type": "policy",
        "object_id": f"arn:aws:iam::{lab.account_id}:policy/guards/own",
        "before": {"default_version_id": "v3", "policy_document": DENIAL},
    }


def bounded(kind: str, *, now: str | None = None, former: str | None = None) -> Build:
    """Make a bearer with a boundary now, or none, and one that the log knows of before."""

    def build(lab: Lab) -> dict[str, Any]:
        told = make_bearer(lab, kind)
        if now:
            put = getattr(lab.client("iam"), f"put_{kind}_permissions_boundary")
            put(**_named(kind), PermissionsBoundary=now)
        before = {"permissions_boundary": former} if former else None
        return told | {"object_type": "permissions_boundary", "object_id": now, "before": before}

    return build


CASES: dict[str, Case] = {
    case.name: case
    for case in (
        Case("administrator policy of a user", detach_policy, attached("user")),
        Case("administrator policy of a role", detach_policy, attached("role")),
        Case("administrator policy of a group", detach_policy, attached("group")),
        Case("user whose denial was detached", attach_policy_again, freed("user")),
        Case("group whose denial was detached", attach_policy_again, freed("group")),
        Case("inline policy that is new", take_back_inline_policy, written("user")),
        Case(
            "inline policy that was written over",
            take_back_inline_policy,
            written("role", former=READING),
        ),
        Case("inline policy of a group", take_back_inline_policy, written("group")),
        Case("inline denial that was deleted", restore_inline_policy, erased("user")),
        Case("inline denial of a group", restore_inline_policy, erased("group")),
        Case("policy with a wide version", restore_default_version, rewritten()),
        Case(
            "policy with a wide version that no log knows",
            restore_default_version,
            rewritten(told=False),
        ),
        Case(
            "policy whose former version was deleted",
            restore_default_version,
            rewritten(kept=False),
        ),
        Case("policy that was deleted", recreate_policy, _deleted_policy),
        Case("user without the former boundary", restore_boundary, bounded("user", former=FENCE)),
        Case(
            "role with a wide boundary",
            restore_boundary,
            bounded("role", now=ADMINISTRATOR, former=FENCE),
        ),
        Case("user that a boundary locks out", remove_boundary, bounded("user", now=DENY_ALL)),
    )
}
