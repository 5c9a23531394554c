"""Another version of a managed policy becomes the default: in force for all bearers at once."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import denied, role, root, user
from trailmend.evidence.policies import (
    ALL,
    GUARDED,
    OWN,
    READING,
    UNCLEAR,
    WRITING,
    on,
    on_policy,
    policy_made,
    version_made,
)
from trailmend.measures import STOP_CALLER
from trailmend.remediations.policies import restore_default_version
from trailmend.runbooks.create_policy import ALL_PERHAPS

_MODEL = "botocore iam SetDefaultPolicyVersion"
_GUIDE = "AWS IAM User Guide (archived 2023-06), read 2026-11-28"
_VERSIONS = f"{_GUIDE}: Versioning IAM policies"

ALICE, BOB, CI = user("alice"), user("bob"), role("ci")


def _two(first: str, second: str) -> tuple[dict[str, Any], ...]:
    """Make a policy whose second version replaced the first."""
    return policy_made(first, by=ALICE), version_made(second, by=ALICE, at="08:20:00")


def _bears(whom: str) -> dict[str, Any]:
    return on("Attach{}Policy", whom, by=ALICE, policyArn=OWN, at="08:30:00")


BACK = on_policy("SetDefaultPolicyVersion", by=BOB, versionId="v1")
FORTH = on_policy("SetDefaultPolicyVersion", by=BOB, versionId="v2")
LAID_READY = (
    policy_made(READING, by=ALICE),
    version_made(ALL, by=ALICE, default=False, at="08:20:00"),
)
BACK_BY_ALICE = on_policy("SetDefaultPolicyVersion", by=ALICE, versionId="v1")
BACK_BY_CI = on_policy("SetDefaultPolicyVersion", by=CI, versionId="v1")
NARROWED, TIGHTENED = _two(ALL, READING), _two(WRITING, READING)
GUARDED_SINCE, LOOSENED = _two(READING, GUARDED), _two(READING, WRITING)
ABSENT = BACK | {"errorCode": "NoSuchEntityException", "errorMessage": "does not exist"}
DENIED = denied("SetDefaultPolicyVersion", by=BOB, resource=f"policy {OWN} version v1")

# Null is "not known to be so", but for `widens`: a version that the log does not show may be wider.
_ROOT = "actor_type = 'Root'"
_WIDER = "COALESCE(widens, TRUE)"
_ADMIN = "COALESCE(grants_admin, FALSE)"
_ITSELF = "COALESCE(on_itself, FALSE)"
_LIFTS = "COALESCE(lifts_denial, FALSE) AND NOT COALESCE(target_made_by_actor, FALSE)"
_RAISES = f"{_WIDER} AND ({_ADMIN} OR {_ITSELF})"
_OF_OTHERS = f"({ALL_PERHAPS} OR NOT COALESCE(target_made_by_actor, FALSE))"
_REST = f"NOT {_ROOT} AND NOT ({_RAISES}) AND NOT ({_LIFTS})"

RUNBOOK = Runbook(
    events=("iam.amazonaws.com:SetDefaultPolicyVersion",),
    family="permissions",
    first=(
        "Read the version that is in force now and the one before.  If nobody answers for the "
        "change, set the former version again, and stop the caller."
    ),
    information=(
        Claim(
            "The call makes one of the versions of a managed policy the default. It holds at once "
            "for all users, groups and roles that bear the policy.",
            _MODEL,
        ),
        Claim(
            "The record names the policy and the version, and neither what it says nor which was "
            "the default before.",
            "sample: splunk SetDefaultPolicyVersion",
        ),
        Claim(
            "Versions stay until they are deleted: an old one may grant what was given up long "
            "ago.",
            _VERSIONS,
        ),
    ),
    impact=(
        Claim(
            "Who may call it on a policy that they bear gets the rights of any of its versions "
            "back, without the right to write one.",
            "Rhino Security Labs, AWS IAM Privilege Escalation: SetDefaultPolicyVersion",
        ),
        Claim(
            "A guardrail that was added in a later version is gone with a step back.",
            _VERSIONS,
        ),
        Claim(
            "A step to a narrower version takes rights from programs that need them.",
            _MODEL,
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A change of the policy broke something and is rolled back.",
            (
                Fact("CreatePolicyVersion for the same policy stands shortly before."),
                Fact("Nothing more is allowed than before.", "NOT widens"),
            ),
            (
                Fact("The version makes an administrator: {grants}", "grants_admin"),
                Fact("The caller bears the policy itself.", "on_itself"),
            ),
        ),
        Explanation(
            "unauthorised",
            "An intruder looked the versions up and took the widest.",
            (
                Fact("The caller bears the policy itself.", "on_itself"),
                Fact("More is allowed than before.", "widens"),
                Fact("ListPolicyVersions and GetPolicyVersion by the same caller stand before."),
            ),
            (Fact("The caller made the policy.", "target_made_by_actor"),),
        ),
        Explanation(
            "insider",
            "Somebody takes a tightening back that stood in the way.",
            (Fact("A denial of before is gone.", "lifts_denial"),),
            (Fact("Only fewer rights are left.", "narrows AND NOT widens"),),
        ),
        Explanation(
            "accident",
            "The wrong version was chosen from the list.",
            (Fact("The version was chosen in the console.", "COALESCE(console, FALSE)"),),
            (Fact("The version is not set back within the hour."),),
        ),
        Explanation(
            "automation",
            "A tool that writes versions without setAsDefault switches them on afterwards.",
            (Fact("The caller made the policy.", "target_made_by_actor"),),
            (Fact("No tool of the account writes versions of this policy."),),
        ),
    ),
    control_gaps=(
        Claim(
            "iam:SetDefaultPolicyVersion is allowed on policies with old, wide versions. Delete "
            "what must not come back.",
            _VERSIONS,
        ),
    ),
    corrections=(
        Correction(
            "Going back to an older version is always the safe direction.",
            Claim(
                "The first version of a policy is often the widest. The step is as strong as the "
                "difference of the two documents.",
                "Rhino Security Labs, AWS IAM Privilege Escalation: SetDefaultPolicyVersion",
            ),
        ),
    ),
    questions=(
        "To the caller (`actor`): which version was in force before, and what was wrong with it?",
        "To the owner of the policy: which version should hold? "
        "`aws iam list-policy-versions --policy-arn ARN` lists them with their dates.",
        "To the bearers: which calls went through since that were refused before?",
    ),
    false_positives=(
        "A rollback in an outage, by those who keep the policy.",
        "Versions of before the log begins: the finding is medium because nobody can tell from it "
        "what they say.",
    ),
    not_fixable=(
        Claim(
            "The record does not tell the former default. Where no earlier record does, look in "
            "the snapshots of AWS Config, or ask the owner.",
            "sample: splunk SetDefaultPolicyVersion",
        ),
        Claim("What bearers did meanwhile stays done: look at their calls.", _MODEL),
    ),
    detections={
        "by_root": Detection(
            title="Root set the default version of a policy",
            level="high",
            when=_ROOT,
            techniques=("T1098.003",),
            fixes=(restore_default_version,),
            fires=((on_policy("SetDefaultPolicyVersion", by=root(), versionId="v1"),),),
            quiet=((BACK,),),
        ),
        "on_itself": Detection(
            title="A principal set a version of a policy that it bears itself",
            level="high",
            when=f"NOT {_ROOT} AND {_WIDER} AND {_ITSELF}",
            techniques=("T1098.003",),
            fixes=(restore_default_version, *STOP_CALLER),
            fires=(
                (*NARROWED, _bears("user bob"), BACK),
                (_bears("user bob"), BACK),
                (*TIGHTENED, _bears("role ci"), BACK_BY_CI),
            ),
            quiet=(
                (*NARROWED, BACK),
                (*LOOSENED, _bears("user bob"), BACK),
                (
                    _bears("user bob"),
                    on_policy(
                        "SetDefaultPolicyVersion",
                        by=role("support", session="bob"),
                        versionId="v1",
                    ),
                ),
            ),
        ),
        "administrator": Detection(
            title="A version of a policy was set that makes its bearers administrators",
            level="high",
            when=f"NOT {_ROOT} AND {_WIDER} AND {_ADMIN} AND NOT {_ITSELF}",
            techniques=("T1098.003",),
            fixes=(restore_default_version, *STOP_CALLER),
            fires=((*NARROWED, BACK), (*LAID_READY, FORTH)),
            quiet=((*_two(ALL, ALL), BACK), (BACK,), (*NARROWED, ABSENT)),
        ),
        "denial_lifted": Detection(
            title="A version of a policy was set that no longer denies what the former did",
            level="high",
            when=f"NOT {_ROOT} AND NOT ({_RAISES}) AND {_LIFTS}",
            techniques=("T1098.003",),
            fixes=(restore_default_version, *STOP_CALLER),
            fires=((*GUARDED_SINCE, BACK),),
            quiet=((*GUARDED_SINCE, BACK_BY_ALICE), (*LOOSENED, BACK)),
        ),
        "wider_or_unknown": Detection(
            title="A version of a policy was set that allows more, or that the log does not show",
            level="medium",
            when=f"{_REST} AND {_WIDER} AND {_OF_OTHERS}",
            techniques=("T1098.003",),
            fixes=(restore_default_version, *STOP_CALLER),
            fires=((BACK,), (*TIGHTENED, BACK), (*_two(UNCLEAR, READING), BACK_BY_ALICE)),
            quiet=((*LOOSENED, BACK), (*TIGHTENED, BACK_BY_ALICE), (*NARROWED, BACK)),
        ),
        "ordinary": Detection(
            title="A version of a policy was set that allows no more, or by who made the policy",
            level="low",
            when=f"{_REST} AND NOT ({_WIDER} AND {_OF_OTHERS})",
            fires=((*LOOSENED, BACK), (*TIGHTENED, BACK_BY_ALICE)),
            quiet=((BACK,), (*NARROWED, BACK_BY_ALICE), (*GUARDED_SINCE, BACK)),
        ),
        "denied": Detection(
            title="A version of a policy was to be set, and that was denied",
            level="medium",
            when="TRUE",
            outcome="denied",
            techniques=("T1098.003",),
            fixes=STOP_CALLER,
            fires=((DENIED,),),
            quiet=((BACK,), (ABSENT,)),
        ),
        "failed": Detection(
            title="The default version stayed: the call failed",
            level="low",
            when="TRUE",
            outcome="failed",
            fires=((ABSENT,),),
            quiet=((DENIED,), (BACK,)),
        ),
    },
)
