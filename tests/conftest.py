"""Fixtures that many tests share."""

import gc
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.claims import Proved

if TYPE_CHECKING:
    from trailmend.lab import Lab


class Shared:
    """The lab of the tests of this process, started when one needs it."""

    def __init__(self) -> None:
        self._running: Lab | None = None

    def lab(self) -> "Lab":
        """Give the lab as a new one is, but for its port and the keys of its administrator."""
        from trailmend.lab import Lab  # moto takes half a second that other tests need not wait for

        if self._running is None:
            self._running = Lab().__enter__()
        self._running.reset()
        return self._running

    def stop(self) -> None:
        """Stop the lab; the next test that needs one starts another."""
        if self._running is not None:
            self._running.__exit__()
            self._running = None


@pytest.fixture(scope="session")
def lab_of_the_process() -> Iterator[Shared]:
    """Give who keeps the lab of the process."""
    keeper = Shared()
    yield keeper
    keeper.stop()


@pytest.fixture
def lab(
    lab_of_the_process: Shared, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator["Lab"]:
    """Give a running lab that delivers its trail to `tmp_path / "trail"`."""
    from tests.short_way import short_way

    running = lab_of_the_process.lab()
    running.folder = tmp_path / "trail"
    by_wire = request.node.get_closest_marker("wire")
    with nullcontext() if by_wire else short_way(running):
        yield running


@pytest.fixture
def no_lab(lab_of_the_process: Shared) -> None:
    """Let the test start labs of its own."""
    lab_of_the_process.stop()


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let the processes that a test starts hear Ctrl-C: in a shell's background it is ignored."""
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def proved(record_property: Callable[[str, object], None]) -> Proved:
    """Give `proved(claim, count, what, of)`: what a proof went through, told after the run."""

    def prove(claim: str, count: int, what: str, of: str = "") -> None:
        record_property("proved", (claim, what, of, count))

    return prove


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Look for no garbage while 16,000 tests are gathered, nor among them while they run."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell what was proved and how often, by claim; properties of reports cross processes."""
    totals: dict[tuple[str, str], Counter[str]] = {}
    for report in terminalreporter.getreports("passed"):
        for name, value in getattr(report, "user_properties", ()):
            if name == "proved" and report.when == "call":
                claim, what, of, count = value
                totals.setdefault((claim, what), Counter())[of] += count
    if totals:
        terminalreporter.section("proved")
    for (claim, what), counts in sorted(totals.items()):
        parts = ", ".join(f"{of} {count:,}" for of, count in sorted(counts.items()) if of)
        told = f" ({parts})" if parts else ""
        terminalreporter.line(f"{claim}: {counts.total():,} {what}{told}")
