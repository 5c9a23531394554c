"""An inline policy is written into a user, a group or a role, new or over the one of that name."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, denied, role, root, user
from trailmend.evidence.policies import (
    ADMINISTRATOR,
    ALL,
    DENIAL,
    GUARDED,
    PERHAPS,
    READING,
    UNCLEAR,
    WRITING,
    on,
)
from trailmend.measures import STOP_CALLER
from trailmend.remediations.inline_policies import take_back_inline_policy
from trailmend.runbooks.create_policy import ALL_PERHAPS, TAKES_OVER_ROLE

_MODEL = "botocore iam PutUserPolicy, PutRolePolicy"
_GUIDE = "AWS IAM User Guide (archived 2023-06), read 2026-11-28"
_KINDS = f"{_GUIDE}: Managed policies and inline policies"

ALICE, BOB, CI = user("alice"), user("bob"), role("ci")


def _put(by: Principal, whom: str, text: str | None = ALL, **more: Any) -> dict[str, Any]:
    sent = {} if text is None else {"policyDocument": text}
    return on("Put{}Policy", whom, by=by, policyName="work", **sent, **more)


TO_BOB, TO_ALICE = _put(BOB, "user bob"), _put(BOB, "user alice")
READER = _put(BOB, "user alice", READING)
UNCLEAR_TO_ALICE = _put(BOB, "user alice", UNCLEAR)
ALICE_ADMINISTRATOR = on(
    "Attach{}Policy", "user alice", by=ALICE, policyArn=ADMINISTRATOR, at="08:00:00"
)
NEW_USER = on("Create{}", "user alice", by=BOB, at="08:00:00")
NEW_ROLE = on("Create{}", "role web", by=BOB, at="08:00:00")
FORMER_DENIAL = _put(ALICE, "user alice", GUARDED, at="08:00:00")
FORMER_ALL = _put(ALICE, "user alice", at="08:00:00")
LEFT_OUT = _put(BOB, "user alice", None) | {
    "requestParameters": {"omitted": True, "reason": "requestParameters too large"}
}
DOUBTFUL = _put(BOB, "user alice", "{")
FULL = TO_ALICE | {"errorCode": "LimitExceededException", "errorMessage": "Maximum policy size"}
DENIED = denied("PutUserPolicy", by=BOB, resource="user alice")

# Null is "not known to be so": of a document that cannot be read, `unreadable` speaks; one whose
# grant a condition or the account decides is unclear.  In a role and in what the caller made only
# everything under a condition is, and in another's role a call that takes over what there is, on
# everything, from a caller who is new to it: infrastructure writes the rest all day.
_ROOT = "actor_type = 'Root'"
_ADMIN = "COALESCE(grants_admin, FALSE)"
_ALREADY = "COALESCE(target_is_admin, FALSE)"
_ITSELF = "COALESCE(on_itself, FALSE)"
_LIFTS = "COALESCE(lifts_denial, FALSE) AND NOT COALESCE(target_made_by_actor, FALSE)"
_LESSER = f"NOT {_ROOT} AND NOT {_ADMIN} AND NOT ({_LIFTS})"
_LOCKS = f"COALESCE(denies, FALSE) AND {_ALREADY} AND NOT {_ITSELF}"
_OWN = f"{_ITSELF} AND (grants_admin IS NULL OR NOT COALESCE(denies, FALSE))"
_UNREADABLE = "grants_admin IS NULL AND policy_problems IS NOT NULL"
_UNCLEAR = (
    f"({ALL_PERHAPS} OR {TAKES_OVER_ROLE} OR grants_admin IS NULL AND policy_problems IS NULL "
    "AND NOT COALESCE(target_made_by_actor, FALSE) AND target_type IS DISTINCT FROM 'role')"
)
_RATHER = f"{_LESSER} AND NOT ({_LOCKS}) AND NOT ({_OWN}) AND NOT ({_UNREADABLE})"

RUNBOOK = Runbook(
    events=(
        "iam.amazonaws.com:PutUserPolicy",
        "iam.amazonaws.com:PutGroupPolicy",
        "iam.amazonaws.com:PutRolePolicy",
    ),
    family="permissions",
    first=(
        "Read the document in the record (`grants`, `widens`).  If nobody answers for it, take it "
        "back, and stop the caller."
    ),
    information=(
        Claim(
            "The call writes a policy document into one user, group or role. A document of the "
            "same name is overwritten whole; IAM keeps no versions of inline policies.",
            f"{_MODEL}; {_GUIDE}: Versioning IAM policies",
        ),
        Claim(
            "The record holds the name and the whole document. The former one stands in the call "
            "before, if the log has it.",
            "sample: invictus PutRolePolicy",
        ),
        Claim(
            "A request that is too large is logged without its parameters: then neither the "
            "bearer nor the document is known.",
            "AWS CloudTrail User Guide, CloudTrail record contents (archived 2023-06), read "
            "2026-11-28",
        ),
        Claim(
            "All inline policies of a user may have 2,048 characters together, of a role 10,240, "
            "of a group 5,120, white space not counted.",
            f"{_GUIDE}: IAM and AWS STS quotas",
        ),
    ),
    impact=(
        Claim(
            "Whoever may write into their own user, or into a role that they can take, can write "
            "any rights: one call makes an administrator.",
            "Rhino Security Labs, AWS IAM Privilege Escalation: PutUserPolicy, PutGroupPolicy, "
            "PutRolePolicy",
        ),
        Claim(
            "An inline policy is in no list of the account's policies: a search by ARN misses it, "
            "so it makes a quiet back door.",
            f"{_KINDS}; botocore iam ListPolicies",
        ),
        Claim(
            "A quarantine that is an inline policy ends when its name is written over with a "
            "harmless document.",
            _MODEL,
        ),
        Claim(
            "A document that denies locks its bearer out, an administrator too.",
            f"{_GUIDE}: Policy evaluation logic",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A program's role gets the few rights that it needs.",
            (
                Fact("The document makes no administrator.", "NOT grants_admin"),
                Fact("The caller made this user, group or role.", "target_made_by_actor"),
                Fact("Nothing more is allowed than before.", "NOT widens"),
            ),
            (
                Fact("The document makes an administrator: {grants}", "grants_admin"),
                Fact("The caller wrote it into itself.", "on_itself"),
            ),
        ),
        Explanation(
            "unauthorised",
            "An intruder writes the rights that they lack, or takes a denial out of the way.",
            (
                Fact("The caller wrote it into itself.", "on_itself"),
                Fact("A denial of before is gone.", "lifts_denial"),
                Fact("The document makes an administrator: {grants}", "grants_admin"),
                Fact("CloudTrail left the parameters out.", "truncated"),
            ),
            (Fact("The bearer was an administrator already.", "target_is_admin"),),
        ),
        Explanation(
            "insider",
            "A colleague with rights over IAM gives their own user more.",
            (Fact("A user wrote it into itself.", "on_itself AND actor_type = 'IAMUser'"),),
            (Fact("Only fewer rights are left.", "narrows AND NOT widens"),),
        ),
        Explanation(
            "accident",
            "A document for a test, with * for all, was left, or one of the same name was "
            "overwritten unseen.",
            (
                Fact("More is allowed than before.", "widens"),
                Fact("The document was written in the console.", "COALESCE(console, FALSE)"),
            ),
            (Fact("The same document stands in the code of a stack."),),
        ),
        Explanation(
            "automation",
            "Terraform, CDK or a service's wizard writes a role's policy.",
            (Fact("The caller made the role.", "target_made_by_actor"),),
            (Fact("The bearer is a user.", "target_type = 'user'"),),
        ),
    ),
    control_gaps=(
        Claim(
            "iam:PutUserPolicy and iam:PutRolePolicy cannot be limited by what the document says: "
            "only by whom it is written into, or by a boundary that the bearer must have "
            "(iam:PermissionsBoundary).",
            f"{_GUIDE}: Permissions boundaries for IAM entities",
        ),
    ),
    corrections=(
        Correction(
            "A policy of the account's list can be compared with yesterday's, so a change is seen.",
            Claim(
                "Inline policies are in no such list. GetAccountAuthorizationDetails shows them "
                "all.",
                "botocore iam GetAccountAuthorizationDetails, ListPolicies",
            ),
        ),
        Correction(
            "PutRolePolicy adds to what the policy of that name said.",
            Claim("It replaces the document whole.", _MODEL),
        ),
    ),
    questions=(
        "To the caller (`actor`): for which task, and why as an inline policy?",
        "To the bearer: what do you do that needs it?",
        "To the owner of the account: was there a policy of this name before? See `before`.",
    ),
    false_positives=(
        "A bootstrap of infrastructure that makes its own deployment role an administrator.",
        "A responder's quarantine, or the console's AWSRevokeOlderSessions, on an administrator.",
    ),
    not_fixable=(
        Claim(
            "Where the log does not hold the former document it cannot be put back: it is "
            "overwritten, and IAM keeps no versions of it.",
            f"{_GUIDE}: Versioning IAM policies",
        ),
        Claim(
            "Keys, users and roles that the bearer made with the rights stay: look at its calls.",
            _MODEL,
        ),
    ),
    detections={
        "by_root": Detection(
            title="Root wrote an inline policy",
            level="high",
            when=_ROOT,
            techniques=("T1098.003",),
            fixes=(take_back_inline_policy,),
            fires=((_put(root(), "user alice", READING),),),
            quiet=((READER,),),
        ),
        "administrator_to_itself": Detection(
            title="A principal made itself an administrator by an inline policy",
            level="high",
            when=f"NOT {_ROOT} AND {_ADMIN} AND NOT {_ALREADY} AND {_ITSELF}",
            techniques=("T1098.003",),
            fixes=(take_back_inline_policy, *STOP_CALLER),
            fires=((TO_BOB,), (_put(CI, "role ci"),)),
            quiet=((TO_ALICE,), (_put(role("support", session="bob"), "user bob"),)),
        ),
        "administrator": Detection(
            title="An inline policy makes its bearer an administrator",
            level="high",
            when=f"NOT {_ROOT} AND {_ADMIN} AND NOT {_ALREADY} AND NOT {_ITSELF}",
            techniques=("T1098.003",),
            fixes=(take_back_inline_policy, *STOP_CALLER),
            fires=((TO_ALICE,), (NEW_USER, TO_ALICE), (_put(BOB, "group staff"),)),
            quiet=((TO_BOB,), (READER,), (FULL,), (FORMER_ALL, TO_ALICE)),
        ),
        "administrator_again": Detection(
            title="An administrator was given an inline policy that makes one",
            level="medium",
            when=f"NOT {_ROOT} AND {_ADMIN} AND {_ALREADY}",
            techniques=("T1098.003",),
            fixes=(take_back_inline_policy, *STOP_CALLER),
            fires=((FORMER_ALL, TO_ALICE),),
            quiet=((TO_ALICE,), (FORMER_ALL, READER)),
        ),
        "denial_lifted": Detection(
            title="An inline policy was overwritten, and a denial of the former is gone",
            level="high",
            when=f"NOT {_ROOT} AND NOT {_ADMIN} AND {_LIFTS}",
            techniques=("T1098.003",),
            fixes=(take_back_inline_policy, *STOP_CALLER),
            fires=((FORMER_DENIAL, READER),),
            quiet=(
                (READER,),
                (NEW_USER, _put(BOB, "user alice", GUARDED, at="08:30:00"), READER),
                (FORMER_DENIAL, _put(BOB, "user alice", GUARDED)),
            ),
        ),
        "administrator_denied": Detection(
            title="An inline policy denies an administrator something",
            level="medium",
            takes_back=True,
            when=f"{_LESSER} AND {_LOCKS}",
            techniques=("T1531",),
            fixes=(take_back_inline_policy, *STOP_CALLER),
            fires=((ALICE_ADMINISTRATOR, _put(BOB, "user alice", DENIAL)),),
            quiet=((_put(BOB, "user alice", DENIAL),),),
        ),
        "to_itself": Detection(
            title="A principal wrote an inline policy into itself",
            level="medium",
            when=f"{_LESSER} AND NOT ({_LOCKS}) AND {_OWN}",
            techniques=("T1098.003",),
            fixes=(take_back_inline_policy, *STOP_CALLER),
            fires=((_put(BOB, "user bob", WRITING),), (_put(CI, "role ci", READING),)),
            quiet=((READER,), (_put(BOB, "user bob", DENIAL),), (TO_BOB,)),
        ),
        "unreadable": Detection(
            title="An inline policy was written that cannot be read in the log",
            level="medium",
            when=f"{_LESSER} AND NOT ({_LOCKS}) AND NOT ({_OWN}) AND {_UNREADABLE}",
            techniques=("T1098.003", "T1562.008"),
            fixes=STOP_CALLER,
            fires=((LEFT_OUT,), (DOUBTFUL,)),
            quiet=((READER,), (TO_ALICE,)),
        ),
        "unclear": Detection(
            title="An inline policy may make its bearer an administrator: a condition decides, or "
            "what the account holds",
            level="medium",
            when=f"{_RATHER} AND {_UNCLEAR}",
            techniques=("T1098.003",),
            fixes=(take_back_inline_policy, *STOP_CALLER),
            fires=(
                (UNCLEAR_TO_ALICE,),
                (_put(BOB, "group staff", PERHAPS),),
                (_put(BOB, "role web", UNCLEAR),),
                (_put(BOB, "role web", PERHAPS),),
                (NEW_USER, UNCLEAR_TO_ALICE),
            ),
            quiet=(
                (TO_ALICE,),
                (NEW_USER, _put(BOB, "user alice", PERHAPS)),
                (NEW_ROLE, _put(BOB, "role web", PERHAPS)),
                (DOUBTFUL,),
            ),
        ),
        "ordinary": Detection(
            title="An ordinary inline policy was written",
            level="low",
            when=f"{_RATHER} AND NOT ({_UNCLEAR})",
            fires=((READER,), (_put(CI, "role web", WRITING),), (_put(BOB, "user bob", DENIAL),)),
            quiet=((TO_ALICE,), (_put(BOB, "user bob", WRITING),), (LEFT_OUT,)),
        ),
        "denied": Detection(
            title="An inline policy was to be written, and that was denied",
            level="medium",
            when="TRUE",
            outcome="denied",
            techniques=("T1098.003",),
            fixes=STOP_CALLER,
            fires=((DENIED,),),
            quiet=((TO_ALICE,), (FULL,)),
        ),
        "failed": Detection(
            title="No inline policy was written: the call failed",
            level="low",
            when="TRUE",
            outcome="failed",
            fires=((FULL,),),
            quiet=((DENIED,), (TO_ALICE,)),
        ),
    },
)
