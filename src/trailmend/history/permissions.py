"""What a user, group, role, permission set or policy allows, and who has it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from trailmend.context import is_admin
from trailmend.events import Event, same_name
from trailmend.history.documents import with_document
from trailmend.history.sayings import least, sure, when, who
from trailmend.history.shape import Fact, Sureness
from trailmend.history.touches import Life, done_to
from trailmend.ledger import Bearer, Ledger
from trailmend.ledger.account import answered, parsed

_TRUST = ("AcquireRole", "CreateRole", "CreateServiceLinkedRole", "UpdateAssumeRolePolicy")


def permissions(ledger: Ledger, kind: str, name: str, life: Life) -> Iterator[Fact]:
    """Tell what somebody is allowed, who is in what, and whether that makes an administrator."""
    bearer = ledger.bearer(kind, name)
    seen, done = least(sure(bearer.made)), done_to(life)
    yield from _policies(bearer, done)
    if bearer.boundary is not None:
        fact = Fact("permissions boundary", bearer.boundary, seen)
        yield _given(fact, done, "Put", bearer.boundary)
    if bearer.trust is not None:
        fact = with_document("trust policy", "", bearer.trust, seen)
        yield _by(fact, next((one for one in reversed(done) if one.event_name in _TRUST), None))
    for group in sorted(ledger.groups_of.get(name.lower(), ()) if kind == "user" else ()):
        yield _given(Fact("group", group, seen), done, "AddUserToGroup", group)
    for member in sorted(bearer.members):
        yield _by(Fact("member", member, seen), _joined(life, member))
    yield from _assigned(ledger, name)
    verdict = is_admin(ledger, kind, name)
    told = {True: "yes", False: "no", None: "not known"}[verdict]
    yield Fact("administrator", told, "unknown" if verdict is None else seen)


def _policies(bearer: Bearer, done: Sequence[Event]) -> Iterator[Fact]:
    whole = sure(bearer.made)
    for arn in sorted(bearer.attached):
        yield _given(Fact("attached policy", arn, least(whole)), done, "Attach", arn)
    for policy, document in sorted(bearer.inline.items()):
        fact = with_document("inline policy", policy, document, least(whole))
        yield _given(fact, done, "Put", policy)
    if not bearer.attached and not bearer.inline:
        yield Fact("policies", "none that the log shows" if whole == "unknown" else "none", whole)


def _given(fact: Fact, done: Sequence[Event], verb: str, thing: str) -> Fact:
    """Add who gave a thing last, where the log shows it; an only policy has no name."""
    wanted = thing or None
    given = (
        one
        for one in reversed(done)
        if one.event_name.startswith(verb)
        and (one.object_id == wanted or same_name(one.object_id, wanted))
    )
    return _by(fact, next(given, None))


def _by(fact: Fact, event: Event | None) -> Fact:
    if event is None:
        return fact
    told = f"{fact.value}, by {who(event)}"
    return replace(fact, value=told, sureness="known", since=when(event))


def _joined(life: Life, member: str) -> Event | None:
    """Find who put a member into a group, the last time."""
    events = (one.event for one in reversed(life) if one.event.event_name == "AddUserToGroup")
    return next(
        (one for one in events if one.outcome == "success" and same_name(one.target_name, member)),
        None,
    )


def _assigned(ledger: Ledger, permission_set: str) -> Iterator[Fact]:
    """Tell who has a permission set; it was asked for, and may have failed later."""
    for (holder, person), sets in sorted(ledger.assignments.items()):
        for account in sorted(account for arn, account in sets if arn == permission_set):
            told = f"{holder.removeprefix('directory_')} {person} in {account}"
            yield Fact("given to", told, "inferred")


def of_policy(ledger: Ledger, arn: str, life: Life) -> Iterator[Fact]:
    """Tell the versions of a policy of the account's own."""
    policy, done = ledger.managed_policy(arn), done_to(life)
    if not policy.versions:
        yield Fact("versions", "none that the log shows", "unknown")
        return
    seen: Sureness = "known" if policy.made else "inferred"
    yield _by(Fact("version in force", policy.default or "not known", seen), _in_force(done))
    for version, document in sorted(policy.versions.items()):
        fact = with_document("version", version, document, seen)
        yield _by(fact, next((one for one in reversed(done) if _makes(one) == version), None))


def _in_force(done: Sequence[Event]) -> Event | None:
    """Find the event that put the version in force that is so now."""
    return next((one for one in reversed(done) if _sets_default(one)), None)


def _sets_default(event: Event) -> bool:
    at_once = parsed(event.request).get("setAsDefault") is True
    is_new = event.event_name == "CreatePolicyVersion" and at_once
    return is_new or event.event_name in ("CreatePolicy", "SetDefaultPolicyVersion")


def _makes(event: Event) -> str | None:
    """Name the version of a policy that an event makes."""
    if event.event_name == "CreatePolicy":
        return "v1"
    if event.event_name != "CreatePolicyVersion":
        return None
    version = answered(event, "policyVersion").get("versionId")
    return version if isinstance(version, str) else None
