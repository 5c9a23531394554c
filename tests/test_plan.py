"""Plans: what they hold, that they change nothing, and that their hash holds all of it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import botocore.session
import msgspec
import pytest
from botocore import xform_name
from botocore.validate import ParamValidator

from tests.all_cases import CASES, of_a_family_already_tried, quick
from tests.worlds import Case, account_of, approve, carry_out, desk_of, plan_of, take_back, writes
from trailmend.calls import Answer, Call, answers_in, call, change, fill, reveal
from trailmend.changing.drift import differences
from trailmend.errors import CannotRead, CatalogError, Refused
from trailmend.guards import permissions_of
from trailmend.lab import Lab
from trailmend.plan import (
    Part,
    Plan,
    Proposal,
    Remediation,
    find_finder,
    find_remediation,
    rehearse,
    remediations,
)
from trailmend.planning.making import make_plan

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MODELS = botocore.session.get_session()
cases = quick(CASES.values(), of_a_family_already_tried)
fixes = pytest.mark.parametrize("fix", remediations().values(), ids=lambda fix: fix.key)


def made_plan(case: Case, lab: Lab, **more: Any) -> Plan:
    account = account_of(lab)
    facts = case.facts(lab)
    return make_plan([[Part(case.fix.key, facts)]], account, guard=lambda _: None, now=NOW, **more)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in parts:
        if isinstance(part, dict | list) and part:
            yield from leaves(part, (*path, key))
        else:
            yield (*path, key)


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """Copy JSON with one leaf replaced."""
    key, *rest = path
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[key] = replaced(value[key], tuple(rest), new) if rest else new
    return copy


def altered(body: Any, path: tuple[Any, ...]) -> Plan:
    """Make the plan with another value at this place, the first that fits there."""
    for new in ("2026-01-01T00:00:00Z", "x", 7, True, False, {"x": "x"}, ["x"]):
        try:
            plan = msgspec.convert(replaced(body, path, new), Plan)
        except msgspec.ValidationError:
            continue
        if msgspec.json.decode(msgspec.json.encode(plan)) != body:
            return plan
    raise AssertionError(f"nothing else fits at {path}")


@cases
def test_planning_writes_nothing(case: Case, lab: Lab) -> None:
    facts = case.facts(lab)
    before = writes(lab)

    plan = make_plan([[Part(case.fix.key, facts)]], account_of(lab), guard=lambda _: None, now=NOW)

    assert plan.changes
    assert writes(lab) == before


@cases
def test_saved_plan_is_the_same_plan(case: Case, lab: Lab) -> None:
    plan = made_plan(case, lab)

    loaded = msgspec.json.decode(msgspec.json.encode(plan), type=Plan)

    assert loaded == plan
    assert loaded.hash == plan.hash


@pytest.mark.parametrize("name", ["active key", "deleted SSH key that was inactive", "no policy"])
def test_every_part_of_a_plan_is_in_its_hash(name: str, lab: Lab) -> None:
    plan = msgspec.structs.replace(made_plan(CASES[name], lab), open=("A key works on.",))
    body = msgspec.json.decode(msgspec.json.encode(plan))
    paths = list(leaves(body))
    assert {path[0] for path in paths} == set(Plan.__struct_fields__)

    unnoticed = [path for path in paths if altered(body, path).hash == plan.hash]

    assert unnoticed == []


def test_plan_lives_a_day_and_an_hour_if_critical(lab: Lab) -> None:
    plan = made_plan(CASES["no policy"], lab)
    lab.reset()
    case = CASES["no policy"]
    facts = msgspec.structs.replace(case.facts(lab), level="critical")
    part = Part(case.fix.key, facts)
    urgent = make_plan([[part]], account_of(lab), guard=lambda _: None, now=NOW)

    assert plan.expires - plan.created == timedelta(hours=24)
    assert urgent.expires - urgent.created == timedelta(hours=1)


def test_finding_of_another_account_is_not_planned(lab: Lab) -> None:
    case = CASES["no policy"]
    facts = msgspec.structs.replace(case.facts(lab), account_id="111122223333")

    with pytest.raises(Refused, match=r"111122223333.*123456789012.*--profile"):
        make_plan([[Part(case.fix.key, facts)]], account_of(lab), guard=lambda _: None, now=NOW)


def test_guard_is_asked_about_every_change_of_a_plan(lab: Lab) -> None:
    case = CASES["deleted SSH key that was inactive"]
    facts = case.facts(lab)
    asked: list[Call] = []

    plan = make_plan([[Part(case.fix.key, facts)]], account_of(lab), guard=asked.append, now=NOW)

    assert asked == [one.call for one in plan.changes]


def test_plan_of_an_earlier_version_can_still_be_read() -> None:
    """A plan that was applied must be rolled back by later versions: schema 2 stays readable."""
    body = Path(__file__).parent.joinpath("data", "plan-2.json").read_bytes()

    plan = msgspec.json.decode(body, type=Plan)

    assert plan.schema == "trailmend/plan/2"
    assert plan.hash == "dc41ff59d147d2557dc514c060a913805e983d488c30d3a3f3731377ff40751b"
    assert [find_remediation(part.fix) for part in plan.parts]
    assert [find_finder(one.recover) for one in plan.changes if one.recover]


def test_name_of_a_plan_is_made_of_its_hash(lab: Lab) -> None:
    plan = made_plan(CASES["no policy"], lab)
    later = msgspec.structs.replace(plan, created=NOW + timedelta(seconds=1))

    assert len(plan.id) == len("P-XXXX")
    assert not set(plan.id[2:]) & set("01IOLU")
    assert plan.id == msgspec.structs.replace(plan).id != later.id


@fixes
def test_example_of_a_fix_gives_its_changes(fix: Remediation) -> None:
    assert [one.call for one in rehearse(fix).changes] == list(fix.example.changes)


@fixes
def test_fix_has_a_case_in_the_lab(fix: Remediation) -> None:
    assert fix in [case.fix for case in CASES.values()]


@fixes
def test_fix_is_found_by_the_path_to_it(fix: Remediation) -> None:
    module = fix.run.__module__

    assert module == f"trailmend.remediations.{fix.key.partition('.')[0]}"
    assert find_remediation(fix.key) is fix


@fixes
def test_calls_of_an_example_are_what_botocore_accepts(fix: Remediation) -> None:
    calls = [one for change in rehearse(fix).changes for one in (change.call, change.undo) if one]

    for one in calls:
        filled = fill(one, lambda _: "APKAEXAMPLE0000000009")
        known = reveal(filled, lambda secret: "123456" if secret.kind == "code" else "x" * 24)
        service, _, operation = known.action.partition(":")
        shape = MODELS.get_service_model(service).operation_model(operation).input_shape
        assert shape is not None or not known.params
        if shape is not None:
            assert not ParamValidator().validate(known.params, shape).has_errors(), known.text


@quick(CASES.values(), lambda _: True)
def test_declared_permissions_are_all_that_is_used(case: Case, lab: Lab, tmp_path: Path) -> None:
    facts = case.facts(lab)
    desk = desk_of(lab, tmp_path)
    start = len(lab.calls)
    plan = plan_of(desk, case.fix, facts)
    approve(desk, plan)
    carry_out(desk, plan.id)
    if any(change.undo for change in plan.changes):
        take_back(desk, plan.id)

    used = {(call.service, xform_name(call.operation)) for call in lab.calls[start:]}

    needed = {Call(f"{service}.{method}").permission for service, method in used}
    assert needed <= {*plan.permissions, *permissions_of(one.call for one in plan.changes)}


@pytest.mark.parametrize("service", ["iam", "sts", "cloudtrail"])
def test_actions_are_spelled_as_aws_spells_them(service: str) -> None:
    operations = MODELS.get_service_model(service).operation_names

    spelled = [Call(f"{service}.{xform_name(name)}").action for name in operations]

    assert spelled == [f"{service}:{name}" for name in operations]


def test_differences_name_place_and_both_values(lab: Lab) -> None:
    case = CASES["active key"]
    plan = made_plan(case, lab)
    key = plan.facts.object_id
    lab.client("iam").update_access_key(UserName="bob", AccessKeyId=key, Status="Inactive")

    again = make_plan(
        [[Part(case.fix.key, plan.facts)]], account_of(lab), guard=lambda _: None, now=NOW
    )

    assert differences(plan, again) == [
        'iam.list_access_keys(UserName="bob"): "Active" when planned, "Inactive" now'
    ]
    other_words = tuple(msgspec.structs.replace(one, note="other") for one in plan.changes)
    assert differences(plan, Proposal(plan.reads, other_words)) == []


def test_change_without_undo_must_say_what_is_lost() -> None:
    with pytest.raises(CatalogError, match="irreversible"):
        change("iam.delete_access_key", undo=None, note="gone")


def test_undo_that_needs_the_answer_must_say_how_to_find_it_again() -> None:
    undo = call("iam.delete_ssh_public_key", SSHPublicKeyId=Answer("SSHPublicKey.SSHPublicKeyId"))

    with pytest.raises(CatalogError, match="finder"):
        change("iam.upload_ssh_public_key", undo=undo, note="new")


def test_answers_are_found_and_filled_at_any_depth() -> None:
    answer = Answer("A.B", of="iam.x")
    deep = call("iam.y", List=[{"Name": answer}, "b"], Name="a")

    assert answers_in(deep, None) == [answer]
    assert fill(deep, lambda _: None) == deep
    assert fill(deep, lambda _: "z").params == {"List": [{"Name": "z"}, "b"], "Name": "a"}


@pytest.mark.parametrize("key", ["", "os.system", "access_keys.nothing", "../x.y"])
def test_unknown_names_in_a_plan_are_not_looked_up_elsewhere(key: str) -> None:
    with pytest.raises(CannotRead):
        find_remediation(key)
    with pytest.raises(CannotRead):
        find_finder(key)
