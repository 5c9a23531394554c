"""A permission set is made, its session is changed, or it is deleted; policies come separately."""

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import denied
from trailmend.evidence.center import PIPELINE, on_set, set_made
from trailmend.tries import tries

_MODEL = "botocore sso-admin CreatePermissionSet, UpdatePermissionSet, DeletePermissionSet"
_ROLES = (
    "AWS IAM Identity Center User Guide, Referencing permission sets in resource policies, Amazon "
    "EKS Cluster config maps, and AWS KMS key policies, read 2026-11-28"
)
MADE = set_made()
LONGER = on_set("UpdatePermissionSet", sessionDuration="PT12H")
DELETED = on_set("DeletePermissionSet")
_IN_USE = on_set("DeletePermissionSet", error="ConflictException")
_DENIED = denied("CreatePermissionSet", by=PIPELINE, source="sso")
_OWN = "COALESCE(target_made_by_actor, FALSE)"

RUNBOOK = Runbook(
    events=(
        "sso.amazonaws.com:CreatePermissionSet",
        "sso.amazonaws.com:UpdatePermissionSet",
        "sso.amazonaws.com:DeletePermissionSet",
    ),
    family="Identity Center",
    first="See which policies the set got or had, and who was assigned to it: the set alone is "
    "an empty name.",
    information=(
        Claim(
            "A permission set is a template of a role; it opens no account before "
            "CreateAccountAssignment.",
            _MODEL,
        ),
        Claim(
            "UpdatePermissionSet changes description, relay state and the length of the sessions, "
            "never policies.",
            "botocore sso-admin UpdatePermissionSetRequest",
        ),
        Claim(
            "The role of a set is called AWSReservedSSO_ with the set's name and a suffix of its "
            "own, in every account that it is assigned in.",
            _ROLES,
        ),
    ),
    impact=(
        Claim(
            "A longer session gives whoever stole one more hours before it ends by itself.",
            "botocore sso-admin UpdatePermissionSetRequest (SessionDuration)",
        ),
        Claim(
            "A deleted set cannot be brought back under its ARN, and the role of one made anew "
            "has another name: policies that name the old role name nobody then.",
            f"botocore sso-admin CreatePermissionSet; {_ROLES}",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "Jobs change, and the sets with them.",
            (Fact("Sets for other jobs were changed in the same week."),),
            (Fact("Nobody of the platform's owners knows the set."),),
        ),
        Explanation(
            "unauthorised",
            "A set with an innocent name is made to carry an administrator's policy.",
            (Fact("AttachManagedPolicyToPermissionSet and CreateAccountAssignment followed."),),
            (Fact("The set got a policy to read only."),),
        ),
        Explanation(
            "insider",
            "An administrator lengthens their own sessions to twelve hours for comfort.",
            (
                Fact(
                    "The sessions last twelve hours now.",
                    'request LIKE \'%"sessionDuration":"PT12H"%\'',
                ),
            ),
            (Fact("The change went through review."),),
        ),
        Explanation(
            "accident",
            "Code is applied to the wrong instance, or replaces a set instead of changing it.",
            (Fact("A set of the same name was deleted and made within minutes."),),
            (Fact("The set has no assignment."),),
        ),
        Explanation(
            "automation",
            "Infrastructure as code keeps the sets.",
            (Fact("The caller had made the set.", "target_made_by_actor"),),
            (Fact("Somebody else had made the set.", "NOT target_made_by_actor"),),
        ),
    ),
    corrections=(
        Correction(
            "A new permission set is an escalation.",
            Claim("It grants nothing until it has policies and an assignment.", _MODEL),
        ),
    ),
    questions=(
        "Which policies does the set have, and in which accounts is it provisioned?",
        "Who keeps the sets, and by which pipeline?",
    ),
    false_positives=("Infrastructure as code.",),
    not_fixable=(
        Claim(
            "A deleted set has to be made again, with policies (`before`) and assignments; it gets "
            "another ARN and other roles.",
            "botocore sso-admin CreatePermissionSet",
        ),
    ),
    detections={
        "made_by_caller": Detection(
            title="A permission set was changed or deleted by whoever had made it",
            level="info",
            when=f"event_name <> 'CreatePermissionSet' AND {_OWN}",
            fires=((MADE, LONGER), (MADE, DELETED)),
            quiet=((LONGER,), (set_made(PIPELINE), DELETED), (MADE,)),
        ),
        "changed": Detection(
            title="A permission set's session or description was changed",
            level="low",
            when=(
                f"event_name NOT IN ('CreatePermissionSet', 'DeletePermissionSet') AND NOT {_OWN}"
            ),
            fires=((LONGER,), (set_made(PIPELINE), LONGER)),
            quiet=((MADE, LONGER), (DELETED,)),
        ),
        "deleted": Detection(
            title="A permission set was deleted",
            level="low",
            when=f"event_name = 'DeletePermissionSet' AND NOT {_OWN}",
            techniques=("T1531",),
            fires=((DELETED,), (set_made(PIPELINE), DELETED)),
            quiet=((MADE, DELETED), (_IN_USE,)),
        ),
        "made": Detection(
            title="A permission set was made",
            level="low",
            when="event_name = 'CreatePermissionSet'",
            fires=((MADE,), (set_made(PIPELINE),)),
            quiet=((LONGER,), (_DENIED,)),
        ),
        **tries(
            "make, change or delete a permission set",
            denied=_DENIED,
            failed=_IN_USE,
            done=MADE,
            level="medium",
        ),
    },
)
