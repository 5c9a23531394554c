"""A trail's settings are changed: what it sees, where its files go, whether they can be proved."""

from typing import Any

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, call, denied, role, root, user
from trailmend.measures import STOP_CALLER
from trailmend.remediations.trails import repair_trail

_MODEL = "botocore cloudtrail UpdateTrail"
_ARN = "arn:aws:cloudtrail:us-east-1:111122223333:trail/main"
BOB, DEPLOY = user("bob"), role("deploy")


def _update(by: Principal, **changes: Any) -> dict[str, Any]:
    more = {name: changes.pop(name) for name in ("error", "at") if name in changes}
    request = {"name": "main", **changes}
    return call("UpdateTrail", by=by, source="cloudtrail", request=request, **more)


MADE = call(
    "CreateTrail",
    by=BOB,
    source="cloudtrail",
    request={"name": "main", "s3BucketName": "logs", "isMultiRegionTrail": True},
    at="08:00:00",
)
_DENIED = denied("UpdateTrail", by=BOB, resource=_ARN, source="cloudtrail")
_MOVED = _update(BOB, s3BucketName="elsewhere")
_MOVED_FIRST = _update(BOB, s3BucketName="elsewhere", at="08:30:00")

RUNBOOK = Runbook(
    events=("cloudtrail.amazonaws.com:UpdateTrail",),
    family="trail",
    first="Compare the settings with the ones before (`before`); repair what became weaker.",
    information=(
        Claim(
            "Only the settings that are sent change; the trail goes on recording meanwhile.", _MODEL
        ),
        Claim(
            "By it a trail sees one region instead of all, loses the global services' events, its "
            "digest files, its log group, or writes to another bucket or under another key.",
            _MODEL,
        ),
        Claim(
            "The request holds what was sent, the answer the settings that matter afterwards; the "
            "former ones are only in earlier events.",
            "sample: streamalert UpdateTrail; sample: panther UpdateTrail",
        ),
        Claim("It is called in the region where the trail was made.", _MODEL),
    ),
    impact=(
        Claim(
            "A trail of one region misses what is done in the others, and IAM's events too unless "
            "it is the region that records them.",
            "AWS CloudTrail User Guide (archive of June 2023), CloudTrail concepts, "
            "read 2026-11-28",
        ),
        Claim(
            "Files in a bucket of somebody else's are read, kept and deleted by somebody else, and "
            "missed where they were read before.",
            f"{_MODEL} (S3BucketName)",
        ),
        Claim(
            "A key whose policy does not let your readers decrypt makes the files unreadable to "
            "them.",
            f"{_MODEL} (KmsKeyId)",
        ),
        Claim(
            "Without log file validation nobody can prove that a file is as it was delivered.",
            f"{_MODEL} (EnableLogFileValidation)",
        ),
    ),
    explanations=(
        Explanation(
            "intended",
            "The trail moves to a central bucket, gets a key, or is made one of all regions.",
            (
                Fact("Nothing became weaker.", "NOT weakens"),
                Fact("The caller had made the trail.", "target_made_by_actor"),
            ),
            (Fact("These settings became weaker: {weakened}.", "weakens"),),
        ),
        Explanation(
            "unauthorised",
            "An intruder leaves the trail on and lets it see nothing: an alarm on StopLogging "
            "stays silent.",
            (
                Fact("These settings became weaker: {weakened}.", "weakens"),
                Fact("It names a place, key or topic, perhaps not the former.", "weakens IS NULL"),
                Fact("The bucket or key belongs to an account that nobody knows."),
            ),
            (Fact("The settings became stronger.", "strengthens"),),
        ),
        Explanation(
            "insider",
            "Somebody turns off the proof of integrity to edit files later.",
            (Fact("Validation is off now.", "weakened LIKE '%enableLogFileValidation%'"),),
            (Fact("The bucket keeps its objects by object lock."),),
        ),
        Explanation(
            "accident",
            "A module's default replaces a setting that somebody had made by hand.",
            (Fact("The file that the module was run with does not name the setting."),),
            (Fact("One single setting was sent."),),
        ),
        Explanation(
            "automation",
            "Infrastructure as code puts the trail as its file says.",
            (Fact("The trail is now as its file says."),),
            (Fact("No file describes the trail."),),
        ),
    ),
    control_gaps=(
        Claim(
            "One principal may change the trail and the bucket that it writes to.",
            "AWS CloudTrail User Guide (archive of June 2023), Security best practices in AWS "
            "CloudTrail, read 2026-11-28",
        ),
    ),
    corrections=(
        Correction(
            "An update that leaves a setting out sets it back to its default.",
            Claim(
                "Of a trail it stays as it was; of the account's password policy it would not.",
                _MODEL,
            ),
        ),
    ),
    questions=(
        "To the owner of the log archive: whose are the bucket and the key that it names now?",
        "Do files still arrive where you read them? `aws cloudtrail get-trail-status` tells the "
        "last delivery and its error.",
        "To the caller (`actor`): which change of which module, by which ticket?",
    ),
    false_positives=(
        "A move to the organization's bucket: weaker by our rule, for we do not know the bucket.",
        "A trail for one region beside one of all regions.",
    ),
    console=(
        Console(
            "Set a trail back",
            (
                "Open the CloudTrail console in the trail's home region, choose Trails, its name.",
                "Choose Edit at General details; set bucket, key and validation as before.",
                "Whether a trail is one of all regions is changed by the AWS CLI alone: aws "
                "cloudtrail update-trail --name NAME --is-multi-region-trail.",
            ),
            "AWS CloudTrail User Guide (archive of June 2023), Updating a trail; "
            "labels not checked on a live console",
            "2026-11-28",
        ),
    ),
    not_fixable=(
        Claim(
            "Files that went to another bucket meanwhile are there, and only its owner can give "
            "them.",
            f"{_MODEL} (S3BucketName)",
        ),
    ),
    detections={
        "weakened_by_root": Detection(
            title="Root let a trail see less",
            level="high",
            when="COALESCE(weakens, FALSE) AND actor_type = 'Root'",
            techniques=("T1562.008",),
            fixes=(repair_trail,),
            fires=((_update(root(), isMultiRegionTrail=False),),),
            quiet=((_update(root(), isMultiRegionTrail=True),), (_update(BOB, kmsKeyId="k"),)),
        ),
        "weakened": Detection(
            title="A trail was changed to see or prove less, or to write elsewhere",
            level="high",
            when="COALESCE(weakens, FALSE) AND actor_type <> 'Root'",
            techniques=("T1562.008",),
            fixes=(repair_trail, *STOP_CALLER),
            fires=(
                (_update(BOB, isMultiRegionTrail=False),),
                (_update(DEPLOY, includeGlobalServiceEvents=False),),
                (_update(BOB, enableLogFileValidation=False),),
                (MADE, _MOVED),
            ),
            quiet=(
                (_update(BOB, isMultiRegionTrail=True),),
                (MADE, _update(BOB, s3BucketName="logs")),
                (_update(root(), isMultiRegionTrail=False),),
                (_DENIED,),
                (_update(BOB, isMultiRegionTrail=False, error="InvalidHomeRegionException"),),
            ),
        ),
        # A bucket that the log did not show before: nobody can tell here whether it is another.
        "perhaps_moved": Detection(
            title="A trail was given a place, key or topic; the log does not show the former",
            level="medium",
            when="weakens IS NULL",
            techniques=("T1562.008",),
            fixes=STOP_CALLER,
            fires=((_MOVED,), (_update(BOB, kmsKeyId="k"),)),
            quiet=(
                (MADE, _MOVED),
                (MADE, _update(BOB, kmsKeyId="k")),
                (_update(BOB, isMultiRegionTrail=True),),
            ),
        ),
        "changed": Detection(
            title="A trail's settings were changed",
            level="low",
            when="weakens IS NOT DISTINCT FROM FALSE",
            fires=(
                (_update(BOB, isMultiRegionTrail=True),),
                (MADE, _MOVED_FIRST, _update(BOB, s3BucketName="logs")),
            ),
            quiet=((MADE, _MOVED), (_MOVED,), (_update(BOB, isMultiRegionTrail=False),)),
        ),
        "denied": Detection(
            title="A try to change a trail was refused",
            level="medium",
            when="TRUE",
            outcome="denied",
            techniques=("T1562.008",),
            fixes=STOP_CALLER,
            fires=((_DENIED,),),
            quiet=((_MOVED,),),
        ),
        "failed": Detection(
            title="A call to change a trail failed",
            level="low",
            when="TRUE",
            outcome="failed",
            fires=((_update(BOB, error="TrailNotFoundException"),),),
            quiet=((_DENIED,), (_MOVED,)),
        ),
    },
)
