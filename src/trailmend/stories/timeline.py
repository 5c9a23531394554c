"""The events of one account in the order of time, indexed by what a story joins them on."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from trailmend.context import Context, Moment
from trailmend.events import ROOT_USER, Event
from trailmend.ledger import REGIONAL, policy_of
from trailmend.lives import Lives
from trailmend.password_policies import NO_POLICY, PasswordPolicy
from trailmend.stories.entrances import entrances
from trailmend.stories.index import Index
from trailmend.stories.steps import AT_HAND, Step, Steps
from trailmend.stories.visits import Visits, sets_trust

Key = tuple[str, object]
"""What is looked up: an event's name, or a word of `_keys`, and a person, object or address."""

ACCOUNT = "account"
ANYWHERE = "anywhere"
_OF_ALL = ("cloudtrail.amazonaws.com", "organizations.amazonaws.com")
"""Services whose calls concern the account or its organization, whatever they name."""
_CALLS_OF_ALL = (
    *("sts:AssumeRoot", "sts:GetWebIdentityToken", "rolesanywhere:ImportCrl"),
    *("sso:PutApplicationGrant", "DeleteUser"),
)
_OF_A_HOLDER = (
    *("AssumeRoot", "GetDelegatedAccessToken", "GetFederationToken", "GetSessionToken"),
    *("CreateOAuth2Token", "GetSigninToken"),
)
_WAYS_TO_STAY = (
    *("CreateAccessKey", "CreateLoginProfile"),
    *("DeactivateMFADevice", "EnableMFADevice"),
)
_WAYS_IN = ("signin:ConsoleLogin", "sso:GetRoleCredentials")
FIRST_CALLERS = 3
"""So many principals that called from an address are known, and who came in the last one's second;
more make it everybody's."""
_LONGEST_SESSION = timedelta(hours=36)
"""AWS STS API Reference, GetSessionToken and GetFederationToken, DurationSeconds."""
_Place = tuple[str, str]
"""An access key's id and an address."""
_VOUCHED_FOR = ("AWSService", "SAMLUser", "WebIdentityUser")


class Timeline:
    """All steps of an account, and the numbers of those with a key, in the order of time.

    `callers` holds, of each address, the first principals that called from it, and when.
    `policies` holds what each change of the password policy left, where the log tells it.
    """

    def __init__(self, at_hand: int = AT_HAND) -> None:
        self.steps, self.index = Steps(at_hand), Index()
        self.callers: dict[str, dict[str | None, datetime]] = {}
        self.policies: dict[int, PasswordPolicy | None] = {}
        self._lives = Lives()
        self._refused: set[Key] = set()
        self._places = _Places()
        self._visitors: dict[object, set[str | None]] = {}
        self._visits = Visits()

    def take(self, second: Sequence[Moment]) -> None:
        """Add the events of the next second."""
        steps = list(self._steps(second))
        self.policies |= _policies(steps)
        for step in steps:
            for key in self._keys(step):
                self.index.add(key, step.number)
            callers = self.callers.setdefault(step.event.source_ip or "", {})
            if len(callers) < FIRST_CALLERS or next(reversed(callers.values())) == step.time:
                callers.setdefault(step.event.actor_id, step.time)
            self.steps.append(step)

    def of_event(self, event_id: str) -> Step:
        """Give the step of an event; raises KeyError where it is not one of the account's."""
        for number in self.index.numbers(("event", event_id)):
            if self.steps[number].event.event_id == event_id:
                return self.steps[number]
        raise KeyError(event_id)

    def row_of(self, event_id: str) -> Context | None:
        """Give the row of an event, None where it is not one of the account's."""
        try:
            return self.of_event(event_id).row
        except KeyError:
            return None

    def close(self) -> None:
        """Give back what many steps take of the disk."""
        self.steps.close()

    def _steps(self, second: Sequence[Moment]) -> Iterator[Step]:
        start, lives = len(self.steps), self._lives
        for number, (event, row) in enumerate(second, start):
            caller, name, group = _caller(event), _name(event, row), _group(event)
            yield Step(
                event,
                row,
                event.event_time,
                number,
                start,
                start + len(second),
                caller=None if caller is None else lives.of("user", caller),
                person=None if name is None else lives.touched(event, "user", name),
                group=None if group is None else lives.touched(event, "group", group),
            )

    def _keys(self, step: Step) -> Iterator[Key]:
        event = step.event
        yield "event", event.event_id
        if event.access_key_id is not None:
            yield "use", event.access_key_id
            yield from self._places.keys(event)
        yield from _keys(step)
        yield from _of_refusals(step, self._refused)
        yield from _of_visits(step, self._visitors)
        yield from self._visits.keys(step, target_of(step))


def _caller(event: Event) -> str | None:
    """Name the user of this account who calls."""
    is_user = event.by_own_account and event.actor_type == "IAMUser"
    return event.actor_name or None if is_user else None


def _group(event: Event) -> str | None:
    """Name the group of IAM that an event is about, or whose members it changes."""
    if event.event_source != "iam.amazonaws.com":
        return None
    if event.target_type == "group":
        return event.target_name or None
    return event.object_id or None if event.object_type == "group" else None


def _name(event: Event, row: Context) -> str | None:
    """Name the owner of what an IAM event touched, or who signed in; root is ROOT_USER."""
    if is_sign_in(event):
        own = event.actor_type == "IAMUser" and event.by_own_account
        name = ROOT_USER if event.actor_type == "Root" else event.actor_name if own else None
    elif event.event_name in _OF_A_HOLDER:
        name = _holder(event, row)
    else:
        name = ROOT_USER if row.owner_type == "root" else row.owner_name
    return name


def _holder(event: Event, row: Context) -> str | None:
    """Name the user whose permissions bound the session that a call gives, or who makes the call.

    A federated session has those of the user who asked for it.
    """
    if event.target_type == "root":
        return ROOT_USER if event.target_name == "root" else None
    if event.target_type is not None:
        other = event.target_type != "user" or ":" in (event.target_name or ":")
        return None if other else event.target_name
    if not event.by_own_account or event.event_source != "signin.amazonaws.com":
        return None
    if event.actor_type == "FederatedUser":
        return event.actor_name or (row.origin_name if row.origin_type == "IAMUser" else None)
    return event.actor_name if event.actor_type == "IAMUser" else None


def is_sign_in(event: Event) -> bool:
    """Say whether somebody entered the console."""
    pair = event.event_source, event.event_name
    return pair == ("signin.amazonaws.com", "ConsoleLogin") and event.outcome == "success"


def called(event: Event) -> str:
    """Name a call as rules do: those of IAM by name, others with the service before it."""
    if event.event_source == "iam.amazonaws.com":
        return event.event_name
    return f"{event.event_source.partition('.')[0]}:{event.event_name}"


def _keys(step: Step) -> Iterator[Key]:
    event, person = step.event, step.person
    if person is not None and is_sign_in(event):
        yield "sign-in", (person, event.source_ip)
        if event.mfa == "yes":
            yield "sign-in with MFA", person
    if event.outcome != "success":
        return
    call, target = called(event), target_of(step)
    if person is not None:
        yield call, person
        yield from _keys_of_credentials(step)
    thing = object_of(step)
    if thing is not None:
        yield call, thing
    if event.event_name in _WAYS_TO_STAY or call in _WAYS_IN:
        yield call, ("by", event.actor_id)
    if call == "signin:GetSigninToken" and event.access_key_id not in (None, event.object_id):
        yield call, event.access_key_id
    if event.target_type == "account":
        yield call, ACCOUNT
    if event.event_source in _OF_ALL or call in _CALLS_OF_ALL:
        yield call, ANYWHERE
    if target is not None:
        yield call, target
        if thing is not None:
            yield call, (target, thing)
    for entrance in entrances(event):
        yield call, entrance


def target_of(step: Step) -> object:
    """Name whom or what an event is about; a renamed user or group stays the same.

    The name of a regional thing says in its own region only which one it is; a store of events is
    called by its ARN or by the id in it.
    """
    event = step.event
    if event.target_type == "user" and event.event_source == "iam.amazonaws.com":
        return None if step.person is None else ("user", step.person)
    if event.target_type == "group" and event.event_source == "iam.amazonaws.com":
        return None if step.group is None else ("group", step.group)
    if event.target_type is None or event.target_name is None:
        return None
    region = event.region if event.target_type in REGIONAL else None
    name = event.target_name
    if event.target_type == "event_data_store":
        name = name.rpartition("/")[2]
    return event.target_type, name.lower(), region


def object_of(step: Step) -> object:
    """Name the thing that an event touches; a renamed group stays the same."""
    if step.group is not None and step.event.object_type == "group":
        return "group", step.group
    return step.event.object_id


def caller_as_bearer(step: Step) -> object:
    """Name the user or role of this account that calls; a role is named by its own name."""
    if step.caller is not None:
        return "user", step.caller
    event = step.event
    is_role = event.actor_type == "AssumedRole" and event.actor_name and event.by_own_account
    return ("role", str(event.actor_name).lower(), None) if is_role else None


def caller_as_target(step: Step) -> object:
    """Name the caller of an event as calls about it do: `target_of` of these gives the same."""
    event = step.event
    if event.actor_type in ("IAMUser", "FederatedUser"):
        return None if step.person is None else ("user", step.person)
    if event.actor_type == "IdentityCenterUser":
        return event.actor_id and ("directory_user", event.actor_id.lower(), None)
    return caller_as_bearer(step)


class _Places:
    """The addresses from which each key called; those of sessions that are over are forgotten."""

    def __init__(self) -> None:
        self._lasting: dict[_Place, datetime] = {}
        self._of_sessions: tuple[dict[_Place, datetime], dict[_Place, datetime]] = {}, {}
        self._until: datetime | None = None

    def keys(self, event: Event) -> Iterator[Key]:
        """Give the key of a session's first call from an address; of one second, of each.

        A service's name is none, and the addresses of IPv6 change by themselves.
        """
        key, address = event.access_key_id or "", event.source_ip or ""
        if "." not in address or not address[-1:].isdigit():
            return
        if not key.startswith("ASIA"):
            since = self._lasting.setdefault((key, address), event.event_time)
        else:
            since = self._since((key, address), event.event_time)
        if since == event.event_time:
            yield "place", event.access_key_id

    def _since(self, place: _Place, now: datetime) -> datetime:
        if self._until is None or now > self._until:
            self._of_sessions, self._until = ({}, self._of_sessions[0]), now + _LONGEST_SESSION
        newer, older = self._of_sessions
        return newer.setdefault(place, older.get(place, now))


def call_of(event: Event) -> Key:
    """Name who calls what: the key of a refusal."""
    return "refused", (event.actor_id, event.event_source, event.event_name)


def _of_refusals(step: Step, refused: set[Key]) -> Iterator[Key]:
    """Give the keys of the calls that are refused, and of the first that no longer is."""
    event = step.event
    if event.outcome != "success":
        if event.outcome == "denied" and event.actor_id is not None:
            refused.add(call_of(event))
            yield call_of(event)
        return
    if refused and call_of(event) in refused:
        refused.remove(call_of(event))
        yield "newly allowed", caller_as_bearer(step)


def _of_visits(step: Step, visitors: dict[object, set[str | None]]) -> Iterator[Key]:
    """Give the keys of the first session of a role that each takes from outside the account.

    Who comes when the role's trust policy has been set again is new once more.
    """
    event = step.event
    if event.outcome != "success":
        return
    if sets_trust(event):
        visitors.pop(target_of(step), None)
    elif event.event_source == "sts.amazonaws.com" and event.event_name.startswith("AssumeRole"):
        if event.by_own_account and event.actor_type not in _VOUCHED_FOR:
            return
        visitor, target = visitor_of(event), target_of(step)
        known = visitors.setdefault(target, set())
        if visitor not in known:
            known.add(visitor)
            yield f"newcomer {called(event)}", target
            yield "visitor", (target, visitor)


def visitor_of(event: Event) -> str | None:
    """Tell who takes a session; a service of AWS has a name and no id."""
    return event.actor_id or event.invoked_by


def _keys_of_credentials(step: Step) -> Iterator[Key]:
    name = step.event.event_name
    set_by_other = name in ("CreateLoginProfile", "UpdateLoginProfile")
    if name == "DeleteLoginProfile" or (set_by_other and step.row.known_relation != "self"):
        yield "password", step.person
    if name == "EnableMFADevice":
        yield "enabled by", (step.person, step.event.actor_id)


def _policies(second: Iterable[Step]) -> dict[int, PasswordPolicy | None]:
    """Read what each change left; of two that differ inside one second none is known to stay."""
    sets = ("UpdateAccountPasswordPolicy", "DeleteAccountPasswordPolicy")
    changes = [s for s in second if s.event.event_name in sets and s.event.outcome == "success"]
    policies = [
        NO_POLICY if step.event.event_name == sets[1] else policy_of(step.event) for step in changes
    ]
    names = {step.event.event_name for step in changes}
    readable = names == {sets[1]} or None not in policies
    if not readable or any(policy != policies[0] for policy in policies):
        return {}
    return dict.fromkeys((step.number for step in changes), next(iter(policies), None))


def later(line: Timeline, key: Key, start: int, most: int) -> list[Step]:
    """Give the first steps of a key from a number on."""
    numbers = line.index.numbers(key)
    place = bisect_left(numbers, start)
    return [line.steps[number] for number in numbers[place : place + most]]


def same_second(line: Timeline, key: Key, step: Step) -> list[Step]:
    """Give the steps of a key in the second of a step, which may be among them."""
    numbers = line.index.numbers(key)
    return [
        line.steps[number]
        for number in numbers[bisect_left(numbers, step.second) : bisect_left(numbers, step.after)]
    ]


def last_until(line: Timeline, key: Key, step: Step) -> list[Step]:
    """Give the last steps of a key up to the second of a step; several if of one second."""
    numbers = line.index.numbers(key)
    place = bisect_right(numbers, step.after - 1)
    return same_second(line, key, line.steps[numbers[place - 1]]) if place else []


def happened(line: Timeline, key: Key, first: Step, last: Step) -> bool:
    """Say whether there is a step of a key from the second of one step to that of another."""
    return any(step.time >= first.time for step in last_until(line, key, last))
