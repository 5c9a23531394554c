"""Findings as CSV (RFC 4180), for spreadsheets: no cell can be a formula.

A spreadsheet takes a cell for a formula by how it begins.  Such a cell gets an apostrophe in front,
also after what another locale takes for the end of a cell (OWASP ASVS 5.0, 1.2.10).  So a cell is
for reading; JSON lines give every text as it is.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter

from trailmend.findings import Finding, NextEvent
from trailmend.mutes import NO_MUTES, Muting
from trailmend.report.mutes import mute_rows
from trailmend.report.parts import muted
from trailmend.report.safe import json_line, visible
from trailmend.takeovers.acts import caller_name, taker_name

_FORMULA = re.compile(r"(^|[,;|\"])(\s*)(?=[=+\-@＝＋－＠﹢﹣﹦﹫])")  # noqa: RUF001
"""Where a formula could begin; tabs and line ends are made visible before."""


_COLUMNS: Mapping[str, Callable[[Finding], object]] = {
    "id": attrgetter("id"),
    "level": attrgetter("level"),
    "status": attrgetter("status"),
    "event_time": attrgetter("event.event_time"),
    "event_name": attrgetter("event.event_name"),
    "actor": caller_name,
    "target": attrgetter("target.name"),
    "title": attrgetter("title"),
    "detection": attrgetter("detection"),
    "account_id": attrgetter("event.account_id"),
    "region": attrgetter("event.region"),
    "event_source": attrgetter("event.event_source"),
    "outcome": attrgetter("event.outcome"),
    "error_code": attrgetter("event.error_code"),
    "actor_type": attrgetter("actor.type"),
    "actor_arn": attrgetter("actor.arn"),
    "actor_id": attrgetter("actor.id"),
    "session_name": attrgetter("actor.session_name"),
    "session_taken_by": lambda one: taker_name(one.actor.origin) if one.actor.origin else None,
    "access_key_id": attrgetter("actor.access_key_id"),
    "access_key_now": attrgetter("actor.access_key_now"),
    "mfa": attrgetter("actor.mfa"),
    "source_ip": attrgetter("actor.source_ip"),
    "user_agent": attrgetter("actor.user_agent"),
    "target_type": attrgetter("target.type"),
    "object_type": attrgetter("target.object_type"),
    "object_id": attrgetter("target.object_id"),
    "relation": attrgetter("relation"),
    "next": lambda one: "; ".join(map(_later, one.next)),
    "before": lambda one: json_line(one.before) if one.before else None,
    "techniques": lambda one: " ".join(one.techniques),
    "fixes": lambda one: " ".join(one.fixes),
    "plan": attrgetter("plan"),
    "lapsed": lambda one: "yes" if one.lapsed else "no",
    "event_id": attrgetter("event.event_id"),
    "source_name": attrgetter("source.name"),
    "source_index": attrgetter("source.index"),
    "provenance": attrgetter("source.provenance"),
    "muted": muted,
}
"""The columns, in their order; new ones are added at the end."""


def findings_csv(findings: Iterable[Finding], muting: Muting = NO_MUTES) -> str:
    """Write findings as CSV: one header, a line for each, the columns always the same.

    After them a line for each mute, whose id is in the column of ids, tells what it hides.
    """
    out = io.StringIO()
    rows = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    rows.writerow(_COLUMNS)
    for one in findings:
        rows.writerow([harmless(value(one)) for value in _COLUMNS.values()])
    for name, state, until, owner, reason, what, count in mute_rows(muting):
        told = f"{count} hidden by a mute until {until} ({owner}: {reason}): {what}"
        cells = {"id": name, "status": state, "title": told}
        rows.writerow([harmless(cells.get(column)) for column in _COLUMNS])
    return out.getvalue()


def harmless(text: object) -> str:
    """Make a text that no spreadsheet takes for a formula; None is an empty cell."""
    return "" if text is None else _FORMULA.sub(r"\1\2'", visible(text))


def _later(one: NextEvent) -> str:
    return f"{one.event_time} {one.event_name}: {one.why}"
