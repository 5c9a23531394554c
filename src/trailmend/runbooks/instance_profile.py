"""An instance profile is made, emptied or deleted: what machines get their role by."""

from typing import Any

from trailmend.catalog import Claim, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, call, denied, role, user
from trailmend.remediations.instance_profiles import put_role_back
from trailmend.tries import tries

_MODEL = "botocore iam CreateInstanceProfile, DeleteInstanceProfile, RemoveRoleFromInstanceProfile"
BOB = user("bob")


def _do(event_name: str, by: Principal = BOB, **more: Any) -> dict[str, Any]:
    return call(event_name, by=by, request={"instanceProfileName": "web"}, **more)


_MADE = _do("CreateInstanceProfile", at="08:00:00")
_TAKEN_OUT = call(
    "RemoveRoleFromInstanceProfile",
    by=BOB,
    request={"instanceProfileName": "web", "roleName": "web"},
)
_LEFT = _do("DeleteInstanceProfile", error="DeleteConflictException")
_DENIED = denied("DeleteInstanceProfile", by=BOB)
_PUT_IN = _TAKEN_OUT | {
    "eventName": "AddRoleToInstanceProfile",
    "eventTime": "2026-03-02T08:30:00Z",
    "eventID": "put-in",
}
_OWN = (
    "(COALESCE(target_made_by_actor, FALSE) OR (event_name = 'RemoveRoleFromInstanceProfile' "
    "AND COALESCE(made_by_actor, FALSE)))"
)

RUNBOOK = Runbook(
    events=(
        "iam.amazonaws.com:CreateInstanceProfile",
        "iam.amazonaws.com:DeleteInstanceProfile",
        "iam.amazonaws.com:RemoveRoleFromInstanceProfile",
    ),
    family="roles",
    tier=2,
    first="If machines fail, put the role back into the profile; else nothing is urgent.",
    information=(
        Claim("A profile is made empty; it is a container for one role and no principal.", _MODEL),
        Claim(
            "It can be deleted when it holds no role; instances that run with it lose the role.",
            f"{_MODEL} (warnings about running instances)",
        ),
    ),
    impact=(
        Claim(
            "Taking the role out, or the profile away, stops the programs on its machines.", _MODEL
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "Machines come and go.",
            (Fact("The caller had made it.", "target_made_by_actor"),),
            (Fact("Machines with the profile run on."),),
        ),
        Explanation(
            "unauthorised",
            "An intruder stops a service, or tidies up after a machine of theirs.",
            (Fact("The machine was started by the same principal within the day."),),
            (Fact("The stack that held it is gone as well."),),
        ),
    ),
    questions=("Which instances have the profile now?",),
    false_positives=("Code that makes a machine makes its profile too.",),
    not_fixable=(
        Claim(
            "No fix makes a deleted profile again: instances that run with it do not get the new "
            "one by its name, each must be given it (aws ec2 "
            "replace-iam-instance-profile-association).",
            "botocore iam DeleteInstanceProfile; botocore ec2 "
            "ReplaceIamInstanceProfileAssociation; AWS IAM User Guide (archive of June 2023), "
            "Troubleshooting IAM and Amazon EC2, read 2026-11-28",
        ),
    ),
    detections={
        "made": Detection(
            title="An instance profile was made",
            level="info",
            when="event_name = 'CreateInstanceProfile'",
            fires=((_MADE,),),
            quiet=((_TAKEN_OUT,), (_DENIED,)),
        ),
        "by_its_maker": Detection(
            title="An instance profile was emptied or deleted by whoever had filled or made it",
            level="info",
            # No fix: of a story it would give machines again what the intruder had given them.
            when=f"event_name <> 'CreateInstanceProfile' AND {_OWN}",
            fires=((_MADE, _do("DeleteInstanceProfile")), (_PUT_IN, _TAKEN_OUT)),
            quiet=((_do("DeleteInstanceProfile"),), (_MADE,), (_TAKEN_OUT,)),
        ),
        "taken_away": Detection(
            title="An instance profile was emptied or deleted",
            level="low",
            when=f"event_name <> 'CreateInstanceProfile' AND NOT {_OWN}",
            techniques=("T1531",),
            fixes=(put_role_back,),
            fires=((_TAKEN_OUT,), (_MADE, _do("DeleteInstanceProfile", role("ci")))),
            quiet=((_MADE, _do("DeleteInstanceProfile")), (_PUT_IN, _TAKEN_OUT), (_LEFT,)),
        ),
        **tries("change an instance profile", denied=_DENIED, failed=_LEFT, done=_MADE),
    },
)
