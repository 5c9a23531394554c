"""CreateVirtualMFADevice makes a seed for codes; it protects nobody until it is enabled."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import ACCOUNT, Principal, call, denied, role, root, user
from trailmend.remediations.mfa_devices import remove_unassigned_device

_MODEL = "botocore iam CreateVirtualMFADevice"
_SAMPLE = "sample: splunk CreateVirtualMFADevice"
_TROUBLE = (
    "AWS IAM User Guide (archive of June 2023), I am not authorized to perform: "
    "iam:DeleteVirtualMFADevice, read 2026-11-22"
)

ALICE, BOB = user("alice"), user("bob")
DEPLOY = role("deploy", session="alice")
_PHONE = f"arn:aws:iam::{ACCOUNT}:mfa/phone"


def _make(by: Principal, **more: Any) -> dict[str, Any]:
    request = {"path": "/", "virtualMFADeviceName": "phone"}
    response = None if "error" in more else {"virtualMFADevice": {"serialNumber": _PHONE}}
    return call("CreateVirtualMFADevice", by=by, request=request, response=response, **more)


_DENIED = denied("CreateVirtualMFADevice", by=ALICE, resource=_PHONE)
_TAKEN = _make(ALICE, error="EntityAlreadyExistsException")

RUNBOOK = Runbook(
    events=("iam.amazonaws.com:CreateVirtualMFADevice",),
    family="MFA devices",
    first=(
        "Nothing is urgent: see whether EnableMFADevice with the same serial followed, and for "
        "whom."
    ),
    information=(
        Claim(
            "The call makes the entry of a virtual MFA device in the account and a seed for its "
            "codes; EnableMFADevice then binds it to a user.",
            _MODEL,
        ),
        Claim(
            "The request names the device, not the user it is meant for; the name is free and must "
            "be unique on its path.",
            _MODEL,
        ),
        Claim(
            "The answer to the caller holds the seed as text and as QR code; the record shows only "
            "the serial number.",
            "botocore iam VirtualMFADevice; sample: splunk CreateVirtualMFADevice",
        ),
        Claim(
            "The console makes a device as soon as an enrolment is begun, and leaves it there when "
            "the enrolment is cancelled.",
            _TROUBLE,
        ),
        Claim(
            "Security keys, passkeys and hardware tokens need no such call.",
            "AWS IAM User Guide, Assign MFA devices in the AWS CLI or AWS API, read 2026-11-22",
        ),
    ),
    impact=(
        Claim("Nobody's sign-in changes: an unassigned device is asked for by no one.", _MODEL),
        Claim(
            "Who has seen the seed can make the device's codes for as long as the device exists.",
            _MODEL,
        ),
        Claim(
            "A leftover keeps its name: the next enrolment under that name fails until it is "
            "deleted.",
            _TROUBLE,
        ),
        Claim(
            "An account may hold as many virtual devices, assigned or not, as it may hold users.",
            "AWS IAM User Guide (archive of June 2023), IAM and AWS STS quotas, read 2026-11-22",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A user, or root, begins to enrol an authenticator app.",
            supports=(
                Fact(
                    "The caller can have an MFA device: an IAM user or root.",
                    "actor_type IN ('IAMUser', 'Root')",
                ),
                Fact("The call was made in the console.", "console"),
                Fact("EnableMFADevice with this serial and the caller as user followed."),
            ),
            against=(
                Fact("A role made it, which cannot use it.", "actor_type = 'AssumedRole'"),
                Fact("EnableMFADevice followed for another user."),
            ),
        ),
        Explanation(
            "unauthorised",
            "A thief prepares a device of their own, to bind it to a user they have taken over.",
            supports=(
                Fact("A user's key, not a session, made the call.", "access_key_id LIKE 'AKIA%'"),
                Fact("The user for whom it was enabled knows nothing of it."),
            ),
            against=(Fact("The user shows the app with this device."),),
        ),
        Explanation(
            "insider",
            "An administrator makes the device, keeps the seed and lets the user enrol with it.",
            supports=(
                Fact("A role or another user than the later owner made it."),
                Fact("A role made it, which cannot use it.", "actor_type = 'AssumedRole'"),
            ),
            against=(Fact("The user made it alone, in a session of their own."),),
        ),
        Explanation(
            "accident",
            "An enrolment begun and given up; the device stays behind unassigned.",
            supports=(Fact("No EnableMFADevice with this serial followed within the hour."),),
            against=(Fact("EnableMFADevice with this serial followed."),),
        ),
        Explanation(
            "automation",
            "Infrastructure as code or an onboarding tool makes devices for users.",
            supports=(
                Fact(
                    "The agent says Terraform; the caller chooses that text.",
                    "LOWER(user_agent) LIKE '%terraform%'",
                ),
            ),
            against=(Fact("No tool of the account keeps the seeds of devices."),),
        ),
    ),
    control_gaps=(
        Claim(
            "A tool that makes devices for people stores seeds: AWS says to guard a seed like an "
            "access key or a password and to destroy it after provisioning.",
            _MODEL,
        ),
        Claim(
            "AWS's example policy lets users make devices of any name, and bind them only to "
            "themselves: the limit that matters is on EnableMFADevice.",
            "AWS IAM User Guide (archive of June 2023), AWS: Allows MFA-authenticated IAM users to "
            "manage their own MFA device, read 2026-11-22",
        ),
    ),
    corrections=(
        Correction(
            "CreateVirtualMFADevice means that somebody got MFA.",
            Claim("It makes a device for nobody; EnableMFADevice gives it to a user.", _MODEL),
        ),
        Correction(
            "The name in the serial says whose device it is.",
            Claim("The caller chooses the name; the record has no user but the caller.", _SAMPLE),
        ),
    ),
    questions=(
        "Was it enabled, and for whom?  Look for EnableMFADevice with the same serialNumber.",
        "Is it left over?  `aws iam list-virtual-mfa-devices --assignment-status Unassigned`.",
        "To the caller: who has seen the QR code or the secret key, and where is it kept?",
    ),
    false_positives=(
        "Every enrolment of an authenticator app makes one, cancelled ones too.",
        "Root enrols a device: the serial may be mfa/root-account-mfa-device or a chosen name.",
    ),
    detections={
        "begun": Detection(
            title="A user or root began to enrol a virtual MFA device",
            level="low",
            when="actor_type IN ('IAMUser', 'Root')",
            fixes=(remove_unassigned_device,),
            fires=((_make(ALICE),), (_make(root()),), (_make(user("alice", mfa=False)),)),
            quiet=((_make(DEPLOY),), (_TAKEN,), (_DENIED,)),
        ),
        "for_somebody": Detection(
            title="A virtual MFA device was made by a principal that cannot have one itself",
            level="low",
            when="actor_type NOT IN ('IAMUser', 'Root')",
            fixes=(remove_unassigned_device,),
            fires=((_make(DEPLOY),), (_make(BOB, userIdentity={"accountId": ACCOUNT}),)),
            quiet=((_make(ALICE),), (_make(root()),), (_make(DEPLOY, error="LimitExceeded"),)),
        ),
        "denied": Detection(
            title="A try to make a virtual MFA device was refused",
            level="low",
            when="TRUE",
            outcome="denied",
            fires=((_DENIED,), (denied("CreateVirtualMFADevice", by=DEPLOY, resource=_PHONE),)),
            quiet=((_make(ALICE),), (_TAKEN,)),
        ),
        "name_taken": Detection(
            title="A virtual MFA device of that name is there already",
            level="low",
            when="error_code LIKE 'EntityAlreadyExists%'",
            outcome="failed",
            fires=((_TAKEN,), (_make(ALICE, error="EntityAlreadyExists"),)),
            quiet=((_make(ALICE),), (_make(ALICE, error="LimitExceededException"),)),
        ),
        "failed": Detection(
            title="No virtual MFA device was made",
            level="low",
            when="NOT COALESCE(error_code, '') LIKE 'EntityAlreadyExists%'",
            outcome="failed",
            fires=((_make(ALICE, error="LimitExceededException"),),),
            quiet=((_TAKEN,), (_DENIED,)),
        ),
    },
    not_fixable=(
        Claim(
            "There is nothing to put back.  A leftover that is deleted stays deleted: its seed is "
            "lost, and who was about to enrol it begins anew.",
            "botocore iam DeleteVirtualMFADevice",
        ),
        Claim(
            "A seed that somebody else saw stays known to them: make a new device, enable it, then "
            "deactivate and delete this one.",
            _MODEL,
        ),
    ),
)
