"""UpdateLoginProfile sets a new console password for a user: help desk, or takeover."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import ACCOUNT, Principal, call, denied, role, root, user
from trailmend.measures import STOP_CALLER
from trailmend.remediations.login_profiles import (
    disable_console_access,
    force_password_reset,
    set_new_password,
)
from trailmend.remediations.mfa_devices import enrol_virtual_device
from trailmend.remediations.principals import revoke_user_sessions

_MODEL = "botocore iam UpdateLoginProfile"
_SAMPLE = "sample: splunk UpdateLoginProfile"

ALICE, BOB = user("alice"), user("bob")
HELP_DESK = role("help-desk", session="alice")
_FOR_ALICE = {"userName": "alice", "passwordResetRequired": True}
_DEVICE = f"arn:aws:iam::{ACCOUNT}:mfa/alice-phone"


def _reset(by: Principal, **more: Any) -> dict[str, Any]:
    return call("UpdateLoginProfile", by=by, request=_FOR_ALICE, **more)


def _device_removed(by: Principal, **more: Any) -> dict[str, Any]:
    request = {"userName": "alice", "serialNumber": _DEVICE}
    return call("DeactivateMFADevice", by=by, request=request, **{"at": "08:30:00", **more})


_YESTERDAY = {"eventTime": "2026-03-01T08:59:59Z"}
_NOBODY = {"userIdentity": {"accountId": ACCOUNT}}
_NEW_PASSWORD = (
    *(set_new_password, force_password_reset, disable_console_access),
    *(*STOP_CALLER, revoke_user_sessions),
)

RUNBOOK = Runbook(
    events=("iam.amazonaws.com:UpdateLoginProfile",),
    family="passwords",
    first=(
        "Ask the user, not by a message to this account, whether they asked for a new password.  "
        "If not, stop the caller, then set a password that the caller does not know."
    ),
    information=(
        Claim("The call changes the console password of an IAM user who has one.", _MODEL),
        Claim(
            "It needs permission, not the old password: the request has a name, a new password and "
            "the mark that it must be replaced at the next sign-in.",
            _MODEL,
        ),
        Claim(
            "The name must be given.  Users change their own password with ChangePassword, which "
            "asks for the old one; the page under Users needs this call even for oneself.",
            "botocore iam UpdateLoginProfile, ChangePassword; AWS IAM User Guide (archive of June "
            "2023), policy example for self-managed credentials without MFA, read 2026-11-22",
        ),
        Claim(
            "The record never shows the password.  It holds userName, and passwordResetRequired "
            "where that was sent, so a call that only demands a change looks the same as a reset.",
            _SAMPLE,
        ),
        Claim(
            "Where the user has no password the call fails with NoSuchEntity; a password that the "
            "account's policy refuses fails with PasswordPolicyViolation.",
            _MODEL,
        ),
    ),
    impact=(
        Claim(
            "Where a new password was sent, the old one no longer works, and whoever set the new "
            "one knows it until the user replaces it.",
            _MODEL,
        ),
        Claim(
            "Access keys and MFA devices stay as they are: with a device enabled, the new password "
            "alone does not open the console.",
            "botocore iam UpdateLoginProfile, EnableMFADevice",
        ),
        Claim(
            "The user cannot sign in with the password they know, until somebody tells them "
            "the new one.",
            _MODEL,
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "The user forgot the password, or it was changed because it had leaked.",
            supports=(
                Fact("The user changed their own password.", "known_relation = 'self'"),
                Fact(
                    "The user must choose a new one at the next sign-in.",
                    "request LIKE '%\"passwordResetRequired\":true%'",
                ),
                Fact("ChangePassword by the user followed."),
            ),
            against=(
                Fact(
                    "The same principal took the user's MFA device away within the day before.",
                    "device_removed_by_actor",
                ),
                Fact("The user asked for nothing and cannot sign in."),
            ),
        ),
        Explanation(
            "unauthorised",
            "Somebody with iam:UpdateLoginProfile takes over a user who may do more than they.",
            supports=(
                Fact(
                    "The same principal took the user's MFA device away within the day before.",
                    "device_removed_by_actor",
                ),
                Fact(
                    "The new password may stay: no change at the next sign-in was asked for.",
                    "request IS NOT NULL AND NOT request LIKE '%\"passwordResetRequired\":true%'",
                ),
                Fact("A long-lived access key made the call.", "access_key_id LIKE 'AKIA%'"),
                Fact("ConsoleLogin as the user followed from the caller's address."),
            ),
            against=(
                Fact("The user changed their own password.", "known_relation = 'self'"),
                Fact("The user signed in from their usual place and says that they asked for it."),
            ),
        ),
        Explanation(
            "insider",
            "An administrator signs in as a colleague, so that the log names the colleague.",
            supports=(Fact("The colleague's user was at work while the colleague was away."),),
            against=(Fact("The request for the reset came from the user, through the help desk."),),
        ),
        Explanation(
            "accident",
            "The password of the wrong user was reset.",
            supports=(Fact("The same caller reset a user with a similar name right after."),),
            against=(
                Fact("The user changed their own password.", "known_relation = 'self'"),
                Fact("The user expected the reset."),
            ),
        ),
        Explanation(
            "automation",
            "A self-service portal, or infrastructure as code, that keeps login profiles.",
            supports=(Fact("The portal's own log holds this reset."),),
            against=(Fact("The portal's own log does not hold this reset."),),
        ),
    ),
    control_gaps=(
        Claim(
            "Who may reset every password may become every user who has no MFA device; the call "
            "acts on a user, so a policy can leave the administrators out.",
            "sample: traildiscover UpdateLoginProfile (denied on resource: user)",
        ),
        Claim(
            "Nothing in the call asks the user: the identity check is the help desk's alone.",
            _MODEL,
        ),
    ),
    corrections=(
        Correction(
            "update-login-profile enforces a strong password policy.",
            Claim(
                "It sets one user's password; the policy is UpdateAccountPasswordPolicy.",
                "botocore iam UpdateLoginProfile, UpdateAccountPasswordPolicy",
            ),
        ),
        Correction(
            "aws iam update-login-profile --password NEW is the way to set a password.",
            Claim(
                "Text on a command line can be read in the shell's history and in the list of "
                "processes; --cli-input-json file://FILE keeps it out of both.",
                "AWS CLI Command Reference, iam update-login-profile, read 2026-11-22; history and "
                "process list are the operating system's",
            ),
        ),
    ),
    questions=(
        "To the user: did you ask for a new password, whom and how?  Have you got it?",
        "To the caller: how did you make sure who was asking?  Compare source_ip and access_key_id "
        "with your own record.",
        "Did ConsoleLogin as this user follow, and from which sourceIPAddress?  The caller's own "
        "address is the worst answer.",
        "Which MFA devices has the user?  `aws iam list-mfa-devices --user-name NAME`: none, or a "
        "new one (EnableDate), makes it urgent.",
    ),
    false_positives=(
        "The help desk resets a forgotten password and asks for a change at the next sign-in.",
        "Incident response sets a random password to shut an intruder out.",
        "Root is used to reset the last administrator's password: rare, and worth the high level.",
    ),
    detections={
        "takeover_step": Detection(
            title="Somebody took a user's MFA device away and then reset the password",
            level="high",
            when="device_removed_by_actor AND known_relation <> 'self'",
            techniques=("T1098", "T1556.006"),
            fixes=(
                set_new_password,
                disable_console_access,
                enrol_virtual_device,
                *STOP_CALLER,
                revoke_user_sessions,
            ),
            fires=(
                (_device_removed(BOB), _reset(BOB)),
                (_device_removed(root()), _reset(root())),
                (_device_removed(role("ops", session="a")), _reset(role("ops", session="b"))),
            ),
            quiet=(
                (_reset(BOB),),
                (_device_removed(ALICE), _reset(BOB)),
                (_device_removed(BOB), _reset(HELP_DESK)),
                (_device_removed(BOB, **_YESTERDAY), _reset(BOB)),
                (_device_removed(BOB, error="NoSuchEntityException"), _reset(BOB)),
                (_device_removed(BOB), _reset(BOB, error="PasswordPolicyViolationException")),
            ),
        ),
        "by_root": Detection(
            title="Root reset a user's console password",
            level="high",
            when="NOT device_removed_by_actor AND actor_type = 'Root' AND known_relation <> 'self'",
            techniques=("T1098",),
            fixes=(set_new_password, force_password_reset, disable_console_access),
            fires=((_reset(root()),),),
            quiet=(
                (_reset(role("root")),),
                (_reset(BOB),),
                (_reset(root(), error="NoSuchEntityException"),),
            ),
        ),
        "by_someone_else": Detection(
            title="Somebody else reset a user's console password",
            level="medium",
            when="NOT device_removed_by_actor AND actor_type <> 'Root' "
            "AND known_relation = 'other'",
            techniques=("T1098",),
            fixes=_NEW_PASSWORD,
            fires=(
                (_reset(BOB),),
                (_reset(HELP_DESK),),
                (_device_removed(ALICE), _reset(BOB)),
                (_device_removed(BOB, **_YESTERDAY), _reset(BOB)),
            ),
            quiet=((_reset(ALICE),), (_reset(root()),), (_device_removed(BOB), _reset(BOB))),
        ),
        "by_the_user": Detection(
            title="A user set their own console password without the old one",
            level="low",
            when="known_relation = 'self'",
            fires=((_reset(ALICE),), (_device_removed(BOB), _reset(ALICE))),
            quiet=(
                (_reset(HELP_DESK),),
                (_reset(Principal({**ALICE.identity, "accountId": "444455556666"})),),
                (_reset(ALICE, error="PasswordPolicyViolationException"),),
            ),
        ),
        "whose_unknown": Detection(
            title="A console password was reset; the log does not tell by whom",
            level="medium",
            when="NOT device_removed_by_actor AND actor_type <> 'Root' "
            "AND known_relation NOT IN ('self', 'other')",
            techniques=("T1098",),
            fixes=_NEW_PASSWORD,
            fires=((_reset(BOB, **_NOBODY),),),
            quiet=((_reset(BOB),), (_reset(ALICE),), (_reset(root()),)),
        ),
        "denied": Detection(
            title="A try to reset somebody's console password was refused",
            level="medium",
            when="known_relation <> 'self'",
            outcome="denied",
            techniques=("T1098",),
            fixes=STOP_CALLER,
            fires=(
                (denied("UpdateLoginProfile", by=BOB, resource="user alice"),),
                (denied("UpdateLoginProfile", by=HELP_DESK, resource="user alice"),),
            ),
            quiet=((denied("UpdateLoginProfile", by=ALICE, resource="user alice"),),),
        ),
        "denied_own": Detection(
            title="A user was not allowed to set their own console password this way",
            level="low",
            when="known_relation = 'self'",
            outcome="denied",
            fires=((denied("UpdateLoginProfile", by=ALICE, resource="user alice"),),),
            quiet=((denied("UpdateLoginProfile", by=BOB, resource="user alice"),),),
        ),
        "refused_password": Detection(
            title="Somebody tried a new password for another user that the policy refused",
            level="medium",
            when="error_code LIKE 'PasswordPolicyViolation%' AND known_relation <> 'self'",
            outcome="failed",
            techniques=("T1098",),
            fixes=STOP_CALLER,
            fires=((_reset(BOB, error="PasswordPolicyViolationException"),),),
            quiet=(
                (_reset(ALICE, error="PasswordPolicyViolationException"),),
                (_reset(BOB, error="NoSuchEntityException"),),
            ),
        ),
        "failed": Detection(
            title="A console password was not changed",
            level="low",
            when="NOT COALESCE(error_code, '') LIKE 'PasswordPolicyViolation%' "
            "OR known_relation = 'self'",
            outcome="failed",
            fires=(
                (_reset(BOB, error="NoSuchEntityException"),),
                (_reset(ALICE, error="PasswordPolicyViolationException"),),
            ),
            quiet=((_reset(BOB, error="PasswordPolicyViolationException"),), (_reset(BOB),)),
        ),
    },
    not_fixable=(
        Claim(
            "The former password cannot be put back, because no call returns it.  The user gets "
            "another (login_profiles.set_new_password), or none while the case is open "
            "(login_profiles.disable_console_access).",
            "botocore iam GetLoginProfile, DeleteLoginProfile",
        ),
        Claim(
            "A new password is not known to end console sessions opened with the one before.",
            "botocore iam UpdateLoginProfile, and AWS IAM User Guide (archive of June 2023), "
            "Managing passwords for IAM users, read 2026-11-28: neither speaks of open sessions",
        ),
    ),
)
