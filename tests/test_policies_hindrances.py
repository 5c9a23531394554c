"""Which denials of an organization's policy stop those who answer an intrusion."""

import json
from typing import Any

import pytest

from tests.telling import found_in, placed
from trailmend.evidence.center import on_organization as done
from trailmend.policies import Hindrance, hindrance, read_document
from trailmend.report.powers import powers

ONE = "arn:aws:iam::*:role/evil"
PEOPLE = "arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/*"


def denial(*actions: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": [*actions], "Resource": "*", **more}


def only(operator: str, key: str, value: str) -> dict[str, Any]:
    return {"Condition": {operator: {key: value}}}


def told(*statements: dict[str, Any]) -> Hindrance:
    text = json.dumps({"Version": "2012-10-17", "Statement": [*statements]})
    return hindrance(read_document(text))


BUT_ONE = only("ArnNotLike", "aws:PrincipalArn", ONE)


@pytest.mark.parametrize(
    ("statement", "hinders"),
    [
        (denial("*"), True),
        (denial("*", **BUT_ONE), True),
        (denial("*", **only("ArnLike", "aws:PrincipalArn", PEOPLE)), True),
        (denial("*", **only("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/*")), True),
        (denial("*", **only("Bool", "aws:ViaAWSService", "false")), True),
        (denial("iam:DeleteAccessKey"), True),
        (denial("iam:*AccessKey", Resource="arn:aws:iam::*:user/*"), True),
        (denial("guardduty:*"), True),
        (denial("cloudtrail:*"), True),
        (denial("access-analyzer:*"), True),
        (denial("guardduty:*", **BUT_ONE), None),
        (denial("iam:*", **BUT_ONE), None),
    ],
)
def test_denial_of_what_responders_need_hinders(
    statement: dict[str, Any], hinders: bool | None
) -> None:
    assert told(statement).hinders is hinders


CHANGES_OF_GUARDDUTY = "Create* Delete* Disassociate* Stop* Update*".split()
_NOT_USED = {"Effect": "Deny", "NotAction": ["iam:*", "sts:*", "s3:*"], "Resource": "*"}
_BUT_ALL = only("ArnNotLike", "aws:PrincipalArn", PEOPLE)
_ELSEWHERE = only("StringNotEquals", "aws:RequestedRegion", "eu-west-1")
_OF_ROOT = only("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:root")


@pytest.mark.parametrize(
    "statement",
    [
        denial("cloudtrail:StopLogging", "cloudtrail:DeleteTrail", "cloudtrail:Update*"),
        denial(*(f"guardduty:{one}" for one in CHANGES_OF_GUARDDUTY)),
        denial("config:StopConfigurationRecorder", "securityhub:Disable*", "access-analyzer:D*"),
        denial("iam:CreateUser", "iam:CreateAccessKey", "organizations:LeaveOrganization"),
        denial("iam:Delete*", "iam:Detach*", Resource="arn:aws:iam::*:role/AWSControlTower*"),
        denial("*", **_OF_ROOT),
        denial("*", **_BUT_ALL),
        denial("guardduty:*", **_ELSEWHERE),
        denial("s3:*"),
        denial("sts:GetCallerIdentity"),
        denial("*", Resource="arn:aws:s3:::logs/*"),
        _NOT_USED,
        denial("*") | {"Effect": "Allow"},
    ],
)
def test_usual_guardrail_hinders_nobody_who_answers_an_intrusion(statement: dict[str, Any]) -> None:
    assert told(statement).hinders is False


def test_each_denial_is_told_with_its_exceptions() -> None:
    rest = denial("s3:*", "ec2:*", Sid="Two", Resource=["arn:a", "arn:b"])

    assert told(denial("*", **BUT_ONE), rest, _NOT_USED) == Hindrance(
        True,
        (
            f"statement 1: denies everything, if aws:principalarn is not like {ONE}",
            "statement 2 (Sid Two): denies s3:*, ec2:* on arn:a, arn:b",
            "statement 3: denies everything but iam:*, sts:*, s3:*",
        ),
    )


def test_text_that_cannot_be_read_is_not_known_to_hinder() -> None:
    assert hindrance(read_document("{")) == Hindrance(None)


@pytest.mark.parametrize("event_name", ["AttachPolicy", "UpdatePolicy"])
def test_finding_on_what_hinders_responders_is_high_and_tells_what_is_denied(
    event_name: str,
) -> None:
    content = json.dumps({"Version": "2012-10-17", "Statement": [denial("guardduty:*")]})
    made = done(
        "CreatePolicy",
        content=content,
        response={"policy": {"policySummary": {"id": "p-guard123"}}},
    )
    request: dict[str, Any] = {"policyId": "p-guard123"} | (
        {"content": content} if event_name == "UpdatePolicy" else {"targetId": "r-ab12"}
    )
    earlier = [made] if event_name == "AttachPolicy" else []
    found = found_in(placed(earlier, done(event_name, **request), []))

    assert found.level == "high"
    assert powers(found)[-2:] == [
        "It denies responders what they need.",
        "statement 1: denies guardduty:*",
    ]
