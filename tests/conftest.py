"""Fixtures that many tests share."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.claims import Proved

if TYPE_CHECKING:
    from trailmend.lab import Lab


@pytest.fixture
def lab(tmp_path: Path) -> Iterator["Lab"]:
    """Give a running lab that delivers its trail to `tmp_path / "trail"`."""
    from trailmend.lab import Lab  # moto takes half a second that other tests need not wait for

    with Lab(folder=tmp_path / "trail") as running:
        yield running


@pytest.fixture
def proved(record_property: Callable[[str, object], None]) -> Proved:
    """Give `proved(claim, count, what, of)`: what a proof went through, told after the run."""

    def prove(claim: str, count: int, what: str, of: str = "") -> None:
        record_property("proved", (claim, what, of, count))

    return prove


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
