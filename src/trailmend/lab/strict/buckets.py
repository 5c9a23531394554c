"""Buckets: closed to the public from their first day, and policies that are policies."""

import json
from typing import Any

from moto.s3.models import FakeBucket, PublicAccessBlock, s3_backends
from moto.s3.utils import bucket_policy_is_public

from trailmend.lab.account import ACCOUNT_ID, Account
from trailmend.lab.evaluation import is_like, listed
from trailmend.lab.strict.correction import Correction
from trailmend.lab.wire import Call, Refusal

_BLOCK_ALL = PublicAccessBlock(True, True, True, True)


def _bucket(call: Call) -> FakeBucket | None:
    """Find a bucket; moto says what AWS says where there is none."""
    buckets: dict[str, FakeBucket] = s3_backends[ACCOUNT_ID]["aws"].buckets
    return buckets.get(call.parameters["Bucket"])


def _close(call: Call, account: Account) -> None:
    """Block public access to a new bucket, until its owner changes that."""
    bucket = _bucket(call)
    if bucket is not None and "access_was_chosen" not in vars(bucket):
        bucket.public_access_block = _BLOCK_ALL
        vars(bucket)["access_was_chosen"] = True


def _open(call: Call, account: Account) -> None:
    bucket = _bucket(call)
    if bucket is not None:
        vars(bucket)["access_was_chosen"] = True


def _refuse_bad_policy(call: Call, account: Account) -> None:
    _close(call, account)
    bucket, document = _bucket(call), call.parameters["Policy"]
    if bucket is None:
        return
    try:
        statements = listed(json.loads(document)["Statement"])
    except (ValueError, KeyError, TypeError) as error:
        sentence = "This policy contains invalid Json"
        raise Refusal("MalformedPolicy", sentence) from error
    for statement in statements:
        _refuse_bad_statement(bucket, statement)
    blocked = bucket.public_access_block and bucket.public_access_block.block_public_policy
    if blocked and bucket_policy_is_public(document):
        sentence = (
            f"User: {call.caller.arn} is not authorized to perform: s3:PutBucketPolicy on "
            f'resource: "{bucket.arn}" because public policies are prevented by the '
            "BlockPublicPolicy setting in S3 Block Public Access."
        )
        raise Refusal("AccessDenied", sentence, 403)


def _refuse_bad_statement(bucket: FakeBucket, statement: Any) -> None:
    condition = statement.get("Condition", {}) if isinstance(statement, dict) else None
    if not isinstance(condition, dict) or not all(
        isinstance(keys, dict) for keys in condition.values()
    ):
        raise Refusal("MalformedPolicy", "Policy has invalid syntax")
    for element in ("Effect", "Principal", "Action", "Resource"):
        if not {element, f"Not{element}"} & set(statement):
            raise Refusal("MalformedPolicy", f"Missing required field {element}")
    for resource in listed(statement.get("Resource", [])):
        if not is_like(bucket.arn, resource) and not resource.startswith(f"{bucket.arn}/"):
            raise Refusal("MalformedPolicy", "Policy has invalid resource")


_BLOCKED = (
    "Amazon S3 User Guide, Blocking public access: by default new buckets do not allow public "
    "access"
)
CORRECTIONS = (
    Correction(
        "s3:GetPublicAccessBlock",
        "a_new_bucket_is_closed_to_the_public_until_that_is_deleted",
        _BLOCKED,
        _close,
    ),
    Correction(
        "s3:PutPublicAccessBlock",
        "a_new_bucket_is_closed_to_the_public_until_that_is_deleted",
        _BLOCKED,
        _open,
    ),
    Correction(
        "s3:DeletePublicAccessBlock",
        "a_new_bucket_is_closed_to_the_public_until_that_is_deleted",
        _BLOCKED,
        _open,
    ),
    Correction(
        "s3:PutBucketPolicy",
        "a_bucket_takes_only_a_policy_that_is_one_and_is_not_public",
        "Amazon S3 User Guide, Blocking public access: BlockPublicPolicy rejects calls to "
        "PUT Bucket policy if the policy allows public access; Error responses: MalformedPolicy",
        _refuse_bad_policy,
    ),
)
