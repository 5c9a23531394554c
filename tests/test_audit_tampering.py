"""What was changed in the audit log is found, wherever it was changed."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.audits import Case, whole
from trailmend.audit import Fault
from trailmend.errors import Refused


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    made = Case(tmp_path)
    yield made
    made.engine.dispose()


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> tuple[Case, bytes]:
    """Give a log of four entries, one of them about a torn line, and its bytes."""
    case = Case(tmp_path_factory.mktemp("short"))
    case.log.add("asked", user="sam", plan_id="P-2222", plan_hash="ab", details={"a": 1})
    case.path.write_bytes(case.path.read_bytes() + b"{t")
    case.log.add("begun", user="kim", arn="arn:aws:iam::123456789012:user/kim")
    case.log.add("refused", user="sam")
    return case, case.path.read_bytes()


def detected(short: tuple[Case, bytes], tampered: bytes) -> bool:
    case, _ = short
    case.path.write_bytes(tampered)
    return bool(case.verify().faults)


@pytest.mark.parametrize(
    ("bits", "every"), [((0,), 9), pytest.param(range(8), 1, marks=pytest.mark.soak)]
)
def test_every_flip_of_a_byte_is_detected(
    short: tuple[Case, bytes], bits: Iterable[int], every: int
) -> None:
    _, data = short
    missed = [
        (place, bit)
        for place in range(0, len(data), every)
        for bit in bits
        if not detected(short, data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :])
    ]

    assert missed == []
    assert not detected(short, data)


@pytest.mark.soak
def test_every_truncation_is_detected(short: tuple[Case, bytes]) -> None:
    _, data = short

    assert [end for end in range(len(data)) if not detected(short, data[:end])] == []


def test_missing_log_is_detected(short: tuple[Case, bytes]) -> None:
    case, _ = short
    case.path.unlink()

    assert case.verify().faults


def test_every_line_taken_out_doubled_or_moved_is_detected(short: tuple[Case, bytes]) -> None:
    _, data = short
    lines = data.splitlines(keepends=True)
    places = range(len(lines))
    out = [lines[:one] + lines[one + 1 :] for one in places]
    doubled = [
        [*lines[:one], lines[two], *lines[one:]] for one in range(len(lines) + 1) for two in places
    ]
    moved = [_swapped(lines, one, two) for one in places for two in places if one < two]

    assert [one for one in (*out, *doubled, *moved) if not detected(short, b"".join(one))] == []


def _swapped(lines: list[bytes], one: int, two: int) -> list[bytes]:
    made = list(lines)
    made[one], made[two] = made[two], made[one]
    return made


@given(place=st.integers(0, 10_000), put=st.binary(min_size=1), cut=st.integers(0, 2000))
@settings(max_examples=300, deadline=None)
def test_any_bytes_put_in_or_written_over_are_detected(
    short: tuple[Case, bytes], place: int, put: bytes, cut: int
) -> None:
    """Only bytes after the end without an end of line are no fault: no entry is made of them."""
    _, data = short
    place %= len(data) + 1
    tampered = data[:place] + put + data[place + cut :]
    assume(tampered != data)
    assume(not tampered.startswith(data) or tampered.endswith(b"\n"))

    assert detected(short, tampered)


def test_log_whose_hashes_were_made_to_fit_is_detected(case: Case) -> None:
    """Whoever rewrites the log with a new chain does not fit the database."""
    case.add(3)
    other = Case(case.folder / "other")
    other.log.add("asked", user="eve")
    other.add(2)

    case.path.write_bytes(other.path.read_bytes())

    assert case.verify().faults


def test_log_rewritten_with_its_database_is_detected_by_a_noted_head(case: Case) -> None:
    case.add(3)
    head = case.verify().head
    assert head is not None
    case.add()
    assert case.verify((head.number, head.hash)).faults == ()
    case.path.unlink()
    case.sql("DELETE FROM audit_head")
    case.add(4)

    whole(case)
    (fault,) = case.verify((head.number, head.hash)).faults
    assert "the head that was noted" in fault.reason


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit_head",
        "UPDATE audit_head SET hash = 'x'",
        "UPDATE audit_head SET number = 2",
        "UPDATE audit_head SET number = 4",
        "UPDATE audit_head SET start = 0",
    ],
)
def test_altered_head_is_detected_and_nothing_is_added(case: Case, statement: str) -> None:
    case.add(3)
    case.sql(statement)

    assert case.verify().faults
    with pytest.raises(Refused, match="is not what was written there"):
        case.add()


@pytest.mark.parametrize(
    "tamper",
    [
        lambda data: b"",
        lambda data: data[:-1],
        lambda data: data[:-2] + b"]\n",
        lambda data: data + b"\n",
        lambda data: data + b"{}\n",
        lambda data: data.splitlines(keepends=True)[0],
        lambda data: data[1:],
    ],
)
def test_nothing_is_added_after_an_end_that_was_changed(
    case: Case, tamper: Callable[[bytes], bytes]
) -> None:
    case.add(2)
    tampered = tamper(case.path.read_bytes())
    case.path.write_bytes(tampered)

    with pytest.raises(Refused, match="trailmend audit-log verify"):
        case.add()

    assert case.path.read_bytes() == tampered
    assert case.verify().faults


def test_fault_names_its_line(case: Case) -> None:
    case.add(3)
    case.path.write_bytes(case.path.read_bytes().replace(b'"number":2', b'"number":7'))

    assert case.verify().faults == (Fault(2, "it was altered, or Trailmend did not write it"),)
