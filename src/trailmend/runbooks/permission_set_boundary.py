"""The permissions boundary of a permission set is put, replaced or taken away."""

from typing import Any

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import denied
from trailmend.evidence.center import ADMINISTRATOR, ANNA, PIPELINE, READ_ONLY, on_set, set_made
from trailmend.measures import STOP_CALLER
from trailmend.remediations.permission_sets import restore_boundary_of_set
from trailmend.tries import tries

_PUT = "botocore sso-admin PutPermissionsBoundaryToPermissionSet"
_DELETE = "botocore sso-admin DeletePermissionsBoundaryFromPermissionSet"


def _bind(arn: str, at: str = "08:30:00") -> dict[str, Any]:
    return on_set(
        "PutPermissionsBoundaryToPermissionSet",
        permissionsBoundary={"managedPolicyArn": arn},
        at=at,
    )


_BY_NAME = on_set(
    "PutPermissionsBoundaryToPermissionSet",
    permissionsBoundary={"customerManagedPolicyReference": {"name": "bounds", "path": "/"}},
)
FREED = on_set("DeletePermissionsBoundaryFromPermissionSet")
_NONE = on_set("DeletePermissionsBoundaryFromPermissionSet", error="ResourceNotFoundException")
_DENIED = denied("DeletePermissionsBoundaryFromPermissionSet", by=PIPELINE, source="sso")
_GONE = "event_name = 'DeletePermissionsBoundaryFromPermissionSet'"
_OWN = "COALESCE(target_made_by_actor, FALSE)"
_OPEN = "COALESCE(grants_admin, FALSE)"
_ADMIN = "COALESCE(target_is_admin, FALSE)"
_GIVEN = on_set("AttachManagedPolicyToPermissionSet", managedPolicyArn=ADMINISTRATOR, at="08:10:00")

RUNBOOK = Runbook(
    events=(
        "sso.amazonaws.com:PutPermissionsBoundaryToPermissionSet",
        "sso.amazonaws.com:DeletePermissionsBoundaryFromPermissionSet",
    ),
    family="Identity Center",
    first="If the boundary is gone or wide open, put it back (`before` names it) and provision.",
    information=(
        Claim(
            "A boundary of a set is one AWS managed policy, or the name of a customer managed one "
            "that must exist in every account of the set.",
            "botocore sso-admin PermissionsBoundary",
        ),
        Claim(
            "A set has one boundary; Put replaces it and the record holds the new one alone.",
            _PUT,
        ),
    ),
    impact=(
        Claim(
            "Without it the set's policies hold in full in every account, once provisioned.",
            _DELETE,
        ),
        Claim(
            "A boundary caps what delegated administrators can give by their sets; to take it off "
            "is to break out of that delegation.",
            "AWS IAM User Guide (archive of June 2023), Permissions boundaries for IAM entities "
            "(delegating responsibility to others), read 2026-11-28",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "The platform's owners replace the boundary by a better one.",
            (Fact("Put of another boundary followed."),),
            (Fact("No boundary is set now.", _GONE),),
        ),
        Explanation(
            "unauthorised",
            "Somebody who may edit sets, and is meant to stay in bounds, lifts the bound.",
            (Fact("The set makes administrators where nothing bounds it.", "target_is_admin"),),
            (Fact("The caller is one of those who keep the boundaries."),),
        ),
        Explanation(
            "insider",
            "A team's lead wants a refused call to work.",
            (
                Fact(
                    "Calls refused to the caller before: {denied_before}.",
                    "denied_before >= 1",
                ),
            ),
            (Fact("Nobody of the team has the set."),),
        ),
        Explanation(
            "accident",
            "The boundary's block was dropped from the code.",
            (Fact("Other changes of the set stand beside it."),),
            (Fact("A person called from the console.", "COALESCE(console, FALSE)"),),
        ),
        Explanation(
            "automation",
            "A set is made and bounded by one run.",
            (Fact("The run that bounds the set had made it.", "target_made_by_actor"),),
            (Fact("Somebody else had made the set.", "NOT target_made_by_actor"),),
        ),
    ),
    corrections=(
        Correction(
            "A boundary grants what it lists.",
            Claim(
                "It grants nothing; it limits what the set's policies grant.",
                "AWS IAM User Guide (archive of June 2023), Permissions boundaries for IAM "
                "entities, read 2026-11-28",
            ),
        ),
    ),
    questions=(
        "Who is meant to keep the boundaries, and is the caller among them?",
        "What do the set's policies grant without it, and to whom?",
    ),
    false_positives=("Boundaries that are renamed in all accounts together.",),
    console=(
        Console(
            "Bound the set again",
            (
                "Open IAM Identity Center in the account that administers it, Permission sets, the "
                "set, Permissions boundary.",
                "Choose the policy that `before` names, save, then provision the accounts.",
                "No guide that was read shows this page of the console, and no live console was "
                "looked at. By CLI: aws sso-admin put-permissions-boundary-to-permission-set "
                "--instance-arn INSTANCE --permission-set-arn SET --permissions-boundary "
                "ManagedPolicyArn=ARN.",
            ),
            f"{_PUT}; botocore sso-admin ProvisionPermissionSet",
            "2026-11-28",
        ),
    ),
    not_fixable=(
        Claim(
            "Where the log does not show the boundary that stood before, no one can tell which to "
            "put back.",
            "botocore sso-admin DeletePermissionsBoundaryFromPermissionSetRequest",
        ),
    ),
    detections={
        "administrator_freed": Detection(
            title="A permission set that makes administrators lost its boundary",
            level="high",
            when=f"{_GONE} AND {_ADMIN}",
            techniques=("T1098.003", "T1562"),
            fixes=(restore_boundary_of_set, *STOP_CALLER),
            fires=((set_made(), _GIVEN, _bind(READ_ONLY), FREED), (_GIVEN, FREED)),
            quiet=((FREED,), (_GIVEN, _bind(READ_ONLY)), (_GIVEN, _NONE)),
        ),
        "freed": Detection(
            title="A permission set lost its boundary",
            level="medium",
            when=f"{_GONE} AND NOT {_ADMIN} AND NOT {_OWN}",
            techniques=("T1562",),
            fixes=(restore_boundary_of_set, *STOP_CALLER),
            fires=((FREED,), (set_made(PIPELINE), FREED)),
            quiet=((set_made(ANNA), FREED), (_GIVEN, FREED), (_NONE,)),
        ),
        "freed_by_maker": Detection(
            title="A permission set lost its boundary to whoever had made it",
            level="low",
            when=f"{_GONE} AND NOT {_ADMIN} AND {_OWN}",
            fixes=(restore_boundary_of_set,),
            fires=((set_made(), FREED),),
            quiet=((FREED,), (set_made(PIPELINE), FREED)),
        ),
        "bounds_nothing": Detection(
            title="A permission set got a boundary that lets everything through",
            level="medium",
            when=f"NOT {_GONE} AND {_OPEN}",
            techniques=("T1562",),
            fixes=(restore_boundary_of_set, *STOP_CALLER),
            fires=((_bind(ADMINISTRATOR),), (_bind(READ_ONLY), _bind(ADMINISTRATOR, "09:00:00"))),
            quiet=((_bind(READ_ONLY),), (_BY_NAME,), (FREED,)),
        ),
        "bound": Detection(
            title="A permission set got a boundary",
            level="low",
            when=f"NOT {_GONE} AND NOT {_OPEN}",
            fires=((_bind(READ_ONLY),), (_BY_NAME,)),
            quiet=((_bind(ADMINISTRATOR),), (FREED,), (_DENIED,)),
        ),
        **tries(
            "change the boundary of a permission set",
            denied=_DENIED,
            failed=_NONE,
            done=FREED,
            level="medium",
            techniques=("T1562",),
        ),
    },
)
