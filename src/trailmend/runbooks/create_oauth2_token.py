"""A console sign-in is turned into credentials for tools, as `aws login` does."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, call, denied, role, root, user
from trailmend.remediations.principals import quarantine_caller, revoke_callers_sessions
from trailmend.runbooks.assume_role import week
from trailmend.tries import tries

_MODEL = "botocore signin CreateOAuth2Token"
_CLI = (
    "AWS CLI User Guide, Login for AWS local development using console credentials, read 2026-11-28"
)
ALICE, ROOT = user("alice", mfa=True), root()


def _token(by: Principal, *, succeeded: bool = True, **more: Any) -> dict[str, Any]:
    told = {"additionalEventData": {"success": str(succeeded).lower()}} | more
    return call("CreateOAuth2Token", by=by, source="signin", **told)


_NIGHT: dict[str, Any] = {"at": "21:00:00", "sourceIPAddress": "203.0.113.9"}
_DENIED = denied("CreateOAuth2Token", by=ALICE, source="signin")
_DENIED_BEFORE = denied("CreateOAuth2Token", by=ALICE, source="signin", **_NIGHT) | {
    "eventTime": "2026-03-02T20:50:00Z",
}
_FAILED = _token(ALICE, succeeded=False)
_ROOT = "actor_type = 'Root'"
_STRANGE = "COALESCE(address_minutes < 1440 AND first_from_here AND unusual_hour, FALSE)"
_FIRST = "COALESCE(first_action, FALSE)"

RUNBOOK = Runbook(
    events=("signin.amazonaws.com:CreateOAuth2Token",),
    family="sign-in",
    first=(
        "Ask the person whether they ran `aws login`; if not, quarantine them, for a refresh token "
        "gets new credentials, then end the sessions."
    ),
    information=(
        Claim(
            "An authorization code, or a refresh token, is exchanged for temporary credentials of "
            "at most 15 minutes.",
            f"{_MODEL} (expiresIn)",
        ),
        Claim(
            "The refresh token gets new ones without another sign-in; the CLI does so for up to "
            "12 hours.",
            f"{_MODEL} (refreshToken); {_CLI}",
        ),
        Claim(
            "Root, users and federated people can do it; the client is one of the same device, or "
            "of another device.",
            f"{_CLI}; {_MODEL} (clientId)",
        ),
        Claim(
            "The record lies in the region where the person signed in, says readOnly true and no "
            "errorCode: the outcome stands in additionalEventData.success.",
            "AWS Security Blog, Simplified developer access to AWS with 'aws login' (sample of "
            "CreateOAuth2Token), read 2026-11-28",
        ),
    ),
    impact=(
        Claim(
            "The refresh token is bound to a key, and the CLI keeps both in one file: who copies "
            "that file has the person's credentials elsewhere for hours, with MFA already done.",
            f"{_CLI}; botocore LoginCredentialFetcher (dpopKey in the token's cache)",
        ),
        Claim(
            "With the flow for another device, whoever talks a person into giving their code gets "
            "the person's credentials.",
            f"{_MODEL} (devtools/cross-device); shown for the like flow of Identity Center: "
            "Christophe Tafani-Dereeper, Phishing for AWS credentials via AWS SSO device code "
            "authentication, read 2026-11-28",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A person works with the CLI.",
            (Fact("The person runs `aws login` each morning."),),
            (Fact("The person has no tools of AWS."),),
        ),
        Explanation(
            "unauthorised",
            "A stolen refresh token, or a person who was talked into a code.",
            (Fact("The sign-in before it came from another address."),),
            (Fact("The sign-in before it came from the same address."),),
        ),
        Explanation(
            "insider",
            "Somebody carries a token to a private machine.",
            (Fact("The agent is of another system than the company's."),),
            (Fact("The machine is managed."),),
        ),
        Explanation(
            "automation",
            "The CLI renews every 15 minutes.",
            (
                Fact(
                    "{same_action_10m} tokens within ten minutes.",
                    "same_action_10m >= 2",
                ),
            ),
            (Fact("It is the first of the day."),),
        ),
    ),
    control_gaps=(
        Claim(
            "Everybody may use it: SignInLocalDevelopmentAccess is attached widely, or "
            "signin:CreateOAuth2Token is allowed by a wildcard.",
            "AWS managed policy SignInLocalDevelopmentAccess, version 3, read 2026-11-28",
        ),
    ),
    corrections=(
        Correction(
            "A key of 15 minutes is harmless.",
            Claim("Beside it stands a refresh token that gets the next one.", _MODEL),
        ),
    ),
    questions=("Which ConsoleLogin was it, and from where?", "Which calls had the new key?"),
    false_positives=("Journeys.", "A new laptop."),
    silence=(
        "Tools renew all day. Found are root, the first of a principal, and one from a new "
        "address at an unusual hour."
    ),
    not_fixable=(
        Claim(
            "CreateOAuth2Token has no counterpart that takes its refresh token back without the "
            "token in hand (RevokeOAuth2TokenWithIAM asks for it).",
            "botocore signin RevokeOAuth2TokenWithIAM",
        ),
        Claim(
            "Whether ended sessions stop a refresh token as well is not known: no guide that was "
            "read says which time of issue renewed credentials bear.  A denial of "
            "signin:CreateOAuth2Token, or of everything, does not depend on it.",
            f"{_CLI}; AWS managed policy SignInLocalDevelopmentAccess, version 3, read 2026-11-28",
        ),
    ),
    detections={
        "by_root": Detection(
            title="Root's sign-in was turned into credentials for tools",
            level="high",
            when=_ROOT,
            techniques=("T1078.004", "T1528"),
            fires=((_token(ROOT),),),
            quiet=((_token(user("root")),), (_token(ROOT, succeeded=False),)),
        ),
        "strange": Detection(
            title="Credentials for tools were got from a new address at an unusual hour",
            level="medium",
            when=f"NOT {_ROOT} AND {_STRANGE}",
            techniques=("T1528", "T1550.001"),
            fixes=(quarantine_caller, revoke_callers_sessions),
            fires=(
                (*week(_token(ALICE)), _token(ALICE, **_NIGHT)),
                (*week(_token(ALICE)), _DENIED_BEFORE, _token(ALICE, **_NIGHT)),
            ),
            quiet=((_token(ALICE, **_NIGHT),), (*week(_token(ALICE)), _token(ALICE))),
        ),
        "first": Detection(
            title="A principal turned a sign-in into credentials for tools for the first time",
            level="low",
            when=f"NOT {_ROOT} AND {_FIRST} AND NOT {_STRANGE}",
            techniques=("T1528",),
            fires=((*week(call("GetUser", by=ALICE)), _token(ALICE)),),
            quiet=((_token(ALICE),), (*week(_token(ALICE)), _token(ALICE))),
        ),
        **tries(
            "turn a sign-in into credentials",
            denied=_DENIED,
            failed=_FAILED,
            done=_token(role("dev")),
        ),
    },
)
