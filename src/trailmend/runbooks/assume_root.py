"""A session of a member account's root is taken from the organization, for one task."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import ACCOUNT, Principal, call, denied, role, user
from trailmend.tries import tries

_MODEL = "botocore sts AssumeRoot"
_TRACK = "AWS IAM User Guide, Track privileged tasks in AWS CloudTrail, read 2026-11-28"
_TASK = (
    "AWS IAM User Guide, Perform a privileged task on an AWS Organizations member account, read "
    "2026-11-28"
)
BOB, SECURITY = user("bob"), role("security")


def take_root(by: Principal, task: str, **more: Any) -> dict[str, Any]:
    """Make the record of a root session for a task."""
    arn = f"arn:aws:iam::aws:policy/root-task/{task}"
    request = {"targetPrincipal": ACCOUNT, "taskPolicyArn": {"arn": arn}}
    response = {"credentials": {"accessKeyId": "ASIAROOTTASK"}}
    fields: dict[str, Any] = {"request": request, "response": response} | more
    return call("AssumeRoot", by=by, source="sts", awsRegion="us-east-2", **fields)


_AUDIT, _DELETE = "IAMAuditRootUserCredentials", "IAMDeleteRootUserCredentials"
_CREATE, _BUCKET = "IAMCreateRootUserPassword", "S3UnlockBucketPolicy"
_DENIED = denied("AssumeRoot", by=BOB, source="sts", resource=f"arn:aws:iam::{ACCOUNT}:root")
_FAILED = take_root(BOB, _AUDIT, error="ExpiredTokenException")
_MAKES = f"COALESCE(request, '') LIKE '%{_CREATE}%'"
_READS = f"COALESCE(request, '') LIKE '%{_AUDIT}%'"
_TAKES = f"COALESCE(request, '') LIKE '%{_DELETE}%'"

RUNBOOK = Runbook(
    events=("sts.amazonaws.com:AssumeRoot",),
    family="sessions",
    first="Read the task (`request.taskPolicyArn`), then what the session did in the member.",
    information=(
        Claim(
            "The management account, or the delegated administrator of IAM, gets credentials of a "
            "member's root for at most 15 minutes.",
            f"{_MODEL} (DurationSeconds)",
        ),
        Claim(
            "One of five policies of AWS limits them to a task: audit root's credentials, delete "
            "them, let a root password be made, open a locked S3 bucket or SQS queue.",
            f"{_MODEL} (TaskPolicyArn)",
        ),
        Claim(
            "What is done in the session is recorded in the member account, as Root, with the key "
            "that this record's answer names (accessKeyId).",
            _TRACK,
        ),
        Claim(
            "sessionContext.assumedRoot true tells such a session from root's own; AWS's example "
            "of the member's record lacks it, so look for the key as well.",
            "AWS CloudTrail User Guide, CloudTrail userIdentity element, read 2026-11-28; "
            f"{_TRACK}",
        ),
        Claim(
            "There is no global endpoint for the call: its record is in the region where it was "
            "made, and a search of us-east-1 alone misses it.",
            _MODEL,
        ),
    ),
    impact=(
        Claim(
            "With IAMCreateRootUserPassword the session makes a login profile for root; whoever "
            "reads root's mail then sets the password and has the account.",
            f"{_MODEL}; {_TASK}",
        ),
        Claim(
            "With S3UnlockBucketPolicy or SQSUnlockQueuePolicy it deletes or rewrites the policy "
            "of a bucket or queue, which may be the lock that guards logs or backups.",
            f"{_MODEL}; {_TASK}",
        ),
        Claim(
            "Audit reads which credentials root has and changes nothing. Deletion takes root's "
            "password, keys, certificates and MFA away: hygiene that AWS recommends for members.",
            f"{_TASK}; AWS IAM User Guide, Centralize root access for member accounts, read "
            "2026-11-28",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "The organization clears root's credentials out of its members, or reads whether any "
            "are left.",
            (
                Fact("The task was to audit root's credentials.", _READS),
                Fact("The task was to delete root's credentials.", _TAKES),
            ),
            (Fact("The task was to let a root password be made.", _MAKES),),
        ),
        Explanation(
            "unauthorised",
            "An intruder in the management account reaches into a member.",
            (
                Fact("The task was to let a root password be made.", _MAKES),
                Fact("Root's mail address was changed in the same days; see EmailUpdated."),
            ),
            (Fact("A ticket names the member and the task."),),
        ),
        Explanation(
            "insider",
            "An administrator of the organization wants a member that is not theirs.",
            (Fact("The owner of the member account knows of nothing."),),
            (Fact("Many members were treated alike within the hour.", "targets_10m >= 3"),),
        ),
        Explanation(
            "accident",
            "The wrong member, or the wrong task, was chosen in the console.",
            (Fact("A session for another task followed within minutes."),),
            (Fact("The session was used for changes."),),
        ),
        Explanation(
            "automation",
            "A job audits all members each night.",
            (Fact("{targets_10m} members within ten minutes.", "targets_10m >= 3"),),
            (Fact("The task was to let a root password be made.", _MAKES),),
        ),
    ),
    control_gaps=(
        Claim(
            "Centralized root access is on for the organization, and no policy limits who may "
            "call sts:AssumeRoot for which task (condition key sts:TaskPolicyArn).",
            _TASK,
        ),
    ),
    corrections=(
        Correction(
            "Any act of Root with DeleteLoginProfile or DeactivateMFADevice is an attack.",
            Claim(
                "In an assumed root session both are the recommended clean-up. CreateLoginProfile "
                "is the call to ask about: it lets root's password be recovered.",
                _TASK,
            ),
        ),
    ),
    questions=(
        "What did Root do in the member in these 15 minutes, with `assumed_root`?",
        "Who may call this, and from which accounts?",
    ),
    false_positives=(
        "Programmes that remove root credentials from all members.",
        "A bucket that its own policy has locked, opened by its owners.",
    ),
    not_fixable=(
        Claim(
            "No call ends a root session before its 15 minutes are over, and no IAM policy of "
            "the member account holds root.",
            f"{_MODEL}; AWS IAM User Guide (archive of June 2023), AWS account root user, read "
            "2026-11-28",
        ),
    ),
    detections={
        "to_make_a_password": Detection(
            title="A root session was taken that can make a password for root",
            level="high",
            when=_MAKES,
            techniques=("T1078.004", "T1098"),
            fires=((take_root(BOB, _CREATE),), (take_root(SECURITY, _CREATE),)),
            quiet=((take_root(BOB, _DELETE),), (take_root(BOB, _CREATE, error="AccessDenied"),)),
        ),
        "for_hygiene": Detection(
            title="A root session was taken to audit or to delete root's credentials",
            level="low",
            when=f"({_READS} OR {_TAKES}) AND NOT {_MAKES}",
            techniques=("T1078.004",),
            fires=((take_root(BOB, _AUDIT),), (take_root(SECURITY, _DELETE),)),
            quiet=((take_root(BOB, _CREATE),), (take_root(BOB, _BUCKET),)),
        ),
        # A request that cannot be read falls here.
        "to_unlock": Detection(
            title="A root session was taken for a task on a bucket or a queue, or one not told",
            level="medium",
            when=f"NOT {_MAKES} AND NOT {_READS} AND NOT {_TAKES}",
            techniques=("T1078.004", "T1222"),
            fires=((take_root(BOB, _BUCKET),), (take_root(BOB, _AUDIT, request=None),)),
            quiet=((take_root(BOB, _AUDIT),), (take_root(BOB, _CREATE),), (_DENIED,)),
        ),
        **tries(
            "take a root session",
            denied=_DENIED,
            failed=_FAILED,
            done=take_root(BOB, _AUDIT),
            level="medium",
            techniques=("T1078.004",),
            fixes=(),
        ),
    },
)
