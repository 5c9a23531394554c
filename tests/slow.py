"""What is left to the slow proofs (`make soak`), so that the quick suite stays quick."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def soak(value: object, name: str | None = None) -> Any:
    """Leave a value to the slow proofs."""
    return pytest.param(value, marks=pytest.mark.soak, id=name)


def some(values: Iterable[object], every: int = 3) -> list[Any]:
    """Try the first of so many values at once, and leave the others to the slow proofs."""
    return [value if place % every == 0 else soak(value) for place, value in enumerate(values)]
