"""Conditions that are the same for every call, and roads by which a role is passed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.test_policies_grants import allow, deny, judged


@pytest.mark.parametrize(
    ("condition", "admin"),
    [
        ({"Bool": {"aws:SecureTransport": "true"}}, True),
        ({"Bool": {"aws:SecureTransport": "false"}}, None),
        ({"StringLike": {"aws:PrincipalArn": "*"}}, True),
        ({"StringNotLike": {"aws:PrincipalArn": "*"}}, False),
        ({"Null": {"aws:PrincipalArn": "false"}}, True),
        ({"Null": {"aws:userid": "true"}}, False),
        ({"Null": {"aws:MultiFactorAuthAge": "false"}}, None),
        ({"IpAddress": {"aws:SourceIp": ["0.0.0.0/0", "::/0"]}}, True),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}, True),
        ({"StringEqualsIfExists": {"aws:RequestTag/team": "core"}}, True),
        ({"StringEquals": {"aws:RequestTag/team": "core"}}, None),
        ({"ForAllValues:StringSorted": {"aws:TagKeys": ["team"]}}, None),
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, None),
        ({"NotIpAddress": {"aws:SourceIp": "0.0.0.0/0"}}, None),
        ({"StringLike": {"aws:PrincipalTag/team": "*"}}, None),
        (
            {"Bool": {"aws:SecureTransport": "true"}, "StringLike": {"aws:PrincipalTag/a": "*"}},
            None,
        ),
    ],
)
def test_condition_that_is_the_same_for_every_call_is_decided(
    condition: dict[str, Any], admin: bool | None
) -> None:
    assert judged(allow("*", Condition=condition)).admin is admin


@pytest.mark.parametrize(
    ("condition", "admin"),
    [
        ({"StringLike": {"aws:PrincipalArn": "*"}}, False),
        ({"Null": {"aws:PrincipalArn": "true"}}, True),
        ({"Bool": {"aws:SecureTransport": "false"}}, True),
        ({"Bool": {"aws:SecureTransport": "true"}}, None),
        ({"NotIpAddress": {"aws:SourceIp": "0.0.0.0/0"}}, True),
        ({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}, None),
    ],
)
def test_denial_that_the_caller_can_keep_out_of_denies_nothing(
    condition: dict[str, Any], admin: bool | None
) -> None:
    assert judged(allow("*"), deny("*", Condition=condition)).admin is admin


@pytest.mark.parametrize(
    ("actions", "admin"),
    [
        (["iam:PassRole", "ecs:RegisterTaskDefinition", "ecs:UpdateService"], None),
        (["iam:PassRole", "emr-serverless:CreateApplication", "emr-serverless:StartJobRun"], True),
        (["iam:PassRole", "lambda:UpdateFunctionConfiguration"], None),
        (["iam:PassRole", "codepipeline:*"], None),
        (["iam:PassRole", "apigateway:*"], None),
        (["iam:PassRole", "airflow:*"], None),
        (["iam:PassRole", "synthetics:*"], None),
        (["iam:PassRole", "imagebuilder:*"], None),
        (["ecs:ExecuteCommand"], None),
        (["cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"], None),
        (["lambda:UpdateFunctionConfiguration"], None),
        (["states:UpdateStateMachine"], None),
        (["codebuild:UpdateProject"], None),
        (["eks:CreateAccessEntry", "eks:AssociateAccessPolicy"], None),
        (["rolesanywhere:CreateTrustAnchor"], None),
        (["iam:DeleteSAMLProvider", "iam:CreateSAMLProvider"], None),
        (["iam:CreateSAMLProvider"], False),
        (["iam:PassRole", "s3:GetObject"], False),
    ],
)
def test_role_that_may_be_passed_to_what_the_caller_makes_work_is_a_road(
    actions: list[str], admin: bool | None
) -> None:
    assert judged(allow(actions)).admin is admin
