"""A foreign issuer of tokens may vouch for people of the directory, in applications."""

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import denied
from trailmend.evidence.center import PIPELINE, on_center
from trailmend.measures import STOP_CALLER
from trailmend.tries import tries

_MODEL = "botocore sso-admin CreateTrustedTokenIssuer"
_CONFIGURATION = "botocore sso-admin OidcJwtConfiguration"
_UPDATE = "botocore sso-admin UpdateTrustedTokenIssuer, OidcJwtUpdateConfiguration"
_ARN = "arn:aws:sso::111122223333:trustedTokenIssuer/ssoins-1234567890abcdef/tti-1"
MADE = on_center(
    "CreateTrustedTokenIssuer",
    name="company",
    trustedTokenIssuerConfiguration={
        "oidcJwtConfiguration": {
            "issuerUrl": "https://login.example.com",
            "claimAttributePath": "email",
            "identityStoreAttributePath": "emails.value",
        }
    },
    response={"trustedTokenIssuerArn": _ARN},
    at="08:00:00",
)
CHANGED = on_center("UpdateTrustedTokenIssuer", trustedTokenIssuerArn=_ARN)
DELETED = on_center("DeleteTrustedTokenIssuer", trustedTokenIssuerArn=_ARN)
_GONE = on_center(
    "UpdateTrustedTokenIssuer", trustedTokenIssuerArn=_ARN, error="ResourceNotFoundException"
)
_DENIED = denied("CreateTrustedTokenIssuer", by=PIPELINE, source="sso")
_OWN = "COALESCE(target_made_by_actor, FALSE)"
_NEW = "event_name = 'CreateTrustedTokenIssuer'"
_ENDS = "event_name = 'DeleteTrustedTokenIssuer'"

RUNBOOK = Runbook(
    events=(
        "sso.amazonaws.com:CreateTrustedTokenIssuer",
        "sso.amazonaws.com:UpdateTrustedTokenIssuer",
        "sso.amazonaws.com:DeleteTrustedTokenIssuer",
    ),
    family="Identity Center",
    first="Check whose the issuer's URL is; if nobody knows it, delete the issuer.",
    information=(
        Claim(
            "An issuer is the URL of an OpenID provider and two attributes: one of the token, one "
            "of the directory. A token whose value matches stands for that person.",
            _CONFIGURATION,
        ),
        Claim(
            "Applications use it by a grant of the JWT bearer kind that names the issuer; nobody "
            "signs in to the access portal by it.",
            f"{_MODEL}; botocore sso-admin JwtBearerGrant",
        ),
        Claim("An update can change name and attributes, and not the URL.", _UPDATE),
    ),
    impact=(
        Claim(
            "Whoever runs the issuer can write a token for any person whose attribute they know, "
            "to applications that accept it, and reach what those reach for the person.",
            f"{_MODEL}; {_CONFIGURATION}",
        ),
        Claim(
            "Another attribute, as an address that people set themselves, lets one person's token "
            "mean another.",
            _UPDATE,
        ),
        Claim(
            "Deleted, it cuts people off from the applications that are configured to use it.",
            "botocore sso-admin DeleteTrustedTokenIssuer",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "An application outside AWS is to work for its users in AWS (trusted identity "
            "propagation).",
            (Fact("The URL is the company's own provider."),),
            (Fact("No application's grant names the issuer."),),
        ),
        Explanation(
            "unauthorised",
            "An intruder lets an issuer of their own speak for everybody.",
            (Fact("PutApplicationGrant that names it followed."),),
            (Fact("The URL was known before, from another instance."),),
        ),
        Explanation(
            "insider",
            "A developer adds a provider of a test to the real instance.",
            (Fact("The provider's address is one of a test."),),
            (Fact("The change was reviewed."),),
        ),
        Explanation(
            "accident",
            "The mapping is set to an attribute that is not unique.",
            (Fact("The issuer was changed, not made.", f"NOT {_NEW}"),),
            (Fact("The attribute is the person's own id."),),
        ),
        Explanation(
            "automation",
            "Infrastructure as code keeps the issuer.",
            (Fact("The caller had made the issuer.", "target_made_by_actor"),),
            (Fact("Somebody else had made the issuer.", "NOT target_made_by_actor"),),
        ),
    ),
    corrections=(
        Correction(
            "A trusted token issuer opens AWS accounts.",
            Claim(
                "It opens applications that are enabled for Identity Center, by tokens; accounts "
                "need assignments.",
                f"{_MODEL}; botocore sso-admin CreateAccountAssignment",
            ),
        ),
    ),
    questions=(
        "Whose is the URL, and who can sign tokens there?",
        "Which applications have a grant that names it (ListApplicationGrants)?",
    ),
    false_positives=("The set-up of an analytics or data application.",),
    console=(
        Console(
            "Take the issuer away",
            (
                "In the account that administers Identity Center: aws sso-admin "
                "delete-trusted-token-issuer --trusted-token-issuer-arn ARN.",
                "Before that, note its configuration: describe-trusted-token-issuer. To undo, make "
                "it anew; grants have to name the new ARN.",
            ),
            "botocore sso-admin DeleteTrustedTokenIssuer, DescribeTrustedTokenIssuer",
            "2026-11-28",
        ),
    ),
    not_fixable=(
        Claim(
            "No fix deletes the issuer: no call switches one off and on again, and one that is "
            "made anew has another ARN, which no grant names.",
            "botocore sso-admin DeleteTrustedTokenIssuer, CreateTrustedTokenIssuerResponse",
        ),
        Claim(
            "Whether tokens that were exchanged before end with the issuer is not known: the model "
            "says that people lose access to the applications, and not when.",
            "botocore sso-admin DeleteTrustedTokenIssuer",
        ),
    ),
    detections={
        "made": Detection(
            title="A foreign issuer of tokens was let in to Identity Center",
            level="high",
            when=_NEW,
            techniques=("T1484.002", "T1556"),
            fixes=STOP_CALLER,
            fires=((MADE,),),
            quiet=((CHANGED,), (DELETED,), (_DENIED,)),
        ),
        "changed": Detection(
            title="How tokens of an issuer are matched to people was changed",
            level="medium",
            when=f"NOT {_NEW} AND NOT {_ENDS} AND NOT {_OWN}",
            techniques=("T1484.002", "T1556"),
            fixes=STOP_CALLER,
            fires=((CHANGED,),),
            quiet=((MADE, CHANGED), (DELETED,), (_GONE,)),
        ),
        "deleted": Detection(
            title="An issuer of tokens was deleted: applications that use it lose their people",
            level="low",
            when=f"{_ENDS} AND NOT {_OWN}",
            techniques=("T1531",),
            fires=((DELETED,),),
            quiet=((MADE, DELETED), (CHANGED,)),
        ),
        "by_maker": Detection(
            title="An issuer of tokens was changed or deleted by whoever had made it",
            level="low",
            when=f"NOT {_NEW} AND {_OWN}",
            fires=((MADE, CHANGED), (MADE, DELETED)),
            quiet=((CHANGED,), (MADE,)),
        ),
        **tries(
            "change the issuers of tokens",
            denied=_DENIED,
            failed=_GONE,
            done=CHANGED,
            level="medium",
            techniques=("T1484.002",),
        ),
    },
)
