"""A role or user acts as an application of Identity Center, and gets a token of a person."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import IDENTITY_STORE, Principal, call, denied, directory_id, role
from trailmend.evidence.center import APPLICATION
from trailmend.measures import STOP_CALLER
from trailmend.remediations.sso_applications import disable_application
from trailmend.runbooks.assume_role import week
from trailmend.tries import FIFTH_DENIED

_MODEL = "botocore sso-oidc CreateTokenWithIAM"
_ACCOUNT_ACCESS = (
    "AWS IAM Identity Center User Guide, Enable AWS account access for customer managed "
    "applications, read 2026-11-28"
)
_SAMPLE = (
    "sample: Aidan Steele, Apps can now impersonate human access to AWS via IAM Identity Center "
    "(2026-07-01), read 2026-11-28"
)
APP, OTHER = role("reports"), role("backup")
_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def _token(by: Principal = APP, scope: str = "redshift:connect", **more: Any) -> dict[str, Any]:
    request = {"clientId": APPLICATION, "grantType": _BEARER, "scope": [scope]}
    store = f"arn:aws:identitystore::111122223333:identitystore/{IDENTITY_STORE}"
    told = {
        "identitystore:UserId": directory_id("sam"),
        "identitystore:IdentityStoreArn": store,
    }
    extra = {"additionalEventData": told} | more
    return call("CreateTokenWithIAM", by=by, source="sso-oauth", request=request, **extra)


def _refused(number: int) -> dict[str, Any]:
    name, at = "CreateTokenWithIAM", f"09:0{number}:00"
    return denied(name, by=OTHER, source="sso-oauth", resource=APPLICATION, at=at)


_FIVE = tuple(map(_refused, range(5)))
TOKEN, STRANGE = _token(), _token(OTHER)
OF_ACCOUNTS = _token(OTHER, "sso:account:access")
_HABIT = week(call("GetUser", by=OTHER), TOKEN)
_EXPIRED = _token(error="InvalidGrantException")
_NEW = "(COALESCE(first_call, FALSE) OR COALESCE(first_pair, FALSE))"
_ACCOUNTS = "COALESCE(request, '') LIKE '%sso:account:access%'"

RUNBOOK = Runbook(
    events=("sso-oauth.amazonaws.com:CreateTokenWithIAM",),
    family="sessions",
    tier=2,
    first="Ask the application's owner whether the caller is its role; if not, disable the "
    "application, and stop the caller.",
    information=(
        Claim(
            "An IAM principal that the application's authentication method allows trades a code, a "
            "refresh token, a token of a trusted issuer or a token of another application for a "
            "token of the person.",
            f"{_MODEL} (grantType); botocore sso-admin PutApplicationAuthenticationMethod",
        ),
        Claim(
            "The request names the application (clientId, an ARN) and the scopes; whose token it "
            "is stands in additionalEventData (identitystore:UserId).",
            _SAMPLE,
        ),
        Claim(
            "What the application does with the token afterwards is recorded as done by the "
            "person, from the application's address.",
            _SAMPLE,
        ),
    ),
    impact=(
        Claim(
            "Whoever acts as the application works with each person's rights on what its scopes "
            "name.",
            _MODEL,
        ),
        Claim(
            "A token of the scope sso:account:access gets credentials of the person's roles in AWS "
            "accounts, without a sign-in of the person at Identity Center.",
            _ACCOUNT_ACCESS,
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "The application runs under a new role, or goes live.",
            (Fact("Who had made the application let this role act as it, the day before."),),
            (Fact("Nobody of those who own the application knows the role."),),
        ),
        Explanation(
            "unauthorised",
            "An intruder who has a role's credentials, or changed the application, acts as it.",
            (
                Fact("The scope is that of AWS accounts.", _ACCOUNTS),
                Fact("PutApplicationAuthenticationMethod by somebody unknown came before it."),
            ),
            (Fact("The same principal got tokens as this application before.", f"NOT {_NEW}"),),
        ),
    ),
    corrections=(
        Correction(
            "The token is of the role that calls.",
            Claim(
                "It stands for the person; the role only proves which application asks.",
                f"{_MODEL}; {_SAMPLE}",
            ),
        ),
    ),
    questions=("Whose token was it, and what was done in that person's name since?",),
    false_positives=("An application that is deployed anew under another role.",),
    silence=(
        "Applications trade tokens all day, and tokens that ran out are refused. Found are the "
        "first of a principal for an application, and calls that are denied."
    ),
    detections={
        "for_accounts": Detection(
            title="A principal acts as an application for the first time, and may take people's "
            "roles in AWS accounts",
            level="medium",
            when=f"{_NEW} AND {_ACCOUNTS}",
            techniques=("T1528", "T1550.001"),
            fixes=(disable_application, *STOP_CALLER),
            fires=((*_HABIT, OF_ACCOUNTS),),
            quiet=((*_HABIT, STRANGE), (*week(OF_ACCOUNTS), OF_ACCOUNTS), (OF_ACCOUNTS,)),
        ),
        "first": Detection(
            title="A principal got a token of a person as an application for the first time",
            level="low",
            when=f"{_NEW} AND NOT {_ACCOUNTS}",
            techniques=("T1528", "T1550.001"),
            fires=((*_HABIT, STRANGE), (*week(call("GetUser", by=OTHER)), TOKEN)),
            quiet=((*_HABIT, TOKEN), (*_HABIT, OF_ACCOUNTS), (STRANGE,), (*_HABIT, _EXPIRED)),
        ),
        "guessing": Detection(
            title="A fifth call was denied within an hour to who tries to act as an application",
            level="medium",
            when=FIFTH_DENIED,
            outcome="denied",
            techniques=("T1528",),
            fixes=STOP_CALLER,
            fires=(_FIVE,),
            quiet=(_FIVE[:4], (STRANGE,)),
        ),
        "denied": Detection(
            title="A try to get a token of a person as an application was refused",
            level="low",
            when=f"NOT ({FIFTH_DENIED})",
            outcome="denied",
            techniques=("T1528",),
            fires=(_FIVE[:1],),
            quiet=((STRANGE,), (_EXPIRED,)),
        ),
    },
)
