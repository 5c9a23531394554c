"""The follow-ups of a trail's bucket and key: settings are as before, the key is usable again."""

from __future__ import annotations

from collections.abc import Mapping

from trailmend.stories.facts import Scene
from trailmend.stories.facts_settings import as_before, requested, same_setting
from trailmend.stories.rule import Rule, done_again, joined_by, put_right, undone
from trailmend.stories.steps import Step

_FLAGS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
_BUCKET_GONE = ("s3:DeleteBucket",)
_POLICY, _POLICY_GONE = ("s3:PutBucketPolicy",), ("s3:DeleteBucketPolicy",)
_ACL = ("s3:PutBucketAcl",)
_ENCRYPTION, _NO_ENCRYPTION = ("s3:PutBucketEncryption",), ("s3:DeleteBucketEncryption",)
_VERSIONING = ("s3:PutBucketVersioning",)
_LIFECYCLE = ("s3:PutBucketLifecycle", "s3:PutBucketLifecycleConfiguration")
_NO_LIFECYCLE = ("s3:DeleteBucketLifecycle",)
# CloudTrail's names beside those of the API (S3 User Guide, "CloudTrail events").
_BLOCKED = ("s3:PutBucketPublicAccessBlock", "s3:PutPublicAccessBlock")
_UNBLOCKED = ("s3:DeleteBucketPublicAccessBlock", "s3:DeletePublicAccessBlock")

_KEY_POLICY = ("kms:PutKeyPolicy",)
_KEY_ON, _KEY_KEPT = ("kms:EnableKey",), ("kms:CancelKeyDeletion",)
_KEY_GOES = ("kms:DisableKey", "kms:ScheduleKeyDeletion")
_MATERIAL, _MATERIAL_GONE = ("kms:ImportKeyMaterial",), ("kms:DeleteImportedKeyMaterial",)


def _blocks_all(scene: Scene) -> bool:
    sent = requested(scene.later, "PublicAccessBlockConfiguration")
    return isinstance(sent, dict) and all(str(sent.get(flag)).lower() == "true" for flag in _FLAGS)


def _switched_on(scene: Scene) -> bool:
    """Say whether versions are kept again; nothing but this is a change for the better."""
    return (_versions(scene.found), _versions(scene.later)) == ("Suspended", "Enabled")


def _versions(step: Step) -> object:
    sent = requested(step, "VersioningConfiguration")
    return sent.get("Status") if isinstance(sent, dict) else None


def _same_material(scene: Scene) -> bool:
    """Say whether the material that was deleted is back; a new one needs a rotation first."""
    new = requested(scene.later, "importType") == "NEW_KEY_MATERIAL"
    named = [requested(step, "keyMaterialId") for step in (scene.found, scene.later)]
    return not new and named[0] == named[1]


def _set(
    puts: tuple[str, ...], deletes: tuple[str, ...], what: str, *better: Rule
) -> tuple[Rule, ...]:
    """Make the rules for a setting that is put or deleted whole; `what` names it.

    Of what stood before the log began nothing is known: then a change is only told.
    """
    calls = (*puts, *deletes)
    return joined_by(
        "target",
        *put_right(calls, f"set {what} as it was before.", as_before(*calls, anew=_BUCKET_GONE)),
        *better,
        *done_again(calls, f"changed {what} in the same way", same_setting),
        Rule(
            calls,
            "notes",
            f"{{who}} changed {what}; it is not known to be as it was before.",
        ),
    )


_BUCKET_POLICY = _set(_POLICY, _POLICY_GONE, "the bucket's policy")
_BUCKET_ACL = _set(_ACL, (), "the bucket's access list")
_BUCKET_ENCRYPTION = _set(_ENCRYPTION, _NO_ENCRYPTION, "how the bucket encrypts")
_BUCKET_VERSIONING = _set(
    _VERSIONING,
    (),
    "whether the bucket keeps versions",
    *put_right(_VERSIONING, "let the bucket keep versions again.", _switched_on),
)
_BUCKET_LIFECYCLE = _set(
    _LIFECYCLE,
    _NO_LIFECYCLE,
    "the bucket's lifecycle rules",
    *put_right(
        _NO_LIFECYCLE, "took all lifecycle rules off the bucket; what they deleted stays deleted."
    ),
)
_PUBLIC_ACCESS = _set(
    _BLOCKED,
    _UNBLOCKED,
    "what public access the bucket blocks",
    *put_right(_BLOCKED, "blocked all public access to the bucket.", _blocks_all),
)
_AFTER_BUCKET_GONE = joined_by(
    "target",
    Rule(
        (*_POLICY, *_ACL, *_BLOCKED, *_LIFECYCLE),
        "notes",
        "{who} called {event} on a bucket of that name, which must have been made again.",
    ),
)
_AFTER_KEY_GOES = joined_by(
    "target",
    *put_right(_KEY_ON, "enabled the key again."),
    Rule(_KEY_KEPT, "notes", "{who} cancelled the key's deletion; it is off until it is enabled."),
    *undone(_KEY_GOES, "took the key out of use again"),
    Rule(
        ("kms:ScheduleKeyDeletion",),
        "notes",
        "{who} scheduled the deletion of the key.",
    ),
)
_AFTER_MATERIAL_GONE = joined_by(
    "target",
    *put_right(_MATERIAL, "imported the key's material again.", _same_material),
    Rule(
        _MATERIAL,
        "notes",
        "{who} imported material for the key; it is not known to be the deleted one.",
    ),
    *done_again(_MATERIAL_GONE, "deleted the key's material"),
)

LOG_STORE_RULES: Mapping[str, tuple[Rule, ...]] = {
    **dict.fromkeys((*_POLICY, *_POLICY_GONE), _BUCKET_POLICY),
    **dict.fromkeys(_ACL, _BUCKET_ACL),
    **dict.fromkeys((*_ENCRYPTION, *_NO_ENCRYPTION), _BUCKET_ENCRYPTION),
    **dict.fromkeys(_VERSIONING, _BUCKET_VERSIONING),
    **dict.fromkeys(_LIFECYCLE, _BUCKET_LIFECYCLE),
    **dict.fromkeys(_UNBLOCKED, _PUBLIC_ACCESS),
    **dict.fromkeys(_BUCKET_GONE, _AFTER_BUCKET_GONE),
    **dict.fromkeys(_KEY_POLICY, _set(_KEY_POLICY, (), "the key's policy")),
    **dict.fromkeys(_KEY_GOES, _AFTER_KEY_GOES),
    **dict.fromkeys(_MATERIAL_GONE, _AFTER_MATERIAL_GONE),
}
"""What may follow a call on the bucket or the key of a trail that succeeded, by its name."""
