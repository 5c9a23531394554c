"""The account's own password policy is taken away, and AWS's default stands in for it."""

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import call, denied, role, root, user
from trailmend.measures import PASSWORD_POLICY_DELETED, ROTATION, STOP_CALLER, least_privilege
from trailmend.remediations.password_policy import enforce_password_policy, restore_password_policy

_GUIDE = (
    "AWS IAM User Guide, Setting an account password policy for IAM users (archived 2023-06), "
    "read 2026-11-22"
)
_SAMPLE = "sample: splunk DeleteAccountPasswordPolicy"
_GONE = "botocore iam DeleteAccountPasswordPolicy"

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
WEAK = {"minimumPasswordLength": 6, "requireSymbols": True, "hardExpiry": False}
SET_STRONG = call("UpdateAccountPasswordPolicy", by=ADA, request=STRONG, at="08:00:00")
SET_WEAK = call("UpdateAccountPasswordPolicy", by=ADA, request=WEAK, at="08:00:00")
DELETED = call("DeleteAccountPasswordPolicy", by=ADA)
DELETED_BY_ROLE = call("DeleteAccountPasswordPolicy", by=DEPLOY)
DELETED_BY_ROOT = call("DeleteAccountPasswordPolicy", by=root())
NONE_SET = call("DeleteAccountPasswordPolicy", by=ADA, error="NoSuchEntityException")
THROTTLED = call("DeleteAccountPasswordPolicy", by=ADA, error="ThrottlingException")
DENIED = denied("DeleteAccountPasswordPolicy", by=ADA, resource="*")
_NO_SUCH = "COALESCE(error_code, '') LIKE 'NoSuchEntity%'"

RUNBOOK = Runbook(
    events=("iam.amazonaws.com:DeleteAccountPasswordPolicy",),
    family="passwords",
    first=(
        "Ask who keeps the baseline.  If the deletion was not meant, stop the caller, then "
        "restore the policy: whoever may delete it could do so again."
    ),
    information=(
        Claim("The call removes the account's password policy. It takes no parameters.", _GONE),
        Claim(
            "The policy is the account's. It rules the console passwords of IAM users, and neither "
            "the password of root nor any access key.",
            _GUIDE,
        ),
        Claim(
            "AWS's default then stands in: 8 to 128 characters, three of the four classes "
            "(uppercase, lowercase, numbers, symbols), not equal to the account's name or e-mail "
            "address, no expiry.",
            _GUIDE,
        ),
        Claim(
            "The guide of 2023 adds that accounts not yet moved to AWS's newer sign-in did not "
            "enforce that default. Whether such accounts are left could not be checked.",
            _GUIDE,
        ),
        Claim(
            "Passwords in use stay as they are. Rules on length and characters are tried when a "
            "password is set.",
            _GUIDE,
        ),
        Claim(
            "Any user or role that is allowed iam:DeleteAccountPasswordPolicy may call it.", _GUIDE
        ),
        Claim(
            "The record has neither requestParameters nor responseElements. What the policy said "
            "stands only in the last UpdateAccountPasswordPolicy before.",
            _SAMPLE,
        ),
        Claim(
            "In an account without a policy the call fails with NoSuchEntity and changes nothing.",
            _GONE,
        ),
    ),
    impact=(
        Claim(
            "From the next change on, users may choose passwords that the policy refused, down to "
            "8 characters of three classes. Guessing them gets easier.",
            _GUIDE,
        ),
        Claim(
            "A maximum age ends with the policy: a stolen password stays good until somebody "
            "changes it.",
            _GUIDE,
        ),
        Claim(
            "The ban on old passwords ends with it: the default names none, so a leaked password "
            "can come back.",
            _GUIDE,
        ),
        Claim(
            "Where the policy was what let users change their own password, those without "
            "iam:ChangePassword of their own can no longer obey a forced reset.",
            "AWS IAM User Guide, Permitting IAM users to change their own passwords "
            "(archived 2023-06), read 2026-11-22",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "People moved to Identity Center, or a baseline replaces the policy by another.",
            (
                Fact(
                    "Nothing was weakened: the default asks for as much as the policy did.",
                    "weakens IS NOT DISTINCT FROM FALSE",
                ),
                Fact("An UpdateAccountPasswordPolicy follows within minutes."),
                Fact("The credential report shows no IAM user with a console password."),
            ),
            (
                Fact("The policy asked for more than the default does.", "weakens"),
                Fact("Root made the call, which no such work needs.", "actor_type = 'Root'"),
            ),
        ),
        Explanation(
            "unauthorised",
            "An intruder clears the way for short passwords on users to be made or taken over.",
            (Fact("The caller went on to CreateLoginProfile or UpdateLoginProfile."),),
            (Fact("Nothing was weakened.", "weakens IS NOT DISTINCT FROM FALSE"),),
        ),
        Explanation(
            "insider",
            "An administrator is tired of expiring passwords and lifts the rule for all.",
            (Fact("The maximum age was lost.", "weakened LIKE '%maxPasswordAge%'"),),
            (Fact("Those who wrote the rule agreed to its end."),),
        ),
        Explanation(
            "accident",
            "A stack that held the policy was taken down, or somebody chose `IAM default`.",
            (
                Fact("Other resources of the same stack were deleted in the same minutes."),
                Fact("The policy was deleted in the console.", "COALESCE(console, FALSE)"),
            ),
            (Fact("The call is alone: the caller changed nothing else within the hour."),),
        ),
        Explanation(
            "automation",
            "A pipeline deletes and writes the policy anew, or clears a test account.",
            (Fact("A stack that holds the policy was deleted or is replaced."),),
            (Fact("No code of the account holds a password policy."),),
        ),
    ),
    control_gaps=(
        Claim(
            "iam:DeleteAccountPasswordPolicy is allowed to more than the few who keep the "
            "account's baseline.",
            _GUIDE,
        ),
        Claim(
            "No service control policy denies the call. One can: it limits a member account's "
            "users, roles and root.",
            "AWS IAM User Guide, Policies and permissions in IAM (archived 2023-06), "
            "read 2026-11-22",
        ),
        Claim(
            "Nobody is told. The AWS Config rule iam-password-policy finds an account on the "
            "default non-compliant, but only at its next period.",
            "AWS Config Developer Guide, iam-password-policy "
            "(docs.aws.amazon.com/config/latest/developerguide/iam-password-policy.html), "
            "read 2026-11-22",
        ),
        Claim(
            "GuardDuty has a finding for it, Stealth:IAMUser/PasswordPolicyChange, of low severity "
            "by default; mere tries can raise it too.",
            "Amazon GuardDuty User Guide, GuardDuty Stealth finding types "
            "(docs.aws.amazon.com/guardduty/latest/ug/guardduty_stealth.html), read 2026-11-22",
        ),
    ),
    corrections=(
        Correction(
            "The password policy enforces MFA, so its deletion takes MFA away.",
            Claim("A password policy has no field for MFA.", "botocore iam PasswordPolicy"),
        ),
        Correction(
            "It is the password policy of an IAM user or a role.",
            Claim(
                "There is one for the account's IAM users. A role has no password.",
                "AWS IAM User Guide, IAM roles (archived 2023-06), read 2026-11-22",
            ),
        ),
        Correction(
            "Without the policy a password may be anything.",
            Claim("AWS's default policy applies: 8 characters, three of four classes.", _GUIDE),
        ),
        Correction(
            "update-login-profile with a strong password puts it right.",
            Claim(
                "That sets one user's password. A policy is set by UpdateAccountPasswordPolicy, "
                "with every field in one call.",
                "botocore iam UpdateAccountPasswordPolicy",
            ),
        ),
        Correction(
            "A script can test which passwords are weak.",
            Claim(
                "GetLoginProfile answers user name, date and reset flag. No call gives a password.",
                "botocore iam LoginProfile",
            ),
        ),
    ),
    questions=(
        "To the caller (`actor`): did you delete the password policy at this hour, and by which "
        "change?",
        "To the owner of the baseline: which values should hold? Compare them with `before`.",
        "To both: was a new policy to follow, and why is there none in `next`?",
        "To the owner: which users have a console password? See `password_enabled` in the "
        "credential report.",
    ),
    false_positives=(
        "A pipeline that deletes the policy and writes it anew: `next` names the update.",
        "A test account that is torn down after each run.",
    ),
    not_fixable=(
        Claim(
            "A password chosen in the meantime is not tried again. Let its user change it: see "
            "ChangePassword, CreateLoginProfile and UpdateLoginProfile since the deletion.",
            _GUIDE,
        ),
        Claim(
            "GetAccountPasswordPolicy does not give a deleted policy back. If no "
            "UpdateAccountPasswordPolicy is in the log, take the values of your baseline.",
            "botocore iam GetAccountPasswordPolicy",
        ),
        least_privilege(
            "iam:DeleteAccountPasswordPolicy", "leave it to those who keep the baseline"
        ),
        ROTATION,
    ),
    hardening=PASSWORD_POLICY_DELETED,
    detections={
        # Root raises medium to high: no work on the policy needs root.  Where nothing was weakened,
        # no control was lost, and it stays low.
        "by_root": Detection(
            title="Root deleted the account's password policy",
            level="high",
            when="actor_type = 'Root' AND weakens IS DISTINCT FROM FALSE",
            techniques=("T1556",),
            fixes=(restore_password_policy, enforce_password_policy),
            fires=((DELETED_BY_ROOT,), (SET_STRONG, DELETED_BY_ROOT)),
            quiet=((SET_STRONG, DELETED), (SET_WEAK, DELETED_BY_ROOT), (NONE_SET,)),
        ),
        "weakened": Detection(
            title="The password policy was deleted, and AWS's default asks for less",
            level="medium",
            when="actor_type <> 'Root' AND COALESCE(weakens, FALSE)",
            techniques=("T1556",),
            fixes=(restore_password_policy, enforce_password_policy, *STOP_CALLER),
            fires=((SET_STRONG, DELETED), (SET_STRONG, DELETED_BY_ROLE)),
            quiet=((SET_WEAK, DELETED), (DELETED,), (SET_STRONG, DELETED_BY_ROOT), (DENIED,)),
        ),
        "policy_unknown": Detection(
            title="The password policy was deleted; the log does not show what it asked for",
            level="medium",
            when="actor_type <> 'Root' AND weakens IS NULL",
            techniques=("T1556",),
            fixes=(enforce_password_policy, *STOP_CALLER),
            fires=((DELETED,), (DELETED_BY_ROLE,)),
            quiet=((SET_STRONG, DELETED), (SET_WEAK, DELETED), (DELETED_BY_ROOT,), (NONE_SET,)),
        ),
        "nothing_weakened": Detection(
            title="A password policy was deleted that asked for no more than AWS's default",
            level="low",
            when="weakens IS NOT DISTINCT FROM FALSE",
            fires=((SET_WEAK, DELETED), (SET_WEAK, DELETED_BY_ROOT)),
            quiet=((SET_STRONG, DELETED), (DELETED,), (SET_WEAK, DENIED)),
        ),
        "denied": Detection(
            title="The deletion of the password policy was tried and denied",
            level="medium",
            when="TRUE",
            outcome="denied",
            techniques=("T1556",),
            fixes=STOP_CALLER,
            fires=((DENIED,), (denied("DeleteAccountPasswordPolicy", by=DEPLOY, resource="*"),)),
            quiet=((DELETED,), (NONE_SET,)),
        ),
        "none_was_set": Detection(
            title="There was no password policy to delete: the account is on AWS's default",
            level="low",
            when=_NO_SUCH,
            outcome="failed",
            fixes=(enforce_password_policy,),
            fires=((NONE_SET,),),
            quiet=((THROTTLED,), (DELETED,), (DENIED,)),
        ),
        "failed": Detection(
            title="The deletion of the password policy failed",
            level="low",
            when=f"NOT {_NO_SUCH}",
            outcome="failed",
            fires=((THROTTLED,),),
            quiet=((NONE_SET,), (DENIED,), (DELETED,)),
        ),
    },
)
