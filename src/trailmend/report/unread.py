"""What of the input was not read, in words: what is alike is told once, with the first places."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from trailmend.records import Reject

_NAMED, _GROUPED_FROM = 3, 10
_OWN = re.compile(r"(?<=eventID )\S+|\d[\d,]*|'[^']*'|\"[^\"]*\"")
"""What the reasons of alike pieces differ in: numbers, and what a record says."""


def place(reject: Reject) -> str:
    """Say where a piece stands: its source, and within it as far as that is known."""
    record = f" record {reject.source_index}" if reject.source_index is not None else ""
    byte = f" at byte {reject.offset:,}" if reject.offset is not None else ""
    return f"{reject.source_name}{record}{byte}"


def unread_lines(rejects: Iterable[Reject], *, each: bool = False) -> Iterator[str]:
    """Name the pieces that were not read, a line each; of many alike the first, unless `each`."""
    groups: dict[str, list[Reject]] = {}
    for reject in rejects:
        groups.setdefault("" if each else _OWN.sub("#", reject.reason), []).append(reject)
    for group in groups.values():
        named = group if each or len(group) < _GROUPED_FROM else group[:_NAMED]
        yield from (f"{place(one)}: {one.reason}" for one in named)
        if len(named) < len(group):
            files = {one.source_name for one in group[_NAMED:]}
            where = f"of {files.pop()}" if len(files) == 1 else f"in {len(files):,} files"
            more = len(group) - len(named)
            yield f"and {more:,} more alike {where} (each is named with --list-unread)"
