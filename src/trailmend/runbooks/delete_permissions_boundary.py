"""The permissions boundary of a user or a role is taken away: its policies hold in full."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, denied, role, root, user
from trailmend.evidence.policies import ADMINISTRATOR, READ_ONLY, on
from trailmend.measures import STOP_CALLER
from trailmend.remediations.boundaries import restore_boundary

_MODEL = "botocore iam DeleteUserPermissionsBoundary, DeleteRolePermissionsBoundary"
_GUIDE = "AWS IAM User Guide (archived 2023-06), read 2026-11-28"
_BOUNDARIES = f"{_GUIDE}: Permissions boundaries for IAM entities"

ALICE, BOB, CI = user("alice"), user("bob"), role("ci")


def _free(by: Principal, whom: str, **more: Any) -> dict[str, Any]:
    return on("Delete{}PermissionsBoundary", whom, by=by, **more)


FREED_BOB, FREED_ALICE, FREED_CI = (
    _free(BOB, "user bob"),
    _free(BOB, "user alice"),
    _free(CI, "role ci"),
)
BOUND = on(
    "Put{}PermissionsBoundary",
    "user alice",
    by=ALICE,
    permissionsBoundary=READ_ONLY,
    at="08:30:00",
)
ALICE_ADMINISTRATOR = on(
    "Attach{}Policy", "user alice", by=ALICE, policyArn=ADMINISTRATOR, at="08:00:00"
)
NONE_SET = FREED_ALICE | {"errorCode": "NoSuchEntityException", "errorMessage": "no boundary"}
DENIED = denied("DeleteUserPermissionsBoundary", by=BOB, resource="user alice")
DENIED_OWN = denied("DeleteUserPermissionsBoundary", by=BOB, resource="user bob")

# Null is "not known to be so".  That the caller made the bearer lowers nothing: to make a role
# under a boundary and take it off again is the way around a delegation.
_ROOT = "actor_type = 'Root'"
_ITSELF = "COALESCE(on_itself, FALSE)"
_UNLEASHED = "COALESCE(target_is_admin, FALSE)"

RUNBOOK = Runbook(
    events=(
        "iam.amazonaws.com:DeleteUserPermissionsBoundary",
        "iam.amazonaws.com:DeleteRolePermissionsBoundary",
    ),
    family="permissions",
    first=(
        "Set the boundary again (`before` names it), unless those who keep the guardrails took it "
        "away; if its own bearer did, stop the caller too."
    ),
    information=(
        Claim(
            "The call takes the permissions boundary off one user or role. All that its policies "
            "grant holds from the next request on.",
            _MODEL,
        ),
        Claim(
            "The record names the bearer alone. Which boundary it was stands in the call that set "
            "it, or that made the user or role.",
            "a record of DeleteRolePermissionsBoundary of 2023 in a manual of nuvibit, read "
            "2026-11-28; of a user, the request's shape in botocore",
        ),
        Claim(
            "A refused call names the user or role in its message.",
            "sample: traildiscover DeleteUserPermissionsBoundary, DeleteRolePermissionsBoundary",
        ),
    ),
    impact=(
        Claim(
            "A bearer with wide policies under a narrow boundary, which is how delegation is set "
            "up, becomes as strong as the policies: an administrator where they say so.",
            f"{_MODEL}; {_BOUNDARIES}, delegating responsibility",
        ),
        Claim(
            "Who is fenced in and may take boundaries off has no fence.",
            _BOUNDARIES,
        ),
        Claim(
            "Conditions on iam:PermissionsBoundary elsewhere no longer match this bearer: those "
            "who manage it by delegation are refused.",
            f"{_BOUNDARIES}, delegating responsibility",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A person or a program outgrew the fence, and those who keep it took it down.",
            (Fact("A ticket of those who keep the guardrails names the bearer."),),
            (Fact("The bearer itself made the call.", "on_itself"),),
        ),
        Explanation(
            "unauthorised",
            "An intruder frees what they hold.",
            (
                Fact("The bearer itself made the call.", "on_itself"),
                Fact("The bearer's policies make an administrator.", "target_is_admin"),
                Fact("The caller made the bearer, under the boundary.", "target_made_by_actor"),
            ),
            (Fact("The caller keeps the guardrails of the account."),),
        ),
        Explanation(
            "insider",
            "A developer is tired of refusals and lifts the boundary of their own role.",
            (Fact("The caller took it off itself.", "on_itself"),),
            (Fact("The boundary is set again within the hour."),),
        ),
        Explanation(
            "accident",
            "A stack lost the line that names the boundary, and took it off.",
            (Fact("An AWS service made the call for the caller.", "invoked_by IS NOT NULL"),),
            (Fact("A person's console session made the call.", "COALESCE(console, FALSE)"),),
        ),
        Explanation(
            "automation",
            "A deployment tool changes a role to have none.",
            (Fact("The role's code names no boundary any more."),),
            (Fact("The bearer is a user.", "target_type = 'user'"),),
        ),
    ),
    control_gaps=(
        Claim(
            "Nothing denies iam:DeleteUserPermissionsBoundary and "
            "iam:DeleteRolePermissionsBoundary to those who are bounded. AWS's own example of "
            "delegation does.",
            f"{_BOUNDARIES}, delegating responsibility",
        ),
    ),
    corrections=(
        Correction(
            "Without a boundary the bearer has no rights left.",
            Claim(
                "The other way round: a boundary grants nothing, and without it all policies hold.",
                _MODEL,
            ),
        ),
    ),
    questions=(
        "To the caller (`actor`): on whose word was the boundary taken off?",
        "To those who keep the guardrails: which boundary should `target` have?",
        "To the bearer: what did you do since? See users, roles and keys that it made.",
    ),
    false_positives=(
        "A boundary that was tried on one role and taken back.",
        "A move of all boundaries into service control policies.",
    ),
    not_fixable=(
        Claim(
            "Where neither the log nor anybody tells which boundary it was, choose the one that "
            "its like have: `aws iam list-entities-for-policy --policy-usage-filter "
            "PermissionsBoundary --policy-arn ARN`.",
            "botocore iam ListEntitiesForPolicy (PolicyUsageFilter)",
        ),
        Claim(
            "Look for users and roles that the bearer made meanwhile: they have no boundary, "
            "unless they were made with one.",
            _BOUNDARIES,
        ),
    ),
    detections={
        "by_root": Detection(
            title="Root took a permissions boundary away",
            level="high",
            when=_ROOT,
            techniques=("T1098.003",),
            fixes=(restore_boundary,),
            fires=((_free(root(), "user alice"),),),
            quiet=((FREED_ALICE,),),
        ),
        "on_itself": Detection(
            title="A principal took its own permissions boundary away",
            level="high",
            when=f"NOT {_ROOT} AND {_ITSELF}",
            techniques=("T1098.003",),
            fixes=(restore_boundary, *STOP_CALLER),
            fires=((FREED_BOB,), (FREED_CI,)),
            quiet=((FREED_ALICE,), (_free(role("support", session="bob"), "user bob"),)),
        ),
        "administrator_unleashed": Detection(
            title="The boundary was taken off a user or role whose policies make an administrator",
            level="high",
            when=f"NOT {_ROOT} AND NOT {_ITSELF} AND {_UNLEASHED}",
            techniques=("T1098.003",),
            fixes=(restore_boundary, *STOP_CALLER),
            fires=((ALICE_ADMINISTRATOR, FREED_ALICE), (ALICE_ADMINISTRATOR, BOUND, FREED_ALICE)),
            quiet=((FREED_ALICE,), (ALICE_ADMINISTRATOR, NONE_SET)),
        ),
        "of_another": Detection(
            title="The permissions boundary of somebody else was taken away",
            level="medium",
            when=f"NOT {_ROOT} AND NOT {_ITSELF} AND NOT {_UNLEASHED}",
            techniques=("T1098.003",),
            fixes=(restore_boundary, *STOP_CALLER),
            fires=((FREED_ALICE,), (BOUND, FREED_ALICE), (_free(CI, "role web"),)),
            quiet=((FREED_BOB,), (ALICE_ADMINISTRATOR, FREED_ALICE), (NONE_SET,)),
        ),
        "denied": Detection(
            title="A permissions boundary was to be taken away, and that was denied",
            level="medium",
            when="TRUE",
            outcome="denied",
            techniques=("T1098.003",),
            fixes=STOP_CALLER,
            fires=((DENIED,), (DENIED_OWN,)),
            quiet=((FREED_ALICE,), (NONE_SET,)),
        ),
        "failed": Detection(
            title="No permissions boundary was taken away: the call failed",
            level="low",
            when="TRUE",
            outcome="failed",
            fires=((NONE_SET,),),
            quiet=((DENIED,), (FREED_ALICE,)),
        ),
    },
)
