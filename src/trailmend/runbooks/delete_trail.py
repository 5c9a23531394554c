"""A trail is deleted; its files stay in the bucket."""

from typing import Any

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, call, denied, role, root, user
from trailmend.measures import STOP_CALLER
from trailmend.remediations.trails import repair_trail

_MODEL = "botocore cloudtrail DeleteTrail"
_ARN = "arn:aws:cloudtrail:us-east-1:111122223333:trail/main"
BOB, DEPLOY = user("bob"), role("deploy")


def _delete(by: Principal, name: str = "main", **more: Any) -> dict[str, Any]:
    return call("DeleteTrail", by=by, source="cloudtrail", request={"name": name}, **more)


def _make(by: Principal) -> dict[str, Any]:
    request = {"name": "main", "s3BucketName": "logs"}
    return call("CreateTrail", by=by, source="cloudtrail", request=request, at="08:00:00")


_GONE = _delete(BOB, error="TrailNotFoundException")
_BUSY = _delete(BOB, error="ConflictException")
_DENIED = denied("DeleteTrail", by=BOB, resource=_ARN, source="cloudtrail")
_OWN = "COALESCE(target_made_by_actor, FALSE)"

RUNBOOK = Runbook(
    events=("cloudtrail.amazonaws.com:DeleteTrail",),
    family="trail",
    first="Make a trail again (`trails.repair_trail`); then see whether the bucket is untouched.",
    information=(
        Claim(
            "The trail is gone for good, with its settings; log files, bucket and log group stay.",
            _MODEL,
        ),
        Claim(
            "Of a trail of all regions every region's recording ends; it is deleted in the region "
            "where it was made.",
            _MODEL,
        ),
        Claim(
            "The request names the trail by name or ARN and holds nothing of its settings: these "
            "are in CreateTrail, UpdateTrail and PutEventSelectors of before.",
            "sample: splunk DeleteTrail; sample: panther DeleteTrail",
        ),
        Claim(
            "A trail that is not there gives TrailNotFoundException.",
            "sample: invictus DeleteTrail",
        ),
    ),
    impact=(
        Claim("What that trail recorded is recorded by nothing, until another does.", _MODEL),
        Claim(
            "A trail that is made again is another trail: who knew the old one's ARN (the bucket "
            "policy by aws:SourceArn, alarms) has to know the new one, or the same name.",
            "AWS CloudTrail User Guide (archive of June 2023), Amazon S3 bucket policy for "
            "CloudTrail, read 2026-11-28",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "Another trail has taken over, or a test's trail is cleared away.",
            (Fact("The caller had made the trail.", "target_made_by_actor"),),
            (Fact("It was the only trail of all regions; see aws cloudtrail describe-trails."),),
        ),
        Explanation(
            "unauthorised",
            "An intruder ends the record of what they are about to do.",
            (Fact("The bucket was touched as well: PutBucketPolicy, DeleteBucket, lifecycle."),),
            (Fact("CreateTrail with the same bucket followed at once."),),
        ),
        Explanation(
            "insider",
            "Somebody who knows where the log goes removes it before a change of their own.",
            (Fact("A change by the same person came in the hours after."),),
            (Fact("The code that makes the trail was changed by review."),),
        ),
        Explanation(
            "accident",
            "A stack that held the trail was deleted with all else in it.",
            (Fact("DeleteStack stands beside it."),),
            (Fact("Nothing else was deleted."),),
        ),
        Explanation(
            "automation",
            "Infrastructure as code replaces a trail: a changed name deletes and makes.",
            (Fact("The file of the trail holds another name by now."),),
            (Fact("No CreateTrail by the same role is near."),),
        ),
    ),
    control_gaps=(
        Claim(
            "The trail belongs to the account and not to the organization, whose trails members "
            "cannot delete.",
            "AWS CloudTrail User Guide (archive of June 2023), Creating a trail for an "
            "organization, read 2026-11-28",
        ),
    ),
    corrections=(
        Correction(
            "Deleting a trail deletes the logs.",
            Claim("Bucket and files stay; look at what happened to the bucket apart.", _MODEL),
        ),
    ),
    questions=(
        "Which trail records the account now, and since when?",
        "To the owner of the bucket: was it touched, its policy, its lifecycle, its objects?",
        "To the caller (`actor`): which stack or ticket deleted the trail?",
    ),
    false_positives=(
        "Short-lived trails of tests and of attack simulations.",
        "The end of a migration to the organization's trail.",
    ),
    console=(
        Console(
            "Make the trail again",
            (
                "Open the CloudTrail console in the former home region, choose Trails, then "
                "Create trail.",
                "Give the former name, so that alarms and bucket policy find it, and the former "
                "bucket.",
                "Choose log file validation, and management events of reads and writes.",
            ),
            "AWS CloudTrail User Guide (archive of June 2023), Creating a trail; "
            "labels not checked on a live console",
            "2026-11-28",
        ),
    ),
    not_fixable=(
        Claim(
            "Settings that no event of the log shows have to be chosen again: data events, "
            "insights, the log group, the topic.",
            "botocore cloudtrail CreateTrail",
        ),
    ),
    detections={
        "by_root": Detection(
            title="Root deleted a trail",
            level="high",
            when="actor_type = 'Root'",
            techniques=("T1562.008",),
            fixes=(repair_trail,),
            fires=((_delete(root()),),),
            quiet=((_delete(role("root")),), (_delete(BOB),)),
        ),
        "own_trail": Detection(
            title="A trail was deleted by whoever had made it",
            level="low",
            when=f"actor_type <> 'Root' AND {_OWN}",
            fires=((_make(BOB), _delete(BOB)), (_make(BOB), _delete(BOB, _ARN))),
            quiet=((_make(BOB), _delete(DEPLOY)), (_delete(BOB),), (_make(BOB), _GONE)),
        ),
        "deleted": Detection(
            title="A trail was deleted",
            level="high",
            when=f"actor_type <> 'Root' AND NOT {_OWN}",
            techniques=("T1562.008",),
            fixes=(repair_trail, *STOP_CALLER),
            fires=((_delete(BOB),), (_make(BOB), _delete(DEPLOY)), (_delete(DEPLOY, _ARN),)),
            quiet=((_make(BOB), _delete(BOB)), (_delete(root()),), (_DENIED,), (_BUSY,)),
        ),
        "denied": Detection(
            title="A try to delete a trail was refused",
            level="medium",
            when="TRUE",
            outcome="denied",
            techniques=("T1562.008",),
            fixes=STOP_CALLER,
            fires=((_DENIED,),),
            quiet=((_delete(BOB),), (_GONE,)),
        ),
        "failed": Detection(
            title="A call to delete a trail failed",
            level="low",
            when="TRUE",
            outcome="failed",
            fires=((_GONE,), (_BUSY,)),
            quiet=((_DENIED,), (_delete(BOB),)),
        ),
    },
)
