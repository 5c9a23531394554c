"""Organizations that need the fixes of their policies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.worlds import Case
from tests.worlds_permissions import DENIAL, READING
from tests.worlds_principals import time_of
from trailmend.lab import Lab
from trailmend.plan import Target
from trailmend.remediations.organization_policies import attach_again, restore_content

SCP = "SERVICE_CONTROL_POLICY"
Build = Callable[[Lab], dict[str, Any]]


def make_organization(lab: Lab) -> tuple[str, str]:
    """Make an organization with a unit and a guardrail that denies; gives root and policy."""
    client = lab.client("organizations")
    client.create_organization(FeatureSet="ALL")
    root = str(client.list_roots()["Roots"][0]["Id"])
    client.enable_policy_type(RootId=root, PolicyType=SCP)
    made = client.create_policy(Name="guard", Description="", Type=SCP, Content=DENIAL)
    return root, made["Policy"]["PolicySummary"]["Id"]


def detached(*, of_account: bool = False) -> Build:
    """Make a unit, or an account, off which the guardrail was taken."""

    def build(lab: Lab) -> dict[str, Any]:
        root, policy = make_organization(lab)
        client = lab.client("organizations")
        if of_account:
            kind, place = "organization_account", lab.account_id
        else:
            unit = client.create_organizational_unit(ParentId=root, Name="work")
            kind, place = "organization", unit["OrganizationalUnit"]["Id"]
        client.attach_policy(PolicyId=policy, TargetId=place)
        client.detach_policy(PolicyId=policy, TargetId=place)
        return {
            "event_name": "DetachPolicy",
            "event_time": time_of(lab),
            "object_type": "organization_policy",
            "object_id": policy,
            "target": Target(kind, place, lab.region),
        }

    return build


def rewritten(*, told: str | None = DENIAL, since: str = READING) -> Build:
    """Make a guardrail whose text was written over, and perhaps once more since."""

    def build(lab: Lab) -> dict[str, Any]:
        root, policy = make_organization(lab)
        client = lab.client("organizations")
        client.attach_policy(PolicyId=policy, TargetId=root)
        client.update_policy(PolicyId=policy, Content=since)
        return {
            "event_name": "UpdatePolicy",
            "event_time": time_of(lab),
            "target": Target("organization_policy", policy, lab.region),
            "before": told and {"content": told},
            "after": {"content": READING},
        }

    return build


CASES: dict[str, Case] = {
    case.name: case
    for case in (
        Case("unit without its guardrail", attach_again, detached()),
        Case("account without its guardrail", attach_again, detached(of_account=True)),
        Case("guardrail that was rewritten", restore_content, rewritten()),
    )
}
