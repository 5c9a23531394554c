"""A principal of the account gets a token that proves to others who it is."""

from typing import Any

from trailmend.catalog import Claim, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, call, denied, role, user
from trailmend.runbooks.assume_role import week
from trailmend.tries import tries

_MODEL = "botocore sts GetWebIdentityToken"
APP, BOB = role("app"), user("bob")


def _token(by: Principal, **more: Any) -> dict[str, Any]:
    request = {"audience": ["https://partner.example"], "signingAlgorithm": "RS256"}
    return call("GetWebIdentityToken", by=by, source="sts", request=request, **more)


_DENIED = denied("GetWebIdentityToken", by=APP, source="sts")
_OFF = _token(APP, error="OutboundWebIdentityFederationDisabledException")

RUNBOOK = Runbook(
    events=("sts.amazonaws.com:GetWebIdentityToken",),
    family="sessions",
    tier=2,
    first="Ask whose the audience is, and what the token opens there.",
    information=(
        Claim(
            "STS signs a token (JWT) of the caller, valid up to an hour, for an audience that the "
            "caller names.",
            _MODEL,
        ),
        Claim("The global endpoint does not have the call: look in every region.", _MODEL),
    ),
    impact=(
        Claim(
            "It opens nothing in AWS. It opens what a service elsewhere gives to this principal, "
            "and the trail there is not this one.",
            _MODEL,
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A program goes to a partner without a secret of its own.",
            (Fact("The audience is a partner's."),),
            (Fact("Nobody knows the audience."),),
        ),
        Explanation(
            "unauthorised",
            "An intruder in a workload goes on to other clouds in its name.",
            (Fact("A person, not a program, has the role now."),),
            (Fact("The workload's own code calls it."),),
        ),
    ),
    questions=("Which audience (`request`)? What does its log say?",),
    false_positives=("A deployment that begins to use the feature.",),
    silence="Programs do it every hour. Found is the first of a principal, where the log can tell.",
    detections={
        "first": Detection(
            title="A principal got a token for others for the first time",
            level="low",
            when="COALESCE(first_action, FALSE)",
            techniques=("T1528",),
            fires=((*week(call("GetUser", by=APP)), _token(APP)),),
            quiet=((_token(APP),), (*week(_token(APP)), _token(APP)), (_DENIED,)),
        ),
        **tries("get a token for others", denied=_DENIED, failed=_OFF, done=_token(BOB)),
    },
)
