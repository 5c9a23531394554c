"""Applying and rolling back: stale plans, lost answers, busy entities, late visibility, drift."""

import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jmespath
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.all_cases import CASES, REVERSIBLE, family_of, of_a_family_already_tried, quick
from tests.claims import Proved
from tests.slow import soak
from tests.state import as_asked, identities
from tests.worlds import (
    Case,
    PatientClock,
    Wrapped,
    account_of,
    applied,
    approve,
    approved,
    asked_identities,
    carry_out,
    desk_of,
    effects,
    plan_of,
    snapshot,
    ssh_body,
    take_back,
    writes,
)
from trailmend.calls import Call, Client
from trailmend.desk import Desk, apply_plan
from trailmend.errors import (
    Busy,
    Denied,
    LostAnswer,
    NoCredentials,
    Refused,
    Stale,
    Stopped,
    Throttled,
    TrailmendError,
    Unreachable,
    Unverified,
    WrongUse,
)
from trailmend.lab import Fault, Lab
from trailmend.plan import Plan, Seen
from trailmend.plans import DatabaseJournal, plan_status, save_plan
from trailmend.remediations.password_policy import restore_password_policy
from trailmend.remediations.ssh_keys import fingerprint_of, restore_ssh_key
from trailmend.settle import Patience

cases = quick(CASES.values(), of_a_family_already_tried)
TWO = CASES["deleted SSH key that was inactive"]
KEY = CASES["active key"]
WRITE_OF = {
    "active key": "iam:UpdateAccessKey",
    "weak policy": "iam:UpdateAccountPasswordPolicy",
    "deleted SSH key": "iam:UploadSSHPublicKey",
    "deleted SSH key that was inactive": "iam:UpdateSSHPublicKey",
}


each_write = pytest.mark.parametrize(("name", "action"), WRITE_OF.items(), ids=WRITE_OF.keys())


def state(desk: Desk, plan: Plan) -> str:
    return plan_status(desk.engine, plan.id, now=desk.clock.now()).state


def done(desk: Desk, plan: Plan) -> list[str]:
    progress = plan_status(desk.engine, plan.id, now=desk.clock.now()).progress
    return [one.state for one in progress.steps]


# Applying ----------------------------------------------------------------------------------


@quick(CASES.values(), lambda case: case in REVERSIBLE)
def test_fix_is_applied_and_verified(case: Case, lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, case, lab)
    before, sent = snapshot(lab), len(writes(lab))

    progress = carry_out(desk, plan.id)

    assert progress.state == state(desk, plan) == "applied"
    assert [name for name, _ in writes(lab)[sent:]] == [
        one.call.action.partition(":")[2] for one in plan.changes
    ]
    assert snapshot(lab) != before
    assert asked_identities(lab) == as_asked(identities(lab))
    assert plan_of(desk, case.fix, plan.facts).changes == ()


@quick(REVERSIBLE, of_a_family_already_tried)
def test_fix_is_rolled_back(case: Case, lab: Lab, tmp_path: Path, proved: Proved) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, case, lab)
    before = snapshot(lab)

    carry_out(desk, plan.id)

    assert take_back(desk, plan.id).state == "rolled back"
    assert snapshot(lab) == before
    proved("A6", 1, "cases rolled back", family_of(case))


def test_nothing_is_called_verified_before_its_time(lab: Lab, tmp_path: Path) -> None:
    patient = PatientClock(lab)
    desk = desk_of(lab, tmp_path, clock=patient.clock, patience=Patience())

    applied(desk, KEY, lab)

    assert patient.slept == [5, 5, 5]


# Stale plans -------------------------------------------------------------------------------


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Walk the leaves of an answer, and its lists, whose length is a fact too."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            if key != "ResponseMetadata":
                yield from leaves(part, (*path, key))
    elif isinstance(value, list):
        yield path, value
        for place, part in enumerate(value):
            yield from leaves(part, (*path, place))
    else:
        yield path, value


def other(value: Any) -> Any:
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case datetime():
            return value + timedelta(seconds=1)
        case str():
            return {"Active": "Inactive", "Inactive": "Active"}.get(value, f"{value}x")
        case list():
            return value[1:] if value else []
        case _:
            return None


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, Mapping) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy


def something(seen: Seen, client: Client) -> Mapping[str, Any]:
    """Give an answer in which there is what was not there when the plan was made."""
    made = datetime(2026, 3, 1, tzinfo=UTC)
    match seen.call.name:
        case "iam.get_account_password_policy":
            return {"PasswordPolicy": {"MinimumPasswordLength": 14}}
        case "iam.get_login_profile":
            return {"LoginProfile": {"CreateDate": made}}
        case "iam.list_virtual_mfa_devices":
            serial = re.search(r"arn:[^\"]+", seen.pick)
            assert serial is not None
            return {"VirtualMFADevices": [{"SerialNumber": serial.group()}]}
        case "iam.get_user" | "iam.get_role":
            kind = seen.call.name.partition("_")[2].title()
            boundary = {"PermissionsBoundaryArn": "arn:aws:iam::aws:policy/AWSDenyAll"}
            return {kind: client(seen.call)[kind] | {"PermissionsBoundary": boundary}}
        case "iam.get_policy":
            return {"Policy": {"Arn": seen.call.params["PolicyArn"], "CreateDate": made}}
        case "iam.get_open_id_connect_provider":
            return {"Url": "token.example.com", "CreateDate": made}
        case "iam.get_saml_provider":
            return {"SAMLMetadataDocument": "<EntityDescriptor/>", "CreateDate": made}
        case "sso-admin.get_permissions_boundary_for_permission_set":
            own = {"ManagedPolicyArn": "arn:aws:iam::aws:policy/AWSDenyAll"}
            return {"PermissionsBoundary": own}
    raise AssertionError(f"say what {seen.call.text} answers when there is something")


def drifts(plan: Plan, client: Client) -> Iterator[tuple[Seen, Any]]:
    """Give every answer that differs in one place, such that a watched part differs."""
    for seen in plan.reads:
        if not seen.watch:
            continue
        if seen.answer is None:
            yield seen, something(seen, client)
            continue
        answer = client(seen.call)
        for path, value in leaves(answer):
            drifted = replaced(answer, path, other(value))
            if msgspec.to_builtins(jmespath.search(seen.pick, drifted)) != seen.answer:
                yield seen, drifted


@cases
def test_plan_is_stale_if_any_watched_part_is_another(
    case: Case, lab: Lab, tmp_path: Path, proved: Proved
) -> None:
    account = account_of(lab)

    def around(call: Call, client: Client) -> Mapping[str, Any]:
        for one, answer in lies:
            if one == call:
                return answer
        return client(call)

    lies: list[tuple[Call, Mapping[str, Any]]] = []
    desk = desk_of(lab, tmp_path, Wrapped(account, around))
    plan = approved(desk, case, lab)
    sent = writes(lab)
    found = list(drifts(plan, account))

    unnoticed = []
    for seen, answer in found:
        lies[:] = [(seen.call, answer)]
        try:
            carry_out(desk, plan.id)
        except Stale:
            continue
        unnoticed.append((seen, answer))

    assert unnoticed == []
    assert writes(lab) == sent
    watched = {seen.call.text for seen in plan.reads if seen.watch and seen.answer}
    assert {seen.call.text for seen, _ in found} >= watched
    lies.clear()
    assert carry_out(desk, plan.id).state == "applied"
    proved("A4", len(found), "drifts refused", family_of(case))


def test_stale_plan_says_what_is_another(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, CASES["weak policy"], lab)
    lab.client("iam").update_account_password_policy(
        MinimumPasswordLength=9, RequireNumbers=True, MaxPasswordAge=365
    )

    with pytest.raises(Stale) as caught:
        apply_plan(desk, plan.id)

    assert "iam.get_account_password_policy().minimumPasswordLength: 8 when planned, 9 now" in str(
        caught.value
    )


def test_use_of_a_key_since_the_plan_does_not_make_it_stale(lab: Lab, tmp_path: Path) -> None:
    def around(call: Call, client: Client) -> Mapping[str, Any]:
        answer = dict(client(call))
        if call.name == "iam.get_access_key_last_used" and used:
            answer["AccessKeyLastUsed"] = {"LastUsedDate": "2026-03-02T09:00:00Z"} | used
        return answer

    used: dict[str, str] = {}
    desk = desk_of(lab, tmp_path, Wrapped(account_of(lab), around))
    plan = approved(desk, KEY, lab)
    used.update(ServiceName="s3", Region="us-east-1")

    assert apply_plan(desk, plan.id).state == "applied"


def test_user_made_anew_under_the_same_name_makes_the_plan_stale(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, CASES["deleted SSH key"], lab)
    iam = lab.client("iam")
    for key in iam.list_ssh_public_keys(UserName="bob")["SSHPublicKeys"]:
        iam.delete_ssh_public_key(UserName="bob", SSHPublicKeyId=key["SSHPublicKeyId"])
    iam.delete_user(UserName="bob")
    iam.create_user(UserName="bob")

    with pytest.raises(Stale, match=r"iam\.get_user"):
        apply_plan(desk, plan.id)


# Answers that do not come ------------------------------------------------------------------


@each_write
def test_lost_answer_is_settled_by_reading(
    name: str, action: str, lab: Lab, tmp_path: Path
) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, CASES[name], lab)
    before, start = snapshot(lab), len(writes(lab))
    lab.fault(action, Fault.LOST_ANSWER)

    progress = apply_plan(desk, plan.id)

    assert progress.state == "applied"
    assert len(writes(lab)) - start == len(plan.changes)
    assert take_back(desk, plan.id).state == "rolled back"
    assert snapshot(lab) == before


@each_write
@pytest.mark.parametrize("fault", [Fault.LOST_REQUEST, soak(Fault.FAILING)])
def test_lost_request_is_not_sent_again_but_by_resuming(
    fault: Fault, name: str, action: str, lab: Lab, tmp_path: Path
) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, CASES[name], lab)
    start, took = len(writes(lab)), len(effects(lab))
    lab.fault(action, fault)

    with pytest.raises(LostAnswer, match=r"not sent again.*apply --resume"):
        apply_plan(desk, plan.id)
    assert len(writes(lab)) - start == len(plan.changes)
    assert apply_plan(desk, plan.id, resume=True).state == "applied"

    assert len(writes(lab)) - start == len(plan.changes) + 1
    assert len(effects(lab)) - took == len(plan.changes)


@each_write
def test_lost_answer_to_an_undo_is_settled_by_reading(
    name: str, action: str, lab: Lab, tmp_path: Path
) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, CASES[name], lab)
    before = snapshot(lab)
    apply_plan(desk, plan.id)
    start = len(writes(lab))
    assert plan.changes[0].undo is not None
    lab.fault(plan.changes[0].undo.action, Fault.LOST_ANSWER)

    assert take_back(desk, plan.id).state == "rolled back"

    assert snapshot(lab) == before
    assert len(writes(lab)) - start == len(plan.changes)


@each_write
def test_lost_undo_is_not_sent_again_but_by_rolling_back_again(
    name: str, action: str, lab: Lab, tmp_path: Path
) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, CASES[name], lab)
    before = snapshot(lab)
    apply_plan(desk, plan.id)
    assert plan.changes[0].undo is not None
    lab.fault(plan.changes[0].undo.action, Fault.LOST_REQUEST)

    with pytest.raises(LostAnswer, match=r"Go on with `trailmend rollback P-....`\.$"):
        take_back(desk, plan.id)
    assert take_back(desk, plan.id).state == "rolled back"

    assert snapshot(lab) == before


def test_change_by_others_while_an_answer_is_lost_is_not_guessed(lab: Lab, tmp_path: Path) -> None:
    def around(call: Call, client: Client) -> Mapping[str, Any]:
        try:
            return client(call)
        except LostAnswer:
            lab.client("iam").update_account_password_policy(MinimumPasswordLength=7)
            raise

    desk = desk_of(lab, tmp_path, Wrapped(account_of(lab), around))
    plan = approved(desk, CASES["weak policy"], lab)
    lab.fault("iam:UpdateAccountPasswordPolicy", Fault.LOST_ANSWER)

    with pytest.raises(LostAnswer, match="not sent again"):
        apply_plan(desk, plan.id)
    sent = writes(lab)
    with pytest.raises(LostAnswer, match="neither as before nor as planned"):
        apply_plan(desk, plan.id, resume=True)

    assert writes(lab) == sent


def test_unreachable_account_has_no_change_to_settle(lab: Lab, tmp_path: Path) -> None:
    def around(call: Call, client: Client) -> Mapping[str, Any]:
        if call.name == "iam.update_access_key" and gone:
            raise Unreachable("AWS cannot be reached")
        return client(call)

    gone = [True]
    desk = desk_of(lab, tmp_path, Wrapped(account_of(lab), around))
    plan = approved(desk, KEY, lab)

    with pytest.raises(Unreachable):
        apply_plan(desk, plan.id)
    assert state(desk, plan) == "stopped"
    gone.clear()

    assert apply_plan(desk, plan.id, resume=True).state == "applied"


def test_account_that_falls_silent_with_the_answer_is_said_to_be_unreadable(
    lab: Lab, tmp_path: Path
) -> None:
    def around(call: Call, client: Client) -> Mapping[str, Any]:
        if silent and call.name != "sts.get_caller_identity":
            raise Unreachable("AWS cannot be reached.")
        if call.name == "iam.update_access_key":
            silent.append(True)
            client(call)
            raise LostAnswer("AWS did not answer.")
        return client(call)

    silent: list[bool] = []
    desk = desk_of(lab, tmp_path, Wrapped(account_of(lab), around))
    plan = approved(desk, KEY, lab)

    with pytest.raises(LostAnswer, match=r"account cannot be read, and the call was not sent"):
        apply_plan(desk, plan.id)
    with pytest.raises(
        Unreachable, match=r"What stands of plan P-.... cannot be read, .*answers\.$"
    ):
        apply_plan(desk, plan.id, resume=True)
    silent.clear()

    sent = writes(lab)
    assert apply_plan(desk, plan.id, resume=True).state == "applied"
    assert writes(lab) == sent


# Busy entities -----------------------------------------------------------------------------


@each_write
@pytest.mark.parametrize("fault", [Fault.BUSY, soak(Fault.THROTTLED)])
def test_busy_entity_is_waited_for(
    fault: Fault, name: str, action: str, lab: Lab, tmp_path: Path
) -> None:
    patient = PatientClock(lab)
    desk = desk_of(lab, tmp_path, clock=patient.clock, patience=Patience())
    plan = approved(desk, CASES[name], lab)
    took = len(effects(lab))
    lab.fault(action, fault, times=3)

    assert apply_plan(desk, plan.id).state == "applied"

    assert [seconds for seconds in patient.slept if seconds != 5] == [15, 30, 60]
    assert len(effects(lab)) - took == len(plan.changes)


def test_entity_that_stays_busy_is_left_for_later(lab: Lab, tmp_path: Path) -> None:
    patient = PatientClock(lab)
    desk = desk_of(lab, tmp_path, clock=patient.clock, patience=Patience())
    plan = approved(desk, KEY, lab)
    lab.fault("iam:UpdateAccessKey", Fault.BUSY, times=99)

    with pytest.raises(Busy):
        apply_plan(desk, plan.id)

    assert 900 <= sum(patient.slept) <= 1020
    assert state(desk, plan) == "stopped"


def test_account_is_read_again_after_waiting_for_a_busy_entity(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, CASES["weak policy"], lab)
    lab.fault("iam:UpdateAccountPasswordPolicy", Fault.BUSY)
    clock = desk.clock

    def sleep(seconds: float) -> None:
        lab.client("iam").update_account_password_policy(MinimumPasswordLength=12)
        clock.sleep(seconds)

    watching = replace(desk, clock=type(clock)(clock.now, clock.monotonic, sleep))
    with pytest.raises(Stale):
        apply_plan(watching, plan.id)

    policy = lab.client("iam").get_account_password_policy()["PasswordPolicy"]
    assert policy["MinimumPasswordLength"] == 12


# Late visibility ---------------------------------------------------------------------------


@each_write
@pytest.mark.parametrize("seconds", [30, soak(1), soak(100)])
def test_change_that_shows_late_is_verified_when_it_shows(
    seconds: float, name: str, action: str, lab: Lab, tmp_path: Path
) -> None:
    patient = PatientClock(lab)
    desk = desk_of(lab, tmp_path, clock=patient.clock, patience=Patience())
    plan = approved(desk, CASES[name], lab)
    lab.fault(action, Fault.LATE, seconds=seconds)

    assert apply_plan(desk, plan.id).state == "applied"

    assert sum(patient.slept) >= seconds + 10


def test_change_that_does_not_show_is_not_called_verified(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, KEY, lab)
    start = len(writes(lab))
    lab.fault("iam:UpdateAccessKey", Fault.LATE, seconds=600)

    with pytest.raises(Unverified, match="account does not show them") as caught:
        apply_plan(desk, plan.id)
    assert caught.value.exit_code == 1
    assert state(desk, plan) == "applied, not verified"
    lab.advance(600)

    assert apply_plan(desk, plan.id, resume=True).state == "applied"
    assert len(writes(lab)) - start == 1


def test_lost_answer_that_shows_late_is_not_sent_again(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, KEY, lab)
    start = len(writes(lab))

    def around(call: Call, client: Client) -> Mapping[str, Any]:
        answer = client(call)
        if call.name == "iam.update_access_key":
            raise LostAnswer("The answer was lost.")
        return answer

    late = desk_of(lab, tmp_path, Wrapped(account_of(lab), around), patience=Patience())
    lab.fault("iam:UpdateAccessKey", Fault.LATE, seconds=60)

    assert apply_plan(late, plan.id).state == "applied"
    assert len(writes(lab)) - start == 1


@pytest.mark.parametrize("seed", [0, soak(1), soak(2)])
def test_replicas_that_disagree_are_not_called_verified(
    seed: int, lab: Lab, tmp_path: Path
) -> None:
    """Every third read comes from a replica that has not heard; no three in a row agree."""
    reads = {"number": seed}
    old: dict[str, Mapping[str, Any]] = {}

    def around(call: Call, client: Client) -> Mapping[str, Any]:
        if call.name != "iam.list_access_keys" or call.name not in old:
            old.setdefault(call.name, answer := client(call))
            return answer
        reads["number"] += 1
        return old[call.name] if reads["number"] % 3 == 0 else client(call)

    desk = desk_of(lab, tmp_path)
    plan = approved(desk, KEY, lab)
    behind = desk_of(lab, tmp_path, Wrapped(account_of(lab), around), patience=Patience())

    with pytest.raises(Unverified):
        apply_plan(behind, plan.id)


def test_failed_read_while_verifying_is_read_again(lab: Lab, tmp_path: Path) -> None:
    troubles: list[TrailmendError] = []

    def around(call: Call, client: Client) -> Mapping[str, Any]:
        if call.name == "iam.update_access_key":
            troubles.extend((Throttled("slow down"), Unreachable("no answer")))
        elif troubles and call.name == "iam.list_access_keys":
            raise troubles.pop()
        return client(call)

    desk = desk_of(lab, tmp_path, Wrapped(account_of(lab), around))
    plan = approved(desk, KEY, lab)

    assert apply_plan(desk, plan.id).state == "applied"
    assert troubles == []


# Stopping half way -------------------------------------------------------------------------


def test_denied_first_change_leaves_nothing_in_force(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, KEY, lab)
    lab.deny("lab-admin", "iam:UpdateAccessKey")

    with pytest.raises(Denied, match="iam:UpdateAccessKey"):
        apply_plan(desk, plan.id)

    assert (state(desk, plan), done(desk, plan)) == ("stopped", ["planned"])
    with pytest.raises(Refused, match="nothing to roll back"):
        take_back(desk, plan.id)


def test_denied_second_change_says_what_is_in_force(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, TWO, lab)
    before = snapshot(lab)
    lab.deny("lab-admin", "iam:UpdateSSHPublicKey")

    with pytest.raises(Stopped, match=r"Stopped at change 2 of 2; in force: 1\. Go on with"):
        apply_plan(desk, plan.id)
    assert (state(desk, plan), done(desk, plan)) == ("interrupted", ["done", "planned"])

    assert take_back(desk, plan.id).state == "rolled back"
    assert done(desk, plan) == ["undone", "planned"]
    assert snapshot(lab) == before


def test_interrupted_plan_goes_on_when_the_hindrance_is_gone(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, TWO, lab)
    start = len(writes(lab))

    def around(call: Call, client: Client) -> Mapping[str, Any]:
        if call.name == "iam.update_ssh_public_key":
            raise NoCredentials("the session is over")
        return client(call)

    with pytest.raises(Stopped, match="the session is over"):
        apply_plan(desk_of(lab, tmp_path, Wrapped(account_of(lab), around)), plan.id)

    assert apply_plan(desk, plan.id, resume=True).state == "applied"
    assert [name for name, _ in writes(lab)[start:]] == ["UploadSSHPublicKey", "UpdateSSHPublicKey"]


def test_resuming_in_a_changed_account_sends_nothing(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, TWO, lab)
    lab.deny("lab-admin", "iam:UpdateSSHPublicKey")
    with pytest.raises(Stopped):
        apply_plan(desk, plan.id)
    iam = lab.client("iam")
    for key in iam.list_ssh_public_keys(UserName="bob")["SSHPublicKeys"]:
        iam.delete_ssh_public_key(UserName="bob", SSHPublicKeyId=key["SSHPublicKeyId"])
    sent = writes(lab)

    with pytest.raises(Stopped, match="not as plan"):
        apply_plan(desk, plan.id, resume=True)

    assert writes(lab) == sent


# Rolling back ------------------------------------------------------------------------------


def test_one_of_two_changes_is_rolled_back(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = approved(desk, TWO, lab)
    before = snapshot(lab)
    apply_plan(desk, plan.id)

    progress = take_back(desk, plan.id, only=[1])

    assert progress.state == "partly rolled back"
    assert done(desk, plan) == ["done", "undone"]
    assert [status for _, status in snapshot(lab)["users"]["bob"]["ssh"]] == ["Active", "Active"]
    assert take_back(desk, plan.id).state == "rolled back"
    assert snapshot(lab) == before


def test_change_that_another_builds_on_is_not_rolled_back_alone(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan, _ = applied(desk, TWO, lab)
    sent = writes(lab)

    with pytest.raises(Refused, match="Change 2 builds on what would be undone"):
        take_back(desk, plan.id, only=[0])

    assert writes(lab) == sent


def test_changes_are_rolled_back_in_reverse_order(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan, _ = applied(desk, TWO, lab)
    start = len(writes(lab))

    take_back(desk, plan.id)

    assert [name for name, _ in writes(lab)[start:]] == ["UpdateSSHPublicKey", "DeleteSSHPublicKey"]


def test_unknown_change_is_a_wrong_use(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan, _ = applied(desk, KEY, lab)

    with pytest.raises(WrongUse, match="changes 1 to 1"):
        take_back(desk, plan.id, only=[1])


def drift_key(lab: Lab, plan: Plan) -> None:
    iam = lab.client("iam")
    iam.delete_access_key(UserName="bob", AccessKeyId=plan.facts.object_id)


def drift_policy(lab: Lab, plan: Plan) -> None:
    lab.client("iam").update_account_password_policy(MinimumPasswordLength=20)


def drift_ssh(lab: Lab, plan: Plan) -> None:
    iam = lab.client("iam")
    iam.upload_ssh_public_key(UserName="bob", SSHPublicKeyBody=ssh_body(9))


@pytest.mark.parametrize(
    ("name", "drift"),
    [
        ("active key", drift_key),
        ("weak policy", drift_policy),
        ("deleted policy", drift_policy),
        ("deleted SSH key", drift_ssh),
        ("deleted SSH key that was inactive", drift_ssh),
    ],
)
def test_account_that_was_changed_since_is_not_rolled_back(
    name: str, drift: Callable[[Lab, Plan], None], lab: Lab, tmp_path: Path
) -> None:
    desk = desk_of(lab, tmp_path)
    plan, _ = applied(desk, CASES[name], lab)
    drift(lab, plan)
    sent, left = writes(lab), snapshot(lab)

    with pytest.raises(Stale, match=r"no longer as plan .* left it, nothing was rolled back"):
        take_back(desk, plan.id)

    assert (writes(lab), snapshot(lab)) == (sent, left)


@pytest.mark.parametrize("name", ["active key", "weak policy", "deleted SSH key"])
def test_what_others_have_undone_is_done(name: str, lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan, progress = applied(desk, CASES[name], lab)
    undo = plan.changes[0].undo
    assert undo is not None
    params = dict(undo.params)
    if name == "deleted SSH key":
        params["SSHPublicKeyId"] = progress.steps[0].answers["SSHPublicKey.SSHPublicKeyId"]
    getattr(lab.client("iam"), undo.name.partition(".")[2])(**params)
    sent = writes(lab)

    assert take_back(desk, plan.id).state == "rolled back"
    assert writes(lab) == sent


def test_key_that_vanishes_while_it_is_deleted_is_gone(lab: Lab, tmp_path: Path) -> None:
    def around(call: Call, client: Client) -> Mapping[str, Any]:
        if call.name == "iam.delete_ssh_public_key":
            lab.client("iam").delete_ssh_public_key(**call.params)
        return client(call)

    desk = desk_of(lab, tmp_path)
    plan, _ = applied(desk, CASES["deleted SSH key"], lab)
    raced = desk_of(lab, tmp_path, Wrapped(account_of(lab), around))

    assert take_back(raced, plan.id).state == "rolled back"


def test_rollback_of_a_rollback_does_nothing(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan, _ = applied(desk, KEY, lab)
    take_back(desk, plan.id)
    sent = writes(lab)

    assert take_back(desk, plan.id).state == "rolled back"
    assert writes(lab) == sent


def test_rolled_back_plan_is_not_applied_again(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan, _ = applied(desk, KEY, lab)
    take_back(desk, plan.id)
    sent = writes(lab)

    with pytest.raises(Refused, match="rolled back"):
        apply_plan(desk, plan.id, resume=True)
    with pytest.raises(Refused, match=r"was rolled back .*: make a new plan"):
        apply_plan(desk, plan.id)

    assert writes(lab) == sent


def test_rollback_that_does_not_show_is_not_called_done(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan, _ = applied(desk, KEY, lab)
    lab.fault("iam:UpdateAccessKey", Fault.LATE, seconds=600)

    with pytest.raises(Unverified, match="not as it was before"):
        take_back(desk, plan.id)

    assert state(desk, plan) == "rolled back, not verified"


def test_undo_is_on_disk_before_the_change_is_sent(lab: Lab, tmp_path: Path) -> None:
    seen: list[Any] = []

    def around(call: Call, client: Client) -> Mapping[str, Any]:
        if call.name == "iam.update_access_key":
            entries = DatabaseJournal(desk_of(lab, tmp_path).engine, plan.id).entries()
            seen.append(entries[-1])
        return client(call)

    desk = desk_of(lab, tmp_path, Wrapped(account_of(lab), around))
    plan = approved(desk, KEY, lab)
    apply_plan(desk, plan.id)

    assert [(one.call, one.takes_back) for one in seen] == [
        (plan.changes[0].call, plan.changes[0].undo)
    ]


# What cannot be undone ---------------------------------------------------------------------


def irreversible(desk: Desk, case: Case, lab: Lab, *, undo: bool) -> Plan:
    """Make the plan of a case whose change cannot be undone, wholly or in part."""
    plan = plan_of(desk, case.fix, case.facts(lab))
    text = "Sessions that were cut do not come back."
    changes = [msgspec.structs.replace(one, irreversible=text) for one in plan.changes]
    if not undo:
        changes[-1] = msgspec.structs.replace(changes[-1], undo=None)
    plan = msgspec.structs.replace(plan, changes=tuple(changes))
    save_plan(desk.engine, plan)
    approve(desk, plan)
    return plan


def test_what_cannot_be_undone_needs_its_own_consent(lab: Lab, tmp_path: Path) -> None:
    desk = desk_of(lab, tmp_path)
    plan = irreversible(desk, KEY, lab, undo=True)
    sent = writes(lab)

    with pytest.raises(Refused, match=r"Sessions that were cut.*--accept-irreversible"):
        apply_plan(desk, plan.id)
    assert writes(lab) == sent

    assert apply_plan(desk, plan.id, accept_irreversible=True).state == "applied"


# Random accounts ---------------------------------------------------------------------------

update = st.fixed_dictionaries(
    {"MinimumPasswordLength": st.integers(6, 128), "RequireSymbols": st.booleans()},
    optional={
        "RequireNumbers": st.booleans(),
        "AllowUsersToChangePassword": st.booleans(),
        "MaxPasswordAge": st.integers(1, 1095),
        "PasswordReusePrevention": st.integers(1, 24),
    },
)
logged = st.dictionaries(
    st.sampled_from(["minimumPasswordLength", "maxPasswordAge", "passwordReusePrevention"]),
    st.integers(6, 24),
)
ssh_keys = st.dictionaries(st.integers(0, 9), st.sampled_from(["Active", "Inactive"]), max_size=4)
thin = settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def round_trip(lab: Lab, folder: Path, case: Case) -> None:
    """Apply and roll back: the account is as before, and the plan is the same again."""
    desk = desk_of(lab, folder / str(random.getrandbits(64)))
    plan = plan_of(desk, case.fix, case.facts(lab))
    if not plan.changes:
        return
    approve(desk, plan)
    before = snapshot(lab)
    apply_plan(desk, plan.id)
    take_back(desk, plan.id)
    again = plan_of(desk, case.fix, plan.facts)
    assert snapshot(lab) == before
    assert (again.reads, again.changes) == (plan.reads, plan.changes)


@thin
@given(now=st.none() | update, before=st.none() | logged)
def test_password_policy_comes_back_from_apply_and_rollback(
    now: dict[str, Any] | None, before: dict[str, Any] | None, lab: Lab, tmp_path: Path
) -> None:
    def build(lab: Lab) -> dict[str, Any]:
        if now:
            lab.client("iam").update_account_password_policy(**now)
        return {"before": before}

    lab.reset()
    round_trip(lab, tmp_path, Case("random", restore_password_policy, build))


@thin
@given(keys=ssh_keys, lost=st.integers(0, 9), status=st.sampled_from(["Active", "Inactive"]))
def test_ssh_keys_come_back_from_apply_and_rollback(
    keys: dict[int, str], lost: int, status: str, lab: Lab, tmp_path: Path
) -> None:
    def build(lab: Lab) -> dict[str, Any]:
        iam = lab.client("iam")
        iam.create_user(UserName="bob")
        for number, wanted in keys.items():
            made = iam.upload_ssh_public_key(UserName="bob", SSHPublicKeyBody=ssh_body(number))
            key = made["SSHPublicKey"]["SSHPublicKeyId"]
            iam.update_ssh_public_key(UserName="bob", SSHPublicKeyId=key, Status=wanted)
        body = ssh_body(lost)
        before = {"ssh_public_key_body": body, "fingerprint": fingerprint_of(body)}
        return {"user_name": "bob", "object_id": "APKAGONE", "before": before | {"status": status}}

    lab.reset()
    round_trip(lab, tmp_path, Case("random", restore_ssh_key, build))
