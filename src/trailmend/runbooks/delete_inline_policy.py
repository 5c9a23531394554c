"""An inline policy is deleted from a user, a group or a role: rights go, or a denial does."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, denied, role, root, user
from trailmend.evidence.policies import ALL, DENIAL, READING, on
from trailmend.measures import STOP_CALLER
from trailmend.remediations.inline_policies import restore_inline_policy

_MODEL = "botocore iam DeleteUserPolicy, DeleteRolePolicy"
_GUIDE = "AWS IAM User Guide (archived 2023-06), read 2026-11-28"

ALICE, BOB, CI = user("alice"), user("bob"), role("ci")


def _put(whom: str, text: str, by: Principal = ALICE, at: str = "08:30:00") -> dict[str, Any]:
    return on("Put{}Policy", whom, by=by, policyName="work", policyDocument=text, at=at)


def _delete(by: Principal, whom: str, **more: Any) -> dict[str, Any]:
    return on("Delete{}Policy", whom, by=by, policyName="work", **more)


OFF_ALICE, OFF_BOB, OFF_CI = (
    _delete(BOB, "user alice"),
    _delete(BOB, "user bob"),
    _delete(CI, "role ci"),
)
HELD_ALICE, HELD_BOB = _put("user alice", DENIAL), _put("user bob", DENIAL)
HELD_BY_BOB = _put("user alice", DENIAL, BOB, "08:45:00")
NEW_USER = on("Create{}", "user alice", by=BOB, at="08:00:00")
BY_ROOT = _delete(root(), "user alice")
ABSENT = OFF_ALICE | {"errorCode": "NoSuchEntityException", "errorMessage": "cannot be found"}
DENIED = denied("DeleteUserPolicy", by=BOB, resource="user alice")

# Null is "not known to be so".  What the log never showed may have denied: medium where its bearer
# deleted it, or where a user or group lost it that the caller had not made; of a role low.
_ROOT = "actor_type = 'Root'"
_DENIES = "COALESCE(denies, FALSE)"
_OWN_MAKE = "COALESCE(target_made_by_actor, FALSE)"
_ITSELF = "COALESCE(on_itself, FALSE)"
_FREES = f"NOT {_ROOT} AND {_DENIES} AND NOT {_OWN_MAKE} AND NOT {_ITSELF}"
_WROTE_IT = "COALESCE(made_by_actor, FALSE)"
_OTHER = f"NOT {_ROOT} AND NOT ({_DENIES} AND NOT {_OWN_MAKE})"
_TAKES = f"COALESCE(grants_admin, FALSE) AND NOT {_OWN_MAKE} AND NOT {_ITSELF}"
_UNKNOWN = (
    f"denies IS NULL AND NOT {_OWN_MAKE} AND ({_ITSELF} OR target_type IS DISTINCT FROM 'role')"
)

RUNBOOK = Runbook(
    events=(
        "iam.amazonaws.com:DeleteUserPolicy",
        "iam.amazonaws.com:DeleteGroupPolicy",
        "iam.amazonaws.com:DeleteRolePolicy",
    ),
    family="permissions",
    first=(
        "See what the policy said (`before`).  If it denied and nobody answers for its end, write "
        "it again, and stop the caller."
    ),
    information=(
        Claim(
            "The call deletes the inline policy of one name from one user, group or role. Managed "
            "policies that are attached stay.",
            _MODEL,
        ),
        Claim(
            "The record names bearer and policy. What it said stands only in the PutUserPolicy, "
            "PutGroupPolicy or PutRolePolicy before; no call gives it back.",
            f"sample: invictus DeleteRolePolicy; {_GUIDE}: Versioning IAM policies",
        ),
        Claim(
            "A user, group or role cannot be deleted by the API before its inline policies are, so "
            "the call stands beside every orderly clean-up.",
            "botocore iam DeleteUser, DeleteRole, DeleteGroup",
        ),
    ),
    impact=(
        Claim(
            "Trailmend's own quarantine, trailmend-quarantine, is an inline policy that denies "
            "everything; with it goes the hold on the stolen user or role.",
            "the product: principals.quarantine_caller, principals.quarantine_target",
        ),
        Claim(
            "AWSRevokeOlderSessions, by which the console ends the sessions of a role, is one too: "
            "deleted, the sessions of before work again until they expire.",
            f"{_GUIDE}: Revoking IAM role temporary security credentials",
        ),
        Claim(
            "A policy that allowed takes its rights with it: programs of the role fail at their "
            "next request.",
            f"{_GUIDE}: Policy evaluation logic",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "Rights are taken back, or a bearer is about to be deleted.",
            (
                Fact("The caller made this user, group or role.", "target_made_by_actor"),
                Fact("The caller alone had written it, within the day.", "made_by_actor"),
                Fact("DeleteUser, DeleteGroup or DeleteRole of the same name follows."),
            ),
            (Fact("The policy denied, and its own bearer deleted it.", "denies AND on_itself"),),
        ),
        Explanation(
            "unauthorised",
            "An intruder ends the quarantine of what they hold, or strips a defender's role.",
            (
                Fact("The policy denied.", "denies"),
                Fact("Its bearer deleted it.", "on_itself"),
            ),
            (
                Fact(
                    "The keys of the bearer were changed before.",
                ),
            ),
        ),
        Explanation(
            "insider",
            "A colleague frees their own user from a rule, as from one that demands MFA.",
            (Fact("A user deleted it from itself.", "on_itself AND actor_type = 'IAMUser'"),),
            (Fact("The owner of the rule asked for its end."),),
        ),
        Explanation(
            "accident",
            "A policy of the same name was deleted from the wrong role.",
            (Fact("PutRolePolicy of the same name follows within minutes."),),
            (Fact("Policies of several bearers were deleted.", "targets_10m >= 3"),),
        ),
        Explanation(
            "automation",
            "Terraform or CloudFormation takes a role down, or moves its rights elsewhere.",
            (Fact("The same code gives the bearer these rights by another policy."),),
            (Fact("The bearer stays, and its code still holds the policy."),),
        ),
    ),
    control_gaps=(
        Claim(
            "Whoever is held by an inline denial may delete it where the denial spares "
            "iam:DeleteUserPolicy or iam:DeleteRolePolicy; one that denies all actions spares "
            "none.",
            f"{_GUIDE}: Policy evaluation logic",
        ),
    ),
    corrections=(
        Correction(
            "A deleted inline policy can be brought back from its versions.",
            Claim(
                "Only managed policies have versions. It can be written anew from the log.",
                f"{_GUIDE}: Versioning IAM policies",
            ),
        ),
    ),
    questions=(
        "To the caller (`actor`): why did the policy go, and who knew?",
        "To those who wrote it: what was it for? See `before` for what it said.",
        "To the bearer: what is refused now, or what works again?",
    ),
    false_positives=(
        "A responder who ends a quarantine by hand, after the keys were changed.",
        "Off-boarding: the policies of a user are deleted before the user is.",
    ),
    not_fixable=(
        Claim(
            "A policy that no log shows cannot be written again: ask those who keep the code of "
            "the account, or look in AWS Config, where it records users, groups and roles.",
            "botocore iam GetUserPolicy; botocore config ResourceType (AWS::IAM::User and others)",
        ),
    ),
    detections={
        "by_root": Detection(
            title="Root deleted an inline policy",
            level="high",
            when=_ROOT,
            techniques=("T1098.003",),
            fixes=(restore_inline_policy,),
            fires=((BY_ROOT,),),
            quiet=((OFF_ALICE,),),
        ),
        "own_denial_lifted": Detection(
            title="A principal deleted the inline policy that denied it something",
            level="high",
            when=f"NOT {_ROOT} AND {_DENIES} AND NOT {_OWN_MAKE} AND {_ITSELF}",
            techniques=("T1098.003",),
            fixes=(restore_inline_policy, *STOP_CALLER),
            fires=((HELD_BOB, OFF_BOB), (_put("role ci", DENIAL), OFF_CI)),
            quiet=(
                (HELD_ALICE, OFF_ALICE),
                (_put("user bob", READING), OFF_BOB),
                (HELD_BOB, _delete(role("support", session="bob"), "user bob")),
            ),
        ),
        "denial_lifted": Detection(
            title="An inline policy that denied was deleted",
            level="high",
            when=f"{_FREES} AND NOT {_WROTE_IT}",
            techniques=("T1098.003",),
            fixes=(restore_inline_policy, *STOP_CALLER),
            fires=((HELD_ALICE, OFF_ALICE), (_put("role web", DENIAL), _delete(CI, "role web"))),
            quiet=(
                (HELD_BOB, OFF_BOB),
                (NEW_USER, HELD_ALICE, OFF_ALICE),
                (_put("user alice", READING), OFF_ALICE),
                (HELD_ALICE, ABSENT),
                (HELD_BY_BOB, OFF_ALICE),
            ),
        ),
        "own_quarantine_lifted": Detection(
            title="A denial was deleted by whoever had written it within the day",
            level="medium",
            when=f"{_FREES} AND {_WROTE_IT}",
            techniques=("T1098.003",),
            fixes=(restore_inline_policy, *STOP_CALLER),
            fires=((HELD_BY_BOB, OFF_ALICE),),
            quiet=((HELD_ALICE, OFF_ALICE), (HELD_ALICE, HELD_BY_BOB, OFF_ALICE)),
        ),
        "administrator_removed": Detection(
            title="An inline policy that made somebody else an administrator was deleted",
            level="medium",
            takes_back=True,
            when=f"{_OTHER} AND {_TAKES}",
            techniques=("T1531",),
            fixes=(restore_inline_policy, *STOP_CALLER),
            fires=((_put("user alice", ALL), OFF_ALICE),),
            quiet=((OFF_ALICE,), (_put("user bob", ALL), OFF_BOB)),
        ),
        "unknown_policy": Detection(
            title="An inline policy was deleted; the log does not show whether it denied",
            level="medium",
            when=f"{_OTHER} AND NOT ({_TAKES}) AND {_UNKNOWN}",
            techniques=("T1098.003",),
            fixes=STOP_CALLER,
            fires=((OFF_ALICE,), (OFF_BOB,), (OFF_CI,)),
            quiet=((_delete(CI, "role web"),), (NEW_USER, OFF_ALICE), (HELD_ALICE, OFF_ALICE)),
        ),
        "ordinary": Detection(
            title="An inline policy was deleted, and no denial with it",
            level="low",
            when=f"{_OTHER} AND NOT ({_TAKES}) AND NOT ({_UNKNOWN})",
            fires=(
                (_put("user alice", READING), OFF_ALICE),
                (_delete(CI, "role web"),),
                (NEW_USER, HELD_ALICE, OFF_ALICE),
            ),
            quiet=((OFF_ALICE,), (HELD_ALICE, OFF_ALICE)),
        ),
        "denied": Detection(
            title="An inline policy was to be deleted, and that was denied",
            level="medium",
            when="TRUE",
            outcome="denied",
            techniques=("T1098.003",),
            fixes=STOP_CALLER,
            fires=((DENIED,),),
            quiet=((OFF_ALICE,), (ABSENT,)),
        ),
        "failed": Detection(
            title="No inline policy was deleted: the call failed",
            level="low",
            when="TRUE",
            outcome="failed",
            fires=((ABSENT,),),
            quiet=((DENIED,), (OFF_ALICE,)),
        ),
    },
)
