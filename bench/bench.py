"""Measure speed as ratios in one run: against the physical limit, and what people would use.

    python bench/bench.py [EVENTS]

The corpus is made up: files of 300 events, of which one in fifty concerns identity.  Every line is
the least CPU time of three runs in a process of its own, so start-up is part of it where it is
part of the user's wait.  Quote the ratios: absolute times are those of one machine.
"""

from __future__ import annotations

import gzip
import json
import random
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from trailmend.evidence import call, user

EVENTS_PER_FILE = 300
IDENTITY_SHARE = 50
RUNS = 3
LIMIT = """
import sys, deflate, pathlib
for path in pathlib.Path(sys.argv[1]).rglob('*.gz'): deflate.gzip_decompress(path.read_bytes())
"""
EVERYDAY = """
import sys, gzip, json, pathlib
found = [event for path in pathlib.Path(sys.argv[1]).rglob('*.gz')
         for event in json.load(gzip.open(path))['Records']
         if event['eventSource'] == 'iam.amazonaws.com']
"""
READING = """
import sys, pathlib
from trailmend.events import WANTED
from trailmend.records import read_records
for path in pathlib.Path(sys.argv[1]).rglob('*.gz'):
    read_records(path.read_bytes(), path.name, wanted=WANTED)
"""


def main(events: int) -> None:
    """Make the corpus, measure each way, print the table."""
    with tempfile.TemporaryDirectory() as folder:
        size = make_corpus(Path(folder) / "logs", events)
        python = [sys.executable, "-c"]
        ways = {
            "limit: decompress only": [*python, LIMIT, f"{folder}/logs"],
            "gzip + json.load + one if": [*python, EVERYDAY, f"{folder}/logs"],
            "trailmend: read and keep identity": [*python, READING, f"{folder}/logs"],
            "trailmend scan, whole": [
                *(sys.executable, "-m", "trailmend", "scan", f"{folder}/logs"),
                *("--workspace", f"{folder}/case-RUN", "--output", "jsonl"),
            ],
            "trailmend --help": [sys.executable, "-m", "trailmend", "--help"],
        }
        sys.stdout.write(f"{events:,} events, {size / 1e6:,.0f} MB of JSON\n")
        times = {name: min(seconds(way, run) for run in range(RUNS)) for name, way in ways.items()}
    everyday = times["gzip + json.load + one if"]
    for name, used in times.items():
        rate = "" if name.endswith("--help") else f"{size / used / 1e6:8,.0f} MB/s"
        sys.stdout.write(f"{name:36}{used:8.2f} s CPU  {everyday / used:6.2f}x everyday {rate}\n")


def make_corpus(folder: Path, events: int) -> int:
    """Write files as a trail delivers them; give the bytes of JSON in them."""
    folder.mkdir()
    chance, size = random.Random(7), 0
    for start in range(0, events, EVENTS_PER_FILE):
        records = [record(chance, start + place) for place in range(EVENTS_PER_FILE)]
        text = json.dumps({"Records": records}, separators=(",", ":")).encode()
        size += len(text)
        (folder / f"{start:09}.json.gz").write_bytes(gzip.compress(text, 6))
    return size


def record(chance: random.Random, number: int) -> dict[str, object]:
    """Make one record: mostly reads of S3 and EC2, sometimes a change to an identity."""
    caller = user(f"user-{chance.randrange(40)}", mfa=chance.random() < 0.5)
    at = f"{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}"
    if number % IDENTITY_SHARE == 0:
        target = {"userName": f"user-{chance.randrange(40)}"}
        name = chance.choice(["CreateAccessKey", "UpdateLoginProfile", "ListUsers", "GetUser"])
        return call(name, by=caller, request=target, at=at, requestID=f"{number:032x}")
    request = {"bucketName": f"bucket-{chance.randrange(99)}", "key": f"{chance.random():.16f}" * 8}
    return call(
        chance.choice(["GetObject", "DescribeInstances", "HeadObject"]),
        by=caller,
        request=request,
        at=at,
        eventSource=chance.choice(["s3.amazonaws.com", "ec2.amazonaws.com"]),
        requestID=f"{number:032x}",
    )


def seconds(command: list[str], run: int) -> float:
    """Run a command to its end; give the CPU seconds that it used."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(  # noqa: S603 (commands of this file)
        [part.replace("RUN", str(run)) for part in command],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
