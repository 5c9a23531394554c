"""What is known of a user, group, role or policy at a moment, and how surely.

`known`: the log shows it.  `inferred`: a snapshot of AWS shows it, and no event before the
snapshot changed it.  `unknown`: neither tells.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from trailmend.context import Context, is_admin, ledger_at
from trailmend.errors import WrongUse
from trailmend.events import Event
from trailmend.ledger import Bearer, Ledger, Mark
from trailmend.snapshots import Snapshot

Sureness = Literal["known", "inferred", "unknown"]
KINDS = ("user", "group", "role", "policy")
SCHEMA = "trailmend/history/1"


class Fact(msgspec.Struct, frozen=True):
    """One thing that is known: what, its value in words, how surely, and since when."""

    name: str
    value: str
    sureness: Sureness
    since: str | None = None


class Past(msgspec.Struct, frozen=True):
    """An event that touched the subject, or that it made."""

    event_time: str
    event_name: str
    outcome: str
    actor: str | None
    role: Literal["target", "actor"]
    object_id: str | None
    event_id: str


class History(msgspec.Struct, frozen=True, kw_only=True):
    """A subject at a moment: what is known of it, and its events up to then."""

    schema: str = SCHEMA
    subject: str
    account_id: str
    at: str
    facts: list[Fact]
    events: list[Past]


def subject_of(text: str) -> tuple[str, str]:
    """Read `user/bob`, `role/deploy`, `group/admins` or the ARN of a policy.

    Raises WrongUse for anything else.
    """
    kind, _, name = text.partition("/")
    if text.startswith("arn:") and ":policy/" in text:
        return "policy", text
    if kind not in KINDS[:3] or not name:
        raise WrongUse(f"{text}: ask for user/NAME, group/NAME, role/NAME or the ARN of a policy")
    return kind, name


def history(
    subject: tuple[str, str],
    events: Sequence[Event],
    rows: Iterable[Context],
    at: datetime,
    snapshot: Snapshot | None = None,
) -> History:
    """Tell what is known of a subject at a moment; the events are those of one account."""
    kind, name = subject
    ledger = ledger_at(events, at, snapshot)
    by_id = {row.event_id: row for row in rows}
    past = [one for one in sorted(events, key=_in_time) if one.event_time <= at]
    return History(
        subject=name if kind == "policy" else f"{kind}/{name}",
        account_id=events[0].account_id if events else "",
        at=_said(at),
        facts=list(_facts(ledger, kind, name, past)),
        events=list(_past(past, by_id, kind, name)),
    )


def _in_time(event: Event) -> tuple[datetime, str]:
    return event.event_time, event.event_id


def _facts(ledger: Ledger, kind: str, name: str, past: Sequence[Event]) -> Iterator[Fact]:
    if kind == "policy":
        yield from _of_policy(ledger, name)
        return
    bearer = ledger.bearer(kind, name)
    yield _made(bearer.made)
    if kind == "user":
        yield from _of_user(ledger, name, past)
    yield from _permissions(ledger, kind, name, bearer)


def _made(made: Mark | None) -> Fact:
    if made is None:
        return Fact("made", "before the log", "unknown")
    if made.actor_id is None and made.actor_name is None:
        return Fact("made", "by whom is not known", "inferred", _said(made.time))
    return Fact("made", f"by {made.actor_name or made.actor_id}", "known", _said(made.time))


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
    for label, held in (
        ("access key", ledger.access_keys.of(owner)),
        ("SSH key", ledger.ssh_keys.of(owner)),
        ("service credential", ledger.service_credentials.of(owner)),
        ("certificate", ledger.certificates.of(owner)),
    ):
        for number, one in sorted(held.items()):
            status = one.status or "status not known"
            yield _thing(label, f"{number} {status}{_last_use(number, past)}", one.made)


def _password(ledger: Ledger, owner: str) -> Fact:
    user = ledger.user(owner)
    if user.password_of_others is not None:
        setter = user.password_of_others
        who = setter.actor_name or setter.actor_id or "somebody unknown"
        return Fact("password", f"set by {who}, not changed since", "known", _said(setter.time))
    if user.profile_made is not None:
        return Fact("password", "there is one", "known", _said(user.profile_made.time))
    if user.had_password:
        return Fact("password", "there was one", "inferred")
    return Fact("password", "not shown", "unknown")


def _last_use(number: str, past: Sequence[Event]) -> str:
    uses = [one for one in past if one.access_key_id == number]
    if not uses:
        return ""
    last = uses[-1]
    return f", last seen {_said(last.event_time)} for {last.event_name}"


def _permissions(ledger: Ledger, kind: str, name: str, bearer: Bearer) -> Iterator[Fact]:
    sure: Sureness = "unknown" if bearer.made is None else _sure(bearer.made)
    for arn in sorted(bearer.attached):
        yield Fact("attached policy", arn, _least(sure))
    for policy, document in sorted(bearer.inline.items()):
        yield Fact("inline policy", f"{policy}: {document or 'not known'}", _least(sure))
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
    verdict = is_admin(ledger, kind, name)
    told = {True: "yes", False: "no", None: "not known"}[verdict]
    yield Fact("administrator", told, "unknown" if verdict is None else _least(sure))


def _of_policy(ledger: Ledger, arn: str) -> Iterator[Fact]:
    policy = ledger.managed_policy(arn)
    if not policy.versions:
        yield Fact("versions", "none that the log shows", "unknown")
        return
    if policy.made is not None:
        yield _made(policy.made)
    sure: Sureness = "known" if policy.made else "inferred"
    yield Fact("version in force", policy.default or "not known", sure)
    for version, document in sorted(policy.versions.items()):
        yield Fact("version", f"{version}: {document or 'not known'}", sure)


def _thing(name: str, value: str, made: Mark | None) -> Fact:
    if made is None:
        return Fact(name, value, "inferred")
    by = made.actor_name or made.actor_id or "somebody unknown"
    return Fact(name, f"{value}, by {by}", "known", _said(made.time))


def _sure(made: Mark) -> Sureness:
    return "inferred" if made.actor_id is None else "known"


def _least(sure: Sureness) -> Sureness:
    """Call known what is named: it was seen, though there may be more that was not."""
    return "known" if sure == "unknown" else sure


def _past(
    events: Sequence[Event], rows: dict[str, Context], kind: str, name: str
) -> Iterator[Past]:
    actor_kind = {"user": "IAMUser", "role": "AssumedRole"}.get(kind)
    for event in events:
        row = rows[event.event_id]
        target = row.owner_name if kind == "user" and row.owner_name else event.target_name
        is_target = (row.owner_type or event.target_type) == kind and _same(target, name)
        is_actor = event.actor_type == actor_kind and _same(event.actor_name, name)
        if is_target or is_actor:
            yield Past(
                event_time=_said(event.event_time),
                event_name=event.event_name,
                outcome=event.outcome,
                actor=event.actor_name or event.actor_arn,
                role="target" if is_target else "actor",
                object_id=event.object_id,
                event_id=event.event_id,
            )


def _same(one: str | None, other: str) -> bool:
    return one is not None and one.lower() == other.lower()


def _said(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
