"""What is known of a user, group, role or policy at a moment, and how surely.

`known`: the log shows it.  `inferred`: a snapshot of AWS shows it, and no event before the
snapshot changed it.  `unknown`: neither tells.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from trailmend.context import Context, is_admin, ledger_at, order_unknown
from trailmend.errors import WrongUse
from trailmend.events import Event, same_name
from trailmend.findings import told_time
from trailmend.history.touches import Life, Role, Touch, ending, lives_named, making, touches
from trailmend.ledger import Bearer, Ledger, Mark
from trailmend.near import nearest
from trailmend.snapshots import Snapshot

Sureness = Literal["known", "inferred", "unknown"]
KINDS = ("user", "group", "role")
_ARNS = {":policy/": "policy", ":permissionSet/": "permission_set"}
SCHEMA = "trailmend/history/1"


class Fact(msgspec.Struct, frozen=True):
    """One thing that is known: what, its value in words, how surely, and since when."""

    name: str
    value: str
    sureness: Sureness
    since: str | None = None


class Past(msgspec.Struct, frozen=True):
    """An event that touched the subject, or that it made.

    `target` is whom it is about, where that is not the subject.  `order` is `unknown` where the log
    does not tell which came first, this one or another here.
    """

    event_time: str
    event_name: str
    outcome: str
    actor: str | None
    role: Role
    object_id: str | None
    event_id: str
    target: str | None = None
    order: Literal["known", "unknown"] = "known"


class History(msgspec.Struct, frozen=True, kw_only=True):
    """A subject at a moment: what is known of it, and its events up to then."""

    schema: str = SCHEMA
    subject: str
    account_id: str
    at: str
    facts: list[Fact]
    events: list[Past]


def subject_of(text: str) -> tuple[str, str]:
    """Read `user/bob`, `role/deploy`, `group/admins`, or the ARN of a policy or permission set.

    Raises WrongUse for anything else.
    """
    kind, _, name = text.partition("/")
    for part, of_arn in _ARNS.items():
        if text.startswith("arn:") and part in text:
            return of_arn, text
    if kind not in KINDS or not name:
        raise WrongUse(
            f"{text}: ask for user/NAME, group/NAME, role/NAME, or the ARN of a policy or "
            "permission set"
        )
    return kind, name


def history(
    subject: tuple[str, str],
    events: Sequence[Event],
    rows: Iterable[Context],
    at: datetime,
    snapshot: Snapshot | None = None,
) -> History:
    """Tell what is known of a subject at a moment; the events are those of one account.

    `rows` is the context of the events, in its own order.  Who was renamed is told under every
    name.  Raises WrongUse for a name that neither the events nor the snapshot tell.
    """
    kind, name = subject
    account = events[0].account_id if events else ""
    ledger = ledger_at(events, at, snapshot)
    by_id = {event.event_id: event for event in events}
    found = list(touches([(by_id[row.event_id], row) for row in rows], kind))
    lives = lives_named(found, name)
    if not lives and not _is_planted(ledger, kind, name):
        others = {other for one in found for other in one.names}
        raise WrongUse(_nobody(account, kind, name, others))
    numbers = {one.life for life in lives for one in life}
    past = [one for one in found if one.life in numbers and one.event.event_time <= at]
    return History(
        subject=_called(kind, name),
        account_id=account,
        at=told_time(at),
        facts=list(_facts(ledger, kind, name, lives, at)),
        events=list(_past(past)),
    )


def _called(kind: str, name: str) -> str:
    return f"{kind}/{name}" if kind in KINDS else name


def _is_planted(ledger: Ledger, kind: str, name: str) -> bool:
    """Say whether the ledger knows somebody; whom no event names a snapshot tells."""
    planted = (kind, name.lower()) in ledger.bearers or name in ledger.policies
    return planted or (kind == "user" and name.lower() in ledger.names)


def _nobody(account: str, kind: str, name: str, names: Iterable[str]) -> str:
    meant = nearest(name, names)
    hint = "" if meant is None else f" Did you mean {_called(kind, meant)}?"
    return f"no record of account {account} names {_called(kind, name)}.{hint}"


def _facts(
    ledger: Ledger, kind: str, name: str, lives: Sequence[Life], at: datetime
) -> Iterator[Fact]:
    """Tell of the last who had the name at a time; of who comes later, the making alone."""
    began = [[one for one in life if one.event.event_time <= at] for life in lives]
    named = [place for place, life in enumerate(began) if any(one.bears(name) for one in life)]
    for former in named[:-1]:
        yield _namesake(began[former], kind, name)
    begun = [place for place, life in enumerate(began) if life]
    place = next(iter([*named[-1:], *begun]), 0)
    life, maker = (began[place], making(lives[place], kind)) if lives else ([], None)
    then = life[-1].names[-1] if life else lives[place][0].names[0] if lives else name
    if maker is not None and maker.event_time > at and not _is_planted(ledger, kind, then):
        yield Fact("made", f"not yet at this time; later, by {_who(maker)}", "known", _when(maker))
        return
    yield from _facts_of_life(ledger, kind, then, life)


def _facts_of_life(ledger: Ledger, kind: str, name: str, life: Life) -> Iterator[Fact]:
    """Tell of one who has a name at the time, or had it last."""
    begun, ended = making(life, kind), ending(life, kind)
    known = ledger.managed_policy(name).made if kind == "policy" else ledger.bearer(kind, name).made
    if begun is not None:
        yield Fact("made", f"by {_who(begun)}", "known", _when(begun))
    else:
        yield _made(known, seen=not life or any(one.event.outcome == "success" for one in life))
    for one in life:
        if len(one.names) > 1:
            told = f"from {one.names[0]} to {one.names[1]}, by {_who(one.event)}"
            yield Fact("renamed", told, "known", _when(one.event))
        if one.event.event_name == "DeleteServiceLinkedRole" and one.event.outcome == "success":
            told = f"asked for by {_who(one.event)}; whether AWS did it the log does not tell"
            yield Fact("deletion", told, "known", _when(one.event))
    if ended is not None:
        yield Fact("deleted", f"by {_who(ended)}", "known", _when(ended))
    elif kind == "policy":
        yield from _of_policy(ledger, name)
    else:
        if kind == "user":
            yield from _of_user(ledger, name, [one.event for one in life])
        yield from _permissions(ledger, kind, name, ledger.bearer(kind, name))


def _namesake(life: Life, kind: str, name: str) -> Fact:
    """Tell in one sentence of an earlier one who had the name."""
    begun, ended, now = making(life, kind), ending(life, kind), life[-1].names[-1]
    start = "made before the log" if begun is None else f"made {_when(begun)} by {_who(begun)}"
    end = "deleted, which the log does not show" if same_name(now, name) else f"called {now} since"
    if ended is not None:
        end = f"deleted {_when(ended)} by {_who(ended)}"
    return Fact(f"an earlier {kind.replace('_', ' ')} of this name", f"{start}, {end}", "known")


def _who(event: Event) -> str:
    return event.actor_name or event.actor_arn or event.actor_id or "somebody unknown"


def _when(event: Event) -> str:
    return told_time(event.event_time)


def _made(made: Mark | None, *, seen: bool) -> Fact:
    """Tell of a making that the log does not show; what only failed calls name need not exist."""
    if made is None:
        return Fact("made", "before the log" if seen else "before the log, or never", "unknown")
    return Fact("made", "by whom is not known", "inferred", told_time(made.time))


def _of_user(ledger: Ledger, name: str, past: Sequence[Event]) -> Iterator[Fact]:
    owner = ledger.names.get(name.lower(), name)
    user = ledger.user(owner)
    yield _password(ledger, owner)
    whole: Sureness = "unknown" if user.made is None else _sure(user.made)
    enabled = sorted(ledger.enabled_devices(owner))
    for serial in enabled:
        device = ledger.devices[serial]
        yield _thing("MFA device", serial, device.assigned)
    if not enabled:
        yield Fact("MFA devices", "none" if user.made else "none that the log shows", whole)
    for key in _keys_in_use(ledger, owner, past):
        yield Fact("access key", f"{key} signs calls{_last_use(key, past)}", "inferred")
    for label, held in (
        ("access key", ledger.access_keys.of(owner)),
        ("SSH key", ledger.ssh_keys.of(owner)),
        ("service credential", ledger.service_credentials.of(owner)),
        ("certificate", ledger.certificates.of(owner)),
    ):
        for number, one in sorted(held.items()):
            status = one.status or "status not known"
            yield _thing(label, f"{number} {status}{_last_use(number, past)}", one.made)


def _keys_in_use(ledger: Ledger, owner: str, past: Sequence[Event]) -> list[str]:
    """Give the long-lived keys that sign a user's calls and whose making the log does not show."""
    own = (one for one in past if one.actor_type == "IAMUser" and same_name(one.actor_name, owner))
    used = {one.access_key_id or "" for one in own} - ledger.access_keys.of(owner).keys()
    return sorted(key for key in used if key.startswith("AKIA"))


def _password(ledger: Ledger, owner: str) -> Fact:
    user = ledger.user(owner)
    if user.password_of_others is not None:
        setter = user.password_of_others
        told = f"set by {_maker(setter)}, not changed since"
        return Fact("password", told, "known", told_time(setter.time))
    if user.profile_made is not None:
        return Fact("password", "there is one", "known", told_time(user.profile_made.time))
    if user.had_password:
        return Fact("password", "there was one", "inferred")
    if user.made is not None and user.made.actor_id is not None:
        return Fact("password", "none", "known")
    return Fact("password", "not shown", "unknown")


def _last_use(number: str, past: Sequence[Event]) -> str:
    uses = [one for one in past if one.access_key_id == number]
    if not uses:
        return ""
    last = uses[-1]
    return f", last seen {told_time(last.event_time)} for {last.event_name}"


def _permissions(ledger: Ledger, kind: str, name: str, bearer: Bearer) -> Iterator[Fact]:
    sure: Sureness = "unknown" if bearer.made is None else _sure(bearer.made)
    for arn in sorted(bearer.attached):
        yield Fact("attached policy", arn, _least(sure))
    for policy, document in sorted(bearer.inline.items()):
        named = f"{policy}: " if policy else ""
        yield Fact("inline policy", f"{named}{document or 'not known'}", _least(sure))
    if not bearer.attached and not bearer.inline:
        yield Fact("policies", "none that the log shows" if sure == "unknown" else "none", sure)
    if bearer.boundary is not None:
        yield Fact("permissions boundary", bearer.boundary, _least(sure))
    if bearer.trust is not None:
        yield Fact("trust policy", bearer.trust, _least(sure))
    for group in sorted(ledger.groups_of.get(name.lower(), ()) if kind == "user" else ()):
        yield Fact("group", group, _least(sure))
    for member in sorted(bearer.members):
        yield Fact("member", member, _least(sure))
    for (holder, who), sets in sorted(ledger.assignments.items()):
        for account in sorted(account for arn, account in sets if arn == name):
            told = f"{holder.removeprefix('directory_')} {who} in {account}"
            yield Fact("given to", told, "inferred")  # it was asked for, and may have failed later
    verdict = is_admin(ledger, kind, name)
    told = {True: "yes", False: "no", None: "not known"}[verdict]
    yield Fact("administrator", told, "unknown" if verdict is None else _least(sure))


def _of_policy(ledger: Ledger, arn: str) -> Iterator[Fact]:
    policy = ledger.managed_policy(arn)
    if not policy.versions:
        yield Fact("versions", "none that the log shows", "unknown")
        return
    sure: Sureness = "known" if policy.made else "inferred"
    yield Fact("version in force", policy.default or "not known", sure)
    for version, document in sorted(policy.versions.items()):
        yield Fact("version", f"{version}: {document or 'not known'}", sure)


def _thing(name: str, value: str, made: Mark | None) -> Fact:
    if made is None:
        return Fact(name, value, "inferred")
    return Fact(name, f"{value}, by {_maker(made)}", "known", told_time(made.time))


def _maker(made: Mark) -> str:
    return made.actor_name or made.actor_id or "somebody unknown"


def _sure(made: Mark) -> Sureness:
    return "inferred" if made.actor_id is None else "known"


def _least(sure: Sureness) -> Sureness:
    """Call known what is named: it was seen, though there may be more that was not."""
    return "known" if sure == "unknown" else sure


def _past(past: Sequence[Touch]) -> Iterator[Past]:
    events = [one.event for one in past]
    beside = zip([None, *events], [*events[1:], None], strict=False)
    for one, neighbours in zip(past, beside, strict=False):
        event = one.event
        tied = any(other is not None and order_unknown(event, other) for other in neighbours)
        yield Past(
            event_time=_when(event),
            event_name=event.event_name,
            outcome=event.outcome,
            actor=event.actor_name or event.actor_arn,
            role=one.role,
            object_id=event.object_id,
            event_id=event.event_id,
            target=None if one.role == "target" else event.target_name,
            order="unknown" if tied else "known",
        )
