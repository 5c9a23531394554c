"""DeactivateMFADevice takes a second factor away from its user: the moment MFA gets weaker."""

from typing import Any

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import ACCOUNT, Principal, call, denied, role, root, user
from trailmend.measures import STOP_CALLER
from trailmend.remediations.login_profiles import set_new_password
from trailmend.remediations.mfa_devices import enrol_virtual_device
from trailmend.remediations.mfa_policies import require_mfa

_MODEL = "botocore iam DeactivateMFADevice"
_GUIDE = "AWS IAM User Guide, Deactivate an MFA device, read 2026-11-22"
_MFA = "AWS IAM User Guide, AWS Multi-factor authentication in IAM, read 2026-11-22"
_SAMPLE = "sample: splunk DeactivateMFADevice"

ALICE, BOB = user("alice"), user("bob")
HELP_DESK = role("help-desk", session="alice")
_PHONE, _KEY = f"arn:aws:iam::{ACCOUNT}:mfa/phone", f"arn:aws:iam::{ACCOUNT}:u2f/user/alice/key"
_NOBODY: dict[str, Any] = {"userIdentity": {"accountId": ACCOUNT}}


def _take(by: Principal, *, owner: str = "alice", **more: Any) -> dict[str, Any]:
    request = {"userName": owner, "serialNumber": _PHONE}
    return call("DeactivateMFADevice", by=by, request=request, **more)


def _enable(by: Principal, serial: str = _PHONE, *, owner: str = "alice") -> dict[str, Any]:
    request = {"userName": owner, "serialNumber": serial}
    return call("EnableMFADevice", by=by, request=request, at="08:10:00")


def _reset(by: Principal) -> dict[str, Any]:
    return call("UpdateLoginProfile", by=by, request={"userName": "alice"}, at="08:30:00")


_NEW_USER = call("CreateUser", by=BOB, request={"userName": "alice"}, at="08:00:00")
_TWO = (_enable(ALICE), _enable(ALICE, _KEY))
_ROOTS_TWO = (
    _enable(root(), owner="AWS ROOT USER"),
    _enable(root(), f"arn:aws:iam::{ACCOUNT}:mfa/second", owner="AWS ROOT USER"),
)
_ROOTS_OWN = _take(root(), owner="AWS ROOT USER")
_NAMELESS = {"serialNumber": _PHONE}
_ROOT_TASK = call("DeactivateMFADevice", by=root(assumed=True), request=_NAMELESS)
_BY_HELP_DESK = call("DeactivateMFADevice", by=HELP_DESK, request=_NAMELESS)

_OWN = "NOT assumed_root AND known_relation = 'self'"
_OTHERS = "NOT assumed_root AND NOT password_set_by_actor AND actor_type <> 'Root'"

RUNBOOK = Runbook(
    events=("iam.amazonaws.com:DeactivateMFADevice",),
    family="MFA devices",
    first=(
        "Ask the user whether the device was lost or given up.  If not, stop the caller, set a "
        "new password if it may be known, then enrol a new device."
    ),
    information=(
        Claim(
            "The call parts an MFA device from the user for whom it was enabled; a virtual device "
            "then still exists, unassigned.",
            "botocore iam DeactivateMFADevice, ListVirtualMFADevices",
        ),
        Claim(
            "The serial must be given; the name may be left out and then means the caller.  Root "
            "may leave it out only in a session of sts:AssumeRoot.",
            _MODEL,
        ),
        Claim(
            "The record shows userName and serialNumber; for root the name is AWS ROOT USER.",
            _SAMPLE,
        ),
        Claim(
            "The request holds no code of the device: permission is enough.  A user who takes "
            "away their own by API needs a session that was opened with an MFA code.",
            "botocore iam DeactivateMFADevice; AWS IAM User Guide, Assign MFA devices in the AWS "
            "CLI or AWS API, read 2026-11-22",
        ),
        Claim(
            "Remove in the console deactivates a virtual device and deletes it right after: two "
            "records.",
            "sample: splunk DeactivateMFADevice, DeleteVirtualMFADevice (one root session)",
        ),
        Claim("A user or root may have up to eight devices and needs one to sign in.", _MFA),
    ),
    impact=(
        Claim("With the last device gone, the password alone opens the console.", _GUIDE),
        Claim(
            "While another device is left, sign-in still asks for one of them.",
            _MFA,
        ),
        Claim(
            "The device opens nothing any more until it is enabled for somebody again.",
            _GUIDE,
        ),
        Claim(
            "Where policies demand MFA, a user without a device can no longer do what they guard.",
            "AWS IAM User Guide (archive of June 2023), Configuring MFA-protected API access, read "
            "2026-11-22",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A lost or new phone, a device replaced by a passkey, or off-boarding.",
            supports=(
                Fact("The user removed their own device.", "known_relation = 'self'"),
                Fact("At least one device of the user is left.", "devices_left >= 1"),
                Fact("An AssumeRoot session removed root's device.", "assumed_root"),
                Fact("EnableMFADevice by the user, or DeleteUser, followed within the hour."),
            ),
            against=(
                Fact(
                    "The same principal set the user's password within the day before.",
                    "password_set_by_actor",
                ),
                Fact("The user still has the device and did not ask."),
            ),
        ),
        Explanation(
            "unauthorised",
            "Takeover: whoever has or sets the password removes what stands behind it.",
            supports=(
                Fact(
                    "The same principal set the user's password within the day before.",
                    "password_set_by_actor",
                ),
                Fact("It was the user's last device.", "devices_left = 0"),
                Fact("ConsoleLogin as the user with MFAUsed No followed."),
            ),
            against=(
                Fact("At least one device of the user is left.", "devices_left >= 1"),
                Fact("The user asked the help desk, and their identity was checked."),
            ),
        ),
        Explanation(
            "insider",
            "An administrator opens a colleague's account, to act in their name.",
            supports=(Fact("No ticket names the user and the device."),),
            against=(Fact("The user enrolled a new device the same day, in front of a witness."),),
        ),
        Explanation(
            "accident",
            "The wrong device or the wrong user was picked.",
            supports=(Fact("The same device was enabled again within minutes."),),
            against=(Fact("DeleteVirtualMFADevice of the same serial came much later."),),
        ),
        Explanation(
            "automation",
            "Off-boarding by script: a user with a device cannot be deleted by API.",
            supports=(Fact("DeleteLoginProfile, DeleteAccessKey and DeleteUser stand beside it."),),
            against=(Fact("The user is not leaving, and no job names the user."),),
        ),
    ),
    control_gaps=(
        Claim(
            "AWS warns never to let a session without MFA remove MFA devices; a policy that denies "
            "all but enrolment where aws:MultiFactorAuthPresent is false keeps to that.",
            "AWS IAM User Guide (archive of June 2023), AWS: Allows MFA-authenticated IAM users to "
            "manage their own MFA device, read 2026-11-22",
        ),
        Claim(
            "One device a user means that every lost phone asks an administrator to switch MFA "
            "off; AWS advises more than one.",
            "AWS IAM User Guide, Recover an MFA protected identity in IAM, read 2026-11-22",
        ),
    ),
    corrections=(
        Correction(
            "DeleteVirtualMFADevice is the call that switches MFA off.",
            Claim(
                "This one does.  A virtual device must be deactivated before it can be deleted.",
                "botocore iam DeleteVirtualMFADevice",
            ),
        ),
        Correction(
            "One deactivated device means that the user has no MFA.",
            Claim("Up to eight devices can be enabled; what counts is how many are left.", _MFA),
        ),
        Correction(
            "MFA devices belong to users, groups or roles.",
            Claim("They belong to IAM users and to root.", _MFA),
        ),
    ),
    questions=(
        "To the user: is your device lost, or did you ask for its removal?  Whom, when?",
        "What is left?  `aws iam list-mfa-devices --user-name NAME`: none, or one with an "
        "EnableDate after this event that the user does not know, is bad.",
        "To the caller: how did you make sure who was asking?  Compare source_ip and access_key_id "
        "with your own record.",
        "Did UpdateLoginProfile or CreateLoginProfile for the same user come before or after?",
        "Did ConsoleLogin as the user follow with MFAUsed No, and from which sourceIPAddress?",
    ),
    false_positives=(
        "Help desk: the phone is lost, AWS tells the user to turn to an administrator.",
        "A user changes phones and removes the old one before the new one is enabled.",
        "Off-boarding scripts deactivate, delete the device and delete the user in seconds.",
    ),
    detections={
        "takeover_step": Detection(
            title="Somebody set a user's password and then took their MFA device away",
            level="high",
            when="NOT assumed_root AND password_set_by_actor AND known_relation <> 'self'",
            techniques=("T1556.006", "T1098"),
            fixes=(enrol_virtual_device, set_new_password, *STOP_CALLER, require_mfa),
            fires=(
                (_reset(BOB), _take(BOB)),
                (*_TWO, _reset(BOB), _take(BOB)),
                (_reset(role("ops", session="a")), _take(role("ops", session="b"))),
                (_reset(BOB), call("ChangePassword", by=ALICE, at="08:40:00"), _take(BOB)),
            ),
            quiet=(
                (_take(BOB),),
                (_reset(BOB), _take(HELP_DESK)),
                (_reset(BOB), _take(ALICE)),
                (_reset(BOB), _take(BOB, error="NoSuchEntityException")),
            ),
        ),
        "last_device": Detection(
            title="Somebody else took a user's MFA device away, and no other is known",
            level="medium",
            when=f"{_OTHERS} AND known_relation = 'other' AND COALESCE(devices_left, 0) < 1",
            techniques=("T1556.006",),
            fixes=(enrol_virtual_device, *STOP_CALLER, require_mfa),
            fires=(
                (_NEW_USER, _enable(ALICE), _take(BOB)),
                (_take(BOB),),
                (_take(HELP_DESK),),
                (_enable(ALICE), _enable(BOB, _KEY, owner="bob"), _take(BOB)),
            ),
            quiet=(
                (*_TWO, _take(BOB)),
                (_take(ALICE),),
                (_take(root()),),
                (_reset(BOB), _take(BOB)),
                (_take(BOB, error="NoSuchEntityException"),),
            ),
        ),
        "one_of_several": Detection(
            title="Somebody else took one of a user's MFA devices away; another is left",
            level="medium",
            when=f"{_OTHERS} AND known_relation = 'other' AND devices_left >= 1 "
            "AND NOT COALESCE(made_by_actor, FALSE)",
            techniques=("T1556.006",),
            fixes=(enrol_virtual_device, *STOP_CALLER),
            fires=((*_TWO, _take(BOB)), (*_TWO, _take(HELP_DESK))),
            quiet=(
                (_NEW_USER, _enable(ALICE), _take(BOB)),
                (_enable(BOB), _enable(ALICE, _KEY), _take(BOB)),
                (*_TWO, _take(ALICE)),
                (*_TWO, _take(root())),
            ),
        ),
        "clean_up": Detection(
            title="An extra MFA device was taken away by the principal that had enabled it",
            level="low",
            when=f"{_OTHERS} AND known_relation = 'other' AND devices_left >= 1 AND made_by_actor",
            fires=((_enable(BOB), _enable(ALICE, _KEY), _take(BOB)),),
            quiet=(
                (*_TWO, _take(BOB)),
                (_NEW_USER, _enable(BOB), _take(BOB)),
                (_enable(BOB), _enable(ALICE, _KEY), _reset(BOB), _take(BOB)),
            ),
        ),
        "by_root": Detection(
            title="Root took a user's MFA device away",
            level="high",
            when="NOT assumed_root AND NOT password_set_by_actor AND actor_type = 'Root' "
            "AND known_relation <> 'self'",
            techniques=("T1556.006",),
            fixes=(enrol_virtual_device, require_mfa),
            fires=((_take(root()),), (*_TWO, _take(root()))),
            quiet=((_ROOTS_OWN,), (_take(role("root")),), (_ROOT_TASK,)),
        ),
        "root_unprotected": Detection(
            title="Root gave up its MFA device, and no other is known",
            level="high",
            when=f"{_OWN} AND actor_type = 'Root' AND COALESCE(devices_left, 0) < 1",
            techniques=("T1556.006",),
            fires=((_ROOTS_OWN,), (_ROOTS_TWO[0], _ROOTS_OWN)),
            quiet=((*_ROOTS_TWO, _ROOTS_OWN), (_take(root()),), (_take(ALICE),), (_ROOT_TASK,)),
        ),
        "own_last": Detection(
            title="A user gave up their own MFA device, and no other is known",
            level="medium",
            when=f"{_OWN} AND actor_type <> 'Root' AND COALESCE(devices_left, 0) < 1",
            techniques=("T1556.006",),
            fixes=(enrol_virtual_device, require_mfa, *STOP_CALLER),
            fires=(
                (_NEW_USER, _enable(ALICE), _take(ALICE)),
                (_take(ALICE),),
                (call("DeactivateMFADevice", by=ALICE, request=_NAMELESS),),
            ),
            quiet=((*_TWO, _take(ALICE)), (_take(HELP_DESK),), (_ROOTS_OWN,)),
        ),
        "own_one_of_several": Detection(
            title="A user removed one of their own MFA devices; another is left",
            level="low",
            when=f"{_OWN} AND devices_left >= 1",
            fires=((*_TWO, _take(ALICE)), (*_ROOTS_TWO, _ROOTS_OWN)),
            quiet=((_NEW_USER, _enable(ALICE), _take(ALICE)), (*_TWO, _take(HELP_DESK))),
        ),
        "root_task": Detection(
            title="An AssumeRoot session removed root's MFA device of this account",
            level="low",
            when="assumed_root",
            fires=((_ROOT_TASK,),),
            quiet=((_ROOTS_OWN,), (_take(BOB),)),
        ),
        "whose_unknown": Detection(
            title="An MFA device was taken away; the log does not tell whose or by whom",
            level="medium",
            when=f"{_OTHERS} AND known_relation NOT IN ('self', 'other')",
            techniques=("T1556.006",),
            fixes=(enrol_virtual_device, *STOP_CALLER),
            fires=(
                (_take(BOB, **_NOBODY),),
                (_BY_HELP_DESK,),
            ),
            quiet=(
                (_take(BOB),),
                (_enable(ALICE), _BY_HELP_DESK),
            ),
        ),
        "denied": Detection(
            title="A try to take somebody's MFA device away was refused",
            level="medium",
            when="known_relation <> 'self'",
            outcome="denied",
            techniques=("T1556.006",),
            fixes=STOP_CALLER,
            fires=(
                (denied("DeactivateMFADevice", by=BOB, resource="user alice"),),
                (denied("DeactivateMFADevice", by=HELP_DESK, resource="user alice"),),
            ),
            quiet=((denied("DeactivateMFADevice", by=ALICE, resource="user alice"),),),
        ),
        "denied_own": Detection(
            title="A user was not allowed to remove their own MFA device",
            level="low",
            when="known_relation = 'self'",
            outcome="denied",
            fires=((denied("DeactivateMFADevice", by=ALICE, resource="user alice"),),),
            quiet=((denied("DeactivateMFADevice", by=HELP_DESK, resource="user alice"),),),
        ),
        "failed": Detection(
            title="No MFA device was taken away",
            level="low",
            when="TRUE",
            outcome="failed",
            fires=(
                (_take(BOB, error="NoSuchEntityException"),),
                (_take(ALICE, error="EntityTemporarilyUnmodifiableException"),),
            ),
            quiet=((_take(BOB),), (denied("DeactivateMFADevice", by=BOB, resource="user alice"),)),
        ),
    },
    console=(
        Console(
            "Put a second factor in place again",
            (
                "Ask the user to sign in, open the menu under their name and choose Security "
                "credentials.",
                "Under Multi-factor authentication (MFA) choose Assign MFA device.",
                "Choose a passkey, a security key or an authenticator app, and follow the wizard.",
                "If the password may be known to somebody else, reset it first.",
            ),
            "AWS IAM User Guide (archive of June 2023), Enabling a FIDO security key (console) and "
            "Enabling a virtual MFA device (console); labels not checked on a live console",
            "2026-11-22",
        ),
    ),
    not_fixable=(
        Claim(
            "No fix puts the former device back: EnableMFADevice needs two codes in a row that "
            "only the device makes, so a new one is enrolled.  Who has the device, and it was not "
            "deleted, can read them out for `aws iam enable-mfa-device`.",
            "botocore iam EnableMFADevice",
        ),
        Claim(
            "A security key or passkey makes no such codes; its user registers it again in the "
            "console.",
            "botocore iam EnableMFADevice; AWS IAM User Guide (archive of June 2023), Enabling a "
            "FIDO security key (console), read 2026-11-22",
        ),
    ),
)
