"""Which fixes a finding offers: those that fit its caller."""

from __future__ import annotations

import pytest

from tests.reading import event_of
from trailmend.context import Context
from trailmend.evidence import (
    ACCOUNT,
    OTHER_ACCOUNT,
    Principal,
    call,
    outsider,
    role,
    root,
    service,
    user,
)
from trailmend.measures import STOP_CALLER, fitting
from trailmend.remediations.ssh_keys import deactivate_ssh_key

KEY, SESSIONS, QUARANTINE = (fix.key for fix in STOP_CALLER)


@pytest.mark.parametrize(
    ("by", "fixes"),
    [
        (user("bob"), [KEY, SESSIONS, QUARANTINE]),
        (user("bob", mfa=True), [SESSIONS, QUARANTINE]),
        (role("deploy"), [SESSIONS, QUARANTINE]),
        (root(), []),
        (outsider(), []),
        (service("config"), []),
    ],
    ids=["a key", "a session of a user", "a role", "root", "another account", "a service"],
)
def test_only_a_caller_whom_the_account_can_hold_is_to_be_stopped(
    by: Principal, fixes: list[str]
) -> None:
    event = event_of(call("DeleteSSHPublicKey", by=by, request={"userName": "alice"}))
    row = Context(account_id=event.account_id, event_id=event.event_id)

    assert fitting(event, row, STOP_CALLER) == fixes
    with_another = [deactivate_ssh_key.key, *fixes]
    assert fitting(event, row, (deactivate_ssh_key, *STOP_CALLER)) == with_another


@pytest.mark.parametrize(
    ("origin", "fixes"),
    [
        (("IAMUser", ACCOUNT, "AKIABOB"), [KEY, SESSIONS, QUARANTINE]),
        (("IAMUser", ACCOUNT, "ASIABOB"), [SESSIONS, QUARANTINE]),
        (("Root", ACCOUNT, "AKIAROOT"), [SESSIONS, QUARANTINE]),
        (("AWSAccount", OTHER_ACCOUNT, "AKIAEVE"), [SESSIONS, QUARANTINE]),
    ],
    ids=["a user's key", "a user's session", "root", "a user of another account"],
)
def test_key_of_a_user_who_took_the_session_can_be_turned_off(
    origin: tuple[str, str, str], fixes: list[str]
) -> None:
    event = event_of(call("DeleteSSHPublicKey", by=role("ops"), request={"userName": "alice"}))
    kind, account, key = origin
    row = Context(
        account_id=event.account_id,
        event_id=event.event_id,
        origin_type=kind,
        origin_account=account,
        origin_access_key_id=key,
    )

    assert fitting(event, row, STOP_CALLER) == fixes
