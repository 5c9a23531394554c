"""Accounts that need the fixes of identity providers, instance profiles and versions laid ready."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.worlds import ADMINISTRATOR, Case, make_administrators, trust
from tests.worlds_permissions import ALL, READING
from tests.worlds_principals import time_of
from trailmend.lab import Lab
from trailmend.plan import Target
from trailmend.remediations.instance_profiles import put_role_back, take_role_out
from trailmend.remediations.oidc_providers import (
    recreate_oidc_provider,
    remove_oidc_provider,
    restore_oidc_provider,
    restore_thumbprints,
    take_audience_out,
)
from trailmend.remediations.policy_versions import delete_ready_version
from trailmend.remediations.saml_providers import (
    recreate_saml_provider,
    remove_saml_provider,
    restore_metadata,
)

URL = "https://token.example.com"
OLD, NEW = "a" * 40, "b" * 40
TAGS = [{"Key": "team", "Value": "corp"}, {"Key": "cost", "Value": "7"}]
Build = Callable[[Lab], dict[str, Any]]


def metadata(whose: str = "ours") -> str:
    """Write a metadata document, as long as AWS demands."""
    return f"<EntityDescriptor>\n{whose * 400}\n</EntityDescriptor>"


def trusting(lab: Lab, arn: str) -> None:
    """Make a role that whoever comes by a provider can take."""
    document = json.loads(trust({"Federated": arn}))
    document["Statement"][0]["Action"] = "sts:AssumeRoleWithWebIdentity"
    lab.client("iam").create_role(RoleName="deploy", AssumeRolePolicyDocument=json.dumps(document))


def make_oidc(lab: Lab, *clients: str) -> str:
    """Make an OIDC provider, and a role that trusts it."""
    make_administrators(lab)
    made = lab.client("iam").create_open_id_connect_provider(
        Url=URL, ClientIDList=[*clients], ThumbprintList=[OLD], Tags=TAGS
    )
    arn = str(made["OpenIDConnectProviderArn"])
    trusting(lab, arn)
    return arn


def make_saml(lab: Lab, whose: str = "ours", **more: Any) -> str:
    """Make a SAML provider, and a role that trusts it."""
    make_administrators(lab)
    made = lab.client("iam").create_saml_provider(
        Name="corporate", SAMLMetadataDocument=metadata(whose), Tags=TAGS, **more
    )
    arn = str(made["SAMLProviderArn"])
    trusting(lab, arn)
    return arn


def told(lab: Lab, kind: str, arn: str, event_name: str, **more: Any) -> dict[str, Any]:
    """Tell of an event on a provider, as it is at this moment; the plan is asked for in an hour."""
    asked = f"{lab.now() + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    named = {"target": Target(kind, arn, lab.region), "event_name": event_name}
    return named | {"event_time": time_of(lab), "asked_at": asked} | more


def _oidc_made(lab: Lab) -> dict[str, Any]:
    arn = make_oidc(lab, "sts.amazonaws.com", "ours")
    return told(lab, "oidc_provider", arn, "CreateOpenIDConnectProvider")


def opened(*, known: bool = True) -> Build:
    """Make an OIDC provider that got another audience; what was before may be told."""

    def build(lab: Lab) -> dict[str, Any]:
        arn = make_oidc(lab, "ours")
        lab.advance(600)
        lab.client("iam").add_client_id_to_open_id_connect_provider(
            OpenIDConnectProviderArn=arn, ClientID="theirs"
        )
        before = {"clientIDList": ["ours"]} if known else None
        after = {"clientID": "theirs"}
        name = "AddClientIDToOpenIDConnectProvider"
        return told(lab, "oidc_provider", arn, name, before=before, after=after)

    return build


def _prints_set(lab: Lab) -> dict[str, Any]:
    arn = make_oidc(lab, "ours")
    lab.advance(600)
    lab.client("iam").update_open_id_connect_provider_thumbprint(
        OpenIDConnectProviderArn=arn, ThumbprintList=[NEW]
    )
    before, after = {"thumbprintList": [OLD.upper()]}, {"thumbprintList": [NEW]}
    name = "UpdateOpenIDConnectProviderThumbprint"
    return told(lab, "oidc_provider", arn, name, before=before, after=after)


def _oidc_gone(lab: Lab) -> dict[str, Any]:
    arn = make_oidc(lab, "ours")
    lab.client("iam").delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    before = {"url": URL, "clientIDList": ["ours"], "thumbprintList": [OLD]}
    return told(lab, "oidc_provider", arn, "DeleteOpenIDConnectProvider", before=before)


def _oidc_made_again(lab: Lab) -> dict[str, Any]:
    """Have a provider that was there made again for other tokens."""
    arn, iam = make_oidc(lab, "ours"), lab.client("iam")
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    iam.create_open_id_connect_provider(
        Url=URL, ClientIDList=["theirs", "more"], ThumbprintList=[NEW]
    )
    before = {"url": URL, "clientIDList": ["ours"], "thumbprintList": [OLD]}
    after = {"clientIDList": ["theirs", "more"], "thumbprintList": [NEW]}
    name = "CreateOpenIDConnectProvider"
    return told(lab, "oidc_provider", arn, name, before=before, after=after)


def saml_made(**more: Any) -> Build:
    """Make a SAML provider, which may have keys for encrypted assertions."""

    def build(lab: Lab) -> dict[str, Any]:
        return told(lab, "saml_provider", make_saml(lab, **more), "CreateSAMLProvider")

    return build


def _saml_set(lab: Lab) -> dict[str, Any]:
    arn = make_saml(lab)
    lab.advance(600)
    lab.client("iam").update_saml_provider(
        SAMLProviderArn=arn, SAMLMetadataDocument=metadata("theirs")
    )
    settings = [{"sAMLMetadataDocument": metadata(whose)} for whose in ("ours", "theirs")]
    before, after = settings
    return told(lab, "saml_provider", arn, "UpdateSAMLProvider", before=before, after=after)


def _saml_gone(lab: Lab) -> dict[str, Any]:
    arn = make_saml(lab)
    lab.client("iam").delete_saml_provider(SAMLProviderArn=arn)
    before = {"name": "corporate", "sAMLMetadataDocument": metadata()}
    return told(lab, "saml_provider", arn, "DeleteSAMLProvider", before=before)


def _profile(lab: Lab, event_name: str) -> dict[str, Any]:
    """Make a role of administrators in an instance profile, and tell of an event on the two."""
    make_administrators(lab)
    iam = lab.client("iam")
    iam.create_role(
        RoleName="bob", AssumeRolePolicyDocument=trust({"Service": "ec2.amazonaws.com"})
    )
    iam.attach_role_policy(RoleName="bob", PolicyArn=ADMINISTRATOR)
    iam.create_instance_profile(InstanceProfileName="web")
    iam.add_role_to_instance_profile(InstanceProfileName="web", RoleName="bob")
    named = {"role_name": "bob", "object_type": "instance_profile", "object_id": "web"}
    return named | {"event_name": event_name, "event_time": time_of(lab)}


def _taken_from_machines(lab: Lab) -> dict[str, Any]:
    told = _profile(lab, "RemoveRoleFromInstanceProfile")
    lab.client("iam").remove_role_from_instance_profile(InstanceProfileName="web", RoleName="bob")
    return told


def _laid_ready(lab: Lab) -> dict[str, Any]:
    make_administrators(lab)
    iam = lab.client("iam")
    arn = iam.create_policy(PolicyName="own", PolicyDocument=READING)["Policy"]["Arn"]
    lab.advance(600)
    made = iam.create_policy_version(PolicyArn=arn, PolicyDocument=ALL)["PolicyVersion"]
    return {
        "event_name": "CreatePolicyVersion",
        "event_time": time_of(lab),
        "object_type": "policy",
        "object_id": arn,
        "after": {
            "version_id_not_in_force": made["VersionId"],
            "policy_document_of_a_version_not_in_force": ALL,
        },
    }


CASES: dict[str, Case] = {
    case.name: case
    for case in (
        Case("OIDC provider that was made", remove_oidc_provider, _oidc_made),
        Case("OIDC provider with another audience", take_audience_out, opened()),
        Case(
            "OIDC provider of unknown audiences with another",
            take_audience_out,
            opened(known=False),
        ),
        Case("OIDC provider that was made again", restore_oidc_provider, _oidc_made_again),
        Case("OIDC provider with other thumbprints", restore_thumbprints, _prints_set),
        Case("OIDC provider that was deleted", recreate_oidc_provider, _oidc_gone),
        Case("SAML provider that was made", remove_saml_provider, saml_made()),
        Case("SAML provider with other metadata", restore_metadata, _saml_set),
        Case("SAML provider that was deleted", recreate_saml_provider, _saml_gone),
        Case(
            "role that was given to machines",
            take_role_out,
            lambda lab: _profile(lab, "AddRoleToInstanceProfile"),
        ),
        Case("role that was taken from machines", put_role_back, _taken_from_machines),
        Case("version of a policy that lies ready", delete_ready_version, _laid_ready),
    )
}
