"""Lints of Sigma rules: what a rule says and cannot mean, each with a near miss."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sigma_rules import one_rule, rule_text
from trailmend.sigma.linting import lint

IAM = {"eventSource": "iam.amazonaws.com", "eventName": "CreateAccessKey"}
ANY_USER = "Did you mean userIdentity.userName|fieldref: "


def doubts(condition: str = "a", **searches: Any) -> list[str]:
    rule = one_rule(rule_text("Doubtful", {**searches, "condition": condition}))
    return [fault.reason for fault in lint(rule)]


DOUBTFUL: dict[str, tuple[list[str], list[str]]] = {
    "an ARN and a name": (
        doubts("a and not b", a=IAM, b={"userIdentity.arn|fieldref": "requestParameters.userName"}),
        [
            "can never be true: userIdentity.arn is an ARN and requestParameters.userName a name. "
            f"{ANY_USER}requestParameters.userName?"
        ],
    ),
    "the end of an ARN": (
        doubts(
            "a and not b",
            a=IAM,
            b={"userIdentity.arn|fieldref|endswith": "requestParameters.userName"},
        ),
        [
            "is also true for another user whose name ends so, and for a session of a role: its "
            f"caller chooses the end of userIdentity.arn. {ANY_USER}requestParameters.userName?"
        ],
    ),
    "two names": (
        doubts(
            "a and not b",
            a=IAM,
            b={"userIdentity.userName|fieldref": "requestParameters.userName"},
        ),
        [],
    ),
    "letters that name a field": (
        doubts(
            "a and not b",
            a=IAM,
            b={"userIdentity.arn|contains": "responseElements.accessKey.userName"},
        ),
        [
            "compares with the letters 'responseElements.accessKey.userName', which name a field: "
            f"no record holds them there. {ANY_USER}responseElements.accessKey.userName?"
        ],
    ),
    "a type that is none": (
        doubts(a={**IAM, "userIdentity.type": "IAMUsr"}),
        [
            "can never be true: CloudTrail has no type 'IAMUsr' of identity. Did you mean IAMUser?",
        ],
    ),
    "a type": (doubts(a={**IAM, "userIdentity.type": "iamuser"}), []),
    "a source that is no host": (
        doubts(a={"eventSource": "iam", "eventName": "CreateUser"}),
        ["can never be true: a source is a host. Did you mean iam.amazonaws.com?"],
    ),
    "an action that is none": (
        doubts(a={"eventSource": "iam.amazonaws.com", "eventName": "PutAccountPasswordPolicy"}),
        [
            "AWS lists no action PutAccountPasswordPolicy of IAM. "
            "Did you mean GetAccountPasswordPolicy?"
        ],
    ),
    "a name without its source": (
        doubts(a={"eventName": "DeleteRule"}),
        ["asks for a name of any service: name its eventSource too"],
    ),
    "an error code of success": (
        doubts(a={**IAM, "errorCode": "Success"}),
        ["is true of no call that succeeded: it has no errorCode. Did you mean null?"],
    ),
    "a half of the failed sign-ins": (
        doubts(a={"eventSource": "signin.amazonaws.com", "errorMessage": "Failed authentication"}),
        ["misses sign-ins with an unknown name: 'No username found in supplied account'"],
    ),
    "all of the failed sign-ins": (
        doubts(
            a={
                "eventSource": "signin.amazonaws.com",
                "errorMessage": ["Failed authentication", "No username found in supplied account"],
            }
        ),
        [],
    ),
    "silence for an agent": (
        doubts(
            "a and not 1 of f_*",
            a=IAM,
            f_tool={"userAgent|contains": "terraform"},
            f_both={"userAgent|contains": "aws-cli", "errorCode": "AccessDenied"},
        ),
        ["is silent for whoever sends this userAgent: the caller chooses it"],
    ),
    "an agent that is looked for": (doubts(a={**IAM, "userAgent|contains": "S3 Browser"}), []),
    "two events at once": (
        doubts("a and b", a=IAM, b={"eventName": "DeleteAccessKey"}),
        ["this rule can never be true: its parts exclude each other"],
    ),
    "two patterns at once": (
        doubts("a and b", a=IAM, b={"eventName|startswith": "Create"}),
        [],
    ),
}


@pytest.mark.parametrize("name", DOUBTFUL)
def test_doubt_is_told_and_its_near_miss_is_not(name: str) -> None:
    told, wanted = DOUBTFUL[name]

    assert told == wanted


def test_doubt_has_the_place_of_its_item() -> None:
    rule = one_rule(
        rule_text("x", f"  a: {json.dumps({**IAM, 'errorCode': 'Success'})}\n  condition: a")
    )

    (doubt,) = lint(rule)

    assert (doubt.file, doubt.place.line, doubt.place.column) == ("rules.yml", 4, 75)
