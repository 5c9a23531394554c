"""The trail is blinded, and the same principal changes identities within a day."""

from datetime import timedelta
from typing import Any

from trailmend.catalog import Chain, Claim, Explanation, Fact, Step
from trailmend.evidence import Principal, call, role, user
from trailmend.measures import STOP_CALLER
from trailmend.remediations.trails import repair_trail

BOB, CAROL = user("bob"), user("carol")
_ARN = "arn:aws:iam::aws:policy/AdministratorAccess"
_CHANGES = (
    "AddUserToGroup AttachGroupPolicy AttachRolePolicy AttachUserPolicy CreateAccessKey "
    "CreateLoginProfile CreatePolicyVersion CreateRole CreateUser DeactivateMFADevice "
    "DeleteAccountPasswordPolicy DeleteLoginProfile DeleteRolePermissionsBoundary "
    "DeleteUserPermissionsBoundary DetachUserPolicy EnableMFADevice PutGroupPolicy PutRolePolicy "
    "PutUserPolicy SetDefaultPolicyVersion UpdateAccessKey UpdateAssumeRolePolicy "
    "UpdateLoginProfile UploadSSHPublicKey"
).split()


def _blind(event_name: str = "StopLogging", by: Principal = BOB, **more: Any) -> dict[str, Any]:
    request = {"name": "main"} | more.pop("sent", {})
    told = {"source": "cloudtrail", "request": request, "at": "09:00:00"} | more
    return call(event_name, by=by, **told)


def _change(event_name: str = "CreateAccessKey", by: Principal = BOB, **more: Any) -> Any:
    request = {"userName": "eve", "policyArn": _ARN}
    return call(event_name, by=by, request=request, **({"at": "09:30:00"} | more))


_WHOLE = _blind("CreateTrail", CAROL, at="08:00:00", sent={"isMultiRegionTrail": True})
_LESS = _blind("UpdateTrail", sent={"isMultiRegionTrail": False})
_MOVED = _blind("UpdateTrail", sent={"s3BucketName": "elsewhere"})
_ENCRYPTED = _blind("UpdateTrail", sent={"kmsKeyId": "alias/audit"})
_SELECTORS = _blind("PutEventSelectors", sent={"trailName": "main", "eventSelectors": []})
_NO_MANAGEMENT = _blind(
    "PutEventSelectors",
    sent={
        "trailName": "main",
        "eventSelectors": [{"readWriteType": "All", "includeManagementEvents": False}],
    },
)
# Another bucket takes the files out of sight; another key or topic only may.
_PERHAPS_MOVED = (
    "(event_name = 'UpdateTrail' AND weakens IS NULL "
    """AND COALESCE(request, '') LIKE '%"s3BucketName"%')"""
)

CHAIN = Chain(
    title="Whoever blinded the trail, or may have, changed identities within a day",
    level="high",
    steps=(
        Step(
            events=(
                "cloudtrail.amazonaws.com:StopLogging",
                "cloudtrail.amazonaws.com:DeleteTrail",
                "cloudtrail.amazonaws.com:UpdateTrail",
                "cloudtrail.amazonaws.com:PutEventSelectors",
            ),
            when=f"(event_name IN ('StopLogging', 'DeleteTrail') OR COALESCE(weakens, FALSE) "
            f"OR {_PERHAPS_MOVED}) AND NOT COALESCE(target_made_by_actor, FALSE)",
            by=("actor_id",),
        ),
        Step(
            events=tuple(f"iam.amazonaws.com:{name}" for name in _CHANGES),
            by=("actor_id",),
        ),
    ),
    joined=("the principal",),
    within=timedelta(days=1),
    techniques=("T1562.008", "T1098"),
    fixes=(repair_trail, *STOP_CALLER),
    impact=(
        Claim(
            "What the trail's bucket holds of the hours between is not whole: the event history "
            "of 90 days still is, for management events.",
            "AWS CloudTrail User Guide (archive of June 2023), Viewing events with CloudTrail "
            "event history, read 2026-11-28",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "An account is taken down, or its trail is moved to the organization's.",
            (Fact("The account is marked to be closed."),),
            (Fact("The principal had not called this before.", "first_action"),),
        ),
        Explanation(
            "unauthorised",
            "An intruder turns the light off before the next step.",
            (Fact("The changes made users, keys or administrators that nobody ordered."),),
            (Fact("StartLogging by the same principal came before the changes."),),
        ),
        Explanation(
            "automation",
            "A stack with a trail and users in it is deleted or made anew.",
            (
                Fact(
                    "{same_action_10m} calls like this within ten minutes.",
                    "same_action_10m >= 2",
                ),
            ),
            (Fact("One trail and one user alone were touched."),),
        ),
    ),
    fires=(
        (_blind(), _change()),
        (_blind("DeleteTrail"), _change("AttachUserPolicy")),
        (_WHOLE, _LESS, _change("CreateUser")),
        (_MOVED, _change()),
        (_NO_MANAGEMENT, _change()),
    ),
    quiet=(
        (_blind("CreateTrail", at="08:00:00"), _blind(), _change()),
        (_blind(), _change(by=CAROL)),
        (_change(at="08:30:00"), _blind()),
        (_blind(error="AccessDenied"), _change()),
        (_blind(), _change("GetUser")),
        (_WHOLE, _blind("UpdateTrail", sent={"isMultiRegionTrail": True}), _change()),
        (_blind(by=role("ops")), _change()),
        (_ENCRYPTED, _change()),
        (_SELECTORS, _change()),
        (_blind("CreateTrail", at="08:00:00"), _NO_MANAGEMENT, _change()),
    ),
)
