"""Rules on services that the catalog does not look at: their events are read for the rules."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.sigma_rules import rule_text
from trailmend.evidence import call, role, root, user
from trailmend.scan import Scan, scan
from trailmend.sigma.rulebook import import_rules

EVE = user("eve")
RULES = {
    "one name of any service": {"eventName": "DeleteFlowLogs"},
    "who calls": {"userIdentity.type": "Root"},
    "by which agent": {"userAgent|contains": "TruffleHog"},
    "a pattern of the caller": {"userIdentity.arn|re": ":assumed-role/aws:.+"},
    "what the glance does not show": {
        "eventSource": "s3.amazonaws.com",
        "requestParameters.bucketName|startswith": "secret-",
    },
}


def of(source: str, name: str, at: str, **told: Any) -> dict[str, Any]:
    return call(name, at=at, **{"by": EVE, "eventSource": f"{source}.amazonaws.com", **told})


RECORDS = [
    of("ec2", "DeleteFlowLogs", "09:00:00"),
    of("ec2", "RunInstances", "09:01:00", by=root()),
    of("ec2", "RunInstances", "09:02:00"),
    of("dynamodb", "ListTables", "09:03:00", userAgent="trufflehog 3"),
    of("dynamodb", "ListTables", "09:04:00"),
    of("ec2", "RunInstances", "09:05:00", by=role("aws:ec2-instance", session="i-1")),
    of("s3", "ListObjects", "09:06:00", request={"bucketName": "secret-plans"}),
    of("s3", "ListObjects", "09:07:00", request={"bucketName": "photos"}),
    of("ec2", "RunInstances", "09:08:00", userAgent=5),
    of("ec2", "RunInstances", "09:09:00", userIdentity={"accountId": "111122223333"}),
    call("DeleteLoginProfile", by=EVE, request={"userName": "alice"}, at="09:10:00"),
]
FOUND = [
    ("sigma.one_name_of_any_service", "09:00:00"),
    ("sigma.who_calls", "09:01:00"),
    ("sigma.by_which_agent", "09:03:00"),
    ("sigma.a_pattern_of_the_caller", "09:05:00"),
    ("sigma.what_the_glance_does_not_show", "09:06:00"),
    ("delete_login_profile.by_someone_else", "09:10:00"),
]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    texts = [rule_text(title, {"a": search, "condition": "a"}) for title, search in RULES.items()]
    done = import_rules(["-"], io.BytesIO("---\n".join(texts).encode()), tmp_path / "w")
    assert not done.faults
    return tmp_path / "w"


def scanned(workspace: Path, text: str) -> Scan:
    return scan(["-"], io.BytesIO(text.encode()), workspace)


def told(done: Scan) -> list[tuple[str, str]]:
    return [(one.detection, one.event.event_time[11:19]) for one in done.findings]


LIST = json.dumps({"Records": RECORDS}, separators=(",", ":"))
LINES = "\n".join(map(json.dumps, RECORDS))


@pytest.mark.parametrize("text", [LIST, LINES], ids=["a list", "lines"])
def test_rules_find_on_every_service(workspace: Path, text: str) -> None:
    done = scanned(workspace, text)

    assert told(done) == FOUND
    assert not done.rejects


def test_only_what_a_rule_can_hit_is_kept(workspace: Path) -> None:
    done = scanned(workspace, LIST)

    # Kept are the five that were found, and three of which a glance does not show enough: another
    # bucket, an agent that is no text, a caller without a type.
    assert (done.seen, done.kept, done.others) == (len(RECORDS), 1, 8)


def test_without_rules_other_services_are_only_counted(tmp_path: Path) -> None:
    done = scanned(tmp_path / "w", LIST)

    assert (done.seen, done.kept, done.others) == (len(RECORDS), 1, 0)
    assert told(done) == [FOUND[-1]]
    assert not (tmp_path / "w" / "events-of-rules").exists()


def test_findings_stay_when_later_logs_are_scanned(workspace: Path) -> None:
    scanned(workspace, LIST)
    later = call("DeleteLoginProfile", by=EVE, request={"userName": "bob"}, at="10:00:00")

    scanned(workspace, json.dumps(later))
    again = scanned(workspace, LIST)

    assert told(again) == FOUND
    assert not any(one.lapsed for one in again.findings)
    assert again.duplicates == 0
