"""Somebody signs in to the console, or tries to."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, call, role, root, sign_in, unnamed, user
from trailmend.remediations.login_profiles import set_new_password
from trailmend.remediations.mfa_policies import require_mfa
from trailmend.remediations.principals import revoke_user_sessions
from trailmend.runbooks.assume_role import week

_GUIDE = (
    "AWS CloudTrail User Guide (archive of June 2023), AWS Management Console sign-in events, "
    "read 2026-11-28"
)
_ROOT = "AWS IAM User Guide (archive of June 2023), AWS account root user, read 2026-11-28"
_NETWORKS = (
    "AWS Sign-In User Guide, Control console access with resource-based policies and resource "
    "control policies, read 2026-11-28"
)
ALICE, WRONG = user("alice"), "Failed authentication"
PHONE = "arn:aws:iam::111122223333:mfa/phone"
_DEVICE = call(
    "EnableMFADevice",
    by=ALICE,
    request={"userName": "alice", "serialNumber": PHONE},
    at="08:00:00",
)


def _wrong(by: Principal, count: int, address: str = "198.51.100.7") -> tuple[Any, ...]:
    """Fail a number of times, a minute apart."""
    return tuple(
        sign_in(by, at=f"09:{n:02}:00", failure=WRONG, sourceIPAddress=address)
        for n in range(count)
    )


_NO_MFA_HABIT = week(sign_in(ALICE))
_NIGHT: dict[str, Any] = {"at": "21:00:00", "sourceIPAddress": "203.0.113.9"}
_TRIED_AND_LOOKED = (
    sign_in(ALICE, failure=WRONG, **_NIGHT | {"at": "20:40:00"}),
    call("GetUser", by=ALICE, **_NIGHT | {"at": "20:50:00"}),
)
"""What an intruder does before they sign in makes neither their address nor their hour usual."""
_ROOT_IN = "actor_type = 'Root'"
_GUESSED = "COALESCE(sign_ins_failed_before, 0) >= 5"
_CROSSED = "COALESCE(sign_ins_failed, 0) >= 5 AND NOT COALESCE(sign_ins_failed_before, 0) >= 5"
_NO_MFA = "actor_type = 'IAMUser' AND mfa = 'no'"
_STRANGE = "COALESCE(address_minutes < 1440 AND first_from_here AND unusual_hour, FALSE)"
_HAS_DEVICE = "COALESCE(devices_before, 0) > 0"

RUNBOOK = Runbook(
    events=("signin.amazonaws.com:ConsoleLogin",),
    family="sign-in",
    first=(
        "Ask the person, not by the mail or chat that the same password may open.  If it was "
        "not they, set a new password, then end the user's sessions."
    ),
    information=(
        Claim(
            "The outcome stands in responseElements.ConsoleLogin; a failure has an errorMessage "
            "and no errorCode.",
            _GUIDE,
        ),
        Claim(
            "additionalEventData.MFAUsed says Yes or No of IAM users and root. Of federated "
            "people it always says No: their provider knows.",
            _GUIDE,
        ),
        Claim(
            "A failed sign-in with a user name that the account does not have is recorded as "
            "HIDDEN_DUE_TO_SECURITY_REASONS: somebody may have typed a password there.",
            _GUIDE,
        ),
        Claim(
            "Root's record lies in us-east-1; a user's in the region of the sign-in page that "
            "was used, which behind the global address is one of several.",
            "AWS CloudTrail User Guide, AWS Management Console sign-in events (note on regions), "
            "read 2026-11-28",
        ),
    ),
    impact=(
        Claim(
            "A console session of a user lasts up to 12 hours, and is not known to end with the "
            "password: end the user's sessions.",
            "AWS IAM User Guide (archive of June 2023), Modifying a role (console), read "
            "2026-11-28; botocore iam UpdateLoginProfile, and the same guide, Managing passwords "
            "for IAM users, read 2026-11-28: neither says that a new password ends it",
        ),
        Claim(
            "No IAM policy limits root: a member's is bound by the organization's policies, and "
            "a sign-in policy can say from where root may enter.",
            f"{_ROOT}; {_NETWORKS}",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "The person works, at home, on a journey, or at a new place.",
            (Fact("The person says so in a call back."),),
            (
                Fact(
                    "{sign_ins_failed_before} sign-ins failed within the hour before.",
                    "sign_ins_failed_before >= 3",
                ),
                Fact("Somebody else had set the password.", "password_set_by_other"),
            ),
        ),
        Explanation(
            "unauthorised",
            "A password was guessed, found in a leak, phished, or set by an intruder.",
            (
                Fact(
                    "{sign_ins_failed_before} sign-ins failed within the hour before.",
                    "sign_ins_failed_before >= 3",
                ),
                Fact("Somebody else had set the password.", "password_set_by_other"),
                Fact("The user has a device, and it was not used.", "devices_before > 0"),
            ),
            (Fact("The address is the company's own network."),),
        ),
        Explanation(
            "insider",
            "A colleague uses another's password.",
            (Fact("The person was away; another of the team works from this address."),),
            (Fact("The person alone holds the device that was used."),),
        ),
        Explanation(
            "accident",
            "A password manager or a person types an old password again and again.",
            (Fact("The password had been changed in the days before."),),
            (Fact("More than one user was tried from this address."),),
        ),
        Explanation(
            "automation",
            "A script or a monitor signs in to the console with a password.",
            (Fact("The same minute of the hour, every hour."),),
            (Fact("The address belongs to a provider of home connections."),),
        ),
    ),
    control_gaps=(
        Claim(
            "The user has no MFA device, and nothing in the account demands one.",
            "AWS IAM User Guide, AWS Multi-factor authentication in IAM, read 2026-11-22",
        ),
        Claim(
            "No sign-in policy limits from which networks the console may be entered.",
            _NETWORKS,
        ),
    ),
    corrections=(
        Correction(
            "errorCode is empty, so the sign-in succeeded.",
            Claim("Failed sign-ins have none either: read responseElements.", _GUIDE),
        ),
        Correction(
            "MFAUsed No of a federated person means that MFA is missing.",
            Claim("AWS does not know: it is the provider that asks for MFA.", _GUIDE),
        ),
        Correction(
            "Failures are counted by user name.",
            Claim(
                "Names that do not exist are hidden, and who tries one password on many users "
                "fails once on each: count by address too.",
                _GUIDE,
            ),
        ),
    ),
    questions=(
        "What did the session do? `trailmend history user/NAME`.",
        "Who else came from this address?",
        "Were password, devices or keys of the user changed in the days before?",
    ),
    false_positives=(
        "An office behind one address, where several people mistype within an hour.",
        "Break-glass tests with root, which somebody announced.",
    ),
    silence=(
        "A sign-in with MFA, or by federation, is how people come to work. Found are root, "
        "sign-ins without MFA, those after many failures, and failures."
    ),
    not_fixable=(
        Claim(
            "No policy of IAM keeps root out. A sign-in policy can say from where root may "
            "enter, a service control policy what a member's root may do.",
            f"{_ROOT}; {_NETWORKS}",
        ),
        Claim(
            "A federated person is kept out at the provider; here only the role's sessions can be "
            "ended.",
            "AWS IAM User Guide (archive of June 2023), Revoking IAM role temporary security "
            "credentials, read 2026-11-28",
        ),
    ),
    detections={
        "by_root": Detection(
            title="Root signed in to the console",
            level="high",
            when=_ROOT_IN,
            techniques=("T1078.004",),
            fires=((sign_in(root(), mfa=True),), (sign_in(root()),)),
            quiet=(
                (sign_in(root(), failure=WRONG),),
                (sign_in(user("root")),),
                (sign_in(root(), event_name="CheckMfa"),),
            ),
        ),
        "after_failures": Detection(
            title="A sign-in succeeded after five or more failures within an hour",
            level="medium",
            when=f"NOT {_ROOT_IN} AND {_GUESSED}",
            techniques=("T1110", "T1078.004"),
            fixes=(set_new_password, revoke_user_sessions),
            fires=(
                (*_wrong(ALICE, 5), sign_in(ALICE, at="09:30:00")),
                (*_wrong(unnamed(), 5), sign_in(ALICE, mfa=True, at="09:30:00")),
            ),
            quiet=(
                (*_wrong(ALICE, 4), sign_in(ALICE, at="09:30:00")),
                (*_wrong(ALICE, 5), sign_in(ALICE, at="10:30:00")),
                (*_wrong(user("bob"), 5, "192.0.2.1"), sign_in(ALICE, at="09:30:00")),
            ),
        ),
        # The console asks whoever has a device, so this should not be: the device went unseen, or
        # the log lacks its deactivation.
        "without_known_device": Detection(
            title="A user whose MFA device the log shows signed in without MFA",
            level="medium",
            when=f"NOT {_GUESSED} AND {_NO_MFA} AND {_HAS_DEVICE}",
            techniques=("T1078.004", "T1556.006"),
            fixes=(set_new_password, revoke_user_sessions, require_mfa),
            fires=((_DEVICE, sign_in(ALICE)),),
            quiet=(
                (_DEVICE, sign_in(ALICE, mfa=True)),
                (_DEVICE, sign_in(user("bob"))),
                (sign_in(ALICE),),
                (_DEVICE, sign_in(role("alice", session="alice"))),
            ),
        ),
        "strange": Detection(
            title="A sign-in without MFA from a new address at an unusual hour",
            level="medium",
            when=f"NOT {_GUESSED} AND {_NO_MFA} AND NOT {_HAS_DEVICE} AND {_STRANGE}",
            techniques=("T1078.004",),
            fixes=(set_new_password, revoke_user_sessions),
            fires=(
                (*_NO_MFA_HABIT, sign_in(ALICE, **_NIGHT)),
                (*_NO_MFA_HABIT, *_TRIED_AND_LOOKED, sign_in(ALICE, **_NIGHT)),
            ),
            quiet=(
                (*_NO_MFA_HABIT, sign_in(ALICE, sourceIPAddress="203.0.113.9")),
                (*_NO_MFA_HABIT, sign_in(ALICE, at="21:00:00")),
                (*_NO_MFA_HABIT, sign_in(ALICE, mfa=True, **_NIGHT)),
                (sign_in(ALICE, **_NIGHT),),
            ),
        ),
        "without_mfa": Detection(
            title="A user signed in without MFA",
            level="low",
            when=f"NOT {_GUESSED} AND {_NO_MFA} AND NOT {_HAS_DEVICE} AND NOT {_STRANGE}",
            techniques=("T1078.004",),
            fires=((sign_in(ALICE),), (*_NO_MFA_HABIT, sign_in(ALICE))),
            quiet=(
                (sign_in(ALICE, mfa=True),),
                (sign_in(root()),),
                (sign_in(role("dev")),),
                (_DEVICE, sign_in(ALICE)),
            ),
        ),
        "guessing_root": Detection(
            title="Within an hour a fifth sign-in failed, one of root",
            level="high",
            when=f"{_ROOT_IN} AND {_CROSSED}",
            outcome="failed",
            techniques=("T1110",),
            fires=(_wrong(root(), 5),),
            quiet=(_wrong(root(), 4), _wrong(ALICE, 5)),
        ),
        "guessing": Detection(
            title="Within an hour a fifth sign-in of one user, or from one address, failed",
            level="medium",
            when=f"NOT {_ROOT_IN} AND {_CROSSED}",
            outcome="failed",
            techniques=("T1110",),
            fires=(_wrong(ALICE, 5), _wrong(unnamed(), 5)),
            quiet=(_wrong(ALICE, 4), _wrong(root(), 5)),
        ),
        "failed": Detection(
            title="A sign-in failed",
            level="low",
            when=f"NOT ({_CROSSED})",
            outcome="failed",
            techniques=("T1110",),
            fires=(_wrong(ALICE, 1), _wrong(ALICE, 6), _wrong(unnamed(), 1)),
            quiet=((sign_in(ALICE),), (sign_in(ALICE, event_name="CheckMfa", failure=WRONG),)),
        ),
    },
)
