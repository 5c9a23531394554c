"""Rules of a bucket's lifecycle: what they say, whether of the log, of AWS or of a plan.

The log writes them as the XML of the request has them (`Rule`, `Transition`, one or a list), the
API as lists (`Rules`, `Transitions`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType, field

from trailmend.remediations.holders import listed

_PLURALS = ("Transition", "NoncurrentVersionTransition")


class _Known(Struct, frozen=True, rename="pascal", forbid_unknown_fields=True):
    """A part of a rule that is read whole, or not at all."""


class Tag(_Known, frozen=True):
    """A tag that files must have."""

    key: str
    value: str = ""


class And(_Known, frozen=True):
    """Several conditions that hold together."""

    prefix: str | UnsetType = UNSET
    tags: list[Tag] | UnsetType = UNSET
    object_size_greater_than: int | UnsetType = UNSET
    object_size_less_than: int | UnsetType = UNSET


class Filter(_Known, frozen=True):
    """Which files a rule is about; without a condition all."""

    prefix: str | UnsetType = UNSET
    tag: Tag | UnsetType = UNSET
    object_size_greater_than: int | UnsetType = UNSET
    object_size_less_than: int | UnsetType = UNSET
    and_: And | UnsetType = field(name="And", default=UNSET)


class Expiration(_Known, frozen=True):
    """When files are deleted."""

    date: datetime | UnsetType = UNSET
    days: int | UnsetType = UNSET
    expired_object_delete_marker: bool | UnsetType = UNSET


class OldVersions(_Known, frozen=True):
    """When the former versions of files are deleted, or moved."""

    noncurrent_days: int | UnsetType = UNSET
    newer_noncurrent_versions: int | UnsetType = UNSET
    storage_class: str | UnsetType = UNSET


class Transition(_Known, frozen=True):
    """When files are moved to another class of storage."""

    date: datetime | UnsetType = UNSET
    days: int | UnsetType = UNSET
    storage_class: str | UnsetType = UNSET


class Abort(_Known, frozen=True):
    """When uploads that were not ended are given up."""

    days_after_initiation: int | UnsetType = UNSET


class Rule(_Known, frozen=True, kw_only=True):
    """One rule, by the fields of the API (botocore s3 LifecycleRule)."""

    id: str | UnsetType = field(name="ID", default=UNSET)
    status: str
    prefix: str | UnsetType = UNSET
    filter: Filter | UnsetType = UNSET
    expiration: Expiration | UnsetType = UNSET
    transitions: list[Transition] | UnsetType = UNSET
    noncurrent_version_transitions: list[OldVersions] | UnsetType = UNSET
    noncurrent_version_expiration: OldVersions | UnsetType = UNSET
    abort_incomplete_multipart_upload: Abort | UnsetType = UNSET

    @property
    def scope(self) -> And:
        """The files that it is about, in one form; S3 takes conditions in several."""
        found = self.filter or Filter(prefix=self.prefix)
        both = found.and_ or And(
            prefix=found.prefix,
            tags=[found.tag] if found.tag else UNSET,
            object_size_greater_than=found.object_size_greater_than,
            object_size_less_than=found.object_size_less_than,
        )
        return msgspec.structs.replace(both, prefix=both.prefix or "")

    @property
    def deletes(self) -> bool:
        """Whether files, or their former versions, are deleted by it."""
        ends = self.expiration and (self.expiration.date or self.expiration.days)
        return self.status == "Enabled" and bool(ends or self.noncurrent_version_expiration)

    @property
    def text(self) -> str:
        """The rule within a sentence: by its id, or by what it is about."""
        return f"{self.id}" if self.id else f"of files {self.scope.prefix or 'of any name'}"


def rules_of(found: Any) -> tuple[Rule, ...] | None:
    """Read rules as the API gives them; None where one has a field that is not known here."""
    try:
        return tuple(msgspec.convert(found, list[Rule], strict=False))
    except msgspec.ValidationError:
        return None


def rules_of_log(configuration: Any) -> tuple[Rule, ...] | None:
    """Read rules as a record holds them; None where it holds none that can be read."""
    if not isinstance(configuration, dict) or "Rule" not in configuration:
        return None
    rules = listed(configuration["Rule"])
    return rules_of([_of_log(one) for one in rules if isinstance(one, dict)]) if rules else None


def _of_log(rule: dict[str, Any]) -> dict[str, Any]:
    """Write a rule with the names and lists of the API; an empty element is an empty text there."""
    made = dict(rule)
    for name in _PLURALS:
        if name in made:
            made[f"{name}s"] = listed(made.pop(name))
    if "Filter" in made:
        sent = dict(made["Filter"] or {})
        if isinstance(sent.get("And"), dict) and "Tag" in sent["And"]:
            both = dict(sent["And"])
            sent["And"] = both | {"Tags": listed(both.pop("Tag"))}
            del sent["And"]["Tag"]
        made["Filter"] = sent
    return made


def is_said_by(rule: Rule, others: Iterable[Rule]) -> bool:
    """Tell whether one of the others says the same; S3 makes an id for a rule that has none."""
    return any(
        _meaning(rule) == _meaning(other) and (not other.id or not rule.id or rule.id == other.id)
        for other in others
    )


def are_the_same(some: Sequence[Rule], others: Sequence[Rule]) -> bool:
    """Tell whether two sets of rules say the same, in any order."""
    return (
        len(some) == len(others)
        and all(is_said_by(one, others) for one in some)
        and all(is_said_by(one, some) for one in others)
    )


def _meaning(rule: Rule) -> tuple[And, Rule]:
    plain = msgspec.structs.replace(rule, id=UNSET, prefix=UNSET, filter=UNSET)
    return rule.scope, plain


def may_delete(rule: Rule, prefixes: Iterable[str]) -> bool:
    """Tell whether a rule may delete files whose names begin so; of a rule of any name it is so.

    S3 takes `*` as it stands.  Whoever writes it means all names, so it counts as that.
    """
    meant = (rule.scope.prefix or "").partition("*")[0]
    return rule.deletes and any(
        meant.startswith(prefix) or prefix.startswith(meant) for prefix in prefixes
    )
