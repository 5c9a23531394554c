"""Buckets, keys and secrets: what a trail's logs and the account's secrets lie in."""

from trailmend.events.target.places import Place, Service

S3 = Service(
    targets=(Place(kind="bucket", request=("bucketName",)),),
    whole=dict.fromkeys(
        ("PutAccountPublicAccessBlock", "DeleteAccountPublicAccessBlock"), "account"
    ),
)
KMS = Service(targets=(Place(kind="key", request=("keyId",), response=("keyId",)),))
SECRETS = Service(
    targets=(
        Place(kind="secret", request=("secretId",)),
        Place(kind="secret", request=("name",), only=frozenset({"CreateSecret"})),
    ),
    bare_names="secret",
)

WANTED_OF_STORES = {
    "s3.amazonaws.com": frozenset(
        """
        PutBucketPolicy DeleteBucketPolicy PutBucketLifecycle PutBucketLifecycleConfiguration
        DeleteBucketLifecycle DeleteBucket PutBucketAcl PutBucketPublicAccessBlock
        DeleteBucketPublicAccessBlock PutPublicAccessBlock DeletePublicAccessBlock
        PutAccountPublicAccessBlock DeleteAccountPublicAccessBlock PutBucketVersioning
        PutBucketEncryption DeleteBucketEncryption PutBucketReplication DeleteBucketReplication
        PutBucketOwnershipControls DeleteBucketOwnershipControls PutBucketObjectLockConfiguration
        PutObjectLockConfiguration
        """.split()
    ),
    "kms.amazonaws.com": frozenset(
        """
        PutKeyPolicy DisableKey EnableKey ScheduleKeyDeletion CancelKeyDeletion
        DeleteImportedKeyMaterial ImportKeyMaterial
        """.split()
    ),
    "secretsmanager.amazonaws.com": frozenset(
        """
        CreateSecret PutSecretValue UpdateSecret DeleteSecret RestoreSecret
        RotateSecret CancelRotateSecret UpdateSecretVersionStage PutResourcePolicy
        DeleteResourcePolicy ReplicateSecretToRegions RemoveRegionsFromReplication
        """.split()
    ),
}
"""The events of busy services that change who can read or lose what is kept there.

Not GetSecretValue nor grants: they come by the million, and no page of the catalog asks for them.
"""
