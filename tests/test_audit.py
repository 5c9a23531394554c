"""The audit log: what it tells, and that what cannot be written is not done."""

import hashlib
import json
import os
import resource
import signal
import stat
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.audits import Case, lines_of, whole
from tests.slow import some
from trailmend.audit import AuditLog, Verdict, read_lines
from trailmend.counts import many
from trailmend.database import METADATA
from trailmend.errors import CannotRead

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    made = Case(tmp_path)
    yield made
    made.engine.dispose()


# Writing -----------------------------------------------------------------------------------


def test_entry_says_who_when_what_and_of_which_plan(case: Case) -> None:
    log = AuditLog(case.folder, case.engine, now=lambda: NOW)

    log.add("asked", user="sam", arn="arn:aws:iam::123456789012:user/sam", plan_id="P-2222",
            plan_hash="ab", details={"fix": "x", "calls": 2})  # fmt: skip
    log.add("refused", user="kim")

    first, second = lines_of(case)
    hashes = first.pop("hash"), second.pop("hash")
    assert first == {
        "number": 1,
        "at": "2026-03-02T09:30:00Z",
        "user": "sam",
        "arn": "arn:aws:iam::123456789012:user/sam",
        "what": "asked",
        "plan_id": "P-2222",
        "plan_hash": "ab",
        "details": {"calls": 2, "fix": "x"},
        "previous": "0" * 64,
    }
    assert (second["number"], second["user"], second["arn"]) == (2, "kim", None)
    assert second["previous"] == hashes[0]


def test_hash_can_be_computed_without_trailmend(case: Case) -> None:
    case.add(word="Zoë \u202e\n", list=[1, 2.5, None, {"b": 1, "a": 2}])

    (line,) = lines_of(case)
    said = line.pop("hash")

    body = json.dumps(line, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(body.encode()).hexdigest() == said


def test_file_is_readable_by_its_owner_alone(case: Case) -> None:
    case.add()

    assert stat.S_IMODE(case.path.stat().st_mode) == 0o600
    case.path.chmod(0o644)
    (note,) = case.verify().notes
    assert "chmod 600" in note


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda part: st.lists(part) | st.dictionaries(st.text(st.characters(codec="utf-8")), part),
    max_leaves=10,
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return Case(tmp_path_factory.mktemp("shared"))


@given(details=st.dictionaries(st.text(st.characters(codec="utf-8")), JSON))
@settings(max_examples=30, deadline=None)
def test_any_details_are_read_back_as_they_were_written(
    shared: Case, details: dict[str, Any]
) -> None:
    shared.add(told=details)

    lines, faults = read_lines(shared.folder)

    assert faults == ()
    assert lines[-1].details == {"told": details}


def test_no_log_is_an_empty_log(case: Case) -> None:
    assert case.verify() == Verdict(0, None, (), ())


def test_two_processes_lose_nothing(case: Case) -> None:
    code = "import sys; from tests.audits import add_many; add_many(sys.argv[1], sys.argv[2])"

    running = [
        subprocess.Popen([sys.executable, "-c", code, str(case.folder), name])
        for name in ("one", "two")
    ]
    assert [one.wait(60) for one in running] == [0, 0]

    whole(case)
    told = [line["details"] for line in lines_of(case)]
    assert [one["n"] for one in told if one["by"] == "one"] == list(range(100))
    assert [one["n"] for one in told if one["by"] == "two"] == list(range(100))


def test_append_takes_under_5_ms_however_long_the_log_is() -> None:
    """Apart from what the disk takes: the log is kept in memory."""
    if not os.access("/dev/shm", os.W_OK):
        pytest.skip("no file system in memory")
    name = subprocess.run(
        ["mktemp", "-d", "/dev/shm/audit.XXXXXX"], capture_output=True, text=True, check=True
    ).stdout.strip()
    case = Case(Path(name))
    try:
        for _ in range(20):
            case.add(long="x" * 1_000_000)
        case.add()
        taken = [_timed(case.add) for _ in range(100)]
    finally:
        subprocess.run(["rm", "-r", name], check=True)

    assert statistics.median(taken) < 0.005


def _timed(act: Callable[[], None]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


# What cannot be written --------------------------------------------------------------------


def unwritable(case: Case, reason: str) -> None:
    before = case.path.read_bytes() if case.path.is_file() else None
    with pytest.raises(CannotRead, match=rf"cannot be written \(.*{reason}.*no change is made"):
        case.add()
    if before is not None:
        assert case.path.read_bytes() == before


def test_link_is_not_followed(case: Case, tmp_path: Path) -> None:
    case.path.symlink_to(tmp_path / "elsewhere")

    unwritable(case, "symbolic links")

    assert not (tmp_path / "elsewhere").exists()
    with pytest.raises(CannotRead, match="cannot be read"):
        case.verify()


def test_device_is_not_followed(case: Case) -> None:
    case.path.symlink_to("/dev/full")

    unwritable(case, "symbolic links")


def test_folder_in_its_place_is_refused(case: Case) -> None:
    case.path.mkdir()

    unwritable(case, "directory")
    with pytest.raises(CannotRead, match="cannot be read"):
        case.verify()


def test_pipe_in_its_place_is_refused(case: Case) -> None:
    os.mkfifo(case.path)

    unwritable(case, "no regular file")


def test_missing_workspace_is_refused(case: Case, tmp_path: Path) -> None:
    with pytest.raises(CannotRead, match="No such file"):
        AuditLog(tmp_path / "gone", case.engine).add("asked", user="sam")


def test_database_that_cannot_be_written_is_no_entry(case: Case) -> None:
    case.add()
    with case.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only = ON")
    unwritable_database = pytest.raises(CannotRead, match=r"head in the database: .*readonly")
    with unwritable_database:
        case.add(n=1)
    with unwritable_database:
        case.add(n=2)
    case.engine.dispose()

    assert case.verify().faults == ()
    assert len(case.verify().notes) == 1
    case.add(n=3)

    whole(case)
    assert [line["details"].get("n") for line in lines_of(case)] == [None, 1, 3]


def limited(folder: str, spare: str) -> None:
    """Add an entry while the file may grow by some bytes only; print what was said."""
    case = Case(Path(folder))
    size = case.path.stat().st_size + int(spare)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    try:
        case.add()
    except CannotRead as error:
        print(error)  # noqa: T201  # the answer of this process


@pytest.mark.parametrize("spare", some([1, 0, 100]))
def test_file_that_cannot_grow_is_left_as_it_was(case: Case, spare: int) -> None:
    case.add(long="x" * 500_000)  # the database stays below the limit
    before = case.path.read_bytes()
    code = "import sys; from tests.test_audit import limited; limited(*sys.argv[1:])"

    said = subprocess.run(
        [sys.executable, "-c", code, str(case.folder), str(spare)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert "cannot be written (File too large)" in said
    assert case.path.read_bytes() == before
    case.add()
    whole(case)


FULL = """
import subprocess, sys
from pathlib import Path
from tests.audits import Case
from trailmend.audit import AuditLog, verify
from trailmend.errors import CannotRead

folder, case = Path(sys.argv[1]), Case(Path(sys.argv[2]))
log = AuditLog(folder, case.engine)

def mount(*options):
    subprocess.run(["mount", *options, str(folder)], check=True)

def fill():
    try:
        for number in range(1000):
            log.add("asked", user="sam", details={"n": number, "long": "x" * 100})
    except CannotRead as error:
        print(number, error)

mount("-t", "tmpfs", "-o", "size=16k", "none")
fill()
found = verify(folder, case.engine)
print(found.entries, found.faults, found.notes)
mount("-o", "remount,ro")
fill()
mount("-o", "remount,rw,size=1m")
log.add("asked", user="sam")
found = verify(folder, case.engine)
print(found.entries, found.faults, found.notes)
"""


def test_full_disk_and_read_only_disk_take_no_entry(case: Case, tmp_path: Path) -> None:
    """On real file systems, where this machine lets a user mount one for himself."""
    own = ["unshare", "--user", "--map-root-user", "--mount"]
    if subprocess.run([*own, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no user namespaces on this machine")
    (tmp_path / "disk").mkdir()

    done = subprocess.run(
        [*own, sys.executable, "-c", FULL, str(tmp_path / "disk"), str(tmp_path / "w")],
        capture_output=True,
        text=True,
        check=True,
    )

    full, after, read_only, last = done.stdout.splitlines()
    count = int(full.split()[0])
    assert count > 10
    assert "cannot be written (No space left on device)" in full
    assert after == f"{count} () ()"
    assert read_only.startswith("0 ")
    assert "cannot be written (Read-only file system)" in read_only
    assert last == f"{count + 1} () ()"


# Crashes -----------------------------------------------------------------------------------


@pytest.mark.parametrize("debris", [b"{", b'{"number":3,"at', b"\x00" * 4096, b"{\n{", b"\xff"])
def test_torn_line_is_kept_told_of_and_no_tampering(case: Case, debris: bytes) -> None:
    case.add(2)
    before = case.path.read_bytes()
    case.path.write_bytes(before + debris)

    (note,) = case.verify().notes
    assert case.verify().faults == ()
    assert f"its end, {many(len(debris), 'byte')}, is of a write that was cut off" in note
    case.add()

    assert case.path.read_bytes().startswith(before + debris + b"\n")
    found = case.verify()
    assert (found.entries, found.faults, len(found.notes)) == (4, (), 1)
    torn = read_lines(case.folder)[0][2]
    assert torn.what == "torn"
    assert torn.details == {"bytes": len(debris), "sha256": hashlib.sha256(debris).hexdigest()}


def test_first_line_can_be_torn(case: Case) -> None:
    case.path.write_bytes(b'{"numb')

    case.add()

    assert case.verify().faults == ()
    assert [line.what for line in read_lines(case.folder)[0]] == ["torn", "asked"]


@pytest.mark.parametrize("change", [b"x", b"", b"{}"])
def test_what_a_crash_left_cannot_be_changed_either(case: Case, change: bytes) -> None:
    case.add()
    case.path.write_bytes(case.path.read_bytes() + b"{torn")
    case.add()

    case.path.write_bytes(case.path.read_bytes().replace(b"{torn", change))

    assert case.verify().faults


def test_line_that_the_database_missed_counts(case: Case) -> None:
    """A process died after the line was on disk and before its head was."""
    case.add(2)
    before = case.head
    case.add()
    with case.engine.begin() as connection:
        connection.execute(METADATA.tables["audit_head"].update().values(before))

    assert case.verify().faults == ()
    assert case.verify().notes == ("entry 3 was written by a process that died at once",)
    case.add()

    whole(case)
    assert [line["number"] for line in lines_of(case)] == [1, 2, 3, 4]


@pytest.mark.soak
def test_killed_writer_leaves_a_log_that_goes_on(case: Case) -> None:
    code = "import sys; from tests.audits import add_many; add_many(sys.argv[1], 'x', 10**6)"
    for number in range(5):
        entries = case.verify().entries
        with subprocess.Popen([sys.executable, "-c", code, str(case.folder)]) as writer:
            while case.verify().entries < entries + 3 * number + 2:
                time.sleep(0.01)
            writer.send_signal(signal.SIGKILL)
        case.add(after=number)
        assert case.verify().faults == ()
