"""A snapshot by asking AWS: reads only, three for each user beside four for the account."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from trailmend.calls import Call
from trailmend.errors import Denied, NotFound
from trailmend.snapshots.account import (
    NOT_SAID,
    of_aliases,
    of_password_policy,
    of_summary,
)
from trailmend.snapshots.join import join
from trailmend.snapshots.read import of_access_keys, of_authorization_details, of_devices
from trailmend.snapshots.shape import SeenAccount, SeenUser, Snapshot

_OF_ACCOUNT = {
    "iam.get_account_summary": of_summary,
    "iam.list_account_aliases": of_aliases,
    "iam.get_account_password_policy": of_password_policy,
}
Ask = Callable[[Call], Mapping[str, Any]]


def read_live(
    ask: Ask, now: datetime, progress: Callable[[str], None] = lambda _: None
) -> Snapshot:
    """Ask for everything that a snapshot holds."""
    account = of_authorization_details(ask(Call("iam.get_account_authorization_details")))
    parts = [account]
    for name in account.users:
        progress(name)
        devices = of_devices(ask(Call("iam.list_mfa_devices", {"UserName": name})))
        keys = of_access_keys(ask(Call("iam.list_access_keys", {"UserName": name})))
        user = SeenUser(
            password=_has_password(ask, name),
            devices=devices.users.get(name, SeenUser()).devices or {},
            access_keys=keys.users.get(name, SeenUser()).access_keys or {},
        )
        parts.append(Snapshot(account_id=account.account_id, taken_at=now, users={name: user}))
    parts += _of_account(ask, account.account_id)
    whole = join([msgspec.structs.replace(one, taken_at=now) for one in parts])
    return msgspec.structs.replace(whole, sources=["a live read"])


def _of_account(ask: Ask, account_id: str) -> Iterator[Snapshot]:
    """Ask what is set for the whole account; what the caller may not read stays open."""
    for name, read in _OF_ACCOUNT.items():
        try:
            part = read(ask(Call(name)))
        except NotFound:
            part = Snapshot(
                account_id=account_id, taken_at=NOT_SAID, account=SeenAccount(no_policy=True)
            )
        except Denied:
            continue
        yield msgspec.structs.replace(part, account_id=account_id)


def _has_password(ask: Ask, name: str) -> bool:
    try:
        ask(Call("iam.get_login_profile", {"UserName": name}))
    except NotFound:
        return False
    return True
