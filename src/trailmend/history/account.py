"""What is known of the account itself and of its root user, of which there is one each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from trailmend.context import Context
from trailmend.counts import many
from trailmend.events import Event
from trailmend.findings import told_time
from trailmend.history.sayings import when, who
from trailmend.history.shape import Fact
from trailmend.history.touches import Role, Touch
from trailmend.ledger import Ledger
from trailmend.ledger.account import parsed
from trailmend.password_policies import PasswordPolicy
from trailmend.snapshots import Snapshot

_OF_ACCOUNT = frozenset(
    """
    account organization organization_account saml_provider oidc_provider trail event_data_store
    sso_instance trust_anchor
    """.split()
)
"""What an account has one of, or what opens or watches the whole of it."""
_PROVIDERS = {"saml_provider": "SAML provider", "oidc_provider": "OIDC provider"}
_POLICY = ("UpdateAccountPasswordPolicy", "DeleteAccountPasswordPolicy")
_ALIAS = ("CreateAccountAlias", "DeleteAccountAlias")
_TRAIL = {
    "CreateTrail": "made",
    "UpdateTrail": "changed",
    "PutEventSelectors": "its selection of events was set",
    "StartLogging": "logging was started",
    "StopLogging": "logging was stopped",
    "DeleteTrail": "deleted",
}
_OF_ALL = {
    "Users": "users",
    "Groups": "groups",
    "Roles": "roles",
    "Policies": "policies",
    "MFADevices": "MFA devices",
    "MFADevicesInUse": "of them in use",
}
OF_ROOT = {
    "AccountMFAEnabled": "root's MFA",
    "AccountAccessKeysPresent": "root's access keys",
    "AccountPasswordPresent": "root's password",
    "AccountSigningCertificatesPresent": "root's certificates",
}
"""The numbers of the account's summary that tell of root: 1 is yes (botocore summaryKeyType)."""
_SWITCHES, _SWITCH = ("StartLogging", "StopLogging"), "switch"
_SILENT = ("Get", "List", "Describe", "Lookup")


def touches_of_root(moments: Iterable[tuple[Event, Context]]) -> Iterator[Touch]:
    """Find the events that root makes, in sessions too, or that are about root."""
    for event, row in moments:
        own = event.by_own_account and (event.actor_type == "Root" or event.assumed_root)
        about = "root" in (event.target_type, row.owner_type)
        if own or about:
            yield Touch(event, 0, "target" if about else "actor", ("root",), own=own)


def touches_of_account(moments: Iterable[tuple[Event, Context]]) -> Iterator[Touch]:
    """Find the events that set something of the whole account, or tried to."""
    for event, _ in moments:
        if event.target_type in _OF_ACCOUNT and not event.event_name.startswith(_SILENT):
            role: Role = "target" if event.target_type == "account" else "object"
            yield Touch(event, 0, role, ("account",))


def of_account(
    ledger: Ledger, past: Sequence[Event], snapshot: Snapshot | None, at: datetime
) -> Iterator[Fact]:
    """Tell what is set for the whole account; the events are those that set it, in time."""
    done = [one for one in past if one.outcome == "success"]
    yield _alias(done, snapshot)
    yield _password_policy(ledger, done)
    yield from _trails(done)
    yield from _providers(done)
    yield from _counts(ledger)
    yield from summary(snapshot, at, _OF_ALL)


def _alias(done: Sequence[Event], snapshot: Snapshot | None) -> Fact:
    last = next((one for one in reversed(done) if one.event_name in _ALIAS), None)
    if last is None:
        return _seen_alias(snapshot)
    name = parsed(last.request).get("accountAlias")
    told = f"{name or 'not known'}, set by {who(last)}"
    if last.event_name == "DeleteAccountAlias":
        told = f"none: {name or 'it'} was deleted by {who(last)}"
    return Fact("alias", told, "known", when(last))


def _seen_alias(snapshot: Snapshot | None) -> Fact:
    accounts = [one.account for one in (snapshot.in_time if snapshot else []) if one.account]
    told = [one.aliases for one in accounts if one.aliases is not None]
    if not told:
        return Fact("alias", "not shown", "unknown")
    return Fact("alias", told[-1][0] if told[-1] else "none", "inferred")


def summary(snapshot: Snapshot | None, at: datetime, wanted: Mapping[str, str]) -> Iterator[Fact]:
    """Tell what AWS counted, at the last time before that it was asked."""
    asked = [
        (one.taken_at, one.account.summary)
        for one in (snapshot.in_time if snapshot else [])
        if one.taken_at <= at and one.account is not None and one.account.summary
    ]
    for time, numbers in asked[-1:]:
        words = {0: "no", 1: "yes"} if wanted is OF_ROOT else {}
        told = [
            f"{label} {words.get(numbers[name], numbers[name])}"
            for name, label in wanted.items()
            if name in numbers
        ]
        yield Fact("AWS counts", ", ".join(told), "known", told_time(time))


def _password_policy(ledger: Ledger, done: Sequence[Event]) -> Fact:
    last = next((one for one in reversed(done) if one.event_name in _POLICY), None)
    if not ledger.policy_known:
        if last is None:
            return Fact("password policy", "not shown", "unknown")
        return Fact("password policy", f"not known: set by {who(last)}", "unknown", when(last))
    if ledger.policy is None:
        told = "none of its own, AWS's default holds"
        by = None if last is None else f"{told}: deleted by {who(last)}"
    else:
        told = "; ".join(_demands(ledger.policy))
        by = None if last is None else f"{told}; set by {who(last)}"
    if last is None:
        return Fact("password policy", told, "inferred")
    return Fact("password policy", by or told, "known", when(last))


def _demands(policy: PasswordPolicy) -> Iterator[str]:
    """Say what a policy demands, and what it does not."""
    yield f"at least {many(policy.minimum_password_length, 'character')}"
    classes = {
        "upper case": policy.require_uppercase_characters,
        "lower case": policy.require_lowercase_characters,
        "numbers": policy.require_numbers,
        "symbols": policy.require_symbols,
    }
    demanded = [name for name, wanted in classes.items() if wanted]
    yield f"with {', '.join(demanded)}" if demanded else "of any characters"
    age, former = policy.max_password_age, policy.password_reuse_prevention
    yield f"for {many(age, 'day')}" if age else "for ever"
    if policy.hard_expiry:
        yield "an expired one only an administrator can change"
    yield f"none of the last {former}" if former else "a former one may be used again"
    may = "may" if policy.allow_users_to_change_password else "may not"
    yield f"users {may} change their own"


def _trails(done: Sequence[Event]) -> Iterator[Fact]:
    """Tell of each trail what was last done to it; the log shows no trail that nobody touched."""
    past: dict[tuple[str | None, str], dict[str, Event]] = {}
    for event in done:
        if event.target_type == "trail" and event.target_name and event.event_name in _TRAIL:
            of_trail = past.setdefault(_trail(event), {})
            verb = _SWITCH if event.event_name in _SWITCHES else event.event_name
            of_trail.pop(verb, None)
            of_trail[verb] = event
            if event.event_name == "CreateTrail":
                past[_trail(event)] = {verb: event}
    for (region, name), verbs in past.items():
        last = [*verbs.values()][-1]
        told = [last] if last.event_name == "DeleteTrail" else verbs.values()
        words = ", ".join(f"{_TRAIL[one.event_name]} by {who(one)} {when(one)}" for one in told)
        yield Fact("trail", f"{name} ({region}): {words}", "known", when(last))


def _trail(event: Event) -> tuple[str | None, str]:
    """Give the region and the name of a trail, which calls name by name or by ARN."""
    name = event.target_name or ""
    arn = name.split(":")
    return (arn[3], arn[-1].partition("/")[2]) if len(arn) > 5 else (event.region, name)


def _providers(done: Sequence[Event]) -> Iterator[Fact]:
    last: dict[tuple[str, str], Event] = {}
    for event in done:
        if event.target_type in _PROVIDERS and event.target_name:
            last[event.target_type, event.target_name] = event
    for (kind, name), event in last.items():
        verb = "deleted" if event.event_name.startswith("Delete") else f"last {event.event_name}"
        yield Fact(_PROVIDERS[kind], f"{name}: {verb} by {who(event)}", "known", when(event))


def _counts(ledger: Ledger) -> Iterator[Fact]:
    """Count whom the log or a snapshot shows; there may be others."""
    kinds = [kind for kind, _ in ledger.bearers]
    known = {kind: kinds.count(kind) for kind in ("user", "group", "role")}
    told = ", ".join(many(count, kind) for kind, count in known.items() if count)
    if told:
        yield Fact("known of it", f"{told} and maybe others", "inferred")
