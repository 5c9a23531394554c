"""One snapshot of several answers about one account."""

from __future__ import annotations

from functools import reduce

import msgspec

from trailmend.errors import WrongUse
from trailmend.snapshots.shape import SeenAccount, SeenUser, Snapshot


def join(snapshots: list[Snapshot]) -> Snapshot:
    """Make one snapshot of several of one account; the later in the list wins where both tell.

    Raises WrongUse where they are of different accounts.
    """
    accounts = {one.account_id for one in snapshots}
    if len(accounts) != 1:
        raise WrongUse(
            f"these are of {len(accounts)} accounts, {', '.join(sorted(accounts))}: one at a time"
        )
    return reduce(_joined, snapshots)


def _joined(one: Snapshot, other: Snapshot) -> Snapshot:
    users = {
        name: joined_user(one.users.get(name), other.users.get(name))
        for name in one.users | other.users
    }
    return Snapshot(
        account_id=one.account_id,
        taken_at=max(one.taken_at, other.taken_at),
        sources=[*one.sources, *other.sources],
        users=users,
        bearers={**one.bearers, **other.bearers},
        policies={**one.policies, **other.policies},
        root=other.root or one.root,
        account=_joined_account(one.account, other.account),
        whole=sorted({*one.whole, *other.whole}),
    )


def _joined_account(one: SeenAccount | None, other: SeenAccount | None) -> SeenAccount | None:
    if one is None or other is None:
        return other or one
    tells = other.policy is not None or other.no_policy
    return SeenAccount(
        aliases=one.aliases if other.aliases is None else other.aliases,
        policy=other.policy if tells else one.policy,
        no_policy=other.no_policy if tells else one.no_policy,
        summary={**one.summary, **other.summary},
    )


def joined_user(one: SeenUser | None, other: SeenUser | None) -> SeenUser:
    """Put together what two answers tell of a user; the second wins where both tell."""
    if one is None or other is None:
        return one or other or SeenUser()
    told = msgspec.structs.asdict(other)
    changes = {name: value for name, value in told.items() if value is not None}
    for name in ("devices", "access_keys"):
        both = getattr(one, name), told[name]
        if None not in both:
            changes[name] = {**both[0], **both[1]}
    lists = [user.all_devices for user in (one, other) if user.devices is not None]
    changes["all_devices"] = any(lists) or not lists
    return msgspec.structs.replace(one, **changes)
