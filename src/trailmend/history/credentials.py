"""What a user, or root, signs in with: password, devices, keys, and when they were last used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from trailmend.counts import many
from trailmend.events import ROOT_USER, Event
from trailmend.findings import told_time
from trailmend.history.sayings import maker, sure, thing, when, who
from trailmend.history.shape import Fact
from trailmend.history.touches import Life, calls_of, done_to
from trailmend.ledger import Ledger, Mark

_MFA = {"yes": "with MFA", "no": "without MFA", "unknown": "whether with MFA is not known"}


def of_user(ledger: Ledger, name: str, life: Life) -> Iterator[Fact]:
    """Tell what a user signs in with; a user who was renamed called under other names before."""
    owner = ledger.names.get(name.lower(), name)
    yield _deleted_password(life) or _password(ledger, owner)
    own = calls_of(life)
    yield from calls(own)
    yield from sign_ins(own)
    yield from holdings(ledger, owner, own, done_to(life))


def calls(own: Sequence[Event], label: str = "calls") -> Iterator[Fact]:
    """Tell how many calls somebody made, when and from how many addresses."""
    if own:
        addresses = len({one.source_ip for one in own if one.source_ip})
        where = many(addresses, "address", "addresses")
        told = f"{len(own):,} since {when(own[0])} from {where}, the last {own[-1].event_name}"
        yield Fact(label, told, "known", when(own[-1]))


def sign_ins(own: Sequence[Event]) -> Iterator[Fact]:
    """Tell of the last sign-in with a password, and of those that failed."""
    tries = [one for one in own if one.event_name == "ConsoleLogin"]
    done = [one for one in tries if one.outcome == "success"]
    failed = [one for one in tries if one.outcome != "success"]
    if done:
        last = done[-1]
        told = f"{many(len(done), 'time')}, last from {last.source_ip or 'an address not logged'}"
        yield Fact("signed in", f"{told} {_MFA[last.mfa]}", "known", when(last))
    if failed:
        last = failed[-1]
        told = f"{many(len(failed), 'time')}, last from {last.source_ip or 'an address not logged'}"
        yield Fact("sign-in refused", told, "known", when(last))


def holdings(
    ledger: Ledger, owner: str, own: Sequence[Event], done: Iterable[Event]
) -> Iterator[Fact]:
    """Tell of devices, keys and certificates; the deletions of keys are among what was `done`."""
    made = ledger.user(owner).made
    enabled = sorted(ledger.enabled_devices(owner))
    for serial in enabled:
        yield thing("MFA device", serial, ledger.devices[serial].assigned)
    if not enabled:
        yield _no_device(made, [one for one in own if one.mfa == "yes"])
    ends = {one.object_id: one for one in done if _deletes_a_key(one)}
    for key in _keys_in_use(ledger, owner, own):
        if key in ends:
            told = f"{key} deleted by {who(ends[key])}{_last_use(key, own)}"
            yield Fact("access key", told, "known", when(ends[key]))
            continue
        yield Fact("access key", f"{key} signs calls{_last_use(key, own)}", "inferred")
    for label, held in (
        ("access key", ledger.access_keys.of(owner)),
        ("SSH key", ledger.ssh_keys.of(owner)),
        ("service credential", ledger.service_credentials.of(owner)),
        ("certificate", ledger.certificates.of(owner)),
    ):
        for number, one in sorted(held.items()):
            status = one.status or "status not known"
            yield thing(label, f"{number} {status}{_last_use(number, own)}", one.made)


def _deletes_a_key(event: Event) -> bool:
    return event.event_name == "DeleteAccessKey" and event.outcome == "success"


def _no_device(made: Mark | None, with_mfa: Sequence[Event]) -> Fact:
    """Say that no device is named; whoever used MFA had one then."""
    if made is None and with_mfa:
        last = with_mfa[-1]
        told = f"one or more that the log does not name: used for {last.event_name}"
        return Fact("MFA devices", told, "inferred", when(last))
    return Fact("MFA devices", "none" if made else "none that the log shows", sure(made))


def _keys_in_use(ledger: Ledger, owner: str, own: Sequence[Event]) -> list[str]:
    """Give the long-lived keys that sign calls and that the ledger does not know, or no more."""
    used = {one.access_key_id or "" for one in own} - ledger.access_keys.of(owner).keys()
    return sorted(key for key in used if key.startswith("AKIA"))


def _deleted_password(life: Life) -> Fact | None:
    """Tell of a password that was taken away, and not given again as far as the log shows it."""
    profiles = [one for one in done_to(life) if one.object_type == "login_profile"]
    done = [one for one in profiles if not one.event_name.startswith("Get")]
    if not done or done[-1].event_name != "DeleteLoginProfile":
        return None
    return Fact("password", f"none: deleted by {who(done[-1])}", "known", when(done[-1]))


def _password(ledger: Ledger, owner: str) -> Fact:
    user = ledger.user(owner)
    if user.password_of_others is not None:
        setter = user.password_of_others
        told = f"set by {maker(setter)}, not changed since"
        return Fact("password", told, "known", told_time(setter.time))
    if user.profile_made is not None:
        return Fact("password", "there is one", "known", told_time(user.profile_made.time))
    if user.had_password:
        return Fact("password", "there was one", "inferred")
    if user.made is not None and user.made.actor_id is not None:
        return Fact("password", "none", "known")
    return Fact("password", "not shown", "unknown")


def _last_use(number: str, own: Sequence[Event]) -> str:
    uses = [one for one in own if one.access_key_id == number]
    if not uses:
        return ""
    return f", last seen {when(uses[-1])} for {uses[-1].event_name}"


def of_root(ledger: Ledger, past: Sequence[Event]) -> Iterator[Fact]:
    """Tell what the root user signs in with, as far as the log shows it."""
    own = [one for one in past if one.actor_type == "Root" and not one.assumed_root]
    sessions = [one for one in past if one.assumed_root]
    if not own:
        yield Fact("calls", "none that the log shows", "unknown")
    yield from calls(own)
    yield from calls(sessions, "calls in sessions of AssumeRoot")
    yield from sign_ins(own)
    yield from holdings(ledger, ROOT_USER, own, past)
