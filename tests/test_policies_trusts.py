"""Whom a trust policy lets in, and what its conditions are worth."""

from typing import Any

import pytest

from trailmend.policies import Trusts, read_document, trusts

OWN, OTHER = "111122223333", "444455556666"
GITHUB = "token.actions.githubusercontent.com"
PROVIDER = {"Federated": f"arn:aws:iam::{OWN}:oidc-provider/{GITHUB}"}
EKS = "oidc.eks.eu-west-1.amazonaws.com/id/ABC"


def lets_in(principal: Any, condition: Any = None, **more: Any) -> dict[str, Any]:
    federated = isinstance(principal, dict) and "Federated" in principal
    action = "sts:AssumeRoleWithWebIdentity" if federated else "sts:AssumeRole"
    found = {"Effect": "Allow", "Principal": principal, "Action": action, **more}
    return found | ({"Condition": condition} if condition else {})


def judged(*statements: dict[str, Any], known: tuple[str, ...] = ()) -> Trusts:
    return trusts(read_document({"Statement": list(statements)}), OWN, known)


COGNITO = "cognito-identity.amazonaws.com"
POOL = {"StringEquals": {f"{COGNITO}:aud": "us-east-1:pool"}}


def as_a(guest: str) -> dict[str, Any]:
    return POOL | {"ForAnyValue:StringLike": {f"{COGNITO}:amr": guest}}


@pytest.mark.parametrize(
    ("condition", "outsider", "anyone"),
    [
        (None, True, True),
        (POOL, None, None),
        (as_a("unauthenticated"), True, True),
        (as_a("authenticated"), None, False),
        (POOL | {"ForAnyValue:StringNotLike": {f"{COGNITO}:amr": "authenticated"}}, None, None),
        ({"StringEquals": {f"{COGNITO}:aud": "p", f"{COGNITO}:sub": "one"}}, None, False),
    ],
)
def test_guests_of_a_pool_are_anyone(
    condition: dict[str, Any] | None, outsider: bool | None, anyone: bool | None
) -> None:
    found = judged(lets_in({"Federated": COGNITO}, condition))

    assert (found.outsider, found.anyone) == (outsider, anyone)


def sub(value: str, operator: str = "StringLike") -> dict[str, Any]:
    return {operator: {f"{GITHUB}:sub": value}}


@pytest.mark.parametrize(
    ("principal", "condition", "kind", "outsider", "anyone"),
    [
        ({"AWS": OWN}, None, "account", False, False),
        ({"AWS": f"arn:aws:iam::{OWN}:role/x"}, None, "role", False, False),
        ({"AWS": OTHER}, None, "account", True, False),
        ({"AWS": f"arn:aws:iam::{OTHER}:root"}, None, "account", True, False),
        ({"AWS": OTHER}, {"StringEquals": {"sts:ExternalId": "x"}}, "account", True, False),
        ({"AWS": f"arn:aws-cn:iam::{OTHER}:user/p/eve"}, None, "user", True, False),
        ({"AWS": f"arn:aws:sts::{OTHER}:assumed-role/r/s"}, None, "session", True, False),
        ({"AWS": "AROAEXAMPLEEXAMPLE12"}, None, "id", None, False),
        ({"AWS": f"arn:aws:iam::{OTHER}*:root"}, None, "unknown", None, False),
        ({"CanonicalUser": "79a59df900b949e55d96a1e698fb"}, None, "canonical", None, False),
        ({"Service": "ec2.amazonaws.com"}, None, "service", False, False),
        ("*", None, "anyone", True, True),
        ({"AWS": "*"}, None, "anyone", True, True),
        ("*", {"StringEquals": {"sts:ExternalId": "x"}}, "anyone", True, None),
        ("*", {"StringEquals": {"aws:PrincipalAccount": OWN}}, "anyone", False, False),
        ("*", {"StringEquals": {"aws:PrincipalAccount": [OWN, OTHER]}}, "anyone", True, False),
        ("*", {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, "anyone", None, False),
        ("*", {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}, "anyone", True, True),
        ("*", {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}, "anyone", True, True),
        ("*", {"StringLike": {"aws:PrincipalOrgID": "*"}}, "anyone", True, True),
        ("*", {"StringEqualsIfExists": {"aws:PrincipalAccount": OWN}}, "anyone", False, False),
        ("*", {"StringEqualsIfExists": {"aws:PrincipalAccount": OTHER}}, "anyone", True, False),
        (
            "*",
            {"ForAllValues:StringEquals": {"aws:PrincipalAccount": OWN}},
            "anyone",
            False,
            False,
        ),
        ("*", {"Bool": {"aws:SecureTransport": "true"}}, "anyone", True, True),
        ("*", {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}, "anyone", True, True),
        (
            "*",
            {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{OWN}:role/*"}},
            "anyone",
            False,
            False,
        ),
        ("*", {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/x"}}, "anyone", True, True),
        ("*", {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::1*:role/x"}}, "anyone", None, None),
        ("*", {"StringLike": {"aws:PrincipalOrgID": ["o-1", "o-*"]}}, "anyone", True, True),
        ("*", {"StringLike": {"aws:PrincipalOrgID": "o-abc*"}}, "anyone", None, False),
        ("*", {"StringLike": {"aws:PrincipalOrgPaths": "o-*/*"}}, "anyone", True, True),
        ("*", {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}, "anyone", None, None),
        ("*", {"StringMatches": {"aws:PrincipalOrgID": "o-1"}}, "anyone", None, None),
        (PROVIDER, None, "oidc", True, True),
        (PROVIDER, {"StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"}}, "oidc", True, True),
        (PROVIDER, sub("*"), "oidc", True, True),
        (PROVIDER, sub("repo:*"), "oidc", True, True),
        (PROVIDER, sub("repo:octo*:*"), "oidc", True, True),
        (PROVIDER, sub("repo:octo/app:*"), "oidc", None, False),
        (PROVIDER, sub("repo:octo/app:*", "ForAllValues:StringLike"), "oidc", True, True),
        (PROVIDER, sub("repo:octo/app:ref:refs/heads/main", "StringEquals"), "oidc", None, False),
        ({"Federated": "accounts.google.com"}, None, "oidc", True, True),
        ({"Federated": "*"}, None, "anyone", True, True),
        ({"Federated": f"arn:aws:iam::{OWN}:saml-provider/idp"}, None, "saml", False, False),
        ({"Federated": f"arn:aws:iam::{OTHER}:saml-provider/idp"}, None, "saml", True, False),
        ({"Federated": f"arn:aws:iam::{OWN}:oidc-provider/{EKS}"}, None, "oidc", None, False),
        (
            {"Federated": f"arn:aws:iam::{OWN}:oidc-provider/{EKS}"},
            {"StringEquals": {f"{EKS}:sub": "system:serviceaccount:a:b"}},
            "oidc",
            False,
            False,
        ),
    ],
)
def test_principal_is_of_the_house_an_outsider_or_unknown(
    principal: Any, condition: Any, kind: str, outsider: bool | None, anyone: bool | None
) -> None:
    found = judged(lets_in(principal, condition))

    assert (found.outsider, found.anyone) == (outsider, anyone)
    assert [one.kind for one in found.trusted] == [kind]


GITLAB = {"Federated": f"arn:aws:iam::{OWN}:oidc-provider/gitlab.com"}
SAML = {"Federated": f"arn:aws:iam::{OWN}:saml-provider/idp"}


@pytest.mark.parametrize(
    ("principal", "condition", "key"),
    [
        (PROVIDER, {"StringLike": {"gitlab.com:sub": "repo:acme/*"}}, "gitlab.com:sub"),
        (PROVIDER, sub("repo:octo/*:*") | {"Null": {"gitlab.com:aud": "false"}}, "gitlab.com:aud"),
        (GITLAB, sub("repo:octo/app:*"), f"{GITHUB}:sub"),
        (SAML, sub("repo:octo/app:*"), f"{GITHUB}:sub"),
        (PROVIDER, {"StringEquals": {"SAML:aud": "x"}}, "saml:aud"),
    ],
)
def test_claim_of_another_provider_never_comes_so_nobody_is_let_in(
    principal: Any, condition: Any, key: str
) -> None:
    found = judged(lets_in(principal, condition))

    assert (found.outsider, found.anyone, found.trusted) == (False, False, ())
    assert [str(one) for one in found.problems] == [
        f"statement 1, Condition {key}: nothing from {principal['Federated']} has this key, "
        "so nobody is let in by it"
    ]


@pytest.mark.parametrize(
    ("principal", "condition"),
    [
        (PROVIDER, {"StringNotLike": {"gitlab.com:sub": "repo:acme/*"}}),
        (PROVIDER, {"StringLikeIfExists": {"gitlab.com:sub": "repo:acme/*"}}),
        (PROVIDER, {"ForAllValues:StringLike": {"gitlab.com:sub": "repo:acme/*"}}),
        (PROVIDER, {"Null": {"gitlab.com:sub": "true"}}),
        ({"Federated": "*"}, {"StringEquals": {"gitlab.com:sub": "project"}}),
        (PROVIDER, {"StringEquals": {"aws:RequestTag/a.b:c": "x"}}),
    ],
)
def test_condition_that_holds_without_the_claim_keeps_nobody_out(
    principal: Any, condition: Any
) -> None:
    found = judged(lets_in(principal, condition))

    assert (found.outsider, found.anyone, found.problems) == (True, True, ())


def test_who_comes_by_a_token_signs_nothing_so_keys_of_the_signer_may_be_absent() -> None:
    condition = {"StringEqualsIfExists": {"aws:PrincipalAccount": OWN}}
    both = lets_in("*", condition) | {"Action": "sts:AssumeRole*"}

    assert judged(both).anyone is True


def test_condition_that_no_call_meets_lets_nobody_in() -> None:
    assert judged(lets_in({"AWS": OTHER}, {"Null": {"aws:PrincipalArn": "true"}})).trusted == ()


def test_known_account_is_no_outsider_and_without_an_account_nobody_is_judged() -> None:
    statement = lets_in({"AWS": [OTHER, OWN]})

    assert judged(statement).outsider is True
    assert judged(statement, known=(OTHER,)).outsider is False
    assert trusts(read_document({"Statement": statement})).outsider is None


def test_limits_are_told() -> None:
    both = {"StringEquals": {"sts:ExternalId": "x"}, "Bool": {"aws:MultiFactorAuthPresent": True}}
    found = judged(lets_in({"AWS": OTHER}, both), lets_in({"AWS": OWN}))

    assert [str(one) for one in found.trusted] == [
        f"statement 1: account arn:aws:iam::{OTHER}:root, "
        "only if aws:multifactorauthpresent is true and sts:externalid is x",
        f"statement 2, limited by nothing: account arn:aws:iam::{OWN}:root",
    ]
    strangers = lets_in("*", {"StringNotEquals": {"aws:PrincipalOrgID": "o-abc1234567"}})
    assert [str(one) for one in judged(strangers).trusted] == [
        "statement 1, limited by nothing: anyone *"
    ]


@pytest.mark.parametrize(
    ("denial", "outsider"),
    [
        (lets_in("*"), False),
        (lets_in({"AWS": OTHER}), False),
        (lets_in({"AWS": OWN}), True),
        (lets_in("*", {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}), None),
        (lets_in("*") | {"Action": "sts:TagSession"}, True),
        ({"NotPrincipal": {"AWS": OTHER}, "Action": "sts:*"}, True),
        ({"NotPrincipal": {"AWS": OWN}, "Action": "sts:*"}, None),
    ],
)
def test_denial_shuts_out_or_leaves_a_doubt(denial: dict[str, Any], outsider: bool | None) -> None:
    found = judged(lets_in({"AWS": OTHER}), denial | {"Effect": "Deny"})

    assert found.outsider is outsider


def test_name_of_a_role_in_any_account_is_no_limit_and_that_of_an_organization_beside_it_is() -> (
    None
):
    any_account = {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/x"}}
    ours = any_account | {"StringEquals": {"aws:PrincipalOrgID": "o-abc1234567"}}
    alone, beside = judged(lets_in("*", any_account)), judged(lets_in("*", ours))

    assert (alone.outsider, alone.anyone) == (True, True)
    assert (beside.outsider, beside.anyone) == (None, False)


NOT_OWN = {"aws:PrincipalAccount": OWN}


@pytest.mark.parametrize(
    ("principal", "condition", "outsider", "anyone"),
    [
        ("*", {"StringNotEquals": NOT_OWN}, False, False),
        ("*", {"StringNotEqualsIfExists": {"aws:PrincipalAccount": [OWN, OTHER]}}, True, False),
        ("*", {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}, None, False),
        ("*", {"StringNotEquals": NOT_OWN, "Bool": {"a": "true"}}, None, None),
        ("*", {"ForAllValues:StringNotEquals": NOT_OWN}, None, None),
        ({"AWS": OTHER}, {"StringNotEquals": NOT_OWN}, False, False),
        ({"AWS": OTHER}, {"StringNotLike": {"aws:PrincipalArn": f"*:{OWN}:*"}}, True, False),
        (PROVIDER, {"StringNotEquals": NOT_OWN}, None, None),
    ],
)
def test_denial_of_all_but_one_account_is_a_condition_like_others(
    principal: Any, condition: Any, outsider: bool | None, anyone: bool | None
) -> None:
    denial = lets_in("*", condition) | {"Effect": "Deny", "Action": "sts:Assume*"}

    found = judged(lets_in(principal), denial)

    assert (found.outsider, found.anyone) == (outsider, anyone)


@pytest.mark.parametrize(
    ("principal", "action"),
    [(PROVIDER, "sts:AssumeRole"), ({"AWS": OTHER}, "sts:AssumeRoleWithWebIdentity")],
)
def test_nobody_comes_in_by_a_call_that_is_not_for_them(principal: Any, action: str) -> None:
    assert judged(lets_in(principal) | {"Action": action}).trusted == ()


def test_denial_of_the_one_way_in_is_enough_where_the_grant_names_all() -> None:
    everything = lets_in({"AWS": OTHER}) | {"Action": "sts:*"}
    denial = lets_in({"AWS": OTHER}) | {"Effect": "Deny"}

    assert judged(everything, denial).trusted == ()


@pytest.mark.parametrize(
    ("value", "anyone"),
    [
        ("organization:acme:project:*:workspace:*:run_phase:*", False),
        ("organization:*:project:p:workspace:w:run_phase:apply", True),
        ("*", True),
    ],
)
def test_organization_of_a_shared_provider_may_have_any_project(value: str, anyone: bool) -> None:
    terraform = "app.terraform.io"
    principal = {"Federated": f"arn:aws:iam::{OWN}:oidc-provider/{terraform}"}

    found = judged(lets_in(principal, {"StringLike": {f"{terraform}:sub": value}}))

    assert found.anyone is anyone


def test_all_but_some_is_anyone_and_other_actions_let_nobody_in() -> None:
    anyone = {"Effect": "Allow", "NotPrincipal": {"AWS": OWN}, "Action": "sts:AssumeRole"}

    assert judged(anyone).anyone is True
    assert judged(lets_in("*") | {"Action": "sts:TagSession"}).trusted == ()
    assert judged(lets_in("*") | {"Action": "STS:assume*"}).anyone is True
