"""What a credential report tells of a user or of root, for its own time and for the time before.

At its time a report is known.  Before it only that stands which it says to be unchanged since: a
key that was last changed earlier was there, though the report gives no id.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from trailmend.events import Event, same_name
from trailmend.findings import told_time
from trailmend.history.shape import Fact
from trailmend.history.touches import Life, done_to, ending, making
from trailmend.snapshots import Reported, ReportedKey, SeenKey, SeenUser, Snapshot

_NEAR = timedelta(minutes=5)
"""AWS writes the time of a making into the report; the log tells when the call was completed."""
_CHANGES = ("CreateAccessKey", "UpdateAccessKey")


def reported_of_user(
    snapshot: Snapshot | None, name: str, life: Life, at: datetime
) -> Iterator[Fact]:
    """Tell what a report says of a user under the name of its time, unless it is a namesake."""
    made = making(life, "user")
    every = [] if snapshot is None else snapshot.in_time
    seen = [one for one in (seen_of(each, name, life) for each in every) if one is not None]
    reports = [one.report for one in seen if one.report is not None and _is_of(one.report, made)]
    report = _nearest(reports, at)
    if report is not None:
        keys = {key: one for user in seen for key, one in (user.access_keys or {}).items()}
        yield from _told(report, at, done_to(life), keys)


def reported_of_root(
    snapshot: Snapshot | None, past: Sequence[Event], at: datetime
) -> Iterator[Fact]:
    """Tell what a report says of root."""
    every = [] if snapshot is None else snapshot.in_time
    report = _nearest([one.root for one in every if one.root is not None], at)
    if report is not None:
        yield from _told(report, at, past, {})


def _nearest(reports: Sequence[Reported], at: datetime) -> Reported | None:
    """Choose the last report up to a time, or else the first after it."""
    before = [one for one in reports if one.taken_at <= at]
    return before[-1] if before else next(iter(reports), None)


def seen_of(snapshot: Snapshot, name: str, life: Life) -> SeenUser | None:
    """Find a user as a snapshot names whoever lived this life at its time."""
    ended = ending(life, "user")
    if ended is not None and ended.event_time <= snapshot.taken_at:
        return None
    before = [one.names[-1] for one in life if one.event.event_time <= snapshot.taken_at]
    then = before[-1] if before else life[0].names[0] if life else name
    named = (seen for called, seen in snapshot.users.items() if same_name(called, then))
    return next(named, None)


def _is_of(report: Reported, made: Event | None) -> bool:
    """Say whether a row is of one whose making the log shows, and of no namesake."""
    if made is None or report.created is None:
        return made is None or made.event_time <= report.taken_at
    return abs(report.created - made.event_time) <= _NEAR


def _told(
    report: Reported, at: datetime, past: Sequence[Event], keys: dict[str, SeenKey]
) -> Iterator[Fact]:
    """Tell a row of a report; `past` and `keys` are what else is known of whose row it is."""
    since = told_time(report.taken_at)
    if at < report.taken_at:
        yield from _before(report, at, since)
        return
    if report.password is not None or report.password_used is not None:
        yield Fact("password in the report", _password(report), "known", since)
    if report.mfa is not None:
        told = "enabled; the report names no device" if report.mfa else "none"
        yield Fact("MFA in the report", told, "known", since)
    yield Fact("access keys in the report", _count(report.keys), "known", since)
    for key in report.keys:
        told = f"{_key(key)}; {_which(key, _ids(key, past, keys))}"
        yield Fact(f"access key {key.place} there", told, "known", since)
    for one in report.certificates:
        told = f"{_state(active=one.active)}, {_rotated(one.rotated)}"
        yield Fact(f"certificate {one.place} there", told, "known", since)
    if report.more is not None:
        yield Fact("more in the report", report.more, "known", since)


def _before(report: Reported, at: datetime, since: str) -> Iterator[Fact]:
    changed = report.password_changed
    if report.password and changed is not None and changed <= at:
        told = f"there was one: last changed {told_time(changed)}, says the report of {since}"
        yield Fact("password in a later report", told, "inferred")
    for key in report.keys:
        if key.rotated is not None and key.rotated <= at:
            told = f"there was one: {_rotated(key.rotated)}, says the report of {since}"
            yield Fact(f"access key {key.place} of a later report", told, "inferred")


def _password(report: Reported) -> str:
    """Tell of a password; of root's an older report tells the use alone."""
    if report.password is False:
        return "none"
    parts = ["there is one"] if report.password else []
    if report.password_changed is not None:
        parts.append(f"last changed {told_time(report.password_changed)}")
    parts.append(_used_password(report))
    if report.password_expires is not None:
        parts.append(f"a new one is due {told_time(report.password_expires)}")
    return ", ".join(parts)


def _used_password(report: Reported) -> str:
    used = report.password_used
    return "no use known" if used is None else f"last used {told_time(used)}"


def _count(keys: Sequence[ReportedKey]) -> str:
    active = sum(key.active for key in keys)
    rest = len(keys) - active
    if not keys:
        return "none"
    return f"{active} active" + (f", {rest} not active" if rest else "") + "; it gives no ids"


def _state(*, active: bool) -> str:
    return "active" if active else "not active"


def _rotated(rotated: datetime | None) -> str:
    if rotated is None:
        return "when it was made or changed is not told"
    return f"made or last changed {told_time(rotated)}"


def _key(key: ReportedKey) -> str:
    """Tell of a key; a use within a quarter of an hour after another one is not counted by AWS."""
    told = f"{_state(active=key.active)}, {_rotated(key.rotated)}, "
    if key.used is None:
        return f"{told}no use known"
    service = f" by service {key.service}" if key.service else ""
    region = f" in {key.region}" if key.region else ""
    return f"{told}last used {told_time(key.used)}{service}{region}"


def _ids(key: ReportedKey, past: Sequence[Event], keys: dict[str, SeenKey]) -> set[str]:
    """Find the keys that were made or changed in the very second that the report gives."""
    by_log = {
        one.object_id
        for one in past
        if one.event_name in _CHANGES and one.object_id
        if one.event_time == key.rotated
    }
    by_answer = {name for name, seen in keys.items() if seen.created == key.rotated is not None}
    return by_log | by_answer


def _which(key: ReportedKey, ids: set[str]) -> str:
    if len(ids) == 1:
        [name] = ids
        return f"it is {name}, made or changed in the same second"
    if key.rotated is None or not ids:
        return "which key it is nothing here tells"
    return f"it is one of {', '.join(sorted(ids))}"
