"""Whether CloudTrail may write to a bucket, by the policy of the bucket.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
"""

from moto.cloudtrail.models import Trail
from moto.s3.exceptions import MissingBucket
from moto.s3.models import s3_backends

from trailmend.lab.account import ACCOUNT_ID
from trailmend.lab.evaluation import Context, Statement, applies, listed, statements_of

_SERVICE = "cloudtrail.amazonaws.com"


def delivery_error(bucket: str, prefix: str | None, arn_of_trail: str) -> str | None:
    """Give the error of S3 that CloudTrail meets at a bucket: NoSuchBucket, AccessDenied, or None.

    It has to read the bucket's ACL and to put objects under `[prefix/]AWSLogs/<account>/`, which
    it does with the ACL bucket-owner-full-control and in the name of the trail.
    """
    try:
        policy = s3_backends[ACCOUNT_ID]["aws"].get_bucket_policy(bucket)
    except MissingBucket:
        return "NoSuchBucket"
    statements = statements_of(policy.decode()) if policy else ()
    statements = tuple(one for one in statements if _is_for_cloudtrail(one))
    arn = f"arn:aws:s3:::{bucket}"
    key = f"{prefix}/" if prefix else ""
    context = {"aws:sourcearn": arn_of_trail, "aws:sourceaccount": ACCOUNT_ID}
    put = {**context, "s3:x-amz-acl": "bucket-owner-full-control"}
    may_look = _allows(statements, "s3:GetBucketAcl", arn, context)
    file = f"{arn}/{key}AWSLogs/{ACCOUNT_ID}/CloudTrail/{ACCOUNT_ID}.json.gz"
    may_write = _allows(statements, "s3:PutObject", file, put)
    return None if may_look and may_write else "AccessDenied"


def delivery_error_of(trail: Trail) -> str | None:
    """Give the error that CloudTrail meets at the bucket of a trail."""
    return delivery_error(trail.bucket_name, trail.s3_key_prefix, trail.arn)


def _is_for_cloudtrail(statement: Statement) -> bool:
    principal = statement.get("Principal", {})
    if not isinstance(principal, dict):
        return bool(principal == "*")
    named = listed(principal.get("Service", []))
    return _SERVICE in named or "*" in listed(principal.get("AWS", []))


def _allows(
    statements: tuple[Statement, ...], action: str, resource: str, context: Context
) -> bool:
    """Tell whether a statement allows it and none denies it."""
    effects = {
        statement["Effect"]
        for statement in statements
        if applies(statement, action, resource, context)
    }
    return effects == {"Allow"}
