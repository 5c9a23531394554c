"""The lifecycle of a trail's bucket: what is taken back, what is kept, what is left to people."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.reading import findings_of
from tests.worlds import Case, desk_of, plan_of
from tests.worlds_trails import COLD, OLD, TIDY, Build, by_api, deleting, put_lifecycle
from trailmend.calls import Call, call
from trailmend.errors import CannotFix
from trailmend.lab import Lab
from trailmend.plan import Facts, Target
from trailmend.planning.parts import part_of
from trailmend.remediations.lifecycle_rules import may_delete, rules_of_log
from trailmend.remediations.trail_lifecycles import restore_lifecycle

OWNED: dict[str, Any] = {
    "Bucket": "audit-logs",
    "ExpectedBucketOwner": "123456789012",
    "region": "us-east-1",
}
DATA = OLD | {"ID": "data", "Filter": {"Prefix": "data/"}}


def facts_of(lab: Lab, build: Build) -> Facts:
    return Case("", restore_lifecycle, build).facts(lab)


def planned(lab: Lab, folder: Path, facts: Facts) -> list[Call]:
    return [one.call for one in plan_of(desk_of(lab, folder), restore_lifecycle, facts).changes]


def written(*rules: dict[str, Any]) -> list[Call]:
    return [
        call(
            "s3.put_bucket_lifecycle_configuration",
            **OWNED,
            LifecycleConfiguration={"Rules": [by_api(one) for one in rules]},
            TransitionDefaultMinimumObjectSize="all_storage_classes_128K",
        )
    ]


def test_rules_of_before_are_written_back_as_the_log_has_them(lab: Lab, tmp_path: Path) -> None:
    facts = facts_of(lab, deleting(TIDY, told=OLD))

    assert planned(lab, tmp_path, facts) == written(OLD)
    put_lifecycle(lab, OLD)
    assert planned(lab, tmp_path, facts) == []


def test_of_unknown_rules_those_of_the_event_that_delete_the_log_go(
    lab: Lab, tmp_path: Path
) -> None:
    assert planned(lab, tmp_path, facts_of(lab, deleting(TIDY, COLD, DATA))) == written(COLD, DATA)


def test_bucket_that_would_have_no_rule_has_no_lifecycle(lab: Lab, tmp_path: Path) -> None:
    facts = facts_of(lab, deleting(TIDY))

    assert planned(lab, tmp_path, facts) == [call("s3.delete_bucket_lifecycle", **OWNED)]
    lab.client("s3").delete_bucket_lifecycle(Bucket="audit-logs")
    assert planned(lab, tmp_path, facts) == []


def test_rule_that_somebody_wrote_since_stays(lab: Lab, tmp_path: Path) -> None:
    facts = facts_of(lab, deleting(TIDY))
    put_lifecycle(lab, OLD, TIDY)

    assert planned(lab, tmp_path, facts) == written(OLD)


def test_rules_that_delete_nothing_of_the_log_need_nothing(lab: Lab, tmp_path: Path) -> None:
    off = TIDY | {"Status": "Disabled"}

    assert planned(lab, tmp_path, facts_of(lab, deleting(off, COLD, DATA))) == []


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"target": Target("key", "audit-logs")}, "names no bucket"),
        ({"target": Target("bucket", "a'b")}, "names no bucket"),
        ({"after": {}}, "does not tell which rules were written"),
        ({"after": {"LifecycleConfiguration": {"Rule": {"New": 1}}}}, "does not tell which rules"),
    ],
)
def test_what_is_not_told_is_left_to_people(
    changed: dict[str, Any], why: str, lab: Lab, tmp_path: Path
) -> None:
    facts = replace(facts_of(lab, deleting(TIDY)), **changed)

    with pytest.raises(CannotFix, match=why):
        planned(lab, tmp_path, facts)


def test_rules_that_were_set_again_are_left_where_the_log_knows_the_former(
    lab: Lab, tmp_path: Path
) -> None:
    facts = facts_of(lab, deleting(TIDY, told=OLD))
    put_lifecycle(lab, COLD)

    with pytest.raises(CannotFix, match="neither what the event wrote nor what was before"):
        planned(lab, tmp_path, facts)


def test_finding_tells_the_fix_all_that_it_must_know(lab: Lab, tmp_path: Path) -> None:
    facts = facts_of(lab, deleting(TIDY, COLD, told=OLD))
    finding = findings_of(lab.records())[-1]

    told = part_of(desk_of(lab, tmp_path), finding, restore_lifecycle.key, "").facts

    assert finding.detection == "log_store.ended"
    assert finding.fixes[0] == restore_lifecycle.key
    assert told.target == facts.target
    assert planned(lab, tmp_path, told) == planned(lab, tmp_path, facts) == written(OLD)


@pytest.mark.parametrize(
    ("prefix", "deletes"),
    [("", True), ("*", True), ("AWS", True), ("AWSLogs/1/", True), ("data/", False)],
)
def test_rule_is_about_the_log_by_how_its_names_begin(prefix: str, deletes: bool) -> None:
    for scope in ({"Filter": {"Prefix": prefix}}, {"Prefix": prefix}):
        rule = {**scope, "Status": "Enabled", "Expiration": {"Days": "1"}}
        (read,) = rules_of_log({"Rule": rule}) or ()
        assert may_delete(read, ["AWSLogs/"]) is deletes
