"""A managed policy is attached to a user, a group or a role: its bearer may do more, or less."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, denied, role, root, user
from trailmend.evidence.policies import (
    ADMINISTRATOR,
    ALL,
    DENIAL,
    DENY_ALL,
    OF_AWS,
    OWN,
    PERHAPS,
    READ_ONLY,
    UNCLEAR,
    on,
    policy_made,
)
from trailmend.measures import STOP_CALLER
from trailmend.remediations.policies import detach_policy
from trailmend.runbooks.create_policy import ALL_PERHAPS, TAKES_OVER_ROLE

_MODEL = "botocore iam AttachUserPolicy, AttachRolePolicy"
_GUIDE = "AWS IAM User Guide (archived 2023-06), read 2026-11-28"
_KINDS = f"{_GUIDE}: Managed policies and inline policies"
_BOUNDARIES = f"{_GUIDE}: Permissions boundaries for IAM entities"
_QUARANTINE = (
    "AWS Managed Policy Reference, AWSCompromisedKeyQuarantineV2, V3 and V4 "
    "(docs.aws.amazon.com/aws-managed-policy/latest/reference/), read 2026-11-28"
)

ALICE, BOB, CI = user("alice"), user("bob"), role("ci")
NAMESAKE = role("support", session="bob")
"""A session whose name its caller chose: a role is not its namesake."""


def _attach(by: Principal, whom: str, arn: str = ADMINISTRATOR, **more: Any) -> dict[str, Any]:
    return on("Attach{}Policy", whom, by=by, policyArn=arn, **more)


LEAKED = _attach(CI, "user alice", f"{OF_AWS}AWSCompromisedKeyQuarantineV3")
TO_ALICE, TO_STAFF = _attach(BOB, "user alice"), _attach(BOB, "group staff")
TO_BOB, TO_CI = _attach(BOB, "user bob"), _attach(CI, "role ci")
OWN_TO_ALICE, OWN_TO_ROLE = _attach(BOB, "user alice", OWN), _attach(CI, "role web", OWN)
READER, READER_TO_BOB = _attach(BOB, "user alice", READ_ONLY), _attach(BOB, "user bob", READ_ONLY)
DENIED_ALL = _attach(BOB, "user alice", DENY_ALL)
BY_ROOT = _attach(root(), "user alice", READ_ONLY)
ALICE_ADMINISTRATOR = _attach(ALICE, "user alice", at="08:00:00")
JOINED = on("AddUserTo{}", "group staff", by=ALICE, userName="bob", at="08:30:00")
NEW_USER = on("Create{}", "user alice", by=BOB, at="08:00:00")
NEW_ROLE = on("Create{}", "role web", by=CI, at="07:30:00")
FAILED = TO_ALICE | {"errorCode": "NoSuchEntityException", "errorMessage": "No such user"}
DENIED = denied("AttachUserPolicy", by=BOB, resource="user alice")

# Root comes first, then administrators, then AWS's quarantine, denials, the caller itself; null
# means "not known to be so" in each.  What is not known is medium for people's users and groups,
# and low for whom the caller made and for roles, unless it grants everything under a condition, or
# a call that takes over what there is to another's role, from a caller new to it: infrastructure
# attaches policies of the account to roles all day, and the log seldom shows what they say.
_ROOT = "actor_type = 'Root'"
_ADMIN = "COALESCE(grants_admin, FALSE)"
_ALREADY = "COALESCE(target_is_admin, FALSE)"
_ITSELF = "COALESCE(on_itself, FALSE)"
_BY_AWS = "COALESCE(object_id, '') LIKE '%:aws:policy/AWSCompromisedKeyQuarantine%'"
_LOCKS = f"{_ALREADY} AND NOT {_ITSELF}"
_LESSER = f"NOT {_ROOT} AND NOT {_ADMIN}"
_LESS = f"{_LESSER} AND NOT {_BY_AWS} AND COALESCE(denies, FALSE)"
_MORE = f"{_LESSER} AND NOT {_BY_AWS} AND NOT COALESCE(denies, FALSE)"
_UNKNOWN = (
    f"({ALL_PERHAPS} OR {TAKES_OVER_ROLE} OR grants_admin IS NULL "
    "AND NOT COALESCE(target_made_by_actor, FALSE) AND target_type IS DISTINCT FROM 'role')"
)
_READ = "grants IS NOT NULL AND policy_problems IS NULL"

RUNBOOK = Runbook(
    events=(
        "iam.amazonaws.com:AttachUserPolicy",
        "iam.amazonaws.com:AttachGroupPolicy",
        "iam.amazonaws.com:AttachRolePolicy",
    ),
    family="permissions",
    first=(
        "See what the policy grants (`grants`).  If nobody answers for it, detach it, which can be "
        "undone, and stop the caller."
    ),
    information=(
        Claim(
            "The call attaches one managed policy, AWS's or the account's own, to one user, group "
            "or role. What the policy says holds from then on, beside all that was attached.",
            f"{_MODEL}; {_KINDS}",
        ),
        Claim(
            "Of a group all members get it, those who join later too.",
            f"{_GUIDE}: IAM user groups",
        ),
        Claim(
            "The record names the bearer and the ARN of the policy, and no word of what it says. "
            "That stands in CreatePolicy and CreatePolicyVersion; of AWS's own, in no record.",
            "sample: invictus AttachRolePolicy, AttachUserPolicy, CreatePolicy",
        ),
        Claim(
            "A user, a group and a role may each have 10 managed policies, users and roles more "
            "where AWS raised the quota. To attach one that is attached is no error.",
            f"{_GUIDE}: IAM and AWS STS quotas; botocore iam AttachUserPolicy, AttachRolePolicy "
            "(errors)",
        ),
        Claim(
            "A refused call names the user, group or role in its message, not the policy.",
            "sample: traildiscover AttachUserPolicy, AttachGroupPolicy, AttachRolePolicy",
        ),
    ),
    impact=(
        Claim(
            "With AdministratorAccess, or a policy from which there is a road to it, the bearer "
            "can do everything in the account that no boundary and no organization's policy bars.",
            f"{_KINDS}; {_BOUNDARIES}",
        ),
        Claim(
            "Whoever may attach any policy to their own user, or to a role that they can take, "
            "is an administrator by one call.",
            "Rhino Security Labs, AWS IAM Privilege Escalation: AttachUserPolicy, "
            "AttachGroupPolicy, AttachRolePolicy",
        ),
        Claim(
            "Keys, passwords and sessions in use carry the new rights at once: policies are "
            "weighed at each request.",
            f"{_GUIDE}: Disabling permissions for temporary security credentials",
        ),
        Claim(
            "A policy that denies takes rights away: attached to an administrator by an intruder "
            "it locks the defenders out.",
            f"{_GUIDE}: Policy evaluation logic",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "An administrator gives a colleague or a program what the work needs.",
            (
                Fact("The policy is known to make no administrator.", "NOT grants_admin"),
                Fact("The caller made this user, group or role.", "target_made_by_actor"),
                Fact("A ticket names the policy and who is to have it."),
            ),
            (
                Fact("The policy makes an administrator: {grants}", "grants_admin"),
                Fact("The caller gave it to itself.", "on_itself"),
            ),
        ),
        Explanation(
            "unauthorised",
            "An intruder raises the stolen user, a role within reach, or a user made for the "
            "purpose.",
            (
                Fact("The caller gave it to itself.", "on_itself"),
                Fact("The policy makes an administrator: {grants}", "grants_admin"),
                Fact("The bearer calls within minutes what was refused before."),
            ),
            (
                Fact(
                    "The bearer was an administrator already; nothing was gained.",
                    "target_is_admin",
                ),
            ),
        ),
        Explanation(
            "insider",
            "A colleague takes more rights than were given, for convenience or for later.",
            (Fact("A user attached it to itself.", "on_itself AND actor_type = 'IAMUser'"),),
            (Fact("The caller may approve such changes, and another person asked for it."),),
        ),
        Explanation(
            "accident",
            "The widest policy was taken because a narrower one was not at hand, to be removed "
            "later.",
            (Fact("The policy is detached again within the day."),),
            (Fact("It is used: service last accessed data shows many services."),),
        ),
        Explanation(
            "automation",
            "Terraform, CloudFormation or a pipeline sets a role up.",
            (Fact("The same principal made the role.", "target_made_by_actor"),),
            (Fact("No code of the account holds this attachment."),),
        ),
    ),
    control_gaps=(
        Claim(
            "iam:AttachUserPolicy, AttachGroupPolicy or AttachRolePolicy is allowed without the "
            "condition iam:PolicyARN, which limits the policies that may be attached.",
            f"{_GUIDE}: Controlling access to AWS resources using policies",
        ),
        Claim(
            "No permissions boundary bounds those who may attach policies, so what they attach is "
            "unbounded too.",
            _BOUNDARIES,
        ),
    ),
    corrections=(
        Correction(
            "AttachRolePolicy changes who can assume the role.",
            Claim(
                "It changes what the role may do. Who can assume it stands in the trust policy, "
                "which CreateRole and UpdateAssumeRolePolicy set.",
                "botocore iam AttachRolePolicy",
            ),
        ),
        Correction(
            "Only AdministratorAccess makes an administrator.",
            Claim(
                "So do IAMFullAccess, any policy with iam:AttachUserPolicy on all users, and many "
                "other roads.",
                "Rhino Security Labs, AWS IAM Privilege Escalation; pathfinding.cloud (commit "
                "84dd65c, 2025-12-17)",
            ),
        ),
        Correction(
            "AWSCompromisedKeyQuarantine makes a leaked key harmless.",
            Claim(
                "It denies a list of actions; all others go on. The key has to be switched off and "
                "replaced.",
                _QUARANTINE,
            ),
        ),
    ),
    questions=(
        "To the caller (`actor`): for which task did `target` need `object_id`, and until when?",
        "To the bearer: did you ask for it, and do you use it?",
        "To the owner of the account: what may the bearer do now that it could not? See `grants` "
        "and `policy_problems`.",
        "To all: which calls did the bearer make since, and with which keys?",
    ),
    false_positives=(
        "The first administrator of a new account, and the role of a deployment tool that is meant "
        "to be one.  Both are worth one answer.",
        "A policy whose text the log does not show, given to a user by an administrator.",
        "AWS's own quarantine is no false positive: the key it is about is out.",
    ),
    not_fixable=(
        Claim(
            "What the bearer did with the rights stays done: look for keys, users, roles and "
            "policies that it made.",
            "botocore iam DetachUserPolicy",
        ),
        Claim(
            "Sessions of other roles that it took meanwhile do not end with the policy: end them "
            "role by role (principals.revoke_role_sessions).",
            f"{_GUIDE}: Revoking IAM role temporary security credentials",
        ),
    ),
    detections={
        "by_root": Detection(
            title="Root attached a policy",
            level="high",
            when=_ROOT,
            techniques=("T1098.003",),
            fixes=(detach_policy,),
            fires=((BY_ROOT,),),
            quiet=((READER,), (BY_ROOT | {"errorCode": "NoSuchEntityException"},)),
        ),
        "administrator_to_itself": Detection(
            title="A principal made itself an administrator by attaching a policy",
            level="high",
            when=f"NOT {_ROOT} AND {_ADMIN} AND NOT {_ALREADY} AND {_ITSELF}",
            techniques=("T1098.003",),
            fixes=(detach_policy, *STOP_CALLER),
            fires=(
                (TO_BOB,),
                (TO_CI,),
                (JOINED, TO_STAFF),
                (policy_made(ALL, by=BOB), _attach(BOB, "user bob", OWN)),
            ),
            quiet=((TO_ALICE,), (TO_STAFF,), (READER_TO_BOB,), (_attach(NAMESAKE, "user bob"),)),
        ),
        "administrator": Detection(
            title="A policy that makes an administrator was attached",
            level="high",
            when=f"NOT {_ROOT} AND {_ADMIN} AND NOT {_ALREADY} AND NOT {_ITSELF}",
            techniques=("T1098.003",),
            fixes=(detach_policy, *STOP_CALLER),
            fires=(
                (TO_ALICE,),
                (TO_STAFF,),
                (NEW_USER, TO_ALICE),
                (_attach(NAMESAKE, "user bob"),),
            ),
            quiet=(
                (TO_BOB,),
                (READER,),
                (OWN_TO_ALICE,),
                (FAILED,),
                (ALICE_ADMINISTRATOR, TO_ALICE),
            ),
        ),
        "administrator_again": Detection(
            title="An administrator was given a second policy that makes one",
            level="medium",
            when=f"NOT {_ROOT} AND {_ADMIN} AND {_ALREADY}",
            techniques=("T1098.003",),
            fixes=(detach_policy, *STOP_CALLER),
            fires=((ALICE_ADMINISTRATOR, TO_ALICE),),
            quiet=((TO_ALICE,), (ALICE_ADMINISTRATOR, READER)),
        ),
        "quarantined_by_aws": Detection(
            title="AWS's quarantine for a leaked access key was attached",
            level="high",
            when=f"{_LESSER} AND {_BY_AWS}",
            techniques=("T1552", "T1078.004"),
            fires=((LEAKED,),),
            quiet=((DENIED_ALL,), (LEAKED | {"errorCode": "LimitExceededException"},)),
        ),
        "administrator_denied": Detection(
            title="A policy that denies was attached to an administrator",
            level="medium",
            takes_back=True,
            when=f"{_LESS} AND {_LOCKS}",
            techniques=("T1531",),
            fixes=(detach_policy, *STOP_CALLER),
            fires=((ALICE_ADMINISTRATOR, DENIED_ALL),),
            quiet=((DENIED_ALL,), (ALICE_ADMINISTRATOR, READER)),
        ),
        "denial": Detection(
            title="A policy that denies was attached",
            level="low",
            when=f"{_LESS} AND NOT ({_LOCKS})",
            fires=((DENIED_ALL,), (policy_made(DENIAL, by=BOB), OWN_TO_ALICE)),
            quiet=((ALICE_ADMINISTRATOR, DENIED_ALL), (READER,), (LEAKED,)),
        ),
        "to_itself": Detection(
            title="A principal attached a policy to itself",
            level="medium",
            when=f"{_MORE} AND {_ITSELF}",
            techniques=("T1098.003",),
            fixes=(detach_policy, *STOP_CALLER),
            fires=((READER_TO_BOB,), (_attach(CI, "role ci", OWN),)),
            quiet=((READER,), (TO_BOB,), (_attach(BOB, "user bob", DENY_ALL),)),
        ),
        "unclear": Detection(
            title="A policy was attached that may make an administrator: a condition decides, or "
            "what the account holds",
            level="medium",
            when=f"{_MORE} AND NOT {_ITSELF} AND {_UNKNOWN} AND {_READ}",
            techniques=("T1098.003",),
            fixes=(detach_policy, *STOP_CALLER),
            fires=(
                (policy_made(PERHAPS, by=BOB), OWN_TO_ALICE),
                (policy_made(PERHAPS, by=BOB), OWN_TO_ROLE),
                (_attach(BOB, "user alice", f"{OF_AWS}PowerUserAccess"),),
                (policy_made(UNCLEAR, by=BOB), OWN_TO_ROLE),
                (policy_made(UNCLEAR, by=BOB), NEW_USER, OWN_TO_ALICE),
            ),
            quiet=(
                (OWN_TO_ALICE,),
                (NEW_ROLE, policy_made(PERHAPS, by=BOB), OWN_TO_ROLE),
                (READER,),
            ),
        ),
        "unknown_policy": Detection(
            title="A policy was attached, and what it says is not in the log or cannot be read",
            level="medium",
            when=f"{_MORE} AND NOT {_ITSELF} AND {_UNKNOWN} AND NOT ({_READ})",
            techniques=("T1098.003",),
            fixes=(detach_policy, *STOP_CALLER),
            fires=((OWN_TO_ALICE,), (policy_made("{", by=BOB), OWN_TO_ALICE)),
            quiet=(
                (OWN_TO_ROLE,),
                (NEW_USER, OWN_TO_ALICE),
                (READER,),
                (policy_made(PERHAPS, by=BOB), OWN_TO_ALICE),
            ),
        ),
        "ordinary": Detection(
            title="An ordinary policy was attached",
            level="low",
            when=f"{_MORE} AND NOT {_ITSELF} AND NOT ({_UNKNOWN})",
            fires=((READER,), (OWN_TO_ROLE,), (NEW_USER, OWN_TO_ALICE)),
            quiet=((READER_TO_BOB,), (OWN_TO_ALICE,), (TO_ALICE,)),
        ),
        "denied": Detection(
            title="A policy was to be attached, and that was denied",
            level="medium",
            when="TRUE",
            outcome="denied",
            techniques=("T1098.003",),
            fixes=STOP_CALLER,
            fires=((DENIED,), (denied("AttachRolePolicy", by=CI, resource="role web"),)),
            quiet=((TO_ALICE,), (FAILED,)),
        ),
        "failed": Detection(
            title="No policy was attached: the call failed",
            level="low",
            when="TRUE",
            outcome="failed",
            fires=((FAILED,),),
            quiet=((DENIED,), (TO_ALICE,)),
        ),
    },
)
