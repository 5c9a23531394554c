"""What the repair of a trail leaves as it is: how its bucket keeps files, and its key."""

from __future__ import annotations

from msgspec import UNSET

from trailmend.errors import CannotFix
from trailmend.plan import Facts

_LIFECYCLE = (
    "trail_lifecycles.restore_lifecycle does. By hand: S3 goes on deleting log files by the "
    "bucket's lifecycle rules, once a day: read them (aws s3api get-bucket-lifecycle-configuration "
    "--bucket {name}), and write the rules of before (put-bucket-lifecycle-configuration), or take "
    "all away (delete-bucket-lifecycle) if there were none"
)
_ENCRYPTION = (
    "Its encryption is set by aws s3api put-bucket-encryption --bucket {name}; files that were "
    "written meanwhile stay as they are"
)
_BY_HAND = {
    "DeleteBucketEncryption": _ENCRYPTION,
    "DeleteImportedKeyMaterial": "Import the same key material again (aws kms "
    "import-key-material), without which nothing under the key can be read",
    "DisableKey": "Switch the key on again: aws kms enable-key --key-id {name}",
    "PutBucketEncryption": _ENCRYPTION,
    "PutBucketLifecycle": _LIFECYCLE,
    "PutBucketLifecycleConfiguration": _LIFECYCLE,
    "PutBucketVersioning": "Versions are kept again by aws s3api put-bucket-versioning --bucket "
    "{name} --versioning-configuration Status=Enabled",
    "PutKeyPolicy": "Read the key's policy (aws kms get-key-policy --key-id {name} --policy-name "
    "default), and write the one of before (put-key-policy)",
    "ScheduleKeyDeletion": "Cancel the deletion before its day, then switch the key on: aws kms "
    "cancel-key-deletion --key-id {name}; aws kms enable-key --key-id {name}",
}
"""botocore s3, kms: the calls by the same names."""


def check_is_of_the_trail(facts: Facts) -> None:
    """Raise CannotFix for a call on a bucket or a key that no repair of a trail takes back."""
    by_hand = _BY_HAND.get(facts.event_name)
    if by_hand is not None:
        name = "NAME" if facts.target is UNSET else facts.target.name
        raise CannotFix(
            f"Repairing the trail does not take {facts.event_name} back. "
            f"{by_hand.format(name=name)}. The trail itself: trailmend plan --fix "
            "trails.repair_trail."
        )
