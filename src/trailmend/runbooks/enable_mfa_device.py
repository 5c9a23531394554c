"""EnableMFADevice binds a second factor to a user: hygiene, or the intruder's own device."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import ACCOUNT, Principal, call, denied, role, root, user
from trailmend.measures import MFA_DEVICE_ENABLED, ROTATION, STOP_CALLER, least_privilege
from trailmend.remediations.login_profiles import set_new_password
from trailmend.remediations.mfa_devices import (
    deactivate_device,
    enrol_virtual_device,
    replace_device,
)
from trailmend.remediations.principals import revoke_user_sessions

_MODEL = "botocore iam EnableMFADevice"
_MFA = "AWS IAM User Guide, AWS Multi-factor authentication in IAM, read 2026-11-22"
_LOST = "AWS IAM User Guide, Recover an MFA protected identity in IAM, read 2026-11-22"
_CLI = "AWS IAM User Guide, Assign MFA devices in the AWS CLI or AWS API, read 2026-11-22"
_GUIDE = "AWS IAM User Guide (archive of June 2023)"
_EXAMPLE = (
    f"{_GUIDE}, AWS: Allows MFA-authenticated IAM users to manage their own MFA device, "
    "read 2026-11-22"
)
_PROTECTED = f"{_GUIDE}, Configuring MFA-protected API access, read 2026-11-22"
_RECORD = (
    "AWS CloudTrail User Guide (archive of June 2023), Root user, MFA changed, read 2026-11-22"
)
_FIDO = f"{_GUIDE}, Enabling a FIDO security key (console), read 2026-11-22"

ALICE, BOB = user("alice"), user("bob")
HELP_DESK = role("help-desk", session="alice")
OTHER_ALICE = Principal({**ALICE.identity, "accountId": "444455556666"})
_PHONE, _KEY = f"arn:aws:iam::{ACCOUNT}:mfa/phone", f"arn:aws:iam::{ACCOUNT}:u2f/user/alice/key"
_YESTERDAY: dict[str, Any] = {"eventTime": "2026-03-01T08:59:59Z"}


def _enable(by: Principal, *, owner: str = "alice", **more: Any) -> dict[str, Any]:
    request = {"userName": owner, "serialNumber": _PHONE}
    return call("EnableMFADevice", by=by, request=request, **more)


def _user_made(by: Principal) -> dict[str, Any]:
    return call("CreateUser", by=by, request={"userName": "alice"}, at="08:00:00")


def _reset(by: Principal, **more: Any) -> dict[str, Any]:
    request = {"userName": "alice"}
    return call("UpdateLoginProfile", by=by, request=request, **{"at": "08:30:00", **more})


def _take(by: Principal, **more: Any) -> dict[str, Any]:
    request = {"userName": "alice", "serialNumber": _KEY}
    return call("DeactivateMFADevice", by=by, request=request, **{"at": "08:40:00", **more})


_ALICES_KEY = {"userName": "alice", "serialNumber": _KEY}
_HAS_KEY = call("EnableMFADevice", by=ALICE, request=_ALICES_KEY, at="08:10:00")
_CHANGED = call("ChangePassword", by=ALICE, at="08:50:00")
_FIRST_PASSWORD = call("CreateLoginProfile", by=BOB, request={"userName": "alice"}, at="08:20:00")
_ROOTS = _enable(root(mfa=False), owner="AWS ROOT USER")
_RESET = Fact(
    "Somebody else set the user's password within the day before, and the user kept it.",
    "password_set_by_other",
)
_NOBODY: dict[str, Any] = {"userIdentity": {"accountId": ACCOUNT}}

_OWN = "known_relation = 'self' AND NOT password_set_by_other"
_INTRUDER = "(device_removed_by_actor OR password_set_by_actor)"

RUNBOOK = Runbook(
    events=("iam.amazonaws.com:EnableMFADevice",),
    family="MFA devices",
    first=(
        "Ask the user, face to face or by phone, whether the device is theirs.  If not, stop the "
        "caller, set a new password, then take the device off: the password alone opens the "
        "console without it."
    ),
    information=(
        Claim(
            "The call enables an MFA device and binds it to an IAM user; the console does the same "
            "for root.",
            f"{_MODEL}; {_RECORD}",
        ),
        Claim(
            "User, serial and two codes in a row must be given: whoever calls has the device, or "
            "its seed, or somebody who reads the codes out.",
            _MODEL,
        ),
        Claim("Whoever has permission on the user may call it, not the user alone.", _MODEL),
        Claim("The record shows user (AWS ROOT USER for root) and serial, not the codes.", _RECORD),
        Claim("A virtual device needs CreateVirtualMFADevice first; a hardware token none.", _CLI),
        Claim(
            "Security keys and passkeys cannot be enrolled by API or CLI: the call takes six-digit "
            "codes, which they do not make.  The console registers them.",
            f"{_MODEL}; {_FIDO}",
        ),
        Claim(
            "The serial of a security key is an ARN that contains u2f/user/.  No published record "
            "of a passkey's registration was found.",
            "AWS IAM User Guide (archive of June 2023), IAM identifiers, read 2026-11-28",
        ),
    ),
    impact=(
        Claim("Every later sign-in of the user asks for a device besides the password.", _MODEL),
        Claim(
            "Any one of up to eight devices is enough, so an extra one is a key of its own: it "
            "stays when the password is reset.",
            f"{_MFA}; botocore iam UpdateLoginProfile",
        ),
        Claim(
            "Access keys go on without MFA unless a policy asks for aws:MultiFactorAuthPresent.",
            _PROTECTED,
        ),
        Claim("An IAM user who loses the only device waits for an administrator.", _LOST),
        Claim("Codes sent too late leave the device out of step, until ResyncMFADevice.", _MODEL),
    ),
    explanations=(
        Explanation(
            "intended",
            "The user protects their sign-in, adds a spare, or replaces a lost phone.",
            supports=(
                Fact("The user enabled it for themselves.", "known_relation = 'self'"),
                Fact("The user had no device before.", "devices_before = 0"),
                Fact("The user shows the device."),
            ),
            against=(Fact("Somebody else enabled it.", "known_relation = 'other'"), _RESET),
        ),
        Explanation(
            "unauthorised",
            "An intruder binds a device of their own, to come back and to keep the owner out.",
            supports=(
                Fact("The same principal had taken a device away.", "device_removed_by_actor"),
                Fact("The same principal had set the password.", "password_set_by_actor"),
                _RESET,
                Fact("The session had no MFA, the user had.", "mfa = 'no' AND devices_before > 0"),
                Fact("The user does not know the device."),
            ),
            against=(
                Fact("The user had no device before.", "devices_before = 0"),
                Fact("The user was called back and confirms it."),
            ),
        ),
        Explanation(
            "insider",
            "An administrator keeps a second set of codes for a colleague's user.",
            supports=(Fact("The caller had made the device and seen its seed.", "made_by_actor"),),
            against=(Fact("The user was present and scanned the code themselves."),),
        ),
        Explanation(
            "accident",
            "The device was bound to the wrong user.",
            supports=(Fact("It was deactivated within minutes and enabled for another user."),),
            against=(Fact("The user enabled it for themselves.", "known_relation = 'self'"),),
        ),
        Explanation(
            "automation",
            "An enrolment tool that holds the seeds: rare, because it must make the codes.",
            supports=(Fact("The tool's owner names it, and where the seeds are kept."),),
            against=(Fact("The user scanned the code with a phone of their own."),),
        ),
    ),
    control_gaps=(
        Claim(
            "Nothing makes users enrol: without a policy that denies sessions without MFA, a user "
            "with a password alone works on.",
            _EXAMPLE,
        ),
        Claim(
            "AWS's example policy grants this call only on arn:aws:iam::*:user/${aws:username}; a "
            "grant on all users lets one bind devices to others.",
            _EXAMPLE,
        ),
        Claim(
            "Devices are kept user by user, up to eight each; AWS recommends that people sign in "
            "through IAM Identity Center, where access is managed in one place.",
            _MFA,
        ),
    ),
    corrections=(
        Correction(
            "The event says that a user has set up MFA for themselves.",
            Claim("It says that somebody bound a device to a user: compare the two.", _MODEL),
        ),
        Correction(
            "Enabling MFA protects the user's resources against whoever has the credentials.",
            Claim(
                "It protects sign-in.  Calls signed with an access key carry no MFA unless a "
                "policy demands it.",
                _PROTECTED,
            ),
        ),
        Correction(
            "iam.enable_mfa(UserName=...) enables MFA for every user who has none.",
            Claim(
                "IAM has no such operation, and nobody can enable MFA for a user without a device: "
                "the two codes are required.",
                _MODEL,
            ),
        ),
    ),
    questions=(
        "To the user, not by a message to the account in question: is this device yours?  Read "
        "the serial number out.",
        "Which devices has the user, and since when?  `aws iam list-mfa-devices --user-name NAME`.",
        "To the caller, if another: were you with the user, and who has seen the QR code?",
        "Did DeactivateMFADevice, UpdateLoginProfile or CreateLoginProfile for the same user come "
        "in the day before, and by whom?",
    ),
    false_positives=(
        "An administrator enrols a colleague in person: the user should enrol a device alone soon.",
        "The help desk reset the password and the user enrols before changing it.",
        "A new user enrols two devices in the first session: the second is an extra one.",
        "Root's first device in a new account: good, and still worth a question to its owner.",
    ),
    detections={
        "intruders_device": Detection(
            title="Somebody weakened a user's sign-in and then bound an MFA device to the user",
            level="high",
            when=f"known_relation <> 'self' AND actor_type <> 'Root' AND {_INTRUDER}",
            techniques=("T1556.006", "T1098"),
            fixes=(
                deactivate_device,
                enrol_virtual_device,
                replace_device,
                set_new_password,
                *STOP_CALLER,
            ),
            fires=(
                (_take(BOB), _enable(BOB)),
                (_reset(BOB), _enable(BOB)),
                (_FIRST_PASSWORD, _enable(BOB)),
                (_user_made(BOB), _HAS_KEY, _reset(BOB), _enable(BOB)),
                (_user_made(BOB), _HAS_KEY, _take(BOB), _enable(BOB)),
                (_reset(role("ops", session="a")), _enable(role("ops", session="b"))),
            ),
            quiet=(
                (_enable(BOB),),
                (_reset(HELP_DESK), _enable(BOB)),
                (_reset(BOB, **_YESTERDAY), _enable(BOB)),
                (_take(BOB, error="NoSuchEntityException"), _enable(BOB)),
                (_take(ALICE), _enable(BOB)),
                (_user_made(BOB), _FIRST_PASSWORD, _enable(BOB)),
                (_reset(BOB), _enable(ALICE)),
                (_reset(BOB), _enable(BOB, error="InvalidAuthenticationCodeException")),
            ),
        ),
        "by_root": Detection(
            title="Root bound an MFA device to a user",
            level="high",
            when="known_relation <> 'self' AND actor_type = 'Root'",
            techniques=("T1556.006", "T1098"),
            fixes=(deactivate_device, enrol_virtual_device, replace_device),
            fires=((_enable(root()),), (_reset(root()), _enable(root()))),
            quiet=((_ROOTS,), (_enable(role("root")),), (_enable(BOB),)),
        ),
        "by_someone_else": Detection(
            title="Somebody else bound an MFA device to a user",
            level="medium",
            when=f"known_relation = 'other' AND actor_type <> 'Root' AND NOT {_INTRUDER}",
            techniques=("T1556.006",),
            fixes=(deactivate_device, enrol_virtual_device, replace_device, *STOP_CALLER),
            fires=(
                (_enable(BOB),),
                (_enable(HELP_DESK),),
                (_enable(OTHER_ALICE),),
                (_user_made(BOB), _FIRST_PASSWORD, _enable(BOB)),
                (_reset(BOB, **_YESTERDAY), _enable(BOB)),
            ),
            quiet=(
                (_enable(ALICE),),
                (_take(BOB), _enable(BOB)),
                (_enable(root()),),
                (_enable(BOB, error="EntityAlreadyExistsException"),),
            ),
        ),
        "own_after_reset": Detection(
            title="A user enabled an MFA device with a password that somebody else had set",
            level="medium",
            when="known_relation = 'self' AND password_set_by_other",
            techniques=("T1556.006",),
            fixes=(deactivate_device, set_new_password, enrol_virtual_device, revoke_user_sessions),
            fires=(
                (_reset(BOB), _enable(ALICE)),
                (_HAS_KEY, _reset(HELP_DESK), _take(BOB), _enable(ALICE)),
                (_user_made(HELP_DESK), _FIRST_PASSWORD, _enable(ALICE)),
            ),
            quiet=(
                (_reset(BOB), _CHANGED, _enable(ALICE)),
                (_reset(ALICE), _enable(ALICE)),
                (_reset(BOB, **_YESTERDAY), _enable(ALICE)),
                (_reset(BOB, error="PasswordPolicyViolationException"), _enable(ALICE)),
            ),
        ),
        "own_first": Detection(
            title="A user who had no MFA device enabled one",
            level="info",
            when=f"{_OWN} AND devices_before = 0",
            fires=(
                (_user_made(BOB), _enable(ALICE)),
                (_user_made(BOB), _FIRST_PASSWORD, _enable(ALICE)),
                (_user_made(HELP_DESK), _FIRST_PASSWORD, _CHANGED, _enable(ALICE)),
                (_user_made(BOB), _HAS_KEY, _take(ALICE), _enable(ALICE)),
            ),
            quiet=(
                (_enable(ALICE),),
                (_HAS_KEY, _enable(ALICE)),
                (_user_made(BOB), _enable(HELP_DESK)),
                (_user_made(BOB), _enable(ALICE, error="InvalidAuthenticationCodeException")),
            ),
        ),
        "own_extra": Detection(
            title="A user enabled one more MFA device of their own",
            level="low",
            when=f"{_OWN} AND actor_type <> 'Root' AND devices_before <> 0",
            fires=((_HAS_KEY, _enable(ALICE)), (_user_made(BOB), _HAS_KEY, _enable(ALICE))),
            quiet=((_enable(ALICE),), (_HAS_KEY, _enable(BOB)), (_HAS_KEY, _ROOTS)),
        ),
        "own_uncounted": Detection(
            title="A user enabled an MFA device; the log does not tell whether they had one",
            level="low",
            when=f"{_OWN} AND actor_type <> 'Root' AND devices_before IS NULL",
            fires=((_enable(ALICE),), (_take(BOB), _enable(ALICE))),
            quiet=((_user_made(BOB), _HAS_KEY, _enable(ALICE)), (_ROOTS,)),
        ),
        "roots_own": Detection(
            title="An MFA device was enabled for root",
            level="medium",
            when=f"{_OWN} AND actor_type = 'Root' AND devices_before IS DISTINCT FROM 0",
            fires=((_ROOTS,), (_enable(root(), owner="AWS ROOT USER"),)),
            quiet=((_enable(root()),), (_enable(user("root"), owner="root"),), (_enable(ALICE),)),
        ),
        "whose_unknown": Detection(
            title="An MFA device was bound to a user; the log does not tell by whom",
            level="medium",
            when="known_relation NOT IN ('self', 'other') AND actor_type <> 'Root' "
            f"AND NOT {_INTRUDER}",
            techniques=("T1556.006",),
            fixes=(deactivate_device, enrol_virtual_device, replace_device, *STOP_CALLER),
            fires=((_enable(BOB, **_NOBODY),),),
            quiet=((_enable(BOB),), (_enable(ALICE),)),
        ),
        "denied": Detection(
            title="A try to bind an MFA device to somebody was refused",
            level="medium",
            when="known_relation <> 'self'",
            outcome="denied",
            techniques=("T1556.006",),
            fixes=STOP_CALLER,
            fires=(
                (denied("EnableMFADevice", by=BOB, resource="user alice"),),
                (denied("EnableMFADevice", by=HELP_DESK, resource="user alice"),),
            ),
            quiet=((denied("EnableMFADevice", by=ALICE, resource="user alice"),),),
        ),
        "denied_own": Detection(
            title="A user was not allowed to enable an MFA device of their own",
            level="low",
            when="known_relation = 'self'",
            outcome="denied",
            fires=((denied("EnableMFADevice", by=ALICE, resource="user alice"),),),
            quiet=((denied("EnableMFADevice", by=HELP_DESK, resource="user alice"),),),
        ),
        "failed": Detection(
            title="No MFA device was enabled",
            level="low",
            when="TRUE",
            outcome="failed",
            fires=(
                (_enable(ALICE, error="InvalidAuthenticationCodeException"),),
                (_enable(BOB, error="LimitExceededException"),),
            ),
            quiet=((_enable(ALICE),), (denied("EnableMFADevice", by=BOB, resource="user alice"),)),
        ),
    },
    not_fixable=(
        Claim(
            "A device that was taken off comes back only with two fresh codes from whoever holds "
            "it.  Security keys and passkeys are registered by their user, in the console.",
            f"botocore iam DeactivateMFADevice, EnableMFADevice; {_FIDO}",
        ),
        Claim(
            "Root's devices cannot be enabled by API or CLI; root signs in and does it in the "
            "console.",
            _CLI,
        ),
        least_privilege("iam:EnableMFADevice", "allow it on user/${aws:username} alone"),
        ROTATION,
    ),
    hardening=MFA_DEVICE_ENABLED,
)
