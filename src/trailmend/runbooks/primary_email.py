"""The address of a member account's root user changes: who reads it can reset root's password."""

from typing import Any

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import OTHER_ACCOUNT, Principal, call, denied, role, user
from trailmend.tries import tries

_START = "botocore account StartPrimaryEmailUpdate"
_ACCEPT = "botocore account AcceptPrimaryEmailUpdate"
_GUIDE = (
    "AWS Account Management API Reference, AcceptPrimaryEmailUpdate and StartPrimaryEmailUpdate, "
    "read 2026-11-28"
)
ADMIN = role("org-admin")


def _change(event_name: str, by: Principal = ADMIN, **more: Any) -> dict[str, Any]:
    request = {"accountId": OTHER_ACCOUNT}
    return call(event_name, by=by, source="account", request=request, **more)


STARTED, ACCEPTED = _change("StartPrimaryEmailUpdate"), _change("AcceptPrimaryEmailUpdate")
_BAD = _change("AcceptPrimaryEmailUpdate", error="ValidationException")
_DENIED = denied("StartPrimaryEmailUpdate", by=user("bob"), source="account")
_DONE = "event_name = 'AcceptPrimaryEmailUpdate'"

RUNBOOK = Runbook(
    events=(
        "account.amazonaws.com:StartPrimaryEmailUpdate",
        "account.amazonaws.com:AcceptPrimaryEmailUpdate",
    ),
    family="account",
    first="Ask the account's owner at once; if they do not know, start the change back and secure "
    "the mailbox.",
    information=(
        Claim(
            "Start sends a code to the new address; Accept with the code makes it the root user's.",
            _GUIDE,
        ),
        Claim(
            "Both are called in the management account, or by the delegated administrator of "
            "account management, on a member account. The management account itself cannot be "
            "meant.",
            _GUIDE,
        ),
        Claim(
            "A change that root makes to its own account is another event, EmailUpdated of the "
            "sign-in service.",
            "trailmend.runbooks.root_recovery (EmailUpdated)",
        ),
    ),
    impact=(
        Claim(
            "Whoever reads the new mailbox can ask for a new root password of that account. MFA of "
            "root, where there is one, still stands in the way.",
            f"{_START}; AWS IAM User Guide, Reset a lost or forgotten root user password, read "
            "2026-11-28",
        ),
        Claim(
            "What AWS writes to the account's owner goes to the new address; alternate contacts "
            "for billing, operations and security, where they are set, are written to besides.",
            "AWS Account Management Reference Guide, Update the alternate contacts for your AWS "
            "account, read 2026-11-28",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "Addresses of people become a mailing list, or the company's domain changes.",
            (
                Fact(
                    "The caller changed {targets_10m} accounts within ten minutes.",
                    "targets_10m >= 3",
                ),
            ),
            (Fact("The new address is not of the company's domain."),),
        ),
        Explanation(
            "unauthorised",
            "An intruder in the management account takes over a member account's root user.",
            (Fact("A recovery of root's password in that account followed."),),
            (Fact("Root's credentials of the member accounts are removed centrally."),),
        ),
        Explanation(
            "insider",
            "An administrator takes an account along when leaving.",
            (Fact("The new address is at a provider for private people."),),
            (Fact("The address is a list that several people read."),),
        ),
        Explanation(
            "accident",
            "A wrong account number, or a typing error in the domain.",
            (Fact("Only the start is in the log.", f"NOT {_DONE}"),),
            (Fact("The code was entered: somebody reads the mailbox.", _DONE),),
        ),
        Explanation(
            "automation",
            "A script of the platform team renames the addresses of all accounts.",
            (Fact("The same domain was set for each account."),),
            (Fact("One account alone was changed.", "targets_10m = 1"),),
        ),
    ),
    corrections=(
        Correction(
            "The old address must agree.",
            Claim("The code goes to the new address alone.", _GUIDE),
        ),
    ),
    questions=(
        "Whose is the new mailbox, and who can read it?",
        "Has the member account's root user MFA, or no password at all?",
    ),
    false_positives=("A change of the company's domain.", "Account factories after a hand-over."),
    console=(
        Console(
            "Change the address back",
            (
                "In the management account: aws account start-primary-email-update --account-id "
                "ACCOUNT --primary-email OLD, then aws account accept-primary-email-update "
                "--account-id ACCOUNT --primary-email OLD --otp CODE.",
                "In the member account see whether root signed in since.",
            ),
            _GUIDE,
            "2026-11-28",
        ),
    ),
    not_fixable=(
        Claim(
            "A plan cannot do it: the code is sent to a mailbox that only people read.",
            _ACCEPT,
        ),
    ),
    detections={
        "changed": Detection(
            title="The address of a member account's root user was changed",
            level="high",
            when=_DONE,
            techniques=("T1098", "T1531"),
            fires=((STARTED, ACCEPTED), (ACCEPTED,)),
            quiet=((STARTED,), (_BAD,)),
        ),
        "started": Detection(
            title="A change of the address of a member account's root user was started",
            level="medium",
            when=f"NOT {_DONE}",
            techniques=("T1098",),
            fires=((STARTED,),),
            quiet=((ACCEPTED,), (_DENIED,)),
        ),
        **tries(
            "change the address of a root user",
            denied=_DENIED,
            failed=_BAD,
            done=STARTED,
            level="medium",
            techniques=("T1098",),
        ),
    },
)
