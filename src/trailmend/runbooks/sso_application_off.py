"""An application of Identity Center is deleted, or loses a way to get tokens."""

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import denied
from trailmend.evidence.center import APPLICATION, PIPELINE, on_center
from trailmend.tries import tries

_MODEL = "botocore sso-admin DeleteApplication"
_PARTS = (
    "botocore sso-admin DeleteApplicationGrant, DeleteApplicationAuthenticationMethod, "
    "DeleteApplicationAccessScope"
)
MADE = on_center(
    "CreateApplication", name="reports", response={"applicationArn": APPLICATION}, at="08:00:00"
)
DELETED = on_center("DeleteApplication", applicationArn=APPLICATION)
GRANT = on_center(
    "DeleteApplicationGrant", applicationArn=APPLICATION, grantType="authorization_code"
)
METHOD = on_center(
    "DeleteApplicationAuthenticationMethod",
    applicationArn=APPLICATION,
    authenticationMethodType="IAM",
)
SCOPE = on_center(
    "DeleteApplicationAccessScope", applicationArn=APPLICATION, scope="redshift:connect"
)
_GONE = on_center(
    "DeleteApplication", applicationArn=APPLICATION, error="ResourceNotFoundException"
)
_DENIED = denied("DeleteApplication", by=PIPELINE, source="sso")
_OWN = "COALESCE(target_made_by_actor, FALSE)"
_ENDS = "event_name = 'DeleteApplication'"

RUNBOOK = Runbook(
    events=(
        "sso.amazonaws.com:DeleteApplication",
        "sso.amazonaws.com:DeleteApplicationGrant",
        "sso.amazonaws.com:DeleteApplicationAuthenticationMethod",
        "sso.amazonaws.com:DeleteApplicationAccessScope",
    ),
    family="Identity Center",
    tier=2,
    first="Ask the application's owner whether it still works, and set again what it lost.",
    information=(
        Claim(
            "DeleteApplication ends the tie between Identity Center and the application; what is "
            "connected stays where it runs.",
            _MODEL,
        ),
        Claim(
            "The others take one grant, one authentication method or one access scope from it; the "
            "request names which one.",
            _PARTS,
        ),
    ),
    impact=(
        Claim("Nobody gets into the application by Identity Center any more.", _MODEL),
        Claim(
            "Without the grant or the method the application gets no token in that way; without "
            "the scope its tokens do not reach what it named.",
            f"{_PARTS}; botocore sso-oidc CreateTokenWithIAM (scope)",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "The application is retired, or gets tokens in another way.",
            (Fact("The caller had made the application.", "target_made_by_actor"),),
            (Fact("People still use the application."),),
        ),
        Explanation(
            "unauthorised",
            "An intruder cuts people off from their work, or clears away what they had set.",
            (Fact("The same principal made the application hours before.", "target_age < 86400"),),
            (Fact("Whoever owns the application asked for it."),),
        ),
    ),
    corrections=(
        Correction(
            "An application that is made again is the former.",
            Claim(
                "It has another ARN, and its grants, scopes and assignments must be set anew.",
                "botocore sso-admin CreateApplicationResponse, PutApplicationGrant",
            ),
        ),
    ),
    questions=("Who uses the application, and by which grant does it get tokens?",),
    false_positives=("Infrastructure as code that tears down an application.",),
    detections={
        "deleted": Detection(
            title="An application of Identity Center was deleted: its people lose it",
            level="low",
            when=f"{_ENDS} AND NOT {_OWN}",
            techniques=("T1531",),
            fires=((DELETED,),),
            quiet=((MADE, DELETED), (GRANT,), (_GONE,)),
        ),
        "narrowed": Detection(
            title="An application lost a way to get tokens, or what they reach",
            level="low",
            when=f"NOT {_ENDS} AND NOT {_OWN}",
            techniques=("T1531",),
            fires=((GRANT,), (METHOD,), (SCOPE,)),
            quiet=((MADE, GRANT), (DELETED,), (_DENIED,)),
        ),
        "by_maker": Detection(
            title="An application was deleted or narrowed by whoever had made it",
            level="info",
            when=_OWN,
            fires=((MADE, DELETED), (MADE, SCOPE)),
            quiet=((DELETED,), (SCOPE,)),
        ),
        **tries("delete or narrow an application", denied=_DENIED, failed=_GONE, done=DELETED),
    },
)
