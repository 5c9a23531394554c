"""The scan: input in, findings out; what could not be read is named and the rest goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Engine

from trailmend.analysis import analyse_in_time
from trailmend.blind_spots import BlindSpots, untold_by
from trailmend.by_account import Pile, by_account
from trailmend.database import open_database
from trailmend.events import WANTED, BadRecord, Event, is_wanted, resolve
from trailmend.findings import Finding, in_order
from trailmend.in_time import Kept, kept
from trailmend.planning.kept import own_requests
from trailmend.readings import keep_reading, keep_untold, load_blind_spots
from trailmend.records import Also, Reading, Record, Reject, read_records
from trailmend.responder import Own, find_responders
from trailmend.settings import settings_of
from trailmend.sigma.faults import Fault
from trailmend.sigma.rulebook import Rulebook, load_rules
from trailmend.snapshots.keep import load_snapshot
from trailmend.sources import read_sources
from trailmend.store import Store, save_findings

Progress = Callable[[str], None]


@dataclass(slots=True)
class Scan:
    """What was read, what of it was not readable, and what was found on its events.

    `kept` counts events that the catalog looks at, `others` those that only imported rules do.
    `faults` are of imported rules that were not run.
    """

    files: int = 0
    seen: int = 0
    kept: int = 0
    others: int = 0
    duplicates: int = 0
    rejects: list[Reject] = field(default_factory=list)
    accounts: set[str] = field(default_factory=set)
    regions: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    hours: set[tuple[str, str, str]] = field(default_factory=set)
    first: str | None = None
    last: str | None = None
    findings: list[Finding] = field(default_factory=list)
    blind: BlindSpots = field(default_factory=BlindSpots)
    faults: list[Fault] = field(default_factory=list)


def scan(
    paths: Sequence[str],
    stdin: BinaryIO,
    workspace: Path,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    progress: Progress = lambda _: None,
) -> Scan:
    """Read the input into the workspace and find what its events mean.

    The findings are those on events of this input and between `since` and `until`, by all that
    the workspace knows: its events, its journal and its settings.  Raises WrongUse where a path
    matches nothing or the settings are wrong.
    """
    done = Scan()
    rulebook = load_rules(workspace)
    done.faults += rulebook.faults
    read = _events(paths, stdin, done, progress, lookout_of(rulebook))
    with by_account(read) as accounts:
        database, store = open_database(workspace), Store(workspace)
        own, once = _own(database, workspace), 0
        for account_id, pile in accounts:
            with (
                kept(store, account_id, pile, is_wanted, partial(_name_copy, done)) as known,
                _others(workspace, account_id, pile, rulebook) as others,
            ):
                keep_untold(database, account_id, untold_by(known.events))
                snapshot = load_snapshot(database, account_id)
                also = () if others is None else others.events
                found = analyse_in_time(known.events, own, rulebook.rules, also, snapshot)
            save_findings(database, account_id, found)
            told = [one for one in found if _between(one, since, until)]
            ids = {one.event.event_id for one in told}
            given = known.of_these(ids).union(() if others is None else others.of_these(ids))
            done.findings += [one for one in told if one.event.event_id in given]
            once, done.others = once + known.once, done.others + known.once - len(known.given)
            del found, told  # before the next account is read
    done.duplicates, done.kept = done.kept - once, once - done.others
    keep_reading(database, done)
    done.blind = load_blind_spots(database)
    database.dispose()
    done.findings.sort(key=in_order)
    return done


def _name_copy(done: Scan, event: Event) -> None:
    """Name a copy that says something else than its twin: AWS never writes two of one id."""
    reason = f"another record has the eventID {event.event_id} and other content; one was kept"
    done.rejects.append(Reject(event.source_name, event.source_index, None, reason))


def _events(
    paths: Sequence[str],
    stdin: BinaryIO,
    done: Scan,
    progress: Progress,
    also: Also | None,
) -> Iterable[Event]:
    for source in read_sources(paths, stdin):
        if isinstance(source, Reject):
            done.files += not Path(source.source_name).is_dir()
            done.names.add(source.source_name)
            done.rejects.append(source)
            continue
        done.files += 1
        done.names.add(source.name)
        reading = read_records(source.data, source.name, wanted=WANTED, also=also)
        _count(reading, done)
        progress(source.name)
        yield from _resolved(reading.records, done)


def _resolved(records: Iterable[Record], done: Scan) -> Iterable[Event]:
    for record in records:
        try:
            yield resolve(record)
        except BadRecord as error:
            done.seen -= 1
            done.rejects.append(
                Reject(record.source_name, record.source_index, record.offset, str(error))
            )
            continue
        done.kept += 1


def _count(reading: Reading, done: Scan) -> None:
    done.seen += reading.seen
    done.rejects += reading.rejects
    done.accounts |= reading.accounts
    done.regions |= reading.regions
    done.hours |= reading.hours
    done.first = min(filter(None, (done.first, reading.first)), default=None)
    done.last = max(filter(None, (done.last, reading.last)), default=None)


def _own(database: Engine, workspace: Path) -> Own:
    """Read which writes are ours, and who is ours alone."""
    chosen = settings_of(workspace).responder
    return Own(tuple(own_requests(database)), find_responders(chosen.principals))


def lookout_of(rulebook: Rulebook) -> Also | None:
    """Give what says which records of other services the rules want, if there are rules."""
    if not rulebook.rules:
        return None
    from trailmend.sigma.dispatch import Lookout

    return Lookout(rulebook.rules).sees


@contextmanager
def _others(
    workspace: Path, account_id: str, pile: Pile, rulebook: Rulebook
) -> Iterator[Kept | None]:
    """Keep what only imported rules look at apart, so that the catalog does not see it."""
    if not rulebook.rules:
        yield None
        return
    with kept(Store(workspace, "events-of-rules"), account_id, pile, _is_other) as known:
        yield known


def _is_other(event: Event) -> bool:
    return not is_wanted(event)


def _between(finding: Finding, since: datetime | None, until: datetime | None) -> bool:
    moment = datetime.fromisoformat(finding.event.event_time)
    return (since is None or moment >= since) and (until is None or moment <= until)
