"""A console session goes into a role."""

from typing import Any

from trailmend.catalog import Claim, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, call, role, sign_in, user

_GUIDE = (
    "AWS CloudTrail User Guide (archive of June 2023), AWS Management Console sign-in events, "
    "read 2026-11-28; two records of SwitchRole in public notes, of 2020 and 2024, read 2026-11-28"
)


def _switch(by: Principal, **more: Any) -> dict[str, Any]:
    return sign_in(by, event_name="SwitchRole", **more)


_FAILED = _switch(role("ops"), failure="Invalid information in one or more fields")

RUNBOOK = Runbook(
    events=("signin.amazonaws.com:SwitchRole",),
    family="sign-in",
    tier=2,
    first="Ask the person; the AssumeRole of the same second names who came, and from where.",
    information=(
        Claim(
            "The record's caller is the session of the role that was entered; "
            "additionalEventData.SwitchFrom names whence.",
            _GUIDE,
        ),
        Claim(
            "The role's account has the record; the account that was left may have none.",
            _GUIDE,
        ),
    ),
    impact=(
        Claim("The person has the rights of the role, and not their own, until ExitRole.", _GUIDE),
    ),
    explanations=(
        Explanation(
            "intended",
            "A person works in several accounts.",
            (Fact("The role is made for people."),),
            (Fact("The role is made for a program."),),
        ),
        Explanation(
            "unauthorised",
            "Whoever has a console session tries where it can go.",
            (Fact("Several roles were tried within minutes."),),
            (Fact("The person mistyped the account's number."),),
        ),
    ),
    questions=("From which user (`extra.SwitchFrom`)?",),
    false_positives=("A bookmark of a role that is gone.",),
    silence="Switching is how people work; see AssumeRole for first sessions. Found are failures.",
    detections={
        "failed": Detection(
            title="A switch to a role in the console failed",
            level="low",
            when="TRUE",
            outcome="failed",
            techniques=("T1078.004",),
            fires=((_FAILED,),),
            quiet=((_switch(role("ops")),), (call("SwitchRole", by=user("bob"), source="x"),)),
        ),
    },
)
