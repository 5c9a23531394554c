"""A certificate authority is let in, and the same principal opens a role to its certificates."""

from datetime import timedelta
from typing import Any

from trailmend.catalog import Chain, Claim, Explanation, Fact, Step
from trailmend.evidence import Principal, call, user
from trailmend.evidence.center import ANNA, on_anywhere
from trailmend.measures import STOP_CALLER
from trailmend.remediations.principals import revoke_role_sessions
from trailmend.remediations.roles import close_trust, restore_trust_policy

_TRUST = "AWS IAM Roles Anywhere User Guide, The trust model, read 2026-11-28"
_PEM = {"x509CertificateData": "-----BEGIN CERTIFICATE-----"}
_OWN = {"sourceType": "CERTIFICATE_BUNDLE", "sourceData": _PEM}
_PRIVATE = {
    "sourceType": "AWS_ACM_PCA",
    "sourceData": {"acmPcaArn": "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/x"},
}
_ANSWER = {"trustAnchor": {"trustAnchorId": "11111111-2222-3333-4444-555555555555"}}


def _anchor(by: Principal = ANNA, source: Any = _OWN, at: str = "09:00:00", **more: Any) -> Any:
    told: dict[str, Any] = {"name": "ca", "source": source, "response": _ANSWER, "at": at}
    return on_anywhere("CreateTrustAnchor", by=by, **(told | more))


def _opened(
    service: str = "rolesanywhere", by: Principal = ANNA, at: str = "09:05:00", **more: Any
) -> dict[str, Any]:
    document = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", '
        f'"Principal": {{"Service": "{service}.amazonaws.com"}}}}]}}'
    )
    request = {"roleName": "Admin", "policyDocument": document}
    return call("UpdateAssumeRolePolicy", by=by, request=request, at=at, **more)


CHAIN = Chain(
    title="Whoever let a certificate authority in opened a role to its certificates",
    level="high",
    steps=(
        Step(
            events=(
                "rolesanywhere.amazonaws.com:CreateTrustAnchor",
                "rolesanywhere.amazonaws.com:UpdateTrustAnchor",
            ),
            when="COALESCE(request, '') LIKE '%\"x509CertificateData\":%'",
            by=("actor_id",),
        ),
        Step(
            events=("iam.amazonaws.com:CreateRole", "iam.amazonaws.com:UpdateAssumeRolePolicy"),
            when="COALESCE(trusted, '') LIKE '%: service rolesanywhere.amazonaws.com%' "
            "AND COALESCE(widens, TRUE)",
            by=("actor_id",),
        ),
    ),
    joined=("the principal",),
    within=timedelta(days=1),
    ordered=False,
    techniques=("T1098.001", "T1098.003", "T1556"),
    fixes=(restore_trust_policy, close_trust, revoke_role_sessions, *STOP_CALLER),
    impact=(
        Claim(
            "Whoever holds the authority's key makes certificates at will, and takes the role by "
            "them from anywhere, without a key or a password of AWS.",
            _TRUST,
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "Servers outside AWS are to work without access keys: anchor and role are set up "
            "together.",
            (Fact("The fingerprint is that of the company's authority."),),
            (
                Fact("The principal had not called this before.", "first_action"),
                Fact("The role is an administrator.", "target_is_admin"),
            ),
        ),
        Explanation(
            "unauthorised",
            "An intruder brings an authority of their own, and opens a role to it.",
            (
                Fact("The role is an administrator.", "target_is_admin"),
                Fact("Nobody who keeps certificates knows the authority."),
            ),
            (Fact("A condition of the trust policy names the anchor of the company."),),
        ),
    ),
    fires=(
        (_anchor(), _opened()),
        (_opened(at="08:00:00"), _anchor()),
    ),
    quiet=(
        (_anchor(source=_PRIVATE), _opened()),
        (_anchor(), _opened("ec2")),
        (_anchor(), _opened(by=user("bob"))),
        (_anchor(), _opened(error="AccessDenied")),
        (_opened(at="07:00:00"), _anchor(by=user("bob")), _opened()),
    ),
)
