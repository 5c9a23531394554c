"""Fixtures that many tests share."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from trailmend.lab import Lab


@pytest.fixture
def lab(tmp_path: Path) -> Iterator["Lab"]:
    """Give a running lab that delivers its trail to `tmp_path / "trail"`."""
    from trailmend.lab import Lab  # moto takes half a second that other tests need not wait for

    with Lab(folder=tmp_path / "trail") as running:
        yield running
