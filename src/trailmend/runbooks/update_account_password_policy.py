"""The account's password policy is written anew; every field that is not sent is reset."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, call, denied, role, root, user
from trailmend.measures import STOP_CALLER
from trailmend.remediations.password_policy import enforce_password_policy, restore_password_policy

_MODEL = "botocore iam UpdateAccountPasswordPolicy"
_GUIDE = (
    "AWS IAM User Guide, Setting an account password policy for IAM users (archived 2023-06), "
    "read 2026-11-22"
)
_SAMPLE = "sample: splunk UpdateAccountPasswordPolicy"

ADA = user("ada")
DEPLOY = role("deploy")
STRONG = {
    "minimumPasswordLength": 14,
    "requireSymbols": True,
    "requireNumbers": True,
    "requireUppercaseCharacters": True,
    "requireLowercaseCharacters": True,
    "allowUsersToChangePassword": True,
    "maxPasswordAge": 90,
    "passwordReusePrevention": 24,
    "hardExpiry": False,
}
STRONGER = STRONG | {"minimumPasswordLength": 16}
ONLY_AGE = {"maxPasswordAge": 30}
SHORT = {"requireSymbols": True, "minimumPasswordLength": 7}
SHORT_AS_PUBLISHED = {
    "minimumPasswordLength": 6,
    "requireSymbols": True,
    "requireNumbers": False,
    "requireUppercaseCharacters": False,
    "requireLowercaseCharacters": False,
    "allowUsersToChangePassword": False,
    "hardExpiry": False,
}
SIXTY = {"minimumPasswordLength": 60}


def _set(policy: dict[str, Any] | None, by: Principal = ADA, **more: Any) -> dict[str, Any]:
    return call("UpdateAccountPasswordPolicy", by=by, request=policy, **more)


BEFORE = _set(STRONG, at="08:00:00")
DEFAULT_BEFORE = call("DeleteAccountPasswordPolicy", by=ADA, at="08:00:00")
DENIED = denied("UpdateAccountPasswordPolicy", by=ADA, resource="*")
FAILED = _set(SHORT, error="ServiceFailureException")

# AWS's default asks for 8 characters; a length that is not sent is 6 (botocore).
_LENGTH = '"minimumPasswordLength":'
_BELOW_DEFAULT = f"""(
    COALESCE(request, '') LIKE '%{_LENGTH}6,%' OR COALESCE(request, '') LIKE '%{_LENGTH}6}}%'
    OR COALESCE(request, '') LIKE '%{_LENGTH}7,%' OR COALESCE(request, '') LIKE '%{_LENGTH}7}}%'
    OR (NOT truncated AND COALESCE(request, '') NOT LIKE '%{_LENGTH}%')
)"""
_WEAKER = f"(COALESCE(weakens, FALSE) OR (weakens IS NULL AND {_BELOW_DEFAULT}))"

RUNBOOK = Runbook(
    events=("iam.amazonaws.com:UpdateAccountPasswordPolicy",),
    family="passwords",
    first=(
        "Compare the policy in force with your baseline.  If the change was not meant, stop the "
        "caller, then restore the policy."
    ),
    information=(
        Claim(
            "The call writes the whole policy: a field that is not sent goes back to its default.",
            _MODEL,
        ),
        Claim(
            "The defaults of the call: 6 characters, no class asked for, users may not change "
            "their password, no expiry, old passwords allowed.",
            _MODEL,
        ),
        Claim(
            "It makes the policy too, where the account has none.",
            _GUIDE,
        ),
        Claim(
            "The bounds are 6 to 128 characters, 1 to 1095 days, 1 to 24 former passwords. A 0 "
            "cannot be sent; to lift age or reuse, the field is left out.",
            _MODEL,
        ),
        Claim(
            "Length and classes count from each user's next change of password. A maximum age "
            "counts at once, for passwords in use too.",
            _GUIDE,
        ),
        Claim(
            "hardExpiry keeps a user with an expired password out of the console until an "
            "administrator resets it.",
            _MODEL,
        ),
        Claim(
            "The record names the values in requestParameters, without maxPasswordAge and "
            "passwordReusePrevention where they are not set. It does not say what held before; "
            "`before` is the last policy of the log.",
            _SAMPLE,
        ),
        Claim(
            "Here `weakens` compares length, classes, reuse, age and hardExpiry. Whether users "
            "may change their own password counts neither as weaker nor as stronger.",
            "trailmend.password_policies.weaker_fields",
        ),
    ),
    impact=(
        Claim(
            "A policy of 6 characters is weaker than none: without a policy AWS asks for 8, of "
            "three classes. An update can weaken more than a deletion.",
            f"{_GUIDE}; {_MODEL}",
        ),
        Claim(
            "A new maximum age expires at once every password that is older: those users must "
            "change theirs at the next sign-in.",
            _GUIDE,
        ),
        Claim(
            "With hardExpiry on top they are locked out of the console, unless an access key and "
            "iam:ChangePassword let them set a new password by API.",
            _MODEL,
        ),
        Claim(
            "With allowUsersToChangePassword off, users without iam:ChangePassword of their own "
            "cannot obey a forced reset.",
            "AWS IAM User Guide, Managing passwords for IAM users (archived 2023-06), "
            "read 2026-11-22",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "The baseline is raised, or a change was agreed on.",
            (
                Fact("Some field asks for more than before.", "strengthens"),
                Fact("The new values are those of the written baseline."),
            ),
            (
                Fact("Some field asks for less than before.", "weakens"),
                Fact("Root made the call, which needs no root.", "actor_type = 'Root'"),
            ),
        ),
        Explanation(
            "unauthorised",
            "An intruder lowers the bar for passwords to be set, or expires everybody's at once.",
            (
                Fact("hardExpiry is on.", "request LIKE '%\"hardExpiry\":true%'"),
                Fact("CreateLoginProfile or UpdateLoginProfile by the same caller follows."),
            ),
            (Fact("Nothing was weakened.", "weakens IS NOT DISTINCT FROM FALSE"),),
        ),
        Explanation(
            "insider",
            "An administrator eases a rule that bothers colleagues, without asking.",
            (Fact("The maximum age was lengthened.", "weakened LIKE '%maxPasswordAge%'"),),
            (Fact("Those who wrote the rule agreed to it."),),
        ),
        Explanation(
            "accident",
            "Somebody meant to change one field by CLI or script and reset the others.",
            (
                Fact(
                    "One field asks for more and another for less: the mark of a partial update.",
                    "weakens AND strengthens",
                ),
                Fact(
                    "No minimum length was sent.",
                    f"NOT truncated AND COALESCE(request, '') NOT LIKE '%{_LENGTH}%'",
                ),
            ),
            (
                Fact(
                    "The call came from the console, whose form holds every field.",
                    "COALESCE(console, FALSE)",
                ),
            ),
        ),
        Explanation(
            "automation",
            "Infrastructure as code or a compliance job writes its own policy.",
            (Fact("The same values were written before, at regular hours."),),
            (Fact("No code of the account holds the new values."),),
        ),
    ),
    control_gaps=(
        Claim(
            "iam:UpdateAccountPasswordPolicy is allowed beyond those who keep the baseline; the "
            "guide's own example allows it together with the deletion.",
            _GUIDE,
        ),
        Claim(
            "No service control policy keeps member accounts from rewriting the policy. One binds "
            "their root too.",
            "AWS IAM User Guide, Policies and permissions in IAM (archived 2023-06), "
            "read 2026-11-22",
        ),
        Claim(
            "Drift goes unseen: nothing compares the policy in force with the baseline. The AWS "
            "Config rule iam-password-policy does, periodically.",
            "AWS Config Developer Guide, iam-password-policy "
            "(docs.aws.amazon.com/config/latest/developerguide/iam-password-policy.html), "
            "read 2026-11-22",
        ),
    ),
    corrections=(
        Correction(
            "update-account-password-policy --max-password-age 90 adds an expiry.",
            Claim("It also resets all other fields: 6 characters, no classes.", _MODEL),
        ),
        Correction(
            "A stronger policy makes the passwords in use stronger.",
            Claim("Nobody must change a password for its length or characters.", _GUIDE),
        ),
        Correction(
            "A change of the policy never touches passwords in use.",
            Claim("A maximum age does, at once.", _GUIDE),
        ),
        Correction(
            "Options are ticked and `Apply password policy` is chosen.",
            Claim("The guide's labels are Edit, Custom, Save changes, Set custom.", _GUIDE),
        ),
        Correction(
            "A policy can be enforced user by user with update-login-profile.",
            Claim(
                "UpdateLoginProfile sets one password, or demands a reset of it.",
                "botocore iam UpdateLoginProfile",
            ),
        ),
    ),
    questions=(
        "To the caller (`actor`): did you mean each of the fields in `weakened`, or only one "
        "other field?",
        "To the owner of the baseline: are the values in requestParameters yours?",
        "To the help desk: did users report an expired password since `event_time`?",
        "To the owner: who set a password since? See ChangePassword, CreateLoginProfile and "
        "UpdateLoginProfile.",
    ),
    false_positives=(
        "A baseline that trades a long maximum age for more length: `weakened` says "
        "maxPasswordAge alone.",
        "A tool that writes its policy in two calls: the first weakens, `next` names the second.",
    ),
    not_fixable=(
        Claim(
            "A weak password chosen while the policy was weak stays valid: ask its user for a new "
            "one (UpdateLoginProfile with PasswordResetRequired).",
            f"{_GUIDE}; botocore iam UpdateLoginProfile",
        ),
    ),
    detections={
        # Root raises the level by one, except of an unchanged policy: no work on it needs root.
        "weakened_by_root": Detection(
            title="Root weakened the password policy",
            level="high",
            when=f"actor_type = 'Root' AND {_WEAKER}",
            techniques=("T1556",),
            fixes=(restore_password_policy, enforce_password_policy),
            fires=(
                (BEFORE, _set(ONLY_AGE, root())),
                (_set(SHORT_AS_PUBLISHED, root(mfa=False)),),
            ),
            quiet=(
                (_set(STRONG, root()),),
                (BEFORE, _set(STRONGER, root())),
                (BEFORE, _set(ONLY_AGE)),
            ),
        ),
        "weakened": Detection(
            title="The password policy was weakened",
            level="medium",
            when="actor_type <> 'Root' AND COALESCE(weakens, FALSE)",
            techniques=("T1556",),
            fixes=(restore_password_policy, enforce_password_policy, *STOP_CALLER),
            fires=(
                (BEFORE, _set(ONLY_AGE)),
                (BEFORE, _set(STRONGER | {"requireSymbols": False}, DEPLOY)),
                (DEFAULT_BEFORE, _set(SIXTY)),
            ),
            quiet=(
                (BEFORE, _set(STRONGER)),
                (BEFORE, _set(ONLY_AGE, root())),
                (BEFORE, FAILED),
                (BEFORE, DENIED),
                (_set(SHORT),),
            ),
        ),
        "below_default": Detection(
            title="The password policy asks for fewer characters than AWS's default",
            level="medium",
            when=f"actor_type <> 'Root' AND weakens IS NULL AND {_BELOW_DEFAULT}",
            techniques=("T1556",),
            fixes=(enforce_password_policy, *STOP_CALLER),
            fires=(
                (_set(SHORT),),
                (_set(SHORT_AS_PUBLISHED, DEPLOY),),
                (_set(ONLY_AGE),),
                (_set(None),),
            ),
            quiet=(
                (BEFORE, _set(None)),
                (_set(STRONG),),
                (_set(SIXTY),),
                (_set(SHORT, root()),),
                (BEFORE, _set(SHORT)),
                (FAILED,),
            ),
        ),
        "by_root": Detection(
            title="Root wrote the password policy; the log does not show the one before",
            level="medium",
            when=f"actor_type = 'Root' AND weakens IS NULL AND NOT {_BELOW_DEFAULT}",
            fixes=(enforce_password_policy,),
            fires=((_set(STRONG, root()),),),
            quiet=((_set(STRONG),), (_set(SHORT, root()),), (BEFORE, _set(STRONGER, root()))),
        ),
        "policy_unknown": Detection(
            title="The password policy was written; the log does not show the one before",
            level="low",
            when=f"actor_type <> 'Root' AND weakens IS NULL AND NOT {_BELOW_DEFAULT}",
            fixes=(enforce_password_policy,),
            fires=((_set(STRONG),), (_set(SIXTY, DEPLOY),)),
            quiet=(
                (_set(SHORT),),
                (DEFAULT_BEFORE, _set(STRONG)),
                (_set(STRONG, root()),),
                (FAILED,),
            ),
        ),
        "strengthened": Detection(
            title="The password policy was strengthened",
            level="info",
            when="actor_type <> 'Root' AND weakens IS NOT DISTINCT FROM FALSE "
            "AND COALESCE(strengthens, FALSE)",
            fires=((BEFORE, _set(STRONGER)), (DEFAULT_BEFORE, _set(STRONG, DEPLOY))),
            quiet=((_set(STRONG),), (BEFORE, _set(STRONG)), (BEFORE, _set(STRONGER, root()))),
        ),
        "not_weaker": Detection(
            title="The password policy was written and asks for no less than before",
            level="low",
            when="weakens IS NOT DISTINCT FROM FALSE "
            "AND (actor_type = 'Root' OR NOT COALESCE(strengthens, FALSE))",
            fires=((BEFORE, _set(STRONG)), (BEFORE, _set(STRONGER, root()))),
            quiet=((BEFORE, _set(STRONGER)), (BEFORE, _set(ONLY_AGE)), (_set(STRONG),)),
        ),
        "denied": Detection(
            title="A change of the password policy was tried and denied",
            level="medium",
            when="TRUE",
            outcome="denied",
            techniques=("T1556",),
            fixes=STOP_CALLER,
            fires=((DENIED,), (BEFORE, DENIED)),
            quiet=((FAILED,), (_set(SHORT),)),
        ),
        "failed": Detection(
            title="A change of the password policy failed",
            level="low",
            when="TRUE",
            outcome="failed",
            fires=((FAILED,), (BEFORE, FAILED)),
            quiet=((DENIED,), (_set(SHORT),)),
        ),
    },
)
