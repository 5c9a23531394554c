"""DeleteVirtualMFADevice destroys a virtual device that at that moment protects nobody."""

from typing import Any

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import ACCOUNT, Principal, call, denied, role, root, user
from trailmend.measures import STOP_CALLER, VIRTUAL_DEVICE_DELETED, least_privilege
from trailmend.remediations.mfa_devices import enrol_virtual_device
from trailmend.remediations.mfa_policies import require_mfa

_MODEL = "botocore iam DeleteVirtualMFADevice"
_MFA = "AWS IAM User Guide, AWS Multi-factor authentication in IAM, read 2026-11-22"
_TROUBLE = (
    "AWS IAM User Guide (archive of June 2023), I am not authorized to perform: "
    "iam:DeleteVirtualMFADevice, read 2026-11-22"
)
_SAMPLE = "sample: splunk DeleteVirtualMFADevice"

ALICE, BOB = user("alice"), user("bob")
HELP_DESK = role("help-desk", session="alice")
_PHONE = f"arn:aws:iam::{ACCOUNT}:mfa/phone"
_ROOT = "AWS ROOT USER"


def _delete(by: Principal, **more: Any) -> dict[str, Any]:
    return call("DeleteVirtualMFADevice", by=by, request={"serialNumber": _PHONE}, **more)


def _make(by: Principal) -> dict[str, Any]:
    return call(
        "CreateVirtualMFADevice",
        by=by,
        request={"path": "/", "virtualMFADeviceName": "phone"},
        response={"virtualMFADevice": {"serialNumber": _PHONE}},
        at="08:00:00",
    )


def _enable(by: Principal, *, owner: str = "alice") -> dict[str, Any]:
    request = {"userName": owner, "serialNumber": _PHONE}
    return call("EnableMFADevice", by=by, request=request, at="08:10:00")


def _take(by: Principal, *, owner: str = "alice") -> dict[str, Any]:
    request = {"userName": owner, "serialNumber": _PHONE}
    return call("DeactivateMFADevice", by=by, request=request, at="08:59:59")


_ROOTS_OWN = (_take(root(), owner=_ROOT), _delete(root()))

_USED = "NOT COALESCE(never_assigned, FALSE)"
_OTHERS = (
    f"{_USED} AND known_relation <> 'self' AND NOT COALESCE(made_by_actor, FALSE) "
    "AND actor_type <> 'Root'"
)

RUNBOOK = Runbook(
    events=("iam.amazonaws.com:DeleteVirtualMFADevice",),
    family="MFA devices",
    first=(
        "Find out whose device it was, and ask them.  If they had not given it up, stop the "
        "caller, then enrol a new device."
    ),
    information=(
        Claim(
            "The call deletes the entry of a virtual MFA device in IAM; console, CLI and API use "
            "the same call.",
            _MODEL,
        ),
        Claim(
            "A device that is assigned to a user must be deactivated first; otherwise the call "
            "fails with DeleteConflict.",
            _MODEL,
        ),
        Claim(
            "The record names a serial number, which for a virtual device is its ARN, and no user. "
            "The owner here comes from the enabling or the deactivation seen before.",
            _SAMPLE,
        ),
        Claim(
            "The name in the serial is chosen by whoever makes the device; it need not be the "
            "user's name and proves no owner.",
            "botocore iam CreateVirtualMFADevice",
        ),
        Claim(
            "Security keys, passkeys and hardware tokens are no virtual devices: for them "
            "DeactivateMFADevice is all there is.",
            "AWS IAM User Guide, Assign MFA devices in the AWS CLI or AWS API, read 2026-11-22",
        ),
    ),
    impact=(
        Claim(
            "The seed is gone: the codes of the app are worth nothing from then on, and the device "
            "cannot be enabled again.",
            "botocore iam DeleteVirtualMFADevice, CreateVirtualMFADevice",
        ),
        Claim(
            "MFA got weaker before, at the deactivation; if that was the user's last device, the "
            "password alone opens the console.",
            "AWS IAM User Guide, Deactivate an MFA device, read 2026-11-22",
        ),
        Claim(
            "A device that was never enabled protected nobody; deleting it frees its name.",
            _TROUBLE,
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A replaced phone, off-boarding, or the leftover of an enrolment that was cancelled.",
            supports=(
                Fact("The device was never enabled for anyone.", "never_assigned"),
                Fact("The owner deleted it.", "known_relation = 'self'"),
                Fact("The owner has another device.", "devices_left >= 1"),
                Fact("EnableMFADevice for the same user came right before or after."),
            ),
            against=(
                Fact(
                    "The caller, not the owner, had taken a device of the owner away within the "
                    "day before.",
                    "device_removed_by_actor",
                ),
                Fact("The owner still used the app and did not ask."),
            ),
        ),
        Explanation(
            "unauthorised",
            "Somebody who reached the IAM console or API makes the removal of MFA final.",
            supports=(
                Fact(
                    "The caller, not the owner, had taken a device of the owner away within the "
                    "day before.",
                    "device_removed_by_actor",
                ),
                Fact("The owner has no device left.", "devices_left = 0"),
                Fact("ConsoleLogin as the owner with MFAUsed No followed."),
            ),
            against=(Fact("The device was never enabled for anyone.", "never_assigned"),),
        ),
        Explanation(
            "insider",
            "An administrator with wide rights strips a colleague of MFA, or hides a device that "
            "they had prepared.",
            supports=(Fact("The caller had made the device.", "made_by_actor"),),
            against=(Fact("The owner handed the device in, and somebody wrote it down."),),
        ),
        Explanation(
            "accident",
            "A clean-up of unassigned devices caught one that was about to be enabled.",
            supports=(Fact("Several devices were deleted in the same minute."),),
            against=(Fact("The owner deleted it.", "known_relation = 'self'"),),
        ),
        Explanation(
            "automation",
            "Off-boarding by script, or a job that removes unassigned devices.",
            supports=(Fact("DeleteUser followed."),),
            against=(Fact("The owner stays and signed in with the device until then."),),
        ),
    ),
    control_gaps=(
        Claim(
            "Wide rights to this call are not the danger by themselves: the right to "
            "DeactivateMFADevice on others is, because it must come first.",
            _MODEL,
        ),
        Claim(
            "AWS warns not to grant this call to sessions without MFA, even where an enrolment "
            "fails for want of it; an administrator deletes the leftover instead.",
            _TROUBLE,
        ),
        Claim(
            "Event history holds the call for 90 days; a longer record needs a trail.",
            "AWS CloudTrail User Guide (archive of June 2023), Security best practices, read "
            "2026-11-22",
        ),
    ),
    corrections=(
        Correction(
            "The device belongs to an IAM user or role, or to a group.",
            Claim("MFA devices belong to IAM users and to root.", _MFA),
        ),
        Correction(
            "Deleting the device removes its association and disables the MFA requirement.",
            Claim(
                "DeactivateMFADevice removed the association before; this call cannot touch a "
                "device that is assigned.",
                _MODEL,
            ),
        ),
        Correction(
            "There is no audit trail of the deletion.",
            Claim(
                "CloudTrail records it, with caller, time and serial, without any trail being set "
                "up.",
                "sample: splunk DeleteVirtualMFADevice; AWS CloudTrail User Guide (archive of June "
                "2023), Security best practices, read 2026-11-22",
            ),
        ),
        Correction(
            "iam.enable_mfa(UserName=...) puts MFA back.",
            Claim(
                "IAM has no such operation.  EnableMFADevice needs a user, a serial and two codes.",
                "botocore iam EnableMFADevice",
            ),
        ),
    ),
    questions=(
        "Who was the device's owner?  Look for DeactivateMFADevice and EnableMFADevice with the "
        "same serialNumber; in the console the deactivation is one second before.",
        "What has the owner left?  `aws iam list-mfa-devices --user-name NAME`: none is bad, "
        "and so is one with an EnableDate that the owner does not know.",
        "To the caller: why this device?  Compare source_ip and access_key_id with your record.",
        "Did ConsoleLogin as the owner follow with MFAUsed No?",
    ),
    false_positives=(
        "The console makes a device when an enrolment starts; a cancelled one is deleted later.",
        "A user is refused at enrolment because a leftover with the same name is in the way: an "
        "administrator should delete the leftover.",
        "Administrators delete what a leaver left behind.",
    ),
    detections={
        "after_removal": Detection(
            title="Somebody took a user's MFA device away and destroyed it",
            level="medium",
            when=f"{_OTHERS} AND device_removed_by_actor",
            techniques=("T1556.006",),
            fixes=(enrol_virtual_device, *STOP_CALLER, require_mfa),
            fires=(
                (_enable(ALICE), _take(BOB), _delete(BOB)),
                (_take(HELP_DESK), _delete(HELP_DESK)),
            ),
            quiet=(
                (_enable(ALICE), _take(ALICE), _delete(BOB)),
                (_take(BOB), _delete(HELP_DESK)),
                (_take(BOB), _delete(BOB, error="DeleteConflictException")),
                (_take(root()), _delete(root())),
            ),
        ),
        "by_someone_else": Detection(
            title="Somebody else destroyed an MFA device that had been a user's",
            level="medium",
            when=f"{_OTHERS} AND NOT device_removed_by_actor AND known_relation = 'other'",
            techniques=("T1556.006",),
            fixes=(enrol_virtual_device, *STOP_CALLER),
            fires=(
                (_enable(ALICE), _take(ALICE), _delete(BOB)),
                (_enable(ALICE), _take(ALICE), _delete(HELP_DESK)),
            ),
            quiet=(
                (_take(BOB), _delete(BOB)),
                (_enable(ALICE), _take(ALICE), _delete(ALICE)),
                (_make(ALICE), _delete(BOB)),
                (_delete(BOB),),
            ),
        ),
        "by_the_owner": Detection(
            title="A user deleted an MFA device of their own",
            level="low",
            when=f"{_USED} AND known_relation = 'self'",
            fires=(
                (_enable(ALICE), _take(ALICE), _delete(ALICE)),
                (_take(BOB), _delete(ALICE)),
                _ROOTS_OWN,
            ),
            quiet=(
                (_take(ALICE), _delete(HELP_DESK)),
                (_make(ALICE), _delete(ALICE)),
                (_delete(ALICE),),
            ),
        ),
        "never_assigned": Detection(
            title="A virtual MFA device was deleted that had never protected anybody",
            level="low",
            when="never_assigned",
            fires=(
                (_make(ALICE), _delete(ALICE)),
                (_make(ALICE), _delete(BOB)),
                (_make(root()), _delete(root())),
            ),
            quiet=(
                (_delete(ALICE),),
                (_make(ALICE), _enable(ALICE), _take(ALICE), _delete(ALICE)),
                (_make(ALICE), _delete(ALICE, error="DeleteConflictException")),
            ),
        ),
        "clean_up": Detection(
            title="A user's former MFA device was deleted by the principal that had made it",
            level="low",
            when=f"{_USED} AND known_relation <> 'self' AND made_by_actor",
            fires=((_make(BOB), _enable(ALICE), _take(ALICE), _delete(BOB)),),
            quiet=(
                (_make(ALICE), _enable(ALICE), _take(BOB), _delete(BOB)),
                (_make(BOB), _delete(BOB)),
            ),
        ),
        "by_root": Detection(
            title="Root destroyed somebody's MFA device",
            level="high",
            when=f"{_USED} AND known_relation <> 'self' AND NOT COALESCE(made_by_actor, FALSE) "
            "AND actor_type = 'Root'",
            techniques=("T1556.006",),
            fixes=(enrol_virtual_device,),
            fires=((_enable(ALICE), _take(ALICE), _delete(root())), (_delete(root()),)),
            quiet=(_ROOTS_OWN, (_make(root()), _delete(root())), (_delete(role("root")),)),
        ),
        "whose_unknown": Detection(
            title="A virtual MFA device was destroyed; the log does not tell whose it had been",
            level="medium",
            when=f"{_OTHERS} AND NOT device_removed_by_actor AND known_relation <> 'other'",
            techniques=("T1556.006",),
            fixes=(enrol_virtual_device, *STOP_CALLER),
            fires=((_delete(BOB),), (_delete(ALICE),), (_delete(role("alice", session="phone")),)),
            quiet=(
                (_take(BOB), _delete(BOB)),
                (_make(BOB), _delete(BOB)),
                (_delete(root()),),
            ),
        ),
        "denied": Detection(
            title="A try to delete a virtual MFA device was refused",
            level="medium",
            when="TRUE",
            outcome="denied",
            fixes=STOP_CALLER,
            fires=(
                (denied("DeleteVirtualMFADevice", by=BOB, resource=_PHONE),),
                (denied("DeleteVirtualMFADevice", by=HELP_DESK, resource=_PHONE),),
            ),
            quiet=((_delete(BOB),), (_delete(BOB, error="NoSuchEntityException"),)),
        ),
        "still_assigned": Detection(
            title="Somebody tried to destroy an MFA device that is in use",
            level="medium",
            when="error_code LIKE 'DeleteConflict%' AND known_relation <> 'self'",
            outcome="failed",
            techniques=("T1556.006",),
            fixes=STOP_CALLER,
            fires=(
                (_enable(ALICE), _delete(BOB, error="DeleteConflictException")),
                (_delete(BOB, error="DeleteConflictException"),),
            ),
            quiet=(
                (_enable(ALICE), _delete(ALICE, error="DeleteConflictException")),
                (_delete(BOB, error="NoSuchEntityException"),),
            ),
        ),
        "failed": Detection(
            title="No virtual MFA device was deleted",
            level="low",
            when="NOT COALESCE(error_code, '') LIKE 'DeleteConflict%' OR known_relation = 'self'",
            outcome="failed",
            fires=(
                (_delete(BOB, error="NoSuchEntityException"),),
                (_enable(ALICE), _delete(ALICE, error="DeleteConflictException")),
            ),
            quiet=((_delete(BOB, error="DeleteConflictException"),), (_delete(BOB),)),
        ),
    },
    console=(
        Console(
            "Enrol the owner again",
            (
                "Ask the owner to sign in, open the menu under their name and choose Security "
                "credentials.",
                "Under Multi-factor authentication (MFA) choose Assign MFA device.",
                "Choose a passkey, a security key or an authenticator app, and follow the wizard.",
            ),
            "AWS IAM User Guide (archive of June 2023), Enabling a virtual MFA device (console); "
            "labels not checked on a live console",
            "2026-11-22",
        ),
    ),
    not_fixable=(
        Claim(
            "The seed cannot be restored: it comes with the answer to CreateVirtualMFADevice, and "
            "a new device gets a new one (mfa_devices.enrol_virtual_device).",
            "botocore iam CreateVirtualMFADevice",
        ),
        Claim(
            "No fix enrols security keys or hardware tokens, nor any device of root: these take "
            "the thing in hand, and root's own sign-in.",
            "AWS IAM User Guide, Assign MFA devices in the AWS CLI or AWS API, read 2026-11-22",
        ),
        least_privilege("iam:DeactivateMFADevice", "leave it to few: it must come first"),
    ),
    hardening=VIRTUAL_DEVICE_DELETED,
)
