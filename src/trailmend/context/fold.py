"""What the ledger adds to each event: the row of `context`, made by folding events in time.

Inside one second the log gives no order.  The life cycle does (create the user, then what is the
user's, enable, update, deactivate, detach, delete, the user, role or group last); what that does
not settle is unknown (`_unsettled`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby
from operator import attrgetter

import msgspec

from trailmend.context.habits import Facts, Habits
from trailmend.context.look import counts_devices, look, thing_touched
from trailmend.context.shape import Context, Moment
from trailmend.events import Event
from trailmend.ledger import Ledger, doubt_document, doubt_settings, learn
from trailmend.life_cycle import stage_of
from trailmend.password_policies import NO_POLICY
from trailmend.snapshots import Correction, Snapshot, plant, settle

IN_TIME = attrgetter("event_time", "event_id")
"""The order of time; inside a second it is none, but always the same."""
_SETS = ("Update", "Put", "Set", "CreatePolicyVersion")


def fold(events: Iterable[Event], snapshot: Snapshot | None = None) -> list[Context]:
    """Fold the events of one account, in any order, into a row for each, in the order of time.

    A snapshot of the account tells what stood before the log began.
    """
    seconds = seconds_of(sorted(events, key=IN_TIME), snapshot)
    return [row for second in seconds for _, row in second]


def seconds_of(
    ordered: Iterable[Event], snapshot: Snapshot | None = None
) -> Iterator[list[Moment]]:
    """Give the events of one account with their rows, second by second.

    They are given in the order of `IN_TIME`, and read twice where there is a snapshot.
    """
    habits = Habits()
    ledger, corrections = _begun(ordered, snapshot)
    for simultaneous in _seconds(ordered, ledger, corrections):
        stages = _stages(simultaneous, ledger)
        looked = [row for stage in stages for row in _rows_of(stage, ledger)]
        second = [event for stage in stages for event in stage]
        settled = _unsettled(second, looked)
        facts = habits.pass_second(second, [row.owner_name for row in settled])
        yield list(zip(second, map(_with_facts, settled, facts), strict=True))


def _with_facts(row: Context, facts: Facts) -> Context:
    return msgspec.structs.replace(row, **facts)


def _stages(second: list[Event], ledger: Ledger) -> list[list[Event]]:
    """Part the events of one second by the life cycle; inside a stage there is no order."""
    if len(second) == 1:
        return [second]
    made = {thing_touched(event, ledger) for event in second if _did(event, "Create")}
    stages: dict[int, list[Event]] = {}
    for event in second:
        gone = bool(made) and _did(event, "Delete") and thing_touched(event, ledger) in made
        replaced = gone and _stood(event, ledger)
        stages.setdefault(-1 if replaced else stage_of(event.event_name), []).append(event)
    return [stages[rank] for rank in sorted(stages)]


def order_unknown(one: Event, other: Event) -> bool:
    """Say whether neither time nor the life cycle tells which of two events came first."""
    same_second = one.event_time == other.event_time
    return same_second and stage_of(one.event_name) == stage_of(other.event_name)


def _did(event: Event, verb: str) -> bool:
    return event.outcome == "success" and event.event_name.startswith(verb)


def _stood(event: Event, ledger: Ledger) -> bool:
    """Say whether what is deleted was there before this second, so that it was deleted first."""
    if event.object_type == "mfa_device":
        return event.object_id in ledger.devices
    return ledger.user(ledger.target(event)).profile_made is not None


def _rows_of(stage: list[Event], ledger: Ledger) -> list[Context]:
    """Look at every event of a stage before any of them is learned."""
    rows = [look(event, ledger) for event in stage]
    if len(stage) == 1:
        learn(ledger, stage[0])
        return rows
    for event in sorted(stage, key=lambda one: (one.target_name or "", one.event_id)):
        learn(ledger, event)
    if _policy_writes_differ(stage):
        ledger.policy, ledger.policy_known = NO_POLICY, False
    for event in _set_differently(stage):
        doubt_document(ledger, event)
        if event.event_name.startswith("Update") and event.object_id is not None:
            ledger.doubt(event.object_id)
    doubt_settings(ledger, stage)
    return rows


def _set_differently(stage: list[Event]) -> list[Event]:
    """Give one event of each thing that those of a stage set to different values."""
    sent: dict[tuple[str | None, ...], dict[str | None, Event]] = {}
    for event in stage:
        if event.outcome == "success" and event.event_name.startswith(_SETS):
            key = event.event_name, event.target_type, event.target_name, event.object_id
            sent.setdefault(key, {})[event.request] = event
    return [next(iter(events.values())) for events in sent.values() if len(events) > 1]


def _unsettled(events: list[Event], rows: list[Context]) -> list[Context]:
    """Withdraw what depends on the order of events inside one second."""
    if len(events) == 1:
        return rows
    touched = Counter(
        row.owner_name for e, row in zip(events, rows, strict=True) if counts_devices(e)
    )
    differ = _policy_writes_differ(events)
    if not touched and not differ:
        return rows
    return [
        _without_order(
            row, devices=counts_devices(e) and touched[row.owner_name] > 1, policy=differ
        )
        for e, row in zip(events, rows, strict=True)
    ]


def _policy_writes_differ(events: list[Event]) -> bool:
    requests = {
        event.request
        for event in events
        if event.event_name == "UpdateAccountPasswordPolicy" and event.outcome == "success"
    }
    return len(requests) > 1


def _without_order(row: Context, *, devices: bool, policy: bool) -> Context:
    if devices:
        row = msgspec.structs.replace(row, devices_before=None, devices_left=None)
    if policy and (row.weakens is not None or row.strengthens is not None):
        row = msgspec.structs.replace(
            row, weakens=None, strengthens=None, weakened=None, before=None
        )
    return row


def ledger_at(
    events: Iterable[Event], moment: datetime, snapshot: Snapshot | None = None
) -> Ledger:
    """Give the ledger of one account as it stood at the end of a second."""
    ordered = sorted(events, key=IN_TIME)
    ledger, corrections = _begun(ordered, snapshot)
    until = [event for event in ordered if event.event_time <= moment]
    due = [one for one in corrections if one.taken_at <= moment]
    for second in _seconds(until, ledger, due):
        for stage in _stages(second, ledger):
            _rows_of(stage, ledger)
    return ledger


def _begun(ordered: Iterable[Event], snapshot: Snapshot | None) -> tuple[Ledger, list[Correction]]:
    """Give the ledger before the first of the events, and what later snapshots correct in it."""
    ledger = Ledger()
    return ledger, [] if snapshot is None else plant(ledger, snapshot, ordered)


def _seconds(
    ordered: Iterable[Event], ledger: Ledger, corrections: list[Correction]
) -> Iterator[list[Event]]:
    """Give the events second by second; between two, later snapshots correct the ledger."""
    waiting = list(corrections)
    for time, group in groupby(ordered, key=attrgetter("event_time")):
        while waiting and waiting[0].taken_at < time:
            settle(ledger, waiting.pop(0))
        yield list(group)
    for correction in waiting:
        settle(ledger, correction)
