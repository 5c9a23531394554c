"""Root's password or mail address changes: by recovery through the mail, or while signed in."""

from typing import Any

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import root, sign_in, user
from trailmend.tries import tries

_GUIDE = (
    "AWS CloudTrail User Guide (archive of June 2023), AWS Management Console sign-in events, "
    "read 2026-11-28"
)
_PULL = "elastic/detection-rules, pull request 5218 (root's own flow), read 2026-11-28"
_PANTHER = "sample: panther PasswordUpdated"
_RECOVERY = "AWS IAM User Guide, Reset a lost or forgotten root user password, read 2026-11-28"
_CENTRAL = "AWS IAM User Guide, Centralize root access for member accounts, read 2026-11-28"
_ADDRESS = (
    "AWS Account Management Reference Guide, Update the root user email address, read 2026-11-28"
)


def by_root(event_name: str, **more: Any) -> dict[str, Any]:
    """Make the record of a step of root's sign-in page."""
    return sign_in(root(), event_name=event_name, **more)


_ASKED = by_root("PasswordRecoveryRequested")
_DONE = by_root("PasswordRecoveryCompleted")
_WRONG = by_root("PasswordUpdated", failure="Incorrect password")
_DENIED = by_root("PasswordUpdated", error="AccessDenied")
_REQUEST = "event_name = 'PasswordRecoveryRequested'"
_COMPLETED = "event_name = 'PasswordRecoveryCompleted'"
_MAIL = "event_name = 'EmailUpdated'"

RUNBOOK = Runbook(
    events=(
        "signin.amazonaws.com:PasswordRecoveryRequested",
        "signin.amazonaws.com:PasswordRecoveryCompleted",
        "signin.amazonaws.com:PasswordUpdated",
        "signin.amazonaws.com:EmailUpdated",
    ),
    family="sign-in",
    first="Ask the keeper of root's mailbox; then see whether root signed in.",
    information=(
        Claim(
            "These are steps of root alone. IAM users have no recovery by mail: an administrator "
            "sets their password.",
            _PULL,
        ),
        Claim(
            "Anybody who knows root's mail address can ask for a recovery; only who reads the "
            "mail can complete it.",
            f"{_PULL}; {_RECOVERY}",
        ),
        Claim(
            "They are sign-in events of signin.amazonaws.com: a rule that looks for EmailUpdated "
            "or PasswordUpdated under iam.amazonaws.com finds nothing.",
            f"{_GUIDE}; {_PANTHER}",
        ),
        Claim(
            "The outcome stands in responseElements under the event's own name.",
            _PANTHER,
        ),
    ),
    impact=(
        Claim(
            "With the password of root all of the account is theirs, unless root has MFA.",
            "AWS IAM User Guide (archive of June 2023), AWS account root user, read 2026-11-28",
        ),
        Claim(
            "Who changes the mail address gets all later recoveries: the owner can get back in "
            "by AWS Support alone, or, of a member, by the organization.",
            f"{_RECOVERY}; {_ADDRESS}",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "The keepers of root renew its password, or move it to a shared mailbox.",
            (Fact("Two people did it together, and there is a note of it."),),
            (Fact("The mail address was changed.", _MAIL),),
        ),
        Explanation(
            "unauthorised",
            "An intruder reads the mailbox, or took over its domain.",
            (
                Fact("The recovery went through.", _COMPLETED),
                Fact("The mailbox shows a sign-in from elsewhere, or a rule that hides mail."),
            ),
            (Fact("Only the request stands in the log, and the mail lies unread.", _REQUEST),),
        ),
        Explanation(
            "insider",
            "Somebody with access to the shared mailbox takes root for themselves.",
            (Fact("The mail was read and deleted by one of its readers."),),
            (Fact("The mailbox has one reader."),),
        ),
        Explanation(
            "accident",
            "A person who cannot sign in takes the wrong door and asks for root's recovery.",
            (Fact("Only the request stands in the log.", _REQUEST),),
            (Fact("The recovery went through.", _COMPLETED),),
        ),
        Explanation(
            "automation",
            "Whole domains are tried by robots that ask for recovery of guessed addresses.",
            (Fact("Other accounts of the organization saw the same request."),),
            (Fact("The recovery went through.", _COMPLETED),),
        ),
    ),
    control_gaps=(
        Claim(
            "The member account still has root credentials at all; the organization can take them "
            "away centrally.",
            f"{_CENTRAL}; {_RECOVERY}",
        ),
        Claim(
            "Root has no MFA, so that the mailbox alone opens it.",
            "AWS IAM User Guide, AWS Multi-factor authentication in IAM, read 2026-11-22",
        ),
    ),
    corrections=(
        Correction(
            "A PasswordRecoveryRequested shows that root is compromised.",
            Claim("It shows that somebody knows the address. Completed shows more.", _PULL),
        ),
    ),
    questions=(
        "Who reads root's mailbox, and what does its log of sign-ins say?",
        "Did ConsoleLogin of root follow, and from where?",
        "Are MFA devices and access keys of root as before?",
    ),
    false_positives=("A yearly test of the way to root.", "A move of the company to a new domain."),
    console=(
        Console(
            "Take root back",
            (
                "Secure the mailbox: change its password, end its sessions, look for rules.",
                "Sign in as root, or recover it, and set a password that nobody knows.",
                "Register an MFA device for root, and delete access keys that root has.",
                "If the mail address of a member is not yours any more, change it back from the "
                "management account: aws account start-primary-email-update --account-id ACCOUNT "
                "--primary-email ADDRESS, then aws account accept-primary-email-update "
                "--account-id ACCOUNT --primary-email ADDRESS --otp CODE.",
                "If it is the management account's or a single account's, write to AWS Support.",
            ),
            f"{_RECOVERY}; {_ADDRESS}",
            "2026-11-28",
        ),
    ),
    not_fixable=(
        Claim(
            "No call of IAM sets root's password or mail address: it takes the sign-in page, or "
            "for a member the organization.",
            "botocore iam (no such operation); botocore account StartPrimaryEmailUpdate",
        ),
    ),
    detections={
        "requested": Detection(
            title="Somebody asked to recover root's password",
            level="medium",
            when=_REQUEST,
            techniques=("T1078.004",),
            fires=((_ASKED,),),
            quiet=((_DONE,), (by_root("PasswordRecoveryRequested", failure="Failed"),)),
        ),
        "recovered": Detection(
            title="Root's password was set by way of its mail",
            level="high",
            when=_COMPLETED,
            techniques=("T1098", "T1078.004"),
            fires=((_DONE,),),
            quiet=((_ASKED,), (by_root("PasswordUpdated"),)),
        ),
        "mail_changed": Detection(
            title="Root's mail address was changed",
            level="high",
            when=_MAIL,
            techniques=("T1098",),
            fires=((by_root("EmailUpdated"),),),
            quiet=((by_root("PasswordUpdated"),), (by_root("EmailUpdated", failure="Failed"),)),
        ),
        "password_changed": Detection(
            title="Root's password was changed",
            level="high",
            when=f"NOT {_REQUEST} AND NOT {_COMPLETED} AND NOT {_MAIL}",
            techniques=("T1098",),
            fires=((by_root("PasswordUpdated"),),),
            quiet=((_ASKED,), (_WRONG,), (sign_in(user("root"), event_name="ConsoleLogin"),)),
        ),
        **tries(
            "change root's password or mail address",
            denied=_DENIED,
            failed=_WRONG,
            done=_DONE,
            level="medium",
            fixes=(),
        ),
    },
)
