"""An application of Identity Center is made, or gets grants, authentication and scopes."""

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import denied
from trailmend.evidence.center import APPLICATION, PIPELINE, on_center
from trailmend.measures import STOP_CALLER
from trailmend.remediations.sso_applications import disable_application
from trailmend.tries import tries

_CREATE = "botocore sso-admin CreateApplication"
_GRANT = "botocore sso-admin PutApplicationGrant"
_ACCOUNT_ACCESS = (
    "AWS IAM Identity Center User Guide, Enable AWS account access for customer managed "
    "applications, read 2026-11-28"
)
MADE = on_center(
    "CreateApplication", name="reports", response={"applicationArn": APPLICATION}, at="08:00:00"
)
GRANT = on_center(
    "PutApplicationGrant",
    applicationArn=APPLICATION,
    grantType="urn:ietf:params:oauth:grant-type:jwt-bearer",
)
METHOD = on_center(
    "PutApplicationAuthenticationMethod", applicationArn=APPLICATION, authenticationMethodType="IAM"
)
SCOPE = on_center(
    "PutApplicationAccessScope", applicationArn=APPLICATION, scope="redshift:connect", at="09:01:00"
)
ACCOUNTS = on_center(
    "PutApplicationAccessScope",
    applicationArn=APPLICATION,
    scope="sso:account:access",
    at="09:01:00",
)
_BAD = on_center("PutApplicationGrant", applicationArn=APPLICATION, error="ValidationException")
_DENIED = denied("PutApplicationGrant", by=PIPELINE, source="sso")
_NEW = "event_name = 'CreateApplication'"
_OWN = "COALESCE(target_made_by_actor, FALSE)"
_OF_ACCOUNTS = (
    "(event_name = 'PutApplicationAccessScope' AND "
    "COALESCE(request, '') LIKE '%\"scope\":\"sso:account:access\"%')"
)
_PART = f"NOT {_NEW} AND NOT {_OF_ACCOUNTS}"

RUNBOOK = Runbook(
    events=(
        "sso.amazonaws.com:CreateApplication",
        "sso.amazonaws.com:PutApplicationGrant",
        "sso.amazonaws.com:PutApplicationAuthenticationMethod",
        "sso.amazonaws.com:PutApplicationAccessScope",
    ),
    family="Identity Center",
    tier=2,
    first="Ask the application's owner which grant and which caller it needs; take off the rest.",
    information=(
        Claim("CreateApplication makes an OAuth 2.0 application of the customer's own.", _CREATE),
        Claim(
            "A grant says how the application gets tokens: by a code, by a token of a trusted "
            "issuer, by refresh, or by exchange.",
            _GRANT,
        ),
        Claim(
            "The authentication method says which IAM principals may act as the application.",
            "botocore sso-admin PutApplicationAuthenticationMethod, IamAuthenticationMethod",
        ),
        Claim(
            "Applications that are made in the console may be recorded by other names, as "
            "CreateApplicationInstance and CreateProfile.",
            "AWS IAM Identity Center User Guide (archive of June 2023), IAM Identity Center "
            "information in CloudTrail (console API operations), read 2026-11-28",
        ),
    ),
    impact=(
        Claim(
            "With the scope sso:account:access the application gets credentials of the roles that "
            "people are assigned in AWS accounts, for each person whose token it is given.",
            _ACCOUNT_ACCESS,
        ),
        Claim(
            "Whoever may act as the application gets tokens of people and reaches, for them, what "
            "its scopes name.",
            f"{_GRANT}; botocore sso-admin PutApplicationAccessScope",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "A data application is connected, so that each person sees their own data.",
            (Fact("The caller had made the application.", "target_made_by_actor"),),
            (Fact("Somebody else had made the application.", "NOT target_made_by_actor"),),
        ),
        Explanation(
            "unauthorised",
            "An intruder lets a role of their own act as an application that people trust.",
            (
                Fact("CreateTokenWithIAM by an unknown role followed."),
                Fact("The scope is that of AWS accounts.", _OF_ACCOUNTS),
            ),
            (Fact("The role in the request is the application's own."),),
        ),
    ),
    corrections=(
        Correction(
            "An application needs assignments before anybody can use it.",
            Claim(
                "Only where assignments are required; that is a setting of each application.",
                "botocore sso-admin PutApplicationAssignmentConfiguration",
            ),
        ),
    ),
    questions=("Which roles may act as the application, and who can assume them?",),
    false_positives=("The set-up of an application, which makes all four calls.",),
    detections={
        "account_access": Detection(
            title="An application of somebody else may take people's roles in AWS accounts",
            level="high",
            when=f"{_OF_ACCOUNTS} AND NOT {_OWN}",
            techniques=("T1098", "T1550.001"),
            fixes=(disable_application, *STOP_CALLER),
            fires=((ACCOUNTS,),),
            quiet=((MADE, ACCOUNTS), (SCOPE,), (_BAD,)),
        ),
        "own_account_access": Detection(
            title="An application may take people's roles in AWS accounts, set so by its maker",
            level="medium",
            when=f"{_OF_ACCOUNTS} AND {_OWN}",
            techniques=("T1098", "T1550.001"),
            fixes=(disable_application, *STOP_CALLER),
            fires=((MADE, ACCOUNTS),),
            quiet=((ACCOUNTS,), (MADE, SCOPE)),
        ),
        "changed": Detection(
            title="How an application of somebody else gets tokens was changed",
            level="medium",
            when=f"{_PART} AND NOT {_OWN}",
            techniques=("T1098", "T1550.001"),
            fixes=(disable_application, *STOP_CALLER),
            fires=((GRANT,), (METHOD,), (SCOPE,)),
            quiet=((MADE, GRANT), (MADE,), (_BAD,)),
        ),
        "set_up": Detection(
            title="An application was set up by whoever had made it",
            level="low",
            when=f"{_PART} AND {_OWN}",
            fires=((MADE, GRANT), (MADE, METHOD)),
            quiet=((GRANT,), (MADE,)),
        ),
        "made": Detection(
            title="An application of Identity Center was made",
            level="low",
            when=_NEW,
            fixes=(disable_application,),
            fires=((MADE,),),
            quiet=((GRANT,), (_DENIED,)),
        ),
        **tries("change an application's tokens", denied=_DENIED, failed=_BAD, done=GRANT),
    },
)
