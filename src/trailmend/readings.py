"""What scans read and could not read, kept in the workspace: what every report is blind to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

import msgspec
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Integer,
    String,
    Table,
    Text,
    delete,
    func,
    select,
)
from sqlalchemy.dialects.sqlite import insert

from trailmend.blind_spots import BlindSpots, Untold, hour_of, seen_in
from trailmend.database import METADATA
from trailmend.records import Reject

_READINGS = Table(
    "readings",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("files", Integer, nullable=False),
    Column("events", Integer, nullable=False),
)
_UNREAD = Table(
    "unread",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("source_name", String, nullable=False, index=True),
    Column("body", Text, nullable=False),
)
_HOURS = Table(
    "hours",
    METADATA,
    Column("account_id", String, primary_key=True),
    Column("region", String, primary_key=True),
    Column("day", String, primary_key=True),
    Column("filled", Integer, nullable=False),
)
"""A bit of `filled` for each hour of the day that has an event."""
_UNTOLD = Table(
    "untold",
    METADATA,
    Column("account_id", String, primary_key=True),
    Column("body", Text, nullable=False),
)


class Read(Protocol):
    """What a scan read."""

    files: int
    seen: int
    rejects: list[Reject]
    names: set[str]
    hours: set[tuple[str, str, str]]


def keep_reading(database: Engine, read: Read) -> None:
    """Keep what one scan read; of a source that was read before, only the last reading counts."""
    with database.begin() as connection:
        connection.execute(insert(_READINGS).values(files=read.files, events=read.seen))
        _forget(connection, read.names)
        unread = [
            {"source_name": one.source_name, "body": msgspec.json.encode(one).decode()}
            for one in read.rejects
        ]
        if unread:
            connection.execute(insert(_UNREAD), unread)
        _add_hours(connection, read.hours)


def _forget(connection: Connection, names: set[str]) -> None:
    known = set(connection.scalars(select(_UNREAD.c.source_name).distinct()))
    for name in known & names:
        connection.execute(delete(_UNREAD).where(_UNREAD.c.source_name == name))


def _add_hours(connection: Connection, hours: Iterable[tuple[str, str, str]]) -> None:
    filled: dict[tuple[str, str, str], int] = {}
    for account_id, region, text in hours:
        hour = hour_of(text)
        if hour is not None:
            key = account_id, region, f"{hour:%Y-%m-%d}"
            filled[key] = filled.get(key, 0) | 1 << hour.hour
    rows = [
        {"account_id": account_id, "region": region, "day": day, "filled": bits}
        for (account_id, region, day), bits in filled.items()
    ]
    added = insert(_HOURS)
    both = _HOURS.c.filled.bitwise_or(added.excluded.filled)
    if rows:
        connection.execute(
            added.on_conflict_do_update(
                index_elements=list(_HOURS.primary_key), set_={"filled": both}
            ),
            rows,
        )


def keep_untold(database: Engine, account_id: str, untold: Untold) -> None:
    """Keep what the events of an account leave out, in place of what was kept before."""
    row = {"account_id": account_id, "body": msgspec.json.encode(untold).decode()}
    with database.begin() as connection:
        connection.execute(
            insert(_UNTOLD)
            .values(row)
            .on_conflict_do_update(index_elements=["account_id"], set_={"body": row["body"]})
        )


def load_blind_spots(database: Engine) -> BlindSpots:
    """Give what all reports of this workspace are blind to."""
    with database.connect() as connection:
        scans, files, events = connection.execute(
            select(func.count(), func.sum(_READINGS.c.files), func.sum(_READINGS.c.events))
        ).one()
        unread = connection.scalars(select(_UNREAD.c.body).order_by(_UNREAD.c.number))
        untold = connection.execute(select(_UNTOLD).order_by(_UNTOLD.c.account_id))
        return BlindSpots(
            scans=scans,
            files=files or 0,
            events=events or 0,
            unread=tuple(msgspec.json.decode(body, type=Reject) for body in unread),
            seen=tuple(seen_in(_hours(connection))),
            untold={
                account_id: msgspec.json.decode(body, type=Untold) for account_id, body in untold
            },
        )


def _hours(connection: Connection) -> Iterator[tuple[str, str, str]]:
    for account_id, region, day, filled in connection.execute(select(_HOURS)):
        for hour in range(24):
            if filled >> hour & 1:
                yield account_id, region, f"{day}T{hour:02}"
