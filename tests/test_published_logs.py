"""Published logs of real accounts are read whole; they lie beside the checkout."""

import gzip
import json
from pathlib import Path

import pytest

from tests.forms import text
from trailmend.records import read_records

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
SETS = sorted(path.parent.name for path in DATA.glob("*/events.jsonl"))
published = pytest.mark.skipif(not SETS, reason="the published logs are not beside the checkout")
UNREADABLE = {
    "misc-permissive": {"eventTime is missing": 1},
    "panther-analysis-tests": {"eventTime is missing": 13},
    "streamalert-tests": {"eventTime is missing": 1},
}


@published
@pytest.mark.parametrize("name", SETS)
def test_published_logs_are_read_whole(name: str) -> None:
    data = (DATA / name / "events.jsonl").read_bytes()
    reading = read_records(data, name)
    found = [reject.reason for reject in reading.rejects]
    assert {reason: found.count(reason) for reason in found} == UNREADABLE.get(name, {})
    assert reading.seen + len(found) == len(data.splitlines())
    sent = [json.loads(line) for line in data.splitlines()]
    for record in reading.records:
        expected = sent[record.source_index]
        expected.setdefault("eventTime", expected.get("@timestamp"))
        assert record.fields == expected


@published
def test_published_files_of_a_trail_hold_the_same_records_as_the_lines() -> None:
    files = sorted((DATA / "invictus" / "raw").rglob("*.json"))
    found = [
        r.fields
        for path in files
        for r in read_records(gzip.compress(path.read_bytes()), path.name).records
    ]
    lines_of_all = (DATA / "invictus" / "events.jsonl").read_bytes().splitlines()
    sent = [json.loads(line) for line in lines_of_all]
    assert sorted(found, key=text) == sorted(sent, key=text)


@published
@pytest.mark.parametrize(
    "path", sorted(DATA.glob("*/*.json*")), ids=lambda p: f"{p.parent.name}-{p.name}"
)
def test_each_line_of_any_file_is_a_record_or_a_reject(path: Path) -> None:
    reading = read_records(path.read_bytes(), path.name)
    documents = len(path.read_bytes().splitlines()) if path.suffix == ".jsonl" else 1
    assert reading.seen + len(reading.rejects) == documents
