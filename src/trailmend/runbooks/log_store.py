"""The bucket a trail writes to, or the key it encrypts with, is opened, closed or lost."""

from typing import Any

from trailmend.catalog import Claim, Console, Correction, Detection, Explanation, Fact, Runbook
from trailmend.evidence import Principal, call, denied, role, root, user
from trailmend.measures import STOP_CALLER
from trailmend.remediations.trail_lifecycles import restore_lifecycle
from trailmend.remediations.trails import repair_trail

_S3 = "botocore s3 PutBucketPolicy, DeleteBucket, PutBucketLifecycleConfiguration"
_KMS = "botocore kms DisableKey, ScheduleKeyDeletion, PutKeyPolicy"
_GUIDE = (
    "AWS CloudTrail User Guide (archive of June 2023), Security best practices in AWS CloudTrail, "
    "read 2026-11-22"
)
_KEY = "arn:aws:kms:us-east-1:111122223333:key/0123"
BOB, CI = user("bob"), role("ci")


def _bucket(
    event_name: str, by: Principal = BOB, name: str = "logs", policy: Any = None, **more: Any
) -> Any:
    sent = {"bucketName": name} | ({} if policy is None else {"bucketPolicy": policy})
    return call(event_name, by=by, source="s3", request=sent, **more)


def _key(event_name: str, by: Principal = BOB, **more: Any) -> dict[str, Any]:
    return call(event_name, by=by, source="kms", request={"keyId": _KEY}, **more)


_TRAIL = call(
    "CreateTrail",
    by=BOB,
    source="cloudtrail",
    request={"name": "main", "s3BucketName": "logs", "kmsKeyId": _KEY},
    at="08:00:00",
)
_FULL = _bucket("DeleteBucket", error="BucketNotEmpty")
_DENIED = denied("PutBucketPolicy", by=BOB, source="s3", resource="arn:aws:s3:::logs")
_ENDS = (
    "event_name IN ('DeleteBucket', 'DeleteBucketPolicy', 'DisableKey', 'ScheduleKeyDeletion', "
    "'DeleteImportedKeyMaterial', 'PutBucketLifecycle', 'PutBucketLifecycleConfiguration', "
    "'DeletePublicAccessBlock', 'DeleteBucketPublicAccessBlock')"
)
_OF_TRAIL = "COALESCE(of_trail, FALSE)"
_SHUT_OUT = "event_name = 'PutBucketPolicy' AND COALESCE(weakens, FALSE)"
SHUT = _bucket(
    "PutBucketPolicy",
    policy={
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": {"Service": "cloudtrail.amazonaws.com"},
                "Action": "s3:PutObject",
                "Resource": "arn:aws:s3:::logs/*",
            }
        ],
    },
)
NOT_LET_IN = _bucket(
    "PutBucketPolicy",
    policy={
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
                "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::logs/*",
            }
        ],
    },
)

RUNBOOK = Runbook(
    events=(
        *(
            f"s3.amazonaws.com:{name}"
            for name in (
                *("DeleteBucket", "DeleteBucketEncryption", "DeleteBucketPolicy"),
                *("DeleteBucketPublicAccessBlock", "DeletePublicAccessBlock", "PutBucketAcl"),
                *("PutBucketEncryption", "PutBucketLifecycle", "PutBucketPolicy"),
                *("PutBucketLifecycleConfiguration", "PutBucketVersioning"),
            )
        ),
        *(
            f"kms.amazonaws.com:{name}"
            for name in (
                *("DeleteImportedKeyMaterial", "DisableKey", "PutKeyPolicy"),
                "ScheduleKeyDeletion",
            )
        ),
    ),
    family="trail",
    first=(
        "See whether files still arrive: `aws cloudtrail get-trail-status --name TRAIL`, "
        "LatestDeliveryError."
    ),
    information=(
        Claim(
            "A trail delivers only while the bucket's policy lets CloudTrail write, and the key's "
            "policy lets it encrypt.",
            "AWS CloudTrail User Guide (archive of June 2023), Amazon S3 bucket policy for "
            "CloudTrail, Configure AWS KMS key policies for CloudTrail, read 2026-11-28",
        ),
        Claim(
            "A lifecycle rule can delete all files after a day; a bucket with files cannot be "
            "deleted.",
            _S3,
        ),
        Claim(
            "What is encrypted with a key that is off or gone can be read by nobody; a deletion is "
            "scheduled 7 to 30 days ahead and can be cancelled until then.",
            _KMS,
        ),
    ),
    impact=(
        Claim(
            "The record ends, or what was recorded is lost, though the trail says that it logs.",
            _GUIDE,
        ),
        Claim("Whoever can read the bucket reads what everybody in the account does.", _GUIDE),
    ),
    explanations=(
        Explanation(
            "intended",
            "Files are to be kept for a shorter time, or another account is to read them.",
            (Fact("The team of the log archive announced it."),),
            (Fact("It can end, lose or lay open the record.", _ENDS),),
        ),
        Explanation(
            "unauthorised",
            "An intruder blinds the account without touching the trail, or destroys the evidence.",
            (Fact("It can end, lose or lay open the record.", _ENDS),),
            (Fact("Files arrive as before."),),
        ),
        Explanation(
            "insider",
            "Somebody lets an account of their own read the log.",
            (Fact("The new policy names an account that nobody knows."),),
            (Fact("The reader is an account of the company."),),
        ),
        Explanation(
            "accident",
            "A clean-up of unused keys, or a policy that was written without CloudTrail's own "
            "statements.",
            (Fact("LatestDeliveryError says AccessDenied since."),),
            (Fact("The same was done to no other key or bucket."),),
        ),
        Explanation(
            "automation",
            "Infrastructure as code, or a tool that tightens all buckets.",
            (Fact("The bucket or key is now as its code says."),),
            (Fact("The code of the bucket or key says something else."),),
        ),
    ),
    control_gaps=(
        Claim(
            "The bucket is in the account that it records, where its administrators rule.", _GUIDE
        ),
    ),
    corrections=(
        Correction(
            "A trail that is logging delivers.",
            Claim(
                "IsLogging is true while deliveries fail; the error stands beside it.",
                "botocore cloudtrail GetTrailStatus (LatestDeliveryError)",
            ),
        ),
    ),
    questions=(
        "Do files arrive, and who can read and delete them now?",
        "To the caller (`actor`): by which ticket?",
    ),
    false_positives=("Cost rules that move old files to cheaper storage.",),
    console=(
        Console(
            "Cancel the deletion of a key, or mend a lifecycle rule",
            (
                "aws kms cancel-key-deletion --key-id ID, then aws kms enable-key --key-id ID",
                "A lifecycle rule: aws s3api get-bucket-lifecycle-configuration --bucket BUCKET, "
                "then put it right before midnight UTC, to which S3 rounds the day of a deletion.",
            ),
            "botocore kms CancelKeyDeletion, EnableKey; Amazon S3 User Guide (archive), Lifecycle "
            "configuration elements",
            "2026-11-28",
        ),
    ),
    not_fixable=(
        Claim("Files that a lifecycle rule deleted are gone, unless versions are kept.", _S3),
    ),
    silence=(
        "Most of these calls are about other buckets and keys. A finding comes only where the log "
        "shows (CreateTrail, UpdateTrail) that a trail uses this one. Where it shows none, "
        "describe-trails tells which they are."
    ),
    detections={
        "by_root": Detection(
            title="Root changed the bucket or the key of a trail",
            level="high",
            when=f"{_OF_TRAIL} AND actor_type = 'Root'",
            techniques=("T1562.008",),
            fixes=(restore_lifecycle, repair_trail),
            fires=((_TRAIL, _bucket("PutBucketPolicy", root())),),
            quiet=((_bucket("PutBucketPolicy", root()),), (_TRAIL, _bucket("PutBucketAcl"))),
        ),
        "ended": Detection(
            title="A change that can end, lose or lay open the record of a trail",
            level="high",
            when=f"{_OF_TRAIL} AND actor_type <> 'Root' AND {_ENDS}",
            techniques=("T1562.008", "T1485"),
            fixes=(restore_lifecycle, repair_trail, *STOP_CALLER),
            fires=(
                (_TRAIL, _key("ScheduleKeyDeletion")),
                (_TRAIL, _bucket("PutBucketLifecycle", CI)),
            ),
            quiet=(
                (_key("ScheduleKeyDeletion"),),
                (_TRAIL, _bucket("DeleteBucket", name="x")),
                (_TRAIL, _FULL),
            ),
        ),
        "shut_out": Detection(
            title="The policy of a trail's bucket keeps CloudTrail from writing there",
            level="high",
            when=f"{_OF_TRAIL} AND actor_type <> 'Root' AND {_SHUT_OUT}",
            techniques=("T1562.008",),
            fixes=(repair_trail, *STOP_CALLER),
            fires=((_TRAIL, SHUT), (_TRAIL, NOT_LET_IN)),
            quiet=((SHUT,), (NOT_LET_IN,), (_TRAIL, _bucket("PutBucketPolicy"))),
        ),
        "changed": Detection(
            title="The bucket or the key of a trail was changed",
            level="medium",
            when=f"{_OF_TRAIL} AND actor_type <> 'Root' AND NOT {_ENDS} AND NOT ({_SHUT_OUT})",
            techniques=("T1562.008", "T1530"),
            fixes=(repair_trail, *STOP_CALLER),
            fires=((_TRAIL, _bucket("PutBucketPolicy")), (_TRAIL, _key("PutKeyPolicy", CI))),
            quiet=((_bucket("PutBucketPolicy"),), (_TRAIL, _key("DisableKey"))),
        ),
        "denied": Detection(
            title="A try to change the bucket or the key of a trail was refused",
            level="medium",
            when=_OF_TRAIL,
            outcome="denied",
            techniques=("T1562.008",),
            fixes=STOP_CALLER,
            fires=(
                (
                    _TRAIL,
                    _bucket("PutBucketPolicy", error="AccessDenied"),
                ),
            ),
            quiet=((_DENIED,), (_TRAIL, _FULL)),
        ),
    },
)
