"""A group is made, renamed or deleted: a name for policies, and no identity."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, call, denied, role, user
from trailmend.tries import tries

_MODEL = "botocore iam CreateGroup, UpdateGroup, DeleteGroup"
_GROUPS = "AWS IAM User Guide (archive of June 2023), IAM user groups, read 2026-11-22"
BOB = user("bob")


def _do(event_name: str, by: Principal = BOB, **more: Any) -> dict[str, Any]:
    return call(event_name, by=by, request={"groupName": "staff"}, **more)


_MADE = _do("CreateGroup", at="08:00:00")
_LEFT = _do("DeleteGroup", error="DeleteConflictException")
_DENIED = denied("UpdateGroup", by=BOB, resource="group staff")
_OWN = "COALESCE(target_made_by_actor, FALSE)"

RUNBOOK = Runbook(
    events=(
        "iam.amazonaws.com:CreateGroup",
        "iam.amazonaws.com:DeleteGroup",
        "iam.amazonaws.com:UpdateGroup",
    ),
    family="users and groups",
    tier=2,
    first="Nothing is urgent: see who joined the group and which policies it got or had.",
    information=(
        Claim(
            "A group holds users and policies; it is no principal, and no policy can name it as "
            "one.",
            _GROUPS,
        ),
        Claim(
            "DeleteGroup demands that members and policies are gone before; UpdateGroup changes "
            "name or path, and so the ARN.",
            _MODEL,
        ),
    ),
    impact=(
        Claim(
            "A new group changes nothing; what it is given, and who joins, does. A group that is "
            "renamed keeps members and policies.",
            _GROUPS,
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "Rights are ordered anew.",
            (Fact("Several groups were made or deleted together.", "targets_10m >= 2"),),
            (Fact("The group is one person's alone."),),
        ),
        Explanation(
            "unauthorised",
            "A group with an innocent name gets an administrator's policy, and a user joins it: no "
            "event of that user's policies tells.",
            (Fact("AttachGroupPolicy and AddUserToGroup followed."),),
            (Fact("Nobody joined the group."),),
        ),
    ),
    corrections=(
        Correction(
            "A policy can trust or name a group as its Principal.",
            Claim("It cannot; users of the group have to be named.", _GROUPS),
        ),
    ),
    questions=("Who is in the group, and what may it do? `trailmend history group/NAME`.",),
    false_positives=("Code that keeps groups and their members.",),
    detections={
        "made_by_caller": Detection(
            title="A group was changed or deleted by whoever had made it",
            level="info",
            when=f"event_name <> 'CreateGroup' AND {_OWN}",
            fires=((_MADE, _do("DeleteGroup")), (_MADE, _do("UpdateGroup"))),
            quiet=((_do("DeleteGroup"),), (_MADE, _do("DeleteGroup", role("ci")))),
        ),
        "changed": Detection(
            title="A group was renamed or deleted",
            level="low",
            when=f"event_name <> 'CreateGroup' AND NOT {_OWN}",
            fires=((_do("DeleteGroup"),), (_do("UpdateGroup"),)),
            quiet=((_MADE, _do("DeleteGroup")), (_MADE,)),
        ),
        "made": Detection(
            title="A group was made",
            level="low",
            when="event_name = 'CreateGroup'",
            fires=((_MADE,),),
            quiet=((_do("DeleteGroup"),), (_DENIED,)),
        ),
        **tries("make, rename or delete a group", denied=_DENIED, failed=_LEFT, done=_MADE),
    },
)
