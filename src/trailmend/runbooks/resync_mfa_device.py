"""An MFA device is brought into step again: two of its codes in a row were given."""

from typing import Any

from trailmend.catalog import Claim, Detection, Explanation, Fact, Runbook
from trailmend.evidence import ACCOUNT, Principal, call, denied, role, user
from trailmend.tries import tries

_MODEL = "botocore iam ResyncMFADevice"
ALICE, BOB = user("alice"), user("bob")


def _resync(by: Principal, **more: Any) -> dict[str, Any]:
    request = {"userName": "alice", "serialNumber": f"arn:aws:iam::{ACCOUNT}:mfa/phone"}
    return call("ResyncMFADevice", by=by, request=request, **more)


_WRONG = _resync(BOB, error="InvalidAuthenticationCodeException")
_DENIED = denied("ResyncMFADevice", by=BOB, resource="user alice")
_OTHER = "known_relation <> 'self'"

RUNBOOK = Runbook(
    events=("iam.amazonaws.com:ResyncMFADevice",),
    family="MFA devices",
    tier=2,
    first="Nothing is urgent: ask the user whether the device was out of step.",
    information=(
        Claim(
            "Two codes that follow each other are sent, and the device's clock or counter is taken "
            "from them.",
            _MODEL,
        ),
        Claim(
            "Whoever calls it has the device or its seed at hand, or somebody who has.",
            _MODEL,
        ),
    ),
    impact=(
        Claim("The device works again; neither its owner nor its secret changes.", _MODEL),
        Claim(
            "Codes that are tried by this call and are wrong say that somebody guesses, or that "
            "the device is another.",
            f"{_MODEL} (InvalidAuthenticationCode)",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A token's or a telephone's clock went wrong.",
            (Fact("The owner of the device made the call.", "known_relation = 'self'"),),
            (Fact("Several tries failed before.", "failed_before >= 3"),),
        ),
        Explanation(
            "unauthorised",
            "Somebody with a seed of before tries whether it still is the device's.",
            (Fact("Nobody of the team knows of it."),),
            (Fact("The help desk has a ticket."),),
        ),
    ),
    questions=("To the user (`target`): was the device out of step?",),
    false_positives=("Hardware tokens after years.",),
    detections={
        "own": Detection(
            title="A user brought an MFA device into step",
            level="info",
            when=f"NOT ({_OTHER})",
            fires=((_resync(ALICE),),),
            quiet=((_resync(BOB),), (_resync(role("alice", session="alice")),)),
        ),
        "another": Detection(
            title="Somebody else's MFA device was brought into step",
            level="low",
            when=_OTHER,
            fires=((_resync(BOB),),),
            quiet=((_resync(ALICE),), (_WRONG,)),
        ),
        **tries("bring an MFA device into step", denied=_DENIED, failed=_WRONG, done=_resync(BOB)),
    },
)
