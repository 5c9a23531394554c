"""What a trail records is chosen anew: the list that is sent replaces the former whole."""

from typing import Any

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, call, denied, role, root, user
from trailmend.measures import STOP_CALLER
from trailmend.remediations.trails import repair_trail
from trailmend.tries import tries

_MODEL = "botocore cloudtrail PutEventSelectors"
_SHAPE = "botocore cloudtrail EventSelector"
_ARN = "arn:aws:cloudtrail:us-east-1:111122223333:trail/main"
BOB, CI = user("bob"), role("ci")


def _put(by: Principal, *, management: bool = True, **more: Any) -> dict[str, Any]:
    selector = {
        "readWriteType": "All",
        "includeManagementEvents": management,
        "dataResources": [],
        "excludeManagementEventSources": [],
    }
    request = {"trailName": "main", "eventSelectors": [selector]}
    return call("PutEventSelectors", by=by, source="cloudtrail", request=request, **more)


_DENIED = denied("PutEventSelectors", by=BOB, resource=_ARN, source="cloudtrail")
_BAD = _put(BOB, error="InvalidEventSelectorsException")
_LESS = "COALESCE(weakens, FALSE)"

RUNBOOK = Runbook(
    events=("cloudtrail.amazonaws.com:PutEventSelectors",),
    family="trail",
    first="Let the trail record all management events again (`trails.repair_trail`).",
    information=(
        Claim(
            "Selectors say whether management events are recorded, reads or writes or both, and of "
            "which objects, functions and tables data events are.",
            _MODEL,
        ),
        Claim(
            "A trail without any records all management events.",
            f"{_MODEL} (default settings for event selectors)",
        ),
        Claim(
            "A request holds EventSelectors or AdvancedEventSelectors, never both; whichever is "
            "sent overwrites those of the other kind.",
            _MODEL,
        ),
        Claim(
            "Of management events only those of KMS and of the RDS Data API can be left out by "
            "name.",
            f"{_SHAPE} (ExcludeManagementEventSources); AWS CloudTrail API Reference, "
            "AdvancedFieldSelector, read 2026-11-28",
        ),
        Claim(
            "The new list is in the request; the former one is in none of the record.",
            "sample: panther PutEventSelectors",
        ),
    ),
    impact=(
        Claim(
            "With management events off, the trail runs and records no change of an identity: "
            "IsLogging stays true and files of data events go on arriving.",
            f"{_SHAPE} (IncludeManagementEvents); botocore cloudtrail GetTrailStatus",
        ),
        Claim(
            "With ReadOnly it records who looks and not who changes.", f"{_SHAPE} (ReadWriteType)"
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "Data events are added, or a second trail is to hold them alone.",
            (
                Fact("No fewer management events are recorded than before.", "NOT weakens"),
                Fact("Another trail records management events."),
            ),
            (Fact("Management events that were recorded are left out now.", "weakens"),),
        ),
        Explanation(
            "unauthorised",
            "An intruder blinds the trail where an alarm on StopLogging stays silent.",
            (Fact("Management events that were recorded are left out now.", "weakens"),),
            (Fact("They were recorded again within minutes."),),
        ),
        Explanation(
            "insider",
            "Somebody hides a piece of work for an hour.",
            (Fact("The former selectors came back an hour later."),),
            (Fact("A ticket asks for fewer events, to save cost."),),
        ),
        Explanation(
            "accident",
            "A list for data events was sent, and the rest fell out of it.",
            (Fact("Data events came new with it; see the request."),),
            (Fact("The list names no data."),),
        ),
        Explanation(
            "automation",
            "Infrastructure as code sends its list at each run.",
            (Fact("The file of the trail lists these selectors."),),
            (Fact("The file of the trail lists other selectors."),),
        ),
    ),
    control_gaps=(
        Claim(
            "Alarms watch StopLogging and DeleteTrail, and not this call.",
            "SigmaHQ rules, aws_cloudtrail_disable_logging, read 2026-11-28: it names StopLogging, "
            "UpdateTrail and DeleteTrail, and no rule names PutEventSelectors",
        ),
    ),
    corrections=(
        Correction(
            "Adding a selector for data leaves the rest as it is.",
            Claim("The list replaces the former; what is not sent again is gone.", _MODEL),
        ),
    ),
    questions=("Which other trail records management events of reads and writes?",),
    false_positives=("A trail for data events beside one for management events.",),
    console=(
        Console(
            "Record management events again",
            (
                "Open the CloudTrail console in the trail's home region, choose Trails, its name.",
                "At Management events choose Edit; tick Read and Write, then Save changes.",
            ),
            "AWS CloudTrail User Guide (archive of June 2023), Logging management events for "
            "trails; labels not checked on a live console",
            "2026-11-28",
        ),
    ),
    not_fixable=(
        Claim("What was not recorded meanwhile is in the event history of 90 days only.", _MODEL),
    ),
    detections={
        "less": Detection(
            title="A trail no longer records all management events",
            level="high",
            when=f"{_LESS} AND actor_type <> 'Root'",
            techniques=("T1562.008",),
            fixes=(repair_trail, *STOP_CALLER),
            fires=((_put(BOB, management=False),), (_put(CI, management=False),)),
            quiet=((_put(BOB),), (_put(root(), management=False),), (_BAD,)),
        ),
        "less_by_root": Detection(
            title="Root let a trail record less than all management events",
            level="high",
            when=f"{_LESS} AND actor_type = 'Root'",
            techniques=("T1562.008",),
            fixes=(repair_trail,),
            fires=((_put(root(), management=False),),),
            quiet=((_put(root()),), (_put(BOB, management=False),)),
        ),
        "chosen": Detection(
            title="What a trail records was chosen anew",
            level="low",
            when=f"NOT {_LESS}",
            fires=((_put(BOB),),),
            quiet=((_put(BOB, management=False),), (_DENIED,)),
        ),
        **tries(
            "choose what a trail records",
            denied=_DENIED,
            failed=_BAD,
            done=_put(BOB),
            level="medium",
            techniques=("T1562.008",),
        ),
    },
)
