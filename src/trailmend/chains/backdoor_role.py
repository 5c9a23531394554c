"""A role that an outsider may assume, or a new identity provider, is made an administrator."""

from datetime import timedelta
from typing import Any

from trailmend.catalog import Chain, Claim, Explanation, Fact, Step
from trailmend.evidence import ACCOUNT, call, outsider, role, user
from trailmend.measures import STOP_CALLER
from trailmend.remediations.principals import quarantine_target, revoke_role_sessions

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
BOB = user("bob")
_OPEN = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", '
    '"Principal": {"AWS": "arn:aws:iam::444455556666:root"}}]}'
)
_CLOSED = _OPEN.replace("444455556666", "111122223333")


def _made(trust: str, name: str = "audit", at: str = "09:00:00") -> dict[str, Any]:
    request = {"roleName": name, "assumeRolePolicyDocument": trust}
    return call("CreateRole", by=BOB, request=request, at=at)


def _admin(name: str = "audit", at: str = "09:05:00", **more: Any) -> dict[str, Any]:
    request = {"roleName": name, "policyArn": ADMIN}
    return call("AttachRolePolicy", by=BOB, request=request, at=at, **more)


def _made_for(provider: str) -> dict[str, Any]:
    return _made(
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": '
        '"sts:AssumeRoleWithWebIdentity", "Principal": {"Federated": '
        f'"arn:aws:iam::{ACCOUNT}:oidc-provider/{provider}"}}, "Condition": '
        f'{{"StringEquals": {{"{provider}:sub": "me"}}}}}}]}}'
    )


def _provider(url: str, at: str = "08:30:00") -> dict[str, Any]:
    answer = {"openIDConnectProviderArn": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{url}"}
    request = {"url": f"https://{url}"}
    return call("CreateOpenIDConnectProvider", by=BOB, request=request, response=answer, at=at)


# Of a new cluster of EKS the provider is new too, and its roles are made with it.
_BROUGHT = (
    "(COALESCE(trusted, '') LIKE '%, a new provider%' "
    "AND COALESCE(trusted, '') NOT LIKE '%:oidc-provider/oidc.eks.%')"
)
_EKS = "oidc.eks.us-east-1.amazonaws.com/id/EXAMPLE"

CHAIN = Chain(
    title="A role that an outsider may assume, or a new provider, was made an administrator",
    level="critical",
    steps=(
        Step(
            events=("iam.amazonaws.com:CreateRole", "iam.amazonaws.com:UpdateAssumeRolePolicy"),
            when="COALESCE(trusts_outsider, FALSE) OR COALESCE(trusts_anyone, FALSE) "
            f"OR {_BROUGHT}",
            by=("target_name",),
        ),
        Step(
            events=("iam.amazonaws.com:AttachRolePolicy", "iam.amazonaws.com:PutRolePolicy"),
            when="COALESCE(grants_admin, FALSE)",
            by=("target_name",),
        ),
    ),
    joined=("the role",),
    within=timedelta(days=1),
    ordered=False,
    techniques=("T1098.003", "T1199"),
    fixes=(quarantine_target, revoke_role_sessions, *STOP_CALLER),
    impact=(
        Claim(
            "Whoever holds the other account, or the provider, can become administrator of this "
            "account, at any later time, without a password or a key of it.",
            "AWS IAM User Guide, Cross-account policy evaluation logic, read 2026-11-28",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A supplier or the organization's own tooling account gets a role to work with.",
            (Fact("The contract names the other account and the role."),),
            (Fact("Whom it lets in: {trusted}.", "trusted IS NOT NULL"),),
        ),
        Explanation(
            "unauthorised",
            "An intruder keeps a door open from an account of their own.",
            (Fact("The other account, or the new provider, is nobody's whom you know."),),
            (Fact("The role is used from the supplier's own account alone."),),
        ),
    ),
    fires=(
        (_made(_OPEN), _admin()),
        (_admin(at="08:00:00"), _made(_OPEN)),
        (_provider("token.example.net"), _made_for("token.example.net"), _admin()),
    ),
    quiet=(
        (_made(_CLOSED), _admin()),
        (_made(_OPEN), _admin("other")),
        (_made_for("token.example.net"), _admin()),
        (_provider(_EKS), _made_for(_EKS), _admin()),
        (_made(_OPEN), _admin(error="AccessDenied")),
        (_made(_OPEN), call("AttachUserPolicy", by=BOB, request={"userName": "audit"})),
        (_made(_OPEN), call("AssumeRole", by=outsider(), source="sts"), _admin("audit2")),
        (_admin(), call("CreateRole", by=role("audit"), request={"roleName": "x"})),
    ),
)
