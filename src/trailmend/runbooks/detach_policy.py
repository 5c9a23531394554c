"""A managed policy is taken off a user, a group or a role: rights go, or a denial does."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, denied, role, root, user
from trailmend.evidence.policies import (
    ADMINISTRATOR,
    DENIAL,
    DENY_ALL,
    OWN,
    READ_ONLY,
    on,
    policy_made,
)
from trailmend.measures import STOP_CALLER
from trailmend.remediations.policies import attach_policy_again

_MODEL = "botocore iam DetachUserPolicy, DetachRolePolicy"
_GUIDE = "AWS IAM User Guide (archived 2023-06), read 2026-11-28"
_QUARANTINE = (
    "AWS Managed Policy Reference, AWSCompromisedKeyQuarantineV3 "
    "(docs.aws.amazon.com/aws-managed-policy/latest/reference/), read 2026-11-28"
)

ALICE, BOB, CI = user("alice"), user("bob"), role("ci")


def _detach(by: Principal, whom: str, arn: str = DENY_ALL, **more: Any) -> dict[str, Any]:
    return on("Detach{}Policy", whom, by=by, policyArn=arn, **more)


NEW_ROLE = on("Create{}", "role web", by=CI, at="08:00:00")
NEW_USER = on("Create{}", "user alice", by=BOB, at="08:00:00")
FREED_BOB, FREED_ALICE = _detach(BOB, "user bob"), _detach(BOB, "user alice")
ADMINISTRATOR_OFF = _detach(BOB, "user alice", ADMINISTRATOR)
OWN_OFF_BOB, OWN_OFF_ALICE = _detach(BOB, "user bob", OWN), _detach(BOB, "user alice", OWN)
READER_OFF = _detach(BOB, "user alice", READ_ONLY)
BY_ROOT = _detach(root(), "user alice", READ_ONLY)
ABSENT = FREED_ALICE | {"errorCode": "NoSuchEntityException", "errorMessage": "was not found"}
DENIED = denied("DetachUserPolicy", by=BOB, resource="user alice")

# Null is "not known to be so".  A policy that the log does not show may deny: taken off by its own
# bearer, or off a user or group that the caller did not make, that is medium; of a role it is
# low, because tools take such policies off roles all day.
_ROOT = "actor_type = 'Root'"
_DENIES = "COALESCE(denies, FALSE)"
_OWN_MAKE = "COALESCE(target_made_by_actor, FALSE)"
_ITSELF = "COALESCE(on_itself, FALSE)"
_ADMIN = "COALESCE(grants_admin, FALSE)"
_OTHER = f"NOT {_ROOT} AND NOT ({_DENIES} AND NOT {_OWN_MAKE})"
_TAKES = f"{_ADMIN} AND NOT {_OWN_MAKE} AND NOT {_ITSELF}"
_UNKNOWN = (
    f"denies IS NULL AND NOT {_OWN_MAKE} AND ({_ITSELF} OR target_type IS DISTINCT FROM 'role')"
)

RUNBOOK = Runbook(
    events=(
        "iam.amazonaws.com:DetachUserPolicy",
        "iam.amazonaws.com:DetachGroupPolicy",
        "iam.amazonaws.com:DetachRolePolicy",
    ),
    family="permissions",
    first=(
        "See whether the policy denied anything (`denies`).  If it did and nobody answers for it, "
        "attach it again, and stop the caller."
    ),
    information=(
        Claim(
            "The call takes one managed policy off one user, group or role. The policy itself "
            "stays, and inline policies are not touched.",
            _MODEL,
        ),
        Claim(
            "The record names the bearer and the ARN; its answer is empty.",
            "sample: invictus DetachUserPolicy, DetachRolePolicy",
        ),
        Claim(
            "A policy that is not attached is refused with NoSuchEntity.",
            _MODEL,
        ),
    ),
    impact=(
        Claim(
            "Where the policy denied, its bearer may do again what it forbade: the end of a "
            "quarantine, or of a guardrail such as one that demands MFA.",
            f"{_GUIDE}: Policy evaluation logic",
        ),
        Claim(
            "Where it allowed, people and programs are refused from the next request on; off the "
            "last administrators, nobody can administer the account but root.",
            f"{_GUIDE}: Policy evaluation logic; AWS account root user",
        ),
        Claim(
            "AWSCompromisedKeyQuarantine, which AWS attaches to a user whose key is out, says in "
            "its own description that it must not be removed.",
            _QUARANTINE,
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "Rights that are no longer needed are taken back, or a quarantine has done its work.",
            (
                Fact("The caller had made the bearer.", "target_made_by_actor"),
                Fact("The keys and passwords of a user in quarantine were changed before."),
            ),
            (Fact("The policy denied, and its own bearer took it off.", "denies AND on_itself"),),
        ),
        Explanation(
            "unauthorised",
            "An intruder frees the user or role that they hold, or strips those who could stop "
            "them.",
            (
                Fact("The policy denied.", "denies"),
                Fact("The bearer took it off itself.", "on_itself"),
                Fact("The policy made its bearer an administrator.", "grants_admin"),
            ),
            (Fact("The caller made the bearer.", "target_made_by_actor"),),
        ),
        Explanation(
            "insider",
            "Somebody is tired of a guardrail and lifts it for a while.",
            (
                Fact("A user took it off itself.", "on_itself AND actor_type = 'IAMUser'"),
                Fact("It is attached again within hours."),
            ),
            (Fact("The bearer's owner asked for it."),),
        ),
        Explanation(
            "accident",
            "The wrong policy, or the wrong bearer, was chosen from a list.",
            (Fact("The policy was taken off in the console.", "COALESCE(console, FALSE)"),),
            (Fact("Several bearers lost the same policy.", "targets_10m >= 3"),),
        ),
        Explanation(
            "automation",
            "A tool takes a role down, or brings attachments back to what its code says.",
            (Fact("DeleteRole or DeleteUser of the same bearer follows within seconds."),),
            (Fact("The bearer stays, and its code still holds the attachment."),),
        ),
    ),
    control_gaps=(
        Claim(
            "Those who are held by a denial may themselves call iam:DetachUserPolicy or "
            "iam:DetachRolePolicy on it. A service control policy that denies this for the "
            "guardrails' ARNs (iam:PolicyARN) holds administrators too.",
            f"{_GUIDE}: Controlling access to AWS resources using policies",
        ),
    ),
    corrections=(
        Correction(
            "To detach a policy only ever takes rights away, so it is harmless.",
            Claim(
                "An explicit denial outweighs every allowance; without it the allowances hold.",
                f"{_GUIDE}: Policy evaluation logic",
            ),
        ),
    ),
    questions=(
        "To the caller (`actor`): why was `object_id` taken off `target`, and was that agreed?",
        "To those who put the policy there: does its reason still stand? Of AWS's quarantine the "
        "support case tells.",
        "To the bearer: what do you do now that was refused, or what is refused now?",
    ),
    false_positives=(
        "A responder who lifts a quarantine after the keys were changed.",
        "A tool that takes down a role which another principal had made.",
    ),
    not_fixable=(
        Claim(
            "What the bearer did while the denial was off stays done: look at its calls since.",
            _MODEL,
        ),
    ),
    detections={
        "by_root": Detection(
            title="Root detached a policy",
            level="high",
            when=_ROOT,
            techniques=("T1098.003",),
            fixes=(attach_policy_again,),
            fires=((BY_ROOT,),),
            quiet=((READER_OFF,),),
        ),
        "own_denial_lifted": Detection(
            title="A principal took a policy that denies off itself",
            level="high",
            when=f"NOT {_ROOT} AND {_DENIES} AND NOT {_OWN_MAKE} AND {_ITSELF}",
            techniques=("T1098.003",),
            fixes=(attach_policy_again, *STOP_CALLER),
            fires=((FREED_BOB,), (_detach(CI, "role ci"),)),
            quiet=(
                (FREED_ALICE,),
                (_detach(BOB, "user bob", READ_ONLY),),
                (_detach(role("support", session="bob"), "user bob"),),
            ),
        ),
        "denial_lifted": Detection(
            title="A policy that denies was taken off a user, group or role",
            level="high",
            when=f"NOT {_ROOT} AND {_DENIES} AND NOT {_OWN_MAKE} AND NOT {_ITSELF}",
            techniques=("T1098.003",),
            fixes=(attach_policy_again, *STOP_CALLER),
            fires=(
                (FREED_ALICE,),
                (_detach(BOB, "group staff"),),
                (policy_made(DENIAL, by=BOB), OWN_OFF_ALICE),
                (_detach(role("support", session="bob"), "user bob"),),
            ),
            quiet=((FREED_BOB,), (NEW_USER, FREED_ALICE), (READER_OFF,), (ABSENT,)),
        ),
        "administrator_removed": Detection(
            title="A policy that makes an administrator was taken off somebody else",
            level="medium",
            takes_back=True,
            when=f"{_OTHER} AND {_TAKES}",
            techniques=("T1531",),
            fixes=(attach_policy_again, *STOP_CALLER),
            fires=((ADMINISTRATOR_OFF,),),
            quiet=(
                (NEW_USER, ADMINISTRATOR_OFF),
                (_detach(BOB, "user bob", ADMINISTRATOR),),
                (READER_OFF,),
            ),
        ),
        "unknown_policy": Detection(
            title="A policy was detached of which the log does not tell whether it denied",
            level="medium",
            when=f"{_OTHER} AND NOT ({_TAKES}) AND {_UNKNOWN}",
            techniques=("T1098.003",),
            fixes=(attach_policy_again, *STOP_CALLER),
            fires=((OWN_OFF_ALICE,), (OWN_OFF_BOB,), (_detach(CI, "role ci", OWN),)),
            quiet=(
                (_detach(CI, "role web", OWN),),
                (NEW_USER, OWN_OFF_ALICE),
                (READER_OFF,),
            ),
        ),
        "ordinary": Detection(
            title="A policy was detached, and no denial with it",
            level="low",
            when=f"{_OTHER} AND NOT ({_TAKES}) AND NOT ({_UNKNOWN})",
            fires=(
                (READER_OFF,),
                (_detach(CI, "role web", OWN),),
                (NEW_ROLE, _detach(CI, "role web")),
            ),
            quiet=((FREED_ALICE,), (ADMINISTRATOR_OFF,), (OWN_OFF_ALICE,)),
        ),
        "denied": Detection(
            title="A policy was to be detached, and that was denied",
            level="medium",
            when="TRUE",
            outcome="denied",
            techniques=("T1098.003",),
            fixes=STOP_CALLER,
            fires=((DENIED,),),
            quiet=((FREED_ALICE,), (ABSENT,)),
        ),
        "failed": Detection(
            title="No policy was detached: the call failed",
            level="low",
            when="TRUE",
            outcome="failed",
            fires=((ABSENT,),),
            quiet=((DENIED,), (FREED_ALICE,)),
        ),
    },
)
