"""What AWS shows of an account fills what the log leaves open, and never overrules the log."""

import json
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.reading import Fields, events_of, in_order
from tests.state import without_unused_policies_of_aws
from tests.worlds import account_of
from trailmend.context import Context, fold, is_admin, ledger_at
from trailmend.errors import WrongUse
from trailmend.evidence import ACCOUNT, call, user
from trailmend.lab import Lab
from trailmend.snapshots import (
    Reported,
    SeenBearer,
    SeenKey,
    SeenPolicy,
    SeenUser,
    Snapshot,
    join,
    read_snapshot,
)
from trailmend.snapshots.live import read_live

BORN = datetime(2025, 1, 1, tzinfo=UTC)
TAKEN, EARLY = datetime(2026, 3, 3, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
READER = "arn:aws:iam::aws:policy/ReadOnlyAccess"
PHONE = f"arn:aws:iam::{ACCOUNT}:mfa/phone"
OWN = f"arn:aws:iam::{ACCOUNT}:policy/own"
ALL = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
)
NONE = ALL.replace("Allow", "Deny")
BOB = user("bob")
ALICE = SeenUser(
    created=BORN, devices={PHONE: BORN}, access_keys={"AKIA1": SeenKey(status="Active")}
)


def snapshot(**parts: Any) -> Snapshot:
    return Snapshot(account_id=ACCOUNT, taken_at=parts.pop("taken_at", TAKEN), **parts)


def bearer(**parts: Any) -> Snapshot:
    return snapshot(bearers={"user/alice": SeenBearer(created=BORN, **parts)})


def done(event_name: str, /, **request: Any) -> Fields:
    return call(event_name, by=BOB, request={"userName": "alice", **request})


def last_row(seen: Snapshot, *records: Fields) -> Context:
    return fold(events_of(in_order(*records)), seen)[-1]


OFF = done("DeactivateMFADevice", serialNumber=PHONE)
GONE = call("DeleteVirtualMFADevice", by=BOB, request={"serialNumber": PHONE})
KEY_MADE = done("CreateAccessKey")


def test_device_that_the_log_never_named_has_its_owner_and_is_counted() -> None:
    seen = snapshot(taken_at=EARLY, users={"alice": ALICE})

    assert last_row(seen, GONE).owner_name == "alice"
    assert (last_row(seen, OFF).devices_before, last_row(seen, OFF).devices_left) == (1, 0)
    assert fold(events_of([OFF]))[-1].devices_left is None


def test_key_that_the_log_never_named_has_its_owner_and_its_status() -> None:
    off = done("UpdateAccessKey", accessKeyId="AKIA1", status="Inactive")

    row = last_row(snapshot(taken_at=EARLY, users={"alice": ALICE}), off)

    assert json.loads(row.before or "") == {"status": "Active"}
    assert last_row(snapshot(users={"alice": ALICE}), off).before is None


@pytest.mark.parametrize(
    ("seen", "records", "admin"),
    [
        (bearer(attached=[ADMIN]), [KEY_MADE], True),
        (bearer(attached=[READER]), [KEY_MADE], False),
        (bearer(inline={"p": ALL}), [KEY_MADE], True),
        # What the log shows to have come since was not there before.
        (bearer(attached=[ADMIN]), [KEY_MADE, done("AttachUserPolicy", policyArn=ADMIN)], False),
        (bearer(attached=[ADMIN]), [done("AttachUserPolicy", policyArn=ADMIN), KEY_MADE], True),
        # What the log shows to have gone since was there before.
        (bearer(), [KEY_MADE, done("DetachUserPolicy", policyArn=ADMIN)], True),
        (bearer(), [done("DetachUserPolicy", policyArn=ADMIN), KEY_MADE], False),
        # A user of the same name who was made since is another.
        (bearer(attached=[ADMIN]), [KEY_MADE, done("CreateUser")], None),
    ],
)
def test_snapshot_speaks_for_the_time_before_the_log_where_no_event_says_otherwise(
    seen: Snapshot, records: list[Fields], admin: bool | None
) -> None:
    rows = fold(events_of(in_order(*records)), seen)
    [row] = [row for row in rows if row.event_id == str(records.index(KEY_MADE))]

    assert row.target_is_admin is admin


def test_group_and_its_policies_count_for_the_user() -> None:
    seen = snapshot(
        bearers={
            "user/alice": SeenBearer(created=BORN, groups=["Admins"]),
            "group/Admins": SeenBearer(created=BORN, attached=[OWN]),
        },
        policies={OWN: SeenPolicy(versions={"v1": NONE, "v2": ALL}, default="v2")},
    )

    assert last_row(seen, KEY_MADE).target_is_admin is True


def test_version_that_was_set_since_was_not_in_force_before() -> None:
    seen = snapshot(
        bearers={"user/alice": SeenBearer(created=BORN, attached=[OWN])},
        policies={OWN: SeenPolicy(versions={"v1": NONE, "v2": ALL}, default="v2")},
    )
    put = call("SetDefaultPolicyVersion", by=BOB, request={"policyArn": OWN, "versionId": "v2"})

    rows = fold(events_of(in_order(KEY_MADE, put)), seen)

    assert rows[0].target_is_admin is None


@pytest.mark.parametrize(
    ("name", "had"), [("CreateLoginProfile", False), ("UpdateLoginProfile", True)]
)
def test_password_that_was_made_since_was_not_there_before(name: str, had: bool) -> None:
    seen = snapshot(users={"alice": SeenUser(created=BORN, password=True)})

    before = ledger_at(events_of([done(name)]), EARLY, seen)

    assert before.user("alice").had_password is had


def test_event_after_the_snapshot_does_not_change_what_it_says() -> None:
    seen = snapshot(taken_at=EARLY, bearers=bearer(attached=[ADMIN]).bearers)
    records = in_order(done("DetachUserPolicy", policyArn=READER), KEY_MADE)

    ledger = ledger_at(events_of(records), datetime(2026, 3, 2, 9, 0, tzinfo=UTC), seen)

    assert is_admin(ledger, "user", "alice") is True


DETAILS = {
    "UserDetailList": [
        {
            "UserName": "alice",
            "UserId": "AIDA1",
            "Arn": f"arn:aws:iam::{ACCOUNT}:user/alice",
            "CreateDate": "2025-01-01T00:00:00+00:00",
            "GroupList": ["admins"],
            "AttachedManagedPolicies": [{"PolicyName": "x", "PolicyArn": ADMIN}],
            "UserPolicyList": [{"PolicyName": "p", "PolicyDocument": json.loads(ALL)}],
            "PermissionsBoundary": {"PermissionsBoundaryArn": READER},
        }
    ],
    "GroupDetailList": [],
    "RoleDetailList": [],
    "Policies": [
        {
            "Arn": OWN,
            "DefaultVersionId": "v1",
            "PolicyVersionList": [{"VersionId": "v1", "Document": "%7B%7D"}],
        }
    ],
}
REPORT = (
    "user,arn,user_creation_time,password_enabled,password_last_changed,mfa_active\n"
    f"<root_account>,arn:aws:iam::{ACCOUNT}:root,2024-01-01T00:00:00+00:00,not_supported,N/A,true\n"
    f"alice,arn:aws:iam::{ACCOUNT}:user/alice,2025-01-01T00:00:00+00:00,true,N/A,false\n"
    f"bo,arn:aws:iam::{ACCOUNT}:user/bo,2025-01-01T00:00:00+00:00,false,N/A,true\n"
)


def read(data: object, account: str = "") -> Snapshot:
    text = data if isinstance(data, str) else json.dumps(data)
    return read_snapshot(text.encode(), "file", TAKEN, account)


def test_authorization_details_are_read_whole() -> None:
    assert read(DETAILS) == snapshot(
        sources=["file"],
        users={"alice": SeenUser(id="AIDA1", created=BORN)},
        bearers={
            "user/alice": SeenBearer(
                created=BORN,
                attached=[ADMIN],
                inline={"p": ALL},
                boundary=READER,
                groups=["admins"],
            )
        },
        policies={OWN: SeenPolicy(versions={"v1": "{}"}, default="v1")},
        whole=["policy", "user"],
    )


@pytest.mark.parametrize("form", ["csv", "answer"])
def test_credential_report_tells_passwords_and_who_has_no_device(form: str) -> None:
    answer = {"Content": b64encode(REPORT.encode()).decode(), "ReportFormat": "text/csv"}

    found = read(REPORT if form == "csv" else answer)

    rows = {
        name: SeenUser(
            created=BORN,
            password=password,
            devices=devices,
            report=Reported(taken_at=TAKEN, created=BORN, password=password, mfa=devices is None),
        )
        for name, password, devices in (("alice", True, {}), ("bo", False, None))
    }
    root = Reported(taken_at=TAKEN, created=datetime(2024, 1, 1, tzinfo=UTC), mfa=True)
    assert (found.users, found.root) == (rows, root)


def test_report_is_of_the_time_at_which_aws_made_it() -> None:
    answer = {"Content": b64encode(REPORT.encode()).decode(), "GeneratedTime": EARLY.isoformat()}

    found = read(answer)

    assert (found.taken_at, found.root and found.root.taken_at) == (EARLY, EARLY)


def test_several_answers_make_one_snapshot() -> None:
    device = {"UserName": "alice", "SerialNumber": PHONE, "EnableDate": "2025-01-01T00:00:00Z"}
    key = {"UserName": "alice", "AccessKeyId": "AKIA1", "Status": "Active"}

    whole = join(
        [
            read(DETAILS),
            read({"MFADevices": [device]}, ACCOUNT),
            read({"AccessKeyMetadata": [key]}, ACCOUNT),
        ]
    )

    assert whole.users == {
        "alice": SeenUser(
            id="AIDA1",
            created=BORN,
            devices={PHONE: BORN},
            access_keys={"AKIA1": SeenKey(status="Active")},
        )
    }


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("{", "file, line 1"),
        ("[]", "holds no object"),
        ({"Users": []}, "is none of"),
        ({"MFADevices": [{}]}, "MFADevices is not as AWS answers it"),
        ({"MFADevices": []}, "names no account"),
        (DETAILS | {"IsTruncated": True}, "file: it is a part of an answer"),
        (REPORT.replace("true,N/A", "maybe,N/A"), "file: line 3 is none of a report of AWS"),
        (REPORT + "carol", "file: line 5 is none of a report of AWS"),
        (
            REPORT.replace(f"{ACCOUNT}:user/bo", "444455556666:user/bo"),
            f"file: it names accounts {ACCOUNT}, 444455556666: one at a time",
        ),
    ],
)
def test_what_is_no_answer_of_aws_is_refused_by_name(data: object, said: str) -> None:
    with pytest.raises(WrongUse, match=said):
        read(data)


def test_answer_of_another_account_than_is_said_is_refused() -> None:
    with pytest.raises(WrongUse, match=f"file is of account {ACCOUNT}, not of 444455556666"):
        read(DETAILS, "444455556666")


def test_snapshots_of_two_accounts_are_not_joined() -> None:
    with pytest.raises(WrongUse, match="2 accounts"):
        join([snapshot(), Snapshot(account_id="444455556666", taken_at=TAKEN)])


def test_live_read_makes_the_snapshot_by_reads_alone(lab: Lab) -> None:
    iam = lab.client("iam")
    iam.create_user(UserName="seen")
    iam.create_login_profile(UserName="seen", Password="Long-enough-1")
    key = iam.create_access_key(UserName="seen")["AccessKey"]["AccessKeyId"]
    iam.attach_user_policy(UserName="seen", PolicyArn=READER)
    without_unused_policies_of_aws(lab)

    found = read_live(account_of(lab), TAKEN)

    assert found.users["seen"].password is True
    assert list(found.users["seen"].access_keys or {}) == [key]
    assert found.users["seen"].devices == {}
    assert found.bearers["user/seen"].attached == [READER]
