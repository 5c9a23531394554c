"""Buckets: closed to the public from their first day, policies and lifecycles that are such."""

import json
import secrets
from typing import Any

from moto.s3.models import FakeBucket, PublicAccessBlock, s3_backends
from moto.s3.utils import bucket_policy_is_public

from trailmend.lab.account import ACCOUNT_ID, Account
from trailmend.lab.evaluation import is_like, listed
from trailmend.lab.strict.correction import Correction, Result
from trailmend.lab.wire import Call, Refusal

_MOST_RULES = 1000
_LEAST = "all_storage_classes_128K"
_ACTIONS = {
    *("AbortIncompleteMultipartUpload", "Expiration", "NoncurrentVersionExpiration"),
    *("NoncurrentVersionTransitions", "Transitions"),
}
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


# Lifecycle rules ---------------------------------------------------------------------------


def _refuse_bad_lifecycle(call: Call, account: Account) -> None:
    """Refuse rules that S3 does not take, and keep the others as they are sent; moto loses some."""
    bucket, sent = _bucket(call), call.parameters.get("LifecycleConfiguration") or {}
    if bucket is None:
        return
    rules = sent.get("Rules", [])
    if not 1 <= len(rules) <= _MOST_RULES or not all({"Filter", "Prefix"} & {*r} for r in rules):
        sentence = "The XML you provided was not well-formed or did not validate"
        raise Refusal("MalformedXML", sentence)
    if not all(_ACTIONS & {*rule} for rule in rules):
        sentence = "At least one action needs to be specified in a rule"
        raise Refusal("InvalidRequest", sentence)
    named = [{"ID": secrets.token_hex(24), **rule} for rule in rules]
    if len({rule["ID"] for rule in named}) < len(named):
        sentence = "Rule ID must be unique. Found same ID for more than one rule"
        raise Refusal("InvalidArgument", sentence)
    size = call.parameters.get("TransitionDefaultMinimumObjectSize", _LEAST)
    vars(bucket)["lifecycle"] = {"Rules": named, "TransitionDefaultMinimumObjectSize": size}


def _lifecycle(call: Call, account: Account) -> Result | None:
    """Give the rules that are kept; where there are none moto says so."""
    bucket = _bucket(call)
    kept: Result | None = vars(bucket).get("lifecycle") if bucket and bucket.rules else None
    return kept


_LIFECYCLES = (
    "botocore s3 PutBucketLifecycleConfiguration: up to 1,000 rules; LifecycleRule: Filter is "
    "required if the rule has no Prefix; User Guide (archive), Lifecycle configuration elements: "
    "an ID is made where none is given"
)
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
    Correction(
        "s3:PutBucketLifecycleConfiguration",
        "a_lifecycle_has_rules_that_do_something_and_keeps_them_whole",
        _LIFECYCLES,
        _refuse_bad_lifecycle,
    ),
    Correction(
        "s3:GetBucketLifecycleConfiguration",
        "a_lifecycle_has_rules_that_do_something_and_keeps_them_whole",
        _LIFECYCLES,
        _lifecycle,
    ),
)
