"""The second step of a sign-in: the password was right, and a code is asked for."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import root, sign_in, user
from trailmend.tries import FIFTH_FAILED

_GUIDE = (
    "AWS CloudTrail User Guide (archive of June 2023), AWS Management Console sign-in events, "
    "read 2026-11-28"
)
ALICE = user("alice")


def _step(number: int = 0, *, failure: str | None = "Failed authentication") -> dict[str, Any]:
    at = f"09:0{number}:00"
    return sign_in(ALICE, event_name="CheckMfa", failure=failure, at=at)


_FIVE = tuple(map(_step, range(5)))

RUNBOOK = Runbook(
    events=("signin.amazonaws.com:CheckMfa",),
    family="sign-in",
    tier=2,
    first="Ask the user whether they signed in; if not, set a new password: the old one is known.",
    information=(
        Claim(
            "The sign-in page asks which device comes next; the record of it says nothing about "
            "the code. ConsoleLogin tells how it ended.",
            f"{_GUIDE}; sample: invictus CheckMfa",
        ),
        Claim("additionalEventData.MfaType names the kind of device.", "sample: invictus CheckMfa"),
    ),
    impact=(
        Claim(
            "Whoever comes this far without the device has the password.",
            "AWS IAM User Guide (archive of June 2023), Using MFA devices with your IAM sign-in "
            "page, read 2026-11-28",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "The user signs in.",
            (Fact("A ConsoleLogin with MFA followed within a minute."),),
            (Fact("No ConsoleLogin followed."),),
        ),
        Explanation(
            "unauthorised",
            "Somebody has the password and lacks the device.",
            (Fact("No ConsoleLogin with success followed."),),
            (Fact("A ConsoleLogin from the same address with MFA followed."),),
        ),
    ),
    corrections=(
        Correction(
            "CheckMfa Success is a sign-in.",
            Claim("It is a step before; ConsoleLogin is the sign-in.", "sample: invictus CheckMfa"),
        ),
    ),
    questions=("Did ConsoleLogin follow, and how did it end?",),
    false_positives=("A phone that was left at home.",),
    silence="Each sign-in with a device has one. Found are failures.",
    detections={
        "guessing": Detection(
            title="A fifth step of a sign-in failed for one user within an hour",
            level="medium",
            when=FIFTH_FAILED,
            outcome="failed",
            techniques=("T1110", "T1621"),
            fires=(_FIVE,),
            quiet=(_FIVE[:4], (_step(failure=None),)),
        ),
        "failed": Detection(
            title="The second step of a sign-in failed",
            level="low",
            when=f"NOT ({FIFTH_FAILED})",
            outcome="failed",
            techniques=("T1621",),
            fires=(_FIVE[:1],),
            quiet=((_step(failure=None),), (sign_in(root(), failure="Failed authentication"),)),
        ),
    },
)
