"""The organization's own policy is set or deleted: which member accounts may act for it."""

import json
from typing import Any

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import OTHER_ACCOUNT, denied, user
from trailmend.evidence.center import PIPELINE, on_organization
from trailmend.measures import STOP_CALLER
from trailmend.tries import tries

_MODEL = "botocore organizations PutResourcePolicy"
_EXAMPLES = (
    "AWS Organizations User Guide, Resource-based policy examples for AWS Organizations, read "
    "2026-11-28"
)
_UPDATE = (
    "AWS Organizations User Guide, Update a resource-based delegation policy with AWS "
    "Organizations, read 2026-11-28"
)


def _put(*actions: str, who: str = OTHER_ACCOUNT, **more: Any) -> dict[str, Any]:
    principal: Any = "*" if who == "*" else {"AWS": f"arn:aws:iam::{who}:root"}
    statement = {
        "Effect": "Allow",
        "Principal": principal,
        "Action": [f"organizations:{one}" for one in actions],
        "Resource": "*",
    }
    content = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return on_organization("PutResourcePolicy", content=content, **more)


WRITES = _put("ListPolicies", "AttachPolicy", "DetachPolicy")
READS = _put("List*", "DescribePolicy")
_BEFORE = _put("*", at="08:00:00", by=PIPELINE)
_ANYONE = _put("AttachPolicy", who="*")
_UNREAD = on_organization("PutResourcePolicy", content="{")
DELETED = on_organization("DeleteResourcePolicy")
_NONE = on_organization("DeleteResourcePolicy", error="ResourcePolicyNotFoundException")
_DENIED = denied("PutResourcePolicy", by=user("bob"), source="organizations")
_SETS = "event_name = 'PutResourcePolicy'"
_MORE = f"{_SETS} AND COALESCE(widens, TRUE)"
_OPEN = "COALESCE(trusts_anyone, FALSE)"
_GIVES = "grants IS NOT NULL"

RUNBOOK = Runbook(
    events=(
        "organizations.amazonaws.com:PutResourcePolicy",
        "organizations.amazonaws.com:DeleteResourcePolicy",
    ),
    family="organization",
    first="See in `trusted` and `grants` which account may do what; take off who should not.",
    information=(
        Claim(
            "An organization has one such policy; it names member accounts, and the calls of "
            "Organizations that they may make for it.",
            f"{_UPDATE}; {_EXAMPLES}",
        ),
        Claim(
            "It can be set and deleted in the management account alone.",
            "botocore organizations PutResourcePolicy, DeleteResourcePolicy",
        ),
        Claim(
            "The users and roles of the named account need an IAM permission for the call as well.",
            _UPDATE,
        ),
    ),
    impact=(
        Claim(
            "Who may attach, detach or rewrite policies decides from a member account what is "
            "forbidden in the others.",
            "botocore organizations AttachPolicy, DetachPolicy, UpdatePolicy (delegated "
            "administrator)",
        ),
        Claim(
            "Who may only read learns the names, mail addresses and units of all accounts, and "
            "every guardrail.",
            "botocore organizations Account, DescribePolicy",
        ),
        Claim(
            "When it is deleted, the team that kept the guardrails from its own account cannot "
            "change them there any more.",
            "botocore organizations DeleteResourcePolicy",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "The security team gets the care of the guardrails in its own account.",
            (Fact("The account that is named is the security team's."),),
            (Fact("Anyone is let in.", _OPEN),),
        ),
        Explanation(
            "unauthorised",
            "An intruder keeps power over the guardrails from a member account that they hold.",
            (
                Fact("It lets others do more than read: {grants}.", _GIVES),
                Fact("The named account has no part in keeping guardrails."),
            ),
            (Fact("It lets in nobody anew, to nothing more.", "NOT widens"),),
        ),
        Explanation(
            "insider",
            "A team lets itself lift a policy that is in its way.",
            (Fact("The named account is that of the caller's own team."),),
            (Fact("Those who keep the guardrails agreed."),),
        ),
        Explanation(
            "accident",
            "A wildcard was written where a few calls were meant.",
            (Fact("A statement has a star in its calls.", "grants LIKE '%*%'"),),
            (Fact("Each call is named in full.", "NOT grants LIKE '%*%'"),),
        ),
        Explanation(
            "automation",
            "The code of the landing zone writes the policy at each run.",
            (Fact("It says what it said before.", "NOT widens AND NOT narrows"),),
            (Fact("The code of the landing zone says something else."),),
        ),
    ),
    corrections=(
        Correction(
            "RegisterDelegatedAdministrator is the only way to hand power over the organization "
            "out.",
            Claim(
                "For the policies of the organization it is this one.",
                f"{_UPDATE}; {_EXAMPLES}",
            ),
        ),
    ),
    questions=(
        "Who administers the account that is named, and how is it guarded?",
        "What did it do with policies since (AttachPolicy, DetachPolicy, UpdatePolicy)?",
    ),
    false_positives=("The set-up of a delegated administrator for policies.",),
    console=(
        Console(
            "Write the former policy back, or delete it",
            (
                "In the management account run: aws organizations describe-resource-policy.",
                "Save the content of `before` to a file: aws organizations put-resource-policy "
                "--content file://FILE.",
                "Where there was none: aws organizations delete-resource-policy.",
            ),
            "botocore organizations DescribeResourcePolicy, PutResourcePolicy, "
            "DeleteResourcePolicy",
            "2026-11-28",
        ),
    ),
    not_fixable=(
        Claim(
            "Organizations keeps no former version of this policy: it is in an earlier record, or "
            "in the code.",
            "botocore organizations (no call lists versions); AWS Organizations User Guide, Delete "
            "a resource-based delegation policy with AWS Organizations, read 2026-11-28",
        ),
    ),
    detections={
        "to_anyone": Detection(
            title="The organization's policy lets anyone act for it",
            level="high",
            when=f"{_MORE} AND {_OPEN}",
            techniques=("T1098", "T1484"),
            fixes=STOP_CALLER,
            fires=((_ANYONE,),),
            quiet=((WRITES,), (READS,), (_BEFORE, _put("*", who="*", error="x"))),
        ),
        "to_write": Detection(
            title="Member accounts were let change the organization, as its policies",
            level="high",
            when=f"{_MORE} AND NOT {_OPEN} AND {_GIVES}",
            techniques=("T1098", "T1484"),
            fixes=STOP_CALLER,
            fires=((WRITES,), (READS, _put("*", at="09:30:00"))),
            quiet=((READS,), (_ANYONE,), (DELETED,)),
        ),
        "to_read": Detection(
            title="Member accounts were let read the organization",
            level="low",
            when=f"{_MORE} AND NOT {_OPEN} AND NOT {_GIVES} AND trusted IS NOT NULL",
            fires=((READS,),),
            quiet=((WRITES,), (_UNREAD,), (_BEFORE, READS)),
        ),
        # CloudTrail left it out, or it is no policy that can be read.
        "unclear": Detection(
            title="The organization's policy was set; whom it lets in is not known",
            level="medium",
            when=f"{_MORE} AND NOT {_OPEN} AND NOT {_GIVES} AND trusted IS NULL",
            techniques=("T1098",),
            fixes=STOP_CALLER,
            fires=((_UNREAD,),),
            quiet=((READS,), (WRITES,), (DELETED,)),
        ),
        "no_more": Detection(
            title="The organization's policy was set, and gives no more than before",
            level="low",
            when=f"{_SETS} AND NOT COALESCE(widens, TRUE)",
            fires=((_BEFORE, WRITES), (_BEFORE, READS)),
            quiet=((WRITES,), (DELETED,)),
        ),
        "deleted": Detection(
            title="The organization's policy was deleted: no member account may act by it",
            level="medium",
            takes_back=True,
            when=f"NOT {_SETS}",
            techniques=("T1531",),
            fixes=STOP_CALLER,
            fires=((DELETED,),),
            quiet=((WRITES,), (_NONE,)),
        ),
        **tries(
            "set or delete the organization's policy",
            denied=_DENIED,
            failed=_NONE,
            done=WRITES,
            level="medium",
            techniques=("T1098",),
        ),
    },
)
