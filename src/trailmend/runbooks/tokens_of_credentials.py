"""IAM credentials, or a token of others, are turned into a bearer token for one service."""

from typing import Any

from trailmend.catalog import Claim, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, call, denied, role, root
from trailmend.runbooks.assume_role import week
from trailmend.tries import tries

_IAM = "botocore signin CreateOAuth2TokenWithIAM"
_EXCHANGE = "botocore signin CreateOAuth2TokenWithTokenExchange"
_BEARER = "botocore signin CreateBearerToken"
APP = role("app")


def _token(by: Principal = APP, event_name: str = "CreateBearerToken", **more: Any) -> Any:
    return call(event_name, by=by, source="signin", **more)


_DENIED = denied("CreateBearerToken", by=APP, source="signin")
_FAILED = _token(error="ValidationException")

RUNBOOK = Runbook(
    events=(
        "signin.amazonaws.com:CreateBearerToken",
        "signin.amazonaws.com:CreateOAuth2TokenWithIAM",
        "signin.amazonaws.com:CreateOAuth2TokenWithTokenExchange",
    ),
    family="sign-in",
    tier=2,
    first="See which service the token is for, and ask whose program wants one.",
    information=(
        Claim("CreateBearerToken gives a token for one service, for up to 12 hours.", _BEARER),
        Claim(
            "The two OAuth calls give one for an hour, no longer than what it was made from.",
            f"{_IAM}; {_EXCHANGE}",
        ),
        Claim(
            "The exchange takes the token of another issuer for the person on whose behalf it "
            "asks.",
            f"{_EXCHANGE} (subjectToken)",
        ),
    ),
    impact=(
        Claim(
            "Whoever has the token is the principal towards that service, without a signature and "
            "without the key it was made from.",
            _BEARER,
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A program speaks a protocol that knows bearer tokens alone.",
            (Fact("The service named is one that the program uses."),),
            (Fact("Nobody knows a program that does."),),
        ),
        Explanation(
            "unauthorised",
            "An intruder makes a token to carry away.",
            (Fact("The token's service was called from another address."),),
            (Fact("The workload itself calls the service."),),
        ),
    ),
    questions=("Which resource (`request.resource`)?",),
    false_positives=("New versions of clients of registries and of agents.",),
    silence="Programs renew them. Found are root, and the first of a principal.",
    detections={
        "by_root": Detection(
            title="Root made a bearer token",
            level="high",
            when="actor_type = 'Root'",
            techniques=("T1528", "T1078.004"),
            fires=((_token(root()),),),
            quiet=((_token(),), (_token(root(), error="AccessDenied"),)),
        ),
        "first": Detection(
            title="A principal made a bearer token of this kind for the first time",
            level="low",
            when="actor_type <> 'Root' AND COALESCE(first_action, FALSE)",
            techniques=("T1528",),
            fires=((*week(call("GetUser", by=APP)), _token()),),
            quiet=((_token(),), (*week(_token()), _token())),
        ),
        **tries("make a bearer token", denied=_DENIED, failed=_FAILED, done=_token()),
    },
)
