"""Somebody of the directory loses an account: off-boarding, or a lock-out of the defenders."""

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import denied
from trailmend.evidence.center import PIPELINE, assignment
from trailmend.tries import tries

_MODEL = "botocore sso-admin DeleteAccountAssignment"
_CALL = "DeleteAccountAssignment"
TAKEN = assignment(_CALL)
_GONE = assignment(_CALL, error="ResourceNotFoundException")
_DENIED = denied(_CALL, by=PIPELINE, source="sso")
_FIVE = tuple(assignment(_CALL, user=f"u{n}", at=f"09:0{n}:00") for n in range(5))

RUNBOOK = Runbook(
    events=("sso.amazonaws.com:DeleteAccountAssignment",),
    family="Identity Center",
    tier=2,
    first="Ask whoever lost the access whether they know; assign the set again if they should not.",
    information=(
        Claim(
            "The call takes one permission set of one account from one user or group; their other "
            "assignments stay.",
            _MODEL,
        ),
        Claim(
            "It is done in the background; the answer gives an id with which to ask for the "
            "outcome.",
            "botocore sso-admin DescribeAccountAssignmentDeletionStatus",
        ),
    ),
    impact=(
        Claim("Those who are meant cannot sign in to the account by this set again.", _MODEL),
        Claim(
            "With the set's last assignment in the account its role goes too. Assigned anew, the "
            "role has another name: policies of keys and buckets that name the old one let nobody "
            "in.",
            "AWS IAM Identity Center User Guide, Referencing permission sets in resource policies, "
            "Amazon EKS Cluster config maps, and AWS KMS key policies, read 2026-11-28",
        ),
        Claim(
            "When the responders' own group is taken away, nobody can look into the account while "
            "an intruder works there.",
            "MITRE ATT&CK, T1531 (attack.mitre.org/techniques/T1531), read 2026-11-28",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A team hands an account over, or temporary access ends.",
            (Fact("An assignment of the same three came from the same tool before."),),
            (Fact("The group is the one of the responders."),),
        ),
        Explanation(
            "unauthorised",
            "An intruder locks people out before damage is done.",
            (
                Fact(
                    "The caller took assignments from {targets_10m} users or groups within ten "
                    "minutes.",
                    "targets_10m >= 3",
                ),
            ),
            (Fact("The account is being closed."),),
        ),
        Explanation(
            "automation",
            "Code was changed so that assignments are made anew under another name.",
            (Fact("CreateAccountAssignment by the same principal stands beside it."),),
            (Fact("No assignment was made anew."),),
        ),
    ),
    corrections=(
        Correction(
            "The person is out of the account from this second on.",
            Claim(
                "A session of the role that was already given goes on until it expires, up to 12 "
                "hours after it began.",
                "AWS IAM Identity Center User Guide, Understanding authentication sessions in IAM "
                "Identity Center, read 2026-11-28",
            ),
        ),
    ),
    questions=(
        "Who is in the group, and who can still enter the account (break-glass)?",
        "Did the account's roles do anything unusual in the hours around it?",
    ),
    false_positives=("Tools for temporary access.", "Accounts that are closed."),
    detections={
        "bulk": Detection(
            title="The fifth user or group within ten minutes lost an account to one principal",
            level="medium",
            when="targets_10m = 5",
            techniques=("T1531",),
            fires=(_FIVE,),
            quiet=((TAKEN,), _FIVE[:4]),
        ),
        "taken": Detection(
            title="Somebody of the directory lost an account",
            level="low",
            when="COALESCE(targets_10m, 0) <> 5",
            techniques=("T1531",),
            fires=((TAKEN,), _FIVE[:4]),
            quiet=((_GONE,), (_DENIED,)),
        ),
        **tries(
            "take an account from somebody of the directory",
            denied=_DENIED,
            failed=_GONE,
            done=TAKEN,
        ),
    },
)
