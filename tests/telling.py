"""What the tests of stories share: a finding with what came before and after it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING, Any

from tests.identity_calls import (
    KEY,
    SSH,
    deactivate,
    make_key,
    on_user,
    set_key,
    upload,
)
from tests.reading import Fields, events_of
from trailmend.analysis import analyse
from trailmend.by_account import without_duplicates
from trailmend.evidence import Principal, call, role, user
from trailmend.findings import Finding

if TYPE_CHECKING:
    pass


ALICE, BOB, CAROL, DAVE = (user(name) for name in ("alice", "bob", "carol", "dave"))
ALICE_WITH_MFA, ALICE_WITHOUT = user("alice", mfa=True), user("alice", mfa=False)
DEPLOY = role("deploy")
NOBODY = Principal({"type": "IAMUser", "userName": "bob"})
"""A caller whose stable id the record does not tell."""
HIDEOUT, OFFICE = "203.0.113.50", "198.51.100.7"
START = datetime(2026, 3, 2, 10, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)

NEW_ALICE = on_user("CreateUser", CAROL, "alice")
PROFILE, RESET, GONE = (
    on_user(f"{verb}LoginProfile", BOB, "alice") for verb in ("Create", "Update", "Delete")
)
STRONG = {
    "minimumPasswordLength": 14,
    "requireSymbols": True,
    "requireNumbers": True,
    "requireUppercaseCharacters": True,
    "requireLowercaseCharacters": True,
    "maxPasswordAge": 90,
    "passwordReusePrevention": 24,
    "hardExpiry": True,
}
WEAK = {"minimumPasswordLength": 6}

TAKEN = deactivate(BOB, "alice")
MADE = make_key(BOB, "alice")
OFF, ON = (set_key(CAROL, "alice", state) for state in ("Inactive", "Active"))
RESTORED = (
    "UpdateAccountPasswordPolicy",
    "carol put rules in place that are equal to those before, or stronger, in every field.",
)

Later = Fields | tuple[timedelta, Fields]


def at(moment: datetime, name: str, fields: Fields) -> Fields:
    return fields | {"eventTime": moment.strftime("%Y-%m-%dT%H:%M:%SZ"), "eventID": name}


def placed(earlier: Sequence[Fields], found: Fields, later: Sequence[Later]) -> list[Fields]:
    """Set records a minute apart, around the finding's; a pair says how long after it."""
    start = START - MINUTE * len(earlier)
    before = [at(start + n * MINUTE, f"before-{n}", fields) for n, fields in enumerate(earlier)]
    after = [
        at(START + one[0], f"after-{n}", one[1])
        if isinstance(one, tuple)
        else at(START + MINUTE * (n + 1), f"after-{n}", one)
        for n, one in enumerate(later)
    ]
    return [*before, at(START, "found", found), *after]


def found_in(records: Sequence[Fields], event_id: str = "found") -> Finding:
    """Give the one finding on an event, beside those of chains that it completes."""
    accounts = without_duplicates(events_of(records))
    found = chain.from_iterable(map(analyse, accounts.values()))
    on_event = (one for one in found if one.event.event_id == event_id)
    (finding,) = (one for one in on_event if not one.detection.startswith("chain."))
    return finding


def told(finding: Finding) -> tuple[str | None, list[tuple[str, str]]]:
    return finding.status, [(one.event_name, one.why) for one in finding.next]


def story(
    earlier: Sequence[Fields], found: Fields, *later: Later
) -> tuple[str | None, list[tuple[str, str]]]:
    """Tell the status of a finding and the events that say so, with why."""
    return told(found_in(placed(earlier, found, later)))


def status(earlier: Sequence[Fields], found: Fields, *later: Later) -> str | None:
    return story(earlier, found, *later)[0]


def sign_in(by: Principal, address: str, *, mfa: bool = False, success: bool = True) -> Fields:
    identity = {name: part for name, part in by.identity.items() if name != "accessKeyId"}
    return call(
        "ConsoleLogin",
        by=Principal(identity),
        response={"ConsoleLogin": "Success" if success else "Failure"},
        eventSource="signin.amazonaws.com",
        eventType="AwsConsoleSignIn",
        sourceIPAddress=address,
        additionalEventData={"MFAUsed": "Yes" if mfa else "No"},
    )


def delete_key(by: Principal, owner: str, key: str = KEY) -> Fields:
    return on_user("DeleteAccessKey", by, owner, accessKeyId=key)


def delete_ssh(by: Principal, owner: str, key: str = SSH) -> Fields:
    return on_user("DeleteSSHPublicKey", by, owner, sSHPublicKeyId=key)


def set_ssh(by: Principal, owner: str, status: str, key: str = SSH) -> Fields:
    return on_user("UpdateSSHPublicKey", by, owner, sSHPublicKeyId=key, status=status)


def uploaded(by: Principal, owner: str, key: str, body: str) -> Fields:
    fields = upload(by, owner, key)
    return fields | {"requestParameters": {"userName": owner, "sSHPublicKeyBody": body}}


def used(key: str, by: Principal = ALICE, name: str = "ListUsers", **more: Any) -> Fields:
    return call(name, by=Principal({**by.identity, "accessKeyId": key}), **more)


def change_password(by: Principal) -> Fields:
    return call("ChangePassword", by=by)
