"""A role that may be passed to a service of which only its requests tell that it takes one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.test_policies_grants import allow, deny, judged, passed_to
from trailmend.policies.passing import passing_actions, passing_roads
from trailmend.policies.roads import ROADS

BUILDER = "arn:aws:iam::111122223333:role/builder"
PASS = allow("iam:PassRole")


@pytest.mark.parametrize(
    "action",
    """
    mediaconvert:CreateJob iot:CreateTopicRule iot:CreateRoleAlias appsync:CreateDataSource
    events:PutTargets eks:CreatePodIdentityAssociation gamelift:CreateFleet budgets:*
    cognito-identity:SetIdentityPoolRoles rolesanywhere:CreateProfile config:Put* fis:Create*
    lambda:CreateFunction ecs:RunTask iam:AddRoleToInstanceProfile apigateway:PUT
    """.split(),
)
def test_role_passed_to_any_service_that_takes_one_is_not_known(action: str) -> None:
    named = {"Effect": "Allow", "Action": [action, "iam:PassRole"], "Resource": [BUILDER, "*"]}

    assert judged(PASS, allow(action)).admin is None
    assert judged(named).admin is None
    assert judged(allow("iam:PassRole", BUILDER), allow(action)).admin is None
    assert judged(allow(action)).admin is False


@pytest.mark.parametrize(
    "statements",
    [
        [PASS],
        [PASS, allow("mediaconvert:GetJob")],
        [PASS, allow(["s3:*", "sns:*", "logs:*", "dynamodb:*", "cloudwatch:*", "kms:*"])],
        [PASS, allow("mediaconvert:*"), deny("iam:PassRole")],
        [PASS, allow("mediaconvert:*"), deny("mediaconvert:Create*")],
        [allow("iam:PassRole", "arn:aws:iam::*:user/*"), allow("mediaconvert:*")],
        [allow("iam:PassRole", **passed_to("ec2")), allow("lambda:CreateFunction")],
        [allow("iam:PassRole", **passed_to("lambda")), allow("ec2:RunInstances")],
    ],
)
def test_role_that_no_action_takes_or_none_may_take_leads_nowhere(
    statements: list[dict[str, Any]],
) -> None:
    assert judged(*statements).admin is False


def test_road_of_the_table_that_surely_leads_there_is_not_told_once_more_in_doubt() -> None:
    found = judged(allow(["iam:PassRole", "ec2:RunInstances", "iot:*", "events:*"])).findings

    assert [one.road for one in found] == ["iam:PassRole ec2:RunInstances"]


def test_each_service_is_told_once() -> None:
    found = judged(allow(["iam:PassRole", "iot:CreateRoleAlias", "iot:CreateJob", "fis:*"]))

    assert [one.sentence for one in found.findings] == [
        f"statement 1: iam:PassRole on * with {action}: as far as it takes a role of the account "
        "that leads there"
        for action in ("fis:CreateExperimentTemplate", "iot:CreateJob")
    ]


def test_actions_that_take_a_role_are_those_of_many_services_and_no_road_stands_twice() -> None:
    single = {road.needs[1].key for road in ROADS if len(road.needs) == 2}

    assert len(passing_roads()) > 100
    assert len(passing_actions()) > 500
    assert not passing_actions() & {key for key in single if key.startswith("ec2:")}
