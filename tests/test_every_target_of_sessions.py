"""Whose a session is, as the record proves it."""

import pytest

from tests.reading import Fields
from tests.targets import ALICE, told
from trailmend.evidence import (
    ACCOUNT,
    Principal,
    call,
    directory_sign_in,
    outsider,
    role,
    root,
    saml,
    sign_in,
    unnamed,
)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (sign_in(ALICE), ("user alice", "-", "self")),
        (sign_in(root()), ("root root", "-", "self")),
        (sign_in(role("ops", session="alice")), ("-", "-", "none")),
        (sign_in(ALICE, failure="Failed authentication"), ("user alice", "-", "unknown")),
        (sign_in(root(), failure="Failed authentication"), ("root root", "-", "unknown")),
        (sign_in(unnamed(), failure="No username found"), ("user", "-", "unknown")),
        (sign_in(Principal({})), ("-", "-", "unknown")),
        (sign_in(ALICE, event_name="CheckMfa"), ("user alice", "-", "unknown")),
        (sign_in(root(), event_name="PasswordUpdated"), ("root root", "-", "self")),
        (sign_in(root(), event_name="EmailUpdated"), ("root root", "-", "self")),
        (
            sign_in(root(), event_name="PasswordRecoveryRequested"),
            ("root root", "-", "unknown"),
        ),
        (
            sign_in(root(), event_name="PasswordRecoveryCompleted"),
            ("root root", "-", "unknown"),
        ),
        (sign_in(role("ops"), event_name="SwitchRole"), ("role ops", "-", "other")),
        (sign_in(role("ops"), event_name="RenewRole"), ("role ops", "-", "other")),
        (sign_in(ALICE, event_name="ExitRole"), ("role", "-", "unknown")),
        (
            sign_in(
                role("ops"),
                event_name="GetSigninToken",
                responseElements={
                    "credentials": {"accessKeyId": "ASIAX"},
                    "GetSigninToken": "Success",
                },
            ),
            ("-", "session ASIAX", "none"),
        ),
        (directory_sign_in("sam"), ("-", "-", "none")),
        (
            directory_sign_in("sam", event_name="CredentialVerification", failed=True),
            ("-", "-", "none"),
        ),
        (
            call("AssumeRoleWithSAML", by=saml(), source="sts", request={"roleArn": "arn:aws:x"}),
            ("role arn:aws:x", "-", "other"),
        ),
        (
            call(
                "AssumeRole",
                by=outsider(),
                source="sts",
                request={"roleArn": f"arn:aws:iam::{ACCOUNT}:role/ops"},
            ),
            ("role ops", "-", "other"),
        ),
        (call("GetSessionToken", by=root(), source="sts"), ("root root", "-", "self")),
        (call("GetSessionToken", by=role("ops"), source="sts"), ("-", "-", "unknown")),
    ],
)
def test_session_is_of_whom_the_record_proves(
    fields: Fields, expected: tuple[str, str, str]
) -> None:
    # Subtleties 10, 11 and 35; the design's "only an IAMUser or root can be `self`".
    assert told(fields) == expected
