"""Sigma rules as people use them: import, scan, list, show; exit codes and words."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import os
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner, Result

from tests.sigma_rules import RECORDS, events_of, rule_text
from trailmend.analysis import analyse
from trailmend.catalog import Chain, Detection, chains, detections
from trailmend.cli import app
from trailmend.cli.talk import findings_as_text
from trailmend.detect.cases import try_catalog
from trailmend.report.html import findings_html
from trailmend.scan import scan
from trailmend.sigma.linting import lint
from trailmend.sigma.rulebook import import_rules, load_rules
from trailmend.takeovers import stories_of

ID = "0f4b1c7e-6a34-4f0c-9d5e-0a6e5b3c2d11"
RESET = rule_text(
    "Somebody's password was set",
    "  search: {eventSource: iam.amazonaws.com, eventName: UpdateLoginProfile}\n"
    "  own: {userIdentity.userName|fieldref: requestParameters.userName}\n"
    "  condition: search and not own",
    f"id: {ID}\nlevel: high\ntags: [attack.persistence, attack.t1098.001]\n",
)
WRONG = rule_text("Wrong", "  a: {eventname: x}\n  condition: a")


def run(case: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments, "--workspace", str(case / "w")])


@pytest.fixture
def case(tmp_path: Path) -> Path:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "reset.yml").write_text(RESET)
    (tmp_path / "rules" / "notes.txt").write_text("no rule")
    (tmp_path / "log.json").write_text(json.dumps({"Records": list(RECORDS.values())}))
    return tmp_path


def scanned(case: Path) -> list[dict[str, Any]]:
    done = scan([str(case / "log.json")], io.BytesIO(), case / "w")
    found: list[dict[str, Any]] = msgspec.to_builtins(done.findings)
    return [one for one in found if one["detection"].startswith("sigma.")]


def test_imported_rule_finds_beside_ours(case: Path) -> None:
    done = run(case, "rules", "import", str(case / "rules"))

    found = scanned(case)

    assert done.exit_code == 0
    assert done.stderr.splitlines()[0] == f"In {case / 'w' / 'rules'}: 1 rule."
    assert [(one["detection"], one["actor"]["name"]) for one in found] == [
        ("sigma.somebody_s_password_was_set", "eve"),
        ("sigma.somebody_s_password_was_set", "deploy"),
    ]
    first = found[0]
    assert (first["level"], first["techniques"], first["fixes"]) == ("high", ["T1098.001"], [])
    assert (first["status"], first["relation"]) == (None, "other")
    assert first["why"] == {
        "condition": 'search and not own where {"search":{"eventSource":"iam.amazonaws.com",'
        '"eventName":"UpdateLoginProfile"},"own":{"userIdentity.userName|fieldref":'
        '"requestParameters.userName"}}',
        "values": {
            "eventSource": "iam.amazonaws.com",
            "eventName": "UpdateLoginProfile",
            "userIdentity.userName": "eve",
            "requestParameters.userName": "alice",
        },
    }


def test_our_findings_are_the_same_with_and_without_rules(case: Path) -> None:
    imported = import_rules([str(case / "rules")], io.BytesIO(), case / "w")
    events = events_of(*RECORDS.values())

    with_rules = analyse(events, rules=imported.rules)

    ours = [one for one in with_rules if not one.detection.startswith("sigma.")]
    assert ours == analyse(events)
    assert stories_of(with_rules) == stories_of(ours)
    assert len(with_rules) == len(ours) + 2


def test_wrong_rule_is_named_and_the_rest_goes_on(case: Path) -> None:
    (case / "rules" / "wrong.yml").write_text(WRONG)

    done = run(case, "rules", "import", str(case / "rules"))

    assert done.exit_code == 4
    assert done.stderr.splitlines()[:2] == [
        f"NOT IMPORTED {case}/rules/wrong.yml:4:7: CloudTrail records have no field eventname. "
        "Did you mean eventName?",
        f"In {case / 'w' / 'rules'}: 1 rule, 1 rule refused, see above.",
    ]


def test_broken_file_is_not_counted_as_a_rule(case: Path) -> None:
    (case / "rules" / "broken.yml").write_text("title: [x")
    (case / "rules" / "wrong.yml").write_text(WRONG + "---\ntitle: Neither\n")

    done = run(case, "rules", "import", str(case / "rules"))

    assert done.exit_code == 4
    told = next(line for line in done.stderr.splitlines() if line.startswith("In "))
    there = case / "w" / "rules"
    assert told == f"In {there}: 1 rule, 2 rules refused, 1 source not read, see above."


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("notes.txt", "no file in it ends in .yml or .yaml"),
        (".hidden", "holds no file to read; those whose names begin with a dot do not count"),
    ],
)
def test_folder_without_rules_is_named_and_exits_with_4(case: Path, name: str, why: str) -> None:
    folder = case / "bare"
    folder.mkdir()
    (folder / name).write_text("hello")

    done = run(case, "rules", "import", str(folder))

    assert done.exit_code == 4
    assert done.stderr.splitlines() == [
        f"NOT READ {folder}: {why}",
        f"In {case / 'w' / 'rules'}: 0 rules, 1 source not read, see above.",
    ]


def test_rules_with_one_id_or_one_title_are_refused(case: Path) -> None:
    (case / "rules" / "reset2.yml").write_text(RESET.replace("Somebody's", "Another's"))
    (case / "rules" / "reset3.yml").write_text(RESET.replace(ID, ID.replace("0", "1")))

    done = import_rules([str(case / "rules")], io.BytesIO(), case / "w")

    assert [rule.id for rule in done.rules] == [ID]
    assert [(fault.place.line, fault.reason.partition(":")[0]) for fault in done.faults] == [
        (3, f"has the id of {case}/rules/reset.yml line 1"),
        (1, f"has the title of another rule, {ID} in {case}/rules/reset.yml"),
    ]


def test_rule_that_is_imported_again_is_replaced(case: Path) -> None:
    import_rules([str(case / "rules")], io.BytesIO(), case / "w")
    changed = RESET.replace("level: high", "level: low")

    import_rules(["-"], io.BytesIO(changed.encode()), case / "w")

    assert [(rule.id, rule.level) for rule in load_rules(case / "w").rules] == [(ID, "low")]


def test_rule_that_was_broken_by_hand_is_told_at_each_scan(case: Path) -> None:
    run(case, "rules", "import", str(case / "rules"))
    file = case / "w" / "rules" / f"{ID}.yml"
    file.write_text(file.read_text().replace("level: high", "level: highest"))

    done = run(case, "scan", str(case / "log.json"))

    assert done.exit_code == 4
    assert f"RULE NOT RUN {file}:4:1: 'highest' is not a valid Sigma rule level" in done.stderr


def test_rule_that_was_changed_by_hand_is_read_anew(case: Path) -> None:
    import_rules([str(case / "rules")], io.BytesIO(), case / "w")
    file = case / "w" / "rules" / f"{ID}.yml"
    file.write_text(file.read_text().replace("level: high", "level: critical"))

    assert [rule.level for rule in load_rules(case / "w").rules] == ["critical"]
    assert [one["level"] for one in scanned(case)] == ["critical", "critical"]


def test_list_and_show_tell_of_both_kinds(case: Path) -> None:
    run(case, "rules", "import", str(case / "rules"))

    listed = run(case, "rules", "list", "--output", "jsonl")
    entries = {one["key"]: one for one in map(json.loads, listed.stdout.splitlines())}
    shown = run(case, "rules", "show", "sigma.somebody_s_password_was_set")
    ours = run(case, "rules", "show", "delete_login_profile.by_someone_else")
    near = run(case, "rules", "show", "sigma.somebodys_password_was_set")

    assert entries["sigma.somebody_s_password_was_set"]["events"] == ["UpdateLoginProfile"]
    assert entries["sigma.somebody_s_password_was_set"]["source"] == f"{case}/rules/reset.yml:1"
    assert entries["delete_login_profile.by_someone_else"]["source"] == "catalog"
    assert "search and not own where" in shown.stdout
    assert 'user_agent AS "userAgent"' not in shown.stdout
    assert 'AS "requestParameters.userName"' in shown.stdout
    assert "none: the rule brings no trailmend_tests" in shown.stdout
    assert "that stay quiet; try them: trailmend rules test" in ours.stdout
    assert "Did you mean sigma.somebody_s_password_was_set?" in str(near.exception)


def test_hostile_title_is_text_in_every_output(case: Path) -> None:
    title = "=cmd()|<script>alert(1)</script>\x1b[31m [x](javascript:y) `z`"
    (case / "rules" / "reset.yml").write_text(
        RESET.replace('"Somebody\'s password was set"', json.dumps(title))
    )
    run(case, "rules", "import", str(case / "rules"))
    table = run(case, "rules", "list").stdout
    found = analyse(events_of(*RECORDS.values()), rules=load_rules(case / "w").rules)
    texts = {form: findings_as_text(found, form) for form in ("markdown", "csv", "asff", "ocsf")}
    page = findings_html(found, [], None)

    assert sum(one.title.startswith("=cmd") for one in found) == 2
    assert not any("\x1b" in text for text in (table, page, *texts.values()))
    assert "<script>alert" not in page
    outside_code = re.sub("(`+) .*? \\1", "", texts["markdown"])
    assert "script" not in outside_code
    assert "javascript" not in outside_code
    assert not any(
        cell.startswith("=") for row in csv.reader(texts["csv"].splitlines()) for cell in row
    )


def with_tests(side: str, *records: str) -> str:
    cases = json.dumps({side: [RECORDS[name] for name in records]})
    return RESET.replace("detection:", f"trailmend_tests: {cases}\ndetection:")


def test_cases_of_an_imported_rule_are_tried(case: Path) -> None:
    (case / "rules" / "reset.yml").write_text(with_tests("fires", "reset", "own reset"))
    run(case, "rules", "import", str(case / "rules"))

    done = run(case, "rules", "test", "sigma.somebody_s_password_was_set")

    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        "FAILED sigma.somebody_s_password_was_set, fires case 1: it does not fire",
        f"  {json.dumps(RECORDS['own reset'], separators=(',', ':'))}",
    ]
    assert done.stderr == ("2 cases of 1 rule, to fire 2, to stay quiet 0: 1 failed.\n")


def test_rule_without_cases_says_so(case: Path) -> None:
    run(case, "rules", "import", str(case / "rules"))

    done = run(case, "rules", "test", "sigma.somebody_s_password_was_set")

    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr.endswith(" 1 imported rules bring no cases.\n")


def test_every_case_of_the_catalog_is_tried_and_right() -> None:
    rules: dict[str, Detection | Chain] = {key: one for key, (_, one) in detections().items()}
    rules |= chains()

    tried = try_catalog(set(rules))

    assert [(one.key, one.side, one.number) for one in tried if not one.right] == []
    assert len(tried) == sum(len(one.fires) + len(one.quiet) for one in rules.values())


def test_wrong_case_of_the_catalog_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    runbook, one = detections()["delete_login_profile.by_someone_else"]
    turned = dataclasses.replace(one, fires=one.quiet, quiet=one.fires)
    wrong = {"delete_login_profile.by_someone_else": (runbook, turned)}
    monkeypatch.setattr("trailmend.detect.cases.detections", lambda: wrong)

    tried = try_catalog(set(wrong))

    assert len(tried) == len(one.fires) + len(one.quiet)
    assert not any(one.right for one in tried)


def test_lint_names_file_line_and_column(case: Path) -> None:
    (case / "rules" / "wrong.yml").write_text(WRONG)
    (case / "rules" / "self.yml").write_text(
        rule_text(
            "Self",
            "  a: {eventSource: iam.amazonaws.com, eventName: CreateUser}\n"
            "  me: {userIdentity.arn|fieldref: requestParameters.userName}\n"
            "  condition: a and not me",
        )
    )

    done = run(case, "rules", "lint", str(case / "rules"))

    assert done.exit_code == 4
    assert done.stdout == (
        f"{case}/rules/self.yml:5:8: can never be true: userIdentity.arn is an ARN and "
        "requestParameters.userName a name. "
        "Did you mean userIdentity.userName|fieldref: requestParameters.userName?\n"
    )
    assert done.stderr.splitlines() == [
        f"CANNOT BE RUN {case}/rules/wrong.yml:4:7: CloudTrail records have no field eventname. "
        "Did you mean eventName?",
        "Read 2 rules: 1 doubt, 1 fault.",
    ]


SIGMAHQ = os.environ.get("TRAILMEND_SIGMA_RULES")


@pytest.mark.skipif(not SIGMAHQ, reason="TRAILMEND_SIGMA_RULES names no folder of SigmaHQ's rules")
def test_rules_of_sigmahq_are_run_or_refused_by_name(tmp_path: Path) -> None:
    assert SIGMAHQ is not None

    done = import_rules([SIGMAHQ], io.BytesIO(), tmp_path)
    found = analyse(events_of(*RECORDS.values()), rules=done.rules)

    assert len(done.rules) > 50
    assert {fault.reason for fault in done.faults} <= {
        "CloudTrail records have no field status",
        "the field userIdentity.sessionContext.sessionIssuer.type is in CloudTrail records, "
        "but Trailmend does not keep it",
    }
    assert sum(bool(lint(rule)) for rule in done.rules) >= 9
    assert {one.detection for one in found if one.detection.startswith("sigma.")} == {
        "sigma.aws_user_login_profile_was_modified"
    }
