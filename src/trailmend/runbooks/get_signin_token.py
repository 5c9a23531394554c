"""Temporary credentials are turned into a link that opens the console."""

from typing import Any

from trailmend.catalog import Claim, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, call, federated, role, sign_in
from trailmend.runbooks.assume_role import week

_BROKER = (
    "AWS IAM User Guide (archive of June 2023), Enabling custom identity broker access to the AWS "
    "console, read 2026-11-28"
)
_SAMPLE = "sample: traildiscover GetSigninToken"
GUEST, OPS = federated("guest"), role("ops")


def _token(by: Principal, **more: Any) -> dict[str, Any]:
    return sign_in(by, event_name="GetSigninToken", **more)


_FEDERATED = "actor_type = 'FederatedUser'"
_FAILED = _token(OPS, failure="Failed")

RUNBOOK = Runbook(
    events=("signin.amazonaws.com:GetSigninToken",),
    family="sign-in",
    tier=2,
    first="Find what made the session: GetFederationToken or AssumeRole with the same access key.",
    information=(
        Claim(
            "The federation endpoint takes credentials of AssumeRole or GetFederationToken and "
            "gives a token for a sign-in link.",
            _BROKER,
        ),
        Claim(
            "The access portal of Identity Center makes one for each click on an account: role "
            "AWSReservedSSO_..., agent Jersey.",
            _SAMPLE,
        ),
        Claim(
            "The answer names the session's access key, not who opens the link: a ConsoleLogin "
            "follows from the browser's address.",
            _SAMPLE,
        ),
    ),
    impact=(
        Claim(
            "A stolen key becomes a console, with what the console alone can do; a federated "
            "session may call IAM there, which its key could not.",
            f"{_BROKER}; botocore sts GetFederationToken",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A person opens the console by the portal or by a company's broker.",
            (Fact("The role is one of Identity Center (AWSReservedSSO_...)."),),
            (Fact("A session of GetFederationToken made the call.", _FEDERATED),),
        ),
        Explanation(
            "unauthorised",
            "An intruder with keys wants a console.",
            (
                Fact("A session of GetFederationToken made the call.", _FEDERATED),
                Fact("The ConsoleLogin after it came from another address."),
            ),
            (Fact("The same broker has done it for weeks."),),
        ),
    ),
    questions=("Which user's key issued the session (`actor.name`)?", "Which ConsoleLogin came?"),
    false_positives=("Brokers of before Identity Center.", "Tools as aws-vault login."),
    silence=(
        "Each click in the access portal makes one. Found are federated sessions, and the first "
        "of a role where the log can tell."
    ),
    detections={
        "federated": Detection(
            title="A federated session, made from a user's key, was turned into a console",
            level="medium",
            when=f"{_FEDERATED} AND COALESCE(first_action, TRUE)",
            techniques=("T1550.001", "T1078.004"),
            fires=((_token(GUEST),),),
            quiet=((_token(OPS),), (_token(GUEST, failure="Failed"),)),
        ),
        "first": Detection(
            title="A principal turned its session into a console for the first time",
            level="low",
            when=f"NOT {_FEDERATED} AND COALESCE(first_action, FALSE)",
            techniques=("T1550.001",),
            fires=((*week(call("GetUser", by=OPS)), _token(OPS)),),
            quiet=((_token(OPS),), (*week(_token(OPS)), _token(OPS)), (_token(GUEST),)),
        ),
        "failed": Detection(
            title="A session could not be turned into a console",
            level="low",
            when="TRUE",
            outcome="failed",
            fires=((_FAILED,),),
            quiet=((_token(OPS),),),
        ),
    },
)
