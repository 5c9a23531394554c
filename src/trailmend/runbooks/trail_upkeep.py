"""A trail or a store of events is made, started or stopped; insights and administrators change."""

from typing import Any

from trailmend.catalog import Claim, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, call, denied, role, user
from trailmend.tries import tries

_MAKE = "botocore cloudtrail CreateTrail, StartLogging"
_STORE = "botocore cloudtrail DeleteEventDataStore, StopEventDataStoreIngestion"
_ADMIN = "botocore cloudtrail RegisterOrganizationDelegatedAdmin"
_INSIGHT = "botocore cloudtrail PutInsightSelectors"
BOB, CI = user("bob"), role("ci")


def _do(event_name: str, by: Principal = BOB, **request: Any) -> dict[str, Any]:
    more = {one: request.pop(one) for one in ("error", "at") if one in request}
    return call(event_name, by=by, source="cloudtrail", request=request, **more)


_MADE = _do("CreateTrail", name="main", s3BucketName="logs")
_STOPPED = _do("StopEventDataStoreIngestion", eventDataStore="example")
_NO_INSIGHT = _do("PutInsightSelectors", trailName="main", insightSelectors=[])
_GONE = _do("StartLogging", name="main", error="TrailNotFoundException")
_DENIED = denied("DeleteEventDataStore", by=BOB, source="cloudtrail")
_BLINDS = (
    "(event_name IN ('DeleteEventDataStore', 'StopEventDataStoreIngestion') OR "
    "COALESCE(weakens, FALSE))"
)
_HANDS_OVER = (
    "event_name IN ('RegisterOrganizationDelegatedAdmin', 'DeregisterOrganizationDelegatedAdmin')"
)

RUNBOOK = Runbook(
    events=tuple(
        f"cloudtrail.amazonaws.com:{name}"
        for name in (
            *("CreateEventDataStore", "CreateTrail", "DeleteEventDataStore"),
            *("DeregisterOrganizationDelegatedAdmin", "PutInsightSelectors"),
            *("RegisterOrganizationDelegatedAdmin", "RestoreEventDataStore"),
            *("StartEventDataStoreIngestion", "StartLogging", "StopEventDataStoreIngestion"),
        )
    ),
    family="trail",
    tier=2,
    first="A store that was stopped or deleted: start or restore it; the rest needs a question.",
    information=(
        Claim("A trail that is made records nothing until logging is started.", _MAKE),
        Claim(
            "A store of events (CloudTrail Lake) that is deleted can be restored for seven days.",
            f"{_STORE}; botocore cloudtrail RestoreEventDataStore",
        ),
        Claim(
            "A store takes events in from its making on, unless it is told not to; one that was "
            "stopped takes them in again when it is started.",
            "botocore cloudtrail CreateEventDataStore (StartIngestion), "
            "StartEventDataStoreIngestion",
        ),
        Claim("An empty list of insights turns them off.", _INSIGHT),
        Claim("A delegated administrator manages the organization's trails and stores.", _ADMIN),
    ),
    impact=(
        Claim("Searches over the store end, and after seven days what it held is gone.", _STORE),
        Claim("Another account rules over what the organization records.", _ADMIN),
    ),
    explanations=(
        Explanation(
            "intended",
            "Recording is set up or moved; Lake is closed to new customers and being left.",
            (Fact("A trail of all regions records."),),
            (Fact("A store was stopped or deleted.", _BLINDS),),
        ),
        Explanation(
            "unauthorised",
            "An intruder takes away the place where people search.",
            (Fact("A store was stopped or deleted, or insights turned off.", _BLINDS),),
            (
                Fact(
                    "Something was made or started that records.",
                    f"NOT {_BLINDS} AND NOT {_HANDS_OVER}",
                ),
            ),
        ),
    ),
    corrections=(
        Correction(
            "CreateTrail means that the account is recorded.",
            Claim("StartLogging does; the console calls both.", _MAKE),
        ),
    ),
    questions=("What records the account now?", "Who administers the organization's trails?"),
    false_positives=("Set-ups, and the end of CloudTrail Lake.",),
    detections={
        "blinded": Detection(
            title="A store of events was stopped or deleted, or insights were turned off",
            level="medium",
            when=_BLINDS,
            techniques=("T1562.008",),
            fires=((_STOPPED,), (_NO_INSIGHT,), (_do("DeleteEventDataStore", CI),)),
            quiet=((_MADE,), (_GONE,)),
        ),
        "handed_over": Detection(
            title="The administrator of the organization's trails was changed",
            level="medium",
            when=f"{_HANDS_OVER} AND NOT {_BLINDS}",
            techniques=("T1098",),
            fires=((_do("RegisterOrganizationDelegatedAdmin", memberAccountId="444455556666"),),),
            quiet=((_MADE,), (_STOPPED,)),
        ),
        "set_up": Detection(
            title="A trail or store was made, started or restored, or insights were chosen",
            level="info",
            when=f"NOT {_HANDS_OVER} AND NOT {_BLINDS}",
            fires=(
                (_MADE,),
                (_do("StartLogging", name="main"),),
                (_do("CreateEventDataStore", name="lake"),),
                (_do("RestoreEventDataStore", eventDataStore="example"),),
            ),
            quiet=((_STOPPED,), (_DENIED,)),
        ),
        **tries(
            "change what records the account",
            denied=_DENIED,
            failed=_GONE,
            done=_MADE,
            level="medium",
        ),
    },
)
