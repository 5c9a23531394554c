"""A person of Identity Center signs in: the challenge, each answer, and the end."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import directory_sign_in
from trailmend.runbooks.assume_role import week
from trailmend.tries import FIFTH_FAILED

_EVENTS = (
    "Amazon WorkSpaces Administration Guide, Understanding AWS sign-in events, read 2026-11-28"
)
_SAMPLE = (
    "AWS Transfer Family User Guide, CloudTrail logging for Transfer Family web apps, as of "
    "August 2025"
)
_SESSIONS = (
    "AWS IAM Identity Center User Guide, Understanding authentication sessions in IAM Identity "
    "Center, read 2026-11-28"
)
_CASES = (
    "AWS IAM Identity Center User Guide, CloudTrail use cases for IAM Identity Center, read "
    "2026-11-28"
)


def _answer(number: int, *, failed: bool = True, **more: Any) -> dict[str, Any]:
    at = f"09:0{number}:00"
    return directory_sign_in(
        "sam", event_name="CredentialVerification", failed=failed, at=at, **more
    )


_FIVE = tuple(map(_answer, range(5)))
_IN = directory_sign_in("sam", at="09:30:00")
_LATE = directory_sign_in("sam", at="21:00:00", sourceIPAddress="203.0.113.9")
_HABIT = week(directory_sign_in("sam"))
_ENTERED = "event_name = 'UserAuthentication'"
_GUESSED = "COALESCE(failed_before, 0) >= 5"
_STRANGE = "COALESCE(address_minutes < 1440 AND first_from_here AND unusual_hour, FALSE)"

RUNBOOK = Runbook(
    events=(
        "signin.amazonaws.com:UserAuthentication",
        "signin.amazonaws.com:CredentialChallenge",
        "signin.amazonaws.com:CredentialVerification",
    ),
    family="sign-in",
    first=(
        "Ask the person. If it was not they, deny their id by a service control policy, end their "
        "portal sessions, then reset password and MFA."
    ),
    information=(
        Claim(
            "CredentialChallenge asks for one factor, CredentialVerification tells whether the "
            "answer was right, UserAuthentication that all were: only then is somebody in.",
            _EVENTS,
        ),
        Claim(
            "additionalEventData.CredentialType names the factor, AuthWorkflowID ties the steps "
            "together; the outcome stands in serviceEventDetails.",
            f"{_EVENTS}; {_SAMPLE}",
        ),
        Claim(
            "The records lie in the account and the region of Identity Center, not where the "
            "person works afterwards.",
            "unchecked: the published samples are of one account each",
        ),
    ),
    impact=(
        Claim(
            "Whoever is in has every account and permission set that the person is assigned.",
            _SESSIONS,
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "The person works from somewhere else, or mistyped.",
            (Fact("The person says so in a call back."),),
            (Fact("The person was asleep, or in the office with another address."),),
        ),
        Explanation(
            "unauthorised",
            "A password was guessed or phished, and the second factor was given away with it.",
            (Fact("Another browser or country than ever before."),),
            (Fact("The factor was a security key, which cannot be phished."),),
        ),
        Explanation(
            "accident",
            "A phone with a wrong clock, or an old password in a manager.",
            (Fact("The same factor failed each time."),),
            (Fact("Several people failed at once."),),
        ),
        Explanation(
            "automation",
            "A robot tries passwords on names it found.",
            (Fact("Names that the directory does not have were tried too."),),
            (Fact("The password was right, and the second factor failed."),),
        ),
    ),
    control_gaps=(
        Claim(
            "The directory does not ask for MFA at each sign-in, or lets people enrol none.",
            "AWS IAM Identity Center User Guide (archive of June 2023), Configure MFA device "
            "enforcement, read 2026-11-28",
        ),
    ),
    corrections=(
        Correction(
            "A UserAuthentication that failed tells of failed sign-ins.",
            Claim("None is logged where a factor failed: count CredentialVerification.", _EVENTS),
        ),
        Correction(
            "The record's userIdentity names the user.",
            Claim(
                "Its type is Unknown or IdentityCenterUser, and newer records have no userName "
                "there: onBehalfOf.userId is the person's id in the directory, and "
                "additionalEventData.UserName the name they signed in with.",
                f"{_SAMPLE}; {_CASES}",
            ),
        ),
    ),
    questions=(
        "Which factor failed (`extra.CredentialType`)? A failed code means a known password.",
        "Which accounts did the person enter after it?",
    ),
    false_positives=("Mondays after holidays.", "New phones."),
    silence=(
        "Challenges and right answers are how each day begins. Found are wrong answers, a way in "
        "after five of them, and a strange hour with a new address."
    ),
    not_fixable=(
        Claim(
            "No call resets a person's password or ends their sessions in the access portal: it "
            "takes the console of Identity Center, or the provider.",
            "botocore identitystore, sso-admin (no such operation)",
        ),
        Claim(
            "Nothing done to the person ends the sessions already given in accounts, which last up "
            "to 12 hours: only a policy that denies their id (identitystore:UserId) stops them.",
            f"{_SESSIONS}; AWS IAM Identity Center User Guide, Use a Deny policy to revoke active "
            "user permissions, read 2026-11-28",
        ),
    ),
    detections={
        "after_failures": Detection(
            title="A person of Identity Center is in, after five or more wrong answers in an hour",
            level="medium",
            when=f"{_ENTERED} AND {_GUESSED}",
            techniques=("T1110", "T1078.004"),
            fires=((*_FIVE, _IN),),
            quiet=((*_FIVE[:4], _IN), (_IN,), (*_FIVE, _answer(9, failed=False))),
        ),
        "strange": Detection(
            title="A person of Identity Center is in, from a new address at an unusual hour",
            level="low",
            when=f"{_ENTERED} AND NOT {_GUESSED} AND {_STRANGE}",
            techniques=("T1078.004",),
            fires=((*_HABIT, _LATE),),
            quiet=((_LATE,), (*_HABIT, _IN)),
        ),
        "guessing": Detection(
            title="A fifth wrong answer to the sign-in of a person within an hour",
            level="medium",
            when=FIFTH_FAILED,
            outcome="failed",
            techniques=("T1110",),
            fires=(_FIVE,),
            quiet=(_FIVE[:4], (_IN,)),
        ),
        "failed": Detection(
            title="A wrong answer to the sign-in of a person of Identity Center",
            level="low",
            when=f"NOT ({FIFTH_FAILED})",
            outcome="failed",
            fires=(_FIVE[:1],),
            quiet=((_IN,), (_answer(1, failed=False),)),
        ),
    },
)
