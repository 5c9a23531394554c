"""Root's password is recovered by way of its mail, and root signs in."""

from datetime import timedelta

from trailmend.catalog import Chain, Claim, Explanation, Fact, Step
from trailmend.evidence import root, sign_in, user
from trailmend.runbooks.root_recovery import by_root

_ASKED = by_root("PasswordRecoveryRequested", at="09:00:00")
_DONE = by_root("PasswordRecoveryCompleted", at="09:05:00")
_IN = sign_in(root(), mfa=True, at="09:10:00")
_ROOT = "target_type = 'root'"

CHAIN = Chain(
    title="Root's password was recovered by mail, and root signed in",
    level="critical",
    steps=(
        Step(events=("signin.amazonaws.com:PasswordRecoveryRequested",), by=("target_name",)),
        Step(events=("signin.amazonaws.com:PasswordRecoveryCompleted",), by=("target_name",)),
        Step(events=("signin.amazonaws.com:ConsoleLogin",), when=_ROOT, by=("target_name",)),
    ),
    joined=("root",),
    within=timedelta(days=1),
    techniques=("T1078.004", "T1098"),
    impact=(
        Claim(
            "Whoever reads root's mail holds the account, and no IAM policy stops them.",
            "AWS IAM User Guide (archive of June 2023), AWS account root user, read 2026-11-28",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "The keepers of root test the way to it, or had lost the password.",
            (Fact("The test was announced, and two people were there."),),
            (Fact("Root's session did more than look."),),
        ),
        Explanation(
            "unauthorised",
            "An intruder has the mailbox, and so the account.",
            (Fact("Root signed in without MFA.", "mfa = 'no'"),),
            (Fact("Root signed in with a device that the keepers hold."),),
        ),
    ),
    fires=((_ASKED, _DONE, _IN),),
    quiet=(
        (_ASKED, _IN),
        (_DONE, _IN),
        (_ASKED, by_root("PasswordRecoveryCompleted", failure="Failed", at="09:05:00"), _IN),
        (_ASKED, _DONE, sign_in(user("root"), at="09:10:00")),
        (_ASKED, _DONE, sign_in(root(), failure="Failed authentication", at="09:10:00")),
        (sign_in(root(), at="08:00:00"), _ASKED, _DONE),
    ),
)
