"""A permissions boundary is set on a user or a role: the most that its policies can grant."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, denied, role, root, user
from trailmend.evidence.policies import (
    ADMINISTRATOR,
    DENY_ALL,
    GUARDED,
    OWN,
    READ_ONLY,
    UNCLEAR,
    on,
    policy_made,
)
from trailmend.measures import STOP_CALLER
from trailmend.remediations.boundaries import remove_boundary, restore_boundary
from trailmend.runbooks.create_policy import ALL_PERHAPS

_MODEL = "botocore iam PutUserPermissionsBoundary, PutRolePermissionsBoundary"
_GUIDE = "AWS IAM User Guide (archived 2023-06), read 2026-11-28"
_BOUNDARIES = f"{_GUIDE}: Permissions boundaries for IAM entities"

ALICE, BOB, CI = user("alice"), user("bob"), role("ci")


def _bound(by: Principal, whom: str, arn: str = ADMINISTRATOR, **more: Any) -> dict[str, Any]:
    return on("Put{}PermissionsBoundary", whom, by=by, permissionsBoundary=arn, **more)


OPEN_BOB, OPEN_ALICE = _bound(BOB, "user bob"), _bound(BOB, "user alice")
OPEN_CI = _bound(CI, "role ci")
TIGHT_ALICE, TIGHT_BOB = _bound(BOB, "user alice", READ_ONLY), _bound(BOB, "user bob", READ_ONLY)
FORMER = _bound(ALICE, "user alice", READ_ONLY, at="08:30:00")
NEW_USER = on("Create{}", "user alice", by=BOB, at="08:00:00")
ALICE_ADMINISTRATOR = on(
    "Attach{}Policy", "user alice", by=ALICE, policyArn=ADMINISTRATOR, at="08:00:00"
)
NOT_FOUND = OPEN_ALICE | {"errorCode": "NoSuchEntityException", "errorMessage": "not found"}
DENIED = denied("PutUserPermissionsBoundary", by=BOB, resource="user alice")

# A boundary is open if it lets an administrator through and denies nothing that is known; one that
# the log does not show is not known to be open.  What stood before is null where the log does not
# show it: then an open one is medium, because there may have been none.
_ROOT = "actor_type = 'Root'"
_OPEN = "COALESCE(grants_admin, FALSE) AND NOT COALESCE(denies, FALSE)"
_ITSELF = "COALESCE(on_itself, FALSE)"
_LOCKS = "COALESCE(target_is_admin, FALSE) AND NOT COALESCE(target_made_by_actor, FALSE)"
_NARROW = f"NOT {_ROOT} AND NOT ({_OPEN})"
_UNCLEAR = (
    f"{ALL_PERHAPS} AND NOT COALESCE(denies, FALSE) AND NOT COALESCE(target_made_by_actor, FALSE)"
)

RUNBOOK = Runbook(
    events=(
        "iam.amazonaws.com:PutUserPermissionsBoundary",
        "iam.amazonaws.com:PutRolePermissionsBoundary",
    ),
    family="permissions",
    first=(
        "Compare the boundary with the one before (`before`).  A wider one on its own bearer is an "
        "escape: set the former again, and stop the caller."
    ),
    information=(
        Claim(
            "The call makes a managed policy the permissions boundary of a user or a role, in the "
            "place of the one that was. The boundary grants nothing: it is the most that the "
            "policies of its bearer can grant.",
            _MODEL,
        ),
        Claim(
            "The record names the bearer and the ARN of the boundary, not the former one.",
            "unchecked: no published sample of a call that succeeded; after the request's shape "
            "in botocore",
        ),
        Claim(
            "Groups have none, and service-linked roles cannot be given one.",
            f"{_BOUNDARIES}; botocore iam PutRolePermissionsBoundary",
        ),
        Claim(
            "Within an account a resource's policy that names the user or role session can grant "
            "past the boundary.",
            _BOUNDARIES,
        ),
    ),
    impact=(
        Claim(
            "A boundary that allows everything bounds nothing: put in the place of a narrow one, "
            "it frees all that the bearer's policies grant.",
            _BOUNDARIES,
        ),
        Claim(
            "A narrow boundary on an administrator takes the administration away, without any "
            "change of the policies that everybody looks at.",
            _BOUNDARIES,
        ),
        Claim(
            "Where developers may make roles only under a boundary, a wider one breaks the fence "
            "around all that they make.",
            f"{_BOUNDARIES}, delegating responsibility",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "Users or roles are fenced in, or a boundary gives way to a better one.",
            (
                Fact("The boundary is known to let no administrator through.", "NOT grants_admin"),
                Fact("Many bearers get the same boundary in a short time.", "targets_10m >= 3"),
            ),
            (Fact("The bearer itself made the call.", "on_itself"),),
        ),
        Explanation(
            "unauthorised",
            "An intruder swaps the boundary of what they hold for one that bounds nothing.",
            (
                Fact("The bearer itself made the call.", "on_itself"),
                Fact("The boundary lets everything through: {grants}", "grants_admin"),
                Fact("There was another boundary before.", "before IS NOT NULL"),
            ),
            (Fact("The bearer has no policy that grants more than the boundary of before."),),
        ),
        Explanation(
            "insider",
            "A colleague widens their own fence, or fences a rival in.",
            (
                Fact("A user made the call on itself.", "on_itself AND actor_type = 'IAMUser'"),
                Fact("The bearer was an administrator.", "target_is_admin"),
            ),
            (Fact("The change stands in a ticket of those who keep the guardrails."),),
        ),
        Explanation(
            "accident",
            "The boundary was taken for a way to grant rights.",
            (Fact("The ARN is of a policy that grants, as AdministratorAccess.", "grants_admin"),),
            (Fact("The bearer had no boundary, and its rights did not change."),),
        ),
        Explanation(
            "automation",
            "A stack sets the boundary of the roles that it makes.",
            (Fact("The caller made this user or role.", "target_made_by_actor"),),
            (Fact("The bearer was made long ago, by somebody else."),),
        ),
    ),
    control_gaps=(
        Claim(
            "iam:PutUserPermissionsBoundary and iam:PutRolePermissionsBoundary are allowed without "
            "the condition iam:PermissionsBoundary, which names the boundaries that may be set.",
            f"{_BOUNDARIES}, delegating responsibility",
        ),
    ),
    corrections=(
        Correction(
            "To set AdministratorAccess as the boundary makes the bearer an administrator.",
            Claim(
                "A boundary grants nothing. It only stops bounding; what the policies grant is "
                "what the bearer gets.",
                _MODEL,
            ),
        ),
        Correction(
            "A boundary on a user bounds the roles that the user assumes.",
            Claim(
                "A role has its own policies and its own boundary.",
                f"{_GUIDE}: IAM roles",
            ),
        ),
    ),
    questions=(
        "To the caller (`actor`): which boundary was there before, and why did it change?",
        "To those who keep the guardrails: may this bearer have this boundary?",
        "To the bearer: what works since that did not, or does not that did?",
    ),
    false_positives=(
        "A roll-out of boundaries to old roles, administrators' roles among them.",
        "A boundary that allows all actions and denies a list, written as a policy that the log "
        "does not show.",
    ),
    not_fixable=(
        Claim(
            "Where the log does not hold the former boundary, only those who keep the guardrails "
            "know which one to set.",
            "botocore iam GetUser, GetRole (PermissionsBoundary)",
        ),
        Claim(
            "What the bearer made while it was unbounded stays; users and roles among it have no "
            "boundary, unless they were made with one.",
            _BOUNDARIES,
        ),
    ),
    detections={
        "by_root": Detection(
            title="Root set a permissions boundary",
            level="high",
            when=_ROOT,
            techniques=("T1098.003",),
            fixes=(restore_boundary,),
            fires=((_bound(root(), "user alice", READ_ONLY),),),
            quiet=((TIGHT_ALICE,),),
        ),
        "opened_itself": Detection(
            title="A principal set itself a boundary that bounds nothing",
            level="high",
            when=f"NOT {_ROOT} AND {_OPEN} AND {_ITSELF}",
            techniques=("T1098.003",),
            fixes=(restore_boundary, *STOP_CALLER),
            fires=((OPEN_BOB,), (OPEN_CI,)),
            quiet=(
                (OPEN_ALICE,),
                (TIGHT_BOB,),
                (_bound(role("support", session="bob"), "user bob"),),
            ),
        ),
        "opened": Detection(
            title="A permissions boundary was replaced by one that bounds nothing",
            level="high",
            when=f"NOT {_ROOT} AND {_OPEN} AND NOT {_ITSELF} AND before IS NOT NULL",
            techniques=("T1098.003",),
            fixes=(restore_boundary, *STOP_CALLER),
            fires=((FORMER, OPEN_ALICE),),
            quiet=((OPEN_ALICE,), (FORMER, TIGHT_ALICE), (FORMER, NOT_FOUND)),
        ),
        "open": Detection(
            title="A permissions boundary was set that bounds nothing",
            level="medium",
            when=f"NOT {_ROOT} AND {_OPEN} AND NOT {_ITSELF} AND before IS NULL",
            techniques=("T1098.003",),
            fixes=(restore_boundary, *STOP_CALLER),
            fires=((OPEN_ALICE,),),
            quiet=((FORMER, OPEN_ALICE), (TIGHT_ALICE,)),
        ),
        "on_itself": Detection(
            title="A principal set its own permissions boundary",
            level="medium",
            when=f"{_NARROW} AND {_ITSELF}",
            techniques=("T1098.003",),
            fixes=(restore_boundary, *STOP_CALLER),
            fires=((TIGHT_BOB,), (_bound(CI, "role ci", OWN),)),
            quiet=((OPEN_BOB,), (TIGHT_ALICE,)),
        ),
        "administrator_bounded": Detection(
            title="An administrator was given a permissions boundary",
            level="medium",
            when=f"{_NARROW} AND NOT {_ITSELF} AND {_LOCKS}",
            techniques=("T1531",),
            fixes=(restore_boundary, remove_boundary, *STOP_CALLER),
            fires=(
                (ALICE_ADMINISTRATOR, TIGHT_ALICE),
                (ALICE_ADMINISTRATOR, _bound(BOB, "user alice", DENY_ALL)),
            ),
            quiet=((TIGHT_ALICE,), (ALICE_ADMINISTRATOR, OPEN_ALICE)),
        ),
        "unclear": Detection(
            title="A permissions boundary was set that bounds nothing if its condition holds",
            level="medium",
            when=f"{_NARROW} AND NOT {_ITSELF} AND NOT ({_LOCKS}) AND {_UNCLEAR}",
            techniques=("T1098.003",),
            fixes=(restore_boundary, *STOP_CALLER),
            fires=((policy_made(UNCLEAR, by=ALICE), _bound(BOB, "user alice", OWN)),),
            quiet=(
                (_bound(BOB, "user alice", OWN),),
                (policy_made(UNCLEAR, by=ALICE), NEW_USER, _bound(BOB, "user alice", OWN)),
                (OPEN_ALICE,),
            ),
        ),
        "ordinary": Detection(
            title="A permissions boundary was set",
            level="low",
            when=f"{_NARROW} AND NOT {_ITSELF} AND NOT ({_LOCKS}) AND NOT ({_UNCLEAR})",
            fires=(
                (TIGHT_ALICE,),
                (NEW_USER, _bound(BOB, "user alice", OWN)),
                (policy_made(GUARDED, by=ALICE), _bound(BOB, "user alice", OWN)),
            ),
            quiet=(
                (OPEN_ALICE,),
                (TIGHT_BOB,),
                (ALICE_ADMINISTRATOR, TIGHT_ALICE),
                (policy_made(UNCLEAR, by=ALICE), _bound(BOB, "user alice", OWN)),
            ),
        ),
        "denied": Detection(
            title="A permissions boundary was to be set, and that was denied",
            level="medium",
            when="TRUE",
            outcome="denied",
            techniques=("T1098.003",),
            fixes=STOP_CALLER,
            fires=((DENIED,),),
            quiet=((OPEN_ALICE,), (NOT_FOUND,)),
        ),
        "failed": Detection(
            title="No permissions boundary was set: the call failed",
            level="low",
            when="TRUE",
            outcome="failed",
            fires=((NOT_FOUND,),),
            quiet=((DENIED,), (OPEN_ALICE,)),
        ),
    },
)
