"""What stands in the lab's IAM, read from moto itself: to look costs no call.

Times are left out, and the ids that AWS makes anew when something is put back.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from moto.iam.models import (
    Group,
    OpenIDConnectProvider,
    Role,
    SAMLProvider,
    User,
    iam_backends,
)

from trailmend.lab import Lab

Picture = dict[str, Any]


def without_unused_policies_of_aws(lab: Lab) -> None:
    """Leave of AWS's 1,500 policies those in use, before a whole account is listed: 4 s less."""
    iam = iam_backends[lab.account_id]["aws"]
    for policy in iam.aws_managed_policies:
        if not policy.attachment_count:
            del iam.managed_policies[policy.arn]


def identities(lab: Lab) -> Picture:
    """Show all that the engine can change in IAM."""
    iam = iam_backends[lab.account_id]["aws"]
    policy = iam.account_password_policy
    return {
        "policy": policy and {k: v for k, v in vars(policy).items() if not k.startswith("_")},
        "users": {name: _user(user, iam) for name, user in iam.users.items()},
        "roles": {role.name: _role(role) for role in iam.roles.values()},
        "groups": {name: _policies(group) for name, group in iam.groups.items()},
        "profiles": {
            one.name: sorted(role.name for role in one.roles)
            for one in iam.instance_profiles.values()
        },
        "managed": {
            arn: [(one.is_default, json.loads(one.document)) for one in policy.versions]
            for arn, policy in iam.managed_policies.items()
            if not arn.startswith("arn:aws:iam::aws:")
        },
        "unassigned": sorted(n for n, one in iam.virtual_mfa_devices.items() if one.user is None),
        "saml": {one.arn: _saml(one) for one in iam.saml_providers.values()},
        "oidc": {arn: _oidc(one) for arn, one in iam.open_id_providers.items()},
    }


def _saml(provider: SAMLProvider) -> Picture:
    kept = vars(provider).get("settings", {})
    keys = [one["KeyId"] for one in kept.get("keys", ())]
    return {"metadata": provider.saml_metadata_document, **kept, "keys": keys}


def _oidc(provider: OpenIDConnectProvider) -> Picture:
    return {
        "url": provider.url,
        "clients": sorted(provider.client_id_list),
        "prints": sorted(provider.thumbprint_list),
        "tags": sorted((one["Key"], one["Value"]) for one in provider.tags.values()),
    }


def organization(lab: Lab) -> Picture | None:
    """Show what the engine can change in the organization, by names; None where there is none."""
    if "moto.organizations.models" not in sys.modules:
        return None
    backends = sys.modules["moto.organizations.models"].organizations_backends
    backend = backends[lab.account_id]["aws"]
    if backend.org is None:
        return None
    places = {one.id: one.name for one in backend.ou}
    return {
        "policies": {
            one.name: (json.loads(one.content), sorted(each.name for each in one.attachments))
            for one in backend.policies
        },
        "types": {one.name: one.policy_types for one in backend.ou if one.type == "ROOT"},
        "accounts": {one.name: places[one.parent_id] for one in backend.accounts},
        "administrators": {one.account.name: sorted(one.services) for one in backend.admins},
    }


def center(lab: Lab) -> Picture | None:
    """Show what the engine can change in Identity Center, by names; None where nothing is made."""
    if "moto.ssoadmin.models" not in sys.modules:
        return None
    sso = sys.modules["moto.ssoadmin.models"].ssoadmin_backends[lab.account_id][lab.region]
    if not sso.permission_sets:
        return None
    directory = sys.modules["moto.identitystore.models"].identitystore_backends
    stores = directory[lab.account_id][lab.region].identity_stores.values()
    people = {user.UserId: user.UserName for one in stores for user in one.users.values()}
    groups = {group.GroupId: group.DisplayName for one in stores for group in one.groups.values()}
    sets = {one.permission_set_arn: one.name for one in sso.permission_sets}
    members = [each for one in stores for each in one.group_memberships.values()]
    return {
        "sets": {
            one.name: (
                sorted(each.arn for each in one.managed_policies),
                one.inline_policy and json.loads(one.inline_policy),
                vars(one).get("boundary"),
            )
            for one in sso.permission_sets
        },
        "members": sorted(
            (groups[one["GroupId"]], people[one["MemberId"]["UserId"]]) for one in members
        ),
        "assigned": sorted(
            (sets[one.permission_set_arn], one.target_id, people[one.principal_id])
            for one in sso.account_assignments
        ),
    }


def anywhere(lab: Lab) -> Picture:
    """Show what the engine can change in Roles Anywhere: what is enabled, by names."""
    kept = lab.app.account.anywhere
    return {
        f"{kind}/{one['name']}": one["enabled"]
        for (kind, _), things in kept.items()
        for one in things.values()
    }


def applications(lab: Lab) -> Picture:
    """Show what the engine can change of applications: whether they are enabled, by names."""
    return {one["Name"]: one["Status"] for one in lab.app.account.applications.values()}


def as_asked(picture: Picture) -> Picture:
    """Leave of a picture what `worlds.asked_identities` asks AWS for."""
    asked = ("keys", "ssh", "password", "mfa", "policies")
    return {
        "users": {
            name: {part: one[part] for part in asked} for name, one in picture["users"].items()
        },
        "roles": {name: one["policies"] for name, one in picture["roles"].items()},
        "groups": picture["groups"],
        "managed": picture["managed"],
        "unassigned": picture["unassigned"],
    }


def _user(user: User, iam: Any) -> Picture:
    kept = vars(user)
    of_services = kept.get("service_specific_credentials", {}).values()
    return {
        "keys": {one.access_key_id: one.status for one in user.access_keys},
        "ssh": sorted(
            (one.ssh_public_key_body.split()[1], one.status) for one in user.ssh_public_keys
        ),
        "password": user.password_reset_required if user.password else None,
        "mfa": sorted(user.mfa_devices),
        "certificates": sorted((o.body, o.status) for o in user.signing_certificates.values()),
        "of services": sorted((one["ServiceName"], one["Status"]) for one in of_services),
        "groups": sorted(one.name for one in iam.groups.values() if user in one.users),
        "tags": user.tags,
        "policies": _policies(user),
    }


def _role(role: Role) -> Picture:
    return {
        "trust": json.loads(role.assume_role_policy_document),
        "description": role.description,
        "duration": role.max_session_duration,
        "tags": role.tags,
        "policies": _policies(role),
    }


def _policies(holder: User | Role | Group) -> Picture:
    kept = vars(holder)
    boundary = kept.get("permissions_boundary") or {}
    return {
        "inline": {name: json.loads(text) for name, text in holder.policies.items()},
        "attached": sorted(holder.managed_policies),
        "boundary": boundary.get("PermissionsBoundaryArn", kept.get("permissions_boundary_arn")),
    }
