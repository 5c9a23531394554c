"""A new version of a managed policy is made; as the default it holds at once for all bearers."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import denied, role, root, user
from trailmend.evidence.policies import (
    ALL,
    GUARDED,
    OWN,
    PERHAPS,
    READING,
    UNCLEAR,
    WRITING,
    on,
    policy_made,
    version_made,
)
from trailmend.measures import STOP_CALLER
from trailmend.remediations.policies import restore_default_version
from trailmend.remediations.policy_versions import delete_ready_version
from trailmend.runbooks.create_policy import ALL_PERHAPS

_MODEL = "botocore iam CreatePolicyVersion"
_GUIDE = "AWS IAM User Guide (archived 2023-06), read 2026-11-28"
_VERSIONS = f"{_GUIDE}: Versioning IAM policies"

ALICE, BOB, CI = user("alice"), user("bob"), role("ci")


def _bears(whom: str) -> dict[str, Any]:
    return on("Attach{}Policy", whom, by=ALICE, policyArn=OWN, at="08:30:00")


FORMER_READING, FORMER_ALL = policy_made(READING, by=ALICE), policy_made(ALL, by=ALICE)
FORMER_GUARDED = policy_made(GUARDED, by=ALICE)
NOW_ALL, NOW_WRITING = version_made(ALL, by=BOB), version_made(WRITING, by=BOB)
NOW_READING = version_made(READING, by=BOB)
NOW_UNCLEAR = version_made(UNCLEAR, by=BOB)
LAID_READY = version_made(ALL, by=BOB, default=False)
FULL = NOW_ALL | {"errorCode": "LimitExceededException", "errorMessage": "5 versions"}
LEFT_OUT = NOW_ALL | {
    "requestParameters": {"omitted": True, "reason": "requestParameters too large"}
}
DENIED = denied("CreatePolicyVersion", by=BOB, resource=f"policy {OWN}")

# Null is "not known to be so".  What is not known to be no wider than the former version counts as
# wider where it makes an administrator, or where the caller bears the policy.  Without the word
# setAsDefault the version lies ready and nothing changed.
_ROOT = "actor_type = 'Root'"
_DEFAULT = "COALESCE(request, '') LIKE '%\"setAsDefault\":true%'"
_ADMIN = "COALESCE(grants_admin, FALSE)"
_ITSELF = "COALESCE(on_itself, FALSE)"
_LIFTS = "COALESCE(lifts_denial, FALSE) AND NOT COALESCE(target_made_by_actor, FALSE)"
_WIDER = "COALESCE(widens, TRUE)"
_RAISES = f"{_DEFAULT} AND {_WIDER} AND ({_ADMIN} OR {_ITSELF})"
_REST = f"NOT {_ROOT} AND NOT ({_RAISES}) AND NOT ({_DEFAULT} AND {_LIFTS})"
_LIES_READY = f"NOT {_DEFAULT} AND {_ADMIN}"
_UNREADABLE = "grants_admin IS NULL AND policy_problems IS NOT NULL"
_UNCLEAR = (
    f"{_DEFAULT} AND {_WIDER} AND grants_admin IS NULL AND policy_problems IS NULL "
    f"AND ({ALL_PERHAPS} OR NOT COALESCE(target_made_by_actor, FALSE))"
)
_RATHER = f"{_REST} AND NOT ({_LIES_READY}) AND NOT ({_UNREADABLE})"

RUNBOOK = Runbook(
    events=("iam.amazonaws.com:CreatePolicyVersion",),
    family="permissions",
    first=(
        "Compare the new document with the one before (`widens`, `before`).  If nobody answers for "
        "it, set the former version as the default again, and stop the caller."
    ),
    information=(
        Claim(
            "The call adds a version to a managed policy of the account. With setAsDefault it is "
            "in force at once for every user, group and role that bears the policy; without, it "
            "lies there until SetDefaultPolicyVersion names it.",
            _MODEL,
        ),
        Claim(
            "A policy has five versions at most; before a sixth, one must be deleted. The default "
            "cannot be deleted.",
            _VERSIONS,
        ),
        Claim(
            "The record holds the policy's ARN, the whole document and setAsDefault; the answer "
            "holds the id of the version. Who bears the policy is not in it.",
            "sample: splunk CreatePolicyVersion",
        ),
        Claim(
            "AWS's own policies cannot be changed.",
            f"{_GUIDE}: Managed policies and inline policies",
        ),
    ),
    impact=(
        Claim(
            "Who may make a version of a policy that they bear writes their own rights, without "
            "iam:SetDefaultPolicyVersion and without any attachment.",
            "Rhino Security Labs, AWS IAM Privilege Escalation: CreatePolicyVersion",
        ),
        Claim(
            "A policy that many bear gives all of them the new rights; a list of attachments looks "
            "as it did yesterday.",
            f"{_MODEL}; botocore iam ListAttachedUserPolicies",
        ),
        Claim(
            "A guardrail is a policy too: a version without its denials lifts it for all bearers, "
            "and as a permissions boundary it widens whom it bounds.",
            f"{_GUIDE}: Permissions boundaries for IAM entities",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "The owner of a policy adds what a program newly needs.",
            (
                Fact("The caller made the policy.", "target_made_by_actor"),
                Fact("Nothing more is allowed than before.", "NOT widens"),
            ),
            (
                Fact("The caller bears the policy itself.", "on_itself"),
                Fact("The new version makes an administrator: {grants}", "grants_admin"),
            ),
        ),
        Explanation(
            "unauthorised",
            "An intruder rewrites a policy that the stolen user or role bears.",
            (
                Fact("The caller bears the policy itself.", "on_itself"),
                Fact("More is allowed than before.", "widens"),
                Fact("A denial of before is gone.", "lifts_denial"),
                Fact("The former version is set again after a while, to hide it."),
            ),
            (Fact("The caller made the policy.", "target_made_by_actor"),),
        ),
        Explanation(
            "insider",
            "Somebody who keeps a policy gives themselves a little more.",
            (Fact("A user bears it.", "on_itself AND actor_type = 'IAMUser'"),),
            (Fact("The change went through a review, and a pipeline made it."),),
        ),
        Explanation(
            "accident",
            "A * was meant for one bucket and stands for all actions.",
            (Fact("The version was written in the console.", "COALESCE(console, FALSE)"),),
            (Fact("The former version had the same rights.", "NOT widens"),),
        ),
        Explanation(
            "automation",
            "Terraform writes a version for each change of its code, and deletes the oldest.",
            (
                Fact("The caller made the policy.", "target_made_by_actor"),
                Fact("DeletePolicyVersion by the same caller stands just before."),
            ),
            (Fact("No code of the account holds the new document."),),
        ),
    ),
    control_gaps=(
        Claim(
            "iam:CreatePolicyVersion is allowed on policies that the caller bears, or on all. "
            "Leave out those of administrators and guardrails by ARN.",
            _VERSIONS,
        ),
    ),
    corrections=(
        Correction(
            "To change the default version one needs iam:SetDefaultPolicyVersion.",
            Claim("CreatePolicyVersion with setAsDefault does it in one call.", _VERSIONS),
        ),
        Correction(
            "Delete the bad version to undo the change.",
            Claim(
                "The default version cannot be deleted. Set another as the default, and keep the "
                "bad one as evidence.",
                "botocore iam DeletePolicyVersion",
            ),
        ),
    ),
    questions=(
        "To the caller (`actor`): which task needed this version, and who read it?",
        "To the owner of the policy: who bears it? "
        "`aws iam list-entities-for-policy --policy-arn ARN` tells, boundaries too.",
        "To all bearers that are people: what could you do since that you could not?",
    ),
    false_positives=(
        "A pipeline that keeps the policy of its own role: it raises itself by design.",
        "A policy of administrators, copied from AdministratorAccess and edited.",
    ),
    not_fixable=(
        Claim(
            "What bearers did by the version while it was the default stays done.",
            _MODEL,
        ),
        Claim(
            "Where neither the log nor the list of versions tells which one was in force before, "
            "a person has to choose: a version next to the bad one may be bad too.",
            "botocore iam ListPolicyVersions",
        ),
    ),
    detections={
        "by_root": Detection(
            title="Root made a version of a policy",
            level="high",
            when=_ROOT,
            techniques=("T1098.003",),
            fixes=(restore_default_version,),
            fires=((version_made(READING, by=root()),),),
            quiet=((NOW_READING,),),
        ),
        "on_itself": Detection(
            title="A principal widened a policy that it bears itself",
            level="high",
            when=f"NOT {_ROOT} AND {_DEFAULT} AND {_WIDER} AND {_ITSELF}",
            techniques=("T1098.003",),
            fixes=(restore_default_version, *STOP_CALLER),
            fires=(
                (FORMER_READING, _bears("user bob"), NOW_ALL),
                (FORMER_READING, _bears("user bob"), NOW_WRITING),
                (_bears("role ci"), version_made(WRITING, by=CI)),
            ),
            quiet=(
                (FORMER_READING, NOW_ALL),
                (FORMER_ALL, _bears("user bob"), NOW_READING),
                (FORMER_READING, _bears("user bob"), LAID_READY),
                (_bears("user bob"), version_made(ALL, by=role("support", session="bob"))),
            ),
        ),
        "administrator": Detection(
            title="A new version of a policy makes its bearers administrators",
            level="high",
            when=f"NOT {_ROOT} AND {_DEFAULT} AND {_WIDER} AND {_ADMIN} AND NOT {_ITSELF}",
            techniques=("T1098.003",),
            fixes=(restore_default_version, *STOP_CALLER),
            fires=((FORMER_READING, NOW_ALL), (NOW_ALL,)),
            quiet=((FORMER_ALL, NOW_ALL), (LAID_READY,), (NOW_READING,), (FULL,)),
        ),
        "denial_lifted": Detection(
            title="A new version of a policy no longer denies what the former did",
            level="high",
            when=f"NOT {_ROOT} AND NOT ({_RAISES}) AND {_DEFAULT} AND {_LIFTS}",
            techniques=("T1098.003",),
            fixes=(restore_default_version, *STOP_CALLER),
            fires=((FORMER_GUARDED, NOW_READING),),
            quiet=(
                (policy_made(GUARDED, by=BOB), NOW_READING),
                (FORMER_GUARDED, version_made(GUARDED, by=BOB)),
                (FORMER_GUARDED, version_made(READING, by=BOB, default=False)),
            ),
        ),
        "laid_ready": Detection(
            title="A version that makes administrators lies ready, and is not the default yet",
            level="medium",
            when=f"{_REST} AND {_LIES_READY}",
            techniques=("T1098.003",),
            fixes=(delete_ready_version, *STOP_CALLER),
            fires=((LAID_READY,), (FORMER_READING, LAID_READY)),
            quiet=((NOW_ALL,), (version_made(READING, by=BOB, default=False),)),
        ),
        "unreadable": Detection(
            title="A version of a policy was made that cannot be read in the log",
            level="medium",
            when=f"{_REST} AND NOT ({_LIES_READY}) AND {_UNREADABLE}",
            techniques=("T1098.003", "T1562.008"),
            fixes=STOP_CALLER,
            fires=((LEFT_OUT,), (version_made("{", by=BOB),)),
            quiet=((NOW_READING,), (NOW_ALL,)),
        ),
        "unclear": Detection(
            title="A wider version of a policy may make administrators: a condition decides, or "
            "what the account holds",
            level="medium",
            when=f"{_RATHER} AND {_UNCLEAR}",
            techniques=("T1098.003",),
            fixes=(restore_default_version, *STOP_CALLER),
            fires=(
                (version_made(PERHAPS, by=BOB),),
                (FORMER_READING, NOW_UNCLEAR),
                (policy_made(READING, by=BOB), NOW_UNCLEAR),
            ),
            quiet=(
                (NOW_ALL,),
                (FORMER_ALL, NOW_UNCLEAR),
                (policy_made(READING, by=BOB), version_made(PERHAPS, by=BOB)),
                (version_made(UNCLEAR, by=BOB, default=False),),
            ),
        ),
        "ordinary": Detection(
            title="An ordinary version of a policy was made",
            level="low",
            when=f"{_RATHER} AND NOT ({_UNCLEAR})",
            fires=(
                (NOW_READING,),
                (FORMER_READING, NOW_WRITING),
                (FORMER_ALL, version_made(ALL, by=BOB)),
            ),
            quiet=((NOW_ALL,), (LAID_READY,), (FORMER_GUARDED, NOW_READING)),
        ),
        "denied": Detection(
            title="A version of a policy was to be made, and that was denied",
            level="medium",
            when="TRUE",
            outcome="denied",
            techniques=("T1098.003",),
            fixes=STOP_CALLER,
            fires=((DENIED,),),
            quiet=((NOW_ALL,), (FULL,)),
        ),
        "failed": Detection(
            title="No version of the policy was made: the call failed",
            level="low",
            when="TRUE",
            outcome="failed",
            fires=((FULL,),),
            quiet=((DENIED,), (NOW_ALL,)),
        ),
    },
)
