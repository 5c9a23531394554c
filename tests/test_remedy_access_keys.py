"""Deleting keys, turning off the unused ones, and SSH keys of strangers."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from trailmend.calls import Read, call
from trailmend.errors import CannotFix
from trailmend.plan import Facts, Proposal, Remediation, propose
from trailmend.remediations.access_keys import (
    deactivate_access_key,
    deactivate_callers_key,
    deactivate_unused_keys,
    delete_access_key,
)
from trailmend.remediations.ssh_keys import deactivate_ssh_key

KEY = "AKIAEXAMPLE000000001"
ASKED = datetime(2026, 6, 15, 12, tzinfo=UTC)
FACTS = Facts(
    account_id="123456789012",
    finding_id="f",
    event_id="e",
    event_name="CreateAccessKey",
    event_time="2026-03-02T09:00:00Z",
    asked_at="2026-06-15T12:00:00Z",
    user_name="bob",
    object_id=KEY,
)
NEVER = {"ServiceName": "N/A", "Region": "N/A"}
OLD = datetime(2025, 1, 1, tzinfo=UTC)


def used(when: datetime | None) -> dict[str, Any]:
    if when is None:
        return NEVER
    return {"LastUsedDate": when.isoformat(), "ServiceName": "s3", "Region": "us-east-1"}


def answers_of(
    keys: Mapping[str, tuple[str, datetime, dict[str, Any] | None]],
) -> Callable[[Read], Any]:
    """Answer as an account does in which bob has these keys: status, making, last use."""

    def answer(question: Read) -> Any:
        match question.call.name, question.pick:
            case "iam.get_user", _:
                return {"id": "AIDA1", "created": OLD.isoformat(), "arn": "arn:aws:iam::1:user/bob"}
            case "iam.get_access_key_last_used", "AccessKeyLastUsed":
                return keys[question.call.params["AccessKeyId"]][2]
            case (
                "iam.list_access_keys",
                "AccessKeyMetadata[].{id: AccessKeyId, created: CreateDate}",
            ):
                return [{"id": key, "created": one[1].isoformat()} for key, one in keys.items()]
            case "iam.list_access_keys", pick:
                found = next((one for key, one in keys.items() if f"'{key}'" in pick), None)
                if found is None or pick.endswith("].Status | [0]"):
                    return found and found[0]
                return {"status": found[0], "created": found[1].isoformat()}
        raise AssertionError(question)

    return answer


def with_key(
    fix: Remediation,
    status: str,
    last: datetime | None,
    created: datetime = OLD,
    **known: Any,
) -> Proposal:
    facts = structs.replace(FACTS, **known)
    return propose(fix, facts, answers_of({KEY: (status, created, used(last))}))


# Deleting ----------------------------------------------------------------------------------


def test_inactive_key_out_of_use_for_14_days_is_deleted_for_ever() -> None:
    (change,) = with_key(delete_access_key, "Inactive", ASKED - timedelta(days=14)).changes

    assert change.call == call("iam.delete_access_key", UserName="bob", AccessKeyId=KEY)
    assert change.undo is None
    assert (
        change.irreversible == f"Access key {KEY} cannot be brought back: make a new one instead."
    )
    assert change.note == (
        f"Access key {KEY} of user bob: Inactive → deleted "
        "(last used 2026-06-01T12:00:00+00:00 for s3 in us-east-1)"
    )


def test_inactive_key_that_was_never_used_is_deleted_14_days_after_its_making() -> None:
    made = ASKED - timedelta(days=14)

    assert len(with_key(delete_access_key, "Inactive", None, made).changes) == 1
    with pytest.raises(CannotFix, match="may be deleted from 2026-06-15T12:00:01Z on"):
        with_key(delete_access_key, "Inactive", None, made + timedelta(seconds=1))


def test_key_used_lately_is_not_deleted_and_it_is_said_when_it_may_go() -> None:
    with pytest.raises(CannotFix) as caught:
        with_key(delete_access_key, "Inactive", ASKED - timedelta(days=3))

    assert "may be deleted from 2026-06-26T12:00:00Z on, 14 days after" in str(caught.value)


@pytest.mark.parametrize("status", ["Active", "Expired"])
def test_key_that_is_not_inactive_is_not_deleted(status: str) -> None:
    with pytest.raises(CannotFix, match=rf"is {status}: only an Inactive key is deleted"):
        with_key(delete_access_key, status, None)


def test_key_that_is_gone_needs_nothing() -> None:
    assert propose(delete_access_key, FACTS, answers_of({})).changes == ()


def test_use_that_aws_does_not_tell_is_not_taken_for_none() -> None:
    for fix in (delete_access_key, deactivate_unused_keys):
        with pytest.raises(CannotFix, match="unknown is not unused"):
            propose(fix, FACTS, answers_of({KEY: ("Inactive", OLD, None)}))


@pytest.mark.parametrize("fix", [delete_access_key, deactivate_unused_keys])
def test_time_that_is_not_known_stops(fix: Remediation) -> None:
    with pytest.raises(CannotFix, match="make it again"):
        with_key(fix, "Inactive", None, asked_at="")


@pytest.mark.parametrize("fix", [delete_access_key, deactivate_access_key, deactivate_callers_key])
def test_key_of_a_session_names_the_fix_for_sessions(fix: Remediation) -> None:
    with pytest.raises(CannotFix, match=r"principals\.revoke_role_sessions of a role"):
        with_key(fix, "Active", None, object_id="ASIAEXAMPLE000000001")


@pytest.mark.parametrize("key", [None, "", "AKIA'] | [0", "*"])
@pytest.mark.parametrize("fix", [delete_access_key, deactivate_ssh_key])
def test_only_a_plain_key_id_is_looked_for(fix: Remediation, key: str | None) -> None:
    with pytest.raises(CannotFix, match="names no"):
        with_key(fix, "Inactive", None, object_id=key)


def test_date_of_another_time_zone_is_told_in_utc() -> None:
    zone = timezone(timedelta(hours=5, minutes=30))

    with pytest.raises(CannotFix, match="may be deleted from 2026-06-26T12:00:00Z on"):
        with_key(delete_access_key, "Inactive", (ASKED - timedelta(days=3)).astimezone(zone))


# Unused ------------------------------------------------------------------------------------


@given(
    status=st.sampled_from(["Active", "Inactive", "Expired"]),
    last=st.none() | st.timedeltas(timedelta(0), timedelta(days=400)),
    age=st.timedeltas(timedelta(0), timedelta(days=400)),
)
def test_active_key_is_turned_off_after_more_than_90_days_without_use(
    status: str, last: timedelta | None, age: timedelta
) -> None:
    last_use = None if last is None else ASKED - last
    silence = age if last is None else last

    changes = with_key(deactivate_unused_keys, status, last_use, ASKED - age).changes

    target = {"UserName": "bob", "AccessKeyId": KEY}
    expected = (
        call("iam.update_access_key", **target, Status="Inactive"),
        call("iam.update_access_key", **target, Status="Active"),
    )
    wanted = status == "Active" and silence > timedelta(days=90)
    assert [(one.call, one.undo) for one in changes] == [expected] * wanted


def test_dates_are_compared_across_time_zones() -> None:
    limit = "2026-03-17T12:00:00+00:00"
    for written, unused in (
        (limit, False),
        ("2026-03-17T14:00:00+02:00", False),
        ("2026-03-17T13:59:59+02:00", True),
        ("2026-03-17T12:00:00Z", False),
    ):
        last = {"LastUsedDate": written, "ServiceName": "s3", "Region": "us-east-1"}
        answers = answers_of({KEY: ("Active", OLD, last)})
        assert bool(propose(deactivate_unused_keys, FACTS, answers).changes) is unused


def test_only_the_unused_key_of_a_user_is_turned_off() -> None:
    """Cloud Custodian #842, #5583: the filter found a user, and the action hit both keys."""
    other = "AKIAEXAMPLE000000002"
    answers = answers_of(
        {
            other: ("Active", OLD, used(ASKED - timedelta(days=1))),
            KEY: ("Active", OLD, used(ASKED - timedelta(days=91))),
        }
    )

    (change,) = propose(deactivate_unused_keys, FACTS, answers).changes

    assert change.call.params == {"UserName": "bob", "AccessKeyId": KEY, "Status": "Inactive"}


def test_inactive_is_not_unused_and_never_used_is_said_honestly() -> None:
    assert with_key(deactivate_unused_keys, "Inactive", None).changes == ()
    (change,) = with_key(deactivate_unused_keys, "Active", None).changes
    assert change.note == (
        f"Access key {KEY} of user bob: Active → Inactive "
        "(no use is on record, which does not prove that there was none)"
    )
