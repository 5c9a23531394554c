"""A user or root exchanges a key for a session, as a rule to show MFA."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, call, denied, root, user
from trailmend.runbooks.assume_role import week
from trailmend.tries import FIFTH_DENIED

_MODEL = "botocore sts GetSessionToken"
ALICE = user("alice")
PHONE = "arn:aws:iam::111122223333:mfa/phone"


def _take(by: Principal = ALICE, *, device: str | None = None, **more: Any) -> dict[str, Any]:
    request = {"durationSeconds": 43200} | ({"serialNumber": device} if device else {})
    response = {"credentials": {"accessKeyId": "ASIASESSION"}}
    fields: dict[str, Any] = {"request": request, "response": response} | more
    return call("GetSessionToken", by=by, source="sts", **fields)


def _wrong_code(number: int) -> dict[str, Any]:
    at = f"09:0{number}:00"
    return denied("GetSessionToken", by=ALICE, source="sts", at=at)


_FIVE = tuple(map(_wrong_code, range(5)))
_ROOT = "actor_type = 'Root'"
_CODE = "COALESCE(request, '') LIKE '%\"serialNumber\"%'"

RUNBOOK = Runbook(
    events=("sts.amazonaws.com:GetSessionToken",),
    family="sessions",
    tier=2,
    first=(
        "Ask the user whether they typed a code; if not, turn the key off, then end their sessions."
    ),
    information=(
        Claim(
            "A long-lived key gives credentials of 15 minutes to 36 hours with the same rights; "
            "with a device's code in the request the session counts as one with MFA.",
            _MODEL,
        ),
        Claim("The call needs no permission, and no policy can refuse it.", _MODEL),
        Claim(
            "A wrong code gives AccessDenied; the record then still names the device.",
            f"{_MODEL}; sample: traildiscover GetSessionToken",
        ),
        Claim(
            "Later calls of the session are of the same user or root: a key ASIA... is not a role.",
            "AWS IAM User Guide (archive of June 2023), Logging IAM and AWS STS API calls with AWS "
            "CloudTrail, read 2026-11-28",
        ),
    ),
    impact=(
        Claim(
            "Credentials without MFA reach no IAM call, and of STS only AssumeRole and "
            "GetCallerIdentity, but all else that the user may do; they last up to 36 hours after "
            "the key is off.",
            f"{_MODEL}; AWS IAM User Guide (archive of June 2023), Disabling permissions for "
            "temporary security credentials, read 2026-11-28",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A person works with the CLI and shows MFA, as AWS recommends.",
            (Fact("The request names a device.", _CODE),),
            (Fact("The request names no device.", f"NOT ({_CODE})"),),
        ),
        Explanation(
            "unauthorised",
            "A thief of a key makes a session that outlives it, or guesses codes.",
            (Fact("The request names no device.", f"NOT ({_CODE})"),),
            (Fact("The request names a device of the user.", _CODE),),
        ),
        Explanation(
            "automation",
            "A tool takes a session by habit, without need.",
            (Fact("Its documentation says so."),),
            (Fact("The user is a person without programs."),),
        ),
    ),
    corrections=(
        Correction(
            "IAM calls of a user with a key ASIA... are an intruder's.",
            Claim("They are what this call with MFA gives, or calls from the console.", _MODEL),
        ),
    ),
    questions=("Does a program use this key? Then why a session?", "Which calls have the new key?"),
    false_positives=("Clocks of devices that run wrong.", "Tools such as aws-vault."),
    silence=(
        "With a code it is the recommended way to work; without one many tools do it every "
        "hour. Found are root, a first session without a code, and refusals."
    ),
    detections={
        "by_root": Detection(
            title="Root took a session with an access key of its own",
            level="high",
            when=_ROOT,
            techniques=("T1078.004",),
            fires=((_take(root()),),),
            quiet=((_take(user("root")),), (_take(),)),
        ),
        "first_without_code": Detection(
            title="A user took a session without an MFA code for the first time",
            level="low",
            when=f"NOT {_ROOT} AND COALESCE(first_action, FALSE) AND NOT {_CODE}",
            techniques=("T1550.001",),
            fires=((*week(call("GetUser", by=ALICE)), _take()),),
            quiet=(
                (*week(call("GetUser", by=ALICE)), _take(device=PHONE)),
                (*week(_take()), _take()),
                (_take(),),
            ),
        ),
        "guessing": Detection(
            title="A fifth session or call was refused to one user within an hour",
            level="medium",
            when=FIFTH_DENIED,
            outcome="denied",
            techniques=("T1110", "T1621"),
            fires=(_FIVE,),
            quiet=(_FIVE[:4], (_take(),)),
        ),
        "denied": Detection(
            title="A session was refused, as for a wrong MFA code",
            level="low",
            when=f"NOT ({FIFTH_DENIED})",
            outcome="denied",
            fires=(_FIVE[:1],),
            quiet=((_take(),), (_take(error="ExpiredToken"),)),
        ),
    },
)
