"""A user changes their own console password."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, call, denied, user
from trailmend.remediations.login_profiles import set_new_password
from trailmend.tries import tries

_MODEL = "botocore iam ChangePassword"
ALICE, BOB = user("alice", mfa=False), user("bob")


def _change(by: Principal = ALICE, **more: Any) -> dict[str, Any]:
    return call("ChangePassword", by=by, **more)


_RESET = call("UpdateLoginProfile", by=BOB, request={"userName": "alice"}, at="08:00:00")
_WEAK = _change(error="PasswordPolicyViolationException")
_DENIED = denied("ChangePassword", by=ALICE, resource="user alice")
_BY_OTHER = "COALESCE(password_set_by_other, FALSE)"

RUNBOOK = Runbook(
    events=("iam.amazonaws.com:ChangePassword",),
    family="passwords",
    first="After a reset that the user did not ask for: set a new password (`set_new_password`).",
    information=(
        Claim(
            "The caller changes their own password and must know the old one; root cannot call it.",
            _MODEL,
        ),
        Claim(
            "The record holds no parameters: neither password is logged.",
            "sample: panther ChangePassword; sample: traildiscover ChangePassword",
        ),
        Claim(
            "Sessions that were begun with the old password are not known to end.",
            "botocore iam ChangePassword, and AWS IAM User Guide (archive of June 2023), "
            "Managing passwords for IAM users, read 2026-11-28: neither speaks of open sessions",
        ),
    ),
    impact=(
        Claim(
            "Whoever knows a password that somebody else set can make it theirs by this call: the "
            "reset's maker no longer knows it, and neither does the user.",
            _MODEL,
        ),
        Claim(
            "The user who changes it on the first sign-in ends the time in which two people knew "
            "it.",
            "botocore iam CreateLoginProfile (PasswordResetRequired)",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "The user changes it, or has to after a reset.",
            (
                Fact(
                    "Nobody else had set the password within the day.", "NOT password_set_by_other"
                ),
            ),
            (Fact("Somebody else had just set the password.", "password_set_by_other"),),
        ),
        Explanation(
            "unauthorised",
            "A thief with the password locks its owner out.",
            (
                Fact("Somebody else had just set the password.", "password_set_by_other"),
                Fact("The user knows nothing of it."),
            ),
            (Fact("The owner of the account ordered it."),),
        ),
        Explanation(
            "insider",
            "Who reset the password signs in as the user and changes it.",
            (Fact("The user and the reset's maker came from one address."),),
            (Fact("The user asked for the reset."),),
        ),
        Explanation(
            "accident",
            "A password manager offered a new one.",
            (Fact("The user says so."),),
            (Fact("The user knows nothing of it."),),
        ),
        Explanation(
            "automation",
            "Nothing automatic has a console password; a test may.",
            (Fact("A long-lived key signed the call.", "access_key_id LIKE 'AKIA%'"),),
            (Fact("A person tells of the change."),),
        ),
    ),
    control_gaps=(
        Claim(
            "The account's password policy does not let users change their own password, so that "
            "those who reset know it for ever.",
            "botocore iam UpdateAccountPasswordPolicy (AllowUsersToChangePassword)",
        ),
    ),
    corrections=(
        Correction(
            "A ChangePassword by the user proves that the user is back.",
            Claim("Whoever knows the password is the user to IAM.", _MODEL),
        ),
    ),
    questions=("To the user (`target`): did you change it, and when?",),
    false_positives=("Every user, now and then; every first sign-in.",),
    not_fixable=(Claim("The former password cannot be put back, for nobody can read it.", _MODEL),),
    detections={
        "behind_a_reset": Detection(
            title="A password that somebody else had just set was changed by its user",
            level="low",
            when=_BY_OTHER,
            techniques=("T1098",),
            fixes=(set_new_password,),
            fires=((_RESET, _change()),),
            quiet=((_change(),), (_RESET, _change(BOB))),
        ),
        "own": Detection(
            title="A user changed their own password",
            level="info",
            when=f"NOT {_BY_OTHER}",
            fires=((_change(),),),
            quiet=((_RESET, _change()), (_WEAK,)),
        ),
        **tries("change a password", denied=_DENIED, failed=_WEAK, done=_change()),
    },
)
