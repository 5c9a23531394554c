"""The workspace's database of findings, plans, approvals and the journal: one SQLite file."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Engine, MetaData, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from trailmend.errors import CannotRead, WrongUse

METADATA = MetaData()
"""Every table of the workspace; a module that keeps state defines its tables on this."""


def open_database(workspace: Path) -> Engine:
    """Open the workspace's database, and make the workspace if there is none.

    The folder is readable by its owner alone (0700, the file 0600).  A commit is on disk when it
    returns (`synchronous=FULL`), because a change to an account must never outrun its journal.
    Raises WrongUse where no workspace can be there, CannotRead where the file is no
    database, or cannot be opened now.
    """
    path = workspace / "state.db"
    try:
        workspace.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600))
    except OSError as error:
        raise WrongUse(
            f"{workspace} cannot be a workspace ({error.strerror}): choose a folder that you can "
            "write, with --workspace."
        ) from error
    engine = create_engine(URL.create("sqlite", database=str(path)), connect_args={"timeout": 30})
    event.listen(engine, "connect", _make_durable)
    try:
        METADATA.create_all(engine)
    except OperationalError as error:
        raise CannotRead(
            f"{path} cannot be opened now ({error.orig}): see whether another process holds it or "
            "the disk is full, and try again."
        ) from error
    except DatabaseError as error:
        raise CannotRead(
            f"{path} cannot be read as a database ({error.orig}): restore it from a copy, or begin "
            "another workspace and scan again."
        ) from error
    return engine


@contextmanager
def opened_database(workspace: Path) -> Iterator[Engine]:
    """Open the workspace's database, and close it again; raises as `open_database` does."""
    engine = open_database(workspace)
    try:
        yield engine
    finally:
        engine.dispose()


def _make_durable(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()
