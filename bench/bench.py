"""Measure speed as ratios in one run: against the physical limit, and what people would use.

    python bench/bench.py [EVENTS]

The corpus is made up (`corpus.py` says of what).  Every line is the least CPU time of three runs in
a process of its own, so start-up is part of it where it is part of the user's wait.  Quote the
ratios: absolute times are those of one machine.  Memory is measured twice, on a tenth of the events
and on all of them: reading must stay flat, a scan holds the identity events of one account (the
corpus has one).  `detecting.py` measures detection and stories alone.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from corpus import write

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
READ, SCAN, HELP = "trailmend: read and keep identity", "trailmend scan, whole", "trailmend --help"
WAYS = {
    "limit: decompress only": ["-c", LIMIT, "LOGS"],
    "gzip + json.load + one if": ["-c", EVERYDAY, "LOGS"],
    READ: ["-c", READING, "LOGS"],
    SCAN: ["-m", "trailmend", "scan", "LOGS", "--workspace", "CASE", "--output", "jsonl"],
    HELP: ["-m", "trailmend", "--help"],
}


def main(events: int) -> None:
    """Make the corpus, measure each way, print the table."""
    with tempfile.TemporaryDirectory() as folder:
        small, whole = (write(Path(folder) / name, n) for name, n in _parts(events))
        share = 100 * whole.identity / whole.events
        size = whole.json_bytes
        _say(f"{events:,} events, {size / 1e6:,.0f} MB of JSON, {share:.1f} % of them of identity")
        ways = {name: _command(way, f"{folder}/all") for name, way in WAYS.items()}
        used = {
            name: min(measured(way, f"{folder}/case-{n}-{run}")[0] for run in range(RUNS))
            for n, (name, way) in enumerate(ways.items())
        }
        everyday = used["gzip + json.load + one if"]
        for name, seconds in used.items():
            rate = f"{size / seconds / 1e6:8,.0f} MB/s" if name != HELP else ""
            _say(f"{name:36}{seconds:8.2f} s CPU  {everyday / seconds:6.2f}x everyday {rate}")
        for name in (READ, SCAN):
            peaks = [
                measured(_command(WAYS[name], f"{folder}/{part}"), f"{folder}/peak-{part}-{name}")[
                    1
                ]
                for part in ("tenth", "all")
            ]
            _say(f"{name:36}{peaks[0]:8,.0f} MB peak on a tenth, {peaks[1]:,.0f} MB on all")
            if name == SCAN:
                held = (peaks[1] - peaks[0]) * 1e6 / (whole.identity - small.identity)
                _say(f"{'':36}{held:8,.0f} bytes for each identity event more")
    _say("")
    subprocess.run([sys.executable, str(Path(__file__).parent / "detecting.py")], check=True)  # noqa: S603


def _parts(events: int) -> list[tuple[str, int]]:
    return [("tenth", events // 10), ("all", events)]


def _command(way: list[str], logs: str) -> list[str]:
    return [sys.executable, *(part.replace("LOGS", logs) for part in way)]


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def measured(command: list[str], case: str) -> tuple[float, float]:
    """Run a command to its end; give its CPU seconds and its peak memory in MB."""
    silent = subprocess.DEVNULL
    command = [part.replace("CASE", case) for part in command]
    with subprocess.Popen(command, stdout=silent, stderr=silent) as process:  # noqa: S603
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command} ended with {process.returncode}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / 1e6


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
