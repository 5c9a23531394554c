"""What reading costs a fresh process."""

import subprocess
import sys

# VmHWM belongs to the program; ru_maxrss would also count the parent from before the exec.
MEASURE = """
import gzip, re, sys, time
from pathlib import Path
from trailmend.records import read_records

def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])

read_records(gzip.compress(b'{"Records":[{}]}'), "warm")
data = Path(sys.argv[1]).read_bytes()
before, start = peak(), time.process_time()
reading = read_records(data, "log")
print(time.process_time() - start, peak() - before)
print(reading.seen, *(reject.reason for reject in reading.rejects[-1:]))
"""


def measure(data: bytes, folder: str) -> tuple[float, float, str]:
    """Return the seconds and the MiB that a fresh process takes to read the data, and its words."""
    with open(f"{folder}/data", "wb") as file:
        file.write(data)
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, file.name], check=True, capture_output=True, text=True
    )
    figures, words = done.stdout.split("\n", 1)
    seconds, kibibytes = figures.split()
    return float(seconds), int(kibibytes) / 1024, words
