"""History with a snapshot, and in the order of events."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.histories import ADMIN, ALL_DAY, MAKER, START, done, past_of, told
from tests.reading import in_order
from trailmend.evidence import ACCOUNT, call
from trailmend.history import Fact
from trailmend.snapshots import SeenBearer, SeenUser, Snapshot


def test_snapshot_is_told_as_inferred() -> None:
    born = datetime(2025, 1, 1, tzinfo=UTC)
    seen = Snapshot(
        account_id=ACCOUNT,
        taken_at=START,
        users={"alice": SeenUser(created=born, devices={})},
        bearers={"user/alice": SeenBearer(created=born, attached=[ADMIN])},
    )

    assert told(6, "user/Alice", seen) == [
        Fact("made", "by whom is not known", "inferred", "2025-01-01T00:00:00Z"),
        Fact("password", "not shown", "unknown"),
        Fact("MFA devices", "none", "inferred"),
        Fact("attached policy", ADMIN, "inferred"),
        Fact("administrator", "yes", "inferred"),
    ]


@pytest.mark.parametrize("minute", [0, 5])
def test_snapshot_tells_of_whoever_was_renamed_before_it_under_the_name_of_then(
    minute: int,
) -> None:
    born = datetime(2025, 1, 1, tzinfo=UTC)
    seen = Snapshot(
        account_id=ACCOUNT,
        taken_at=ALL_DAY,
        users={"svc": SeenUser(created=born, devices={})},
        bearers={
            "user/svc": SeenBearer(created=born, groups=["crew"]),
            "group/crew": SeenBearer(created=born, attached=[ADMIN]),
        },
    )
    renames = in_order(
        call("ListUsers", by=MAKER, request={}),
        done("UpdateUser", newUserName="svc"),
        call("UpdateGroup", by=MAKER, request={"groupName": "staff", "newGroupName": "crew"}),
    )
    at = START + timedelta(minutes=minute)

    of_user = past_of("user/svc", *renames, at=at, seen=seen).facts
    of_group = past_of("group/crew", *renames, at=at, seen=seen).facts

    made = Fact("made", "by whom is not known", "inferred", "2025-01-01T00:00:00Z")
    user_then, group_then = ("svc", "crew") if minute else ("bob", "staff")
    assert [one for one in of_user if one.name != "renamed"] == [
        made,
        Fact("password", "not shown", "unknown"),
        Fact("MFA devices", "none", "inferred"),
        Fact("policies", "none", "inferred"),
        Fact("group", group_then, "inferred"),
        Fact("administrator", "yes", "inferred"),
    ]
    assert [one for one in of_group if one.name != "renamed"] == [
        made,
        Fact("attached policy", ADMIN, "inferred"),
        Fact("member", user_then, "inferred"),
        Fact("administrator", "yes", "inferred"),
    ]


def test_snapshot_of_a_later_namesake_says_nothing_of_the_former_one() -> None:
    born = datetime(2025, 1, 1, tzinfo=UTC)
    seen = Snapshot(
        account_id=ACCOUNT,
        taken_at=ALL_DAY,
        bearers={"user/bob": SeenBearer(created=born, attached=[ADMIN])},
    )
    renamed = in_order(done("UpdateUser", newUserName="svc"))

    assert (
        Fact("attached policy", ADMIN, "inferred")
        not in past_of("user/svc", *renamed, seen=seen).facts
    )


def test_user_whom_only_a_credential_report_tells_has_a_history() -> None:
    born = datetime(2025, 1, 1, tzinfo=UTC)
    seen = Snapshot(
        account_id=ACCOUNT,
        taken_at=START,
        users={"carol": SeenUser(created=born, password=True)},
    )

    assert told(6, "user/Carol", seen) == [
        Fact("made", "by whom is not known", "inferred", "2025-01-01T00:00:00Z"),
        Fact("password", "there was one", "inferred"),
        Fact("MFA devices", "none that the log shows", "unknown"),
        Fact("policies", "none that the log shows", "unknown"),
        Fact("administrator", "not known", "unknown"),
    ]
