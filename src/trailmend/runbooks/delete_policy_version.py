"""A version of a managed policy is deleted that is not the default: a way back is gone."""

from trailmend.catalog import Claim, Detection, Explanation, Fact, Runbook
from trailmend.evidence import denied, role, root, user
from trailmend.evidence.policies import (
    ALL,
    GUARDED,
    OWN,
    READING,
    on_policy,
    policy_made,
    version_made,
)

_MODEL = "botocore iam DeletePolicyVersion"
_VERSIONS = "AWS IAM User Guide (archived 2023-06), read 2026-11-28: Versioning IAM policies"

ALICE, BOB, CI = user("alice"), user("bob"), role("ci")
GONE = on_policy("DeletePolicyVersion", by=BOB, versionId="v1")
GONE_BY_CI = on_policy("DeletePolicyVersion", by=CI, versionId="v1")
DEFAULT = GONE | {
    "errorCode": "DeleteConflictException",
    "errorMessage": "Cannot delete the default version of a policy.",
}
DENIED = denied("DeletePolicyVersion", by=BOB, resource=f"policy {OWN} version v1")
GUARD_OF_BEFORE = (
    policy_made(GUARDED, by=ALICE),
    version_made(READING, by=BOB, at="08:20:00"),
)

# A version that the log does not show (null) is taken for an ordinary one: deployment tools
# delete the oldest of five versions with each change.
_ROOT = "actor_type = 'Root'"
_EVIDENCE = "COALESCE(denies, FALSE) AND NOT COALESCE(target_made_by_actor, FALSE)"

RUNBOOK = Runbook(
    events=("iam.amazonaws.com:DeletePolicyVersion",),
    family="permissions",
    tier=2,
    first="See whether the policy was changed shortly before: this may be its way back.",
    information=(
        Claim(
            "The call deletes one version that is not the default. Nobody's rights change.",
            _MODEL,
        ),
        Claim(
            "A managed policy has five versions at most, so every sixth change needs it.",
            _VERSIONS,
        ),
        Claim(
            "The record names the policy and the version. What that said stands in the call that "
            "made it.",
            "unchecked: no published sample; botocore iam DeletePolicyVersion",
        ),
    ),
    impact=(
        Claim(
            "SetDefaultPolicyVersion cannot go back to it any more. The document has to be written "
            "as a new version, from the log or from code.",
            f"{_MODEL}; botocore iam CreatePolicyVersion",
        ),
        Claim(
            "Who widened a policy can so remove what shows how it was.",
            _VERSIONS,
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "An old version is deleted so that nobody can go back to it.",
            (Fact("The version made an administrator.", "grants_admin"),),
            (Fact("The version denied what later ones may not.", "denies"),),
        ),
        Explanation(
            "unauthorised",
            "An intruder makes a change of before hard to undo.",
            (
                Fact(
                    "CreatePolicyVersion or SetDefaultPolicyVersion by the same caller stands "
                    "before."
                ),
                Fact("The version denied.", "denies"),
            ),
            (Fact("The caller had made the policy.", "target_made_by_actor"),),
        ),
        Explanation(
            "automation",
            "Terraform, or the console, makes room for a new version.",
            (
                Fact("CreatePolicyVersion for the same policy follows within seconds."),
                Fact("The caller had made the policy.", "target_made_by_actor"),
            ),
            (Fact("The policy had fewer than five versions."),),
        ),
    ),
    questions=(
        "To the caller (`actor`): why this version, and was the policy changed beside it?",
        "To the owner of the policy: where is the text of the version kept?",
    ),
    false_positives=("A deployment tool on each change of a policy that has five versions.",),
    not_fixable=(
        Claim(
            "A deleted version does not come back under its id. policies.restore_default_version "
            "writes the former document as a new version, if the log holds it.",
            _MODEL,
        ),
    ),
    detections={
        "by_root": Detection(
            title="Root deleted a version of a policy",
            level="high",
            when=_ROOT,
            techniques=("T1070",),
            fires=((on_policy("DeletePolicyVersion", by=root(), versionId="v1"),),),
            quiet=((GONE,),),
        ),
        "guarding_version": Detection(
            title="A version of a policy that denied was deleted by somebody else than its maker",
            level="medium",
            when=f"NOT {_ROOT} AND {_EVIDENCE}",
            techniques=("T1070",),
            fires=((*GUARD_OF_BEFORE, GONE),),
            quiet=((GONE,), (policy_made(ALL, by=ALICE), GONE)),
        ),
        "ordinary": Detection(
            title="A version of a policy was deleted that was not in force",
            level="low",
            when=f"NOT {_ROOT} AND NOT ({_EVIDENCE})",
            fires=((GONE,), (GONE_BY_CI,), (policy_made(ALL, by=ALICE), GONE)),
            quiet=((*GUARD_OF_BEFORE, GONE), (DEFAULT,)),
        ),
        "denied": Detection(
            title="A version of a policy was to be deleted, and that was denied",
            level="low",
            when="TRUE",
            outcome="denied",
            fires=((DENIED,),),
            quiet=((GONE,), (DEFAULT,)),
        ),
        "failed": Detection(
            title="No version of the policy was deleted: the call failed",
            level="low",
            when="TRUE",
            outcome="failed",
            fires=((DEFAULT,),),
            quiet=((DENIED,), (GONE,)),
        ),
    },
)
