"""An application of Identity Center is switched on or off, or its tile in the portal changes."""

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import denied
from trailmend.evidence.center import APPLICATION, PIPELINE, on_center
from trailmend.measures import STOP_CALLER
from trailmend.remediations.sso_applications import disable_application
from trailmend.tries import tries

_MODEL = "botocore sso-admin UpdateApplication"
_PORTAL = "botocore sso-admin UpdateApplicationPortalOptions, SignInOptions"
_SESSIONS = "botocore sso-admin PutApplicationSessionConfiguration"
_BACKGROUND_GUIDE = "AWS IAM Identity Center User Guide, User background sessions, read 2026-11-28"
MADE = on_center(
    "CreateApplication", name="reports", response={"applicationArn": APPLICATION}, at="08:00:00"
)
OFF, ON = (
    on_center("UpdateApplication", applicationArn=APPLICATION, status=status)
    for status in ("DISABLED", "ENABLED")
)
LED = on_center(
    "UpdateApplication",
    applicationArn=APPLICATION,
    portalOptions={
        "signInOptions": {"origin": "APPLICATION", "applicationUrl": "https://reports.example.com"}
    },
)
RENAMED = on_center("UpdateApplication", applicationArn=APPLICATION, description="reports")
BACKGROUND = on_center(
    "PutApplicationSessionConfiguration",
    applicationArn=APPLICATION,
    userBackgroundSessionApplicationStatus="ENABLED",
)
_GONE = on_center("UpdateApplication", applicationArn=APPLICATION, error="ValidationException")
_DENIED = denied("UpdateApplication", by=PIPELINE, source="sso")
_OWN = "COALESCE(target_made_by_actor, FALSE)"
_SESSION = "event_name = 'PutApplicationSessionConfiguration'"
# A request that CloudTrail left out may hold an address.
_ADDRESS = "COALESCE(request, '\"applicationUrl\":') LIKE '%\"applicationUrl\":%'"
_OFF = "COALESCE(request, '') LIKE '%\"status\":\"DISABLED\"%'"
_ON = "COALESCE(request, '') LIKE '%\"status\":\"ENABLED\"%'"
_PLAIN = f"NOT {_OWN} AND NOT {_SESSION} AND NOT {_ADDRESS}"

RUNBOOK = Runbook(
    events=(
        "sso.amazonaws.com:UpdateApplication",
        "sso.amazonaws.com:PutApplicationSessionConfiguration",
    ),
    family="Identity Center",
    tier=2,
    first="Read whether the request has another address or another status, and ask the owner.",
    information=(
        Claim(
            "UpdateApplication sets name, description, whether the application is enabled, and how "
            "people get to it from the portal.",
            f"{_MODEL}; {_PORTAL}",
        ),
        Claim(
            "With the origin APPLICATION the portal redirects whoever opens the application to the "
            "address that is set (applicationUrl).",
            _PORTAL,
        ),
        Claim(
            "With background sessions, jobs that a person started in an application that AWS "
            "manages go on though the person is signed out: 7 days if nothing is set, at most 90.",
            f"{_SESSIONS}; {_BACKGROUND_GUIDE}",
        ),
    ),
    impact=(
        Claim(
            "Another address leads everybody from the portal, which they trust, to a site of the "
            "caller's choice.",
            _PORTAL,
        ),
        Claim(
            "An application that was disabled to stop an intruder works again once it is enabled.",
            _MODEL,
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "The application moves to another address, or is retired.",
            (Fact("The caller had made the application.", "target_made_by_actor"),),
            (Fact("Nobody who owns the application knows the new address."),),
        ),
        Explanation(
            "unauthorised",
            "An intruder leads people to a sign-in page of their own.",
            (
                Fact("The request holds an address.", _ADDRESS),
                Fact("The address is not of the company and not of the application's vendor."),
            ),
            (Fact("The application was disabled.", _OFF),),
        ),
    ),
    corrections=(
        Correction(
            "A disabled application is gone.",
            Claim(
                "It is still there, described with the status DISABLED, and can be enabled again.",
                f"{_MODEL}, DescribeApplication (Status)",
            ),
        ),
    ),
    questions=("Whose is the address, and who opened the application since?",),
    false_positives=("An application that moves to another domain.",),
    detections={
        "led_elsewhere": Detection(
            title="The portal leads people to another address for an application",
            level="medium",
            when=f"NOT {_OWN} AND NOT {_SESSION} AND {_ADDRESS}",
            techniques=("T1566.002", "T1556"),
            fixes=(disable_application, *STOP_CALLER),
            fires=((LED,),),
            quiet=((MADE, LED), (OFF,), (RENAMED,)),
        ),
        "switched_off": Detection(
            title="An application of Identity Center was disabled",
            level="low",
            when=f"{_PLAIN} AND {_OFF}",
            techniques=("T1531",),
            fires=((OFF,),),
            quiet=((MADE, OFF), (ON,), (_GONE,)),
        ),
        "switched_on": Detection(
            title="An application of Identity Center was enabled",
            level="low",
            when=f"{_PLAIN} AND {_ON} AND NOT {_OFF}",
            fires=((ON,),),
            quiet=((OFF,), (RENAMED,)),
        ),
        "background": Detection(
            title="Whether jobs go on without a signed-in person was set for an application",
            level="low",
            when=f"NOT {_OWN} AND {_SESSION}",
            fires=((BACKGROUND,),),
            quiet=((ON,), (MADE, BACKGROUND)),
        ),
        "renamed": Detection(
            title="The name or description of an application was changed",
            level="info",
            when=f"{_PLAIN} AND NOT {_OFF} AND NOT {_ON}",
            fires=((RENAMED,),),
            quiet=((ON,), (OFF,), (LED,)),
        ),
        "by_maker": Detection(
            title="An application was changed by whoever had made it",
            level="info",
            when=_OWN,
            fires=((MADE, OFF), (MADE, LED), (MADE, BACKGROUND)),
            quiet=((OFF,), (LED,)),
        ),
        **tries("change an application", denied=_DENIED, failed=_GONE, done=OFF),
    },
)
