"""A list of revoked certificates is imported, replaced or enabled."""

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import denied
from trailmend.evidence.center import PIPELINE, on_anywhere
from trailmend.tries import tries

_MODEL = "botocore rolesanywhere ImportCrl, UpdateCrl, EnableCrl"
_ID = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
MADE = on_anywhere("ImportCrl", name="revoked", response={"crl": {"crlId": _ID}}, at="08:00:00")
REPLACED = on_anywhere("UpdateCrl", crlId=_ID, crlData="LS0tLS1CRUdJTiBYNTA5IENSTC0tLS0t")
ON = on_anywhere("EnableCrl", crlId=_ID)
_BAD = on_anywhere("ImportCrl", name="revoked", error="ValidationException")
_DENIED = denied("ImportCrl", by=PIPELINE, source="rolesanywhere")

RUNBOOK = Runbook(
    events=(
        "rolesanywhere.amazonaws.com:ImportCrl",
        "rolesanywhere.amazonaws.com:UpdateCrl",
        "rolesanywhere.amazonaws.com:EnableCrl",
    ),
    family="federation",
    tier=2,
    first="Nothing is urgent; of a replaced list check that the revoked serials are still on it.",
    information=(
        Claim(
            "UpdateCrl carries a whole revocation list, as the authority signed it; no call adds "
            "or takes away a single serial.",
            "botocore rolesanywhere UpdateCrlRequest (crlData), and its list of operations",
        ),
        Claim("An imported list belongs to one trust anchor.", "botocore rolesanywhere ImportCrl"),
    ),
    impact=(
        Claim(
            "A list that holds fewer serials than the one before lets the missing ones in again, "
            "and looks like upkeep.",
            "botocore rolesanywhere UpdateCrl",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "The authority's newest list is brought in, as every week.",
            (Fact("The caller had imported the list.", "target_made_by_actor"),),
            (Fact("A serial that was on the old list is not on the new one."),),
        ),
        Explanation(
            "unauthorised",
            "An empty list takes the place of the full one.",
            (Fact("The request's list holds fewer serials than the last."),),
            (Fact("The list is signed by the authority and newer than the last."),),
        ),
    ),
    corrections=(
        Correction(
            "A revoked certificate ends the sessions that were given for it.",
            Claim(
                "The list is asked before credentials are issued; sessions last until they expire.",
                "botocore rolesanywhere ImportCrl; AWS IAM Roles Anywhere User Guide, The "
                "relationship between CreateSession and AssumeRole, read 2026-11-28",
            ),
        ),
    ),
    questions=("Who publishes the list, and by which job does it come here?",),
    false_positives=("The job that renews the lists.",),
    detections={
        "replaced": Detection(
            title="A revocation list was replaced",
            level="low",
            when="event_name = 'UpdateCrl'",
            techniques=("T1562",),
            fires=((REPLACED,), (MADE, REPLACED)),
            quiet=((MADE,), (ON,)),
        ),
        "on": Detection(
            title="A revocation list was imported or enabled",
            level="info",
            when="event_name <> 'UpdateCrl'",
            fires=((MADE,), (ON,)),
            quiet=((REPLACED,), (_BAD,)),
        ),
        **tries("bring in a revocation list", denied=_DENIED, failed=_BAD, done=MADE),
    },
)
