"""Conditions of the catalog that cannot be read: left out of what is tried, and named."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from trailmend.detect.conditions import parse_condition
from trailmend.detect.statements import Test
from trailmend.errors import CatalogError
from trailmend.loading import Broken, load

_UNREADABLE: dict[str, Broken] = {}
"""The tests that were asked for so far and whose conditions cannot be read."""


def unreadable() -> tuple[Broken, ...]:
    """Name the conditions that could not be tried so far, because they cannot be read."""
    return tuple(_UNREADABLE.values())


def readable(tests: Iterable[Test]) -> list[Test]:
    """Leave out the tests whose conditions are none, and keep their names for `unreadable`."""
    read = []
    for test in tests:
        try:
            parse_condition(test.condition)
        except CatalogError as error:
            _UNREADABLE[test.key] = Broken(test.key, *_place(test), str(error))
        else:
            read.append(test)
    return read


def _place(test: Test) -> tuple[str, int]:
    """Find the line where a condition begins; a fact's may stand on any page."""
    import trailmend.chains
    import trailmend.runbooks

    begin, module_name = test.condition.strip()[:24], test.key.removeprefix("chain.")
    for package in (trailmend.runbooks, trailmend.chains):
        for name, module in load(package).modules.items():
            if module_name.startswith(("fact/", f"{name}.", f"{name}/")):
                lines = Path(str(module.__file__)).read_text().splitlines()
                for number, line in enumerate(lines, 1):
                    if begin in line:
                        return str(module.__file__), number
    return "the catalog", 1
