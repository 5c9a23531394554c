"""The folder where people on one machine ask for approvals and give them, as files.

The workspace is its owner's alone.  Who else may approve gets the plan as a file that is named
after its hash, and answers with a file of their own.  Whose a file is, the system says: nobody but
root can make one that is another's.  What a file says of its author does not count.
"""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Engine

from trailmend.audit import AuditLog
from trailmend.disk import write_whole
from trailmend.errors import CannotRead, Refused, WrongUse
from trailmend.plan import Plan
from trailmend.planning.approvals import ApprovalRules, Person, check_approver, request_name
from trailmend.planning.decisions import Decision, all_decisions, keep_decision

ROLLBACK_LASTS = timedelta(hours=1)
"""How long a rollback may be begun after its approval: as a plan of a critical finding."""
_LONGEST = 8_000_000
"""Bytes of a file that are read; a plan of 30 changes has some tens of thousands."""
_STRICT = ApprovalRules(second_person="info")
"""Whoever asks by a file asks for a second person."""


class Request(Struct, frozen=True, kw_only=True):
    """What somebody is asked to approve: a plan, or that these changes of it be undone, from 0."""

    schema: Literal["trailmend/request/1"] = "trailmend/request/1"
    plan: Plan
    changes: tuple[int, ...] | None = None


def ask(folder: Path, plan: Plan, changes: Sequence[int] | None = None) -> Path:
    """Put a request into the folder, and give its path; one that is there stays.

    Raises CannotRead where that cannot be done safely.
    """
    _check_folder(folder)
    path = folder / request_name(plan, changes)
    told = None if changes is None else tuple(changes)
    if not os.path.lexists(path):
        _write(path, msgspec.json.encode(Request(plan=plan, changes=told)))
    return path


def read_request(path: Path) -> Request:
    """Read a request; raises WrongUse for what is none, or not the one that its name says."""
    try:
        request = msgspec.json.decode(_read(path)[0], type=Request)
    except OSError as error:
        raise WrongUse(f"{path} cannot be read ({error.strerror}).") from error
    except msgspec.DecodeError as error:
        raise WrongUse(f"{path} is no request of this version of Trailmend: {error}") from error
    if path.name != request_name(request.plan, request.changes):
        raise WrongUse(f"{path} does not hold what its name says: ask for a new request.")
    return request


def answer(
    path: Path,
    request: Request,
    verdict: Literal["approved", "rejected"],
    by: Person,
    now: datetime,
    reason: str = "",
) -> Decision:
    """Put an answer beside a request; raises Refused for the requester's own approval."""
    plan, changes = request.plan, request.changes
    if verdict == "approved":
        check_approver(plan, by, _STRICT)
    if changes is None and now >= plan.expires:
        raise Refused(f"Plan {plan.id} has expired ({plan.expires:%F %T} UTC): nothing is open.")
    given = Decision(plan.id, plan.hash, verdict, by, now, reason)
    if changes is not None and verdict == "rejected":
        raise WrongUse("a rollback is not rejected: leave its request without an answer")
    if changes is not None:
        given = replace(
            given, verdict="rollback approved", changes=changes, expires=now + ROLLBACK_LASTS
        )
    _check_folder(path.parent)
    name = f"{path.name.removesuffix('.ask.json')}.{verdict}-{token_hex(4)}.json"
    _write(path.with_name(name), msgspec.json.encode(given))
    return given


def take_in(
    engine: Engine, plan: Plan, rules: ApprovalRules, log: AuditLog, now: datetime
) -> list[str]:
    """Keep the answers on a plan that are new, and say of the others why they do not count."""
    if not rules.folder:
        return []
    folder = Path(rules.folder)
    _check_folder(folder)
    known = {_key(one) for one in all_decisions(engine, plan)}
    reasons = []
    for path in _answers(folder, plan):
        try:
            decision = _read_answer(path, plan, rules, now)
        except Refused as error:
            reasons.append(str(error))
            continue
        if _key(decision) not in known:
            keep_decision(engine, log, decision)
    return reasons


def _key(one: Decision) -> tuple[str, str, datetime, tuple[int, ...]]:
    return one.verdict, one.by.user, one.at, one.changes


def _answers(folder: Path, plan: Plan) -> Iterator[Path]:
    start = request_name(plan).removesuffix(".ask.json")
    for path in sorted(folder.glob(f"{start}.*.json")):
        if not path.name.endswith(".ask.json"):
            yield path


def _read_answer(path: Path, plan: Plan, rules: ApprovalRules, now: datetime) -> Decision:
    """Read an answer as its owner's; raises Refused for one that does not count.

    The ARN that a file tells is only a word, so it speaks for nobody.
    """
    try:
        data, owner = _read(path)
        told = msgspec.json.decode(data, type=Decision)
    except (OSError, msgspec.DecodeError) as error:
        raise Refused(f"{path} does not count: {error}.") from error
    decision = replace(told, by=Person(owner))
    if (told.plan_id, told.hash) != (plan.id, plan.hash) or told.at > now:
        raise Refused(f"{path} does not count: it is of another plan, or of the future.")
    if told.expires is not None and told.expires > told.at + ROLLBACK_LASTS:
        raise Refused(f"{path} does not count: it would hold too long.")
    if told.verdict != "rejected":
        check_approver(plan, decision.by, rules)
    return decision


# Files -------------------------------------------------------------------------------------


def _check_folder(folder: Path) -> None:
    """Refuse a folder in which others than the owner of a file could remove it."""
    try:
        mode = folder.stat().st_mode
    except OSError as error:
        raise CannotRead(
            f"The folder of approvals {folder} cannot be used ({error.strerror}): {_MAKE_IT}"
        ) from error
    shared, safe = mode & (stat.S_IWGRP | stat.S_IWOTH), stat.S_ISVTX | stat.S_ISGID
    if not stat.S_ISDIR(mode) or (shared and mode & safe != safe):
        raise CannotRead(
            f"The folder of approvals {folder} is not safe to share: others could remove files "
            f"in it, or not read them. {_MAKE_IT}"
        )


_MAKE_IT = (
    "let root make it, `install -d -m 3770 -g GROUP FOLDER`, for a group of those who plan and "
    "those who approve; or take `folder` out of [approval] in the settings."
)


def _read(path: Path) -> tuple[bytes, str]:
    """Read a file that only its owner can have written, and name the owner."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(handle, "rb") as file:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1 or found.st_mode & 0o022:
            raise OSError(0, "it is a link, or others than its owner may write it")
        data = file.read(_LONGEST + 1)
    if len(data) > _LONGEST:
        raise OSError(0, "it is too long")
    try:
        return data, pwd.getpwuid(found.st_uid).pw_name
    except KeyError:
        return data, str(found.st_uid)


def _write(path: Path, data: bytes) -> None:
    """Write a new file for the group to read, whole or not at all."""
    try:
        write_whole(path, data, mode=0o640)
    except OSError as error:
        raise CannotRead(f"{path} cannot be written ({error.strerror}): {_MAKE_IT}") from error
