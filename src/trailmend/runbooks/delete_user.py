"""An IAM user is deleted: access ends, and so does the id that trust policies and the log know."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, call, denied, role, root, user
from trailmend.tries import tries

_MODEL = "botocore iam DeleteUser"
BOB, CI = user("bob"), role("ci")


def _delete(by: Principal, **more: Any) -> dict[str, Any]:
    return call("DeleteUser", by=by, request={"userName": "alice"}, **more)


_MADE = call("CreateUser", by=BOB, request={"userName": "alice"}, at="08:00:00")
_LEFT = _delete(BOB, error="DeleteConflictException")
_DENIED = denied("DeleteUser", by=BOB, resource="user alice")
_OWN = "COALESCE(target_made_by_actor, FALSE)"

RUNBOOK = Runbook(
    events=("iam.amazonaws.com:DeleteUser",),
    family="users and groups",
    tier=2,
    first="Ask the owner; if nobody ordered it, look at what the user did in the days before.",
    information=(
        Claim(
            "Password, keys, certificates, MFA devices, policies and group memberships must be "
            "gone before, or the call fails with DeleteConflict; the console removes them itself.",
            _MODEL,
        ),
        Claim(
            "A user who is made again under the name has another id; policies that named the old "
            "one by ARN do not let the new one in: they show the old id (AIDA...).",
            "AWS IAM User Guide (archive of June 2023), AWS JSON policy elements: Principal, read "
            "2026-11-22",
        ),
    ),
    impact=(
        Claim("The person or program is out at once, and for good.", _MODEL),
        Claim(
            "An intruder's user that is deleted takes its state with it; what it did is in the "
            "log.",
            f"{_MODEL}; AWS, Threat Technique Catalog for AWS, T1070 Indicator Removal, read "
            "2026-11-28",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "Somebody left, or a program was moved to a role.",
            (Fact("The person's accounts elsewhere were closed on the same day."),),
            (Fact("The user signed calls in the last days."),),
        ),
        Explanation(
            "unauthorised",
            "An intruder tidies up, or locks people out.",
            (
                Fact("The caller had made the user.", "target_made_by_actor"),
                Fact(
                    "The caller deleted {targets_10m} users within ten minutes.", "targets_10m >= 3"
                ),
            ),
            (Fact("Off-boarding names the user."),),
        ),
        Explanation(
            "automation",
            "A stack or a test takes away what it had made.",
            (Fact("The caller had made the user.", "target_made_by_actor"),),
            (Fact("Somebody else had made the user.", "NOT target_made_by_actor"),),
        ),
    ),
    corrections=(
        Correction(
            "A deleted user is restored by making one of the same name.",
            Claim("That is another user, with another id and none of its credentials.", _MODEL),
        ),
    ),
    questions=(
        "To the caller (`actor`): who ordered it?",
        "What was it allowed, and what did it do? `trailmend history user/NAME --at` the day "
        "before.",
    ),
    false_positives=("Off-boarding.", "Tests that make and delete users."),
    not_fixable=(
        Claim("No call brings the id, the password, the keys or the devices back.", _MODEL),
    ),
    detections={
        "bulk": Detection(
            title="The fifth user within ten minutes was deleted by one principal",
            level="high",
            when=f"targets_10m = 5 AND NOT {_OWN}",
            techniques=("T1531",),
            fires=(
                tuple(
                    call("DeleteUser", by=BOB, request={"userName": f"u{n}"}, at=f"09:0{n}:00")
                    for n in range(5)
                ),
            ),
            quiet=((_delete(BOB),), (_LEFT,)),
        ),
        "made_by_caller": Detection(
            title="A user was deleted by whoever had made it",
            level="low",
            when=_OWN,
            fires=((_MADE, _delete(BOB)),),
            quiet=((_MADE, _delete(CI)), (_delete(BOB),), (_LEFT,)),
        ),
        "deleted": Detection(
            title="A user was deleted",
            level="low",
            when=f"COALESCE(targets_10m, 0) <> 5 AND NOT {_OWN}",
            techniques=("T1531",),
            fires=((_delete(BOB),), (_delete(root()),), (_MADE, _delete(CI))),
            quiet=((_MADE, _delete(BOB)), (_DENIED,)),
        ),
        **tries("delete a user", denied=_DENIED, failed=_LEFT, done=_delete(BOB), level="medium"),
    },
)
