"""Workspaces with an audit log, for the tests of it."""

import json
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from trailmend.audit import AuditLog, Verdict, verify
from trailmend.database import open_database


class Case:
    """A workspace with its log."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "audit.jsonl"
        self.engine: Engine = open_database(folder)
        self.log = AuditLog(folder, self.engine)

    def add(self, times: int = 1, **details: Any) -> None:
        for _ in range(times):
            self.log.add("asked", user="sam", plan_id="P-2222", details=details)

    def verify(self, noted: tuple[int, str] | None = None) -> Verdict:
        return verify(self.folder, self.engine, noted)

    def sql(self, statement: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(statement))

    @property
    def head(self) -> dict[str, Any]:
        """What the database knows of the last entry."""
        with self.engine.connect() as connection:
            return dict(connection.execute(text("SELECT * FROM audit_head")).one()._mapping)


def whole(case: Case) -> None:
    """Claim that the log is whole, with nothing to remark."""
    found = case.verify()
    assert (found.faults, found.notes) == ((), ())


def lines_of(case: Case) -> list[dict[str, Any]]:
    return [json.loads(line) for line in case.path.read_bytes().splitlines()]


def add_many(folder: str, name: str, times: int = 100) -> None:
    """Add entries, in a process of its own."""
    case = Case(Path(folder))
    for number in range(times):
        case.add(by=name, n=number)
