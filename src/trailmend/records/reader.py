"""The bytes of one source -> one Reading."""

import re
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from itertools import compress
from operator import not_, or_
from typing import Any

from trailmend.counts import many
from trailmend.records.boundaries import CUT_OFF, Span, find_list, holds_scraps, split_list, walk
from trailmend.records.model import Reading, Record, Reject
from trailmend.records.times import is_event_time
from trailmend.records.understand import (
    Glance,
    WideGlance,
    glance,
    glance_at_fields,
    glance_at_list,
    is_digest,
    understand,
)
from trailmend.records.unpack import Unpacked, unpack

MAXIMUM_RECORD = 1 << 20
"""Bytes. CloudTrail itself ends an event at 256 KB (AWS: WhatIsCloudTrail-Limits)."""

MAXIMUM_REJECTS = 100_000
"""For each source, so that a source full of nothing else cannot fill the memory."""


class _EveryName:
    """All event names."""

    def __contains__(self, name: object) -> bool:
        return True


Wanted = Mapping[str, Container[str]]
"""For each event source the names of the events that are wanted."""

Also = Callable[[Sequence[WideGlance]], list[bool]]
"""Says of each record, by what a wide glance shows, whether it is wanted too."""

EVERY_NAME: Container[str] = _EveryName()
_NO_NAME: Container[str] = frozenset()
_BLANKS = b" \t\r\n\xef\xbb\xbf"
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_HOUR = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d", re.ASCII)
_EXPORTED = re.compile(rb"^\d{4}-\d\d-\d\dT[\d:.]+Z ", re.MULTILINE)
"""What an export of CloudWatch Logs to S3 sets before each line (AWS: S3ExportTasks)."""
_TO_THE_HOUR = len("2026-11-22T09")
_OTHER_FORMATS = (
    (re.compile(rb"\xff\xfe|\xfe\xff|.?\0", re.DOTALL), "is UTF-16 or UTF-32; convert it to UTF-8"),
    (re.compile(rb"\x1f\x8b"), "is gzip data inside gzip data; unpack it once and scan the result"),
    (re.compile(rb"PK\x03\x04"), "is a zip archive inside another file; unpack it first"),
    (re.compile(rb"BZh|\xfd7zXZ|\x28\xb5\x2f\xfd"), "is packed, but not by gzip; unpack it first"),
    (re.compile(rb".{257}ustar", re.DOTALL), "is a tar archive; unpack it first"),
    (re.compile(rb"PAR1"), "is Parquet, not JSON; scan the original log files"),
)


def read_records(
    data: bytes,
    source_name: str,
    *,
    wanted: Wanted | None = None,
    also: Also | None = None,
    provenance: str = "file",
) -> Reading:
    """Return the records of one source, and a reject for each piece that was not understood.

    `wanted` gives the event names wanted of each event source (`EVERY_NAME`: all of them); None
    returns all records. `also` is asked of a glance at the others. Those that nobody wants are only
    counted: their JSON structure and the fields that `Reading` sums up are checked, no more.
    """
    reader = _Reader(unpack(data), source_name, wanted, also, provenance)
    reader.read()
    return reader.reading()


class _Reader:
    """What has been read of one source so far."""

    def __init__(
        self,
        source: Unpacked,
        name: str,
        wanted: Wanted | None,
        also: Also | None,
        provenance: str,
    ) -> None:
        self.data = _without_export_times(source.data)
        self.problem = source.problem or _emptiness(source.data)
        self.ends_early = source.ends_early
        self.name = name
        self.wanted = wanted
        self.also = also
        self.provenance = provenance
        self.index = self.seen = self.set_aside = self.unnamed = 0
        self.records: list[Record] = []
        self.rejects: list[Reject] = []
        self.places: set[tuple[str, str, str]] = set()

    def read(self) -> None:
        """Read all that the source holds."""
        if not self._read_plain_list():
            for span in self._spans():
                self._take(span)
        if self.problem:
            self._refuse_whole(self.problem)
        if self.unnamed:
            self._refuse_whole(f"{many(self.unnamed, 'more piece')} not read; the first are named")

    def reading(self) -> Reading:
        """Return all that was read."""
        times = set(filter(is_event_time, {time for _, _, time in self.places}))
        places = {place for place in self.places if place[2] in times}
        dates = set(filter(_DATE.match, times))
        return Reading(
            records=self.records,
            rejects=self.rejects,
            seen=self.seen,
            accounts=frozenset(account for account, _, _ in places if account),
            regions=frozenset(region for _, region, _ in places if region),
            first=min(dates, default=None),
            last=max(dates, default=None),
            hours=frozenset(_hours(places)),
            set_aside=self.set_aside,
        )

    def _read_plain_list(self) -> bool:
        """Read the wanted records of a list of plain ones, or return False if it is not that.

        Most sources are, and then one call tells which of the records are wanted.
        """
        place = find_list(self.data) if self.wanted is not None else None
        seen = self._glances(*place) if place else None
        if not place or seen is None:
            return False
        glances, wanted = seen
        if any(wanted) or len(self.data) > MAXIMUM_RECORD:
            spans = split_list(self.data, *place)
            if spans is None or any(map(_is_giant, spans)):
                return False
            for self.index in compress(range(len(spans)), wanted):
                self._understand(spans[self.index])
        self.index = len(glances)
        self._count([*compress(glances, map(not_, wanted))])
        return True

    def _glances(self, start: int, end: int) -> tuple[Sequence[Glance], list[bool]] | None:
        """Glance at all the records of a list, and say which are wanted."""
        if self.also is None:
            narrow = glance_at_list(self.data, start, end, Glance)
            return None if narrow is None else (narrow, self._named(narrow))
        wide = glance_at_list(self.data, start, end, WideGlance)
        return None if wide is None else (wide, [*map(or_, self._named(wide), self.also(wide))])

    def _named(self, glances: Sequence[Glance]) -> list[bool]:
        names_of = (self.wanted or {}).get
        return [found.eventName in names_of(found.eventSource, _NO_NAME) for found in glances]

    def _spans(self) -> Iterable[Span]:
        place = find_list(self.data)
        if not place or holds_scraps(self.data, *place):
            return walk(self.data)
        return split_list(self.data, *place) or walk(self.data)

    def _is_wanted(self, event_source: str, event_name: str) -> bool:
        return self.wanted is None or event_name in self.wanted.get(event_source, _NO_NAME)

    def _looks(self, found: WideGlance | None) -> bool:
        """Ask `also`; a record that shows nothing at a glance is looked at."""
        if self.also is None:
            return False
        return found is None or any(self.also([found]))

    def _take(self, span: Span) -> None:
        if span.problem:
            self._refuse(span.start, self._problem(span.problem, span.start))
        elif _is_giant(span):
            self._take_giant(span)
        elif not self._is_unwanted(span):
            self._understand(span)

    def _problem(self, problem: str, offset: int) -> str:
        """Name what cut off the source, or made it no JSON at all, rather than what broke there."""
        if problem is CUT_OFF and self.ends_early and self.problem:
            problem, self.problem = self.problem, None
        if offset == 0:
            return next((why for what, why in _OTHER_FORMATS if what.match(self.data)), problem)
        return problem

    def _take_giant(self, span: Span) -> None:
        if is_digest(memoryview(self.data)[span.start : span.end]):
            self._set_aside()
        else:
            size = span.end - span.start
            self._refuse(span.start, f"is {size} bytes long; no record is over {MAXIMUM_RECORD}")

    def _is_unwanted(self, span: Span) -> bool:
        """Tell whether a glance shows a record that is not wanted, and count it."""
        if self.wanted is None:
            return False
        text = self.data[span.start : span.end]
        found = glance(text, Glance if self.also is None else WideGlance)
        if not found or self._is_wanted(found.eventSource, found.eventName):
            return False
        if isinstance(found, WideGlance) and self._looks(found):
            return False
        self.index += 1
        self._count([found])
        return True

    def _understand(self, span: Span) -> None:
        for fields in understand(self.data[span.start : span.end]):
            if fields is None:
                self._set_aside()
            elif isinstance(fields, str):
                self._refuse(span.start, fields)
            else:
                self._add(fields, span.start)

    def _add(self, fields: dict[str, Any], offset: int) -> None:
        wanted = self._is_wanted(fields["eventSource"], fields["eventName"])
        if wanted or (self.also is not None and self._looks(glance_at_fields(fields))):
            self.records.append(Record(fields, self.name, self.index, offset, self.provenance))
        self.index += 1
        self.seen += 1
        identity = fields.get("userIdentity") or {}
        account = fields.get("recipientAccountId") or identity.get("accountId")
        region = fields.get("awsRegion")
        place = [text if isinstance(text, str) else "" for text in (account, region)]
        self.places.add((place[0], place[1], fields["eventTime"]))

    def _count(self, glances: list[Glance]) -> None:
        self.seen += len(glances)
        self.places.update(
            {
                (
                    found.recipientAccountId or _account(found),
                    found.awsRegion or "",
                    found.eventTime,
                )
                for found in glances
            }
        )

    def _refuse(self, offset: int, reason: str) -> None:
        if len(self.rejects) < MAXIMUM_REJECTS:
            self.rejects.append(Reject(self.name, self.index, offset, reason))
        else:
            self.unnamed += 1
        self.index += 1

    def _refuse_whole(self, reason: str) -> None:
        self.rejects.append(Reject(self.name, None, len(self.data) or None, reason))

    def _set_aside(self) -> None:
        self.index += 1
        self.set_aside += 1


def _account(found: Glance) -> str:
    return (found.userIdentity and found.userIdentity.accountId) or ""


def _hours(places: set[tuple[str, str, str]]) -> Iterable[tuple[str, str, str]]:
    for account, region, time in places:
        if account and _HOUR.match(time):
            yield account, region, time[:_TO_THE_HOUR]


def _is_giant(span: Span) -> bool:
    return span.end - span.start > MAXIMUM_RECORD


def _without_export_times(data: bytes) -> bytes:
    """Put blanks and a line end for the times before the lines of an export.

    A string holds no raw line end that could begin one, and all else stays at its byte.
    """
    if b"Z {" not in data:  # a quick look, for the search is slow
        return data
    return _EXPORTED.sub(lambda time: b"\n".rjust(len(time[0])), data)


def _emptiness(data: bytes) -> str | None:
    if not data:
        return "is empty: nothing was read"
    blank = not data[:64].strip(_BLANKS) and not data.strip(_BLANKS)
    return "holds only blanks: nothing was read" if blank else None
