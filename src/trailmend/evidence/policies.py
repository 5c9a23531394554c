"""Records of permissions for the evidence of the catalog: policies, who bears them, boundaries."""

from __future__ import annotations

import json
from typing import Any

from trailmend.evidence import ACCOUNT, Principal, call

OF_AWS = "arn:aws:iam::aws:policy/"
ADMINISTRATOR = f"{OF_AWS}AdministratorAccess"
READ_ONLY = f"{OF_AWS}ReadOnlyAccess"
DENY_ALL = f"{OF_AWS}AWSDenyAll"
OWN = f"arn:aws:iam::{ACCOUNT}:policy/own"
"""A policy of the account itself: what it says stands in no record that only names it."""


def statement(effect: str, *actions: str, **more: Any) -> dict[str, Any]:
    """Make one statement of a policy, on all resources."""
    return {"Effect": effect, "Action": list(actions), "Resource": "*", **more}


def document(*statements: dict[str, Any]) -> str:
    """Write a policy as it stands in a record."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


_DENIES_IAM = statement("Deny", "iam:*")
ALL = document(statement("Allow", "*"))
READING = document(statement("Allow", "s3:GetObject"))
WRITING = document(statement("Allow", "s3:GetObject", "s3:PutObject"))
DENIAL = document(_DENIES_IAM)
UNCLEAR = document(
    statement("Allow", "*", Condition={"StringEquals": {"aws:PrincipalTag/team": "core"}})
)
"""Everything, under a condition that the document alone does not decide."""
PERHAPS = document(statement("Allow", "ssm:SendCommand"))
"""What leads to an administrator if an instance of the account has such a role."""
GUARDED = document(statement("Allow", "s3:GetObject"), _DENIES_IAM)


def on(
    operation: str, whom: str, *, by: Principal, at: str = "09:00:00", **request: Any
) -> dict[str, Any]:
    """Make the record of a call on `user NAME`, `group NAME` or `role NAME`.

    `operation` leaves the noun open: `Attach{}Policy`.
    """
    kind, _, name = whom.partition(" ")
    named = {f"{kind}Name": name, **request}
    return call(operation.format(kind.title()), by=by, request=named, at=at)


def policy_made(text: str, *, by: Principal, at: str = "08:00:00") -> dict[str, Any]:
    """Make the record of a policy that is made; its ARN is `OWN`."""
    request = {"policyName": "own", "policyDocument": text}
    answer = {"policyName": "own", "arn": OWN, "defaultVersionId": "v1"}
    return call("CreatePolicy", by=by, request=request, response={"policy": answer}, at=at)


def version_made(
    text: str, *, by: Principal, number: int = 2, default: bool = True, at: str = "09:00:00"
) -> dict[str, Any]:
    """Make the record of a new version of `OWN`."""
    request = {"policyArn": OWN, "policyDocument": text, "setAsDefault": default}
    answer = {"versionId": f"v{number}", "isDefaultVersion": default}
    response = {"policyVersion": answer}
    return call("CreatePolicyVersion", by=by, request=request, response=response, at=at)


def on_policy(
    operation: str, *, by: Principal, at: str = "09:00:00", **request: Any
) -> dict[str, Any]:
    """Make the record of a call on the policy `OWN`."""
    return call(operation, by=by, request={"policyArn": OWN, **request}, at=at)
