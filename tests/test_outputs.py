"""Each form of output: what it holds, that its schema accepts it, that the command prints it."""

import csv
import io
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import botocore.session
import jsonschema
import ocsf_json_schema
import pytest
from botocore.validate import ParamValidator

from tests import nursery
from tests.outputs_support import finding
from trailmend.blind_spots import BlindSpots, Seen
from trailmend.catalog import LEVELS, detections
from trailmend.evidence import call, user
from trailmend.findings import Finding, MutedBy
from trailmend.records import Reject
from trailmend.report.asff import security_finding
from trailmend.report.csv_table import findings_csv
from trailmend.report.markdown import findings_markdown, stories_markdown
from trailmend.report.markdown_report import report_markdown
from trailmend.report.ocsf import VERSION, detection_finding
from trailmend.report.verdict import verdict
from trailmend.takeovers import stories_of

BY = [MutedBy("M-1", "kim", "the job", "2026-12-31")]
VARIANTS = {
    "whole": finding(),
    **{level: finding(level=level) for level in LEVELS},
    **{str(status): finding(status=status) for status in ("open", "resolved", None)},
    "lapsed": finding(lapsed=True),
    "superseded": finding(superseded_by="F-0000000000"),
    "muted": finding(muted_by=BY),
    "of a plan": finding(plan="P-4XQ7", status=None, fixes=[]),
}


def without_facts() -> Finding:
    """Make a finding in which everything is null that can be."""
    whole = finding(status=None, next=[], explanations=[], fixes=[], techniques=[], before=None)
    nothing = dict.fromkeys(("name", "arn", "id", "session_name", "access_key_id"))
    return Finding(
        **{name: getattr(whole, name) for name in whole.__struct_fields__}
        | {
            "event": type(whole.event)(
                "event-0", whole.event.event_time, "", "", "", None, "denied", None
            ),
            "actor": type(whole.actor)(
                **nothing, type="Unknown", mfa="unknown", source_ip=None, user_agent=None
            ),
            "target": type(whole.target)(None, None, None, None),
        }
    )


VARIANTS["without facts"] = without_facts()


def ocsf_errors(made: dict[str, Any]) -> list[str]:
    embedded = ocsf_json_schema.OcsfJsonSchemaEmbedded(ocsf_json_schema.get_ocsf_schema(VERSION))
    schema = embedded.get_class_schema("detection_finding", ["cloud"])
    return [one.message for one in jsonschema.Draft202012Validator(schema).iter_errors(made)]


@pytest.mark.parametrize("one", VARIANTS.values(), ids=VARIANTS)
def test_the_published_schema_accepts_our_detection_findings(one: Finding) -> None:
    assert ocsf_errors(detection_finding(one)) == []


def test_the_schema_check_sees_what_is_wrong() -> None:
    made = detection_finding(finding())

    assert ocsf_errors({**made, "severity_id": 77}) != []
    assert ocsf_errors({**made, "actor_name": "eve"}) != []
    assert ocsf_errors({name: made[name] for name in made if name != "cloud"}) != []


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (finding(status="open"), (1, "New", 200401)),
        (finding(status="worsened"), (1, "New", 200402)),
        (finding(status="resolved"), (4, "Resolved", 200403)),
        (finding(status=None), (0, "Unknown", 200401)),
        (finding(lapsed=True), (5, "Archived", 200403)),
        (finding(muted_by=BY), (3, "Suppressed", 200402)),
    ],
    ids=["open", "worsened", "resolved", "none", "lapsed", "muted"],
)
def test_ocsf_says_what_became_of_a_finding(one: Finding, expected: tuple[int, str, int]) -> None:
    made = detection_finding(one)

    assert (made["status_id"], made["status"], made["type_uid"]) == expected


def test_ocsf_loses_nothing() -> None:
    one = finding()
    made = detection_finding(one)

    assert made["finding_info"]["uid"] == one.id
    assert [each.get("sub_technique") for each in made["finding_info"]["attacks"]] == [
        None,
        {"uid": "T1098.001"},
    ]
    assert set(made["unmapped"]) | {"id", "title", "techniques"} == set(one.__struct_fields__)


def test_what_is_muted_is_no_alert_and_says_by_whom() -> None:
    told = "by M-1 until 2026-12-31 (kim: the job)"
    ocsf, asff = detection_finding(finding(muted_by=BY)), security_finding(finding(muted_by=BY))

    assert (ocsf["is_alert"], ocsf["status_detail"]) == (False, f"muted {told}")
    assert asff["Workflow"] == {"Status": "SUPPRESSED"}
    assert asff["ProductFields"]["trailmend/Muted"] == told
    assert "Workflow" not in security_finding(finding())


def asff_error(made: dict[str, Any]) -> str:
    model = botocore.session.get_session().get_service_model("securityhub")
    shape = model.shape_for("BatchImportFindingsRequest")
    return str(ParamValidator().validate({"Findings": [made]}, shape).generate_report())


@pytest.mark.parametrize("one", VARIANTS.values(), ids=VARIANTS)
def test_the_model_of_security_hub_accepts_our_findings(one: Finding) -> None:
    assert asff_error(security_finding(one)) == ""


def test_the_model_check_sees_what_is_wrong() -> None:
    made = security_finding(finding())

    assert "Missing required parameter" in asff_error({**made, "Resources": [{"Type": "Other"}]})
    assert "Unknown parameter" in asff_error({**made, "Actor": "eve"})


def test_asff_names_the_default_product_of_the_account_in_its_partition() -> None:
    china = finding(event=type(finding().event)(
        "one", "2026-03-02T00:00:00Z", "iam.amazonaws.com", "CreateUser", "111122223333",
        "cn-north-1", "success", None,
    ))  # fmt: skip

    assert security_finding(finding())["ProductArn"] == (
        "arn:aws:securityhub:us-east-1:111122223333:product/111122223333/default"
    )
    assert security_finding(china)["ProductArn"].startswith("arn:aws-cn:securityhub:cn-north-1:")


def test_every_technique_of_the_catalog_has_a_type_of_security_hub() -> None:
    techniques = {each for _, one in detections().values() for each in one.techniques}
    types = {
        kind for one in techniques for kind in security_finding(finding(techniques=[one]))["Types"]
    }

    assert types <= {
        "Effects/Data Destruction",
        "Effects/Data Exfiltration",
        "TTPs/Discovery",
        "TTPs/Lateral Movement",
        "TTPs/Collection",
        "TTPs/Initial Access",
        "TTPs/Persistence",
        "TTPs/Credential Access",
        "TTPs/Defense Evasion",
        "TTPs/Privilege Escalation",
        "Effects/Denial of Service",
    }


def test_csv_has_one_header_a_line_for_each_finding_and_the_same_columns() -> None:
    found = [finding(number) for number in range(3)]
    rows = list(csv.DictReader(io.StringIO(findings_csv(found), newline="")))

    assert [row["id"] for row in rows] == [one.id for one in found]
    assert findings_csv([]) == findings_csv(found).partition("\r\n")[0] + "\r\n"
    assert (rows[0]["actor"], rows[0]["target"], rows[0]["fixes"]) == (
        "eve",
        "alice",
        "password_policy.restore_password_policy",
    )


def test_markdown_has_a_table_row_and_a_section_for_each_finding() -> None:
    text = findings_markdown([finding(number) for number in range(3)])

    assert text.count("\n| high |") == 3
    assert text.count("\n## F-") == 3
    assert "3 findings: 3 high." in text
    assert "| `minimumPasswordLength` | `14` | `6` |" in text


def test_the_report_in_markdown_says_what_the_page_says() -> None:
    found = [finding(number, plan="P-4XQ7" if number == 2 else None) for number in range(3)]
    stories = stories_of(found)
    seen = Seen("111122223333", ("us-east-1",), "2026-03-02 01:00", "2026-03-02 02:00", 2, 0, ())
    blind = BlindSpots(scans=1, unread=(Reject("x.json", 0, 7, "is not JSON"),), seen=(seen,))

    text = report_markdown(found, stories, blind)

    table = text[text.index("| Account |") :].split("\n")[:3]
    assert {line.count("|") for line in table} == {8}

    headings = re.findall("^## (.*)$", text, re.MULTILINE)
    assert headings == ["Do first", "Stories", "Kinds", "Findings", "Own plans", "Blind spots"]
    assert text.startswith(f"# {verdict(found, stories).headline}\n")
    assert f"`trailmend plan {stories[0].id}`" in text
    ids = [*(one.id for one in found), *(one.id for one in stories)]
    assert [one for one in ids if f"\n### {one}\n" not in text] == []
    assert "`x.json record 0 at byte 7`: `is not JSON`" in text


def test_stories_are_told_in_markdown() -> None:
    found = [finding(number) for number in range(2)]
    (story,) = stories_of(found)

    text = stories_markdown([story])

    assert f"## {story.id}" in text
    assert all(one.id in text for one in found)


EVE, ALICE = user("eve"), user("alice")
TAKEN = call("DeleteLoginProfile", by=EVE, request={"userName": "alice"}, at="09:00:00")


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    return nursery.run(*arguments, cwd=cwd)


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("case")
    (folder / "log").write_text(json.dumps({"Records": [TAKEN, 7]}))
    assert run("scan", "log", cwd=folder).returncode == 4
    return folder


@pytest.mark.parametrize(
    ("output", "start"),
    [
        ("csv", b'"id","level","status",'),
        ("markdown", b"# 1 finding of level medium is open"),
        ("ocsf", b'{"activity_id":1,'),
        ("asff", b'{"SchemaVersion":"2018-10-08",'),
        ("html", b"<!DOCTYPE html>\n"),
        ("jsonl", b'{"schema":"trailmend/finding/1",'),
    ],
)
def test_the_command_prints_every_form_on_stdout(case: Path, output: str, start: bytes) -> None:
    done = run("findings", "--output", output, cwd=case)

    assert (done.returncode, done.stdout[: len(start)]) == (0, start)


def test_the_page_of_a_scan_names_what_was_not_read(case: Path) -> None:
    scanned = run("scan", "log", "--output", "html", cwd=case).stdout.decode()
    listed = run("findings", "--output", "html", cwd=case).stdout.decode()

    assert "1 piece of the input not read" in scanned
    assert "1 piece of the input not read" in listed


def test_an_unknown_output_is_refused_with_the_known_ones(case: Path) -> None:
    done = run("findings", "--output", "xml", cwd=case)

    assert done.returncode == 2
    assert b"choose table, jsonl, markdown, html, csv, ocsf or asff" in done.stderr
