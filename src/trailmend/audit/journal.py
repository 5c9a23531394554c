"""The journal of a plan, with the audit log before it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any, assert_never

import msgspec

from trailmend.audit.chain import What
from trailmend.audit.log import AuditLog
from trailmend.changing.journal import Declined, Done, Entry, Intent, Journal, Left, Lost, Settled
from trailmend.plan import Plan


@dataclass(frozen=True)
class AuditedJournal:
    """A plan's journal whose entries are in the audit log before they are in the journal.

    So a call whose intent cannot be audited is not sent.  `run` is the name of this run of a
    command: a crash can keep only the last audited entry of a run out of the journal.
    """

    journal: Journal
    log: AuditLog
    plan: Plan
    user: str
    arn: str | None
    run: str = field(default_factory=lambda: token_hex(4))

    def add(self, entry: Entry) -> None:
        """Audit and keep an entry; raises as `AuditLog.add` and the journal do."""
        what, details = _told(self.plan, entry)
        self.log.add(
            what,
            user=self.user,
            arn=self.arn,
            plan_id=self.plan.id,
            plan_hash=self.plan.hash,
            details={**details, "run": self.run, "entry": entry_digest(msgspec.json.encode(entry))},
        )
        self.journal.add(entry)

    def entries(self) -> Sequence[Entry]:
        """Give all entries, oldest first."""
        return self.journal.entries()


def entry_digest(body: bytes) -> str:
    """Name an entry by the hash of its body, as the journal keeps it."""
    return hashlib.sha256(body).hexdigest()


def _told(plan: Plan, entry: Entry) -> tuple[What, dict[str, Any]]:
    """Say what an entry tells, without answers; a call is told as it stands in the plan."""
    if isinstance(entry, Left):
        return "verified", {}
    step: dict[str, Any] = {"change": entry.step + 1, "undo": entry.undo}
    match entry:
        case Intent(step=number, undo=undo):
            change = plan.changes[number]
            call = msgspec.to_builtins(change.undo if undo else change.call)
            return ("undoing" if undo else "sending"), {**step, "call": call}
        case Done(request_id=request_id):
            return "answered", {**step, "request_id": request_id}
        case Declined(code=code, request_id=request_id):
            return "declined", {**step, "code": code, "request_id": request_id}
        case Lost(request_id=request_id):
            return "lost", {**step, "request_id": request_id}
        case Settled(happened=happened):
            return "settled", {**step, "happened": happened}
        case _:
            assert_never(entry)
