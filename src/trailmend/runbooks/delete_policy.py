"""A managed policy of the account is deleted, with its last version."""

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import denied, role, root, user
from trailmend.evidence.policies import ALL, DENIAL, OWN, READING, on_policy, policy_made
from trailmend.remediations.policies import recreate_policy

_MODEL = "botocore iam DeletePolicy"

ALICE, BOB, CI = user("alice"), user("bob"), role("ci")
GONE, GONE_BY_CI = on_policy("DeletePolicy", by=BOB), on_policy("DeletePolicy", by=CI)
IN_USE = GONE | {
    "errorCode": "DeleteConflictException",
    "errorMessage": "Cannot delete a policy attached to entities.",
}
DENIED = denied("DeletePolicy", by=BOB, resource=f"policy {OWN}")

# Null is "not known to be so": a policy that the log does not show is taken for an ordinary one,
# because nobody bore it any more when it was deleted.
_ROOT = "actor_type = 'Root'"
_GUARD = "COALESCE(denies, FALSE) AND NOT COALESCE(target_made_by_actor, FALSE)"

RUNBOOK = Runbook(
    events=("iam.amazonaws.com:DeletePolicy",),
    family="permissions",
    tier=2,
    first="See who bore the policy before: the detachments stand before this call in the log.",
    information=(
        Claim(
            "The call deletes a managed policy and its default version. It is refused with "
            "DeleteConflict while anybody bears the policy, or while it has other versions.",
            _MODEL,
        ),
        Claim(
            "So the harm, if any, was done by the DetachUserPolicy, DetachGroupPolicy or "
            "DetachRolePolicy before.",
            _MODEL,
        ),
        Claim(
            "The record names the ARN alone; no call gives the document back.",
            "sample: invictus DeletePolicy",
        ),
    ),
    impact=(
        Claim(
            "What the policy said is gone from the account. A guardrail has to be written anew "
            "before it can be attached again.",
            _MODEL,
        ),
        Claim(
            "Code that attaches the policy by its ARN fails from now on.",
            "botocore iam AttachRolePolicy (NoSuchEntity)",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A policy that nobody bears is tidied away.",
            (Fact("The caller had made the policy.", "target_made_by_actor"),),
            (Fact("It denied, and so was a guardrail.", "denies"),),
        ),
        Explanation(
            "unauthorised",
            "An intruder removes a guardrail for good, or the policy by which they came up.",
            (
                Fact("It denied, and so was a guardrail.", "denies"),
                Fact("It made administrators, and the caller had made it.", "grants_admin"),
            ),
            (Fact("Nobody had borne it for months."),),
        ),
        Explanation(
            "automation",
            "A stack is taken down.",
            (Fact("The caller had made the policy.", "target_made_by_actor"),),
            (Fact("Nothing else of a stack went in the same minutes."),),
        ),
    ),
    corrections=(
        Correction(
            "DeletePolicy takes the rights from those who bear the policy.",
            Claim("It is refused while anybody does. Detachment takes the rights.", _MODEL),
        ),
    ),
    questions=(
        "To the caller (`actor`): why was it deleted, and where is its text kept?",
        "To those who bore it: what is missing now, or what is no longer forbidden?",
    ),
    false_positives=("A guardrail that was replaced by a service control policy.",),
    not_fixable=(
        Claim(
            "Earlier versions do not come back, and the versions of a policy that is made anew "
            "begin at v1.",
            "botocore iam CreatePolicy",
        ),
    ),
    detections={
        "by_root": Detection(
            title="Root deleted a policy",
            level="high",
            when=_ROOT,
            techniques=("T1098.003",),
            fixes=(recreate_policy,),
            fires=((on_policy("DeletePolicy", by=root()),),),
            quiet=((GONE,),),
        ),
        "guardrail": Detection(
            title="A policy that denied was deleted by somebody else than its maker",
            level="medium",
            when=f"NOT {_ROOT} AND {_GUARD}",
            techniques=("T1098.003",),
            fixes=(recreate_policy,),
            fires=((policy_made(DENIAL, by=ALICE), GONE),),
            quiet=(
                (policy_made(DENIAL, by=BOB), GONE),
                (GONE,),
                (policy_made(ALL, by=ALICE), GONE),
            ),
        ),
        "ordinary": Detection(
            title="A policy was deleted",
            level="low",
            when=f"NOT {_ROOT} AND NOT ({_GUARD})",
            fires=(
                (GONE,),
                (policy_made(READING, by=ALICE), GONE_BY_CI),
                (policy_made(DENIAL, by=BOB), GONE),
            ),
            quiet=((policy_made(DENIAL, by=ALICE), GONE), (IN_USE,)),
        ),
        "denied": Detection(
            title="A policy was to be deleted, and that was denied",
            level="low",
            when="TRUE",
            outcome="denied",
            fires=((DENIED,),),
            quiet=((GONE,), (IN_USE,)),
        ),
        "failed": Detection(
            title="No policy was deleted: the call failed",
            level="low",
            when="TRUE",
            outcome="failed",
            fires=((IN_USE,),),
            quiet=((DENIED,), (GONE,)),
        ),
    },
)
