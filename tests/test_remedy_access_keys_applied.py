"""That keys are deleted, turned off and come back in the lab, and SSH keys of strangers too."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from msgspec import structs

from tests.test_crashes import Crash, Fuse, fused
from tests.worlds import (
    Case,
    Wrapped,
    account_of,
    approve,
    desk_of,
    make_administrators,
    plan_calls,
    plan_of,
    ssh_body,
    take_back,
    writes,
)
from tests.worlds_access_keys import CASES, DAY, make_key, unused_keys, use
from tests.worlds_principals import time_of
from trailmend.calls import Call, Client, ask, call
from trailmend.desk import apply_plan
from trailmend.errors import CannotFix, Denied, Refused, Stale, Throttled
from trailmend.lab import Credentials, Fault, Lab
from trailmend.plan import Facts, Proposal, Remediation, propose
from trailmend.remediations.access_keys import (
    deactivate_unused_keys,
    delete_access_key,
)
from trailmend.remediations.ssh_keys import deactivate_ssh_key
from trailmend.settings import Protected, Settings

FACTS = Facts(
    account_id="123456789012",
    finding_id="f",
    event_id="e",
    event_name="CreateAccessKey",
    event_time="2026-03-02T09:00:00Z",
    asked_at="2026-06-15T12:00:00Z",
    user_name="bob",
    object_id="AKIAEXAMPLE000000001",
)


def works(lab: Lab, key: Credentials) -> bool:
    try:
        use(lab, key)
    except ClientError as error:
        if "InvalidClientTokenId" not in str(error):
            raise
        return False
    return True


def proposed(lab: Lab, fix: Remediation, facts: Facts, client: Client | None = None) -> Proposal:
    asked = client or account_of(lab)
    return propose(fix, facts, lambda question: ask(asked, question))


DELETION = CASES["key to delete"]


def keys_of(lab: Lab, user: str = "bob") -> dict[str, str]:
    listed = lab.client("iam").list_access_keys(UserName=user)["AccessKeyMetadata"]
    return {key["AccessKeyId"]: key["Status"] for key in listed}


def test_deletion_needs_its_own_consent_and_cannot_be_rolled_back(lab: Lab, tmp_path: Path) -> None:
    desk, facts = desk_of(lab, tmp_path), DELETION.facts(lab)
    plan = approve(desk, plan_of(desk, delete_access_key, facts))
    before = keys_of(lab)

    with pytest.raises(Refused, match="cannot be brought back"):
        apply_plan(desk, plan.id)
    assert keys_of(lab) == before
    assert apply_plan(desk, plan.id, accept_irreversible=True).state == "applied"

    assert keys_of(lab) == {k: v for k, v in before.items() if k != facts.object_id}
    assert proposed(lab, delete_access_key, facts).changes == ()
    with pytest.raises(Refused, match="cannot be brought back"):
        take_back(desk, plan.id)


def test_lost_answer_of_a_deletion_is_settled_by_reading(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approve(desk, plan_of(desk, delete_access_key, DELETION.facts(lab)))
    start = len(writes(lab))
    lab.fault("iam:DeleteAccessKey", Fault.LOST_ANSWER)

    assert apply_plan(desk, plan.id, accept_irreversible=True).state == "applied"

    assert [name for name, _ in writes(lab)[start:]] == ["DeleteAccessKey"]


@pytest.mark.soak
def test_crash_around_a_deletion_deletes_once(lab: Lab, tmp_path: Path) -> None:
    crashes = 0
    for at in range(1, 8):
        lab.reset()
        desk = desk_of(lab, tmp_path / str(at))
        plan = approve(desk, plan_of(desk, delete_access_key, DELETION.facts(lab)))
        start = len(writes(lab))
        try:
            with fused(desk, Fuse(at, near=True)) as mortal:
                apply_plan(mortal, plan.id, accept_irreversible=True)
        except Crash:
            crashes += 1
            applied = apply_plan(desk, plan.id, resume=True, accept_irreversible=True)
            assert applied.state == "applied"
        assert [name for name, _ in writes(lab)[start:]] == ["DeleteAccessKey"], at
    assert crashes >= 5


@pytest.mark.parametrize("fix", [delete_access_key, deactivate_unused_keys])
@pytest.mark.parametrize("error", [Throttled("slow", "Throttling"), Denied("no", "AccessDenied")])
def test_read_that_fails_stops_and_is_not_called_unused(
    fix: Remediation, error: Exception, lab: Lab
) -> None:
    """The rotation sample of AWS took a throttled read for "never used", and deleted the key."""
    facts = (DELETION if fix is delete_access_key else CASES["unused keys of a user"]).facts(lab)

    def around(call: Call, client: Client) -> Mapping[str, Any]:
        if call.name == "iam.get_access_key_last_used":
            raise error
        return client(call)

    with pytest.raises(type(error)):
        proposed(lab, fix, facts, Wrapped(account_of(lab), around))


def test_key_that_was_used_since_the_plan_is_kept(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    facts = CASES["unused keys of a user"].facts(lab)
    plan = approve(desk, plan_of(desk, deactivate_unused_keys, facts))
    before = keys_of(lab)
    key = plan_calls(plan)[0].params["AccessKeyId"]
    use(lab, Credentials(key, "x"))

    with pytest.raises(Stale, match="nothing was changed"):
        apply_plan(desk, plan.id)

    assert keys_of(lab) == before


def test_unused_keys_stop_working_one_by_one_and_come_back(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    facts = CASES["unused keys of a user"].facts(lab)
    plan = approve(desk, plan_of(desk, deactivate_unused_keys, facts))
    first, second = (one.params["AccessKeyId"] for one in plan_calls(plan))

    assert apply_plan(desk, plan.id).state == "applied"

    assert keys_of(lab) == {first: "Inactive", second: "Inactive"}
    assert not works(lab, Credentials(first, "x"))
    take_back(desk, plan.id, only=[1])
    assert keys_of(lab) == {first: "Inactive", second: "Active"}
    assert works(lab, Credentials(second, "x"))


def test_all_users_are_looked_at_beyond_the_first_page(lab: Lab) -> None:
    make_administrators(lab)
    iam = lab.client("iam")
    names = [f"user{number:03}" for number in range(101)]
    for name in names:
        iam.create_user(UserName=name)
    keys = [make_key(lab, name).access_key_id for name in (names[0], names[100])]
    lab.advance(91 * DAY)
    use(lab, lab.administrator)
    facts = structs.replace(FACTS, user_name=None, asked_at=time_of(lab))

    changes = proposed(lab, deactivate_unused_keys, facts).changes

    assert [one.call.params["AccessKeyId"] for one in changes] == keys


def test_protected_user_stops_the_plan_for_all_and_not_for_another(
    lab: Lab, tmp_path: Path
) -> None:
    settings = Settings(protected=Protected(principals=("alice",)))
    desk = desk_of(lab, tmp_path, settings=settings)
    facts = Case("", deactivate_unused_keys, lambda lab: unused_keys(lab, told=False)).facts(lab)

    with pytest.raises(Refused, match="User alice is protected"):
        plan_of(desk, deactivate_unused_keys, facts)

    plan = plan_of(desk, deactivate_unused_keys, structs.replace(facts, user_name="bob"))
    assert {one.params["UserName"] for one in plan_calls(plan)} == {"bob"}


def test_key_in_use_is_never_turned_off(lab: Lab, tmp_path: Path) -> None:
    make_administrators(lab)
    facts = structs.replace(FACTS, user_name="lab-admin", event_time="", asked_at=time_of(lab))
    late = f"{datetime.fromisoformat(facts.asked_at) + timedelta(days=100):%Y-%m-%dT%H:%M:%SZ}"

    with pytest.raises(Refused, match="is the key in use"):
        plan_of(
            desk_of(lab, tmp_path), deactivate_unused_keys, structs.replace(facts, asked_at=late)
        )


@pytest.mark.parametrize("fix", [delete_access_key, deactivate_unused_keys, deactivate_ssh_key])
def test_user_that_is_gone_or_another_is_not_touched(fix: Remediation, lab: Lab) -> None:
    facts = structs.replace(FACTS, object_id="AKIA0000000000000000")

    with pytest.raises(CannotFix, match="deleted or renamed"):
        proposed(lab, fix, facts)
    lab.client("iam").create_user(UserName="bob")
    with pytest.raises(CannotFix, match="another user of the same name"):
        proposed(lab, fix, facts)


# SSH keys ----------------------------------------------------------------------------------


def test_only_the_named_ssh_key_is_turned_off_with_a_way_back(lab: Lab) -> None:
    facts = CASES["SSH key of a stranger"].facts(lab)

    (change,) = proposed(lab, deactivate_ssh_key, facts).changes

    target: dict[str, Any] = {"UserName": "bob", "SSHPublicKeyId": facts.object_id}
    assert change.call == call("iam.update_ssh_public_key", **target, Status="Inactive")
    assert change.undo == call("iam.update_ssh_public_key", **target, Status="Active")
    assert change.note == f"SSH key {facts.object_id} of user bob: Active → Inactive"


def test_ssh_key_that_is_inactive_or_gone_needs_nothing(lab: Lab) -> None:
    facts = CASES["SSH key of a stranger"].facts(lab)
    iam = lab.client("iam")
    target = {"UserName": "bob", "SSHPublicKeyId": facts.object_id}

    iam.update_ssh_public_key(**target, Status="Inactive")
    assert proposed(lab, deactivate_ssh_key, facts).changes == ()
    iam.delete_ssh_public_key(**target)
    assert proposed(lab, deactivate_ssh_key, facts).changes == ()


def test_of_five_ssh_keys_each_is_turned_off_by_its_own_id(lab: Lab) -> None:
    iam = lab.client("iam")
    iam.create_user(UserName="bob")
    made = [
        iam.upload_ssh_public_key(UserName="bob", SSHPublicKeyBody=ssh_body(number))
        for number in range(5)
    ]
    keys = [one["SSHPublicKey"]["SSHPublicKeyId"] for one in made]

    for key in keys:
        facts = structs.replace(FACTS, event_time="", object_id=key)
        (change,) = proposed(lab, deactivate_ssh_key, facts).changes
        assert change.call.params["SSHPublicKeyId"] == key
