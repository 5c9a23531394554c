"""The history of one subject at one moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from trailmend.context import Context, ledger_at, order_unknown
from trailmend.events import Event, named_person, same_name
from trailmend.findings import told_time
from trailmend.history.account import (
    OF_ROOT,
    of_account,
    summary,
    touches_of_account,
    touches_of_root,
)
from trailmend.history.credentials import calls, of_root, of_user
from trailmend.history.former import had
from trailmend.history.namesakes import bearers_of, namesake
from trailmend.history.permissions import of_policy, permissions
from trailmend.history.reports import reported_of_root, reported_of_user, seen_of
from trailmend.history.sayings import when, who
from trailmend.history.shape import Fact, History, Past
from trailmend.history.subjects import ALONE, Subject, called, is_id, nobody
from trailmend.history.touches import (
    Life,
    Touch,
    calls_of,
    done_to,
    ending,
    identity,
    lives_named,
    making,
    touches,
)
from trailmend.ledger import Ledger, Mark
from trailmend.snapshots import Snapshot


def history(
    subject: Subject,
    events: Sequence[Event],
    rows: Iterable[Context],
    at: datetime,
    snapshot: Snapshot | None = None,
) -> History:
    """Tell what is known of a subject at a moment; the events are those of one account.

    `rows` is the context of the events, in its own order.  Who was renamed is told under every
    name.  Raises WrongUse for a name that neither the events nor the snapshot tell.
    """
    by_id = {event.event_id: event for event in events}
    moments = [(by_id[row.event_id], row) for row in rows]
    ledger = ledger_at(events, at, snapshot)
    account = events[0].account_id if events else ""
    if subject[0] in ALONE:
        return _alone(subject[0], account, moments, ledger, at, snapshot)
    kind, name = subject
    found = list(touches(moments, kind))
    lives, name = _asked(found, kind, name, snapshot)
    gone = None if lives or _is_planted(ledger, kind, name) else _gone(snapshot, kind, name)
    if gone is not None:
        return History(
            subject=called(kind, name),
            account_id=account,
            at=told_time(at),
            facts=[gone],
            events=[],
        )
    if not lives and not _is_planted(ledger, kind, name):
        raise nobody(account, kind, name, {other for one in found for other in one.names})
    numbers = {one.life: place for place, life in enumerate(lives, 1) for one in life}
    past = [one for one in found if one.life in numbers and one.event.event_time <= at]
    return History(
        subject=called(kind, name),
        account_id=account,
        at=told_time(at),
        facts=list(_facts(ledger, kind, name, lives, at, snapshot, found)),
        events=list(_past(past, numbers)),
        bearers=bearers_of(lives, kind),
    )


def _asked(
    found: Sequence[Touch], kind: str, name: str, snapshot: Snapshot | None
) -> tuple[list[Life], str]:
    """Find who has a name, or an id where nobody has such a name."""
    lives = lives_named(found, name)
    if lives or not is_id(name):
        return lives, name
    by_life = {one.life: [each for each in found if each.life == one.life] for one in found}
    named = [life for life in by_life.values() if identity(life, kind) == name]
    if named:
        return named, named[0][0].names[0]
    every = snapshot.in_time if snapshot is not None and kind == "user" else []
    users = [pair for one in reversed(every) for pair in one.users.items()]
    return [], next((called for called, user in users if user.id == name), name)


def _alone(
    kind: str,
    account: str,
    moments: Sequence[tuple[Event, Context]],
    ledger: Ledger,
    at: datetime,
    snapshot: Snapshot | None,
) -> History:
    """Tell of root or of the account, of which there is one each."""
    found = list(touches_of_root(moments) if kind == "root" else touches_of_account(moments))
    past = [one for one in found if one.event.event_time <= at]
    events = [one.event for one in past]
    if kind == "account":
        facts = list(of_account(ledger, events, snapshot, at))
    else:
        reported = reported_of_root(snapshot, done_to(past), at)
        facts = [*of_root(ledger, events), *reported, *summary(snapshot, at, OF_ROOT)]
    return History(
        subject=kind,
        account_id=account,
        at=told_time(at),
        facts=facts,
        events=list(_past(past, {one.life: 1 for one in past})),
    )


def _is_planted(ledger: Ledger, kind: str, name: str) -> bool:
    """Say whether the ledger knows somebody; whom no event names a snapshot tells."""
    planted = (kind, name.lower()) in ledger.bearers or name in ledger.policies
    return planted or (kind == "user" and name.lower() in ledger.names)


def _gone(snapshot: Snapshot | None, kind: str, name: str) -> Fact | None:
    """Say of whom only a snapshot of another time names that there is nobody at this time."""
    for seen in reversed(snapshot.in_time if snapshot is not None else []):
        users = [f"user/{one}" for one in seen.users]
        if called(kind, name).lower() in map(str.lower, (*users, *seen.bearers, *seen.policies)):
            told = "what AWS answered for this time names none; the answer of this time did"
            return Fact("not there", told, "inferred", told_time(seen.taken_at))
    return None


def _facts(
    ledger: Ledger,
    kind: str,
    name: str,
    lives: Sequence[Life],
    at: datetime,
    snapshot: Snapshot | None,
    found: Sequence[Touch],
) -> Iterator[Fact]:
    """Tell of the last who had the name at a time; of who comes later, the making alone."""
    began = [[one for one in life if one.event.event_time <= at] for life in lives]
    named = [place for place, life in enumerate(began) if any(one.bears(name) for one in life)]
    for former in bearers_of([began[place] for place in named[:-1]], kind):
        yield namesake(former, kind, name)
    begun = [place for place, life in enumerate(began) if life]
    place = next(iter([*named[-1:], *begun]), 0)
    life, maker = (began[place], making(lives[place], kind)) if lives else ([], None)
    then = life[-1].names[-1] if life else lives[place][0].names[0] if lives else name
    if maker is not None and maker.event_time > at and not _is_planted(ledger, kind, then):
        yield Fact("made", f"not yet at this time; later, by {who(maker)}", "known", when(maker))
        return
    if life and _is_followed(found, then, life[0].life, at):
        yield from _facts_of_former(kind, life)
        return
    created = _created(snapshot, then, lives[place] if lives else []) if kind == "user" else None
    yield from _facts_of_life(ledger, kind, then, life, created)
    if kind == "user" and ending(life, kind) is None:
        yield from reported_of_user(snapshot, then, lives[place] if lives else [], at)


def _is_followed(found: Sequence[Touch], name: str, life: int, at: datetime) -> bool:
    """Say whether somebody else has the name by now."""
    named = [one for one in found if one.event.event_time <= at and same_name(one.names[-1], name)]
    return bool(named) and lives_named(named, name)[-1][0].life != life


def _facts_of_former(kind: str, life: Life) -> Iterator[Fact]:
    """Tell of one whose name another has: what is known under the name is the other's."""
    begun, ended, number = making(life, kind), ending(life, kind), identity(life, kind)
    seen = any(one.event.outcome == "success" for one in life)
    yield _made(None, seen=seen) if begun is None else _made_by(begun)
    if number is not None:
        yield Fact("id", number, "known")
    yield from _turns(life)
    if ended is not None:
        yield Fact("deleted", f"by {who(ended)}", "known", when(ended))
    else:
        yield Fact("deleted", "which the log does not show: another has the name", "inferred")
    yield from had(life)


def _made_by(begun: Event) -> Fact:
    return Fact("made", f"by {who(begun)}", "known", when(begun))


def _facts_of_life(
    ledger: Ledger, kind: str, name: str, life: Life, created: Mark | None
) -> Iterator[Fact]:
    """Tell of one who has a name at the time, or had it last."""
    begun, ended = making(life, kind), ending(life, kind)
    known = ledger.managed_policy(name).made if kind == "policy" else ledger.bearer(kind, name).made
    known = known or created
    if begun is not None:
        yield _made_by(begun)
    else:
        yield _made(known, seen=not life or any(one.event.outcome == "success" for one in life))
    number = identity(life, kind)
    if number is not None:
        yield Fact("id", number, "known")
    yield from _turns(life)
    if ended is not None:
        yield Fact("deleted", f"by {who(ended)}", "known", when(ended))
        yield from had(life)
    elif kind == "policy":
        yield from of_policy(ledger, name, life)
    else:
        if kind == "user":
            yield from of_user(ledger, name, life)
        if kind == "role":
            yield from calls(calls_of(life))
        yield from permissions(ledger, kind, name, life)


def _created(snapshot: Snapshot | None, name: str, life: Life) -> Mark | None:
    """Give the time of making that a snapshot tells of a user; by whom it does not tell."""
    every = [] if snapshot is None else snapshot.in_time
    seen = (seen_of(one, name, life) for one in every)
    times = (user.created for user in seen if user is not None and user.created is not None)
    time = next(times, None)
    return None if time is None else Mark(None, None, time)


def _turns(life: Life) -> Iterator[Fact]:
    for one in life:
        if len(one.names) > 1:
            told = f"from {one.names[0]} to {one.names[1]}, by {who(one.event)}"
            yield Fact("renamed", told, "known", when(one.event))
        if one.event.event_name == "DeleteServiceLinkedRole" and one.event.outcome == "success":
            told = f"asked for by {who(one.event)}; whether AWS did it the log does not tell"
            yield Fact("deletion", told, "known", when(one.event))


def _made(made: Mark | None, *, seen: bool) -> Fact:
    """Tell of a making that the log does not show; what only failed calls name need not exist."""
    if made is None:
        return Fact("made", "before the log" if seen else "before the log, or never", "unknown")
    return Fact("made", "by whom is not known", "inferred", told_time(made.time))


def _past(past: Sequence[Touch], numbers: dict[int, int]) -> Iterator[Past]:
    events = [one.event for one in past]
    beside = zip([None, *events], [*events[1:], None], strict=False)
    for one, neighbours in zip(past, beside, strict=False):
        event = one.event
        tied = any(other is not None and order_unknown(event, other) for other in neighbours)
        yield Past(
            event_time=when(event),
            event_name=event.event_name,
            outcome=event.outcome,
            actor=named_person(event.actor_name, event.actor_id)
            or event.actor_name
            or event.actor_arn,
            role=one.role,
            object_id=event.object_id,
            event_id=event.event_id,
            target=None if one.role == "target" else event.target_name,
            order="unknown" if tied else "known",
            bearer=numbers[one.life],
        )
