"""What reading yields: records, rejects and a summary of both."""

from typing import Any

import msgspec


class Record(msgspec.Struct, frozen=True):
    """One CloudTrail record as sent, and where it stood.

    `source_index` counts the records and rejects of the source from 0. `offset` is in bytes of the
    unpacked source; a record that came in a wrapper (EventBridge, lookup-events, SNS, SQS) has the
    offset of the wrapper. A missing `eventTime` is filled from `@timestamp`; all else is as sent.
    """

    fields: dict[str, Any]
    source_name: str
    source_index: int
    offset: int
    provenance: str


class Reject(msgspec.Struct, frozen=True):
    """One piece of input that was not read, where it stood and why.

    `source_index` and `offset` are None where the reason is about the source as a whole.
    """

    source_name: str
    source_index: int | None
    offset: int | None
    reason: str


class Reading(msgspec.Struct, frozen=True):
    """What one source holds.

    `records` has the wanted ones. `seen` counts every record understood, wanted or not;
    `accounts`, `regions`, `first` and `last` (the least and the greatest `eventTime`, compared as
    text) cover those of them whose `eventTime` is a time.
    `hours` says where and when there are events: account, region and the hour of the event's time
    ("2026-11-22T09"), for every record of them that names its account and begins its time so.
    `set_aside` counts CloudTrail digests and Insight records: they are no API calls.
    """

    records: list[Record]
    rejects: list[Reject]
    seen: int
    accounts: frozenset[str]
    regions: frozenset[str]
    first: str | None
    last: str | None
    hours: frozenset[tuple[str, str, str]] = frozenset()
    set_aside: int = 0
