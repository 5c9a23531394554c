"""Organizations that need the fixes of their policies and accounts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.worlds import Case
from tests.worlds_permissions import DENIAL, READING
from tests.worlds_principals import time_of
from trailmend.lab import Lab
from trailmend.plan import Target
from trailmend.remediations.organization_accounts import (
    deregister_administrator,
    move_back,
    register_administrator,
)
from trailmend.remediations.organization_policies import attach_again, detach, restore_content
from trailmend.remediations.organization_policy_types import enable_type

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


def attached(*, to_account: bool = False, alone: bool = False) -> Build:
    """Make a unit, or an account, to which the guardrail was attached; perhaps it is left alone."""

    def build(lab: Lab) -> dict[str, Any]:
        root, policy = make_organization(lab)
        client = lab.client("organizations")
        if to_account:
            kind, place = "organization_account", make_account(lab)
        else:
            unit = client.create_organizational_unit(ParentId=root, Name="work")
            kind, place = "organization", unit["OrganizationalUnit"]["Id"]
        client.attach_policy(PolicyId=policy, TargetId=place)
        made = time_of(lab)
        if alone:
            client.detach_policy(PolicyId="p-FullAWSAccess", TargetId=place)
        return {
            "event_name": "AttachPolicy",
            "event_time": made,
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


def make_account(lab: Lab) -> str:
    """Make a member account, directly below the root."""
    made = lab.client("organizations").create_account(Email="m@example.com", AccountName="member")
    return str(made["CreateAccountStatus"]["AccountId"])


def told(lab: Lab, event_name: str, account: str, **more: Any) -> dict[str, Any]:
    """Tell of an event on an account."""
    target = Target("organization_account", account, lab.region)
    return {"event_name": event_name, "event_time": time_of(lab), "target": target, **more}


def moved(*, to_root: bool = True) -> Build:
    """Make an account that was moved out of its unit."""

    def build(lab: Lab) -> dict[str, Any]:
        root, _ = make_organization(lab)
        client, account = lab.client("organizations"), make_account(lab)
        places = [root] + [
            client.create_organizational_unit(ParentId=root, Name=name)["OrganizationalUnit"]["Id"]
            for name in ("work", "park")
        ]
        source, destination = places[1], places[0 if to_root else 2]
        for old, new in ((root, source), (source, destination)):
            client.move_account(AccountId=account, SourceParentId=old, DestinationParentId=new)
            lab.advance(60)
        before, after = {"parentId": source}, {"parentId": destination}
        return told(lab, "MoveAccount", account, before=before, after=after)

    return build


def make_administrator(lab: Lab) -> str:
    """Make an account the administrator of two services; gives its number."""
    make_organization(lab)
    client, account = lab.client("organizations"), make_account(lab)
    for service in ("guardduty.amazonaws.com", "ssm.amazonaws.com"):
        lab.advance(60)
        client.enable_aws_service_access(ServicePrincipal=service)
        client.register_delegated_administrator(AccountId=account, ServicePrincipal=service)
    return account


def registered(lab: Lab) -> dict[str, Any]:
    """Make an account the administrator of two services; one of them is the event's."""
    account = make_administrator(lab)
    asked = f"{lab.now() + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    after = {"servicePrincipal": "ssm.amazonaws.com"}
    return told(lab, "RegisterDelegatedAdministrator", account, after=after, asked_at=asked)


def deregistered(service: str = "guardduty") -> Build:
    """Make an account that lost one of its two services."""

    def build(lab: Lab) -> dict[str, Any]:
        account, name = make_administrator(lab), f"{service}.amazonaws.com"
        lab.advance(60)
        lab.client("organizations").deregister_delegated_administrator(
            AccountId=account, ServicePrincipal=name
        )
        after = {"servicePrincipal": name}
        return told(lab, "DeregisterDelegatedAdministrator", account, after=after)

    return build


def switched_off(lab: Lab) -> dict[str, Any]:
    """Switch the type of a guardrail off that was attached to the root."""
    root, policy = make_organization(lab)
    client = lab.client("organizations")
    client.attach_policy(PolicyId=policy, TargetId=root)
    client.disable_policy_type(RootId=root, PolicyType=SCP)
    return {
        "event_name": "DisablePolicyType",
        "event_time": time_of(lab),
        "target": Target("organization", root, lab.region),
        "after": {"policyType": SCP},
    }


CASES: dict[str, Case] = {
    case.name: case
    for case in (
        Case("unit without its guardrail", attach_again, detached()),
        Case("account without its guardrail", attach_again, detached(of_account=True)),
        Case("unit with a policy that denies", detach, attached()),
        Case("account with a policy that denies", detach, attached(to_account=True)),
        Case("guardrail that was rewritten", restore_content, rewritten()),
        Case("account that was moved to the root", move_back, moved()),
        Case("account that was moved to another unit", move_back, moved(to_root=False)),
        Case("account that administers a service", deregister_administrator, registered),
        Case("account that lost a service", register_administrator, deregistered()),
        Case("account that lost power", register_administrator, deregistered("ssm")),
        Case("type of guardrails that is off", enable_type, switched_off),
    )
}
