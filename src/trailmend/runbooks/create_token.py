"""A tool gets a token of a person of Identity Center, by a device code that can be phished."""

from typing import Any

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import call, directory_sign_in, identity_center_user
from trailmend.runbooks.assume_role import week

_MODEL = "botocore sso-oidc CreateToken"
_START = "botocore sso-oidc StartDeviceAuthorization"
_LOGGED = (
    "AWS IAM Identity Center User Guide, IAM Identity Center information in CloudTrail, read "
    "2026-11-28"
)
_SAMPLE = (
    "AWS IAM Identity Center User Guide, Understanding CloudTrail events for IAM Identity Center "
    "(sample of CreateToken), read 2026-11-28"
)
_PHISHED = (
    "Christophe Tafani-Dereeper, Phishing for AWS credentials via AWS SSO device code "
    "authentication, read 2026-11-28"
)
_ENDED = (
    "AWS IAM Identity Center User Guide, View and end active sessions for your workforce users, "
    "read 2026-11-28"
)
_DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


def _token(grant: str = _DEVICE_GRANT, name: str = "sam", **more: Any) -> dict[str, Any]:
    request = {
        "clientId": "clientid1234example",
        "clientSecret": "HIDDEN_DUE_TO_SECURITY_REASONS",
        "grantType": grant,
    }
    response = {"accessToken": "HIDDEN_DUE_TO_SECURITY_REASONS", "tokenType": "Bearer"}
    by = identity_center_user(name)
    return call("CreateToken", by=by, source="sso", request=request, response=response, **more)


_ELSEWHERE: dict[str, Any] = {"sourceIPAddress": "203.0.113.9"}
_HABIT = week(directory_sign_in("sam"))
STOLEN, PLAIN = _token(**_ELSEWHERE), _token()
RENEWED = _token("refresh_token", **_ELSEWHERE)
_WAITING = _token(error="AuthorizationPendingException")
_BY_CODE = "COALESCE(request, '') LIKE '%grant-type:device_code%'"
_STRANGE = "COALESCE(first_address, FALSE)"
_NEW = "COALESCE(address_minutes < 1440, TRUE)"

RUNBOOK = Runbook(
    events=("sso.amazonaws.com:CreateToken", "sso-oauth.amazonaws.com:CreateToken"),
    family="sessions",
    first=(
        "Ask the person whether they typed or approved a code; if not, end their sessions in the "
        "console of Identity Center, and deny their id for 12 hours."
    ),
    information=(
        Claim(
            "A tool trades a device code, an authorization code or a refresh token for an access "
            "token of the person; the request says which (grantType).",
            _MODEL,
        ),
        Claim(
            "A device code is asked for by anybody, without a signature. The person opens a page "
            "of AWS, signs in and approves; the token goes to whoever asked.",
            f"{_START}; {_PHISHED}",
        ),
        Claim(
            "The record's address is that of the tool that gets the token, and its person the one "
            "who approved; the browser in which they did is not in it.",
            f"{_PHISHED}; {_SAMPLE}",
        ),
        Claim(
            "Of the calls of this service AWS names CreateToken and CreateTokenWithIAM alone as "
            "recorded; that a code was asked for is in no log.",
            _LOGGED,
        ),
        Claim(
            "`aws sso login` uses an authorization code since November 2024; it takes a device "
            "code where --use-device-code is given.",
            "aws/aws-cli pull request 8947, merged 2024-11-18; AWS CLI Command Reference, sso "
            "login, read 2026-11-28",
        ),
    ),
    impact=(
        Claim(
            "With the token one gets credentials of every role in every account that the person is "
            "assigned, and needs no password and no MFA: the person has given both.",
            f"{_MODEL} (accessToken); {_PHISHED}",
        ),
        Claim(
            "A refresh token, where one is given, gets the next access token when the first has "
            "run out.",
            f"{_MODEL} (refreshToken)",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "The person signs in on a machine without a browser, or with an older tool.",
            (Fact("The address is of a machine of the company that people work on."),),
            (Fact("The person has no such machine."),),
        ),
        Explanation(
            "unauthorised",
            "Somebody sent the person a link to AWS's own page, and waited for them to approve.",
            (
                Fact("The person was never seen at {source_ip}.", _STRANGE),
                Fact("The agent is of a script: {user_agent}.", "user_agent LIKE '%Boto3%'"),
            ),
            (Fact("The person was seen at that address before.", f"NOT {_STRANGE}"),),
        ),
        Explanation(
            "insider",
            "A person lets a tool on a private machine work with their rights.",
            (Fact("The address is of the person's home."),),
            (Fact("The person's machine is managed, and was in use."),),
        ),
        Explanation(
            "accident",
            "The person approved a code of somebody else's screen.",
            (Fact("A colleague signed in by a code at the same time."),),
            (Fact("Nobody of the team had asked for a code."),),
        ),
        Explanation(
            "automation",
            "A tool renews its token.",
            (Fact("A refresh token was traded.", "request LIKE '%refresh_token%'"),),
            (Fact("A device code was traded: a person had to approve.", _BY_CODE),),
        ),
    ),
    control_gaps=(
        Claim(
            "Neither MFA nor a security key stops it, for the person signs in at AWS's own page.",
            _PHISHED,
        ),
    ),
    corrections=(
        Correction(
            "The address of the sign-in is that of whoever has the token.",
            Claim(
                "With a device code the sign-in is the person's, and the token goes elsewhere.",
                _PHISHED,
            ),
        ),
    ),
    questions=(
        "Did the person approve a request, and how had the link come to them?",
        "Which roles did the address take since (GetRoleCredentials, then AssumeRoleWithSAML in "
        "the account)?",
    ),
    false_positives=("Journeys.", "Servers and containers that people sign in from."),
    silence=(
        "Authorization codes and refresh tokens are traded all day, and each wait for an approval "
        "is a call that fails. Found are device codes from an address where the person was not "
        "seen a day before."
    ),
    console=(
        Console(
            "End what the token is good for",
            (
                "Deny all actions where identitystore:UserId is the person's id, by a service "
                "control policy: credentials of roles that were fetched are good for up to 12 "
                "hours.",
                "Open IAM Identity Center, Users, the person; on Active sessions select all, and "
                "end them. Tools are cut off within the hour.",
                "Undo: take the denial away when the credentials have run out.",
            ),
            f"{_ENDED}; AWS IAM Identity Center User Guide, Use a Deny policy to revoke active "
            "user permissions, read 2026-11-28; Manage AWS access portal sessions; labels not "
            "checked on a live console",
            "2026-11-28",
        ),
    ),
    not_fixable=(
        Claim(
            "No public call takes a token back without the token: Logout asks for it.",
            "botocore sso Logout (accessToken), sso-oidc and sso-admin (no such operation)",
        ),
    ),
    detections={
        "elsewhere": Detection(
            title="A person's token went by a device code to where the person was never seen",
            level="medium",
            when=f"{_BY_CODE} AND {_STRANGE}",
            techniques=("T1528", "T1566.002"),
            fires=((*_HABIT, STOLEN), (*_HABIT, directory_sign_in("sam", at="08:59:00"), STOLEN)),
            quiet=((STOLEN,), (*_HABIT, PLAIN), (*_HABIT, RENEWED), (*_HABIT, _WAITING)),
        ),
        "by_code": Detection(
            title="A person's token was got by a device code, from an address not known for a day",
            level="low",
            when=f"{_BY_CODE} AND NOT {_STRANGE} AND {_NEW}",
            techniques=("T1528",),
            fires=(
                (PLAIN,),
                (*_HABIT, _token("refresh_token", **_ELSEWHERE, at="08:00:00"), STOLEN),
            ),
            quiet=((*_HABIT, STOLEN), (*_HABIT, PLAIN), (RENEWED,), (_WAITING,)),
        ),
    },
)
