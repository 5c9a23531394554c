"""Which fixes a finding offers: those that fit its caller."""

from __future__ import annotations

import pytest

from tests.reading import event_of
from trailmend.evidence import Principal, call, outsider, role, root, service, user
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

    assert fitting(event, STOP_CALLER) == fixes
    assert fitting(event, (deactivate_ssh_key, *STOP_CALLER)) == [deactivate_ssh_key.key, *fixes]
