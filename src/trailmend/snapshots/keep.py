"""The snapshots that a workspace keeps, in its database."""

from __future__ import annotations

from datetime import UTC
from operator import attrgetter

import msgspec
from sqlalchemy import Column, Engine, String, Table, Text, select
from sqlalchemy.dialects.sqlite import insert

from trailmend.database import METADATA
from trailmend.snapshots.join import join
from trailmend.snapshots.shape import Snapshot

_SNAPSHOTS = Table(
    "snapshots",
    METADATA,
    Column("account_id", String, primary_key=True),
    Column("taken_at", String, primary_key=True),
    Column("body", Text, nullable=False),
)


def keep_snapshot(database: Engine, snapshot: Snapshot) -> None:
    """Keep a snapshot; one of the same account and second is joined to the former."""
    same = [one for one in _kept(database, snapshot.account_id) if _is_same_time(one, snapshot)]
    whole = join([*same, snapshot])
    row = {
        "account_id": whole.account_id,
        "taken_at": whole.taken_at.astimezone(UTC).isoformat(),
        "body": msgspec.json.encode(whole).decode(),
    }
    with database.begin() as connection:
        connection.execute(
            insert(_SNAPSHOTS)
            .values(row)
            .on_conflict_do_update(index_elements=["account_id", "taken_at"], set_=row)
        )


def _is_same_time(one: Snapshot, other: Snapshot) -> bool:
    return one.taken_at == other.taken_at


def load_snapshot(database: Engine, account_id: str) -> Snapshot | None:
    """Give the newest snapshot of an account, if there is one, with all before it."""
    kept = _kept(database, account_id)
    return msgspec.structs.replace(kept[-1], earlier=kept[:-1]) if kept else None


def _kept(database: Engine, account_id: str) -> list[Snapshot]:
    """Give the snapshots of an account in the order of time."""
    wanted = select(_SNAPSHOTS.c.body).where(_SNAPSHOTS.c.account_id == account_id)
    with database.connect() as connection:
        bodies = connection.execute(wanted).scalars().all()
    found = [msgspec.json.decode(body, type=Snapshot) for body in bodies]
    return sorted(found, key=attrgetter("taken_at"))
