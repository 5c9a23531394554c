"""The events of one account in the order of time, indexed by what a story joins them on."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count, groupby

from trailmend.context import Context, _place
from trailmend.events import ROOT_USER, Event
from trailmend.ledger import parsed, policy_of
from trailmend.password_policies import NO_POLICY, PasswordPolicy

Key = tuple[str, object]
"""What is looked up: an event's name, or a word of `_keys`, and a person, object or address."""

ACCOUNT = "account"
_FIRST_USERS = 3


@dataclass(frozen=True, slots=True)
class Step:
    """One event in its place.

    `number` counts the events in time; `after` is the number of the first that is later for sure:
    in the same second only where the life cycle says so (see `context`).  `person` stands for
    whose event it is, whatever the name: a user who is renamed stays the same, and one who is made
    under the name of a former user is another.
    """

    event: Event
    row: Context
    number: int
    after: int
    person: int | None


@dataclass(frozen=True, slots=True)
class Timeline:
    """All steps, and the numbers of those with a key, in order.

    `policies` holds what each change of the password policy left, where its record tells it.
    `addresses` holds, of each address, the first three principals that called from it, each with
    the number of the first call.
    """

    steps: list[Step]
    by_event: dict[str, Step]
    times: list[datetime]
    index: dict[Key, list[int]]
    addresses: dict[str, dict[str | None, int]]
    policies: dict[int, PasswordPolicy | None]


def timeline(events: Iterable[Event], rows: Iterable[Context]) -> Timeline:
    """Put events in order; those without a row, and second copies, are left out."""
    by_id = {event.event_id: event for event in events}
    with_rows = {row.event_id: row for row in rows if row.event_id in by_id}
    steps = list(_steps([(by_id[key], row) for key, row in with_rows.items()]))
    line = Timeline(
        steps,
        {step.event.event_id: step for step in steps},
        [step.event.event_time for step in steps],
        {},
        {},
        dict(_policies(steps)),
    )
    for step in steps:
        for key in _keys(step):
            line.index.setdefault(key, []).append(step.number)
        users = line.addresses.setdefault(step.event.source_ip or "", {})
        if len(users) < _FIRST_USERS:
            users.setdefault(step.event.actor_id, step.number)
    return line


def _steps(pairs: Sequence[tuple[Event, Context]]) -> Iterator[Step]:
    placed = sorted(((_place(event), event, row) for event, row in pairs), key=lambda each: each[0])
    persons, number = _Persons({}, count()), 0
    for _, moment in groupby(placed, key=lambda each: each[0][:2]):
        together = list(moment)
        after = number + len(together)
        for _, event, row in together:
            yield Step(event, row, number, after, _person(event, row, persons))
            number += 1


@dataclass(frozen=True, slots=True)
class _Persons:
    """Who bears which name at a time; upper and lower case are the same to IAM."""

    names: dict[str, int]
    numbers: Iterator[int]

    def bearer(self, name: str) -> int:
        """Give the person of a name, who may be new."""
        if name not in self.names:
            self.names[name] = next(self.numbers)
        return self.names[name]


def _person(event: Event, row: Context, persons: _Persons) -> int | None:
    """Say whose event it is, and follow what it does to names."""
    name = _name(event, row)
    if name is None:
        return None
    made = event.event_source == "iam.amazonaws.com" and event.outcome == "success"
    if made and event.event_name == "CreateUser":
        persons.names.pop(name, None)
    person = persons.bearer(name)
    if made and event.event_name == "DeleteUser":
        del persons.names[name]
    renamed = parsed(event.request).get("newUserName") if event.event_name == "UpdateUser" else None
    if made and isinstance(renamed, str):
        persons.names[renamed.lower()] = persons.names.pop(name)
    return person


def _name(event: Event, row: Context) -> str | None:
    """Name the owner of what an IAM event touched, or who signed in; root is ROOT_USER."""
    if is_sign_in(event):
        own = event.actor_type == "IAMUser" and event.actor_account in (None, event.account_id)
        name = ROOT_USER if event.actor_type == "Root" else event.actor_name if own else None
    else:
        name = ROOT_USER if row.owner_type == "root" else row.owner_name
    return name if name in (None, ROOT_USER) else name.lower()


def is_sign_in(event: Event) -> bool:
    """Say whether somebody entered the console."""
    pair = event.event_source, event.event_name
    return pair == ("signin.amazonaws.com", "ConsoleLogin") and event.outcome == "success"


def _keys(step: Step) -> Iterator[Key]:
    event, person = step.event, step.person
    if event.access_key_id is not None:
        yield "use", event.access_key_id
    if person is not None and is_sign_in(event):
        yield "sign-in", (person, event.source_ip)
        if event.mfa == "yes":
            yield "sign-in with MFA", person
    if event.event_source != "iam.amazonaws.com" or event.outcome != "success":
        return
    if person is not None:
        yield event.event_name, person
        yield from _keys_of_credentials(step)
    if event.object_id is not None:
        yield event.event_name, event.object_id
    if event.target_type == "account":
        yield event.event_name, ACCOUNT


def _keys_of_credentials(step: Step) -> Iterator[Key]:
    name = step.event.event_name
    set_by_other = name in ("CreateLoginProfile", "UpdateLoginProfile")
    if name == "DeleteLoginProfile" or (set_by_other and step.row.known_relation != "self"):
        yield "password", step.person
    if name == "EnableMFADevice":
        yield "enabled by", (step.person, step.event.actor_id)


def _policies(steps: Iterable[Step]) -> Iterator[tuple[int, PasswordPolicy | None]]:
    for step in steps:
        if step.event.event_name == "DeleteAccountPasswordPolicy":
            yield step.number, NO_POLICY
        if step.event.event_name == "UpdateAccountPasswordPolicy":
            policy = policy_of(step.event)
            if policy is not None:
                yield step.number, policy


def later(line: Timeline, key: Key, found: Step, most: int) -> list[int]:
    """Give the first numbers of a key that are later than a step."""
    numbers = line.index.get(key, [])
    start = bisect_left(numbers, found.after)
    return numbers[start : start + most]


def last_before(line: Timeline, key: Key, step: Step) -> Step | None:
    """Give the last step of a key before another."""
    numbers = line.index.get(key, [])
    place = bisect_left(numbers, step.number)
    return line.steps[numbers[place - 1]] if place else None


def happened(line: Timeline, key: Key, since: datetime, before: Step) -> bool:
    """Say whether there is a step of a key from a time on and before a step."""
    last = last_before(line, key, before)
    return last is not None and last.event.event_time >= since
