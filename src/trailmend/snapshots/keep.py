"""The snapshots that a workspace keeps, in its database."""

from __future__ import annotations

import msgspec
from sqlalchemy import Column, Engine, String, Table, Text, select
from sqlalchemy.dialects.sqlite import insert

from trailmend.database import METADATA
from trailmend.snapshots.shape import Snapshot

_SNAPSHOTS = Table(
    "snapshots",
    METADATA,
    Column("account_id", String, primary_key=True),
    Column("taken_at", String, primary_key=True),
    Column("body", Text, nullable=False),
)


def keep_snapshot(database: Engine, snapshot: Snapshot) -> None:
    """Keep a snapshot; one of the same account and second takes the place of the former."""
    row = {
        "account_id": snapshot.account_id,
        "taken_at": snapshot.taken_at.isoformat(),
        "body": msgspec.json.encode(snapshot).decode(),
    }
    with database.begin() as connection:
        connection.execute(
            insert(_SNAPSHOTS)
            .values(row)
            .on_conflict_do_update(index_elements=["account_id", "taken_at"], set_=row)
        )


def load_snapshot(database: Engine, account_id: str) -> Snapshot | None:
    """Give the newest snapshot of an account, if there is one."""
    wanted = (
        select(_SNAPSHOTS.c.body)
        .where(_SNAPSHOTS.c.account_id == account_id)
        .order_by(_SNAPSHOTS.c.taken_at.desc())
        .limit(1)
    )
    with database.connect() as connection:
        body = connection.execute(wanted).scalar()
    return None if body is None else msgspec.json.decode(body, type=Snapshot)
