"""A managed policy is made in the account; it holds for nobody until it is attached."""

from trailmend.catalog import Claim, Detection, Explanation, Fact, Runbook
from trailmend.evidence import call, denied, role, root, user
from trailmend.evidence.policies import ALL, DENIAL, PERHAPS, READING, UNCLEAR, policy_made

_MODEL = "botocore iam CreatePolicy"

BOB, CI = user("bob"), role("ci")
MADE_ALL, MADE_READING = policy_made(ALL, by=BOB), policy_made(READING, by=CI)
EXISTS = call("CreatePolicy", by=CI, error="EntityAlreadyExistsException")
DENIED = denied("CreatePolicy", by=BOB, resource="policy own")
LEFT_OUT = MADE_ALL | {
    "requestParameters": {"omitted": True, "reason": "requestParameters too large"}
}

# A document that cannot be read (grants_admin null and a problem) is medium, and so is one that
# grants everything under a condition; what only the account decides is ordinary, for nobody bears
# it yet.
_ADMIN = "COALESCE(grants_admin, FALSE)"
_UNREADABLE = "grants_admin IS NULL AND policy_problems IS NOT NULL"
_BY_OTHERS = "actor_type <> 'Root'"
ALL_PERHAPS = (
    "grants_admin IS NULL AND policy_problems IS NULL AND (COALESCE(grants, '') LIKE "
    "'%: everything on %' OR COALESCE(grants, '') LIKE '%: all of IAM on %')"
)
"""The policy grants everything, or all of IAM, and nothing but a condition keeps it from that."""
_TAKE_OVER = (
    "lambda:UpdateFunctionCode ssm:SendCommand ssm:StartSession sso:CreateAccountAssignment "
    "sts:AssumeRole"
).split()
"""One call of these takes over whatever the account has of its kind: machines, functions, roles."""
_ANY = " OR ".join(f"COALESCE(grants, '') LIKE '%: {one} on *: as far as %'" for one in _TAKE_OVER)
TAKES_OVER_ROLE = (
    "target_type = 'role' AND NOT COALESCE(target_made_by_actor, FALSE) "
    "AND COALESCE(action_minutes, 0) < 1440 AND grants_admin IS NULL "
    f"AND policy_problems IS NULL AND ({_ANY})"
)
"""A role gets such a call on everything, from somebody who had neither made the role nor made such
calls for a day: infrastructure makes its roles itself, and writes into them all day."""

RUNBOOK = Runbook(
    events=("iam.amazonaws.com:CreatePolicy",),
    family="permissions",
    tier=2,
    first="Read what the policy grants (`grants`), then see who attaches it.",
    information=(
        Claim(
            "The call makes a managed policy of the account with one version, v1, which is the "
            "default. Nobody bears it yet.",
            _MODEL,
        ),
        Claim(
            "The record holds name, path and the whole document; the answer holds the ARN.",
            "sample: invictus CreatePolicy",
        ),
        Claim(
            "A refused call is logged without the document.",
            "sample: traildiscover CreatePolicy",
        ),
    ),
    impact=(
        Claim(
            "A policy with all rights and a harmless name is a tool laid ready: whoever may attach "
            "policies by name can give it to any user or role.",
            "botocore iam AttachUserPolicy, AttachRolePolicy",
        ),
        Claim(
            "The same document can become a permissions boundary that bounds nothing.",
            "botocore iam PutUserPermissionsBoundary",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "Somebody writes the rights of a program or a team.",
            (Fact("The policy makes no administrator.", "NOT grants_admin"),),
            (Fact("The policy makes an administrator: {grants}", "grants_admin"),),
        ),
        Explanation(
            "unauthorised",
            "An intruder prepares rights under a name that looks like AWS's own.",
            (
                Fact("The policy makes an administrator: {grants}", "grants_admin"),
                Fact("AttachUserPolicy or AttachRolePolicy by the same caller follows."),
            ),
            (Fact("Nobody has attached it in the days since."),),
        ),
        Explanation(
            "automation",
            "A stack makes its policies when it is set up.",
            (Fact("A stack lists the policy among its resources."),),
            (Fact("No code of the account holds the document."),),
        ),
    ),
    questions=(
        "To the caller (`actor`): who is to have this policy, and why these rights?",
        "To the owner of the account: is it attached by now? "
        "`aws iam list-entities-for-policy --policy-arn ARN` tells.",
    ),
    false_positives=(
        "The policy of a deployment tool that may do everything.",
        "A copy of AdministratorAccess with a few denials, made for administrators.",
    ),
    not_fixable=(
        Claim(
            "No fix deletes it: while nobody bears it, it does nothing, and it is evidence. Where "
            "somebody bears it, policies.detach_policy takes it off.",
            "botocore iam DeletePolicy",
        ),
    ),
    detections={
        "by_root": Detection(
            title="Root made a policy",
            level="high",
            when="actor_type = 'Root'",
            techniques=("T1098.003",),
            fires=((policy_made(READING, by=root()),),),
            quiet=((MADE_READING,),),
        ),
        "administrator": Detection(
            title="A policy was made that makes its bearer an administrator",
            level="medium",
            when=f"{_BY_OTHERS} AND {_ADMIN}",
            techniques=("T1098.003",),
            fires=((MADE_ALL,),),
            quiet=((MADE_READING,), (EXISTS,), (policy_made(DENIAL, by=BOB),)),
        ),
        "unreadable": Detection(
            title="A policy was made that cannot be read in the log",
            level="medium",
            when=f"{_BY_OTHERS} AND {_UNREADABLE}",
            techniques=("T1098.003", "T1562.008"),
            fires=((LEFT_OUT,), (policy_made("{", by=BOB),)),
            quiet=((MADE_READING,), (MADE_ALL,)),
        ),
        "unclear": Detection(
            title="A policy was made that grants everything if its condition holds",
            level="medium",
            when=f"{_BY_OTHERS} AND {ALL_PERHAPS}",
            techniques=("T1098.003",),
            fires=((policy_made(UNCLEAR, by=BOB),),),
            quiet=((MADE_ALL,), (policy_made(PERHAPS, by=BOB),), (LEFT_OUT,)),
        ),
        "ordinary": Detection(
            title="An ordinary policy was made",
            level="low",
            when=f"{_BY_OTHERS} AND NOT {_ADMIN} AND NOT ({_UNREADABLE}) AND NOT ({ALL_PERHAPS})",
            fires=(
                (MADE_READING,),
                (policy_made(DENIAL, by=BOB),),
                (policy_made(PERHAPS, by=BOB),),
            ),
            quiet=((MADE_ALL,), (LEFT_OUT,), (policy_made(UNCLEAR, by=BOB),)),
        ),
        "denied": Detection(
            title="A policy was to be made, and that was denied",
            level="low",
            when="TRUE",
            outcome="denied",
            fires=((DENIED,),),
            quiet=((MADE_ALL,), (EXISTS,)),
        ),
        "failed": Detection(
            title="No policy was made: the call failed",
            level="low",
            when="TRUE",
            outcome="failed",
            fires=((EXISTS,),),
            quiet=((DENIED,), (MADE_READING,)),
        ),
    },
)
