"""A snapshot by asking AWS: reads only, three for each user beside one for the account."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from trailmend.calls import Call
from trailmend.errors import NotFound
from trailmend.snapshots.join import join
from trailmend.snapshots.read import of_access_keys, of_authorization_details, of_devices
from trailmend.snapshots.shape import SeenUser, Snapshot

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
    whole = join([msgspec.structs.replace(one, taken_at=now) for one in parts])
    return msgspec.structs.replace(whole, sources=["a live read"])


def _has_password(ask: Ask, name: str) -> bool:
    try:
        ask(Call("iam.get_login_profile", {"UserName": name}))
    except NotFound:
        return False
    return True
