"""What deletes the files of a trail by itself: rules of its bucket's lifecycle, taken back."""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from typing import Any

from msgspec import UNSET, Struct, UnsetType, to_builtins

from trailmend.calls import Change, Read, call, change, read
from trailmend.errors import CannotFix
from trailmend.plan import Example, Facts, Steps, Target, remediation
from trailmend.remediations.lifecycle_rules import (
    Rule,
    are_the_same,
    is_said_by,
    may_delete,
    rules_of,
    rules_of_log,
)
from trailmend.remediations.trail_buckets import read_region

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_OWNED: dict[str, Any] = {
    "Bucket": "audit-logs",
    "ExpectedBucketOwner": "111122223333",
    "region": "eu-west-1",
}
_GET = call("s3.get_bucket_lifecycle_configuration", **_OWNED)
_TIDY = {"ID": "tidy", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}
_COLD = {"ID": "cold", "Status": "Enabled", "Filter": {"Prefix": "AWSLogs/"}}
_LATER = {"Days": 90, "StorageClass": "GLACIER"}
_LEAST = "all_storage_classes_128K"


class _Found(Struct, frozen=True):
    """The lifecycle of a bucket as it is now, and the parameters that name the bucket."""

    named: dict[str, Any]
    rules: tuple[Rule, ...]
    least: str | None

    def written(self, rules: Sequence[Rule]) -> dict[str, Any]:
        """Give the parameters that write rules; what is no rule stays as it is."""
        least = {"TransitionDefaultMinimumObjectSize": self.least} if self.least else {}
        lifecycle = {"Rules": to_builtins(list(rules))}
        return {**self.named, "LifecycleConfiguration": lifecycle, **least}


@remediation(
    title="Take back the lifecycle rules that delete the trail's files",
    breaks="Files that the rules would have deleted are kept, and paid for.",
    example=Example(
        facts=Facts(
            account_id="111122223333",
            finding_id="c5a7e9f1b3d50248",
            event_id="4d2f1a52-6a3e-4a44-8f0e-2f6a7c1b9d03",
            event_name="PutBucketLifecycle",
            event_time="2026-03-02T09:00:00Z",
            target=Target("bucket", "audit-logs", "eu-west-1"),
            after={"LifecycleConfiguration": {"Rule": [_TIDY, {**_COLD, "Transition": _LATER}]}},
        ),
        reads=(
            (
                call(
                    "s3.get_bucket_location",
                    Bucket="audit-logs",
                    ExpectedBucketOwner="111122223333",
                ),
                "eu-west-1",
            ),
            (_GET, {"rules": [_TIDY, {**_COLD, "Transitions": [_LATER]}], "least": _LEAST}),
            (
                call("cloudtrail.describe_trails", includeShadowTrails=True, region="eu-west-1"),
                [{"prefix": None}],
            ),
        ),
        changes=(
            call(
                "s3.put_bucket_lifecycle_configuration",
                **_OWNED,
                LifecycleConfiguration={"Rules": [{**_COLD, "Transitions": [_LATER]}]},
                TransitionDefaultMinimumObjectSize=_LEAST,
            ),
        ),
    ),
    needs="finding",
    events=("PutBucketLifecycle", "PutBucketLifecycleConfiguration"),
)
def restore_lifecycle(facts: Facts) -> Steps:
    """Write the rules that the log shows of before the event.

    Where it shows none, only those rules of the event are taken away that may delete files of a
    trail; rules for other files, and rules that move files or end uploads, stay.  Rules that were
    set again since are left: they may be the right ones.  What was deleted stays deleted, unless
    the bucket keeps versions.
    """
    found = yield from _lifecycle(facts)
    if found is None:
        return
    written = rules_of_log(_told(facts.after).get("LifecycleConfiguration"))
    if written is None:
        raise CannotFix(
            "The finding does not tell which rules were written: look at its event, then at the "
            "rules (aws s3api get-bucket-lifecycle-configuration --bucket "
            f"{found.named['Bucket']})."
        )
    former = rules_of_log(_told(facts.before).get("LifecycleConfiguration"))
    if former is None:
        prefixes = yield from _prefixes(found)
        kept = [
            one
            for one in found.rules
            if not (may_delete(one, prefixes) and is_said_by(one, written))
        ]
    elif are_the_same(found.rules, former) or are_the_same(found.rules, written):
        kept = list(former)
    else:
        raise CannotFix(
            f"The lifecycle of bucket {found.named['Bucket']} is by now neither what the event "
            "wrote nor what was before: see who wrote it, and compare it with `before`."
        )
    if not are_the_same(found.rules, kept):
        yield _change(found, kept)


def _told(part: dict[str, Any] | UnsetType | None) -> dict[str, Any]:
    return part or {}


def _lifecycle(facts: Facts) -> Generator[Read, Any, _Found | None]:
    """Read the rules of the bucket that the facts name; None where it has none, or is gone."""
    target = facts.target
    if target is UNSET or target.kind != "bucket" or not _NAME.fullmatch(target.name):
        raise CannotFix("The finding names no bucket: look at its event.")
    named: dict[str, Any] = {
        "Bucket": target.name,
        "ExpectedBucketOwner": facts.account_id,
        "region": (yield from read_region(target.name, facts.account_id)),
    }
    found = yield read(
        "s3.get_bucket_lifecycle_configuration",
        **named,
        pick="{rules: Rules, least: TransitionDefaultMinimumObjectSize}",
    )
    if found is None or not found["rules"]:
        return None
    rules = rules_of(found["rules"])
    if rules is None:
        raise CannotFix(
            f"The lifecycle of bucket {target.name} says something that this version does not "
            "know: read it, and mend it by hand (aws s3api put-bucket-lifecycle-configuration)."
        )
    return _Found(named, rules, found["least"])


def _prefixes(found: _Found) -> Generator[Read, Any, list[str]]:
    """Give how the names of a trail's files begin in the bucket; of a trail elsewhere it is ''."""
    bucket = found.named["Bucket"]
    trails = yield read(
        "cloudtrail.describe_trails",
        includeShadowTrails=True,
        region=found.named["region"],
        pick=f"trailList[?S3BucketName=='{bucket}'].{{prefix: S3KeyPrefix}}",
    )
    starts = (f"{one['prefix']}/" if one["prefix"] else "" for one in trails or ())
    return [f"{start}AWSLogs/" for start in starts] or [""]


def _change(found: _Found, kept: Sequence[Rule]) -> Change:
    """Write the rules that are to hold; S3 takes no lifecycle without one."""
    bucket = found.named["Bucket"]
    name, params = "s3.put_bucket_lifecycle_configuration", found.written(kept)
    if not kept:
        name, params = "s3.delete_bucket_lifecycle", found.named
    return change(
        name,
        **params,
        undo=call("s3.put_bucket_lifecycle_configuration", **found.written(found.rules)),
        note=f"Lifecycle of bucket {bucket}: {_named(found.rules)} → {_named(kept)}",
        breaks=f"Bucket {bucket} keeps what the rules would have deleted, and it is paid for.",
    )


def _named(rules: Sequence[Rule]) -> str:
    return ", ".join(f"rule {one.text}" for one in rules) or "no rule"
