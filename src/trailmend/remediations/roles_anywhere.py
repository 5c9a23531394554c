"""Roles Anywhere: an anchor or a profile is disabled, a list of revoked certificates enabled again.

Whoever took a session by a certificate keeps it until it ends: roles are mended beside.
"""

from __future__ import annotations

import re

from msgspec.structs import replace

from trailmend.calls import call, change, read
from trailmend.errors import CannotFix
from trailmend.plan import Example, Facts, Steps, Target, remediation

_ID = "[a-f0-9]{8}-(?:[a-z0-9]{4}-){3}[a-z0-9]{12}"
_NAME = re.compile(
    rf"(?:arn:aws[a-z-]*:rolesanywhere:[a-z0-9-]+:\d{{12}}:(?:trust-anchor|profile|crl)/)?{_ID}"
)
_ANCHOR = "11111111-2222-3333-4444-555555555555"
_REGION = "eu-west-1"
_FACTS = Facts(
    account_id="111122223333",
    finding_id="c5a7e9f1b3d50248",
    event_id="4d2f1a52-6a3e-4a44-8f0e-2f6a7c1b9d03",
    event_name="CreateTrustAnchor",
    event_time="2026-03-02T09:00:00Z",
    target=Target("trust_anchor", _ANCHOR, _REGION),
)
_SHOWN = 5


@remediation(
    title="Disable the trust anchor",
    breaks="Machines with a certificate of this authority get no new credentials.",
    example=Example(
        facts=_FACTS,
        reads=(
            (
                call("rolesanywhere.get_trust_anchor", region=_REGION, trustAnchorId=_ANCHOR),
                {"name": "servers", "enabled": True},
            ),
        ),
        changes=(
            call("rolesanywhere.disable_trust_anchor", region=_REGION, trustAnchorId=_ANCHOR),
        ),
    ),
    stage="remove",
    needs="finding",
)
def disable_anchor(facts: Facts) -> Steps:
    """Disable this one anchor; it stays as evidence, with its certificate.

    Sessions that were given go on until they end: end those of the roles in the profiles as well
    (principals.revoke_role_sessions).  An anchor that is not there, or is disabled, needs nothing.
    """
    name, region = _named(facts, "trust_anchor")
    found = yield read(
        "rolesanywhere.get_trust_anchor",
        region=region,
        trustAnchorId=name,
        pick="trustAnchor.{name: name, enabled: enabled}",
    )
    if found is not None and found["enabled"]:
        yield change(
            "rolesanywhere.disable_trust_anchor",
            region=region,
            trustAnchorId=name,
            undo=call("rolesanywhere.enable_trust_anchor", region=region, trustAnchorId=name),
            note=f"Trust anchor {found['name']} ({name}): enabled → disabled",
        )


@remediation(
    title="Disable the profile",
    breaks="Machines that ask for a role by this profile get no new credentials.",
    example=Example(
        facts=replace(
            _FACTS,
            event_name="CreateProfile",
            target=Target("rolesanywhere_profile", _ANCHOR, _REGION),
        ),
        reads=(
            (
                call("rolesanywhere.get_profile", region=_REGION, profileId=_ANCHOR),
                {"name": "backup", "enabled": True, "roles": ["arn:aws:iam::111122223333:role/b"]},
            ),
        ),
        changes=(call("rolesanywhere.disable_profile", region=_REGION, profileId=_ANCHOR),),
    ),
    stage="remove",
    needs="finding",
)
def disable_profile(facts: Facts) -> Steps:
    """Disable this one profile; it stays as evidence, with its roles and limits.

    Sessions that were given go on until they end: end those of its roles as well
    (principals.revoke_role_sessions).  A profile that is not there, or is disabled, needs nothing.
    """
    name, region = _named(facts, "rolesanywhere_profile")
    found = yield read(
        "rolesanywhere.get_profile",
        region=region,
        profileId=name,
        pick="profile.{name: name, enabled: enabled, roles: sort(roleArns || `[]`)}",
    )
    if found is not None and found["enabled"]:
        yield change(
            "rolesanywhere.disable_profile",
            region=region,
            profileId=name,
            undo=call("rolesanywhere.enable_profile", region=region, profileId=name),
            note=f"Profile {found['name']} ({name}): enabled → disabled",
            breaks=f"No certificate gets its roles by it any more: {_listed(found['roles'])}.",
        )


@remediation(
    title="Enable the list of revoked certificates again",
    breaks="Machines whose certificates are on the list get no new credentials.",
    example=Example(
        facts=replace(_FACTS, event_name="DisableCrl", target=Target("crl", _ANCHOR, _REGION)),
        reads=(
            (
                call("rolesanywhere.get_crl", region=_REGION, crlId=_ANCHOR),
                {"name": "revoked", "enabled": False, "anchor": "arn:aws:rolesanywhere:x"},
            ),
        ),
        changes=(call("rolesanywhere.enable_crl", region=_REGION, crlId=_ANCHOR),),
    ),
    needs="finding",
    events=("DisableCrl",),
    shuts=True,
)
def enable_list(facts: Facts) -> Steps:
    """Enable this one list, as it is now, for the anchor that it belongs to.

    That it still names all who were revoked is not looked at: compare it with the authority's.  A
    list that was deleted since comes back from the authority alone.
    """
    name, region = _named(facts, "crl")
    found = yield read(
        "rolesanywhere.get_crl",
        region=region,
        crlId=name,
        pick="crl.{name: name, enabled: enabled, anchor: trustAnchorArn}",
    )
    if found is None:
        raise CannotFix(
            f"The list {name} is not there: deleted since. Get it from the certificate authority, "
            "and import it with aws rolesanywhere import-crl --enabled; until then disable the "
            "anchor."
        )
    if not found["enabled"]:
        yield change(
            "rolesanywhere.enable_crl",
            region=region,
            crlId=name,
            undo=call("rolesanywhere.disable_crl", region=region, crlId=name),
            note=f"List of revoked certificates {found['name']} ({name}): disabled → enabled, for "
            f"{found['anchor']}",
        )


def _named(facts: Facts, kind: str) -> tuple[str, str]:
    """Give the id or ARN of the finding, and its region.

    A call can name a thing by an alias too, which may be another's by now.
    """
    target = facts.target if isinstance(facts.target, Target) else Target("", "")
    if target.kind != kind or not _NAME.fullmatch(target.name) or not target.region:
        raise CannotFix(
            "The finding names it by no id and no ARN: look at its event, and find it by aws "
            "rolesanywhere list-trust-anchors, list-profiles or list-crls."
        )
    return target.name, target.region


def _listed(roles: list[str]) -> str:
    names = [one.rpartition("/")[2] for one in roles]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more}" if names else "it lists none"
