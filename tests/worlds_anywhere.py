"""Accounts that need the fixes of Roles Anywhere."""

from __future__ import annotations

from typing import Any

from tests.worlds import Case
from tests.worlds_principals import time_of
from trailmend.lab import Lab
from trailmend.plan import Target
from trailmend.remediations.roles_anywhere import disable_anchor, disable_profile, enable_list

AUTHORITY = {
    "sourceType": "CERTIFICATE_BUNDLE",
    "sourceData": {"x509CertificateData": "-----BEGIN CERTIFICATE-----"},
}
REVOKED = b"-----BEGIN X509 CRL-----"


def told(lab: Lab, event_name: str, kind: str, name: str) -> dict[str, Any]:
    """Tell of an event on a thing of Roles Anywhere."""
    target = Target(kind, name, lab.region)
    return {"event_name": event_name, "event_time": time_of(lab), "target": target}


def make_anchor(lab: Lab) -> dict[str, Any]:
    """Let a certificate authority in."""
    client = lab.client("rolesanywhere")
    made = client.create_trust_anchor(name="servers", source=AUTHORITY, enabled=True)
    return dict(made["trustAnchor"])


def let_in(lab: Lab) -> dict[str, Any]:
    """Let two certificate authorities in; the event's is the first."""
    name = make_anchor(lab)["trustAnchorId"]
    lab.client("rolesanywhere").create_trust_anchor(name="other", source=AUTHORITY, enabled=True)
    return told(lab, "CreateTrustAnchor", "trust_anchor", name)


def profiled(lab: Lab) -> dict[str, Any]:
    """Make a profile by which certificates take two roles."""
    roles = [f"arn:aws:iam::{lab.account_id}:role/{name}" for name in ("night", "backup")]
    made = lab.client("rolesanywhere").create_profile(name="backup", roleArns=roles, enabled=True)
    return told(lab, "CreateProfile", "rolesanywhere_profile", made["profile"]["profileId"])


def unlisted(lab: Lab) -> dict[str, Any]:
    """Disable the list of what an authority has revoked."""
    client = lab.client("rolesanywhere")
    anchor = make_anchor(lab)["trustAnchorArn"]
    made = client.import_crl(name="revoked", crlData=REVOKED, trustAnchorArn=anchor, enabled=True)
    name = str(made["crl"]["crlId"])
    client.disable_crl(crlId=name)
    return told(lab, "DisableCrl", "crl", name)


CASES: dict[str, Case] = {
    case.name: case
    for case in (
        Case("authority that was let in", disable_anchor, let_in),
        Case("profile that certificates use", disable_profile, profiled),
        Case("list of revoked certificates that is off", enable_list, unlisted),
    )
}
