"""Password, MFA or sign-in of a person of Identity Center's directory is set by somebody else."""

from typing import Any

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, denied, directory_id, identity_center_user, user
from trailmend.evidence.center import PIPELINE, on_directory
from trailmend.measures import STOP_CALLER
from trailmend.tries import tries

_EVENTS = (
    "AWS IAM Identity Center User Guide (archive of June 2023), IAM Identity Center information in "
    "CloudTrail, read 2026-11-28"
)
_ENFORCE = (
    "AWS IAM Identity Center User Guide (archive of June 2023), Configure MFA device enforcement, "
    "read 2026-11-28"
)
_SESSIONS = (
    "AWS IAM Identity Center User Guide, Understanding authentication sessions in IAM Identity "
    "Center, read 2026-11-28"
)
_RESET = (
    "AWS IAM Identity Center User Guide (archive of June 2023), Reset a user password, read "
    "2026-11-28"
)
BOB = user("bob")


def _on(event_name: str, *, by: Principal = BOB, **more: Any) -> Any:
    """Make a call of the console on a person; its whole request is shown nowhere."""
    sent = {"userId": directory_id("alice")}
    return on_directory(event_name, source="sso-directory", by=by, **sent, **more)


PASSWORD, ENABLED, OFF = _on("UpdatePassword"), _on("EnableUser"), _on("DisableUser")
DEVICE_GONE, RULES = _on("DeleteMfaDeviceForUser"), _on("PutMfaDeviceManagementForDirectory")
BY_HERSELF = _on("UpdatePassword", by=identity_center_user("alice"))
REGISTERED = _on("CompleteVirtualMfaDeviceRegistration")
_IN_THE_PORTAL = _on("CompleteWebAuthnDeviceRegistration", by=identity_center_user("alice"))
_MISSING = _on("UpdatePassword", error="ResourceNotFoundException")
_DENIED = denied("DeleteMfaDeviceForUser", by=PIPELINE, source="sso-directory")
# The person's own call comes from the portal, by no principal of the account.
_OWN = "COALESCE(actor_type, 'Unknown') IN ('IdentityCenterUser', 'Unknown')"
_RULES = "event_name = 'PutMfaDeviceManagementForDirectory'"
_OFF = "event_name = 'DisableUser'"

RUNBOOK = Runbook(
    events=(
        "sso-directory.amazonaws.com:UpdatePassword",
        "sso-directory.amazonaws.com:EnableUser",
        "sso-directory.amazonaws.com:DisableUser",
        "sso-directory.amazonaws.com:DeleteMfaDeviceForUser",
        "sso-directory.amazonaws.com:CompleteVirtualMfaDeviceRegistration",
        "sso-directory.amazonaws.com:CompleteWebAuthnDeviceRegistration",
        "sso-directory.amazonaws.com:PutMfaDeviceManagementForDirectory",
        "sso.amazonaws.com:PutMfaDeviceManagementForDirectory",
    ),
    family="Identity Center",
    first=(
        "Call the person back: did they ask for it? If not, deny their id by a service control "
        "policy, for sessions that were given go on for up to 12 hours; then disable them."
    ),
    information=(
        Claim(
            "These are calls of the console and of the portal; no public API has them.",
            f"{_EVENTS}; botocore identitystore (no such operation)",
        ),
        Claim(
            "A device is registered in two calls, Start and Complete, each for codes (virtual) and "
            "for keys (WebAuthn): the second is told here, the first changes nothing.",
            f"{_EVENTS}",
        ),
        Claim(
            "An administrator may send a person a mail to choose a password by, or make a "
            "one-time password and tell it to anybody. The mail goes to the address in the "
            "directory: who changed that before gets it.",
            _RESET,
        ),
        Claim(
            "A person who has no device left may be let in without one, or be asked to register "
            "one at the next sign-in: whoever signs in first registers theirs.",
            _ENFORCE,
        ),
    ),
    impact=(
        Claim(
            "Who knows the new password, and whose device is asked for, has all accounts and sets "
            "that the person is assigned.",
            _SESSIONS,
        ),
        Claim(
            "The rules of MFA hold for the whole directory: looser, a password alone opens every "
            "account.",
            _ENFORCE,
        ),
        Claim(
            "A disabled person cannot sign in from that second on; their sessions in accounts last "
            "until they expire, up to 12 hours.",
            _SESSIONS,
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A person lost the phone or forgot the password, and called the help desk.",
            (
                Fact("The person did it in the portal.", _OWN),
                Fact("A ticket names the person, whom somebody called back."),
            ),
            (Fact("The rules for everybody were changed.", _RULES),),
        ),
        Explanation(
            "unauthorised",
            "A caller talked the help desk into it, or an intruder resets an administrator.",
            (
                Fact("UserAuthentication of the person from a new address followed."),
                Fact("Password and device were set within minutes."),
            ),
            (Fact("The person says that they asked for it."),),
        ),
        Explanation(
            "insider",
            "An administrator of the directory becomes somebody who has more accounts.",
            (Fact("The caller told the one-time password to nobody."),),
            (Fact("The person did it in the portal.", _OWN),),
        ),
        Explanation(
            "accident",
            "A namesake was picked from the list.",
            (Fact("The person calls: they cannot sign in."),),
            (Fact("The person did it in the portal.", _OWN),),
        ),
        Explanation(
            "automation",
            "Off-boarding disables people by the dozen.",
            (
                Fact("The person was disabled.", _OFF),
                Fact(
                    "The caller made {same_action_10m} such calls within ten minutes.",
                    "same_action_10m >= 3",
                ),
            ),
            (Fact("A password was set.", "event_name = 'UpdatePassword'"),),
        ),
    ),
    control_gaps=(
        Claim(
            "Who keeps the directory may reset administrators too, without a second person.",
            _EVENTS,
        ),
    ),
    corrections=(
        Correction(
            "UpdateLoginProfile tells of every new console password.",
            Claim("People of the directory have none in IAM: it is UpdatePassword here.", _EVENTS),
        ),
        Correction(
            "Where an external provider is connected, the same is found here.",
            Claim(
                "The provider keeps passwords and factors: its own log tells.",
                "AWS IAM Identity Center User Guide, Understanding IAM Identity Center sign-in "
                "events, read 2026-11-28",
            ),
        ),
    ),
    questions=(
        "Did the person ask for it, in a call back to a number that you knew before?",
        "Who signed in as the person since, from where, and into which accounts?",
    ),
    false_positives=("The help desk's daily work.", "Off-boarding."),
    console=(
        Console(
            "Stop a person of the directory",
            (
                "Deny all actions where identitystore:UserId is the person's id, by a service "
                "control policy, for at least 12 hours: only that stops sessions already given. "
                "The management account is bound by none.",
                "Take the person out of their groups, and remove their assignments.",
                "Open IAM Identity Center, Users, the person; on Active sessions select all, and "
                "end or delete them.",
                "Last choose Disable user access: from then on the console shows no memberships of "
                "the person, and resets no password.",
                "When the person is reached: enable them, look at their MFA devices, and reset the "
                "password.",
            ),
            "AWS IAM Identity Center User Guide, Revoke active IAM role sessions created by "
            "permission sets, View and end active sessions for your workforce users, Disable user "
            "access, read 2026-11-28; labels not checked on a live console",
            "2026-11-28",
        ),
    ),
    not_fixable=(
        Claim(
            "No public API sets a person's password or devices: it takes the console.",
            "botocore identitystore, sso-admin (no such operation)",
        ),
    ),
    detections={
        "rules": Detection(
            title="When Identity Center asks its people for MFA was changed",
            level="high",
            when=_RULES,
            techniques=("T1556.006",),
            fixes=STOP_CALLER,
            fires=((RULES,),),
            quiet=((DEVICE_GONE,), (PASSWORD,)),
        ),
        "by_another": Detection(
            title="A person's password, MFA device or right to sign in was set by somebody else",
            level="medium",
            when=f"NOT {_OWN} AND NOT {_RULES} AND NOT {_OFF}",
            techniques=("T1098", "T1556.006"),
            fixes=STOP_CALLER,
            fires=((PASSWORD,), (DEVICE_GONE,), (ENABLED,), (REGISTERED,)),
            quiet=((BY_HERSELF,), (_IN_THE_PORTAL,), (OFF,), (_MISSING,)),
        ),
        "by_the_person": Detection(
            title="A person of Identity Center set a password, or changed a device, in the portal",
            level="info",
            when=f"{_OWN} AND NOT {_RULES} AND NOT {_OFF}",
            fires=((BY_HERSELF,), (_IN_THE_PORTAL,)),
            quiet=((PASSWORD,), (REGISTERED,), (OFF,)),
        ),
        "disabled": Detection(
            title="A person of Identity Center was disabled",
            level="low",
            when=_OFF,
            techniques=("T1531",),
            fires=((OFF,),),
            quiet=((ENABLED,), (_DENIED,)),
        ),
        **tries(
            "set password, MFA or sign-in of a person of the directory",
            denied=_DENIED,
            failed=_MISSING,
            done=PASSWORD,
            level="medium",
            techniques=("T1098",),
        ),
    },
)
