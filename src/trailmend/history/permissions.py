"""What a user, group, role, permission set or policy allows, and who has it."""

from __future__ import annotations

from collections.abc import Iterator

from trailmend.context import is_admin
from trailmend.history.documents import with_document
from trailmend.history.sayings import least, sure
from trailmend.history.shape import Fact, Sureness
from trailmend.ledger import Bearer, Ledger


def permissions(ledger: Ledger, kind: str, name: str) -> Iterator[Fact]:
    """Tell what somebody is allowed, who is in what, and whether that makes an administrator."""
    bearer = ledger.bearer(kind, name)
    seen = least(sure(bearer.made))
    yield from _policies(bearer)
    if bearer.boundary is not None:
        yield Fact("permissions boundary", bearer.boundary, seen)
    if bearer.trust is not None:
        yield with_document("trust policy", "", bearer.trust, seen)
    for group in sorted(ledger.groups_of.get(name.lower(), ()) if kind == "user" else ()):
        yield Fact("group", group, seen)
    for member in sorted(bearer.members):
        yield Fact("member", member, seen)
    yield from _assigned(ledger, name)
    verdict = is_admin(ledger, kind, name)
    told = {True: "yes", False: "no", None: "not known"}[verdict]
    yield Fact("administrator", told, "unknown" if verdict is None else seen)


def _policies(bearer: Bearer) -> Iterator[Fact]:
    whole = sure(bearer.made)
    for arn in sorted(bearer.attached):
        yield Fact("attached policy", arn, least(whole))
    for policy, document in sorted(bearer.inline.items()):
        yield with_document("inline policy", policy, document, least(whole))
    if not bearer.attached and not bearer.inline:
        yield Fact("policies", "none that the log shows" if whole == "unknown" else "none", whole)


def _assigned(ledger: Ledger, permission_set: str) -> Iterator[Fact]:
    """Tell who has a permission set; it was asked for, and may have failed later."""
    for (holder, person), sets in sorted(ledger.assignments.items()):
        for account in sorted(account for arn, account in sets if arn == permission_set):
            told = f"{holder.removeprefix('directory_')} {person} in {account}"
            yield Fact("given to", told, "inferred")


def of_policy(ledger: Ledger, arn: str) -> Iterator[Fact]:
    """Tell the versions of a policy of the account's own."""
    policy = ledger.managed_policy(arn)
    if not policy.versions:
        yield Fact("versions", "none that the log shows", "unknown")
        return
    seen: Sureness = "known" if policy.made else "inferred"
    yield Fact("version in force", policy.default or "not known", seen)
    for version, document in sorted(policy.versions.items()):
        yield with_document("version", version, document, seen)
