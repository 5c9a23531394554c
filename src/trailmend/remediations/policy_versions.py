"""Versions of a policy that lie ready: one that is not in force is deleted."""

from __future__ import annotations

import json
from typing import Any

from trailmend.calls import call, change, read
from trailmend.errors import CannotFix
from trailmend.plan import Example, Facts, Steps, Target, remediation
from trailmend.remediations.policies import (
    made_by_the_event,
    policy_arn,
    the_policy,
    version_document,
)

_ARN = "arn:aws:iam::111122223333:policy/own"
_DATE, _EVENT_TIME = "2025-01-01T00:00:00Z", "2026-03-02T09:00:00Z"
_ALL = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
_FACTS = Facts(
    account_id="111122223333",
    finding_id="c5a7e9f1b3d50248",
    event_id="4d2f1a52-6a3e-4a44-8f0e-2f6a7c1b9d03",
    event_name="CreatePolicyVersion",
    event_time=_EVENT_TIME,
    object_type="policy",
    object_id=_ARN,
    target=Target("policy", _ARN, "us-east-1"),
    after={
        "version_id_not_in_force": "v2",
        "policy_document_of_a_version_not_in_force": json.dumps(_ALL),
    },
)
_VERSIONS = [
    {"id": "v1", "created": _DATE, "default": True},
    {"id": "v2", "created": _EVENT_TIME, "default": False},
]


@remediation(
    title="Delete the version that lies ready",
    breaks="Nobody loses anything: the version is not in force. It cannot be set as the default.",
    example=Example(
        facts=_FACTS,
        reads=(
            (call("iam.get_policy", PolicyArn=_ARN), {"version": "v1", "created": _DATE}),
            (call("iam.list_policy_versions", PolicyArn=_ARN), _VERSIONS),
            (call("iam.get_policy_version", PolicyArn=_ARN, VersionId="v2"), _ALL),
        ),
        changes=(call("iam.delete_policy_version", PolicyArn=_ARN, VersionId="v2"),),
    ),
    stage="remove",
    needs="finding",
    events=("CreatePolicyVersion",),
)
def delete_ready_version(facts: Facts) -> Steps:
    """Delete the version that the event made, while it is not in force.

    There is no undo: written again it would be a version of another number and date.  As evidence
    its document stays in the plan.  A version that is gone needs nothing; one that is in force is
    no longer this finding's: set the former one by policies.restore_default_version.
    """
    arn = policy_arn(facts)
    yield from the_policy(arn, facts)
    told: dict[str, Any] = facts.after if isinstance(facts.after, dict) else {}
    number = told.get("version_id_not_in_force")
    if not isinstance(number, str):
        raise CannotFix(
            "The record does not tell which version was made: read those of the policy "
            "(aws iam list-policy-versions), and delete the wrong one by hand."
        )
    versions = yield read(
        "iam.list_policy_versions",
        PolicyArn=arn,
        pick="Versions[].{id: VersionId, created: CreateDate, default: IsDefaultVersion}",
    )
    found = next((one for one in versions or () if one["id"] == number), None)
    if found is None:
        return
    if found["default"]:
        raise CannotFix(
            f"Version {number} of {arn} is in force by now: the finding on SetDefaultPolicyVersion "
            "has a fix that sets the former one again (policies.restore_default_version)."
        )
    if not made_by_the_event(facts, found):
        raise CannotFix(
            f"Version {number} of {arn} was made at {found['created']}, and the event was at "
            f"{facts.event_time}: it is another version. Read it, and delete it by hand."
        )
    yield from version_document(arn, number)
    yield change(
        "iam.delete_policy_version",
        PolicyArn=arn,
        VersionId=number,
        undo=None,
        irreversible=f"Version {number} of {arn} cannot come back under its number: its document, "
        "which the plan keeps, can be written as another version.",
        note=f"Policy {arn}: version {number} lies ready → deleted",
    )
