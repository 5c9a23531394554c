"""Buckets of trails: closed to the public, open to CloudTrail.

The statements that CloudTrail needs: CloudTrail User Guide, "Amazon S3 bucket policy for
CloudTrail".  A bucket that others own is never read or changed: each call names the owner.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

import msgspec
from msgspec import Struct

from trailmend.calls import Change, Read, call, change, read
from trailmend.counts import many
from trailmend.errors import CannotFix
from trailmend.policies import Document, allows
from trailmend.remediations.holders import listed

Steps = Generator[Read | Change, Any, None]
FLAGS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
"""The four settings of S3's block on public access (botocore, PublicAccessBlockConfiguration)."""
_SERVICE = "cloudtrail.amazonaws.com"
_FULL_CONTROL = "bucket-owner-full-control"
_LONGEST = 20_480
"""Bytes that a bucket policy may have (Amazon S3 User Guide, "Bucket policies")."""
_SID = re.compile(r"trailmend(?:Look|Write)(\d{14})")
_LEGACY = {None: "us-east-1", "EU": "eu-west-1"}
"""What GetBucketLocation answers where it does not name the region (botocore)."""


class Bucket(Struct, frozen=True):
    """A bucket of this account, there or to be made, and the trail that delivers to it."""

    name: str
    region: str
    account_id: str
    trail: str
    prefix: str = ""

    @property
    def arn(self) -> str:
        """The ARN of the bucket, in the partition of the trail."""
        return f"arn:{self.trail.split(':')[1]}:s3:::{self.name}"

    @property
    def files(self) -> str:
        """The ARN of what CloudTrail writes for this account."""
        prefix = f"{self.prefix}/" if self.prefix else ""
        return f"{self.arn}/{prefix}AWSLogs/{self.account_id}/*"

    @property
    def owned(self) -> dict[str, Any]:
        """The parameters that name it and its owner; S3 refuses if the owner is another."""
        return {
            "Bucket": self.name,
            "ExpectedBucketOwner": self.account_id,
            "region": self.region,
        }


def read_region(name: str, account_id: str) -> Generator[Read, Any, str]:
    """Give the region of a bucket of this account; it never changes."""
    found = yield read(
        "s3.get_bucket_location",
        Bucket=name,
        ExpectedBucketOwner=account_id,
        pick="LocationConstraint",
        watch=False,
    )
    return _LEGACY.get(found) or str(found)


def create(bucket: Bucket, *, again: bool) -> Change:
    """Make the bucket, `again` if the trail had one of that name.

    S3 blocks public access to new buckets by itself (since April 2023: Amazon S3 User Guide,
    "Blocking public access").  It refuses a name that any account has, and us-east-1 as a
    LocationConstraint.
    """
    place: dict[str, Any] = {"CreateBucketConfiguration": {"LocationConstraint": bucket.region}}
    elsewhere = place if bucket.region != "us-east-1" else {}
    return change(
        "s3.create_bucket",
        Bucket=bucket.name,
        region=bucket.region,
        **elsewhere,
        undo=call("s3.delete_bucket", **bucket.owned),
        note=f"Bucket {bucket.name}: none → made in {bucket.region}, not public; no KMS key is set"
        + "; the log files in it are lost; if another account had it, make it there" * again,
        irreversible=(
            f"Bucket {bucket.name} can be deleted again only while it is empty: with log files in "
            "it, it stays."
        ),
    )


def close(bucket: Bucket) -> Steps:
    """Block public access to the bucket; a flag that is on stays on."""
    now = yield read(
        "s3.get_public_access_block",
        **bucket.owned,
        pick=f"PublicAccessBlockConfiguration.{{{', '.join(f'{one}: {one}' for one in FLAGS)}}}",
    )
    lacking = [flag for flag in FLAGS if not (now or {}).get(flag)]
    if not lacking:
        return
    former = {flag: bool(now[flag]) for flag in FLAGS} if now else {}
    back = call("s3.put_public_access_block", **_block(bucket, former))
    yield change(
        "s3.put_public_access_block",
        **_block(bucket, dict.fromkeys(FLAGS, True)),
        undo=back if now else call("s3.delete_public_access_block", **bucket.owned),
        note=f"Bucket {bucket.name}, block on public access: {', '.join(lacking)} off → on",
        breaks=(
            f"Who reads bucket {bucket.name} by a public policy or ACL is refused; while its "
            "policy is public, other accounts are too."
        ),
    )


def _block(bucket: Bucket, flags: Mapping[str, bool]) -> dict[str, Any]:
    return {**bucket.owned, "PublicAccessBlockConfiguration": dict(flags)}


# The policy --------------------------------------------------------------------------------


def read_policy(bucket: Bucket) -> Read:
    """Ask for the text of the policy; None if there is no policy or no bucket."""
    return read("s3.get_bucket_policy", **bucket.owned, pick="Policy")


def open_to_trail(bucket: Bucket, text: str | None, asked_at: str) -> Iterator[Change]:
    """Add to the policy what CloudTrail lacks, and keep every other statement.

    `asked_at` is in digits of UTC; it ends the Sids, as the dates do in AWS's own.
    Raises CannotFix where a statement denies it, where there is no room, or no policy in it.
    """
    document = _parsed(bucket, text) if text else {"Version": "2012-10-17"}
    statements = listed(document.get("Statement", []))
    _refuse_denied(bucket, statements)
    added = [
        {"Sid": f"trailmend{word}{asked_at}", **needed}
        for word, needed in _needed(bucket).items()
        if not any(_applies(bucket, one, word, "Allow") for one in statements)
    ]
    if not added:
        return
    merged = json.dumps(document | {"Statement": [*statements, *added]}, ensure_ascii=False)
    if len(merged.encode()) > _LONGEST:
        raise CannotFix(
            f"The policy of bucket {bucket.name} has no room for CloudTrail's statements "
            f"({_LONGEST} bytes): shorten it, then plan again."
        )
    yield change(
        "s3.put_bucket_policy",
        **bucket.owned,
        Policy=merged,
        undo=call("s3.put_bucket_policy", **bucket.owned, Policy=text)
        if text
        else call("s3.delete_bucket_policy", **bucket.owned),
        note=(
            f"Policy of bucket {bucket.name}: {many(len(statements), 'statement')} → the same and "
            f"{' and '.join(one['Action'] for one in added)} for trail {bucket.trail}"
        ),
    )


def _parsed(bucket: Bucket, text: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise CannotFix(
            f"The policy of bucket {bucket.name} cannot be read ({error}): look at it in S3."
        ) from error


def was_opened(text: str | None, since: str, until: str) -> bool:
    """Tell whether this fix was asked for in that time, digits of UTC, as its Sids tell."""
    return any(since <= digits <= until for digits in _SID.findall(text or ""))


def _needed(bucket: Bucket) -> dict[str, dict[str, Any]]:
    who = {"Effect": "Allow", "Principal": {"Service": _SERVICE}}
    of_trail = {"aws:SourceArn": bucket.trail}
    with_acl = {"s3:x-amz-acl": _FULL_CONTROL, **of_trail}
    return {
        "Look": {
            **who,
            "Action": "s3:GetBucketAcl",
            "Resource": bucket.arn,
            "Condition": {"StringEquals": of_trail},
        },
        "Write": {
            **who,
            "Action": "s3:PutObject",
            "Resource": bucket.files,
            "Condition": {"StringEquals": with_acl},
        },
    }


def _refuse_denied(bucket: Bucket, statements: Iterable[Document]) -> None:
    for one in statements:
        if any(_applies(bucket, one, word, "Deny") for word in _needed(bucket)):
            raise CannotFix(
                f"The policy of bucket {bucket.name} denies CloudTrail what it needs, in statement "
                f"{json.dumps(one.get('Sid') or one)}: ask who wrote that, take it out or except "
                f"{_SERVICE} from it, then plan again."
            )


def _applies(bucket: Bucket, statement: Document, word: str, effect: str) -> bool:
    """Tell whether a statement surely says that of what CloudTrail does for the trail."""
    needed = _needed(bucket)[word]
    plain = [{"Statement": {**statement, "Effect": "Allow", "Condition": {}}}]
    resource = needed["Resource"].replace("/*", "/CloudTrail/f" if effect == "Deny" else "/f")
    return (
        statement["Effect"] == effect
        and _names_cloudtrail(statement)
        and allows(plain, needed["Action"], resource) is True
        and _holds(statement.get("Condition", {}), _context(bucket, word))
    )


def _names_cloudtrail(statement: Document) -> bool:
    if "NotPrincipal" in statement:
        return not _lists(statement["NotPrincipal"])
    return _lists(statement["Principal"])


def _lists(principal: Any) -> bool:
    if not isinstance(principal, dict):
        return bool(principal == "*")
    return _SERVICE in listed(principal.get("Service", [])) or "*" in listed(
        principal.get("AWS", [])
    )


def _context(bucket: Bucket, word: str) -> dict[str, str]:
    """Give the keys of a request of CloudTrail's whose values are known."""
    known = {
        "aws:sourcearn": bucket.trail,
        "aws:sourceaccount": bucket.account_id,
        "aws:securetransport": "true",
    }
    return known | {"s3:x-amz-acl": _FULL_CONTROL} if word == "Write" else known


def _holds(condition: Document, known: Mapping[str, str]) -> bool:
    """Tell whether a condition surely holds: every key is known, and every test is met."""
    return all(
        _meets(operator.lower().removesuffix("ifexists"), known.get(key.lower()), listed(values))
        for operator, keys in condition.items()
        for key, values in keys.items()
    )


def _meets(operator: str, value: str | None, wanted: list[Any]) -> bool:
    if value is None:
        return False
    negated = "not" in operator
    match operator.replace("not", ""):
        case "stringequals" | "bool":
            met = value in map(str, wanted)
        case "stringlike" | "arnequals" | "arnlike":
            met = any(fnmatchcase(value, str(one).replace("[", "[[]")) for one in wanted)
        case _:
            return False
    return met != negated
