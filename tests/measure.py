"""What reading costs a fresh process."""

import subprocess
import sys

MEASURE = """
import gzip, resource, sys, time
from trailmend.records import read_records
read_records(gzip.compress(b'{"Records":[{}]}'), "warm")
data = open(sys.argv[1], "rb").read()
before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
reading = read_records(data, "log")
print(time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
print(reading.seen, *(reject.reason for reject in reading.rejects))
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
